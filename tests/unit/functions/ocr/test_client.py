"""The OCR client against a real HTTP server that misbehaves in every way a service can."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager

import pytest
import requests

from functions.core.errors import OcrFailed, OcrRejected, OcrTimeout, OcrUnavailable
from functions.ocr.client import OcrClient, media_type
from functions.ocr.id_tokens import TOKEN_LIFE_S, IdTokens
from tests.support.scripted import json_step, serving

PHOTO = b"\xff\xd8\xff\xe0 a photo"
ANSWER = {"contract_version": "1", "items": []}


@contextmanager
def client(url: str, *, patience_s: float = 5, timeout_s: float = 5, token: Callable[[], str | None] = lambda: None):
    waits: list[float] = []
    with requests.Session() as session:
        reader = OcrClient(session, url, token, 1, timeout_s, patience_s, sleep=waits.append)
        yield reader, waits


def test_the_photo_goes_out_as_it_is_with_its_type_and_request_id() -> None:
    with serving(json_step(200, ANSWER)) as server, client(server.url) as (reader, _):
        assert reader.read(PHOTO, "req-7") == ANSWER
    path, headers, body = server.seen[0]
    assert (path, body) == ("/v1/receipts", PHOTO)
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Request-Id"] == "req-7"
    assert "Authorization" not in headers


def test_a_busy_service_is_asked_again_at_its_own_pace() -> None:
    busy = json_step(503, {"code": "busy", "detail": "busy"}, Retry_After="3")
    with serving(busy, busy, json_step(200, ANSWER)) as server, client(server.url) as (reader, waits):
        assert reader.read(PHOTO, "r") == ANSWER
    assert waits == [3, 3]
    assert len(server.seen) == 3


def test_a_pause_that_outlasts_the_patience_is_not_begun() -> None:
    """The lease counts on it."""
    busy = json_step(503, {"code": "busy", "detail": "full"}, Retry_After="200")
    with serving(busy) as server, client(server.url) as (reader, waits), pytest.raises(OcrUnavailable):
        reader.read(PHOTO, "r")
    assert waits == []


def test_a_service_that_stays_busy_costs_the_photo_no_attempt() -> None:
    busy = json_step(503, {"code": "busy", "detail": "full"}, Retry_After="2")
    with serving(busy) as server, client(server.url, patience_s=0) as (reader, _), pytest.raises(OcrUnavailable) as e:
        reader.read(PHOTO, "r")
    assert (e.value.counts_attempt, e.value.retryable, e.value.retry_after_s) == (False, True, 2)


def test_an_unreachable_service_costs_the_photo_no_attempt() -> None:
    with serving() as server:
        pass
    with client(server.url, patience_s=0) as (reader, _), pytest.raises(OcrUnavailable) as error:
        reader.read(PHOTO, "r")
    assert error.value.counts_attempt is False


def test_a_service_that_dies_on_the_photo_counts_an_attempt_and_is_asked_once() -> None:
    with serving(None) as server, client(server.url) as (reader, _), pytest.raises(OcrFailed) as error:
        reader.read(PHOTO, "r")
    assert (error.value.counts_attempt, error.value.retryable) == (True, True)
    assert len(server.seen) == 1


def test_a_service_that_hangs_is_left_after_the_timeout() -> None:
    held = serving(json_step(200, ANSWER), hold=threading.Event())
    with held as server, client(server.url, timeout_s=0.2) as (reader, _), pytest.raises(OcrTimeout):
        reader.read(PHOTO, "r")


@pytest.mark.parametrize(("status", "code"), [(413, "too_large"), (415, "unsupported_image"), (422, "no_text")])
def test_a_refused_photo_keeps_the_service_s_code_and_is_not_retried(status: int, code: str) -> None:
    refusal = json_step(status, {"code": code, "detail": "because"})
    with serving(refusal) as server, client(server.url) as (reader, _), pytest.raises(OcrRejected) as error:
        reader.read(PHOTO, "r")
    assert (error.value.code, error.value.detail, error.value.retryable) == (code, "because", False)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "step",
    [
        (200, {}, b"not json"),
        (200, {}, b"[]"),
        json_step(200, {"contract_version": "2"}),
        json_step(200, {}),
        (500, {}, b"<html>"),
        json_step(500, {"code": "internal", "detail": "x"}),
        (302, {"Location": "http://127.0.0.1:9/"}, b""),
        (400, {}, b"no problem"),
    ],
)
def test_nonsense_is_a_failure_that_counts(step: tuple[int, dict[str, str], bytes]) -> None:
    with serving(step) as server, client(server.url) as (reader, _), pytest.raises(OcrFailed):
        reader.read(PHOTO, "r")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_closed_door_is_not_the_photo_s_fault(status: int) -> None:
    shut = serving((status, {}, b""))
    with shut as server, client(server.url, patience_s=0) as (reader, _), pytest.raises(OcrUnavailable):
        reader.read(PHOTO, "r")


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\xff\xd8\xff\xe1", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"%PDF-1.7", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_the_media_type_is_read_from_the_bytes(start: bytes, kind: str) -> None:
    assert media_type(start) == kind


def _unsigned_jwt(expires_in_s: int) -> str:
    def part(value: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'aud': 'a', 'exp': int(time.time()) + expires_in_s})}.c2ln"


def test_an_id_token_comes_from_the_metadata_server_and_is_kept_for_its_life(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    tokens = [_unsigned_jwt(3600), _unsigned_jwt(3601)]
    google = {"Metadata-Flavor": "Google", "Content-Type": "application/json"}
    account = (200, google, b'{"email": "functions@example.iam.gserviceaccount.com"}')
    replies = [
        step
        for token in tokens
        for step in ((200, google, b""), account, (200, {**google, "Content-Type": "text/html"}, token.encode()))
    ]
    with serving(*replies) as metadata:
        host = metadata.url.removeprefix("http://")
        for name in ("GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT"):
            monkeypatch.setenv(name, host)
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        source = IdTokens("https://ocr.example.run.app", clock=lambda: now[0])
        assert [source(), source()] == [tokens[0], tokens[0]]
        now[0] = TOKEN_LIFE_S + 1
        assert source() == tokens[1]
    assert "audience=https" in metadata.seen[2][0]


def test_the_id_token_is_sent_as_bearer() -> None:
    with serving(json_step(200, ANSWER)) as server, client(server.url, token=lambda: "t0ken") as (reader, _):
        reader.read(PHOTO, "r")
    assert server.seen[0][1]["Authorization"] == "Bearer t0ken"
