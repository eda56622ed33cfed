"""Builds the deletion of accounts and photos from the settings."""

from __future__ import annotations

import httpx
from supabase import Client
from supabase_auth import SyncGoTrueAdminAPI

from functions.accounts.deletion import AccountDeletions, DueDeletions
from functions.core.settings import Settings
from functions.core.supabase import key_headers


def build_due_deletions(settings: Settings, supabase: Client) -> DueDeletions:
    """Makes no call yet."""
    key = settings.supabase_secret_key.get_secret_value()
    users = SyncGoTrueAdminAPI(
        url=settings.auth_url,
        headers=key_headers(key),
        http_client=httpx.Client(http2=False, timeout=settings.supabase_timeout_s, follow_redirects=False),
    )
    return DueDeletions(supabase, AccountDeletions(supabase, users))
