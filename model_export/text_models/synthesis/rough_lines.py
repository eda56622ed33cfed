"""Single lines in bad print and on bad photos: bitmap Latin, failed dots, low resolution, curl, clipped letters."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model_export.text_models.synthesis import pcf
from model_export.text_models.synthesis.fonts import Face, FontSet, Ink, find
from model_export.text_models.synthesis.single_lines import HEIGHT, LineRenderer

LATIN_BITMAPS = [
    "12x24.pcf.gz",
    "ter-u24n_unicode.pcf.gz",
    "ter-u24b_unicode.pcf.gz",
    "ter-u20n_unicode.pcf.gz",
    "8x16.pcf.gz",
    "9x18.pcf.gz",
]
LATIN_BITMAPS_HELD_OUT = ["10x20.pcf.gz"]


class BitmapFace(Face):
    """A face on the dot grid with ASCII from a bitmap font, like the character generators of printers."""

    def __init__(self, face: Face, ascii_cells: dict[str, Ink]) -> None:
        super().__init__(face.hangul, face.latin, face.symbols, face.height, face.threshold, face.grid)
        self._ascii = ascii_cells

    def _half(self, character: str) -> Ink:
        if character not in self._ascii:
            return super()._half(character)
        cell, size = self._ascii[character], (self.height // 2, self.height)
        if cell.shape == (size[1], size[0]):
            return cell
        fitted = cv2.resize(cell, size, interpolation=cv2.INTER_LINEAR)
        return np.where(fitted > 110, np.uint8(255), np.uint8(0))


class PrinterFonts(FontSet):
    """All faces, and those of dots also with bitmap Latin."""

    def __init__(self, folders: Sequence[Path], held_out: bool = False) -> None:
        """Raises FontMissingError."""
        super().__init__(folders, held_out)
        files = find(folders, LATIN_BITMAPS_HELD_OUT if held_out else LATIN_BITMAPS)
        self._ascii = {name: pcf.read(path, unicode=True) for name, path in files.items()}
        self._mixed: dict[tuple[int, str], BitmapFace] = {}

    def pick(self, rng: random.Random) -> Face:
        """A face; one on the dot grid has bitmap Latin two times out of three."""
        face = super().pick(rng)
        if (face.threshold is None and not isinstance(face.hangul, dict)) or rng.random() < 0.33:
            return face
        key = id(face), rng.choice(sorted(self._ascii))
        if key not in self._mixed:
            self._mixed[key] = BitmapFace(face, self._ascii[key[1]])
        return self._mixed[key]


@dataclass
class RoughRenderer(LineRenderer):
    """Renders lines in worse print and on worse photos than its base class."""

    def _place(self, face: Face, ink: Ink) -> Ink:
        """As in the base class, with failed rows and columns of dots, and an edge that clips a letter."""
        rng = self.random
        if rng.random() < 0.12:
            first, step = rng.randrange(len(ink)), rng.choice([5, 8, 12, 24])
            ink = ink.copy()
            ink[first % step :: step] = 0
        if rng.random() < 0.12:  # dots of the print head that have failed leave blank columns
            ink = ink.copy()
            for _ in range(rng.randint(1, 5)):
                first = rng.randrange(ink.shape[1])
                ink[:, first : first + rng.choice([1, 1, 2, 3])] = 0
        page = super()._place(face, ink)
        if rng.random() < 0.2:
            clip = round(face.height / 24 * rng.uniform(0, 3))
            blank = np.flatnonzero(page.any(axis=0))
            if len(blank) > 4 * clip and clip:
                left, right = blank[0], blank[-1] + 1
                page = page[:, : right - clip] if rng.random() < 0.75 else page[:, left + clip :]
        return page

    def _curl(self, ink: Ink) -> Ink:
        """As in the base class, and often with the waves of rolled or crumpled paper."""
        rng = self.random
        ink = super()._curl(ink)
        if rng.random() < 0.3:
            height, width = ink.shape
            waves = rng.uniform(0.4, 2.5)
            bow = rng.uniform(-0.12, 0.12) * height / max(1.0, waves)
            stretch = rng.uniform(-0.12, 0.12) * height
            x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
            phase = np.float32(rng.uniform(0, 6))
            wave = np.sin(x * np.float32(2 * np.pi * waves / max(width, 4 * height)) + phase)
            pull = np.cos(x * np.float32(2 * np.pi * waves / max(width, 4 * height)) + phase)
            ink = cv2.remap(ink, x + np.float32(stretch) * pull, y + np.float32(bow) * wave, cv2.INTER_LINEAR)
        return ink

    def _photograph(self, ink: Ink, clean: bool) -> NDArray[np.uint8]:
        """As in the base class; 40 % of the photos from 11 to 24 rows of pixels, smoothly enlarged."""
        rng = self.random
        if clean or rng.random() > 0.4:
            return super()._photograph(ink, clean)
        height = rng.uniform(11, 24)
        size = max(8, round(ink.shape[1] * height / len(ink))), max(6, round(height))
        alpha = cv2.resize(ink, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        alpha = np.minimum(1, alpha * np.float32(rng.uniform(0.9, 1.6))) * self.camera.cloud(
            alpha.shape, rng.choice([0, 0.3, 0.6]), cell=20
        )
        if rng.random() < 0.4:
            alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.2, 0.5))
        paper, dark = self.camera.colours(clean=False)
        frame = paper * (1 - alpha[..., None]) + dark * alpha[..., None]
        scale = HEIGHT / len(frame)
        between = (
            cv2.resize(frame, None, fx=rng.uniform(1, scale), fy=rng.uniform(1, scale), interpolation=cv2.INTER_CUBIC)
            if rng.random() < 0.5
            else frame
        )
        small = self.camera.store(between, clean=False)
        width = max(8, -(-size[0] * HEIGHT // size[1]))
        return np.asarray(
            cv2.resize(small, (width, HEIGHT), interpolation=rng.choice([cv2.INTER_CUBIC, cv2.INTER_LINEAR])),
            dtype=np.uint8,
        )
