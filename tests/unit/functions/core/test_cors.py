"""CORS headers of the app's functions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

APP, ELSEWHERE = "https://app.example", "https://elsewhere.example"


@pytest.fixture
def call(create_client: Callable[..., FlaskClient]) -> Callable[[str, str], FlaskClient]:
    """`call(function, origins)` is a client of that function with this `APP_ORIGINS`."""
    return lambda function, origins: create_client(function, APP_ORIGINS=origins)


def preflight(method: str, origin: str) -> dict[str, str]:
    """Headers of the preflight request for a call with a token."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }


@pytest.mark.parametrize(("target", "methods"), [("barcode_lookup", "GET, POST"), ("category_feedback", "POST")])
def test_the_preflight_of_an_app_page_succeeds_without_a_token(call, target: str, methods: str) -> None:
    function = call(target, f"https://other.example, {APP}")
    answer = function.options("/", headers=preflight("POST", APP))
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Methods"] == methods
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type"} <= set(allowed.split(", "))
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("target", ["barcode_lookup", "category_feedback"])
def test_a_page_of_the_app_can_read_errors(call, target: str) -> None:
    answer = call(target, APP).post("/", json={}, headers={"Origin": APP})
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After, X-Request-Id"


def test_other_pages_are_not_allowed_and_callers_without_an_origin_are_answered(call) -> None:
    function = call("category_feedback", APP)
    for answer in (
        function.options("/", headers=preflight("POST", ELSEWHERE)),
        function.post("/", json={}, headers={"Origin": ELSEWHERE}),
        function.post("/", json={}),
    ):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert answer.headers["Vary"] == "Origin"
    assert function.post("/", json={}).json["code"] == "unauthorized"


def test_a_star_allows_every_page(call) -> None:
    function = call("barcode_lookup", "*")
    answer = function.options("/", headers=preflight("GET", ELSEWHERE))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in answer.headers


def test_by_default_no_page_is_allowed(call) -> None:
    answer = call("barcode_lookup", "").options("/", headers=preflight("GET", APP))
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_options_without_a_preflight_header_is_not_allowed(call) -> None:
    answer = call("barcode_lookup", APP).options("/", headers={"Origin": APP})
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("target", ["receipt_uploaded", "receipt_sweep", "product_index", "reminders"])
def test_functions_for_the_platform_allow_no_page(call, target: str) -> None:
    answer = call(target, "*").options("/", headers=preflight("POST", APP))
    assert answer.status_code == 405
    assert "Access-Control-Allow-Origin" not in answer.headers
