"""Waiting for what another process does."""

from __future__ import annotations

import threading
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], patience_s: float = 60) -> None:
    """Ask until it holds; fails after `patience_s` seconds."""
    pause = threading.Event()
    for _ in range(int(patience_s / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("The condition did not come true.")
