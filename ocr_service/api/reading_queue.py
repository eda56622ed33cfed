"""One picture at a time, a few waiting, the rest sent away."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from ocr_service.contract import ReceiptResponse
from ocr_service.errors import Busy, ClientGone, TimedOut
from ocr_service.metrics import Metrics

Read = Callable[[bytes, str], ReceiptResponse]


class Place:
    """A reserved place in the queue; given back when the reading ends or, unused, by `release`."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release = release

    def release(self) -> None:
        """Give the place back; once."""
        release, self._release = self._release, lambda: None
        release()


class ReadingQueue:
    """Runs readings on a single thread, because the OCR engine is not thread-safe.

    A place is taken before the body of a request is read, so that memory stays bounded too.
    """

    def __init__(
        self, executor: ThreadPoolExecutor, *, waiting: int, retry_after_seconds: int, metrics: Metrics
    ) -> None:
        """`executor` has one worker; `waiting`: how many may wait besides the one being read."""
        self._executor = executor
        self._places = waiting + 1
        self._taken = 0
        self._retry_after = retry_after_seconds
        self._metrics = metrics

    def enter(self) -> Place:
        """Take a place, or raise Busy at once."""
        if self._taken >= self._places:
            raise Busy("too many pictures are waiting", self._retry_after)
        self._change(+1)
        return Place(lambda: self._change(-1))

    async def run(
        self,
        place: Place,
        job: Callable[[], ReceiptResponse],
        *,
        gone: Coroutine[None, None, None],
        timeout_seconds: float,
    ) -> ReceiptResponse:
        """Run `job` in its turn and give the place back when it ends.

        Raises what the job raises, TimedOut after `timeout_seconds`, ClientGone when `gone` completes first. A job
        that has not started by then never will; one that has keeps its place until it ends.
        """
        loop = asyncio.get_running_loop()
        future: Future[ReceiptResponse] = self._executor.submit(copy_context().run, job)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(place.release))
        result = asyncio.wrap_future(future)
        left = asyncio.create_task(gone)
        try:
            waits: list[asyncio.Future[Any]] = [result, left]
            await asyncio.wait(waits, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
            if result.done():
                return result.result()
            if left.done():
                raise ClientGone("the client hung up")
            raise TimedOut("the picture took too long to read", self._retry_after)
        finally:
            left.cancel()
            result.cancel()
            with suppress(asyncio.CancelledError):
                await left

    def _change(self, by: int) -> None:
        self._taken += by
        self._metrics.in_flight.set(self._taken)
        self._metrics.queue_depth.set(max(0, self._taken - 1))
