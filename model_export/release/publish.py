"""Publish a model, roll back to an earlier one, end shadow mode. Every function is idempotent."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from model_export.release.errors import NothingBefore, StoreError
from model_export.release.kinds import MODELS, fit_release
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.releases import checks
from ocr_service.releases.cache import ReleaseCache
from ocr_service.releases.errors import Refused
from ocr_service.releases.manifest import Manifest, Release

Role = Literal["champion", "challenger"]
Clock = Callable[[], datetime]
T = TypeVar("T")

FORMER = 10
"""Number of former champions that the manifest keeps. The files of older ones stay in the store."""


def _now() -> datetime:
    return datetime.now(UTC)


def publish(
    store: PublishingStore, folder: Path, version: str | None = None, role: Role = "champion", *, clock: Clock = _now
) -> str:
    """Publish the model in `folder` and return its version.

    folder: of the kind of model that `store` is for: `item_classifier.onnx`, `categories_map.json` and
    `training_distribution.json`, as `python -m model_export.classifier export` writes them, or `inference.onnx` and
    `inference.yml` of a recogniser. version: the name in responses and metrics, at most 64 of
    A-Za-z0-9._-; by default the version in the model, which is derived from its content. role: the champion is served;
    the challenger runs in shadow mode. Publishing the same release again changes nothing. Files are written first, the
    manifest last.

    Raises UnfitModel, VersionTaken, NotTrusted, StoreError; NothingBefore for a challenger without a champion.
    """
    release = fit_release(store.kind, folder, version)
    before = store.manifest()
    if before is None and role == "challenger":
        raise NothingBefore("publish a champion first: a challenger is compared with it")
    for name in release.files:
        store.add(store.path(release, name), (folder / name).read_bytes())
    if before is None:
        store.write_manifest(Manifest(model=store.kind, released_at=clock(), champion=release))
    elif role == "champion" and release != before.champion:
        former = [before.champion, *(each for each in before.previous if each not in (before.champion, release))]
        _change(store, before, clock, champion=release, previous=tuple(former[:FORMER]))
    elif role == "challenger" and release not in (before.champion, before.challenger):
        _change(store, before, clock, challenger=release)
    return release.version


def rollback(store: PublishingStore, version: str | None = None, *, clock: Clock = _now) -> str:
    """Make the previous champion, or the former champion `version`, the champion again; returns its version.

    Later releases leave the manifest. With a version the call is idempotent.
    Raises NothingBefore, NotTrusted; StoreError if files of the release are damaged or missing.
    """
    before = store.manifest()
    if before is None:
        raise NothingBefore("no release is published")
    if version == before.champion.version:
        return version
    for place, release in enumerate(before.previous):
        if version in (None, release.version):
            _fetch(store, release, MODELS[store.kind].load)
            _change(store, before, clock, champion=release, previous=before.previous[place + 1 :])
            return release.version
    raise NothingBefore(f"version {version} was never champion" if version else "there is no previous champion")


def withdraw(store: PublishingStore, *, clock: Clock = _now) -> None:
    """End shadow mode: remove the challenger. Raises NotTrusted, StoreError."""
    before = store.manifest()
    if before and before.challenger:
        _change(store, before, clock, challenger=None)


def served(store: PublishingStore) -> CategoryClassifier | None:
    """The category model that is champion, without checking the signature; None before the first release.

    Raises NotTrusted, StoreError.
    """
    current = store.manifest(trusted=False)
    if current is None:
        return None
    version = current.champion.version
    return _fetch(store, current.champion, lambda folder: checks.load(folder, version))


def sign(store: PublishingStore) -> None:
    """Sign the current manifest with the key of `store`, whatever its signature. Raises NothingBefore, NotTrusted."""
    current = store.manifest(trusted=False)
    if current is None:
        raise NothingBefore("no release is published")
    store.write_manifest(current)


def _change(store: PublishingStore, before: Manifest, clock: Clock, **changes: Any) -> None:
    after = before.model_copy(update={"released_at": clock(), **changes})
    if after.challenger == after.champion:
        after = after.model_copy(update={"challenger": None})
    store.write_manifest(after)


def _fetch(store: PublishingStore, release: Release, use: Callable[[Path], T]) -> T:
    """What `use` makes of the files of a release. Raises StoreError."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            return use(ReleaseCache(Path(scratch)).fetch(release, store))
        except Refused as error:
            raise StoreError(f"version {release.version} can no longer be used: {error}") from error
