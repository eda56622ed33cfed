"""Names whose answer changes although no label says so."""

from __future__ import annotations

from datetime import UTC, datetime

from model_export.classifier.dataset import Example, core
from model_export.retrain.flips import audit, brand
from model_export.retrain.holdout import SHARE, is_held_out, season
from ocr_service.category.classifier import Prediction


def answers(*codes: str, confidence: float = 0.98) -> list[Prediction]:
    return [Prediction(code, confidence, False, ()) for code in codes]


def example(name: str, category: str = "alcohol") -> Example:
    return Example(category, core(name), name)


NAMES = ["새벽들 오이", "새벽들 우유", "다른집 오이", "다른집 우유"]


def test_changes_of_untouched_and_of_newly_labelled_brands_are_told_apart() -> None:
    before, after = answers("vegetable", "dairy", "vegetable", "dairy"), answers("alcohol", "dairy", "alcohol", "dairy")
    result = audit(NAMES, before, after, [], [example("새벽들 한우")], [], 0.95)
    assert [(flip.name, flip.before, flip.after) for flip in result.untouched] == [
        ("다른집 오이", "vegetable", "alcohol")
    ]
    assert [flip.name for flip in result.touched] == ["새벽들 오이"]
    assert (result.untouched_names, result.untouched_flips) == (3, 1)
    assert result.brands == {("새벽들", "alcohol"): (2, 1)}


def test_a_brand_that_is_taught_one_category_explains_no_change_to_another() -> None:
    before, after = answers("vegetable", "dairy", "vegetable", "dairy"), answers("non_food", "alcohol", *["dairy"] * 2)
    annotated = [example(f"새벽들 {kind}") for kind in ("막걸리", "약주", "청주")]
    for confirmed in ([], annotated):
        result = audit(NAMES[:2], before[:2], after[:2], annotated, annotated, confirmed, 0.95)
        assert [(flip.name, flip.after) for flip in result.untouched] == [("새벽들 오이", "non_food")]
        assert [(flip.name, flip.after) for flip in result.touched] == [("새벽들 우유", "alcohol")]
        assert (result.untouched_names, result.untouched_flips) == (1, 1)
    vegetables = [example(f"새벽들 {kind}", "vegetable") for kind in ("상추", "깻잎", "배추")]
    result = audit(NAMES[:2], before[:2], after[:2], annotated, annotated, vegetables, 0.95)
    assert result.brands == {("새벽들", "alcohol"): (2, 1)}, "confirmed in another category"


def test_names_with_a_label_may_change() -> None:
    before, after = answers(*["vegetable"] * 4), answers(*["alcohol"] * 4)
    result = audit(NAMES, before, after, [example(name) for name in NAMES], [], [], 0.95)
    assert (result.untouched, result.touched, result.untouched_names) == ([], [], 0)


def test_a_champion_that_was_unsure_is_listed_and_not_counted() -> None:
    before, after = answers(*["vegetable"] * 4, confidence=0.6), answers(*["alcohol"] * 4)
    result = audit(NAMES, before, after, [], [example("새벽들 한우")], [], 0.95)
    assert (len(result.untouched), len(result.touched)) == (2, 2)
    assert (result.untouched_names, result.untouched_flips, result.brands) == (0, 0, {})


def test_a_brand_that_annotators_confirmed_may_change() -> None:
    before, after = answers(*["vegetable"] * 4), answers(*["alcohol"] * 4)
    annotated = [example(f"새벽들 {kind}") for kind in ("막걸리", "약주", "청주")]
    result = audit(NAMES, before, after, annotated, annotated, annotated, 0.95)
    assert len(result.touched) == 2
    assert result.brands == {}


def test_a_brand_is_a_known_one_or_the_first_letters() -> None:
    assert brand("농심)신라면 5입") == brand("농심 너구리")
    assert brand("(새벽들)오이") == brand("새벽들오이 500g") == "새벽들"


def test_a_fifth_of_the_names_is_held_out_and_others_in_the_next_quarter() -> None:
    autumn, winter = datetime(2026, 11, 30, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
    assert (season(autumn), season(winter)) == ("2026Q4", "2027Q1")
    names = [chr(ord("가") + 7 * number) + "나물" for number in range(1500)]
    now, later = ({name for name in names if is_held_out(name, at)} for at in (autumn, winter))
    assert abs(len(now) / len(names) - SHARE / 100) < 0.03
    assert len(now & later) < len(now) / 2
    assert all(is_held_out(f"{name} 500g", autumn) for name in now), "every size of a product"
