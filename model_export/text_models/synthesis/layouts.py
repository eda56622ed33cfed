"""Whole receipts as rows of text in columns, in every layout that tills use, with random content.

A row is a list of prints. `receipt_text.TextGenerator` generates the texts, `pages` renders the rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from model_export.text_models.synthesis.fonts import cells, is_wide
from model_export.text_models.synthesis.receipt_text import TextGenerator

WIDTHS = (32, 38, 40, 42, 42, 48)
"""Half cells per row of printers with 58 to 80 mm paper."""


@dataclass(frozen=True)
class Print:
    """A text at a column, in half cells from the left. wide, tall: factors on the cell; bold: printed twice."""

    text: str
    column: int
    wide: int = 1
    tall: int = 1
    bold: bool = False


Row = list[Print]
"""Prints side by side, from left to right. An empty row is a gap."""


@dataclass
class Layout:
    """Lays out one receipt. width: half cells per row."""

    generator: TextGenerator
    width: int = 42
    rows: list[Row] = field(default_factory=list)

    def receipt(self) -> list[Row]:
        """Header, line items in one of the layouts, totals, and some of card slip, points and notices."""
        rng = self.generator.rng
        self.rows = []
        self._head()
        add_item = rng.choice(self._item_layouts())
        for _ in range(rng.choice([rng.randint(1, 6), rng.randint(3, 14), rng.randint(8, 24)])):
            add_item()
            if rng.random() < 0.15:
                self._discount()
        self._rule()
        self._totals()
        for block in (self._slip, self._points, self._notices):
            if rng.random() < 0.6:
                self._rule()
                block()
        return self.rows

    def _item_layouts(self) -> list[Callable[[], None]]:
        """The layouts of line items, of which a receipt uses one."""
        return [self._one_row, self._one_row, self._two_rows, self._two_rows, self._convenience, self._menu]

    def left(self, text: str, **style: bool | int) -> None:
        """One text at the left edge."""
        self._add((text, 0), **style)

    def ends(self, left: str, right: str, **style: bool | int) -> None:
        """One text at each edge."""
        wide = int(style.get("wide", 1))
        self._add((left, 0), (right, self.width - wide * cells(right)), **style)

    def centre(self, text: str, **style: bool | int) -> None:
        """One text in the middle."""
        self._add((text, (self.width - int(style.get("wide", 1)) * cells(text)) // 2), **style)

    def _add(self, *prints: tuple[str, int], **style: bool | int) -> None:
        """A row; a text that does not fit before the next one is cut off, as tills do."""
        wide = int(style.get("wide", 1))
        row: Row = []
        for i, (text, start) in enumerate(prints):
            column = max(start, 0)
            limit = prints[i + 1][1] - 1 if i + 1 < len(prints) else self.width
            visible = _cut(text, (limit - column) // wide)
            if visible.strip():
                row.append(Print(visible, column, **style))  # type: ignore[arg-type]
        self.rows.append(row)

    def _rule(self) -> None:
        rng = self.generator.rng
        if rng.random() < 0.85:
            self.left(rng.choice("---===*") * self.width)
        elif rng.random() < 0.5:
            self.rows.append([])

    def _head(self) -> None:
        w, rng = self.generator, self.generator.rng
        if rng.random() < 0.4:
            self.centre(rng.choice(["영 수 증", "[영 수 증]", "영수증", w.store()]), tall=rng.choice([1, 2]))
            self.rows.append([])
        tagged = rng.random() < 0.4
        self.left(("[매장명] " if tagged else "") + w.store(), tall=rng.choices([1, 2], [8, 2])[0])
        for label in ("[사업자] ", "[주  소] ", "[대표자] ")[: rng.randint(1, 3)]:
            self.left((label if tagged else "") + w.address())
        if rng.random() < 0.4:
            for _ in range(rng.randint(1, 3)):
                self.left(w.phrase())
        if rng.random() < 0.5:
            self.ends(w.date(), f"POS:{w.digits(4)}")
        else:
            self.left(rng.choice(["", "[매출일] ", "[구 매]", "거래일시: "]) + w.date())
        if rng.random() < 0.3:
            self.left(f"[영수증] {w.digits(8)}-{w.digits(2)}-{w.digits(4)}")
        self._rule()

    def _one_row(self) -> None:
        """Name, unit price, quantity, amount."""
        w, width = self.generator, self.width
        price, quantity, amount = w.prices()
        self._add(
            (w.name(), 0), (price, width - 19 - len(price)), (quantity, width - 13), (amount, width - len(amount))
        )

    def _two_rows(self) -> None:
        """The name in one row; barcode, unit price, quantity and amount in the next."""
        w, width = self.generator, self.width
        price, quantity, amount = w.prices()
        number = f"{w.rng.randint(1, 60):03d} " if w.rng.random() < 0.3 else ""
        self.left(number + w.name())
        code = w.barcode() if w.rng.random() < 0.9 else ""
        self._add(
            (code, w.rng.choice([0, 1, 2])), (price, width - 16 - len(price)), (quantity, width - 12),
            (amount, width - len(amount)),
        )  # fmt: skip

    def _convenience(self) -> None:
        """Name, quantity, amount."""
        w, width = self.generator, self.width
        _, quantity, amount = w.prices()
        self._add((w.name(), w.rng.choice([0, 0, 1])), (quantity, width - 14), (amount, width - len(amount)))

    def _menu(self) -> None:
        """A long name in a row of its own, numbers with units below, options under it."""
        w, width = self.generator, self.width
        price, quantity, amount = w.prices()
        self.left(w.name())
        if w.rng.random() < 0.3:
            self.left("  " + w.rng.choice("-+▶*") + w.name())
        self._add(("  " + price, 0), (quantity + "개", width - 20), ("0", width - 12), (amount, width - len(amount)))

    def _discount(self) -> None:
        w = self.generator
        self.ends(w.rng.choice(["", "  ", "    "]) + w.pick("discount"), f"-{w.won():,}")

    def _totals(self) -> None:
        w, rng = self.generator, self.generator.rng
        for _ in range(rng.randint(2, 6)):
            style: dict[str, bool | int] = {"bold": rng.random() < 0.3}
            if rng.random() < 0.35:
                style["tall"] = 2
            if rng.random() < 0.1:
                style["wide"] = 2
            label = w.pick("total")
            if rng.random() < 0.3 and len(label) <= 4:
                label = (" " * rng.choice([1, 2, 3, 4])).join(label.replace(" ", ""))
            self.ends(label + rng.choice(["", "", ":", " :"]), f"{w.won():,}", **style)

    def _slip(self) -> None:
        w = self.generator
        for _ in range(w.rng.randint(2, 8)):
            self.left(w.payment())

    def _points(self) -> None:
        w = self.generator
        for _ in range(w.rng.randint(1, 4)):
            self.ends(w.pick("points"), f"{w.won():,}")

    def _notices(self) -> None:
        w = self.generator
        for _ in range(w.rng.randint(1, 5)):
            (self.centre if w.rng.random() < 0.3 else self.left)(w.phrase())


def pieces(row: Print) -> Iterator[tuple[str, int]]:
    """The texts that detection should find in a print: parts between wide gaps, with their offset in half cells."""
    column, start, text, blanks = 0, 0, "", 0
    for character in row.text:
        if character == " ":
            blanks += 1
        else:
            if blanks >= WIDE_GAP and text:
                yield text, start
                text = ""
            if not text:
                start = column
            else:
                text += " " * blanks
            text, blanks = text + character, 0
        column += 2 if is_wide(character) else 1
    if text:
        yield text, start


WIDE_GAP = 3
"""Number of blanks, each half a cell wide, that separate two texts."""


def _cut(text: str, room: int) -> str:
    """The part of a text that fits into `room` half cells."""
    while text and cells(text) > room:
        text = text[:-1]
    return text
