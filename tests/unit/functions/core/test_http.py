"""Request ids, bodies and problem+json responses, at an entry point under the real functions framework."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.support.problems import MEMBERS, problem

SECRET = "unit-test-webhook-secret"
HEADERS = {"X-Webhook-Secret": SECRET}


@pytest.fixture
def function(create_client: Callable[..., FlaskClient]) -> FlaskClient:
    return create_client("receipt_uploaded", RECEIPT_WEBHOOK_SECRET=SECRET)


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
def test_a_body_that_violates_the_contract_is_a_bad_request(function: FlaskClient, body: bytes) -> None:
    answer = problem(function.post("/", data=body, headers=HEADERS), 400, "bad_request")
    assert set(answer) == MEMBERS
    assert answer["retryable"] is False


def test_a_body_over_the_limit_is_refused(function: FlaskClient) -> None:
    problem(function.post("/", data=b" " * 70_000, headers=HEADERS), 413, "payload_too_large")


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "id\twith tab", "<script>"])
def test_a_malformed_request_id_is_replaced(function: FlaskClient, request_id: str) -> None:
    response = function.get("/", headers={"X-Request-Id": request_id})
    assert response.headers["X-Request-Id"] != request_id
    assert len(response.headers["X-Request-Id"]) == 32
