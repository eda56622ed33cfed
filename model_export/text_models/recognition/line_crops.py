"""Line images cropped from synthetic pages as text detection crops them: tight, loose, clipped, columns joined."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model_export.text_models import charset
from model_export.text_models.synthesis.pages import Page, PageSource, page_renderer
from model_export.text_models.synthesis.single_lines import HEIGHT, VALIDATION_SEED, Sample, line_renderer, wide_enough
from model_export.text_models.synthesis.text_kernels import MARGIN
from ocr_service.vision import quads

PER_PAGE = 24
"""Lines cropped from one page, so that consecutive batches contain different print."""
FROM_PAGES = 0.55
"""Share of the lines that is cropped from whole receipts; the others are rendered one by one, in ever new print."""
MAX_GAP = 1.6
"""Largest gap between two texts of a row, in text heights, that detection may bridge."""


def _skip_probability(text: str) -> float:
    """Probability with which a text is skipped: rules and short numbers are frequent and teach little."""
    if set(text) <= set("-=* "):
        return 0.9
    return 0.6 if len(text) < 7 and not any(character.isalpha() for character in text) else 0.0


@dataclass
class LineCropper:
    """Crops lines from synthetic pages. All randomness comes from the source."""

    source: PageSource

    def lines(self) -> Iterator[Sample]:
        """Endless samples."""
        rng = self.source.random
        while True:
            page = self.source.page()
            lines = self._joined(page) if rng.random() < 0.4 else list(zip(page.quads, page.texts, strict=True))
            rng.shuffle(lines)
            for quad, text in lines[:PER_PAGE]:
                if not charset.readable(text) or rng.random() < _skip_probability(text):
                    continue
                image = scaled_crop(page.image, self._jittered(quad))
                if wide_enough(image, text):
                    yield image, " ".join(text.split())

    def _joined(self, page: Page) -> list[tuple[NDArray[np.float32], str]]:
        """The texts of a page, with close texts of one row joined into one box."""
        lines: list[tuple[NDArray[np.float32], str]] = []
        previous_row = -1
        for row, quad, text in zip(page.rows, page.quads, page.texts, strict=True):
            if row == previous_row:
                previous, line = lines[-1]
                height = np.linalg.norm(quad[3] - quad[0])
                if np.linalg.norm(quad[0] - previous[1]) < MAX_GAP * height and len(line) + len(text) < 40:
                    box = np.array([previous[0], quad[1], quad[2], previous[3]], np.float32)
                    lines[-1] = box, f"{line} {text}"
                    continue
            lines.append((quad, text))
            previous_row = row
        return lines

    def _jittered(self, quad: NDArray[np.float32]) -> NDArray[np.float32]:
        """A quad with a random margin and tilt, as detection might find it."""
        rng = self.source.random
        across, down = quad[1] - quad[0], quad[3] - quad[0]
        height = float(np.linalg.norm(down))
        right = across / max(1e-6, float(np.linalg.norm(across))) * height
        spread = rng.choice([0.04, 0.1])
        above, below = (max(-0.06, rng.gauss(MARGIN / 2 + 0.02, spread)) * down for _ in range(2))
        before, after = (max(-0.02, rng.gauss(MARGIN / 2 + 0.04, spread)) * right for _ in range(2))
        tilt = rng.gauss(0, 0.02) * down
        return np.array(
            [
                quad[0] - above - before - tilt,
                quad[1] - above + after + tilt,
                quad[2] + below + after + tilt,
                quad[3] + below - before - tilt,
            ],
            np.float32,
        )


def scaled_crop(image: NDArray[np.uint8], quad: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A box cropped as the OCR service crops it, scaled to HEIGHT pixels."""
    crop = quads.crop(image, quad)
    height, width = crop.shape[:2]
    return np.asarray(cv2.resize(crop, (max(8, -(-width * HEIGHT // height)), HEIGHT)), dtype=np.uint8)


def lines(fonts: Sequence[Path], seed: int, held_out: bool = False) -> Iterator[Sample]:
    """Endless samples of both kinds, the same for the same seed. Raises FontMissingError.

    held_out: with fonts and product families that are never trained on.
    """
    single = line_renderer(fonts, seed, held_out)
    cropped = LineCropper(page_renderer(fonts, seed, held_out)).lines()
    while True:
        yield next(cropped) if single.random.random() < FROM_PAGES else single.sample()


def held_out_lines(fonts: Sequence[Path]) -> Iterator[Sample]:
    """The samples that recognition is evaluated on."""
    return lines(fonts, VALIDATION_SEED, held_out=True)
