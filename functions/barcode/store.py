"""Stored products, leases and quotas, with types. The SQL functions lock, count and decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from supabase import Client

from functions.barcode.providers.base import ProviderConfig, ProviderOutcome, Report, Result
from functions.barcode.quota_windows import Share, windows
from functions.core.auth import User
from functions.core.errors import BackendRefused, RateLimited, Unauthorized, UnknownCategory, UnusableName
from functions.core.supabase import UserApi, call_as_user, call_with_retry

FOREIGN_KEY_VIOLATION = "23503"
_REASONS = {
    "closed": ProviderOutcome.CLOSED,
    "quota": ProviderOutcome.QUOTA,
    "auth": ProviderOutcome.AUTH,
    "breaker": ProviderOutcome.TRANSIENT,
    "probe": ProviderOutcome.TRANSIENT,
    "busy": ProviderOutcome.SKIPPED,
}
_REFUSALS = {ProviderOutcome.CLOSED: "closed", ProviderOutcome.QUOTA: "quota", ProviderOutcome.AUTH: "auth"}
_HEALTHY = {
    ProviderOutcome.HIT: True,
    ProviderOutcome.MISS: True,
    ProviderOutcome.TRANSIENT: False,
    ProviderOutcome.INVALID: False,
}


class Row(BaseModel):
    """Part of a database response."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StoredProduct(Row):
    """A product in our tables. `min_days` counts from the day that `basis` names; None: no date applies or is known.

    `printed_name` is the Korean name on receipts, if the name is a foreign one.
    """

    name: str
    printed_name: str | None
    brand: str | None
    quantity_text: str | None
    image_url: str | None
    source: str
    fetched_at: datetime
    expires_at: datetime | None
    category: str | None
    category_ko: str | None
    category_en: str | None
    confidence: float | None
    storage: str | None
    basis: str | None
    min_days: int | None
    max_days: int | None
    rule_source: str | None


class Miss(Row):
    """No provider had the product at `checked_at`; they are asked again after `retry_after`."""

    checked_at: datetime
    retry_after: datetime


class ProductRecord(Row):
    """The stored data about a barcode."""

    product: StoredProduct | None
    miss: Miss | None


class ProviderAttempt(Row):
    """Outcome of one provider, as reported to the app."""

    provider: str
    outcome: ProviderOutcome
    until: datetime | None = None


class LeaseState(StrEnum):
    """State of a lookup lease, from `begin_product_lookup`."""

    ACQUIRED = "acquired"
    HELD = "held"  # by another worker
    STORED = "stored"  # a result is stored, so that no lookup is needed
    POSTPONED = "postponed"  # providers failed recently
    LIMITED = "limited"  # the user's daily quota is used up


class LookupLease(Row):
    """The lease for looking up a barcode at the providers: `token` if acquired; `tried` and `until` if postponed.

    `until` is also set if the user's quota is used up, and `by_several` if several users have asked for the barcode.
    """

    state: LeaseState
    token: UUID | None = None
    by_several: bool = False
    tried: tuple[ProviderAttempt, ...] = ()
    until: datetime | None = None


class QueuedLookup(Row):
    """A queued barcode, leased to this worker."""

    gtin14: str
    lease_token: UUID


@dataclass(frozen=True)
class ProductStore:
    """The database behind the Data API: `service` with the secret key, `users` with the user's token.

    Every method raises BackendUnavailable and BackendRefused, see `call_with_retry`; those with a user also raise
    Unauthorized, see `call_as_user`.
    """

    service: Client
    users: UserApi

    def find(self, gtin14: str, user: User) -> ProductRecord:
        """The stored data about a barcode; the user's own name takes precedence. One call."""
        return ProductRecord.model_validate(self._as_user(user, "find_product", {"gtin14": gtin14}))

    def add_name(self, user: User, gtin14: str, name: str, category: str | None, quantity: str | None) -> bool:
        """Store a user's name for a product. Returns whether all users see it now.

        Raises:
            UnknownCategory, UnusableName, RateLimited: nothing was stored.
        """
        arguments = {"gtin14": gtin14, "name": name, "category": category, "quantity_text": quantity}
        try:
            return bool(self._as_user(user, "name_product", arguments))
        except BackendRefused as error:
            if error.hint == "rate_limited":
                wait_s = int(error.note) if error.note.isdigit() else 60
                raise RateLimited("Too many product names within a minute.", retry_after_s=wait_s) from error
            if error.hint == "unknown_category":
                raise UnknownCategory("`category` is not a known category code.") from error
            if error.sqlstate == "PT422":
                raise UnusableName(
                    "A name must have 1 to 200 characters and a quantity at most 40, without links or contact data."
                ) from error
            raise

    def request_lookup(self, gtin14: str, now: datetime) -> None:
        """Queue a barcode for the sweep."""
        self._as_service("request_product_lookup", {"p_gtin14": gtin14, "p_now": now.isoformat()})

    def acquire_lease(self, gtin14: str, now: datetime, lease_s: int, user: User) -> LookupLease:
        """Acquire the lookup lease for a barcode; one worker holds it at a time. Counts against the user's quota."""
        arguments = {
            "p_gtin14": gtin14,
            "p_now": now.isoformat(),
            "p_lease_seconds": lease_s,
            "p_user_id": str(user.id),
        }
        try:
            return LookupLease.model_validate(self._as_service("begin_product_lookup", arguments))
        except BackendRefused as error:
            if error.sqlstate == FOREIGN_KEY_VIOLATION:
                raise Unauthorized("The access token is invalid.") from error  # the user was deleted just now
            raise

    def claim_queued(self, now: datetime, lease_s: int) -> QueuedLookup | None:
        """Lease the due barcode that has been queued longest, if any."""
        rows = self._as_service("claim_product_lookup", {"p_now": now.isoformat(), "p_lease_seconds": lease_s})
        return QueuedLookup.model_validate(rows[0]) if rows else None

    def forget_old(self, now: datetime) -> None:
        """Delete unknown barcodes whose end of life has come."""
        self._as_service("forget_old_lookups", {"p_now": now.isoformat()})

    def reserve_calls(
        self, configs: Sequence[ProviderConfig], now: datetime, hold_s: float, share: Share
    ) -> tuple[list[ProviderConfig], dict[str, Result]]:
        """Reserve calls, within a share of each quota.

        Args:
            hold_s: how long a provider that must not be called in parallel stays reserved, in seconds.

        Returns:
            The providers that may be asked, and for the others the reason by name.
        """
        if not configs:
            return [], {}
        wants = [
            {
                "provider": config.name,
                "calls": config.provider.most_calls,
                "one_at_a_time": config.provider.one_at_a_time,
                "hold_seconds": hold_s,
                "threshold": config.settings.failures,
                "windows": [
                    {
                        "period": window.period,
                        "starts": window.starts.isoformat(),
                        "ends": window.ends.isoformat(),
                        "limit": window.limit,
                    }
                    for window in windows(config.settings, now, share)
                ],
            }
            for config in configs
        ]
        answers = self._as_service("take_provider_calls", {"p_wants": wants, "p_now": now.isoformat()})
        refusals = {
            name: Result(_REASONS[answer["reason"]], until=datetime.fromisoformat(answer["until"]))
            for name, answer in answers.items()
            if answer
        }
        return [config for config in configs if config.name not in refusals], refusals

    def store_result(
        self, gtin14: str, token: UUID | None, now: datetime, result: dict[str, Any], reports: Sequence[Report]
    ) -> None:
        """Store the result of a lookup, and update the state and quota of each provider that was asked."""
        arguments = {
            "p_gtin14": gtin14,
            "p_lease_token": str(token) if token else None,
            "p_now": now.isoformat(),
            "p_result": {**result, "reports": [_provider_update(report) for report in reports]},
        }
        self._as_service("finish_product_lookup", arguments)

    def _as_service(self, function: str, arguments: dict[str, Any]) -> Any:
        return call_with_retry(lambda: self.service.rpc(function, arguments).execute().data)

    def _as_user(self, user: User, function: str, arguments: dict[str, Any]) -> Any:
        return call_as_user(lambda: self.users.rpc(user, function, arguments))


def _provider_update(report: Report) -> dict[str, Any]:
    settings = report.config.settings
    refusal = _REFUSALS.get(report.result.outcome)
    until = report.result.until.isoformat() if report.result.until else None
    return {
        "provider": report.name,
        "outcome": report.result.outcome,
        "unused": report.config.provider.most_calls - report.calls,
        "windows": [
            {"period": window.period, "starts": window.starts.isoformat()}
            for window in windows(settings, report.reserved_at)
        ],
        "healthy": _HEALTHY.get(report.result.outcome),
        "threshold": settings.failures,
        "pause_seconds": settings.pause_s,
        "refuse_until": until if refusal else None,
        "reason": refusal,
    }
