"""Which fields a person should look at. A field that is not named here is meant to be right 98 times of 100.

Arithmetic and check digits confirm figures and codes whatever the recogniser thinks of them; names and everything
else rest on the character that it was least sure of.
"""

from collections.abc import Iterable, Sequence
from statistics import median

from ocr_service.fields import Field, ReceiptField
from ocr_service.parsing.barcodes import GTIN_LENGTHS
from ocr_service.parsing.dates import Moment
from ocr_service.parsing.layout import UNREADABLE, Entry
from ocr_service.parsing.rows import Cell
from ocr_service.parsing.totals import Totals

SURE = 0.85
"""Probability of the least sure character from which a text counts as read: the lowest from which on 98 of 100 names
were right on drawn receipts, in print and of goods that the recogniser does not know."""
INDENT = 1.2
"""How far, in row heights, a name may start behind the others before its first letters are suspected missing."""


def of_entries(entries: Sequence[Entry], totals: Totals) -> list[set[Field]]:
    """Doubtful fields of each entry, in order; category and use-by date are not known here."""
    edge = _left_edge(entries)
    coded = all(entry.name.isdigit() for entry in entries)
    return [_of_entry(entry, totals, edge, coded=coded) for entry in entries]


def of_receipt(
    totals: Totals, moment: Moment | None, moment_cells: Sequence[Cell], store_cells: Sequence[Cell] | None
) -> set[ReceiptField]:
    """Doubtful fields of the whole. `store_cells`: None if the shop was not found by a label or a known name."""
    doubts = set()
    if not store_cells or not _read(store_cells):
        doubts.add(ReceiptField.STORE)
    if moment is None or not _digits_read(moment_cells):
        doubts.add(ReceiptField.PURCHASED_AT)
    if totals.total is None or not (totals.matches or totals.repeated):
        doubts.add(ReceiptField.TOTAL)
    return doubts


def _of_entry(entry: Entry, totals: Totals, edge: float | None, *, coded: bool) -> set[Field]:
    figures = entry.figures
    doubts = set()
    if not _is_name_read(entry, edge, coded=coded):
        doubts.add(Field.NAME)
    confirmed = figures.multiplied or _digits_read(entry.figure_cells)
    printed = figures.quantity is not None and Field.QUANTITY not in entry.repaired
    if not (figures.consistent and confirmed and printed and figures.amount > 0):
        doubts.add(Field.QUANTITY)
    if not (totals.matches or figures.multiplied or (totals.total is None and confirmed)):
        doubts.add(Field.AMOUNT)
    if _is_code_doubtful(entry):
        doubts.add(Field.BARCODE)
    return doubts


def _is_name_read(entry: Entry, edge: float | None, *, coded: bool) -> bool:
    """`coded`: the shop prints codes for names, so that a code is no sign of a name that was lost."""
    if entry.name == UNREADABLE:
        return False
    if entry.name.isdigit():
        return coded and entry.barcode == entry.name and not _is_code_doubtful(entry)
    cut = edge is not None and entry.name_cells[0].x0 > edge + INDENT * entry.name_cells[0].height
    return not cut and _read(entry.name_cells)


def _left_edge(entries: Sequence[Entry]) -> float | None:
    """Where names start on paper, in pixels along the print."""
    starts = sorted(entry.name_cells[0].x0 for entry in entries if entry.name_cells)
    return median(starts[: max(1, len(starts) // 2)]) if starts else None


def _is_code_doubtful(entry: Entry) -> bool:
    if Field.BARCODE in entry.repaired or (entry.barcode is None and entry.code_cells):
        return True
    checked = entry.barcode is None or len(entry.barcode) in GTIN_LENGTHS
    return not checked and not _digits_read(entry.code_cells)


def _read(cells: Iterable[Cell]) -> bool:
    return all(cell.recognition.weakest >= SURE for cell in cells)


def _digits_read(cells: Iterable[Cell]) -> bool:
    """What stands beside a figure or a date, such as its label, may be doubtful."""
    return all(cell.recognition.weakest_digit >= SURE for cell in cells)
