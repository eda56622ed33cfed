"""One photo is read at a time, a few wait, further requests are rejected."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from ocr_service.contract import ReceiptResponse
from ocr_service.errors import Busy, ClientDisconnected, TimedOut
from ocr_service.metrics import Metrics


class Slot:
    """A reserved slot of the queue, released when the job ends or, unused, by `release`."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release = release

    def release(self) -> None:
        """Release the slot. Further calls do nothing."""
        release, self._release = self._release, lambda: None
        release()


class ReadingQueue:
    """Runs jobs on a single thread, because the OCR engine is not thread-safe.

    A slot is reserved before the body of a request is received, so memory is bounded too.
    """

    def __init__(
        self, executor: ThreadPoolExecutor, *, waiting: int, retry_after_seconds: int, metrics: Metrics
    ) -> None:
        """`executor` has one worker; `waiting`: how many jobs may wait besides the running one."""
        self._executor = executor
        self._slots = waiting + 1
        self._reserved = 0
        self._retry_after = retry_after_seconds
        self._metrics = metrics

    def reserve(self) -> Slot:
        """Reserve a slot. Raises Busy if all are taken."""
        if self._reserved >= self._slots:
            raise Busy("Too many photos are waiting.", self._retry_after)
        self._change(+1)
        return Slot(lambda: self._change(-1))

    async def run(
        self,
        slot: Slot,
        job: Callable[[], ReceiptResponse],
        *,
        client_disconnected: Coroutine[None, None, None],
        timeout_seconds: float,
    ) -> ReceiptResponse:
        """Run `job` in its turn and release the slot when it ends.

        Raises what the job raises, TimedOut after `timeout_seconds`, ClientDisconnected when `client_disconnected`
        completes first. In the last two cases a job that has not started is cancelled; one that has started keeps its
        slot until it ends.
        """
        loop = asyncio.get_running_loop()
        future: Future[ReceiptResponse] = self._executor.submit(copy_context().run, job)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(slot.release))
        result = asyncio.wrap_future(future)
        disconnection = asyncio.create_task(client_disconnected)
        try:
            waits: list[asyncio.Future[Any]] = [result, disconnection]
            await asyncio.wait(waits, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
            if result.done():
                return result.result()
            if disconnection.done():
                raise ClientDisconnected("The client disconnected.")
            raise TimedOut("Reading the photo took too long.", self._retry_after)
        finally:
            disconnection.cancel()
            result.cancel()
            with suppress(asyncio.CancelledError):
                await disconnection

    def _change(self, by: int) -> None:
        self._reserved += by
        self._metrics.in_flight.set(self._reserved)
        self._metrics.queue_depth.set(max(0, self._reserved - 1))
