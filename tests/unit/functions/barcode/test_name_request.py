"""The body of `POST barcode_lookup`: what violates the contract is refused before the database is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.problems import problem


@pytest.fixture
def function(create_client: Callable[..., FlaskClient]) -> FlaskClient:
    return create_client("barcode_lookup")


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
def test_a_body_that_violates_the_contract_is_a_bad_request(
    function: FlaskClient, bearer: Callable[[], dict[str, str]], body: dict[str, Any]
) -> None:
    problem(function.post("/", json=body, headers=bearer()), 400, "bad_request")


def test_only_codes_of_a_single_product_can_be_named(
    function: FlaskClient, bearer: Callable[[], dict[str, str]]
) -> None:
    body = {"barcode": "2012345678903", "name": "사과"}
    problem(function.post("/", json=body, headers=bearer()), 422, "not_nameable")
    body["barcode"] = "8801234567890"
    problem(function.post("/", json=body, headers=bearer()), 400, "invalid_barcode")
