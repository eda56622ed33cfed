"""What a browser is told when a web page calls the app's functions."""

from __future__ import annotations

import functions_framework
import pytest
from flask.testing import FlaskClient

APP, ELSEWHERE = "https://app.example", "https://elsewhere.example"


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch):
    """`call(target, origins)` is a client of that function, which has this setting."""

    def client(target: str, origins: str) -> FlaskClient:
        for name, value in {
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_SECRET_KEY": "sb_secret_unit_test",
            "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_unit_test",
            "SUPABASE_JWT_SECRET": "a secret of thirty-two characters",
            "OCR_SERVICE_URL": "http://127.0.0.1:9",
            "APP_ORIGINS": origins,
        }.items():
            monkeypatch.setenv(name, value)
        return functions_framework.create_app(target, "functions/main.py").test_client()

    return client


def asks(method: str, origin: str) -> dict[str, str]:
    """What a browser sends ahead of a call with a token."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }


@pytest.mark.parametrize(("target", "methods"), [("barcode_lookup", "GET, POST"), ("category_feedback", "POST")])
def test_a_page_of_the_app_may_ask_without_a_token_and_then_call(call, target: str, methods: str) -> None:
    function = call(target, f"https://other.example, {APP}")
    answer = function.options("/", headers=asks("POST", APP))
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Allow-Methods"] == methods
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type"} <= set(allowed.split(", "))
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("target", ["barcode_lookup", "category_feedback"])
def test_a_page_of_the_app_can_read_why_it_was_refused(call, target: str) -> None:
    answer = call(target, APP).post("/", json={}, headers={"Origin": APP})
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After, X-Request-Id"


def test_other_pages_are_not_named_and_callers_without_a_page_are_answered(call) -> None:
    function = call("category_feedback", APP)
    for answer in (
        function.options("/", headers=asks("POST", ELSEWHERE)),
        function.post("/", json={}, headers={"Origin": ELSEWHERE}),
        function.post("/", json={}),
    ):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert answer.headers["Vary"] == "Origin"
    assert function.post("/", json={}).json["code"] == "unauthorized"


def test_every_page_may_call_where_the_setting_says_so(call) -> None:
    function = call("barcode_lookup", "*")
    answer = function.options("/", headers=asks("GET", ELSEWHERE))
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in answer.headers


def test_no_page_may_call_by_default(call) -> None:
    answer = call("barcode_lookup", "").options("/", headers=asks("GET", APP))
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_what_browsers_never_ask_is_an_error_like_any_other(call) -> None:
    answer = call("barcode_lookup", APP).options("/", headers={"Origin": APP})
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("target", ["receipt_uploaded", "receipt_sweep", "product_index"])
def test_functions_that_no_app_calls_are_closed_to_pages(call, target: str) -> None:
    answer = call(target, "*").options("/", headers=asks("POST", APP))
    assert answer.status_code == 405
    assert "Access-Control-Allow-Origin" not in answer.headers
