"""Sends what `net.http_post` queued, as the pg_net worker of a real project does: once, after commit, never again."""

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
# How soon an end is noticed while nothing is queued.
LISTEN_FOR_S = 1.0


class Hint(BaseModel):
    """One queued request; the timeout covers connecting and the answer."""

    url: str
    body: dict[str, Any]
    headers: dict[str, str]
    timeout_milliseconds: int


def take(connection: psycopg.Connection[Any]) -> list[Hint]:
    """Everything queued, which is off the queue once this returns."""
    with connection.cursor(row_factory=class_row(Hint)) as cursor:
        query = "delete from net.http_request_queue returning url, body, headers, timeout_milliseconds"
        return cursor.execute(query).fetchall()


def send(hint: Hint) -> None:
    try:
        answer = requests.post(hint.url, json=hint.body, headers=hint.headers, timeout=hint.timeout_milliseconds / 1000)
        print(hint.url, answer.status_code, flush=True)
    except requests.RequestException as error:
        print(hint.url, type(error).__name__, flush=True)


def forward(database_url: str, stopped: threading.Event) -> None:
    """Send requests as they are committed until `stopped` is set."""
    with psycopg.connect(database_url, autocommit=True) as connection, ThreadPoolExecutor(WORKERS) as pool:
        connection.execute(f"listen {CHANNEL}")
        while not stopped.is_set():
            for hint in take(connection):
                pool.submit(send, hint)
            # Returns at the first notification; those of requests that are taken with it find nothing left.
            for _ in connection.notifies(timeout=LISTEN_FOR_S, stop_after=1):
                pass


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m local.hints",
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
