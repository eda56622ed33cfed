"""Asks several providers about one number at the same time, and waits for nobody longer than there is time.

The calls run on an event loop of their own: only there can a call be cut off at any point, be it while connecting, in
the middle of a header or between two bytes that come a second apart. Connections stay open between lookups.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import httpx

from functions.barcode.fetch import Fetch, FetchError, Reply
from functions.barcode.providers.base import Outcome, Provider, Result
from functions.barcode.settings import ProviderSettings
from functions.core.logs import get_logger

T = TypeVar("T")
_HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True)
class Member:
    """A provider that may be asked, with what calling it needs."""

    provider: Provider
    settings: ProviderSettings
    headers: dict[str, str] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Report:
    """What asking one provider came to, and how many calls it took."""

    member: Member
    result: Result
    used: int = 0

    @property
    def name(self) -> str:
        return self.member.provider.name


class EventLoop:
    """An event loop on a thread of its own, for code that is not asynchronous. Ends with the process, or by `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="providers", daemon=True)
        self._thread.start()

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that runs on the loop."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(call, self._loop)
        return future.result()

    def close(self) -> None:
        """Cancel what still runs and end the thread."""
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
    """Reading the certificates takes longer than most lookups."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True)
class Providers:
    """All providers by name, and the connections to them."""

    loop: EventLoop
    client: httpx.AsyncClient
    members: dict[str, Member]

    @classmethod
    def connect(cls, members: Sequence[Member]) -> Providers:
        """Makes no call yet. Whoever asks sets the limit, so the client has none."""
        for logger in ("httpx", "httpcore"):
            logging.getLogger(logger).setLevel(logging.WARNING)  # below that they quote URLs, and keys are in those
        client = httpx.AsyncClient(timeout=None, trust_env=False, verify=_tls())  # noqa: S113
        return cls(EventLoop(), client, {member.provider.name: member for member in members})

    def close(self) -> None:
        self.loop.run(self.client.aclose())
        self.loop.close()

    def ask(self, members: Sequence[Member], gtin14: str, now: datetime, seconds: float) -> list[Report]:
        """Ask `members`, for at most `seconds`, and no longer than until one has a Korean name for the product.

        Never raises: whatever a provider does is its outcome. One that is cut off by a hit elsewhere is skipped.
        """
        return self.loop.run(self._ask(members, gtin14, now, seconds)) if members else []

    def get(self, url: str, settings: ProviderSettings) -> Reply:
        """One answer outside a lookup, within the provider's limits. Raises: FetchError."""
        return self.loop.run(_limited(Fetch(self.client, settings.max_bytes).get(url), settings.timeout_s))

    async def _ask(self, members: Sequence[Member], gtin14: str, now: datetime, seconds: float) -> list[Report]:
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        fetches = [Fetch(self.client, m.settings.max_bytes, m.hosts, m.headers) for m in members]
        tasks = [
            asyncio.create_task(_outcome(member, gtin14, fetch, now))
            for member, fetch in zip(members, fetches, strict=True)
        ]
        satisfied = False
        pending: set[asyncio.Task[Result]] = set(tasks)
        while pending and not satisfied and (left := deadline - clock()) > 0:
            done, pending = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            satisfied = any((found := task.result().found) and _HANGUL.search(found.name) for task in done)
        for task in pending:
            task.cancel()  # and not awaited: hanging up takes time as well
        cut = Result(Outcome.SKIPPED if satisfied else Outcome.TRANSIENT)
        return [
            Report(member, cut if task in pending else task.result(), fetch.used)
            for member, task, fetch in zip(members, tasks, fetches, strict=True)
        ]


async def _limited(call: Coroutine[Any, Any, Reply], seconds: float) -> Reply:
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise FetchError("no answer in time") from None


async def _outcome(member: Member, gtin14: str, fetch: Fetch, now: datetime) -> Result:
    name = member.provider.name
    try:
        async with asyncio.timeout(member.settings.timeout_s):
            return await member.provider.ask(gtin14, fetch, now)
    except TimeoutError:
        get_logger().warning("provider did not answer in time", provider=name)
        return Result(Outcome.TRANSIENT)
    except FetchError as error:
        get_logger().warning("provider gave no usable answer", provider=name, reason=str(error))
        return Result(Outcome.TRANSIENT)
    except Exception as error:
        # One provider never stops the others. The message stays out of the log: it may quote the answer or the URL.
        get_logger().error("provider could not be understood", provider=name, error=type(error).__name__)
        return Result(Outcome.INVALID)
