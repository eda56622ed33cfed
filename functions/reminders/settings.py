"""Settings of the reminders."""

from __future__ import annotations

from pydantic import AnyHttpUrl, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ReminderSettings(BaseSettings):
    """Each field is read from the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True)

    expo_push_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://exp.host/--/api/v2/push"), description="Base URL of Expo's push service."
    )
    expo_access_token: SecretStr | None = Field(
        None, description="Access token, if the Expo project accepts notifications with one alone."
    )
    expo_timeout_s: float = Field(20, gt=0, description="Timeout of one response of Expo, in seconds.")
    reminder_budget_s: float = Field(180, gt=0, description="How long one run claims users, in seconds.")
