"""The local replacement for pg_net: requests are sent once, after commit."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest

from local.stand_ins.pg_net import CHANNEL, forward
from tests.support.http_server import running

Row = dict[str, Any]
PATIENCE_S = 10
POST = "select net.http_post(url := %s, body := %s, headers := %s, timeout_milliseconds := 2000)"


class Receiver(ThreadingHTTPServer):
    """Records every request and answers 500, which would reveal a sender that retries."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: queue.Queue[tuple[str, dict[str, str], Any]] = queue.Queue()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.put((self.path, dict(self.headers), body))
        self.send_response(500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running(Receiver()) as server:
        yield server


@contextmanager
def sending(database_url: str) -> Iterator[None]:
    stopped = threading.Event()
    thread = threading.Thread(target=forward, args=(database_url, stopped))
    thread.start()
    yield
    stopped.set()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"notify {CHANNEL}")  # ends its wait for the next request
    thread.join()


@pytest.fixture
def sender(database: psycopg.Connection[Row], database_url: str) -> Iterator[None]:
    database.execute("delete from net.http_request_queue")
    with sending(database_url):
        yield


def post(connection: psycopg.Connection[Any], url: str, body: Row, headers: Row | None = None) -> None:
    connection.execute(POST, [url, json.dumps(body), json.dumps(headers or {})])


def test_a_request_is_sent_once_even_if_it_fails(database, receiver, sender):
    post(database, f"{receiver.url}/hook", {"n": 1}, {"Content-Type": "application/json", "X-Webhook-Secret": "s"})
    path, headers, body = receiver.received.get(timeout=PATIENCE_S)
    assert (path, body) == ("/hook", {"n": 1})
    assert headers["X-Webhook-Secret"] == "s"
    post(database, f"{receiver.url}/hook", {"n": 2})
    assert receiver.received.get(timeout=PATIENCE_S)[2] == {"n": 2}
    assert receiver.received.empty()
    assert database.execute("select from net.http_request_queue").fetchall() == []


def test_requests_queued_before_the_sender_starts_are_sent(database, database_url, receiver):
    post(database, receiver.url, {"n": 1})
    with sending(database_url):
        assert receiver.received.get(timeout=PATIENCE_S)[2] == {"n": 1}


def test_nothing_is_sent_before_commit_or_after_rollback(database, database_url, receiver, sender):
    with psycopg.connect(database_url) as connection:
        post(connection, receiver.url, {"rolled": "back"})
        connection.rollback()
        post(connection, receiver.url, {"n": 1})
        assert receiver.received.empty()
        connection.commit()
    assert receiver.received.get(timeout=PATIENCE_S)[2] == {"n": 1}
    assert receiver.received.empty()


def test_an_unreachable_receiver_does_not_block_the_others(database, receiver, sender):
    post(database, "http://127.0.0.1:9/unreachable", {"n": 1})
    post(database, receiver.url, {"n": 2})
    assert receiver.received.get(timeout=PATIENCE_S)[2] == {"n": 2}


def test_parameters_become_the_query_string(database, receiver, sender):
    database.execute("select net.http_post(url := %s, params := %s)", [f"{receiver.url}/p", '{"a": "1"}'])
    assert receiver.received.get(timeout=PATIENCE_S)[0] == "/p?a=1"
