"""Files that abuse what image formats allow: scans, tiles, tables, frames, texts and boxes without end or with cycles.

Each kind is a function without arguments, so that a test can name it. None has more than 10 MiB.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import pillow_heif
from PIL import Image

from tests.support.large_images import animation, chunk, encoded, jpeg_of_declared_size, jpeg_of_many_scans

LIMIT = 10 * 2**20
PNG_START = b"\x89PNG\r\n\x1a\n"
Kind = Callable[[], bytes]


def _gradient(size: tuple[int, int] = (300, 200), mode: str = "RGB") -> Image.Image:
    return Image.radial_gradient("L").resize(size).convert(mode)


# JPEG


def _segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def _jpeg(*segments: bytes, size: tuple[int, int] = (300, 200), mode: str = "RGB", **options: object) -> bytes:
    """A JPEG with further segments after its start."""
    data = encoded(_gradient(size, mode), "JPEG", **options)
    return data[:2] + b"".join(segments) + data[2:]


def _repeated(segment: bytes) -> list[bytes]:
    return [segment] * ((LIMIT - 100_000) // len(segment))


def _exif(*entries: tuple[int, int, int, bytes], following: int = 0) -> bytes:
    """A segment with one directory of (tag, type, count, value or offset), and the offset of the next directory."""
    body = b"".join(struct.pack("<HHI", tag, kind, count) + value for tag, kind, count, value in entries)
    directory = struct.pack("<H", len(entries)) + body + struct.pack("<I", following)
    return _segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + directory)


def _restarts() -> bytes:
    """A restart marker after each block, thousands of them in disorder."""
    data = _jpeg(_segment(0xDD, b"\0\x01"))
    scan = data.rindex(b"\xff\xda")
    return (
        data[: scan + 30] + b"".join(b"\xff" + bytes([0xD0 + number % 8]) for number in range(3_000_000)) + b"\xff\xd9"
    )


def _frame(precision: int, components: Sequence[tuple[int, int, int]], marker: int = 0xC0) -> bytes:
    """A JPEG whose frame has other components (id, sampling factors, table) than its scan."""
    data = _jpeg(subsampling=0)
    start = data.index(b"\xff\xc0")
    (length,) = struct.unpack(">H", data[start + 2 : start + 4])
    body = struct.pack(">BHHB", precision, 200, 300, len(components)) + b"".join(map(bytes, components))
    return data[:start] + _segment(marker, body) + data[start + 2 + length :]


def _ycck() -> bytes:
    data = bytearray(encoded(_gradient(mode="CMYK"), "JPEG"))
    at = data.index(b"Adobe")
    data[at + 11] = 2
    return bytes(data)


def _mpo() -> bytes:
    """Several images in one file, as phones make them, with a large one behind the first."""
    return encoded(_gradient(), "MPO", save_all=True, append_images=[Image.new("RGB", (6000, 8000))])


def _mpo_of(images: int) -> bytes:
    """An index of that many images, which the file does not have."""
    entries = (0xB000, 7, 4, b"0100"), (0xB001, 4, 1, struct.pack("<I", images)), (0xB002, 7, images, b"\x32\0\0\0")
    body = struct.pack("<H", 3) + b"".join(
        struct.pack("<HHI", tag, kind, count % 2**32) + value for tag, kind, count, value in entries
    )
    return _jpeg(_segment(0xE2, b"MPF\0II*\0\x08\0\0\0" + body + bytes(4)))


def _profile_parts() -> bytes:
    """A colour profile in 255 parts that claim to be one."""
    return _jpeg(*(_segment(0xE2, b"ICC_PROFILE\0" + bytes([part, 255]) + bytes(40_000)) for part in range(1, 256)))


JPEG: dict[str, Kind] = {
    "scans of a large image": lambda: jpeg_of_many_scans((4000, 4000), 150),
    "thousands of scans": lambda: jpeg_of_many_scans((300, 300), 9000),
    "quantisation tables": lambda: _jpeg(*_repeated(_segment(0xDB, (b"\0" + bytes([1] * 64)) * 1000))),
    "Huffman tables": lambda: _jpeg(*_repeated(_segment(0xC4, b"\0\0\x01" + bytes(14) + b"\0"))),
    "comments": lambda: _jpeg(*_repeated(_segment(0xFE, b"x" * 60_000))),
    "empty comments": lambda: _jpeg(*_repeated(_segment(0xFE, b""))),
    "application segments": lambda: _jpeg(*_repeated(_segment(0xE5, b"x"))),
    "padding before a marker": lambda: _jpeg(b"\xff" * 9_000_000),
    "restart markers": _restarts,
    "restart at every block, no end": lambda: _jpeg(_segment(0xDD, b"\0\x01"))[:-2],
    "EXIF directory that follows itself": lambda: _jpeg(_exif((0x112, 3, 1, b"\6\0\0\0"), following=8)),
    "EXIF tag of four thousand million values": lambda: _jpeg(_exif((0x112, 3, 2**32 - 1, b"\x08\0\0\0"))),
    "EXIF orientation as a fraction by zero": lambda: _jpeg(_exif((0x112, 5, 1, b"\x08\0\0\0"))),
    "EXIF orientation as text": lambda: _jpeg(_exif((0x112, 2, 4, b"six\0"))),
    "EXIF orientation of 65535": lambda: _jpeg(_exif((0x112, 3, 1, b"\xff\xff\0\0"))),
    "EXIF, many directories": lambda: _jpeg(*[_exif((0x8769, 4, 1, b"\x08\0\0\0"))] * 20_000),
    "EXIF, 5000 tags": lambda: _jpeg(_exif(*[(tag, 4, 1000, b"\x08\0\0\0") for tag in range(5000)])),
    "colour profile in parts": _profile_parts,
    "12 bits": lambda: _frame(12, [(1, 0x11, 0), (2, 0x11, 1), (3, 0x11, 1)]),
    "16 bits, lossless": lambda: _frame(16, [(1, 0x11, 0)], 0xC3),
    "arithmetic coding": lambda: _frame(8, [(1, 0x11, 0), (2, 0x11, 1), (3, 0x11, 1)], 0xC9),
    "no components": lambda: _frame(8, []),
    "255 components": lambda: _frame(8, [(number, 0x11, 0) for number in range(255)]),
    "sampling factors of 4": lambda: _frame(8, [(1, 0x44, 0), (2, 0x11, 1), (3, 0x11, 1)]),
    "sampling factors of 0": lambda: _frame(8, [(1, 0x00, 0), (2, 0x11, 1), (3, 0x11, 1)]),
    "two components": lambda: _frame(8, [(1, 0x11, 0), (2, 0x11, 1)]),
    "YCCK": _ycck,
    "CMYK on its side": lambda: _jpeg(_exif((0x112, 3, 1, b"\6\0\0\0")), mode="CMYK", size=(3000, 100)),
    "large and on its side": lambda: _jpeg(_exif((0x112, 3, 1, b"\5\0\0\0")), size=(6900, 7100), quality=20),
    "two frames": lambda: (data := _jpeg())[:-2] + data[2:],
    "images behind images": lambda: _jpeg() * 500,
    "several images": _mpo,
    "an index of images without end": lambda: _mpo_of(2**31),
    "TIFF in its clothing": lambda: b"\xff\xd8\xffII*\0" + encoded(_gradient(), "TIFF"),
    "PNG in its clothing": lambda: b"\xff\xd8\xff" + encoded(_gradient(), "PNG"),
    "page behind it": lambda: _jpeg(_segment(0xFE, b"<script>alert(1)</script><?php system($_GET[0]); ?>")),
    "no height": lambda: jpeg_of_declared_size(_gradient(), (300, 0)),
    "noise, coded": lambda: (
        (data := _jpeg(size=(2000, 2000)))[:700] + random.Random(1).randbytes(5_000_000) + data[-2:]
    ),
}


# PNG


def _png(
    size: tuple[int, int] = (64, 64),
    *chunks: bytes,
    colour: int = 2,
    bits: int = 8,
    rows: bytes | None = None,
    stream: bytes | None = None,
    split: int = 0,
    behind: bytes = b"",
) -> bytes:
    """A PNG with chunks before its pixels. split: bytes per IDAT chunk. behind: chunks after the pixels."""
    row = 1 + -(-size[0] * bits * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] // 8)
    pixels = zlib.compress(bytes(row * size[1]) if rows is None else rows, 9) if stream is None else stream
    parts = [pixels[at : at + split] for at in range(0, len(pixels), split)] if split else [pixels]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, 0))
    return PNG_START + header + b"".join(chunks) + b"".join(chunk(b"IDAT", part) for part in parts) + behind + END


END = chunk(b"IEND", b"")


def _noise(length: int) -> bytes:
    return random.Random(1).randbytes(length)


def _rows(height: int, row: int) -> bytes:
    """Rows of noise without a filter."""
    chance = random.Random(1)
    return b"".join(b"\0" + chance.randbytes(row) for _ in range(height))


def _frames(count: int, size: tuple[int, int], *, hidden: bool = False) -> bytes:
    """An animated PNG that declares `count` frames of that size and has two; hidden: the first is no frame."""
    control = chunk(b"acTL", struct.pack(">II", count, 0))
    first = b"" if hidden else chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 64, 64, 0, 0, 1, 1, 0, 0))
    second = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 1, *size, 0, 0, 1, 1, 0, 0))
    data = chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(bytes(64 * 193)))
    return _png((64, 64), control, first, behind=second + data)


def _compressed(kind: bytes, length: int) -> bytes:
    head = b"Comment\0\1\0\0\0" if kind == b"iTXt" else b"Comment\0\0"
    return chunk(kind, head + zlib.compress(bytes(length), 1))


PNG: dict[str, Kind] = {
    "empty chunks": lambda: _png((64, 64), *[chunk(b"teXt", b"")] * 850_000),
    "texts without end": lambda: _png((64, 64), *[chunk(b"tEXt", b"a\0b")] * 600_000),
    "pixels in chunks of a byte": lambda: _png((300, 300), split=1, rows=_rows(300, 900)),
    "many compressed texts": lambda: _png((64, 64), *[_compressed(b"iTXt", 10**6)] * 2000),
    "compressed text behind the pixels": lambda: _png((64, 64), behind=_compressed(b"zTXt", 3 * 10**8)),
    "profile of 300 MB": lambda: _png((64, 64), _compressed(b"iCCP", 3 * 10**8)),
    "two headers": lambda: _png((64, 64), chunk(b"IHDR", struct.pack(">IIBBBBB", 7000, 7100, 16, 6, 0, 0, 1))),
    "header behind the pixels": lambda: _png(behind=chunk(b"IHDR", struct.pack(">IIBBBBB", 7000, 7100, 8, 6, 0, 0, 0))),
    "no palette": lambda: _png(colour=3),
    "palette of 256 and a pixel beyond": lambda: _png(
        (64, 64), chunk(b"PLTE", bytes(3)), colour=3, rows=b"\0" + b"\xff" * 4159
    ),
    "palettes": lambda: _png((64, 64), *[chunk(b"PLTE", bytes(768))] * 10_000, colour=3),
    "transparency of another kind": lambda: _png((64, 64), chunk(b"tRNS", bytes(256)), colour=2),
    "EXIF that follows itself": lambda: _png(
        (64, 64), chunk(b"eXIf", b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHI", 0x112, 3, 1) + b"\6\0\0\0\x08\0\0\0")
    ),
    "EXIF of four thousand million": lambda: _png(
        (64, 64), chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\xff\xff\xff\xff\0\6\0\0")
    ),
    "16 bits, RGB, noise": lambda: _png((1200, 1200), bits=16, rows=_rows(1200, 7200)),
    "unknown filters": lambda: _png(rows=b"\xff" * (64 * 193)),
    "filters that depend on all rows": lambda: _png((7000, 7100), colour=0, rows=(b"\4" + bytes(7000)) * 7100),
    "more rows than declared": lambda: _png((64, 64), rows=bytes(200_000_000)),
    "fewer rows than declared": lambda: _png((6000, 6000), rows=bytes(1000)),
    "broken checksum of the stream": lambda: _png(stream=zlib.compress(bytes(64 * 193))[:-4] + b"abcd"),
    "stream with a dictionary": lambda: _png(stream=b"\x78\xbb\0\0\0\1" + _noise(1000)),
    "stream of stored blocks": lambda: _png((1500, 1500), stream=zlib.compress(_rows(1500, 4500), 0)),
    "stream of empty blocks": lambda: _png(stream=b"\x78\x01" + b"\0\0\0\xff\xff" * 1_800_000),
    "animation of four thousand million frames": lambda: _frames(2**32 - 1, (64, 64)),
    "animation, frame larger than its canvas": lambda: _frames(2, (2**31 - 1, 2**31 - 1)),
    "animation, first image hidden": lambda: _frames(2, (64, 64), hidden=True),
    "gamma of 0": lambda: _png(
        (64, 64), chunk(b"gAMA", bytes(4)), chunk(b"cHRM", bytes(32)), chunk(b"sBIT", b"\0\0\0")
    ),
    "chunk of 2 GB": lambda: PNG_START + b"\x7f\xff\xff\xffIDAT" + bytes(1000),
    "page behind it": lambda: _png() + b"<script>alert(1)</script>",
    "JPEG behind it": lambda: _png() + _jpeg(),
}


# WebP


def _riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _extended(canvas: tuple[int, int], flags: int) -> tuple[bytes, bytes]:
    return b"VP8X", bytes([flags, 0, 0, 0]) + _three(canvas[0] - 1) + _three(canvas[1] - 1)


@cache
def _still(size: tuple[int, int], *, lossless: bool) -> bytes:
    """The chunk of a WebP with one image."""
    data = encoded(_gradient(size), "WEBP", lossless=lossless, method=0)
    return data[12:]


def _webp_frames(canvas: tuple[int, int], frames: int, size: tuple[int, int] = (16, 16), at: int = 0) -> bytes:
    frame = _three(at) + _three(at) + _three(size[0] - 1) + _three(size[1] - 1) + _three(10) + b"\0"
    part = frame + _still(size, lossless=True)
    return _riff(_extended(canvas, 2), (b"ANIM", bytes(6)), *[(b"ANMF", part)] * frames)


WEBP: dict[str, Kind] = {
    "thousands of frames": lambda: _webp_frames((4000, 4000), 25_000),
    "frame outside of its canvas": lambda: _webp_frames((64, 64), 2, at=2**23),
    "frame larger than its canvas": lambda: _webp_frames((20, 20), 2, size=(300, 200)),
    "canvas of 2^48 pixels": lambda: _webp_frames((2**24, 2**24), 2),
    "canvas without a image": lambda: _riff(_extended((4000, 4000), 0)),
    "animation without frames": lambda: _riff(_extended((4000, 4000), 2), (b"ANIM", bytes(6))),
    "several images": lambda: b"".join(
        [
            b"RIFF" + struct.pack("<I", 4 + 20 * len(_still((64, 64), lossless=True))) + b"WEBP",
            _still((64, 64), lossless=True) * 20,
        ]
    ),
    "profile, EXIF and XMP of megabytes": lambda: _riff(
        _extended((300, 200), 0x2C),
        (b"ICCP", bytes(3_000_000)),
        (b"VP8 ", _still((300, 200), lossless=False)[8:]),
        (b"EXIF", bytes(3_000_000)),
        (b"XMP ", bytes(3_000_000)),
    ),
    "EXIF that follows itself": lambda: _riff(
        _extended((300, 200), 8),
        (b"VP8 ", _still((300, 200), lossless=False)[8:]),
        (b"EXIF", _exif((0x112, 3, 1, b"\6\0\0\0"), following=8)[10:]),
    ),
    "unknown chunks": lambda: _riff(
        _extended((300, 200), 0), *[(b"JUNK", b"")] * 800_000, (b"VP8L", _still((300, 200), lossless=True)[8:])
    ),
    "alpha without pixels": lambda: _riff(
        _extended((300, 200), 16), (b"ALPH", b"\0"), (b"VP8 ", _still((300, 200), lossless=False)[8:])
    ),
    "alpha of noise": lambda: _riff(
        _extended((300, 200), 16), (b"ALPH", b"\1" + _noise(100_000)), (b"VP8 ", _still((300, 200), lossless=False)[8:])
    ),
    "lossless noise": lambda: _riff((b"VP8L", _still((300, 200), lossless=True)[8:13] + _noise(3_000_000))),
    "lossy noise": lambda: _riff((b"VP8 ", _still((300, 200), lossless=False)[8:18] + _noise(3_000_000))),
    "no key frame": lambda: _riff((b"VP8 ", b"\x01" + _still((300, 200), lossless=False)[9:])),
    "declares 4 GB": lambda: b"RIFF\xff\xff\xff\xffWEBPVP8L\xff\xff\xff\xff" + _still((300, 200), lossless=True)[8:],
    "the largest, lossy": lambda: encoded(Image.new("RGB", (4400, 4600)), "WEBP", quality=1, method=0),
    "largest side": lambda: encoded(Image.new("RGB", (16383, 400)), "WEBP", quality=1, method=0),
}


# HEIC


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


@dataclass
class Heif:
    """A HEIC file that is made of boxes by hand.

    Attributes:
        items: type and data of each, numbered from 1.
        extents: (offset, length) within the data of an item, instead of all of it.
        properties: boxes, numbered from 1.
        associations: the properties of each item.
        references: (type, from, to).
    """

    items: list[tuple[bytes, bytes]]
    properties: list[bytes] = field(default_factory=list)
    associations: dict[int, list[int]] = field(default_factory=dict)
    references: list[tuple[bytes, int, list[int]]] = field(default_factory=list)
    extents: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    primary: int = 1
    brand: bytes = b"heic"

    def __bytes__(self) -> bytes:
        start = _box(b"ftyp", self.brand, bytes(4), b"mif1", self.brand)
        size = len(start) + len(self._meta(0))
        return start + self._meta(size + 8) + _box(b"mdat", *(data for _, data in self.items))

    def _meta(self, data_at: int) -> bytes:
        infos = [
            _full(b"infe", 2, 0, struct.pack(">HH", number, 0), kind, b"\0")
            for number, (kind, _) in enumerate(self.items, 1)
        ]
        references = [
            _box(kind, struct.pack(">HH", source, len(to)), *(struct.pack(">H", each) for each in to))
            for kind, source, to in self.references
        ]
        associations = b"".join(
            struct.pack(">HB", item, len(each)) + bytes(number for number in each)
            for item, each in self.associations.items()
        )
        return _full(
            b"meta",
            0,
            0,
            _full(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
            _full(b"pitm", 0, 0, struct.pack(">H", self.primary)),
            self._locations(data_at),
            _full(b"iinf", 0, 0, struct.pack(">H", len(self.items)), *infos),
            _full(b"iref", 0, 0, *references) if references else b"",
            _box(
                b"iprp",
                _box(b"ipco", *self.properties),
                _full(b"ipma", 0, 0, struct.pack(">I", len(self.associations)), associations),
            ),
        )

    def _locations(self, at: int) -> bytes:
        entries = []
        for number, (_, data) in enumerate(self.items, 1):
            extents = self.extents.get(number, [(0, len(data))])
            entries.append(
                struct.pack(">HHH", number, 0, len(extents))
                + b"".join(struct.pack(">II", at + offset, length) for offset, length in extents)
            )
            at += len(data)
        return _full(b"iloc", 0, 0, b"\x44\0", struct.pack(">H", len(entries)), *entries)


@cache
def _tile(side: int = 64) -> tuple[bytes, bytes]:
    """Configuration (hvcC) and coded data of a image of that side."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(_gradient((side, side))).save(buffer, quality=50, enc_params={"preset": "ultrafast"})
    data = buffer.getvalue()
    at = data.index(b"hvcC") - 4
    (length,) = struct.unpack(">I", data[at : at + 4])
    start = data.index(b"mdat") + 4
    return data[at : at + length], data[start:]


def _extent(width: int, height: int) -> bytes:
    return _full(b"ispe", 0, 0, struct.pack(">II", width, height))


def _grid(rows: int, columns: int, size: tuple[int, int]) -> bytes:
    return struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, *size)


def _tiles(rows: int, columns: int, declared: tuple[int, int], side: int = 64) -> bytes:
    """A grid whose places all show one tile."""
    configuration, data = _tile(side)
    return bytes(
        Heif(
            [(b"grid", _grid(rows, columns, declared)), (b"hvc1", data)],
            [_extent(*declared), _extent(side, side), configuration],
            {1: [1], 2: [2, 3]},
            [(b"dimg", 1, [2] * (rows * columns))],
        )
    )


def _chain(kind: bytes, length: int, *, cycle: bool = False) -> bytes:
    """Images that are made of one another; the last is coded, or refers to the first."""
    configuration, data = _tile()
    derived = _grid(1, 1, (64, 64)) if kind == b"grid" else b""
    items = [(kind, derived)] * length + [(b"hvc1", data)]
    references = [(b"dimg", number, [number + 1]) for number in range(1, length + 1)]
    if cycle:
        references[-1] = (b"dimg", length, [1])
    return bytes(
        Heif(
            items,
            [_extent(64, 64), configuration],
            {number: [1] for number in range(1, length + 1)} | {length + 1: [1, 2]},
            references,
        )
    )


def _fans(depth: int, width: int) -> bytes:
    """Grids of grids: each level shows the next `width` times on each side, so the work grows with each level."""
    configuration, data = _tile()
    side = [min(2**31, 64 * width**level) for level in range(depth, -1, -1)]
    items = [(b"grid", _grid(width, width, (side[level], side[level]))) for level in range(depth)] + [(b"hvc1", data)]
    return bytes(
        Heif(
            items,
            [*(_extent(each, each) for each in side), configuration],
            {level + 1: [level + 1] for level in range(depth)} | {depth + 1: [depth + 1, depth + 2]},
            [(b"dimg", level + 1, [level + 2] * width**2) for level in range(depth)],
        )
    )


def _overlay(canvas: tuple[int, int], times: int, at: int = 0) -> bytes:
    configuration, data = _tile()
    body = struct.pack(">BB4HII", 0, 1, 0, 0, 0, 0, *canvas) + struct.pack(">ii", at, at) * times
    return bytes(
        Heif(
            [(b"iovl", body), (b"hvc1", data)],
            [_extent(*canvas), _extent(64, 64), configuration],
            {1: [1], 2: [2, 3]},
            [(b"dimg", 1, [2] * times)],
        )
    )


def _coded(
    *properties: bytes, kind: bytes = b"hvc1", data: bytes | None = None, declared: int = 64, **more: object
) -> bytes:
    configuration, coded = _tile()
    boxes = [_extent(declared, declared), configuration, *properties]
    places = list(range(1, len(boxes) + 1))
    return bytes(Heif([(kind, coded if data is None else data)], boxes, {1: places}, **more))  # type: ignore[arg-type]


def _many_associations() -> bytes:
    """One image that is turned 250 times."""
    configuration, data = _tile()
    turns = [_box(b"irot", b"\1")]
    return bytes(Heif([(b"hvc1", data)], [_extent(64, 64), configuration, *turns], {1: [1, 2, *[3] * 250]}))


def _overlapping() -> bytes:
    """An item of 60,000 parts, each the same 100 kB: 6 GB."""
    configuration, data = _tile()
    block = data + bytes(100_000)
    return bytes(
        Heif(
            [(b"hvc1", block)],
            [_extent(64, 64), configuration],
            {1: [1, 2]},
            extents={1: [(0, len(block))] * 60_000},
        )
    )


def _avif(brand: bytes) -> bytes:
    data = encoded(_gradient(), "AVIF")
    return data[:8] + brand + data[12:]


HEIC: dict[str, Kind] = {
    "grid of 65280 tiles": lambda: _tiles(256, 255, (7000, 7000)),
    "grid of 65280 tiles that fills 268 megapixels": lambda: _tiles(256, 255, (16320, 16384)),
    "grid of large tiles, smaller than one": lambda: _tiles(2, 2, (32, 32), side=2048),
    "grid of 10000 tiles": lambda: _tiles(100, 100, (6400, 6400)),
    "grid that refers to too few tiles": lambda: _tiles(1, 1, (64, 64)).replace(
        _grid(1, 1, (64, 64)), _grid(200, 200, (6400, 6400))
    ),
    "grid of no pixels": lambda: _tiles(1, 1, (0, 0)),
    "chain of 1000 images": lambda: _chain(b"iden", 1000),
    "chain of 30000 images": lambda: _chain(b"iden", 30_000),
    "images in a circle": lambda: _chain(b"iden", 3, cycle=True),
    "image of itself": lambda: _chain(b"grid", 1, cycle=True),
    "chain of grids": lambda: _chain(b"grid", 200),
    "grids of grids": lambda: _fans(6, 3),
    "grids of grids, large": lambda: _fans(4, 3),
    "grids of ten thousand million grids": lambda: _fans(16, 3),
    "overlay of 65000 images": lambda: _overlay((6000, 6000), 65_000),
    "overlay of 4000 million pixels": lambda: _overlay((65_535, 65_535), 2),
    "overlay outside": lambda: _overlay((64, 64), 2, at=-(2**31)),
    "turned 250 times": _many_associations,
    "cut to nothing": lambda: _coded(_box(b"clap", struct.pack(">8I", 0, 1, 0, 1, 0, 1, 0, 1))),
    "cut by zero": lambda: _coded(_box(b"clap", struct.pack(">8I", 64, 0, 64, 0, 0, 0, 0, 0))),
    "cut to more": lambda: _coded(_box(b"clap", struct.pack(">8I", 2**31, 1, 2**31, 1, 0, 1, 0, 1))),
    "enlarged": lambda: _coded(_box(b"iscl", bytes(4), struct.pack(">4H", 60_000, 1, 60_000, 1))),
    "parts that overlap": _overlapping,
    "extents outside": lambda: _coded(extents={1: [(2**31, 2**31)]}),
    "no data": lambda: _coded(data=b""),
    "noise": lambda: _coded(data=_noise(2_000_000)),
    "declares more than it has": lambda: _coded(declared=7000),
    "declares less than it has": lambda: _coded(declared=20),
    "item of JPEG": lambda: _coded(kind=b"jpeg", data=_jpeg()),
    "item without compression": lambda: _coded(_full(b"uncC", 0, 0, b"rgb3"), kind=b"unci", data=bytes(64 * 64 * 3)),
    "item of a mask": lambda: _coded(_full(b"mskC", 0, 0, b"\x08"), kind=b"mski", declared=6000, data=bytes(100)),
    "item of an unknown kind": lambda: _coded(kind=b"zzzz"),
    "no primary image": lambda: _coded(primary=77),
    "configuration of parameter sets": lambda: _coded(
        _box(b"hvcC", _tile()[0][8:30] + b"\xff" + (b"\x20\xff\xff" + b"\0\0" * 65535) * 8)
    ),
    "profile of megabytes": lambda: _coded(_box(b"colr", b"prof", bytes(9_000_000))),
    "EXIF of megabytes": lambda: bytes(
        Heif(
            [(b"hvc1", _tile()[1]), (b"Exif", bytes(9_000_000))],
            [_extent(64, 64), _tile()[0]],
            {1: [1, 2]},
            [(b"cdsc", 2, [1])],
        )
    ),
    "boxes in boxes": lambda: (lambda nested: _box(b"ftyp", b"heic", bytes(4), b"mif1") + nested)(_nested(20_000)),
    "AVIF in its clothing": lambda: _avif(b"mif1"),
    "AVIF in its clothing, sequence": lambda: _avif(b"msf1"),
    "sequence without images": lambda: (
        _box(b"ftyp", b"hevc", bytes(4), b"msf1hevc") + _box(b"moov", _box(b"mvhd", bytes(100)))
    ),
}


def _nested(depth: int) -> bytes:
    """Boxes within boxes: each header states the size of all that follow."""
    return b"".join(struct.pack(">I", 8 * (depth - level)) + b"meta" for level in range(depth))


OTHERS: dict[str, Kind] = {
    "GIF": lambda: animation("GIF", (300, 300)),
    "TIFF": lambda: encoded(_gradient(), "TIFF"),
    "JPEG 2000": lambda: encoded(_gradient(), "JPEG2000"),
    "AVIF": lambda: encoded(_gradient(), "AVIF"),
    "ICO with a PNG": lambda: encoded(_gradient(), "ICO"),
    "PDF with a JPEG": lambda: b"%PDF-1.4\n1 0 obj<</Length 9>>stream\n" + _jpeg() + b"\nendstream endobj",
    "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(/etc/passwd) (r) file\n",
    "JPEG behind spaces": lambda: b"  " + _jpeg(),
}
FORMATS = {
    "image/jpeg": JPEG,
    "image/png": PNG,
    "image/webp": WEBP,
    "image/heic": HEIC,
    "image/gif": OTHERS,
}
KINDS: dict[str, tuple[str, Kind]] = {
    f"{content_type.removeprefix('image/')}: {name}": (content_type, kind)
    for content_type, kinds in FORMATS.items()
    for name, kind in kinds.items()
}
"""Declared content type, and the function that makes the file, by name."""


TAKES_LONG = frozenset(
    {
        "jpeg: scans of a large image",
        "jpeg: quantisation tables",
        "jpeg: Huffman tables",
        "jpeg: empty comments",
        "jpeg: application segments",
        "jpeg: padding before a marker",
        "jpeg: EXIF, many directories",
        "jpeg: restart markers",
        "jpeg: large and on its side",
        "png: empty chunks",
        "png: texts without end",
        "png: filters that depend on all rows",
        "png: compressed text behind the pixels",
        "png: profile of 300 MB",
        "png: more rows than declared",
        "webp: thousands of frames",
        "webp: the largest, lossy",
        "webp: unknown chunks",
        "heic: grids of grids, large",
    }
)
"""Kinds that take a second or more to make or to decode: within the limits, but too long for a test."""


def hostile_formats() -> Iterator[tuple[str, str, bytes]]:
    """Every kind as (name, declared content type, bytes)."""
    for name, (content_type, kind) in KINDS.items():
        yield name, content_type, kind()


def truncated(parts: int = 100) -> Iterator[tuple[str, bytes]]:
    """A image of every format, cut off after every `parts`-th of its bytes, as (name, bytes)."""
    images = {
        "JPEG": _jpeg(size=(200, 150)),
        "JPEG, progressive": _jpeg(size=(200, 150), progressive=True),
        "PNG": encoded(_gradient((200, 150)), "PNG"),
        "WebP": encoded(_gradient((200, 150)), "WEBP"),
        "WebP, lossless": encoded(_gradient((200, 150)), "WEBP", lossless=True),
        "WebP, animated": _webp_frames((64, 64), 5),
        "HEIC": _coded(),
        "HEIC, grid": _tiles(2, 2, (128, 128)),
    }
    for name, data in images.items():
        for part in range(1, parts):
            yield f"{name}, {part} of {parts}", data[: len(data) * part // parts]
