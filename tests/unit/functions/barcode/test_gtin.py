"""Parsing scans: every form of a number is the same product, and any other text is refused."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from functions.barcode.gtin import Carton, Kind, PackageDate, Scan, canonical, parse, shortest
from functions.core.errors import InvalidBarcode

SEPARATOR = "\x1d"
DASHES = ["-", *map(chr, range(0x2010, 0x2016)), "\u2212", "\uff0d", "\u3161", "\u30fc"]  # also a minus, ㅡ and ー
WIDE = {narrow: narrow + 0xFEE0 for narrow in range(0x21, 0x7F)}  # full-width forms


def check_digit(payload: str) -> str:
    """GS1 General Specifications 7.9: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return str(-total % 10)


def complete(payload: str) -> str:
    return payload + check_digit(payload)


def payloads(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=length, max_size=length)


# Numbers of brand owners: the Korean prefix 880 and some others.
products = st.builds(
    lambda prefix, rest: complete(prefix + rest), st.sampled_from(["880", "489", "690", "300", "059"]), payloads(9)
)


def refused(text: str) -> bool:
    try:
        parse(text)
    except InvalidBarcode as error:
        return (error.status, error.retryable) == (400, False)
    return False


@given(products)
def test_the_canonical_form_of_thirteen_digits_has_a_leading_zero(number: str) -> None:
    scan = parse(number)
    assert (scan.gtin14, scan.kind, scan.package_date) == (f"0{number}", Kind.PRODUCT, None)
    assert shortest(scan.gtin14) == number


def upc_a_of(upc_e: str) -> str:
    """The 12 digits that 8 digits of UPC-E stand for (GS1 General Specifications, 5.2.2.4.2)."""
    system, (a, b, c, d, e, last), check = upc_e[0], upc_e[1:7], upc_e[7]
    if last in "012":
        return f"{system}{a}{b}{last}0000{c}{d}{e}{check}"
    if last == "3":
        return f"{system}{a}{b}{c}00000{d}{e}{check}"
    if last == "4":
        return f"{system}{a}{b}{c}{d}00000{e}{check}"
    return f"{system}{a}{b}{c}{d}{e}0000{last}{check}"


upc_e_numbers = st.builds(
    lambda system, rest: system + rest + check_digit(upc_a_of(f"{system}{rest}0")[:-1]),
    st.sampled_from("01"),
    payloads(6).filter(lambda rest: rest[:1] not in "24" and rest.strip("0")),
)


@given(upc_e_numbers, st.sampled_from(["", "]E0"]))
def test_upc_e_is_the_product_of_its_twelve_digits(number: str, symbology: str) -> None:
    upc_a = upc_a_of(number)
    assert parse(symbology + number) == parse(upc_a) == Scan(upc_a.zfill(14), parse(upc_a).kind)


def test_the_can_of_a_known_drink() -> None:
    assert parse("04963406").gtin14 == "00049000006346"


@given(payloads(6).map(lambda rest: complete(f"1{rest}")))
def test_a_scanner_that_says_ean_8_is_believed(number: str) -> None:
    assert parse(f"]E4{number}").gtin14 == number.zfill(14)


@given(payloads(7).map(complete).filter(lambda number: number[0] not in "012"))
def test_the_shortest_form_of_eight_digits_is_unchanged(number: str) -> None:
    scan = parse(number)
    assert (scan.gtin14, scan.kind) == (number.zfill(14), Kind.PRODUCT)
    assert shortest(scan.gtin14) == number


@given(payloads(10).map(lambda rest: complete(f"6{rest}")))
def test_a_upc_is_the_same_product_with_twelve_thirteen_and_fourteen_digits(number: str) -> None:
    assert parse(number) == parse(f"0{number}") == parse(f"00{number}")
    assert parse(number).gtin14 == f"00{number}"
    assert shortest(parse(number).gtin14) == f"0{number}"


@given(st.sampled_from("12345678"), products)
def test_an_outer_carton_is_the_product_inside(level: str, inner: str) -> None:
    carton = complete(level + inner[:-1])
    assert parse(carton) == Scan(f"0{inner}", Kind.PRODUCT, carton=Carton(carton, None))


@given(products)
def test_an_item_of_variable_measure_is_a_product_of_its_own(inner: str) -> None:
    number = complete(f"9{inner[:-1]}")
    assert parse(number) == Scan(number, Kind.PRODUCT)


@given(products, st.integers(0, 12), st.integers(1, 9))
def test_one_misread_digit_is_always_detected(number: str, place: int, step: int) -> None:
    wrong = str((int(number[place]) + step) % 10)
    assert refused(number[:place] + wrong + number[place + 1 :])


@given(products, st.data())
def test_spaces_hyphens_and_full_width_digits_do_not_matter(number: str, data: st.DataObject) -> None:
    separators = st.sampled_from(["", " ", "\u3000", "\u200b", "\u00a0", *DASHES])
    written = "".join(
        (digit.translate(WIDE) if data.draw(st.booleans()) else digit) + data.draw(separators) for digit in number
    )
    assert parse(f" {written}\n") == parse(number)
    assert canonical(number.translate(WIDE)) == canonical(number) == parse(number).gtin14


@given(st.text(max_size=600))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        scan = parse(text)
    except InvalidBarcode:
        return
    assert parse(scan.gtin14).gtin14 == scan.gtin14


@given(st.text("0123456789", max_size=40))
def test_other_lengths_are_refused(digits: str) -> None:
    assume(len(digits) not in (8, 10, 12, 13, 14, 18) and not digits.startswith(("977", "978", "979")))
    assume("01" not in digits and "02" not in digits)
    assert refused(digits)


@given(products, payloads(5))
def test_a_convenience_store_s_eighteen_digits_contain_the_product(number: str, own: str) -> None:
    assert parse(number + own) == parse(number)


@pytest.mark.parametrize("prefix", ["020", "029", "040", "049", "200", "245", "299"])
def test_in_store_prefixes(prefix: str) -> None:
    assert parse(complete(f"{prefix}123456789")).kind is Kind.IN_STORE


@pytest.mark.parametrize("number", ["20123451", "01000016", "]E402345673"])
def test_in_store_numbers_of_eight_digits(number: str) -> None:
    assert parse(number).kind is Kind.IN_STORE


def test_prefixes_next_to_the_in_store_ones_are_products() -> None:
    for prefix in ("019", "030", "039", "050", "300"):
        assert parse(complete(f"{prefix}123456789")).kind is Kind.PRODUCT


def test_a_upc_of_number_system_2_is_in_store() -> None:
    assert parse(complete("21234567890")).kind is Kind.IN_STORE


def test_books_are_publications_and_coupons_are_refused() -> None:
    for prefix in ("977", "978", "979"):
        assert parse(complete(f"{prefix}123456789")).kind is Kind.PUBLICATION
    for prefix in ("980", "981", "990", "999"):
        assert refused(complete(f"{prefix}123456789"))


def with_check_digit(payload: str) -> str:
    """An ISBN-10 (ISO 2108) or an ISSN (ISO 3297): weights from 2 on from the right, modulo 11."""
    total = sum(int(digit) * weight for weight, digit in enumerate(reversed(payload), 2))
    return payload + "0123456789X"[-total % 11]


def written(number: str, draw: st.DrawFn) -> str:
    """As people type it: with hyphens and spaces, small letters, or on a Korean keyboard."""
    number = number.lower() if draw(st.booleans()) else number
    return "".join(c.translate(WIDE) if draw(st.booleans()) else c for c in number)


written_payloads = {length: payloads(length).filter(lambda payload: payload.strip("0")) for length in (7, 9)}


@given(written_payloads[9], st.data())
def test_an_isbn_of_ten_digits_is_the_book(payload: str, data: st.DataObject) -> None:
    number = with_check_digit(payload)
    book = parse(complete(f"978{payload}"))
    assert book.kind is Kind.PUBLICATION
    # Not behind the eighth: two digits behind an ISSN are its add-on.
    places = data.draw(st.lists(st.integers(1, 9).filter(lambda place: place != 8), max_size=3))
    separator = data.draw(st.sampled_from(["", " ", *DASHES]))
    parts = [c + separator if place in places else c for place, c in enumerate(number, 1)]
    assert parse(written("".join(parts), data.draw)) == book
    wrong = payload + data.draw(st.sampled_from("0123456789X").filter(lambda digit: digit != number[-1]))
    assert refused(wrong)
    assert refused(f"]C0{number}"), "no scanner reads one"


@given(written_payloads[7], st.data())
def test_an_issn_is_the_periodical(payload: str, data: st.DataObject) -> None:
    number = with_check_digit(payload)
    periodical = parse(complete(f"977{payload}00"))
    assert periodical.kind is Kind.PUBLICATION
    hyphen = data.draw(st.sampled_from([" - ", *DASHES]))
    assert parse(written(number[:4] + hyphen + number[4:], data.draw)) == periodical
    if number.endswith("X"):
        assert parse(written(number, data.draw)) == periodical


def labels_of(name: str, *numbers: str) -> st.SearchStrategy[str]:
    """A label as printed before a number: `ISBN`, `ISBN-10:`, `ISSN `."""
    middle = st.sampled_from(
        ["", *(separator + number for separator in ("-", " ", "\u2010", "") for number in numbers)]
    )
    return st.builds("{}{}{}".format, st.just(name), middle, st.sampled_from([" ", ":", ": ", " : ", "\u3000", ""]))


@given(written_payloads[9], labels_of("ISBN", "10"), st.sampled_from(["", "]Q1"]), st.data())
def test_the_label_before_an_isbn_of_ten_digits_is_ignored(
    payload: str, label: str, symbology: str, data: st.DataObject
) -> None:
    number = with_check_digit(payload)
    book = parse(complete(f"978{payload}"))
    assert parse(symbology + written(label + number, data.draw)) == book
    assert parse(symbology + written(f"{label}{number[:2]}-{number[2:5]}-{number[5:9]}-{number[9]}", data.draw)) == book
    wrong = payload + data.draw(st.sampled_from("0123456789X").filter(lambda digit: digit != number[-1]))
    assert refused(label + wrong)


@given(
    st.builds(lambda prefix, rest: complete(prefix + rest), st.sampled_from(["978", "979"]), payloads(9)),
    labels_of("ISBN", "13"),
    st.sampled_from(["", "]Q1"]),
    st.sampled_from(["", "03", " 03810"]),
    st.data(),
)
def test_the_label_before_the_number_of_a_book_is_ignored(
    number: str, label: str, symbology: str, add_on: str, data: st.DataObject
) -> None:
    assert parse(symbology + written(f"{label}{number[:3]}-{number[3:]}{add_on}", data.draw)) == parse(number)


@given(written_payloads[7], labels_of("ISSN"), st.sampled_from(["", "-", " "]), st.sampled_from(["", "]Q1"]), st.data())
def test_behind_its_label_an_issn_needs_no_hyphen(
    payload: str, label: str, separator: str, symbology: str, data: st.DataObject
) -> None:
    number = with_check_digit(payload)
    printed = complete(f"977{payload}00")
    assert parse(symbology + written(label + number[:4] + separator + number[4:], data.draw)) == parse(printed)
    assert parse(symbology + written(label + printed, data.draw)) == parse(printed)
    wrong = payload + data.draw(st.sampled_from("0123456789X").filter(lambda digit: digit != number[-1]))
    assert refused(label + wrong)


def apart(digits: str) -> st.SearchStrategy[str]:
    """An add-on as printed or typed behind a number."""
    return st.sampled_from([" {}", "-{}", " - {}", " ({})", "({})", " [{}]", "\u2212{}"]).map(
        lambda form: form.format(digits)
    )


@given(written_payloads[9], payloads(5), labels_of("ISBN", "10") | st.just(""), st.data())
def test_the_add_on_of_an_isbn_is_ignored(payload: str, five: str, label: str, data: st.DataObject) -> None:
    number, add_on = with_check_digit(payload), data.draw(apart(five))
    book = complete(f"978{payload}")
    assert parse(written(f"{label}{number[:2]}-{number[2:9]}-{number[9]}{add_on}", data.draw)) == parse(book)
    assert parse(written(label + number + add_on, data.draw)) == parse(book)
    assert parse(written(f"978-{book[3:12]}-{book[12]}{add_on}", data.draw)) == parse(book)
    wrong = payload + data.draw(st.sampled_from("0123456789X").filter(lambda digit: digit != number[-1]))
    assume(not payload.startswith(("977", "978", "979")))  # which could be 13 digits and two of an add-on
    assert refused(label + wrong + add_on)


@given(written_payloads[7], payloads(2), labels_of("ISSN") | st.just(""), st.data())
def test_the_add_on_of_an_issn_is_ignored(payload: str, two: str, label: str, data: st.DataObject) -> None:
    number, add_on = with_check_digit(payload), data.draw(apart(two))
    printed = complete(f"977{payload}00")
    assert parse(written(f"{label}{number[:4]}-{number[4:]}{add_on}", data.draw)) == parse(printed)
    assert parse(written(label + printed + add_on, data.draw)) == parse(printed)


@given(products, st.sampled_from(["03", "03810"]), st.data())
def test_only_publications_have_an_add_on_that_is_typed(number: str, digits: str, data: st.DataObject) -> None:
    add_on = data.draw(apart(digits).filter(lambda add_on: "(" in add_on or "[" in add_on))
    assert refused(number + add_on)
    assert refused(f"880123456{add_on}")


@given(products, labels_of("ISBN", "10", "13") | labels_of("ISSN"))
def test_a_label_before_another_number_is_refused(number: str, label: str) -> None:
    assert refused(label + number)
    assert refused(label)
    assert refused(number + label)
    assert refused(label + label + "9788937460449")
    assert refused(label.replace("ISSN", "ISBN") + "2049-3630")
    assert refused(label.replace("ISBN", "ISSN") + "0-306-40615-2")


@given(st.integers(1, 20), labels_of("ISBN", "10", "13") | labels_of("ISSN") | st.just(""), st.data())
def test_a_number_of_zeros_is_refused_however_it_is_written(length: int, label: str, data: st.DataObject) -> None:
    zeros = [c + data.draw(st.sampled_from(["", "", "-", " "])) for c in "0" * length]
    assert refused(written(label + "".join(zeros), data.draw))
    assert refused(label + "0000-0000")


@given(payloads(7))
def test_eight_digits_are_no_issn(payload: str) -> None:
    """Without a hyphen: one in ten is also a number of a product."""
    number = with_check_digit(payload)
    assume(number.isdecimal())
    assert refused(number) or parse(number).kind is not Kind.PUBLICATION
    assert refused(number) or len(shortest(parse(number).gtin14)) in (8, 13)


@given(payloads(7).map(complete), st.integers(1, 7))
def test_eight_digits_with_a_hyphen_that_no_issn_has_are_the_product(number: str, place: int) -> None:
    assume(not refused(number))
    assume(place != 4 or with_check_digit(number[:-1]) != number)
    assert parse(f"{number[:place]}-{number[place:]}") == parse(number)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("0-306-40615-2", "9780306406157"),
        ("0-8044-2957-x", "9780804429573"),
        ("2049-3630", "9772049363002"),
        ("2434-561X", "9772434561006"),
        ("89-364-3367-9 03810", "9788936433673"),
        ("ISBN 978-89-364-3367-3 (03810)", "9788936433673"),
        ("ISSN 2049-3630-01", "9772049363002"),
        ("2049-3630-01", "9772049363002"),
    ],
)
def test_known_publications(typed: str, printed: str) -> None:
    assert parse(typed) == parse(printed)


GTIN = "08801234567893"
NEW_YEARS_EVE = date(2026, 12, 31)


@pytest.mark.parametrize(
    ("scanned", "expected"),
    [
        (f"01{GTIN}", None),
        (f"]C101{GTIN}17261231", PackageDate(NEW_YEARS_EVE, "use_by")),
        (f"]d201{GTIN}17261231", PackageDate(NEW_YEARS_EVE, "use_by")),
        (f"]Q301{GTIN}10LOT{SEPARATOR}15261231", PackageDate(NEW_YEARS_EVE, "best_before")),
        (f"(01){GTIN}(17)261231(10)LOT", PackageDate(NEW_YEARS_EVE, "use_by")),
        (f"(01){GTIN}(15)261231", PackageDate(NEW_YEARS_EVE, "best_before")),
        (f"(01){GTIN}(15)261101(17)261231", PackageDate(NEW_YEARS_EVE, "use_by")),
        (f"(01){GTIN}(11)260101", None),
        (f"01{GTIN}3103000500", None),
        # Day 00 is the last day of the month.
        (f"01{GTIN}15270200", PackageDate(date(2027, 2, 28), "best_before")),
        # A date that does not exist does not invalidate the number.
        (f"01{GTIN}17261331", None),
        (f"https://id.gs1.org/01/{GTIN}", None),
        (f"https://example.kr/some/path/01/{GTIN}/10/LOT?17=261231", PackageDate(NEW_YEARS_EVE, "use_by")),
        (f"http://example.kr/01/{GTIN[1:]}?15=261231&x=1", PackageDate(NEW_YEARS_EVE, "best_before")),
        (f"https://example.kr/01/{GTIN}?17=999999", None),
        (f"https://example.kr/gtin/{GTIN}/lot/A?exp=261231", PackageDate(NEW_YEARS_EVE, "use_by")),
        (f"https://example.kr/2026/01/05/01/{GTIN}?17=261231", PackageDate(NEW_YEARS_EVE, "use_by")),
        (f"01{GTIN}70032612311530", PackageDate(NEW_YEARS_EVE, "use_by")),
        (f"(01){GTIN[1:]}(17)261231", PackageDate(NEW_YEARS_EVE, "use_by")),
        # It stands for no date.
        (f"01{GTIN}17991231", None),
    ],
)
def test_gs1_links_and_element_strings(scanned: str, expected: PackageDate | None) -> None:
    scan = parse(scanned)
    assert (scan.gtin14, scan.package_date) == (GTIN, expected)


labels = st.text("abcdefghijklmnopqrstuvwxyzABC019-한글", min_size=1, max_size=8).map(lambda text: f"a{text}")
hosts = st.builds(
    lambda names, top, port: ".".join([*names, top]) + port,
    st.lists(labels, min_size=1, max_size=3),
    st.sampled_from(["org", "kr", "COM", "한국"]),
    st.sampled_from(["", ":8080"]),
)


@given(
    hosts,
    st.lists(labels, max_size=2),
    products,
    st.sampled_from(["", "/10/ABC", "/10/A%2FB/21/7"]),
    st.sampled_from(["", "?17=261231", "?x=1&15=261231"]),
)
def test_a_link_without_its_scheme_is_the_same_link(
    host: str, folders: list[str], number: str, lot: str, query: str
) -> None:
    link = f"{'/'.join([host, *folders])}/01/0{number}{lot}{query}"
    scan = parse(link)
    assert scan == parse(f"https://{link}")
    assert scan.gtin14 == f"0{number}"
    assert (scan.package_date is not None) is bool(query)


@given(products, st.sampled_from(["A.BC/7", "A/B", "A.B/01/2", "a.bc/01/08801234567893"]))
def test_a_lot_with_a_dot_and_a_slash_is_no_link(number: str, lot: str) -> None:
    assert parse(f"010{number}10{lot}").gtin14 == f"0{number}"
    assert parse(f"(01)0{number}(10){lot}").gtin14 == f"0{number}"


@pytest.mark.parametrize(
    "text", ["example.kr", "example.kr/", "example.kr/01", "example.kr/01/8801234567890", "example.kr/p/8801234567893"]
)
def test_other_addresses_are_refused(text: str) -> None:
    assert refused(text)
    assert refused(f"https://{text}")


FIXED_ELEMENTS = ["11260101", "13260102", "3103000500", "20 01".replace(" ", "")]
VARIABLE_ELEMENTS = ["10LOT7", "21SERIAL", "240ABC", "91x"]


@st.composite
def element_strings(draw: st.DrawFn) -> tuple[str, str | None]:
    """Element strings in any order with separators as the rules ask or as scanners add, and the use-by date."""
    gtin = f"0{draw(products)}"
    date_element = draw(st.sampled_from(["17261231", "15261231", None]))
    others = draw(st.lists(st.sampled_from(FIXED_ELEMENTS + VARIABLE_ELEMENTS), unique=True, max_size=3))
    parts = draw(st.permutations([f"01{gtin}", *others, *([date_element] if date_element else [])]))
    form = draw(st.sampled_from(["raw", "brackets"]))
    if form == "brackets":
        lengths = {"3103": 4, "240A": 3}
        sizes = [lengths.get(part[:4], 2) for part in parts]
        text = "".join(f"({part[:size]}){part[size:]}" for part, size in zip(parts, sizes, strict=True))
        brackets = st.sampled_from(["()", "[]", "（）", "［］"])
        return draw(st.sampled_from([text, text.replace("(", " (")])).translate(
            str.maketrans("()", draw(brackets))
        ), gtin
    separator = draw(st.sampled_from([SEPARATOR, "<GS>", "{GS}", "\u241d", "[FNC1]", "<F1>", "\\u001d"]))
    text = ""
    for part in parts:
        needed = part in VARIABLE_ELEMENTS
        text += part + (separator if needed or draw(st.booleans()) else "")
    return draw(st.sampled_from(["", "]C1", "]d2", "]Q3"])) + draw(st.sampled_from(["", separator])) + text, gtin


@given(element_strings())
def test_element_strings_may_have_any_order(code: tuple[str, str]) -> None:
    text, gtin = code
    scan = parse(text)
    kinds = {"17": "use_by", "15": "best_before"}
    plain = text.translate(str.maketrans("", "", ")]）］"))
    dated = next((kind for key, kind in kinds.items() if f"{key}261231" in plain), None)
    assert scan.gtin14 == gtin
    assert scan.package_date == (PackageDate(NEW_YEARS_EVE, dated) if dated else None)


@given(products, st.sampled_from(VARIABLE_ELEMENTS), st.sampled_from(["17261231", "15261231"]))
def test_a_date_next_to_the_number_is_read_without_separators(number: str, variable: str, dated: str) -> None:
    behind = parse(f"010{number}{dated}{variable}20211210922 3102000500")
    assert (behind.gtin14, behind.package_date and behind.package_date.day) == (f"0{number}", NEW_YEARS_EVE)
    before = parse(f"{dated}010{number}{variable}20211210922")
    assert (before.gtin14, before.package_date and before.package_date.day) == (f"0{number}", NEW_YEARS_EVE)


@given(products, st.sampled_from(VARIABLE_ELEMENTS))
def test_a_number_behind_an_element_without_separator_is_found(number: str, variable: str) -> None:
    assert parse(f"{variable}010{number}").gtin14 == f"0{number}"


link_pairs = st.tuples(
    st.sampled_from(["10", "21", "22", "linkType", "lot", "utm_source", "s"]),
    st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12),
)


@given(products, st.lists(link_pairs, max_size=3), st.lists(link_pairs, max_size=3), st.sampled_from(["", "/"]))
def test_a_link_may_contain_anything_else(
    number: str, path: list[tuple[str, str]], query: list[tuple[str, str]], end: str
) -> None:
    segments = "".join(f"/{name}/{quote(value, safe='')}" for name, value in path)
    scan = parse(f"https://example.kr/x/01/0{number}{segments}{end}?{urlencode([*query, ('17', '261231')])}")
    assert (scan.gtin14, scan.package_date) == (f"0{number}", PackageDate(NEW_YEARS_EVE, "use_by"))


@given(products, st.integers(1, 9999), st.sampled_from("12345678"))
def test_the_content_of_a_logistic_unit_without_separators(number: str, count: int, level: str) -> None:
    content = complete(level + number[:-1])
    scan = parse(f"37{count}02{content}")
    assert scan == Scan(f"0{number}", Kind.PRODUCT, carton=Carton(content, count))


@given(payloads(9), st.sampled_from(["977", "978", "979"]), payloads(2), payloads(5))
def test_the_add_on_of_a_publication_is_ignored(rest: str, prefix: str, two: str, five: str) -> None:
    number = complete(prefix + rest)
    assert parse(number + two) == parse(number + five) == parse(number)


@given(products, payloads(10).map(lambda rest: complete(f"6{rest}")), payloads(2), payloads(5))
def test_a_scanner_that_announces_an_add_on_is_believed(number: str, upc: str, two: str, five: str) -> None:
    for add_on in (two, five):
        assert (parse(f"]E3{number}{add_on}"), parse(f"]E3{upc}{add_on}")) == (parse(number), parse(upc))


@given(products, st.integers(1, 9999), st.sampled_from("012345678"))
def test_the_content_of_a_logistic_unit_and_its_count(number: str, count: int, level: str) -> None:
    content = complete(level + number[:-1])
    scan = parse(f"(00)006141411234567890(02){content}(37){count}(17)261231")
    assert (scan.gtin14, scan.carton and scan.carton.count) == (f"0{number}", count)
    assert scan.package_date == PackageDate(NEW_YEARS_EVE, "use_by")
    if level != "0":
        carton = parse(f"02{content}37{count}")
        assert carton.carton == Carton(content, count)


@pytest.mark.parametrize(
    "scanned",
    [
        "",
        " ",
        "abc",
        "0000000000000",
        "10000000000007",
        "880123456789",
        "8801234567890",
        "８８０１２３４５６７８９０",
        "٨٨٠١٢٣٤٥٦٧٨٩٣",
        "①②③④⑤⑥⑦⑧",
        "https://example.kr/product?barcode=8801234567893",
        "https://example.kr/01/8801234567890",
        "https://[",
        "(10)LOT",
        "(01)08801234567890",
        "880123456789012345",
        "8" * 1000,
    ],
)
def test_scans_without_a_product_number_are_refused(scanned: str) -> None:
    assert refused(scanned)


@pytest.mark.parametrize("number", ["", "7", "1234567", "123456789012345", "88012345678x3", "N/A"])
def test_other_text_has_no_canonical_form(number: str) -> None:
    assert canonical(number) is None


@pytest.mark.parametrize("host", ["isbnbooks.kr", "issn.kr"])
def test_a_host_that_begins_like_a_label(host: str) -> None:
    assert parse(f"{host}/01/08801234567893").gtin14 == "08801234567893"
