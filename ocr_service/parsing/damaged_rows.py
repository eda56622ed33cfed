"""Rows of items whose amount was not detected or cannot be read, which would otherwise count as parts of names."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ocr_service.parsing.item_numbers import MAX_PIECES, WEIGHTS, ItemNumbers
from ocr_service.parsing.lines import Line, cells_of
from ocr_service.parsing.list_context import ListContext
from ocr_service.parsing.list_items import Items
from ocr_service.parsing.money import LOOK_ALIKES, parse_amount, parse_quantity
from ocr_service.parsing.words import Word

MIN_OTHERS = 2
"""Rows with a name and a price from which it shows where amounts stand."""
MIN_GAP = 0.6
"""Gap, in heights, between a name and the number in the next column."""
COLUMN_REACH = 0.5
"""How far, in row heights, a number may end from the column of amounts."""
MIN_DIGITS = 0.6
"""Share of digits in a number of which some cannot be read."""

_AMOUNT = re.compile(
    r"(?=.*(?:\d,|,\d|\d\.\d{3}|,[\dOoDQlI|]{3}|[\dOo]\.[\dOo]))(?!\d{1,2}[.,]\d{1,2}$)(?!.*\d\s?[gLlmk]).+"
    r"|[1-9]\d{3,}[^\w\s]"
)
"""What is left of an amount: its separator, or a mark behind its digits, shows that it is one."""
_OTHER = re.compile(r"\d[-/:~]\d|\d\d\.\d{1,2}\.\d{1,2}(?!\d)|\*{2}|%|^[^,]*[가-힣](?<!원$)")
"""Parts of dates, masked numbers, percentages and names such as `비타500`."""


def without_amount(index: int, context: ListContext, items: Items) -> Line | None:
    """The line as one of an item whose amount is missing, otherwise None.

    What is left of its numbers shows that: an amount with illegible digits in its column, a unit price and a quantity
    in columns of their own, or a quantity below others. The product is the amount; otherwise it is 0 until the total
    tells.
    """
    line = context.lines[index]
    if not _may_lack_amount(index, context, items):
        return None
    words = [word for word in line.words if not line.barcode or word.text.strip("*#()[]") != line.barcode]
    count = _count_numbers(words)
    name, numbers = words[: len(words) - count], words[len(words) - count :]
    if not numbers or not (line.is_named if name else _is_below_name(index, items)):
        return None
    missing = _numbers_left(numbers)
    counted = missing.quantity is not None and (
        missing.unit_price is not None or _is_below_quantities(numbers[-1], line, context, items)
    )
    amount = _AMOUNT.fullmatch(numbers[-1].text) and _is_below_amounts(numbers[-1], line, context)
    if not counted and not amount:
        return None
    return replace(
        line,
        name=" ".join(word.text for word in name),
        numbers=missing,
        name_cells=cells_of(name),
        number_cells=cells_of(numbers),
    )


def _may_lack_amount(index: int, context: ListContext, items: Items) -> bool:
    """Whether the row has no numbers of its own and stands in the list."""
    line = context.lines[index]
    if (line.numbers and not _is_quantity(line, context)) or line.marker or not _are_listed(context):
        return False
    coded = items.pending is not None and items.pending.barcode is not None
    return bool(items.all) or context.titled or coded or _is_above_item(index, context)


def _is_below_name(index: int, items: Items) -> bool:
    """Whether the name in the row above waits for its numbers."""
    return items.pending is not None and items.pending.rows[-1] == index - 1


def _numbers_left(words: Sequence[Word]) -> ItemNumbers:
    """Unit price and quantity, if they are legible, and their product as the amount, otherwise 0."""
    amounts = [parse_amount(word.text) for word in words]
    price = next((won.won for won in amounts if won and won.is_money and won.won > 0), None)
    counts = [parse_quantity(word.text) for word in words]
    pieces = next((each for each in counts if each and (each.unit or each.value <= MAX_PIECES)), None)
    if pieces is None:
        return ItemNumbers(0, is_money=False, unit_price=price, consistent=False, amount_derived=True)
    amount = int(price * pieces.value) if price and pieces.unit not in WEIGHTS else 0
    return ItemNumbers(amount, False, price, pieces.value, pieces.unit, consistent=False, amount_derived=True)


def _is_below_amounts(word: Word, line: Line, context: ListContext) -> bool:
    column = context.amount_column
    return column is not None and abs(word.x1 - column) < COLUMN_REACH * line.row.height


def _is_below_quantities(word: Word, line: Line, context: ListContext, items: Items) -> bool:
    """Whether the word ends where the quantities of most other rows do, beside a name that is not indented."""
    counted = [other for other in context.lines if other.numbers and other.numbers.quantity and other.is_priced]
    others = (each for other in counted for each in other.words[1:-1] if each.is_alone and parse_quantity(each.text))
    aligned = [abs(word.x1 - other.x1) < COLUMN_REACH * line.row.height for other in others]
    most = len(aligned) >= MIN_OTHERS and 2 * sum(aligned) > len(aligned)
    # Above the first item of a list without titles it is the number of a table or of a ticket.
    return most and (items.start_beside(line) if items.all else context.titled)


def _is_above_item(index: int, context: ListContext) -> bool:
    """Whether the next row has the name, the quantity and the amount of an item and starts where this one does."""
    line, below = context.lines[index], context.next_line(index)
    if below is None or not below.is_named or below.marker or not below.is_priced:
        return False
    quantity = below.numbers is not None and below.numbers.quantity is not None
    return quantity and abs(below.row.cells[0].x0 - line.row.cells[0].x0) < COLUMN_REACH * line.row.height


def _is_quantity(line: Line, context: ListContext) -> bool:
    """Whether a quantity in its own cell, left of the amounts, was taken for the amount: `7,990 1`."""
    numbers = line.numbers
    if numbers is None or numbers.is_money or not line.words[-1].is_alone:
        return False
    if _is_below_amounts(line.words[-1], line, context):
        return False  # a bag for 20 won
    return numbers.is_single and 1 <= numbers.amount <= MAX_PIECES


def _are_listed(context: ListContext) -> bool:
    """Whether other rows have unit prices or quantities beside their amounts, in columns."""
    others = [line.numbers for line in context.lines if line.numbers and line.marker is None and line.is_priced]
    return sum(bool(numbers.unit_price or numbers.quantity) for numbers in others) >= MIN_OTHERS


def _count_numbers(words: Sequence[Word]) -> int:
    """How many words at the end are in columns of numbers; some of their digits may have been read as letters."""
    count = 0
    while count < len(words) and _is_number(words[-count - 1].text):
        count += 1
    while 0 < count < len(words) and not _is_apart(words[-count - 1], words[-count]):
        count -= 1  # the size at the end of a name
    return count


def _is_apart(word: Word, following: Word) -> bool:
    """Whether two words are in different columns; in one cell, gaps between words are estimates."""
    return word.cell is not following.cell and following.x0 - word.x1 > MIN_GAP * following.cell.height


def _is_number(text: str) -> bool:
    digits = sum(character.isdigit() for character in text.translate(LOOK_ALIKES))
    legible = len(text) > 1 and digits >= MIN_DIGITS * len(text) and not _OTHER.search(text)
    return legible or parse_quantity(text) is not None
