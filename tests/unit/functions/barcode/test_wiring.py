"""Which providers are enabled."""

from __future__ import annotations

from functions.barcode.settings import BarcodeSettings
from functions.barcode.wiring import enabled_providers


def test_providers_without_key_or_contact_are_disabled() -> None:
    assert enabled_providers(BarcodeSettings()) == []
