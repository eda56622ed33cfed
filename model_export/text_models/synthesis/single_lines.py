"""Synthetic images of single printed lines, as text detection crops them from a photo of a receipt.

A strip of ink passes through the printer (bold, failed dots, fading, ribbon), the paper (neighbouring lines, curl,
shade, tint) and the camera (loose or tight crop, blur, low resolution, noise, JPEG).
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from model_export.text_models.synthesis.camera import Camera
from model_export.text_models.synthesis.fonts import Face, FontSet, Ink
from model_export.text_models.synthesis.printer import dot_matrix, wear
from model_export.text_models.synthesis.receipt_text import TextGenerator

HEIGHT = 48
"""Height of every line image in pixels, as the recogniser expects."""
VALIDATION_SEED = 2_000_003

Sample = tuple[NDArray[np.uint8], str]
"""A line image (HEIGHT x width x 3, BGR) and its text, with runs of spaces reduced to one."""


def wide_enough(image: NDArray[np.uint8], text: str) -> bool:
    """Whether a line image has enough columns: CTC needs a step of 8 per character, and more between equal ones."""
    return bool(image.shape[1] // 8 >= len(text) + 2)


@dataclass
class LineRenderer:
    """Renders line images; `random` and `noise` are its only sources of randomness."""

    font_set: FontSet
    generator: TextGenerator
    random: random.Random
    noise: np.random.Generator

    @property
    def camera(self) -> Camera:
        """The camera, with the random sources of this renderer."""
        return Camera(self.random, self.noise)

    def sample(self) -> Sample:
        """A random line that the recogniser can read."""
        while True:
            text = self.generator.line()
            image = self.render(self.font_set.pick(self.random), text)
            label = " ".join(text.split())
            if wide_enough(image, label):
                return image, label

    def render(self, face: Face, text: str) -> NDArray[np.uint8]:
        """The text, printed in the face and photographed."""
        rng = self.random
        screenshot = not face.grid and rng.random() < 0.5
        ink = wear(face.line(text), rng, self.noise)
        ink = self._place(face, ink)
        ink = self._stretch(ink)
        if not screenshot:
            ink = self._curl(ink)
        return self._photograph(ink, clean=screenshot)

    def _place(self, face: Face, ink: Ink) -> Ink:
        """Paper around the line, with the parts of neighbouring lines that a narrow pitch lets into the crop."""
        rng = self.random
        unit = face.height / 24
        above, below = (round(unit * rng.choice([rng.uniform(0, 3), rng.uniform(0, 9)])) for _ in range(2))
        before, after = (round(unit * rng.choice([rng.uniform(0, 4), rng.uniform(0, 16)])) for _ in range(2))
        height, width = ink.shape
        page = np.zeros((height + above + below, width + before + after), np.uint8)
        page[above : above + height, before : before + width] = ink
        if rng.random() < 0.5:
            gap = round(unit * rng.uniform(0, 6))
            self._neighbour(page[: max(0, above - gap)], face, bottom=True)
            self._neighbour(page[above + height + gap :], face, bottom=False)
        clip = round(unit * rng.uniform(0, 2.5)) if rng.random() < 0.3 else 0
        return page[clip if rng.random() < 0.5 else 0 : len(page) - clip if rng.random() < 0.5 else len(page)]

    def _neighbour(self, band: Ink, face: Face, bottom: bool) -> None:
        if len(band) == 0:
            return
        other = face.line(self.generator.line())
        part = other[-len(band) :] if bottom else other[: len(band)]
        shift = self.random.randint(-part.shape[1] // 2, band.shape[1] // 2)
        start, stop = max(0, shift), min(band.shape[1], shift + part.shape[1])
        if stop > start:
            band[: len(part), start:stop] = part[: len(band), start - shift : stop - shift]

    def _stretch(self, ink: Ink) -> Ink:
        """Double height and width, and the aspect ratios of other printers and slanted photos."""
        rng = self.random
        factor = rng.choices([1.0, 0.5, 2.0, 0.0], [40, 7, 6, 47])[0] or rng.uniform(0.7, 1.35)
        height = 2 * len(ink) if len(ink) < 36 else len(ink)
        width = max(8, round(factor * ink.shape[1] * height / len(ink)))
        if rng.random() < 0.1 and len(ink) < 36:
            return dot_matrix(ink, (width, 2 * len(ink)))
        hard = rng.random() < 0.3
        method = cv2.INTER_NEAREST if hard else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(ink, (width, height), interpolation=method), dtype=np.uint8)

    def _curl(self, ink: Ink) -> Ink:
        """The distortion that remains after rectification by four corners: slight rotation, shear and bow."""
        rng = self.random
        height, width = ink.shape
        if rng.random() < 0.5:
            turn = math.tan(math.radians(rng.gauss(0, 0.7)))
            turn = max(-0.2 * height / width, min(0.2 * height / width, turn))
            shear = rng.gauss(0, 0.06)
            matrix = np.array([[1, shear, -shear * height / 2], [turn, 1, -turn * width / 2]], dtype=np.float32)
            ink = cv2.warpAffine(ink, matrix, (width, height), flags=cv2.INTER_LINEAR)
        if rng.random() < 0.15:
            bow = rng.uniform(-0.08, 0.08) * height
            x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
            y = y + np.float32(bow) * np.sin(x * np.float32(math.pi / width) + np.float32(rng.uniform(0, 3)))
            ink = cv2.remap(ink, x, y, cv2.INTER_LINEAR)
        return ink

    def _photograph(self, ink: Ink, clean: bool) -> NDArray[np.uint8]:
        rng = self.random
        height = rng.choice([rng.uniform(14, 26), rng.uniform(20, 48), rng.uniform(30, 64)])
        width = max(8, round(ink.shape[1] * height / len(ink)))
        smaller = height < len(ink)
        size = (width, round(height))
        alpha = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
        alpha = alpha.astype(np.float32) / 255
        alpha = self.camera.soften(alpha, height)
        if not clean:
            alpha *= self.camera.cloud(alpha.shape, rng.choice([0.0, 0.2, 0.6]))
        paper, dark = self.camera.colours(clean)
        shade = self.camera.cloud(alpha.shape, 0 if clean else rng.uniform(0, 0.25))[..., None]
        frame = self.camera.store(paper * shade * (1 - alpha[..., None]) + dark * alpha[..., None], clean)
        width = max(8, math.ceil(frame.shape[1] * HEIGHT / frame.shape[0]))
        return np.asarray(cv2.resize(frame, (width, HEIGHT)), dtype=np.uint8)


def line_renderer(fonts: Sequence[Path], seed: int, held_out: bool = False) -> LineRenderer:
    """A renderer that gives the same lines for the same seed. Raises FontMissingError.

    held_out: with fonts and product families that are never trained on.
    """
    rng = random.Random(seed)
    return LineRenderer(FontSet(fonts, held_out), TextGenerator(rng, held_out), rng, np.random.default_rng(seed))
