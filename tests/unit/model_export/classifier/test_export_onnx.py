import json
import random
from collections import defaultdict
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline

from model_export.classifier import artefacts, build, dataset, train_model
from model_export.classifier.evaluate import abstention_curve, calibration_error
from model_export.classifier.export_onnx import TOLERANCE, ParityError, export, random_texts
from model_export.manifest import sha256
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.category.normalise import NORMALISER_VERSION, framed, normalise

MODELS = Path(__file__).parents[4] / "ocr_service" / "models"
SETTINGS = train_model.Settings(copies=1, per_head=1, min_df=1)
METADATA = {"threshold": "0.5"}


@pytest.fixture(scope="module")
def examples() -> list[dataset.Example]:
    """A few names of every category on every side of the split."""
    groups = defaultdict(list)
    for side, members in enumerate(dataset.split(dataset.load())):
        for example in members:
            groups[example.category, side].append(example)
    return [example for group in groups.values() for example in group[:6]]


@pytest.fixture(scope="module")
def pipeline(examples: list[dataset.Example]) -> Pipeline:
    return train_model.fit(examples, SETTINGS)


@pytest.fixture(scope="module")
def exported(pipeline: Pipeline, examples: list[dataset.Example], tmp_path_factory) -> CategoryClassifier:
    folder = tmp_path_factory.mktemp("category")
    export(pipeline, [example.name for example in examples], METADATA, folder)
    return CategoryClassifier.load(folder)


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=4))
def test_the_exported_model_answers_like_the_trained_one(
    pipeline: Pipeline, exported: CategoryClassifier, texts: list[str]
) -> None:
    clean = [normalise(text) for text in texts]
    expected = pipeline.predict_proba([framed(text) for text in clean])
    answered = exported.probabilities(clean)
    assert np.abs(answered - expected).max() <= TOLERANCE
    assert (answered.argmax(axis=1) == expected.argmax(axis=1)).all()


def test_the_version_is_of_all_that_decides_the_answers(
    pipeline: Pipeline, exported: CategoryClassifier, examples: list[dataset.Example], tmp_path: Path
) -> None:
    def version(pipeline: Pipeline, threshold: str = METADATA["threshold"]) -> str:
        export(pipeline, [example.name for example in examples], {"threshold": threshold}, tmp_path)
        return CategoryClassifier.load(tmp_path).version

    softer = deepcopy(pipeline)
    train_model.scale(softer, 1.5)
    assert version(pipeline) == version(pipeline) == exported.version
    assert len({exported.version, version(pipeline, threshold="0.6"), version(softer)}) == 3


def test_the_same_seed_gives_the_same_model(examples: list[dataset.Example]) -> None:
    texts = [framed(example.name) for example in examples[:50]]
    first, again, other = (
        train_model.fit(dataset.split(examples)[0], replace(SETTINGS, seed=seed)).predict_proba(texts)
        for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_a_pipeline_that_converts_wrongly_is_not_written(pipeline: Pipeline, tmp_path: Path) -> None:
    wrong = deepcopy(pipeline)
    wrong.named_steps["vectorizer"].set_params(sublinear_tf=True)
    with pytest.raises(ParityError, match="probabilities differ"):
        export(wrong, ["처음처럼 처음처럼"], METADATA, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_all_artefacts_are_in_one_folder_and_the_service_gets_copies(
    pipeline: Pipeline, examples: list[dataset.Example], tmp_path: Path
) -> None:
    folder, packaged = tmp_path / "classifier", tmp_path / "packaged"
    artefacts.save(pipeline, folder)
    build.export(artefacts.load(folder), 0.5, examples, [example.name for example in examples], folder)
    artefacts.package(folder, packaged)
    models = {"item_classifier.onnx", "categories_map.json", "training_distribution.json"}
    assert {file.name for file in folder.iterdir()} == {"vectorizer.joblib", "item_classifier.joblib", *models}
    assert {file.name: file.read_bytes() for file in packaged.iterdir()} == {
        name: (folder / name).read_bytes() for name in models
    }
    names = [framed(example.name) for example in examples[:20]]
    assert (artefacts.load(folder).predict_proba(names) == pipeline.predict_proba(names)).all()


def test_random_texts_hold_the_hard_cases() -> None:
    texts = random_texts(random.Random(1), 500)
    assert len(texts) == 500
    assert "" in texts
    assert max(map(len, texts)) >= 5000
    assert any(ord(character) > 0xFFFF for text in texts for character in text)


def test_the_model_that_ships_was_made_from_this_data_and_passed_the_gate() -> None:
    model = onnx.load(MODELS / "category" / "item_classifier.onnx")
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    every = dataset.load()
    assert metadata["data_sha256"] == dataset.digest(every)
    assert metadata["normaliser_version"] == NORMALISER_VERSION
    assert int(metadata["parity_texts"]) > len(every)
    assert float(metadata["parity_largest_difference"]) <= TOLERANCE


def test_the_manifest_names_the_model_that_ships() -> None:
    entry = json.loads((MODELS / "manifest.json").read_text(encoding="utf-8"))["models"]["category"]
    assert entry["version"] == CategoryClassifier.load(MODELS / "category").version
    assert entry["files"] == {file: sha256(MODELS / file) for file in entry["files"]}
    assert entry["quality"]["names"] == len(dataset.load_evaluation("test"))


def test_a_category_without_names_to_train_on_is_an_error(examples: list[dataset.Example]) -> None:
    with pytest.raises(ValueError, match="no names of: egg"):
        train_model.fit([example for example in examples if example.category != "egg"], SETTINGS)


def test_reports_are_about_names_families_and_brands_never_seen(examples: list[dataset.Example]) -> None:
    trained = train_model.train(examples, SETTINGS)
    reports = train_model.evaluate_on_unseen(examples, SETTINGS, trained.temperature, trained.threshold)
    assert trained.report.names == len(dataset.load_evaluation("test"))
    assert reports["all"].names == len(dataset.split(examples)[1])
    assert 0 < reports["branded"].names < reports["all"].names
    assert 0 < trained.threshold <= 1
    for report in (trained.report, *reports.values()):
        assert report.threshold == trained.threshold
        assert sum(row["names"] for row in report.per_class.values()) == report.names
        assert sum(count for _, _, count in report.confusions) <= round(report.names * (1 - report.accuracy))


def test_the_abstention_curve_trades_coverage_for_precision() -> None:
    confidence = np.array([0.35, 0.55, 0.75, 0.95])
    curve = abstention_curve(confidence, np.array([False, True, True, True]))
    assert curve[0] == (0.3, 1.0, 0.75)
    assert curve[1] == (0.4, 0.75, 1.0)
    assert curve[-1] == (0.9, 0.25, 1.0)


def test_calibration_error() -> None:
    confidence = np.array([0.95, 0.95, 0.15, 0.15])
    assert calibration_error(confidence, np.array([True, True, False, False])) == pytest.approx(0.1)
    assert calibration_error(confidence, np.array([False, False, True, True])) == pytest.approx(0.9)
