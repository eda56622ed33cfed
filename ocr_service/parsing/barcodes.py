"""Article codes: GTINs by their check digit (GS1 General Specifications 7.9), and the shops' own short codes."""

from dataclasses import dataclass

from ocr_service.parsing.lookalikes import misreadings

GTIN_LENGTHS = (8, 12, 13, 14)
KOREAN = "880"
"""GS1 prefix of Korean articles, all of 13 digits: a shorter code that starts with it has lost a digit."""


@dataclass(frozen=True, slots=True)
class Barcode:
    """`digits` of an article code; `repaired`: one digit was read as another that looks like it."""

    digits: str
    repaired: bool = False


def has_check_digit(digits: str) -> bool:
    """Whether the last of the digits is the GS1 check digit of the others."""
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighed % 10 == 0


def verified(digits: str) -> Barcode | None:
    """The code that was printed: as read if its check digit is right, else the only look-alike that has one.

    Codes of other lengths than a GTIN's are the shop's own and have no check digit: they are given as read. None if
    the check digit is wrong and no single look-alike explains it.
    """
    if len(digits) not in GTIN_LENGTHS:
        return Barcode(digits)
    if len(digits) == 12 and digits.startswith(KOREAN):
        return None
    if has_check_digit(digits):
        return Barcode(digits)
    likely = [other for other in misreadings(digits) if has_check_digit(other)]
    if digits.startswith(KOREAN):
        likely = [other for other in likely if other.startswith(KOREAN)]
    return Barcode(likely[0], repaired=True) if len(likely) == 1 else None
