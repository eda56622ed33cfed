"""Builds the barcode functions from the settings."""

from __future__ import annotations

from datetime import UTC, datetime

from functions.barcode.connections import Connections
from functions.barcode.fan_out import Providers
from functions.barcode.lookup import Lookup
from functions.barcode.providers.registry import enabled_providers
from functions.barcode.search import ProviderSearch
from functions.barcode.settings import BarcodeSettings
from functions.barcode.store import ProductStore
from functions.ocr.categories import NameClassifier
from functions.ocr.client import OcrClient


def now() -> datetime:
    return datetime.now(UTC)


def build_lookup(settings: BarcodeSettings, store: ProductStore, connections: Connections, ocr: OcrClient) -> Lookup:
    """A lookup at the enabled providers. Makes no call yet."""
    providers = Providers.of(connections, enabled_providers(settings))
    search = ProviderSearch(store, providers, settings, now)
    return Lookup(store, search, NameClassifier(ocr), settings, now)
