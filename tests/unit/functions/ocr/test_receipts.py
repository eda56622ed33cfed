"""Reading receipts over HTTP, with a real server that misbehaves in every way a service can."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from functions.core.errors import OcrCrashed, OcrFailed, OcrRejected, OcrSilent, OcrTimeout, OcrUnavailable
from functions.core.settings import Settings
from functions.ocr.client import OcrClient
from functions.ocr.id_tokens import IdTokenUnavailable, TokenSource, no_token
from functions.ocr.receipts import OcrReader
from ocr_service.settings import Settings as ServiceSettings
from tests.support.scripted import json_step, serving

PHOTO = b"\xff\xd8\xff\xe0 a photo"
ANSWER = {"contract_version": "1.1", "items": []}


@contextmanager
def reading(
    url: str, *, patience_s: float = 5, timeout_s: float = 5, token: TokenSource = no_token
) -> Iterator[tuple[OcrReader, list[float]]]:
    """A reader, and the seconds it has waited between attempts."""
    waits: list[float] = []
    with requests.Session() as session:
        yield OcrReader(OcrClient(session, url, token), 1, timeout_s, patience_s, sleep=waits.append), waits


@pytest.mark.parametrize(
    "photo",
    [
        b"\xff\xd8\xff\xe1 a photo",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"\x00\x00\x00\x18ftypheic",
        b"%PDF-1.7",
        b"\x00",
    ],
)
def test_the_photo_is_sent_unchanged_with_the_request_id(photo: bytes) -> None:
    """The service recognises the format by the bytes; the client claims none."""
    with serving(json_step(200, ANSWER)) as server, reading(server.url) as (reader, _):
        assert reader.read(photo, "req-7", "receipt-3") == ANSWER
    path, headers, body = server.seen[0]
    assert (path, body) == ("/v1/receipts", photo)
    assert headers["Content-Type"] == "application/octet-stream"
    assert (headers["X-Request-Id"], headers["X-Receipt-Id"]) == ("req-7", "receipt-3")
    assert "Authorization" not in headers


@pytest.mark.parametrize(("urgency", "header"), [(0, "u=0"), (3, "u=3"), (7, "u=7"), (40, "u=7")])
def test_the_service_learns_how_urgent_the_photo_is(urgency: int, header: str) -> None:
    with serving(json_step(200, ANSWER)) as server, reading(server.url) as (reader, _):
        reader.read(PHOTO, "r", urgency=urgency)
    assert server.seen[0][1]["Priority"] == header


def test_a_busy_service_is_retried_at_the_pace_it_asks_for() -> None:
    busy = json_step(503, {"code": "busy", "detail": "busy"}, Retry_After="3")
    with serving(busy, busy, json_step(200, ANSWER)) as server, reading(server.url) as (reader, waits):
        assert reader.read(PHOTO, "r") == ANSWER
    assert waits == [3, 3]
    assert len(server.seen) == 3


def test_a_pause_beyond_the_patience_ends_the_retries() -> None:
    """Otherwise the lease would expire during the pause."""
    busy = json_step(503, {"code": "busy", "detail": "full"}, Retry_After="200")
    with serving(busy) as server, reading(server.url) as (reader, waits), pytest.raises(OcrUnavailable):
        reader.read(PHOTO, "r")
    assert waits == []


def test_a_service_that_stays_busy_uses_up_no_attempt_of_the_photo() -> None:
    busy = json_step(503, {"code": "busy", "detail": "full"}, Retry_After="2")
    with serving(busy) as server, reading(server.url, patience_s=0) as (reader, _), pytest.raises(OcrUnavailable) as e:
        reader.read(PHOTO, "r")
    assert (e.value.counts_attempt, e.value.retryable, e.value.retry_after_s) == (False, True, 2)


@pytest.mark.parametrize("said", ["soon", "-1", "1.5", "²", "99999999999", "9" * 5000, "Sun, 22 Nov 2026 14:40:00 GMT"])
def test_a_pause_that_is_no_number_of_seconds_is_left_to_the_queue(said: str) -> None:
    busy = json_step(503, {"code": "busy", "detail": "full"}, Retry_After=said.encode().decode("latin-1"))
    with serving(busy) as server, reading(server.url, patience_s=0) as (reader, _), pytest.raises(OcrUnavailable) as e:
        reader.read(PHOTO, "r")
    assert (e.value.counts_attempt, e.value.retry_after_s) == (False, None)


def test_an_unreachable_service_uses_up_no_attempt_of_the_photo() -> None:
    with serving() as server:
        pass
    with reading(server.url, patience_s=0) as (reader, _), pytest.raises(OcrUnavailable) as error:
        reader.read(PHOTO, "r")
    assert error.value.counts_attempt is False


def test_a_service_that_dies_with_the_photo_has_crashed_and_is_not_asked_again() -> None:
    """It may have died of another photo: the queue finds out."""
    with serving(None) as server, reading(server.url) as (reader, _), pytest.raises(OcrCrashed) as error:
        reader.read(PHOTO, "r")
    assert (error.value.crashed, error.value.retryable) == (True, True)
    assert len(server.seen) == 1


def test_a_service_that_hangs_charges_no_photo_unless_it_was_alone() -> None:
    """Others may be in its queue: the photo is read alone next, as after a crash."""
    hanging = serving(json_step(200, ANSWER), hold=threading.Event())
    with hanging as server, reading(server.url, timeout_s=0.2) as (reader, _), pytest.raises(OcrSilent) as error:
        reader.read(PHOTO, "r")
    assert (error.value.crashed, error.value.retryable) == (True, True)


def test_only_a_photo_that_was_being_read_is_charged_for_the_time() -> None:
    """The service tells it from one that waited, which is busy; a gateway cannot."""
    timed_out = json_step(504, {"code": "timed_out", "detail": "slow", "retryable": True})
    with serving(timed_out) as server, reading(server.url) as (reader, _), pytest.raises(OcrTimeout) as error:
        reader.read(PHOTO, "r")
    assert (error.value.counts_attempt, error.value.crashed, error.value.retryable) == (True, False, True)
    waited = json_step(503, {"code": "busy", "detail": "full", "retryable": True}, Retry_After="5")
    with serving(waited) as server, reading(server.url, patience_s=0) as (reader, _), pytest.raises(OcrUnavailable):
        reader.read(PHOTO, "r")
    gateway = (504, {"Content-Type": "text/html"}, b"<html>upstream request timeout")
    with serving(gateway) as server, reading(server.url) as (reader, _), pytest.raises(OcrSilent):
        reader.read(PHOTO, "r")


def test_the_service_gives_up_before_its_client() -> None:
    limits, ours = ServiceSettings.model_fields, Settings.model_fields
    longest = limits["queue_timeout_s"].default + limits["read_timeout_s"].default
    assert longest < ours["ocr_timeout_s"].default


@pytest.mark.parametrize(("status", "code"), [(413, "too_large"), (415, "unsupported_image"), (422, "no_text")])
def test_a_refusal_carries_the_code_of_the_service_and_is_not_retried(status: int, code: str) -> None:
    refusal = json_step(status, {"code": code, "detail": "because"})
    with serving(refusal) as server, reading(server.url) as (reader, _), pytest.raises(OcrRejected) as error:
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
def test_an_invalid_response_uses_up_an_attempt(step: tuple[int, dict[str, str], bytes]) -> None:
    with serving(step) as server, reading(server.url) as (reader, _), pytest.raises(OcrFailed):
        reader.read(PHOTO, "r")


def test_a_refusal_that_the_service_calls_retryable_is_retried_and_uses_up_no_attempt() -> None:
    slow = json_step(408, {"code": "slow_client", "detail": "slow", "retryable": True})
    with serving(slow, json_step(200, ANSWER)) as server, reading(server.url) as (reader, _):
        assert reader.read(PHOTO, "r") == ANSWER
    with serving(slow) as server, reading(server.url, patience_s=0) as (reader, _), pytest.raises(OcrUnavailable) as e:
        reader.read(PHOTO, "r")
    assert (e.value.counts_attempt, e.value.retryable, e.value.detail) == (False, True, "slow")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_missing_permission_uses_up_no_attempt(status: int) -> None:
    refusing = serving((status, {}, b""))
    with refusing as server, reading(server.url, patience_s=0) as (reader, _), pytest.raises(OcrUnavailable):
        reader.read(PHOTO, "r")


def test_a_missing_id_token_uses_up_no_attempt() -> None:
    def missing_token() -> str:
        raise IdTokenUnavailable("no identity")

    with (
        serving() as server,
        reading(server.url, patience_s=0, token=missing_token) as (reader, _),
        pytest.raises(OcrUnavailable) as error,
    ):
        reader.read(PHOTO, "r")
    assert error.value.counts_attempt is False
    assert server.seen == []
