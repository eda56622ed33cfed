"""Item codes: GTINs with their check digit (GS1 General Specifications 7.9), and short in-store codes."""

from dataclasses import dataclass

from ocr_service.parsing.lookalikes import misreadings

GTIN_LENGTHS = (8, 12, 13, 14)
KOREAN = "880"
"""GS1 prefix of Korea, whose codes have 13 digits: a shorter code that starts with it has lost a digit."""


def is_in_store(digits: str) -> bool:
    """Whether the store numbers the item itself: no check digit is to be expected."""
    return len(digits) not in GTIN_LENGTHS or (len(digits) == 13 and digits.startswith("2"))


@dataclass(frozen=True, slots=True)
class Barcode:
    """`digits` of an item code; `repaired`: one digit was misread as a look-alike and is corrected."""

    digits: str
    repaired: bool = False


def has_check_digit(digits: str) -> bool:
    """Whether the last of the digits is the GS1 check digit of the others."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


def verified(digits: str, *, certain: bool) -> Barcode | None:
    """The printed code: as read if its check digit is right, otherwise the only look-alike with a right one.

    Codes of other lengths than a GTIN's, and 13 digits with the prefix 2, are in-store codes without a check digit and
    returned as read. So are others that are not Korean if `certain`: their digits were read without doubt. None if the
    check digit is wrong and not exactly one look-alike explains it.
    """
    if is_in_store(digits) or (certain and len(digits) == 13 and not digits.startswith(KOREAN)):
        return Barcode(digits)
    if len(digits) == 12 and digits.startswith(KOREAN):
        return None
    if has_check_digit(digits):
        return Barcode(digits)
    candidates = [other for other in misreadings(digits) if has_check_digit(other)]
    if digits.startswith(KOREAN):
        candidates = [other for other in candidates if other.startswith(KOREAN)]
    return Barcode(candidates[0], repaired=True) if len(candidates) == 1 else None
