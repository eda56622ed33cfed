"""Reads bitmap fonts in the Portable Compiled Format of the X Window System, as in `xfonts-baekmuk`.

Source: https://fontforge.org/docs/techref/pcf-format.html. Supports only what those fonts use: two-byte KS C 5601, and
Unicode for the Latin fonts of `xfonts-base` and `xfonts-terminus`.
"""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

METRICS, BITMAPS, ENCODINGS, ACCELERATORS = 1 << 2, 1 << 3, 1 << 5, 1 << 1
COMPRESSED_METRICS = 0x100


def read(path: Path, unicode: bool = False) -> dict[str, NDArray[np.uint8]]:
    """Glyphs of a `.pcf.gz` font by character: ink 255 on 0, each in its full cell (ascent + descent by width).

    unicode: the font is encoded by code point, not in KS C 5601.
    """
    data = gzip.decompress(path.read_bytes())
    count = struct.unpack_from("<I", data, 4)[0]
    tables = {
        kind: offset for kind, _, _, offset in (struct.unpack_from("<4I", data, 8 + 16 * i) for i in range(count))
    }
    metrics = _metrics(data, tables[METRICS])
    bitmaps = _bitmaps(data, tables[BITMAPS], metrics)
    order = _order(data, tables[ACCELERATORS])
    ascent, descent = struct.unpack_from(order + "2i", data, tables[ACCELERATORS] + 12)
    cells = {}
    for character, glyph in _encoding(data, tables[ENCODINGS], unicode).items():
        left, right, width, above, below = metrics[glyph]
        cell = np.zeros((ascent + descent, max(width, right)), np.uint8)
        top = ascent - above
        if left >= 0 and top >= 0 and top + above + below <= ascent + descent:
            cell[top : top + above + below, left:right] = bitmaps[glyph]
            cells[character] = cell
    return cells


def _order(data: bytes, offset: int) -> str:
    """Byte order of a table, in struct's notation."""
    return ">" if struct.unpack_from("<I", data, offset)[0] & 4 else "<"


def _metrics(data: bytes, offset: int) -> list[tuple[int, ...]]:
    """(left, right, width, ascent, descent) of each glyph, in dots."""
    order = _order(data, offset)
    if struct.unpack_from("<I", data, offset)[0] & COMPRESSED_METRICS:
        count = struct.unpack_from(order + "H", data, offset + 4)[0]
        return [tuple(b - 0x80 for b in data[offset + 6 + 5 * i : offset + 11 + 5 * i]) for i in range(count)]
    count = struct.unpack_from(order + "I", data, offset + 4)[0]
    return [struct.unpack_from(order + "5h", data, offset + 8 + 12 * i) for i in range(count)]


def _bitmaps(data: bytes, offset: int, metrics: list[tuple[int, ...]]) -> list[NDArray[np.uint8]]:
    kind = struct.unpack_from("<I", data, offset)[0]
    order, padding, big_bits = _order(data, offset), 1 << (kind & 3), bool(kind & 8)
    count = struct.unpack_from(order + "I", data, offset + 4)[0]
    starts = struct.unpack_from(f"{order}{count}I", data, offset + 8)
    base = offset + 8 + 4 * count + 16
    glyphs = []
    for (left, right, _, above, below), start in zip(metrics, starts, strict=True):
        width, height = right - left, above + below
        row = -(-width // (8 * padding)) * padding
        packed = np.frombuffer(data, np.uint8, row * height, base + start).reshape(height, row)
        bits = np.unpackbits(packed, axis=1, bitorder="big" if big_bits else "little")
        glyphs.append(bits[:, :width] * np.uint8(255))
    return glyphs


def _encoding(data: bytes, offset: int, unicode: bool) -> dict[str, int]:
    """Glyph number of each character of the font."""
    order = _order(data, offset)
    low0, low1, high0, high1, _ = struct.unpack_from(order + "5h", data, offset + 4)
    columns = low1 - low0 + 1
    glyphs = {}
    for high in range(high0, high1 + 1):
        for low in range(low0, low1 + 1):
            at = offset + 14 + 2 * ((high - high0) * columns + low - low0)
            glyph = struct.unpack_from(order + "H", data, at)[0]
            if glyph == 0xFFFF:
                continue
            if unicode:
                glyphs[chr(high << 8 | low)] = glyph
                continue
            try:
                character = bytes((high | 0x80, low | 0x80)).decode("euc-kr")
            except UnicodeDecodeError:
                continue
            glyphs[character] = glyph
    return glyphs
