"""A decoded photo, and the limits of decoding it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf")

TOO_MUCH_MEMORY = "Decoding the image would take too much memory. Send a smaller one, or a JPEG."


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo.

    pixels: height x width x 3, uint8, BGR (OpenCV order), upright according to EXIF.
    size: width and height of the upright image at full size, in pixels.
    scale: full-size pixels per pixel of `pixels`, at least 1.
    """

    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    scale: float


@dataclass(frozen=True, slots=True)
class DecodingLimits:
    """What decoding one image may cost, and how large its result may be.

    max_pixels: width x height of the largest accepted image. working_side, tall_pixels: size of the result, see
    `ocr_service.vision.image.decode`. memory: bytes. cpu_seconds: CPU time. seconds: wall-clock time.
    """

    max_pixels: int
    working_side: int
    tall_pixels: int
    memory: int
    cpu_seconds: int
    seconds: float
