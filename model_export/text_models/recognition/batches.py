"""Endless batches of synthetic lines of similar width, generated in a process beside the training."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import IterableDataset

from model_export.text_models.recognition.line_crops import held_out_lines, lines
from model_export.text_models.synthesis.single_lines import HEIGHT, VALIDATION_SEED, Sample

SIZE = 32
"""Lines per batch."""
POOL = 16
"""Number of batches whose lines are sorted by width together."""
WIDTHS = (128, 192, 256, 320, 416, 512)
"""Widths that batches are padded to: few, because kernels are compiled and cached for each of them."""

Batch = tuple[torch.Tensor, list[str]]
"""Images (uint8, batch x 3 x HEIGHT x width) and their texts."""


def pool(source: Iterator[Sample], rng: random.Random, batches: int = POOL) -> list[Batch]:
    """Shuffled batches of SIZE lines, padded with mid grey."""
    narrow = (sample for sample in source if sample[0].shape[1] <= WIDTHS[-1])
    samples = sorted(islice(narrow, batches * SIZE), key=lambda sample: sample[0].shape[1])
    result = [_pad(samples[i : i + SIZE]) for i in range(0, len(samples), SIZE)]
    rng.shuffle(result)
    return result


def _pad(samples: list[Sample]) -> Batch:
    widest = max(image.shape[1] for image, _ in samples)
    padded = np.full((len(samples), HEIGHT, min(w for w in WIDTHS if w >= widest), 3), 128, np.uint8)
    for row, (image, _) in zip(padded, samples, strict=True):
        row[:, : image.shape[1]] = image
    return torch.from_numpy(padded.transpose(0, 3, 1, 2).copy()), [text for _, text in samples]


def normalised(images: torch.Tensor) -> torch.Tensor:
    """Images scaled to -1 .. 1, in the memory layout that is fastest for convolutions on a CPU."""
    scaled = (images.float() / 255 - 0.5) / 0.5
    return scaled.contiguous(memory_format=torch.channels_last)


def validation(fonts: Sequence[Path], count: int = 6) -> list[Batch]:
    """Batches of lines of both kinds, with fonts and product families that are never trained on."""
    return pool(held_out_lines(fonts), random.Random(VALIDATION_SEED), count)


class Lines(IterableDataset):  # type: ignore[misc]
    """The endless training batches for one seed."""

    def __init__(self, fonts: Sequence[Path], seed: int) -> None:
        self._fonts, self._seed = fonts, seed

    def __iter__(self) -> Iterator[Batch]:
        source, rng = lines(self._fonts, self._seed), random.Random(self._seed)
        while True:
            yield from pool(source, rng)
