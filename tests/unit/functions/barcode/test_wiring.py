"""Which providers are enabled."""

from __future__ import annotations

from pydantic import SecretStr

from functions.barcode.responses import SOURCES
from functions.barcode.settings import PROVIDERS, BarcodeSettings, ProviderSettings
from functions.barcode.wiring import enabled_providers


def test_providers_without_key_or_contact_are_disabled() -> None:
    assert enabled_providers(BarcodeSettings()) == []


def test_every_provider_with_key_or_contact_is_enabled_and_has_a_source() -> None:
    """A provider that is missing in the wiring would never be asked, without an error."""
    defaults = BarcodeSettings()
    configured = {
        name: getattr(defaults, name).model_copy(update={"key": SecretStr("key"), "contact": "ops@example.com"})
        for name in PROVIDERS
    }
    settings = defaults.model_copy(update=configured)
    assert {config.name for config in enabled_providers(settings)} == PROVIDERS
    assert set(SOURCES) >= PROVIDERS
    assert {name for tier in defaults.barcode_tiers for name in tier} == PROVIDERS
    fields = {name for name, value in defaults if isinstance(value, ProviderSettings)}
    assert fields == PROVIDERS | {"haccp"}
