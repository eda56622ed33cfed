"""The training distribution that is packaged and released with a category model."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_export.classifier import dataset, training_distribution
from model_export.classifier.training_distribution import FILE, PACKAGED, TrainingDistribution
from model_export.manifest import CATEGORY_DIR
from ocr_service.category.classifier import CategoryClassifier


@pytest.fixture(scope="module")
def packaged() -> TrainingDistribution:
    return TrainingDistribution.load(PACKAGED)


def test_the_packaged_file_describes_the_packaged_model(packaged: TrainingDistribution) -> None:
    examples = dataset.load()
    assert packaged.version == CategoryClassifier.load(CATEGORY_DIR).version
    assert set(packaged.syllables) == training_distribution.syllables(examples)
    assert packaged.shares["category"] == training_distribution.shares(example.category for example in examples)
    assert packaged.edges == training_distribution.EDGES
    for shares in packaged.shares.values():
        assert sum(shares.values()) == pytest.approx(1, abs=1e-3)


def test_the_packaged_file_is_what_the_code_describes(packaged: TrainingDistribution) -> None:
    described = training_distribution.describe(CategoryClassifier.load(CATEGORY_DIR), dataset.load())
    assert described.model_copy(update={"shares": {}}) == packaged.model_copy(update={"shares": {}})
    for feature, shares in packaged.shares.items():
        assert described.shares[feature] == pytest.approx(shares, abs=0.005), "ONNX Runtime may round differently"


def test_a_distribution_survives_a_round_trip(packaged: TrainingDistribution, tmp_path: Path) -> None:
    packaged.save(tmp_path / FILE)
    assert TrainingDistribution.load(tmp_path / FILE) == packaged
    assert (tmp_path / FILE).read_bytes() == PACKAGED.read_bytes()
