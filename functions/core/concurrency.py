"""Run work in threads, each with the log context (request id) of the thread that started it; build things once."""

from __future__ import annotations

import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from functions.core.logs import get_logger

P = ParamSpec("P")
T = TypeVar("T")


def once(build: Callable[[], T]) -> Callable[[], T]:
    """`functools.cache` for a function without arguments, which runs once although threads call it at the same time.

    The first requests of an instance arrive together, and building their clients 50 times takes seconds.
    """
    cached, lock = functools.cache(build), threading.RLock()

    @functools.wraps(build)
    def built() -> T:
        with lock:
            return cached()

    return built


def submit(pool: ThreadPoolExecutor, task: Callable[P, T], *args: P.args, **options: P.kwargs) -> Future[T]:
    """Start `task` in the pool with a copy of the current context."""
    context = contextvars.copy_context()
    return pool.submit(lambda: context.run(task, *args, **options))


def within(seconds: float, task: Callable[[], T]) -> T:
    """The result of `task`, which runs in a thread of its own.

    Raises:
        TimeoutError: it takes longer. It is left behind, and has to end by itself.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(task())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()
    return outcome.result(seconds)


def run_concurrently(*tasks: Callable[[], Any]) -> list[Any]:
    """Run all tasks at the same time and return their results in the order of the arguments.

    Raises:
        The first exception, re-raised after all tasks have finished; a failure does not cancel the others. Further
        exceptions are logged.
    """
    with ThreadPoolExecutor(len(tasks)) as pool:
        futures = [submit(pool, task) for task in tasks]
    errors = [error for future in futures if (error := future.exception())]
    for error in errors[1:]:
        get_logger().error("another task failed", exc_info=error)
    return [future.result() for future in futures]
