"""ID tokens from a metadata server over HTTP."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator

import pytest

from functions.ocr.id_tokens import TOKEN_TTL_S, IdTokens, IdTokenUnavailable
from tests.support.scripted import Server, serving

GOOGLE = {"Metadata-Flavor": "Google", "Content-Type": "application/json"}
FOUND = (200, GOOGLE, b"")
ACCOUNT = (200, GOOGLE, b'{"email": "functions@example.iam.gserviceaccount.com"}')


def unsigned_jwt(ttl_s: int) -> str:
    def part(value: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'aud': 'a', 'exp': int(time.time()) + ttl_s})}.c2ln"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all tests, because google-auth keeps the address that it found when it was first used."""
    with serving() as server, pytest.MonkeyPatch.context() as environment:
        for name in ("GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT"):
            environment.setenv(name, server.url.removeprefix("http://"))
        environment.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        yield server


@pytest.fixture
def metadata(server: Server) -> Iterator[Server]:
    """The metadata server, whose script was followed to its end after the test."""
    server.seen.clear()
    yield server
    assert server.script == []


def test_a_token_comes_from_the_metadata_server_and_is_cached(metadata: Server) -> None:
    now = [0.0]
    tokens = [unsigned_jwt(3600), unsigned_jwt(3601)]
    for token in tokens:
        metadata.script += [FOUND, ACCOUNT, (200, {**GOOGLE, "Content-Type": "text/html"}, token.encode())]
    source = IdTokens("https://ocr.example.run.app", clock=lambda: now[0])
    assert [source(), source()] == [tokens[0], tokens[0]]
    now[0] = TOKEN_TTL_S + 1
    assert source() == tokens[1]
    assert "audience=https" in metadata.seen[2][0]


def test_a_metadata_server_that_refuses_gives_an_error_of_its_own(metadata: Server) -> None:
    metadata.script += [FOUND, ACCOUNT, (404, GOOGLE, b"no identity")]
    with pytest.raises(IdTokenUnavailable):
        IdTokens("https://ocr.example.run.app")()
