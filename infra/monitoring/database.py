"""The exporter's connection to the database: one function call per scrape, with a time limit."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from infra.monitoring.metrics import MetricValue

CONNECT_TIMEOUT_S = 5
UNACKNOWLEDGED_MS = 10_000
"""How long sent bytes may stay unacknowledged: a broken network reports no failure of its own."""
QUERY = "select metric, labels, value from private.monitoring_snapshot(%s)"


class Database:
    """Keeps one connection between scrapes, and reconnects when it was lost.

    Args:
        url: connection string of a role that may execute `private.monitoring_snapshot`.
        timeout_s: time limit of the call in seconds, enforced by the database.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._set_timeout = f"set local statement_timeout = {int(timeout_s * 1000)}"
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None

    def snapshot(self, bucket_rules: dict[str, Any] | None) -> list[MetricValue]:
        """The current value of every metric, as described at the SQL function. Raises psycopg.Error.

        bucket_rules: `drift.bucket_rules` of the training distribution, None without one.
        """
        with self._lock:
            reused = self._connection is not None
            try:
                return self._query(bucket_rules)
            except psycopg.OperationalError as error:
                # A connection from an earlier scrape may be dead although the database is up: try a new one.
                if not reused or isinstance(error, psycopg.errors.QueryCanceled):
                    raise
                return self._query(bucket_rules)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _query(self, bucket_rules: dict[str, Any] | None) -> list[MetricValue]:
        # No prepared statements: Supabase's pooler gives each transaction another server connection.
        self._connection = self._connection or psycopg.connect(
            self._url,
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=CONNECT_TIMEOUT_S,
            tcp_user_timeout=UNACKNOWLEDGED_MS,
        )
        try:
            with self._connection.pipeline(), self._connection.transaction():
                self._connection.execute(self._set_timeout)
                rows = self._connection.execute(QUERY, [Jsonb(bucket_rules)])
            return [MetricValue(metric, labels, float(value)) for metric, labels, value in rows.fetchall()]
        except psycopg.Error:
            self.close()
            raise
