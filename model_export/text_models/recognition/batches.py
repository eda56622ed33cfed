"""Endless batches of synthetic lines, of like width, made in a process beside the training."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import IterableDataset

from model_export.text_models.recognition.line_crops import Sample, held_out_lines, lines
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


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """To -1 .. 1, in the memory layout that convolutions on a CPU want."""
    scaled = (pictures.float() / 255 - 0.5) / 0.5
    return scaled.contiguous(memory_format=torch.channels_last)


def validation(fonts: Sequence[Path], count: int = 6) -> list[Batch]:
    """Batches of lines of both kinds, drawn with fonts and products that training never sees."""
    return pool(held_out_lines(fonts), random.Random(VALIDATION_SEED), count)


class Lines(IterableDataset):  # type: ignore[misc]
    """The stream of training batches for one seed."""

    def __init__(self, fonts: Sequence[Path], seed: int) -> None:
        self._fonts, self._seed = fonts, seed

    def __iter__(self) -> Iterator[Batch]:
        source, rng = lines(self._fonts, self._seed), random.Random(self._seed)
        while True:
            yield from pool(source, rng)
