"""The body of `category_feedback`: what violates the contract is refused, and the error names the member."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.support.problems import problem

GOOD = {"receipt_item_id": str(uuid.uuid4()), "category": "dairy"}


@pytest.fixture
def function(create_client: Callable[..., FlaskClient]) -> FlaskClient:
    return create_client("category_feedback")


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "receipt_item_id"),
        ({"receipt_item_id": GOOD["receipt_item_id"]}, "category"),
        (GOOD | {"receipt_item_id": "1"}, "receipt_item_id"),
        (GOOD | {"receipt_item_id": 1}, "receipt_item_id"),
        (GOOD | {"receipt_item_id": None}, "receipt_item_id"),
        (GOOD | {"category": None}, "category"),
        (GOOD | {"category": ""}, "category"),
        (GOOD | {"category": 3}, "category"),
        (GOOD | {"category": ["dairy"]}, "category"),
        (GOOD | {"category": "dairy\x00"}, "category"),
        (GOOD | {"category": "x" * 101}, "category"),
        (GOOD | {"user_id": str(uuid.uuid4())}, "user_id"),
    ],
)
def test_the_error_names_the_invalid_member(
    function: FlaskClient, bearer: Callable[[], dict[str, str]], body: dict, member: str
) -> None:
    detail = problem(function.post("/", json=body, headers=bearer()), 400, "bad_request")["detail"]
    assert detail.startswith(f"`{member}`")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff"])
def test_a_body_other_than_an_object_is_a_bad_request(
    function: FlaskClient, bearer: Callable[[], dict[str, str]], body: bytes
) -> None:
    problem(function.post("/", data=body, headers=bearer()), 400, "bad_request")
