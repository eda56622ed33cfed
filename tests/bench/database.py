"""The hottest database calls on the rows of many users: how long each takes, and whether it scans a big table.

One user has 500 receipts with 5,000 items and 5,000 rows of inventory; the calls are theirs. The last one is the
exporter's, at each scrape.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from local.migrate import apply_migrations, prepare
from local.servers.postgres import PostgresServer
from local.servers.supabase_lite import SupabaseLite
from tests.support.hot_calls import Call, Database, as_caller, calls, fill, scans_of

ROUNDS = 40
SCRAPE = Call("monitoring_snapshot", "select * from private.monitoring_snapshot('{}')", as_service=True)


@contextmanager
def scratch_database() -> Iterator[Database]:
    """A Postgres of its own with the migrations."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        postgres = PostgresServer.start(folder / "postgres", folder / "postgres.log")
        try:
            SupabaseLite.start(folder / "supabase", postgres.url, folder / "supabase.log").stop()
            prepare(postgres.url)
            apply_migrations(postgres.url, folder / "cli")
            with psycopg.connect(postgres.url, autocommit=True) as database:
                yield database
        finally:
            postgres.stop()


def milliseconds_of(database: Database, user: uuid.UUID, call: Call) -> float:
    with as_caller(database, user, call):
        start = time.perf_counter()
        database.execute(call.statement.encode(), call.arguments)
        return 1000 * (time.perf_counter() - start)


def measure(database: Database, user: uuid.UUID) -> list[str]:
    """Markdown lines: p50 and p95 of each call, and the big tables that it scans."""
    lines = ["| call | p50 ms | p95 ms | scans |", "|---|---:|---:|---|"]
    for call in [*calls(database, user), SCRAPE]:
        scans = ", ".join(sorted(scans_of(database, user, call))) or "–"
        times = sorted(milliseconds_of(database, user, call) for _ in range(ROUNDS))
        p95 = times[int(0.95 * ROUNDS) - 1]
        lines.append(f"| {call.name} | {statistics.median(times):.1f} | {p95:.1f} | {scans} |")
    return lines


def measure_hot_calls(users: int) -> list[str]:
    """Markdown lines for a database of `users` users, with 4 receipts each."""
    with scratch_database() as database:
        user = fill(database, users, own_receipts=500)
        database.execute("vacuum analyze")
        return measure(database, user)
