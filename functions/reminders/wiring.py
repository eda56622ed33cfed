"""Builds the reminders from the settings."""

from __future__ import annotations

import httpx
from supabase import Client

from functions.reminders.digest import Reminders
from functions.reminders.expo import ExpoPush
from functions.reminders.mail import MailServer
from functions.reminders.settings import ReminderSettings


def build_reminders(settings: ReminderSettings, supabase: Client) -> Reminders:
    """Makes no call yet."""
    http = httpx.Client(http2=False, timeout=settings.expo_timeout_s, follow_redirects=False)
    token = settings.expo_access_token.get_secret_value() if settings.expo_access_token else ""
    push = ExpoPush(http, str(settings.expo_push_url).rstrip("/"), token)
    return Reminders(supabase, push, build_mail_server(settings))


def build_mail_server(settings: ReminderSettings) -> MailServer | None:
    """None without `smtp_host`."""
    if not settings.smtp_host:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        sender=settings.smtp_sender,
        sender_name=settings.smtp_sender_name,
        unsubscribe_url=settings.unsubscribe_url,
        timeout_s=settings.smtp_timeout_s,
    )
