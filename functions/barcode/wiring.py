"""Builds the barcode functions from the settings."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from functions.barcode.connections import Connections
from functions.barcode.fan_out import Providers
from functions.barcode.lookup import Lookup
from functions.barcode.providers import foodqr
from functions.barcode.providers.base import ProviderConfig
from functions.barcode.providers.foodsafety import FoodSafety
from functions.barcode.providers.openfoodfacts import OpenFoodFacts
from functions.barcode.search import ProviderSearch
from functions.barcode.settings import BarcodeSettings, ProviderSettings
from functions.barcode.store import ProductStore
from functions.ocr.categories import NameClassifier
from functions.ocr.client import OcrClient

USER_AGENT = "Jangbogi"


def now() -> datetime:
    return datetime.now(UTC)


def build_lookup(settings: BarcodeSettings, store: ProductStore, connections: Connections, ocr: OcrClient) -> Lookup:
    """A lookup at the enabled providers. Makes no call yet."""
    providers = Providers.of(connections, enabled_providers(settings))
    search = ProviderSearch(store, providers, settings, now)
    return Lookup(store, search, NameClassifier(ocr), settings, now)


def enabled_providers(settings: BarcodeSettings) -> list[ProviderConfig]:
    """The providers that have a key, and Open Food Facts if it has a contact."""
    configs = []
    if (off := settings.openfoodfacts).contact:
        hosts = off.redirect_hosts if urlsplit(_base_url(off)).hostname in off.redirect_hosts else frozenset()
        headers = {"User-Agent": f"{USER_AGENT} ({off.contact})"}
        configs.append(ProviderConfig(OpenFoodFacts(_base_url(off), off.api), off, headers, hosts))
    if (portal := settings.foodqr).key:
        configs.append(ProviderConfig(foodqr.portal(_base_url(portal), portal.key), portal))
    if (data := settings.foodqr_data).key:
        configs.append(ProviderConfig(foodqr.data_go_kr(_base_url(data), data.key), data))
    if (mfds := settings.foodsafety).key:
        provider = FoodSafety(_base_url(mfds), mfds.key, mfds.closed_from, mfds.closed_to)
        configs.append(ProviderConfig(provider, mfds))
    return configs


def _base_url(settings: ProviderSettings) -> str:
    return str(settings.url).rstrip("/")
