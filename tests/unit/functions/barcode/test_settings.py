"""Settings of the barcode functions: from the environment, and refused when they cannot work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AnyHttpUrl, ValidationError

from functions.barcode.quota_windows import SEOUL, windows
from functions.barcode.settings import BarcodeSettings, ProviderSettings
from functions.barcode.wiring import enabled_members


def test_a_provider_s_settings_come_one_by_one_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOODSAFETY__KEY", "s3cret")
    monkeypatch.setenv("FOODSAFETY__PER_HOUR", "50")
    monkeypatch.setenv("FOODSAFETY__CLOSED_FROM", "null")
    monkeypatch.setenv("OPENFOODFACTS__CONTACT", "ops@example.com")
    monkeypatch.setenv("BARCODE_TIERS", '[["foodsafety"], ["openfoodfacts"]]')
    settings = BarcodeSettings()
    assert settings.barcode_tiers == (("foodsafety",), ("openfoodfacts",))
    assert (settings.foodsafety.per_hour, settings.foodsafety.per_day) == (50, 1000)
    assert settings.foodsafety.closed_from is None
    assert [member.provider.name for member in enabled_members(settings)] == ["openfoodfacts", "foodsafety"]
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in repr(enabled_members(settings))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"barcode_reserve_s": 1.5}, "BARCODE_BUDGET_S"),
        ({"barcode_last_tier_s": 1.3}, "BARCODE_BUDGET_S"),
        ({"barcode_lease_s": 5}, "BARCODE_LEASE_S"),
        ({"barcode_tiers": (("nobody",),)}, "BARCODE_TIERS"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        BarcodeSettings(**changes)  # type: ignore[arg-type]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.floats(0.01, 1))  # noqa: DTZ001 - made aware below
def test_every_moment_is_in_its_windows(naive: datetime, share: float) -> None:
    now = naive.replace(tzinfo=UTC)
    settings = ProviderSettings(
        url=AnyHttpUrl("http://127.0.0.1"), timeout_s=1, per_minute=15, per_hour=100, per_day=1000
    )
    minute, hour, day = windows(settings, now, share)
    assert [window.period for window in (minute, hour, day)] == ["minute", "hour", "day"]
    lengths = [timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)]
    for window, length in zip((minute, hour, day), lengths, strict=True):
        assert window.starts <= now < window.ends == window.starts + length
        assert window.limit >= 1
    assert (day.starts.astimezone(SEOUL).hour, day.starts.astimezone(SEOUL).minute) == (0, 0)
