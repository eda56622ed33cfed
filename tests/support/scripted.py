"""A real HTTP server with scripted responses, to stand for one that misbehaves."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.http_server import running

Step = tuple[int, dict[str, str], bytes]
"""Status, headers and body of a response."""


@dataclass
class Server:
    """Responds to each request with the next step of `script`, or closes the connection for None.

    Attributes:
        seen: path, headers and body of each request.
        hold: responses wait for this event.
    """

    url: str
    script: list[Step | None]
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    hold: threading.Event | None = None


@contextmanager
def serving(*script: Step | None, hold: threading.Event | None = None) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            server.seen.append((self.path, dict(self.headers), body))
            if server.hold:
                server.hold.wait()
            step = server.script.pop(0)
            if step is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            status, headers, answer = step
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET = do_PATCH = do_DELETE = do_PUT = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = False
    server = Server(f"http://127.0.0.1:{http.server_port}", list(script), hold=hold)
    with running(http):
        try:
            yield server
        finally:
            if hold:
                hold.set()


def json_step(status: int, body: object, **headers: str) -> Step:
    """A JSON response; underscores in header names stand for hyphens."""
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode()
