"""HTTP connections to one server that stay open between calls, for the calls that users wait for.

On `http.client`, which takes 0.16 ms of processor time per call, where `urllib3` takes 0.25 and `httpx` 0.40. Errors
are those of `httpx`, as of all other calls to Supabase.
"""

from __future__ import annotations

import select
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import httpx

IDLE_S = 5.0
"""How long an idle connection is used again. After that, something on the way may have dropped it silently."""

MAX_REPLY = 10 * 1024 * 1024
"""Bytes of a response; those of SQL functions have some kilobytes."""


@dataclass(frozen=True)
class Reply:
    """A response that was read to its end."""

    status: int
    body: bytes


class _OneWrite(HTTPConnection):
    """Sends the head and the body of a request together: in two writes they wake the server twice."""

    _unsent = b""

    def send(self, data: Any) -> None:
        """Keep a part of the request until all of it is there."""
        self._unsent += data

    def getresponse(self) -> HTTPResponse:
        """Send the request and wait for the response."""
        self.sock.sendall(self._unsent)
        self._unsent = b""
        return super().getresponse()


class _OneWriteOverTls(_OneWrite, HTTPSConnection):
    pass


class ConnectionPool:
    """Connections to the server of a URL. Safe for use by several threads.

    Args:
        url: base URL of the server; its path is not used.
        timeout_s: of connecting, and of each read and write, in seconds.
        clock: monotonic, in seconds.
    """

    def __init__(self, url: str, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._timeout_s = timeout_s
        self._clock = clock
        # Certificate authorities as for all other calls to Supabase.
        self._tls: ssl.SSLContext | None = httpx.create_ssl_context() if parts.scheme == "https" else None
        self._idle: deque[tuple[HTTPConnection, float]] = deque()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """POST a body. Redirects are not followed, and nothing is repeated.

        Raises:
            httpx.TransportError: the server could not be reached, did not respond in time or violated HTTP.
        """
        connection = self._used_before() or self._new()
        try:
            with _errors_of_httpx():
                connection.request("POST", path, body, headers)
                with connection.getresponse() as response:
                    reply = _reply(response)
        except BaseException:
            connection.close()
            raise
        # Without a socket if the server ends the connection.
        if connection.sock is not None:
            self._idle.append((connection, self._clock()))
        self._close_old()
        return reply

    def __len__(self) -> int:
        """The number of idle connections."""
        return len(self._idle)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop()[0].close()

    def _used_before(self) -> HTTPConnection | None:
        """The connection that was used last, unless it is too old or the server has closed it."""
        while True:
            try:
                connection, idle_since = self._idle.pop()
            except IndexError:
                return None
            if self._clock() - idle_since < IDLE_S and not _is_readable(connection):
                return connection
            connection.close()

    def _close_old(self) -> None:
        """Close what a burst of calls has left: the connection that was used last is taken first."""
        while True:
            try:
                connection, idle_since = self._idle.popleft()
            except IndexError:
                return
            if self._clock() - idle_since < IDLE_S:
                self._idle.appendleft((connection, idle_since))
                return
            connection.close()

    def _new(self) -> HTTPConnection:
        connection = (
            _OneWriteOverTls(self._host, self._port, timeout=self._timeout_s, context=self._tls)
            if self._tls
            else _OneWrite(self._host, self._port, timeout=self._timeout_s)
        )
        try:
            connection.connect()
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        return connection


def _is_readable(connection: HTTPConnection) -> bool:
    """Whether an idle connection has something to read, which is its end: the server sends nothing unasked."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def _reply(response: HTTPResponse) -> Reply:
    """Read a response to its end.

    Raises:
        HTTPException: it is cut off, malformed, too long or only announces another one, which `http.client` does not
            wait for: the next call on the connection would get that.
    """
    if response.status < 200:
        raise HTTPException(f"interim response {response.status}")
    try:
        body = response.read(MAX_REPLY + 1)
    except (ValueError, OverflowError) as error:
        raise HTTPException("malformed response") from error
    if len(body) > MAX_REPLY or response.length:
        raise HTTPException("the response is too long or cut off")
    return Reply(response.status, body)


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise httpx.ReadTimeout(str(error)) from error
    except HTTPException as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except OSError as error:
        raise httpx.NetworkError(str(error)) from error
