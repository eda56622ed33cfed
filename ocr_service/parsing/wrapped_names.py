"""Names that end in the row below because there was no room for them, above rows with their codes and numbers."""

import re
from collections.abc import Sequence
from statistics import median

from ocr_service.parsing.labels import LEADING_NUMBER, REMARK, is_column_titles
from ocr_service.parsing.lines import PACK, UNIT, Line
from ocr_service.parsing.list_columns import MEASURE
from ocr_service.parsing.name_rows import PART_TITLE, width_with_space
from ocr_service.parsing.rows import Row

MIN_WIDTH = 11.0
"""Width of the widest name in row heights from which names may be continued in the next row."""
MAX_GAP = 1.5
"""Gap in row heights from which a row does not continue the one above."""
MIN_FILLED = 0.6
"""Share of the width of the widest name that a row must have to be continued in the next one."""
MIN_NAMES = 3
"""Names above codes or numbers from which a list has this form."""
BROKEN_CODE = re.compile(r"(?=(?:\D*\d){9})[\d가-힣A-Za-z]{11,14}\W*")
"""A code in which some digits are read as letters."""
_SIZE = rf"(?:\d+(?:\.\d+)?\s?(?:kg|g|ml|L|{UNIT.pattern})|{UNIT.pattern})"
SPECIFICATION = re.compile(rf"\W*(?:{_SIZE}\W+)*{_SIZE}\W*", re.IGNORECASE)
"""A row below a name with nothing but sizes, units and kinds of tax: `15kg/포 · 과세`."""


def ends_of_numbered(lines: Sequence[Line]) -> frozenset[int]:
    """The rows with the end of a name with a line number, above its numbers.

    Sizes are no ends of names, if those below other names would have had room beside them.
    """
    names = (line for line in lines if line.is_named and LEADING_NUMBER.match(line.row.text))
    widest = _widest_end([line.row for line in names if not line.is_priced])
    if widest is None:
        return frozenset()
    below = [index for index in range(1, len(lines) - 1) if _is_below_number(lines, index)]
    ends = {index for index in below if not _had_room(lines, index, widest)}
    sizes = {index for index in below if is_size(lines[index].row.text)}
    return frozenset(ends if len(sizes) > 1 and sizes <= ends else ends - sizes)


def ends_above_codes(lines: Sequence[Line]) -> frozenset[int]:
    """The rows with the rest of the name above, in a list of names above rows with nothing but codes and numbers."""
    names: set[int] = set()
    count = 0
    for index, below in enumerate(lines[2:], start=1):
        coded = not below.is_named and (below.barcode or (below.numbers and below.numbers.product_confirmed))
        if coded and _is_name_only(lines[index]):
            count += 1
            names |= {row for row in (index - 1, index) if _is_name_only(lines[row]) or _is_cut_in_number(lines[row])}
    widest = _widest_end([lines[index].row for index in names]) if count >= MIN_NAMES else None
    if widest is None:
        return frozenset()

    def continues(index: int) -> bool:
        begins = _is_name_only(lines[index - 1]) or _is_cut_in_number(lines[index - 1])
        if not (begins and _is_name_only(lines[index])):
            return False
        above, row = lines[index - 1].row, lines[index].row
        in_column = above.cells[-1].x1 <= widest and above.cells[0].x0 <= row.cells[0].x0 + row.height
        is_near = row.box[1] - above.box[3] < MAX_GAP * row.height
        return in_column and is_near and not _had_room(lines, index, widest)

    return frozenset(filter(continues, range(1, len(lines))))


def is_size(text: str) -> bool:
    """Whether a row has nothing but sizes, weights and prices per weight, or a code that cannot be read."""
    return bool(MEASURE.fullmatch(text) or SPECIFICATION.fullmatch(text) or BROKEN_CODE.fullmatch(text))


def _has_only_product(line: Line) -> bool:
    """Whether the row has nothing but unit price, quantity and amount."""
    return not line.is_named and not line.barcode and line.numbers is not None and line.numbers.product_confirmed


def _is_below_number(lines: Sequence[Line], index: int) -> bool:
    """Whether the row is between a row with a line number and one with nothing but unit price, quantity and amount."""
    numbered = [LEADING_NUMBER.match(lines[row].row.text) is not None for row in (index - 1, index)]
    remark = REMARK.fullmatch(lines[index].row.text) is not None
    return numbered == [True, False] and _has_only_product(lines[index + 1]) and not remark


def _is_name_only(line: Line) -> bool:
    if PACK.fullmatch(line.row.text):
        return True
    nothing_else = line.numbers is None and not line.barcode and line.marker is None
    return line.is_named and nothing_else and not is_column_titles(line.row.text)


def _is_cut_in_number(line: Line) -> bool:
    """Whether the row is one text that ends in a figure without a separator: `대용량 기획 4` above `80g`."""
    nothing_else = len(line.row.cells) == 1 and not line.barcode and line.marker is None
    return line.ends_in_figure and line.is_named and nothing_else


def _had_room(lines: Sequence[Line], index: int, widest: float) -> bool:
    """Whether the first word of the row would have fitted behind the row above.

    There is always room behind short rows: they are titles of parts of the list.
    """
    above = lines[index - 1].row
    left, end = above.cells[0].x0, above.cells[-1].x1
    if end - left < MIN_FILLED * (widest - left) or PART_TITLE.fullmatch(above.text.strip()):
        return True
    return end + width_with_space(lines[index].row.cells[0]) <= widest


def _widest_end(rows: Sequence[Row]) -> float | None:
    """Where the widest of the names ends in pixels; None if they are too short to be continued in other rows."""
    if not rows:
        return None
    left, right = min(row.cells[0].x0 for row in rows), max(row.cells[-1].x1 for row in rows)
    return right if right - left > MIN_WIDTH * median(row.height for row in rows) else None
