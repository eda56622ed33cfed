"""Photos as other people would have taken them: turned, skewed, from far away, in the dark, too small."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height x width x 3, BGR."""

TABLE = (112, 128, 144)
"""What lies around a photo that was turned or moved away, BGR."""


def _skewed(degrees: float) -> Callable[[Picture], Picture]:
    """Turned counter-clockwise in a frame that holds all of it."""

    def change(picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
        wide, high = round(height * sine + width * cosine), round(height * cosine + width * sine)
        matrix[:, 2] += ((wide - width) / 2, (high - height) / 2)
        return np.asarray(cv2.warpAffine(picture, matrix, (wide, high), borderValue=TABLE), dtype=np.uint8)

    return change


def _far_away(picture: Picture) -> Picture:
    """In a frame of five times the area."""
    height, width = (round(side * (5**0.5 - 1) / 2) for side in picture.shape[:2])
    return np.asarray(
        cv2.copyMakeBorder(picture, height, height, width, width, cv2.BORDER_CONSTANT, value=TABLE), dtype=np.uint8
    )


CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "saved again": lambda picture: picture,
    "turned by 90 degrees": lambda picture: np.rot90(picture, 1),
    "turned by 180 degrees": lambda picture: np.rot90(picture, 2),
    "turned by 270 degrees": lambda picture: np.rot90(picture, 3),
    "skewed by 7 degrees": _skewed(7),
    "skewed by -12 degrees": _skewed(-12),
    "far away": _far_away,
    "dark (45 % of the light)": lambda picture: np.asarray(picture * 0.45, dtype=np.uint8),
    "half the size": lambda picture: np.asarray(
        cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8
    ),
}
"""By what is done to the photo."""
