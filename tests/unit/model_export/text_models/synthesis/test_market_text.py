import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_export.text_models import charset
from model_export.text_models.synthesis import receipt_text
from model_export.text_models.synthesis.market_text import MarketText, look_alike

seeds = st.integers(0, 2**32)
KINDS = ["name", "glued", "number", "numbered", "quantity_unit", "sized", "altered", "english", "cafe", "option"]
KINDS += ["order_product", "order_detail", "promotion", "code", "order_word", "won_text", "syllables"]


@given(seeds, st.booleans())
def test_lines_can_be_encoded_and_fit_on_paper(seed: int, held_out: bool) -> None:
    text = MarketText(random.Random(seed), held_out)
    for _ in range(20):
        line = text.line()
        assert charset.readable(line)
        assert 1 <= len(line) <= receipt_text.LONGEST
        assert line == line.strip()


@pytest.mark.parametrize("kind", KINDS)
@given(seed=seeds)
def test_every_kind_can_be_encoded(kind: str, seed: int) -> None:
    text = getattr(MarketText(random.Random(seed)), kind)()
    assert text
    assert charset.readable(text), text


def test_a_seed_gives_the_same_lines() -> None:
    first, second, other = (MarketText(random.Random(seed)) for seed in (7, 7, 8))
    lines = [first.line() for _ in range(200)]
    assert lines == [second.line() for _ in range(200)]
    assert lines != [other.line() for _ in range(200)]


@given(st.sampled_from(charset.SYLLABLES), st.integers(0, 59))
def test_a_look_alike_differs_in_one_letter(syllable: str, step: int) -> None:
    def letters(character: str) -> tuple[int, int, int]:
        code = ord(character) - ord("가")
        return code // 588, code // 28 % 21, code % 28

    other = look_alike(syllable, step)
    assert "가" <= other <= "힣"
    assert sum(a != b for a, b in zip(letters(syllable), letters(other), strict=True)) == 1


@given(seeds)
def test_a_glued_row_has_its_unit_price_behind_a_cut_name(seed: int) -> None:
    row = MarketText(random.Random(seed)).glued()
    assert re.search(r"\d{1,3}(,\d{3})*( +\d+( +[\d,]+)?)?$", row)


def test_every_character_beyond_those_of_printers_is_written_sooner_or_later() -> None:
    text = MarketText(random.Random(1))
    assert set(charset.MORE) <= set("".join(text.line() for _ in range(20_000)))


def test_product_families_kept_for_validation_are_not_written_for_training() -> None:
    training, validation = (MarketText(random.Random(3), held_out) for held_out in (False, True))
    names = {receipt_text.product_names(held_out=True)[0], *receipt_text.product_names(held_out=True)}
    only = {name for name in names - set(receipt_text.product_names()) if len(name) > 8}
    written = " ".join(training.order_product() for _ in range(3000))
    assert not [name for name in only if name in written]
    assert any(name in " ".join(validation.order_product() for _ in range(3000)) for name in only)
