"""The whole loop on real servers: corrections and annotations lead to a better model; a bad one is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import mlflow
import psycopg
import pytest

from local.client import User
from local.processes.service import Service, answers, free_port
from local.servers.label_studio import LabelStudio
from model_export import tracking
from model_export.annotation.label_studio import TokenAuth
from model_export.annotation.project import TITLE
from model_export.classifier import dataset
from model_export.manifest import CATEGORY_DIR
from model_export.retrain.holdout import is_held_out
from model_export.retrain.votes import Limits
from ocr_service.category.classifier import CategoryClassifier
from tests.support.households import agree, audit, establish, households
from tests.support.shoppers import products
from tests.support.small_photo import ONE_FOOD
from tests.support.waiting import wait_until

Row = dict[str, Any]

# MLflow warns about its own types when it first loads a model.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")

CLASSIFIER = CategoryClassifier.load(CATEGORY_DIR)
PACKAGED = CLASSIFIER.version
TRUTH = {
    name: code
    for (name, code), guess in zip(products().items(), CLASSIFIER.predict(list(products())), strict=True)
    if guess.code == code or guess.confidence < Limits.confidence  # users may not outvote a confident model
}
DISPUTED = {"알쏭 젤리바": "snack", "달쏭 라떼": "coffee_tea"}
PATIENCE_S = 60
"""How long a release may take until it is served, as promised to operators."""
PAUSE_S = 0.2
"""Between two photos: the jobs need the processor, too."""


@dataclass
class Load:
    """A client that sends one photo after the other, and records which model of a kind answered."""

    url: str
    model: str = "category"
    versions: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Load:
        self._thread = threading.Thread(target=self._send)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def answered_by(self, version: str) -> None:
        """Return once an answer comes from that model."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.versions[-1:] == [version], PATIENCE_S), self.versions

    def _send(self) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._stop.wait(PAUSE_S):
                answer = client.post(f"{self.url}/v1/receipts", content=ONE_FOOD, headers={"Content-Type": "image/png"})
                with self._changed:
                    if answer.status_code == 200:
                        self.versions.append(answer.json()["model_versions"][self.model])
                    else:
                        self.failures.append(answer.text)
                    self._changed.notify_all()


@pytest.fixture
def no_projects(label_studio: LabelStudio) -> Iterator[None]:
    """Label Studio without projects, before and after the test."""

    def delete_all() -> None:
        auth = TokenAuth(label_studio.url, label_studio.token)
        with httpx.Client(base_url=label_studio.url, auth=auth, timeout=60) as http:
            for project in http.get("/api/projects/").raise_for_status().json()["results"]:
                http.delete(f"/api/projects/{project['id']}/").raise_for_status()

    delete_all()
    yield
    delete_all()


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    return tmp_path / "releases"


@pytest.fixture
def ocr_url(releases: Path, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "OCR_HOST": "127.0.0.1",
        "OCR_PORT": str(port),
        "OCR_RELEASE_URI": releases.as_uri(),
        "OCR_RELEASE_POLL_S": "1",
        "OCR_RELEASE_CACHE_DIR": str(tmp_path / "release_cache"),
    }
    command = [sys.executable, "-m", "ocr_service", "serve"]
    service = Service("ocr_service", command, environment, tmp_path / "ocr.log", answers(f"{url}/readyz"))
    service.start()
    try:
        service.wait()
        yield url
    finally:
        service.stop()


@pytest.fixture
def job(
    job_url: Callable[[str], str], mlflow_url: str, label_studio: LabelStudio, releases: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a job of `model_export` as the cloud does, each in its role."""
    environment = {
        "MLFLOW_TRACKING_URI": mlflow_url,
        "RELEASE_URI": releases.as_uri(),
        "LABEL_STUDIO_URL": label_studio.url,
        "LABEL_STUDIO_TOKEN": label_studio.token,
    }

    def job(*command: str) -> subprocess.CompletedProcess[str]:
        role = {"DATABASE_URL": job_url("annotation" if command[0] == "model_export.annotation" else "retraining")}
        process = subprocess.run(
            [sys.executable, "-m", *command], env=os.environ | environment | role, capture_output=True, text=True
        )
        assert process.returncode == 0, process.stderr
        return process

    return job


@pytest.fixture
def corrections(
    no_corrections: None,
    make_user: Callable[[], User],
    read_receipt: Callable[..., tuple[Row, list[Row]]],
    ocr_answer: Callable[..., Row],
    database: psycopg.Connection[Row],
) -> Iterator[None]:
    """Households that buy the same new products and correct the predictions: two through the app, others as rows."""
    limit = "category_feedback_per_minute"
    database.execute("insert into private.settings (name, value) values (%s, '1000')", [limit])
    now = datetime.now(UTC)
    others = households(database, 90, now)  # so that no account is asked for more labels than it may decide
    agree(database, others, TRUTH, now)
    answer = ocr_answer()
    template = answer["items"][0] | {"category": {"code": "dairy", "confidence": 0.9}, "uncertain": False}
    users = [make_user(), make_user()]
    for user, names, disputed in zip(users, (list(TRUTH)[::3], list(TRUTH)[1::3]), ("egg", "frozen"), strict=True):
        answer["items"] = [
            template | {"line_no": line, "name": name} for line, name in enumerate([*names, *DISPUTED], start=1)
        ]
        _, items = read_receipt(user, answer)
        for item in items:
            code = TRUTH.get(item["predicted_name"], disputed)
            user.supabase.rpc("correct_category", {"receipt_item_id": str(item["id"]), "category": code}).execute()
    establish(database, [user.user_id for user in users], now)
    audit(database, {name: code for name, code in TRUTH.items() if is_held_out(name, now)}, now)
    yield
    database.execute("delete from private.settings where name = %s", [limit])
    database.execute("delete from auth.users where id = any(%s)", [[*others, *(user.user_id for user in users)]])


def annotate(server: LabelStudio, email: str) -> list[str]:
    """An annotator who knows the products answers all tasks that Label Studio offers; returns the names."""
    auth = TokenAuth(server.url, server.add_annotator(email, "long enough 1"))
    offered = []
    with httpx.Client(base_url=server.url, auth=auth, timeout=60) as http:
        projects = http.get("/api/projects/").raise_for_status().json()["results"]
        (project,) = [each["id"] for each in projects if each["title"] == TITLE]
        while (response := http.get(f"/api/projects/{project}/next/")).status_code != 404:
            task = response.raise_for_status().json()
            name = task["data"]["text"]
            offered.append(name)
            guess = task["predictions"][0]["result"][0]["value"]["choices"][0]
            choice = {"choices": [{**TRUTH, **DISPUTED}.get(name, guess)]}
            result = [{"from_name": "category", "to_name": "text", "type": "choices", "value": choice}]
            http.post(f"/api/tasks/{task['id']}/annotations/", json={"result": result}).raise_for_status()
    return offered


def version_ready(url: str) -> str:
    return str(httpx.get(f"{url}/readyz").raise_for_status().json()["model_versions"]["category"])


def refused(url: str) -> float:
    lines = httpx.get(f"{url}/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("ocr_release_refused_total{"))


def test_corrections_and_annotations_make_a_model_that_is_served_and_can_be_undone(
    corrections: None,
    job: Callable[..., subprocess.CompletedProcess[str]],
    label_studio: LabelStudio,
    no_projects: None,
    mlflow_url: str,
    ocr_url: str,
    releases: Path,
    database: psycopg.Connection[Row],
) -> None:
    # Annotators decide the names that users dispute.
    job("model_export.annotation", "push", "--gold", "0")
    for email in ("dan@example.com", "eve@example.com"):
        assert set(DISPUTED) <= set(annotate(label_studio, email))
    job("model_export.annotation", "pull")
    finished = database.execute("select item_text, category_code from public.finished_annotations").fetchall()
    assert DISPUTED.items() <= {row["item_text"]: row["category_code"] for row in finished}.items()

    # Retraining promotes a better model, and the service switches to it between two photos.
    assert version_ready(ocr_url) == PACKAGED
    # The loop is tried here, not the margin: which labels are learned depends on the accounts' random ids, and two or
    # three frozen names with them.
    arguments = ("--mode", "approve", "--parity-names", "500", "--frozen-margin", "0.04")
    output = job("model_export.retrain", *arguments).stdout
    assert output.startswith("# Waits for approval: category-"), output
    assert version_ready(ocr_url) == PACKAGED
    with Load(ocr_url) as load:
        load.answered_by(PACKAGED)
        output = job("model_export.retrain", "approve").stdout
        assert output.startswith("approve category-"), output
        row = database.execute("select * from public.retraining_runs").fetchone()
        assert row is not None
        report = row["report"]
        load.answered_by(report["challenger_model"])
    assert load.failures == []
    assert set(load.versions) == {PACKAGED, report["challenger_model"]}
    assert row["outcome"] == "promoted"
    assert report["data"]["from_annotators"] >= len(DISPUTED)
    unseen, memory = report["comparisons"]["unseen"], report["comparisons"]["memory"]
    assert unseen["names"] >= 15
    assert unseen["challenger"] > unseen["champion"] + 0.3
    assert memory["challenger"] > 0.9
    assert job("model_export.retrain").stdout == "Nothing new to train on.\n"
    distribution = json.loads(
        (releases / "category" / report["challenger_model"] / "training_distribution.json").read_text()
    )
    assert distribution["version"] == report["challenger_model"], (
        "drift is measured against its own training distribution"
    )

    # MLflow has the model's data, code, metrics and signature.
    tracking.connect(mlflow_url)
    client = mlflow.MlflowClient()
    version = client.get_model_version_by_alias("item-classifier", "champion")
    assert version.tags["model"] == report["challenger_model"]
    run = client.get_run(version.run_id)
    assert {"data", "code", "seed", "names"} <= run.data.params.keys()
    assert run.data.metrics["accuracy"] > 0.9
    assert version.tags["validation_status"] == "approved"
    assert version.description.startswith("Waits for approval. It is better")
    assert {file.path for file in client.list_artifacts(version.run_id)} >= {
        "classifier-confusion.png", "classifier-calibration.png", "per_class.csv", "decision.md", "decision.json",
        "learned.tsv",
    }  # fmt: skip
    signature = mlflow.models.get_model_info(f"models:/item-classifier/{version.version}").signature
    assert [(each.name, each.shape) for each in signature.inputs] == [("names", (-1, 1))]
    assert [each.shape for each in signature.outputs] == [(-1,), (-1, len(dataset.CODES))]

    # A release with a wrong digest is refused, and the model in use stays.
    manifest = json.loads((releases / "category.json").read_text())
    manifest["champion"]["files"]["item_classifier.onnx"]["sha256"] = "0" * 64
    manifest["champion"]["version"] = "bad-one"
    (releases / "category" / "bad-one").mkdir()
    for name in ("item_classifier.onnx", "categories_map.json"):
        (releases / "category" / "bad-one" / name).write_bytes(b"not what it says")
    with Load(ocr_url) as load:
        (releases / "category.json").write_text(json.dumps(manifest))
        wait_until(lambda: refused(ocr_url) > 0, "The bad release was not refused.")
        load.answered_by(report["challenger_model"])
    assert load.failures == []
    assert version_ready(ocr_url) == report["challenger_model"]

    # One command rolls back.
    with Load(ocr_url) as load:
        job("model_export.release", "rollback")
        load.answered_by(PACKAGED)
    assert load.failures == []
    assert version_ready(ocr_url) == PACKAGED
    assert job("model_export.retrain").stdout == "Nothing new to train on.\n", "a rolled back model stays rolled back"
    assert client.get_model_version_by_alias("item-classifier", "champion").tags["model"] == PACKAGED
