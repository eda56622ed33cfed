"""Perturbed photos: rotated, skewed, taken from far away or in the dark, too small."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Height x width x 3, BGR."""

TABLE = (112, 128, 144)
"""Colour around a rotated or distant photo, BGR."""


def _skewed(degrees: float) -> Callable[[Image], Image]:
    """Rotated counter-clockwise in a frame that contains the whole photo."""

    def perturb(image: Image) -> Image:
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
        wide, high = round(height * sine + width * cosine), round(height * cosine + width * sine)
        matrix[:, 2] += ((wide - width) / 2, (high - height) / 2)
        return np.asarray(cv2.warpAffine(image, matrix, (wide, high), borderValue=TABLE), dtype=np.uint8)

    return perturb


def _far_away(image: Image) -> Image:
    """In a frame with five times the area."""
    height, width = (round(side * (5**0.5 - 1) / 2) for side in image.shape[:2])
    return np.asarray(
        cv2.copyMakeBorder(image, height, height, width, width, cv2.BORDER_CONSTANT, value=TABLE), dtype=np.uint8
    )


PERTURBATIONS: dict[str, Callable[[Image], Image]] = {
    "recompressed": lambda image: image,
    "rotated by 90 degrees": lambda image: np.rot90(image, 1),
    "rotated by 180 degrees": lambda image: np.rot90(image, 2),
    "rotated by 270 degrees": lambda image: np.rot90(image, 3),
    "skewed by 7 degrees": _skewed(7),
    "skewed by -12 degrees": _skewed(-12),
    "far away": _far_away,
    "dark (45 % of the light)": lambda image: np.asarray(image * 0.45, dtype=np.uint8),
    "half the size": lambda image: np.asarray(
        cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8
    ),
}
"""By name."""
