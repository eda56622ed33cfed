"""Parses scanned barcodes: the product number (GTIN), and a date if the code contains one.

Numbers are handled as text: `0012345678905` and `12345678905` are different scans. The canonical form of a GTIN has
14 digits, padded with zeros on the left (GS1 General Specifications, 3.3).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from biip import BiipException
from biip.checksums import gs1_standard_check_digit
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementStrings
from biip.gs1_messages import GS1Message

from functions.core.errors import InvalidBarcode

MAX_SCAN_CHARACTERS = 512
LENGTHS = (8, 12, 13, 14)
# Convenience stores print the 13-digit number followed by five digits of their own.
CONVENIENCE_STORE_LENGTH = 18

_DATES = {"17": "use_by", "15": "best_before"}
_SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9]")
_LINKED_NUMBER = re.compile(r"/01/([0-9]{8,14})(?=[/?#]|$)")
_ELEMENT_STRINGS = re.compile(r"^(?:\(01\)|01)([0-9]{14})(.*)$", re.DOTALL)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
_SEPARATORS = {"Zs", "Pd", "Cf"}  # spaces, hyphens and dashes, invisible marks


class Kind(StrEnum):
    """What a number identifies."""

    PRODUCT = "product"
    IN_STORE = "in_store"  # assigned by a shop for its own use; other shops use it for other products
    PUBLICATION = "publication"


@dataclass(frozen=True)
class PackageDate:
    """A date on the package itself. `kind` is `use_by` (GS1 identifier 17) or `best_before` (15)."""

    day: date
    kind: str


@dataclass(frozen=True)
class Scan:
    """A scanned code: the canonical number, what it identifies, and the date in the code, if any."""

    gtin14: str
    kind: Kind
    package_date: PackageDate | None = None


def parse(scanned: str) -> Scan:
    """Parse a scan: 8, 12, 13 or 14 digits, a GS1 Digital Link, element strings, or a convenience store's code.

    Spaces, hyphens and full-width digits are accepted; a wrong check digit is not.

    Raises:
        InvalidBarcode: it is not a product number.
    """
    if len(scanned) > MAX_SCAN_CHARACTERS:
        raise InvalidBarcode("The barcode is too long.")
    text = _SYMBOLOGY.sub("", scanned.strip())
    if "://" in text:
        return _from_link(text)
    digits = "".join(c for c in text.translate(_FULL_WIDTH) if unicodedata.category(c) not in _SEPARATORS)
    if re.fullmatch("[0-9]+", digits):
        if len(digits) in LENGTHS:
            return _scan(digits)
        if len(digits) == CONVENIENCE_STORE_LENGTH:
            return _scan(digits[:13])
    if match := _ELEMENT_STRINGS.match(text):
        try:
            parse_message = GS1Message.parse_hri if text.startswith("(") else GS1Message.parse
            return _from_elements(parse_message(text).element_strings)
        except BiipException:
            return _scan(match.group(1))  # the number is complete although the rest is malformed
    raise InvalidBarcode(f"A barcode has 8, 12, 13 or 14 digits; the scan has {len(digits)} characters.")


def canonical(number: str) -> str | None:
    """The 14-digit form for comparing numbers of different sources; None if `number` is not one."""
    digits = number.translate(_FULL_WIDTH).replace(" ", "").replace("-", "")
    return digits.zfill(14) if re.fullmatch("[0-9]{8,14}", digits) else None


def shortest(gtin14: str) -> str:
    """The number as printed on the package: 8 digits, else 13, else 14."""
    if gtin14.startswith("000000"):
        return gtin14[6:]
    return gtin14.removeprefix("0") if gtin14.startswith("0") else gtin14


def thirteen(gtin14: str) -> str:
    """The number with 13 digits, or with 14 if it identifies an outer carton."""
    return gtin14[1:] if gtin14.startswith("0") else gtin14


def _from_link(text: str) -> Scan:
    try:
        return _from_elements(GS1DigitalLinkURI.parse(text).element_strings)
    except (BiipException, ValueError) as error:
        match = _LINKED_NUMBER.search(text)
        if match and len(match.group(1)) in LENGTHS:
            return _scan(match.group(1))
        raise InvalidBarcode("The link does not contain a product number.") from error


def _from_elements(elements: GS1ElementStrings) -> Scan:
    values = {element.ai.ai: element for element in elements}
    if "01" not in values:
        raise InvalidBarcode("The code does not contain a product number.")
    scan = _scan(values["01"].value)
    for identifier, kind in _DATES.items():
        if identifier in values and (day := values[identifier].date):
            return Scan(scan.gtin14, scan.kind, PackageDate(day, kind))
    return scan


def _scan(digits: str) -> Scan:
    """`digits` has one of `LENGTHS`."""
    if int(digits[-1]) != gs1_standard_check_digit(digits[:-1]) or not digits.strip("0"):
        raise InvalidBarcode("The check digit is wrong; a digit was probably misread.")
    return Scan(gtin14 := digits.zfill(14), _kind(gtin14))


def _kind(gtin14: str) -> Kind:
    """Decided by the prefix of the 13-digit form; 8-digit numbers have prefixes of their own."""
    if gtin14.startswith("000000"):
        return Kind.IN_STORE if gtin14[6] in "02" else Kind.PRODUCT
    prefix = int(gtin14[1:4])
    if 20 <= prefix <= 29 or 40 <= prefix <= 49 or 200 <= prefix <= 299:
        return Kind.IN_STORE
    if 977 <= prefix <= 979:
        return Kind.PUBLICATION
    if prefix >= 980:
        raise InvalidBarcode("The barcode is a coupon, not a product.")
    return Kind.PRODUCT
