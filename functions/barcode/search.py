"""Searches the providers for one barcode, tier by tier."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from functions.barcode.fan_out import Providers
from functions.barcode.providers.base import Product, ProviderConfig, ProviderOutcome, Report, Result
from functions.barcode.quota_windows import WHOLE, Share
from functions.barcode.settings import BarcodeSettings
from functions.barcode.store import ProductStore, ProviderAttempt

POLL_INTERVAL_S = 0.1
# Between attempts at a provider that another process is calling; one thread per process waits for it in this way.
BUSY_POLL_INTERVAL_S = 0.03
# With less time left, no provider is asked.
MIN_CALL_S = 0.05


_ASKED = Result(ProviderOutcome.MISS)


@dataclass
class SearchResult:
    """What the providers returned for one barcode.

    Attributes:
        reports: of the providers that were asked.
        refusals: why the others were not, by provider.
    """

    reports: list[Report] = field(default_factory=list)
    refusals: dict[str, Result] = field(default_factory=dict)

    @property
    def by_provider(self) -> dict[str, Result]:
        """The result of each provider in the tiers that were reached."""
        return {**self.refusals, **{report.name: report.result for report in self.reports}}

    @property
    def best(self) -> tuple[str, Product] | None:
        """The preferred hit and its provider: a Korean name first, then the order of the tiers."""
        hits = [(report.name, report.result.product) for report in self.reports if report.result.product]
        return min(hits, key=lambda hit: not hit[1].has_korean_name, default=None)

    def set_aside(self, name: str) -> None:
        """Treat the hit of a provider as unusable."""
        self.reports = [
            replace(report, result=Result(ProviderOutcome.INVALID)) if report.name == name else report
            for report in self.reports
        ]

    @property
    def all_missed(self) -> bool:
        return all(result.outcome is ProviderOutcome.MISS for result in self.by_provider.values())

    @property
    def attempts(self) -> list[ProviderAttempt]:
        return [
            ProviderAttempt(provider=name, outcome=result.outcome, until=result.until)
            for name, result in self.by_provider.items()
        ]

    @property
    def next_opening(self) -> datetime | None:
        """When the first provider that gave no answer can be asked again, if known."""
        results = self.by_provider.values()
        times = [result.until for result in results if result.outcome is not ProviderOutcome.MISS and result.until]
        return min(times, default=None)


@dataclass(frozen=True)
class ProviderSearch:
    """Reserves calls in the quotas and asks the providers of `settings.barcode_tiers`.

    Attributes:
        turn: held by the thread that calls providers which must not be called in parallel. The others wait here
            rather than ask the database again and again.
    """

    store: ProductStore
    providers: Providers
    settings: BarcodeSettings
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    turn: threading.Lock = field(default_factory=threading.Lock)

    def run(self, gtin14: str, deadline: float, share: Share = WHOLE) -> SearchResult:
        """Ask tier after tier until a provider has the product.

        Args:
            deadline: on the monotonic clock; each later tier has a part of the time reserved.
            share: the part of each quota that the search may use.

        Raises:
            BackendUnavailable, BackendRefused: the database failed.
        """
        search = SearchResult()
        configs = self.providers.configs
        tiers = [[configs[name] for name in tier if name in configs] for tier in self.settings.barcode_tiers]
        tiers = [tier for tier in tiers if tier]
        for later_tiers, tier in zip(reversed(range(len(tiers))), tiers, strict=True):
            tier_deadline = deadline - later_tiers * self.settings.barcode_last_tier_s
            self._ask_tier(search, tier, gtin14, tier_deadline, share)
            if search.best:
                break
        return search

    def _ask_tier(
        self, search: SearchResult, tier: Sequence[ProviderConfig], gtin14: str, deadline: float, share: Share
    ) -> None:
        now = self.clock()
        closed = {config.name: until for config in tier if (until := config.provider.closed_until(now))}
        search.refusals.update({name: Result(ProviderOutcome.CLOSED, until=until) for name, until in closed.items()})
        remaining = [config for config in tier if config.name not in closed]
        exclusive = [config for config in remaining if config.provider.one_at_a_time]
        has_turn = not exclusive or self.turn.acquire(blocking=False)
        ready = remaining if has_turn else [config for config in remaining if config not in exclusive]
        try:
            while remaining and (left_s := deadline - self.monotonic()) > MIN_CALL_S:
                granted, refusals = self.store.reserve_calls(ready, now, left_s + 1, share)
                search.refusals.update(refusals)
                search.reports += self.providers.ask(granted, gtin14, now, deadline - self.monotonic())
                # A provider that is busy with another barcode becomes available again soon.
                remaining = [
                    config
                    for config in remaining
                    if config not in ready or refusals.get(config.name, _ASKED).outcome is ProviderOutcome.SKIPPED
                ]
                if search.best or not remaining:
                    return
                if has_turn:
                    self.sleep(BUSY_POLL_INTERVAL_S)
                else:
                    has_turn = self.turn.acquire(timeout=max(0, deadline - self.monotonic() - MIN_CALL_S))
                    if not has_turn:
                        break
                ready, now = remaining, self.clock()
            search.refusals.update({config.name: Result(ProviderOutcome.SKIPPED) for config in remaining})
        finally:
            if exclusive and has_turn:
                self.turn.release()
