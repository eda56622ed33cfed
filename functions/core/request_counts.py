"""Counts responses by function and HTTP status, and writes the counts to the database at intervals.

The write happens after a response has been sent, so clients never wait for it. Counts that could not be written are
kept for the next attempt: an outage of the database delays them but loses none.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable

import httpx
from flask import Request, Response
from postgrest.exceptions import APIError
from supabase import Client

from functions.core.logs import get_logger

Endpoint = Callable[[Request], Response]


class RequestCounter:
    """Counts responses in this process.

    Args:
        client: returns the client with the secret key; first called when counts are written.
        interval_s: minimum time between two writes, in seconds.
        clock: monotonic, in seconds.
    """

    def __init__(
        self, client: Callable[[], Client], interval_s: float = 15, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._interval_s = interval_s
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, int]] = Counter()
        self._next_write = float("-inf")

    def count(self, endpoint: Endpoint) -> Endpoint:
        """Decorator: count the endpoint's responses under its name."""

        @functools.wraps(endpoint)
        def counting_endpoint(request: Request) -> Response:
            response = endpoint(request)
            with self._lock:
                self._counts[endpoint.__name__, response.status_code] += 1
            response.call_on_close(self._write)
            return response

        return counting_endpoint

    def _write(self) -> None:
        with self._lock:
            if self._clock() < self._next_write:
                return
            self._next_write = self._clock() + self._interval_s
            counts, self._counts = self._counts, Counter()
        rows = [{"function": name, "status": status, "answers": n} for (name, status), n in counts.items()]
        try:
            self._client().rpc("count_api_answers", {"p_answers": rows}).execute()
        except (httpx.HTTPError, APIError) as error:
            with self._lock:
                self._counts += counts
            get_logger().warning("request counts not saved", error=type(error).__name__)
