"""Synthetic photos of whole receipts, with the position of each text.

Detection trains on them, recognition on line crops from them.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from model_export.text_models.synthesis.camera import Alpha, Camera
from model_export.text_models.synthesis.fonts import Face, FontSet, Ink, cells, is_wide
from model_export.text_models.synthesis.layouts import WIDTHS, Layout, Print, pieces
from model_export.text_models.synthesis.printer import dot_matrix, strike, wear
from model_export.text_models.synthesis.receipt_text import TextGenerator

LARGEST = 1_400_000
"""Maximum number of ink pixels of a page; a longer receipt is cut off."""

MAX_GAP = 2.2
"""Largest gap inside a text, in half cells of paper."""

Quads = NDArray[np.float32]
"""n x 4 x 2: corners clockwise from the top left, in pixels, tight around the cells of a text."""


@dataclass(frozen=True)
class Page:
    """A photo (height x width x 3, uint8, BGR), the texts on it in reading order, their rows and their quads."""

    image: NDArray[np.uint8]
    texts: list[str]
    rows: list[int]
    quads: Quads


class PageSource(Protocol):
    """Renders pages of one kind; `random` is the source of randomness of what is cut from them as well."""

    random: random.Random

    def page(self, cell: float | None = None) -> Page:
        """A page with text about `cell` pixels high; None: of random height."""


@dataclass
class _Sheet:
    """The ink of a receipt before it is photographed, with the boxes (x0, y0, x1, y1) of its texts, in dots."""

    ink: Ink
    texts: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)

    def add(self, text: str, row: int, box: tuple[float, float, float, float], max_gap: float) -> None:
        """Add a text; it is joined to the previous one if the gap between them is below `max_gap` dots."""
        if self.rows and self.rows[-1] == row and box[0] - self.boxes[-1][2] < max_gap:
            text, last = f"{self.texts.pop()} {text}", self.boxes.pop()
            box = (last[0], min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
            self.rows.pop()
        self.texts.append(text)
        self.rows.append(row)
        self.boxes.append(box)


@dataclass
class PageRenderer:
    """Renders pages; `random` and `noise` are its only sources of randomness."""

    font_set: FontSet
    generator: TextGenerator
    random: random.Random
    noise: np.random.Generator
    layout: type[Layout] = Layout

    def page(self, cell: float | None = None) -> Page:
        """A photo with print about `cell` pixels high; None: of random height."""
        rng, camera = self.random, Camera(self.random, self.noise)
        face = self.font_set.pick(rng)
        screenshot = not face.grid and rng.random() < 0.6
        size = cell or rng.choice([rng.uniform(12, 24), rng.uniform(18, 44), rng.uniform(26, 60)])
        sheet = self._print(face, size)
        scale = size / face.height
        squeeze = scale * (1.0 if screenshot else rng.choice([1.0, rng.uniform(0.78, 1.2)]))
        shape = max(8, round(sheet.ink.shape[1] * squeeze)), max(8, round(sheet.ink.shape[0] * scale))
        boxes = np.array(sheet.boxes, np.float32).reshape(-1, 4) * np.tile(
            np.array([shape[0] / sheet.ink.shape[1], shape[1] / sheet.ink.shape[0]], np.float32), 2
        )
        if face.threshold is not None and size < 30 and rng.random() < 0.1:
            ink = dot_matrix(sheet.ink, shape)
        else:
            hard = scale > 1.2 and rng.random() < 0.3
            smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            ink = np.asarray(
                cv2.resize(sheet.ink, shape, interpolation=cv2.INTER_NEAREST if hard else smooth), np.uint8
            )
        quads = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
        alpha: Alpha = ink.astype(np.float32) / np.float32(255)
        mask: Alpha = np.ones_like(alpha)
        if not screenshot:
            alpha = alpha * self._fading(camera, alpha.shape)
            alpha, mask, quads = self._lay(alpha, quads, size)
        return Page(self._photograph(camera, alpha, mask, size, screenshot), sheet.texts, sheet.rows, quads)

    def _print(self, face: Face, size: float) -> _Sheet:
        """All rows on one strip with margins, printed by a worn printer."""
        rng = self.random
        width = rng.choice(WIDTHS)
        half, height = face.height // 2, face.height
        gap = round(height * rng.choice([0, 0, rng.uniform(0, 0.15), rng.uniform(0.1, 0.5), rng.uniform(0.2, 0.9)]))
        margin = round(half * rng.choice([1, 2, rng.uniform(1, 8)]))
        scale = size / height
        most = LARGEST / scale**2 / (width * half + 2 * margin)
        strips: list[Ink] = [np.zeros((margin, width * half + 2 * margin), np.uint8)]
        sheet, top = _Sheet(strips[0]), margin
        rows = self.layout(self.generator, width).receipt()
        for number, row in enumerate(rows[rng.randrange(max(1, len(rows) // 3)) if rng.random() < 0.5 else 0 :]):
            tall = max((each.tall for each in row), default=1)
            strip = np.zeros((height * tall + gap, width * half + 2 * margin), np.uint8)
            for each in row:
                self._set(face, each, strip, sheet, (margin, top, number))
            strips.append(strip)
            top += len(strip)
            if top > most:
                break
        strips.append(np.zeros((margin, strips[0].shape[1]), np.uint8))
        sheet.ink = wear(np.vstack(strips), rng, self.noise)
        return sheet

    def _set(self, face: Face, each: Print, strip: Ink, sheet: _Sheet, at: tuple[int, int, int]) -> None:
        """Print a text on its strip; `at`: left margin, top of the strip, number of the row."""
        margin, top, number = at
        ink = face.line(each.text)
        half = face.height // 2
        left = margin + each.column * half
        if not face.grid and each.column:  # aligned right, like columns of numbers
            left = max(margin, left + cells(each.text) * each.wide * half - ink.shape[1] * each.wide)
        ink = strike(ink, each.wide, each.tall, each.bold)
        room = strip.shape[1] - left
        strip[: len(ink), left : left + ink.shape[1]] = ink[:, :room]
        for text, offset in pieces(each):
            before = face.line(each.text[: _characters(each.text, offset)]).shape[1] if offset else 0
            x0 = left + before * each.wide
            x1 = min(strip.shape[1], x0 + face.line(text).shape[1] * each.wide)
            if x1 - x0 > half // 2:
                sheet.add(text, number, (x0, top, x1, top + len(ink)), max_gap=MAX_GAP * half)

    def _fading(self, camera: Camera, shape: tuple[int, ...]) -> Alpha:
        """Pale regions, and vertical bands where the print head is worn."""
        rng = self.random
        fading = camera.cloud(shape, rng.choice([0.0, 0.2, 0.6]), cell=rng.choice([60, 250]))
        if rng.random() < 0.15:
            bands = camera.cloud((1, shape[1]), rng.uniform(0.2, 0.8), cell=rng.choice([6, 20]))
            fading = fading * bands
        return fading

    def _lay(self, alpha: Alpha, quads: Quads, size: float) -> tuple[Alpha, Alpha, Quads]:
        """Lay the paper on a table: bowed, rotated, at an angle. Returns ink, paper mask and quads in the photo."""
        rng = self.random
        height, width = alpha.shape
        amplitude = size * rng.choice([0, rng.gauss(0, 0.15), rng.gauss(0, 0.5)])
        phase, waves = rng.uniform(0, math.pi), rng.uniform(0.5, 1.3) * math.pi / width

        def bow(x: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.asarray(amplitude * np.sin(x * np.float32(waves) + np.float32(phase)), dtype=np.float32)

        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        turn = math.radians(rng.choice([0, rng.gauss(0, 1), rng.gauss(0, 4)]))
        spin = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]], np.float32)
        jitter = self.noise.normal(0, rng.choice([0.004, 0.015]), (4, 2)).astype(np.float32) * width
        placed = corners @ spin.T + jitter
        border = size * rng.choice([rng.uniform(0, 1), rng.uniform(0, 5)])
        placed += border - placed.min(axis=0)
        frame = (placed.max(axis=0) + border).astype(int)
        matrix = cv2.getPerspectiveTransform(corners, placed.astype(np.float32))
        x, y = np.meshgrid(
            np.linspace(0, frame[0] - 1, max(2, frame[0] // 16), dtype=np.float32),
            np.linspace(0, frame[1] - 1, max(2, frame[1] // 16), dtype=np.float32),
        )
        source = cv2.perspectiveTransform(np.stack([x, y], -1), np.linalg.inv(matrix))
        source[..., 1] += bow(source[..., 0])
        fine = cv2.resize(source, (int(frame[0]), int(frame[1])), interpolation=cv2.INTER_LINEAR)
        laid = cv2.remap(alpha, fine[..., 0], fine[..., 1], cv2.INTER_LINEAR)
        inside = (fine[..., 0] > 0) & (fine[..., 0] < width) & (fine[..., 1] > 0) & (fine[..., 1] < height)
        flat = quads.copy()
        flat[..., 1] -= bow(flat[..., 0])
        return (
            laid,
            inside.astype(np.float32),
            cv2.perspectiveTransform(flat.reshape(1, -1, 2), matrix).reshape(quads.shape),
        )

    def _photograph(self, camera: Camera, alpha: Alpha, mask: Alpha, size: float, clean: bool) -> NDArray[np.uint8]:
        rng = self.random
        alpha = camera.soften(alpha, size)[..., None]
        paper, dark = camera.colours(clean)
        shade = camera.cloud(alpha.shape, 0 if clean else rng.uniform(0, 0.35), cell=rng.choice([80, 400]))[..., None]
        if not clean and rng.random() < 0.3:
            shade = shade * self._creases(alpha.shape, size)[..., None]
        image = paper * shade * (1 - alpha) + dark * alpha
        if not clean:
            image = image * mask[..., None] + self._table(camera, alpha.shape) * (1 - mask[..., None])
        return camera.store(image, clean)

    def _creases(self, shape: tuple[int, ...], size: float) -> Alpha:
        """Creases: a dark and a light line side by side."""
        rng = self.random
        crease = np.ones(shape[:2], np.float32)
        for _ in range(rng.randint(1, 3)):
            along = rng.random() < 0.7
            reach = shape[1] if along else shape[0]
            a, b = (rng.uniform(0, shape[0] if along else shape[1]) for _ in range(2))
            ends = [(0.0, a), (float(reach), b)] if along else [(a, 0.0), (b, float(reach))]
            for shift, tone in ((0, rng.uniform(0.7, 0.95)), (max(1, round(size / 10)), rng.uniform(1.0, 1.1))):
                points = [(round(p[0]), round(p[1]) + shift) for p in ends]
                cv2.line(crease, points[0], points[1], tone, max(1, round(size / 12)))
        return np.asarray(cv2.GaussianBlur(crease, (0, 0), max(0.5, size / 25)), dtype=np.float32)

    def _table(self, camera: Camera, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The table under the paper: smooth, grained or patterned, dark to bright."""
        rng = self.random
        colour = np.array([rng.uniform(20, 230) for _ in range(3)], np.float32)
        colour = colour * np.float32(0.3) + colour.mean() * np.float32(0.7)
        grain = camera.cloud(shape, rng.uniform(0, 0.6), cell=rng.choice([4, 30, 200]))
        return np.asarray(grain[..., None] * colour, dtype=np.float32)


def _characters(text: str, offset: int) -> int:
    """Number of characters in the first `offset` half cells of a text."""
    column = 0
    for i, character in enumerate(text):
        if column >= offset:
            return i
        column += 2 if is_wide(character) else 1
    return len(text)


def page_renderer(fonts: Sequence[Path], seed: int, held_out: bool = False) -> PageRenderer:
    """A renderer that gives the same pages for the same seed. Raises FontMissingError.

    held_out: with fonts and product families that are never trained on.
    """
    rng = random.Random(seed)
    return PageRenderer(FontSet(fonts, held_out), TextGenerator(rng, held_out), rng, np.random.default_rng(seed))
