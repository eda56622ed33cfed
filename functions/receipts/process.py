"""One receipt, from claimed to done: download, read, store. May run twice and may die anywhere.

Dying leaves the lease to run out, after which the receipt is claimed again; running twice ends in `stale` for the
one that comes second.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import structlog

from functions.core.errors import ReceiptError
from functions.core.logs import get_logger
from functions.receipts.photos import Photos
from functions.receipts.queue import Claim, Queue
from functions.receipts.reader import Reader


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
        with structlog.contextvars.bound_contextvars(receipt_id=str(claim.id), attempt=claim.attempts):
            try:
                photo = self.photos.download(claim)
                outcome = self.queue.complete(claim, self.reader.read(photo, request_id))
                get_logger().info("receipt processed", outcome=outcome, photo_bytes=len(photo))
            except ReceiptError as error:
                outcome = self.queue.fail(claim, error)
                get_logger().warning("receipt not read", outcome=outcome, code=error.code, detail=error.detail)
            return outcome

    def process_one(self, receipt_id: UUID, request_id: str) -> str:
        """Process the named receipt, if it is due and nobody else has it; `skipped` otherwise."""
        claim = self.queue.claim(request_id, receipt_id)
        return self.process(claim, request_id) if claim else "skipped"

    def sweep(
        self,
        request_id: str,
        *,
        budget_s: float,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> dict[str, int]:
        """Process due receipts until none is left or `budget_s` seconds are over.

        Returns:
            How many receipts ended in each outcome.

        Raises:
            BackendUnavailable: Supabase could not be reached.
        """
        deadline = clock() + budget_s

        def work() -> list[str]:
            outcomes = []
            while clock() < deadline and (claim := self.queue.claim(request_id)):
                outcomes.append(self.process(claim, request_id))
            return outcomes

        counts = {"done": 0, "queued": 0, "failed": 0, "stale": 0}
        with ThreadPoolExecutor(workers, thread_name_prefix="sweep") as pool:
            # Each worker gets the context of its own, so that its log lines carry the request id.
            futures = [pool.submit(contextvars.copy_context().run, work) for _ in range(workers)]
        for future in futures:
            for outcome in future.result():
                counts[outcome] += 1
        return counts
