"""Looks up barcodes: in our own tables first, then tier by tier at the providers, within a time budget.

find ──▶ stored? ──▶ respond; if stale, queue a refresh for the sweep
  │ no
acquire lease ──▶ held by another worker? ──▶ wait for its result
  │ acquired
search the tiers: reserve calls ▸ fan out ▸ stop at a hit
  │
store the product, the miss or the failed attempts; return unused calls to the quotas
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from functions.barcode import responses
from functions.barcode.food_types import category_of
from functions.barcode.gtin import Kind, Scan, parse
from functions.barcode.providers.base import Product
from functions.barcode.quota_windows import WHOLE, Share
from functions.barcode.responses import CacheState, LookupOutcome
from functions.barcode.search import MIN_CALL_S, POLL_INTERVAL_S, ProviderSearch, SearchResult
from functions.barcode.settings import BarcodeSettings
from functions.barcode.store import LeaseState, ProductRecord, ProductStore, QueuedLookup
from functions.core.auth import User
from functions.core.concurrency import submit
from functions.core.errors import BackendRefused, BackendUnavailable, FunctionError, NotNameable, RateLimited
from functions.core.logs import get_logger
from functions.ocr.categories import NameClassifier, Prediction, is_classifiable

# A provider's category is reliable, but providers contain wrong entries too.
PROVIDER_CONFIDENCE = 0.95
NON_FOOD = "non_food"
# Lookups at a time, as many as requests that an instance gets (infra/workloads.tf).
MAX_LOOKUPS = 64
# Parts of the reserve for responding, which takes longer if many lookups end at once, and for storing before it. The
# rest is the classifier's.
RESPONDING, STORING = 1 / 2, 1 / 4
# Longer than any field of a product that is worth keeping.
MAX_PAYLOAD_CHARACTERS = 100_000


@dataclass(frozen=True)
class Lookup:
    """Responds to waiting users, and looks up queued barcodes for the sweep."""

    store: ProductStore
    search: ProviderSearch
    classifier: NameClassifier
    settings: BarcodeSettings
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(MAX_LOOKUPS, "lookup"))

    def answer(self, scanned: str, user: User, arrived_at: float | None = None) -> dict[str, Any]:
        """The response to a scan: outcome, message, barcode, product, and what was tried; see `responses`.

        Args:
            arrived_at: when the request arrived, on the monotonic clock; the time budget begins then, or now.

        Raises:
            InvalidBarcode: it is not a product number; no provider was asked.
            RateLimited: the user looked up too many unknown products today; no provider was asked.
            BackendUnavailable, BackendRefused: the database failed.
        """
        begin = self.monotonic() if arrived_at is None else arrived_at
        deadline = begin + self.settings.barcode_budget_s
        scan = parse(scanned)
        if scan.kind is Kind.IN_STORE:
            return responses.in_store_code(scan)
        now = self.clock()
        record = self.store.find(scan.gtin14, user)
        if record.product and record.product.expires_at and record.product.expires_at <= now:
            self._queue_refresh(scan.gtin14, now)
            return responses.found(scan, record.product, CacheState.STALE, now)
        if record.product or (record.miss and record.miss.retry_after > now):
            return self._respond(scan, record, CacheState.FRESH)
        if scan.kind is Kind.PUBLICATION:
            return responses.not_found(scan, CacheState.NEW, now)  # the providers only have food
        return self._look_up_until(scan, user, deadline)

    def add_name(
        self, scanned: str, name: str, category: str | None, quantity: str | None, user: User
    ) -> dict[str, Any]:
        """Store a user's name for a product and return the response that the user's scans get from then on.

        Raises:
            InvalidBarcode, NotNameable, UnusableName, UnknownCategory, RateLimited: nothing was stored.
            Unauthorized: the database refused the user's token; nothing was stored.
            BackendUnavailable, BackendRefused: the database failed.
        """
        scan = parse(scanned)
        if scan.kind is Kind.IN_STORE:
            raise NotNameable("The barcode does not identify a single product.")
        if category is None:
            prediction = self._predict(name, self.settings.classifier_timeout_s)
            category = prediction.code if prediction and not prediction.uncertain else None
        shared = self.store.add_name(user, scan.gtin14, name, category, quantity)
        response = self._respond(scan, self.store.find(scan.gtin14, user), CacheState.NEW)
        return {**response, "shared": shared}

    def look_up_queued(self, budget_s: float) -> dict[str, int]:
        """Look up queued barcodes for `budget_s` seconds, within the sweep's share of the quotas.

        Returns:
            The number of barcodes per outcome: `found`, `not_found`, `incomplete`, and `failed` for an error of ours.

        Raises:
            BackendUnavailable, BackendRefused: the database failed for every barcode.
        """
        end = self.monotonic() + budget_s
        counts: Counter[str] = Counter({"found": 0, "not_found": 0, "incomplete": 0, "failed": 0})
        self.store.forget_old(self.clock())
        while self.monotonic() < end:
            queued = self.store.claim_queued(self.clock(), self.settings.barcode_lease_s)
            if queued is None:
                break
            try:
                result = self._look_up_claimed(queued, counts)
            except BackendUnavailable:
                raise
            except Exception as error:
                # One barcode must not stop the others; its next attempt was planned when it was claimed. The message
                # is not logged: it may quote the response.
                get_logger().error("queued barcode failed", error=type(error).__name__)
                counts["failed"] += 1
                continue
            if not result.reports and result.refusals:
                break  # no provider can be asked at present
        return dict(counts)

    def _look_up_claimed(self, queued: QueuedLookup, counts: Counter[str]) -> SearchResult:
        deadline = self.monotonic() + self.settings.longest_lookup_s
        result = self.search.run(queued.gtin14, deadline, Share(each=self.settings.barcode_sweep_share))
        timeout_s = self.settings.classifier_timeout_s
        counts[self._store_result(queued.gtin14, queued.lease_token, result, timeout_s)] += 1
        return result

    def _look_up_until(self, scan: Scan, user: User, deadline: float) -> dict[str, Any]:
        """Look up in another thread, whose result the user awaits until the deadline.

        The steps of a lookup have limits of their own, but the database may be slow. The thread continues as long as
        the instance has a processor, which is while other requests are open; otherwise the lease ends it. A lookup
        without time to ask a provider is not begun: its failure would postpone the lookups of all users.
        """
        if deadline - self.monotonic() <= self.settings.barcode_reserve_s:
            get_logger().warning("no time left to look up a barcode")
            return responses.incomplete(scan, (), 1)
        lookup = submit(self.pool, self._look_up, scan, user, deadline)
        try:
            wait_s = deadline - self.monotonic() - self.settings.barcode_reserve_s * RESPONDING
            return lookup.result(timeout=max(0, wait_s))
        except TimeoutError:
            lookup.cancel()
            lookup.add_done_callback(_log_late_error)
            get_logger().warning("barcode lookup took too long")
            return responses.incomplete(scan, (), 1)

    def _look_up(self, scan: Scan, user: User, deadline: float) -> dict[str, Any]:
        search_deadline = deadline - self.settings.barcode_reserve_s
        lease = self.store.acquire_lease(scan.gtin14, self.clock(), self.settings.barcode_lease_s, user)
        while lease.state is LeaseState.HELD and self.monotonic() < search_deadline:
            self.sleep(POLL_INTERVAL_S)
            lease = self.store.acquire_lease(scan.gtin14, self.clock(), self.settings.barcode_lease_s, user)
        if lease.state is LeaseState.STORED:
            return self._respond(scan, self.store.find(scan.gtin14, user), CacheState.FRESH)
        if lease.state is LeaseState.LIMITED and lease.until:
            wait_s = ceil((lease.until - self.clock()).total_seconds())
            raise RateLimited("The daily limit of lookups of unknown products is reached.", retry_after_s=wait_s)
        if lease.state is LeaseState.POSTPONED and lease.until:
            return responses.incomplete(scan, lease.tried, (lease.until - self.clock()).total_seconds())
        if lease.state is LeaseState.HELD:
            return responses.incomplete(scan, (), 1)
        share = WHOLE if lease.by_several else Share(day=self.settings.barcode_single_share)
        result = self.search.run(scan.gtin14, search_deadline, share)
        reserve_s = self.settings.barcode_reserve_s * (RESPONDING + STORING)
        classifier_timeout_s = deadline - self.monotonic() - reserve_s
        outcome = self._store_result(scan.gtin14, lease.token, result, classifier_timeout_s)
        if outcome is LookupOutcome.INCOMPLETE:
            return responses.incomplete(scan, result.attempts, self.settings.barcode_failure_ttl_s)
        return self._respond(scan, self.store.find(scan.gtin14, user), CacheState.NEW)

    def _respond(self, scan: Scan, record: ProductRecord, state: CacheState) -> dict[str, Any]:
        if record.product:
            return responses.found(scan, record.product, state, self.clock())
        return responses.not_found(scan, state, self.clock(), record.miss)

    def _store_result(
        self, gtin14: str, token: UUID | None, result: SearchResult, classifier_timeout_s: float
    ) -> LookupOutcome:
        """Store the result; a hit that the database refuses is set aside, so that another may count."""
        row: dict[str, Any]
        while result.best:
            source, product = result.best
            row = {"product": self._product_row(source, product, self.clock(), classifier_timeout_s)}
            try:
                return self._store(gtin14, token, LookupOutcome.FOUND, row, result)
            except BackendRefused as error:
                get_logger().error("product set aside", provider=source, code=error.sqlstate)
                result.set_aside(source)
        settings = self.settings
        if result.all_missed:
            row = {
                "miss_seconds": settings.barcode_miss_ttl_s,
                "longest_miss_seconds": settings.barcode_longest_miss_s,
                "keep_seconds": settings.barcode_hit_ttl_s,
            }
            return self._store(gtin14, token, LookupOutcome.NOT_FOUND, row, result)
        row = {
            "tried": [attempt.model_dump(mode="json") for attempt in result.attempts],
            "failure_seconds": settings.barcode_failure_ttl_s,
            "not_before": result.next_opening.isoformat() if result.next_opening else None,
        }
        return self._store(gtin14, token, LookupOutcome.INCOMPLETE, row, result)

    def _store(
        self, gtin14: str, token: UUID | None, outcome: LookupOutcome, row: dict[str, Any], result: SearchResult
    ) -> LookupOutcome:
        self.store.store_result(gtin14, token, self.clock(), {"outcome": outcome, **row}, result.reports)
        providers = {name: str(each.outcome) for name, each in result.by_provider.items()}
        get_logger().info("barcode looked up", outcome=outcome, providers=providers)
        return outcome

    def _product_row(self, source: str, product: Product, now: datetime, classifier_timeout_s: float) -> dict[str, Any]:
        category, confidence, is_final = self._category(product, classifier_timeout_s)
        ttl_s = self.settings.barcode_hit_ttl_s if is_final else self.settings.barcode_no_category_ttl_s
        payload = product.payload if len(json.dumps(product.payload)) <= MAX_PAYLOAD_CHARACTERS else {}
        return {
            "name": product.name[:200],
            "brand": product.brand and product.brand[:200],
            "category": category,
            "confidence": confidence,
            "quantity_text": product.quantity and product.quantity[:100],
            "image_url": product.image_url,
            "source": source,
            "payload": payload,
            "expires_at": (now + timedelta(seconds=ttl_s)).isoformat(),
        }

    def _category(self, product: Product, classifier_timeout_s: float) -> tuple[str | None, float | None, bool]:
        """Category, confidence, and whether this is the last word: false if the classifier did not respond.

        A guess that our model calls uncertain, or that contradicts the provider, gives no category: it would apply to
        all users, and replace what their receipts say.
        """
        if product.is_food is False:
            return NON_FOOD, PROVIDER_CONFIDENCE, True
        if category := category_of(product.kinds):
            return category, PROVIDER_CONFIDENCE, True
        if not is_classifiable(product.name):
            return None, None, True
        prediction = self._predict(product.name, classifier_timeout_s)
        if prediction is None:
            return None, None, False
        if prediction.uncertain or (product.is_food and prediction.code == NON_FOOD):
            return None, None, True
        return prediction.code, prediction.confidence, True

    def _predict(self, name: str, timeout_s: float) -> Prediction | None:
        if not is_classifiable(name):
            return None
        timeout_s = min(timeout_s, self.settings.classifier_timeout_s)
        return self.classifier.predict(name, timeout_s) if timeout_s > MIN_CALL_S else None

    def _queue_refresh(self, gtin14: str, now: datetime) -> None:
        try:
            self.store.request_lookup(gtin14, now)
        except FunctionError as error:
            get_logger().warning("stale product not queued for refresh", code=error.code)  # the next scan retries


def _log_late_error(lookup: Future[dict[str, Any]]) -> None:
    """Log the error of a lookup that nothing awaits any longer."""
    error = None if lookup.cancelled() else lookup.exception()
    if error is not None and not isinstance(error, FunctionError):
        get_logger().error("barcode lookup failed after its deadline", error=type(error).__name__)
