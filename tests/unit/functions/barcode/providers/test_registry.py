"""Which providers are enabled, and that none can be forgotten."""

from __future__ import annotations

import importlib

import pytest
from pydantic import SecretStr

from functions.barcode import settings
from functions.barcode.providers import registry
from functions.barcode.providers.registry import REGISTRY, enabled_providers
from functions.barcode.responses import SOURCES
from functions.barcode.settings import PROVIDERS, BarcodeSettings


def test_providers_without_key_or_contact_are_disabled() -> None:
    assert enabled_providers(BarcodeSettings()) == []


def test_every_provider_with_key_or_contact_is_enabled_and_has_a_source() -> None:
    defaults = BarcodeSettings()
    configured = {
        name: getattr(defaults, name).model_copy(update={"key": SecretStr("key"), "contact": "ops@example.com"})
        for name in PROVIDERS
    }
    configs = enabled_providers(defaults.model_copy(update=configured))
    assert [config.name for config in configs] == list(REGISTRY)
    assert SOURCES.keys() > PROVIDERS


def test_a_provider_that_is_registered_in_one_place_only_stops_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PROVIDERS", PROVIDERS | {"foodhub"})
    with pytest.raises(ImportError, match="foodhub"):
        importlib.reload(registry)
    monkeypatch.undo()
    importlib.reload(registry)
