"""ID tokens from a metadata server over HTTP."""

from __future__ import annotations

import base64
import json
import time

import pytest

from functions.ocr.id_tokens import TOKEN_TTL_S, IdTokens, IdTokenUnavailable
from tests.support.scripted import serving

GOOGLE = {"Metadata-Flavor": "Google", "Content-Type": "application/json"}


def unsigned_jwt(ttl_s: int) -> str:
    def part(value: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'aud': 'a', 'exp': int(time.time()) + ttl_s})}.c2ln"


def use_metadata_server(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in ("GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT"):
        monkeypatch.setenv(name, url.removeprefix("http://"))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)


def test_a_token_comes_from_the_metadata_server_and_is_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    tokens = [unsigned_jwt(3600), unsigned_jwt(3601)]
    account = (200, GOOGLE, b'{"email": "functions@example.iam.gserviceaccount.com"}')
    replies = [
        step
        for token in tokens
        for step in ((200, GOOGLE, b""), account, (200, {**GOOGLE, "Content-Type": "text/html"}, token.encode()))
    ]
    with serving(*replies) as metadata:
        use_metadata_server(monkeypatch, metadata.url)
        source = IdTokens("https://ocr.example.run.app", clock=lambda: now[0])
        assert [source(), source()] == [tokens[0], tokens[0]]
        now[0] = TOKEN_TTL_S + 1
        assert source() == tokens[1]
    assert "audience=https" in metadata.seen[2][0]


def test_a_metadata_server_that_refuses_gives_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    account = (200, GOOGLE, b'{"email": "functions@example.iam.gserviceaccount.com"}')
    with serving((200, GOOGLE, b""), account, (404, GOOGLE, b"no identity")) as metadata:
        use_metadata_server(monkeypatch, metadata.url)
        with pytest.raises(IdTokenUnavailable):
            IdTokens("https://ocr.example.run.app")()
