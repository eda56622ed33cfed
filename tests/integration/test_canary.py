"""The canary on the local stack: it passes, its user disappears, and it notices what users would notice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import httpx
import psycopg
import pytest
import requests

from functions.canary.canary import WAIT_S, Canary
from functions.canary.wiring import build_canary
from functions.core import logs
from functions.core.settings import Settings
from functions.core.supabase import UserApi, connect
from local.client import sign_up, upload
from local.stack import Stack
from tests.support.prepared_database import new_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(new_stack(tmp_path_factory), webhook=True, scheduler=False) as running:
        yield running


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection]:
    with psycopg.connect(stack.addresses.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def settings(stack: Stack) -> Settings:
    addresses = stack.addresses
    return Settings(
        supabase_url=addresses.supabase_url,
        supabase_secret_key=addresses.secret_key,
        supabase_publishable_key=addresses.publishable_key,
        supabase_auth_url=stack.service("receipt_sweep").environment["SUPABASE_AUTH_URL"],
        ocr_service_url=addresses.ocr_url,
    )


@pytest.fixture
def canary(settings: Settings) -> Iterator[Canary]:
    logs.configure()
    service = connect(settings)
    user_api = UserApi.from_settings(settings)
    canary = build_canary(settings, service, user_api)
    with canary.http, closing(user_api.connections):
        yield canary
    service.options.httpx_client.close()


def users(database: psycopg.Connection) -> int:
    row = database.execute("select count(*) from auth.users where email like 'canary-%@jangbogi.invalid'").fetchone()
    assert row is not None
    return int(row[0])


def sweep(stack: Stack) -> None:
    requests.post(stack.addresses.receipt_sweep_url, timeout=180).raise_for_status()


def test_a_run_passes_and_leaves_nothing_behind(
    canary: Canary, stack: Stack, database: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    # Time stands still, and each poll waits for a sweep, so that a slow machine does not fail the test.
    result = replace(canary, clock=lambda: 0.0, wait=lambda _: sweep(stack)).run()
    assert result["outcome"] == "passed", (result, capsys.readouterr().out)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["message"] == "canary passed"
    logs_of_readers = [
        stack.service(name).log.read_text(encoding="utf-8") for name in ("receipt_uploaded", "receipt_sweep")
    ]
    (line,) = (line for text in logs_of_readers for line in text.splitlines() if '"receipt processed"' in line)
    assert json.loads(line)["canary"] is True
    sweep(stack)
    assert users(database) == 0
    assert database.execute("select count(*) from public.receipts").fetchone() == (0,)
    assert database.execute("select count(*) from storage.objects").fetchone() == (0,)


def test_a_photo_that_is_not_read_in_time_is_a_failure(
    canary: Canary, stack: Stack, database: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """The database reads nothing, as while every worker is down."""
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    database.execute("update private.settings set value = 'http://127.0.0.1:9/' where name = 'receipt_webhook_url'")
    stuck = replace(canary, clock=lambda: now[0], wait=wait)
    assert stuck.run() == {"outcome": "failed", "step": "read", "seconds": WAIT_S}
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["message"], line["severity"], line["step"]) == ("canary failed", "ERROR", "read")
    assert "@" not in line["detail"]
    # Its account is deleted all the same.
    assert database.execute("select count(*) from public.account_deletions").fetchone() == (1,)
    sweep(stack)
    assert users(database) == 0


def test_users_of_interrupted_runs_are_deleted_by_a_later_one(
    canary: Canary, database: psycopg.Connection, settings: Settings
) -> None:
    canary._auth(
        f"{settings.auth_url}/admin/users",
        {"email": "canary-0@jangbogi.invalid", "password": "a long password", "email_confirm": True},
    )
    database.execute("update auth.users set created_at = now() - interval '2 hours' where email like 'canary-%'")
    assert canary.service.rpc("delete_canaries").execute().data == 1
    assert canary.service.rpc("delete_canaries").execute().data == 0
    assert database.execute("select count(*) from public.account_deletions").fetchone() == (1,)


def test_waiting_receipts_are_counted_and_the_canarys_apart(
    canary: Canary, stack: Stack, database: psycopg.Connection, http: httpx.Client
) -> None:
    addresses = stack.addresses
    user = sign_up(addresses.supabase_url, addresses.publishable_key, http=http)
    upload(user, b"\xff\xd8\xff\xe0 not a photo")
    with canary._user() as bird:
        canary._upload(bird)
    database.execute("update public.receipts set queued_at = now() - interval '90 seconds'")
    (row,) = canary.service.rpc("receipts_waiting", {"p_seconds": 60}).execute().data
    assert (row["receipts"], row["of_users"]) == (2, 1)
    assert 90 <= row["oldest_s"] < 1000
    (later,) = canary.service.rpc("receipts_waiting", {"p_seconds": 2000}).execute().data
    assert (later["receipts"], later["oldest_s"]) == (0, 0)
