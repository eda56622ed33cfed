import csv
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_export.classifier.dataset import load_evaluation
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.errors import ModelError

MODEL_DIR = Path(__file__).parents[4] / "ocr_service" / "models" / "category"
FIXTURES = Path(__file__).parents[3] / "fixtures" / "category"
GOLDEN = FIXTURES / "golden.json"


@pytest.fixture(scope="module")
def classifier() -> CategoryClassifier:
    return CategoryClassifier.load(MODEL_DIR)


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    with (FIXTURES / "names.tsv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row["code"] for row in csv.DictReader(file, delimiter="\t")}


def test_names_as_printed_on_receipts(classifier: CategoryClassifier, names: dict[str, str]) -> None:
    predicted = zip(names.items(), classifier.predict(list(names)), strict=True)
    wrong = {name: p for (name, code), p in predicted if p.code != code}
    assert len(wrong) <= 0.03 * len(names)
    assert all(prediction.uncertain for prediction in wrong.values())


def test_targets_on_names_that_were_not_in_training(classifier: CategoryClassifier) -> None:
    examples = load_evaluation("test")
    predictions = classifier.predict([example.name for example in examples])
    right = [p.code == e.category for p, e in zip(predictions, examples, strict=True)]
    sure = [ok for ok, p in zip(right, predictions, strict=True) if not p.uncertain]
    food = [(p.code == "non_food") == (e.category == "non_food") for p, e in zip(predictions, examples, strict=True)]
    assert sum(right) >= 0.92 * len(right)
    assert len(sure) >= 0.85 * len(right)
    assert sum(sure) >= 0.95 * len(sure)
    assert sum(food) >= 0.97 * len(food)


def test_predictions_are_the_recorded_ones(classifier: CategoryClassifier, names: dict[str, str]) -> None:
    """UPDATE_GOLDEN=1 records the predictions of the packaged model; the diff shows the effect of a new model."""
    predicted = {
        name: {"code": p.code, "confidence": round(p.confidence, 3), "uncertain": p.uncertain}
        for name, p in zip(names, classifier.predict(list(names)), strict=True)
    }
    if os.environ.get("UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(json.dumps(predicted, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert predicted.keys() == golden.keys()
    for name, row in golden.items():
        assert predicted[name] == row | {"confidence": pytest.approx(row["confidence"], abs=0.002)}


@pytest.mark.parametrize("name", ["", "  ", "!!!", "12345", "***", "\ud800", "뷁뷁뷁", "qzxj", "😀😀"])
def test_texts_that_are_not_names_are_uncertain(classifier: CategoryClassifier, name: str) -> None:
    assert classifier.predict([name])[0].uncertain


def test_uncertain_is_below_the_threshold_of_the_model(classifier: CategoryClassifier, names: dict[str, str]) -> None:
    """Non-food, which "add all" skips, needs more."""
    for prediction in classifier.predict(list(names)):
        threshold = max(classifier.threshold, 0.8) if prediction.code == "non_food" else classifier.threshold
        assert prediction.uncertain == (prediction.confidence < threshold)


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=())), max_size=40))
def test_any_batch_gets_one_prediction_per_name_independent_of_the_others(
    classifier: CategoryClassifier, batch: list[str]
) -> None:
    together = classifier.predict(batch)
    assert len(together) == len(batch)
    for name, prediction in zip(batch, together, strict=True):
        alone = classifier.predict([name])[0]
        assert (alone.code, alone.uncertain) == (prediction.code, prediction.uncertain)
        assert alone.confidence == pytest.approx(prediction.confidence, abs=1e-6)


def test_alternatives_are_the_next_likeliest_categories(classifier: CategoryClassifier, names: dict[str, str]) -> None:
    for prediction in classifier.predict(list(names)):
        codes = [prediction.code, *(code for code, _ in prediction.alternatives)]
        confidences = [prediction.confidence, *(confidence for _, confidence in prediction.alternatives)]
        assert len(set(codes)) == 4
        assert confidences == sorted(confidences, reverse=True)
        assert confidences[-1] > 0
        assert sum(confidences) <= 1.0001


def test_a_very_long_name_is_truncated(classifier: CategoryClassifier) -> None:
    assert classifier.predict(["가" * 1_000_000]) == classifier.predict(["가" * 200])


def test_threads_share_one_classifier(classifier: CategoryClassifier, names: dict[str, str]) -> None:
    expected = classifier.predict(list(names))
    with ThreadPoolExecutor(8) as pool:
        assert all(result == expected for result in pool.map(classifier.predict, [list(names)] * 16))


def _copy_with(folder: Path, changed: dict[str, str]) -> None:
    model = onnx.load(MODEL_DIR / "item_classifier.onnx")
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    onnx.helper.set_model_props(model, metadata | changed)
    (folder / "item_classifier.onnx").write_bytes(model.SerializeToString())
    (folder / "categories_map.json").write_bytes((MODEL_DIR / "categories_map.json").read_bytes())


def test_a_model_for_another_normaliser_is_refused(tmp_path: Path) -> None:
    _copy_with(tmp_path, {"normaliser_version": "older"})
    with pytest.raises(ModelError, match="needs normaliser older"):
        CategoryClassifier.load(tmp_path)


def test_a_map_that_does_not_match_the_model_is_refused(tmp_path: Path) -> None:
    _copy_with(tmp_path, {})
    (tmp_path / "categories_map.json").write_text('{"fruit": 0, "meat": 1}')
    with pytest.raises(ModelError, match="does not number 23 categories"):
        CategoryClassifier.load(tmp_path)


def test_a_missing_model_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read the category model"):
        CategoryClassifier.load(tmp_path)
