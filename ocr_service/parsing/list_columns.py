"""The rows of a list as lines, without columns of sizes, states and fees, and codes below names."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile
from statistics import median

from ocr_service.parsing.item_numbers import MAX_PIECES
from ocr_service.parsing.labels import (
    CANCELLED,
    COLUMNS,
    DATED,
    ENDS_LIST,
    NOTICE_PARTS,
    is_column_titles,
    label_of,
    marker_of,
)
from ocr_service.parsing.lines import ITEM_CODE, UNIT, UNIT_GAP, UNIT_OR_CODE, Line
from ocr_service.parsing.money import parse_quantity
from ocr_service.parsing.order_lines import CANCELLED_STATE, compact_text
from ocr_service.parsing.rows import Cell, Row

FEE_COLUMN = re.compile(r"\W*(?:배송비|적립금?|포인트)\W*")
STATE_COLUMN = re.compile(r"\W*(?:배송|주문|진행|처리)?\s*상태\W*")
OTHER_COLUMN = re.compile(
    rf"{FEE_COLUMN.pattern}|{STATE_COLUMN.pattern}|\W*(?:관리|리뷰|후기|코너|비고|구분|규\s*격|용\s*량|사이즈"
    r"|(?:선택\s*|상품\s*)?옵\s*션(?:\s*명|\s*정보)?)\W*"
)
"""Titles of columns that tell nothing about line items."""
KIND = re.compile(
    r"[한중양일분간후]식|식사|안주|음료|디저트|사이드|단품|세트|[가-힣]{1,3}류|[농수축공임]산[품물]?|정육|청과|과일|[채야]소|유제품"
    r"|(?:가공|냉[동장]|신선|건강|비)?식품|가공|(?:생활|주방|욕실)?용품|생활|잡화|문구|완구|반찬|제과|베이커리|기타"
)
"""Departments and parts of menus. Other words behind names are part of them: cuts, flavours, products of a brand."""
MIN_KINDS = 3
"""Rows from which a column of kinds shows."""
MOST = 0.8
"""Share of the rows with amounts that must have a kind."""
NAME_TITLE = re.compile(r"[상제]\s*품|품\s*[명목]|메\s*뉴|내\s*역")
MONEY_CELL = re.compile(r"[￦₩\\]?\s*\d{1,3}(?:[,.]\s?\d{3})+\s*원?|\d{3,7}\s*원?|0\s*원?")
TITLE_WORDS = {*COLUMNS, "상품코드", "바코드", "품번", "메뉴", "합계", "NO", "No", "할인", "생산자", "원산지"}
HALF_TITLES = ("단", "가", "수", "량")
"""Titles of which a syllable was lost."""
_SPACED_TITLE = re.compile(r"\b(단|수)\s+(가|량)\b")
TIMES_PRICE = re.compile(r"[xX×]\s?(\d{1,2})\s*\(?@\s?[\d,]+\)?")
"""Quantity and unit price: `x5 (@1,000)`."""
COUNTED_LAST = re.compile(r"금\s*액.*(?:[개갯]\s*수|수\s*량)\W*$")
"""Column titles of which that of the quantity is the last."""
WEIGHED_FIRST = re.compile(r"중\s*량.*(?:단\s*가|당)")
"""Column titles of which that of the weight precedes that of its price."""
DISCOUNTED_LAST = re.compile(r"금\s*액.*할\s*인\W*$")
"""Column titles of which that of the discount is the last."""
UNIT_PRICE_TITLE = re.compile(r"[단던]\s*[가카]")
MEASURE = re.compile(
    r"(?=.*\d)(?:\d|[\s.,/()\[\]xX×*@=:+~\-￦₩]|원|kg|g|ml|l|㎖|㎏|당|단\s*가|중\s*량|개|할인가)+", re.IGNORECASE
)
"""A row of weights and prices per weight: `(2,880원/100g x 634g)`."""


def lines_of(rows: Sequence[Row]) -> list[Line]:
    """The rows as lines. Columns that tell nothing about line items are left out, and each number is in its column."""
    titled = with_joined_titles(rows)
    cancelled = _cancelled(titled)
    kept = _without_kinds(_without_other_columns(titled))
    parsed = [Line.of(row) for row in kept]
    parsed = [line.emptied() if index in cancelled else line for index, line in enumerate(parsed)]
    lines = _without_codes_below_names(_fit_prices(parsed))
    titles = [line.row.text for line in lines if is_column_titles(line.row.text)]
    if any(WEIGHED_FIRST.search(text) for text in titles):
        lines = [line.weighed_first() for line in lines]
    if titles and not any(UNIT_PRICE_TITLE.search(text) for text in titles) and any(map(_has_only_weight, lines)):
        lines = [line.weighed() for line in lines]
    if any(COUNTED_LAST.search(text) for text in titles):
        return [line.counted_last() for line in lines]
    if any(DISCOUNTED_LAST.search(text) for text in titles):
        return [line.without_zero() for line in lines]
    return lines


def _has_only_weight(line: Line) -> bool:
    """Whether the quantity is a weight that cannot be an amount: `0.350`."""
    quantity = line.numbers.quantity if line.numbers else None
    return quantity is not None and quantity < 1 and quantity.as_tuple().exponent == -3


def with_joined_titles(rows: Sequence[Row]) -> list[Row]:
    """The rows; where column titles take two rows, the second has all of them."""
    joined = list(rows)
    for index, (above, below) in enumerate(pairwise(rows)):
        both = f"{above.text} {below.text}"
        if not is_column_titles(both):
            continue
        words = [label_of(word) for word in _SPACED_TITLE.sub(r"\1\2", both).split()]
        known = {*TITLE_WORDS, *HALF_TITLES} if is_column_titles(above.text) else TITLE_WORDS
        repeated = len(words) > len(set(words))
        if not repeated and all(word in known for word in words):
            cells = tuple(sorted((*above.cells, *below.cells), key=lambda cell: cell.x0))
            joined[index + 1] = replace(below, cells=cells)
    return joined


def _without_other_columns(rows: Sequence[Row]) -> list[Row]:
    """The rows without what stands in columns such as the shipping fee or the state of an order."""
    title = next((index for index, row in enumerate(rows) if is_column_titles(row.text)), None)
    if title is None or not any(OTHER_COLUMN.fullmatch(cell.text) for cell in rows[title].cells):
        return list(rows)
    below = [_without_cells(row, rows[title].cells) for row in rows[title + 1 :]]
    sums = (index for index, row in enumerate(below) if marker_of(label_of(row.text).removesuffix("원")) in ENDS_LIST)
    end = next(sums, len(below))
    return [*rows[: title + 1], *below[:end], *rows[title + 1 + end :]]


def _cancelled(rows: Sequence[Row]) -> set[int]:
    """The rows of a table that say in its column of states that the item was cancelled or returned."""
    title = next((index for index, row in enumerate(rows) if is_column_titles(row.text)), None)
    titles = rows[title].cells if title is not None else ()
    if title is None or not any(STATE_COLUMN.fullmatch(cell.text) for cell in titles):
        return set()
    return {
        index
        for index, row in enumerate(rows[title + 1 :], title + 1)
        for cell in row.cells
        if CANCELLED_STATE.search(compact_text(cell.text)) and STATE_COLUMN.fullmatch(_title_of(cell, titles).text)
    }


def _title_of(cell: Cell, titles: Sequence[Cell]) -> Cell:
    """The title of the column of a cell. Columns are aligned on the left, on the right or in the middle."""

    def distance(title: Cell) -> float:
        left, right = cell.x0 - title.x0, cell.x1 - title.x1
        return min(abs(left), abs(right), abs(left + right) / 2)

    return min(titles, key=distance)


def _without_cells(row: Row, titles: Sequence[Cell]) -> Row:
    """The row without fees and states; the column of names and the only amount are never left out."""
    names = next((title for title in titles if NAME_TITLE.search(title.text)), titles[0])

    def is_other(cell: Cell) -> bool:
        title = _title_of(cell, titles)
        has_amount = MONEY_CELL.fullmatch(cell.text) is not None
        return (
            title is not names
            and OTHER_COLUMN.fullmatch(title.text) is not None
            and (not has_amount or FEE_COLUMN.fullmatch(title.text) is not None)
        )

    cells = tuple(cell for cell in row.cells if not is_other(cell))
    return replace(row, cells=cells) if any(MONEY_CELL.fullmatch(cell.text) for cell in cells) else row


def _without_kinds(rows: Sequence[Row]) -> list[Row]:
    """The rows without a column of kinds between names and numbers: `국밥 | 한식 | 2 | 24,000`.

    Nearly all rows with amounts have it, from the first to the last of them, and an item is of one kind, whereas
    `제주 | 과일` and `제주 | 채소` are the two parts of names.
    """
    kinds = {index: cell for index, row in enumerate(rows) if (cell := _kind(row))}
    of_names = {(_text_before(rows[index], cell), cell.text) for index, cell in kinds.items()}
    are_kinds = len({name for name, _ in of_names}) == len(of_names)
    between = rows[min(kinds) : max(kinds) + 1] if kinds else []
    priced = sum(MONEY_CELL.fullmatch(row.cells[-1].text) is not None for row in between)
    starts = [cell.x0 for cell in kinds.values()]
    aligned = bool(kinds) and max(starts) - min(starts) < median(row.height for row in between)
    if len(kinds) < MIN_KINDS or not are_kinds or not aligned or len(kinds) < MOST * priced:
        return list(rows)
    return [
        replace(row, cells=tuple(cell for cell in row.cells if cell is not kinds.get(index)))
        for index, row in enumerate(rows)
    ]


def _text_before(row: Row, cell: Cell) -> str:
    return label_of(" ".join(other.text for other in row.cells[: row.cells.index(cell)]))


def _kind(row: Row) -> Cell | None:
    """A short word in a column of its own between the name and the numbers."""
    named = [*takewhile(lambda cell: re.search("[가-힣A-Za-z]", cell.text), row.cells)]
    if len(named) < 2 or len(named) == len(row.cells) or not KIND.fullmatch(named[-1].text):
        return None
    apart = named[-1].x0 - named[-2].x1 > UNIT_GAP * row.height
    return named[-1] if apart and MONEY_CELL.fullmatch(row.cells[-1].text) else None


def _fit_prices(lines: list[Line]) -> list[Line]:
    """The lines with unit prices that stand in the column of unit prices but were taken for the end of a name."""
    edges = [line.price_x for line in lines if line.price_x is not None]
    column = median(edges) if edges else None
    titled = any(is_column_titles(line.row.text) and UNIT_PRICE_TITLE.search(line.row.text) for line in lines)
    return [line.refitted(column, titled=titled) for line in lines]


def _without_codes_below_names(lines: list[Line]) -> list[Line]:
    """The lines with nothing for the name where a unit or a code stands below the name, beside the numbers.

    What resembles a code may also be a name: it counts if most items have one.
    """

    def is_name(line: Line) -> bool:
        other = any(part.search(line.row.text) for part in (DATED, NOTICE_PARTS)) or is_column_titles(line.row.text)
        plain = line.numbers is None or not (line.numbers.is_money or line.numbers.quantity)
        is_other = other and not CANCELLED.search(line.row.text)
        return line.is_named and plain and not line.barcode and line.label not in COLUMNS and not is_other

    def above(index: int) -> Line:
        """The row above, or the one above a notice such as the number of an animal."""
        row, text = lines[index - 1], lines[index - 1].row.text
        is_notice = row.numbers is None and NOTICE_PARTS.search(text) and not CANCELLED.search(text)
        return lines[index - 2] if index > 1 and is_notice else row

    below = [index for index in range(1, len(lines)) if lines[index].numbers and is_name(above(index))]
    coded = {index for index in below if ITEM_CODE.fullmatch(lines[index].name) or UNIT.fullmatch(lines[index].name)}
    coded |= {index for index in below if MEASURE.fullmatch(lines[index].name)}
    others = {index for index in below if UNIT_OR_CODE.fullmatch(lines[index].name)}
    items = [line for line in lines if line.numbers and line.is_named and line.marker is None]
    if 2 * len(others) >= len(items):
        coded |= others
    return [_without_name(line) if index in coded else line for index, line in enumerate(lines)]


def _without_name(line: Line) -> Line:
    """The line without what stands for its name, which may be its quantity: `2 EA`."""
    times = TIMES_PRICE.fullmatch(line.name)
    numbers, count = line.numbers, parse_quantity(times[1] if times else "".join(line.name.split()))
    if numbers and numbers.quantity is None and count and count.value <= MAX_PIECES:
        numbers = replace(numbers, quantity=count.value, unit=count.unit)
    return replace(line, name="", name_cells=(), numbers=numbers)
