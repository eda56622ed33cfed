"""Connections that stay open between calls: which are used again, and the errors of calls."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from functions.core.connection_pool import IDLE_S, MAX_REPLY, ConnectionPool, Reply
from tests.support.mail import certified

OK = "HTTP/1.1 200 OK\r\n"


class Server(socketserver.ThreadingTCPServer):
    """Answers each request with `answer` of its body, and counts connections. It waits for `hold` before it answers."""

    daemon_threads = True
    answer: Callable[[str], str] = staticmethod(lambda body: f"{OK}Content-Length: {len(body)}\r\n\r\n{body}")

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.connections = 0
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_address[1]}"
        self.hold = threading.Barrier(1)
        self.open: list[Handler] = []
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """Keep the test output quiet."""


class Handler(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.server.connections += 1
        self.server.open.append(self)
        while (line := self.rfile.readline()).startswith(b"POST"):
            length = 0
            while (line := self.rfile.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            body = self.rfile.read(length).decode()
            self.server.hold.wait()
            answer = self.server.answer(body)
            self.wfile.write(answer.encode())
            if not answer.startswith(OK) or "close" in answer:
                return


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with Server(tls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.hold.abort()
        server.shutdown()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def pool(server: Server, now: list[float]) -> Iterator[ConnectionPool]:
    with closing(ConnectionPool(server.url, 5, clock=lambda: now[0])) as pool:
        yield pool


def post(pool: ConnectionPool, body: str = "hello") -> Reply:
    return pool.post("/rest/v1/rpc/find_product", body.encode(), {"apikey": "key"})


def test_calls_share_a_connection(server: Server, pool: ConnectionPool) -> None:
    assert [post(pool, body) for body in ("a", "b", "")] == [Reply(200, b"a"), Reply(200, b"b"), Reply(200, b"")]
    assert server.connections == 1


def test_a_request_is_sent_at_once(pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In two parts it would wake the server twice."""
    sent, send = [], socket.socket.sendall

    def sendall(connection: socket.socket, data: bytes) -> None:
        sent.append(bytes(data))
        send(connection, data)

    monkeypatch.setattr(socket.socket, "sendall", sendall)
    post(pool)
    request, response = sent
    assert (request[:5], request[-9:], response[:5]) == (b"POST ", b"\r\n\r\nhello", b"HTTP/")


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    server: Server, pool: ConnectionPool, now: list[float]
) -> None:
    post(pool)
    now[0] += IDLE_S - 1
    post(pool)
    assert server.connections == 1
    now[0] += IDLE_S
    assert post(pool) == Reply(200, b"hello")
    assert server.connections == 2


def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again(server: Server, pool: ConnectionPool) -> None:
    post(pool)
    server.open[0].connection.shutdown(2)
    assert post(pool) == Reply(200, b"hello")
    assert server.connections == 2


def test_a_connection_that_ends_with_its_response_is_not_used_again(server: Server, pool: ConnectionPool) -> None:
    server.answer = lambda body: f"{OK}Connection: close\r\n\r\n{body}"
    assert [post(pool), post(pool)] == [Reply(200, b"hello")] * 2
    assert server.connections == 2


def test_a_response_may_have_chunks(server: Server, pool: ConnectionPool) -> None:
    server.answer = lambda body: (
        f"{OK}Transfer-Encoding: chunked\r\n\r\n2\r\n{body[:2]}\r\n3\r\n{body[2:]}\r\n0\r\n\r\n"
    )
    assert [post(pool), post(pool)] == [Reply(200, b"hello")] * 2
    assert server.connections == 1


def test_what_a_burst_leaves_is_closed(server: Server, pool: ConnectionPool, now: list[float]) -> None:
    server.hold = threading.Barrier(8, timeout=10)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: post(pool), range(8)))
    server.hold = threading.Barrier(1)
    now[0] += IDLE_S - 1
    post(pool)
    now[0] += IDLE_S - 1
    post(pool)
    assert len(pool) == 1


def test_threads_get_their_own_responses(server: Server, pool: ConnectionPool) -> None:
    """All are under way at once, twice."""
    server.hold = threading.Barrier(8, timeout=10)
    bodies = [f"body {number}" for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda body: post(pool, body), bodies))
    assert [reply.body.decode() for reply in replies] == bodies
    assert server.connections == 8


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "HELLO\r\n\r\n",
        f"{OK}Content-Length: 9\r\nConnection: close\r\n\r\nhello",
        f"{OK}{'a' * 70_000}: close\r\n\r\n",
        f"HTTP/1.1 103 Early Hints\r\n\r\n{OK}Content-Length: 5\r\n\r\nalice",
        f"{OK}Content-Length: 99999999999999\r\nConnection: close\r\n\r\nhello",
        f"{OK}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        f"{OK}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{'F' * 16}\r\nhello\r\n0\r\n\r\n",
        f"{OK}Connection: close\r\n\r\n{'a' * (MAX_REPLY + 1)}",
    ],
    ids=[
        "none", "not HTTP", "cut off", "a large header", "an interim response first", "an absurd length",
        "a negative chunk", "an absurd chunk", "too long",
    ],
)  # fmt: skip
def test_a_response_that_violates_http_is_an_error_of_the_server(
    server: Server, pool: ConnectionPool, answer: str
) -> None:
    server.answer = lambda _: answer
    with pytest.raises(httpx.RemoteProtocolError):
        post(pool)
    server.answer = Server.answer
    assert post(pool) == Reply(200, b"hello")


def test_a_server_that_does_not_respond_is_awaited_for_the_timeout(server: Server) -> None:
    server.hold = threading.Barrier(2)
    with closing(ConnectionPool(server.url, 0.05)) as pool, pytest.raises(httpx.ReadTimeout):
        post(pool)


def test_a_server_that_cannot_be_reached_is_an_error_of_the_connection() -> None:
    with closing(ConnectionPool("http://127.0.0.1:9", 5)) as pool, pytest.raises(httpx.ConnectError):
        post(pool)


def test_the_certificate_of_a_server_must_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(certified(tmp_path)) as server:
        with closing(ConnectionPool(server.url, 5)) as pool, pytest.raises(httpx.ConnectError, match="certificate"):
            post(pool)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "mail.pem"))
        with closing(ConnectionPool(server.url, 5)) as pool:
            assert [post(pool), post(pool)] == [Reply(200, b"hello")] * 2
        assert server.connections == 1
