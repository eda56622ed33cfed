"""Jobs identify themselves to private services for as long as they run, and to no other server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import mlflow
import pytest
from mlflow.exceptions import MlflowException

from model_export import tracking
from model_export.annotation.label_studio import LabelStudioClient, SendIdToken
from model_export.id_tokens import TTL_S, IdToken, is_private
from tests.support.http_server import running


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Server(ThreadingHTTPServer):
    """Refuses every call, and keeps its headers."""

    def __init__(self) -> None:
        self.received: list[dict[str, str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def handle_request(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.received.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(403)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = handle_request  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def token(clock: Clock) -> IdToken:
    numbers = itertools.count(1)
    return IdToken("https://mlflow-1.run.app", lambda audience: f"token {next(numbers)} for {audience}", clock)


@pytest.mark.parametrize(
    ("url", "private"),
    [("https://mlflow-1.a.run.app", True), ("https://run.app.example", False), ("sqlite:///mlflow.db", False),
     ("http://127.0.0.1:5000", False), ("https://label.example/.run.app", False)],
)  # fmt: skip
def test_only_cloud_run_gets_tokens(url: str, private: bool) -> None:
    assert is_private(url) is private


def test_mlflow_gets_a_fresh_token_however_long_a_training_takes(
    server: Server, clock: Clock, token: IdToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking._IdTokenHeader, "token", token)
    client = mlflow.MlflowClient(server.url, server.url)
    for clock.now in (0, TTL_S - 1, TTL_S, 3 * TTL_S):
        with pytest.raises(MlflowException):
            client.get_experiment("1")
    sent = [headers["authorization"] for headers in server.received]
    assert sent == [f"Bearer token {n} for https://mlflow-1.run.app" for n in (1, 1, 2, 3)]


def test_another_mlflow_gets_none(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking._IdTokenHeader, "token", None)
    with pytest.raises(MlflowException):
        mlflow.MlflowClient(server.url, server.url).get_experiment("1")
    assert "authorization" not in server.received[0]


def test_label_studio_gets_both_tokens(server: Server, token: IdToken) -> None:
    with httpx.Client(event_hooks={"request": [SendIdToken(token)]}) as http:
        client = LabelStudioClient(http, server.url, "personal")
        with pytest.raises(Exception, match="token"):
            client.find_project("any")
    assert server.received[0]["x-serverless-authorization"] == "Bearer token 1 for https://mlflow-1.run.app"
