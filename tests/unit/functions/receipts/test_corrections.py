"""The entry point `category_feedback` without a database: who gets in, and what bad input is told."""

from __future__ import annotations

import json
import time
import uuid

import functions_framework
import jwt
import pytest
from flask.testing import FlaskClient

SECRET = "a-shared-secret-of-a-project-that-has-one"
GOOD = {"item_id": str(uuid.uuid4()), "category": "dairy"}


@pytest.fixture
def feedback(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    for name, value in {
        "SUPABASE_URL": "http://127.0.0.1:9",
        "SUPABASE_SECRET_KEY": "sb_secret_unit_test",
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_unit_test",
        "SUPABASE_JWT_SECRET": SECRET,
        "OCR_SERVICE_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    return functions_framework.create_app("category_feedback", "functions/main.py").test_client()


def bearer(**changed: object) -> dict[str, str]:
    claims = {"sub": str(uuid.uuid4()), "aud": "authenticated", "exp": time.time() + 600, **changed}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}


def problem(response, status: int, code: str) -> dict:
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    body = json.loads(response.data)
    assert (body["status"], body["code"]) == (status, code)
    return body


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic dTpw"}])
def test_somebody_without_a_token_is_refused(feedback: FlaskClient, headers: dict[str, str]) -> None:
    assert problem(feedback.post("/", json=GOOD, headers=headers), 401, "unauthorized")["retryable"] is False


def test_an_expired_token_is_refused(feedback: FlaskClient) -> None:
    assert "expired" in problem(feedback.post("/", json=GOOD, headers=bearer(exp=1)), 401, "unauthorized")["detail"]


@pytest.mark.parametrize(
    ("body", "at_fault"),
    [
        ({}, "item_id"),
        ({"item_id": GOOD["item_id"]}, "category"),
        (GOOD | {"item_id": "1"}, "item_id"),
        (GOOD | {"item_id": 1}, "item_id"),
        (GOOD | {"item_id": None}, "item_id"),
        (GOOD | {"category": None}, "category"),
        (GOOD | {"category": ""}, "category"),
        (GOOD | {"category": 3}, "category"),
        (GOOD | {"category": ["dairy"]}, "category"),
        (GOOD | {"category": "dairy\x00"}, "category"),
        (GOOD | {"category": "x" * 101}, "category"),
        (GOOD | {"user_id": str(uuid.uuid4())}, "user_id"),
    ],
)
def test_a_body_that_is_not_the_contract_says_which_member(feedback: FlaskClient, body: dict, at_fault: str) -> None:
    detail = problem(feedback.post("/", json=body, headers=bearer()), 400, "bad_request")["detail"]
    assert detail.startswith(f"`{at_fault}`")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_a_bad_request(feedback: FlaskClient, body: bytes) -> None:
    problem(feedback.post("/", data=body, headers=bearer()), 400, "bad_request")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_post_is_allowed(feedback: FlaskClient, method: str) -> None:
    problem(getattr(feedback, method)("/", headers=bearer()), 405, "method_not_allowed")


def test_a_database_out_of_reach_is_worth_another_try(feedback: FlaskClient) -> None:
    answer = problem(feedback.post("/", json=GOOD, headers=bearer()), 503, "backend_unavailable")
    assert answer["retryable"] is True
