"""Batches of synthetic lines, of like width. The seed and the number of a pool decide what is in it, nothing else."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch

from model_export.text_models.recognition.line_crops import held_out_lines
from model_export.text_models.recognition.streams import LineStreams, held_out_market_lines
from model_export.text_models.synthesis.single_lines import HEIGHT, VALIDATION_SEED, Sample

SIZE = 32
POOL = 16
"""Batches that are sorted by width together."""
WIDTHS = (128, 192, 256, 320, 416, 512)
"""Widths that batches are padded to: few, because each one has its kernels compiled and kept."""

Batch = tuple[torch.Tensor, list[str]]


def pool(source: Iterator[Sample], rng: random.Random, batches: int = POOL) -> list[Batch]:
    """Batches of SIZE images (uint8, batch x 3 x 48 x width, padded with mid grey) and their texts, shuffled."""
    fitting = (sample for sample in source if sample[0].shape[1] <= WIDTHS[-1])
    chosen = sorted(islice(fitting, batches * SIZE), key=lambda sample: sample[0].shape[1])
    made = [_pad(chosen[i : i + SIZE]) for i in range(0, len(chosen), SIZE)]
    rng.shuffle(made)
    return made


def _pad(samples: list[Sample]) -> Batch:
    widest = max(image.shape[1] for image, _ in samples)
    padded = np.full((len(samples), HEIGHT, min(w for w in WIDTHS if w >= widest), 3), 128, np.uint8)
    for row, (image, _) in zip(padded, samples, strict=True):
        row[:, : image.shape[1]] = image
    return torch.from_numpy(padded.transpose(0, 3, 1, 2).copy()), [text for _, text in samples]


def normalised(images: torch.Tensor, device: torch.device) -> torch.Tensor:
    """To -1 .. 1 on the device, in the memory layout that convolutions want."""
    scaled = (images.to(device).float() / 255 - 0.5) / 0.5
    return scaled.contiguous(memory_format=torch.channels_last)


def validation(fonts: Sequence[Path], count: int = 6) -> dict[str, list[Batch]]:
    """Batches drawn with fonts and products that training never sees, by kind: plain till rows, and the others."""
    return {
        "lines": pool(held_out_lines(fonts), random.Random(VALIDATION_SEED), count),
        "market_lines": pool(held_out_market_lines(fonts), random.Random(VALIDATION_SEED), count),
    }


class LineSource:
    """Batches of the training lines."""

    pool_size = POOL

    def __init__(self, fonts: Sequence[Path], crops: Sequence[Sample] = (), crop_share: float = 0.0) -> None:
        """crops: transcribed lines, a share `crop_share` of all; the others are drawn."""
        self._fonts = fonts
        self._crops = crops
        self._crop_share = crop_share if crops else 0.0
        self._streams: LineStreams | None = None

    def pool(self, seed: int) -> list[Batch]:
        """`pool_size` batches. Raises FontMissingError."""
        if self._streams is None:
            cv2.setNumThreads(1)
            self._streams = LineStreams(self._fonts)
        rng = random.Random(seed)
        return pool(self._mixed(self._streams.training(seed), rng), rng)

    def _mixed(self, drawn: Iterator[Sample], rng: random.Random) -> Iterator[Sample]:
        while True:
            yield rng.choice(self._crops) if rng.random() < self._crop_share else next(drawn)
