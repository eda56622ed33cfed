"""Prove that a backup can be restored: into a fresh local database, then checked with the product's own queries.

The backup is a file of `pg_dump --format=custom`, or is made here from a database. Nothing is written to that database,
and the restored copy, which contains personal data, is deleted at the end.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from local.servers.postgres import PROGRAMS, PostgresServer, site_packages
from tools.commands import DeliveryError, exit_status

SCHEMAS = ("auth", "storage", "public", "private")
# MLflow and Label Studio have theirs only once they are set up.
OPTIONAL_SCHEMAS = ("mlflow", "label_studio")
# A dump names roles, but does not create them.
NAMED_ROLE = re.compile(
    r"^(?:GRANT|REVOKE) .*? (?:TO|FROM) \"?(\w+)|FOR ROLE \"?(\w+)|^CREATE POLICY .*? TO (\w+)", re.MULTILINE
)
# What the restored schemas expect of a project, and what a dump of some schemas leaves out.
PREPARATION = """
create schema if not exists extensions;
create extension if not exists pgcrypto schema extensions;
drop schema if exists public;
"""
QUERIES: dict[str, LiteralString] = {
    "tables without row level security": """
        select count(*) from pg_class c
        where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind = 'r'
          and not c.relrowsecurity
    """,
    "constraints that are not valid": """
        select count(*) from pg_constraint where connamespace in ('public'::regnamespace, 'private'::regnamespace)
          and not convalidated
    """,
    "receipts without their user": """
        select count(*) from public.receipts r where not exists (select from auth.users u where u.id = r.user_id)
    """,
    "done receipts without a time": """
        select count(*) from public.receipts where status = 'done' and processed_at is null
    """,
    "categories missing": "select greatest(0, 23 - count(*)) from public.categories",
}
AS_USER: LiteralString = """
select
  (select count(*) from public.receipts) = (select count(*) from public.receipts where user_id = auth.uid()),
  (select count(*) from public.inventory) = (select count(*) from public.inventory where user_id = auth.uid())
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.restore_drill", description=__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--dump", type=Path, help="file of pg_dump --format=custom")
    source.add_argument("--database", help="database to dump first (default: $SUPABASE_DB_URL)")
    options = parser.parse_args()
    return exit_status(lambda: run_drill(options.dump, options.database or os.environ.get("SUPABASE_DB_URL", "")))


def run_drill(dump: Path | None, database_url: str = "") -> None:
    """Restore, check, and print how long it took. Raises: DeliveryError if the backup is incomplete."""
    if not dump and not database_url:
        raise DeliveryError("Name a backup: --dump, --database or SUPABASE_DB_URL.")
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        if dump is None:
            dump = Path(folder) / "backup.dump"
            write_dump(database_url, dump)
            print(f"dumped in {time.monotonic() - started:.1f} s ({dump.stat().st_size / 1e6:.1f} MB)")
        elif not dump.is_file():
            raise DeliveryError(f"{dump} does not exist.")
        server = PostgresServer.start(Path(folder) / "postgres", Path(folder) / "postgres.log")
        try:
            started = time.monotonic()
            restore(dump, server.url)
            print(f"restored in {time.monotonic() - started:.1f} s")
            for line in check(server.url):
                print(line)
        finally:
            server.stop()
    print("The backup can be restored.")


def write_dump(database_url: str, file: Path) -> None:
    """Dump the schemas of the product, Auth and Storage, and those of MLflow and Label Studio if they exist.

    Raises: DeliveryError.
    """
    # pg_dump ignores a schema that does not exist.
    schemas = [f"--schema={name}" for name in SCHEMAS + OPTIONAL_SCHEMAS]
    # The URL has a password, so it goes through the environment.
    _program("pg_dump", ["--format=custom", *schemas, f"--file={file}"], database_url)


def check(database_url: str) -> list[str]:
    """What was found in a restored database: a line per check. Raises: DeliveryError for the first that fails."""
    lines = []
    with psycopg.connect(database_url, autocommit=True) as database:
        for name, query in QUERIES.items():
            row = database.execute(query).fetchone()
            count = int(row[0]) if row else 0
            if count:
                raise DeliveryError(f"The restored database is wrong: {count} {name}.")
            lines.append(f"no {name}")
        for users, receipts, latest in database.execute(
            "select (select count(*) from auth.users), count(*), max(created_at) from public.receipts"
        ):
            lines.append(f"{users} users, {receipts} receipts, the latest of {latest}")
        recent = database.execute("select user_id from public.receipts order by created_at desc limit 1").fetchone()
        if recent:
            with database.transaction(force_rollback=True):
                database.execute("select set_config('request.jwt.claim.sub', %s, true)", [str(recent[0])])
                database.execute(
                    "select set_config('request.jwt.claims', json_build_object('sub', %s::text)::text, true)",
                    [str(recent[0])],
                )
                database.execute("set local role authenticated")
                if database.execute(AS_USER).fetchone() != (True, True):
                    raise DeliveryError("The restored database is wrong: a user sees rows of another.")
            lines.append("a user sees their own rows and no others")
        for schema in OPTIONAL_SCHEMAS:
            for (tables,) in database.execute(
                "select count(*) from pg_class where relkind = 'r' and relnamespace = to_regnamespace(%s)", [schema]
            ):
                lines.append(f"{tables} tables in schema {schema}" if tables else f"no schema {schema}")
        with database.transaction(force_rollback=True):
            database.execute("select count(*) from public.claim_receipts(1, 60)")
            database.execute("select count(*) from private.monitoring_snapshot(null)")
        lines.append("queue and metrics work")
    return lines


def restore(dump: Path, database_url: str) -> None:
    """Restore a dump into an empty database. Raises: DeliveryError."""
    statements = _program("pg_restore", ["--schema-only", "--file=-", str(dump)], database_url)
    roles = {name for names in NAMED_ROLE.findall(statements) for name in names if name} - {"PUBLIC"}
    with psycopg.connect(database_url, autocommit=True) as database:
        existing = {row[0] for row in database.execute("select rolname from pg_roles")}
        for role in sorted(roles - existing):
            database.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
        database.execute(PREPARATION)
    _program("pg_restore", ["--no-owner", "--exit-on-error", "--dbname=postgres", str(dump)], database_url)


def _program(name: str, arguments: list[str], database_url: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(database_url)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    environment = {variable: str(parts[key]) for key, variable in names.items() if parts.get(key)}
    process = subprocess.run(
        [site_packages() / PROGRAMS / name, *arguments],
        env=os.environ | environment,
        text=True,
        capture_output=True,
        check=False,
    )
    if process.returncode:
        # Only the error: other lines may quote rows.
        errors = [line for line in process.stderr.splitlines() if "error:" in line.lower()] or ["no message"]
        raise DeliveryError(f"{name} failed: {errors[0]}")
    return process.stdout


if __name__ == "__main__":
    sys.exit(main())
