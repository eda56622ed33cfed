"""HTTP connections to providers, on an event loop of their own.

Only on an event loop can a call be cancelled at any point: while connecting, in the middle of a header, or between two
bytes that arrive a second apart. Connections stay open between lookups.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self, TypeVar

import httpx

from functions.barcode.fetch import Fetch, FetchError, Reply
from functions.barcode.settings import ServerSettings

T = TypeVar("T")


class EventLoop:
    """An event loop on its own thread, for synchronous code. Ends with the process or with `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="providers", daemon=True)
        self._thread.start()

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and return its result."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(call, self._loop)
        return future.result()

    def close(self) -> None:
        """Cancel the remaining tasks and end the thread."""
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_others() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@cache
def _tls() -> ssl.SSLContext:
    """Cached, because loading the certificates takes longer than most lookups."""
    return httpx.create_ssl_context(trust_env=False)


class Connections:
    """A pool of HTTP connections and the event loop it lives on. A context manager, for use in a short process.

    Attributes:
        loop: runs every call.
        client: has no timeout, each call sets its own; and takes no cookies.
    """

    def __init__(self) -> None:
        for logger in ("httpx", "httpcore"):
            logging.getLogger(logger).setLevel(logging.WARNING)  # at lower levels they log URLs, which contain keys
        self.loop = EventLoop()
        # Kept cookies would grow until servers refuse the header, and name sessions that have expired.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self.client = httpx.AsyncClient(timeout=None, trust_env=False, verify=_tls(), cookies=no_cookies)  # noqa: S113

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.run(self.client.aclose())
        self.loop.close()

    def get(self, url: str, settings: ServerSettings) -> Reply:
        """GET `url` within the provider's timeout and size limit. Raises: FetchError."""
        fetch = Fetch(self.client, settings.max_bytes)
        return self.loop.run(_with_timeout(fetch.get(url), settings.timeout_s))


async def _with_timeout(call: Coroutine[Any, Any, Reply], timeout_s: float) -> Reply:
    try:
        async with asyncio.timeout(timeout_s):
            return await call
    except TimeoutError:
        raise FetchError("timeout") from None
