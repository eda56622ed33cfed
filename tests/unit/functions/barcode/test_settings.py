"""Settings of the barcode functions: read from the environment, and refused if they contradict each other."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from functions.barcode.providers.registry import enabled_providers
from functions.barcode.settings import BarcodeSettings


def test_each_setting_of_a_provider_is_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOODSAFETY__KEY", "s3cret")
    monkeypatch.setenv("FOODSAFETY__PER_HOUR", "50")
    monkeypatch.setenv("FOODSAFETY__CLOSED_FROM", "null")
    monkeypatch.setenv("OPENFOODFACTS__CONTACT", "ops@example.com")
    monkeypatch.setenv("BARCODE_TIERS", '[["foodsafety"], ["openfoodfacts"]]')
    settings = BarcodeSettings()
    assert settings.barcode_tiers == (("foodsafety",), ("openfoodfacts",))
    assert (settings.foodsafety.per_hour, settings.foodsafety.per_day) == (50, 1000)
    assert settings.foodsafety.closed_from is None
    assert [config.name for config in enabled_providers(settings)] == ["openfoodfacts", "foodsafety"]
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in repr(enabled_providers(settings))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"barcode_reserve_s": 1.5}, "BARCODE_BUDGET_S"),
        ({"barcode_last_tier_s": 1.3}, "BARCODE_BUDGET_S"),
        ({"barcode_lease_s": 5}, "BARCODE_LEASE_S"),
        (
            {"barcode_tiers": (("amazon",), ("foodqr", "ebay"))},
            "BARCODE_TIERS contains unknown providers: amazon, ebay",
        ),
    ],
)
def test_contradictory_settings_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BarcodeSettings(**changes)  # type: ignore[arg-type]
