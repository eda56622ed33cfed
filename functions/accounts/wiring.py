"""Puts the deletion of accounts and photos together from the settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from supabase import Client
from supabase_auth import SyncGoTrueAdminAPI

from functions.accounts.deletion import Deletions
from functions.accounts.photos import delete_photos
from functions.core.settings import Settings
from functions.core.supabase import connect


@dataclass(frozen=True)
class Cleaning:
    """What one sweep deletes: accounts that end, then photos that were kept long enough."""

    client: Client
    deletions: Deletions

    def sweep(self, *, budget_s: float, clock: Callable[[], float] = time.monotonic) -> dict[str, int]:
        """Delete what is due within `budget_s` seconds. Returns: counts. Raises: as its parts do."""
        deadline = clock() + budget_s
        accounts = self.deletions.sweep(budget_s=budget_s, clock=clock)
        photos = delete_photos(self.client, "photos_to_delete", {}, lambda: clock() < deadline)
        return {**accounts, "photos": photos}


def build_cleaning(settings: Settings) -> Cleaning:
    """On real Supabase. Makes no call yet."""
    client = connect(settings)
    key = settings.supabase_secret_key.get_secret_value()
    users = SyncGoTrueAdminAPI(
        url=settings.auth_url,
        headers={"apikey": key, "Authorization": f"Bearer {key}"},
        http_client=httpx.Client(http2=False, timeout=settings.supabase_timeout_s, follow_redirects=False),
    )
    return Cleaning(client, Deletions(client, users))
