"""Response counts are written after the response, at intervals, and survive an outage of the database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from flask import Flask, Request, Response, request
from supabase import Client, ClientOptions, create_client

from functions.core.request_counts import RequestCounter
from tests.support.http_server import running


@dataclass
class DataApi:
    """A server with PostgREST's interface for one function: the calls received, and the status to respond with."""

    url: str = ""
    status: int = 204
    calls: list[list[dict]] = field(default_factory=list)

    @property
    def counted(self) -> Counter[tuple[str, int]]:
        total: Counter[tuple[str, int]] = Counter()
        for row in (row for call in self.calls for row in call):
            total[row["function"], row["status"]] += row["answers"]
        return total


@pytest.fixture
def data_api() -> Iterator[DataApi]:
    api = DataApi()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/rest/v1/rpc/count_api_answers"
            if api.status < 300:
                api.calls.append(body["p_answers"])
            self.send_response(api.status)
            if api.status >= 300:
                problem = json.dumps({"code": "XX000", "message": "away", "details": None, "hint": None}).encode()
                self.send_header("Content-Length", str(len(problem)))
                self.end_headers()
                self.wfile.write(problem)
            else:
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        api.url = f"http://127.0.0.1:{server.server_port}"
        yield api


@pytest.fixture
def client(data_api: DataApi) -> Iterator[Client]:
    with httpx.Client(trust_env=False) as http:
        options = ClientOptions(httpx_client=http, auto_refresh_token=False, persist_session=False)
        yield create_client(data_api.url, "sb_secret_unit_test", options)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def function(counter: RequestCounter) -> Flask:
    """A function that responds with the requested status, served as by the framework."""

    @counter.count
    def scan(request: Request) -> Response:
        return Response("{}", int(request.args["status"]))

    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: scan(request))
    return app


def call(app: Flask, status: int) -> None:
    app.test_client().get(f"/?status={status}").close()


def test_counts_are_written_together_at_the_interval(data_api: DataApi, client: Client, clock: Clock) -> None:
    app = function(RequestCounter(lambda: client, interval_s=15, clock=clock))
    call(app, 200)
    assert data_api.calls == [[{"function": "scan", "status": 200, "answers": 1}]]
    for status in (200, 200, 503):
        call(app, status)
    assert len(data_api.calls) == 1
    clock.now = 15
    call(app, 422)
    assert len(data_api.calls) == 2
    assert data_api.counted == {("scan", 200): 3, ("scan", 503): 1, ("scan", 422): 1}


@pytest.mark.parametrize("status", [500, 503])
def test_counts_that_could_not_be_written_are_written_later(
    data_api: DataApi, client: Client, clock: Clock, status: int
) -> None:
    app = function(RequestCounter(lambda: client, interval_s=15, clock=clock))
    data_api.status = status
    call(app, 503)
    clock.now = 15
    call(app, 503)
    assert data_api.calls == []
    data_api.status = 204
    clock.now = 30
    call(app, 200)
    assert data_api.counted == {("scan", 503): 2, ("scan", 200): 1}


def test_an_unreachable_database_does_not_affect_the_response(clock: Clock) -> None:
    with httpx.Client(trust_env=False) as http:
        options = ClientOptions(httpx_client=http, auto_refresh_token=False, persist_session=False)
        unreachable = create_client("http://127.0.0.1:9", "sb_secret_unit_test", options)
        app = function(RequestCounter(lambda: unreachable, clock=clock))
        assert app.test_client().get("/?status=200").status_code == 200


def test_counts_are_exact_with_concurrent_threads(data_api: DataApi, client: Client, clock: Clock) -> None:
    app = function(RequestCounter(lambda: client, interval_s=0, clock=clock))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: call(app, 200), range(100)))
    call(app, 500)
    assert data_api.counted == {("scan", 200): 100, ("scan", 500): 1}
