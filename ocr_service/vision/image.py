"""From untrusted bytes to an upright image of bounded size."""

import io
import math
import warnings
from dataclasses import dataclass

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ocr_service.errors import BadRequest, BrokenImage, NoText, TooLarge, UnsupportedImage
from ocr_service.vision.detector import TALL

pillow_heif.register_heif_opener(thumbnails=False)

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic")
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
MIN_SIDE = 16
"""Pixels; smaller images cannot hold a glyph."""


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


def image_format(data: bytes) -> str:
    """Pillow's name of the format according to the magic bytes. Raises UnsupportedImage."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return "HEIF"
    raise UnsupportedImage("The body is not a JPEG, PNG, WebP or HEIC image.")


def decode(data: bytes, *, max_pixels: int, working_side: int, tall_pixels: int) -> Photo:
    """Decode, rotate by EXIF, convert to BGR and scale down so that no side exceeds `working_side` pixels.

    The longer side of an image much longer than wide may exceed it, up to `tall_pixels` pixels in all.
    Animated images yield their first frame; transparent pixels become white.

    Raises BadRequest (no bytes), UnsupportedImage, TooLarge (more than `max_pixels`), BrokenImage, NoText (too small
    to hold a glyph).
    """
    if not data:
        raise BadRequest("The body is empty.")
    kind = image_format(data)
    try:
        with warnings.catch_warnings():
            # Our pixel limit is stricter than Pillow's warning and is checked before any pixel is decoded.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[kind]) as image:
                full = _check_size(image.size, max_pixels)
                if kind == "JPEG":
                    # The decoder scales down by powers of two: a 24-megapixel photo costs a quarter.
                    image.draft("RGB", _fit(full, working_side, tall_pixels))
                upright = ImageOps.exif_transpose(image)
                pixels = _to_bgr(upright)
    except (TooLarge, NoText, MemoryError):
        raise
    except Image.DecompressionBombError as exc:
        raise TooLarge("The image has too many pixels.") from exc
    except Exception as exc:  # decoders raise exceptions of many kinds on damaged bytes
        raise BrokenImage("The image is damaged or truncated.") from exc
    turned = (pixels.shape[1] > pixels.shape[0]) != (full[0] > full[1])
    size = (full[1], full[0]) if turned else full
    width, height = _fit(size, working_side, tall_pixels)
    if width < pixels.shape[1]:
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return Photo(pixels=pixels, size=size, scale=max(1.0, max(size) / max(pixels.shape[:2])))


def _check_size(size: tuple[int, int], max_pixels: int) -> tuple[int, int]:
    width, height = size
    if width * height > max_pixels:
        raise TooLarge(f"The image has {width} x {height} pixels; at most {max_pixels} are accepted.")
    if min(size) < MIN_SIDE:
        raise NoText(f"The image is too small for text: {width} x {height} pixels.")
    return size


def _fit(size: tuple[int, int], side: int, tall_pixels: int) -> tuple[int, int]:
    shrink = side / max(size)
    if max(size) > TALL * min(size):
        shrink = max(shrink, math.sqrt(tall_pixels / (size[0] * size[1])))
    shrink = min(1.0, shrink)
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))


def _to_bgr(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):
        # 16-bit greyscale: Pillow's own conversion clips at 255 instead of scaling.
        grey = np.clip(np.asarray(image, dtype=np.int64) >> 8, 0, 255).astype(np.uint8)
        return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    rgb = np.asarray(image.convert("RGB"), dtype=np.uint8)
    return np.ascontiguousarray(rgb[:, :, ::-1])
