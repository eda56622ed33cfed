"""The providers, each registered once: how it is configured, and how its products are attributed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from functions.barcode.providers import foodqr, foodsafety, openfoodfacts
from functions.barcode.providers.base import ProviderConfig, Source
from functions.barcode.settings import PROVIDERS, BarcodeSettings


@dataclass(frozen=True)
class Registration:
    """A provider: the source that the app shows, and its configuration, which is None if it is disabled."""

    source: Source
    configure: Callable[[BarcodeSettings], ProviderConfig | None]


REGISTRY = {
    "openfoodfacts": Registration(
        openfoodfacts.SOURCE, lambda settings: openfoodfacts.configure(settings.openfoodfacts)
    ),
    "foodqr": Registration(foodqr.SOURCE, lambda settings: foodqr.configure_portal(settings.foodqr)),
    "foodqr_data": Registration(foodqr.SOURCE, lambda settings: foodqr.configure_data(settings.foodqr_data)),
    "foodsafety": Registration(foodsafety.SOURCE, lambda settings: foodsafety.configure(settings.foodsafety)),
}

# A provider with settings that is missing here, or in the tiers, would never be asked, without an error.
_in_tiers = {name for tier in BarcodeSettings.model_fields["barcode_tiers"].default for name in tier}
if not REGISTRY.keys() == PROVIDERS == _in_tiers:
    incomplete = (REGISTRY.keys() | PROVIDERS | _in_tiers) - (REGISTRY.keys() & PROVIDERS & _in_tiers)
    raise ImportError(f"Not in REGISTRY, in BarcodeSettings and in its barcode_tiers: {', '.join(sorted(incomplete))}")


def enabled_providers(settings: BarcodeSettings) -> list[ProviderConfig]:
    """The providers that have a key, and Open Food Facts if it has a contact."""
    return [config for each in REGISTRY.values() if (config := each.configure(settings))]
