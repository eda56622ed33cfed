"""Replaces calls of Auth's admin API that Supabase Lite lacks: `POST /admin/users` and `DELETE /admin/users/{id}`.

Requests and responses have Auth's wire format. A user is created by signing up, which Lite confirms at once. As in
Auth, a user is deleted with every row that refers to it.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import psycopg
import requests

PREFIX = "/admin/users/"


class AuthAdmin(ThreadingHTTPServer):
    """A server on a loopback port.

    Args:
        port: TCP port on 127.0.0.1.
        database_url: connection string of a role that owns `auth.users`.
        secret_key: the key of callers.
        signup: URL of Lite's sign-up, and the publishable key; without them no user can be created.
    """

    daemon_threads = True

    def __init__(self, port: int, database_url: str, secret_key: str, signup: tuple[str, str] | None = None) -> None:
        self.database_url = database_url
        self.secret_key = secret_key
        self.signup = signup
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: AuthAdmin

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/health" else 404, {})

    def do_POST(self) -> None:
        body = self._read_body()
        if not self._is_authorized():
            return
        if self.path != PREFIX.rstrip("/") or self.server.signup is None:
            self._answer(404, {"error_code": "validation_failed", "msg": "Not found"})
            return
        url, publishable_key = self.server.signup
        credentials = {name: json.loads(body)[name] for name in ("email", "password")}
        response = requests.post(url, json=credentials, headers={"apikey": publishable_key}, timeout=20)
        answer = response.json()
        self._answer(response.status_code, answer["user"] if response.ok else answer)

    def do_DELETE(self) -> None:
        self._read_body()
        if not self._is_authorized():
            return
        try:
            user_id = UUID(self.path.removeprefix(PREFIX))
        except ValueError:
            self._answer(404, {"error_code": "validation_failed", "msg": "user_id must be an UUID"})
            return
        with psycopg.connect(self.server.database_url, autocommit=True) as database:
            deleted = database.execute("delete from auth.users where id = %s", [user_id]).rowcount
        self._answer(*((200, {}) if deleted else (404, {"error_code": "user_not_found", "msg": "User not found"})))

    def _read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _is_authorized(self) -> bool:
        # The gateway of a project turns a secret key into a token; it accepts it as `apikey` alone.
        key = self.headers.get("apikey", "")
        if "Authorization" not in self.headers and hmac.compare_digest(key.encode(), self.server.secret_key.encode()):
            return True
        self._answer(401, {"error_code": "no_authorization", "msg": "This endpoint requires a valid Bearer token"})
        return False

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing: paths contain user IDs."""

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps({"code": status, **body} if status >= 400 else body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m local.stand_ins.auth_admin",
        description=__doc__,
        epilog="DATABASE_URL has the database, as a role that owns auth.users; SUPABASE_SECRET_KEY has the key. Users "
        "are created through SUPABASE_URL with SUPABASE_PUBLISHABLE_KEY.",
    )
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signup = f"{os.environ['SUPABASE_URL']}/auth/v1/signup", os.environ["SUPABASE_PUBLISHABLE_KEY"]
    database_url, secret_key = os.environ["DATABASE_URL"], os.environ["SUPABASE_SECRET_KEY"]
    with AuthAdmin(options.port, database_url, secret_key, signup) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
