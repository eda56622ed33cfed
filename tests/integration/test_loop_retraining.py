"""Retraining on a real database, in the job's role, and a real MLflow: votes, promotion, approval, interruptions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mlflow
import psycopg
import pytest
from mlflow.entities.model_registry import ModelVersion

from model_export.classifier import dataset, train_model
from model_export.classifier.artefacts import MODEL_FILES
from model_export.manifest import CATEGORY_DIR
from model_export.registry import CHALLENGER, CHAMPION, NotRegisteredError, Registry
from model_export.release.errors import StoreError
from model_export.release.publish import rollback
from model_export.release.store import PublishingStore
from model_export.retrain import approval, champion, compare, state
from model_export.retrain.approval import NotProposedError
from model_export.retrain.data import frozen_names
from model_export.retrain.holdout import is_held_out
from model_export.retrain.job import Job
from model_export.retrain.votes import Limits
from ocr_service.category.classifier import CategoryClassifier
from tests.support.households import agree, audit, households, vote
from tests.support.shoppers import products

Row = dict[str, Any]

# MLflow warns about its own types when it first loads a model.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")

NOW = datetime(2026, 12, 7, 3, 0, tzinfo=UTC)
QUICK = train_model.Settings(copies=0, decorated=0, per_head=1, min_df=2, epochs=3)
"""Fits in a second or two: no noisy copies, few heads."""
LENIENT = compare.Rules(frozen_margin=0.2, category_fall=1, flip_share=1)
"""A quick model is worse than the packaged one on names that nothing was learned about."""
TRUSTING = Limits(unproven_names=1000)
"""Few accounts teach all names: which names a smaller number would decide depends on the accounts' random ids."""


@pytest.fixture
def users(no_corrections: None, database: psycopg.Connection[Row]) -> Iterator[list[str]]:
    """Accounts that retraining trusts."""
    users = households(database, 16, NOW)
    yield users
    database.execute("delete from auth.users where id = any(%s)", [users])


@pytest.fixture
def taught(users: list[str], database: psycopg.Connection[Row]) -> dict[str, str]:
    """Products that users corrected, and that were audited if no model is trained on them; their categories."""
    truth = products()
    agree(database, users, truth, NOW)
    audit(database, {name: code for name, code in truth.items() if is_held_out(name, NOW)}, NOW)
    return truth


@pytest.fixture
def connection(no_corrections: None, job_url: Callable[[str], str]) -> Iterator[psycopg.Connection[Any]]:
    """The connection of the job, in its role."""
    with state.connected(job_url("retraining")) as connection:
        yield connection


@pytest.fixture(scope="module")
def packaged(mlflow_url: str) -> ModelVersion:
    """The packaged model, registered once: its report takes longer than most of these tests."""
    registry = Registry(mlflow_url, "packaged")
    return mlflow.MlflowClient().get_model_version(registry.name, champion.register_packaged(registry))


def registry_of(packaged: ModelVersion, mlflow_url: str, name: str) -> Registry:
    """A new registry in which the packaged model is the champion."""
    registry, client = Registry(mlflow_url, name), mlflow.MlflowClient()
    client.create_registered_model(name)
    model_id = packaged.source.removeprefix("models:/")
    client.create_model_version(name, packaged.source, packaged.run_id, packaged.tags, model_id=model_id)
    registry.set_alias(CHAMPION, "1")
    return registry


@pytest.fixture
def job(
    connection: psycopg.Connection[Any],
    mlflow_url: str,
    packaged: ModelVersion,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Job:
    """A retraining with a registry, in which the packaged model is the champion, and a release store of its own."""
    registry = registry_of(packaged, mlflow_url, f"model-of-{request.node.name[:40]}")
    store = PublishingStore((tmp_path / "releases").as_uri())
    return Job(
        connection,
        registry,
        store,
        lambda: NOW,
        settings=QUICK,
        limits=TRUSTING,
        rules=LENIENT,
        parity_names=200,
    )


def test_the_first_run_registers_and_releases_the_packaged_model(job: Job, mlflow_url: str) -> None:
    job = replace(job, registry=Registry(mlflow_url, "model-of-the-first-run"))
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


def test_no_two_users_decide_and_disputes_go_to_annotators(job: Job, users: list[str], database: Any) -> None:
    loud, friend, third, fourth = users[:4]
    at = NOW - timedelta(hours=1)
    for name in products():
        for user in (loud, friend):
            vote(database, user, name, "alcohol", at)
    vote(database, third, "알쏭 젤리", "snack", at)
    vote(database, fourth, "알쏭 젤리", "ice_cream", at)
    for user in users[4:]:
        vote(database, user, "서울우유 1L", "alcohol", at)
    assert job.run() is None
    assert job.registry.challenger() is None
    conflicts = database.execute(
        "select item_text, reason, times_seen from public.annotation_queue order by 1"
    ).fetchall()
    assert [tuple(row.values()) for row in conflicts] == [
        ("서울우유 1L", "conflict", len(users) - 4),
        ("알쏭 젤리", "conflict", 2),
    ]
    database.execute("update public.annotation_queue set pushed_at = now()")
    assert job.run() is None
    assert database.execute("select count(*) as n from public.annotation_queue where pushed_at is null").fetchone() == {
        "n": 0
    }, "no name is asked twice"


def test_a_model_that_is_not_better_stays_in_the_shadow(
    job: Job, users: list[str], database: Any, tmp_path: Path
) -> None:
    frozen = dataset.load_evaluation("test")[0]
    held_out, *others = sorted(products(), key=lambda name: not is_held_out(name, NOW))
    agree(database, users, {frozen.name: frozen.category, held_out: "snack"}, NOW)
    agree(database, users, {name: dataset.CODES[7 * n % len(dataset.CODES)] for n, name in enumerate(others)}, NOW)
    for name in others[:60]:  # three accounts that are one voice: together with others they decide nothing
        for user in users[:3]:
            vote(database, user, f"뭉치 {name}", "alcohol", NOW - timedelta(hours=1))
    report = job.run()
    assert report is not None
    assert report["outcome"] == "kept"
    assert any("not better" in reason for reason in report["reasons"])
    assert (report["data"]["in_frozen_set"], report["data"]["held_out"] >= 1) == (1, True)
    (cohort,) = report["trust"]["cohorts"]
    assert cohort["accounts"] == 3
    assert cohort["names"] >= 60
    assert report["trust"]["refused_names"]["not independent"] == 60
    learned = job.registry.run_of(CHALLENGER).text("learned.tsv")
    assert frozen.name not in learned
    assert held_out not in learned
    assert "뭉치" not in learned
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
    page = run.text("decision.md")
    assert "# Not promoted" in page
    assert "3 accounts count as one" in page
    assert run.text("per_class.csv").startswith("category,precision,recall,f1,names\nvegetable,")
    inputs = mlflow.MlflowClient().get_run(run.id).inputs.dataset_inputs
    assert {(each.dataset.name, each.tags[0].value) for each in inputs} >= {
        ("hand-made names", "training"),
        ("learned names", "training"),
        ("frozen test names", "evaluation"),
    }


def raise_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_run_resumes_and_a_person_approves_it(
    job: Job, taught: dict[str, str], database: Any, tmp_path: Path
) -> None:
    job = replace(job, mode="approve")

    def stop(step: str) -> None:
        if step.startswith("exporting"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(job, progress=stop).run()
    in_training = database.execute("select * from public.retraining_runs").fetchone()
    assert in_training["mlflow_run_id"] is not None
    assert in_training["challenger_version"] is None

    files, away = tmp_path / "releases" / "category", tmp_path / "away"
    files.rename(away)
    files.write_text("not a folder: publishing fails")
    with pytest.raises(StoreError):
        job.run()
    files.unlink()
    away.rename(files)
    interrupted = database.execute("select * from public.retraining_runs").fetchone()
    assert interrupted["outcome"] is None
    assert interrupted["mlflow_run_id"] == in_training["mlflow_run_id"], "training resumed in its run"
    assert interrupted["challenger_version"] is not None

    steps: list[str] = []
    later = replace(job, clock=lambda: NOW + timedelta(days=1), progress=steps.append)
    report = later.run()
    assert report is not None
    assert steps == [f"resuming the run on {interrupted['data_sha256'][:12]}"]
    assert report["challenger"] == interrupted["challenger_version"]
    assert report["mlflow_run"] == interrupted["mlflow_run_id"]
    unseen, memory = report["comparisons"]["unseen"], report["comparisons"]["memory"]
    assert unseen["names"] == sum(is_held_out(name, NOW) for name in taught)
    frozen, audited = report["comparisons"]["frozen"], report["comparisons"]["audited"]
    assert (frozen["names"], audited["names"]) == (len(frozen_names()), unseen["names"]), "no figure is of both"
    assert unseen["challenger"] > unseen["champion"] + 0.3
    assert memory["challenger"] > 0.9
    (row,) = database.execute("select * from public.retraining_runs").fetchall()
    assert (row["outcome"], row["cutoff"], row["report"]["looks"]) == ("proposed", NOW, 1)

    # It is proposed and runs in shadow mode, until a person decides.
    registry, store = later.registry, later.store
    assert (registry.champion(), registry.challenger()) == (report["champion"], report["challenger"])
    assert store.manifest().challenger.version == report["challenger_model"]
    assert registry.tag(report["challenger"], "validation_status") == "pending"
    assert later.run() is None, "it is not trained again"
    with pytest.raises(NotProposedError, match="99"):
        approval.approve(job.connection, registry, store, "99")
    finish = "model_export.retrain.approval.state.finish"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, raise_interrupt)
        with pytest.raises(KeyboardInterrupt):
            approval.approve(job.connection, registry, store)
    for version in (None, report["challenger"], None):  # an interrupted approval is repeated
        assert approval.approve(job.connection, registry, store, version) == report["challenger_model"]
    for version in (None, report["challenger"]):
        with pytest.raises(NotProposedError, match=r"is already approved\. `release rollback` undoes"):
            approval.reject(job.connection, registry, store, version)
    assert (registry.champion(), registry.challenger()) == (report["challenger"], None)
    assert store.manifest().champion.version == report["challenger_model"]
    assert store.manifest().challenger is None
    assert registry.tag(report["challenger"], "validation_status") == "approved"
    assert database.execute("select outcome from public.retraining_runs").fetchone() == {"outcome": "promoted"}

    rollback(store)
    assert later.run() is None, "a rolled back model is not promoted again on the same data"
    assert registry.champion() == report["champion"], "the alias follows"


def test_a_proposal_is_void_once_another_champion_is_served_and_can_be_rejected(
    job: Job, users: list[str], database: Any
) -> None:
    assert job.run() is None
    packaged = job.registry.champion()
    assert packaged is not None
    run = state.begin(job.connection, "0" * 64, NOW, "7")
    state.store_progress(job.connection, run, challenger_version=packaged)
    report = {"challenger_model": "category-1", "outcome": "proposed"}
    state.finish(job.connection, run, "proposed", report)
    other = state.begin(job.connection, "1" * 64, NOW, "8")
    assert state.proposed(job.connection) is None, "a new run supersedes what waits"
    state.store_progress(job.connection, other, challenger_version="9")
    state.finish(job.connection, other, "proposed", report)
    with pytest.raises(NotProposedError, match="the champion is version"):
        approval.approve(job.connection, job.registry, job.store)
    state.store_progress(job.connection, other, challenger_version=packaged)
    for version in (packaged, packaged, None):
        assert approval.reject(job.connection, job.registry, job.store, version) == "category-1"
    assert job.registry.tag(packaged, "validation_status") == "rejected"
    for version in (packaged, None):
        with pytest.raises(NotProposedError, match=r"is already rejected\.$"):
            approval.approve(job.connection, job.registry, job.store, version)
    # A later challenger is in shadow mode: a decision that is repeated does not end it.
    job.registry.set_alias(CHALLENGER, packaged)
    ended: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model_export.retrain.approval.withdraw", ended.append)
        assert approval.reject(job.connection, job.registry, job.store, packaged) == "category-1"
    assert (ended, job.registry.challenger()) == ([], packaged)
    state.begin(job.connection, "2" * 64, NOW, "8")
    with pytest.raises(NotProposedError, match="No challenger"):
        approval.reject(job.connection, job.registry, job.store)
    database.execute("delete from public.retraining_runs where data_sha256 = %s", ["2" * 64])
    outcomes = database.execute("select outcome from public.retraining_runs order by id").fetchall()
    assert [row["outcome"] for row in outcomes] == ["superseded", "rejected"]


def test_two_retrainings_at_the_same_time_are_refused(connection: Any, database_url: str) -> None:
    with pytest.raises(state.AlreadyRunningError), state.connected(database_url):
        pass
