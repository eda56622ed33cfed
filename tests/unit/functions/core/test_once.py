"""Things that are built once per process, although many first requests arrive together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.core.concurrency import once


def test_many_threads_at_once_build_once() -> None:
    builds: list[int] = []
    gate = threading.Barrier(20)

    @once
    def build() -> object:
        builds.append(1)
        return object()

    def first_request(_: int) -> object:
        gate.wait()
        return build()

    with ThreadPoolExecutor(20) as pool:
        results = set(pool.map(first_request, range(20)))
    assert (len(results), builds) == (1, [1])


def test_a_failure_is_not_kept() -> None:
    attempts: list[int] = []

    @once
    def build() -> int:
        attempts.append(1)
        if len(attempts) == 1:
            raise ValueError("not configured")
        return len(attempts)

    with pytest.raises(ValueError, match="not configured"):
        build()
    assert (build(), build()) == (2, 2)
