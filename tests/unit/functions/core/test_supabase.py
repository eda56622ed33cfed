"""Retries and error mapping of calls to the Data API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from functions.core.errors import BackendRefused, BackendUnavailable
from functions.core.settings import Settings
from functions.core.supabase import call_with_retry, connect
from tests.support.outages import NO_DATABASE, NO_ROWS, REFUSAL, each_outage
from tests.support.scripted import Step, serving


@contextmanager
def calling(url: str) -> Iterator[Callable[[], object]]:
    """A call to the Data API at that URL, with retry."""
    settings = Settings(
        supabase_url=url,
        supabase_secret_key="sb_secret_unit_test",
        supabase_publishable_key="sb_publishable_unit_test",
        ocr_service_url=url,
    )
    client = connect(settings)
    yield lambda: call_with_retry(lambda: client.rpc("claim_receipts", {}).execute().data)
    client.options.httpx_client.close()


@each_outage
def test_a_call_is_repeated_once_after_a_server_error(outage: Step) -> None:
    with serving(outage, NO_ROWS) as server, calling(server.url) as call:
        assert call() == []
    assert len(server.seen) == 2


@each_outage
def test_two_server_errors_are_an_outage(outage: Step) -> None:
    with serving(outage, outage) as server, calling(server.url) as call, pytest.raises(BackendUnavailable):
        call()


def test_the_error_names_the_code_in_the_body() -> None:
    outage = pytest.raises(BackendUnavailable, match=r"Supabase returned 503 \(PGRST002\)\.")
    with serving(NO_DATABASE, NO_DATABASE) as server, calling(server.url) as call, outage:
        call()


def test_an_unreachable_server_is_an_outage() -> None:
    with calling("http://127.0.0.1:9") as call, pytest.raises(BackendUnavailable, match="unreachable"):
        call()


def test_a_refusal_is_not_retried() -> None:
    with serving(REFUSAL) as server, calling(server.url) as call, pytest.raises(BackendRefused) as refusal:
        call()
    assert refusal.value.sqlstate == "22P02"
    assert len(server.seen) == 1
