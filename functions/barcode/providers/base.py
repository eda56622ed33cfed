"""What a provider of product data is to the lookup, and the outcomes it can have.

All of them signal failure inside HTTP 200, each in its own shape, so each module classifies bodies, not statuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from functions.barcode.fetch import Fetch


class Outcome(StrEnum):
    """What asking one provider came to. Only `MISS` says that it does not know the product."""

    HIT = "hit"
    MISS = "miss"
    CLOSED = "closed"  # it does not answer at this time of day
    QUOTA = "quota"  # too many calls, by its count or by ours
    AUTH = "auth"  # it refuses our key
    TRANSIENT = "transient"  # an outage, a time-out, a broken answer
    INVALID = "invalid"  # an answer that cannot be used, or a request of ours that it cannot
    SKIPPED = "skipped"  # not asked: no key, busy with another call, or no time left


@dataclass(frozen=True)
class Found:
    """A product in one provider's own words; fields of several are never mixed.

    Attributes:
        name: never empty.
        kinds: what the provider says it is, the most specific first, in its own vocabulary.
        payload: the answer's row, kept for when we read it better.
    """

    name: str
    payload: dict[str, Any]
    brand: str | None = None
    quantity: str | None = None
    image_url: str | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """The outcome of asking one provider. `until` is when asking again makes sense, where it is known."""

    outcome: Outcome
    found: Found | None = None
    until: datetime | None = None


class Provider(Protocol):
    """One provider.

    Attributes:
        name: of its settings, and of the source of its products.
        most_calls: how many calls one lookup may take.
        one_at_a_time: whether parallel calls confuse it.
    """

    @property
    def name(self) -> str: ...

    @property
    def most_calls(self) -> int: ...

    @property
    def one_at_a_time(self) -> bool: ...

    def closed_until(self, now: datetime) -> datetime | None:
        """When it opens, if it is known to be closed now."""

    async def ask(self, gtin14: str, fetch: Fetch, now: datetime) -> Result:
        """Look up a canonical number. Raises: FetchError, and whatever an unforeseen answer leads to."""


def text_of(value: object) -> str | None:
    """A field as text without surrounding space; None if there is none."""
    return str(value).strip() or None if isinstance(value, str | int | float) else None
