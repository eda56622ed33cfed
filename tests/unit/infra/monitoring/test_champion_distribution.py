"""Drift is measured against the training distribution of the champion, or not at all."""

from __future__ import annotations

import hashlib
import logging
import shutil
from pathlib import Path

import pytest

from infra.monitoring.champion_distribution import ChampionDistribution
from model_export.classifier.training_distribution import FILE, PACKAGED, TrainingDistribution
from model_export.manifest import CATEGORY_DIR
from model_export.release.publish import publish, rollback
from model_export.release.store import PublishingStore
from ocr_service.releases.manifest import File
from tests.support.releases import make_model


@pytest.fixture(scope="module")
def packaged() -> TrainingDistribution:
    return TrainingDistribution.load(PACKAGED)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"), 30)


@pytest.fixture
def store(tmp_path: Path) -> PublishingStore:
    return PublishingStore(f"file://{tmp_path}/releases")


def folder_of(store: PublishingStore) -> Path:
    return Path(store.uri.removeprefix("file://"))


def test_a_model_published_by_hand_is_measured_against_its_own_distribution(
    store: PublishingStore, packaged: TrainingDistribution, model: Path
) -> None:
    current = ChampionDistribution(packaged, store, every_s=0)
    assert current() is packaged, "the packaged model is served until a release is published"
    own = TrainingDistribution.load(model / FILE)
    assert own.shares != packaged.shares
    assert publish(store, model) == own.version
    assert current() == own


def test_it_follows_releases_and_rollbacks_by_the_name_of_the_release(
    store: PublishingStore, packaged: TrainingDistribution, model: Path
) -> None:
    current = ChampionDistribution(packaged, store, every_s=0)
    for folder, version in ((CATEGORY_DIR, "first"), (model, "second")):
        publish(store, folder, version)
        own = TrainingDistribution.load(folder / FILE)
        assert current() == own.model_copy(update={"version": version})
    rollback(store)
    assert current() == packaged.model_copy(update={"version": "first"})


def test_a_release_without_a_distribution_is_measured_against_none_and_logged(
    store: PublishingStore, packaged: TrainingDistribution, caplog: pytest.LogCaptureFixture
) -> None:
    current = ChampionDistribution(packaged, store, every_s=0)
    publish(store, CATEGORY_DIR, "complete")
    assert current() is not None
    manifest = store.manifest()
    assert manifest
    files = {name: file for name, file in manifest.champion.files.items() if name != FILE}
    incomplete = manifest.champion.model_copy(update={"version": "incomplete", "files": files})
    store.write_manifest(manifest.model_copy(update={"champion": incomplete}))
    with caplog.at_level(logging.WARNING):
        assert current() is None
    assert f"release incomplete has no {FILE}" in caplog.text


def test_an_invalid_distribution_is_measured_against_none_and_logged(
    store: PublishingStore, packaged: TrainingDistribution, caplog: pytest.LogCaptureFixture
) -> None:
    current = ChampionDistribution(packaged, store, every_s=0)
    publish(store, CATEGORY_DIR, "good")
    assert current() is not None
    manifest = store.manifest()
    assert manifest
    broken = b'{"version": "broken"'
    store.add("category/invalid/" + FILE, broken)
    files = manifest.champion.files | {FILE: _entry(broken)}
    invalid = manifest.champion.model_copy(update={"version": "invalid", "files": files})
    store.write_manifest(manifest.model_copy(update={"champion": invalid}))
    with caplog.at_level(logging.WARNING):
        assert current() is None
    assert "release invalid is invalid" in caplog.text


def test_the_present_one_stays_while_services_would_refuse_the_release(
    store: PublishingStore, packaged: TrainingDistribution, caplog: pytest.LogCaptureFixture
) -> None:
    current = ChampionDistribution(packaged, store, every_s=0)
    publish(store, CATEGORY_DIR, "first")
    first = current()
    assert first is not None
    file = folder_of(store) / "category" / "first" / FILE
    content = file.read_bytes()
    with caplog.at_level(logging.WARNING):
        for damage in (lambda: file.write_bytes(content[:-1]), file.unlink):
            damage()
            assert current() == first
        (folder_of(store) / store.manifest_file).write_text("{")
        assert current() == first
    assert caplog.text.count("cannot read the champion's training distribution") == 3


def test_nothing_is_measured_before_the_store_has_answered(
    store: PublishingStore, packaged: TrainingDistribution
) -> None:
    publish(store, CATEGORY_DIR, "first")
    folder = folder_of(store)
    shutil.move(folder, folder.with_name("away"))
    folder.symlink_to(folder)  # a loop: reading fails, and is not a missing file
    current = ChampionDistribution(packaged, store, every_s=0)
    assert current() is None
    folder.unlink()
    shutil.move(folder.with_name("away"), folder)
    distribution = current()
    assert distribution is not None
    assert distribution.version == "first"


def test_it_does_not_poll_at_every_scrape(store: PublishingStore, packaged: TrainingDistribution) -> None:
    now = 0.0
    current = ChampionDistribution(packaged, store, every_s=300, clock=lambda: now)
    assert current() is packaged
    publish(store, CATEGORY_DIR, "first")
    now = 299
    assert current() is packaged
    now = 300
    distribution = current()
    assert distribution is not None
    assert distribution.version == "first"


def _entry(data: bytes) -> File:
    return File(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
