"""Rows whose words may be those of a product or of a label: the printed total decides.

`1+1 김 2,000` is a discount or an item, and `현금영수증 케이스 3,000` a payment or an item. Such rows are read as what
their words say. If the items then do not add up to a printed sum, but do with one of these rows, or all of a kind, as
items, they are items.
"""

from collections.abc import Iterator, Sequence

from ocr_service.fields import Role
from ocr_service.parsing.item_numbers import MIN_PRICE
from ocr_service.parsing.labels import TOTALS, Marker, marker_of
from ocr_service.parsing.layout import Layout, parse_layout
from ocr_service.parsing.lines import Line
from ocr_service.parsing.rows import Row
from ocr_service.parsing.totals import adds_up

MAX_TRIED = 8
"""How many rows are tried. Each takes as long as reading the list."""
OF_SUMS = (*TOTALS, Marker.SUBTOTAL, Marker.SUPPLY, Marker.TAX, Marker.COUNT, Marker.FEE)
"""Labels that no item has."""


def parse_adding_up(rows: Sequence[Row]) -> Layout:
    """The layout of the rows, with items among the ambiguous rows where only that makes the amounts add up."""
    layout = parse_layout(rows)
    if not layout.items or not layout.totals or adds_up(layout.items, layout.totals):
        return layout
    for bought in _possible_items(rows, layout):
        other = parse_layout(rows, bought)
        if len(other.items) > len(layout.items) and adds_up(other.items, other.totals):
            return other
    return layout


def _possible_items(rows: Sequence[Row], layout: Layout) -> Iterator[frozenset[int]]:
    """Rows above the last total that may be items: those that look like discounts together, then each by itself."""
    end = max(total.row for total in layout.totals)
    lines = {
        index: Line.of(rows[index])
        for index in range(layout.list_start, end)
        if layout.roles[index] not in (Role.ITEM, Role.COLUMNS)
    }
    possible = [index for index, line in lines.items() if _may_be_item(line)][:MAX_TRIED]
    discounts = frozenset(index for index in possible if layout.roles[index] is Role.DISCOUNT)
    if len(discounts) > 1:
        yield discounts
    yield from (frozenset([index]) for index in possible)


def _may_be_item(line: Line) -> bool:
    numbers = line.numbers
    priced = numbers is not None and numbers.amount >= MIN_PRICE
    return priced and line.is_named and marker_of(line.label, exact=True) not in OF_SUMS
