"""What the rows of a list have in common: the column of its amounts, the edge of its names, how it prints numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

from ocr_service.parsing.item_numbers import MIN_PRICE
from ocr_service.parsing.labels import (
    ENDS_LIST,
    LEADING_NUMBER,
    TOTALS,
)
from ocr_service.parsing.lines import KINDS_OF_TAX, TAX_LETTERS, Line
from ocr_service.parsing.list_columns import MEASURE
from ocr_service.parsing.name_rows import rests
from ocr_service.parsing.wrapped_names import ends_above_codes, ends_of_numbered

AMOUNT_COLUMN_REACH = 3.0
"""How far, in row heights, an amount without a separator may end from the column of amounts."""
PLAIN_AMOUNT_REACH = 0.5
"""The same for an amount that is no item's without its place."""
MIN_PLAIN_PRICE = 100
"""Won; what is less and has no separator is a size or a count."""
MAX_PLAIN_PRICE = 100_000
TRIANGLE = re.compile(r"[▼▽△▲]\s?\d")
"""A discount with a triangle for its minus."""
MIN_NUMBERED = 1 / 8
"""Share of rows, those below the list included, that begin like line numbers, from which names may have them."""
MIN_OWN = 2
"""Amounts above the sums that may have a column of their own."""
MIN_CODED = 2
"""Rows with codes alone from which it shows where codes stand."""
KIND_OF_TAX = re.compile(rf"(?:[{TAX_LETTERS}]|{KINDS_OF_TAX})?")
MIN_PRICED = 0.6
"""Share of named rows with a unit price from which the others are not items."""


@dataclass(frozen=True, slots=True)
class ListContext:
    """What the rows of a list have in common. Sets have indices of `lines`.

    Attributes:
        lines: all lines of the receipt.
        titled: the list has column titles. numbered: names may start with line numbers.
        amount_column, name_edge: where the amounts end on the right and the names start on the left, in pixels.
        priced: most items have unit prices. plain: no amount has a thousands separator.
        triangles: discounts have one for a minus. inline: most rows are one text with name, quantity and amount.
        stacked: amounts stand in rows of their own below names.
        cut_off, wrapped: rows with the end of the name above them, see `wrapped_names`.
        rests_below, rests_above: rows with the rest of the name above them, and with the first part of that below.
        codes_above: rows with the code of the item whose name stands below them.
    """

    lines: Sequence[Line]
    titled: bool
    numbered: bool
    amount_column: float | None
    name_edge: float | None
    priced: bool
    plain: bool = False
    triangles: bool = False
    inline: bool = False
    stacked: bool = False
    cut_off: frozenset[int] = frozenset()
    wrapped: frozenset[int] = frozenset()
    rests_below: frozenset[int] = frozenset()
    rests_above: frozenset[int] = frozenset()
    codes_above: frozenset[int] = frozenset()

    @classmethod
    def of(cls, lines: Sequence[Line], start: int, *, titled: bool) -> "ListContext":
        """What the lines from index `start` have in common."""
        listed = lines[start:]
        numbers = sum(LEADING_NUMBER.match(line.row.text) is not None for line in listed)
        numbered = numbers >= MIN_NUMBERED * len(listed)
        return cls(
            lines,
            titled=titled,
            numbered=numbered,
            amount_column=_amount_column(listed),
            name_edge=_name_edge(listed),
            priced=_are_priced(listed),
            plain=_are_plain(listed),
            triangles=any(TRIANGLE.search(line.row.text) for line in listed),
            inline=_are_inline(listed),
            stacked=_are_stacked(listed),
            cut_off=frozenset(start + index for index in ends_of_numbered(listed)) if numbered else frozenset(),
            wrapped=frozenset(start + index for index in ends_above_codes(listed)),
            rests_below=rests(lines, start, titled=titled, below=True),
            rests_above=rests(lines, start, titled=titled, below=False),
            codes_above=_codes_above(lines, start),
        )

    def in_amount_column(self, line: Line) -> bool:
        column = self.amount_column
        return column is not None and abs(line.amount_x - column) < AMOUNT_COLUMN_REACH * line.row.height

    def ends_in_plain_amount(self, line: Line) -> bool:
        """Whether the line ends in an amount without a separator: alone in its cell, at the end of the column."""
        column, numbers, word = self.amount_column, line.numbers, line.words[-1]
        if column is None or numbers is None or word.text != word.cell.text:
            return False
        if len(line.row.cells) < 2 and (line.is_named or not self.stacked):
            return False
        round_amount = MIN_PLAIN_PRICE <= numbers.amount < MAX_PLAIN_PRICE and numbers.amount % 10 == 0
        return round_amount and abs(line.amount_x - column) < PLAIN_AMOUNT_REACH * line.row.height

    def is_end_of_name(self, index: int) -> bool:
        """Whether the row has the end of the name in the row above it."""
        return index in self.cut_off or index in self.wrapped

    def next_line(self, index: int) -> Line | None:
        return self.lines[index + 1] if index + 1 < len(self.lines) else None


def _name_edge(lines: Sequence[Line]) -> float | None:
    """Where the names of lines with unit prices start, line numbers included, in pixels."""
    starts = [line.row.cells[0].x0 for line in lines if line.numbers and line.numbers.unit_price and line.is_named]
    return median(starts) if starts else None


def _are_priced(lines: Sequence[Line]) -> bool:
    named = [line.numbers for line in lines if line.numbers and line.is_named and line.marker is None]
    return sum(numbers.unit_price is not None for numbers in named) >= MIN_PRICED * max(1, len(named))


def _are_plain(lines: Sequence[Line]) -> bool:
    """Whether amounts are printed without separators, those of the totals included."""
    amounts = [line.numbers for line in lines if line.numbers and line.numbers.amount >= MIN_PLAIN_PRICE]
    total = any(line.marker in TOTALS and line.numbers in amounts for line in lines)
    return total and not any(numbers.is_money for numbers in amounts)


def _are_inline(lines: Sequence[Line]) -> bool:
    """Whether at least two, and half of the named rows with numbers, are one text."""
    named = [line for line in lines if line.numbers and line.is_named and line.marker is None]
    return sum(map(is_inline, named)) >= max(2, len(named) / 2)


def is_inline(line: Line) -> bool:
    """Whether name, quantity and amount are one text."""
    numbers = line.numbers
    return len(line.row.cells) == 1 and numbers is not None and numbers.is_money and numbers.quantity is not None


def _are_stacked(lines: Sequence[Line]) -> bool:
    """Whether several names before the first sum have their amounts below them, in rows of their own."""
    end = next((index for index, line in enumerate(lines) if line.marker in ENDS_LIST), len(lines))
    listed = [line for line in lines[:end] if not MEASURE.fullmatch(line.row.text) or has_only_amount(line)]
    names = [line.is_named and line.numbers is None and line.marker is None for line in listed]
    return sum(named and has_only_amount(line) for named, line in zip(names, listed[1:], strict=False)) > 1


def has_only_amount(line: Line) -> bool:
    """Whether the row has nothing but an amount, perhaps with a quantity before it."""
    numbers = line.numbers
    certain = numbers is not None and (numbers.is_money or numbers.quantity is not None)
    return certain and not line.is_named and not line.barcode


def _codes_above(lines: Sequence[Line], start: int) -> frozenset[int]:
    """The rows with nothing but the code of the item whose name stands below, if that is how the list begins."""
    end = next((index for index in range(start, len(lines)) if lines[index].marker in ENDS_LIST), len(lines))
    codes = [index for index in range(start, end - 1) if _is_code_only(lines[index])]
    if len(codes) < MIN_CODED or any(line.is_priced for line in lines[start : codes[0]]):
        return frozenset()
    names = (lines[index + 1] for index in codes)
    above = all(name.is_named and name.marker is None and not name.barcode for name in names)
    return frozenset(codes) if above and not _is_code_only(lines[end - 1]) else frozenset()


def _is_code_only(line: Line) -> bool:
    """Whether the row has a code, perhaps with a line number and the kind of tax, and no numbers."""
    return bool(line.barcode) and line.numbers is None and KIND_OF_TAX.fullmatch(line.label) is not None


def _amount_column(lines: Sequence[Line]) -> float | None:
    """Where amounts end on the right, in pixels, or None without amounts.

    The right edge of an amount with a quantity or apart from a total's label that most of these and other certain
    amounts share; without those, of others. Sums in the text of card slips, or by kind of tax, stand elsewhere.
    """
    amounts = [(line, line.numbers) for line in lines if line.numbers and line.numbers.amount >= MIN_PRICE]
    listed = [
        line
        for line, numbers in amounts
        if numbers.quantity is not None or (line.marker in ENDS_LIST and len(line.row.cells) > 1)
    ]
    certain = [line for line, numbers in amounts if numbers.is_money]
    apart = [line for line in certain if line.marker is None or len(line.row.cells) > 1]
    candidates = listed or apart or certain

    def support(line: Line) -> int:
        reach = AMOUNT_COLUMN_REACH * line.row.height
        return sum(abs(other.amount_x - line.amount_x) < reach for other in (*candidates, *certain))

    best = max(candidates, key=support, default=None)
    if best is None:
        return None
    if own := _column_of_items(lines, best):
        return own
    reach = AMOUNT_COLUMN_REACH * best.row.height
    return median(line.amount_x for line in candidates if abs(line.amount_x - best.amount_x) < reach)


def _column_of_items(lines: Sequence[Line], best: Line) -> float | None:
    """Where the amounts above the first sum end, if they are in one column, but not in that of the sums.

    best: has an amount in the column of the sums.
    """
    above = takewhile(lambda line: line.marker not in ENDS_LIST or line.numbers is None, lines)
    priced = [line for line in above if line.numbers and line.numbers.is_money and line.numbers.amount > 0]
    ends = [line.amount_x for line in priced if line.marker is None and (len(line.row.cells) > 1 or not line.is_named)]
    reach = AMOUNT_COLUMN_REACH * best.row.height
    if len(ends) < MIN_OWN or max(ends) - min(ends) > reach or any(abs(end - best.amount_x) < reach for end in ends):
        return None
    return median(ends)
