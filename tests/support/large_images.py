"""Images that take as much memory as possible to decode, made quickly, and files that lie about themselves."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from ocr_service.errors import OcrError
from ocr_service.vision.image_decoder import ImageDecoder
from ocr_service.vision.photo import Photo
from tests.support import memory
from tests.support.pdfs import HOSTILE_PDFS, pdf_of_images

FIXTURES = Path(__file__).parents[1] / "fixtures" / "images"
"""HEIC images of 8064 x 6048 pixels, because encoding takes seconds: a receipt in tiles, as phones make them; with
alpha; without chroma subsampling; with 10 bits."""
PHONE = (8064, 6048)
"""48 megapixels."""
LARGEST = (7000, 7100)
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Channels by PNG colour type: grey, RGB, palette, grey with alpha, RGBA."""
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
"""First column and row, and step in x and y, of each pass of an interlaced PNG."""
BLOCK = 2**20


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(
    size: tuple[int, int], *, colour: int = 2, bits: int = 8, interlaced: bool = False, extra: bytes = b""
) -> bytes:
    """A PNG whose pixels are all 0, of any colour type and bit depth; `extra` are further chunks."""
    header = struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, interlaced)
    palette = chunk(b"PLTE", bytes([255, 0, 0])) + chunk(b"tRNS", b"\x80") if colour == 3 else b""
    rows = _zeros(
        sum(height * (1 + -(-width * bits * CHANNELS[colour] // 8)) for width, height in _passes(size, interlaced))
    )
    chunks = chunk(b"IHDR", header) + extra + palette + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def text_chunk(kind: bytes, length: int) -> bytes:
    """A compressed text (`zTXt`, `iTXt`) or colour profile (`iCCP`) of `length` bytes."""
    head = b"Comment\0\1\0\0\0" if kind == b"iTXt" else b"Comment\0\0"
    return chunk(kind, head + _zeros(length))


def _passes(size: tuple[int, int], interlaced: bool) -> Iterator[tuple[int, int]]:
    for x, y, step_x, step_y in PASSES if interlaced else [(0, 0, 1, 1)]:
        width, height = -(-(size[0] - x) // step_x), -(-(size[1] - y) // step_y)
        if width > 0 and height > 0:
            yield width, height


def _zeros(length: int) -> bytes:
    """A zlib stream of `length` zeros, made by repeating the compressed form of one block."""
    block = zlib.compressobj(9, wbits=-15)
    repeated = block.compress(bytes(BLOCK)) + block.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(9, wbits=-15)
    last = rest.compress(bytes(length % BLOCK)) + rest.flush()
    return b"\x78\xda" + repeated * (length // BLOCK) + last + struct.pack(">HH", length % 65521, 1)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg_of_declared_size(image: Image.Image, size: tuple[int, int], **options: Any) -> bytes:
    """A JPEG whose header declares `size` instead of the image's."""
    data = bytearray(encoded(image, "JPEG", **options))
    frame = next(data.index(marker) for marker in (b"\xff\xc0", b"\xff\xc2") if marker in data)
    data[frame + 5 : frame + 9] = struct.pack(">HH", size[1], size[0])
    return bytes(data)


def jpeg_of_many_scans(size: tuple[int, int], scans: int) -> bytes:
    """A valid progressive JPEG that takes long to decode: its last scan is repeated."""
    data = encoded(Image.radial_gradient("L").resize(size), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


def webp_of_declared_size(animation: bytes, size: tuple[int, int]) -> bytes:
    """An animated WebP whose header declares `size` instead of its own."""
    width, height = ((side - 1).to_bytes(3, "little") for side in size)
    return animation[:24] + width + height + animation[30:]


def heic_of_declared_size(name: str, size: tuple[int, int]) -> bytes:
    """A HEIC fixture in which every image declares `size`, but the tiles and the grid have their own."""
    data = bytearray((FIXTURES / name).read_bytes())
    at = data.find(b"ispe")
    while at >= 0:
        data[at + 8 : at + 16] = struct.pack(">II", *size)
        at = data.find(b"ispe", at + 4)
    return bytes(data)


def animation(kind: str, size: tuple[int, int]) -> bytes:
    frames = [Image.new("RGB", size, colour) for colour in ("white", "red")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


ACCEPTED: dict[str, Callable[[], bytes]] = {
    "JPEG of a phone": lambda: encoded(Image.new("RGB", PHONE, "white"), "JPEG"),
    "JPEG, progressive, 4:4:4": lambda: encoded(
        Image.new("RGB", PHONE, "white"), "JPEG", progressive=True, subsampling=0
    ),
    "JPEG, CMYK": lambda: encoded(Image.new("CMYK", PHONE), "JPEG"),
    "PNG, RGBA, 16 bits, interlaced": lambda: png(LARGEST, colour=6, bits=16, interlaced=True),
    "PNG, palette with transparency": lambda: png(LARGEST, colour=3, bits=1),
    "PNG, grey, 16 bits": lambda: png(LARGEST, colour=0, bits=16),
    "PNG, grey with alpha, tall": lambda: png((46_000, 1080), colour=4),
    "WebP of a phone": lambda: encoded(Image.new("RGB", PHONE, "white"), "WEBP", quality=1, method=0),
    "WebP, lossless, RGBA": lambda: encoded(Image.new("RGBA", (6700, 6700)), "WEBP", lossless=True, method=0),
    "WebP, animated": lambda: animation("WEBP", (4400, 4600)),
    "HEIC of a phone": (FIXTURES / "receipt_48mp.heic").read_bytes,
    "HEIC, 10 bits": (FIXTURES / "ten_bits_48mp.heic").read_bytes,
    "PDF of five pages": lambda: pdf_of_images([Image.new("RGB", (2480, 3508), "white")] * 5, dpi=300),
    "HEIC, RGBA": (FIXTURES / "alpha_48mp.heic").read_bytes,
}
"""The largest images of each kind that are decoded."""


REFUSED: dict[str, Callable[[], bytes]] = {
    "WebP, lossless, RGBA": lambda: encoded(Image.new("RGBA", LARGEST), "WEBP", lossless=True, method=0),
    "WebP, animated": lambda: webp_of_declared_size(animation("WEBP", (64, 64)), LARGEST),
    "HEIC, 4:4:4": (FIXTURES / "chroma_444_48mp.heic").read_bytes,
    "JPEG, progressive, CMYK": lambda: jpeg_of_declared_size(Image.new("CMYK", (64, 64)), PHONE, progressive=True),
    "PNG, a strip": lambda: png((16, 3_000_000), colour=4),
    "PNG of too many pixels": lambda: png((30_000, 30_000)),
    "JPEG that declares too much": lambda: jpeg_of_declared_size(Image.new("RGB", (64, 64)), (65_500, 65_500)),
    "HEIC that declares too much": lambda: heic_of_declared_size("receipt_48mp.heic", (30_000, 30_000)),
}
"""Images that would take too much memory."""


HOSTILE: dict[str, Callable[[], bytes]] = {
    "PNG without its pixels": lambda: png(LARGEST, colour=6)[:400],
    "PNG, text of 1 GiB": lambda: png((100, 100), extra=text_chunk(b"zTXt", 2**30)),
    "PNG, international text of 1 GiB": lambda: png((100, 100), extra=text_chunk(b"iTXt", 2**30)),
    "PNG, profile of 1 GiB": lambda: png((100, 100), extra=text_chunk(b"iCCP", 2**30)),
    "PNG, many texts": lambda: png((100, 100), extra=text_chunk(b"zTXt", 900_000) * 500),
    "APNG": lambda: animation("PNG", (4000, 4000)),
    "JPEG without its pixels": lambda: jpeg_of_declared_size(Image.new("RGB", (64, 64)), PHONE, progressive=True),
    "JPEG, smaller than declared": lambda: jpeg_of_declared_size(Image.new("RGB", (3000, 3000)), (20, 20)),
    "JPEG, EXIF and profile": lambda: encoded(
        Image.new("RGB", (64, 64)), "JPEG", icc_profile=bytes(4_000_000), exif=b"Exif\0\0II*\0" + b"\x08" * 60_000
    ),
    "HEIC, smaller than declared": lambda: heic_of_declared_size("receipt_48mp.heic", (100, 100)),
    "HEIC, half": lambda: (FIXTURES / "receipt_48mp.heic").read_bytes()[:30_000],
    "WebP, smaller than declared": lambda: webp_of_declared_size(animation("WEBP", (3000, 3000)), (20, 20)),
    **HOSTILE_PDFS,
    "WebP, half": lambda: encoded(Image.radial_gradient("L").resize((4000, 4000)), "WEBP", method=0)[:9000],
}
"""Damaged and lying files, and decompression bombs."""


def growth(decoder: ImageDecoder, data: bytes) -> tuple[Photo | OcrError, int]:
    """The outcome for an image, and the memory in bytes that both processes took for it beyond their resting state."""
    decoder.decode(encoded(Image.new("RGB", (64, 64)), "PNG"))
    resting_fork, resting = decoder.peak, memory.resident()
    memory.reset_peak()
    outcome: Photo | OcrError
    try:
        outcome = decoder.decode(data)
        outcome.pixels.max()  # maps every page
    except OcrError as error:
        outcome = error
    return outcome, decoder.peak - resting_fork + memory.peak() - resting
