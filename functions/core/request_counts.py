"""How the functions answer, counted in the process and handed to the database now and then, after an answer is out.

Callers do not wait for that, and what cannot be handed in is kept: an outage of the database counts once it is over.
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


class Tally:
    """Counts answers by function and HTTP status.

    Args:
        client: gives the client with the secret key; asked when the first counts are handed in.
        every_s: least seconds between two calls of the database.
        clock: seconds that never go back.
    """

    def __init__(
        self, client: Callable[[], Client], every_s: float = 15, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._every_s = every_s
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, int]] = Counter()
        self._due = float("-inf")

    def counted(self, endpoint: Endpoint) -> Endpoint:
        """The same endpoint, its answers counted under its name."""

        @functools.wraps(endpoint)
        def counting(request: Request) -> Response:
            response = endpoint(request)
            with self._lock:
                self._counts[endpoint.__name__, response.status_code] += 1
            response.call_on_close(self._hand_in)
            return response

        return counting

    def _hand_in(self) -> None:
        with self._lock:
            if self._clock() < self._due:
                return
            self._due = self._clock() + self._every_s
            counts, self._counts = self._counts, Counter()
        rows = [{"function": name, "status": status, "answers": n} for (name, status), n in counts.items()]
        try:
            self._client().rpc("count_api_answers", {"p_answers": rows}).execute()
        except (httpx.HTTPError, APIError) as error:
            with self._lock:
                self._counts += counts
            get_logger().warning("answers not counted yet", error=type(error).__name__)
