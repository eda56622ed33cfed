"""Builds the deletion of accounts and photos from the settings."""

from __future__ import annotations

import httpx
from supabase import Client
from supabase_auth import SyncGoTrueAdminAPI

from functions.accounts.deletion import AccountDeletions, DueDeletions
from functions.core.settings import Settings


def build_due_deletions(settings: Settings, supabase: Client) -> DueDeletions:
    """Makes no call yet."""
    key = settings.supabase_secret_key.get_secret_value()
    users = SyncGoTrueAdminAPI(
        url=settings.auth_url,
        headers={"apikey": key, "Authorization": f"Bearer {key}"},
        http_client=httpx.Client(http2=False, timeout=settings.supabase_timeout_s, follow_redirects=False),
    )
    return DueDeletions(supabase, AccountDeletions(supabase, users))
