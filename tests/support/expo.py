"""A server that speaks the API of Expo's push service, with devices that behave as in the wild."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.http_server import running

TOKEN = re.compile(r"Expo(nent)?PushToken\[[^\]]+\]")
Answer = tuple[int, dict[str, Any]]


def new_token() -> str:
    return f"ExponentPushToken[{uuid.uuid4().hex}]"


@dataclass
class ExpoServer:
    """Accepts notifications and reports on them.

    Attributes:
        delivered: the notifications that were accepted, per token.
        requests: path and number of entries of each request.
        errors: token to the error that its tickets have; "garbled" is a ticket that says nothing.
        late_errors: token to the error that its receipts have.
        projects: token to its project; without an entry, one project.
        refused: token to the response to every request that contains it.
        groups: the projects that are named to requests with tokens of several ones; as they are, if empty.
        outage: the response to every request; "lost" accepts it and closes the connection without a response.
        access_token: what the project requires, if any.
    """

    url: str = ""
    delivered: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[tuple[str, int]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    late_errors: dict[str, str] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Answer] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    outage: Answer | str | None = None
    access_token: str = ""
    tickets: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, authorization: str, content: Any) -> Answer | None:
        """The response; None closes the connection."""
        with self.lock:
            self.requests.append((path, len(content["ids"]) if path.endswith("getReceipts") else len(content)))
            if isinstance(self.outage, tuple):
                return self.outage
            if self.access_token and authorization != f"Bearer {self.access_token}":
                return 401, {"errors": [{"code": "UNAUTHORIZED", "message": "A valid access token is required."}]}
            answer = self._receipts(content) if path.endswith("/getReceipts") else self._send(content)
            return None if self.outage == "lost" else answer

    def _send(self, messages: list[dict[str, Any]]) -> Answer:
        if len(messages) > 100:
            return 400, {"errors": [{"code": "PUSH_TOO_MANY_NOTIFICATIONS", "message": "Too many."}]}
        for message in messages:
            if message["to"] in self.refused:
                return self.refused[message["to"]]
        groups: dict[str, list[str]] = {}
        for message in messages:
            groups.setdefault(self.projects.get(message["to"], "@jangbogi/app"), []).append(message["to"])
        if len(groups) > 1:
            error = {
                "code": "PUSH_TOO_MANY_EXPERIENCE_IDS",
                "message": "Several projects.",
                "details": self.groups or groups,
            }
            return 400, {"errors": [error]}
        return 200, {"data": [self._ticket(message) for message in messages]}

    def _ticket(self, message: dict[str, Any]) -> dict[str, Any]:
        token = message["to"]
        error = self.errors.get(token)
        if not TOKEN.fullmatch(token):
            error = "DeviceNotRegistered"
        elif len(json.dumps(message, ensure_ascii=False).encode()) > 4096:
            error = "MessageTooBig"
        if error == "garbled":
            return {"status": "perhaps"}
        if error:
            return {"status": "error", "message": f'"{token}": {error}', "details": {"error": error}}
        self.delivered.setdefault(token, []).append(message)
        ticket = str(uuid.uuid4())
        self.tickets[ticket] = token
        return {"status": "ok", "id": ticket}

    def _receipts(self, content: dict[str, Any]) -> Answer:
        receipts = {}
        for ticket in content["ids"]:
            token = self.tickets.get(ticket)
            if token is None:
                continue  # as Expo does with tickets that it does not know, or not yet
            error = self.late_errors.get(token)
            receipts[ticket] = (
                {"status": "error", "message": "not delivered", "details": {"error": error}}
                if error
                else {"status": "ok"}
            )
        return 200, {"data": receipts}


@contextmanager
def expo_server() -> Iterator[ExpoServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = server.answer(self.path, self.headers.get("Authorization", ""), json.loads(body))
            if answer is None:
                self.close_connection = True
                return
            status, content = answer
            encoded = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = ExpoServer(f"http://127.0.0.1:{http.server_port}/--/api/v2/push")
    with running(http):
        yield server
