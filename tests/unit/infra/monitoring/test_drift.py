"""Drift against the training distribution, and the file that describes it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.monitoring import drift
from infra.monitoring.__main__ import MODEL_DIR
from infra.monitoring.drift import FILE, Reference
from infra.monitoring.metrics import Figure, families
from model_export.classifier import dataset, training_distribution
from ocr_service.category.classifier import CategoryClassifier

counts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 10_000), min_size=1).filter(
    lambda d: any(d.values())
)


@pytest.fixture(scope="module")
def shipped() -> Reference:
    return Reference.load(MODEL_DIR / FILE)


def rows(feature: str, found: dict[str, float]) -> list[Figure]:
    return [Figure("drift", {"feature": feature, "bucket": bucket}, items) for bucket, items in found.items()]


@given(counts, counts)
def test_psi_is_finite_symmetric_and_zero_for_the_same_and_so_is_js(
    expected: dict[str, int], found: dict[str, int]
) -> None:
    p, q = drift.aligned(expected, found)
    assert math.isfinite(drift.psi(p, q))
    assert drift.psi(p, q) >= 0
    assert drift.psi(p, q) == pytest.approx(drift.psi(q, p))
    assert 0 <= drift.jensen_shannon(p, q) <= 1 + 1e-9
    same = drift.aligned(expected, {bucket: 3 * n for bucket, n in expected.items()})
    assert drift.psi(*same) == pytest.approx(0, abs=1e-9)


def test_psi_of_a_shift_that_can_be_checked_by_hand() -> None:
    assert drift.psi(*drift.aligned({"a": 1, "b": 1}, {"a": 3, "b": 1})) == pytest.approx(0.25 * math.log(3))


def test_items_as_in_training_do_not_drift_and_others_do(shipped: Reference) -> None:
    alike = [
        row
        for feature, shares in shipped.shares.items()
        for row in rows(feature, {b: 1000 * s for b, s in shares.items()})
    ]
    found = {(f.metric, f.labels.get("feature")): f.value for f in drift.figures(shipped, alike)}
    for feature in shipped.shares:
        assert found["drift_psi", feature] == pytest.approx(0, abs=1e-6)
        assert found["drift_js", feature] == pytest.approx(0, abs=1e-6)
        assert found["drift_items", feature] == pytest.approx(1000, abs=1)
    (moved,) = (f for f in drift.figures(shipped, rows("category", {"egg": 700})) if f.metric == "drift_js")
    assert 0.5 < moved.value <= 1


def test_without_items_there_is_no_drift_to_speak_of(shipped: Reference) -> None:
    assert {f.metric for f in drift.figures(shipped, [])} == {"drift_reference", "drift_items"}


def test_it_describes_the_model_that_ships(shipped: Reference) -> None:
    examples = dataset.load()
    assert shipped.version == CategoryClassifier.load(MODEL_DIR).version
    assert set(shipped.syllables) == training_distribution.syllables(examples)
    assert shipped.shares["category"] == training_distribution.shares(example.category for example in examples)
    assert shipped.edges == training_distribution.EDGES
    for shares in shipped.shares.values():
        assert sum(shares.values()) == pytest.approx(1, abs=1e-3)


def test_tills_never_trained_on_are_no_drift(shipped: Reference) -> None:
    """The alert's limits leave room for what is known to be in order."""
    names = [example.name for example in dataset.load_evaluation("test")]
    predictions = CategoryClassifier.load(MODEL_DIR).predict(names)
    counted = rows("category", training_distribution.shares(p.code for p in predictions))
    (psi,) = (f.value for f in drift.figures(shipped, counted) if f.metric == "drift_psi")
    assert psi < 0.25


def test_a_reference_survives_being_written(shipped: Reference, tmp_path) -> None:
    shipped.save(tmp_path / FILE)
    assert Reference.load(tmp_path / FILE) == shipped
    assert (tmp_path / FILE).read_bytes() == (MODEL_DIR / FILE).read_bytes()


def test_a_figure_that_only_a_newer_database_has_costs_no_scrape() -> None:
    figures = [Figure("of_tomorrow", {"x": "y"}, 1), Figure("database_up", {}, 1)]
    samples = [sample for family in families(figures) for sample in family.samples]
    assert [(sample.name, sample.value) for sample in samples] == [("jangbogi_database_up", 1)]
