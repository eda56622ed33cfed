import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from ocr_service.vision.character_model import START, CharacterModel, folded
from ocr_service.vision.decoding import BLANK, Decoder, with_digits

CHARACTERS = ["\0", *"0123456789,)A팔말도왕뚜껑혹흑돈", " "]
CLASS = {character: index for index, character in enumerate(CHARACTERS)}


def model(*names: str) -> CharacterModel:
    counts: dict[str, int] = {}
    for name in names:
        text = START * 2 + "".join(map(folded, name))
        for end in range(2, len(text)):
            for start in range(end - 2, end + 1):
                counts[text[start : end + 1]] = counts.get(text[start : end + 1], 0) + 5
    return CharacterModel.of(counts)


def line(*steps: dict[str, float]) -> NDArray[np.float32]:
    """Probabilities with a blank between the characters."""
    rows = []
    for step in steps:
        row = np.full(len(CHARACTERS), 1e-6, np.float32)
        for character, probability in step.items():
            row[CLASS[character]] = probability
        blank = np.full(len(CHARACTERS), 1e-6, np.float32)
        blank[BLANK] = 0.999
        rows += [row, blank]
    return np.stack(rows)


UNSURE = line({"말": 0.6, "팔": 0.35}, {"도": 0.99}, {"왕": 0.99}, {"뚜": 0.99}, {"껑": 0.99})


def test_a_likely_name_replaces_a_look_alike_syllable() -> None:
    decoded = Decoder(CHARACTERS, model("팔도왕뚜껑")).decode(UNSURE)
    assert (decoded.text, decoded.raw) == ("팔도왕뚜껑", "말도왕뚜껑")
    assert decoded.weakest < 0.9


def test_without_a_character_model_the_best_path_is_the_text() -> None:
    decoded = Decoder(CHARACTERS, None).decode(UNSURE)
    assert decoded.text == decoded.raw == "말도왕뚜껑"
    assert decoded.weakest == pytest.approx(0.6)


def test_the_weakest_digit_is_reported_separately() -> None:
    decoded = Decoder(CHARACTERS, None).decode(line({"말": 0.6, "팔": 0.35}, {"1": 0.9}, {"2": 0.8}))
    assert (decoded.weakest, decoded.weakest_digit) == (pytest.approx(0.6), pytest.approx(0.8))
    assert Decoder(CHARACTERS, None).decode(UNSURE).weakest_digit == 1


def test_a_certain_syllable_is_not_questioned() -> None:
    sure = line({"말": 0.985, "팔": 0.01}, {"도": 0.99})
    assert Decoder(CHARACTERS, model("팔도")).decode(sure).text == "말도"


def test_a_name_is_not_changed_against_the_recogniser() -> None:
    unlikely = line({"흑": 0.9, "혹": 0.002}, {"돈": 0.99})
    assert Decoder(CHARACTERS, model("혹돈")).decode(unlikely).text == "흑돈"


def test_digits_and_latin_letters_are_never_changed() -> None:
    figures = line({"1": 0.5, "7": 0.45}, {",": 0.6, ")": 0.3}, {"A": 0.5, "0": 0.4})
    assert Decoder(CHARACTERS, model("7)0")).decode(figures).text == "1,A"


@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(1, 12), st.just(len(CHARACTERS))), elements=st.floats(2**-10, 1, width=32)
    )
)
def test_the_second_opinion_only_replaces_syllables_with_syllables(scores: NDArray[np.float32]) -> None:
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    decoded = Decoder(CHARACTERS, model("팔도왕뚜껑", "흑돈")).decode(probabilities)
    assert len(decoded.text) <= len(decoded.raw)
    for read, kept in zip(decoded.raw.replace(",", ""), decoded.text.replace(",", ""), strict=True):
        assert read == kept or ("가" <= read <= "힣" and "가" <= kept <= "힣")
    assert 0 <= decoded.weakest <= decoded.confidence <= 1 or decoded.text == ""


@pytest.mark.parametrize(
    ("mark", "blank", "before", "after", "text"),
    [
        (0.8, 0.15, "팔", "도", "팔도왕뚜껑"),
        (0.8, 0.001, "팔", "도", "팔,도왕뚜껑"),
        (0.99, 0.005, "팔", "도", "팔,도왕뚜껑"),
        (0.8, 0.15, "1", "2", "1,2왕뚜껑"),
        (0.8, 0.15, "팔", "A", "팔,A왕뚜껑"),
    ],
)
def test_a_doubtful_mark_between_syllables_is_a_speck(
    mark: float, blank: float, before: str, after: str, text: str
) -> None:
    probabilities = line(
        {before: 0.99}, {",": mark, "\0": blank}, {after: 0.99}, {"왕": 0.99}, {"뚜": 0.99}, {"껑": 0.99}
    )
    decoded = Decoder(CHARACTERS, model("팔도왕뚜껑")).decode(probabilities)
    assert (decoded.text, decoded.raw) == (text, f"{before},{after}왕뚜껑")


@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(1, 12), st.just(len(CHARACTERS))), elements=st.floats(2**-10, 1, width=32)
    )
)
def test_the_raw_text_is_the_best_path_but_for_doubled_digits(scores: NDArray[np.float32]) -> None:
    best = scores.argmax(axis=1)
    kept = [int(c) for i, c in enumerate(best) if c != BLANK and (i == 0 or best[i - 1] != c)]
    path, raw = "".join(CHARACTERS[c] for c in kept), Decoder(CHARACTERS, model("팔도")).decode(scores).raw
    assert re.sub(r"(\d)\1+", r"\1", raw) == re.sub(r"(\d)\1+", r"\1", path)
    assert len(raw) >= len(path)


@given(
    digits=st.text("0123456789", min_size=8, max_size=14),
    pitch=st.sampled_from([2, 3, 4]),
)
def test_equal_digits_without_a_gap_between_them_are_both_read(digits: str, pitch: int) -> None:
    """At a pitch of two steps and more, the recogniser fills every step of a pair."""
    assume(not re.search(r"(\d)\1\1", digits) and digits[0] != digits[1] and digits[-1] != digits[-2])
    assume(4 * sum(left == right for left, right in pairwise(digits)) <= len(digits))
    rows = np.full((pitch * len(digits), len(CHARACTERS)), 1e-6, np.float32)
    for index, digit in enumerate(digits):
        joined = index + 1 < len(digits) and digits[index + 1] == digit
        start = pitch * index
        stop = start + pitch if joined else start + pitch - 1
        rows[start:stop, CLASS[digit]] = 0.99
        rows[stop : start + pitch, BLANK] = 0.99
    assert Decoder(CHARACTERS, None).decode(rows).text == digits


@given(st.text("0123456789,.lO가 ", min_size=1, max_size=20))
@example("1,2,3,4,5")
def test_any_number_is_decoded(text: str) -> None:
    """Also one without neighbouring digits."""
    classes = {**CLASS, ".": CLASS[","], "l": CLASS["1"], "O": CLASS["0"], "가": CLASS["팔"]}
    rows = np.full((2 * len(text), len(CHARACTERS)), 1e-6, np.float32)
    for index, character in enumerate(text):
        rows[2 * index, classes[character]] = rows[2 * index + 1, BLANK] = 0.99
    printed = "".join(CHARACTERS[classes[character]] for character in text)
    assert Decoder(CHARACTERS, None).decode(rows).text == printed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00l 감자", "001 감자"), ("1l,267", "11,267"), ("00019l", "000191"), ("6,60Q", "6,600"),
        ("l1:48:30", "11:48:30"),
        ("010-1234-56ll", "010-1234-5611"), ("88O1045I22944", "8801045122944"), ("우유 1l", "우유 1l"),
        ("1.5l", "1.5l"), ("0.5l", "0.5l"), ("1,5l", "1,5l"), ("0.75l/1l", "0.75l/1l"), ("12,34l", "12,341"),
        ("900l 생수", "900l 생수"), ("VITA500", "VITA500"), ("I.아메리카노", "I.아메리카노"),
        ("LG", "LG"), ("OO마트", "OO마트"), ("1Ol", "1Ol"), ("3D안경", "3D안경"), ("Q10", "Q10"), ("", ""),
    ],
)  # fmt: skip
def test_letters_among_digits_are_digits(text: str, expected: str) -> None:
    assert with_digits(text) == expected


@given(st.text("0123456789lIO|,.:-/ 가A", max_size=20))
def test_digits_for_letters_keep_the_length_and_happen_once(text: str) -> None:
    assert len(with_digits(text)) == len(text)
    assert with_digits(with_digits(text)) == with_digits(text)


@given(st.text("팔도왕뚜껑혹흑돈0A ", max_size=4))
def test_probabilities_after_a_context_add_up_to_at_most_one(context: str) -> None:
    known = model("팔도왕뚜껑", "흑돈")
    total = sum(np.exp(known.log_probability(context, c)) for c in {folded(c) for c in CHARACTERS})
    assert 0 < total <= 1 + 1e-9
