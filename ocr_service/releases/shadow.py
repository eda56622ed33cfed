"""Shadow mode: after the champion the challenger predicts the same names, or reads the same lines, for metrics."""

import logging
from collections.abc import Callable, Sequence
from queue import Full, Queue
from threading import Thread
from typing import Generic

from ocr_service.live_model import In, Out, Serving
from ocr_service.metrics import Metrics

log = logging.getLogger(__name__)

MAX_WAITING = 32
"""Batches that may wait for the challenger. Further ones are skipped: requests never wait."""


class Shadow(Generic[In, Out]):
    """A listener of a model, with its own thread."""

    def __init__(
        self, metrics: Metrics, answer: Callable[[Out], str], *, every: int = 1, max_waiting: int = MAX_WAITING
    ) -> None:
        """answer: what the models have to agree on. every: of so many batches one is compared."""
        self._metrics = metrics
        self._answer = answer
        self._every = every
        self._seen = 0
        self._batches: Queue[tuple[Serving[In, Out], Sequence[In], Sequence[Out]] | None] = Queue(max_waiting)
        self._thread = Thread(target=self._run, name="shadow", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Compare the waiting batches, then stop the thread."""
        self._batches.put(None)
        self._thread.join()

    def listen(self, serving: Serving[In, Out], inputs: Callable[[], Sequence[In]], predictions: Sequence[Out]) -> None:
        """Queue a batch if there is a challenger and its turn has come."""
        if serving.challenger is None:
            return
        self._seen += 1
        if (self._seen - 1) % self._every:
            return
        try:
            if self._batches.full():  # before the inputs are made
                raise Full
            self._batches.put_nowait((serving, inputs(), predictions))
        except Full:
            self._metrics.shadow_dropped.inc()

    def _run(self) -> None:
        while batch := self._batches.get():
            try:
                self._compare(*batch)
            except (
                Exception
            ) as error:  # must not stop the thread; only its type is logged: the text may contain what was read
                log.warning("the challenger failed", extra={"error": type(error).__name__})

    def _compare(self, serving: Serving[In, Out], inputs: Sequence[In], predictions: Sequence[Out]) -> None:
        assert serving.challenger is not None  # noqa: S101 - `listen` checks it
        for ours, theirs in zip(predictions, serving.challenger.predict(inputs), strict=True):
            agree = self._answer(ours) == self._answer(theirs)
            self._metrics.shadow(serving.champion.version, serving.challenger.version, agree=agree)
