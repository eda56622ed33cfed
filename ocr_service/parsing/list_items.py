"""The line items of a list as they are read, row by row, and the name that waits for its numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from statistics import median

from rapidfuzz import fuzz

from ocr_service.fields import ItemField, Role
from ocr_service.parsing.item_numbers import MAX_PLAIN_COUNT, WEIGHTS, ItemNumbers
from ocr_service.parsing.labels import (
    CANCELLED,
    DISCOUNT_PARTS,
    Marker,
    jamo,
    label_of,
)
from ocr_service.parsing.lines import TAX_MARK, UNIT_GAP, Line
from ocr_service.parsing.money import Quantity, clipped_amount, parse_quantity
from ocr_service.parsing.rows import Cell

UNREADABLE = "?"
"""Name of an item whose numbers are certain but whose name was not found."""
WHOLE_RECEIPT = re.compile(
    r"^(?:총|전체|합계|누적|주문|장바구니|첫구매|첫주문|결제|배송|영수증)|(?:합계|총액|총계)$|공병|빈병"
)
"""Names of discounts on the whole receipt."""
BRACKETED_NUMBER = re.compile(r"\W*[\[(<](\d{1,3})[\])>]")
"""A line number in brackets at the start of a row: `[03]`."""
BROKEN_NUMBER = re.compile(r"(\d[\d.]{0,6})\n([.,]?\d{0,6})\s?(kg|g|ml|l|cm|mm|m)(?![A-Za-z])", re.IGNORECASE)
"""The end of a row and the start of the next that may be the two parts of a size."""
MAX_SIZE, MAX_LARGE_UNITS = 9999, 999
"""Numbers of small units, and of kilograms, litres and metres, in a size."""
OPENING = {")": "(", "]": "["}
MAX_OFFSET = 0.4
"""How far, in row heights, names of items may start right of the others."""
MIN_SAME_NAME = 80.0
"""Percentage of common letters from which a line names the same product as an item."""
MIN_WHOLE_NAME = 90.0
"""Percentage of common letters from which two names are the same as a whole."""


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

    @property
    def is_clipped(self) -> bool:
        """Whether the amount still lacks the digits that were not detected: not if the box before has them."""
        last = self.number_cells[-1].text.split() if self.number_cells else []
        return any(clipped_amount(word) == self.numbers.amount for word in last)

    @property
    def is_without_amount(self) -> bool:
        """Whether there is only a quantity: the amount was not detected, or it is a part of the item above."""
        numbers = self.numbers
        return (
            sum(len(cell.text.split()) for cell in self.number_cells) == 1
            and numbers.amount_derived
            and numbers.amount == 0
            and numbers.unit_price is None
            and numbers.quantity is not None
        )


@dataclass(frozen=True, slots=True)
class TotalLine:
    """An amount in won below the items, and the kind of its label; None if the label is unknown or unreadable."""

    marker: Marker | None
    won: int
    row: int


@dataclass(frozen=True, slots=True)
class PendingName:
    """A name, perhaps with its code, whose numbers are still to come. discount: won, at most 0, printed before them."""

    name: str
    barcode: str | None
    rows: tuple[int, ...]
    name_cells: tuple[Cell, ...]
    code_cells: tuple[Cell, ...] = ()
    count: Quantity | None = None
    discount: int = 0


class Items:
    """The items read so far, and the name that waits for its numbers."""

    def __init__(self, roles: list[Role]) -> None:
        """`roles`: gets the roles of the items' rows."""
        self.all: list[LineItem] = []
        self.pending: PendingName | None = None
        self._detail: tuple[int, int, int] | None = None
        self._code_above: tuple[int, Line] | None = None
        self._roles = roles

    @property
    def above(self) -> LineItem | None:
        """The last item, unless a name below it waits for its numbers."""
        return self.all[-1] if self.all and not self.pending else None

    @property
    def sum(self) -> int:
        """Sum of the amounts in won."""
        return sum(item.numbers.amount for item in self.all)

    @property
    def discount(self) -> int:
        """Sum of the discounts in won, at most 0."""
        return sum(item.discount for item in self.all)

    def start_beside(self, line: Line) -> bool:
        """Whether the names of the items start where the line does, rather than left of it."""
        starts = [item.name_cells[0].x0 for item in self.all if item.name_cells]
        return bool(starts) and line.row.cells[0].x0 <= median(starts) + MAX_OFFSET * line.row.height

    def add_name(self, index: int, line: Line, *, continues: bool) -> None:
        """A row with a name only. continues: it is the rest of the pending name, which did not fit into one row."""
        above = self.pending if continues else None
        own = line.row.cells
        if len(own) > 1 and TAX_MARK.fullmatch(own[-1].text) and own[-1].x0 - own[-2].x1 > UNIT_GAP * line.row.height:
            own = own[:-1]
        count = parse_quantity(own[-1].text) if len(own) > 1 else None
        if count and count.unit:  # a quantity in its own column
            own = own[:-1]
        text = " ".join(cell.text for cell in own)
        name = _continued(above.name, text) if above else text
        rows, cells = (above.rows, above.name_cells) if above else ((), ())
        self.pending = PendingName(
            name, None, (*rows, index), (*cells, *own), count=count if count and count.unit else None
        )

    def add_specification(self, index: int, count: Quantity | None) -> None:
        """A row about the item whose name waits, which is not part of the name but may be the quantity."""
        if self.pending:
            rows = (*self.pending.rows, index)
            self.pending = replace(self.pending, rows=rows, count=count or self.pending.count)

    def add_discount_ahead(self, index: int, line: Line) -> None:
        """A discount on the item whose name waits, printed before its amount."""
        if self.pending and line.numbers:
            rows = (*self.pending.rows, index)
            self.pending = replace(self.pending, rows=rows, discount=self.pending.discount + line.numbers.amount)

    def add_rest(self, index: int, line: Line) -> None:
        """A row with the rest of the name of the item above, whose numbers stand beside the first part."""
        item = self.all[-1]
        item.name = _continued(item.name, line.row.text)
        item.name_cells += line.row.cells
        item.rows.append(index)
        self._roles[index] = Role.ITEM

    def close_bracket(self, index: int, line: Line) -> None:
        """A row with the bracket that closes the name of the item above: the only rest that did not fit."""
        bracket = line.row.text.strip()
        if self.pending:
            if self.pending.rows[-1] == index - 1 and _is_open(self.pending.name, bracket):
                rows = (*self.pending.rows, index)
                self.pending = replace(self.pending, name=self.pending.name + bracket, rows=rows)
            return
        item = self.all[-1]
        if item.rows[-1] == index - 1 and _is_open(item.name, bracket):
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
            self.pending = PendingName(line.name, line.barcode, (index,), line.name_cells, line.code_cells)
        elif self.pending:
            rows = (*self.pending.rows, index)
            self.pending = replace(self.pending, barcode=line.barcode, rows=rows, code_cells=line.code_cells)
        elif self.all and self.all[-1].barcode is None:
            self._add_code_to_last(index, line)

    def add_code_above(self, index: int, line: Line) -> None:
        """A row with the code of the item whose name stands below."""
        self._code_above = index, line
        self.pending = None

    def _has_code_below(self, index: int, line: Line) -> bool:
        """Whether the row has the code of the item directly above it, followed by the rest of that item's name."""
        above = self.above
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
        """Take back the item that the line names best, the last of several, or some pieces; whether there is one.

        The line says that it is a cancellation, or repeats the item with a negative quantity, unit price or amount.
        """
        name = CANCELLED.sub("", self.name_of(line))
        if not self.is_cancellation(line) and not is_return(line, numbers) and not self._has(name, numbers):
            return False
        last = self.all[-1].numbers if self.all else None
        nameless = len(label_of(name)) <= len("직전") and last is not None and last.amount == -numbers.amount
        if not label_of(name) and last is not None:  # some pieces of the item above: `정정 5,480 -1 -5,480`
            nameless |= last.unit_price == numbers.unit_price and numbers.quantity is not None
        last_first = [item for item in reversed(self.all) if _remaining(item.numbers, numbers) is not None]
        last_first = [item for item in last_first if nameless or _is_same_name(name, item.name)]
        if not nameless:  # others may differ only in the size of a cup
            last_first.sort(key=lambda item: _similarity(name, item.name), reverse=True)
        for item in last_first:
            remaining = _remaining(item.numbers, numbers)
            if remaining is None:
                continue
            if remaining.amount == 0:
                self.all.remove(item)
            else:
                item.numbers = remaining
            for row in (*self.take_pending(line), index):
                self._roles[row] = Role.ITEM
            return True
        return False

    def take_named(self, totals: list[TotalLine], lines: Sequence[Line]) -> None:
        """Give items the discounts below the list that name them or have their line numbers, unless they have one."""
        for total in [total for total in totals if total.marker is Marker.DISCOUNT and total.won < 0]:
            named = [item for item in self.all if self._names_discount(item, lines[total.row])]
            named = named or self._numbered(lines[total.row], lines)
            if len(named) == 1 and not named[0].discount and -total.won <= named[0].numbers.amount:
                named[0].discount = total.won
                named[0].rows.append(total.row)
                totals.remove(total)

    def _numbered(self, line: Line, lines: Sequence[Line]) -> list[LineItem]:
        """The items with the line number of a discount, if all items have one in brackets: `[03] 쿠폰 -4,000`."""
        numbers = [_line_number(lines[item.rows[0]].row.text) for item in self.all]
        if numbers != [*range(1, len(numbers) + 1)]:
            return []
        return [item for item, number in zip(self.all, numbers, strict=True) if number == _line_number(line.row.text)]

    @staticmethod
    def _names_discount(item: LineItem, line: Line) -> bool:
        """Whether the name of a discount is that of an item: `두부 할인 -500`."""
        name = label_of(DISCOUNT_PARTS.sub("", line.name))
        return len(name) >= 2 and line.marker is None and is_whole_name(name, item.name)

    def _has(self, name: str, numbers: ItemNumbers) -> bool:
        """Whether a name is that of an item with that amount, or of pieces of it, rather than of a discount."""
        if DISCOUNT_PARTS.search(name) or label_of(name) == "":
            return False
        counted = numbers.quantity is not None and not numbers.quantity_derived
        return any(
            (item.numbers.amount == -numbers.amount or (counted and _remaining(item.numbers, numbers)))
            and is_whole_name(name, item.name)
            for item in self.all
        )

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
            source = replace(above, name=_continued(above.name, line.name), name_cells=cells)
        if source is None:
            name = line.name if line.is_named else line.barcode or UNREADABLE
            source = PendingName(name, line.barcode, (), line.name_cells if line.is_named else line.code_cells)
        printed = source.count
        if printed and printed.value > MAX_PLAIN_COUNT and numbers.amount % printed.value:
            printed = None  # the size of a pack
        if printed and (numbers.quantity is None or numbers.quantity_derived):
            numbers = replace(numbers, quantity=printed.value, unit=printed.unit, quantity_derived=False)
        item = LineItem(
            name=source.name,
            numbers=numbers,
            barcode=line.barcode or source.barcode,
            discount=numbers.discount + source.discount,
            rows=sorted((*source.rows, index)),
            name_cells=source.name_cells,
            code_cells=line.code_cells or source.code_cells,
            number_cells=line.number_cells,
        )
        if self._code_above and item.barcode is None:
            row, coded = self._code_above
            item.barcode, item.code_cells = coded.barcode, coded.code_cells
            item.rows.insert(0, row)
        self._code_above = None
        row, price, count = self._detail or (index, 0, 0)
        if row == index - 1 and numbers.amount == price * count and numbers.unit_price is None:
            item.numbers = _detailed(numbers, price, count)
            item.rows.insert(0, row)
        self.all.append(item)
        for row in item.rows:
            self._roles[row] = Role.ITEM

    def add_rows(self, others: Mapping[int, int]) -> None:
        """Rows that belong to an item, each with the index of a row that it was read from."""
        for index, read in others.items():
            for item in self.all:
                if read in item.rows:
                    item.rows = sorted([*item.rows, index])
                    self._roles[index] = Role.ITEM

    def add_count(self, index: int, count: Quantity) -> None:
        """A row with the quantity of the last item. What was taken for its quantity is part of its name."""
        item, numbers = self.all[-1], self.all[-1].numbers
        item.name = _with_quantity(item)
        item.numbers = replace(numbers, quantity=count.value, unit=count.unit, quantity_derived=False)
        item.rows.append(index)
        self._roles[index] = Role.ITEM

    def multiply(self, index: int, line: Line) -> bool:
        """Give the item directly above the quantity and amount of a row with nothing else; whether they are its own."""
        item, numbers = self.above, line.numbers
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
        item = self.above
        if item is None or item.numbers.amount != price * count or item.numbers.product_confirmed:
            self._detail = index, price, count
            return
        item.name = _with_quantity(item)
        item.numbers = _detailed(item.numbers, price, count)
        item.rows.append(index)
        self._roles[index] = Role.ITEM

    def count_above(self, index: int, price: int, count: int) -> bool:
        """Give the item directly above the quantity and unit price of a row with other text, if that is its amount."""
        item = self.above
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


def _is_open(name: str, bracket: str) -> bool:
    """Whether the last bracket in the name lacks the one that closes it. Others may close without being opened."""
    return name.rfind(OPENING[bracket]) > name.rfind(bracket)


def _continued(name: str, rest: str) -> str:
    """The name with its rest in the row below, which may begin within a number or before its unit: `90` and `0ml`."""
    size = BROKEN_NUMBER.search(f"{name}\n{rest}")
    return f"{name}{rest}" if size and _is_one_size(*size.groups()) else f"{name} {rest}"


def _is_one_size(number: str, more: str, unit: str) -> bool:
    """Whether two numbers are the parts of one, rather than a number in a name and a size: `비타 500` and `100ml`."""
    if not more.isdigit() or "." in number:
        return True
    whole = int(number + more)
    if unit.lower() in ("kg", "l", "m"):
        return whole <= MAX_LARGE_UNITS
    # Sizes from 1,000 are round: `1` and `500ml` is one, `4` and `140g` is not.
    return whole <= MAX_SIZE and (len(more) < len("100") or whole % 100 == 0)


def _line_number(text: str) -> int | None:
    match = BRACKETED_NUMBER.match(text)
    return int(match[1]) if match else None


def _with_quantity(item: LineItem) -> str:
    """The name with what was taken for a quantity, which is part of it because the quantity stands elsewhere."""
    numbers = item.numbers
    if numbers.quantity is None or numbers.quantity_derived or numbers.unit is None:
        return item.name
    return f"{item.name} {numbers.quantity}{numbers.unit}"


def _detailed(numbers: ItemNumbers, price: int, count: int) -> ItemNumbers:
    """The numbers of an item whose unit price and quantity stand in a row of their own."""
    return replace(numbers, unit_price=price, quantity=Decimal(count), quantity_derived=False, consistent=True)


def is_return(line: Line, numbers: ItemNumbers) -> bool:
    """Whether an item was returned: a negative amount with quantity and unit price, like an item's."""
    return numbers.amount < 0 and numbers.product_confirmed and not DISCOUNT_PARTS.search(line.name)


def _remaining(numbers: ItemNumbers, returned: ItemNumbers) -> ItemNumbers | None:
    """The numbers of an item without the pieces that a void line takes back; None if they are not pieces of it.

    Without a printed unit price, the quantity implies it, and that of the void line must be the same.
    """
    amount = numbers.amount + returned.amount
    if amount == 0:
        return replace(numbers, amount=0)
    price = numbers.unit_price or _price_of_piece(numbers)
    if price is None or amount < 0 or amount % price:
        return None
    if not numbers.unit_price and _price_of_piece(returned) not in (None, -price):
        return None
    return replace(numbers, amount=amount, quantity=Decimal(amount // price))


def _price_of_piece(numbers: ItemNumbers) -> int | None:
    """What the amount of a printed number of pieces implies for one of them, in won."""
    pieces = numbers.quantity
    if pieces is None or numbers.unit in WEIGHTS or pieces % 1 or numbers.amount % int(pieces):
        return None
    return numbers.amount // int(pieces)


def _is_same_name(first: str, second: str) -> bool:
    return fuzz.partial_ratio(jamo(label_of(first)), jamo(label_of(second))) >= MIN_SAME_NAME


def is_whole_name(first: str, second: str) -> bool:
    """Whether two names are the same and not only one a part of the other, such as a burger and its menu."""
    return _similarity(first, second) >= MIN_WHOLE_NAME


def _similarity(first: str, second: str) -> float:
    """Percentage of common letters of two names as a whole."""
    return fuzz.ratio(jamo(label_of(first)), jamo(label_of(second)))
