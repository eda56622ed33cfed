"""Rows of screens on which the quantity of each item stands between two buttons: `- 2 +`.

Some apps still show a cart in this form after it has been paid. The signs of buttons and the text in images of products
are left out, so that the rest reads like a list of names and amounts.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ocr_service.errors import NotAReceipt
from ocr_service.parsing.rows import Cell, Row

MIN_STEPPERS = 2
"""A single count before a plus may be a promotion: `2 + 1`."""
COUNT = re.compile(r"\d{1,2}")
PLUS = re.compile(r"[+＋]")
BUTTON = re.compile(r"\W|[xXvVoOpPqQ0]|삭제")
"""A button that adds, takes away, deletes or selects: one sign, which may be read as a letter, or a word."""
AMOUNT = re.compile(r"[￦₩]?\d{1,3}(?:,\d{3})*원?")
UNPAID = re.compile(r"결제\s*예정|(?:주문|구매|결제)\s*하기|장바구니")
PAID = re.compile(r"(?:결제|주문|구매)\s*(?:완료|일시|번호)|배송\s*(?:완료|중|시작)")
IMAGE = 1.6
"""Height, in heights of the print, from which text is part of an image."""
SAME_LINE = 1.0
"""Distance, in heights of the print, up to which a count belongs to the amount in the next row."""


def without_buttons(rows: Sequence[Row]) -> list[Row]:
    """The rows; where quantities stand between buttons, without these and with the amount beside each quantity.

    Raises NotAReceipt for a cart that has not been paid.
    """
    counts = [cell for row in rows if (cell := _stepper(row))]
    if len(counts) < MIN_STEPPERS:
        return list(rows)
    text = "\n".join(row.text for row in rows)
    if UNPAID.search(text) and not PAID.search(text):
        raise NotAReceipt("The screen shows a cart that has not been paid.")
    height = median(cell.height for row in rows for cell in row.cells)
    kept = [replace(row, cells=tuple(cell for cell in row.cells if not _is_other(cell, height))) for row in rows]
    joined: list[Row] = []
    for row in (row for row in kept if row.cells):
        if joined and (both := _counted(joined[-1], row, counts, height)):
            joined[-1] = both
        else:
            joined.append(row)
    return joined


def _stepper(row: Row) -> Cell | None:
    """The cell with a quantity before a button that adds one."""
    pairs = pairwise(row.cells)
    return next((count for count, sign in pairs if COUNT.fullmatch(count.text) and PLUS.fullmatch(sign.text)), None)


def _is_other(cell: Cell, height: float) -> bool:
    """Whether the cell is a button, or text in an image. height: that of the print, in pixels."""
    return cell.height > IMAGE * height or BUTTON.fullmatch(cell.text) is not None


def _counted(above: Row, below: Row, counts: Sequence[Cell], height: float) -> Row | None:
    """Two rows as one if they are a quantity and its amount."""
    cells = (*above.cells, *below.cells)
    apart = abs(sum(above.box[1::2]) - sum(below.box[1::2])) / 2
    if len(cells) != 2 or apart > SAME_LINE * height or sum(cell in counts for cell in cells) != 1:
        return None
    count, amount = sorted(cells, key=lambda cell: cell not in counts)
    if not AMOUNT.fullmatch(amount.text):
        return None
    (x0, y0, x1, y1), (u0, v0, u1, v1) = above.box, below.box
    return replace(above, cells=(count, amount), box=(min(x0, u0), min(y0, v0), max(x1, u1), max(y1, v1)))
