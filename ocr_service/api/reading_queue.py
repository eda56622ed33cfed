"""One photo is read at a time, a few wait, further requests are rejected: the most urgent first."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ocr_service.errors import Busy, ClientDisconnected, TimedOut
from ocr_service.metrics import Metrics

T = TypeVar("T")

DEFAULT_URGENCY = 3
"""Of a request without a valid Priority header (RFC 9218)."""
URGENCY = re.compile(r"(?:^|,)[ \t]*u=([0-7])[ \t]*(?=[;,]|$)")


def urgency_of(priority: str) -> int:
    """The urgency, 0 (first) to 7, in a Priority header (RFC 9218, section 4.1); the last one counts."""
    found = URGENCY.findall(priority)
    return int(found[-1]) if found else DEFAULT_URGENCY


@dataclass(eq=False)
class _Place:
    """A job that waits, or runs."""

    urgency: int
    number: int
    job: Callable[[], Any]
    context: Context = field(default_factory=copy_context)
    turn: asyncio.Future[asyncio.Future[Any]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    """The result of the job, once it runs; Busy if a more urgent one took the place."""


class ReadingQueue:
    """Runs jobs on a single thread, because the OCR engine is not thread-safe.

    A place is taken once the body of a request is complete, so that slow senders hold none. Among waiting jobs the most
    urgent runs first, and of equally urgent ones the one that has waited longest. A job that finds the queue full takes
    the place of the one that would run last, if that is less urgent. All methods run on the event loop.
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
        self._limit = waiting
        self._queue_timeout_s = queue_timeout_s
        self._read_timeout_s = read_timeout_s
        self._retry_after = retry_after_seconds
        self._metrics = metrics
        self._waiting: list[_Place] = []
        self._running = False
        self._jobs = 0

    def check(self, urgency: int = DEFAULT_URGENCY) -> None:
        """Raises Busy if a job of this urgency would find no place."""
        if self._is_full() and not any(place.urgency > urgency for place in self._waiting):
            raise Busy("Too many photos are waiting.", self._retry_after)

    async def run(
        self,
        job: Callable[[], T],
        *,
        urgency: int = DEFAULT_URGENCY,
        client_disconnected: Coroutine[None, None, None],
    ) -> T:
        """Run `job` in its turn.

        A job that has not started when an error is raised never starts; one that has started keeps the engine until it
        ends.

        Raises:
            Busy: there was no place, its turn did not come in time, or a more urgent job took its place.
            TimedOut: it ran too long.
            ClientDisconnected: `client_disconnected` completed first.
            What the job raises.
        """
        disconnection = asyncio.ensure_future(client_disconnected)
        place: _Place | None = None
        try:
            place = self._enter(job, urgency)
            await _first(place.turn, disconnection, timeout_s=self._queue_timeout_s)
            if not place.turn.done():
                if disconnection.done():
                    raise ClientDisconnected("The client disconnected.")
                raise Busy("The photos before this one took too long.", self._retry_after)
            result: asyncio.Future[T] = place.turn.result()
            await _first(result, disconnection, timeout_s=self._read_timeout_s)
            if result.done():
                return result.result()
            if disconnection.done():
                raise ClientDisconnected("The client disconnected.")
            raise TimedOut("Reading the photo took too long.")
        finally:
            if place is not None:
                self._leave(place)
            disconnection.cancel()
            with suppress(asyncio.CancelledError):
                await disconnection

    def _is_full(self) -> bool:
        return self._running and len(self._waiting) >= self._limit

    def _enter(self, job: Callable[[], Any], urgency: int) -> _Place:
        self.check(urgency)
        if self._is_full():
            displaced = max(self._waiting, key=_order)
            self._waiting.remove(displaced)
            displaced.turn.set_exception(Busy("A more urgent photo took the place of this one.", self._retry_after))
        self._jobs += 1
        place = _Place(urgency, self._jobs, job)
        self._waiting.append(place)
        self._advance()
        return place

    def _leave(self, place: _Place) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
            self._report()
        elif place.turn.done():
            place.turn.exception()  # a cancelled request takes no note of it

    def _advance(self) -> None:
        """Start the next job if none runs."""
        if self._waiting and not self._running:
            place = min(self._waiting, key=_order)
            self._waiting.remove(place)
            self._running = True
            loop = asyncio.get_running_loop()
            future = self._executor.submit(place.context.run, place.job)
            future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._ended))
            result = asyncio.wrap_future(future)
            # If the client has gone, no code retrieves the error, and asyncio would log that.
            result.add_done_callback(lambda done: done.cancelled() or done.exception())
            place.turn.set_result(result)
        self._report()

    def _ended(self) -> None:
        self._running = False
        self._advance()

    def _report(self) -> None:
        self._metrics.in_flight.set(self._running + len(self._waiting))
        self._metrics.queue_depth.set(len(self._waiting))


def _order(place: _Place) -> tuple[int, int]:
    return place.urgency, place.number


async def _first(*futures: asyncio.Future[Any], timeout_s: float) -> None:
    await asyncio.wait(futures, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
