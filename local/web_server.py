"""Serves the built app to browsers on one loopback port, with Supabase behind the same origin.

Supabase Lite supports CORS only in part: Auth's responses lack the headers, and preflight requests to functions of the
database end in 404. A hosted Supabase supports it fully; the app then needs a server for its files alone.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import requests
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.middleware.http_proxy import ProxyMiddleware
from werkzeug.serving import WSGIRequestHandler, run_simple
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SUPABASE = ("/auth/v1/", "/rest/v1/", "/storage/v1/")
SIGN = "/storage/v1/object/sign/"
TIMEOUT_S = 30


def application(dist: Path, config: str, supabase_url: str) -> WSGIApplication:
    """Serves the files of `dist`, `/config.json` and Supabase; other paths without a file are screens of the app."""

    def files(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = PurePosixPath(environ["PATH_INFO"])
        if path == PurePosixPath("/config.json"):
            return Response(config, content_type="application/json", headers={"Cache-Control": "no-store"})(
                environ, start
            )
        try:
            answer: Response | HTTPException = _file(dist, path, environ)
        except HTTPException as error:
            answer = error
        return answer(environ, start)

    targets = {prefix: {"target": supabase_url} for prefix in SUPABASE}
    supabase_or_files = ProxyMiddleware(files, targets, timeout=TIMEOUT_S)

    def route(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].startswith(SIGN):
            return _signed(Request(environ), supabase_url)(environ, start)
        return supabase_or_files(environ, start)

    return route


def _signed(request: Request, supabase_url: str) -> Response:
    """A signed URL of a photo in Storage's format: Supabase Lite spells the member differently."""
    headers = {name: request.headers.get(name, "") for name in ("apikey", "Authorization", "Content-Type")}
    answer = requests.post(supabase_url + request.path, request.get_data(), headers=headers, timeout=TIMEOUT_S)
    body = answer.json()
    if "signedUrl" in body:
        body = {"signedURL": body["signedUrl"].removeprefix("/storage/v1")}
    return Response(json.dumps(body), answer.status_code, content_type="application/json")


def _file(dist: Path, path: PurePosixPath, environ: WSGIEnvironment) -> Response:
    """Raises: NotFound."""
    request = Request(environ)
    name = str(path.relative_to("/"))
    if not (dist / name).is_file():
        if path.suffix or request.method not in ("GET", "HEAD") or path.is_relative_to("/realtime"):
            raise NotFound
        name = "index.html"
    # Names below _expo contain a hash of the content.
    immutable = name.startswith("_expo/")
    return send_from_directory(dist, name, environ, max_age=31536000 if immutable else None)


class Handler(WSGIRequestHandler):
    """Does not log requests: the URL of a photo contains a token."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.web_server", description=__doc__)
    parser.add_argument("dist", type=Path, help="folder of the built app")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--supabase-url", required=True, help="URL of Supabase")
    parser.add_argument("--config", type=json.loads, required=True, help="content of /config.json")
    options = parser.parse_args()
    run_simple(
        "127.0.0.1",
        options.port,
        application(options.dist.resolve(), json.dumps(options.config), options.supabase_url),
        threaded=True,
        request_handler=Handler,
    )


if __name__ == "__main__":
    main()
