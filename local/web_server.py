"""Serves the built app to browsers on one loopback port. Supabase and the functions have ports of their own."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.serving import WSGIRequestHandler, run_simple
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def application(dist: Path, config: str) -> WSGIApplication:
    """Serves the files of `dist` and `/config.json`; other paths without a file are screens of the app."""

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

    return files


def _file(dist: Path, path: PurePosixPath, environ: WSGIEnvironment) -> Response:
    """Raises: NotFound."""
    request = Request(environ)
    name = str(path.relative_to("/"))
    if not (dist / name).is_file():
        if path.suffix or request.method not in ("GET", "HEAD"):
            raise NotFound
        name = "index.html"
    # Names below _expo contain a hash of the content.
    immutable = name.startswith("_expo/")
    return send_from_directory(dist, name, environ, max_age=31536000 if immutable else None)


class Handler(WSGIRequestHandler):
    """Does not log requests: the URL of a screen contains an id."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.web_server", description=__doc__)
    parser.add_argument("dist", type=Path, help="folder of the built app")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=json.loads, required=True, help="content of /config.json")
    options = parser.parse_args()
    run_simple(
        "127.0.0.1",
        options.port,
        application(options.dist.resolve(), json.dumps(options.config)),
        threaded=True,
        request_handler=Handler,
    )


if __name__ == "__main__":
    main()
