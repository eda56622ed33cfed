"""Single misread digits put right where the receipt itself proves them: unit price times quantity is the amount, and
the amounts add up to the total.

Nothing is guessed: of all look-alike digits exactly one must fit. What was changed is marked in `Entry.repaired`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from ocr_service.fields import Field
from ocr_service.parsing.barcodes import verified
from ocr_service.parsing.item_numbers import MOST_PIECES, Figures
from ocr_service.parsing.labels import Marker
from ocr_service.parsing.layout import Entry, TotalLine
from ocr_service.parsing.lookalikes import misread_numbers
from ocr_service.parsing.totals import adds_up, settle

Repair = tuple[Field, Figures]

SAYS_SUM = (Marker.PAYABLE, Marker.SUM, Marker.PAYMENT, None)
"""Lines that repeat the total; None: under a label that cannot be read."""


def repair(entries: Sequence[Entry], lines: Sequence[TotalLine]) -> list[Entry]:
    """The entries with their figures and codes put right where that is certain, in the same order."""
    entries = [_check_code(entry) for entry in entries]
    for index, entry in enumerate(entries):
        if not entry.figures.consistent and entry.figures.unit_price is not None:
            entries[index] = _multiply(entries, index, lines)
        elif entry.figures.counted and entry.figures.quantity != 1:
            entries[index] = replace(entry, repaired=entry.repaired | {Field.QUANTITY})
    return _fill_only_amount(_explain_difference(entries, lines), lines)


def _check_code(entry: Entry) -> Entry:
    code = verified(entry.barcode) if entry.barcode else None
    repaired = entry.repaired | {Field.BARCODE} if code and code.repaired else entry.repaired
    return replace(entry, barcode=code.digits if code else None, repaired=repaired)


def _multiply(entries: Sequence[Entry], index: int, lines: Sequence[TotalLine]) -> Entry:
    """The entry with the one digit changed that makes its product right, if the sums do not speak against it."""
    entry = entries[index]
    likely = _look_alikes(entry.figures)
    confirmed = adds_up(entries, lines)
    if confirmed:
        likely = [(field, figures) for field, figures in likely if field is not Field.AMOUNT]
    elif proven := [
        option for option in likely if adds_up([*entries[:index], _with(entry, option), *entries[index + 1 :]], lines)
    ]:
        likely = proven
    if len(likely) == 1:
        return _with(entry, likely[0])
    counted = _counted_again(entry.figures)
    if counted is not None and not likely:
        return _with(entry, (Field.QUANTITY, replace(counted, consistent=confirmed)))
    return entry


def _look_alikes(figures: Figures) -> list[Repair]:
    """Every change of one digit into a look-alike after which unit price times quantity is the amount."""
    price, quantity, amount = figures.unit_price, figures.quantity, figures.amount
    if not price or quantity is None or quantity != quantity.to_integral_value() or amount <= 0:
        return []
    pieces = int(quantity)
    changed = (
        (Field.UNIT_PRICE, [(other, pieces, amount) for other in misread_numbers(price)]),
        (Field.QUANTITY, [(price, other, amount) for other in misread_numbers(pieces)]),
        (Field.AMOUNT, [(price, pieces, other) for other in misread_numbers(amount)]),
    )
    return [
        (field, replace(figures, unit_price=p, quantity=Decimal(q), amount=a, consistent=True))
        for field, options in changed
        for p, q, a in options
        if p * q == a
    ]


def _counted_again(figures: Figures) -> Figures | None:
    """The quantity that unit price and amount give, in place of a digit that was read as a quite different one."""
    price, quantity, amount = figures.unit_price, figures.quantity, figures.amount
    if not price or quantity is None or quantity >= 10 or amount <= 0:
        return None
    pieces, rest = divmod(amount, price)
    return replace(figures, quantity=Decimal(pieces)) if rest == 0 and 1 <= pieces <= MOST_PIECES else None


def _explain_difference(entries: list[Entry], lines: Sequence[TotalLine]) -> list[Entry]:
    """The entries with the one amount changed whose look-alike makes the sum the total.

    The total must be printed twice, and only amounts that no unit price confirms are in question.
    """
    totals = {won for won, times in Counter(line.won for line in lines if line.marker in SAYS_SUM).items() if times > 1}
    if not totals or adds_up(entries, lines) or not all(entry.figures.consistent for entry in entries):
        return entries
    sure = [line for line in lines if line.won in totals or line.marker is Marker.DISCOUNT]
    found = [
        changed
        for index, entry in enumerate(entries)
        if entry.figures.unit_price is None
        for other in misread_numbers(entry.figures.amount)
        if adds_up(
            changed := [
                *entries[:index],
                _with(entry, (Field.AMOUNT, replace(entry.figures, amount=other))),
                *entries[index + 1 :],
            ],
            sure,
        )
    ]
    return found[0] if len(found) == 1 else entries


def _fill_only_amount(entries: list[Entry], lines: Sequence[TotalLine]) -> list[Entry]:
    """In a list without prices a single article costs the total."""
    total = settle(entries, lines).total
    if len(entries) == 1 and entries[0].figures.amount == 0 and total:
        figures = replace(entries[0].figures, amount=total, consistent=True)
        return [_with(entries[0], (Field.AMOUNT, figures))]
    return entries


def _with(entry: Entry, change: Repair) -> Entry:
    field, figures = change
    return replace(entry, figures=figures, repaired=entry.repaired | {field})
