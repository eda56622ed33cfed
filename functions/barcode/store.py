"""What the database knows and decides about barcodes, typed. The SQL functions lock, count and decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from supabase import Client

from functions.barcode.fan_out import Member, Report
from functions.barcode.providers.base import Outcome, Result
from functions.barcode.quota_windows import windows
from functions.core.auth import User
from functions.core.errors import BackendRefused, RateLimited, UnknownCategory, UnusableName
from functions.core.supabase import UserApi, call_repeatable

_REASONS = {
    "closed": Outcome.CLOSED,
    "quota": Outcome.QUOTA,
    "auth": Outcome.AUTH,
    "breaker": Outcome.TRANSIENT,
    "probe": Outcome.TRANSIENT,
    "busy": Outcome.SKIPPED,
}
_REFUSALS = {Outcome.CLOSED: "closed", Outcome.QUOTA: "quota", Outcome.AUTH: "auth"}


class Row(BaseModel):
    """Part of an answer of the database."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class KnownProduct(Row):
    """A product in our tables. `min_days` counts from the day that `basis` names; None: no date applies or is known."""

    name: str
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
    """Every provider said no at `checked_at`; worth asking again at `retry_after`."""

    checked_at: datetime
    retry_after: datetime


class Known(Row):
    """All we know about a barcode."""

    product: KnownProduct | None
    miss: Miss | None


class Tried(Row):
    """What a provider said, as the app is told."""

    provider: str
    outcome: Outcome
    until: datetime | None = None


class Turn(Row):
    """Whose turn it is to ask providers about a barcode, see `begin_product_lookup`."""

    state: Literal["yours", "busy", "settled", "later"]
    token: UUID | None = None
    tried: tuple[Tried, ...] = ()
    until: datetime | None = None


class Waiting(Row):
    """A barcode that waits to be looked up, now ours."""

    gtin14: str
    lease_token: UUID


@dataclass(frozen=True)
class Products:
    """The database behind Supabase's Data API: `service` with our own key, users' reads with the user's token.

    Every method raises BackendUnavailable and BackendRefused, see `call_repeatable`.
    """

    service: Client
    users: UserApi

    def find(self, gtin14: str, user: User) -> Known:
        """What is known about a barcode, with the user's own names first. One call."""
        return Known.model_validate(self._as_user(user, "find_product", {"gtin14": gtin14}))

    def name(self, user: User, gtin14: str, name: str, category: str | None, quantity: str | None) -> bool:
        """Keep a user's name for a product. Returns whether it is everybody's now.

        Raises:
            UnknownCategory, UnusableName, RateLimited: nothing was kept.
        """
        arguments = {"gtin14": gtin14, "name": name, "category": category, "quantity_text": quantity}
        try:
            return bool(self._as_user(user, "name_product", arguments))
        except BackendRefused as error:
            if error.hint == "rate_limited":
                wait_s = int(error.note) if error.note.isdigit() else 60
                raise RateLimited("Too many names in a minute.", retry_after_s=wait_s) from error
            if error.hint == "unknown_category":
                raise UnknownCategory("`category` is not the code of a category.") from error
            if error.sqlstate == "PT422":
                raise UnusableName("A name has 1 to 200 characters, a quantity at most 40.") from error
            raise

    def request(self, gtin14: str, now: datetime) -> None:
        """Have the sweep look it up."""
        self._as_service("request_product_lookup", {"p_gtin14": gtin14, "p_now": now.isoformat()})

    def begin(self, gtin14: str, now: datetime, lease_s: int) -> Turn:
        """Ask for the right to ask providers, which one worker at a time has."""
        arguments = {"p_gtin14": gtin14, "p_now": now.isoformat(), "p_lease_seconds": lease_s}
        return Turn.model_validate(self._as_service("begin_product_lookup", arguments))

    def claim(self, now: datetime, lease_s: int) -> Waiting | None:
        """Take the barcode that has waited longest, if one is due."""
        rows = self._as_service("claim_product_lookup", {"p_now": now.isoformat(), "p_lease_seconds": lease_s})
        return Waiting.model_validate(rows[0]) if rows else None

    def take_calls(
        self, members: Sequence[Member], now: datetime, hold_s: float, share: float
    ) -> tuple[list[Member], dict[str, Result]]:
        """Reserve calls, with `share` of each quota at most. Returns who may be asked, and why not the others."""
        if not members:
            return [], {}
        wants = [
            {
                "provider": member.provider.name,
                "calls": member.provider.most_calls,
                "one_at_a_time": member.provider.one_at_a_time,
                "hold_seconds": hold_s,
                "threshold": member.settings.failures,
                "windows": [
                    {
                        "period": window.period,
                        "starts": window.starts.isoformat(),
                        "ends": window.ends.isoformat(),
                        "limit": window.limit,
                    }
                    for window in windows(member.settings, now, share)
                ],
            }
            for member in members
        ]
        answers = self._as_service("take_provider_calls", {"p_wants": wants, "p_now": now.isoformat()})
        refused = {
            name: Result(_REASONS[answer["reason"]], until=datetime.fromisoformat(answer["until"]))
            for name, answer in answers.items()
            if answer
        }
        return [member for member in members if member.provider.name not in refused], refused

    def finish(
        self, gtin14: str, token: UUID | None, now: datetime, result: dict[str, Any], reports: Sequence[Report]
    ) -> None:
        """Store the result of a lookup, and what each asked provider's state and quota are now."""
        arguments = {
            "p_gtin14": gtin14,
            "p_lease_token": str(token) if token else None,
            "p_now": now.isoformat(),
            "p_result": {**result, "reports": [_settlement(report, now) for report in reports]},
        }
        self._as_service("finish_product_lookup", arguments)

    def _as_service(self, function: str, arguments: dict[str, Any]) -> Any:
        return call_repeatable(lambda: self.service.rpc(function, arguments).execute().data)

    def _as_user(self, user: User, function: str, arguments: dict[str, Any]) -> Any:
        client = self.users.acting_as(user)
        return call_repeatable(lambda: client.rpc(function, arguments).execute().data)


def _settlement(report: Report, now: datetime) -> dict[str, Any]:
    settings = report.member.settings
    healthy = {Outcome.HIT: True, Outcome.MISS: True, Outcome.TRANSIENT: False, Outcome.INVALID: False}
    refusal = _REFUSALS.get(report.result.outcome)
    until = report.result.until.isoformat() if report.result.until else None
    return {
        "provider": report.name,
        "outcome": report.result.outcome,
        "unused": report.member.provider.most_calls - report.used,
        "windows": [
            {"period": window.period, "starts": window.starts.isoformat()} for window in windows(settings, now)
        ],
        "healthy": healthy.get(report.result.outcome),
        "threshold": settings.failures,
        "pause_seconds": settings.pause_s,
        "refuse_until": until if refusal else None,
        "reason": refusal,
    }
