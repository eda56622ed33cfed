"""Rows with nothing but a name, or a part of one that did not fit beside its numbers, and where they belong."""

from collections.abc import Sequence
from statistics import median

from ocr_service.parsing.labels import COLUMNS, DATED, DISCOUNT_PARTS, ENDS_LIST, LEADING_NUMBER, NOTICE_PARTS, OPTION
from ocr_service.parsing.lines import Line

FULL_NAME_REACH = 2.0
"""How far, in row heights, a name that did not fit may end from the columns of numbers."""
MAX_INDENT = 1.2
"""How far, in row heights, a part of a name may start from where names start."""


def reading_order(lines: Sequence[Line], start: int) -> list[int]:
    """The rows below the column titles; where names stand below their numbers, each name before its numbers."""
    order = [*range(start, len(lines))]
    end = next((i for i in order if lines[i].marker in ENDS_LIST), len(lines))
    listed = (i for i in range(start, end) if lines[i].label not in COLUMNS)
    parts = [i for i in listed if _has_only_numbers(lines[i]) or _is_part(lines[i])]
    alternates = all(_has_only_numbers(lines[i]) == (place % 2 == 0) for place, i in enumerate(parts))
    pairs = [*zip(parts[::2], parts[1::2], strict=False)]
    if len(parts) % 2 or not alternates or any(below != above + 1 for above, below in pairs):
        return order
    for above, below in pairs:
        order[above - start], order[below - start] = below, above
    return order


def _has_only_numbers(line: Line) -> bool:
    numbers = line.numbers
    return not line.is_named and numbers is not None and (bool(line.barcode) or numbers.product_confirmed)


def rests(lines: Sequence[Line], start: int, *, titled: bool, below: bool) -> frozenset[int]:
    """The rows of a list of names beside their numbers that have nothing but a part of a name that did not fit.

    Either all of them continue the row above (`below`) or all are continued by the row below. Names that do not fit
    reach the columns of numbers.
    """
    end = next((i for i in range(start, len(lines)) if lines[i].marker in ENDS_LIST), len(lines))
    listed = [index for index in range(start, end) if _has_name_and_numbers(lines[index])]
    if len(listed) < 2:
        return frozenset()
    edge = min(cell.x0 for index in listed for cell in lines[index].number_cells)

    named = [index for index in range(start, end) if index in listed or _is_part(lines[index])]
    widest = max(lines[index].name_cells[-1].x1 for index in named)

    def is_full(index: int) -> bool:
        """Whether the name reaches the numbers, or the row below would have made it wider than any."""
        cells = lines[index].name_cells
        if not cells or cells[-1].x1 > edge - FULL_NAME_REACH * lines[index].row.height:
            return bool(cells)
        return _would_not_fit(lines, index, widest)

    names = median(lines[index].name_cells[0].x0 for index in listed)

    def is_aligned(index: int) -> bool:
        return abs(lines[index].row.cells[0].x0 - names) <= MAX_INDENT * lines[index].row.height

    numbered = 2 * sum(LEADING_NUMBER.match(lines[index].row.text) is not None for index in listed) > len(listed)

    def starts_anew(index: int) -> bool:
        return numbered and LEADING_NUMBER.match(lines[index].row.text) is not None

    first = listed[0] - 1 if titled else listed[0]
    between = range(max(first, start), min(listed[-1] + 2, end))
    parts = [index for index in between if _is_part(lines[index]) and is_aligned(index)]
    after: list[int] = []
    for index in parts:
        if (index - 1 in listed or index - 1 in after) and is_full(index - 1) and not starts_anew(index):
            after.append(index)
    before: list[int] = []
    for index in reversed(parts):
        if (index + 1 in listed or index + 1 in before) and is_full(index) and not starts_anew(index + 1):
            before.append(index)
    chosen, other = (after, before) if below else (before, after)
    return frozenset(chosen if len(chosen) == len(parts) > len(other) else ())


def _would_not_fit(lines: Sequence[Line], index: int, widest: float) -> bool:
    """Whether the first word of the row below would have made the name wider than any. Characters count as equal."""
    cells = lines[index].name_cells
    below = lines[index + 1].name_cells if index + 1 < len(lines) else ()
    if not cells or not below:
        return False
    word = (below[0].x1 - below[0].x0) * len(below[0].text.split()[0]) / len(below[0].text)
    return cells[-1].x1 < widest < cells[-1].x1 + word


def _has_name_and_numbers(line: Line) -> bool:
    cells = line.number_cells
    is_item = line.numbers is not None and line.numbers.amount >= 0 and line.is_named and line.marker is None
    return is_item and not set(cells) & set(line.name_cells)


def _is_part(line: Line) -> bool:
    """Whether the row has only text that may be a part of a name."""
    text = line.row.text
    other = OPTION.match(text) or any(part.search(text) for part in (DATED, DISCOUNT_PARTS, NOTICE_PARTS))
    return line.numbers is None and line.barcode is None and line.marker is None and line.is_named and not other
