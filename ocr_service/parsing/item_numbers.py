"""The numbers at the end of an item line: unit price, quantity, discount, amount, in whatever order the shop prints
them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ocr_service.parsing.money import LOOK_ALIKES, Amount, Quantity, parse_amount, parse_quantity

SMALLEST_PRICE = 10
"""Won; there is no smaller coin in use."""
MOST_PIECES = 99
ROUNDING = 10
"""Won; weighed goods are rounded to the coin."""
GRAMS = ("g", "G")
WEIGHTS = {"kg": Decimal(10), "KG": Decimal(10), "g": Decimal("0.01"), "G": Decimal("0.01")}
"""How often 100 g, for which meat is priced, are in the unit."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a line says in numbers.

    amount: won before discounts, negative for a deduction or a returned article; marked: it is surely money (see
    `Amount`). unit_price: won, None if not printed. quantity: None if not printed; unit: `kg`, `개`, … if printed, and
    for weights. discount: won, at most 0, from a column of discounts.
    consistent: False when unit price times quantity is not the amount; counted: the quantity is not printed, or not
    legible, and follows from unit price and amount.
    """

    amount: int
    marked: bool
    unit_price: int | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    discount: int = 0
    consistent: bool = True
    counted: bool = False

    @property
    def multiplied(self) -> bool:
        """Whether unit price times quantity confirms the amount."""
        return self.unit_price is not None and self.quantity is not None and self.consistent and not self.counted


def resolve(words: Sequence[str]) -> tuple[Figures | None, int]:
    """The figures at the end of a line and how many of its words they take; (None, 0) if it ends in no number."""
    last = parse_amount(words[-1]) if words else None
    if last is None:
        return None, 0
    if len(words) >= 4 and (four := _four(words[-4], words[-3], words[-2], last)):
        return four, 4
    if len(words) >= 3 and (three := _three(words[-3], words[-2], last)):
        return three, 3
    if len(words) >= 2 and (two := _two(words[-2], last)):
        return two, 2
    return Figures(last.won, last.marked), 1


def _four(first: str, second: str, third: str, last: Amount) -> Figures | None:
    """Unit price, quantity, discount, amount: cafés print the discount column also where it is 0."""
    price, quantity, off = parse_amount(first), parse_quantity(second), parse_amount(third.translate(LOOK_ALIKES))
    if price is None or quantity is None or off is None or price.won < 0 or last.won < 0:
        return None
    if not (quantity.unit or price.marked or price.won == 0) or quantity.value != quantity.value.to_integral_value():
        return None
    if off.won == 0:
        # Options are added to the amount and not to the unit price, which may then even be 0.
        consistent = price.won * quantity.value == last.won
        return _figures(last, price.won, quantity, consistent=consistent or price.won == 0)
    whole = int(price.won * quantity.value)
    if off.won and whole - abs(off.won) == last.won:
        return Figures(whole, True, price.won, quantity.value, quantity.unit, discount=-abs(off.won))
    return None


def _three(first: str, second: str, last: Amount) -> Figures | None:
    """Unit price and quantity in either order, if the product is right; else in the usual order if it looks so."""
    for price_text, quantity_text in ((first, second), (second, first)):
        price, quantity = parse_amount(price_text), parse_quantity(quantity_text)
        if not price or not quantity or not _is_price(price):
            continue
        # `칸쵸1000  1  1,000`: where amounts have separators, a thousand without one belongs to the name.
        alike = price.marked or price.won < 1000 or not last.marked
        if alike and (counted := _product(price.won, quantity, abs(last.won))):
            return _figures(last, price.won, counted, consistent=True)
    price, quantity = parse_amount(first), parse_quantity(second)
    if price and quantity and _is_price(price) and price.marked:
        return _figures(last, price.won, quantity, consistent=False)
    if price and price.won == 0 and quantity and quantity.value <= MOST_PIECES and last.won >= 0:
        return Figures(last.won, last.marked, None, quantity.value, quantity.unit)
    return None


def _two(first: str, last: Amount) -> Figures | None:
    quantity, price = parse_quantity(first), parse_amount(first)
    if price and price.marked and _is_price(price) and last.won >= price.won:
        return _counted(price.won, last)
    if quantity and quantity.value <= MOST_PIECES and (last.marked or last.won >= SMALLEST_PRICE or last.won == 0):
        return Figures(last.won, last.marked, None, quantity.value, quantity.unit)
    if price and _is_price(price) and price.won == last.won:
        return _counted(price.won, last)
    return None


def _counted(price: int, last: Amount) -> Figures:
    """The quantity that the line does not say."""
    pieces, rest = divmod(last.won, price)
    if rest == 0 and 1 <= pieces <= MOST_PIECES:
        return Figures(last.won, last.marked, price, Decimal(pieces), counted=True)
    return _figures(last, price, Quantity(Decimal(1), None), consistent=False)


def _figures(last: Amount, price: int, quantity: Quantity, *, consistent: bool) -> Figures:
    return Figures(last.won, last.marked, price or None, quantity.value, quantity.unit, consistent=consistent)


def _is_price(amount: Amount) -> bool:
    return amount.won >= SMALLEST_PRICE


def _product(price: int, quantity: Quantity, amount: int) -> Quantity | None:
    """The quantity, with its unit if it is a weight, if it gives the amount; None if it does not."""
    if quantity.value == quantity.value.to_integral_value():
        if quantity.unit not in WEIGHTS and price * quantity.value == amount:
            return quantity
        if quantity.value >= 10 and quantity.unit in (None, *GRAMS) and _near(price * quantity.value / 100, amount):
            return Quantity(quantity.value, quantity.unit or "g")
    elif quantity.unit is None and _near(price * quantity.value, amount):
        return Quantity(quantity.value, "kg")
    for per in (Decimal(1), WEIGHTS.get(quantity.unit or "", Decimal(1)), Decimal("0.001")):
        if quantity.unit in WEIGHTS and _near(price * quantity.value * per, amount):
            return quantity
    return None


def _near(exact: Decimal, amount: int) -> bool:
    return abs(exact - amount) <= ROUNDING
