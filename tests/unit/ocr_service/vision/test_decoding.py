import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from ocr_service.vision.character_model import START, CharacterModel, folded
from ocr_service.vision.decoding import BLANK, Decoder

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
    assert len(decoded.text) == len(decoded.raw)
    for read, kept in zip(decoded.raw, decoded.text, strict=True):
        assert read == kept or ("가" <= read <= "힣" and "가" <= kept <= "힣")
    assert 0 <= decoded.weakest <= decoded.confidence <= 1 or decoded.text == ""


@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(1, 12), st.just(len(CHARACTERS))), elements=st.floats(2**-10, 1, width=32)
    )
)
def test_the_raw_text_is_the_best_path(scores: NDArray[np.float32]) -> None:
    best = scores.argmax(axis=1)
    kept = [int(c) for i, c in enumerate(best) if c != BLANK and (i == 0 or best[i - 1] != c)]
    assert Decoder(CHARACTERS, model("팔도")).decode(scores).raw == "".join(CHARACTERS[c] for c in kept)


@given(st.text("팔도왕뚜껑혹흑돈0A ", max_size=4))
def test_probabilities_after_a_context_add_up_to_at_most_one(context: str) -> None:
    known = model("팔도왕뚜껑", "흑돈")
    total = sum(np.exp(known.log_probability(context, c)) for c in {folded(c) for c in CHARACTERS})
    assert 0 < total <= 1 + 1e-9
