"""The exporter: asks the database when Prometheus asks it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from wsgiref.simple_server import WSGIServer

import psycopg
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from infra.monitoring import drift
from infra.monitoring.database import Database
from infra.monitoring.drift import Reference
from infra.monitoring.metrics import Figure, families

log = logging.getLogger(__name__)


class Exporter(Collector):
    """What the database knows, as metrics. Without an answer of it, `jangbogi_database_up` is 0 and all else is absent.

    Args:
        database: asked once a scrape.
        reference: gives the training distribution that drift is measured against at present.
        clock: seconds that never go back.
    """

    def __init__(
        self, database: Database, reference: Callable[[], Reference], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._database = database
        self._reference = reference
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """One scrape."""
        reference = self._reference()
        started = self._clock()
        try:
            figures = self._database.snapshot(reference.question())
        except psycopg.Error as error:
            log.warning("no answer of the database (%s, SQLSTATE %s)", type(error).__name__, error.sqlstate)
            return iter([f for f in families([Figure("database_up", {}, 0)]) if f.samples])
        counted = [figure for figure in figures if figure.metric == "drift"]
        return families(
            [
                *(figure for figure in figures if figure.metric != "drift"),
                *drift.figures(reference, counted),
                Figure("database_up", {}, 1),
                Figure("snapshot_seconds", {}, self._clock() - started),
            ]
        )

    def describe(self) -> list[Metric]:
        """Nothing: registering must not ask the database."""
        return []


def serve(exporter: Exporter, host: str, port: int) -> tuple[WSGIServer, threading.Thread]:
    """Answer `GET /metrics` on a thread of its own until the server is shut down. Raises: OSError."""
    registry = CollectorRegistry()
    registry.register(exporter)
    return start_http_server(port, host, registry)
