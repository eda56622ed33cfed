"""The models of the repository in a new MLflow: what its users expect to find there."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pytest

from model_export import packaged, tracking
from model_export.classifier import dataset
from model_export.manifest import CATEGORY_DIR
from model_export.registry import CLASSIFIER, RECOGNISER, Registry
from ocr_service.category.classifier import CategoryClassifier

# MLflow warns about its own types when it first loads a model.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")


def test_the_packaged_models_are_registered_once_with_data_description_and_environment(
    mlflow_url: str,
) -> None:
    names = [f"{name}-of-a-new-server" for name in (CLASSIFIER, RECOGNISER)]
    registries = [Registry(mlflow_url, name) for name in names]
    assert packaged.register_all(*registries) == names
    assert packaged.register_all(*registries) == []

    client = mlflow.MlflowClient()
    classifier, recogniser = (client.get_model_version_by_alias(name, "champion") for name in names)
    assert classifier.tags["model"] == CategoryClassifier.load(CATEGORY_DIR).version
    for version in (classifier, recogniser):
        assert version.tags["validation_status"] == "approved"
        assert version.description.startswith("The ")
    inputs = client.get_run(classifier.run_id).inputs.dataset_inputs
    assert {(each.dataset.name, each.tags[0].value) for each in inputs} == {
        ("hand-made names", "training"),
        ("frozen test names", "evaluation"),
    }
    assert all(str(len(dataset.load_evaluation("test"))) in each.dataset.profile for each in inputs[-1:])
    assert client.get_run(recogniser.run_id).data.metrics["held_out_lines_exact"] > 0.5
    for version in (classifier, recogniser):
        info = mlflow.models.get_model_info(f"models:/{version.name}/{version.version}")
        assert info.signature.inputs.inputs
        folder = Path(mlflow.artifacts.download_artifacts(f"models:/{version.name}/{version.version}"))
        assert set(tracking.REQUIREMENTS) <= set((folder / "requirements.txt").read_text(encoding="utf-8").split())
