"""Drift against the training distribution."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.monitoring import drift
from infra.monitoring.metrics import MetricValue, families
from model_export.classifier import dataset, training_distribution
from model_export.classifier.training_distribution import PACKAGED, TrainingDistribution
from model_export.manifest import CATEGORY_DIR
from ocr_service.category.classifier import CategoryClassifier

counts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 10_000), min_size=1).filter(
    lambda d: any(d.values())
)


@pytest.fixture(scope="module")
def packaged() -> TrainingDistribution:
    return TrainingDistribution.load(PACKAGED)


def rows(feature: str, items: dict[str, float]) -> list[MetricValue]:
    return [MetricValue("drift", {"feature": feature, "bucket": bucket}, n) for bucket, n in items.items()]


@given(counts, counts)
def test_psi_is_finite_symmetric_and_zero_for_the_same_and_so_is_js(
    expected: dict[str, int], observed: dict[str, int]
) -> None:
    p, q = drift.aligned(expected, observed)
    assert math.isfinite(drift.psi(p, q))
    assert drift.psi(p, q) >= 0
    assert drift.psi(p, q) == pytest.approx(drift.psi(q, p))
    assert 0 <= drift.jensen_shannon(p, q) <= 1 + 1e-9
    same = drift.aligned(expected, {bucket: 3 * n for bucket, n in expected.items()})
    assert drift.psi(*same) == pytest.approx(0, abs=1e-9)


def test_psi_of_a_shift_that_can_be_checked_by_hand() -> None:
    assert drift.psi(*drift.aligned({"a": 1, "b": 1}, {"a": 3, "b": 1})) == pytest.approx(0.25 * math.log(3))


def test_items_as_in_training_do_not_drift_and_others_do(packaged: TrainingDistribution) -> None:
    alike = [
        row
        for feature, shares in packaged.shares.items()
        for row in rows(feature, {b: 1000 * s for b, s in shares.items()})
    ]
    values = {(v.metric, v.labels.get("feature")): v.value for v in drift.measure(packaged, alike)}
    for feature in packaged.shares:
        assert values["drift_psi", feature] == pytest.approx(0, abs=1e-6)
        assert values["drift_js", feature] == pytest.approx(0, abs=1e-6)
        assert values["drift_items", feature] == pytest.approx(1000, abs=1)
    (js,) = (v for v in drift.measure(packaged, rows("category", {"egg": 700})) if v.metric == "drift_js")
    assert 0.5 < js.value <= 1


def test_without_items_there_is_no_drift_to_measure(packaged: TrainingDistribution) -> None:
    assert {v.metric for v in drift.measure(packaged, [])} == {"drift_reference", "drift_items"}


def test_names_of_tills_that_were_never_trained_on_are_not_drift(packaged: TrainingDistribution) -> None:
    """The alert's limits tolerate names that are known to be in order."""
    names = [example.name for example in dataset.load_evaluation("test")]
    predictions = CategoryClassifier.load(CATEGORY_DIR).predict(names)
    items = rows("category", training_distribution.shares(p.code for p in predictions))
    (psi,) = (v.value for v in drift.measure(packaged, items) if v.metric == "drift_psi")
    assert psi < 0.25


def test_a_metric_that_only_a_newer_database_has_does_not_break_a_scrape() -> None:
    values = [MetricValue("of_tomorrow", {"x": "y"}, 1), MetricValue("database_up", {}, 1)]
    samples = [sample for family in families(values) for sample in family.samples]
    assert [(sample.name, sample.value) for sample in samples] == [("jangbogi_database_up", 1)]
