"""Single lines cut out of drawn pages the way text detection cuts them: tight, loose, clipped, columns merged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model_export.text_models import charset
from model_export.text_models.synthesis.pages import Page, PageRenderer, page_renderer
from model_export.text_models.synthesis.single_lines import HEIGHT, VALIDATION_SEED, renderer
from model_export.text_models.synthesis.text_kernels import MARGIN

PER_PAGE = 24
"""Lines cut from one page; the next batch should see other print."""
FROM_PAGES = 0.55
"""Part of the lines that is cut from whole receipts; the others are drawn one by one, in ever new print."""
WIDEST = 1.6
"""Gap between two texts of a row, in heights, that detection may still bridge."""

Sample = tuple[NDArray[np.uint8], str]
"""A picture, HEIGHT x width x 3, uint8, BGR, and what it says, runs of spaces written as one."""


def _tedious(text: str) -> float:
    """How often a text is left out: rules and short figures are many and teach little."""
    if set(text) <= set("-=* "):
        return 0.9
    return 0.6 if len(text) < 7 and not any(character.isalpha() for character in text) else 0.0


@dataclass
class LineCutter:
    """Cuts lines from drawn pages; chance comes from the source."""

    source: PageRenderer

    def lines(self) -> Iterator[Sample]:
        """Lines, endlessly."""
        rng = self.source.random
        while True:
            page = self.source.page()
            lines = self._joined(page) if rng.random() < 0.4 else list(zip(page.quads, page.texts, strict=True))
            rng.shuffle(lines)
            for quad, text in lines[:PER_PAGE]:
                if not charset.readable(text) or rng.random() < _tedious(text):
                    continue
                picture = self._cut(page.picture, quad)
                # CTC needs a step of 8 columns for every character, and more between two that are equal.
                if picture.shape[1] // 8 >= len(text) + 2:
                    yield picture, " ".join(text.split())

    def _joined(self, page: Page) -> list[tuple[NDArray[np.float32], str]]:
        """Texts of one row that stand close, in one box."""
        found: list[tuple[NDArray[np.float32], str]] = []
        last = -1
        for row, quad, text in zip(page.rows, page.quads, page.texts, strict=True):
            if row == last:
                before, said = found[-1]
                height = np.linalg.norm(quad[3] - quad[0])
                if np.linalg.norm(quad[0] - before[1]) < WIDEST * height and len(said) + len(text) < 40:
                    found[-1] = np.array([before[0], quad[1], quad[2], before[3]], np.float32), f"{said} {text}"
                    continue
            found.append((quad, text))
            last = row
        return found

    def _cut(self, picture: NDArray[np.uint8], quad: NDArray[np.float32]) -> NDArray[np.uint8]:
        """A quad with some paper around it, straightened, HEIGHT pixels high."""
        rng = self.source.random
        across, down = quad[1] - quad[0], quad[3] - quad[0]
        height = float(np.linalg.norm(down))
        right = across / max(1e-6, float(np.linalg.norm(across))) * height
        spread = rng.choice([0.04, 0.1])
        above, below = (max(-0.06, rng.gauss(MARGIN / 2 + 0.02, spread)) * down for _ in range(2))
        before, after = (max(-0.02, rng.gauss(MARGIN / 2 + 0.04, spread)) * right for _ in range(2))
        tilt = rng.gauss(0, 0.02) * down
        corners = np.array(
            [
                quad[0] - above - before - tilt,
                quad[1] - above + after + tilt,
                quad[2] + below + after + tilt,
                quad[3] + below - before - tilt,
            ],
            np.float32,
        )
        width = max(2, round(float(np.linalg.norm(corners[1] - corners[0]))))
        tall = max(2, round(float(np.linalg.norm(corners[3] - corners[0]))))
        target = np.array([[0, 0], [width, 0], [width, tall], [0, tall]], np.float32)
        matrix = cv2.getPerspectiveTransform(corners, target)
        straight = cv2.warpPerspective(
            picture, matrix, (width, tall), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(cv2.resize(straight, (max(8, -(-width * HEIGHT // tall)), HEIGHT)), dtype=np.uint8)


def lines(fonts: Sequence[Path], seed: int, held_out: bool = False) -> Iterator[Sample]:
    """Lines of both kinds, endlessly, the same for the same seed. Raises FontMissingError.

    held_out: with the fonts, and product names of the families, that training never sees.
    """
    single = renderer(fonts, seed, held_out)
    cut = LineCutter(page_renderer(fonts, seed, held_out)).lines()
    while True:
        yield next(cut) if single.random.random() < FROM_PAGES else single.sample()


def held_out_lines(fonts: Sequence[Path]) -> Iterator[Sample]:
    """The lines that recognition is measured on."""
    return lines(fonts, VALIDATION_SEED, held_out=True)
