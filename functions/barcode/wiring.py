"""Puts the barcode functions together from the settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import requests

from functions.barcode.fan_out import Member, Providers
from functions.barcode.lookup import Lookup
from functions.barcode.providers import foodqr
from functions.barcode.providers.foodsafety import FoodSafety
from functions.barcode.providers.openfoodfacts import OpenFoodFacts
from functions.barcode.settings import BarcodeSettings, ProviderSettings
from functions.barcode.store import Products
from functions.core.settings import Settings
from functions.core.supabase import UserApi, connect
from functions.ocr.categories import NameClassifier
from functions.ocr.id_tokens import IdTokens

APP = "Jangbogi/1.0"


def now() -> datetime:
    return datetime.now(UTC)


def build_lookup(settings: Settings, barcode: BarcodeSettings) -> Lookup:
    """A lookup on real Supabase and the providers that have a key. Makes no call yet."""
    audience = settings.ocr_token_audience
    return Lookup(
        products=Products(connect(settings), UserApi(settings)),
        providers=Providers.connect(enabled_members(barcode)),
        classifier=NameClassifier(
            requests.Session(),
            str(settings.ocr_service_url).rstrip("/"),
            IdTokens(audience) if audience else lambda: None,
        ),
        settings=barcode,
        clock=now,
    )


def enabled_members(settings: BarcodeSettings) -> list[Member]:
    """The providers that can be called: those with a key, and Open Food Facts with an address to reach us."""
    members = []
    if (off := settings.openfoodfacts).contact:
        hosts = off.redirect_hosts if urlsplit(_base(off)).hostname in off.redirect_hosts else frozenset()
        headers = {"User-Agent": f"{APP} ({off.contact})"}
        members.append(Member(OpenFoodFacts(_base(off), off.api), off, headers, hosts))
    if settings.foodqr.key:
        members.append(Member(foodqr.portal(_base(settings.foodqr), settings.foodqr.key), settings.foodqr))
    if settings.foodqr_data.key:
        door = foodqr.data_go_kr(_base(settings.foodqr_data), settings.foodqr_data.key)
        members.append(Member(door, settings.foodqr_data))
    if (mfds := settings.foodsafety).key:
        provider = FoodSafety(
            _base(mfds), mfds.key, mfds.closed_from, mfds.closed_until, timedelta(seconds=mfds.closed_for_s)
        )
        members.append(Member(provider, mfds))
    return members


def _base(settings: ProviderSettings) -> str:
    return str(settings.url).rstrip("/")
