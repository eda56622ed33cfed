"""Brings a database to the state of `supabase/`: migrations and seed, applied by the Supabase CLI."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from local.servers.supabase_lite import NODE

LOCAL = Path(__file__).parent
CLI = LOCAL / "node_modules" / "supabase" / "dist" / "supabase.js"
# In this order: parts of a real project that a local database lacks.
BASE = tuple(LOCAL / "stand_ins" / name for name in ("bootstrap.sql", "pg_net.sql", "realtime.sql"))
ENVIRONMENT = {"DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1", "PGSSLMODE": "disable"}


class MigrationError(Exception):
    """The migrations were not applied; the text is the CLI's output, or says what to do."""


def prepare(database_url: str) -> None:
    """Add to a database with Lite's schemas what migrations expect of a Supabase project. Idempotent."""
    with psycopg.connect(database_url) as connection:
        for file in BASE:
            connection.execute(file.read_bytes())


def apply_migrations(database_url: str, home: Path, project: Path = LOCAL.parent) -> bool:
    """Apply missing migrations, and the seed if it changed, with `supabase db push`.

    Needs no Docker, no account and no network. The CLI sends no telemetry, and its state is stored in `home`.

    Args:
        database_url: as the role that deploys.
        home: replaces the user's home folder for the CLI.
        project: folder that contains `supabase/`.

    Returns:
        Whether a migration was applied; then Lite must be restarted to learn the tables.

    Raises:
        MigrationError: a migration or the seed failed, or an applied migration has been edited since.
    """
    before = _applied(database_url)
    if edited := _edited(before, project / "supabase" / "migrations"):
        raise MigrationError(
            f"The database was built from other versions of these migrations: {', '.join(edited)}. "
            "Migrations are applied once. Delete the local database (.local/stack) and start again."
        )
    push = ["db", "push", "--include-seed", "--skip-vault"]
    result = run_cli(push, database_url, home, project)
    if result.returncode:
        raise MigrationError((result.stdout + result.stderr).strip())
    return _applied(database_url) != before


def run_cli(
    command: Sequence[str], database_url: str, home: Path, project: Path = LOCAL.parent
) -> subprocess.CompletedProcess[str]:
    """Run a command of the Supabase CLI on a database; arguments as in `apply_migrations`. Captures its output."""
    home.mkdir(parents=True, exist_ok=True)
    address = urlsplit(database_url)
    # Other users of the machine see a command line, so the password is not part of it.
    shown = address._replace(netloc=f"{address.username}@{address.hostname}:{address.port}").geturl()
    return subprocess.run(
        [str(NODE), str(CLI), *command, "--yes", f"--remote={shown}", "--workdir", str(project)],
        env={
            **os.environ,
            **ENVIRONMENT,
            "HOME": str(home),
            "SUPABASE_HOME": str(home),
            "PGPASSWORD": unquote(address.password or ""),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _applied(database_url: str) -> dict[str, str]:
    """The text of each applied migration by file name, from the CLI's own history."""
    with psycopg.connect(database_url) as connection:
        if connection.execute("select to_regclass('supabase_migrations.schema_migrations')").fetchone() == (None,):
            return {}
        query = "select version || '_' || name || '.sql', statements from supabase_migrations.schema_migrations"
        return {name: "".join(statements) for name, statements in connection.execute(query)}


def _edited(applied: dict[str, str], folder: Path) -> list[str]:
    """Names of applied migrations whose files have another text now, or are missing."""
    files = {file.name: file.read_text() for file in folder.glob("*.sql")}
    return sorted(name for name, text in applied.items() if _bare(text) != _bare(files.get(name, "")))


def _bare(text: str) -> str:
    # The CLI's history has the statements without the white space and the semicolons between them.
    return re.sub(r"[\s;]", "", text)
