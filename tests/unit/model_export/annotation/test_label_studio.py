"""The client against a server that speaks Label Studio's protocol: tokens that run out, refusals, failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from model_export.annotation.errors import LabelStudioDown, LabelStudioRefused, ProjectAmbiguous, TokenRefused
from model_export.annotation.label_studio import LabelStudioClient
from tests.support.http_server import running

TOKEN = "personal access token"


class Server(ThreadingHTTPServer):
    """Access tokens of it hold for one request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tokens_made = 0
        self.good_token = ""
        self.answer: tuple[int, Any] = (200, [{"id": 7, "email": "ann@example.com"}])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/api/token/refresh/" or body != {"refresh": TOKEN}:
            self.respond(401, {"detail": "Token is invalid or expired"})
            return
        self.server.tokens_made += 1
        self.server.good_token = f"access {self.server.tokens_made}"
        self.respond(200, {"access": self.server.good_token})

    def do_GET(self) -> None:
        if not self.server.good_token or self.headers["Authorization"] != f"Bearer {self.server.good_token}":
            self.respond(401, {"detail": "Given token not valid for any token type"})
            return
        self.server.good_token = ""
        self.respond(*self.server.answer)

    def respond(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    # Not kept alive, or the server would wait for the connection's end.
    with httpx.Client(timeout=10, limits=httpx.Limits(max_keepalive_connections=0)) as client:
        yield client


def test_an_access_token_that_ran_out_is_renewed(server, http):
    client = LabelStudioClient(http, server.url, TOKEN)
    assert client.emails() == client.emails() == client.emails() == {7: "ann@example.com"}
    assert server.tokens_made == 3


def test_a_personal_token_that_was_revoked_is_said(server, http):
    with pytest.raises(TokenRefused, match="personal access token"):
        LabelStudioClient(http, server.url, "revoked").emails()


@pytest.mark.parametrize(
    ("status", "error"), [(400, LabelStudioRefused), (404, LabelStudioRefused), (500, LabelStudioDown)]
)
def test_refusals_and_failures_are_different(server, http, status, error):
    server.answer = (status, {"detail": "no"})
    with pytest.raises(error):
        LabelStudioClient(http, server.url, TOKEN).emails()


def test_two_projects_of_one_title_are_not_guessed_between(server, http):
    project = {"id": 1, "title": "our names"}
    server.answer = (200, {"results": [project, project | {"id": 2}], "next": None})
    with pytest.raises(ProjectAmbiguous):
        LabelStudioClient(http, server.url, TOKEN).find_project("our names")


def test_a_title_is_found_whole(server, http):
    server.answer = (200, {"results": [{"id": 1, "title": "our names, old"}], "next": None})
    assert LabelStudioClient(http, server.url, TOKEN).find_project("our names") is None
