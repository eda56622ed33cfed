"""Which of the printed sums is the total, and whether everything adds up."""

from collections.abc import Sequence
from dataclasses import dataclass

from ocr_service.layout import Entry, TotalLine
from ocr_service.markers import Marker


@dataclass(frozen=True, slots=True)
class Totals:
    """Amounts in won, None if not printed. discount: at most 0, on items and on the whole. matches: None without a
    total, else whether items and discounts give it."""

    total: int | None
    subtotal: int | None
    tax: int | None
    discount: int
    matches: bool | None


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
    )


def _possible_discounts(entries: Sequence[Entry], lines: Sequence[TotalLine]) -> list[int]:
    """Likeliest first: shops print the sum of the item discounts again below, or more discounts, or both."""
    on_items = sum(entry.discount for entry in entries)
    below = [-abs(line.won) for line in lines if line.marker is Marker.DISCOUNT]
    if not below:
        return [on_items]
    if not on_items:
        return [sum(below), min(below), 0]
    if on_items in below:
        return [on_items, sum(below), on_items + sum(below)]
    return [on_items + sum(below), on_items, sum(below)]


def _choose_total(lines: Sequence[TotalLine], nets: set[int]) -> int | None:
    candidates = [line for line in lines if line.marker in (Marker.PAYABLE, Marker.SUM) and line.won > 0]
    paid = [line.won for line in lines if line.marker is Marker.PAYMENT]
    if not candidates:
        return None

    def score(position: int) -> tuple[int, int]:
        line = candidates[position]
        says_so = 3 if line.marker is Marker.PAYABLE else 1
        confirmed = 2 * (line.won in nets) + (line.won in paid)
        repeated = sum(other.won == line.won for other in candidates) - 1
        return says_so + confirmed + repeated, position

    return candidates[max(range(len(candidates)), key=score)].won


def _subtotal(lines: Sequence[TotalLine], total: int | None) -> int | None:
    named = [line.won for line in lines if line.marker is Marker.SUBTOTAL]
    before = [line.won for line in lines if line.marker is Marker.SUM and total is not None and line.won >= total]
    return next(iter(named), None) or next(iter(before), None)
