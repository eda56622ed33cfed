"""`barcode_lookup` and `product_index` under the real functions framework: who gets in, and what bad input is told.

Nothing listens where Supabase should be: whatever is answered here was answered without asking anybody.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import functions_framework
import jwt
import pytest
from flask.testing import FlaskClient

SECRET = "unit-test-secret-of-32-characters-or-more"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "SUPABASE_URL": "http://127.0.0.1:9",
        "SUPABASE_SECRET_KEY": "sb_secret_unit_test",
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_unit_test",
        "SUPABASE_JWT_SECRET": SECRET,
        "OCR_SERVICE_URL": "http://127.0.0.1:9",
        "OPENFOODFACTS__CONTACT": "",
        "HACCP__KEY": "",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def function(environment: None) -> FlaskClient:
    return functions_framework.create_app("barcode_lookup", "functions/main.py").test_client()


@pytest.fixture
def signed_in() -> dict[str, str]:
    claims = {"sub": str(uuid.uuid4()), "aud": "authenticated", "exp": int(time.time()) + 600}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET)}"}


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    body = dict(json.loads(response.data))
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    return body


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp4"}])
def test_only_users_get_in(function: FlaskClient, headers: dict[str, str]) -> None:
    problem(function.get("/?barcode=8801234567893", headers=headers), 401, "unauthorized")
    problem(function.post("/", json={"barcode": "8801234567893", "name": "우유"}, headers=headers), 401, "unauthorized")


@pytest.mark.parametrize("query", ["", "barcode=", "barcode=8801234567890", "barcode=%00", "code=8801234567893"])
def test_an_invalid_barcode_is_a_typed_outcome_and_nobody_is_asked(
    function: FlaskClient, signed_in: dict[str, str], query: str
) -> None:
    body = problem(function.get(f"/?{query}", headers=signed_in), 400, "invalid_barcode")
    assert (body["outcome"], body["retryable"]) == ("invalid", False)


def test_an_in_store_code_is_an_answer_and_nobody_is_asked(function: FlaskClient, signed_in: dict[str, str]) -> None:
    answer = function.get("/?barcode=2012345678903", headers=signed_in)
    assert (answer.status_code, answer.json["outcome"]) == (200, "in_store_code")


def test_a_database_that_is_out_of_reach_is_no_missing_product(
    function: FlaskClient, signed_in: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    body = problem(function.get("/?barcode=8801234567893", headers=signed_in), 503, "backend_unavailable")
    assert body["retryable"] is True
    logged = capsys.readouterr().out
    assert signed_in["Authorization"].split()[1] not in logged
    assert "sb_secret" not in logged


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"barcode": "8801234567893"},
        {"name": "우유"},
        {"barcode": "8801234567893", "name": " "},
        {"barcode": "8801234567893", "name": "우" * 201},
        {"barcode": "8801234567893", "name": "우유\x00"},
        {"barcode": 8801234567893, "name": "우유"},
        {"barcode": "8801234567893", "name": "우유", "price": 1},
        {"barcode": "8801234567893", "name": "우유", "quantity": "x" * 41},
    ],
)
def test_a_naming_that_is_not_the_contract_is_a_bad_request(
    function: FlaskClient, signed_in: dict[str, str], body: dict[str, Any]
) -> None:
    problem(function.post("/", json=body, headers=signed_in), 400, "bad_request")


def test_codes_that_are_no_product_s_own_cannot_be_named(function: FlaskClient, signed_in: dict[str, str]) -> None:
    body = {"barcode": "2012345678903", "name": "사과"}
    problem(function.post("/", json=body, headers=signed_in), 422, "not_nameable")
    body["barcode"] = "8801234567890"
    problem(function.post("/", json=body, headers=signed_in), 400, "invalid_barcode")


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_not_allowed(function: FlaskClient, signed_in: dict[str, str], method: str) -> None:
    problem(getattr(function, method)("/", headers=signed_in), 405, "method_not_allowed")


def test_the_index_without_a_key_says_so(environment: None) -> None:
    index = functions_framework.create_app("product_index", "functions/main.py").test_client()
    assert "HACCP__KEY" in problem(index.post("/"), 503, "source_unavailable")["detail"]
    problem(index.get("/"), 405, "method_not_allowed")
