"""Endless batches of synthetic lines, of like width, made in a process beside the training."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from model_export.recognizer.render import HEIGHT, Renderer, renderer

SIZE = 32
POOL = 16
"""Batches that are sorted by width together."""
WIDTHS = (128, 192, 256, 320, 416, 512)
"""Widths that batches are padded to: few, because each one has its kernels compiled and kept."""

Batch = tuple[torch.Tensor, list[str]]


def pool(source: Renderer, batches: int = POOL) -> list[Batch]:
    """Batches of SIZE pictures (uint8, batch x 3 x 48 x width, padded with mid grey) and their texts, shuffled."""
    samples: list[tuple[NDArray[np.uint8], str]] = []
    while len(samples) < batches * SIZE:
        picture, text = source.sample()
        if picture.shape[1] <= WIDTHS[-1]:
            samples.append((picture, text))
    samples.sort(key=lambda sample: sample[0].shape[1])
    made = [_pad(samples[i : i + SIZE]) for i in range(0, len(samples), SIZE)]
    source.random.shuffle(made)
    return made


def _pad(samples: list[tuple[NDArray[np.uint8], str]]) -> Batch:
    widest = max(picture.shape[1] for picture, _ in samples)
    padded = np.full((len(samples), HEIGHT, min(w for w in WIDTHS if w >= widest), 3), 128, np.uint8)
    for row, (picture, _) in zip(padded, samples, strict=True):
        row[:, : picture.shape[1]] = picture
    return torch.from_numpy(padded.transpose(0, 3, 1, 2).copy()), [text for _, text in samples]


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """To -1 .. 1, in the memory layout that convolutions on a CPU want."""
    scaled = (pictures.float() / 255 - 0.5) / 0.5
    return scaled.contiguous(memory_format=torch.channels_last)


class Lines(IterableDataset):  # type: ignore[misc]
    """The stream of training batches for one seed."""

    def __init__(self, fonts: Path, seed: int) -> None:
        self._fonts, self._seed = fonts, seed

    def __iter__(self) -> Iterator[Batch]:
        source = renderer(self._fonts, self._seed)
        while True:
            yield from pool(source)
