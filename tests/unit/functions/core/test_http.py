"""The entry points under the real functions framework: who gets in, and what bad input is told."""

from __future__ import annotations

import json
import uuid

import functions_framework
import pytest
from flask.testing import FlaskClient

SECRET = "unit-test-webhook-secret"
HINT = {"receipt_id": str(uuid.uuid4())}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPABASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SUPABASE_SECRET_KEY", "sb_secret_unit_test")
    monkeypatch.setenv("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_unit_test")
    monkeypatch.setenv("RECEIPT_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("OCR_SERVICE_URL", "http://127.0.0.1:9")


@pytest.fixture
def uploaded(environment: None) -> FlaskClient:
    return functions_framework.create_app("receipt_uploaded", "functions/main.py").test_client()


@pytest.fixture
def sweep(environment: None) -> FlaskClient:
    return functions_framework.create_app("receipt_sweep", "functions/main.py").test_client()


def problem(response, status: int, code: str) -> dict:
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    body = json.loads(response.data)
    assert set(body) == {"type", "title", "status", "detail", "code", "retryable", "request_id"}
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response.headers["X-Request-Id"]
    return body


@pytest.mark.parametrize("headers", [{}, {"X-Webhook-Secret": ""}, {"X-Webhook-Secret": SECRET + "x"}])
def test_a_hint_without_the_secret_is_refused(uploaded: FlaskClient, headers: dict[str, str]) -> None:
    problem(uploaded.post("/", json=HINT, headers=headers), 401, "unauthorized")


def test_a_secret_outside_ascii_is_refused_not_an_error(uploaded: FlaskClient) -> None:
    response = uploaded.post("/", json=HINT, headers={"X-Webhook-Secret": "sécret"})
    problem(response, 401, "unauthorized")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"receipt_id": 5}',
        b'{"receipt_id": "x"}',
        b'{"receipt_id": ["a"]}',
        b"\xff\xfe",
        b"[" * 60_000,
    ],
)
def test_a_hint_that_is_not_the_contract_is_a_bad_request(uploaded: FlaskClient, body: bytes) -> None:
    response = uploaded.post("/", data=body, headers={"X-Webhook-Secret": SECRET})
    assert problem(response, 400, "bad_request")["retryable"] is False


def test_a_huge_hint_is_refused(uploaded: FlaskClient) -> None:
    response = uploaded.post("/", data=b" " * 70_000, headers={"X-Webhook-Secret": SECRET})
    problem(response, 413, "payload_too_large")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_post_is_allowed(uploaded: FlaskClient, sweep: FlaskClient, method: str) -> None:
    for client in (uploaded, sweep):
        problem(getattr(client, method)("/"), 405, "method_not_allowed")


def test_an_unreachable_database_is_retryable_and_logged_without_secrets(
    uploaded: FlaskClient, sweep: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"X-Webhook-Secret": SECRET, "X-Request-Id": "req-1"}
    body = problem(uploaded.post("/", json=HINT, headers=headers), 503, "backend_unavailable")
    assert body["retryable"] is True
    assert body["request_id"] == "req-1"
    problem(sweep.post("/"), 503, "backend_unavailable")
    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    assert {"request_id": "req-1", "severity": "WARNING", "code": "backend_unavailable"}.items() <= lines[0].items()
    assert SECRET not in out
    assert "sb_secret" not in out


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "id\twith tab", "<script>"])
def test_a_strange_request_id_is_replaced(uploaded: FlaskClient, given: str) -> None:
    response = uploaded.get("/", headers={"X-Request-Id": given})
    assert response.headers["X-Request-Id"] != given
    assert len(response.headers["X-Request-Id"]) == 32
