"""Batches of synthetic lines, of like width. The seed and the number of a pool decide what is in it, nothing else."""

import random
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from model_export.text_models.recognition.line_crops import Sample, held_out_lines
from model_export.text_models.recognition.streams import LineStreams, held_out_market_lines
from model_export.text_models.synthesis.single_lines import HEIGHT, VALIDATION_SEED

SIZE = 32
POOL = 16
"""Batches that are sorted by width together."""
WIDTHS = (128, 192, 256, 320, 416, 512)
"""Widths that batches are padded to: few, because each one has its kernels compiled and kept."""

Batch = tuple[torch.Tensor, list[str]]


def pool(source: Iterator[Sample], rng: random.Random, batches: int = POOL) -> list[Batch]:
    """Batches of SIZE pictures (uint8, batch x 3 x 48 x width, padded with mid grey) and their texts, shuffled."""
    fitting = (sample for sample in source if sample[0].shape[1] <= WIDTHS[-1])
    chosen = sorted(islice(fitting, batches * SIZE), key=lambda sample: sample[0].shape[1])
    made = [_pad(chosen[i : i + SIZE]) for i in range(0, len(chosen), SIZE)]
    rng.shuffle(made)
    return made


def _pad(samples: list[Sample]) -> Batch:
    widest = max(picture.shape[1] for picture, _ in samples)
    padded = np.full((len(samples), HEIGHT, min(w for w in WIDTHS if w >= widest), 3), 128, np.uint8)
    for row, (picture, _) in zip(padded, samples, strict=True):
        row[:, : picture.shape[1]] = picture
    return torch.from_numpy(padded.transpose(0, 3, 1, 2).copy()), [text for _, text in samples]


def normalised(pictures: torch.Tensor, device: torch.device) -> torch.Tensor:
    """To -1 .. 1 on the device, in the memory layout that convolutions want."""
    scaled = (pictures.to(device).float() / 255 - 0.5) / 0.5
    return scaled.contiguous(memory_format=torch.channels_last)


def validation(fonts: Sequence[Path], count: int = 6) -> dict[str, list[Batch]]:
    """Batches drawn with fonts and products that training never sees, by kind: plain till rows, and the others."""
    return {
        "lines": pool(held_out_lines(fonts), random.Random(VALIDATION_SEED), count),
        "market_lines": pool(held_out_market_lines(fonts), random.Random(VALIDATION_SEED), count),
    }


class Pools(Dataset):  # type: ignore[misc]
    """Pools of POOL training batches, by number. Each process that draws some loads the fonts once."""

    def __init__(self, fonts: Sequence[Path], seed: int, length: int) -> None:
        self._fonts, self._seed, self._length = fonts, seed, length
        self._streams: LineStreams | None = None

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> list[Batch]:
        if self._streams is None:
            cv2.setNumThreads(1)
            self._streams = LineStreams(self._fonts)
        rng = random.Random(f"{self._seed}/{number}")
        return pool(self._streams.training(rng.getrandbits(48)), rng)


def batches(fonts: Sequence[Path], seed: int, first: int, end: int, workers: int = 1) -> Iterator[Batch]:
    """The training batches from number `first` up to `end`, the same whatever the number of processes that draw them.

    workers: 0 draws in this process.
    """
    pools = Pools(fonts, seed, -(-end // POOL))
    loader = DataLoader(
        pools,
        batch_size=None,
        sampler=range(first // POOL, len(pools)),
        num_workers=workers,
        prefetch_factor=2 if workers else None,
        # A forked worker would hang in OpenCV's threads.
        multiprocessing_context="spawn" if workers else None,
    )
    return islice(chain.from_iterable(loader), first % POOL, first % POOL + end - first)
