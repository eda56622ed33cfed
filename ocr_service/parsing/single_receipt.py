"""One receipt from everything that was found in a picture, or a refusal if there are two.

A picture holds what lies around the receipt too: menus, card slips, another receipt. Each paper is read by itself.
A second one counts only if it is a receipt of its own, with articles and a total or a date, of another purchase. What
lies in one column with the receipt, such as the part below a wide gap or a card slip, is read together with it; the
rest is left out.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from statistics import median

import numpy as np

from ocr_service.boxes import TextBox
from ocr_service.errors import NotAReceipt, SeveralReceipts
from ocr_service.parsing.dates import find_moment
from ocr_service.parsing.labels import is_column_titles
from ocr_service.parsing.receipt import Receipt, understand
from ocr_service.parsing.rows import Row, group

FEWEST_ROWS = 4
"""Rows that a receipt has at least."""
GUTTER = 0.8
"""Least width of the gap between receipts side by side, in text heights."""
SAME_COLUMN = 0.5
"""Share of the narrower paper that lies above or below the other if they belong together."""
SAME_LEVEL = 0.2
"""Share of the lower paper that may lie beside the other all the same."""
BEGINNING = re.compile(r"^\W*영\s*수\s*증|매\s*장\s*명|상\s*호|사업자|\d{3}-\d{2}-\d{5}")
"""Rows at the top of a receipt."""


def one_receipt(papers: Sequence[Sequence[TextBox]], now: datetime) -> Receipt:
    """The receipt in the picture. `papers`: the boxes of each paper, the largest first; `now` bounds dates.

    Raises SeveralReceipts if there are two, NotAReceipt if there is none.
    """
    read = [_understood(group(paper), now) for paper in papers]
    complete = [index for index, receipt in enumerate(read) if receipt and _is_complete(receipt)]
    main = complete[0] if complete else 0
    if any(_differ(read[main], read[other]) for other in complete[1:]):
        raise SeveralReceipts("two papers in the picture are receipts of their own")
    kept = [box for paper in papers if paper is papers[main] or _in_column(paper, papers[main]) for box in paper]
    rows = group(kept)
    if any(_are_two(first, second, now) for first, second in _parts(rows, now)):
        raise SeveralReceipts("the text consists of two receipts")
    return understand(rows, now)


def _understood(rows: Sequence[Row], now: datetime) -> Receipt | None:
    try:
        return understand(rows, now)
    except NotAReceipt:
        return None


def _is_complete(receipt: Receipt) -> bool:
    return bool(receipt.entries) and (receipt.totals.total is not None or receipt.moment is not None)


def _differ(one: Receipt | None, other: Receipt | None) -> bool:
    """Whether two papers are of different purchases and no copies of each other."""
    return one is not None and other is not None and _purchase(one) != _purchase(other)


def _purchase(receipt: Receipt) -> tuple[object, object]:
    return receipt.totals.total, receipt.moment.day if receipt.moment else None


def _in_column(paper: Sequence[TextBox], main: Sequence[TextBox]) -> bool:
    """Whether a paper lies above or below the main one and not beside it."""
    (x0, y0, x1, y1), (u0, v0, u1, v1) = _bounds(paper), _bounds(main)
    shared, level = min(x1, u1) - max(x0, u0), min(y1, v1) - max(y0, v0)
    return shared >= SAME_COLUMN * min(x1 - x0, u1 - u0) and level <= SAME_LEVEL * (y1 - y0)


def _bounds(boxes: Sequence[TextBox]) -> tuple[float, float, float, float]:
    points = np.concatenate([box.quad for box in boxes])
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def _are_two(first: Sequence[Row], second: Sequence[Row], now: datetime) -> bool:
    """Whether papers that touch are two receipts, each with articles, a total and a date."""
    if min(len(first), len(second)) < FEWEST_ROWS:
        return False
    below = _understood(second, now)
    if below is None or not _is_whole(below):
        return False
    above = _understood(first, now)
    return above is not None and _is_whole(above) and _differ(above, below)


def _is_whole(receipt: Receipt) -> bool:
    return bool(receipt.entries and receipt.totals.total and receipt.moment)


def _parts(rows: Sequence[Row], now: datetime) -> Iterator[tuple[list[Row], list[Row]]]:
    """Above and below every row that may begin a receipt, left and right of every gap that no text crosses."""
    for index, row in enumerate(rows):
        if BEGINNING.search(row.text) or is_column_titles(row.text) or find_moment(row.text, now):
            yield list(rows[:index]), list(rows[index:])
    for middle in _gutters(rows):
        yield _side(rows, -math.inf, middle), _side(rows, middle, math.inf)


def _gutters(rows: Sequence[Row]) -> Iterator[float]:
    """Middles of the gaps, in pixels along the print."""
    spans = sorted((cell.x0, cell.x1) for row in rows for cell in row.cells)
    least = GUTTER * median(row.height for row in rows) if rows else 0.0
    reach = spans[0][1] if spans else 0.0
    for start, end in spans:
        if start - reach > least:
            yield (start + reach) / 2
        reach = max(reach, end)


def _side(rows: Sequence[Row], low: float, high: float) -> list[Row]:
    """The rows with only the cells that start between."""
    cut = [replace(row, cells=tuple(cell for cell in row.cells if low < cell.x0 <= high)) for row in rows]
    return [row for row in cut if row.cells]
