"""Replaces pg_net's worker: sends each request that `net.http_post` queued once, after commit, without retries."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import requests
from psycopg.rows import class_row
from pydantic import BaseModel

CHANNEL = "net_http_request"
WORKERS = 8
# Limits the time until a stop is noticed while the queue is empty.
LISTEN_FOR_S = 1.0


class QueuedRequest(BaseModel):
    """One queued request; the timeout covers the connection and the response."""

    url: str
    body: dict[str, Any]
    headers: dict[str, str]
    timeout_milliseconds: int


def take(connection: psycopg.Connection[Any]) -> list[QueuedRequest]:
    """Remove all requests from the queue and return them."""
    with connection.cursor(row_factory=class_row(QueuedRequest)) as cursor:
        query = "delete from net.http_request_queue returning url, body, headers, timeout_milliseconds"
        return cursor.execute(query).fetchall()


def send(request: QueuedRequest) -> None:
    try:
        answer = requests.post(
            request.url, json=request.body, headers=request.headers, timeout=request.timeout_milliseconds / 1000
        )
        print(request.url, answer.status_code, flush=True)
    except requests.RequestException as error:
        print(request.url, type(error).__name__, flush=True)


def forward(database_url: str, stopped: threading.Event) -> None:
    """Send requests as they are committed until `stopped` is set."""
    with psycopg.connect(database_url, autocommit=True) as connection, ThreadPoolExecutor(WORKERS) as pool:
        connection.execute(f"listen {CHANNEL}")
        while not stopped.is_set():
            for request in take(connection):
                pool.submit(send, request)
            # Returns at the first notification. Later ones may find the queue empty: `take` removes all requests.
            for _ in connection.notifies(timeout=LISTEN_FOR_S, stop_after=1):
                pass


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m local.stand_ins.pg_net",
        description=__doc__,
        epilog="DATABASE_URL has the database, as a role that owns net.http_request_queue.",
    )
    parser.parse_args()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    forward(os.environ["DATABASE_URL"], stopped)


if __name__ == "__main__":
    main()
