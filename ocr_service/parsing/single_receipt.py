"""The one receipt in a photo, or an error if there are two.

A photo also shows what lies around the receipt: menus, card slips, another receipt. Each paper is parsed separately.
Another paper counts as a second receipt only if it has items, a total or a date, and is of another purchase. Papers in
one column with the receipt, such as the part below a wide gap or a card slip, are parsed together with it; all others
are left out.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from itertools import islice
from statistics import median

import numpy as np

from ocr_service.boxes import TextBox
from ocr_service.errors import NotAReceipt, SeveralReceipts
from ocr_service.parsing.dates import find_day_in_number, find_purchase_time
from ocr_service.parsing.labels import is_column_titles
from ocr_service.parsing.list_items import UNREADABLE
from ocr_service.parsing.order_list import parse_order_list
from ocr_service.parsing.purpose import is_service
from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.rows import Row, group
from ocr_service.parsing.steppers import without_buttons

MIN_ROWS = 4
"""Minimum number of rows of a receipt."""
MIN_GUTTER = 0.8
"""Minimum gap between receipts side by side, in text heights."""
SAME_COLUMN = 0.5
"""Minimum horizontal overlap of papers in one column, as a share of the narrower one."""
MAX_BESIDE = 0.2
"""Maximum vertical overlap of papers in one column, as a share of the paper added to the receipt."""
MAX_SPLITS = 20
"""How many rows and gaps are tried as the start of a second receipt. Each takes time; a receipt has only a few."""
MIN_EDGE = 2
"""Minimum number of words, and of amounts, in what is visible of another receipt."""
AMOUNT = re.compile(r"\d,\d{3}원?$")
WORD = re.compile(r"[가-힣]{2}")
HEADER = re.compile(r"^\W*영\s*수\s*증|매\s*장\s*명|상\s*호|사업자|\d{3}-\d{2}-\d{5}")
"""Rows at the top of a receipt."""


def parse_single_receipt(papers: Sequence[Sequence[TextBox]], now: datetime) -> Receipt:
    """The receipt in a photo. `papers`: the boxes of each paper, largest first. Dates after `now` are ignored.

    The orders in a screenshot of an order list are one receipt with a date per item.

    Raises SeveralReceipts if there are two, NotAReceipt without one.
    """
    boxes = [box for paper in papers for box in paper]
    orders = parse_order_list(boxes, now)
    if orders and orders.totals.matches:
        return orders
    rows = [_rows(paper) for paper in papers]
    receipts = [_try_parse(paper_rows, now) for paper_rows in rows]
    if orders:
        return next((receipt for receipt in receipts if receipt and _adds_up_better(receipt, orders)), orders)
    complete = [index for index, receipt in enumerate(receipts) if receipt and _is_complete(receipt)]
    main = complete[0] if complete else 0
    if any(_differ(receipts[main], receipts[other]) for other in complete[1:]):
        raise SeveralReceipts("The photo shows two papers that are separate receipts.")
    others = [paper for paper in papers if paper is not papers[main] and _in_column(paper, papers[main])]
    joined = _rows([box for paper in (papers[main], *others) for box in paper]) if others else rows[main]
    has_day = cache(partial(_has_day, now=now))
    if any(_are_two(first, second, now, has_day) for first, second in _splits(joined, now)):
        raise SeveralReceipts("The text consists of two receipts.")
    try:
        receipt = None if others else receipts[main]
        return _without_neighbour(joined, receipt or parse_receipt(joined, now), now)
    except NotAReceipt:
        if orders := parse_order_list(boxes, now, cropped=True):
            return orders
        raise


def _rows(boxes: Sequence[TextBox]) -> list[Row]:
    return without_buttons(group(boxes))


def _try_parse(rows: Sequence[Row], now: datetime, *, quick: bool = False) -> Receipt | None:
    try:
        return parse_receipt(rows, now, quick=quick)
    except NotAReceipt:
        return None


def _adds_up_better(receipt: Receipt, orders: Receipt) -> bool:
    """Whether the items of a list with columns add up to its total, and those of a list of orders do not."""
    return receipt.totals.matches is True and len(receipt.items) >= max(2, len(orders.items))


def _is_complete(receipt: Receipt) -> bool:
    return bool(receipt.items) and (receipt.totals.total is not None or receipt.purchase_time is not None)


def _differ(first: Receipt | None, second: Receipt | None) -> bool:
    """Whether two papers are of different purchases rather than copies of each other."""
    return first is not None and second is not None and _purchase(first) != _purchase(second)


def _purchase(receipt: Receipt) -> tuple[object, object]:
    return receipt.totals.total, receipt.purchase_time.day if receipt.purchase_time else None


def _without_neighbour(rows: Sequence[Row], receipt: Receipt, now: datetime) -> Receipt:
    """The receipt in the rows without the edge of another one beside it, if its items add up to its total then."""
    if receipt.totals.matches or receipt.refund or is_service(rows, receipt.items):
        return receipt
    for left, right in _sides(rows):
        for side, other in ((left, right), (right, left)):
            if not _is_edge(other) or sum(len(row.cells) for row in side) < sum(len(row.cells) for row in other):
                continue
            alone = _try_parse(side, now, quick=True)
            if alone and alone.totals.matches and alone.totals.total == receipt.totals.total and _is_whole(alone):
                return parse_receipt(side, now)
    return receipt


def _is_whole(receipt: Receipt) -> bool:
    """Whether there are several items, all with names or all with codes instead."""
    names = [item.name for item in receipt.items]
    return len(names) > 1 and UNREADABLE not in names and len({name.isdigit() for name in names}) == 1


def _is_edge(rows: Sequence[Row]) -> bool:
    """Whether the rows have names and amounts of their own, unlike a column of a list."""
    texts = [cell.text for row in rows for cell in row.cells]
    return all(sum(part.search(text) is not None for text in texts) >= MIN_EDGE for part in (AMOUNT, WORD))


def _in_column(paper: Sequence[TextBox], main: Sequence[TextBox]) -> bool:
    """Whether a paper is above or below the main one rather than beside it."""
    (x0, y0, x1, y1), (u0, v0, u1, v1) = _bounds(paper), _bounds(main)
    horizontal, vertical = min(x1, u1) - max(x0, u0), min(y1, v1) - max(y0, v0)
    return horizontal >= SAME_COLUMN * min(x1 - x0, u1 - u0) and vertical <= MAX_BESIDE * (y1 - y0)


def _bounds(boxes: Sequence[TextBox]) -> tuple[float, float, float, float]:
    points = np.concatenate([box.quad for box in boxes])
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def _are_two(first: Sequence[Row], second: Sequence[Row], now: datetime, has_day: Callable[[str], bool]) -> bool:
    """Whether the two parts of the rows are separate receipts, each with items, a total and a date.

    has_day: whether the text of a row may have a day, which costs less to find out than to parse them.
    """
    if min(len(first), len(second)) < MIN_ROWS:
        return False
    if not all(any(has_day(row.text) for row in part) for part in (first, second)):
        return False
    # The longer part takes time, and is only parsed if the other is a receipt.
    shorter, longer = sorted((first, second), key=len)
    receipt = _try_parse(shorter, now, quick=True)
    if receipt is None or not _has_everything(receipt):
        return False
    other = _try_parse(longer, now, quick=True)
    return other is not None and _has_everything(other) and _differ(receipt, other)


def _has_day(text: str, now: datetime) -> bool:
    return bool(find_purchase_time(text, now) or find_day_in_number(text, now))


def _has_everything(receipt: Receipt) -> bool:
    return bool(receipt.items and receipt.totals.total and receipt.purchase_time)


def _splits(rows: Sequence[Row], now: datetime) -> Iterator[tuple[list[Row], list[Row]]]:
    """The rows split above rows that may begin a receipt, and at vertical gaps that no text crosses."""
    starts = (
        index
        for index, row in enumerate(rows)
        if HEADER.search(row.text) or is_column_titles(row.text) or find_purchase_time(row.text, now)
    )
    for index in islice(starts, MAX_SPLITS):
        yield list(rows[:index]), list(rows[index:])
    yield from _sides(rows)


def _sides(rows: Sequence[Row]) -> Iterator[tuple[list[Row], list[Row]]]:
    """What is left and right of each vertical gap."""
    for middle in islice(_gutters(rows), MAX_SPLITS):
        yield _side(rows, -math.inf, middle), _side(rows, middle, math.inf)


def _gutters(rows: Sequence[Row]) -> Iterator[float]:
    """Middles of the vertical gaps, in pixels along the print."""
    spans = sorted((cell.x0, cell.x1) for row in rows for cell in row.cells)
    min_width = MIN_GUTTER * median(row.height for row in rows) if rows else 0.0
    right = spans[0][1] if spans else 0.0
    for start, end in spans:
        if start - right > min_width:
            yield (start + right) / 2
        right = max(right, end)


def _side(rows: Sequence[Row], low: float, high: float) -> list[Row]:
    """The rows with only the cells that start between `low` and `high`."""
    parts = [replace(row, cells=tuple(cell for cell in row.cells if low < cell.x0 <= high)) for row in rows]
    return [row for row in parts if row.cells]
