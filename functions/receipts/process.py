"""Processes receipts: claim, download, read, store. Any step may run twice or be interrupted.

If a worker dies, its lease expires and the receipt is claimed again. If two workers process the same receipt, the
second outcome is `stale` and discarded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from functions.core import tracing
from functions.core.concurrency import submit
from functions.core.errors import BackendUnavailable, FunctionError, ReceiptError
from functions.core.logs import get_logger
from functions.ocr.receipts import OcrReader
from functions.receipts.photos import PhotoStorage
from functions.receipts.queue import COUNT_BATCH, Claim, ReceiptQueue

LONG_WAIT_S = 60
"""After this time an open receipt counts as waiting. Reading takes seconds."""


@dataclass(frozen=True)
class Pipeline:
    """Processing with its three services."""

    queue: ReceiptQueue
    photos: PhotoStorage
    reader: OcrReader

    def process(self, claim: Claim) -> str:
        """Process one claimed receipt.

        Returns:
            `done`, `queued` (it will be retried), `failed`, or `stale` (another worker's outcome counts).

        Raises:
            BackendUnavailable: the outcome could not be stored; the receipt is claimed again when the lease ends.
        """
        start = time.monotonic()
        with (
            structlog.contextvars.bound_contextvars(
                request_id=claim.request_id,
                receipt_id=str(claim.id),
                attempt=claim.attempts,
                canary=claim.is_canary,
            ),
            tracing.receipt(str(claim.id), claim.attempts, is_canary=claim.is_canary),
        ):
            try:
                with tracing.step("download"):
                    photo = self.photos.download(claim)
                with tracing.step("ocr"):
                    result = self.reader.read(photo, claim.request_id, str(claim.id), urgency=claim.ahead)
                with tracing.call_sql("complete_receipt"):
                    outcome = self.queue.complete(claim, result)
                # How long the user waited, in seconds: the SLO in infra/modules/monitoring is measured from this line.
                waited_s = round(claim.waited_s + time.monotonic() - start, 3)
                get_logger().info("receipt processed", outcome=outcome, photo_bytes=len(photo), waited_s=waited_s)
            except ReceiptError as error:
                with tracing.call_sql("fail_receipt"):
                    outcome = self.queue.fail(claim, error)
                get_logger().warning("receipt not read", outcome=outcome, code=error.code, detail=error.detail)
            return outcome

    def process_one(self, receipt_id: UUID, request_id: str) -> str:
        """Process the receipt with that id if it is due and not leased; `skipped` otherwise."""
        claim = self.queue.claim(request_id, receipt_id)
        return self.process(claim) if claim else "skipped"

    def recover_lost(self) -> dict[str, int]:
        """Queue photos that the trigger missed, and end attempts whose workers died.

        Returns:
            The counts `missed` and `given_up`.

        Raises:
            BackendUnavailable: Supabase was unreachable.
        """
        given_up = self.queue.give_up()
        for receipt_id, code in given_up:
            get_logger().warning("receipt not read", receipt_id=receipt_id, outcome="failed", code=code)
        missed, still_missing = self.queue.queue_missed()
        if missed or still_missing:
            get_logger().error("photos without a receipt", queued=missed, waiting=still_missing)
        # The alert on outages counts these lines (infra/modules/monitoring/platform.tf).
        waiting = self.queue.waiting(LONG_WAIT_S)
        if waiting.receipts:
            get_logger().warning("receipts are waiting", **waiting.model_dump())
        return {"missed": missed, "given_up": len(given_up)}

    def count(self, budget_s: float, clock: Callable[[], float] = time.monotonic) -> int:
        """Count changed receipts for monitoring until all are counted, or for `budget_s` seconds.

        Returns:
            The number of changes.

        Raises:
            BackendUnavailable: Supabase was unreachable.
        """
        deadline, total = clock() + budget_s, 0
        while True:
            changes = self.queue.count_changes()
            total += changes
            if changes < COUNT_BATCH or clock() >= deadline:
                return total

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

        Each attempt gets a request id of its own, because a sweep reads many receipts; `sweep_id` is that of the sweep.
        Without `poll_s` the sweep ends as soon as no receipt is due. With it the sweep polls every `poll_s` seconds
        until its budget ends, and waits out an outage of Supabase.

        Returns:
            The number of receipts per outcome.

        Raises:
            BackendUnavailable: Supabase was unreachable; with `poll_s`, only if it still is at the end.
            The first exception of a worker, after all workers have finished; its receipt stays leased until the lease
            ends.
        """
        # A lease starts with the claim, so a receipt is only claimed when a worker is idle.
        idle_workers = threading.Semaphore(workers)
        counts = {"done": 0, "queued": 0, "failed": 0, "stale": 0}
        # Only the first is kept: the traceback of an exception keeps its photo in memory.
        first_error: list[Exception] = []
        lock = threading.Lock()

        def work(claim: Claim) -> None:
            try:
                outcome = self.process(claim)
                with lock:
                    counts[outcome] += 1
            except Exception as error:
                _log(error, receipt_id=str(claim.id), request_id=claim.request_id)
                with lock:
                    first_error[:] = first_error or [error]
            finally:
                idle_workers.release()

        with (
            structlog.contextvars.bound_contextvars(sweep_id=request_id),
            ThreadPoolExecutor(workers, thread_name_prefix="sweep") as pool,
        ):
            for claim in self._claims(idle_workers, clock() + budget_s, poll_s, clock, wait):
                submit(pool, work, claim)
        if first_error:
            raise first_error[0]
        return counts

    def _claims(
        self,
        idle_workers: threading.Semaphore,
        deadline: float,
        poll_s: float | None,
        clock: Callable[[], float],
        wait: Callable[[float], None],
    ) -> Iterator[Claim]:
        """Claims until the sweep ends. Each has acquired `idle_workers`, which the consumer must release."""
        outage: BackendUnavailable | None = None
        while (left_s := deadline - clock()) > 0 and idle_workers.acquire(timeout=left_s):
            claim = None
            try:
                claim = self.queue.claim(uuid4().hex)
                outage = None
            except BackendUnavailable as error:
                if outage is None:
                    get_logger().warning("receipts cannot be claimed", code=error.code, detail=error.detail)
                outage = error
            if claim:
                yield claim
                continue
            idle_workers.release()
            if poll_s is None:
                break
            wait(max(0.0, min(poll_s, deadline - clock())))
        if outage:
            raise outage


def _log(error: Exception, **context: str) -> None:
    """Log an exception at once: the caller of the sweep only sees it when the sweep ends, up to a minute later."""
    if isinstance(error, FunctionError):
        get_logger().warning("outcome not stored", code=error.code, detail=error.detail, **context)
    else:
        get_logger().exception("unexpected error", **context)
