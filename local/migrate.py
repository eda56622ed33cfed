"""Brings a database to the state of `supabase/`: migrations and seed, applied by the Supabase CLI itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from local.lite import NODE

LOCAL = Path(__file__).parent
CLI = LOCAL / "node_modules" / "supabase" / "dist" / "supabase.js"
# In this order: what a real project has and a local one lacks.
BASE = (LOCAL / "bootstrap.sql", LOCAL / "pg_net.sql")
ENVIRONMENT = {"DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1", "PGSSLMODE": "disable"}


class MigrationError(Exception):
    """The CLI refused; the text is what it said."""


def prepare(database_url: str) -> None:
    """Add to a database with Lite's schemas what migrations expect of a Supabase project. May run again."""
    with psycopg.connect(database_url) as connection:
        for file in BASE:
            connection.execute(file.read_bytes())


def apply_migrations(database_url: str, home: Path, project: Path = LOCAL.parent) -> bool:
    """Apply the migrations that are missing, and the seed if it changed, with `supabase db push`.

    Needs no Docker, no account and no network. The CLI reports to nobody, and its state goes to `home`.

    Args:
        database_url: as the role that deploys.
        home: folder that stands in for the user's home.
        project: folder that has `supabase/`.

    Returns:
        Whether a migration was applied; then Lite must start again to learn the tables.

    Raises:
        MigrationError: a migration or the seed failed.
    """
    before = _applied(database_url)
    address = urlsplit(database_url)
    # Other users of the machine see a command line, so the password is not part of it.
    shown = address._replace(netloc=f"{address.username}@{address.hostname}:{address.port}").geturl()
    command = [str(NODE), str(CLI), "db", "push", "--include-seed", "--skip-vault", "--yes"]
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [*command, f"--remote={shown}", "--workdir", str(project)],
        env={
            **os.environ,
            **ENVIRONMENT,
            "HOME": str(home),
            "SUPABASE_HOME": str(home),
            "PGPASSWORD": unquote(address.password or ""),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MigrationError(done.stdout.strip())
    return _applied(database_url) != before


def _applied(database_url: str) -> list[str]:
    """The versions in the CLI's own history."""
    with psycopg.connect(database_url) as connection:
        if connection.execute("select to_regclass('supabase_migrations.schema_migrations')").fetchone() == (None,):
            return []
        rows = connection.execute("select version from supabase_migrations.schema_migrations order by version")
        return [row[0] for row in rows]
