"""Printed rows to a receipt: shop, date, items and totals. Independent of images and categories."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import accumulate

from ocr_service.errors import ForeignReceipt, NotAReceipt
from ocr_service.fields import ItemField, ReceiptField, Role
from ocr_service.parsing import uncertainty
from ocr_service.parsing.ambiguous_rows import parse_adding_up
from ocr_service.parsing.dates import (
    BOUGHT_ON,
    TAKEN_BACK,
    PurchaseTime,
    find_day_in_number,
    find_purchase_time_in_cells,
    label_rank,
)
from ocr_service.parsing.layout import parse_layout
from ocr_service.parsing.list_items import LineItem
from ocr_service.parsing.masking import mask
from ocr_service.parsing.names import clean_names
from ocr_service.parsing.purpose import is_foreign, is_legible, is_price_list, is_refund, is_service
from ocr_service.parsing.repair import repair
from ocr_service.parsing.rows import Cell, Row
from ocr_service.parsing.stores import Store, find_store
from ocr_service.parsing.totals import TOTAL_WEIGHTS, Totals, resolve_totals

KITCHEN_ORDER = re.compile(r"주방\s*(?:주문|메모)|주문\s*(?:서|전표)\b")
"""Order slips for the kitchen of a restaurant."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is printed on a receipt.

    rows: from top to bottom; these and all other texts are masked. roles: one per row. items: in the order of the list.
    refund: it is for returned items. uncertain_item_fields: one set per item, without category and use-by date.
    uncertain_fields: of the receipt. item_days: the day of each item's order, if the receipt is a list of orders.
    """

    rows: list[Row]
    roles: list[Role]
    store: str | None
    purchase_time: PurchaseTime | None
    items: list[LineItem]
    totals: Totals
    refund: bool
    uncertain_item_fields: list[set[ItemField]]
    uncertain_fields: set[ReceiptField]
    item_days: list[date | None] | None = None


def parse_receipt(rows: Sequence[Row], now: datetime, *, quick: bool = False) -> Receipt:
    """Mask personal data, then find shop, date, items and totals. Dates after `now` are ignored.

    quick: each row is what its words say, without trying what the total says.

    Receipts for refunds and services have no items. Raises NotAReceipt if there is neither an item nor a total, or only
    names with prices as on a menu; ForeignReceipt if it is not Korean.
    """
    unmasked = [row.text for row in rows]
    rows = [mask_row(row) for row in rows]
    if is_foreign(rows):
        raise ForeignReceipt("The receipt is not in Korean.")
    layout = parse_layout(rows) if quick else parse_adding_up(rows)
    has_total = any(line.won for line in layout.totals)
    if not layout.items and not has_total:
        raise NotAReceipt("The text has neither an item with a price nor a total.")
    if not has_total and any(KITCHEN_ORDER.search(row.text) for row in rows):
        raise NotAReceipt("The text is an order for the kitchen and has no total.")
    roles = layout.roles
    refund = is_refund(rows, layout)
    purchase_time, time_row = _purchase_time(rows, unmasked, now, taken_back=refund or layout.exchanged)
    if time_row is not None and roles[time_row] is Role.OTHER:
        roles[time_row] = Role.DATE
    if purchase_time is None and not has_total and is_price_list(layout.items):
        raise NotAReceipt("The text is a list of prices.")
    if not any(line.marker in TOTAL_WEIGHTS for line in layout.totals) and not is_legible(rows):
        raise NotAReceipt("The text is not legible as Korean.")
    if refund or is_service(rows, layout.items):
        layout = replace(layout, items=[])
    store = find_store([row.text for row in rows], layout.list_start)
    if store and roles[store.line] is Role.OTHER:
        roles[store.line] = Role.STORE
    items = repair(
        clean_names(layout.items, numbered=layout.numbered, counted_first=layout.counted_first), layout.totals
    )
    totals = resolve_totals(items, layout.totals)
    time_cells = rows[time_row].cells if time_row is not None else ()
    return Receipt(
        rows=rows,
        roles=roles,
        store=store.name if store else None,
        purchase_time=purchase_time,
        items=items,
        totals=totals,
        uncertain_item_fields=uncertainty.of_items(items, totals),
        refund=refund,
        uncertain_fields=uncertainty.of_receipt(totals, purchase_time, time_cells, _store_cells(store, rows)),
    )


def mask_row(row: Row) -> Row:
    """The row with personal data masked, also where it spans cells."""
    text, raw = mask(row.text), mask(row.raw) if row.raw != row.text else None
    if text == row.text and raw in (None, row.raw):
        return row
    texts = _split(text, [len(cell.text) for cell in row.cells])
    raws = _split(raw or text, [len(cell.raw) for cell in row.cells])
    cells = [
        replace(cell, recognition=replace(cell.recognition, text=text, raw=raw))
        for cell, text, raw in zip(row.cells, texts, raws, strict=True)
    ]
    return replace(row, cells=tuple(cells))


def _split(text: str, lengths: Sequence[int]) -> list[str]:
    """The pieces, of these lengths, of a text that was joined by spaces."""
    ends = [*accumulate(length + 1 for length in lengths)]
    return [text[end - 1 - length : end - 1] for end, length in zip(ends, lengths, strict=True)]


def _store_cells(store: Store | None, rows: Sequence[Row]) -> list[Cell] | None:
    """The cells with letters in the row of a certain shop name, otherwise None."""
    if store is None or not store.certain:
        return None
    return [cell for cell in rows[store.line].cells if any(map(str.isalpha, cell.text))]


def _purchase_time(
    rows: Sequence[Row], unmasked: Sequence[str], now: datetime, *, taken_back: bool
) -> tuple[PurchaseTime | None, int | None]:
    """The purchase time and the index of its row.

    Labelled dates come first, then dates with a time of day, then the first on the receipt, last those of deliveries;
    without any, one in a transaction number. `unmasked`: the text of each row, since such a number may be masked.
    taken_back: on the receipt of a refund or an exchange, a day labelled as that of the purchase is an earlier one. On
    others, the day of a refund is that of a notice: `교환일 2025-03-10 이후 구매분`.
    """
    candidates = [
        (time, index)
        for index, row in enumerate(rows)
        if (taken_back or not TAKEN_BACK.search(row.text))
        and (time := find_purchase_time_in_cells([cell.text for cell in row.cells], now))
    ]
    if not candidates:
        return next(
            ((time, index) for index, text in enumerate(unmasked) if (time := find_day_in_number(text, now))),
            (None, None),
        )

    if taken_back:  # without another day it is better than none
        candidates = [each for each in candidates if not BOUGHT_ON.search(rows[each[1]].text)] or candidates

    def rank(candidate: tuple[PurchaseTime, int]) -> tuple[int, bool, int]:
        time, index = candidate
        return label_rank(rows[index].text), time.time_of_day is None, index

    best, row = min(candidates, key=rank)
    # The time of day is sometimes printed only on the card slip of the same day.
    with_time = next((time for time, _ in candidates if time.day == best.day and time.time_of_day is not None), best)
    return with_time, row
