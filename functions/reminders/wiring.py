"""Builds the reminders from the settings."""

from __future__ import annotations

import httpx
from supabase import Client

from functions.reminders.digest import Reminders
from functions.reminders.expo import ExpoPush
from functions.reminders.settings import ReminderSettings


def build_reminders(settings: ReminderSettings, supabase: Client) -> Reminders:
    """Makes no call yet."""
    http = httpx.Client(http2=False, timeout=settings.expo_timeout_s, follow_redirects=False)
    token = settings.expo_access_token.get_secret_value() if settings.expo_access_token else ""
    return Reminders(supabase, ExpoPush(http, str(settings.expo_push_url).rstrip("/"), token))
