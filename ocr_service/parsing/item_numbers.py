"""The numbers at the end of an item line: unit price, quantity, discount and amount, in the order of the store."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ocr_service.parsing.labels import CANCELLED, DISCOUNT_PARTS
from ocr_service.parsing.money import LOOK_ALIKES, Amount, Quantity, parse_amount, parse_quantity

MIN_PRICE = 10
"""Won; the smallest coin in use."""
MAX_PIECES = 99
MAX_PLAIN_COUNT = 9
"""Above, a count at the end of a name or in a row of its own must divide the amount."""
FREE = re.compile(r"^[\[(]?(?:\d\+\d)?(?:행사)?(?:[증중]정[품풍]?|덤|무료|사은품|서비스)[\])]?$")
"""Printed instead of the amount of something given away."""
DISCOUNT_COLUMN = re.compile(r"^(?:D\.?[C0O]?\.?|할인)-?((?:\d{1,3}(?:,\d{3})+|\d{2,6})?)$")
"""A discount within an item's row, such as `D.C410` or `D.C` alone."""
UNTAXED = re.compile(r"[(\[]?(?:면세|비과세|영세|면)[)\]]?")
"""Printed instead of the tax of an item."""
PERCENT_OFF = re.compile(r"-?([1-9]\d?)%")
TIMES = re.compile(r"^[xX×*@ⓔⓐ]$")
"""A sign between unit price and quantity, as some tills print it: `5,000 x 2`, `2 @ 5,000`."""
TIMES_GLUED = re.compile(r"^(\d{1,3}(?:,\d{3})+원?)[xX×*](\d{1,2}개?)$|^(\d{1,2}개?)[xX×*@](\d{1,3}(?:,\d{3})+원?)$")
_PRICE_TIMES = re.compile(r"^\d{1,3}(?:,\d{3})+[xX×*]$")
"""A unit price with the sign behind it: `7,500× 1`."""
_PLAIN_TIMES = re.compile(r"(\d{2,6})[xX×*](\d{1,2})")
"""The same without a separator, if the product is the amount: `1500*2 3000`."""
_FOREIGN = re.compile(r"[$]?\d{1,4}\.\d\d")
"""An amount in another currency, between quantity and amount: `1 78.00 108,030`. Weights have three decimals."""
SIZE = re.compile(r"\d\s?(?:g|kg|ml|l|매|입|개|구|포|봉|m|cm)\W*$", re.IGNORECASE)
"""The size of one piece of a pack: `100g x 3` is part of a name."""
TAX_SHARE = 10
"""Value added tax is a tenth of an amount, rounded to whole won."""
ROUNDING = 10
"""Won; prices by weight are rounded to the smallest coin."""
PIECES = ("개", "EA", "ea")
GRAMS = ("g", "G")
WEIGHTS = {"kg": Decimal(10), "KG": Decimal(10), "g": Decimal("0.01"), "G": Decimal("0.01")}
"""The unit in multiples of 100 g, the quantity for which meat is priced."""


@dataclass(frozen=True, slots=True)
class ItemNumbers:
    """The numbers of an item line.

    amount: won before discounts, negative for a deduction or a returned item. is_money: see `Amount`.
    unit_price: won, None if not printed. quantity: None if not printed. unit: `kg`, `개`, … if printed or a weight.
    discount: won, at most 0, from a column of discounts.
    consistent: False if unit price times quantity is not the amount. quantity_derived: the quantity is not printed or
    not legible and was derived from unit price and amount. free: given away with another item; the amount is 0.
    amount_derived: the amount is not printed or not legible; it is the product of the others, what the other items
    leave of the total, or 0. net: the amount is printed less a discount, which is not in `discount`.
    """

    amount: int
    is_money: bool
    unit_price: int | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    discount: int = 0
    consistent: bool = True
    quantity_derived: bool = False
    free: bool = False
    amount_derived: bool = False
    net: bool = False

    @property
    def is_single(self) -> bool:
        """Whether there is neither a quantity nor a unit price beside the amount."""
        return self.quantity is None and self.unit_price is None

    @property
    def is_discounted(self) -> bool:
        """Whether there is nothing but an amount and a discount, which may be on that amount or on another."""
        return self.discount != 0 and self.is_single

    @property
    def product(self) -> int:
        """Unit price times quantity in won; 0 if one of them is not printed."""
        return int(self.unit_price * self.quantity) if self.unit_price and self.quantity else 0

    @property
    def product_confirmed(self) -> bool:
        """Whether unit price times quantity confirms the amount."""
        printed = self.unit_price is not None and self.quantity is not None and not self.quantity_derived
        return printed and self.consistent


def parse_item_numbers(words: Sequence[str]) -> tuple[ItemNumbers | None, int]:
    """The numbers at the end of a line and how many of its words they take; (None, 0) if its last word is no number."""
    plain, origins = _without_times(words)
    numbers, used = _parse(plain)
    if len(plain) < len(words) and used < 3 and (multiplied := _parse_multiplied(plain)):
        numbers, used = multiplied, 3
    start = origins[len(plain) - used] if used else len(words)
    if start and start - 1 not in origins:
        start -= 1  # the sign before the quantity
    return numbers, len(words) - start


def _without_times(words: Sequence[str]) -> tuple[list[str], list[int]]:
    """The words with `5,000 x 2` and `5,000x2` as two words each, and the index of the word that each comes from."""
    plain, origins = [], []
    for index, word in enumerate(words):
        if glued := TIMES_GLUED.match(word):
            parts = [part for part in glued.groups() if part]
        elif index == len(words) - 2 and _is_plain_product(word, words[-1]):
            parts = re.split("[xX×*]", word)
        elif _PRICE_TIMES.match(word) and index < len(words) - 1:
            parts = [word[:-1]]
        elif TIMES.match(word) and 0 < index < len(words) - 2:
            parts = [] if _is_times(words[index - 1], words[index + 1], last=index == len(words) - 3) else [word]
        else:
            parts = [word]
        plain += parts
        origins += [index] * len(parts)
    return plain, origins


def _is_plain_product(word: str, last: str) -> bool:
    """Whether a unit price without a separator and a quantity make the amount: `800x2 1,600`."""
    match, amount = _PLAIN_TIMES.fullmatch(word), parse_amount(last)
    return match is not None and amount is not None and int(match[1]) * int(match[2]) == amount.won


def _is_times(before: str, after: str, *, last: bool) -> bool:
    """Whether a sign stands between unit price and quantity, or, if only the amount follows, before a quantity."""
    price = parse_amount(after)
    if price and (price.is_money or price.won >= MIN_PRICE * 10):
        return parse_quantity(before) is not None
    return parse_quantity(after) is not None and (_is_money(before) or (last and not SIZE.search(before)))


def _is_money(word: str) -> bool:
    amount = parse_amount(word)
    return amount is not None and amount.is_money


def _parse(words: Sequence[str]) -> tuple[ItemNumbers | None, int]:
    last = parse_amount(words[-1]) if words else None
    if last is None:
        return _parse_free(words)
    if discounted := _parse_discount_column(words, last):
        return discounted
    if last.won <= 0 and len(words) >= 3 and (reduced := _parse_reduced(words, last)):
        return reduced
    if len(words) >= 5 and (taxed := _parse_with_tax_and_sum(words[-5:-1], last)):
        return taxed, 5
    if len(words) >= 4 and (taxed := _parse_taxed(words[-4:-1], last) or _parse_with_tax_behind(words[-4:-1], last)):
        return taxed, 4
    if len(words) >= 4 and (taxed := _parse_with_tax_before(words[-4:-1], last)):
        return taxed, 4
    if len(words) >= 3 and (taxed := _parse_amount_and_tax(words[-3], words[-2], last)):
        return taxed, 3
    if len(words) >= 4 and (four := _parse_four(words[-4], words[-3], words[-2], last)):
        return four, 4
    if rated := _parse_percent_off(words, last) or _parse_beside_percent(words):
        return rated
    if regular := _parse_below_regular_price(words, last):
        return regular
    if len(words) >= 3 and (three := _parse_three(words[-3], words[-2], last)):
        return three, 3
    if len(words) >= 2 and (two := _parse_two(words[-2], last)):
        return two, 2
    if len(words) >= 2 and (off := _parse_amount_and_discount(words, last)):
        return off, 2
    return ItemNumbers(last.won, last.is_money), 1


def _parse_free(words: Sequence[str]) -> tuple[ItemNumbers | None, int]:
    """`1 증정품`: a quantity and, instead of an amount, a word for something given away; perhaps its price before."""
    quantity = parse_quantity(words[-2]) if len(words) >= 2 and FREE.match(words[-1]) else None
    if quantity is None or quantity.value > MAX_PIECES:
        return None, 0
    price = parse_amount(words[-3]) if len(words) >= 3 else None
    repeated = len(words) >= 4 and words[-3] == words[-1]  # in the column of unit prices, too
    used = 3 if repeated or (price and (price.is_money or price.won == 0)) else 2
    return ItemNumbers(0, is_money=False, quantity=quantity.value, unit=quantity.unit, free=True), used


def _parse_discount_column(words: Sequence[str], last: Amount) -> tuple[ItemNumbers, int] | None:
    """`4,100 1개 D.C 410 3,690`: the printed amount is what remains after the discount before it."""
    if len(words) >= 4 and (glued := DISCOUNT_COLUMN.match(words[-2])) and glued[1]:
        taken, off = 2, parse_amount(glued[1])
    elif len(words) >= 5 and (apart := DISCOUNT_COLUMN.match(words[-3])) and not apart[1]:
        taken, off = 3, parse_amount(words[-2])
    else:
        return None
    price, quantity = parse_amount(words[-taken - 2]), parse_quantity(words[-taken - 1])
    if price is None or quantity is None or price.won < MIN_PRICE or not 0 < last.won <= price.won * quantity.value:
        return None
    confirmed = off is not None and price.won * quantity.value - abs(off.won) == last.won
    numbers = ItemNumbers(
        last.won, last.is_money, price.won, quantity.value, quantity.unit, quantity_derived=not confirmed
    )
    return numbers, taken + 2


def _parse_reduced(words: Sequence[str], last: Amount) -> tuple[ItemNumbers, int] | None:
    """`18,500 1개 18,500 -1,850`: a column of discounts behind the amounts; the unit price may be missing."""
    amount, quantity = parse_amount(words[-2]), parse_quantity(words[-3])
    if amount is None or not amount.is_money or not -last.won <= amount.won:
        return None
    price = parse_amount(words[-4]) if len(words) >= 4 else None
    pieces = parse_quantity(words[-4]) if len(words) >= 4 else None
    unit_price = parse_amount(words[-3])
    if pieces and unit_price and unit_price.won >= MIN_PRICE and unit_price.won * pieces.value == amount.won:
        return ItemNumbers(amount.won, True, unit_price.won, pieces.value, pieces.unit, discount=last.won), 4
    if quantity and price and price.won >= MIN_PRICE and price.won * quantity.value == amount.won:
        return ItemNumbers(amount.won, True, price.won, quantity.value, quantity.unit, discount=last.won), 4
    if quantity is None:
        if unit_price is None or not unit_price.is_money or unit_price.won <= 0:
            return None
        derived = _derive_quantity(unit_price.won, amount)
        return (replace(derived, discount=last.won), 3) if derived.quantity_derived else None
    # Without a unit price the whole amount, negative, is a line that takes back an item: `1 3,500 -3,500`.
    if not 0 < -last.won < amount.won:
        return None
    return ItemNumbers(amount.won, True, None, quantity.value, quantity.unit, discount=last.won), 3


def _parse_amount_and_discount(words: Sequence[str], last: Amount) -> ItemNumbers | None:
    """`두부 2,980 -800`: an amount and its discount, unless the row is itself a discount on that amount."""
    amount = parse_amount(words[-2])
    if amount is None or not amount.is_money or not 0 < -last.won < amount.won:
        return None
    if DISCOUNT_PARTS.search(" ".join(words[:-2])) or CANCELLED.search(" ".join(words[:-2])):
        return None
    return ItemNumbers(amount.won, True, discount=last.won)


def _parse_multiplied(words: Sequence[str]) -> ItemNumbers | None:
    """`2 x 4,500 9,100`: a sign shows that a quantity precedes the unit price, although a digit is misread."""
    if len(words) < 3:
        return None
    pieces, price, last = parse_quantity(words[-3]), parse_amount(words[-2]), parse_amount(words[-1])
    if pieces is None or price is None or last is None or not (price.is_money and last.is_money and last.won > 0):
        return None
    return _numbers(last, price.won, pieces, consistent=False) if pieces.value <= MAX_PIECES else None


def _parse_taxed(words: Sequence[str], last: Amount) -> ItemNumbers | None:
    """Quantity, unit price or amount before tax (in either order), tax or a word for there being none, amount."""
    tax = Amount(0, is_money=True) if UNTAXED.fullmatch(words[2]) else parse_amount(words[2])
    for price_text, quantity_text in (words[:2], reversed(words[:2])):
        price, quantity = parse_amount(price_text), parse_quantity(quantity_text)
        if price is None or quantity is None or tax is None or price.won < MIN_PRICE or quantity.value > MAX_PIECES:
            continue
        whole = int(price.won * quantity.value)
        for amount in (Amount(whole, price.is_money), price):
            marked = price.is_money and tax.is_money and last.is_money
            certain = marked or _is_tax_of(tax, replace(amount, is_money=True))
            if certain and tax.won >= 0 and amount.won + tax.won == last.won:
                return ItemNumbers(last.won, last.is_money, None, quantity.value, quantity.unit)
    return None


def _parse_with_tax_behind(words: Sequence[str], tax: Amount) -> ItemNumbers | None:
    """Quantity and unit price in either order, amount, tax that is added or contained: `2 18,000 36,000 3,600`."""
    amount = parse_amount(words[2])
    if amount is None or not (_is_tax_of(tax, amount) or _is_tax_in(tax, amount)):
        return None
    return _parse_product(words[:2], amount)


def _parse_with_tax_before(words: Sequence[str], last: Amount) -> ItemNumbers | None:
    """Quantity and unit price in either order, the tax that the amount contains, amount: `12,000 2 2,182 24,000`."""
    tax = parse_amount(words[2])
    return _parse_product(words[:2], last) if tax and _is_tax_in(tax, last) else None


def _parse_product(words: Sequence[str], amount: Amount) -> ItemNumbers | None:
    """Quantity and unit price in either order, if the amount is their product."""
    for price_text, quantity_text in (words, reversed(words)):
        price, quantity = parse_amount(price_text), parse_quantity(quantity_text)
        if price and quantity and price.won >= MIN_PRICE and price.won * quantity.value == amount.won:
            return _numbers(amount, price.won, quantity, consistent=True)
    return None


def _parse_with_tax_and_sum(words: Sequence[str], last: Amount) -> ItemNumbers | None:
    """Quantity, unit price and amount before tax, tax or 0, and the sum of both: `9 2,000 18,000 1,800 19,800`."""
    tax, amount = parse_amount(words[3]), parse_amount(words[2])
    if tax is None or amount is None or amount.won + tax.won != last.won:
        return None
    numbers = _parse_with_tax_behind(words[:3], tax) if tax.won else _parse_product(words[:2], amount)
    return ItemNumbers(last.won, True, None, numbers.quantity, numbers.unit) if numbers else None


def _parse_amount_and_tax(first: str, second: str, tax: Amount) -> ItemNumbers | None:
    """Either unit price or quantity, amount before tax, tax: `24,500 98,000 9,800`, `4 98,000 9,800`."""
    price, quantity, amount = parse_amount(first), parse_quantity(first), parse_amount(second)
    if price is None or amount is None or not _is_tax_of(tax, amount):
        return None
    if quantity and quantity.value <= MAX_PIECES and not price.is_money:
        return ItemNumbers(amount.won, True, None, quantity.value, quantity.unit)
    if not (price.is_money and _is_price(price)):
        return None
    derived = _derive_quantity(price.won, amount)
    return derived if derived.quantity_derived else None


def _is_tax_of(tax: Amount, amount: Amount) -> bool:
    """Whether the one is the tax of the other, which does not contain it."""
    return amount.is_money and tax.won > 0 and abs(TAX_SHARE * tax.won - amount.won) < TAX_SHARE


def _is_tax_in(tax: Amount, amount: Amount) -> bool:
    """Whether the one is the tax that the other contains."""
    parts = TAX_SHARE + 1
    return amount.won >= MIN_PRICE and tax.won > 0 and abs(parts * tax.won - amount.won) < parts


def _parse_four(first: str, second: str, third: str, last: Amount) -> ItemNumbers | None:
    """Unit price, quantity, discount, amount: cafés print the discount column even if it is 0."""
    if reduced := _parse_net(first, second, third, last) or _parse_discount_before_quantity(first, second, third, last):
        return reduced
    off = parse_amount(third.translate(LOOK_ALIKES))
    if off is None or last.won < 0:
        return None
    return _parse_counted(first, second, off, last) or _parse_counted(second, first, off, last, exact=True)


def _parse_counted(
    price_text: str, quantity_text: str, off: Amount, last: Amount, *, exact: bool = False
) -> ItemNumbers | None:
    """The numbers with a discount of `off`, which may be 0. exact: only if they agree, since the order is unusual."""
    price, quantity = parse_amount(price_text), parse_quantity(quantity_text)
    if price is None or quantity is None or price.won < 0 or quantity.value != quantity.value.to_integral_value():
        return None
    whole = int(price.won * quantity.value)
    agrees = price.won >= MIN_PRICE and whole - abs(off.won) == last.won
    if not (quantity.unit or price.is_money or price.won == 0) and not agrees:
        return None
    if exact and not (agrees and price.is_money):
        return None
    if off.won == 0:
        # Options are added to the amount but not to the unit price, which may then even be 0.
        return _numbers(last, price.won, quantity, consistent=whole == last.won or price.won == 0)
    if off.won < 0 and whole == last.won > -off.won:
        return ItemNumbers(whole, True, price.won, quantity.value, quantity.unit, discount=off.won)
    if agrees:
        return ItemNumbers(whole, True, price.won, quantity.value, quantity.unit, discount=-abs(off.won))
    return None


def _parse_net(first: str, second: str, third: str, last: Amount) -> ItemNumbers | None:
    """Quantity, amount, discount, and what remains: `2 17,800 0 17,800`, `1 28,000 -5,600 22,400`."""
    quantity, amount, off = parse_quantity(first), parse_amount(second), parse_amount(third)
    if quantity is None or quantity.value > MAX_PIECES or amount is None or off is None or not amount.is_money:
        return None
    if not (off.won < 0 or third == "0") or amount.won + off.won != last.won or last.won < 0:
        return None
    return ItemNumbers(amount.won, True, None, quantity.value, quantity.unit, discount=off.won)


def _parse_discount_before_quantity(first: str, second: str, third: str, last: Amount) -> ItemNumbers | None:
    """Unit price, discount, quantity, and what remains: `3,480 -1,000 2 5,960`, `8,900 0 1 8,900`."""
    price, off, quantity = parse_amount(first), parse_amount(second), parse_quantity(third)
    if price is None or off is None or quantity is None or not (price.is_money and last.is_money):
        return None
    if not _is_price(price) or off.won > 0 or quantity.value > MAX_PIECES or last.won <= 0:
        return None
    whole = price.won * quantity.value
    # The discount is that of one piece or of all.
    discounts = [each for each in (off.won, int(off.won * quantity.value)) if whole + each == last.won]
    if not discounts:
        return None
    return ItemNumbers(int(whole), True, price.won, quantity.value, quantity.unit, discount=discounts[0])


def _parse_three(first: str, second: str, last: Amount) -> ItemNumbers | None:
    """Unit price and quantity in either order if their product is the amount, otherwise in the usual order."""
    if _FOREIGN.fullmatch(second) and last.is_money and (count := parse_quantity(first)) and count.value <= MAX_PIECES:
        return ItemNumbers(last.won, True, None, count.value, count.unit)
    orders = ((first, second), (second, first))
    if (many := parse_quantity(second)) and many.unit is None and many.value > MAX_PIECES:
        orders = orders[::-1]  # `11 690 7,590`
    for price_text, quantity_text in orders:
        price, quantity = parse_amount(price_text), parse_quantity(quantity_text)
        if price and price.won < 0 and last.won < 0:
            price = replace(price, won=-price.won)  # `-100 20 -2,000`: returned bottles
        if not price or not quantity or not (_is_price(price) or (price.is_money and quantity.unit in GRAMS)):
            continue
        # `칸쵸1000  1  1,000`: if amounts have separators, a number in the thousands without one belongs to the name.
        same_style = price.is_money or price.won < 1000 or not last.is_money
        if same_style and (exact := _product(price.won, quantity, abs(last.won))):
            return _numbers(last, price.won, exact, consistent=True)
    net, tax = parse_amount(first), parse_amount(second)
    if net and tax and net.won + tax.won == last.won and _is_tax_of(tax, net):
        return ItemNumbers(last.won, last.is_money)  # `5,909 591 6,500`: a tax that is added
    if other := _parse_turned(first, second, last) or _parse_grams(first, second, last):
        return other
    price, quantity = parse_amount(first), parse_quantity(second)
    if price and quantity and _is_price(price) and price.is_money:
        return _numbers(last, price.won, quantity, consistent=False)
    if price and price.is_money and _is_price(price) and len(second) == 1 and quantity is None and last.is_money:
        derived = _derive_quantity(price.won, last)  # a misread quantity: `3,980 Z 7,960`
        return derived if derived.quantity_derived else None
    pieces, off = parse_quantity(first), parse_amount(second)
    if (
        pieces
        and off
        and off.is_money
        and last.is_money
        and pieces.value <= MAX_PIECES
        and _is_list_price(pieces, off, last)
    ):
        return ItemNumbers(last.won, True, None, pieces.value, pieces.unit)
    if pieces and off and off.won <= 0 < last.won and pieces.value <= MAX_PIECES and last.is_money and first.isdigit():
        return ItemNumbers(last.won, True, None, pieces.value, pieces.unit)  # `1 -500 3,480`: the discount is taken off
    if price and price.won == 0 and quantity and quantity.value <= MAX_PIECES and last.won >= 0:
        return ItemNumbers(last.won, last.is_money, None, quantity.value, quantity.unit)
    if pieces and off and off.won == last.won == 0 and 1 <= pieces.value <= MAX_PIECES:
        return ItemNumbers(0, False, None, pieces.value, pieces.unit)  # `1봉 0 0`: not charged
    return None


def _parse_below_regular_price(words: Sequence[str], last: Amount) -> tuple[ItemNumbers, int] | None:
    """`2,380 2,000 2 4,000`: a column with the regular prices before the unit prices; the quantity may be missing."""
    for used in (4, 3):
        if len(words) < used or not last.is_money:
            continue
        regular, price = parse_amount(words[-used]), parse_amount(words[1 - used])
        pieces = parse_quantity(words[-2]) if used == 4 else Quantity(Decimal(1), None)
        if not (regular and price and pieces and regular.is_money and price.is_money):
            continue
        if regular.won > price.won >= MIN_PRICE and _product(price.won, pieces, last.won):
            numbers = _numbers(last, price.won, pieces, consistent=True)
            return replace(numbers, quantity_derived=used == 3), used
    return None


def _parse_percent_off(words: Sequence[str], last: Amount) -> tuple[ItemNumbers, int] | None:
    """`1,500 10% 5 6,750`: regular price, share taken off, quantity and what remains; perhaps the price in between."""
    pieces = parse_quantity(words[-2]) if len(words) >= 4 else None
    if pieces is None or pieces.value > MAX_PIECES or last.won <= 0:
        return None
    for used in (4, 5):
        rate = PERCENT_OFF.fullmatch(words[1 - used]) if len(words) >= used else None
        price = parse_amount(words[-used]) if rate else None
        if rate is None or price is None or price.won < MIN_PRICE:
            continue
        whole = int(price.won * pieces.value)
        if _is_close(Decimal(whole * (100 - int(rate[1]))) / 100, last.won):
            off = last.won - whole
            return ItemNumbers(whole, last.is_money, price.won, pieces.value, pieces.unit, discount=off), used
    return None


def _parse_beside_percent(words: Sequence[str]) -> tuple[ItemNumbers, int] | None:
    """`32,000 1 30% -9,600 22,400`: the share beside what is taken off; `0%` and `0` if nothing is."""
    nothing = words[-3:-1] == ["0%", "0"]
    if len(words) < 5 or not (nothing or PERCENT_OFF.fullmatch(words[-3])):
        return None
    numbers, used = _parse([*words[:-3], *words[-2:]])
    shown = numbers is not None and (nothing or numbers.discount) and numbers.consistent
    return (numbers, used + 1) if numbers and shown and used > 2 else None


def _is_list_price(pieces: Quantity, price: Amount, last: Amount) -> bool:
    """Whether the amount is net of a discount from the one before it, or, behind a counted unit, repeats it."""
    return 0 < last.won < price.won < 2 * last.won or (pieces.unit in PIECES and price.won == last.won)


def _parse_turned(first: str, second: str, last: Amount) -> ItemNumbers | None:
    """The amount before the unit price, beside the quantity, or unit price and amount before the quantity."""
    one, two, pieces = parse_amount(first), parse_amount(second), parse_quantity(second)
    count = parse_quantity(first)
    if two and count and count.value > 1 and two.is_money and last.is_money and last.won * count.value == two.won:
        return _numbers(two, last.won, count, consistent=True)  # `2 9,600 4,800`
    if one is None or not one.is_money or not _is_price(one):
        return None
    if pieces and last.is_money and _is_price(last) and last.won * pieces.value == one.won:
        return _numbers(one, last.won, pieces, consistent=True)
    if two and two.is_money and 1 <= last.won <= MAX_PIECES and one.won * last.won == two.won:
        return _numbers(two, one.won, Quantity(Decimal(last.won), None), consistent=True)
    return None


def _parse_grams(first: str, second: str, last: Amount) -> ItemNumbers | None:
    """The price of 100 grams and a weight with a separator: `1,690 1,034 17,470`."""
    price, weight = parse_amount(first), parse_amount(second)
    if price is None or weight is None or not (price.is_money and weight.is_money and last.is_money):
        return None
    if not _is_price(price) or weight.won < 1000 or not _is_close(price.won * Decimal(weight.won) / 100, last.won):
        return None
    return _numbers(last, price.won, Quantity(Decimal(weight.won), "g"), consistent=True)


def _parse_two(first: str, last: Amount) -> ItemNumbers | None:
    quantity, price = parse_quantity(first), parse_amount(first)
    if price and price.is_money and _is_price(price) and last.won >= price.won:
        return _derive_quantity(price.won, last)
    if (
        quantity
        and quantity.unit not in WEIGHTS
        and quantity.value <= MAX_PIECES
        and (last.is_money or last.won >= MIN_PRICE or last.won == 0)
    ):
        return ItemNumbers(last.won, last.is_money, None, quantity.value, quantity.unit)
    if price and _is_price(price) and price.won == last.won:
        return _derive_quantity(price.won, last)
    return None


def _derive_quantity(price: int, last: Amount) -> ItemNumbers:
    """Numbers with the quantity that unit price and amount imply."""
    pieces, rest = divmod(last.won, price)
    if rest == 0 and 1 <= pieces <= MAX_PIECES:
        return ItemNumbers(last.won, last.is_money, price, Decimal(pieces), quantity_derived=True)
    return _numbers(last, price, Quantity(Decimal(1), None), consistent=False)


def _numbers(last: Amount, price: int, quantity: Quantity, *, consistent: bool) -> ItemNumbers:
    return ItemNumbers(last.won, last.is_money, price or None, quantity.value, quantity.unit, consistent=consistent)


def _is_price(amount: Amount) -> bool:
    return amount.won >= MIN_PRICE


def _product(price: int, quantity: Quantity, amount: int) -> Quantity | None:
    """The quantity, with its unit if it is a weight, if its product with the price is the amount, otherwise None."""
    if quantity.value == quantity.value.to_integral_value():
        if quantity.unit not in WEIGHTS and price * quantity.value == amount:
            return quantity
        if quantity.value >= 10 and quantity.unit in (None, *GRAMS) and _is_close(price * quantity.value / 100, amount):
            return Quantity(quantity.value, quantity.unit or "g")
    elif quantity.unit is None and any(_is_close(price * quantity.value * per, amount) for per in _weights(quantity)):
        return Quantity(quantity.value, "kg")  # the price is that of a kilogram or of 100 grams
    for per in (Decimal(1), WEIGHTS.get(quantity.unit or "", Decimal(1)), Decimal("0.001")):
        if quantity.unit in WEIGHTS and _is_close(price * quantity.value * per, amount):
            return quantity
    return None


def _weights(quantity: Quantity) -> tuple[int, ...]:
    """Multiples of a price that a weight in kilograms may have. Scales print grams, unlike names: `콜라 1.5`."""
    return (1, 10) if quantity.value.as_tuple().exponent == -3 else (1,)


def _is_close(exact: Decimal, amount: int) -> bool:
    return abs(exact - amount) <= ROUNDING
