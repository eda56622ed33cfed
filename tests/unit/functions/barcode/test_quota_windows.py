"""The windows in which calls to a provider are counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import AnyHttpUrl

from functions.barcode.quota_windows import SEOUL, Share, windows
from functions.barcode.settings import ProviderSettings

shares = st.floats(0.01, 1)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), shares, shares)  # noqa: DTZ001 - made aware below
def test_every_time_is_in_its_windows(naive: datetime, share: float, day_share: float) -> None:
    now = naive.replace(tzinfo=UTC)
    settings = ProviderSettings(
        url=AnyHttpUrl("http://127.0.0.1"), timeout_s=1, per_minute=15, per_hour=100, per_day=1000
    )
    minute, hour, day = windows(settings, now, Share(share, day_share))
    assert [window.period for window in (minute, hour, day)] == ["minute", "hour", "day"]
    lengths = [timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)]
    for window, length in zip((minute, hour, day), lengths, strict=True):
        assert window.starts <= now < window.ends == window.starts + length
        assert window.limit >= 1
    assert (minute.limit, hour.limit) == (max(1, int(15 * share)), max(1, int(100 * share)))
    assert day.limit == max(1, int(1000 * min(share, day_share)))
    assert (day.starts.astimezone(SEOUL).hour, day.starts.astimezone(SEOUL).minute) == (0, 0)
