"""Keys of Supabase: which headers carry them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from functions.accounts.wiring import build_due_deletions
from functions.core.settings import Settings
from functions.core.supabase import connect, key_headers
from functions.receipts.photos import PhotoStorage
from functions.receipts.queue import Claim
from tests.support.http_server import running

LEGACY_KEY = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl"


class Supabase(ThreadingHTTPServer):
    """Records the headers of every request, and answers with an empty list."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Supabase
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.requests.append((self.path, headers))
        body = b"\xff\xd8\xff\xe0 a photo" if self.path.startswith("/storage/v1/object/ocr/") else b"[]"
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg" if body != b"[]" else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815 - names of http.server

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def supabase() -> Iterator[Supabase]:
    with running(Supabase()) as server:
        yield server


def settings(server: Supabase, key: str) -> Settings:
    return Settings(
        supabase_url=server.url,
        supabase_secret_key=key,
        supabase_publishable_key="sb_publishable_x",
        ocr_service_url="http://127.0.0.1:9",
    )


def call_everything(server: Supabase, key: str) -> None:
    """Every kind of call that a function makes with its key: Data API, Storage, Auth."""
    options = settings(server, key)
    client = connect(options)
    claim = Claim(
        id="c0ffee00-0000-4000-8000-000000000000",
        bucket="ocr",
        object_path="u/p.jpg",
        attempts=1,
        lease_token="c0ffee00-0000-4000-8000-000000000001",
        waited_s=0,
    )
    client.rpc("claim_receipts", {}).execute()
    client.table("receipts").select("id").execute()
    client.storage.from_("ocr").remove(["u/p.jpg"])
    PhotoStorage(client, 1000, 10).download(claim)
    users = build_due_deletions(options, client).accounts
    users.delete_user("c0ffee00-0000-4000-8000-000000000000")
    users.users._http_client.close()
    assert client.options.httpx_client is not None
    client.options.httpx_client.close()


def test_a_secret_key_is_never_sent_as_a_token(supabase: Supabase) -> None:
    call_everything(supabase, "sb_secret_unit_test")
    paths = {path.split("/")[1] for path, _ in supabase.requests}
    assert paths == {"rest", "storage", "auth"}
    assert len(supabase.requests) == 5
    for path, headers in supabase.requests:
        assert headers["apikey"] == "sb_secret_unit_test", path
        assert "authorization" not in headers, path


def test_a_service_role_key_is_sent_as_a_token_too(supabase: Supabase) -> None:
    call_everything(supabase, LEGACY_KEY)
    assert len(supabase.requests) == 5
    for path, headers in supabase.requests:
        assert (headers["apikey"], headers["authorization"]) == (LEGACY_KEY, f"Bearer {LEGACY_KEY}"), path


def test_headers_by_kind_of_key() -> None:
    assert key_headers("sb_secret_x") == {"apikey": "sb_secret_x"}
    assert key_headers(LEGACY_KEY) == {"apikey": LEGACY_KEY, "Authorization": f"Bearer {LEGACY_KEY}"}
