"""Waits for something that another process or thread does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

POLL_S = 0.02


def wait_until(
    condition: Callable[[], object], message: str = "The condition did not come true.", timeout_s: float = 120
) -> None:
    """Poll until `condition` returns something true; fails with `message` after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, message
        pause.wait(POLL_S)
