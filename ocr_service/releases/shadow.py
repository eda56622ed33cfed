"""Shadow mode: the challenger predicts what the champion has answered, afterwards and for the metrics alone."""

import logging
from collections.abc import Sequence
from queue import Full, Queue
from threading import Thread

from ocr_service.category.classifier import Prediction
from ocr_service.category.live_model import Serving
from ocr_service.metrics import Metrics

log = logging.getLogger(__name__)

WAITING = 32
"""Answers that may wait for the challenger. What comes while it is full is left out: requests never wait."""

Answer = tuple[Serving, Sequence[str], Sequence[Prediction]]


class Shadow:
    """A listener of the category model, with a thread of its own."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._answers: Queue[Answer | None] = Queue(WAITING)
        self._thread = Thread(target=self._run, name="shadow", daemon=True)

    def start(self) -> None:
        """Begin to compare."""
        self._thread.start()

    def stop(self) -> None:
        """Compare what is waiting, then end."""
        self._answers.put(None)
        self._thread.join()

    def listen(self, serving: Serving, names: Sequence[str], predictions: Sequence[Prediction]) -> None:
        """Take an answer, if there is a challenger."""
        if serving.challenger is None:
            return
        try:
            self._answers.put_nowait((serving, names, predictions))
        except Full:
            self._metrics.shadow_dropped.inc()

    def _run(self) -> None:
        while answer := self._answers.get():
            try:
                self._compare(*answer)
            except Exception as error:  # a challenger that fails is no champion; its text may hold goods
                log.warning("the challenger failed", extra={"error": type(error).__name__})

    def _compare(self, serving: Serving, names: Sequence[str], predictions: Sequence[Prediction]) -> None:
        assert serving.challenger is not None  # noqa: S101 - `listen` took it for that
        for ours, theirs in zip(predictions, serving.challenger.predict(names), strict=True):
            self._metrics.shadow(serving.champion.version, serving.challenger.version, agree=ours.code == theirs.code)
