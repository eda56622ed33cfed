"""Shadow mode: the challenger predicts the same names after the champion, for metrics only."""

import logging
from collections.abc import Sequence
from queue import Full, Queue
from threading import Thread

from ocr_service.category.classifier import Prediction
from ocr_service.category.live_model import Serving
from ocr_service.metrics import Metrics

log = logging.getLogger(__name__)

MAX_WAITING = 32
"""Batches that may wait for the challenger. Further ones are skipped: requests never wait."""

Batch = tuple[Serving, Sequence[str], Sequence[Prediction]]


class Shadow:
    """A listener of the category model, with its own thread."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._batches: Queue[Batch | None] = Queue(MAX_WAITING)
        self._thread = Thread(target=self._run, name="shadow", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Compare the waiting batches, then stop the thread."""
        self._batches.put(None)
        self._thread.join()

    def listen(self, serving: Serving, names: Sequence[str], predictions: Sequence[Prediction]) -> None:
        """Queue a batch if there is a challenger."""
        if serving.challenger is None:
            return
        try:
            self._batches.put_nowait((serving, names, predictions))
        except Full:
            self._metrics.shadow_dropped.inc()

    def _run(self) -> None:
        while batch := self._batches.get():
            try:
                self._compare(*batch)
            except (
                Exception
            ) as error:  # must not stop the thread; only its type is logged: the text may contain item names
                log.warning("the challenger failed", extra={"error": type(error).__name__})

    def _compare(self, serving: Serving, names: Sequence[str], predictions: Sequence[Prediction]) -> None:
        assert serving.challenger is not None  # noqa: S101 - `listen` checks it
        for ours, theirs in zip(predictions, serving.challenger.predict(names), strict=True):
            self._metrics.shadow(serving.champion.version, serving.challenger.version, agree=ours.code == theirs.code)
