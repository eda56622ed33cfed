"""The functions' client of Supabase where a gateway answers with errors of its own, as in an outage of the database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
import requests

from functions.core.errors import BackendRefused, BackendUnavailable, PhotoMissing, PhotoUnavailable
from functions.core.settings import Settings
from functions.core.supabase import connect
from functions.ocr.client import OcrClient
from functions.receipts.photos import SupabasePhotos
from functions.receipts.process import Pipeline
from functions.receipts.queue import Claim, SupabaseQueue
from tests.support.scripted import Step, json_step, serving

GATEWAY: Step = (503, {"Content-Type": "text/html"}, b"<html>Service Temporarily Unavailable</html>")
NO_DATABASE = json_step(
    503, {"code": "PGRST002", "message": "Could not query the database", "details": None, "hint": None}
)
CUT_OFF = json_step(500, {"code": "57014", "message": "canceling statement", "details": None, "hint": None})
REFUSED = json_step(400, {"code": "22P02", "message": "invalid input", "details": None, "hint": None})
NOTHING_DUE = json_step(200, [])
OUTAGES = pytest.mark.parametrize("outage", [GATEWAY, NO_DATABASE, CUT_OFF], ids=["gateway", "PGRST002", "57014"])


@contextmanager
def pipeline(url: str) -> Iterator[Pipeline]:
    settings = Settings(
        supabase_url=url,
        supabase_secret_key="sb_secret_unit_test",
        supabase_publishable_key="sb_publishable_unit_test",
        ocr_service_url=url,
    )
    client = connect(settings)
    with requests.Session() as session:
        yield Pipeline(
            queue=SupabaseQueue(client, settings.receipt_lease_s),
            photos=SupabasePhotos(client, settings.photo_max_bytes),
            reader=OcrClient(session, url, lambda: None, connect_timeout_s=1, timeout_s=1, patience_s=0),
        )
    client.options.httpx_client.close()


class Clock:
    """Goes on by what is waited."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@OUTAGES
def test_a_server_error_is_asked_again_once(outage: Step) -> None:
    with serving(outage, NOTHING_DUE) as server, pipeline(server.url) as made:
        assert made.queue.claim("r") is None
    assert len(server.seen) == 2


@OUTAGES
def test_a_server_error_that_stays_is_an_outage(outage: Step) -> None:
    with serving(outage, outage) as server, pipeline(server.url) as made, pytest.raises(BackendUnavailable):
        made.queue.claim("r")


def test_a_refusal_is_none() -> None:
    with serving(REFUSED) as server, pipeline(server.url) as made, pytest.raises(BackendRefused) as refused:
        made.queue.claim("r")
    assert refused.value.sqlstate == "22P02"


@OUTAGES
def test_a_watch_goes_on_through_an_outage(outage: Step) -> None:
    clock = Clock()
    with serving(*[outage] * 6, *[NOTHING_DUE] * 7) as server, pipeline(server.url) as made:
        counts = made.sweep("r", budget_s=10, workers=2, poll_s=1, clock=clock, wait=clock.wait)
    assert counts == {"done": 0, "queued": 0, "failed": 0, "stale": 0}
    assert len(server.seen) == 13  # three seconds of two tries, then seven that find nothing


def test_a_watch_that_ends_in_an_outage_says_so() -> None:
    clock = Clock()
    with (
        serving(NOTHING_DUE, *[GATEWAY] * 18) as server,
        pipeline(server.url) as made,
        pytest.raises(BackendUnavailable),
    ):
        made.sweep("r", budget_s=10, workers=2, poll_s=1, clock=clock, wait=clock.wait)
    assert clock.now == 10


def test_a_refusal_ends_a_watch_and_no_thread_is_left() -> None:
    clock: Callable[[], float] = Clock()
    before = threading.active_count()
    with serving(REFUSED) as server, pipeline(server.url) as made, pytest.raises(BackendRefused):
        made.sweep("r", budget_s=10, workers=2, poll_s=1, clock=clock)
    assert threading.active_count() == before


CLAIM = Claim(
    id=UUID(int=1),
    user_id=UUID(int=2),
    bucket="ocr",
    object_path="photo.jpg",
    object_version="1",
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
    ],
)
def test_a_photo_is_not_missing_because_storage_is_away(answer: Step) -> None:
    with serving(answer, answer) as server, pipeline(server.url) as made, pytest.raises(PhotoUnavailable) as error:
        made.photos.download(CLAIM)
    assert not error.value.counts_attempt


def test_a_photo_that_storage_does_not_have_is_missing() -> None:
    gone = json_step(400, {"statusCode": "404", "error": "not_found", "message": "Object not found"})
    with serving(gone) as server, pipeline(server.url) as made, pytest.raises(PhotoMissing):
        made.photos.download(CLAIM)
