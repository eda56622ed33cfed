"""What text detection trains on: square cuts of drawn receipts, and maps of where their texts are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset

from model_export.text_models.synthesis.pages import Page, PageRenderer, page_renderer
from model_export.text_models.synthesis.text_kernels import cores

SIDE = 512
"""Pixels of a patch."""
PER_PAGE = 3
"""Patches cut from one page."""
SIZE = 4
"""Patches in a batch."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Normalisation of the pixels, as the detector's settings say."""

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Pictures (batch x 3 x SIDE x SIDE, uint8), cores of texts (batch x SIDE x SIDE, 0 or 1) and how much each pixel
counts (the same shape, 0 to HEAVIEST)."""
HEAVIEST = 6
"""How much a pixel of a single digit counts: a row without its quantity is worth as little as one without its name."""


@dataclass
class PatchCutter:
    """Cuts patches from drawn pages."""

    source: PageRenderer

    def patches(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]]:
        """Pictures, cores and how much pixels count, all SIDE pixels square, endlessly."""
        rng = self.source.random
        while True:
            page = self.source.page(rng.choice([rng.uniform(9, 16), rng.uniform(14, 34), rng.uniform(24, 48)]))
            if not page.texts:
                continue
            core, counts = self._maps(page)
            for _ in range(PER_PAGE):
                centre = page.quads[rng.randrange(len(page.quads))].mean(axis=0)
                turns = rng.choices([0, 1, 2, 3], [80, 8, 4, 8])[0]
                cut = [self._cut(each, centre, fill) for each, fill in ((page.picture, None), (core, 0), (counts, 1))]
                picture, inside, valid = (np.ascontiguousarray(np.rot90(each, turns)) for each in cut)
                yield picture, inside, valid

    def _maps(self, page: Page) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        core = np.zeros(page.picture.shape[:2], np.uint8)
        counts = np.ones(page.picture.shape[:2], np.uint8)
        for text, quad, inner in zip(page.texts, page.quads, cores(page.quads), strict=True):
            if set(text) <= set("-=* "):  # a rule: neither text nor paper
                cv2.fillPoly(counts, [quad.round().astype(np.int32)], 0)
            else:
                cv2.fillPoly(core, [inner.round().astype(np.int32)], 1)
                height = float(np.linalg.norm(quad[3] - quad[0]))
                weight = round(2 * height**2 / max(1.0, cv2.contourArea(inner)))
                cv2.fillPoly(counts, [quad.round().astype(np.int32)], max(1, min(HEAVIEST, weight)))
        return core, counts

    def _cut(self, page: NDArray[np.uint8], centre: NDArray[np.float32], fill: int | None) -> NDArray[np.uint8]:
        """SIDE pixels around a point; beyond the page the colour of its corner."""
        colour = page[0, 0] if fill is None else fill
        cut = np.empty((SIDE, SIDE, *page.shape[2:]), np.uint8)
        cut[:] = colour
        x, y = (int(np.clip(c - SIDE / 2, 0, max(0, n - SIDE))) for c, n in zip(centre, page.shape[1::-1], strict=True))
        part = page[y : y + SIDE, x : x + SIDE]
        cut[: len(part), : part.shape[1]] = part
        return cut


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """Pixels as the detector wants them: batch x 3 x height x width, BGR."""
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return ((pictures.float() / 255 - mean) / deviation).contiguous(memory_format=torch.channels_last)


class Patches(IterableDataset):  # type: ignore[misc]
    """The stream of training batches for one seed."""

    def __init__(self, fonts: Sequence[Path], seed: int, held_out: bool = False) -> None:
        self._fonts, self._seed, self._held_out = fonts, seed, held_out

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        source = page_renderer(self._fonts, self._seed, self._held_out)
        stream = PatchCutter(source).patches()
        pool = [next(stream) for _ in range(16 * SIZE)]
        while True:  # neighbours in a batch come from different pages
            batch = []
            for _ in range(SIZE):
                place = source.random.randrange(len(pool))
                batch.append(pool[place])
                pool[place] = next(stream)
            picture, core, counts = (np.stack(each) for each in zip(*batch, strict=True))
            yield (
                torch.from_numpy(picture.transpose(0, 3, 1, 2).copy()),
                torch.from_numpy(core),
                torch.from_numpy(counts),
            )
