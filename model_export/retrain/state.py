"""The runs so far, in the database: where the last one stopped, and where an interrupted one goes on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

LOCK = 0x6A616E67
"""Of the database, for one retraining at a time; it ends with the connection."""


class AlreadyRunningError(Exception):
    """Another retraining is under way on this database."""


@dataclass(frozen=True)
class RetrainingRun:
    """A row of `retraining_runs`. cutoff: aware. What is None was not reached yet."""

    id: int
    data_sha256: str
    cutoff: datetime
    champion_version: str
    mlflow_run_id: str | None
    challenger_version: str | None
    outcome: str | None


@contextmanager
def connected(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that commits each statement, and while it lasts nobody else retrains.

    The lock is the session's: over a pooler, it has to be one of sessions. Raises AlreadyRunningError.
    """
    with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as connection:
        if connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone() != (True,):
            raise AlreadyRunningError("Another retraining is under way.")
        yield connection


def watermark(connection: psycopg.Connection[Any]) -> datetime | None:
    """Until when the runs that are through have seen everything; None before the first one."""
    query = "select max(cutoff) from public.retraining_runs where outcome in ('promoted', 'kept')"
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def interrupted(connection: psycopg.Connection[Any]) -> RetrainingRun | None:
    """The run that is not through."""
    return _one(connection, "select * from public.retraining_runs where outcome is null order by id desc")


def trained_on(connection: psycopg.Connection[Any], data_sha256: str) -> RetrainingRun | None:
    """The run on exactly this data."""
    return _one(connection, "select * from public.retraining_runs where data_sha256 = %s", data_sha256)


def begin(connection: psycopg.Connection[Any], data_sha256: str, cutoff: datetime, champion: str) -> RetrainingRun:
    """A new run; one on other data that is not through is given up."""
    with connection.transaction():
        connection.execute(
            "update public.retraining_runs set outcome = 'superseded', finished_at = now() where outcome is null"
        )
        query = (
            "insert into public.retraining_runs (data_sha256, cutoff, champion_version) values (%s, %s, %s) "
            "on conflict (data_sha256) do update set cutoff = excluded.cutoff, outcome = null, finished_at = null, "
            "champion_version = excluded.champion_version returning *"
        )
        made = _one(connection, query, data_sha256, cutoff, champion)
    assert made is not None  # noqa: S101 - `returning` always returns
    return made


def note(connection: psycopg.Connection[Any], run: RetrainingRun, **reached: str) -> None:
    """Remember mlflow_run_id or challenger_version."""
    for column, value in reached.items():
        query = sql.SQL("update public.retraining_runs set {} = %s where id = %s")
        connection.execute(query.format(sql.Identifier(column)), [value, run.id])


def finish(connection: psycopg.Connection[Any], run: RetrainingRun, outcome: str, report: dict[str, Any]) -> None:
    """The run is through."""
    connection.execute(
        "update public.retraining_runs set outcome = %s, report = %s, finished_at = now() where id = %s",
        [outcome, json.dumps(report), run.id],
    )


def see(connection: psycopg.Connection[Any], cutoff: datetime) -> None:
    """Move the watermark of the last run on: what came in until `cutoff` gave nothing new to train on."""
    connection.execute(
        "update public.retraining_runs set cutoff = greatest(cutoff, %s) "
        "where id = (select id from public.retraining_runs where outcome in ('promoted', 'kept') "
        "order by cutoff desc limit 1)",
        [cutoff],
    )


def _one(connection: psycopg.Connection[Any], query: LiteralString, *arguments: Any) -> RetrainingRun | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(query, arguments).fetchone()
    return None if row is None else RetrainingRun(**{column.name: row[column.name] for column in fields(RetrainingRun)})
