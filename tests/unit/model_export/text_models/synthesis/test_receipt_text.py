import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_export.text_models import charset
from model_export.text_models.synthesis import receipt_text
from model_export.text_models.synthesis.receipt_text import TextGenerator


@pytest.mark.parametrize(
    ("payload", "digit"), [("400638133393", "1"), ("9638507", "4"), ("880000000000", "8"), ("0000000000000", "0")]
)
def test_check_digits_are_those_of_gs1(payload: str, digit: str) -> None:
    assert receipt_text.check_digit(payload) == digit


@given(st.integers(0, 2**32))
def test_every_ean_13_that_is_written_has_a_valid_check_digit(seed: int) -> None:
    code = TextGenerator(random.Random(seed)).barcode().lstrip("*# ")
    if len(code) == 13:
        assert receipt_text.check_digit(code[:-1]) == code[-1]


def test_a_seed_gives_the_same_lines() -> None:
    first, second, other = (TextGenerator(random.Random(seed)) for seed in (7, 7, 8))
    lines = [first.line() for _ in range(200)]
    assert lines == [second.line() for _ in range(200)]
    assert lines != [other.line() for _ in range(200)]


@given(st.integers(0, 2**32), st.booleans())
def test_lines_can_be_encoded_and_fit_on_paper(seed: int, held_out: bool) -> None:
    generator = TextGenerator(random.Random(seed), held_out)
    for _ in range(20):
        line = generator.line()
        assert charset.readable(line)
        assert 1 <= len(line) <= receipt_text.LONGEST
        assert line == line.strip()


def test_product_families_kept_for_validation_are_never_written_for_training() -> None:
    held_out, trained = set(receipt_text.product_names(held_out=True)), set(receipt_text.product_names())
    assert len(held_out) > 500
    assert len(trained) > 5000
    assert len(held_out & trained) < 0.02 * len(held_out)  # a few names are in two families


def test_every_syllable_is_written_sooner_or_later() -> None:
    generator = TextGenerator(random.Random(1))
    syllables = set("".join(generator.syllables() for _ in range(8000)))
    assert set(charset.SYLLABLES) <= syllables
