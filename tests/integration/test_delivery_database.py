"""`make deploy-db` against a real Postgres: the Supabase CLI with our migrations and Vault settings.

A stand-in for terraform prints the outputs of an environment.
"""

from __future__ import annotations

import json
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

TERRAFORM = """#!{python}
import json, sys
if sys.argv[1] == "output":
    print(json.dumps({{"function_uris": {{"value": json.loads({uris!r})}}}}))
"""
# Uses the repository's migrations with a temporary environment.
PROGRAM = """
import sys
from pathlib import Path
from tools import deploy_db, terraform
terraform.INFRA = Path(sys.argv.pop(1))
sys.exit(deploy_db.main())
"""

Row = dict[str, Any]
Deploy = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def vault(database: psycopg.Connection[Row]) -> Iterator[None]:
    database.execute(VAULT.read_bytes())
    yield
    database.execute("drop schema vault cascade")


@pytest.fixture
def deploy(database_url: str, tmp_path: Path) -> Deploy:
    """Runs the tool in a repository that has the environment `staging`."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "staging.backend.hcl").touch()
    programs = tmp_path / "bin"
    programs.mkdir()

    def deploy(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = {"SUPABASE_DB_URL": database_url, "PGSSLMODE": "disable"} | environment
        given["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path), *options],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if "WEBHOOK" not in name} | given,
            capture_output=True,
            text=True,
        )

    return deploy


@pytest.fixture
def functions(tmp_path: Path, deploy: Deploy) -> Callable[[dict[str, str] | None], None]:
    """Sets the environment's functions and their URLs; None before the first deployment."""

    def functions(uris: dict[str, str] | None) -> None:
        program = tmp_path / "bin" / "terraform"
        program.write_text(TERRAFORM.format(python=sys.executable, uris=json.dumps(uris)))
        program.chmod(0o755)

    return functions


def secrets(database: psycopg.Connection[Row]) -> list[Row]:
    return database.execute("select * from vault.secrets order by name").fetchall()


def setting(database: psycopg.Connection[Row], name: str) -> str | None:
    row = database.execute("select private.setting(%s) as value", [name]).fetchone()
    return row and row["value"]


def test_a_webhook_is_set_changed_and_deleted(deploy, functions, database):
    """One test, because starting the CLI takes most of the time."""
    functions(None)
    done = deploy("--env", "staging")
    assert done.returncode == 0, done.stderr
    assert secrets(database) == []

    functions({"receipt-uploaded": URL, "receipt-sweep": "https://receipt-sweep-abc.a.run.app"})
    assert deploy("--env", "staging", RECEIPT_WEBHOOK_SECRET="an older secret").returncode == 0
    assert setting(database, "receipt_webhook_secret") == "an older secret"

    done = deploy("--env", "staging", RECEIPT_WEBHOOK_SECRET=SECRET)
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

    # With only a database URL the tool cannot know whether there is a webhook, so it leaves the secrets alone.
    assert deploy().returncode == 0
    assert secrets(database) == first

    database.execute("insert into vault.secrets (name, secret) values ('photo_days', '30')")
    functions({"receipt-sweep": "https://receipt-sweep-abc.a.run.app"})
    for _ in range(2):
        done = deploy("--env", "staging")
        assert done.returncode == 0, done.stderr
        assert [row["name"] for row in secrets(database)] == ["photo_days"]


def test_without_the_secret_nothing_changes(deploy, database):
    done = deploy(RECEIPT_WEBHOOK_URL=URL)
    assert done.returncode == 1
    assert "RECEIPT_WEBHOOK_SECRET is not set" in done.stderr
    assert secrets(database) == []


def test_without_a_database_the_error_says_what_is_missing(deploy):
    done = deploy(SUPABASE_DB_URL="", RECEIPT_WEBHOOK_SECRET=SECRET)
    assert done.returncode == 1
    assert "ENV=staging" in done.stderr
