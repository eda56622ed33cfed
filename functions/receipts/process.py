"""One receipt, from claimed to done: download, read, store. May run twice and may die anywhere.

Dying leaves the lease to run out, after which the receipt is claimed again; running twice ends in `stale` for the
one that comes second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import structlog

from functions.core.concurrency import submit
from functions.core.errors import BackendUnavailable, FunctionError, ReceiptError
from functions.core.logs import get_logger
from functions.ocr.client import Reader
from functions.receipts.photos import Photos
from functions.receipts.queue import Claim, Queue


@dataclass(frozen=True)
class Pipeline:
    """The three parties that reading a receipt needs."""

    queue: Queue
    photos: Photos
    reader: Reader

    def process(self, claim: Claim, request_id: str) -> str:
        """Carry one claimed receipt to its next state.

        Returns:
            `done`, `queued` (to be tried again), `failed`, or `stale` (another worker's outcome counts).

        Raises:
            BackendUnavailable: the outcome could not be stored; the lease will run out and the work is redone.
        """
        start = time.monotonic()
        with structlog.contextvars.bound_contextvars(receipt_id=str(claim.id), attempt=claim.attempts):
            try:
                photo = self.photos.download(claim)
                outcome = self.queue.complete(claim, self.reader.read(photo, request_id))
                # What its user waited, in seconds; infra/modules/monitoring takes the promise's figures from this line.
                waited_s = round(claim.waited_s + time.monotonic() - start, 3)
                get_logger().info("receipt processed", outcome=outcome, photo_bytes=len(photo), waited_s=waited_s)
            except ReceiptError as error:
                outcome = self.queue.fail(claim, error)
                get_logger().warning("receipt not read", outcome=outcome, code=error.code, detail=error.detail)
            return outcome

    def process_one(self, receipt_id: UUID, request_id: str) -> str:
        """Process the named receipt, if it is due and nobody else has it; `skipped` otherwise."""
        claim = self.queue.claim(request_id, receipt_id)
        return self.process(claim, request_id) if claim else "skipped"

    def tidy(self) -> dict[str, int]:
        """Queue photos that were missed, and end receipts over which workers died until their attempts ran out.

        Returns:
            How many of each: `missed`, `given_up`.

        Raises:
            BackendUnavailable: Supabase could not be reached.
        """
        given_up = self.queue.give_up()
        for receipt_id in given_up:
            get_logger().warning("receipt not read", receipt_id=receipt_id, outcome="failed", code="attempts_exhausted")
        missed, waiting = self.queue.queue_missed()
        if missed or waiting:
            get_logger().error("photos without a receipt", queued=missed, waiting=waiting)
        return {"missed": missed, "given_up": len(given_up)}

    def sweep(
        self,
        request_id: str,
        *,
        budget_s: float,
        workers: int,
        poll_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> dict[str, int]:
        """Process due receipts, `workers` of them at a time, for `budget_s` seconds.

        Without `poll_s` it ends as soon as none is due. With it the sweep watches: it looks again every `poll_s`
        seconds until its time is over, and an outage of Supabase only makes it wait.

        Returns:
            How many receipts ended in each outcome.

        Raises:
            BackendUnavailable: Supabase could not be reached; for a watch, at its end.
            what broke over a receipt, once all have ended; it is left to the end of its lease.
        """
        # A lease runs from the claim on, so nothing is claimed before somebody is free to work on it.
        free = threading.Semaphore(workers)
        counts = {"done": 0, "queued": 0, "failed": 0, "stale": 0}
        # Only one is kept: with its traceback an error holds on to the photo it happened over.
        broken: list[Exception] = []

        def work(claim: Claim) -> None:
            try:
                outcome = self.process(claim, request_id)
                with ending:
                    counts[outcome] += 1
            except Exception as error:
                _log(error, receipt_id=str(claim.id))
                with ending:
                    broken[:] = broken or [error]
            finally:
                free.release()

        ending = threading.Lock()
        with ThreadPoolExecutor(workers, thread_name_prefix="sweep") as pool:
            for claim in self._due(request_id, free, clock() + budget_s, poll_s, clock, wait):
                submit(pool, work, claim)
        if broken:
            raise broken[0]
        return counts

    def _due(
        self,
        request_id: str,
        free: threading.Semaphore,
        deadline: float,
        poll_s: float | None,
        clock: Callable[[], float],
        wait: Callable[[float], None],
    ) -> Iterator[Claim]:
        """Claims, each with a place of `free` taken for it, until the sweep is over."""
        outage: BackendUnavailable | None = None
        while (left_s := deadline - clock()) > 0 and free.acquire(timeout=left_s):
            claim = None
            try:
                claim = self.queue.claim(request_id)
                outage = None
            except BackendUnavailable as error:
                if outage is None:
                    get_logger().warning("nothing can be claimed", code=error.code, detail=error.detail)
                outage = error
            if claim:
                yield claim
                continue
            free.release()
            if poll_s is None:
                break
            wait(max(0.0, min(poll_s, deadline - clock())))
        if outage:
            raise outage


def _log(error: Exception, **about: str) -> None:
    """Say at once what broke, since whoever waits for the sweep hears of it a minute later."""
    if isinstance(error, FunctionError):
        get_logger().warning("outcome not stored", code=error.code, detail=error.detail, **about)
    else:
        get_logger().exception("unexpected error", **about)
