"""A stand-in for Cloud Storage over its JSON API: media download with ranges, multipart upload, 404 for the rest.

https://cloud.google.com/storage/docs/json_api/v1/objects
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

DOWNLOAD = re.compile(r"/download/storage/v1/b/(?P<bucket>[^/]+)/o/(?P<name>[^/]+)")
UPLOAD = re.compile(r"/upload/storage/v1/b/(?P<bucket>[^/]+)/o")


class FakeGcs:
    """Serves `objects`, bytes by (bucket, name), at `url` until `stop`."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        handler = type("Handler", (_Handler,), {"objects": self.objects})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """What sends a process here instead of to Google, without credentials."""
        return {"STORAGE_EMULATOR_HOST": self.url, "FSSPEC_GS_TOKEN": "anon"}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    objects: dict[tuple[str, str], bytes]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        found = DOWNLOAD.fullmatch(url.path)
        data = self.objects.get((found["bucket"], unquote(found["name"]))) if found else None
        if data is None or parse_qs(url.query)["alt"] != ["media"]:
            self._answer(404, {"error": {"code": 404, "message": "No such object"}})
            return
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"] or "")
        if asked is None:
            self._answer(200, data)
        elif int(asked[1]) >= len(data):
            self._answer(416, {"error": {"code": 416, "message": "Request range not satisfiable"}})
        else:
            self._answer(206, data[int(asked[1]) : int(asked[2]) + 1])

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        found = UPLOAD.fullmatch(url.path)
        if not found or parse_qs(url.query)["uploadType"] != ["multipart"]:
            self._answer(404, {"error": {"code": 404, "message": "Not Found"}})
            return
        boundary = b"--" + self.headers["Content-Type"].partition("boundary=")[2].strip('"').encode()
        _, described, content, _ = body.split(boundary)
        metadata = json.loads(message_from_bytes(described.lstrip(), policy=HTTP).get_content())
        data = content.partition(b"\n\n")[2].removesuffix(b"\n")
        self.objects[found["bucket"], metadata["name"]] = data
        md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
        self._answer(
            200,
            {"kind": "storage#object", "bucket": found["bucket"], **metadata, "size": str(len(data)), "md5Hash": md5},
        )

    def _answer(self, status: int, content: bytes | dict) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if data is content else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing."""
