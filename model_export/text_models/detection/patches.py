"""Training data of text detection: square patches of synthetic receipts, and maps of their text kernels."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from model_export.text_models.synthesis.fonts import FontSet
from model_export.text_models.synthesis.market_layouts import MarketLayout
from model_export.text_models.synthesis.market_text import MarketText
from model_export.text_models.synthesis.pages import Page, PageRenderer, PageSource
from model_export.text_models.synthesis.receipt_text import TextGenerator
from model_export.text_models.synthesis.rough_lines import PrinterFonts
from model_export.text_models.synthesis.screens import ScreenFonts, ScreenRenderer
from model_export.text_models.synthesis.text_kernels import kernels

SIDE = 512
"""Side of a patch in pixels."""
PER_PAGE = 3
"""Patches per page."""
SIZE = 4
"""Patches per batch."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Normalisation of the pixels, as in the detector's settings."""

SHARES = (0.45, 0.35, 0.2)
"""Shares of the patches from plain receipts, from receipts whose columns touch, and from screens."""

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Images (batch x 3 x SIDE x SIDE, uint8), text kernels (batch x SIDE x SIDE, 0 or 1) and the weight of each pixel (the
same shape, 0 to MAX_WEIGHT)."""
MAX_WEIGHT = 6
"""Weight of a pixel of a single digit: a row without its quantity is as useless as one without its name."""


@dataclass
class PatchCutter:
    """Cuts patches from synthetic pages."""

    source: PageSource

    def patches(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]]:
        """Endless images, kernel maps and weights, all SIDE x SIDE pixels."""
        rng = self.source.random
        while True:
            page = self.source.page(rng.choice([rng.uniform(9, 16), rng.uniform(14, 34), rng.uniform(24, 48)]))
            if not page.texts:
                continue
            kernel_map, weights = self._maps(page)
            for _ in range(PER_PAGE):
                centre = page.quads[rng.randrange(len(page.quads))].mean(axis=0)
                turns = rng.choices([0, 1, 2, 3], [80, 8, 4, 8])[0]
                maps = ((page.image, None), (kernel_map, 0), (weights, 1))
                patch = [self._cut(each, centre, fill) for each, fill in maps]
                image, inside, weight = (np.ascontiguousarray(np.rot90(each, turns)) for each in patch)
                yield image, inside, weight

    def _maps(self, page: Page) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        kernel_map = np.zeros(page.image.shape[:2], np.uint8)
        weights = np.ones(page.image.shape[:2], np.uint8)
        for text, quad, kernel in zip(page.texts, page.quads, kernels(page.quads), strict=True):
            if set(text) <= set("-=* "):  # a rule is neither text nor paper
                cv2.fillPoly(weights, [quad.round().astype(np.int32)], 0)
            else:
                cv2.fillPoly(kernel_map, [kernel.round().astype(np.int32)], 1)
                height = float(np.linalg.norm(quad[3] - quad[0]))
                weight = round(2 * height**2 / max(1.0, cv2.contourArea(kernel)))
                cv2.fillPoly(weights, [quad.round().astype(np.int32)], max(1, min(MAX_WEIGHT, weight)))
        return kernel_map, weights

    def _cut(self, page: NDArray[np.uint8], centre: NDArray[np.float32], fill: int | None) -> NDArray[np.uint8]:
        """A patch around a point, filled beyond the page with `fill`, or with the colour of the page's corner."""
        colour = page[0, 0] if fill is None else fill
        patch = np.empty((SIDE, SIDE, *page.shape[2:]), np.uint8)
        patch[:] = colour
        x, y = (int(np.clip(c - SIDE / 2, 0, max(0, n - SIDE))) for c, n in zip(centre, page.shape[1::-1], strict=True))
        part = page[y : y + SIDE, x : x + SIDE]
        patch[: len(part), : part.shape[1]] = part
        return patch


def normalised(images: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Images as the detector expects them, on the device: batch x 3 x height x width, BGR."""
    mean, deviation = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return ((images.to(device).float() / 255 - mean) / deviation).contiguous(memory_format=torch.channels_last)


class PatchSource:
    """Batches of patches of plain receipts, receipts whose columns and rows touch, and screens."""

    pool_size = 16

    def __init__(self, fonts: Sequence[Path], held_out: bool = False) -> None:
        """held_out: with the fonts, and product names of the families, that training never sees."""
        self._fonts, self._held_out = fonts, held_out
        self._font_sets: _FontSets | None = None

    def pool(self, seed: int) -> list[Batch]:
        """`pool_size` batches. Raises FontMissingError."""
        if self._font_sets is None:
            cv2.setNumThreads(1)
            self._font_sets = _FontSets(self._fonts, self._held_out)
        rng, noise = random.Random(seed), np.random.default_rng(seed)
        plain, text = TextGenerator(rng, self._held_out), MarketText(rng, self._held_out)
        sources = (
            PageRenderer(self._font_sets.plain, plain, rng, noise),
            PageRenderer(self._font_sets.printer, text, rng, noise, MarketLayout),
            ScreenRenderer(self._font_sets.screen, text, rng, noise),
        )
        cutters = [PatchCutter(source).patches() for source in sources]
        # The patches of a batch come from different pages.
        patches = [next(rng.choices(cutters, SHARES)[0]) for _ in range(self.pool_size * SIZE)]
        rng.shuffle(patches)
        return [_batch(patches[i : i + SIZE]) for i in range(0, len(patches), SIZE)]


class _FontSets:
    def __init__(self, fonts: Sequence[Path], held_out: bool) -> None:
        self.plain, self.printer = FontSet(fonts, held_out), PrinterFonts(fonts, held_out)
        self.screen = ScreenFonts(fonts, held_out)


def _batch(patches: Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]]) -> Batch:
    images, kernel_maps, weights = (np.stack(each) for each in zip(*patches, strict=True))
    return (
        torch.from_numpy(images.transpose(0, 3, 1, 2).copy()),
        torch.from_numpy(kernel_maps),
        torch.from_numpy(weights),
    )
