"""Downloading photos: what is missing, too large, of another type than declared, and a Storage that fails."""

from __future__ import annotations

import gzip
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from functions.core.errors import (
    PhotoMissing,
    PhotoTooLarge,
    PhotoTypeMismatch,
    PhotoUnavailable,
    ReceiptError,
    UnsupportedPhoto,
)
from functions.receipts import image_types
from functions.receipts.process import Pipeline
from functions.receipts.queue import Claim
from ocr_service.errors import UnsupportedImage
from ocr_service.vision.image import image_format
from ocr_service.vision.photo import MEDIA_TYPES
from tests.support.http_server import running
from tests.support.scripted import Step, json_step, serving

ConnectPipeline = Callable[[str], AbstractContextManager[Pipeline]]

CLAIM = Claim(
    id=UUID(int=1),
    bucket="ocr",
    object_path="photo.jpg",
    attempts=1,
    lease_token=UUID(int=3),
    waited_s=0,
)


@pytest.mark.parametrize(
    "answer",
    [
        (503, {"Content-Type": "text/plain"}, b"upstream: host not found"),
        json_step(503, {"statusCode": "503", "error": "not_found", "message": "tenant config not found"}),
        (500, {"Content-Type": "text/html"}, b"<html>"),
        (404, {"Content-Type": "text/html"}, b"<html>Not Found</html>"),
        json_step(404, {"error": "requested path is invalid"}),
        json_step(400, {"statusCode": "404", "error": "Bucket not found", "message": "Bucket not found"}),
    ],
)
def test_a_failing_storage_does_not_make_a_photo_missing(connect_pipeline: ConnectPipeline, answer: Step) -> None:
    with (
        serving(answer, answer) as server,
        connect_pipeline(server.url) as pipeline,
        pytest.raises(PhotoUnavailable) as error,
    ):
        pipeline.photos.download(CLAIM)
    assert not error.value.counts_attempt


def test_an_object_that_storage_does_not_have_is_missing(connect_pipeline: ConnectPipeline) -> None:
    not_found = json_step(400, {"statusCode": "404", "error": "not_found", "message": "Object not found"})
    with (
        serving(not_found) as server,
        connect_pipeline(server.url) as pipeline,
        pytest.raises(PhotoMissing),
    ):
        pipeline.photos.download(CLAIM)


JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
STARTS = {
    "image/jpeg": JPEG,
    "image/png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "image/webp": b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(100),
    "image/heic": b"\x00\x00\x00\x18ftypheic" + bytes(100),
    "application/pdf": b"%PDF-1.7\n" + bytes(100),
}
LIMIT = 1024 * 1024


def photo_step(photo: bytes, content_type: str = "image/jpeg", **headers: str) -> Step:
    return 200, {"Content-Type": content_type, **headers}, photo


def download(connect_pipeline: ConnectPipeline, *steps: Step, limit: int = LIMIT) -> bytes:
    with serving(*steps) as server, connect_pipeline(server.url) as pipeline:
        photo = replace(pipeline.photos, max_bytes=limit).download(CLAIM)
        assert server.seen[0][0] == "/storage/v1/object/ocr/photo.jpg"
        return photo


def test_a_photo_of_exactly_the_limit_arrives_unchanged(connect_pipeline: ConnectPipeline) -> None:
    assert download(connect_pipeline, photo_step(JPEG), limit=len(JPEG)) == JPEG


@pytest.mark.parametrize("excess", [1, 200_000])
def test_a_photo_over_the_limit_is_too_large(connect_pipeline: ConnectPipeline, excess: int) -> None:
    with pytest.raises(PhotoTooLarge):
        download(connect_pipeline, photo_step(JPEG + bytes(excess)), limit=len(JPEG))


@contextmanager
def endless(*, chunked: bool, announced: str | None) -> Iterator[str]:
    """A Storage that sends a photo without end, whatever it announces."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Connection", "close")
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
            if announced is not None:
                self.send_header("Content-Length", announced)
            self.end_headers()
            block = JPEG + bytes(65536 - len(JPEG))
            self.close_connection = True
            with suppress(ConnectionError):
                for _ in range(2000):
                    self.wfile.write(b"10000\r\n" + block + b"\r\n" if chunked else block)

        def log_message(self, *_: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.mark.parametrize(
    ("chunked", "announced"), [(True, None), (False, None), (False, str(2**40))], ids=["chunked", "none", "terabyte"]
)
def test_an_endless_photo_takes_no_more_memory_than_the_limit(
    connect_pipeline: ConnectPipeline, chunked: bool, announced: str | None
) -> None:
    with endless(chunked=chunked, announced=announced) as url, connect_pipeline(url) as pipeline:
        photos = replace(pipeline.photos, max_bytes=LIMIT)
        tracemalloc.start()
        try:
            with pytest.raises(PhotoTooLarge):
                photos.download(CLAIM)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 3 * LIMIT


def test_a_compressed_photo_is_not_unpacked(connect_pipeline: ConnectPipeline) -> None:
    """A kilobyte of gzip may hold a megabyte."""
    bomb = gzip.compress(JPEG + bytes(10 * LIMIT))
    with pytest.raises(UnsupportedPhoto):
        download(connect_pipeline, photo_step(bomb, **{"Content-Encoding": "gzip"}))


def test_a_photo_that_trickles_in_ends_as_unavailable(connect_pipeline: ConnectPipeline) -> None:
    ticks = count(step=60)
    with serving(photo_step(JPEG)) as server, connect_pipeline(server.url) as pipeline:
        photos = replace(pipeline.photos, clock=lambda: float(next(ticks)))
        with pytest.raises(PhotoUnavailable) as error:
            photos.download(CLAIM)
    assert not error.value.counts_attempt


@contextmanager
def dripping(part: str) -> Iterator[tuple[str, threading.Event]]:
    """A Storage that sends a byte of its headers, its body or an error's now and then, for some seconds.

    The event is set when it has sent everything.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = b"HTTP/1.1 400 Bad Request" if part == "error" else b"HTTP/1.1 200 OK"
            head = status + b"\r\nContent-Type: image/jpeg\r\nConnection: close\r\n"
            self.close_connection = True
            with suppress(ConnectionError):
                if part != "silence":
                    self.wfile.write(head)
                if part in ("body", "error"):
                    self.wfile.write(b"\r\n")
                for place in range(150):
                    if closing.wait(0.02):
                        return
                    if part == "headers":
                        self.wfile.write(f"X-{place}: 1\r\n".encode())
                    elif part != "silence":
                        self.wfile.write(JPEG[place % len(JPEG) : place % len(JPEG) + 1])
                if part in ("headers", "silence"):
                    self.wfile.write((head if part == "silence" else b"") + b"\r\n" + JPEG)
                complete.set()

        def log_message(self, *_: object) -> None:
            pass

    closing, complete = threading.Event(), threading.Event()
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}", complete
        closing.set()


@pytest.mark.parametrize("part", ["headers", "body", "error", "silence"])
def test_a_storage_that_drips_or_hangs_holds_no_worker(connect_pipeline: ConnectPipeline, part: str) -> None:
    """Each byte arrives in time, and all of them never would."""
    with dripping(part) as (url, complete), connect_pipeline(url) as pipeline:
        photos = replace(pipeline.photos, timeout_s=0.3)
        with pytest.raises(PhotoUnavailable, match=r"within 0\.3 s") as error:
            photos.download(CLAIM)
        assert not complete.is_set()
    assert not error.value.counts_attempt


def test_an_error_without_end_is_read_in_part(connect_pipeline: ConnectPipeline) -> None:
    with pytest.raises(PhotoUnavailable):
        download(connect_pipeline, (400, {"Content-Type": "application/json"}, b'{"a": "' + bytes(5 * LIMIT)))


@pytest.mark.parametrize("declared", [*STARTS, "image/heif", "text/html", "application/octet-stream", ""])
@pytest.mark.parametrize("actual", STARTS)
def test_declared_type_and_first_bytes_must_agree(
    connect_pipeline: ConnectPipeline, declared: str, actual: str
) -> None:
    agree = declared == actual or (declared, actual) == ("image/heif", "image/heic")
    for spelling in (declared, f"{declared.upper()}; charset=UTF-8"):
        if agree:
            assert download(connect_pipeline, photo_step(STARTS[actual], spelling)) == STARTS[actual]
        else:
            with pytest.raises(PhotoTypeMismatch):
                download(connect_pipeline, photo_step(STARTS[actual], spelling))


@pytest.mark.parametrize(
    "photo", [b"", b"\xff\xd8", b"<!doctype html>", b" %PDF-1.7 ...", b"PK\x03\x04" + bytes(60), b"\x7fELF" + bytes(60)]
)
def test_a_file_that_is_not_an_image_is_not_sent_to_the_ocr_service(
    connect_pipeline: ConnectPipeline, photo: bytes
) -> None:
    with pytest.raises(UnsupportedPhoto) as error:
        download(connect_pipeline, photo_step(photo))
    assert (error.value.code, error.value.retryable) == (UnsupportedImage.code, False)


@given(
    start=strategies.one_of(
        strategies.binary(max_size=40),
        strategies.builds(
            bytes.__add__,
            strategies.sampled_from([*STARTS.values(), b"\0\0\0\x18ftyp", b"RIFF"]).map(lambda start: start[:12]),
            strategies.binary(max_size=20),
        ),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_functions_and_ocr_service_recognise_the_same_formats(start: bytes) -> None:
    try:
        image_format(start)
        recognised = True
    except UnsupportedImage:
        recognised = False
    assert bool(image_types.content_types(start[: image_types.SIGNATURE_BYTES])) is recognised
    assert set(MEDIA_TYPES) == set(STARTS)


@pytest.mark.parametrize("error", [PhotoTooLarge, PhotoTypeMismatch, UnsupportedPhoto])
def test_a_photo_that_cannot_be_read_is_not_retried(error: type[ReceiptError]) -> None:
    assert not error.retryable
