"""Remarks that tills print around a name do not change its category: counters without a figure, sale words, origins,
prices per weight, line numbers and marks."""

import inspect
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_export.classifier import augment
from model_export.classifier.dataset import Remark, core, load, load_evaluation, load_remarks
from ocr_service.category import normalise as normaliser
from ocr_service.category.classifier import CategoryClassifier, Prediction
from ocr_service.category.normalise import END, START, framed, normalise

MODEL_DIR = Path(__file__).parents[4] / "ocr_service" / "models" / "category"
SURE_TO_STAY = 0.99
"""Share of names that keep their category under remarks of the kinds and words that the model was trained on."""
HELD_OUT_TO_STAY = {"counter": 0.85, "sale": 0.92, "origin": 0.98, "price": 0.95, "line_number": 0.98, "mark": 0.99}
"""The same under words that are on no list of ours. A glued counter that is a product elsewhere (소쿠리) is hardest."""


PLAIN = {example.name: example.category for example in load_evaluation("plain")}
REMARKS = load_remarks()
KINDS = sorted({remark.kind for remark in REMARKS})
FROZEN = [example.name for side in ("dev", "test") for example in load_evaluation(side)]
Predict = Callable[[Sequence[str]], list[Prediction]]


@pytest.fixture(scope="module")
def predict() -> Predict:
    return CategoryClassifier.load(MODEL_DIR).predict


@pytest.fixture(scope="module")
def frozen(predict: Predict) -> dict[str, Prediction]:
    """The predictions of the frozen names as they are."""
    return dict(zip(FROZEN, predict(FROZEN), strict=True))


def sure_non_food(prediction: Prediction) -> bool:
    return prediction.code == "non_food" and not prediction.uncertain


def test_plain_names_are_right_and_every_kind_has_words_of_both_sides(predict: Predict) -> None:
    assert len(PLAIN) >= 100
    assert [p.code for p in predict(list(PLAIN))] == list(PLAIN.values())
    assert {(remark.kind, remark.side) for remark in REMARKS} == {
        (kind, side) for kind in KINDS for side in ("trained", "held_out")
    }


def test_no_held_out_word_is_in_training_or_in_the_normaliser() -> None:
    listed = {word.strip() for words in vars(augment).values() if isinstance(words, tuple) for word in words}
    code = inspect.getsource(normaliser)
    names = {example.name.replace(" ", "") for example in load()}
    for remark in REMARKS:
        if remark.side == "held_out":
            word = remark.pattern.replace("{}", "").strip("[]() ")
            assert word not in listed, remark
            assert not word.isalpha() or len(word) == 1 or word not in code, remark
            assert remark.around("감자").replace(" ", "") not in names


@pytest.mark.parametrize("kind", KINDS)
def test_plain_names_keep_their_category(predict: Predict, kind: str) -> None:
    for side, share in (("trained", SURE_TO_STAY), ("held_out", HELD_OUT_TO_STAY[kind])):
        remarks = [remark for remark in REMARKS if (remark.kind, remark.side) == (kind, side)]
        pairs = [(code, remark.around(name)) for remark in remarks for name, code in PLAIN.items()]
        predictions = predict([name for _, name in pairs])
        stay = [prediction.code == code for prediction, (code, _) in zip(predictions, pairs, strict=True)]
        assert sum(stay) >= share * len(stay), side
        if side == "trained":
            assert not [
                name
                for prediction, (code, name) in zip(predictions, pairs, strict=True)
                if code != "non_food" and sure_non_food(prediction)
            ]


def test_frozen_names_keep_their_category(predict: Predict, frozen: dict[str, Prediction]) -> None:
    """In a sample of all pairs. Names that are uncertain without a remark may change with it."""
    rng = random.Random(1)
    trained = [remark for remark in REMARKS if remark.side == "trained"]
    pairs = [(name, rng.choice(trained)) for name in FROZEN for _ in range(4)]
    predictions = predict([remark.around(name) for name, remark in pairs])
    stay = [p.code == frozen[name].code for p, (name, _) in zip(predictions, pairs, strict=True)]
    sure = [same for same, (name, _) in zip(stay, pairs, strict=True) if not frozen[name].uncertain]
    assert sum(stay) >= 0.985 * len(stay)
    assert sum(sure) >= SURE_TO_STAY * len(sure)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(FROZEN), st.sampled_from([r for r in REMARKS if r.side == "trained"]))
def test_no_remark_makes_sure_food_sure_non_food(
    predict: Predict, frozen: dict[str, Prediction], name: str, remark: Remark
) -> None:
    before = frozen[name]
    if before.code != "non_food" and not before.uncertain:
        assert not sure_non_food(predict([remark.around(name)])[0])


@pytest.mark.parametrize(
    "name", ["팩주스", "망고", "봉골레", "세일러문젤리", "조개", "김치찌개", "피망", "박스떡", "3분카레"]
)
def test_products_that_begin_or_end_like_a_remark_stay_whole(name: str) -> None:
    assert framed(name) == START + name + END


@settings(deadline=None)
@given(st.sampled_from(sorted(PLAIN)), st.lists(st.sampled_from(REMARKS), max_size=4))
def test_any_number_of_remarks_leaves_a_name_in_the_frame(name: str, remarks: list[Remark]) -> None:
    text = name
    for remark in remarks:
        text = remark.around(text)
    before, _, rest = framed(normalise(text)).partition(START)
    inside, _, after = rest.partition(END)
    assert inside
    assert before + inside + after == normalise(text).replace(" ", "")


def test_qualifiers_after_the_noun_do_not_name_the_product(predict: Predict) -> None:
    names = {example.name: example.category for example in load_evaluation("qualified")}
    assert not {core(name) for name in names} & {core(example.name) for example in load()}
    predictions = dict(zip(names, predict(list(names)), strict=True))
    wrong = {name: predictions[name] for name, code in names.items() if predictions[name].code != code}
    assert len(wrong) <= 0.05 * len(names), wrong
