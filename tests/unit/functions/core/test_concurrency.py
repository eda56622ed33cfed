"""Tasks that run at the same time."""

from __future__ import annotations

import json
import threading

import pytest
import structlog

from functions.core import logs
from functions.core.concurrency import run_concurrently
from functions.core.logs import get_logger


def test_results_come_in_the_order_of_the_tasks() -> None:
    barrier = threading.Barrier(3)

    def task(number: int) -> int:
        barrier.wait(30)  # passes only if all three run at the same time
        return number

    assert run_concurrently(lambda: task(1), lambda: task(2), lambda: task(3)) == [1, 2, 3]


def test_a_failure_does_not_cancel_the_others_and_further_failures_are_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()
    failed = threading.Event()
    finished: list[bool] = []

    def fail(error: Exception) -> None:
        failed.set()
        raise error

    def work() -> None:
        failed.wait(30)
        get_logger().info("task finished")
        finished.append(True)

    with structlog.contextvars.bound_contextvars(request_id="req-1"), pytest.raises(ValueError, match="first"):
        run_concurrently(lambda: fail(ValueError("first")), work, lambda: fail(KeyError("second")))
    assert finished == [True]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["message"], line["request_id"]) for line in lines] == [
        ("task finished", "req-1"),
        ("another task failed", "req-1"),
    ]
