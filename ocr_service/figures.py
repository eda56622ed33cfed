"""The numbers at the end of an item line: unit price, quantity, amount, in whatever order the shop prints them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ocr_service.money import Amount, Quantity, parse_amount, parse_quantity

SMALLEST_PRICE = 10
"""Won; there is no smaller coin in use."""
MOST_PIECES = 99
ROUNDING = 10
"""Won; weighed goods are rounded to the coin."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a line says in numbers.

    amount: won, negative for a deduction; marked: it is surely money (see `Amount`).
    unit_price: won, None if not printed. quantity: None if not printed; unit: `kg`, `개`, … if printed.
    consistent: False when unit price times quantity is not the amount.
    """

    amount: int
    marked: bool
    unit_price: int | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    consistent: bool = True


def resolve(words: Sequence[str]) -> tuple[Figures | None, int]:
    """The figures at the end of a line and how many of its words they take; (None, 0) if it ends in no number."""
    last = parse_amount(words[-1]) if words else None
    if last is None:
        return None, 0
    if len(words) >= 3 and (three := _three(words[-3], words[-2], last)):
        return three, 3
    if len(words) >= 2 and (two := _two(words[-2], last)):
        return two, 2
    return Figures(last.won, last.marked), 1


def _three(first: str, second: str, last: Amount) -> Figures | None:
    """Unit price and quantity in either order, if the product is right; else in the usual order if it looks so."""
    for price_text, quantity_text in ((first, second), (second, first)):
        price, quantity = parse_amount(price_text), parse_quantity(quantity_text)
        if not price or not quantity or not _is_price(price):
            continue
        # `칸쵸1000  1  1,000`: where amounts have separators, a thousand without one belongs to the name.
        alike = price.marked or price.won < 1000 or not last.marked
        if alike and _product(price.won, quantity.value, abs(last.won)):
            return _figures(last, price.won, quantity, consistent=True)
    price, quantity = parse_amount(first), parse_quantity(second)
    if price and quantity and _is_price(price) and price.marked:
        return _repaired(price.won, quantity, last)
    return None


def _two(first: str, last: Amount) -> Figures | None:
    quantity, price = parse_quantity(first), parse_amount(first)
    if price and price.marked and _is_price(price) and last.won >= price.won:
        return _repaired(price.won, None, last)
    if quantity and quantity.value <= MOST_PIECES and (last.marked or last.won >= SMALLEST_PRICE):
        return Figures(last.won, last.marked, None, quantity.value, quantity.unit)
    if price and _is_price(price) and price.won == last.won:
        return _repaired(price.won, None, last)
    return None


def _repaired(price: int, quantity: Quantity | None, last: Amount) -> Figures:
    """A quantity that OCR lost or misread follows from price and amount; the line is then marked inconsistent
    unless nothing contradicted it."""
    pieces, rest = divmod(last.won, price)
    if rest == 0 and 1 <= pieces <= MOST_PIECES:
        counted = Quantity(Decimal(pieces), quantity.unit if quantity else None)
        return _figures(last, price, counted, consistent=quantity is None)
    return _figures(last, price, quantity or Quantity(Decimal(1), None), consistent=False)


def _figures(last: Amount, price: int, quantity: Quantity, *, consistent: bool) -> Figures:
    return Figures(last.won, last.marked, price, quantity.value, quantity.unit, consistent)


def _is_price(amount: Amount) -> bool:
    return amount.won >= SMALLEST_PRICE


def _product(price: int, quantity: Decimal, amount: int) -> bool:
    exact = price * quantity
    if quantity == quantity.to_integral_value():
        return exact == amount
    return abs(exact - amount) <= ROUNDING
