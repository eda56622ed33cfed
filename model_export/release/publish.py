"""Publish a model, go back to an earlier one, end shadow mode. All of it may be done twice."""

import hashlib
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from model_export.classifier.dataset import CODES
from model_export.release.errors import NothingBefore, StoreError, UnfitModel
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CATEGORIES_FILE, MODEL_FILE, CategoryClassifier
from ocr_service.releases import checks
from ocr_service.releases.cache import ReleaseCache
from ocr_service.releases.errors import Refused
from ocr_service.releases.manifest import File, Manifest, Release
from ocr_service.settings import Settings

Role = Literal["champion", "challenger"]
Clock = Callable[[], datetime]

FORMER = 10
"""How many former champions the manifest keeps. Their files stay in the store beyond that."""


def _now() -> datetime:
    return datetime.now(UTC)


def publish(
    store: PublishingStore, folder: Path, version: str | None = None, role: Role = "champion", *, clock: Clock = _now
) -> str:
    """Release the model in `folder` (`item_classifier.onnx`, `categories_map.json`) and return its version.

    version: its name in answers and metrics, at most 64 of A-Za-z0-9._-; by default the one written in the model, which
    comes from its content. role: the champion answers; the challenger only predicts beside it. The same release again
    changes nothing. Files are written first, the manifest last.

    Raises UnfitModel if the service would refuse the model, VersionTaken, NotTrusted, StoreError.
    """
    release = fit_release(folder, version)
    before = store.manifest()
    if before is None and role == "challenger":
        raise NothingBefore("there is no champion yet to compare a challenger with")
    for name in release.files:
        store.add(release.path(name), (folder / name).read_bytes())
    if before is None:
        store.write_manifest(Manifest(released_at=clock(), champion=release))
    elif role == "champion" and release != before.champion:
        former = [before.champion, *(old for old in before.previous if old not in (before.champion, release))]
        _change(store, before, clock, champion=release, previous=tuple(former[:FORMER]))
    elif role == "challenger" and release not in (before.champion, before.challenger):
        _change(store, before, clock, challenger=release)
    return release.version


def rollback(store: PublishingStore, version: str | None = None, *, clock: Clock = _now) -> str:
    """Make the champion before, or the former champion `version`, the champion again; returns its version.

    What was released after it leaves the manifest. With a version it may be repeated: the champion already stays.
    Raises NothingBefore; StoreError if its files are no longer as they were, NotTrusted.
    """
    before = store.manifest()
    if before is None:
        raise NothingBefore("nothing has been released")
    if version == before.champion.version:
        return version
    for place, release in enumerate(before.previous):
        if version in (None, release.version):
            _fetched(store, release)  # it may be damaged or gone
            _change(store, before, clock, champion=release, previous=before.previous[place + 1 :])
            return release.version
    raise NothingBefore(f"version {version} was never champion" if version else "there is no champion before this one")


def withdraw(store: PublishingStore, *, clock: Clock = _now) -> None:
    """End shadow mode: no challenger any more. Raises NotTrusted, StoreError."""
    before = store.manifest()
    if before and before.challenger:
        _change(store, before, clock, challenger=None)


def served(store: PublishingStore) -> CategoryClassifier | None:
    """The model of the champion, whoever signed it; None before the first release. Raises NotTrusted, StoreError."""
    present = store.manifest(trusted=False)
    return _fetched(store, present.champion) if present else None


def sign(store: PublishingStore) -> None:
    """Sign the present manifest with the key of `store`, whoever wrote it. Raises NothingBefore, NotTrusted."""
    present = store.manifest(trusted=False)
    if present is None:
        raise NothingBefore("nothing has been released")
    store.write_manifest(present)


def fit_release(folder: Path, version: str | None = None) -> Release:
    """The release that the files of a model folder make, if the service would take it. Raises UnfitModel."""
    try:
        files = {name: _file((folder / name).read_bytes()) for name in (MODEL_FILE, CATEGORIES_FILE)}
        model = checks.load(folder, version)
        inputs, outputs = checks.signature(model)
        release = Release(version=model.version, files=files, inputs=inputs, outputs=outputs)
        checks.check_model(model, release, CODES, Settings().models_dir / "golden")
    except (Refused, OSError, ValueError) as error:
        raise UnfitModel(f"{folder}: {error}") from error
    return release


def _file(data: bytes) -> File:
    return File(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))


def _change(store: PublishingStore, before: Manifest, clock: Clock, **changes: Any) -> None:
    after = before.model_copy(update={"released_at": clock(), **changes})
    if after.challenger == after.champion:
        after = after.model_copy(update={"challenger": None})
    store.write_manifest(after)


def _fetched(store: PublishingStore, release: Release) -> CategoryClassifier:
    with tempfile.TemporaryDirectory() as scratch:
        try:
            return checks.load(ReleaseCache(Path(scratch)).fetch(release, store), release.version)
        except Refused as error:
            raise StoreError(f"version {release.version} cannot be used any more: {error}") from error
