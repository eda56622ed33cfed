"""Rows whose words may be those of a product or of a label: the printed total decides.

`1+1 김 2,000` is a discount or an item, and `현금영수증 케이스 3,000` a payment or an item. Such rows are read as what
their words say. If the items then do not add up to a printed sum, but do with one of these rows, or all of a kind, as
items, they are items. So is a row without such a word whose minus may be a speck on the paper. In the same way, a lower
price below an item is for information, or what the item cost, and where amounts stand in another column than the sums,
all rows with names and amounts above these are items.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ocr_service.fields import Role
from ocr_service.parsing.item_numbers import MIN_PRICE
from ocr_service.parsing.labels import (
    CANCELLED,
    DATED,
    DISCOUNT_PARTS,
    NOTICE_PARTS,
    PRICE_REMARK,
    PROMOTION,
    TOTALS,
    Marker,
    label_of,
    marker_of,
)
from ocr_service.parsing.layout import Layout, parse_layout
from ocr_service.parsing.lines import Line
from ocr_service.parsing.rows import Row
from ocr_service.parsing.totals import resolve_totals

ADDITION = re.compile(r"^\s*[+＋]|[(\[](?:[￦₩]?[\d,]+원|[+＋][\d,]+원?)[)\]]$")
"""An amount that is added to the one above: `+500`, `(500원)`."""
OFF = re.compile(r"(?:할인|에누리|쿠폰)\W*$")
"""The end of the name of a discount: `즉시할인`, but not `[할인]두부`."""
SIGNED = re.compile(r"[-−–](?=\d)")
NO_PRODUCT = re.compile(
    r"(?:금|가|잔|총|차|세)액|요금|대금|비용|[가-힣]{2}[료비]$|합계|소계|누계|이월|전월|매출|할인|쿠폰|포인트|적립|카드|현금|일시"
    r"|은행|계좌|통장|이체|반품|환[불급]|영수|급여|기본급|식대|수당|공제|(?:소득|주민)세|연금|이자|원금|부담|\s돈$"
    r"|^(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])\s|^[01]\d\.[0-3]\d\s|\d월\s?\d{1,2}일"
)
"""Words for sums, services, payments and wages that are no kind of label, and days without their year."""
MIN_APART = 2
"""Rows with amounts from which something may stand between them and the sums."""
MAX_SHIFT = 1
"""How far, in row heights, the amount of an only item may end from where the sum below does."""
MAX_TRIED = 6
"""How many rows are tried."""


def parse_adding_up(rows: Sequence[Row]) -> Layout:
    """The layout of the rows, with items among the ambiguous rows where only that makes the amounts add up."""
    layout = parse_layout(rows)
    total = resolve_totals(layout.items, layout.totals)
    if total.matches:
        # Prices of choices may be as much as the change, and then add up to the cash that was handed over.
        bare = _without_additions(layout)
        found = resolve_totals(bare.items, bare.totals)
        is_total = any(line.marker in TOTALS and line.won == total.total for line in layout.totals)
        return bare if found.matches and not is_total else layout
    if not layout.items:
        apart = _with_apart(rows, layout)
        return apart if resolve_totals(apart.items, apart.totals).matches else layout
    if total.matches is None:
        return layout
    for other in _other_layouts(rows, layout):
        # The sum must be the one that counted before: others are reached by chance.
        found = resolve_totals(other.items, other.totals)
        if found.matches and found.total == total.total:
            return other
    return layout


def _with_apart(rows: Sequence[Row], layout: Layout) -> Layout:
    """The layout with all rows above the sums that have an amount and a name or a code, or stand below a name, as
    items, wherever the amounts stand.
    """
    end = min((total.row for total in layout.totals), default=0)
    lines = [Line.of(row) for row in rows[:end]]
    apart = [index for index, line in enumerate(lines) if _has_own_amount(line) and _is_of_product(index, lines)]
    if not apart:
        return layout
    if len(apart) < MIN_APART and not _is_only_item(apart[0], lines, rows[end]):
        return layout
    return parse_layout(rows, frozenset(apart))


def _is_only_item(index: int, lines: Sequence[Line], total: Row) -> bool:
    """Whether the only row with an amount stands directly above the sums, with a code or numbers besides its amount, or
    with its amount above that of the sum: a fee or a transfer may be as much as the sum, too.
    """
    line = lines[index]
    others = (below for below in lines[index + 1 :] if below.marker is not Marker.SUPPLY and not _is_deduction(below))
    if any(label_of(other.row.text) for other in others):
        return False
    numbers = line.numbers
    complete = numbers is not None and (numbers.quantity is not None or numbers.unit_price is not None)
    shift = abs(line.row.cells[-1].x1 - total.cells[-1].x1)
    return line.barcode is not None or complete or shift < MAX_SHIFT * line.row.height


def _is_deduction(line: Line) -> bool:
    return line.numbers is not None and line.numbers.amount < 0


def _has_own_amount(line: Line) -> bool:
    """Whether the row ends in an amount, or in a figure that stands apart, where amounts have no separators."""
    has_amount = line.numbers is not None and line.numbers.amount >= MIN_PRICE
    return line.marker is None and has_amount and (line.is_priced or line.words[-1].is_alone)


def _is_of_product(index: int, lines: Sequence[Line]) -> bool:
    """Whether the row, or that above if this one has only numbers, names something that can be bought."""
    line = lines[index]
    if line.is_named:
        return _may_be_item(line) and _is_product(line.name)
    above = lines[index - 1] if index else None
    if line.barcode or above is None:
        return line.barcode is not None
    return above.is_named and above.marker is None and above.numbers is None and _is_product(above.name)


def _is_product(name: str) -> bool:
    return not any(other.search(name) for other in (NO_PRODUCT, DATED))


def _other_layouts(rows: Sequence[Row], layout: Layout) -> Iterator[Layout]:
    """What the list may be instead, the likeliest first. Each takes as long as reading the list."""
    yield _without_additions(layout)
    yield _at_remarked_prices(rows, layout, per_piece=True)
    yield _at_remarked_prices(rows, layout, per_piece=False)
    for bought in _possible_items(rows, layout):
        other = parse_layout(rows, bought)
        if len(other.items) != len(layout.items):
            yield other
            yield _without_additions(other)
    for index in _with_speck(rows, layout):
        yield parse_layout([*rows[:index], _without_sign(rows[index]), *rows[index + 1 :]])
    yield _with_apart(rows, layout)


def _with_speck(rows: Sequence[Row], layout: Layout) -> list[int]:
    """Rows that count as discounts or returned items although no word says so: the minus may be a speck."""
    first = layout.list_start - 1  # without titles, the list may begin with it
    listed = [index for index, role in enumerate(layout.roles) if index == first or role in (Role.DISCOUNT, Role.ITEM)]
    return [index for index in listed if _is_negative_item(Line.of(rows[index]))][:MAX_TRIED]


def _is_negative_item(line: Line) -> bool:
    cells = line.row.cells
    return (
        len(cells) > 1
        and SIGNED.match(cells[-1].text) is not None
        and not DISCOUNT_PARTS.search(line.row.text)
        and not CANCELLED.search(line.row.text)
        and line.marker is None
    )


def _without_sign(row: Row) -> Row:
    """The row without the minus of its last cell."""
    *others, last = row.cells
    text = SIGNED.sub("", last.text)
    return replace(row, cells=(*others, replace(last, recognition=replace(last.recognition, text=text))))


def _without_additions(layout: Layout) -> Layout:
    """The layout without items whose amount is an addition: it may be in that of the item above."""
    items = [item for item in layout.items if not (item.number_cells and ADDITION.search(item.number_cells[-1].text))]
    return replace(layout, items=items)


def _at_remarked_prices(rows: Sequence[Row], layout: Layout, *, per_piece: bool) -> Layout:
    """The layout with a lower price printed below an item as what it, or a piece of it, cost: `할인가 2,000`."""
    items, roles = [], list(layout.roles)
    for item in layout.items:
        amount, price, discount = item.numbers.amount, item.numbers.unit_price, item.discount
        for index in item.rows[1:]:
            if (won := _remarked_price(rows[index])) is None:
                continue
            paid = won * amount // price if per_piece and price else won
            if 0 < paid < amount + discount:
                discount = paid - amount
                roles[index] = Role.DISCOUNT
        items.append(replace(item, discount=discount))
    return replace(layout, items=items, roles=roles)


def _remarked_price(row: Row) -> int | None:
    """The amount in won of a row that gives another price of the item above."""
    line = Line.of(row)
    return line.numbers.amount if line.numbers and PRICE_REMARK.fullmatch(line.label) else None


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
    """Whether the row has an amount, and a name that is more than a label and words for promotions and notices."""
    if line.numbers is None or line.numbers.amount < MIN_PRICE or not line.is_named:
        return False
    if marker_of(line.label, exact=True) or OFF.search(line.name):
        return False
    return bool(label_of(NOTICE_PARTS.sub("", PROMOTION.sub("", line.name))))
