"""Predicting categories over HTTP: the real route with the shipped model, and a service that fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import uvicorn

from functions.ocr.categories import NameClassifier
from functions.ocr.client import OcrClient
from functions.ocr.id_tokens import IdTokenUnavailable
from ocr_service.api.app import create_app
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.live_model import LiveModel
from ocr_service.settings import Settings
from tests.support.waiting import wait_until

MODEL = Path(__file__).resolve().parents[4] / "ocr_service" / "models" / "category"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The OCR service without its OCR models, which take seconds to load and are not needed here."""
    model = CategoryClassifier.load(MODEL)
    app = create_app(Settings(), lambda: None)  # type: ignore[arg-type, return-value]
    app.state.reader = SimpleNamespace(categorise=LiveModel(model).predict)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def test_the_prediction_is_that_of_the_model(service: str, session: requests.Session) -> None:
    (expected,) = CategoryClassifier.load(MODEL).predict(["서울우유 1L"])
    prediction = NameClassifier(OcrClient(session, service)).predict("서울우유 1L", 5)
    assert prediction
    assert (prediction.code, prediction.uncertain) == (expected.code, expected.uncertain) == ("dairy", False)
    assert prediction.confidence == pytest.approx(expected.confidence, abs=1e-4)


def test_the_route_returns_one_prediction_per_name_in_order(service: str, session: requests.Session) -> None:
    answer = session.post(f"{service}/v1/categories", json={"names": ["두부", "건전지", "x" * 300]}, timeout=5)
    assert [item["code"] for item in answer.json()["items"]][:2] == ["tofu", "non_food"]
    assert len(answer.json()["items"]) == 3
    assert set(answer.json()["model_versions"]) == {"category"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"names": []}', b'{"names": [""]}', b'{"names": [5]}', b'{"name": ["x"]}']
)
def test_the_route_refuses_invalid_bodies(service: str, session: requests.Session, body: bytes) -> None:
    answer = session.post(f"{service}/v1/categories", data=body, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def missing_token() -> str:
    raise IdTokenUnavailable("no identity")


def test_a_failure_gives_no_prediction(service: str, session: requests.Session) -> None:
    assert NameClassifier(OcrClient(session, "http://127.0.0.1:9")).predict("우유", 1) is None
    assert NameClassifier(OcrClient(session, f"{service}/nowhere")).predict("우유", 5) is None
    assert NameClassifier(OcrClient(session, service, missing_token)).predict("우유", 5) is None
    assert NameClassifier(OcrClient(session, service)).predict("", 5) is None
