"""Reads the photos of a run again, slowly enough that users' photos come first. May be interrupted at any time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import uuid4

import structlog

from functions.core.concurrency import submit
from functions.core.errors import BackendUnavailable, OcrUnavailable, PhotoUnavailable, ReceiptError
from functions.core.logs import get_logger
from functions.ocr.receipts import LEAST_URGENT, OcrReader
from functions.receipts.photos import PhotoStorage
from functions.receipts.queue import ReceiptQueue
from functions.rereading.runs import Due, Run

BATCH = 50
"""Receipts that are fetched at once."""
USER_WAITS_S = 3.0
"""A user's receipt that is open for longer than a reading takes finds the readers busy."""
MOST_PAUSES = 60
"""Seconds for which one photo waits until no user does."""
OUTAGES = 10
"""Outages in a row after which the task stops: the pauses between them add up to eight minutes."""


class Interrupted(Exception):
    """The run cannot continue now. Started again, it resumes."""


@dataclass
class Pace:
    """Lets through at most `per_second` calls, and only one per minute while users wait.

    A receipt may wait for hours for a reason that has nothing to do with load, and must not stop the run.

    users_wait: whether users' own receipts wait to be read.
    """

    per_second: float
    users_wait: Callable[[], bool]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next_at: float = field(default=float("-inf"), init=False)

    def wait(self) -> None:
        """Return when the next photo may be read. For one thread."""
        pauses = 0
        while pauses < MOST_PAUSES and self.users_wait():
            self.sleep(1)
            pauses += 1
        now = self.clock()
        if self._next_at > now:
            self.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / self.per_second


def users_wait(queue: ReceiptQueue) -> bool:
    """Whether users' receipts wait to be read, or the database does not tell."""
    try:
        return queue.waiting(USER_WAITS_S).of_users > 0
    except BackendUnavailable as error:
        get_logger().warning("waiting users not counted", code=error.code, detail=error.detail)
        return True


@dataclass
class Task:
    """One of the tasks of a run, task `number` (from 0) of `tasks`, which reads `workers` photos at the same time.

    progress: called after each receipt with the counts of outcomes so far.
    """

    run: Run
    photos: PhotoStorage
    reader: OcrReader
    pace: Pace
    number: int = 0
    tasks: int = 1
    workers: int = 1
    progress: Callable[[Counter[str]], None] = lambda counts: None
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _outages: int = field(default=0, init=False)

    def read_all(self) -> Counter[str]:
        """Read what is left to read. Returns the number of receipts by outcome.

        Raises:
            Interrupted: the OCR service, Storage or the database is down, or the service reads with other models.
            BackendRefused: the database refused a call.
        """
        counts: Counter[str] = Counter()
        while due := self._due():
            self._read(due, counts)
        get_logger().info("photos were read again", run=self.run.name, task=self.number, **counts)
        return counts

    def _due(self) -> list[Due]:
        while True:
            try:
                return self.run.due(self.number, self.tasks, BATCH)
            except BackendUnavailable as error:
                self._pause(error.code, error.detail)

    def _read(self, batch: list[Due], counts: Counter[str]) -> None:
        idle, errors = threading.Semaphore(self.workers), list[Exception]()

        def work(due: Due) -> None:
            try:
                outcome = self._read_one(due)
                with self._lock:
                    counts[outcome] += 1
                    self.progress(counts)
            except Exception as error:
                errors.append(error)
            finally:
                idle.release()

        with ThreadPoolExecutor(self.workers, thread_name_prefix="reread") as pool:
            for due in batch:
                idle.acquire()
                if errors:
                    break
                self.pace.wait()
                submit(pool, work, due)
        if errors:
            raise errors[0]

    def _read_one(self, due: Due) -> str:
        """Read one receipt. Returns its outcome; `waiting` if it is to be tried again."""
        request_id = uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id, receipt_id=str(due.receipt_id)):
            try:
                return self._attempt(due, request_id)
            except (OcrUnavailable, BackendUnavailable) as error:
                # It says nothing about the photo. If only the response was lost, `begin` says so next time.
                return self._pause(error.code, error.detail)

    def _attempt(self, due: Due, request_id: str) -> str:
        if (path := self.run.begin(due.receipt_id)) is None:
            return "skipped"
        try:
            photo = self.photos.download(due.model_copy(update={"object_path": path}))
            result = self.reader.read(photo, request_id, str(due.receipt_id), urgency=LEAST_URGENT)
            outcome = self.run.store(due.receipt_id, result)
        except OcrUnavailable:
            raise
        except PhotoUnavailable as error:
            if self.run.postpone(due.receipt_id, error.code) == "waiting":
                return self._pause(error.code, error.detail)
            get_logger().warning("photo not read again", outcome="failed", code=error.code, detail=error.detail)
            return "failed"
        except ReceiptError as error:
            outcome = self.run.fail(due.receipt_id, error.code, is_final=not error.retryable)
            get_logger().warning("photo not read again", outcome=outcome, code=error.code, detail=error.detail)
        if outcome == "other_models":
            return self._pause(outcome, "The OCR service reads with other models than those of the run.")
        with self._lock:
            self._outages = 0
        get_logger().info("photo read again", outcome=outcome)
        return outcome

    def _pause(self, code: str, detail: str) -> str:
        with self._lock:
            self._outages += 1
            outages = self._outages
        get_logger().warning("photo not read again", outcome="waiting", code=code, detail=detail)
        if outages >= OUTAGES:
            raise Interrupted(detail)
        self.pace.sleep(min(120.0, 2.0**outages))
        return "waiting"
