"""Parses scanned barcodes: the product number (GTIN), and a date or a count if the code contains one.

Numbers are handled as text: `0012345678905` and `12345678905` are different scans. The canonical form of a GTIN has
14 digits, padded with zeros on the left (GS1 General Specifications, 3.3).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit

from biip import BiipException, ParseConfig
from biip.checksums import gs1_standard_check_digit
from biip.gs1_element_strings import GS1ElementString
from biip.upc import Upc

from functions.core.errors import InvalidBarcode

MAX_SCAN_CHARACTERS = 512
LENGTHS = (8, 12, 13, 14)
# Convenience stores print the 13-digit number followed by five digits of their own.
CONVENIENCE_STORE_LENGTH = 18

# Use-by date, also with its time, before best-before date.
_DATES = {"17": "use_by", "7003": "use_by", "15": "best_before"}
_FIRST_YEAR = 2000  # an earlier date, such as 991231, stands for none
# GTIN of the item, or of the items that a logistic unit contains.
_NUMBERS = ("01", "02")
# Number of items in a logistic unit, and in an item of variable content.
_COUNTS = ("37", "30")
_MAX_COUNT = 9999
_SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9]")
_EAN_8, _WITH_ADD_ON = "]E4", "]E3"
# Lengths with the two or five digits of an add-on, which periodicals and books have, and without.
_ADD_ONS = {14: 12, 15: 13, 17: 12, 18: 13}
_PUBLICATION_WITH_ADD_ON = re.compile("97[789][0-9]{12}")
# Books and periodicals have numbers of their own (ISO 2108, ISO 3297), which people type. Their check digit may be X.
# Eight digits without a label, a hyphen or an X are a GTIN.
_ISBN_10 = re.compile("[0-9]{9}[0-9X]", re.IGNORECASE)
_ISSN = re.compile("[0-9]{7}[0-9X]", re.IGNORECASE)
_TEN = 10  # what X stands for
# What a barcode begins with for them, and how many digits their add-on has. It is printed apart or in brackets, as in
# 89-364-3367-9 03810 and 978-89-364-3367-3 (03810).
_BOOK, _PERIODICAL = "978", "977"
_ADD_ON_LENGTHS = {_BOOK: 5, _PERIODICAL: 2}
_ADD_ON = re.compile(r"(.*[0-9X])\W+([0-9]{5}|[0-9]{2})[)\]]?", re.IGNORECASE)
# The label that is printed before them, without its spaces and hyphens. An ISBN may begin with 10 or 13, too.
_LABEL = re.compile("(?:(ISBN)(?:10(?=:?[0-9X]{10}$)|13(?=:?97[89][0-9]{10}))?|ISSN):?(?=[0-9])", re.IGNORECASE)
# The 13 digits behind each label, and an add-on.
_PRINTED = {
    "ISBN": re.compile("(97[89][0-9]{10})(?:[0-9]{2}|[0-9]{5})?"),
    "ISSN": re.compile("(977[0-9]{10})(?:[0-9]{2}|[0-9]{5})?"),
    "": re.compile("(97[789][0-9]{10})"),
}
# The scheme of a Digital Link is often left out.
_HOST = re.compile(r"\w[\w-]*(?:\.\w[\w-]*)*\.[^\W\d_]{2,}(?::[0-9]{1,5})?/")
# Names that the first versions of Digital Link also allowed.
_LINK_NAMES = {"gtin": "01", "exp": "17"}
_BRACKETED = re.compile(r"[(\[]([0-9]{2,4})[)\]]([^(\[]*)")
_NUMBER_INSIDE = re.compile(r"(?=0[12]([0-9]{14}))")
_SEPARATOR = "\x1d"
# How scanners render the separator (FNC1), which is a control character.
_RENDERED_SEPARATOR = re.compile(r"[<\[{](?:GS|FNC1|F1)[>\]}]|FNC1|\u241d|\^\]|\\x1d|\\u001d", re.IGNORECASE)
_FULL_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}  # ASCII as a Korean keyboard also types it
_FULL_WIDTH |= dict.fromkeys(map(ord, "\u2212\u3161\u30fc"), ord("-"))  # a minus, and letters that look like a dash
_WRONG_CHECK_DIGIT = "The check digit is wrong; a digit was probably misread."
_IGNORED = {"Zs", "Zl", "Zp", "Pd", "Cf", "Cc"}  # spaces, hyphens and dashes, invisible marks, line breaks


class Kind(StrEnum):
    """What a number identifies."""

    PRODUCT = "product"
    IN_STORE = "in_store"  # assigned by a shop for its own use; other shops use it for other products
    PUBLICATION = "publication"


@dataclass(frozen=True)
class PackageDate:
    """A date on the package itself. `kind` is `use_by` (GS1 identifiers 17 and 7003) or `best_before` (15)."""

    day: date
    kind: str


@dataclass(frozen=True)
class Carton:
    """An outer carton of several equal items: its own number, and how many there are if the code says so."""

    gtin14: str | None
    count: int | None


@dataclass(frozen=True)
class Scan:
    """A scanned code.

    Attributes:
        gtin14: the canonical number; for an outer carton that of the item inside.
        kind: what the number identifies.
        package_date: the date in the code, if any.
        carton: the carton that was scanned, if it was one.
    """

    gtin14: str
    kind: Kind
    package_date: PackageDate | None = None
    carton: Carton | None = None


def parse(scanned: str) -> Scan:
    """Parse a scan: 8, 12, 13 or 14 digits, a GS1 Digital Link, element strings, or a convenience store's code.

    Spaces, hyphens and full-width digits are accepted; a wrong check digit is not. Eight digits are UPC-E if they
    begin with 0 or 1 and their check digit says so, else EAN-8. The add-on of a periodical or a book is ignored.
    An ISBN of ten digits, and an ISSN with its hyphen or an X, become the 13 digits that books and periodicals print.
    The label `ISBN`, `ISBN-10`, `ISBN-13` or `ISSN` may stand before their numbers; an ISSN then needs no hyphen. Their
    add-on is ignored if it is apart or in brackets.

    Raises:
        InvalidBarcode: it is not a product number.
    """
    if len(scanned) > MAX_SCAN_CHARACTERS:
        raise InvalidBarcode("The barcode is too long.")
    text = _SYMBOLOGY.sub("", scanned.strip())
    if "://" in text:
        return _from_link(text)
    if publication := _publication(text, is_typed=text == scanned.strip()):
        return _scan(publication)
    digits = _without_separators(text)
    if re.fullmatch("[0-9]+", digits) and _SEPARATOR not in text:
        if scanned.strip().startswith(_WITH_ADD_ON) or _PUBLICATION_WITH_ADD_ON.fullmatch(digits):
            digits = digits[: _ADD_ONS.get(len(digits), len(digits))]
        if len(digits) in LENGTHS:
            return _scan(digits, is_ean_8=scanned.strip().startswith(_EAN_8))
        if len(digits) == CONVENIENCE_STORE_LENGTH:
            return _scan(digits[:13])
    elements = _elements(_RENDERED_SEPARATOR.sub(_SEPARATOR, text.translate(_FULL_WIDTH)))
    if not any(each in elements for each in _NUMBERS) and _HOST.match(text):
        elements = _elements_of_link(f"//{text}")
    if elements:
        return _from_elements(elements)
    raise InvalidBarcode(f"A barcode has 8, 12, 13 or 14 digits; the scan has {len(digits)} characters.")


def canonical(number: str) -> str | None:
    """The 14-digit form for comparing numbers of different sources; None if `number` is not one."""
    digits = _without_separators(number)
    return digits[-14:].zfill(14) if re.fullmatch("0*[0-9]{8,14}", digits) else None


def shortest(gtin14: str) -> str:
    """The number as printed on the package: 8 digits, else 13, else 14."""
    if gtin14.startswith("000000"):
        return gtin14[6:]
    return gtin14.removeprefix("0") if gtin14.startswith("0") else gtin14


def _without_separators(text: str) -> str:
    if text.isascii() and text.isdecimal():
        return text  # as most scans
    return "".join(c for c in text.translate(_FULL_WIDTH) if unicodedata.category(c) not in _IGNORED)


def _publication(text: str, *, is_typed: bool) -> str | None:
    """The 13 digits of an ISBN or ISSN that has a label or is typed, with or without its add-on; None if it is neither.

    Raises:
        InvalidBarcode: the label has another number behind it, or the check digit is wrong.
    """
    label, number = _labelled(text)
    if not (label or is_typed):
        return None
    if digits := _printed_with_add_on(text):
        return digits
    if label and (printed := _PRINTED[label].fullmatch(number)):
        return printed[1]
    prefix = _prefix(text)
    if label and not prefix:
        raise InvalidBarcode("An ISBN has 10 or 13 digits, an ISSN has 8.")
    digits = _thirteen_digits(prefix, number) if prefix else None
    # Eight digits may for whatever reason be written with a hyphen.
    if prefix and digits is None and (label or not (number.isdecimal() and len(number) in LENGTHS)):
        raise InvalidBarcode(_WRONG_CHECK_DIGIT)
    return digits


def _printed_with_add_on(text: str) -> str | None:
    """The 13 digits of an ISBN or ISSN whose add-on is apart or in brackets; None if it is something else."""
    match = _ADD_ON.fullmatch(text.translate(_FULL_WIDTH))
    if match is None:
        return None
    label, number = _labelled(match[1])
    if printed := _PRINTED[label].fullmatch(number):
        return printed[1]
    prefix = _prefix(match[1])
    return _thirteen_digits(prefix, number) if prefix and len(match[2]) == _ADD_ON_LENGTHS[prefix] else None


def _labelled(text: str) -> tuple[str, str]:
    """The label before a number, `ISBN`, `ISSN` or nothing, and the number without separators."""
    number = _without_separators(text)
    label = _LABEL.match(number)
    return ("ISBN" if label[1] else "ISSN", number[label.end() :]) if label else ("", number)


def _prefix(text: str) -> str | None:
    """What the barcode of an ISBN of ten digits or an ISSN begins with; None if the text is neither.

    Without a label, an ISSN needs its hyphen or an X.
    """
    label, number = _labelled(text)
    if label != "ISBN" and _ISSN.fullmatch(number) and (label or number[-1] in "Xx" or _has_dash_at(4, text)):
        return _PERIODICAL
    return _BOOK if label != "ISSN" and _ISBN_10.fullmatch(number) else None


def _thirteen_digits(prefix: str, number: str) -> str | None:
    """An ISBN-10 or ISSN as printed in a barcode; None if its check digit is wrong, or if it is zero."""
    values = [_TEN if digit in "Xx" else int(digit) for digit in number]
    if not any(values) or sum(weight * value for weight, value in enumerate(reversed(values), 1)) % 11:
        return None
    payload = f"{prefix}{number[:-1]}".ljust(12, "0")
    return payload + str(gs1_standard_check_digit(payload))


def _has_dash_at(place: int, text: str) -> bool:
    """Whether the only dash is behind so many characters, apart from those that are ignored."""
    parts = re.split("-", "".join("-" if unicodedata.category(c) == "Pd" else c for c in text.translate(_FULL_WIDTH)))
    return [len(_without_separators(part)) for part in parts[:-1]] == [place]


def _from_link(text: str) -> Scan:
    return _from_elements(_elements_of_link(text))


def _elements_of_link(text: str) -> dict[str, GS1ElementString]:
    """The elements of a GS1 Digital Link: from the number on in its path, and in its query, whatever else it has.

    None without a number.

    Raises:
        InvalidBarcode: it is malformed.
    """
    try:
        parts = urlsplit(text)
        query = parse_qsl(parts.query)
    except ValueError:
        raise InvalidBarcode("The link is malformed.") from None
    segments = [_LINK_NAMES.get(segment, segment) for segment in map(unquote, parts.path.split("/"))]
    path = list(pairwise(segments))
    start = next((place for place, pair in enumerate(path) if pair[0] == "01" and _element(*pair)), len(path))
    # The number is never in the query, where other sites have their own parameters.
    pairs = path[start::2] + [(_LINK_NAMES.get(name, name), value) for name, value in query]
    elements = [each for name, value in pairs if (each := _element(name, value))]
    return _first_of_each(elements if start < len(path) else [])


def _elements(text: str) -> dict[str, GS1ElementString]:
    """The element strings in a code by identifier, in any order; what cannot be parsed is left out."""
    text = "".join(c for c in text if c == _SEPARATOR or unicodedata.category(c) not in _IGNORED - {"Pd"})
    if text.startswith(("(", "[")):
        return _first_of_each([each for pair in _BRACKETED.findall(text) if (each := _element(*pair))])
    elements = _leading_elements(text)
    if elements and not any(each.ai.ai in _NUMBERS for each in elements):
        # Without a separator, an element of variable length includes the number behind it.
        places = [match.start() for match in _NUMBER_INSIDE.finditer(text) if _check_digit_holds(match[1])]
        elements = _leading_elements(text[: places[0]]) + _leading_elements(text[places[0] :]) if places else []
    return _first_of_each(elements)


def _element(identifier: str, value: str) -> GS1ElementString | None:
    """One element; None if it is malformed. People write numbers with fewer digits than 14."""
    value = value.zfill(14) if identifier in _NUMBERS and len(value) in LENGTHS else value
    return next(iter(_leading_elements(identifier + value)), None)


def _first_of_each(elements: list[GS1ElementString]) -> dict[str, GS1ElementString]:
    """The first element of each identifier."""
    return {each.ai.ai: each for each in reversed(elements)}


def _leading_elements(text: str) -> list[GS1ElementString]:
    """The elements at the beginning of a text, up to the first that is malformed."""
    config = ParseConfig(gs1_element_strings_verify_date=False)
    elements: list[GS1ElementString] = []
    rest = text.lstrip(_SEPARATOR)
    while rest:
        try:
            element = GS1ElementString.extract(rest, config=config)
        except (BiipException, ValueError):
            break
        elements.append(element)
        rest = rest[len(element) :].lstrip(_SEPARATOR)
    return elements


def _from_elements(elements: dict[str, GS1ElementString]) -> Scan:
    identifier = next((each for each in _NUMBERS if each in elements), None)
    if identifier is None:
        raise InvalidBarcode("The code does not contain a product number.")
    scan = _scan(elements[identifier].value)
    counts = [int(elements[each].value) for each in _COUNTS if each in elements and elements[each].value.isdecimal()]
    count = next((each for each in counts if 0 < each <= _MAX_COUNT), None)
    if scan.carton or (identifier == "02" and count):
        scan = replace(scan, carton=Carton(scan.carton.gtin14 if scan.carton else None, count))
    dates = [PackageDate(day, kind) for key, kind in _DATES.items() if key in elements and (day := _day(elements[key]))]
    return replace(scan, package_date=dates[0] if dates else None)


def _day(element: GS1ElementString) -> date | None:
    """The day of a date, which may have a time; None if there is no such day, or if it stands for none."""
    day = element.date or (element.datetime.date() if element.datetime else None)
    return day if day and day.year >= _FIRST_YEAR else None


def _scan(digits: str, *, is_ean_8: bool = False) -> Scan:
    """`digits` has one of `LENGTHS`."""
    if len(digits) == 8 and not is_ean_8 and (upc_a := _upc_a(digits)):
        digits = upc_a
    if not _check_digit_holds(digits) or not digits.strip("0"):
        raise InvalidBarcode(_WRONG_CHECK_DIGIT)
    gtin14 = digits.zfill(14)
    if gtin14[0] not in "12345678":
        return Scan(gtin14, _kind(gtin14))
    unit = f"0{gtin14[1:13]}"
    unit += str(gs1_standard_check_digit(unit))
    if not unit.strip("0"):
        raise InvalidBarcode("The carton has no product number.")
    return Scan(unit, _kind(unit), carton=Carton(gtin14, None))


def _check_digit_holds(digits: str) -> bool:
    return int(digits[-1]) == gs1_standard_check_digit(digits[:-1])


def _upc_a(digits: str) -> str | None:
    """The 12 digits that eight digits of UPC-E stand for; None if they are not UPC-E."""
    try:
        return Upc.parse(digits).as_upc_a()
    except BiipException:
        return None


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
