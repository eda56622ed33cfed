"""Drift is measured against the training distribution of whichever model is the champion."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from infra.monitoring.__main__ import MODEL_DIR
from infra.monitoring.champion_distribution import ReleasedReference
from infra.monitoring.drift import FILE, Reference
from model_export.release.publish import publish, rollback
from model_export.release.store import PublishingStore


@pytest.fixture(scope="module")
def shipped() -> Reference:
    return Reference.load(MODEL_DIR / FILE)


@pytest.fixture
def store(tmp_path: Path) -> PublishingStore:
    return PublishingStore(f"file://{tmp_path}/releases")


def write(store: PublishingStore, version: str, reference: Reference) -> None:
    store.add(f"category/{version}/{FILE}", reference.model_dump_json().encode())


def test_the_shipped_one_counts_until_a_release_has_its_own(store: PublishingStore, shipped: Reference) -> None:
    current = ReleasedReference(shipped, store, every_s=0)
    assert current() is shipped
    publish(store, MODEL_DIR, "first")
    assert current() is shipped
    write(store, "first", shipped.model_copy(update={"version": "first"}))
    assert current().version == "first"


def test_it_follows_releases_and_rollbacks(store: PublishingStore, shipped: Reference) -> None:
    current = ReleasedReference(shipped, store, every_s=0)
    for version in ("first", "second"):
        write(store, version, shipped.model_copy(update={"version": version}))
        publish(store, MODEL_DIR, version)
        assert current().version == version
    rollback(store)
    assert current().version == "first"


def test_the_one_before_stays_while_the_store_makes_no_sense(
    store: PublishingStore, shipped: Reference, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    current = ReleasedReference(shipped, store, every_s=0)
    write(store, "first", shipped.model_copy(update={"version": "first"}))
    publish(store, MODEL_DIR, "first")
    assert current().version == "first"
    (tmp_path / "releases" / "category" / "first" / FILE).write_text('{"version": "broken"')
    with caplog.at_level(logging.WARNING):
        assert current().version == "first"
    (tmp_path / "releases" / "category.json").write_text("{")
    assert current().version == "first"
    assert "could not be read" in caplog.text


def test_it_does_not_look_at_every_scrape(store: PublishingStore, shipped: Reference) -> None:
    now = 0.0
    current = ReleasedReference(shipped, store, every_s=300, clock=lambda: now)
    assert current() is shipped
    write(store, "first", shipped.model_copy(update={"version": "first"}))
    publish(store, MODEL_DIR, "first")
    now = 299
    assert current() is shipped
    now = 300
    assert current().version == "first"
