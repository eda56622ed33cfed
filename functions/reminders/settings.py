"""Settings of the reminders."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator
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
    smtp_host: str = Field("", description="Mail server for reminders by mail; without one they are not sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is encrypted; none is for a server on the same machine."
    )
    smtp_user: str = Field("", description="Its user, if it has users.")
    smtp_password: SecretStr = Field(SecretStr(""), description="The password of that user.")
    smtp_sender: str = Field("", description="Address that the mails come from.")
    smtp_sender_name: str = Field("장보기", description="Name that the mails come from.")
    smtp_timeout_s: float = Field(10, gt=0, description="Timeout of one response of the mail server, in seconds.")
    unsubscribe_url: str = Field("", description="URL of reminder_unsubscribe, which the mails link to.")

    @model_validator(mode="after")
    def _mail_is_complete(self) -> Self:
        if self.smtp_host and not (self.smtp_sender and self.unsubscribe_url):
            raise ValueError("smtp_host needs smtp_sender and unsubscribe_url.")
        if self.smtp_security == "none" and self.smtp_user:
            raise ValueError("smtp_security none would send the password unencrypted.")
        return self
