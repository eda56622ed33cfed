"""The champion that a challenger is compared with: the released model, or the packaged one before the first release."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from mlflow.exceptions import MlflowException

from model_export.classifier import build, dataset, evaluate, mlflow_report
from model_export.classifier.dataset import Example, core
from model_export.manifest import CATEGORY_DIR
from model_export.registry import APPROVED, CHAMPION, PENDING, REJECTED, Registry
from model_export.release.publish import publish
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CategoryClassifier

LEARNED_FILE = "learned.tsv"
"""In the run of each retrained model: category and name of the learned training examples."""

VALIDATION: Mapping[str, str] = {"promoted": APPROVED, "proposed": PENDING, "kept": REJECTED, "rejected": REJECTED}
"""The tag `validation_status` of a version, by the outcome of its run."""


def sync_champion(registry: Registry, store: PublishingStore | None) -> str:
    """The version of the champion. The first call registers and publishes the packaged model.

    If an operator rolled back or published another version, the alias follows. Raises ReleaseError; NotRegisteredError
    if the published model is not in the registry.
    """
    if registry.champion() is None:
        registry.set_alias(CHAMPION, register_packaged(registry))
    version = registry.champion()
    assert version is not None  # noqa: S101 - set above
    if store is None:
        return version
    manifest = store.manifest()
    if manifest is None:
        with tempfile.TemporaryDirectory() as folder:
            publish(store, registry.folder_of(version, Path(folder)))
    else:
        version = registry.version_of(manifest.champion.version)
        registry.set_alias(CHAMPION, version)
    return version


def register_packaged(registry: Registry) -> str:
    """Register the packaged model with its report on the frozen test names; returns its version."""
    model = CategoryClassifier.load(CATEGORY_DIR)
    report = evaluate.evaluate(model.probabilities, dataset.load_evaluation("test"), model.threshold, seed=0)
    names = dataset.load()
    run = mlflow_report.start("packaged", dataset.digest(names), {"model": model.version})
    mlflow_report.log_datasets(run, {"hand-made names": names}, "training")
    mlflow_report.log_datasets(run, {"frozen test names": dataset.load_evaluation("test")}, "evaluation")
    mlflow_report.log(run, model.probabilities, report)
    version = build.register(registry, run, report, CATEGORY_DIR)
    description = f"The category model {model.version} of the repository, trained on hand-made names."
    registry.describe(version, description, APPROVED)
    return version


def learned_by(registry: Registry, version: str) -> list[Example]:
    """The names that a version learned from users and annotators; none for the packaged model."""
    try:
        lines = registry.run_of(version).text(LEARNED_FILE).splitlines()
    except MlflowException:
        return []
    return [Example(category, core(name), name) for category, name in (line.split("\t", 1) for line in lines)]
