"""What is this barcode? Our own tables, then providers tier by tier, and an answer in time that says what is known.

find ──▶ known? ──▶ answer; when stale, have the sweep refresh it
  │ no
begin ──▶ somebody asks already? ──▶ wait for their answer
  │ our turn
tier by tier: reserve calls ▸ ask together ▸ hit? stop
  │
finish: store product, miss or what was tried; give unused calls back
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from functions.barcode import responses
from functions.barcode.fan_out import Member, Providers, Report
from functions.barcode.food_types import category_of
from functions.barcode.gtin import Kind, Scan, parse
from functions.barcode.inquiry import Inquiry
from functions.barcode.providers.base import Found, Outcome, Result
from functions.barcode.responses import CacheState
from functions.barcode.settings import BarcodeSettings
from functions.barcode.store import Known, Products
from functions.core.auth import User
from functions.core.errors import FunctionError, NotNameable
from functions.core.logs import get_logger
from functions.ocr.categories import Guess, NameClassifier

# What a provider itself says about the kind of a product we take for sure, but people mislabel there too.
PROVIDER_CONFIDENCE = 0.95
POLL_EVERY_S = 0.1
# With less time than this nobody is asked any more.
SHORTEST_ASKING_S = 0.05


@dataclass(frozen=True)
class Lookup:
    """Answers for users who wait, and looks up for the sweep what could not be said at once."""

    products: Products
    providers: Providers
    classifier: NameClassifier
    settings: BarcodeSettings
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def answer(self, scanned: str, user: User) -> dict[str, Any]:
        """What is known about a scan, see `answers`.

        Raises:
            InvalidBarcode: it is not the number of a product; nobody was asked.
            BackendUnavailable, BackendRefused: the database.
        """
        deadline = self.monotonic() + self.settings.barcode_budget_s
        scan = parse(scanned)
        if scan.kind is Kind.IN_STORE:
            return responses.in_store_code(scan)
        now = self.clock()
        known = self.products.find(scan.gtin14, user)
        if known.product and known.product.expires_at and known.product.expires_at <= now:
            self._refresh_later(scan.gtin14, now)
            return responses.found(scan, known.product, CacheState.STALE, now)
        if known.product or (known.miss and known.miss.retry_after > now):
            return self._told(scan, known, CacheState.FRESH)
        if scan.kind is Kind.PUBLICATION:
            return responses.not_found(scan, CacheState.NEW, now)  # those we could ask know food
        return self._ask(scan, user, deadline)

    def name(self, scanned: str, name: str, category: str | None, quantity: str | None, user: User) -> dict[str, Any]:
        """Keep what a user says a product is, and answer as they will be from now on.

        Raises:
            InvalidBarcode, NotNameable, UnusableName, UnknownCategory: nothing was kept.
            BackendUnavailable, BackendRefused: the database.
        """
        scan = parse(scanned)
        if scan.kind is not Kind.PRODUCT:
            raise NotNameable("Such codes are given to different goods.")
        if category is None and (guess := self._guess(name, self.settings.classifier_timeout_s)):
            category = guess.code
        shared = self.products.name(user, scan.gtin14, name, category, quantity)
        return {
            **self._told(scan, self.products.find(scan.gtin14, user), CacheState.NEW),
            "shared": shared,
        }

    def drain(self, budget_s: float) -> dict[str, int]:
        """Look up waiting barcodes for `budget_s` seconds, within the sweep's share of the quotas.

        Returns:
            How many were found, not_found, or stay incomplete.

        Raises:
            BackendUnavailable, BackendRefused: the database.
        """
        end = self.monotonic() + budget_s
        counts: Counter[str] = Counter({"found": 0, "not_found": 0, "incomplete": 0})
        while self.monotonic() < end:
            waiting = self.products.claim(self.clock(), self.settings.barcode_lease_s)
            if waiting is None:
                break
            deadline = self.monotonic() + self.settings.longest_lookup_s
            inquiry = Inquiry(waiting.gtin14, deadline, self.settings.barcode_sweep_share)
            self._inquire(inquiry)
            counts[self._finish(inquiry, waiting.lease_token, self.settings.classifier_timeout_s)] += 1
            if not inquiry.reports and inquiry.refused:
                break  # nobody can be asked at present
        return dict(counts)

    def _ask(self, scan: Scan, user: User, deadline: float) -> dict[str, Any]:
        asking_ends = deadline - self.settings.barcode_reserve_s
        turn = self.products.begin(scan.gtin14, self.clock(), self.settings.barcode_lease_s)
        while turn.state == "busy" and self.monotonic() < asking_ends:
            self.sleep(POLL_EVERY_S)
            turn = self.products.begin(scan.gtin14, self.clock(), self.settings.barcode_lease_s)
        if turn.state == "settled":
            return self._told(scan, self.products.find(scan.gtin14, user), CacheState.FRESH)
        if turn.state == "later" and turn.until:
            return responses.incomplete(scan, turn.tried, (turn.until - self.clock()).total_seconds())
        if turn.state == "busy":
            return responses.incomplete(scan, (), 1)
        inquiry = Inquiry(scan.gtin14, asking_ends, 1)
        self._inquire(inquiry)
        outcome = self._finish(inquiry, turn.token, deadline - self.monotonic() - self.settings.barcode_reserve_s / 2)
        if outcome == responses.Outcome.INCOMPLETE:
            return responses.incomplete(scan, inquiry.tried, self.settings.barcode_failure_ttl_s)
        return self._told(scan, self.products.find(scan.gtin14, user), CacheState.NEW)

    def _told(self, scan: Scan, known: Known, state: CacheState) -> dict[str, Any]:
        if known.product:
            return responses.found(scan, known.product, state, self.clock())
        return responses.not_found(scan, state, self.clock(), known.miss)

    def _inquire(self, inquiry: Inquiry) -> None:
        """Ask tier after tier until one has the product. Each later tier is left a part of the time."""
        tiers = [
            [self.providers.members[name] for name in tier if name in self.providers.members]
            for tier in self.settings.barcode_tiers
        ]
        tiers = [tier for tier in tiers if tier]
        for later, tier in zip(reversed(range(len(tiers))), tiers, strict=True):
            self._ask_tier(inquiry, tier, inquiry.deadline - later * self.settings.barcode_last_tier_s)
            if inquiry.best:
                return

    def _ask_tier(self, inquiry: Inquiry, tier: Sequence[Member], deadline: float) -> None:
        now = self.clock()
        closed = {m.provider.name: until for m in tier if (until := m.provider.closed_until(now))}
        inquiry.refused.update({name: Result(Outcome.CLOSED, until=until) for name, until in closed.items()})
        wanted = [member for member in tier if member.provider.name not in closed]
        while wanted and (left := deadline - self.monotonic()) > SHORTEST_ASKING_S:
            granted, refused = self.products.take_calls(wanted, now, left + 1, inquiry.share)
            inquiry.refused.update(refused)
            left = deadline - self.monotonic()
            inquiry.reports += self._within_limits(self.providers.ask(granted, inquiry.gtin14, now, left), now)
            # One that is busy with another barcode is free again soon.
            wanted = [m for m in wanted if (r := refused.get(m.provider.name)) and r.outcome is Outcome.SKIPPED]
            if inquiry.best or not wanted:
                return
            self.sleep(POLL_EVERY_S)
            now = self.clock()
        inquiry.refused.update({m.provider.name: Result(Outcome.SKIPPED) for m in wanted})

    def _within_limits(self, reports: Sequence[Report], now: datetime) -> list[Report]:
        """Give a refusal that names no time one, so that the provider is left alone for a while."""
        return [
            Report(
                report.member,
                Result(report.result.outcome, until=now + timedelta(seconds=report.member.settings.closed_for_s)),
                report.used,
            )
            if report.result.outcome in (Outcome.QUOTA, Outcome.AUTH, Outcome.CLOSED) and not report.result.until
            else report
            for report in reports
        ]

    def _finish(self, inquiry: Inquiry, token: UUID | None, time_to_guess_s: float) -> responses.Outcome:
        now = self.clock()
        settings = self.settings
        outcome = responses.Outcome.INCOMPLETE
        result: dict[str, Any]
        if inquiry.best:
            outcome = responses.Outcome.FOUND
            result = {"product": self._row(*inquiry.best, now, time_to_guess_s)}
        elif inquiry.all_missed:
            outcome = responses.Outcome.NOT_FOUND
            result = {
                "miss_seconds": settings.barcode_miss_ttl_s,
                "longest_miss_seconds": settings.barcode_longest_miss_s,
                "keep_seconds": settings.barcode_hit_ttl_s,
            }
        else:
            open_again = [r.until for r in inquiry.results.values() if r.outcome is not Outcome.MISS and r.until]
            result = {
                "tried": [each.model_dump(mode="json") for each in inquiry.tried],
                "failure_seconds": settings.barcode_failure_ttl_s,
                "not_before": min(open_again).isoformat() if open_again else None,
            }
        self.products.finish(inquiry.gtin14, token, now, {"outcome": outcome, **result}, inquiry.reports)
        get_logger().info(
            "providers asked",
            outcome=outcome,
            providers={name: str(result.outcome) for name, result in inquiry.results.items()},
        )
        return outcome

    def _row(self, source: str, found: Found, now: datetime, time_to_guess_s: float) -> dict[str, Any]:
        category = category_of(found.kinds)
        confidence: float | None = PROVIDER_CONFIDENCE
        if category is None:
            guess = self._guess(found.name, time_to_guess_s)
            category, confidence = (guess.code, guess.confidence) if guess else (None, None)
        fresh_s = self.settings.barcode_hit_ttl_s if category else self.settings.barcode_no_category_ttl_s
        return {
            "name": found.name[:200],
            "brand": found.brand,
            "category": category,
            "confidence": confidence,
            "quantity_text": found.quantity,
            "image_url": found.image_url,
            "source": source,
            "payload": found.payload,
            "expires_at": (now + timedelta(seconds=fresh_s)).isoformat(),
        }

    def _guess(self, name: str, seconds: float) -> Guess | None:
        limit = min(seconds, self.settings.classifier_timeout_s)
        return self.classifier.guess(name, limit) if limit > SHORTEST_ASKING_S else None

    def _refresh_later(self, gtin14: str, now: datetime) -> None:
        try:
            self.products.request(gtin14, now)
        except FunctionError as error:
            get_logger().warning("a stale product was not queued", code=error.code)  # the next scan does it
