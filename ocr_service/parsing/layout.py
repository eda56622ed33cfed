"""Rows of a receipt to item entries, total lines and a role for every row.

The item list starts under the column titles and ends at the first total. A receipt without titles (convenience
stores) lists items as `name quantity amount` rows. An entry may take several rows: its name, its barcode with
the figures, its discounts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from statistics import median

from ocr_service.fields import Field, Role
from ocr_service.parsing.item_numbers import MOST_PIECES, SMALLEST_PRICE, Figures
from ocr_service.parsing.labels import DISCOUNT_PARTS, NOTICE_PARTS, Marker, is_column_titles
from ocr_service.parsing.lines import STORE_CODE, Line
from ocr_service.parsing.rows import Cell, Row

WHOLE_RECEIPT = re.compile(r"^(?:총|전체|합계|누적)|(?:합계|총액|총계)$")
"""Names of discounts on everything that was bought."""
COUNT_COLUMNS = re.compile(r"단\s*가|금\s*액|가\s*격|합\s*계")
"""Titles of columns with money; some shops print none."""
ENDS_LIST = frozenset({Marker.PAYABLE, Marker.SUM, Marker.SUBTOTAL, Marker.TAX, Marker.SUPPLY, Marker.PAYMENT})
AMOUNT_COLUMN_REACH = 3.0
"""How far, in row heights, an amount without a separator may end from the column of amounts."""


UNREADABLE = "?"
"""Name of an item whose figures are certain and whose name is not there."""


ROLE_OF = {
    Marker.PAYABLE: Role.TOTAL,
    Marker.SUM: Role.TOTAL,
    Marker.SUBTOTAL: Role.SUBTOTAL,
    Marker.SUPPLY: Role.SUBTOTAL,
    Marker.TAX: Role.TAX,
    Marker.DISCOUNT: Role.DISCOUNT,
    Marker.PAYMENT: Role.PAYMENT,
}


@dataclass(slots=True)
class Entry:
    """One purchased article as printed. `barcode`: digits as read, not yet checked; discount: won, at most 0;
    `rows`: indexes of its rows; `name_cells` and so on: what each part was read from; `repaired`: what is not as
    read."""

    name: str
    figures: Figures
    barcode: str | None = None
    discount: int = 0
    rows: list[int] = field(default_factory=list)
    name_cells: tuple[Cell, ...] = ()
    code_cells: tuple[Cell, ...] = ()
    figure_cells: tuple[Cell, ...] = ()
    repaired: frozenset[Field] = frozenset()


@dataclass(frozen=True, slots=True)
class TotalLine:
    """An amount below the items, in won, and what its label says; None if the label is unknown or unreadable."""

    marker: Marker | None
    won: int
    row: int


@dataclass(slots=True)
class Layout:
    """The receipt taken apart; `roles` has one role a row. `list_start`: index of the first row of the list.
    `numbered`: the list has a line number column."""

    entries: list[Entry]
    totals: list[TotalLine]
    roles: list[Role]
    list_start: int
    numbered: bool


def take_apart(rows: Sequence[Row]) -> Layout:
    """Find the items and the totals. Never fails: a picture without either gives an empty layout."""
    lines = [Line.of(row) for row in rows]
    titles = [index for index, line in enumerate(lines) if is_column_titles(line.row.text)]
    for title in titles:
        priced = COUNT_COLUMNS.search(lines[title].row.text) is not None
        reader = _ListReader(lines, start=title + 1, titled=True, priced=priced)
        if reader.entries:
            reader.roles[title] = Role.COLUMNS
            return reader.layout(title, numbered="NO" in lines[title].row.text.upper())
    reader = _ListReader(lines, start=0, titled=False)
    first = min((entry.rows[0] for entry in reader.entries), default=len(lines))
    return reader.layout(first, numbered=False)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A name, perhaps with its code, whose figures are still to come."""

    name: str
    barcode: str | None
    rows: tuple[int, ...]
    name_cells: tuple[Cell, ...]
    code_cells: tuple[Cell, ...] = ()


class _ListReader:
    """One pass over the lines from `start`, first through the items, then through the totals."""

    def __init__(self, lines: Sequence[Line], *, start: int, titled: bool, priced: bool = True) -> None:
        """`titled`: column titles precede `start`; `priced`: the items have prices."""
        self.lines = lines
        self.titled = titled
        self.priced = priced
        self.entries: list[Entry] = []
        self.totals: list[TotalLine] = []
        self.roles = [Role.OTHER] * len(lines)
        self._column = _amount_column(lines[start:])
        self._pending: _Pending | None = None
        self._awaiting: Marker | None = None
        self._ended = False
        for index in range(start, len(lines)):
            self._read(index, lines[index])

    def layout(self, list_start: int, *, numbered: bool) -> Layout:
        return Layout(self.entries, self.totals, self.roles, list_start, numbered)

    def _read(self, index: int, line: Line) -> None:
        if not self._ended and line.marker in ENDS_LIST and (self.entries or line.marker is not Marker.PAYMENT):
            self._ended = bool(self.entries)
            self._read_total(index, line)
        elif self._ended:
            self._read_total(index, line)
        elif not self.priced:
            self._read_unpriced(index, line)
        elif self._is_store_code(line):
            self._add_barcode(index, replace(line, barcode=line.row.text, code_cells=line.row.cells, figures=None))
        elif self._is_discount(line):
            self._add_discount(index, line)
        elif self._is_sum_so_far(line):
            self._ended = True
            self.totals.append(TotalLine(Marker.SUM, self._sum_so_far, index))
            self.roles[index] = Role.TOTAL
        elif _is_free(line):
            self._pending = None  # an option at no charge, with the name above it if it has one there
        elif line.figures is not None and self._is_amount(index, line, line.figures) and not self._names_next(index):
            self._add_figures(index, line, line.figures)
        elif line.barcode:
            self._add_barcode(index, line)
        elif line.is_named and not NOTICE_PARTS.search(line.row.text):
            self._pending = _Pending(line.row.text, None, (index,), line.row.cells)

    def _is_store_code(self, line: Line) -> bool:
        """Whether the row is a short article code of the shop's own, which looks like an amount elsewhere."""
        return STORE_CODE.match(line.row.text) is not None and bool(self.entries) and not self._in_column(line)

    def _read_unpriced(self, index: int, line: Line) -> None:
        """A list of names and quantities ends at the first amount."""
        figures = line.figures
        if figures is None or not line.is_named:
            return
        if figures.marked or not 1 <= figures.amount <= MOST_PIECES:
            self._ended = True
            self._read_total(index, line)
        else:
            pieces = Figures(0, False, quantity=Decimal(figures.amount), consistent=False)
            self._add_figures(index, line, pieces)

    @property
    def _sum_so_far(self) -> int:
        return sum(entry.figures.amount for entry in self.entries)

    def _is_sum_so_far(self, line: Line) -> bool:
        """Whether the line is the sum of the items under a label that cannot be read."""
        figures = line.figures
        if len(self.entries) < 2 or line.barcode or figures is None or figures.unit_price is not None:
            return False
        pieces = sum(entry.figures.quantity or 1 for entry in self.entries)
        return figures.amount == self._sum_so_far and figures.quantity in (None, pieces)

    def _names_next(self, index: int) -> bool:
        """Whether the line's number belongs to its name, because the figures follow in the next row with the code."""
        line, following = self.lines[index], self.lines[index + 1 : index + 2]
        alone = line.figures is not None and line.figures.unit_price is None and not line.figures.marked
        return alone and any(
            after.barcode and not after.is_named and after.figures is not None and after.figures.amount > 0
            for after in following
        )

    def _is_discount(self, line: Line) -> bool:
        figures = line.figures
        if not self.entries or (figures and _is_return(line, figures)):
            return False
        if figures and figures.amount < 0:
            return not (self._pending and line.barcode)
        if self._pending:
            return False
        if line.barcode or not DISCOUNT_PARTS.search(line.name):
            return False
        # A sign that OCR lost: a lone amount under a word for a discount, smaller than the item above it.
        return line.figures is None or (
            line.figures.unit_price is None
            and line.figures.quantity is None
            and line.figures.amount < self.entries[-1].figures.amount
        )

    def _add_discount(self, index: int, line: Line) -> None:
        entry = self.entries[-1]
        won = -abs(line.figures.amount) if line.figures else 0
        self.roles[index] = Role.DISCOUNT
        rows = (*(self._pending.rows if self._pending else ()), index)
        self._pending = None
        if WHOLE_RECEIPT.search(line.label) or -won > entry.figures.amount + entry.discount:
            self.totals.append(TotalLine(Marker.DISCOUNT, won, index))
            return
        entry.discount += won
        entry.rows += rows

    def _is_amount(self, index: int, line: Line, figures: Figures) -> bool:
        """Whether the line's figures are an item's and not part of its name, an address or a notice."""
        if NOTICE_PARTS.search(line.name) or (figures.amount <= 0 and not _is_return(line, figures)):
            return False
        if line.is_named and line.marker is not None and not figures.multiplied:
            return False
        complete = figures.quantity is not None or figures.unit_price is not None
        if not self.titled:
            if line.barcode and complete:
                return True
            named = line.is_named or self._is_between_items(index, line)
            return named and (figures.marked or complete) and self._in_column(line)
        if not (line.is_named or line.barcode or self._pending):
            return figures.unit_price is not None and figures.consistent
        return figures.marked or figures.unit_price is not None or self._in_column(line)

    def _is_between_items(self, index: int, line: Line) -> bool:
        """Whether a nameless row with a quantity has an item before it and another right after it."""
        after = self.lines[index + 1 : index + 2]
        return bool(
            self.entries
            and line.figures is not None
            and line.figures.quantity is not None
            and after
            and after[0].is_named
            and after[0].marker is None
            and after[0].figures is not None
            and after[0].figures.amount > 0
        )

    def _in_column(self, line: Line) -> bool:
        return self._column is not None and abs(line.amount_x - self._column) < AMOUNT_COLUMN_REACH * line.row.height

    def _add_figures(self, index: int, line: Line, figures: Figures) -> None:
        pending = None if line.is_named else self._pending
        self._pending = None
        if pending is None:
            name = line.name if line.is_named else line.barcode or UNREADABLE
            name_cells = line.name_cells if line.is_named else line.code_cells
            pending = _Pending(name, line.barcode, (), name_cells)
        self.entries.append(
            Entry(
                name=pending.name,
                figures=figures,
                barcode=line.barcode or pending.barcode,
                discount=figures.discount,
                rows=[*pending.rows, index],
                name_cells=pending.name_cells,
                code_cells=line.code_cells or pending.code_cells,
                figure_cells=line.figure_cells,
            )
        )
        for row in self.entries[-1].rows:
            self.roles[row] = Role.ITEM

    def _add_barcode(self, index: int, line: Line) -> None:
        if line.is_named:
            self._pending = _Pending(line.name, line.barcode, (index,), line.name_cells, line.code_cells)
        elif self._pending:
            rows = (*self._pending.rows, index)
            self._pending = replace(self._pending, barcode=line.barcode, rows=rows, code_cells=line.code_cells)
        elif self.entries and self.entries[-1].barcode is None:
            self.entries[-1].barcode = line.barcode
            self.entries[-1].code_cells = line.code_cells
            self.entries[-1].rows.append(index)
            self.roles[index] = Role.ITEM

    def _read_total(self, index: int, line: Line) -> None:
        marker = line.marker
        if marker is None and line.figures and line.figures.amount < 0:
            marker = Marker.DISCOUNT
        if marker is None and not line.is_named and self._awaiting:
            marker = self._awaiting  # tall print: the amount landed on a row of its own
        self._awaiting = marker if line.figures is None else None
        if marker is not None:
            self.roles[index] = ROLE_OF[marker]
        if line.figures is not None and (marker is not None or line.figures.marked):
            self.totals.append(TotalLine(marker, line.figures.amount, index))


def _is_free(line: Line) -> bool:
    figures = line.figures
    return figures is not None and figures.amount == 0 and figures.quantity is not None


def _is_return(line: Line, figures: Figures) -> bool:
    """Whether an article was given back: a deduction that is counted and priced like an article."""
    return figures.amount < 0 and figures.multiplied and not DISCOUNT_PARTS.search(line.name)


def _amount_column(lines: Sequence[Line]) -> float | None:
    """Where the amounts end on the right, in pixels: the typical right edge of amounts that are counted or summed; of
    any that are surely money if there are none of those."""
    money = [(line, line.figures) for line in lines if line.figures and line.figures.amount >= SMALLEST_PRICE]
    listed = [line.amount_x for line, figures in money if figures.quantity is not None or line.marker in ENDS_LIST]
    edges = listed or [line.amount_x for line, figures in money if figures.marked]
    return median(edges) if edges else None
