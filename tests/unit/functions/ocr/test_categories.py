"""The category of a product name, asked over HTTP: the real route with the shipped model, and an unwell service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import uvicorn

from functions.core.errors import OcrUnavailable
from functions.ocr.categories import NameClassifier
from ocr_service.api.app import create_app
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.category.live_model import CategoryModel
from ocr_service.settings import Settings
from tests.support.waiting import wait_until

MODEL = Path(__file__).resolve().parents[4] / "ocr_service" / "models" / "category"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The OCR service without its OCR, which takes seconds to load and has no part in this."""
    model = CategoryClassifier.load(MODEL)
    app = create_app(Settings(), lambda: None)  # type: ignore[arg-type, return-value]
    app.state.reader = SimpleNamespace(categorise=CategoryModel(model).predict)
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


def test_a_name_gets_the_category_that_the_model_gives_it(service: str, session: requests.Session) -> None:
    (expected,) = CategoryClassifier.load(MODEL).predict(["서울우유 1L"])
    guess = NameClassifier(session, service, lambda: None).guess("서울우유 1L", 5)
    assert guess
    assert (guess.code, guess.uncertain) == (expected.code, expected.uncertain) == ("dairy", False)
    assert guess.confidence == pytest.approx(expected.confidence, abs=1e-4)


def test_the_route_answers_for_each_name_in_order(service: str, session: requests.Session) -> None:
    answer = session.post(f"{service}/v1/categories", json={"names": ["두부", "건전지", "x" * 300]}, timeout=5)
    assert [item["code"] for item in answer.json()["items"]][:2] == ["tofu", "non_food"]
    assert len(answer.json()["items"]) == 3
    assert set(answer.json()["model_versions"]) == {"category"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"names": []}', b'{"names": [""]}', b'{"names": [5]}', b'{"name": ["x"]}']
)
def test_the_route_refuses_what_is_not_the_contract(service: str, session: requests.Session, body: bytes) -> None:
    answer = session.post(f"{service}/v1/categories", data=body, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def no_token() -> str:
    raise OcrUnavailable("no identity")


def test_no_guess_is_made_without_the_service(service: str, session: requests.Session) -> None:
    assert NameClassifier(session, "http://127.0.0.1:9", lambda: None).guess("우유", 1) is None
    assert NameClassifier(session, f"{service}/nowhere", lambda: None).guess("우유", 5) is None
    assert NameClassifier(session, service, no_token).guess("우유", 5) is None
    assert NameClassifier(session, service, lambda: None).guess("", 5) is None
