"""Work side by side in threads, each with the context of its starter, so that its log lines carry the request id."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from functions.core.logs import get_logger

P = ParamSpec("P")
T = TypeVar("T")


def submit(pool: ThreadPoolExecutor, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> Future[T]:
    """Start `work` in the pool."""
    context = contextvars.copy_context()
    return pool.submit(lambda: context.run(work, *args, **options))


def together(*works: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same time; answers in the order given.

    Raises:
        what the first of them raised, once all have ended: none is cut off by another's failure. What others raised is
        logged.
    """
    with ThreadPoolExecutor(len(works)) as pool:
        running = [submit(pool, work) for work in works]
    errors = [error for future in running if (error := future.exception())]
    for error in errors[1:]:
        get_logger().error("failed as well", exc_info=error)
    return [future.result() for future in running]
