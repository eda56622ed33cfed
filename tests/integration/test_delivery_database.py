"""`make deploy-db` against a real Postgres: what the Supabase CLI does with our migrations and Vault settings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
VAULT = Path(__file__).with_name("vault.sql")
URL = "https://receipt-uploaded-abc.a.run.app"
SECRET = "a secret with a ' and a $$ in it"

Row = dict[str, Any]
Deploy = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def vault(database: psycopg.Connection[Row]) -> Iterator[None]:
    database.execute(VAULT.read_bytes())
    yield
    database.execute("drop schema vault cascade")


@pytest.fixture
def deploy(database_url: str) -> Deploy:
    def deploy(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = {"SUPABASE_DB_URL": database_url, "PGSSLMODE": "disable"} | environment
        return subprocess.run(
            [sys.executable, "-m", "tools.deploy_db", *options],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if "WEBHOOK" not in name} | given,
            capture_output=True,
            text=True,
        )

    return deploy


def secrets(database: psycopg.Connection[Row]) -> list[Row]:
    return database.execute("select * from vault.secrets order by name").fetchall()


def setting(database: psycopg.Connection[Row], name: str) -> str | None:
    row = database.execute("select private.setting(%s) as value", [name]).fetchone()
    return row and row["value"]


def test_first_without_functions_then_with_a_new_secret_then_nothing_is_left_to_do(deploy, database):
    """One story, because starting the CLI is most of the time."""
    done = deploy(RECEIPT_WEBHOOK_SECRET="an older secret")
    assert done.returncode == 0, done.stderr
    assert "not deployed yet" in done.stdout
    assert setting(database, "receipt_webhook_url") is None
    assert setting(database, "receipt_webhook_secret") == "an older secret"

    done = deploy(RECEIPT_WEBHOOK_URL=URL, RECEIPT_WEBHOOK_SECRET=SECRET)
    assert done.returncode == 0, done.stderr
    assert setting(database, "receipt_webhook_url") == URL
    assert setting(database, "receipt_webhook_secret") == SECRET
    assert SECRET not in done.stdout + done.stderr
    query = "select version from supabase_migrations.schema_migrations order by 1"
    migrations, first = database.execute(query).fetchall(), secrets(database)
    assert len(first) == 2

    assert deploy(RECEIPT_WEBHOOK_URL=URL, RECEIPT_WEBHOOK_SECRET=SECRET).returncode == 0
    assert secrets(database) == first
    assert database.execute(query).fetchall() == migrations


def test_without_the_secret_nothing_is_done(deploy, database):
    done = deploy(RECEIPT_WEBHOOK_URL=URL)
    assert done.returncode == 1
    assert "RECEIPT_WEBHOOK_SECRET is not set" in done.stderr
    assert secrets(database) == []


def test_without_a_database_it_says_what_is_missing(deploy):
    done = deploy(SUPABASE_DB_URL="", RECEIPT_WEBHOOK_SECRET=SECRET)
    assert done.returncode == 1
    assert "ENV=staging" in done.stderr
