"""Request bodies over raw sockets, at an entry point under the functions framework's own server."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Request
from hypothesis import HealthCheck, given, settings, strategies

from functions.core import bodies
from functions.core.bodies import LimitedSocket
from local.processes.service import Service, answers, free_port
from tests.unit.functions.conftest import ENVIRONMENT

SECRET = "unit-test-webhook-secret"
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
SIGNED = HEAD + f"X-Webhook-Secret: {SECRET}\r\n".encode()
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Function:
    address: tuple[str, int]
    log: Path

    def exchange(self, request: bytes, *, end: bool = True) -> tuple[int, dict[str, object]]:
        """Status and body of the response to these bytes; `end`: the client sends no more."""
        with socket.create_connection(self.address, timeout=60) as client:
            client.sendall(request)
            if end:
                client.shutdown(socket.SHUT_WR)
            answer = b""
            while data := client.recv(65536):
                answer += data
                head, blank, body = answer.partition(b"\r\n\r\n")
                if blank and body.endswith(b"}"):
                    return int(head.split()[1]), json.loads(body)
        raise AssertionError(answer)


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    """`receipt_uploaded`, which reads its body once the caller is known, with one thread more than gthread needs."""
    port, log = free_port(), tmp_path_factory.mktemp("function") / "log"
    command = [sys.executable, "-m", "functions_framework", "--source", "functions/main.py"]
    command += ["--target", "receipt_uploaded", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, **ENVIRONMENT, "RECEIPT_WEBHOOK_SECRET": SECRET, "THREADS": "4"}
    service = Service(
        "receipt_uploaded", command, environment, log, answers(f"http://127.0.0.1:{port}/robots.txt", status=404)
    )
    service.start_and_wait()
    try:
        yield Function(("127.0.0.1", port), log)
    finally:
        service.stop()


MALFORMED = [
    b"zz\r\n",
    b"-5\r\nhello\r\n",
    b"5\r\nhello!!\r\n",
    b"2;a=\rb\r\n{}\r\n0\r\n\r\n",
    b"2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n",
    b"2\r\n{}\r\n0\r\nbroken trailer\r\n\r\n",
    b"ffffffffffffffffffff\r\n",
    b"2\r\n{}",
    b"2\r\n{}\r\n",
    b"",
]


@pytest.mark.parametrize("body", MALFORMED)
def test_a_malformed_chunk_is_a_bad_request_without_a_traceback(function: Function, body: bytes) -> None:
    status, problem = function.exchange(SIGNED + CHUNKED + body)
    assert (status, problem["code"], problem["retryable"]) == (400, "bad_request", False)
    # Also if the function does not read the body.
    assert function.exchange(HEAD + CHUNKED + body)[0] == 401
    with socket.create_connection(function.address, timeout=60) as client:
        client.sendall(HEAD.replace(b"POST /", b"POST /robots.txt") + CHUNKED + body)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(65536).startswith(b"HTTP/1.1 404")
    # A later exchange: the log of the former is complete.
    assert function.exchange(SIGNED + CHUNKED + b"2\r\n{}\r\n0\r\n\r\n")[0] == 400
    assert "Traceback" not in function.log.read_text(encoding="utf-8")


@given(body=strategies.binary(max_size=200))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_in_place_of_chunks_are_a_server_error(function: Function, body: bytes) -> None:
    assert function.exchange(SIGNED + CHUNKED + body)[0] == 400


def test_a_chunk_size_without_end_is_not_collected(function: Function) -> None:
    status, problem = function.exchange(SIGNED + CHUNKED + b"0" * 2 * bodies.MAX_RECEIVED_BYTES, end=False)
    assert (status, problem["code"]) == (413, "payload_too_large")


def test_a_connection_serves_further_requests(function: Function) -> None:
    good = SIGNED + CHUNKED + b"2\r\n{}\r\n0\r\n\r\n"
    with socket.create_connection(function.address, timeout=60) as client:
        for _ in range(3):
            client.sendall(good)
            answer = b""
            while not answer.endswith(b"}"):
                answer += client.recv(65536)
            assert answer.startswith(b"HTTP/1.1 400")
            assert b"receipt_id" in answer


class Chunks:
    """A socket that gives one byte per call, and the time that has passed with it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timeout: float | None = None

    def gettimeout(self) -> float | None:
        return self.timeout

    def settimeout(self, timeout: float | None) -> None:
        self.timeout = timeout

    def recv(self, size: int) -> bytes:
        assert self.timeout is not None
        self.now += 1
        return b"x"[:size]


def test_a_slow_sender_ends_at_the_deadline_and_an_endless_one_at_the_limit() -> None:
    chunks = Chunks()
    slow = LimitedSocket(chunks, 100, 3.5, lambda: chunks.now)
    assert [slow.recv(10) for _ in range(6)] == [b"x"] * 4 + [b""] * 2
    assert (slow.is_late, chunks.timeout) == (True, None)
    chunks = Chunks()
    long = LimitedSocket(chunks, 3, 1000, lambda: chunks.now)
    assert [long.recv(10) for _ in range(5)] == [b"x"] * 3 + [b""] * 2
    assert (long.is_late, long.bytes_left) == (False, 0)


@pytest.mark.parametrize("path", [b"/", b"/robots.txt", b"/any/path"])
@pytest.mark.parametrize("method", [b"GET", b"POST", b"OPTIONS", b"PUT"])
def test_no_caller_fills_the_memory(function: Function, method: bytes, path: bytes) -> None:
    """The framework reads each body to its end before it responds, also of callers that it refuses."""
    head = HEAD.replace(b"POST /", method + b" " + path)
    for framing in (CHUNKED + b"10000000\r\n", b"Content-Length: 100000000\r\n\r\n"):
        with socket.create_connection(function.address, timeout=60) as client:
            client.sendall(head + framing)
            # The server closes the connection long before a hundred megabytes.
            with pytest.raises(ConnectionError):
                client.sendall(bytes(100_000_000))


def test_a_body_that_is_late_is_a_timeout() -> None:
    """At the edge of a function, whose server has given a part of the body."""
    chunks = Chunks()

    class Unreader:
        sock: object = chunks

        def read(self, size: int) -> bytes:
            return b"{" + self.sock.recv(size)  # type: ignore[attr-defined, no-any-return]

    class Stream:
        reader = Unreader()
        reader.unreader = reader  # type: ignore[attr-defined]
        read = reader.read

    body = bodies.Body(Stream())
    assert isinstance(Unreader.sock, Chunks)
    limited = Stream.reader.sock
    assert isinstance(limited, LimitedSocket)
    limited._deadline, limited._clock = 0.5, lambda: chunks.now
    request = Request({"REQUEST_METHOD": "POST", "wsgi.input": body, "CONTENT_LENGTH": "9", bodies._BODY_KEY: body})
    with pytest.raises(bodies.SlowClient):
        bodies.read_body(request)
    body.finish()
    assert limited.recv(1) == b"", "the connection is not used again"
