"""One call of the database a scrape, within a time limit."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from infra.monitoring.metrics import Figure

CONNECT_TIMEOUT_S = 5
SILENCE_MS = 10_000
"""How long sent bytes may stay unacknowledged: where the network is gone, nobody says that the call has failed."""
QUERY = "select metric, labels, value from private.monitoring_snapshot(%s)"


class Database:
    """Keeps one connection between scrapes, and makes a new one when that was lost.

    Args:
        url: connection string of a role that may execute `private.monitoring_snapshot`.
        timeout_s: limit of the call, which the database itself keeps, seconds.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._limit = f"set local statement_timeout = {int(timeout_s * 1000)}"
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None

    def snapshot(self, reference: dict[str, Any]) -> list[Figure]:
        """Every figure of this moment, see the function's comment. Raises: psycopg.Error."""
        with self._lock:
            kept = self._connection is not None
            try:
                return self._ask(reference)
            except psycopg.OperationalError as error:
                # Of a database that was away in between, the kept connection tells nothing.
                if not kept or isinstance(error, psycopg.errors.QueryCanceled):
                    raise
                return self._ask(reference)

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _ask(self, reference: dict[str, Any]) -> list[Figure]:
        # No prepared statements: Supabase's pooler gives each transaction another server connection.
        self._connection = self._connection or psycopg.connect(
            self._url,
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=CONNECT_TIMEOUT_S,
            tcp_user_timeout=SILENCE_MS,
        )
        try:
            with self._connection.pipeline(), self._connection.transaction():
                self._connection.execute(self._limit)
                rows = self._connection.execute(QUERY, [Jsonb(reference)])
            return [Figure(metric, labels, float(value)) for metric, labels, value in rows.fetchall()]
        except psycopg.Error:
            self.close()
            raise
