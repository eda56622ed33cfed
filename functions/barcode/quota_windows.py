"""The time windows in which calls to a provider are counted. Hours and days are those of Korea."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from functions.barcode.settings import ProviderSettings

SEOUL = ZoneInfo("Asia/Seoul")


@dataclass(frozen=True)
class Window:
    """`limit` calls from `starts` until `ends`."""

    period: str
    starts: datetime
    ends: datetime
    limit: int


@dataclass(frozen=True)
class Share:
    """The part of each quota that a lookup may use: of every window, and of a day."""

    each: float = 1
    day: float = 1


WHOLE = Share()


def next_hour(now: datetime) -> datetime:
    """The next full hour."""
    return now.astimezone(SEOUL).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def next_midnight(now: datetime) -> datetime:
    """The next midnight in Korea, which has no daylight saving time."""
    return now.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def windows(settings: ProviderSettings, now: datetime, share: Share = WHOLE) -> list[Window]:
    """The windows that contain `now`, with a share of each limit but at least 1."""
    minute = now.astimezone(SEOUL).replace(second=0, microsecond=0)
    limits = (
        ("minute", minute, minute + timedelta(minutes=1), settings.per_minute),
        ("hour", next_hour(now) - timedelta(hours=1), next_hour(now), settings.per_hour),
        ("day", next_midnight(now) - timedelta(days=1), next_midnight(now), settings.per_day),
    )
    return [
        Window(period, starts, ends, max(1, int(limit * min(share.each, share.day if period == "day" else 1))))
        for period, starts, ends, limit in limits
        if limit is not None
    ]
