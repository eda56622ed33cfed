"""Which of the printed sums is the total, and whether everything adds up."""

from collections.abc import Sequence
from dataclasses import dataclass

from ocr_service.parsing.labels import Marker
from ocr_service.parsing.layout import Entry, TotalLine

SAYS_TOTAL = {Marker.PAYABLE: 3, Marker.SUM: 1}
"""How much weight the label of a line has."""
CONFIRMED = 6
"""Weight of the items adding up to the amount."""
MAY_REPEAT_TOTAL = (Marker.PAYMENT, None)


@dataclass(frozen=True, slots=True)
class Totals:
    """Amounts in won, None if not printed. discount: at most 0, on items and on the whole. matches: None without a
    total, else whether items and discounts give it; repeated: the total is printed more than once."""

    total: int | None
    subtotal: int | None
    tax: int | None
    discount: int
    matches: bool | None
    repeated: bool


def settle(entries: Sequence[Entry], lines: Sequence[TotalLine]) -> Totals:
    """Choose by what the words say, and among equals by what the sums confirm.

    `subtotal` is the printed sum of the goods before discounts on the whole receipt.
    """
    goods = sum(entry.figures.amount for entry in entries)
    discounts = _possible_discounts(entries, lines)
    nets = {goods + discount for discount in discounts}
    total = _choose_total(lines, nets)
    discount = next((d for d in discounts if total == goods + d), discounts[0])
    return Totals(
        total=total,
        subtotal=_subtotal(lines, total),
        tax=next((line.won for line in lines if line.marker is Marker.TAX), None),
        discount=discount,
        matches=None if total is None else total in nets,
        repeated=sum(line.won == total for line in lines) > 1,
    )


def adds_up(entries: Sequence[Entry], lines: Sequence[TotalLine]) -> bool:
    """Whether the items with their discounts give an amount that is printed as a sum."""
    goods = sum(entry.figures.amount for entry in entries)
    printed = {line.won for line in lines if line.marker in (*SAYS_TOTAL, *MAY_REPEAT_TOTAL)}
    return any(goods + discount in printed for discount in _possible_discounts(entries, lines))


def _possible_discounts(entries: Sequence[Entry], lines: Sequence[TotalLine]) -> list[int]:
    """Likeliest first: shops print the sum of the item discounts again below, or more discounts, or both."""
    on_items = sum(entry.discount for entry in entries)
    below = [-abs(line.won) for line in lines if line.marker is Marker.DISCOUNT]
    if not below:
        return [on_items]
    if not on_items:
        return [sum(below), min(below)]
    if on_items in below:
        return [on_items, sum(below), on_items + sum(below)]
    return [on_items + sum(below), on_items, sum(below)]


def _choose_total(lines: Sequence[TotalLine], nets: set[int]) -> int | None:
    """The best supported amount. What nobody labelled as a total counts only if the items add up to it."""
    candidates = [
        line
        for line in lines
        if line.won > 0 and (line.marker in SAYS_TOTAL or (line.marker in MAY_REPEAT_TOTAL and line.won in nets))
    ]
    if not candidates:
        return None

    def support(position: int) -> tuple[int, int]:
        line = candidates[position]
        says_so = SAYS_TOTAL.get(line.marker, 0) if line.marker else 0
        repeated = sum(other.won == line.won for other in lines) - 1
        return says_so + CONFIRMED * (line.won in nets) + min(repeated, 2), position

    return candidates[max(range(len(candidates)), key=support)].won


def _subtotal(lines: Sequence[TotalLine], total: int | None) -> int | None:
    named = [line.won for line in lines if line.marker is Marker.SUBTOTAL]
    before = [line.won for line in lines if line.marker is Marker.SUM and total is not None and line.won >= total]
    return next(iter(named), None) or next(iter(before), None)
