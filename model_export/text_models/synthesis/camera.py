"""Light, paper and lens: how ink on paper becomes the pixels of a photo."""

import random
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Alpha = NDArray[np.float32]
"""Height x width, 1 where ink covers the paper."""
Colour = NDArray[np.float32]
"""BGR, 0 to 255."""


@dataclass
class Camera:
    """Photographs ink. `random` and `noise` are its only sources of randomness."""

    random: random.Random
    noise: np.random.Generator

    def soften(self, alpha: Alpha, unit: float) -> Alpha:
        """Defocus and motion blur, for print with cells `unit` pixels high."""
        rng = self.random
        blur = rng.choice([0, rng.uniform(0.2, 0.6), rng.uniform(0.4, 1.1)]) * unit / 30
        if blur > 0.25:
            alpha = cv2.GaussianBlur(alpha, (0, 0), blur)
            if rng.random() < 0.7:  # thermal ink is saturated: blurred strokes keep their darkness
                alpha = np.minimum(1, alpha * np.float32(rng.uniform(1.0, 1.7)))
        if rng.random() < 0.06:
            alpha = cv2.filter2D(alpha, -1, self._motion(rng.uniform(0.05, 0.14) * unit))
        return alpha

    def _motion(self, length: float) -> NDArray[np.float32]:
        side = max(3, round(length) | 1)
        kernel = np.zeros((side, side), np.float32)
        angle = self.random.uniform(0, np.pi)
        reach = np.array([np.cos(angle), np.sin(angle)]) * (side - 1) / 2
        middle = np.array([side // 2, side // 2])
        start, stop = (middle - reach).round().astype(int), (middle + reach).round().astype(int)
        cv2.line(kernel, start.tolist(), stop.tolist(), 1.0)
        return np.asarray(kernel / kernel.sum(), dtype=np.float32)

    def cloud(self, shape: tuple[int, ...], depth: float, cell: int = 60) -> Alpha:
        """A smooth field between 1 - depth and 1 with hills about `cell` pixels wide."""
        if depth == 0:
            return np.ones(shape[:2], np.float32)
        field = smooth_field(shape, (max(2, shape[0] // cell), max(2, shape[1] // cell)), self.noise)
        return np.asarray(1 - np.float32(depth) * field, dtype=np.float32)

    def colours(self, clean: bool) -> tuple[Colour, Colour]:
        """Paper and ink: thermal black on white to grey, purple ribbon, tinted light, occasionally inverted."""
        rng = self.random
        level = rng.uniform(235, 255) if clean else rng.choice([rng.uniform(190, 255), rng.uniform(140, 255)])
        paper = np.array([level * rng.uniform(0.9, 1) for _ in range(3)], np.float32)
        if clean:
            paper[:] = level
        darkness = rng.uniform(0, 0.3) if clean else rng.choice([rng.uniform(0, 0.4), rng.uniform(0.2, 0.7)])
        dark = paper * np.float32(darkness)
        if rng.random() < 0.08:
            dark = dark * np.array([1.3, 0.7, 1.0], np.float32) + np.array([60, 10, 40], np.float32)
        return (dark, paper) if rng.random() < 0.015 else (paper, dark)

    def store(self, image: NDArray[np.float32], clean: bool) -> NDArray[np.uint8]:
        """The file that the phone writes: sensor noise, JPEG artefacts, occasional sharpening."""
        rng = self.random
        if not clean and rng.random() < 0.7:
            image = image + self.noise.normal(0, rng.uniform(1, 9), (*image.shape[:2], 1)).astype(np.float32)
        frame = np.clip(image, 0, 255).astype(np.uint8)
        if rng.random() < 0.5:
            coded = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(35, 92)])[1]
            frame = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
        if rng.random() < 0.15:
            soft = cv2.GaussianBlur(frame, (0, 0), 1.2)
            frame = np.asarray(cv2.addWeighted(frame, 1.8, soft, -0.8, 0), dtype=np.uint8)
        return frame


def smooth_field(shape: tuple[int, ...], cells: tuple[int, int], noise: np.random.Generator) -> Alpha:
    """A smooth random field between 0 and 1, interpolated from `cells` (rows, columns) random values."""
    coarse = noise.random(cells).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
