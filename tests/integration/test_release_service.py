"""The service follows releases: real processes and models, a folder and a bucket, continuous requests."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from local.processes.service import Service, answers, free_port
from model_export.manifest import CATEGORY_DIR
from model_export.release.kinds import fit_release
from model_export.release.publish import publish, rollback, withdraw
from model_export.release.store import PublishingStore
from ocr_service.category.classifier import CATEGORIES_FILE, MODEL_FILE, CategoryClassifier
from ocr_service.releases import recogniser
from ocr_service.releases.manifest import File, Release
from tests.support.fake_gcs import FakeGcs
from tests.support.releases import (
    NAMES,
    RECOGNISER,
    fix_batch,
    make_model,
    make_recogniser,
    private_pem,
    public_pem,
    spoil,
)
from tests.support.small_photo import ONE_FOOD
from tests.support.waiting import wait_until

POLL_S = 0.1
PAUSE_S = 0.1
"""Between two requests of a thread: hundreds of categories per second would take the time of the photos."""


@contextmanager
def serving(directory: Path, uri: str, **environment: str) -> Iterator[httpx.Client]:
    """A service that follows the releases in `uri`."""
    url = f"http://127.0.0.1:{free_port()}"
    service = Service(
        "ocr",
        [sys.executable, "-m", "ocr_service", "serve"],
        {
            "OCR_PORT": url.rpartition(":")[2],
            "OCR_RELEASE_URI": uri,
            "OCR_RELEASE_POLL_S": str(POLL_S),
            "OCR_RELEASE_CACHE_DIR": str(directory / "cache"),
            "OCR_QUEUE_LENGTH": "8",
            **environment,
        },
        directory / "ocr.log",
        answers(f"{url}/readyz"),
        timeout_s=120,
    )
    service.start()
    try:
        service.wait()
        with httpx.Client(base_url=url, timeout=60) as client:
            yield client
    finally:
        service.stop()


def version(client: httpx.Client, model: str = "category") -> str:
    """The version of a model in /readyz."""
    return str(client.get("/readyz").json()["model_versions"][model])


def sample(client: httpx.Client, name: str) -> float:
    """The value of a metric; 0 if it does not exist."""
    match = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return float(match[1]) if match else 0


class Load:
    """Sends requests from several threads, almost without a pause, and keeps all responses."""

    def __init__(self, client: httpx.Client, categorising: int = 2, reading: int = 2) -> None:
        """categorising, reading: number of threads that send requests of either kind."""
        self._client = client
        self._threads = (categorising, reading)
        self._over = threading.Event()
        self.categories: list[httpx.Response] = []
        self.receipts: list[httpx.Response] = []

    def __enter__(self) -> Load:
        self._pool = ThreadPoolExecutor(sum(self._threads))
        categorising, reading = self._threads
        jobs = [*categorising * [self._categorise], *reading * [self._read]]
        self._sending = [self._pool.submit(self._send, job) for job in jobs]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pool.shutdown()
        for sending in self._sending:
            sending.result()

    def _send(self, job: Callable[[], None]) -> None:
        while not self._over.wait(PAUSE_S):
            job()

    def _categorise(self) -> None:
        self.categories.append(self._client.post("/v1/categories", json={"names": list(NAMES)}))

    def _read(self) -> None:
        self.receipts.append(self._client.post("/v1/receipts", content=ONE_FOOD))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model per version; "small" and "other" know little, so their probabilities differ."""
    folder = tmp_path_factory.mktemp("models")
    return {"1": CATEGORY_DIR, "small": make_model(folder / "small", 30), "other": make_model(folder / "other", 60)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> PublishingStore:
    store = PublishingStore(f"file://{tmp_path_factory.mktemp('store')}")
    publish(store, folders["1"], "1")
    return store


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, store: PublishingStore) -> Iterator[httpx.Client]:
    with serving(tmp_path_factory.mktemp("service"), store.uri) as client:
        yield client


def answered(response: httpx.Response) -> tuple[str, tuple[str, ...], list[tuple[str, float]]]:
    """Version, item names and categories of a response to either request."""
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    items = [item.get("category", item) for item in body["items"]]
    names = [item["name"] for item in body["items"]] if "receipt" in body else list(NAMES)
    return body["model_versions"]["category"], tuple(names), [(item["code"], item["confidence"]) for item in items]


def test_swaps_refusals_and_rollbacks_under_load(
    client: httpx.Client, store: PublishingStore, folders: dict[str, Path]
) -> None:
    assert version(client) == "1"  # published before the start, in use from the first request on
    with Load(client) as load:

        def reached(expected: str) -> None:
            """Wait until that version is in use, and requests of both kinds have been answered since."""
            wait_until(lambda: version(client) == expected)
            categories, receipts = len(load.categories), len(load.receipts)
            wait_until(lambda: len(load.categories) > categories + 2 and len(load.receipts) > receipts + 1)

        reached("1")
        for name in ("small", "other"):
            publish(store, folders[name], name)
            reached(name)

        good = store.manifest()
        assert good
        wrong = File(sha256="0" * 64, bytes=1)
        unfit = good.champion.model_copy(update={"version": "1", "files": {MODEL_FILE: wrong, CATEGORIES_FILE: wrong}})
        store.write_manifest(good.model_copy(update={"champion": unfit}))
        wait_until(lambda: sample(client, 'ocr_release_refused_total{model="category",reason="file"}') > 0)
        path = Path(store.uri.removeprefix("file://")) / store.manifest_file
        path.write_bytes(path.read_bytes()[:100])
        wait_until(lambda: sample(client, 'ocr_release_refused_total{model="category",reason="manifest"}') > 0)
        path.unlink()
        wait_until(lambda: sample(client, 'ocr_release_refused_total{model="category",reason="missing"}') > 0)
        assert version(client) == "other"

        store.write_manifest(good)
        for name in ("small", "1"):
            assert rollback(store) == name
            wait_until(lambda name=name: version(client) == name)

    answers = [answered(response) for response in (*load.categories, *load.receipts)]
    for responses in (load.categories, load.receipts):
        assert {answered(response)[0] for response in responses} == set(folders)
    models = {name: CategoryClassifier.load(folder) for name, folder in folders.items()}
    expected = {
        (name, names): [(p.code, round(p.confidence, 4)) for p in models[name].predict(names)]
        for name, names in {(used, names) for used, names, _ in answers}
    }
    assert [answer for answer in answers if answer[2] != expected[answer[:2]]] == []
    assert sample(client, 'ocr_items_total{uncertain="false",version="small"}') > 0
    assert sample(client, 'ocr_model_info{model="category",version="1"}') == 1
    assert sample(client, 'ocr_model_info{model="category",version="small"}') == 0


def test_in_shadow_mode_only_metrics_know_the_challenger(
    client: httpx.Client, store: PublishingStore, folders: dict[str, Path]
) -> None:
    publish(store, folders["small"], "small", role="challenger")
    wait_until(lambda: sample(client, 'ocr_model_info{model="category_challenger",version="small"}') == 1)
    answer = client.post("/v1/categories", json={"names": [*NAMES, "크린백"]})
    assert answer.json()["model_versions"] == {"category": version(client)} == {"category": "1"}
    assert "small" not in answer.text
    agreement = 'ocr_shadow_agreement_total{{agree="{}",challenger="small",champion="1"}}'
    wait_until(lambda: sum(sample(client, agreement.format(agree)) for agree in ("true", "false")) == len(NAMES) + 1)
    assert sample(client, agreement.format("true")) >= len(NAMES)
    withdraw(store)
    wait_until(lambda: sample(client, 'ocr_model_info{model="category_challenger",version="small"}') == 0)


def test_a_recogniser_is_swapped_refused_and_rolled_back_between_photos(
    client: httpx.Client, store: PublishingStore, tmp_path: Path
) -> None:
    recognisers = PublishingStore(store.uri, kind="recogniser")
    packaged = version(client, "recognition")
    assert publish(recognisers, RECOGNISER) == packaged
    with Load(client, categorising=0, reading=1) as load:

        def reached(expected: str) -> None:
            wait_until(lambda: version(client, "recognition") == expected)
            receipts = len(load.receipts)
            wait_until(lambda: len(load.receipts) > receipts + 1)

        reached(packaged)
        second = publish(recognisers, make_recogniser(tmp_path / "second"))
        reached(second)

        good = recognisers.manifest()
        assert good
        for harm, reason in ((spoil, "golden"), (fix_batch, "model")):
            unfit = release_of_an_unfit_recogniser(tmp_path / reason, recognisers, harm)
            recognisers.write_manifest(good.model_copy(update={"champion": unfit}))
            refused = f'ocr_release_refused_total{{model="recognition",reason="{reason}"}}'
            wait_until(lambda refused=refused: sample(client, refused) > 0)
            assert version(client, "recognition") == second
        recognisers.write_manifest(good)

        third = make_recogniser(tmp_path / "third", shift=2e-4)
        publish(recognisers, third, "third", role="challenger")
        agreement = f'ocr_shadow_agreement_total{{agree="true",challenger="third",champion="{second}"}}'
        wait_until(lambda: sample(client, agreement) > 0)
        publish(recognisers, third, "third")
        reached("third")

        assert rollback(recognisers, packaged) == packaged
        reached(packaged)

    answers = [response.json() for response in load.receipts if response.status_code == 200]
    assert len(answers) == len(load.receipts)
    assert {answer["model_versions"]["recognition"] for answer in answers} == {packaged, second, "third"}
    assert len({str(answer["lines"]) for answer in answers}) <= 3, "each answer is of one model"
    assert sample(client, f'ocr_model_info{{model="recognition",version="{packaged}"}}') == 1


def release_of_an_unfit_recogniser(folder: Path, store: PublishingStore, harm: Callable[[Path], None]) -> Release:
    """A release, already in the store, of a model that is harmed, with its inputs and outputs."""
    harm(Path(shutil.copytree(RECOGNISER, folder)))
    fit = fit_release("recogniser", RECOGNISER)
    inputs, outputs = recogniser.signature(recogniser.load(folder)[0])
    files = {}
    for name in fit.files:
        data = (folder / name).read_bytes()
        files[name] = File(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    shape = {"inputs": inputs, "outputs": outputs}
    release = fit.model_copy(update={"version": folder.name, "files": files, **shape})
    for name in files:
        store.add(store.path(release, name), (folder / name).read_bytes())
    return release


def release(bucket: FakeGcs, key: Ed25519PrivateKey, *arguments: str) -> str:
    """Run the command line against the bucket; returns its output."""
    environment = {"RELEASE_URI": "gs://models/releases", "RELEASE_SIGNING_KEY": private_pem(key)}
    process = subprocess.run(
        [sys.executable, "-m", "model_export.release", *arguments],
        env=os.environ | bucket.environment | environment,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_signed_releases_in_a_bucket_and_a_start_while_it_is_down(tmp_path: Path, folders: dict[str, Path]) -> None:
    key = Ed25519PrivateKey.generate()
    bucket = FakeGcs()
    try:
        release(bucket, key, "publish", str(folders["small"]), "--version", "small")
        settings = {"OCR_RELEASE_PUBLIC_KEY": public_pem(key), **bucket.environment}
        with serving(tmp_path, "gs://models/releases", **settings) as client:
            assert version(client) == "small"
            assert release(bucket, key, "publish", str(folders["1"]), "--version", "1") == "champion 1\n"
            wait_until(lambda: version(client) == "1")
            manifest = ("models", "releases/category.json")
            bucket.objects[manifest] = bucket.objects[manifest].replace(b'"1"', b'"small"')
            wait_until(lambda: sample(client, 'ocr_release_refused_total{model="category",reason="signature"}') > 0)
            assert version(client) == "1"
    finally:
        bucket.stop()
    with serving(tmp_path, "gs://models/releases", **settings) as client:
        assert version(client) == "1"
        assert answered(client.post("/v1/categories", json={"names": list(NAMES)}))[0] == "1"
