"""The entry points without a database: authentication, methods, and responses that need no call."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.support.problems import MEMBERS, problem

WEBHOOK_SECRET = "unit-test-webhook-secret"
HINT = {"receipt_id": str(uuid.uuid4()), "read_now": True}
CORRECTION = {"receipt_item_id": str(uuid.uuid4()), "category": "dairy"}


@pytest.fixture
def barcode_lookup(create_client: Callable[..., FlaskClient]) -> FlaskClient:
    return create_client("barcode_lookup")


@pytest.fixture
def category_feedback(create_client: Callable[..., FlaskClient]) -> FlaskClient:
    return create_client("category_feedback")


@pytest.fixture
def receipt_uploaded(create_client: Callable[..., FlaskClient]) -> FlaskClient:
    return create_client("receipt_uploaded", RECEIPT_WEBHOOK_SECRET=WEBHOOK_SECRET)


@pytest.fixture
def receipt_sweep(create_client: Callable[..., FlaskClient]) -> FlaskClient:
    return create_client("receipt_sweep")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp4"}])
def test_barcode_lookup_needs_a_user(barcode_lookup: FlaskClient, headers: dict[str, str]) -> None:
    problem(barcode_lookup.get("/?barcode=8801234567893", headers=headers), 401, "unauthorized")
    body = {"barcode": "8801234567893", "name": "우유"}
    problem(barcode_lookup.post("/", json=body, headers=headers), 401, "unauthorized")


@pytest.mark.parametrize("query", ["", "barcode=", "barcode=8801234567890", "barcode=%00", "code=8801234567893"])
def test_an_invalid_barcode_is_a_typed_outcome(
    barcode_lookup: FlaskClient, bearer: Callable[[], dict[str, str]], query: str
) -> None:
    body = problem(barcode_lookup.get(f"/?{query}", headers=bearer()), 400, "invalid_barcode")
    assert set(body) == MEMBERS | {"outcome"}
    assert (body["outcome"], body["retryable"]) == ("invalid", False)


def test_an_in_store_code_is_answered_without_a_call(
    barcode_lookup: FlaskClient, bearer: Callable[[], dict[str, str]]
) -> None:
    answer = barcode_lookup.get("/?barcode=2012345678903", headers=bearer())
    assert (answer.status_code, answer.json["outcome"]) == (200, "in_store_code")


def test_an_unreachable_database_is_not_reported_as_a_missing_product(
    barcode_lookup: FlaskClient, bearer: Callable[[], dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    headers = bearer()
    body = problem(barcode_lookup.get("/?barcode=8801234567893", headers=headers), 503, "backend_unavailable")
    assert body["retryable"] is True
    output = capsys.readouterr().out
    assert headers["Authorization"].split()[1] not in output
    assert "sb_secret" not in output


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_barcode_lookup_allows_get_and_post(
    barcode_lookup: FlaskClient, bearer: Callable[[], dict[str, str]], method: str
) -> None:
    problem(getattr(barcode_lookup, method)("/", headers=bearer()), 405, "method_not_allowed")


def test_product_index_reports_a_missing_key(create_client: Callable[..., FlaskClient]) -> None:
    product_index = create_client("product_index")
    assert "HACCP__KEY" in problem(product_index.post("/"), 503, "source_unavailable")["detail"]
    problem(product_index.get("/"), 405, "method_not_allowed")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic dTpw"}])
def test_category_feedback_needs_a_user(category_feedback: FlaskClient, headers: dict[str, str]) -> None:
    response = category_feedback.post("/", json=CORRECTION, headers=headers)
    assert problem(response, 401, "unauthorized")["retryable"] is False


def test_an_expired_token_is_named_as_such(
    category_feedback: FlaskClient, bearer: Callable[..., dict[str, str]]
) -> None:
    response = category_feedback.post("/", json=CORRECTION, headers=bearer(exp=1))
    assert problem(response, 401, "unauthorized")["detail"] == "The access token has expired."


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_category_feedback_allows_only_post(
    category_feedback: FlaskClient, bearer: Callable[[], dict[str, str]], method: str
) -> None:
    problem(getattr(category_feedback, method)("/", headers=bearer()), 405, "method_not_allowed")


def test_an_unreachable_database_makes_a_correction_retryable(
    category_feedback: FlaskClient, bearer: Callable[[], dict[str, str]]
) -> None:
    response = category_feedback.post("/", json=CORRECTION, headers=bearer())
    assert problem(response, 503, "backend_unavailable")["retryable"] is True


@pytest.mark.parametrize("headers", [{}, {"X-Webhook-Secret": ""}, {"X-Webhook-Secret": WEBHOOK_SECRET + "x"}])
def test_a_webhook_without_the_secret_is_refused(receipt_uploaded: FlaskClient, headers: dict[str, str]) -> None:
    problem(receipt_uploaded.post("/", json=HINT, headers=headers), 401, "unauthorized")


def test_a_secret_outside_ascii_is_refused_rather_than_an_error(receipt_uploaded: FlaskClient) -> None:
    response = receipt_uploaded.post("/", json=HINT, headers={"X-Webhook-Secret": "sécret"})
    problem(response, 401, "unauthorized")


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_receipt_functions_allow_only_post(
    receipt_uploaded: FlaskClient, receipt_sweep: FlaskClient, method: str
) -> None:
    for client in (receipt_uploaded, receipt_sweep):
        problem(getattr(client, method)("/"), 405, "method_not_allowed")


def test_an_unreachable_database_is_retryable_and_logged_without_secrets(
    receipt_uploaded: FlaskClient, receipt_sweep: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"X-Webhook-Secret": WEBHOOK_SECRET, "X-Request-Id": "req-1"}
    body = problem(receipt_uploaded.post("/", json=HINT, headers=headers), 503, "backend_unavailable")
    assert body["retryable"] is True
    assert body["request_id"] == "req-1"
    problem(receipt_sweep.post("/"), 503, "backend_unavailable")
    output = capsys.readouterr().out
    lines = [json.loads(line) for line in output.splitlines()]
    assert {"request_id": "req-1", "severity": "WARNING", "code": "backend_unavailable"}.items() <= lines[0].items()
    assert WEBHOOK_SECRET not in output
    assert "sb_secret" not in output
