"""From untrusted bytes to an upright image of bounded size, within bounded memory.

Call it through `ocr_service.vision.image_decoder`, which runs it in a process with a memory limit. Whatever the format
and colour mode, the image is in memory at full size at most once, as its decoder yields it. It is converted and scaled
down in bands of rows.

JPEG is scaled down by its decoder.
"""

import io
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image

from ocr_service.errors import BadRequest, BrokenImage, NoText, OcrError, TooLarge, UnsupportedImage
from ocr_service.vision import pdf
from ocr_service.vision.detector import TALL
from ocr_service.vision.photo import TOO_MUCH_MEMORY, DecodingLimits, Photo

pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
# Each thread decodes a tile of its own, so more threads take more memory.
pillow_heif.options.DECODE_THREADS = 1

HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})
WEBP_HEADER = 30
"""Bytes up to the end of a WebP's size."""
MIN_SIDE = 16
"""Pixels; smaller images cannot hold a glyph."""
MAX_RATIO = 50
"""Longer to shorter side; reading longer images, in many small tiles, would take minutes."""
BAND_PIXELS = 65_536
"""Pixels that are converted and scaled down at a time. So few stay in the cache, and their memory is used again."""

OTHER_MEMORY = 24 * 2**20
"""Bytes for the encoded image, of which Pillow has a copy, and for bands of rows."""

Size = tuple[int, int]
"""Width and height in pixels."""
Pixels = NDArray[np.uint8]
"""Height x width, or height x width x channels."""

UPRIGHT: dict[object, Callable[[Pixels], object]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.flip(cv2.transpose(pixels), -1),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
"""How to turn an image upright, by its EXIF orientation."""
ON_ITS_SIDE = (5, 6, 7, 8)
"""EXIF orientations of images whose width is stored as their height."""


@dataclass(frozen=True, slots=True)
class _Raster:
    """An image as its decoder yields it, perhaps scaled down, not yet upright.

    full: size before any scaling. size: size of the rows. rows: grey, RGB or RGBA pixels of the rows between two
    numbers.
    """

    full: Size
    size: Size
    orientation: object
    rows: Callable[[int, int], Pixels]


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
    if data.startswith(b"%PDF-"):
        return "PDF"
    raise UnsupportedImage("The body is neither a JPEG, PNG, WebP or HEIC image nor a PDF.")


def decode(data: bytes, limits: DecodingLimits) -> Photo:
    """Decode, convert to BGR, scale down so that no side exceeds `limits.working_side` pixels, rotate by EXIF.

    The longer side of an image much longer than wide may exceed it, up to `limits.tall_pixels` pixels in all.
    Animated images yield their first frame, PDFs their first pages below each other; transparent pixels become white.

    Raises BadRequest (no bytes), UnsupportedImage, TooLarge (more pixels than accepted, or too little memory to decode
    them), BrokenImage, NoText (too small to hold a glyph).
    """
    if not data:
        raise BadRequest("The body is empty.")
    load = {"JPEG": _load_jpeg, "PNG": _load_png, "WEBP": _load_webp, "HEIF": _load_heif, "PDF": _load_pdf}[
        image_format(data)
    ]
    try:
        with warnings.catch_warnings():
            # Our limit of pixels is stricter than Pillow's warning and is checked before any pixel is decoded.
            warnings.simplefilter("ignore")
            raster = load(data, limits)
            full, orientation = raster.full, raster.orientation
            width, height = _fit(full, limits)
            narrow = _narrow(raster, min(width, raster.size[0]))
            del raster  # frees the image at full size
            pixels = narrow if height >= len(narrow) else _resize(narrow, (narrow.shape[1], height))
            del narrow
            if orientation in UPRIGHT:
                pixels = np.asarray(UPRIGHT[orientation](pixels), dtype=np.uint8)
    except OcrError:
        raise
    except MemoryError as exc:
        raise TooLarge(TOO_MUCH_MEMORY) from exc
    except Image.DecompressionBombError as exc:
        raise TooLarge("The image has too many pixels.") from exc
    except Exception as exc:  # decoders raise exceptions of many kinds on damaged bytes
        if "memory" in str(exc).lower():
            raise TooLarge(TOO_MUCH_MEMORY) from exc
        raise BrokenImage("The image is damaged or truncated.") from exc
    size = (full[1], full[0]) if orientation in ON_ITS_SIDE else full
    return Photo(pixels=pixels, size=size, scale=max(1.0, max(size) / max(pixels.shape[:2])))


def _load_jpeg(data: bytes, limits: DecodingLimits) -> _Raster:
    image = Image.open(io.BytesIO(data), formats=["JPEG"])
    full = _check_size(image.size, limits)
    # The decoder scales down by powers of two: a 24-megapixel photo costs a quarter.
    image.draft("RGB", _fit(full, limits))
    if image.info.get("progressive"):
        # All coefficients, two bytes each, are in memory at once, at full size, and those of colours perhaps at less.
        factors = [horizontal * vertical for _, horizontal, vertical, _ in image.layer]  # type: ignore[attr-defined]
        _check_memory(2 * math.prod(full) * sum(factors) // max(factors) + 4 * math.prod(image.size), limits)
    return _pillow_raster(image, full)


def _load_png(data: bytes, limits: DecodingLimits) -> _Raster:
    image = Image.open(io.BytesIO(data), formats=["PNG"])
    return _pillow_raster(image, _check_size(image.size, limits))


def _pillow_raster(image: Image.Image, full: Size) -> _Raster:
    image.load()
    width = image.width
    return _Raster(
        full, image.size, _orientation(image.getexif), lambda top, bottom: _rgb(image.crop((0, top, width, bottom)))
    )


def _load_heif(data: bytes, limits: DecodingLimits) -> _Raster:
    file = pillow_heif.open_heif(data)
    image = file[file.primary_index]
    _check_size(image.size, limits)
    pixels = np.asarray(image)
    # The header may state another size than the image has. The decoder turns the image upright.
    full = _check_size((pixels.shape[1], pixels.shape[0]), limits)
    return _Raster(full, full, 1, lambda top, bottom: pixels[top:bottom])


def _load_pdf(data: bytes, limits: DecodingLimits) -> _Raster:
    full, pixels = pdf.render(data, lambda size: _check_size(size, limits), lambda size: _fit(size, limits))
    return _Raster(full, (pixels.shape[1], pixels.shape[0]), 1, lambda top, bottom: pixels[top:bottom])


def _load_webp(data: bytes, limits: DecodingLimits) -> _Raster:
    full = _check_size(_webp_size(data), limits)
    chunks = _webp_chunks(data)
    if b"ANIM" in chunks:
        # Two canvases, a copy of the frame, and the image, in RGBA.
        _check_memory(4 * 4 * math.prod(full) + 3 * _fit(full, limits)[0] * full[1], limits)
        return _pillow_raster(Image.open(io.BytesIO(data), formats=["WEBP"]), full)
    # Pillow would decode it as an animation, too. Twice the pixels, with alpha or, unless lossless, without.
    has_alpha = b"VP8 " not in chunks or b"ALPH" in chunks
    _check_memory(2 * (4 if has_alpha else 3) * math.prod(full), limits)
    pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:  # type: ignore[comparison-overlap, unused-ignore]
        raise BrokenImage("The image is damaged or truncated.")
    full = _check_size((pixels.shape[1], pixels.shape[0]), limits)
    to_rgb = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB

    def exif() -> Image.Exif:
        found = Image.Exif()
        found.load(chunks.get(b"EXIF", b""))
        return found

    return _Raster(
        full,
        full,
        _orientation(exif),
        lambda top, bottom: np.asarray(cv2.cvtColor(pixels[top:bottom], to_rgb), dtype=np.uint8),
    )


def _webp_chunks(data: bytes) -> dict[bytes, bytes]:
    """The first chunk of each kind that tells something about the image; the pixels are left out."""
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        found.setdefault(kind, data[at + 8 : at + 8 + length] if kind == b"EXIF" else b"")
        at += 8 + length + length % 2
    return found


def _orientation(read: Callable[[], Image.Exif]) -> object:
    """The EXIF orientation; None without one, or if the EXIF data are damaged: the image may be sound."""
    try:
        return read().get(ExifTags.Base.Orientation)
    except MemoryError:
        raise
    except Exception:
        return None


def _webp_size(data: bytes) -> Size:
    """Size in the header. Pillow would reserve the memory for all pixels before it tells. Raises BrokenImage."""
    if len(data) < WEBP_HEADER:
        raise BrokenImage("The image is damaged or truncated.")
    match data[12:16]:
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def _check_size(size: Size, limits: DecodingLimits) -> Size:
    width, height = size
    if width * height > limits.max_pixels:
        raise TooLarge(f"The image has {width} x {height} pixels; at most {limits.max_pixels} are accepted.")
    if min(size) < MIN_SIDE:
        raise NoText(f"The image is too small for text: {width} x {height} pixels.")
    if max(size) > MAX_RATIO * min(size):
        raise TooLarge(f"The image has {width} x {height} pixels; it may be at most {MAX_RATIO} times as long as wide.")
    return size


def _check_memory(decoded: int, limits: DecodingLimits) -> None:
    """Refuse an image whose decoder takes `decoded` bytes and would not report that they are too many."""
    if decoded + OTHER_MEMORY > limits.memory:
        raise TooLarge(TOO_MUCH_MEMORY)


def _fit(size: Size, limits: DecodingLimits) -> Size:
    shrink = limits.working_side / max(size)
    if max(size) > TALL * min(size):
        shrink = max(shrink, math.sqrt(limits.tall_pixels / (size[0] * size[1])))
    shrink = min(1.0, shrink)
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))


def _narrow(raster: _Raster, width: int) -> Pixels:
    """All rows in BGR on white, scaled to `width`."""
    full_width, height = raster.size
    narrow = np.empty((height, width, 3), dtype=np.uint8)
    step = max(1, BAND_PIXELS // full_width)
    for top in range(0, height, step):
        bottom = min(height, top + step)
        band = _bgr(raster.rows(top, bottom))
        narrow[top:bottom] = band if width == full_width else _resize(band, (width, bottom - top))
    return narrow


def _resize(pixels: Pixels, size: Size) -> Pixels:
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _rgb(image: Image.Image) -> Pixels:
    """Grey, RGB or RGBA pixels of an image of any mode."""
    if image.mode.startswith("I"):
        # 16-bit greyscale: Pillow's own conversion clips at 255 instead of scaling.
        return np.clip(np.asarray(image, dtype=np.int64) >> 8, 0, 255).astype(np.uint8)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return np.asarray(image if image.mode == mode else image.convert(mode), dtype=np.uint8)


def _bgr(pixels: Pixels) -> Pixels:
    """Grey or RGB pixels, with or without alpha, as BGR; transparent ones become white."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
        alpha = pixels[:, :, -1:].astype(np.uint16)
        pixels = ((pixels[:, :, :-1] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    is_grey = pixels.ndim == 2 or pixels.shape[2] == 1
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR if is_grey else cv2.COLOR_RGB2BGR), dtype=np.uint8)
