"""The training lines of recognition by seed: plain till rows, and what else people photograph."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_export.text_models.recognition.line_crops import FROM_PAGES, LineCropper
from model_export.text_models.synthesis.fonts import FontSet
from model_export.text_models.synthesis.market_layouts import MarketLayout
from model_export.text_models.synthesis.market_text import MarketText
from model_export.text_models.synthesis.pages import PageRenderer
from model_export.text_models.synthesis.receipt_text import TextGenerator
from model_export.text_models.synthesis.rough_lines import PrinterFonts, RoughRenderer
from model_export.text_models.synthesis.screens import ScreenFonts, ScreenRenderer
from model_export.text_models.synthesis.single_lines import VALIDATION_SEED, LineRenderer, Sample

MARKET = 0.55
"""Share of the training lines from `market`; the others preserve what the model has learnt."""
MARKET_KINDS = (0.36, 0.29, 0.35)
"""Shares of these that are rendered one by one, cropped from screens and cropped from receipts."""
CLIPPED = 0.12
"""Share of the cropped lines whose box clips the last letter."""


THINNED = 8
"""One in THINNED lines is measured."""


class ClippingCropper(LineCropper):
    """Crops lines as detection does when it ends a box too early."""

    def _jittered(self, quad: NDArray[np.float32]) -> NDArray[np.float32]:
        rng = self.source.random
        across, height = quad[1] - quad[0], float(np.linalg.norm(quad[3] - quad[0]))
        length = float(np.linalg.norm(across))
        if rng.random() < CLIPPED and length > 3 * height:
            inwards = across / length * height * rng.uniform(0.02, 0.3)
            quad = np.array([quad[0], quad[1] - inwards, quad[2] - inwards, quad[3]], np.float32)
        return super()._jittered(quad)


class LineStreams:
    """Lines of every kind; fonts are loaded once, each stream has its own randomness."""

    def __init__(self, fonts: Sequence[Path], held_out: bool = False) -> None:
        """held_out: with the fonts, and product names of the families, that training never sees.

        Raises FontMissingError.
        """
        self._held_out = held_out
        self._faces, self._printer = FontSet(fonts, held_out), PrinterFonts(fonts, held_out)
        self._screen = ScreenFonts(fonts, held_out)

    def plain(self, seed: int) -> Iterator[Sample]:
        """Plain till rows, half of them cropped from whole receipts."""
        rng, noise = random.Random(seed), np.random.default_rng(seed)
        writer = TextGenerator(rng, self._held_out)
        single = LineRenderer(self._faces, writer, rng, noise)
        cut = LineCropper(PageRenderer(self._faces, writer, rng, noise)).lines()
        while True:
            yield next(cut) if rng.random() < FROM_PAGES else single.sample()

    def market(self, seed: int) -> Iterator[Sample]:
        """Marks, line numbers, glued columns, sizes, English, cafés, order lists; in worse print, and on screens."""
        rng, noise = random.Random(seed), np.random.default_rng(seed)
        text = MarketText(rng, self._held_out)
        single = RoughRenderer(self._printer, text, rng, noise)
        screens = ClippingCropper(ScreenRenderer(self._screen, text, rng, noise)).lines()
        pages = ClippingCropper(PageRenderer(self._printer, text, rng, noise, MarketLayout)).lines()
        draw = (single.sample, lambda: next(screens), lambda: next(pages))
        while True:
            yield rng.choices(draw, MARKET_KINDS)[0]()

    def training(self, seed: int) -> Iterator[Sample]:
        """Both, mixed."""
        rng = random.Random(seed)
        plain, market = self.plain(rng.getrandbits(48)), self.market(rng.getrandbits(48))
        while True:
            yield next(market if rng.random() < MARKET else plain)


def held_out_market_lines(fonts: Sequence[Path]) -> Iterator[Sample]:
    """The lines of the kinds of `LineStreams.market` that recognition is measured on: few from each page and screen."""
    return islice(LineStreams(fonts, held_out=True).market(VALIDATION_SEED), None, None, THINNED)
