"""Which rows of a list are discounts, and whether on the item above or on the whole receipt."""

import re
from dataclasses import replace
from itertools import pairwise

from ocr_service.parsing.item_numbers import ItemNumbers
from ocr_service.parsing.labels import (
    DISCOUNT_PARTS,
    ENDS_LIST,
    LEADING_NUMBER,
    PROMOTION,
    Marker,
    label_of,
)
from ocr_service.parsing.lines import Line
from ocr_service.parsing.list_context import ListContext
from ocr_service.parsing.list_items import Items, is_return
from ocr_service.parsing.money import parse_amount

ROUNDING = re.compile(r"(?<![가-힣])(?:십?\s*원\s*단\s*위|단\s*수|절\s*사|끝\s*전)")
"""What rounds the amount of an item, or below the last item that of the receipt."""
DISCOUNT_TITLE = re.compile(r"\W*(?:할\s*인|쿠\s*폰|행\s*사|혜\s*택)\s*(?:내역|목록|상세|정보|적용)\W*")
"""The title of a block of discounts below the items."""
BLANK_ROW = 1.6
"""Distance of two rows, as a multiple of that of rows above each other, from which something is left blank between."""
PROMOTED = re.compile(r"골라담기|묶음")
"""Names of promotions whose rows have what several pieces cost and the discount of one: `골라담기 3개 4,000 -347`."""
REDUCTION = re.compile(r"할인|에누리|쿠폰|S-?POINT", re.IGNORECASE)
TRIANGLE_AS_DIGIT = "7"
"""What `▽` before an amount may be read as."""
MIN_INDENT = 1.2
"""How far, in row heights, a discount is indented from the names."""


def without_base(line: Line, items: Items) -> Line:
    """The line with only its discount, if what precedes that is the amount that it is taken off: `10% 6,000 -600`."""
    numbers = line.numbers
    if numbers is None or not numbers.discount or numbers.unit_price is not None or not items.all:
        return line
    item = items.all[-1]
    remaining = item.numbers.amount + item.discount + numbers.discount
    only_discount = replace(line, numbers=ItemNumbers(numbers.discount, True))
    if PROMOTED.search(line.name) and not label_of(PROMOTION.sub("", line.name)):
        return only_discount  # `골라담기 3개 4,000 -347`
    if numbers.quantity is not None and (line.is_named or numbers.amount != remaining):
        return line  # an item with its discount
    bases = (item.numbers.amount, item.numbers.amount + item.discount, items.sum, items.sum + items.discount)
    # Or what remains: `4캔 12,000 -6,000` below 18,000. It may be of one piece.
    left = (remaining, remaining / (item.numbers.quantity or 1))
    return only_discount if numbers.amount in (*bases, *left) else line


def with_triangle(line: Line, items: Items, context: ListContext) -> Line:
    """The line with a minus for a triangle that was read as the first digit: `1+1행사 74,980` below 9,960.

    Other discounts of the list must have a triangle.
    """
    numbers, item = line.numbers, items.above
    if item is None or numbers is None or numbers.quantity is not None or not context.triangles:
        return line
    digits = str(numbers.amount)
    if not digits.startswith(TRIANGLE_AS_DIGIT) or not DISCOUNT_PARTS.search(line.name):
        return line
    won = int(digits[1:] or 0)
    return replace(line, numbers=ItemNumbers(-won, True)) if 0 < won <= item.numbers.amount < numbers.amount else line


def is_discount(line: Line, items: Items) -> bool:
    """Whether the line is a discount on what is above it."""
    numbers = line.numbers
    if not items.all or (numbers and (numbers.free or is_return(line, numbers))):
        return False
    if numbers and numbers.amount < 0:
        return not (items.pending and line.barcode)
    if items.pending or line.barcode or not DISCOUNT_PARTS.search(line.name):
        return False
    # The minus sign was lost: a single amount beside a word for a discount, smaller than the item above.
    if numbers is not None and not REDUCTION.search(line.name) and len(label_of(PROMOTION.sub("", line.name))) > 1:
        return False  # an item on offer: `두부 1+1`
    return numbers is None or (numbers.is_single and numbers.amount < items.all[-1].numbers.amount)


def is_below_items(index: int, context: ListContext, items: Items) -> bool:
    """Whether a discount stands below the list: under a title of its own, or a blank row."""
    lines, last = context.lines, items.all[-1].rows[-1]
    if _is_sum_of_discounts(index, context, items):
        return True
    if ROUNDING.search(lines[index].name):
        below = context.next_line(index)
        return below is None or not below.is_named or below.marker is not None
    if any(DISCOUNT_TITLE.fullmatch(lines[row].row.text) for row in range(items.all[-1].rows[0] + 1, index)):
        return True
    between = range(last + 1, index)
    if any(lines[row].is_named and lines[row].numbers is None for row in between):
        return False
    tops = [line.row.box[1] for line in lines[items.all[0].rows[0] : last + 1]]
    pitches = [below - above for above, below in pairwise(tops)]
    first = min((row for row in between if lines[row].numbers), default=index)
    gap = lines[first].row.box[1] - lines[last].row.box[1]
    return len(pitches) > 1 and gap > BLANK_ROW * max(pitches)


def _is_sum_of_discounts(index: int, context: ListContext, items: Items) -> bool:
    """Whether the row repeats the sum of all discounts above, since the printed total contains each of them once."""
    line, whole = context.lines[index], items.discount
    if line.marker is not Marker.DISCOUNT or line.numbers is None or -abs(line.numbers.amount) != whole:
        return False
    if sum(item.discount < 0 for item in items.all) < 2:
        return False
    below = (other for other in context.lines[index + 1 :] if other.marker in ENDS_LIST)
    return items.sum + whole in {other.numbers.amount for other in below if other.numbers}


def is_net(line: Line, items: Items) -> bool:
    """Whether the line says what the item above costs after its discounts."""
    item, numbers = items.above, line.numbers
    if item is None or numbers is None or numbers.quantity is not None or not item.discount:
        return False
    return bool(DISCOUNT_PARTS.search(line.name)) and numbers.amount == item.numbers.amount + item.discount


def is_in_amount(index: int, context: ListContext, items: Items) -> bool:
    """Whether the line says by how much the amount of the item above is below the regular price, printed beside it."""
    line, item = context.lines[index], items.above
    if item is None or line.numbers is None or not is_discount(line, items):
        return False
    regular = item.numbers.amount + abs(line.numbers.amount)
    printed = (parse_amount(word.text) for row in item.rows for word in context.lines[row].words)
    return any(
        price and price.is_money and regular in (price.won, price.won * (item.numbers.quantity or 1))
        for price in printed
    )


def is_coupon(index: int, context: ListContext, items: Items) -> bool:
    """Whether the row is a discount without its sign: indented, in a list in which every item has a unit price."""
    line, numbers = context.lines[index], context.lines[index].numbers
    if numbers is None or not items.all or items.pending or line.barcode or not line.is_named:
        return False
    if numbers.unit_price is not None or numbers.quantity is not None or context.name_edge is None:
        return False
    indented = line.name_cells[0].x0 > context.name_edge + MIN_INDENT * line.row.height
    smaller = 0 < numbers.amount < items.all[-1].numbers.amount + items.all[-1].discount
    return indented and smaller and not LEADING_NUMBER.match(line.row.text) and context.priced
