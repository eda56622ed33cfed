"""Retries and error mapping of calls to the Data API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import pytest

from functions.core.auth import User
from functions.core.errors import BackendRefused, BackendUnavailable, Unauthorized
from functions.core.settings import Settings
from functions.core.supabase import UserApi, call_as_user, call_with_retry, connect
from tests.support.outages import NO_DATABASE, NO_ROWS, REFUSAL, each_outage
from tests.support.scripted import Step, json_step, serving

USER = User(uuid.UUID(int=1), "the.user's.token")
UNAUTHORIZED_USER = json_step(401, {"code": "PT401", "message": "no user", "hint": "unauthorized", "details": None})
EXPIRED_TOKEN = json_step(401, {"code": "PGRST303", "message": "JWT expired", "hint": None, "details": None})
Calling = Callable[[str], AbstractContextManager[Callable[[], object]]]


def settings(url: str) -> Settings:
    return Settings(
        supabase_url=url,
        supabase_secret_key="sb_secret_unit_test",
        supabase_publishable_key="sb_publishable_unit_test",
        ocr_service_url=url,
    )


@contextmanager
def calling_as_service(url: str) -> Iterator[Callable[[], object]]:
    client = connect(settings(url))
    yield lambda: call_with_retry(lambda: client.rpc("claim_receipts", {}).execute().data)
    client.options.httpx_client.close()


@contextmanager
def calling_as_user(url: str) -> Iterator[Callable[[], object]]:
    users = UserApi.from_settings(settings(url))
    with closing(users.connections):
        yield lambda: call_as_user(lambda: users.rpc(USER, "find_product", {"gtin14": "0"}))


@pytest.fixture(params=[calling_as_service, calling_as_user])
def calling(request: pytest.FixtureRequest) -> Calling:
    """A context with a call to the Data API at a URL, with retry."""
    calling: Calling = request.param
    return calling


@each_outage
def test_a_call_is_repeated_once_after_a_server_error(calling: Calling, outage: Step) -> None:
    with serving(outage, NO_ROWS) as server, calling(server.url) as call:
        assert call() == []
    assert len(server.seen) == 2


@each_outage
def test_two_server_errors_are_an_outage(calling: Calling, outage: Step) -> None:
    with serving(outage, outage) as server, calling(server.url) as call, pytest.raises(BackendUnavailable):
        call()


def test_the_error_names_the_code_in_the_body(calling: Calling) -> None:
    outage = pytest.raises(BackendUnavailable, match=r"Supabase returned 503 \(PGRST002\)\.")
    with serving(NO_DATABASE, NO_DATABASE) as server, calling(server.url) as call, outage:
        call()


def test_an_unreachable_server_is_an_outage(calling: Calling) -> None:
    with calling("http://127.0.0.1:9") as call, pytest.raises(BackendUnavailable, match="unreachable"):
        call()


def test_a_refusal_is_not_retried(calling: Calling) -> None:
    with serving(REFUSAL) as server, calling(server.url) as call, pytest.raises(BackendRefused) as refusal:
        call()
    assert refusal.value.sqlstate == "22P02"
    assert len(server.seen) == 1


@pytest.mark.parametrize("error", [UNAUTHORIZED_USER, EXPIRED_TOKEN], ids=["deleted user", "expired token"])
def test_a_refused_token_is_the_user_s_error(error: Step) -> None:
    with serving(error) as server, calling_as_user(server.url) as call, pytest.raises(Unauthorized):
        call()


@pytest.mark.parametrize("status", [301, 403, 404])
def test_a_refusal_of_a_gateway_has_its_status(status: int) -> None:
    page: Step = (status, {"Content-Type": "text/html"}, b"<html>")
    refused = pytest.raises(BackendRefused)
    with serving(page) as server, calling_as_user(server.url) as call, refused as refusal:
        call()
    assert refusal.value.sqlstate == str(status)


def test_a_page_of_a_gateway_is_an_outage() -> None:
    page: Step = (200, {"Content-Type": "text/html"}, b"<html>")
    outage = pytest.raises(BackendUnavailable)
    with serving(page, page) as server, calling_as_user(server.url) as call, outage:
        call()


def test_a_call_of_a_user_carries_the_token_and_the_arguments() -> None:
    with serving(json_step(200, {"product": None})) as server, calling_as_user(server.url) as call:
        assert call() == {"product": None}
    path, headers, body = server.seen[0]
    assert path == "/rest/v1/rpc/find_product"
    assert headers["Authorization"] == f"Bearer {USER.token}"
    assert headers["apikey"] == "sb_publishable_unit_test"
    assert json.loads(body) == {"gtin14": "0"}


def test_a_function_without_a_result_returns_none() -> None:
    nothing: Step = (204, {}, b"")
    with serving(nothing) as server, calling_as_user(server.url) as call:
        assert call() is None
