"""Retraining of the recogniser on real servers, with challengers that were prepared, because training needs torch."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import mlflow
import numpy as np
import psycopg
import pytest

from model_export.registry import CHAMPION, RECOGNISER, Registry
from model_export.release.publish import rollback
from model_export.release.store import PublishingStore
from model_export.retrain import approval, champion, state
from model_export.retrain.reading.job import LEARNED_FILE, ReadingJob
from model_export.retrain.reading.settings import Rules, Settings
from model_export.text_models.recognition.reader import Reading
from model_export.text_models.synthesis.fonts import Face
from model_export.text_models.synthesis.single_lines import Sample
from model_export.tracking import Run
from tests.support import reading_crops
from tests.support.font_set import outline
from tests.support.releases import RECOGNISER as PACKAGED
from tests.support.releases import blind_recogniser, spoil

Row = dict[str, Any]

# MLflow warns about its own types when it first loads a model.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
WORDS = [
    "MILK",
    "TOFU",
    "RICE",
    "BREAD",
    "SODA",
    "BEER",
    "CORN",
    "HAM",
    "SOUP",
    "PEAR",
    "PLUM",
    "LIME",
    "TEA",
    "FISH",
    "NUTS",
    "CAKE",
]
LENIENT = Rules(crops=10, lines_margin=0.4)
"""A few lines exclude a large loss only."""


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Face:
    font = outline(tmp_path_factory.mktemp("font"))
    return Face(font, font, font, height=40, threshold=None, grid=False)


def drawn(face: Face, text: str) -> Sample:
    page = np.uint8(255) - np.pad(face.line(text), ((6, 6), (10, 10)))
    scaled = cv2.resize(page, (page.shape[1] * 48 // page.shape[0], 48))
    return np.repeat(scaled[:, :, None], 3, axis=2), text


def texts(number: int, digits: str, ending: str = "") -> list[str]:
    rng = random.Random(digits)
    words = [" ".join(rng.sample(WORDS, 2)) for _ in range(number)]
    return [f"{each} {''.join(rng.choices(digits, k=4))}{ending}" for each in words]


@pytest.fixture
def crops(face: Face, no_corrections: None, database: psycopg.Connection[Row]) -> Iterator[str]:
    """A user's crops with a 7, which the champion cannot read; the user."""
    user = reading_crops.store(database, [drawn(face, text) for text in texts(40, "0123456789", "7")])
    yield user
    database.execute("delete from auth.users where id = %s", [user])


def prepared(model: Path) -> Callable[..., None]:
    """In place of a training: the challenger is a copy of a model."""

    def train(start: Path, folder: Path, crops: Sequence[Sample], run: Run, settings: Settings) -> None:
        assert (start / "inference.onnx").is_file()
        assert len(crops) >= LENIENT.crops
        shutil.copytree(model, folder)

    return train


@pytest.fixture
def job(
    job_url: Callable[[str], str], mlflow_url: str, tmp_path: Path, face: Face, request: pytest.FixtureRequest
) -> Iterator[Callable[..., ReadingJob]]:
    """Makes a retraining, whose champion is blind to the 7, with a registry and a release store of its own."""
    registry = Registry(mlflow_url, f"reader-of-{request.node.name[:40]}")
    store = PublishingStore((tmp_path / "releases").as_uri(), kind="recogniser")
    blind = blind_recogniser(tmp_path / "blind", "7")
    run = Run.start(RECOGNISER, "blind", "none", {})
    version = registry.register(run.id, blind, {})
    registry.set_alias(CHAMPION, version)

    def frozen(number: int) -> Iterable[Sample]:
        return (drawn(face, text) for text in texts(number, "12345689"))

    with state.connected(job_url("retraining"), "recogniser") as connection:
        yield partial(
            ReadingJob, connection, registry, store, lambda: NOW,
            frozen_lines=frozen, settings=Settings(drawn_lines=20), rules=LENIENT,
        )  # fmt: skip


def test_a_better_reader_is_proposed_approved_and_rolled_back(
    crops: str, job: Callable[..., ReadingJob], database: psycopg.Connection[Row], tmp_path: Path
) -> None:
    reading = job(trainer=prepared(PACKAGED), mode="approve")
    report = reading.run()
    assert report is not None
    assert report["outcome"] == "proposed", report["reasons"]
    unseen, memory, frozen = (report["comparisons"][part] for part in ("unseen", "memory", "frozen"))
    assert unseen["champion"] == 0
    assert unseen["challenger"] > 0.8
    assert unseen["names"] == report["data"]["held_out"]
    assert memory["names"] == report["data"]["learned"]
    assert unseen["names"] + memory["names"] == 40, "no crop is in both"
    assert frozen["champion"] == frozen["challenger"] > 0.8
    assert reading.store
    document = reading.store.manifest()
    assert document
    assert document.challenger
    assert document.challenger.version == report["challenger_model"], "it reads in shadow mode until it is approved"
    assert document.champion.version == report["champion_model"] != report["challenger_model"]

    arguments: Any = (reading.connection, reading.registry, reading.store)
    for _ in range(2):
        assert approval.approve(*arguments, kind="recogniser") == report["challenger_model"]
    document = reading.store.manifest()
    assert document
    assert (document.champion.version, document.challenger) == (report["challenger_model"], None)
    assert reading.run() is None, "the same crops are never trained on twice"

    client = mlflow.MlflowClient()
    version = client.get_model_version_by_alias(reading.registry.name, "champion")
    assert version.tags["model"] == report["challenger_model"]
    assert version.tags["validation_status"] == "approved"
    assert version.description.startswith("Waits for approval. It is better")
    run = client.get_run(version.run_id)
    assert {each.dataset.name for each in run.inputs.dataset_inputs} == {
        "transcribed crops", "held-out crops", "frozen drawn lines",
    }  # fmt: skip
    assert {"data", "code", "seed", "crops", "start"} <= run.data.params.keys()
    signature = mlflow.models.get_model_info(f"models:/{version.name}/{version.version}").signature
    assert [each.name for each in signature.inputs] == ["x"]
    logged = "".join(Run(version.run_id).text(file) for file in ("decision.md", "decision.json", LEARNED_FILE))
    assert not any(word in logged for word in WORDS), "MLflow keeps no text of a crop"

    assert rollback(reading.store) == report["champion_model"]
    assert champion.sync_champion(*arguments[1:], "recogniser") == report["champion"]
    assert reading.registry.tag(CHAMPION, "model") == report["champion_model"]
    assert reading.run() is None, "a model that was rolled back does not return by itself"

    # What a user withdraws is not trained on any more, and later models are not judged on crops of earlier ones.
    database.execute("delete from public.reading_consents where user_id = %s", [crops])
    assert reading.gather(NOW, tmp_path).learned == []


def test_a_reader_that_is_worse_and_cannot_be_served_is_kept_out(
    crops: str, job: Callable[..., ReadingJob], tmp_path: Path
) -> None:
    useless = Path(shutil.copytree(PACKAGED, tmp_path / "useless"))
    spoil(useless)
    reading = job(trainer=prepared(useless))
    report = reading.run()
    assert report is not None
    assert report["outcome"] == "kept"
    assert report["reasons"][0].startswith("It cannot be served: ")
    assert "golden lines" in report["reasons"][0]
    assert [reason[:9] for reason in report["reasons"][1:]] == ["It may be", "It is not"]
    assert reading.store
    document = reading.store.manifest()
    assert document
    assert (document.champion.version, document.challenger) == (report["champion_model"], None)
    assert reading.registry.challenger() == report["challenger"]


class Killed(BaseException):
    """The process ends here: nothing that follows runs."""


def killed_after(target: Any, name: str, patch: pytest.MonkeyPatch) -> None:
    """The process dies as soon as the function has done its work."""
    original = getattr(target, name)

    def last_call(*arguments: Any, **named: Any) -> None:
        original(*arguments, **named)
        raise Killed(name)

    patch.setattr(target, name, last_call)


def test_a_retraining_that_is_killed_at_any_step_ends_as_if_it_had_not_been(
    crops: str, job: Callable[..., ReadingJob], database: psycopg.Connection[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []

    def train(start: Path, folder: Path, samples: Sequence[Sample], run: Run, settings: Settings) -> None:
        trained.append(run.id)
        if len(trained) == 1:
            folder.mkdir()
            (folder / "inference.onnx").write_bytes(b"half")
            raise Killed
        prepared(PACKAGED)(start, folder, samples, run, settings)

    def read(model: Path, samples: Iterable[Sample]) -> list[Reading]:
        return [Reading(text, text if model.name == "challenger" else "", 1.0) for _, text in samples]

    monkeypatch.setattr(ReadingJob, "_readings", staticmethod(read))  # for the sake of time
    reading = job(trainer=train)
    assert reading.store
    champion.sync_champion(reading.registry, reading.store, "recogniser")
    before = reading.store.manifest()
    steps: list[tuple[Any, str]] = [
        (Run, "log_model"),
        (Registry, "register"),
        (PublishingStore, "write_manifest"),
        (Registry, "set_alias"),
        (state, "finish"),
    ]
    with pytest.raises(Killed):
        reading.run()
    for place, (target, name) in enumerate(steps):
        with pytest.MonkeyPatch.context() as patch:
            killed_after(target, name, patch)
            with pytest.raises(Killed, match=name):
                reading.run()
        document = reading.store.manifest()
        assert document
        assert document.challenger is None
        assert (document == before) is (place < steps.index((PublishingStore, "write_manifest")))
        for file, stored in document.champion.files.items():
            path = reading.store.path(document.champion, file)
            assert hashlib.sha256(reading.store.read(path, 2**28)).hexdigest() == stored.sha256
    assert reading.run() is None
    (row,) = database.execute("select * from public.retraining_runs").fetchall()
    assert (row["outcome"], row["report"]["looks"]) == ("promoted", 1)
    assert set(trained) == {row["mlflow_run_id"]}
    assert len(trained) == 3, "not again once it is registered"
    assert reading.registry.champion() == row["challenger_version"]
    versions = mlflow.MlflowClient().search_model_versions(f"name = '{reading.registry.name}'")
    assert len(versions) == 2


def test_few_crops_are_not_trained_on_and_a_category_retraining_may_run_meanwhile(
    face: Face,
    no_corrections: None,
    job: Callable[..., ReadingJob],
    database: psycopg.Connection[Row],
    job_url: Callable[[str], str],
) -> None:
    user = reading_crops.store(database, [drawn(face, text) for text in texts(5, "09", "7")])
    assert job(trainer=prepared(PACKAGED)).run() is None
    database.execute("delete from auth.users where id = %s", [user])
    with state.connected(job_url("retraining")) as connection:
        state.begin(connection, "0" * 64, NOW, "7")
        assert state.interrupted(connection, "recogniser") is None
        assert state.begin(connection, "0" * 64, NOW, "3", "recogniser").model == "recogniser"
        assert state.interrupted(connection) is not None, "one kind does not supersede the other"
