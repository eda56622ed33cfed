"""Fan-out: asks several providers about one number at the same time, within a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.barcode.connections import Connections
from functions.barcode.fetch import FetchError
from functions.barcode.providers.base import ProviderConfig, ProviderFetch, ProviderOutcome, Report, Result
from functions.core.logs import get_logger

REFUSALS = (ProviderOutcome.QUOTA, ProviderOutcome.AUTH, ProviderOutcome.CLOSED)


@dataclass(frozen=True)
class Providers:
    """The enabled providers by name, and the connections to them."""

    connections: Connections
    configs: dict[str, ProviderConfig]

    @classmethod
    def of(cls, connections: Connections, configs: Iterable[ProviderConfig]) -> Providers:
        return cls(connections, {config.name: config for config in configs})

    def ask(self, configs: Sequence[ProviderConfig], gtin14: str, now: datetime, timeout_s: float) -> list[Report]:
        """Ask `configs` for at most `timeout_s`, or until one of them returns a product with a Korean name.

        Never raises: each provider's failure is its outcome. A provider that is cancelled because of another's hit is
        `SKIPPED`.
        """
        return self.connections.loop.run(self._ask(configs, gtin14, now, timeout_s)) if configs else []

    async def _ask(
        self, configs: Sequence[ProviderConfig], gtin14: str, now: datetime, timeout_s: float
    ) -> list[Report]:
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout_s
        client = self.connections.client
        fetches = [ProviderFetch(client, config.settings.max_bytes, config.hosts, config.headers) for config in configs]
        tasks = [
            asyncio.create_task(_ask_one(config, gtin14, fetch, now))
            for config, fetch in zip(configs, fetches, strict=True)
        ]
        satisfied = False
        pending: set[asyncio.Task[Result]] = set(tasks)
        while pending and not satisfied and (left_s := deadline - clock()) > 0:
            finished, pending = await asyncio.wait(pending, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            products = [task.result().product for task in finished]
            satisfied = any(product and product.has_korean_name for product in products)
        for task in pending:
            task.cancel()  # not awaited, because closing a connection takes time too
        cancelled = Result(ProviderOutcome.SKIPPED if satisfied else ProviderOutcome.TRANSIENT)
        return [
            Report(config, (fetch.provisional or cancelled) if task in pending else task.result(), now, fetch.calls)
            for config, task, fetch in zip(configs, tasks, fetches, strict=True)
        ]


async def _ask_one(config: ProviderConfig, gtin14: str, fetch: ProviderFetch, now: datetime) -> Result:
    """A refusal that names no time gets one from the settings, so that the provider is not asked again at once."""
    result = await _classify(config, gtin14, fetch, now)
    if result.outcome in REFUSALS and not result.until:
        return replace(result, until=now + timedelta(seconds=config.settings.closed_for_s))
    return result


async def _classify(config: ProviderConfig, gtin14: str, fetch: ProviderFetch, now: datetime) -> Result:
    try:
        async with asyncio.timeout(config.settings.timeout_s):
            return await config.provider.ask(gtin14, fetch, now)
    except TimeoutError:
        get_logger().warning("provider timed out", provider=config.name)
        return fetch.provisional or Result(ProviderOutcome.TRANSIENT)
    except FetchError as error:
        get_logger().warning("provider call failed", provider=config.name, reason=str(error))
        return fetch.provisional or Result(ProviderOutcome.TRANSIENT)
    except Exception as error:
        # One provider must not stop the others. The message is not logged: it may quote the response or the URL.
        get_logger().error("provider response not understood", provider=config.name, error=type(error).__name__)
        return fetch.provisional or Result(ProviderOutcome.INVALID)
