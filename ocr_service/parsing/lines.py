"""A printed row as words, split into name, item code and numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ocr_service.parsing.item_numbers import ItemNumbers, parse_item_numbers
from ocr_service.parsing.labels import Marker, label_of, marker_of
from ocr_service.parsing.money import LOOK_ALIKES, split_tokens
from ocr_service.parsing.rows import Cell, Row

_CODE = re.compile(r"^[*#\[(]*(\d{8}|\d{12,14})[*#\])]*$")
STORE_CODE = re.compile(r"^(\d{5,7})$")
_BRACKETED_CODE = re.compile(r"^\[(\d{5,7})\]$")
_TRAILING_MARK = re.compile(r"^(?:[*#＊※]|[A-Z]|면세?|과세?|[)\]])$")
_SPECK = re.compile(r"^[()\[\]|'\"`.,:;·°]+$")
_LINE_NUMBER = re.compile(r"^(?:\(\d{1,3}\)|0\d{1,2}[.)]?|\d{1,2}[.)])\s*(?=\D)")
_BARE_NUMBER = re.compile(r"^\d{1,3}\s+(?=[^\d\s])")
_TAX_MARK = re.compile(r"^[*#＊※·•◆♦☆★'\"`,.~\-_=|:]+\s*|\s*[*#＊※]+$")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a row, its cell, and its estimated horizontal extent in pixels."""

    text: str
    cell: Cell
    x0: float
    x1: float


@dataclass(frozen=True)
class Line:
    """A parsed row.

    name: the words that are neither code nor numbers. barcode: digits only, as read. amount_x: right edge of the last
    word in pixels. name_cells, code_cells, number_cells: the cells that each part was read from.
    """

    row: Row
    name: str
    barcode: str | None
    numbers: ItemNumbers | None
    amount_x: float
    name_cells: tuple[Cell, ...] = ()
    code_cells: tuple[Cell, ...] = ()
    number_cells: tuple[Cell, ...] = ()

    @classmethod
    def of(cls, row: Row) -> "Line":
        words = _words(row)
        while words and _TRAILING_MARK.match(words[-1].text) and len(words) > 1:
            words.pop()
        words = _without_stray(words)
        numbers, used = parse_item_numbers([word.text for word in words])
        head, tail = words[: len(words) - used], words[len(words) - used :]
        barcode, name = _take_code(head, has_numbers=numbers is not None)
        return cls(
            row=row,
            name=" ".join(word.text for word in name),
            barcode=barcode,
            numbers=numbers,
            amount_x=words[-1].x1 if words else 0.0,
            name_cells=_cells(name),
            code_cells=_cells([word for word in head if word not in name]),
            number_cells=_cells(tail),
        )

    @cached_property
    def label(self) -> str:
        """Letters of the name, for comparing with marker words."""
        return label_of(self.name)

    @cached_property
    def marker(self) -> Marker | None:
        """The kind of label that the line has."""
        return None if self.barcode else marker_of(self.label)

    @property
    def is_named(self) -> bool:
        """Whether there is a name besides code and numbers.

        A run of one repeated letter is not a name: ruled lines are read as such.
        """
        letters = [character for character in self.name if character.isalpha()]
        return len(set(letters)) > 1 or 1 <= len(letters) <= 2


def item_name(text: str, *, numbered: bool) -> str:
    """`text` without line number and tax marks; maker and packing prefixes (`농심)`, `P`) stay.

    numbered: the list has a column of line numbers, so a bare leading number is one.
    """
    before = None
    while text != before:
        before = text
        text = _TAX_MARK.sub("", text).strip()
        stripped = _LINE_NUMBER.sub("", text)
        if numbered:
            stripped = _BARE_NUMBER.sub("", stripped)
        text = stripped if any(character.isalnum() for character in stripped) else text
    return text


def _words(row: Row) -> list[Word]:
    words = []
    for cell in row.cells:
        pitch = (cell.x1 - cell.x0) / max(1, len(cell.text))
        words += [
            Word(text, cell, cell.x0 + start * pitch, cell.x0 + end * pitch)
            for text, start, end in split_tokens(cell.text)
            if not _SPECK.match(text)
        ]
    return words


def _without_stray(words: list[Word]) -> list[Word]:
    """The words without a stray one next to the paper, to the right of a full set of numbers."""
    if len(words) >= 5 and len(words[-1].text) <= 3 and not any(c.isdigit() for c in words[-1].text):
        numbers, used = parse_item_numbers([word.text for word in words[:-1]])
        if numbers and used >= 3 and numbers.consistent:
            return words[:-1]
    return words


def _cells(words: Sequence[Word]) -> tuple[Cell, ...]:
    return tuple(dict.fromkeys(word.cell for word in words))


def _take_code(words: list[Word], *, has_numbers: bool) -> tuple[str | None, list[Word]]:
    """The item code among the words, and the other words.

    Short in-store codes count only if nothing else precedes the numbers.
    """
    for index, word in enumerate(words):
        digits = word.text.translate(LOOK_ALIKES)
        code = _CODE.match(digits)
        if code and sum(character.isdigit() for character in word.text) >= len(word.text) - 3:
            return code[1], words[:index] + words[index + 1 :]
    joined = "".join(word.text for word in words).strip("*#")
    if bracketed := _BRACKETED_CODE.match(joined):
        return bracketed[1], []
    if joined.isdigit() and (len(joined) in (8, 12, 13) or (has_numbers and STORE_CODE.match(joined))):
        return joined, []
    return None, words
