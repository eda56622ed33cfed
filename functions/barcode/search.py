"""Searches the providers for one barcode, tier by tier."""

from __future__ import annotations

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
# With less time left, no provider is asked.
MIN_CALL_S = 0.05


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
    """Reserves calls in the quotas and asks the providers of `settings.barcode_tiers`."""

    store: ProductStore
    providers: Providers
    settings: BarcodeSettings
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

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
        while remaining and (left_s := deadline - self.monotonic()) > MIN_CALL_S:
            granted, refusals = self.store.reserve_calls(remaining, now, left_s + 1, share)
            search.refusals.update(refusals)
            search.reports += self.providers.ask(granted, gtin14, now, deadline - self.monotonic())
            # A provider that is busy with another barcode becomes available again soon.
            remaining = [
                config
                for config in remaining
                if config.name in refusals and refusals[config.name].outcome is ProviderOutcome.SKIPPED
            ]
            if search.best or not remaining:
                return
            self.sleep(POLL_INTERVAL_S)
            now = self.clock()
        search.refusals.update({config.name: Result(ProviderOutcome.SKIPPED) for config in remaining})
