"""The Prometheus exporter: every scrape reads one snapshot from the database."""

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
from infra.monitoring.metrics import MetricValue, families
from model_export.classifier.training_distribution import TrainingDistribution

log = logging.getLogger(__name__)


class Exporter(Collector):
    """Metrics of the database. If it does not answer, `jangbogi_database_up` is 0 and all other metrics are absent.

    Args:
        database: queried once per scrape.
        distribution: returns the current training distribution that drift is measured against; without one, the drift
            metrics are absent.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        database: Database,
        distribution: Callable[[], TrainingDistribution | None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._database = database
        self._distribution = distribution
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """One scrape."""
        distribution = self._distribution()
        started = self._clock()
        try:
            values = self._database.snapshot(drift.bucket_rules(distribution) if distribution else None)
        except psycopg.Error as error:
            log.warning("the database does not answer (%s, SQLSTATE %s)", type(error).__name__, error.sqlstate)
            return iter([f for f in families([MetricValue("database_up", {}, 0)]) if f.samples])
        drift_rows = [value for value in values if value.metric == "drift"]
        return families(
            [
                *(value for value in values if value.metric != "drift"),
                *(drift.measure(distribution, drift_rows) if distribution else ()),
                MetricValue("database_up", {}, 1),
                MetricValue("snapshot_seconds", {}, self._clock() - started),
            ]
        )

    def describe(self) -> list[Metric]:
        """Nothing: registering the collector must not query the database."""
        return []


def serve(exporter: Exporter, host: str, port: int) -> tuple[WSGIServer, threading.Thread]:
    """Serve `GET /metrics` on a thread of its own until the server is shut down. Raises OSError."""
    registry = CollectorRegistry()
    registry.register(exporter)
    return start_http_server(port, host, registry)
