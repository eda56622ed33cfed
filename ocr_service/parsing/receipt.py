"""Printed rows to a receipt: shop, date, items and totals. Knows nothing of pictures or categories."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

from ocr_service.errors import NotAReceipt
from ocr_service.fields import Field, ReceiptField, Role
from ocr_service.parsing import uncertainty
from ocr_service.parsing.dates import Moment, find_moment
from ocr_service.parsing.layout import Entry, take_apart
from ocr_service.parsing.lines import item_name
from ocr_service.parsing.masking import mask
from ocr_service.parsing.repair import repair
from ocr_service.parsing.rows import Row
from ocr_service.parsing.stores import find_store
from ocr_service.parsing.totals import Totals, settle

ORDER = re.compile(r"주방\s*(?:주문|메모)|주문\s*(?:서|전표)\b")
"""Slips that go to the kitchen of a restaurant."""
DATE_WORDS = ("구매", "매출", "판매", "거래", "등록", "일시", "일자", "날짜")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is printed. `rows` and all texts are masked; `roles` has one role a row; entries as in the list; `doubts`:
    what is unsure about each entry; `uncertain`: what is unsure about the rest."""

    rows: list[Row]
    roles: list[Role]
    store: str | None
    moment: Moment | None
    entries: list[Entry]
    totals: Totals
    doubts: list[set[Field]]
    uncertain: set[ReceiptField]


def understand(rows: Sequence[Row], now: datetime) -> Receipt:
    """Mask personal data and take the receipt apart. `now` bounds dates.

    Raises NotAReceipt if there is neither an item nor a total.
    """
    rows = [masked(row) for row in rows]
    layout = take_apart(rows)
    if not layout.entries and not any(line.won for line in layout.totals):
        raise NotAReceipt("the text has neither an item with a price nor a total")
    if any(ORDER.search(row.text) for row in rows) and not any(line.won for line in layout.totals):
        raise NotAReceipt("an order for the kitchen says nothing about what was paid")
    roles = layout.roles
    moment, date_row = _moment(rows, now)
    if date_row is not None and roles[date_row] is Role.OTHER:
        roles[date_row] = Role.DATE
    store = find_store([row.text for row in rows], layout.list_start)
    if store and roles[store.line] is Role.OTHER:
        roles[store.line] = Role.STORE
    entries = repair([_named(entry, numbered=layout.numbered) for entry in layout.entries], layout.totals)
    totals = settle(entries, layout.totals)
    return Receipt(
        rows=rows,
        roles=roles,
        store=store.name if store else None,
        moment=moment,
        entries=entries,
        totals=totals,
        doubts=uncertainty.of_entries(entries, totals),
        uncertain=uncertainty.of_receipt(
            totals,
            moment,
            rows[date_row].cells if date_row is not None else (),
            [cell for cell in rows[store.line].cells if any(map(str.isalpha, cell.text))]
            if store and store.sure
            else None,
        ),
    )


def _named(entry: Entry, *, numbered: bool) -> Entry:
    changed = any(cell.text != cell.raw for cell in entry.name_cells)
    return replace(
        entry,
        name=item_name(entry.name, numbered=numbered) or entry.name,
        repaired=entry.repaired | {Field.NAME} if changed else entry.repaired,
    )


def masked(row: Row) -> Row:
    """The row with personal data hidden, also where it spans cells."""
    texts = _cut(mask(row.text), [len(cell.text) for cell in row.cells])
    raws = _cut(mask(row.raw), [len(cell.raw) for cell in row.cells])
    cells = [
        replace(cell, recognition=replace(cell.recognition, text=text, raw=raw))
        for cell, text, raw in zip(row.cells, texts, raws, strict=True)
    ]
    return replace(row, cells=tuple(cells))


def _cut(text: str, lengths: Sequence[int]) -> list[str]:
    """The pieces of a text that were joined by spaces."""
    ends = [*accumulate(length + 1 for length in lengths)]
    return [text[end - 1 - length : end - 1] for end, length in zip(ends, lengths, strict=True)]


def _moment(rows: Sequence[Row], now: datetime) -> tuple[Moment | None, int | None]:
    """The purchase date: a labelled one first, then one with a time of day, then the first on the paper."""
    found = [(moment, index) for index, row in enumerate(rows) if (moment := find_moment(row.text, now))]
    if not found:
        return None, None

    def rank(candidate: tuple[Moment, int]) -> tuple[bool, bool, int]:
        moment, index = candidate
        text = rows[index].text.replace(" ", "")
        return not any(word in text for word in DATE_WORDS), moment.at is None, index

    day = min(found, key=rank)
    # The time is sometimes printed only on the card slip of the same day.
    timed = next((m for m, _ in found if m.day == day[0].day and m.at is not None), None)
    return (timed or day[0]), day[1]
