"""Rows with nothing but a name, or a part of one that did not fit beside its numbers, and where they belong."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from statistics import median

from ocr_service.parsing.labels import (
    CANCELLED,
    COLUMNS,
    DATED,
    DISCOUNT_PARTS,
    ENDS_LIST,
    LEADING_NUMBER,
    NOTICE_PARTS,
    REMARK,
    SERIAL,
    is_choice,
)
from ocr_service.parsing.lines import Line
from ocr_service.parsing.rows import Cell

FULL_NAME_REACH = 2.0
"""How far, in row heights, a name that did not fit may end from the columns of numbers."""
PART_TITLE = re.compile(r"[\[(<【〔][^\[\](<>)】【〔〕]+[\])>】〕]")
"""The title of a part of the list: `[축산]`."""
_SYLLABLE = re.compile(r"[가-힣]")
_PRODUCT = re.compile(r"\d\s?(?:kg|g)?\s*[@*×xX]\s*[\d,]{3,}", re.IGNORECASE)
"""A weight or count and a price: `0.318kg*98,000`."""
_SIZE = re.compile(r"\D?\d{1,4}(?:\.\d)?\s*(?:kg|g|ml|l|개|입|매|구|봉|팩)\W?|(?:kg|g|ml|l)\W?", re.IGNORECASE)
_STARTS_WITH_SIZE = re.compile(r"\d{1,4}(?:\.\d)?\s*(?:kg|g|ml|l)\s", re.IGNORECASE)
"""The rest of a name may name its promotion: `50ml 1+1기획`."""
BROKEN_SIZE = re.compile(r"\d{0,3}\s?(?:kg|g|ml|l|L|G|KG|ML)(?![A-Za-z])")
"""The end of a size whose first digits stand in the row above."""
MOST = 0.75
"""Share of the rows with a part of a name that must precede its rest, from which those do that can."""
SAME_END = 0.3
"""Difference, in row heights, up to which names end at the same place."""
_WORD = re.compile(r"[가-힣]{2}|[A-Za-z]{3}")
MAX_INDENT = 1.2
"""How far, in row heights, a part of a name may start from where names start."""


def reading_order(lines: Sequence[Line], start: int, *, titled: bool) -> list[int]:
    """The rows from `start` on; where names stand below their numbers, each name before its numbers.

    Without column titles, such a list begins with a code.
    """
    order = [*range(start, len(lines))]
    first = start if titled else _first_code(lines, start)
    if first is None:
        return order
    end = next((i for i in range(first, len(lines)) if lines[i].marker in ENDS_LIST), len(lines))
    listed = [i for i in range(first, end) if lines[i].label not in COLUMNS]
    for may_end_in_number in (False, True):  # only if it has to: notices end in numbers, too
        parts = [i for i in listed if _has_only_numbers(lines[i]) or _is_part(lines[i], may_end_in_number)]
        alternates = all(_has_only_numbers(lines[i]) == (place % 2 == 0) for place, i in enumerate(parts))
        pairs = [*zip(parts[::2], parts[1::2], strict=False)]
        if len(parts) % 2 == 0 and alternates and all(below == above + 1 for above, below in pairs):
            for above, below in pairs:
                order[above - start], order[below - start] = below, above
            break
    return order


def _first_code(lines: Sequence[Line], start: int) -> int | None:
    """The first row from `start` on with a code and numbers, unless the row above is its name."""
    first = next((i for i in range(start, len(lines)) if lines[i].barcode and _has_only_numbers(lines[i])), None)
    return None if first and _is_part(lines[first - 1], may_end_in_number=True) else first


def _has_only_numbers(line: Line) -> bool:
    numbers = line.numbers
    return not line.is_named and numbers is not None and (bool(line.barcode) or numbers.product_confirmed)


def rests(lines: Sequence[Line], start: int, *, titled: bool, below: bool) -> frozenset[int]:
    """The rows of a list of names beside their numbers that have nothing but a part of a name that did not fit.

    Either all of them continue the row above (`below`) or all are continued by the row below. Names that do not fit
    reach the columns of numbers.
    """
    end = next((i for i in range(start, len(lines)) if lines[i].marker in ENDS_LIST), len(lines))
    lines = [_without_number(line, rest) for line, rest in zip_longest(lines, lines[1:])]
    listed = [index for index in range(start, end) if _has_name_and_numbers(lines[index])]
    while listed and NOTICE_PARTS.search(lines[listed[-1]].row.text):
        listed.pop()  # such as the customer's points, below a list without a sum
    if len(listed) < 2:
        return frozenset()
    numbers = [cell.x0 for index in listed for cell in lines[index].number_cells if not _is_glued(lines[index])]
    if not numbers:
        return frozenset()
    edge = min(numbers)

    named = [index for index in range(start, end) if index in listed or _is_part(lines[index])]
    ends = [_names(lines[index])[-1].x1 for index in named if _names(lines[index])]
    ends += [_glued_end(lines[index]) for index in named if _is_glued(lines[index])]
    widest = max(ends, default=0.0)
    is_edge = sum(widest - end < SAME_END * lines[listed[0]].row.height for end in ends) > 1

    def is_full(index: int) -> bool:
        """Whether the name reaches the numbers, or the row below would have made it wider than any.

        A name as wide as any is full if it is not the only one of that width.
        """
        if _is_glued(lines[index]):
            return True
        cells = _names(lines[index]) or lines[index].row.cells
        if cells[-1].x1 > edge - FULL_NAME_REACH * lines[index].row.height:
            return True
        if is_edge and widest - cells[-1].x1 < SAME_END * lines[index].row.height:
            return True
        return _would_not_fit(lines, index, widest)

    starts = median(lines[index].name_cells[0].x0 for index in listed)

    def is_aligned(index: int) -> bool:
        return abs(lines[index].row.cells[0].x0 - starts) <= MAX_INDENT * lines[index].row.height

    numbered = 2 * sum(LEADING_NUMBER.match(lines[index].row.text) is not None for index in listed) > len(listed)

    def starts_anew(index: int) -> bool:
        return numbered and LEADING_NUMBER.match(lines[index].row.text) is not None

    first = listed[0] - 1 if titled else listed[0]
    last = listed[-1] + 1
    while below and last < end and _is_part(lines[last]) and is_aligned(last) and is_full(last - 1):
        last += 1
    between = range(max(first, start), min(last + 1, end))
    parts = [index for index in between if _is_part(lines[index]) and is_aligned(index)]
    if not below:
        parts = [index for index in parts if not PART_TITLE.fullmatch(lines[index].row.text.strip())]
    above = listed[0] - 1
    if not titled and len(parts) > 1 and above >= start and _is_part(lines[above]) and is_aligned(above):
        parts.insert(0, above)
    after: list[int] = []
    for index in parts:
        named_below = index + 1 < len(lines) and _has_only_numbers(lines[index + 1])
        if (
            (index - 1 in listed or index - 1 in after)
            and is_full(index - 1)
            and not (starts_anew(index) or named_below)
        ):
            after.append(index)
    before: list[int] = []
    for index in reversed(parts):
        if (index + 1 in listed or index + 1 in before) and is_full(index) and not starts_anew(index + 1):
            before.append(index)
    if below:
        return frozenset(after if len(after) == len(parts) else ())
    return frozenset(before if len(before) >= MOST * len(parts) and len(before) > len(after) else ())


def _without_number(line: Line, below: Line | None) -> Line:
    """The line without a figure that is no amount because its unit stands in the row below: `닭다리살 50`, `0g`."""
    cells = line.row.cells
    cut = below is not None and BROKEN_SIZE.match(below.row.text) is not None
    if not line.ends_in_figure or not cut or len(cells) > 1 or not line.is_named:
        return line
    return replace(line, numbers=None, name=line.row.text, name_cells=cells, number_cells=())


def is_remark(lines: Sequence[Line], index: int) -> bool:
    """Whether the row is a label with a value, such as the origin of an item, or with the number of a device or a lot,
    rather than a name above numbers.
    """
    line, below = lines[index], lines[index + 1] if index + 1 < len(lines) else None
    named = below is not None and not below.is_named and below.numbers is not None
    labelled = any(label.fullmatch(line.row.text) for label in (REMARK, SERIAL))
    return labelled and line.numbers is None and not named


def _would_not_fit(lines: Sequence[Line], index: int, widest: float) -> bool:
    """Whether the first word of the row below would have made the name wider than any."""
    cells = _names(lines[index])
    below = lines[index + 1].name_cells if index + 1 < len(lines) else ()
    if not cells or not below:
        return False
    return cells[-1].x1 < widest < cells[-1].x1 + width_with_space(below[0])


def width_with_space(cell: Cell) -> float:
    """Width in pixels of the first word of a cell with a space before it, as if all characters were equally wide."""
    return (cell.x1 - cell.x0) * len(f" {cell.text.split()[0]}") / len(cell.text)


def _has_name_and_numbers(line: Line) -> bool:
    return line.numbers is not None and line.numbers.amount >= 0 and line.is_named and line.marker is None


def _names(line: Line) -> list[Cell]:
    """The cells with nothing but the name."""
    return [cell for cell in line.name_cells if cell not in line.number_cells]


def _glued_end(line: Line) -> float:
    """Where the name ends within the box that it shares with a number, in pixels; a syllable is as wide as 2 digits."""
    cell = line.name_cells[-1]
    end = cell.text.rfind(line.name.split()[-1]) + len(line.name.split()[-1])
    return cell.x0 + (cell.x1 - cell.x0) * _width(cell.text[:end]) / _width(cell.text)


def _width(text: str) -> int:
    return sum(2 if _SYLLABLE.match(character) else 1 for character in text)


def _is_glued(line: Line) -> bool:
    """Whether the name runs into the first number: both are in one box."""
    shared = set(line.number_cells) & set(line.name_cells)
    return line.numbers is not None and any(_WORD.search(cell.text) for cell in shared)


def _is_part(line: Line, may_end_in_number: bool = False) -> bool:
    """Whether the row has only text that may be a part of a name. may_end_in_number: as in `종이컵 1000`."""
    text = line.row.text
    other = is_choice(text) or any(label.fullmatch(text) for label in (REMARK, SERIAL))
    other = other or any(part.search(text) for part in (CANCELLED, DATED, NOTICE_PARTS))
    other = other or (DISCOUNT_PARTS.search(text) is not None and not _STARTS_WITH_SIZE.match(text))
    is_text = (line.is_named and not _PRODUCT.search(text)) or _SIZE.fullmatch(text) is not None
    nameable = line.numbers is None or (may_end_in_number and line.ends_in_figure)
    return nameable and line.barcode is None and line.marker is None and is_text and not other
