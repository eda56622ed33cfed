"""The champion that a challenger is compared with: the released model, or the packaged one before the first release."""

import tempfile
from pathlib import Path

from model_export.classifier import build, dataset, evaluate, mlflow_report
from model_export.manifest import CATEGORY_DIR
from model_export.registry import CHAMPION, Registry
from model_export.release.publish import publish
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CategoryClassifier

LEARNED_FILE = "learned.tsv"
"""In the run of each retrained model: category and name of the learned training examples."""


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
    run = mlflow_report.start("packaged", dataset.digest(dataset.load()), {"model": model.version})
    mlflow_report.log(run, model.probabilities, report)
    return build.register(registry, run, report, CATEGORY_DIR)
