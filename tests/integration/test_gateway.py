"""The gateway in front of Supabase Lite, before a server that closes connections as Lite does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from local.processes.service import Service, answers, free_port
from local.servers.supabase_lite import GATEWAY, NODE
from tests.support.waiting import wait_until

PART = bytes(1024 * 1024)
# Answers one request per connection without announcing that it closes it, and reports uploads that were cut off.
SERVER = """
import { createServer } from 'node:http'
const used = new WeakSet()
let cut = 0
let begun = 0
createServer((request, response) => {
  if (used.has(request.socket)) return request.socket.destroy()
  used.add(request.socket)
  if (request.url.endsWith('refused.jpg')) {
    response.writeHead(400, { 'content-length': 2 }).write('{}')
    setTimeout(() => request.socket.destroy(), 500)
    return
  }
  if (request.method === 'POST') begun += 1
  request.resume()
  request.on('close', () => { cut += request.complete ? 0 : 1 })
  request.on('end', () => response.end(JSON.stringify({ begun, cut })))
}).listen(Number(process.argv[2]), '127.0.0.1')
"""


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[str]:
    port, own_port = free_port(), free_port()
    server = tmp_path / "server.mjs"
    server.write_text(SERVER)
    url = f"http://127.0.0.1:{port}"
    command = [str(NODE), str(GATEWAY), str(port), str(own_port), str(NODE), str(server), str(own_port)]
    service = Service("gateway", command, {}, tmp_path / "gateway.log", answers(url))
    service.start_and_wait()
    yield url
    service.stop()


def test_a_connection_that_the_server_closed_is_not_used_again(gateway: str) -> None:
    with httpx.Client(base_url=gateway) as client:
        assert [client.get("/rest/v1/receipts").status_code for _ in range(10)] == [200] * 10


def test_a_client_keeps_its_connection(gateway: str) -> None:
    """Although the server behind the gateway closes its own, and says so."""
    client = HTTPConnection(gateway.removeprefix("http://"))
    for _ in range(2):
        client.request("POST", "/rest/v1/receipts", body="{}")
        assert client.getresponse().read()
        assert client.sock is not None
    client.close()


@pytest.mark.parametrize("name", ["a%25b.jpg", "refused.jpg"], ids=["by the gateway", "by the server"])
def test_a_client_keeps_its_connection_after_an_upload_that_is_refused_unread(gateway: str, name: str) -> None:
    client = HTTPConnection(gateway.removeprefix("http://"), timeout=10)
    client.putrequest("POST", f"/storage/v1/object/ocr/{name}")
    client.putheader("Content-Length", str(2 * len(PART)))
    client.endheaders(PART)
    with client.getresponse() as refused:
        assert (refused.status, refused.will_close) == (400, False)
        refused.read()
    assert client.sock is not None
    client.sock.sendall(PART)
    client.request("GET", "/rest/v1/receipts")
    with client.getresponse() as next_response:
        assert next_response.status == 200
    client.close()


def test_an_upload_that_is_cut_off_ends_at_the_server_and_disturbs_no_other_request(gateway: str) -> None:
    def half(begun: int) -> Iterator[bytes]:
        yield b"half of"
        wait_until(lambda: state()["begun"] > begun)
        raise ConnectionAbortedError

    def state() -> dict[str, int]:
        response = httpx.get(gateway)
        assert response.status_code == 200
        return dict(json.loads(response.text))

    for attempt in range(5):
        with pytest.raises(ConnectionAbortedError):
            httpx.post(f"{gateway}/storage/v1/object/ocr/a.jpg", content=half(attempt))
    wait_until(lambda: state()["cut"] == 5)
    assert state() == {"begun": 5, "cut": 5}
