"""A receipt as a photo: printed rows on paper, on a table."""

from __future__ import annotations

import io
from collections.abc import Sequence

from barcode import EAN13
from barcode.writer import ImageWriter
from PIL import Image, ImageDraw, ImageFont

from tests.support.browser import KOREAN_FONT
from tests.support.printing import HEIGHT, LINE, PITCH, Printed, PrintedItem, PrintedRow, Style, left, one_row, totals

SCALE = 2
TABLE, PAPER, INK, EDGE = "#8a7866", "#f7f6f2", "#1c1c1c", 60


def receipt(store: str, moment: str, items: Sequence[PrintedItem]) -> bytes:
    """A JPEG of a shop's receipt for `items`, bought at `moment`, such as "2026-11-20 18:31"."""
    printed = Printed([], list(items), 0, store, moment)
    return photo(
        [
            [left(store)],
            [left("서울특별시 종로구 새문로 9")],
            [left(f"[구 매] {moment}")],
            *one_row(items, Style(number=lambda _: "", mark="", end="")),
            *totals(printed, 0),
            [left("교환/환불은 영수증 지참 30일 이내 가능합니다")],
        ]
    )


def photo(rows: Sequence[PrintedRow]) -> bytes:
    """The rows, each character in the cell that a printer gives it, as a JPEG."""
    font = ImageFont.truetype(KOREAN_FONT, round(HEIGHT * SCALE * 0.9))
    size = (round(PITCH * SCALE * 52) + 2 * EDGE, round(LINE * SCALE * len(rows)) + 2 * EDGE)
    image = Image.new("RGB", (size[0] + 2 * EDGE, size[1] + 2 * EDGE), TABLE)
    image.paste(PAPER, (EDGE, EDGE, EDGE + size[0], EDGE + size[1]))
    draw = ImageDraw.Draw(image)
    for level, row in enumerate(rows):
        for column, text in row:
            draw.text((2 * EDGE + column * PITCH * SCALE, 2 * EDGE + level * LINE * SCALE), text, INK, font)
    return _jpeg(image)


def bars(gtin13: str) -> bytes:
    """A JPEG of the barcode of that number."""
    return _jpeg(EAN13(gtin13, ImageWriter()).render({"write_text": False}))


def _jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85)
    return stream.getvalue()
