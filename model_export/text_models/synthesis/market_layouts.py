"""Layouts whose columns touch: numbered rows, names cut by the unit price, names over barcodes, cafés with options."""

from collections.abc import Callable
from dataclasses import dataclass

from model_export.text_models.synthesis.layouts import Layout, Row
from model_export.text_models.synthesis.market_text import MarketText


@dataclass
class MarketLayout(Layout):
    """Lays out one receipt; line numbers count up, and a receipt has one style of them."""

    generator: MarketText
    _number: int = 0
    _style: str = ""

    def receipt(self) -> list[Row]:
        """As any receipt, its line items in the layouts of this class."""
        self._number = 0
        self._style = self.generator.rng.choice(
            ["{:02d}", "{:02d}{star}", "{:03d} P", "D{:02d}", "({})", "{:03d}", "{}", "{:02d}{star}"]
        )
        return super().receipt()

    def _item_layouts(self) -> list[Callable[[], None]]:
        rows = [self._numbered, self._cut_short, self._over_barcode]
        return [*rows, *rows, self._drink, self._discounted, self._size_below]

    def _next_number(self) -> str:
        self._number += 1
        star = "*" if self.generator.rng.random() < 0.4 else ""
        return self._style.format(self._number, star=star)

    def _numbered(self) -> None:
        """Number in a column of its own, name, unit price, quantity, amount; the name is cut by the unit price."""
        w, width = self.generator, self.width
        price, quantity, amount = w.prices()
        number = self._next_number()
        column = max(len(number) + w.rng.choice([1, 1, 2]), 4)
        self._add(
            (number, 0), (w.name(), column), (price, width - 19 - len(price)), (quantity, width - 13),
            (amount, width - len(amount)),
        )  # fmt: skip

    def _cut_short(self) -> None:
        """Name, unit price, quantity, amount with one blank or none between the name and its price."""
        w, width = self.generator, self.width
        price, quantity, amount = w.prices()
        self._add(
            (w.name() + w.name(), w.rng.choice([0, 0, 2])),
            (price, width - 19 - len(price) + w.rng.choice([0, 1, -1])),
            (quantity, width - 13),
            (amount, width - len(amount)),
        )

    def _over_barcode(self) -> None:
        """A long name with its size and marks over its barcode and figures; a mark may stand at the right edge."""
        w, width = self.generator, self.width
        price, quantity, amount = w.prices()
        number = self._next_number() + " " if self._style.endswith("P") or w.rng.random() < 0.3 else ""
        name = number + w.rng.choice([w.sized, w.sized, w.name])()
        if w.rng.random() < 0.3:
            mark = w.rng.choice(["[행사]", "행사", "*", "(1+1)", "특가", "면세"])
            self._add((name, 0), (mark, width - w.rng.choice([7, 8, 10])))
        else:
            self.left(w.marked(name) if w.rng.random() < 0.3 else name)
        code = w.rng.choice(["", "", "*", "* ", " "]) + w.barcode()
        self._add(
            (code, w.rng.choice([0, 1, 2])), (price, width - 16 - len(price)), (quantity, width - 12),
            (amount, width - len(amount)),
        )  # fmt: skip

    def _drink(self) -> None:
        """A drink with figures beside or below it, and options."""
        w, width = self.generator, self.width
        price, quantity, amount = w.prices()
        if w.rng.random() < 0.5:
            self._add((w.cafe(), 0), (quantity, width - 14), (amount, width - len(amount)))
        else:
            self.left(w.cafe())
            self._add(
                (price, 0), (quantity + "개", width // 3), (f"D.C {w.won()}", width // 2), (amount, width - len(amount))
            )
        for _ in range(w.rng.choice([0, 0, 1, 2])):
            option = f"{w.won():,}"
            self._add((w.option(), w.rng.choice([0, 1, 2])), (option, width - len(option)))

    def _discounted(self) -> None:
        """A name and its figures, with a promotion row below."""
        self._cut_short()
        if self.generator.rng.random() < 0.5:
            amount = f"-{self.generator.won():,}"
            self._add(
                (self.generator.promotion(), self.generator.rng.choice([0, 2, 6])), (amount, self.width - len(amount))
            )

    def _size_below(self) -> None:
        """Name, quantity, unit price and amount, and below them the barcode with the size."""
        w, width = self.generator, self.width
        price, quantity, amount = w.prices()
        self._add(
            (w.name()[:9], w.rng.choice([0, 1])),
            (quantity, width - 20),
            (price, width - 10 - len(price)),
            (amount, width - len(amount)),
        )
        self.left(f"{w.barcode()} {w.quantity_unit()}*{w.quantity_unit()}" if w.rng.random() < 0.4 else w.barcode())
