"""Which of the printed sums is the total, and whether the amounts add up to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ocr_service.parsing.labels import Marker
from ocr_service.parsing.list_items import LineItem, TotalLine

TOTAL_WEIGHTS = {Marker.PAYABLE: 3, Marker.SUM: 1}
"""Weight of a line's label as evidence for the total."""
SUM_WEIGHT = 6
"""Weight of an amount that the items add up to."""
MAY_REPEAT_TOTAL = (Marker.PAYMENT, None)


@dataclass(frozen=True, slots=True)
class Totals:
    """Amounts in won, None if not printed.

    discount: at most 0, on items and on the whole receipt. matches: whether items and discounts add up to the total,
    None without a total. repeated: the total is printed more than once.
    """

    total: int | None
    subtotal: int | None
    tax: int | None
    discount: int
    matches: bool | None
    repeated: bool


def resolve_totals(items: Sequence[LineItem], lines: Sequence[TotalLine]) -> Totals:
    """The total that labels and sums support best, and the amounts that go with it.

    `subtotal` is the printed sum of the items before discounts on the whole receipt.
    """
    items_sum = sum(item.numbers.amount for item in items)
    discounts = _possible_discounts(items, lines)
    fees = _possible_fees(lines)
    nets = {items_sum + discount + fee for discount in discounts for fee in fees}
    total = _choose_total(lines, nets, items_sum)
    discount = next((d for d in discounts for fee in fees if total == items_sum + d + fee), discounts[0])
    return Totals(
        total=total,
        subtotal=_subtotal(lines, total),
        tax=next((line.won for line in lines if line.marker is Marker.TAX), None),
        discount=discount,
        matches=None if total is None else total in nets,
        repeated=sum(line.won == total for line in lines) > 1,
    )


def adds_up(items: Sequence[LineItem], lines: Sequence[TotalLine]) -> bool:
    """Whether the items with their discounts add up to an amount that is printed as a sum."""
    return 0 in _differences(items, lines)


def amounts_adding_up(items: Sequence[LineItem], index: int, lines: Sequence[TotalLine]) -> set[int]:
    """The amounts of the item at `index` with which all items would add up, in won."""
    return {items[index].numbers.amount + difference for difference in _differences(items, lines)}


def _differences(items: Sequence[LineItem], lines: Sequence[TotalLine]) -> set[int]:
    """By how much the printed sums exceed what the items with their discounts add up to."""
    items_sum = sum(item.numbers.amount for item in items)
    printed = {line.won for line in lines if line.marker in (*TOTAL_WEIGHTS, *MAY_REPEAT_TOTAL)}
    fees = _possible_fees(lines)
    return {won - items_sum - off - fee for won in printed for off in _possible_discounts(items, lines) for fee in fees}


def _possible_discounts(items: Sequence[LineItem], lines: Sequence[TotalLine]) -> list[int]:
    """Likeliest first. Below the items, stores repeat the sum of their discounts, print further ones, or both."""
    on_items = sum(item.discount for item in items)
    included = sum(item.numbers.product - item.numbers.amount for item in items if item.numbers.net)
    below = _without_included([-abs(line.won) for line in lines if line.marker is Marker.DISCOUNT], included)
    if not below:
        return [on_items]
    # Amounts may be net of their discounts, which are then repeated below beside one on the whole receipt.
    single = [won for won in below if len(below) > 1]
    if not on_items:
        return [sum(below), min(below), *single]
    if on_items in below:
        return [on_items, sum(below), on_items + sum(below), *single]
    return [on_items + sum(below), on_items, sum(below), *single]


def _without_included(discounts: list[int], included: int) -> list[int]:
    """The discounts printed below the items without those that their amounts are already reduced by, in won."""
    if not included:
        return discounts
    for count in range(1, len(discounts) + 1):
        for first in range(len(discounts) - count + 1):
            if sum(discounts[first : first + count]) == -included:
                return discounts[:first] + discounts[first + count :]
    return []


def _possible_fees(lines: Sequence[TotalLine]) -> set[int]:
    """What is added to the items for delivery and packing, and taken off for points that are used: nothing, or that."""
    fee = sum(abs(line.won) for line in lines if line.marker is Marker.FEE)
    points = sum(line.won for line in lines if line.marker is Marker.PAYMENT and line.won < 0)
    return {0, fee, points, fee + points}


def _choose_total(lines: Sequence[TotalLine], nets: set[int], items_sum: int) -> int | None:
    """The best supported amount. One without a total's label counts only if the items add up to it.

    The only sum may be labelled as the one before discounts and fees, `총 주문금액`: without these, or if it contains
    them.
    """
    candidates = [
        line
        for line in lines
        if line.won > 0 and (line.marker in TOTAL_WEIGHTS or (line.marker in MAY_REPEAT_TOTAL and line.won in nets))
    ]
    if not candidates:
        reduced = any(line.marker in (Marker.DISCOUNT, Marker.FEE) for line in lines)
        subtotals = [line for line in lines if line.marker is Marker.SUBTOTAL and line.won > 0]
        candidates = [line for line in subtotals if not reduced or line.won in nets - {items_sum}]
    if not candidates:
        return None

    def support(position: int) -> tuple[int, int]:
        line = candidates[position]
        label_weight = TOTAL_WEIGHTS.get(line.marker, 0) if line.marker else 0
        repeated = sum(other.won == line.won for other in lines) - 1
        return label_weight + SUM_WEIGHT * (line.won in nets) + min(repeated, 2), position

    return candidates[max(range(len(candidates)), key=support)].won


def _subtotal(lines: Sequence[TotalLine], total: int | None) -> int | None:
    named = [line.won for line in lines if line.marker is Marker.SUBTOTAL]
    before = [line.won for line in lines if line.marker is Marker.SUM and total is not None and line.won >= total]
    return next(iter(named), None) or next(iter(before), None)
