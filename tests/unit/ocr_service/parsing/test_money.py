"""Amounts, quantities and words in single lines."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_service.parsing.money import parse_amount, parse_quantity, split_tokens


@pytest.mark.parametrize(
    ("text", "won"),
    [
        ("1,700", 1700), ("-500", -500), ("−500", -500), ("500-", -500), ("△500", -500), ("1.000", 1000),
        ("1，000", 1000), ("1,OOO", 1000), ("l,700", 1700), ("6,420원", 6420), ("￦6,420", 6420), ("\\990", 990),
        ("5,480E", 5480), ("1,200*", 1200), ("-19,960", -19960), ("1,234,500", 1234500),
        ("2,000.", 2000), ("12.", None), ("850", 850), ("0", 0),
        ("8801045571362", None), ("001", None), ("우유", None), ("1,70", None), (",700원", None),
        ("10:26", None), ("", None),
        ("OOO", None), ("1L", None), ("-", None),
    ],
)  # fmt: skip
def test_amounts(text: str, won: int | None) -> None:
    amount = parse_amount(text)
    assert (amount.won if amount else None) == won


@given(won=st.integers(-99_999_999, 99_999_999), form=st.sampled_from(["{:,}", "{:,}원", "￦{:,}", "{:,}E"]))
def test_every_printed_amount_reads_back(won: int, form: str) -> None:
    amount = parse_amount(form.format(won))
    assert amount is not None
    assert amount.won == won


def _repeat_separator(text: str) -> str:
    return text.replace(",", ",,", 1)


def _letter_for_digit(text: str) -> str:
    letters = str.maketrans({"9": "g", "2": "Z", "7": "T", "4": "A", "6": "b", "8": "B", "0": "O"})
    first = text[0] if text[0] in "4678" else text[0].translate(letters)
    return first + text[1:].translate(letters)


@given(
    tens=st.integers(1000, 9_999_999).filter(lambda tens: len(set(str(tens)) & set("135")) > 0),
    damage=st.sampled_from(
        [
            *[lambda text, mark=mark: f"{text}{mark}" for mark in "0123456789.:;|'"],
            *[lambda text, mark=mark: f"{mark}{text}" for mark in ".,:;|'"],
            *[lambda text, letter=letter: f"{text}{letter}" for letter in "원왼윈"],
            lambda text: f"{text}원|",
            _repeat_separator,
            _letter_for_digit,
        ]
    ),
)
def test_an_amount_beside_specks_and_with_letters_for_digits(tens: int, damage: Callable[[str], str]) -> None:
    amount = parse_amount(damage(f"{tens * 10:,}"))
    assert amount is not None
    assert amount.won == tens * 10


@pytest.mark.parametrize("text", ["12월", "1.50g", "1,500g", "16.28", "10:26", "Tab,ABS", "g,ggg", "1.5Tab", "A4,500"])
def test_what_only_resembles_an_amount(text: str) -> None:
    assert parse_amount(text) is None


@given(st.text(max_size=20))
def test_amount_and_quantity_never_fail(text: str) -> None:
    amount, quantity = parse_amount(text), parse_quantity(text)
    assert amount is None or abs(amount.won) < 100_000_000
    assert quantity is None or quantity.value > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("커피 22, 600 1 22, 600", ["커피", "22,600", "1", "22,600"]),
        ("78. 330", ["78,330"]),
        ("시금치 2개 5 000", ["시금치", "2개", "5,000"]),
        ("단팥빵1,300", ["단팥빵", "1,300"]),
        ("유정란 25개11,980", ["유정란", "25개", "11,980"]),
        ("우유(소)1,300", ["우유(소)", "1,300"]),
        ("1,700 1 1,700", ["1,700", "1", "1,700"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [word for word, _, _ in split_tokens(text)] == words


@given(st.text(alphabet="가나 1,.0()A", max_size=30))
def test_words_cover_the_text(text: str) -> None:
    for word, start, end in split_tokens(text):
        assert 0 <= start < end <= len(text)
        assert word[0] in text[start:end] or word.startswith(",")


@pytest.mark.parametrize(
    ("text", "count"), [("2", 2), ("2|", 2), ("1l", 1), ("12I", 12), ("l", 1), ("(3)", 3), ("x2", 2)]
)
def test_lines_between_columns_are_no_digits_of_quantities(text: str, count: int) -> None:
    quantity = parse_quantity(text)
    assert quantity is not None
    assert quantity.value == count
