"""The retraining runs in the database: the progress of an interrupted run, and outcomes."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from ocr_service.releases.manifest import Kind

LOCKS: Mapping[Kind, int] = {"category": 0x6A616E67, "recogniser": 0x6A616E68}
"""Keys of the advisory locks that allow one retraining of each kind at a time; they end with the connection."""


class AlreadyRunningError(Exception):
    """Another retraining is running on this database."""


@dataclass(frozen=True)
class RetrainingRun:
    """A row of `retraining_runs`. cutoff: timezone-aware. None: not reached yet."""

    id: int
    model: Kind
    data_sha256: str
    cutoff: datetime
    champion_version: str
    mlflow_run_id: str | None
    challenger_version: str | None
    outcome: str | None
    report: dict[str, Any] | None


@contextmanager
def connected(database_url: str, kind: Kind = "category") -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit mode that holds the lock of a kind's retraining.

    The lock belongs to the session, so a pooler must pool sessions. Raises AlreadyRunningError.
    """
    with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as connection:
        if connection.execute("select pg_try_advisory_lock(%s)", [LOCKS[kind]]).fetchone() != (True,):
            raise AlreadyRunningError("Another retraining is running.")
        yield connection


def interrupted(connection: psycopg.Connection[Any], kind: Kind = "category") -> RetrainingRun | None:
    """The run that has not finished, if any."""
    query = "select * from public.retraining_runs where model = %s and outcome is null order by id desc"
    return _one(connection, query, kind)


def is_finished(connection: psycopg.Connection[Any], data_sha256: str, kind: Kind = "category") -> bool:
    """Whether a model was trained on exactly this data and judged."""
    query = (
        "select * from public.retraining_runs where model = %s and data_sha256 = %s and outcome not in ('superseded')"
    )
    return _one(connection, query, kind, data_sha256) is not None


def looks(connection: psycopg.Connection[Any], run: RetrainingRun) -> int:
    """How many other challengers were compared on the frozen names, or lines, in the year before `run`."""
    query = (
        "select count(*) from public.retraining_runs where model = %s and report is not null and id <> %s "
        "and cutoff between %s::timestamptz - interval '365 days' and %s"
    )
    row = connection.execute(query, [run.model, run.id, run.cutoff, run.cutoff]).fetchone()
    return int(row[0]) if row else 0


def begin(
    connection: psycopg.Connection[Any], data_sha256: str, cutoff: datetime, champion: str, kind: Kind = "category"
) -> RetrainingRun:
    """Start a run; an unfinished run on other data, and a challenger that waits for approval, are superseded."""
    with connection.transaction():
        connection.execute(
            "update public.retraining_runs set outcome = 'superseded', finished_at = now() "
            "where model = %s and (outcome is null or outcome = 'proposed')",
            [kind],
        )
        query = (
            "insert into public.retraining_runs (model, data_sha256, cutoff, champion_version) values (%s, %s, %s, %s) "
            "on conflict (model, data_sha256) do update set cutoff = excluded.cutoff, outcome = null, "
            "finished_at = null, champion_version = excluded.champion_version returning *"
        )
        run = _one(connection, query, kind, data_sha256, cutoff, champion)
    assert run is not None  # noqa: S101 - `returning` always returns
    return run


def proposed(
    connection: psycopg.Connection[Any], challenger_version: str | None = None, kind: Kind = "category"
) -> RetrainingRun | None:
    """The run whose challenger waits for approval, or that a person decided last, if none has begun since.

    With a version: the run that proposed it, or decided on it.
    """
    if challenger_version is None:
        query: LiteralString = (
            "select * from public.retraining_runs where model = %s and (outcome = 'proposed' "
            "or outcome in ('promoted', 'rejected') and jsonb_exists(report, 'decided_at') "
            "and id = (select max(id) from public.retraining_runs where model = %s)) "
            "order by outcome = 'proposed' desc, id desc"
        )
        return _one(connection, query, kind, kind)
    query = (
        "select * from public.retraining_runs where model = %s and challenger_version = %s "
        "and outcome in ('proposed', 'promoted', 'rejected') order by id desc"
    )
    return _one(connection, query, kind, challenger_version)


def store_progress(connection: psycopg.Connection[Any], run: RetrainingRun, **progress: str) -> None:
    """Store mlflow_run_id or challenger_version."""
    for column, value in progress.items():
        query = sql.SQL("update public.retraining_runs set {} = %s where id = %s")
        connection.execute(query.format(sql.Identifier(column)), [value, run.id])


def finish(connection: psycopg.Connection[Any], run: RetrainingRun, outcome: str, report: dict[str, Any]) -> None:
    """Store the outcome and the report of a run."""
    connection.execute(
        "update public.retraining_runs set outcome = %s, report = %s, finished_at = now() where id = %s",
        [outcome, json.dumps(report), run.id],
    )


def _one(connection: psycopg.Connection[Any], query: LiteralString, *arguments: Any) -> RetrainingRun | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query, arguments).fetchone()
    return None if row is None else RetrainingRun(**{column.name: row[column.name] for column in fields(RetrainingRun)})
