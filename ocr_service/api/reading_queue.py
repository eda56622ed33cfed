"""One photo is read at a time, a few wait, further requests are rejected."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeVar

from ocr_service.errors import Busy, ClientDisconnected, TimedOut
from ocr_service.metrics import Metrics

T = TypeVar("T")


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

    A slot is reserved once the body of a request is complete, so that slow senders hold none.
    """

    def __init__(
        self,
        executor: ThreadPoolExecutor,
        *,
        waiting: int,
        queue_timeout_s: float,
        read_timeout_s: float,
        retry_after_seconds: int,
        metrics: Metrics,
    ) -> None:
        """`executor` has one worker.

        Args:
            waiting: how many jobs may wait besides the running one.
            queue_timeout_s: how long a job may wait for its turn.
            read_timeout_s: how long it may run.
        """
        self._executor = executor
        self._queue_timeout_s = queue_timeout_s
        self._read_timeout_s = read_timeout_s
        self._slots = waiting + 1
        self._reserved = 0
        self._retry_after = retry_after_seconds
        self._metrics = metrics

    def check(self) -> None:
        """Raises Busy if all slots are taken."""
        if self._reserved >= self._slots:
            raise Busy("Too many photos are waiting.", self._retry_after)

    def reserve(self) -> Slot:
        """Reserve a slot. Raises Busy if all are taken."""
        self.check()
        self._change(+1)
        return Slot(lambda: self._change(-1))

    async def run(self, slot: Slot, job: Callable[[], T], *, client_disconnected: Coroutine[None, None, None]) -> T:
        """Run `job` in its turn and release the slot when it ends.

        A job that has not started when an error is raised never starts; one that has started keeps its slot until it
        ends.

        Raises:
            Busy: its turn did not come in time.
            TimedOut: it ran too long.
            ClientDisconnected: `client_disconnected` completed first.
            What the job raises.
        """
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()

        def take_turn() -> T:
            loop.call_soon_threadsafe(_complete, turn)
            return job()

        future: Future[T] = self._executor.submit(copy_context().run, take_turn)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(slot.release))
        result = asyncio.wrap_future(future)
        disconnection = asyncio.create_task(client_disconnected)

        async def first(*waits: asyncio.Future[Any], timeout_s: float) -> None:
            futures: list[asyncio.Future[Any]] = [result, disconnection, *waits]
            await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)

        try:
            await first(turn, timeout_s=self._queue_timeout_s)
            # A job that cannot be cancelled has just started.
            if not turn.done() and not result.done() and not disconnection.done() and future.cancel():
                raise Busy("The photos before this one took too long.", self._retry_after)
            if not disconnection.done():
                await first(timeout_s=self._read_timeout_s)
            if result.done():
                return result.result()
            if disconnection.done():
                raise ClientDisconnected("The client disconnected.")
            raise TimedOut("Reading the photo took too long.")
        finally:
            disconnection.cancel()
            result.cancel()
            with suppress(asyncio.CancelledError):
                await disconnection

    def _change(self, by: int) -> None:
        self._reserved += by
        self._metrics.in_flight.set(self._reserved)
        self._metrics.queue_depth.set(max(0, self._reserved - 1))


def _complete(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
