"""Which fields a user should check. An item without any should be right in 97 of 100 cases.

Arithmetic and check digits confirm numbers and codes regardless of the recogniser's confidence; names and everything
else depend on the probability of their least certain character.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ocr_service.fields import ItemField, ReceiptField
from ocr_service.parsing.barcodes import GTIN_LENGTHS
from ocr_service.parsing.dates import PurchaseTime
from ocr_service.parsing.list_items import UNREADABLE, LineItem
from ocr_service.parsing.rows import Cell
from ocr_service.parsing.totals import Totals

CERTAIN = 0.85
"""Probability of the least certain digit from which a number, or a code, counts as read correctly."""
MAX_INDENT = 1.2
"""How far, in row heights, a name may start to the right of the others before its first letters count as lost."""


@dataclass(frozen=True, slots=True)
class CertainName:
    """Probability of the least certain character of a name from which it counts as read correctly.

    own: as the recogniser read it. second_opinion: of a name that the character model changed, because the recogniser
    alone gave its characters less. docs/reading.md says how they were calibrated.
    """

    own: float = 0.75
    second_opinion: float = 0.3


SHIPPED = CertainName()


def of_items(items: Sequence[LineItem], totals: Totals, certain_name: CertainName = SHIPPED) -> list[set[ItemField]]:
    """Uncertain fields of each item, in order, without category and use-by date."""
    edge = _left_edge(items)
    codes_as_names = all(item.name.isdigit() for item in items)
    quantities = [item.numbers.quantity for item in items if not item.numbers.quantity_derived]
    counted = 2 * sum(quantity is not None for quantity in quantities) > len(quantities)
    return [
        _of_item(
            item,
            totals,
            name_certain=_is_name_certain(item, edge, certain_name, codes_as_names=codes_as_names),
            counted=counted,
        )
        for item in items
    ]


def of_receipt(
    totals: Totals,
    purchase_time: PurchaseTime | None,
    time_cells: Sequence[Cell],
    store_cells: Sequence[Cell] | None,
) -> set[ReceiptField]:
    """Uncertain fields of the receipt as a whole. `store_cells`: None if the name of the store is not certain."""
    uncertain = set()
    if not store_cells or not _are_certain(store_cells):
        uncertain.add(ReceiptField.STORE)
    if purchase_time is None or not _are_digits_certain(time_cells):
        uncertain.add(ReceiptField.PURCHASED_AT)
    if totals.total is None or not (totals.matches or totals.repeated):
        uncertain.add(ReceiptField.TOTAL)
    return uncertain


def _of_item(item: LineItem, totals: Totals, *, name_certain: bool, counted: bool) -> set[ItemField]:
    """`counted`: the list prints quantities."""
    numbers = item.numbers
    uncertain = set()
    if not name_certain:
        uncertain.add(ItemField.NAME)
    digits_certain = _are_digits_certain(item.number_cells)
    # The same price read twice, as unit price and as amount.
    repeated = numbers.unit_price == numbers.amount and numbers.consistent
    confirmed = numbers.product_confirmed or repeated or digits_certain
    if not (confirmed and numbers.consistent and _is_quantity_known(item, totals, counted=counted)):
        uncertain.add(ItemField.QUANTITY)
    amount_certain = totals.matches or numbers.product_confirmed or repeated or numbers.free
    incomplete = item.is_clipped and ItemField.AMOUNT not in item.repaired
    if incomplete or numbers.amount_derived or not (amount_certain or (totals.total is None and confirmed)):
        uncertain.add(ItemField.AMOUNT)
    if _is_code_uncertain(item):
        uncertain.add(ItemField.BARCODE)
    return uncertain


def _is_quantity_known(item: LineItem, totals: Totals, *, counted: bool) -> bool:
    """Whether the quantity is printed, implied by the prices, or 1 because the store prints none."""
    numbers = item.numbers
    if numbers.amount < 0:
        return False
    if numbers.quantity_derived:
        return True
    if numbers.quantity is None:
        return not counted and bool(totals.matches or totals.total is None)
    return ItemField.QUANTITY not in item.repaired


def _is_name_certain(item: LineItem, edge: float | None, certain_name: CertainName, *, codes_as_names: bool) -> bool:
    """`codes_as_names`: the store prints codes instead of names, so a code does not mean that a name was lost."""
    if item.name == UNREADABLE:
        return False
    if item.name.isdigit():
        return codes_as_names and item.barcode == item.name and not _is_code_uncertain(item)
    cut_off = edge is not None and item.name_cells[0].x0 > edge + MAX_INDENT * item.name_cells[0].height
    return not cut_off and all(
        cell.recognition.weakest >= (certain_name.own if cell.text == cell.raw else certain_name.second_opinion)
        for cell in item.name_cells
    )


def _left_edge(items: Sequence[LineItem]) -> float | None:
    """Where names start, in pixels along the print."""
    starts = sorted(item.name_cells[0].x0 for item in items if item.name_cells)
    return median(starts[: max(1, len(starts) // 2)]) if starts else None


def _is_code_uncertain(item: LineItem) -> bool:
    if ItemField.BARCODE in item.repaired or (item.barcode is None and item.code_cells):
        return True
    has_check_digit = item.barcode is None or len(item.barcode) in GTIN_LENGTHS
    return not has_check_digit and not _are_digits_certain(item.code_cells)


def _are_certain(cells: Iterable[Cell]) -> bool:
    return all(cell.recognition.weakest >= CERTAIN for cell in cells)


def _are_digits_certain(cells: Iterable[Cell]) -> bool:
    """Whether the digits are certain; a label next to them need not be."""
    return all(cell.recognition.weakest_digit >= CERTAIN for cell in cells)
