"""The champion that a challenger is compared with: the released model, or the packaged one before the first release."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException

from model_export import tracking
from model_export.classifier import build, dataset, evaluate, mlflow_report
from model_export.classifier.dataset import Example, core
from model_export.manifest import CATEGORY_DIR, MODELS_DIR
from model_export.registry import APPROVED, CHAMPION, PENDING, REJECTED, Registry
from model_export.release.publish import publish
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.releases.manifest import Kind

LEARNED_FILE = "learned.tsv"
"""In the run of each retrained model: category and name of the learned training examples."""

VALIDATION: Mapping[str, str] = {"promoted": APPROVED, "proposed": PENDING, "kept": REJECTED, "rejected": REJECTED}
"""The tag `validation_status` of a version, by the outcome of its run."""


def sync_champion(registry: Registry, store: PublishingStore | None, kind: Kind = "category") -> str:
    """The version of the champion. The first call registers and publishes the packaged model.

    If an operator rolled back or published another version, the alias follows. Raises ReleaseError; NotRegisteredError
    if the published model is not in the registry.
    """
    if registry.champion() is None:
        register = register_packaged if kind == "category" else register_recogniser
        registry.set_alias(CHAMPION, register(registry))
    version = registry.champion()
    assert version is not None  # noqa: S101 - set above
    if store is None:
        return version
    manifest = store.manifest()
    if manifest is None:
        with tempfile.TemporaryDirectory() as folder:
            publish(store, registry.folder_of(version, Path(folder)), registry.tag(version, "model"))
    else:
        version = registry.version_of(manifest.champion.version)
        registry.set_alias(CHAMPION, version)
    return version


def register_packaged(registry: Registry) -> str:
    """Register the packaged category model with its report on the frozen test names; returns its version."""
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


def register_recogniser(registry: Registry, models: Path = MODELS_DIR) -> str:
    """Register the packaged recogniser with the training and the quality that the manifest states."""
    entry = json.loads((models / "manifest.json").read_text(encoding="utf-8"))["models"]["recognition"]
    training = {name: value for name, value in entry.get("training", {}).items() if name not in ("data", "code")}
    data = str(entry.get("training", {}).get("data", "unknown"))
    run = tracking.Run.start(registry.name, "packaged", data, {"model": entry["version"], **training})
    metrics = _figures(entry["quality"])
    run.log(metrics)
    version = registry.register(run.id, models / "recognition", metrics)
    description = f"The recogniser {entry['version']} of the repository. Made by {entry['made_by']}."
    registry.describe(version, description, APPROVED)
    return version


def _figures(quality: dict[str, Any], prefix: str = "") -> dict[str, float]:
    """The numbers of a nested object, by their path."""
    figures: dict[str, float] = {}
    for name, value in quality.items():
        if isinstance(value, dict):
            figures |= _figures(value, f"{prefix}{name}_")
        elif isinstance(value, int | float):
            figures[prefix + name] = float(value)
    return figures


def learned_by(registry: Registry, version: str) -> list[Example]:
    """The names that a version learned from users and annotators; none for the packaged model."""
    try:
        lines = registry.run_of(version).text(LEARNED_FILE).splitlines()
    except MlflowException:
        return []
    return [Example(category, core(name), name) for category, name in (line.split("\t", 1) for line in lines)]
