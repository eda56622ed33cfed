"""Builds the canary from the settings."""

from __future__ import annotations

from supabase import Client

from functions.canary.canary import Canary
from functions.core.settings import Settings
from functions.core.supabase import UserApi, http_client


def build_canary(settings: Settings, supabase: Client, user_api: UserApi) -> Canary:
    """Makes no call yet."""
    return Canary(
        service=supabase,
        user_api=user_api,
        http=http_client(settings),
        url=str(settings.supabase_url).rstrip("/"),
        auth_url=settings.auth_url,
        secret_key=settings.supabase_secret_key.get_secret_value(),
    )
