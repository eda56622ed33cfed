"""Replaces a call of Auth's admin API that Supabase Lite lacks: `DELETE /admin/users/{id}`.

Requests and responses have Auth's wire format. As in Auth, the user's row is deleted, and with it every row that
refers to it.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import psycopg

PREFIX = "/admin/users/"


class AuthAdmin(ThreadingHTTPServer):
    """A server on a loopback port.

    Args:
        port: TCP port on 127.0.0.1.
        database_url: connection string of a role that owns `auth.users`.
        secret_key: the bearer token of callers.
    """

    daemon_threads = True

    def __init__(self, port: int, database_url: str, secret_key: str) -> None:
        self.database_url = database_url
        self.secret_key = secret_key
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: AuthAdmin

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/health" else 404, {})

    def do_DELETE(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # The gateway of a project turns a secret key into a token; it accepts it as `apikey` alone.
        key = self.headers.get("apikey", "")
        if "Authorization" in self.headers or not hmac.compare_digest(key.encode(), self.server.secret_key.encode()):
            self._answer(401, {"error_code": "no_authorization", "msg": "This endpoint requires a valid Bearer token"})
            return
        try:
            user_id = UUID(self.path.removeprefix(PREFIX))
        except ValueError:
            self._answer(404, {"error_code": "validation_failed", "msg": "user_id must be an UUID"})
            return
        with psycopg.connect(self.server.database_url, autocommit=True) as database:
            deleted = database.execute("delete from auth.users where id = %s", [user_id]).rowcount
        self._answer(*((200, {}) if deleted else (404, {"error_code": "user_not_found", "msg": "User not found"})))

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing: paths contain user IDs."""

    def _answer(self, status: int, body: dict[str, str]) -> None:
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
        epilog="DATABASE_URL has the database, as a role that owns auth.users; SUPABASE_SECRET_KEY has the key.",
    )
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with AuthAdmin(options.port, os.environ["DATABASE_URL"], os.environ["SUPABASE_SECRET_KEY"]) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
