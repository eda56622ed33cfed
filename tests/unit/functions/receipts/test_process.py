"""A watching sweep during outages of Supabase. test_pipeline.py has the pipeline as a whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from functions.core.errors import BackendRefused, BackendUnavailable
from functions.receipts.process import Pipeline
from tests.support.outages import GATEWAY_ERROR, NO_ROWS, REFUSAL, each_outage
from tests.support.scripted import Step, serving

ConnectPipeline = Callable[[str], AbstractContextManager[Pipeline]]


class Clock:
    """Advances only by waiting."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@each_outage
def test_a_watch_continues_through_an_outage(connect_pipeline: ConnectPipeline, outage: Step) -> None:
    clock = Clock()
    with serving(*[outage] * 6, *[NO_ROWS] * 7) as server, connect_pipeline(server.url) as pipeline:
        counts = pipeline.sweep("r", budget_s=10, workers=2, poll_s=1, clock=clock, wait=clock.wait)
    assert counts == {"done": 0, "queued": 0, "failed": 0, "stale": 0}
    assert len(server.seen) == 13  # three polls of two attempts each, then seven that find no receipt


def test_a_watch_that_ends_during_an_outage_reports_it(connect_pipeline: ConnectPipeline) -> None:
    clock = Clock()
    with (
        serving(NO_ROWS, *[GATEWAY_ERROR] * 18) as server,
        connect_pipeline(server.url) as pipeline,
        pytest.raises(BackendUnavailable),
    ):
        pipeline.sweep("r", budget_s=10, workers=2, poll_s=1, clock=clock, wait=clock.wait)
    assert clock.now == 10


def test_a_refusal_ends_a_watch_and_its_threads(connect_pipeline: ConnectPipeline) -> None:
    before = threading.active_count()
    with (
        serving(REFUSAL) as server,
        connect_pipeline(server.url) as pipeline,
        pytest.raises(BackendRefused),
    ):
        pipeline.sweep("r", budget_s=10, workers=2, poll_s=1, clock=Clock())
    assert threading.active_count() == before
