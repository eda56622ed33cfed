"""Retraining on a real database and a real MLflow: votes, promotion, interruptions."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from model_export.classifier import dataset, train_model
from model_export.classifier.artefacts import MODEL_FILES
from model_export.manifest import CATEGORY_DIR
from model_export.registry import CHALLENGER, CHAMPION, NotRegisteredError, Registry
from model_export.release.errors import StoreError
from model_export.release.publish import rollback
from model_export.release.store import PublishingStore
from model_export.retrain import state
from model_export.retrain.job import Job
from ocr_service.category.classifier import CategoryClassifier
from tests.support.shoppers import KINDS, products

Row = dict[str, Any]

# MLflow warns about its own types when it first loads a model.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")

NOW = datetime(2026, 12, 7, 3, 0, tzinfo=UTC)
QUICK = train_model.Settings(copies=0, per_head=1, min_df=1, epochs=3)
"""Fits in a second: no noisy copies, few heads."""


@pytest.fixture
def vote(no_corrections: None, database: psycopg.Connection[Row]) -> Callable[..., None]:
    """Stores a user's vote on a name, cast so many minutes before NOW."""
    people: dict[str, str] = {}

    def vote(user: str, name: str, category: str, minutes: int = 60) -> None:
        if user not in people:
            people[user] = str(uuid.uuid4())
            email = f"{people[user][:8]}@example.com"
            database.execute("insert into auth.users (id, email) values (%s, %s)", [people[user], email])
        query = """
          insert into public.user_category_feedback
            (user_id, item_text, predicted_category_id, corrected_category_id, created_at)
          select %s, %s, p.id, c.id, %s from public.categories p, public.categories c
          where p.code = 'dairy' and c.code = %s
        """
        database.execute(query, [people[user], name, NOW - timedelta(minutes=minutes), category])

    return vote


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with state.connected(database_url) as connection:
        yield connection


@pytest.fixture
def job(connection: psycopg.Connection[Any], mlflow_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Job:
    """A retraining with a registry and a release store of its own."""
    registry = Registry(mlflow_url, f"model-of-{request.node.name[:40]}")
    store = PublishingStore((tmp_path / "releases").as_uri())
    return Job(connection, registry, store, lambda: NOW, settings=QUICK, parity_names=200)


def test_the_first_run_registers_and_releases_the_packaged_model(job: Job) -> None:
    assert job.run() is None, "there are no votes"
    version = job.registry.champion()
    assert version is not None
    packaged = CategoryClassifier.load(CATEGORY_DIR)
    manifest = job.store.manifest()
    assert manifest.champion.version == packaged.version
    assert job.registry.version_of(packaged.version) == version
    assert job.run() is None
    assert job.registry.champion() == version, "the second run changes nothing"


def test_what_is_registered_comes_back_byte_by_byte(job: Job, tmp_path: Path) -> None:
    job.run()
    folder = job.registry.folder_of(CHAMPION, tmp_path / "model")
    for name in MODEL_FILES:
        assert (folder / name).read_bytes() == (CATEGORY_DIR / name).read_bytes()
    with pytest.raises(NotRegisteredError):
        job.registry.folder_of("99", tmp_path / "none")
    with pytest.raises(NotRegisteredError):
        job.registry.folder_of(CHALLENGER, tmp_path / "none")


def test_no_user_decides_alone_and_disputes_go_to_annotators(job: Job, vote: Any, database: Any) -> None:
    for name in products():
        vote("loud", name, "alcohol")
    vote("loud", "알쏭 젤리", "snack")
    vote("other", "알쏭 젤리", "ice_cream")
    for user in ("loud", "friend"):
        vote(user, "서울우유 1L", "alcohol")
    assert job.run() is None
    assert job.registry.challenger() is None
    conflicts = database.execute(
        "select item_text, reason, times_seen from public.annotation_queue order by 1"
    ).fetchall()
    assert [tuple(row.values()) for row in conflicts] == [("서울우유 1L", "conflict", 2), ("알쏭 젤리", "conflict", 2)]
    database.execute("update public.annotation_queue set pushed_at = now()")
    assert job.run() is None
    assert database.execute("select count(*) as n from public.annotation_queue where pushed_at is null").fetchone() == {
        "n": 0
    }, "no name is asked twice"


def test_a_model_that_is_not_better_stays_in_the_shadow(job: Job, vote: Any, database: Any, tmp_path: Path) -> None:
    frozen = dataset.load_evaluation("test")[0]
    for user in ("first", "second"):
        vote(user, frozen.name, "non_food" if frozen.category != "non_food" else "snack", 700)
        for number, name in enumerate(products()):
            vote(user, name, dataset.CODES[7 * number % len(dataset.CODES)], 600 - number)
    report = job.run()
    assert report is not None
    assert report["promoted"] is False
    assert any("not better" in reason for reason in report["reasons"])
    assert report["data"]["in_frozen_set"] == 1
    assert frozen.name not in job.registry.run_of(CHALLENGER).text("learned.tsv")
    manifest = job.store.manifest()
    assert manifest.challenger.version == report["challenger_model"]
    assert manifest.champion.version == report["champion_model"]
    assert job.registry.challenger() == report["challenger"]
    assert job.registry.champion() == report["champion"]
    row = database.execute("select * from public.retraining_runs").fetchone()
    assert (row["outcome"], row["cutoff"], row["report"]["reasons"]) == ("kept", NOW, report["reasons"])
    assert job.run() is None, "the same data again is nothing new"

    run = job.registry.run_of(CHALLENGER)
    assert json.loads(run.text("decision.json")) == json.loads(json.dumps(report))
    assert "# Not promoted" in run.text("decision.md")
    assert run.text("per_class.csv").startswith("category,precision,recall,f1,names\nvegetable,")


def test_an_interrupted_run_resumes_without_training_again(job: Job, vote: Any, database: Any, tmp_path: Path) -> None:
    assert job.run() is None
    for user in ("first", "second"):
        for number, (name, category) in enumerate(products(KINDS[:12]).items()):
            vote(user, name, category, 600 - number)

    files, away = tmp_path / "releases" / "category", tmp_path / "away"
    files.rename(away)
    files.write_text("not a folder: publishing fails")
    with pytest.raises(StoreError):
        job.run()
    files.unlink()
    away.rename(files)
    interrupted = database.execute("select * from public.retraining_runs").fetchone()
    assert interrupted["outcome"] is None
    assert interrupted["challenger_version"] is not None

    steps: list[str] = []
    later = replace(job, clock=lambda: NOW + timedelta(days=1), progress=steps.append)
    report = later.run()
    assert report is not None
    assert steps == [f"resuming the run on {interrupted['data_sha256'][:12]}"]
    assert report["challenger"] == interrupted["challenger_version"]
    assert report["mlflow_run"] == interrupted["mlflow_run_id"]
    assert report["comparisons"]["fresh"]["challenger"] > report["comparisons"]["fresh"]["champion"] + 0.5
    (row,) = database.execute("select * from public.retraining_runs").fetchall()
    assert row["cutoff"] == NOW

    assert row["outcome"] == "promoted"
    assert later.registry.champion() == report["challenger"]
    assert later.registry.challenger() is None
    assert later.store.manifest().champion.version == report["challenger_model"]

    rollback(later.store)
    assert later.run() is None, "a rolled back model is not promoted again on the same data"
    assert later.registry.champion() == report["champion"], "the alias follows"


def test_a_run_that_was_interrupted_in_training_resumes_in_its_mlflow_run(job: Job, vote: Any, database: Any) -> None:
    for user in ("first", "second"):
        for number, (name, category) in enumerate(products(KINDS[:12]).items()):
            vote(user, name, category, 600 - number)

    def stop(step: str) -> None:
        if step.startswith("exporting"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(job, progress=stop).run()
    interrupted = database.execute("select * from public.retraining_runs").fetchone()
    assert interrupted["mlflow_run_id"] is not None
    assert interrupted["challenger_version"] is None

    report = job.run()
    assert report is not None
    assert report["mlflow_run"] == interrupted["mlflow_run_id"]
    assert job.registry.run_of(report["challenger"]).text("decision.md").startswith("# Promoted")
    (row,) = database.execute("select outcome from public.retraining_runs").fetchall()
    assert row["outcome"] == "promoted"
    assert job.run() is None


def test_two_retrainings_at_the_same_time_are_refused(connection: Any, database_url: str) -> None:
    with pytest.raises(state.AlreadyRunningError), state.connected(database_url):
        pass
