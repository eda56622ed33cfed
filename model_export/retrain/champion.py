"""The champion that a challenger is compared with: what is served, whoever made it so."""

import tempfile
from pathlib import Path

from infra.monitoring import drift
from model_export.classifier import dataset, evaluate, record
from model_export.registry import CHAMPION, Registry, model_version
from model_export.release.publish import Role, publish
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CategoryClassifier

SHIPPED = Path(__file__).parents[2] / "ocr_service" / "models" / "category"
LEARNED_FILE = "learned.tsv"
"""In the run of each retrained model: category and name of what it was trained on beside the hand-made names."""


def settle_champion(registry: Registry, store: PublishingStore | None) -> str:
    """The version of the champion. Before there is one, the packaged model is registered and released.

    Where a person rolled back, or released another version, the alias follows. Raises NotRegisteredError if the
    released model is not in the registry, ReleaseError.
    """
    if registry.champion() is None:
        registry.set_alias(CHAMPION, register_shipped(registry))
    version = registry.champion()
    assert version is not None  # noqa: S101 - set above
    if store is None:
        return version
    manifest = store.manifest()
    if manifest is None:
        with tempfile.TemporaryDirectory() as folder:
            release(store, registry.folder_of(version, Path(folder)))
    else:
        version = registry.version_of(manifest.champion.version)
        registry.set_alias(CHAMPION, version)
    return version


def release(store: PublishingStore, folder: Path, role: Role = "champion") -> None:
    """Publish a model folder, with its training distribution beside it, which drift is measured against.

    Raises ReleaseError.
    """
    store.add(f"category/{model_version(folder)}/{drift.FILE}", (folder / drift.FILE).read_bytes())
    publish(store, folder, role=role)


def register_shipped(registry: Registry) -> str:
    """Register the packaged model, with how good it is on the frozen names."""
    model = CategoryClassifier.load(SHIPPED)
    report = evaluate.evaluate(model.probabilities, dataset.load_evaluation("test"), model.threshold, seed=0)
    run = record.start("packaged", dataset.digest(dataset.load()), {"model": model.version})
    record.record(run, model.probabilities, report)
    return registry.register(run.id, SHIPPED, record.metrics(report))
