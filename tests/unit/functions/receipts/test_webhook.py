"""The webhook answers before the receipt is read, which happens in a second request of the same function."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from flask import Request
from werkzeug.test import EnvironBuilder

from functions.core.errors import BackendUnavailable
from functions.receipts.webhook import Relay
from local.processes.service import Service, answers, free_port
from tests.support.http_server import running

SECRET = "a secret of the webhook"
PATIENCE_S = 60


class Supabase(ThreadingHTTPServer):
    """A Data API whose claims wait until they are released, and then find nothing."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.claims: queue.Queue[str] = queue.Queue()
        self.released = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Supabase

    def do_POST(self) -> None:
        body: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/claim_receipts"):
            self.server.claims.put(body["p_receipt_id"])
            self.server.released.wait(PATIENCE_S)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def supabase() -> Iterator[Supabase]:
    with running(Supabase()) as server:
        yield server
        server.released.set()


@pytest.fixture
def url(supabase: Supabase, tmp_path: Any) -> Iterator[str]:
    """The function's process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "functions_framework", "--source", "functions/main.py"]
    command += ["--target", "receipt_uploaded", "--host", "127.0.0.1", "--port", str(port)]
    environment = {
        **os.environ,
        "SUPABASE_URL": supabase.url,
        "SUPABASE_SECRET_KEY": "sb_secret_unit_test",
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_unit_test",
        "OCR_SERVICE_URL": "http://127.0.0.1:9",
        "RECEIPT_WEBHOOK_SECRET": SECRET,
        "THREADS": "8",
    }
    ready = answers(f"{url}/robots.txt", status=404)
    service = Service("receipt_uploaded", command, environment, tmp_path / "log", ready)
    service.start_and_wait()
    yield url
    supabase.released.set()
    service.stop()


def call(url: str, receipt_id: str, **members: object) -> dict[str, Any]:
    headers = {"X-Webhook-Secret": SECRET}
    answer = requests.post(url, json={"receipt_id": receipt_id, **members}, headers=headers, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_calls_are_answered_while_receipts_are_read(url: str, supabase: Supabase) -> None:
    receipts = [str(uuid.uuid4()) for _ in range(3)]
    for receipt_id in receipts:
        assert call(url, receipt_id) == {"receipt_id": receipt_id, "outcome": "passed_on"}
    assert not supabase.released.is_set()
    assert sorted(supabase.claims.get(timeout=PATIENCE_S) for _ in receipts) == sorted(receipts)
    supabase.released.set()
    assert call(url, receipts[0], read_now=True)["outcome"] == "skipped"


def test_malformed_calls_are_refused(url: str, supabase: Supabase) -> None:
    for body in ({}, {"receipt_id": "1"}, {"receipt_id": str(uuid.uuid4()), "read_now": "later"}, {"receipt": "x"}):
        answer = requests.post(url, json=body, headers={"X-Webhook-Secret": SECRET}, timeout=PATIENCE_S)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), body
    assert supabase.claims.empty()


def test_a_call_that_cannot_be_passed_on_is_an_outage() -> None:
    """And leaves its slot to the next one."""
    relay = Relay(threading.Semaphore(1))
    request = Request(EnvironBuilder(base_url="http://127.0.0.1:9/").get_environ())
    for _ in range(3):
        with pytest.raises(BackendUnavailable, match="not passed on"):
            relay.pass_on(request, uuid.uuid4(), SECRET)


def test_the_number_of_open_readings_is_limited() -> None:
    request = Request(EnvironBuilder(base_url="http://127.0.0.1:9/").get_environ())
    with pytest.raises(BackendUnavailable, match="Too many"):
        Relay(threading.Semaphore(0)).pass_on(request, uuid.uuid4(), SECRET)
