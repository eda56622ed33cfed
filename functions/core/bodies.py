"""Receiving requests: limits on the size and duration of a body, and typed errors for bodies that violate HTTP.

Without limits a function would hold every body in memory before it responds: the functions framework reads the rest of
each body, and gunicorn buffers the line with the size of a chunk, however long it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Request
from werkzeug.wsgi import get_input_stream

from functions.core.errors import BadRequest, PayloadTooLarge, SlowClient

MAX_BODY_BYTES = 64 * 1024
BODY_TIMEOUT_S = 10.0
# More than a body of `MAX_BODY_BYTES` in the smallest chunks that clients use.
MAX_RECEIVED_BYTES = 4 * MAX_BODY_BYTES
_BODY_KEY = "jangbogi.body"
_ARRIVAL_KEY = "jangbogi.arrived_at"


class LimitedBodies:
    """WSGI middleware: limits the body of each request, and notes when it arrived.

    A connection with a body that is malformed, too long or late is closed.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[_ARRIVAL_KEY] = time.monotonic()
        # As it is, if it ends by itself; else limited to its Content-Length.
        body = Body(get_input_stream(environ))
        environ.update({_BODY_KEY: body, "wsgi.input": body, "wsgi.input_terminated": True})
        try:
            return self._app(environ, start_response)
        finally:
            body.finish()


def arrived_at(request: Request) -> float:
    """When a thread took the request, on the clock `time.monotonic`. A function has a thread for each request that the
    platform sends it at a time (infra/modules/functions), so requests do not wait for threads.
    """
    return float(request.environ[_ARRIVAL_KEY])


def read_body(request: Request) -> bytes:
    """The body.

    Raises:
        PayloadTooLarge: it exceeds `MAX_BODY_BYTES`.
        SlowClient: it did not arrive within `BODY_TIMEOUT_S`.
        BadRequest: it violates HTTP, for example by a malformed chunk, or ends early.
    """
    data = request.stream.read(MAX_BODY_BYTES + 1)
    body: Body = request.environ[_BODY_KEY]
    if body.is_late:
        raise SlowClient("The request body did not arrive in time.") from body.problem
    if body.is_too_long:
        raise PayloadTooLarge(f"The request body exceeds {MAX_BODY_BYTES} bytes.") from body.problem
    if body.problem:
        raise BadRequest("The request body is not valid HTTP.") from body.problem
    return data


class LimitedSocket:
    """A socket that ends after `bytes_left` bytes, or at `deadline` on the monotonic clock."""

    def __init__(
        self, socket: Any, bytes_left: int, deadline: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.socket = socket
        self.bytes_left = bytes_left
        self.is_late = False
        self._deadline = deadline
        self._clock = clock

    def recv(self, size: int) -> bytes:
        """Empty if the client closed the connection or a limit is reached."""
        left_s = self._deadline - self._clock()
        prior: float | None = self.socket.gettimeout()
        try:
            self.socket.settimeout(max(left_s, 0.001))
            data: bytes = self.socket.recv(min(size, self.bytes_left)) if left_s > 0 and self.bytes_left else b""
        except TimeoutError:
            data = b""
        finally:
            self.socket.settimeout(prior)
        self.is_late = self.is_late or self._clock() >= self._deadline
        self.bytes_left -= len(data)
        return data

    def close(self) -> None:
        """End the stream: the server closes the connection instead of reading the rest."""
        self.bytes_left = 0


class Body:
    """The stream of a body. It ends at a limit or an error; reading never raises.

    Attributes:
        problem: what the server raised.
    """

    def __init__(self, stream: Any) -> None:
        self.problem: Exception | None = None
        self._stream = stream
        self._bytes_left = MAX_BODY_BYTES + 1
        # gunicorn's; other servers have none.
        reader = getattr(stream, "reader", None)
        unreader = getattr(reader, "unreader", None) or getattr(getattr(reader, "req", None), "unreader", None)
        self._unreader = unreader if hasattr(unreader, "sock") else None
        self._connection: LimitedSocket | None = None
        if self._unreader:
            deadline = time.monotonic() + BODY_TIMEOUT_S
            self._connection = self._unreader.sock = LimitedSocket(self._unreader.sock, MAX_RECEIVED_BYTES, deadline)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; fewer at the end."""
        size = self._bytes_left if size < 0 else min(size, self._bytes_left)
        if size == 0 or self.problem:
            return b""
        try:
            data: bytes = self._stream.read(size)
        # Each server, and each way to violate HTTP, has an exception of its own.
        except Exception as error:
            self.problem = error
            return b""
        self._bytes_left -= len(data)
        return data

    @property
    def is_late(self) -> bool:
        return self._connection is not None and self._connection.is_late

    @property
    def is_too_long(self) -> bool:
        return self._bytes_left == 0 or (self._connection is not None and self._connection.bytes_left == 0)

    def finish(self) -> None:
        """Read what the function and the framework left, then return the connection to the server, or end it."""
        while self.read(8192):
            pass
        if self._connection is None or self._unreader is None:
            return
        if self.problem or self.is_late or self.is_too_long:
            self._connection.close()
        else:
            self._unreader.sock = self._connection.socket
