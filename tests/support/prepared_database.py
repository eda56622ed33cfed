"""The database of a new stack, made once per run of the tests: initdb, Lite's schemas and the migrations take seconds.

The first start of a stack, which makes all this itself, is tested in `tests/e2e/test_commands.py`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from local.migrate import apply_migrations, prepare
from local.servers.postgres import PostgresServer
from local.servers.supabase_lite import SupabaseLite


def new_stack(factory: pytest.TempPathFactory) -> Path:
    """A folder in which a stack, or its servers, can start on a copy of the database. Lite's keys are part of it."""
    directory = factory.mktemp("stack")
    subprocess.run(["cp", "--archive", "--reflink=auto", f"{_prepared(factory)}/.", str(directory)], check=True)
    return directory


def _prepared(factory: pytest.TempPathFactory) -> Path:
    """The folder that is copied. Parallel workers share it."""
    base = factory.getbasetemp()
    prepared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "prepared"
    with prepared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not prepared.exists():
            unfinished = prepared.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            _prepare(unfinished)
            unfinished.rename(prepared)
    return prepared


def _prepare(directory: Path) -> None:
    log = directory.with_suffix(".log")
    postgres = PostgresServer.start(directory / "postgres", log)
    try:
        SupabaseLite.start(directory / "supabase", postgres.url, log).stop()
        prepare(postgres.url)
        apply_migrations(postgres.url, directory / "cli")
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            # No test cuts the power: what a killed server has written, the kernel still has.
            connection.execute("alter system set fsync = off")
            connection.execute("alter system set full_page_writes = off")
    finally:
        postgres.stop()
