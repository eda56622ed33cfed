"""Images that a hostile user may upload: bombs, damaged files, lies about size and type, and files of other kinds."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

from tests.support.large_images import chunk, encoded, jpeg_of_declared_size
from tests.support.pdfs import HOSTILE_PDFS

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
OTHER_FILES = {
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "zip": b"PK\x03\x04" + bytes(200),
    "elf": b"\x7fELF" + bytes(200),
    "gif": b"GIF89a\xff\xff\xff\xff" + bytes(200),
    "tiff": b"II*\x00\x08\x00\x00\x00" + bytes(200),
    "bmp": b"BM" + bytes(200),
    "avif": b"\x00\x00\x00\x1cftypavif" + bytes(200),
    "empty": b"",
    "nul": bytes(1000),
}


def hostile_images(count: int, seed: int = 1) -> Iterator[tuple[str, str, bytes]]:
    """`count` files as (kind, declared content type, bytes); the same for the same seed."""
    chance = random.Random(seed)
    kinds: list[Callable[[random.Random], tuple[str, str, bytes]]] = [
        _cut_off,
        _flipped,
        _png_of_any_size,
        _chunk_bomb,
        _flat_bomb,
        _odd_mode,
        _tiny,
        _jpeg_of_any_size,
        _webp_of_any_size,
        _heic_boxes,
        _other,
        _appended,
        _thin,
        _pdf,
    ]
    for number in range(count):
        yield kinds[number % len(kinds)](chance)


def _noise(chance: random.Random, kind: str) -> bytes:
    return encoded(_noisy(chance), kind)


def _noisy(chance: random.Random) -> Image.Image:
    side = chance.randint(16, 300)
    return Image.frombytes("RGB", (side, side), chance.randbytes(3 * side * side))


def _pdf(chance: random.Random) -> tuple[str, str, bytes]:
    kind = chance.choice(list(HOSTILE_PDFS))
    return kind, "application/pdf", HOSTILE_PDFS[kind]()


def _any_format(chance: random.Random) -> str:
    return chance.choice(list(FORMATS))


def _cut_off(chance: random.Random) -> tuple[str, str, bytes]:
    kind = _any_format(chance)
    data = _noise(chance, kind)
    return "cut off", FORMATS[kind], data[: chance.randint(1, len(data) - 1)]


def _flipped(chance: random.Random) -> tuple[str, str, bytes]:
    kind = _any_format(chance)
    data = bytearray(_noise(chance, kind))
    for _ in range(chance.randint(1, 50)):
        data[chance.randrange(8, len(data))] = chance.randrange(256)
    return "flipped bytes", FORMATS[kind], bytes(data)


def _png(width: int, height: int, color: int, *chunks: bytes, rows: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + data + chunk(b"IEND", b"")


def _png_of_any_size(chance: random.Random) -> tuple[str, str, bytes]:
    side = chance.choice([0, 1, 7000, 30_000, 65_535, 2**31 - 1, 2**31, 2**32 - 1])
    return "claims a size", "image/png", _png(side, chance.choice([1, side]), chance.choice([0, 2, 3, 6, 7]))


def _chunk_bomb(chance: random.Random) -> tuple[str, str, bytes]:
    text = zlib.compress(bytes(chance.randint(1, 64) * 2**20), 9)
    name, prefix = chance.choice([(b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")])
    return "compressed text", "image/png", _png(64, 64, 0, chunk(name, prefix + text), rows=bytes(65 * 64))


def _flat_bomb(chance: random.Random) -> tuple[str, str, bytes]:
    """A few kilobytes of one colour, near the limit of pixels."""
    width = chance.randint(5000, 7000)
    height = 49_000_000 // width
    kind, mode = chance.choice([("PNG", "L"), ("PNG", "RGBA"), ("WEBP", "RGBA"), ("JPEG", "RGB"), ("JPEG", "CMYK")])
    options = {"lossless": True, "method": 0} if kind == "WEBP" else {}
    return f"bomb {kind} {mode}", FORMATS[kind], encoded(Image.new(mode, (width, height)), kind, **options)


def _odd_mode(chance: random.Random) -> tuple[str, str, bytes]:
    mode = chance.choice(["1", "P", "LA", "I;16", "L", "RGBA"])
    return f"mode {mode}", "image/png", encoded(Image.new(mode, (chance.randint(1, 400), 200)), "PNG")


def _tiny(chance: random.Random) -> tuple[str, str, bytes]:
    kind = _any_format(chance)
    return "tiny", FORMATS[kind], encoded(Image.new("RGB", (chance.randint(1, 8), chance.randint(1, 8))), kind)


def _jpeg_of_any_size(chance: random.Random) -> tuple[str, str, bytes]:
    size = chance.choice([(65535, 65535), (0, 0), (65535, 1), (700, 65535)])
    return "claims a size", "image/jpeg", jpeg_of_declared_size(_noisy(chance), size)


def _webp_of_any_size(chance: random.Random) -> tuple[str, str, bytes]:
    canvas = chance.choice([1, 2**14, 2**24]) - 1
    extended = b"\x10\0\0\0" + struct.pack("<I", canvas)[:3] * 2
    body = b"VP8X" + struct.pack("<I", len(extended)) + extended + _noise(chance, "WEBP")[12:]
    return "claims a size", "image/webp", b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _heic_boxes(chance: random.Random) -> tuple[str, str, bytes]:
    start = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
    size = chance.choice([0, 1, 8, 2**31, 2**32 - 1])
    return "boxes", "image/heic", start + (struct.pack(">I", size) + b"meta") * chance.randint(1, 500)


def _other(chance: random.Random) -> tuple[str, str, bytes]:
    name = chance.choice(list(OTHER_FILES))
    return name, chance.choice(list(FORMATS.values())), OTHER_FILES[name]


def _appended(chance: random.Random) -> tuple[str, str, bytes]:
    kind = _any_format(chance)
    return "polyglot", FORMATS[kind], _noise(chance, kind) + OTHER_FILES["zip"] + OTHER_FILES["html"]


def _thin(chance: random.Random) -> tuple[str, str, bytes]:
    size = (chance.randint(16, 20), chance.randint(30_000, 60_000))
    return "thin", "image/png", encoded(Image.new("L", size if chance.random() < 0.5 else size[::-1], 255), "PNG")
