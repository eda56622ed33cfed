"""Correct single misread digits where arithmetic proves them: unit price times quantity is the amount, and the amounts
add up to the total.

Nothing is guessed: exactly one look-alike digit must fit. Changed fields are listed in `LineItem.repaired`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from ocr_service.fields import ItemField
from ocr_service.parsing.barcodes import verified
from ocr_service.parsing.item_numbers import MAX_PIECES, ROUNDING, WEIGHTS, ItemNumbers
from ocr_service.parsing.labels import Marker
from ocr_service.parsing.list_items import LineItem, TotalLine
from ocr_service.parsing.lookalikes import misread_numbers
from ocr_service.parsing.money import parse_amount
from ocr_service.parsing.totals import adds_up, amounts_adding_up, resolve_totals
from ocr_service.parsing.uncertainty import CERTAIN

Repair = tuple[ItemField, ItemNumbers]
"""A field, and the numbers with it corrected."""
MAX_THOUSANDS = 500
"""How many thousands an amount may have lost."""
REPEATS_TOTAL = (Marker.PAYABLE, Marker.SUM, Marker.PAYMENT, None)
"""Labels of lines that repeat the total; None: a label that cannot be read."""
BEFORE_DISCOUNTS = (Marker.SUM, Marker.SUBTOTAL, Marker.PAYABLE)
"""Labels of sums that may be those before discounts. A payment may be the cash that was handed over."""


def repair(items: Sequence[LineItem], lines: Sequence[TotalLine]) -> list[LineItem]:
    """The items with numbers and codes corrected where that is certain, in the same order."""
    items = _with_net_amounts([_check_code(item) for item in items], lines)
    for index, _ in enumerate(items):
        item = items[index] = _in_printed_order(items, index, lines)
        if not item.numbers.consistent and item.numbers.unit_price is not None:
            items[index] = _multiply(items, index, lines)
        elif item.numbers.quantity_derived and item.numbers.quantity != 1:
            items[index] = replace(item, repaired=item.repaired | {ItemField.QUANTITY})
    items = _without_parts(_explain_difference(_complete_clipped(items, lines), lines), lines)
    return _without_unexplained(_fill_only_amount(items, lines), lines)


def _without_unexplained(items: list[LineItem], lines: Sequence[TotalLine]) -> list[LineItem]:
    """The items without those that have only a quantity, unless something is missing from the total."""
    others = [item for item in items if not item.is_without_amount]
    totals = resolve_totals(others, lines)
    net = sum(item.numbers.amount for item in others) + totals.discount
    lacking = totals.total is not None and not totals.matches and net < totals.total
    return items if lacking or not any(item.numbers.amount for item in others) else others


def _without_parts(items: list[LineItem], lines: Sequence[TotalLine]) -> list[LineItem]:
    """The items without those that have no amount, if the others add up to a printed sum.

    They are parts of other items, or remarks such as a price for members.
    """
    others = [item for item in items if not item.numbers.amount_derived]
    if not others or len(others) == len(items):
        return items
    if adds_up(items, lines) and any(item.numbers.amount for item in items if item.numbers.amount_derived):
        return items
    net = sum(item.numbers.amount + item.discount for item in others)
    subtotal = any(line.won == net and line.marker is Marker.SUBTOTAL for line in lines)
    return others if subtotal or adds_up(others, lines) else items


def _check_code(item: LineItem) -> LineItem:
    certain = all(cell.recognition.weakest_digit >= CERTAIN for cell in item.code_cells)
    code = verified(item.barcode, certain=certain) if item.barcode else None
    repaired = item.repaired | {ItemField.BARCODE} if code and code.repaired else item.repaired
    return replace(item, barcode=code.digits if code else None, repaired=repaired)


def _in_printed_order(items: Sequence[LineItem], index: int, lines: Sequence[TotalLine]) -> LineItem:
    """The item with its last number as the amount, if it was taken for the unit price and the sums contradict that.

    A misread digit can make unit price, quantity and amount the product of each other in another order: `40,000 2
    20,000` for 10,000 twice.
    """
    item, numbers = items[index], items[index].numbers
    last = parse_amount(item.number_cells[-1].text.split()[-1]) if item.number_cells else None
    if last is None or last.won != numbers.unit_price or last.won == numbers.amount or adds_up(items, lines):
        return item
    turned = replace(item, numbers=replace(numbers, unit_price=numbers.amount, amount=last.won, consistent=False))
    # With one digit changed, if that is needed.
    multiplied = _multiply([*items[:index], turned, *items[index + 1 :]], index, lines)
    return multiplied if adds_up([*items[:index], multiplied, *items[index + 1 :]], lines) else item


def _with_net_amounts(items: list[LineItem], lines: Sequence[TotalLine]) -> list[LineItem]:
    """The items whose products exceed their amounts because these are printed less their discounts.

    Two printed sums prove it: that of the amounts, and that of the products.
    """
    reduced = [not item.numbers.consistent and item.numbers.product > item.numbers.amount > 0 for item in items]
    gross = sum(
        item.numbers.product if less else item.numbers.amount for item, less in zip(items, reduced, strict=True)
    )
    net = sum(item.numbers.amount for item in items)
    before = any(line.won == gross and line.marker in BEFORE_DISCOUNTS for line in lines)
    after = any(line.won == net and line.marker in (*REPEATS_TOTAL, Marker.SUBTOTAL) for line in lines)
    if not (any(reduced) and before and after):
        return items
    return [
        replace(item, numbers=replace(item.numbers, consistent=True, net=True)) if less else item
        for item, less in zip(items, reduced, strict=True)
    ]


def _multiply(items: Sequence[LineItem], index: int, lines: Sequence[TotalLine]) -> LineItem:
    """The item with the one digit changed that makes its product the amount, unless the sums contradict that."""
    item = items[index]
    candidates = _look_alikes(item.numbers)
    confirmed = adds_up(items, lines)
    if confirmed:
        candidates = [(field, numbers) for field, numbers in candidates if field is not ItemField.AMOUNT]
    elif supported := [
        change for change in candidates if adds_up([*items[:index], _with(item, change), *items[index + 1 :]], lines)
    ]:
        candidates = supported
    if len(candidates) > 1:
        candidates = [change for change in candidates if _is_doubtful(item, change[0])] or candidates
    if len(candidates) == 1:
        return _with(item, candidates[0])
    recounted = _recount(item.numbers, confirmed=confirmed)
    if recounted is not None and not candidates:
        return _with(item, (ItemField.QUANTITY, replace(recounted, consistent=confirmed)))
    return item


def _is_doubtful(item: LineItem, field: ItemField) -> bool:
    """Whether the recogniser doubts the digits of that number; only known if each number has a box of its own."""
    order = (ItemField.UNIT_PRICE, ItemField.QUANTITY, ItemField.AMOUNT)
    return len(item.number_cells) == len(order) and (
        item.number_cells[order.index(field)].recognition.weakest_digit < CERTAIN
    )


def _look_alikes(numbers: ItemNumbers) -> list[Repair]:
    """Every change of one digit to a look-alike that makes unit price times quantity the amount.

    A unit price whose first digit was read as 0 is one digit shorter than the amount that it must be.
    """
    price, quantity, amount = numbers.unit_price, numbers.quantity, numbers.amount
    if not price or quantity is None or quantity != quantity.to_integral_value() or amount <= 0:
        return []
    pieces = int(quantity)
    if pieces == 1 and len(str(amount)) > 3 and str(amount)[1:] == f"{price:0{len(str(amount)) - 1}d}":
        return [(ItemField.UNIT_PRICE, replace(numbers, unit_price=amount, consistent=True))]
    variants = (
        (ItemField.UNIT_PRICE, [(other, pieces, amount) for other in misread_numbers(price)]),
        (ItemField.QUANTITY, [(price, other, amount) for other in misread_numbers(pieces)]),
        (ItemField.AMOUNT, [(price, pieces, other) for other in misread_numbers(amount)]),
    )
    return [
        (field, replace(numbers, unit_price=p, quantity=Decimal(q), amount=a, consistent=True))
        for field, options in variants
        for p, q, a in options
        if p * q == a
    ]


def _recount(numbers: ItemNumbers, *, confirmed: bool) -> ItemNumbers | None:
    """The numbers with the quantity that unit price and amount imply, for a digit misread as a dissimilar one.

    confirmed: the amounts add up to the total.
    """
    price, quantity, amount = numbers.unit_price, numbers.quantity, numbers.amount
    if not price or quantity is None or amount <= 0 or (quantity >= 10 and not confirmed):
        return None
    pieces, rest = divmod(amount, price)
    return replace(numbers, quantity=Decimal(pieces)) if rest == 0 and 1 <= pieces <= MAX_PIECES else None


def _complete_clipped(items: list[LineItem], lines: Sequence[TotalLine]) -> list[LineItem]:
    """The items whose clipped amounts are completed by unit price times quantity, or by the total if one is left."""
    items = [_with_product(item) if item.is_clipped else item for item in items]
    clipped = [index for index, item in enumerate(items) if item.is_clipped and not item.repaired]
    if len(clipped) != 1:
        return items
    (index,) = clipped
    numbers = items[index].numbers
    fitting = {
        won
        for won in amounts_adding_up(items, index, lines)
        if (won - numbers.amount) % 1000 == 0 and 0 <= won - numbers.amount <= 1000 * MAX_THOUSANDS
    }
    if len(fitting) != 1:
        return items
    completed = _with(items[index], (ItemField.AMOUNT, replace(numbers, amount=fitting.pop())))
    return [*items[:index], completed, *items[index + 1 :]]


def _with_product(item: LineItem) -> LineItem:
    """The item with unit price times quantity as its amount, if that ends in the digits that are left."""
    numbers = item.numbers
    if numbers.product <= numbers.amount or numbers.product % 1000 != numbers.amount:
        return item
    return _with(item, (ItemField.AMOUNT, replace(numbers, amount=numbers.product, consistent=True)))


def _explain_difference(items: list[LineItem], lines: Sequence[TotalLine]) -> list[LineItem]:
    """The items with the one amount changed whose look-alike makes the amounts add up to the total.

    The total must be printed twice, and only amounts without a unit price may change. Items that have only a quantity
    may be parts of others, or what explains the difference: then the changed amount is uncertain.
    """
    printed = Counter(line.won for line in lines if line.marker in REPEATS_TOTAL)
    totals = {won for won, times in printed.items() if times > 1}
    consistent = all(item.numbers.consistent or item.is_without_amount for item in items)
    if not totals or adds_up(items, lines) or not consistent:
        return items
    doubtful = any(item.is_without_amount for item in items)
    certain = [line for line in lines if line.won in totals or line.marker is Marker.DISCOUNT]
    corrections = (
        [*items[:index], _with(item, (ItemField.AMOUNT, corrected)), *items[index + 1 :]]
        for index, item in enumerate(items)
        if item.numbers.unit_price is None and item.numbers.amount
        for corrected in (
            replace(item.numbers, amount=other, amount_derived=doubtful)
            for other in misread_numbers(item.numbers.amount)
        )
    )
    matching = [corrected for corrected in corrections if adds_up(corrected, certain)]
    return matching[0] if len(matching) == 1 else items


def _fill_only_amount(items: list[LineItem], lines: Sequence[TotalLine]) -> list[LineItem]:
    """The items with the one amount that is missing as what the others and fees leave of the total.

    In a list without prices, the amount of a single item is the total. A rest that is printed below the list, such as a
    tax or a service charge, is not that of an item, and neither is one beside nothing but a quantity: taxes and fees
    may be added without being printed.
    """
    missing = [index for index, item in enumerate(items) if item.numbers.amount == 0 and not item.numbers.free]
    totals = resolve_totals(items, lines)
    if len(missing) != 1 or not totals.total or items[missing[0]].is_without_amount:
        return items
    (index,) = missing
    numbers = items[index].numbers
    if len(items) == 1:
        return [_with(items[index], (ItemField.AMOUNT, replace(numbers, amount=totals.total, consistent=True)))]
    difference = totals.total - sum(item.numbers.amount for item in items) - totals.discount
    rest = difference - sum(abs(line.won) for line in lines if line.marker is Marker.FEE)
    printed = {abs(line.won) for line in lines}
    fits = not numbers.product or abs(rest - numbers.product) <= ROUNDING or numbers.unit in WEIGHTS
    if rest <= 0 or printed & {difference, rest} or not fits:
        return items
    filled = _with(items[index], (ItemField.AMOUNT, replace(numbers, amount=rest)))
    return [*items[:index], filled, *items[index + 1 :]]


def _with(item: LineItem, change: Repair) -> LineItem:
    field, numbers = change
    return replace(item, numbers=numbers, repaired=item.repaired | {field})
