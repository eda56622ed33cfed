"""Rows of a receipt to line items, total lines and a role for every row.

The item list starts below the column titles and ends at the first total. A receipt without titles (convenience
stores) lists items as rows of `name quantity amount`. A line item may take several rows: its name, its barcode with the
numbers, its discounts.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice, pairwise
from statistics import median

from rapidfuzz import fuzz

from ocr_service.fields import ItemField, Role
from ocr_service.parsing.item_numbers import MAX_PIECES, MIN_PRICE, ItemNumbers
from ocr_service.parsing.labels import (
    CANCELLED,
    CHOICE,
    COLUMNS,
    DATED,
    DISCOUNT_PARTS,
    ENDS_LIST,
    LEADING_NUMBER,
    NOTICE_PARTS,
    PROMOTION,
    TAG,
    TOTALS,
    Marker,
    has_price_title,
    is_choice,
    is_column_titles,
    jamo,
    label_of,
    marker_of,
)
from ocr_service.parsing.lines import ITEM_CODE, STORE_CODE, UNIT, UNIT_OR_CODE, Line
from ocr_service.parsing.money import Quantity, parse_amount, parse_quantity
from ocr_service.parsing.name_rows import PART_TITLE, reading_order, rests
from ocr_service.parsing.rows import Cell, Row

WHOLE_RECEIPT = re.compile(
    r"^(?:총|전체|합계|누적|주문|장바구니|첫구매|첫주문|결제|배송|영수증)|(?:합계|총액|총계)$|공병|빈병"
)
"""Names of discounts on the whole receipt."""
ROUNDING = re.compile(r"단\s*수|절\s*사|끝\s*전")
"""What rounds the amount of an item, or below the last item that of the receipt."""
AMOUNT_COLUMN_REACH = 3.0
"""How far, in row heights, an amount without a separator may end from the column of amounts."""
PLAIN_AMOUNT_REACH = 0.5
"""The same for an amount that is no item's without its place."""
UNREADABLE = "?"
"""Name of an item whose numbers are certain but whose name was not found."""

MIN_PLAIN_PRICE = 100
"""Won; what is less and has no separator is a size or a count."""
MAX_PLAIN_PRICE = 100_000
MIN_SEPARATED = 1000
"""Won; below, no amount has a separator. Above, it is lost only now and then."""
MIN_INDENT = 1.2
"""How far, in row heights, a discount is indented from the names."""
MIN_PRICED = 0.6
"""Share of named rows with a unit price from which the others are not items."""
COUNTED_FIRST = re.compile(r"^\W*(?:수\s*량|QTY)", re.IGNORECASE)
COUNTED_LAST = re.compile(r"금\s*액.*(?:[개갯]\s*수|수\s*량)\W*$")
"""Column titles of which that of the quantity is the last."""
COUNT_ROW = re.compile(r"^\W*(?:(?:수\s*량\s*:?\s*|[xX×]\s*)+(\d{1,2}(?:\s?개)?)|(\d{1,2}\s?개))\s*$")
"""A row with nothing but a count."""
GIVEN_AWAY = re.compile(r"증\s*정|사은품|무\s*[료상]|서비스|service|\d\s?\+\s?1(?!\d)", re.IGNORECASE)
"""Words in the name of something that comes free with another item."""
GIFT = re.compile(r"^\W*(?:증\s*정|사은품|덤)\s*[)\]:품]?\s*[가-힣A-Za-z]")
"""The start of the name of something given away."""
DISCOUNT_TITLE = re.compile(r"\W*(?:할\s*인|쿠\s*폰|행\s*사|혜\s*택)\s*(?:내역|목록|상세|정보|적용)\W*")
"""The title of a block of discounts below the items."""
BLANK_ROW = 1.6
"""Distance of two rows, as a multiple of that of rows above each other, from which something is left blank between."""
OPENING = {")": "(", "]": "["}
CLOSING = re.compile(r"\s*[)\]]\s*")
COUNT_BEFORE = re.compile(r"\d{1,2}\s?[xX×개]\s")
"""A quantity before the name: `2x 약과`."""
REDUCTION = re.compile(r"할인|에누리|쿠폰|S-?POINT", re.IGNORECASE)
FEE_COLUMN = re.compile(r"\W*(?:배송비|적립금?|포인트)\W*")
OTHER_COLUMN = re.compile(
    rf"{FEE_COLUMN.pattern}|\W*(?:(?:배송|주문|진행|처리)?\s*상태|관리|리뷰|후기|코너|비고|구분|규\s*격|용\s*량|사이즈)\W*"
)
"""Titles of columns that tell nothing about line items."""
NAME_TITLE = re.compile(r"[상제]\s*품|품\s*[명목]|메\s*뉴|내\s*역")
MONEY_CELL = re.compile(r"[￦₩\\]?\s*\d{1,3}(?:[,.]\s?\d{3})+\s*원?|\d{3,7}\s*원?|0\s*원?")
TIMES_PRICE = re.compile(r"[xX×]\s?(\d{1,2})\s*\(?@\s?[\d,]+\)?")
"""Quantity and unit price: `x5 (@1,000)`."""
TITLE_WORDS = {*COLUMNS, "메뉴", "합계", "NO", "No", "품번", "할인"}
TAG_ROW = re.compile(rf"\W*{TAG}\W*")
SUMS_OF_PARTS = (Marker.SUBTOTAL, Marker.SUPPLY)
UNIT_PRICE_TITLE = re.compile(r"[단던][\s]*[가카]")
ABOUT_CHOICES = re.compile(
    r"^\W*[-+└┗↳ㄴ>]|ICE|HOT|아이스|핫|샷|시럽|얼음|휘핑|사이즈|텀블러|연하게|진하게|변경|추가|선택|디카페인|당도|기본(?!\s?(?:안주|찬|반찬|상차림))|없음|제외|빼|많이|적게"
    r"|보통|온도|매장|포장|소스|토핑|컵|세트|레귤러|라지|맵기|매운맛|순한맛|익힘|굽기|젓가락|수저|스푼|빨대|냅킨|물티슈",
    re.IGNORECASE,
)
"""Words of choices in cafés and restaurants, and of what they add without being asked to pay."""
MAX_OFFSET = 0.4
"""How far, in row heights, names of items may start right of the others."""
MAX_TITLES = 8
"""Rows that are tried as column titles."""
MIN_SAME_NAME = 80.0
"""Percentage of common letters from which a line names the same product as an item."""
MIN_WHOLE_NAME = 90.0
"""Percentage of common letters from which two names are the same as a whole."""
MEASURE = re.compile(
    r"(?=.*\d)(?:\d|[\s.,/()\[\]xX×*@=:+~\-￦₩]|원|kg|g|ml|l|㎖|㎏|당|단\s*가|중\s*량|개|할인가)+", re.IGNORECASE
)
"""A row of weights and prices per weight: `(2,880원/100g x 634g)`."""

_SIZE = rf"(?:\d+(?:\.\d+)?\s?(?:kg|g|ml|L|{UNIT.pattern})|{UNIT.pattern})"
SPECIFICATION = re.compile(rf"\W*(?:{_SIZE}\W+)*{_SIZE}\W*", re.IGNORECASE)
"""A row below a name with nothing but sizes, units and kinds of tax: `15kg/포 · 과세`."""

ROLE_OF = {
    Marker.PAYABLE: Role.TOTAL,
    Marker.SUM: Role.TOTAL,
    Marker.SUBTOTAL: Role.SUBTOTAL,
    Marker.SUPPLY: Role.SUBTOTAL,
    Marker.TAX: Role.TAX,
    Marker.DISCOUNT: Role.DISCOUNT,
    Marker.PAYMENT: Role.PAYMENT,
    Marker.FEE: Role.OTHER,
    Marker.COUNT: Role.OTHER,
}


@dataclass(slots=True)
class LineItem:
    """One purchased item as printed.

    barcode: digits as read, not yet checked. discount: won, at most 0. rows: indices of its rows. name_cells,
    code_cells, number_cells: the cells that each part was read from. repaired: fields that differ from what was read.
    """

    name: str
    numbers: ItemNumbers
    barcode: str | None = None
    discount: int = 0
    rows: list[int] = field(default_factory=list)
    name_cells: tuple[Cell, ...] = ()
    code_cells: tuple[Cell, ...] = ()
    number_cells: tuple[Cell, ...] = ()
    repaired: frozenset[ItemField] = frozenset()


@dataclass(frozen=True, slots=True)
class TotalLine:
    """An amount in won below the items, and the kind of its label; None if the label is unknown or unreadable."""

    marker: Marker | None
    won: int
    row: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a receipt.

    roles: one per row. list_start: index of the column titles or, without titles, of the first item's first row.
    numbered: the list has a column of line numbers. counted_first: the titles have the quantity before the name.
    """

    items: list[LineItem]
    totals: list[TotalLine]
    roles: list[Role]
    list_start: int
    numbered: bool = False
    counted_first: bool = False


def parse_layout(rows: Sequence[Row], bought: Set[int] = frozenset()) -> Layout:
    """Find the items and the totals. Never fails: rows with neither give an empty layout.

    bought: indices of rows with the numbers of an item, whatever their words say.
    """
    kept = _without_other_columns(with_joined_titles(rows))
    lines = _without_codes_below_names(_fit_prices([Line.of(row) for row in kept]))
    if any(is_column_titles(line.row.text) and COUNTED_LAST.search(line.row.text) for line in lines):
        lines = [line.counted_last() for line in lines]
    titles = (index for index, line in enumerate(lines) if is_column_titles(line.row.text))
    for title in islice(titles, MAX_TITLES):
        layout = read_list(lines, title, bought)
        if layout.items:
            return layout
    return read_list(lines, bought=bought)


def with_joined_titles(rows: Sequence[Row]) -> list[Row]:
    """The rows; where column titles take two rows, the second has all of them."""
    joined = list(rows)
    for index, (above, below) in enumerate(pairwise(rows)):
        both = f"{above.text} {below.text}"
        words = [label_of(word) for word in both.split()]
        if is_column_titles(both) and not is_column_titles(below.text) and all(word in TITLE_WORDS for word in words):
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


def _without_cells(row: Row, titles: Sequence[Cell]) -> Row:
    """The row without fees and states; the column of names and the only amount are never left out."""
    names = next((title for title in titles if NAME_TITLE.search(title.text)), titles[0])

    def title_of(cell: Cell) -> Cell:
        """Columns are aligned on the left, on the right or in the middle."""

        def distance(title: Cell) -> float:
            left, right = cell.x0 - title.x0, cell.x1 - title.x1
            return min(abs(left), abs(right), abs(left + right) / 2)

        return min(titles, key=distance)

    def is_other(cell: Cell) -> bool:
        title = title_of(cell)
        has_amount = MONEY_CELL.fullmatch(cell.text) is not None
        return (
            title is not names
            and OTHER_COLUMN.fullmatch(title.text) is not None
            and (not has_amount or FEE_COLUMN.fullmatch(title.text) is not None)
        )

    cells = tuple(cell for cell in row.cells if not is_other(cell))
    return replace(row, cells=cells) if any(MONEY_CELL.fullmatch(cell.text) for cell in cells) else row


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


def read_list(lines: Sequence[Line], title: int | None = None, bought: Set[int] = frozenset()) -> Layout:
    """Read the items and then the totals below the column titles at index `title`; None: the receipt has no titles.

    bought: see `parse_layout`.
    """
    start = 0 if title is None else title + 1
    priced = title is None or has_price_title(lines[title].row.text)
    listed = lines[start:]
    context = _Context(
        lines,
        titled=title is not None,
        numbered=2 * sum(LEADING_NUMBER.match(line.row.text) is not None for line in listed) >= len(listed) / 4,
        amount_column=_amount_column(listed),
        name_edge=_name_edge(listed),
        priced=_are_priced(listed),
        plain=_are_plain(listed),
        stacked=_are_stacked(listed),
        rests_below=rests(lines, start, titled=title is not None, below=True),
        rests_above=rests(lines, start, titled=title is not None, below=False),
    )
    roles = [Role.OTHER] * len(lines)
    items, totals = _Items(roles), _Totals(roles)
    in_list = True
    for index in reading_order(lines, start) if title is not None else range(start, len(lines)):
        line = lines[index]
        if index in bought and in_list and line.numbers:
            items.add_numbers(index, line, line.numbers)
        elif in_list and items.all and _is_sum_of_part(index, context):
            roles[index] = Role.SUBTOTAL
        elif not in_list or _ends_list(line, items):
            totals.add(index, line)
            in_list = in_list and not items.all
        elif not priced:
            in_list = _read_unpriced(index, line, items, totals)
        else:
            in_list = _read_priced(index, context, items, totals)
    items.take_named(totals.all, lines)
    if title is None:
        first = min((item.rows[0] for item in items.all), default=len(lines))
        return Layout(items.all, totals.all, roles, list_start=first)
    if items.all:
        roles[title] = Role.COLUMNS
    numbered = "NO" in lines[title].row.text.upper()
    counted_first = COUNTED_FIRST.match(lines[title].row.text) is not None
    return Layout(items.all, totals.all, roles, list_start=title, numbered=numbered, counted_first=counted_first)


@dataclass(frozen=True, slots=True)
class _Context:
    """All lines, whether the list has column titles, whether names may start with line numbers, and where the amounts
    end on the right and its names start on the left, in pixels if known; priced: nearly all items have unit prices;
    plain: no amount has a thousands separator; stacked: amounts stand in rows of their own below names.

    rests_below: rows with the rest of the name above them; rests_above: rows with the first part of the name below."""

    lines: Sequence[Line]
    titled: bool
    numbered: bool
    amount_column: float | None
    name_edge: float | None
    priced: bool
    plain: bool = False
    stacked: bool = False
    rests_below: frozenset[int] = frozenset()
    rests_above: frozenset[int] = frozenset()

    def in_amount_column(self, line: Line) -> bool:
        column = self.amount_column
        return column is not None and abs(line.amount_x - column) < AMOUNT_COLUMN_REACH * line.row.height

    def ends_in_plain_amount(self, line: Line) -> bool:
        """Whether the line ends in an amount without a separator: alone in its cell, at the end of the column."""
        column, numbers, word = self.amount_column, line.numbers, line.words[-1]
        if column is None or numbers is None or word.text != word.cell.text or len(line.row.cells) < 2:
            return False
        round_amount = MIN_PLAIN_PRICE <= numbers.amount < MAX_PLAIN_PRICE and numbers.amount % 10 == 0
        return round_amount and abs(line.amount_x - column) < PLAIN_AMOUNT_REACH * line.row.height

    def next_line(self, index: int) -> Line | None:
        return self.lines[index + 1] if index + 1 < len(self.lines) else None


@dataclass(frozen=True, slots=True)
class _Pending:
    """A name, perhaps with its code, whose numbers are still to come."""

    name: str
    barcode: str | None
    rows: tuple[int, ...]
    name_cells: tuple[Cell, ...]
    code_cells: tuple[Cell, ...] = ()
    count: Quantity | None = None


class _Items:
    """The items read so far, and the name that waits for its numbers."""

    def __init__(self, roles: list[Role]) -> None:
        """`roles`: gets the roles of the items' rows."""
        self.all: list[LineItem] = []
        self.pending: _Pending | None = None
        self._detail: tuple[int, int, int] | None = None
        self._roles = roles

    @property
    def sum(self) -> int:
        """Sum of the amounts in won."""
        return sum(item.numbers.amount for item in self.all)

    def add_name(self, index: int, line: Line, *, continues: bool) -> None:
        """A row with a name only. continues: it is the rest of the pending name, which did not fit into one row."""
        above = self.pending if continues else None
        own = line.row.cells
        count = parse_quantity(own[-1].text) if len(own) > 1 else None
        if count and count.unit:  # a quantity in its own column
            own = own[:-1]
        text = " ".join(cell.text for cell in own)
        name = f"{above.name} {text}" if above else text
        rows, cells = (above.rows, above.name_cells) if above else ((), ())
        self.pending = _Pending(
            name, None, (*rows, index), (*cells, *own), count=count if count and count.unit else None
        )

    def add_specification(self, index: int) -> None:
        """A row about the item whose name waits, which is not part of the name."""
        if self.pending:
            self.pending = replace(self.pending, rows=(*self.pending.rows, index))

    def add_rest(self, index: int, line: Line) -> None:
        """A row with the rest of the name of the item above, whose numbers stand beside the first part."""
        item = self.all[-1]
        item.name = f"{item.name} {line.row.text}"
        item.name_cells += line.row.cells
        item.rows.append(index)
        self._roles[index] = Role.ITEM

    def close_bracket(self, index: int, line: Line) -> None:
        """A row with the bracket that closes the name of the item above: the only rest that did not fit."""
        item, bracket = self.all[-1], line.row.text.strip()
        if item.rows[-1] == index - 1 and item.name.count(OPENING[bracket]) > item.name.count(bracket):
            item.name += bracket
            item.rows.append(index)
            self._roles[index] = Role.ITEM

    def add_option(self, index: int) -> None:
        """A row without a price that belongs to the item above, together with the name that waits above it."""
        item = self.all[-1] if self.all else None
        rows = (*(self.pending.rows if self.pending else ()), index)
        self.pending = None
        if item is not None:
            item.rows += rows
            for row in rows:
                self._roles[row] = Role.ITEM

    def add_barcode(self, index: int, line: Line) -> None:
        """A row with a code and without numbers: it belongs to its own name, the pending name or the item above."""
        if self._has_code_below(index, line):
            self._add_code_to_last(index, line)
        elif line.is_named:
            self.pending = _Pending(line.name, line.barcode, (index,), line.name_cells, line.code_cells)
        elif self.pending:
            rows = (*self.pending.rows, index)
            self.pending = replace(self.pending, barcode=line.barcode, rows=rows, code_cells=line.code_cells)
        elif self.all and self.all[-1].barcode is None:
            self._add_code_to_last(index, line)

    def _has_code_below(self, index: int, line: Line) -> bool:
        """Whether the row has the code of the item directly above it, followed by the rest of that item's name."""
        above = self.all[-1] if self.all and not self.pending else None
        code_first = bool(line.words) and line.words[0].cell in line.code_cells and line.row.cells[0] in line.code_cells
        return above is not None and above.barcode is None and above.rows[-1] == index - 1 and code_first

    def _add_code_to_last(self, index: int, line: Line) -> None:
        item = self.all[-1]
        item.barcode, item.code_cells = line.barcode, line.code_cells
        item.rows.append(index)
        self._roles[index] = Role.ITEM

    def name_of(self, line: Line) -> str:
        """The name in a row with numbers, or the one that waits for them."""
        return line.name if line.is_named or not self.pending else self.pending.name

    def is_cancellation(self, line: Line) -> bool:
        """Whether the line says that it takes back an item."""
        numbers = line.numbers
        return numbers is not None and numbers.amount < 0 and CANCELLED.search(self.name_of(line)) is not None

    def cancel(self, index: int, line: Line, numbers: ItemNumbers) -> bool:
        """Take back the last item that the line names, or some of its pieces; whether there is one.

        The line says that it is a cancellation, or repeats the item with a negative quantity, unit price or amount.
        """
        name = CANCELLED.sub("", self.name_of(line))
        if not self.is_cancellation(line) and not _is_return(line, numbers) and not self._has(name, -numbers.amount):
            return False
        nameless = len(label_of(name)) <= len("직전") and self.all and self.all[-1].numbers.amount == -numbers.amount
        for item in reversed(self.all):
            if not nameless and (item.numbers.amount < -numbers.amount or not _is_same_name(name, item.name)):
                continue
            remaining = item.numbers.amount + numbers.amount
            price = item.numbers.unit_price
            if remaining == 0:
                self.all.remove(item)
            elif price and remaining % price == 0:
                item.numbers = replace(item.numbers, amount=remaining, quantity=Decimal(remaining // price))
            else:
                continue
            for row in (*self.take_pending(line), index):
                self._roles[row] = Role.ITEM
            return True
        return False

    def take_named(self, totals: list[TotalLine], lines: Sequence[Line]) -> None:
        """Give items the discounts below the list that name them, and that they do not have yet."""
        for total in [total for total in totals if total.marker is Marker.DISCOUNT and total.won < 0]:
            named = [item for item in self.all if self._names_discount(item, lines[total.row])]
            if len(named) == 1 and not named[0].discount and -total.won <= named[0].numbers.amount:
                named[0].discount = total.won
                named[0].rows.append(total.row)
                totals.remove(total)

    @staticmethod
    def _names_discount(item: LineItem, line: Line) -> bool:
        """Whether the name of a discount is that of an item: `두부 할인 -500`."""
        name = label_of(DISCOUNT_PARTS.sub("", line.name))
        return len(name) >= 2 and line.marker is None and _is_whole_name(name, item.name)

    def _has(self, name: str, amount: int) -> bool:
        """Whether a name is that of an item with that amount, rather than of a discount."""
        same = (item for item in self.all if item.numbers.amount == amount and _is_whole_name(name, item.name))
        return not DISCOUNT_PARTS.search(name) and label_of(name) != "" and any(same)

    def take_pending(self, line: Line) -> tuple[int, ...]:
        """The rows of the name that waits, if it is that of the numbers in the line. No name waits any more."""
        rows = self.pending.rows if self.pending and not line.is_named else ()
        self.pending = None
        return rows

    def add_numbers(self, index: int, line: Line, numbers: ItemNumbers, *, continues: bool = False) -> None:
        """A row with the numbers of an item: of its own name, the pending name or none.

        continues: the name of the row is the rest of the pending name.
        """
        above, source = self.pending, None if line.is_named else self.pending
        self.pending = None
        if continues and above:
            cells = (*above.name_cells, *line.name_cells)
            source = replace(above, name=f"{above.name} {line.name}", name_cells=cells)
        if source is None:
            name = line.name if line.is_named else line.barcode or UNREADABLE
            source = _Pending(name, line.barcode, (), line.name_cells if line.is_named else line.code_cells)
        if (printed := source.count) and (numbers.quantity is None or numbers.quantity_derived):
            numbers = replace(numbers, quantity=printed.value, unit=printed.unit, quantity_derived=False)
        item = LineItem(
            name=source.name,
            numbers=numbers,
            barcode=line.barcode or source.barcode,
            discount=numbers.discount,
            rows=sorted((*source.rows, index)),
            name_cells=source.name_cells,
            code_cells=line.code_cells or source.code_cells,
            number_cells=line.number_cells,
        )
        row, price, count = self._detail or (index, 0, 0)
        if row == index - 1 and numbers.amount == price * count and numbers.unit_price is None:
            item.numbers = _detailed(numbers, price, count)
            item.rows.insert(0, row)
        self.all.append(item)
        for row in item.rows:
            self._roles[row] = Role.ITEM

    def add_count(self, index: int, count: Quantity) -> None:
        """A row with the quantity of the last item. What was taken for its quantity is part of its name."""
        item, numbers = self.all[-1], self.all[-1].numbers
        item.name = _with_quantity(item)
        item.numbers = replace(numbers, quantity=count.value, unit=count.unit, quantity_derived=False)
        item.rows.append(index)
        self._roles[index] = Role.ITEM

    def multiply(self, index: int, line: Line) -> bool:
        """Give the item directly above the quantity and amount of a row with nothing else; whether they are its own."""
        item, numbers = self.all[-1] if self.all and not self.pending else None, line.numbers
        if item is None or numbers is None or line.is_named or numbers.quantity is None or item.rows[-1] != index - 1:
            return False
        price = item.numbers.amount
        if item.numbers.quantity is not None or numbers.quantity < 2 or price * numbers.quantity != numbers.amount:
            return False
        item.numbers = replace(numbers, unit_price=price, consistent=True)
        item.number_cells += line.number_cells
        item.rows.append(index)
        self._roles[index] = Role.ITEM
        return True

    def add_detail(self, index: int, price: int, count: int) -> None:
        """A row with unit price and quantity, if their product is the amount of the item above or below."""
        item = self.all[-1] if self.all and not self.pending else None
        if item is None or item.numbers.amount != price * count or item.numbers.product_confirmed:
            self._detail = index, price, count
            return
        item.name = _with_quantity(item)
        item.numbers = _detailed(item.numbers, price, count)
        item.rows.append(index)
        self._roles[index] = Role.ITEM

    def count_above(self, index: int, price: int, count: int) -> bool:
        """Give the item directly above the quantity and unit price of a row with other text, if that is its amount."""
        item = self.all[-1] if self.all and not self.pending else None
        if item is None or item.rows[-1] != index - 1 or item.numbers.amount != price * count:
            return False
        self.add_detail(index, price, count)
        return index in item.rows

    def add_discount(self, index: int, line: Line, *, whole: bool = False) -> TotalLine | None:
        """A discount on the last item or the one that it names.

        Returned as a total line if it is on the `whole` receipt.
        """
        named = [item for item in self.all if self._names_discount(item, line)]
        item, whole = (named[0], False) if len(named) == 1 else (self.all[-1], whole)
        won = -abs(line.numbers.amount) if line.numbers else 0
        self._roles[index] = Role.DISCOUNT
        rows = (*(self.pending.rows if self.pending else ()), index)
        self.pending = None
        if whole or WHOLE_RECEIPT.search(line.label) or -won > item.numbers.amount + item.discount:
            return TotalLine(Marker.DISCOUNT, won, index)
        item.discount += won
        item.rows += rows
        return None


def _with_quantity(item: LineItem) -> str:
    """The name with what was taken for a quantity, which is part of it because the quantity stands elsewhere."""
    numbers = item.numbers
    if numbers.quantity is None or numbers.quantity_derived or numbers.unit is None:
        return item.name
    return f"{item.name} {numbers.quantity}{numbers.unit}"


def _detailed(numbers: ItemNumbers, price: int, count: int) -> ItemNumbers:
    """The numbers of an item whose unit price and quantity stand in a row of their own."""
    return replace(numbers, unit_price=price, quantity=Decimal(count), quantity_derived=False, consistent=True)


class _Totals:
    """The total lines read so far, and the label that waits for its amount."""

    def __init__(self, roles: list[Role]) -> None:
        """`roles`: gets the roles of the total lines."""
        self.all: list[TotalLine] = []
        self._roles = roles
        self._pending: Marker | None = None

    def add(self, index: int, line: Line) -> None:
        """A row below the items, which may have a label, an amount, both or neither."""
        marker = line.marker
        if marker is None and line.numbers and line.numbers.amount < 0:
            marker = Marker.DISCOUNT
        if marker is None and not line.is_named and self._pending:
            marker = self._pending  # large print: the amount is in a row of its own
        self._pending = marker if line.numbers is None else None
        if marker is not None:
            self._roles[index] = ROLE_OF[marker]
        if marker is Marker.COUNT:
            return  # a number of pieces
        if line.numbers is not None and (marker is not None or line.numbers.is_money):
            self.all.append(TotalLine(marker, line.numbers.amount, index))

    def add_unmatched(self, rows: Sequence[int], won: int) -> None:
        """Rows with a negative amount, in the last of them, that take back something that is not in the list."""
        self.all.append(TotalLine(Marker.DISCOUNT, won, rows[-1]))
        for row in rows:
            self._roles[row] = Role.DISCOUNT

    def add_unlabelled_sum(self, index: int, won: int) -> None:
        """The sum of the items below a label that cannot be read."""
        self.all.append(TotalLine(Marker.SUM, won, index))
        self._roles[index] = Role.TOTAL


def _ends_list(line: Line, items: _Items) -> bool:
    return line.marker in ENDS_LIST and (bool(items.all) or line.marker is not Marker.PAYMENT)


def _is_sum_of_part(index: int, context: _Context) -> bool:
    """Whether the line has the sum or the title of a part of the list, such as `면세품목`: more of the list follows.

    What follows the sum of all items may have a quantity, too: vouchers, stamps, discounts.
    """
    line, following = context.lines[index], context.lines[index + 1 :]
    if line.marker not in SUMS_OF_PARTS:
        return False
    sums = [other.numbers.amount for other in following if other.marker in TOTALS and other.numbers]
    if line.numbers and sums and max(sums) <= line.numbers.amount:
        return False
    titled = bool(following) and PART_TITLE.fullmatch(following[0].row.text) is not None
    named = line.marker is Marker.SUBTOTAL and marker_of(line.label) is None
    for other in following:
        if other.marker in ENDS_LIST and other.marker not in SUMS_OF_PARTS:
            return False
        numbers = other.numbers
        if other.marker is None and numbers and numbers.amount > 0 and not DISCOUNT_PARTS.search(other.name):
            counted = other.is_named and numbers.quantity is not None and (titled or named)
            if counted or numbers.product_confirmed:
                return True
    return False


def _read_unpriced(index: int, line: Line, items: _Items, totals: _Totals) -> bool:
    """Read a line of a list of names and quantities; whether the list continues. It ends at the first amount."""
    numbers = line.numbers
    if numbers is None or not line.is_named:
        return True
    if numbers.is_money or not 1 <= numbers.amount <= MAX_PIECES:
        totals.add(index, line)
        return False
    items.add_numbers(index, line, ItemNumbers(0, False, quantity=Decimal(numbers.amount), consistent=False))
    return True


def _read_priced(index: int, context: _Context, items: _Items, totals: _Totals) -> bool:
    """Read a line of a list with prices; whether the list continues."""
    line = context.lines[index]
    if line.marker in (Marker.FEE, Marker.COUNT) and not (line.numbers and line.numbers.product_confirmed):
        totals.add(index, line)
    elif _is_given_away(line, context):
        numbers = ItemNumbers(0, False, quantity=Decimal(line.numbers.amount if line.numbers else 1), free=True)
        items.add_numbers(index, line, numbers)
    elif line.detail:
        items.add_detail(index, *line.detail)
        if line.barcode:
            items.add_barcode(index, replace(line, name=""))
    elif line.described and items.count_above(index, *line.described):
        pass
    elif line.numbers and line.numbers.amount < 0 and items.cancel(index, line, line.numbers):
        pass  # a void line: the item above is not bought
    elif line.numbers and items.is_cancellation(line):
        totals.add_unmatched([*items.take_pending(line), index], line.numbers.amount)
    elif _is_store_code(line, context, items):
        items.add_barcode(index, replace(line, barcode=line.row.text, code_cells=line.row.cells, numbers=None))
    elif _is_net(line, items) or _is_in_amount(index, context, items):
        items.add_option(index)
    elif not _names_below(index, context) and _is_discount(line, items):
        fee_above = any(total.marker is Marker.FEE and total.row > items.all[-1].rows[-1] for total in totals.all)
        if discount := items.add_discount(index, line, whole=fee_above or _is_below_items(index, context, items)):
            totals.all.append(discount)
    elif _is_coupon(index, context, items):
        items.add_discount(index, line)
    elif items.multiply(index, line):
        pass  # the quantity and amount of the item above, whose unit price stands beside its name
    elif _is_count_of_all(index, context, items):
        pass
    elif count := _count_below(index, line, items):
        items.add_count(index, count)
    elif _is_sum_of(index, context, items):
        totals.add_unlabelled_sum(index, items.sum)
        return False
    elif _is_weight_of(index, line, items) or _is_free_option(line, items, context):
        items.add_option(index)
    elif line.numbers is not None and _are_item_numbers(index, context, items) and not _names_next(index, context):
        numbers = replace(line.numbers, free=line.numbers.amount == 0)
        items.add_numbers(index, line, numbers, continues=_ends_name(index, context, items))
    elif line.barcode and items.pending and NOTICE_PARTS.search(line.row.text):
        pass  # such as the number of an animal below the name of its meat
    elif line.barcode:
        items.add_barcode(index, line)
    elif items.all and is_choice(line.row.text) and not _names_below(index, context):
        items.add_option(index)
    elif index in context.rests_below and items.all and not items.pending:
        items.add_rest(index, line)
    elif CLOSING.fullmatch(line.row.text) and items.all and not items.pending:
        items.close_bracket(index, line)
    elif MEASURE.fullmatch(line.row.text) or DATED.search(line.row.text) or TAG_ROW.fullmatch(line.row.text):
        pass
    elif items.pending and items.pending.rows[-1] == index - 1 and SPECIFICATION.fullmatch(line.row.text):
        items.add_specification(index)
    elif line.is_named and (_is_name_above(index, context) or not NOTICE_PARTS.search(line.row.text)):
        items.add_name(index, line, continues=_continues_name(index, context, items))
    return True


def _names_below(index: int, context: _Context) -> bool:
    """Whether the row is the name of the item whose code or numbers stand below, although it looks like a remark."""
    line, below = context.lines[index], context.next_line(index)
    if _names_code_below(index, context):
        return True
    numbers = below.numbers if below and not below.is_named and not below.barcode else None
    counted = numbers is not None and numbers.quantity is not None and numbers.amount >= 0
    return counted and line.numbers is None and bool(GIVEN_AWAY.search(line.name) or is_choice(line.row.text))


def _is_name_above(index: int, context: _Context) -> bool:
    """Whether the row is the name of what is bought or taken back in the row below."""
    line, below = context.lines[index], context.next_line(index)
    returned = below is not None and not below.is_named and below.numbers is not None and below.numbers.amount < 0
    return _names_code_below(index, context) or (returned and CANCELLED.search(line.name) is not None)


def _is_cancelled_above(index: int, context: _Context) -> bool:
    """Whether the row above says that it takes back an item, and this one has the negative numbers."""
    line, above = context.lines[index], context.lines[index - 1] if index else None
    negative = line.numbers is not None and line.numbers.amount < 0 and not line.is_named
    return negative and above is not None and CANCELLED.search(above.row.text) is not None


def _is_same_name(first: str, second: str) -> bool:
    return fuzz.partial_ratio(jamo(label_of(first)), jamo(label_of(second))) >= MIN_SAME_NAME


def _is_whole_name(first: str, second: str) -> bool:
    """Whether two names are the same and not only one a part of the other, such as a burger and its menu."""
    return fuzz.ratio(jamo(label_of(first)), jamo(label_of(second))) >= MIN_WHOLE_NAME


def _names_code_below(index: int, context: _Context) -> bool:
    """Whether the row is the name of the item whose code and numbers stand alone in the row below.

    Words for discounts and notices may then be part of the name.
    """
    line, below = context.lines[index], context.next_line(index)
    if below is None or below.is_named or below.numbers is None or below.numbers.amount <= 0 or line.barcode:
        return False
    confirmed = bool(below.barcode) or below.numbers.product_confirmed
    negative = line.numbers is not None and (line.numbers.amount < 0 or line.numbers.is_money)
    return confirmed and not negative and len(label_of(DISCOUNT_PARTS.sub("", line.name))) >= 2 and line.marker is None


def _ends_name(index: int, context: _Context, items: _Items) -> bool:
    """Whether the name beside the numbers is the rest of the name above, which reaches into the columns of numbers."""
    line = context.lines[index]
    if items.pending is None or items.pending.barcode or items.pending.rows[-1] != index - 1 or not line.is_named:
        return False
    numbers = [cell.x0 for cell in line.number_cells if cell not in line.name_cells]
    if index - 1 in context.rests_above:
        return True
    above, starts_anew = context.lines[index - 1], LEADING_NUMBER.match(line.row.text)
    if above.numbers is not None or starts_anew or not numbers or not context.titled:
        return False
    return above.row.cells[-1].x1 > min(numbers) + above.row.height


def _continues_name(index: int, context: _Context, items: _Items) -> bool:
    """Whether the row is the rest of the name in the row above, which reaches the right edge of the list."""
    column = context.amount_column
    if items.pending is None or items.pending.barcode or items.pending.rows[-1] != index - 1 or column is None:
        return False
    above = context.lines[index - 1]
    wide = above.row.cells[-1].x1 > column - above.row.height
    numbered = LEADING_NUMBER.match(above.row.text) and not LEADING_NUMBER.match(context.lines[index].row.text)
    return _names_code_below(index, context) and bool(wide or (numbered and context.numbered))


def _is_store_code(line: Line, context: _Context, items: _Items) -> bool:
    """Whether the row is a short in-store item code, which elsewhere would be an amount."""
    return STORE_CODE.match(line.row.text) is not None and bool(items.all) and not context.in_amount_column(line)


def _is_discount(line: Line, items: _Items) -> bool:
    """Whether the line is a discount on what is above it."""
    numbers = line.numbers
    if not items.all or (numbers and (numbers.free or _is_return(line, numbers))):
        return False
    if numbers and numbers.amount < 0:
        return not (items.pending and line.barcode)
    if items.pending or line.barcode or not DISCOUNT_PARTS.search(line.name):
        return False
    # The minus sign was lost: a single amount beside a word for a discount, smaller than the item above.
    if numbers is not None and not REDUCTION.search(line.name) and len(label_of(PROMOTION.sub("", line.name))) > 1:
        return False  # an item on offer: `두부 1+1`
    return numbers is None or (
        numbers.unit_price is None and numbers.quantity is None and numbers.amount < items.all[-1].numbers.amount
    )


def _is_below_items(index: int, context: _Context, items: _Items) -> bool:
    """Whether a discount stands below the list: under a title of its own, or a blank row."""
    lines, last = context.lines, items.all[-1].rows[-1]
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


def _is_given_away(line: Line, context: _Context) -> bool:
    """Whether the line has a word for something given away, a quantity, and nothing in the column of amounts."""
    numbers, column = line.numbers, context.amount_column
    if numbers is None or numbers.is_money or numbers.quantity is not None or numbers.unit_price is not None:
        return False
    apart = column is not None and line.amount_x < column - AMOUNT_COLUMN_REACH * line.row.height
    counted = 1 <= numbers.amount <= MAX_PIECES and line.words[-1].text == line.words[-1].cell.text
    return apart and counted and GIFT.match(line.name) is not None


def _is_net(line: Line, items: _Items) -> bool:
    """Whether the line says what the item above costs after its discounts."""
    item, numbers = items.all[-1] if items.all and not items.pending else None, line.numbers
    if item is None or numbers is None or numbers.quantity is not None or not item.discount:
        return False
    return bool(DISCOUNT_PARTS.search(line.name)) and numbers.amount == item.numbers.amount + item.discount


def _is_in_amount(index: int, context: _Context, items: _Items) -> bool:
    """Whether the line says by how much the amount of the item above is below the regular price, printed beside it."""
    line, item = context.lines[index], items.all[-1] if items.all and not items.pending else None
    if item is None or line.numbers is None or not _is_discount(line, items):
        return False
    regular = item.numbers.amount + abs(line.numbers.amount)
    printed = (parse_amount(word.text) for row in item.rows for word in context.lines[row].words)
    return any(
        price and price.is_money and regular in (price.won, price.won * (item.numbers.quantity or 1))
        for price in printed
    )


def _is_coupon(index: int, context: _Context, items: _Items) -> bool:
    """Whether the row is a discount without its sign: indented, in a list in which every item has a unit price."""
    line, numbers = context.lines[index], context.lines[index].numbers
    if numbers is None or not items.all or items.pending or line.barcode or not line.is_named:
        return False
    if numbers.unit_price is not None or numbers.quantity is not None or context.name_edge is None:
        return False
    indented = line.name_cells[0].x0 > context.name_edge + MIN_INDENT * line.row.height
    smaller = 0 < numbers.amount < items.all[-1].numbers.amount + items.all[-1].discount
    return indented and smaller and not LEADING_NUMBER.match(line.row.text) and context.priced


def _count_below(index: int, line: Line, items: _Items) -> Quantity | None:
    """The count that the row consists of, below an item whose row has a name and one amount: delivery apps."""
    item = items.all[-1] if items.all and not items.pending else None
    if item is None or item.rows[-1] != index - 1 or len(line.words) > 2:
        return None
    match = COUNT_ROW.match(line.row.text)
    numbers = item.numbers
    if match is None or numbers.unit_price is not None or (numbers.quantity is not None and numbers.unit is None):
        return None
    return parse_quantity((match[1] or match[2]).replace(" ", ""))


def _is_count_of_all(index: int, context: _Context, items: _Items) -> bool:
    """Whether the row has the number of all pieces, in a list whose items have no rows with their counts."""
    match = COUNT_ROW.match(context.lines[index].row.text)
    if match is None or len(items.all) < 2 or items.pending:
        return False
    counted = any(COUNT_ROW.match(context.lines[item.rows[-1]].row.text) for item in items.all[:-1])
    pieces = sum(item.numbers.quantity or 1 for item in items.all)
    return not counted and pieces == int("".join(filter(str.isdigit, match[0])))


def _is_sum_of(index: int, context: _Context, items: _Items) -> bool:
    """Whether the line is the sum of the items below a label that cannot be read.

    It is an item that happens to cost as much as those above it if a larger sum stands further below.
    """
    line = context.lines[index]
    numbers = line.numbers
    if len(items.all) < 2 or line.barcode or numbers is None or numbers.unit_price is not None:
        return False
    pieces = sum(item.numbers.quantity or 1 for item in items.all)
    if numbers.amount != items.sum or numbers.quantity not in (None, pieces):
        return False
    below = [other for other in context.lines[index + 1 :] if other.marker in TOTALS]
    return not any(other.numbers and other.numbers.amount > items.sum for other in below)


def _is_weight_of(index: int, line: Line, items: _Items) -> bool:
    """Whether the line has only the weight of the item directly above and its price per weight: `0.7kg @100g 1,590`."""
    item = items.all[-1] if items.all and not items.pending else None
    below = item is not None and item.rows[-1] == index - 1 and line.numbers is not None
    return below and line.is_named and MEASURE.fullmatch(line.row.text) is not None and "g" in line.name.lower()


def _is_free_option(line: Line, items: _Items, context: _Context) -> bool:
    """Whether the line is a choice at no charge, rather than something that is given away.

    Choices have words of their own, or start further right than names.
    """
    numbers = line.numbers
    if numbers is None or numbers.amount != 0 or line.barcode:
        return False
    if items.all and CHOICE.search(items.name_of(line)):
        return True
    if numbers.free or (not line.is_named and items.pending and GIVEN_AWAY.search(items.pending.name)):
        return False
    if numbers.quantity is None:
        return line.row.text.rstrip().endswith("원")
    starts = [cells[0].x0 for cells in (item.name_cells for item in items.all) if cells]
    aligned = bool(starts) and line.row.cells[0].x0 <= median(starts) + MAX_OFFSET * line.row.height
    if line.is_named and aligned and not ABOUT_CHOICES.search(line.name):
        return False
    if numbers.unit_price is not None:
        return True
    again = line.is_named and any(_is_whole_name(line.name, item.name) for item in items.all)
    return not again and GIVEN_AWAY.search(line.name) is None


def _are_item_numbers(index: int, context: _Context, items: _Items) -> bool:
    """Whether the numbers of the line belong to an item and not to its name, an address or a notice."""
    line = context.lines[index]
    numbers = line.numbers
    if numbers is None or (NOTICE_PARTS.search(line.name) and not numbers.product_confirmed):
        return False
    if line.label in COLUMNS:
        return False
    if numbers.amount == 0:
        counted = numbers.quantity is not None or (items.all and COUNT_BEFORE.match(line.name))
        return bool(counted and (line.is_named or line.barcode or items.pending))
    if numbers.amount < 0 and not _is_return(line, numbers):
        return False
    if line.is_named and line.marker is not None and not numbers.product_confirmed:
        return False
    complete = numbers.quantity is not None or numbers.unit_price is not None
    if not context.titled:
        if line.barcode and complete:
            return True
        may_be_below = numbers.product_confirmed or (context.stacked and _has_only_amount(line))
        below_name = items.pending is not None and items.pending.rows[-1] == index - 1 and may_be_below
        named = line.is_named or below_name or _is_between_items(index, context, items)
        small = numbers.amount < MIN_SEPARATED or bool(items.all)
        alone = small and context.ends_in_plain_amount(line)
        priced = numbers.is_money or complete or alone or (context.plain and numbers.amount >= MIN_PLAIN_PRICE)
        return named and priced and context.in_amount_column(line)
    if not (line.is_named or line.barcode or items.pending):
        return numbers.unit_price is not None and numbers.consistent
    return numbers.is_money or numbers.unit_price is not None or context.in_amount_column(line)


def _is_between_items(index: int, context: _Context, items: _Items) -> bool:
    """Whether a nameless row with a quantity has an item above it and another one directly below."""
    numbers, below = context.lines[index].numbers, context.next_line(index)
    return bool(
        items.all
        and numbers is not None
        and numbers.quantity is not None
        and below
        and below.is_named
        and below.marker is None
        and below.numbers is not None
        and below.numbers.amount > 0
    )


def _names_next(index: int, context: _Context) -> bool:
    """Whether the number in the line belongs to a name, because the item's numbers follow in the row with its code."""
    numbers, below = context.lines[index].numbers, context.next_line(index)
    single = numbers is not None and numbers.unit_price is None and not numbers.is_money
    return bool(
        single
        and below
        and below.barcode
        and not below.is_named
        and below.numbers is not None
        and below.numbers.amount > 0
    )


def _is_return(line: Line, numbers: ItemNumbers) -> bool:
    """Whether an item was returned: a negative amount with quantity and unit price, like an item's."""
    return numbers.amount < 0 and numbers.product_confirmed and not DISCOUNT_PARTS.search(line.name)


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


def _are_stacked(lines: Sequence[Line]) -> bool:
    """Whether several names before the first sum have their amounts below them, in rows of their own."""
    end = next((index for index, line in enumerate(lines) if line.marker in ENDS_LIST), len(lines))
    names = [line.is_named and line.numbers is None and line.marker is None for line in lines[:end]]
    return sum(named and _has_only_amount(line) for named, line in zip(names, lines[1:end], strict=False)) > 1


def _has_only_amount(line: Line) -> bool:
    """Whether the row has nothing but an amount, perhaps with a quantity before it."""
    numbers = line.numbers
    certain = numbers is not None and (numbers.is_money or numbers.quantity is not None)
    return certain and not line.is_named and not line.barcode


def _amount_column(lines: Sequence[Line]) -> float | None:
    """Where amounts end on the right, in pixels, or None without amounts.

    The right edge of an amount with a quantity or a total's label that most of these and other certain amounts share;
    without those, of others. Sums in the text of card slips, or by kind of tax, stand elsewhere.
    """
    amounts = [(line, line.numbers) for line in lines if line.numbers and line.numbers.amount >= MIN_PRICE]
    listed = [line for line, numbers in amounts if numbers.quantity is not None or line.marker in ENDS_LIST]
    certain = [line for line, numbers in amounts if numbers.is_money]
    candidates = listed or certain

    def support(line: Line) -> int:
        reach = AMOUNT_COLUMN_REACH * line.row.height
        return sum(abs(other.amount_x - line.amount_x) < reach for other in (*candidates, *certain))

    best = max(candidates, key=support, default=None)
    if best is None:
        return None
    reach = AMOUNT_COLUMN_REACH * best.row.height
    return median(line.amount_x for line in candidates if abs(line.amount_x - best.amount_x) < reach)
