"""Settings of the functions: environment variables, validated once at start."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_ORIGIN = re.compile(r"\*|https?://[a-z0-9.-]+(:[0-9]+)?")


class Settings(BaseSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True)

    supabase_url: AnyHttpUrl = Field(description="URL of the Supabase project.")
    supabase_secret_key: SecretStr = Field(description="Secret (service role) key; never leaves the functions.")
    supabase_publishable_key: str = Field(
        min_length=1, description="Key of the app; with a user's token beside it a call is that user's."
    )
    supabase_timeout_s: float = Field(10, gt=0, description="Limit of one call to Supabase, seconds.")
    supabase_jwks_url: AnyHttpUrl | None = Field(
        None, description="Where Auth publishes the keys that it signs user tokens with. Unset: the project's own URL."
    )
    supabase_jwt_secret: SecretStr | None = Field(
        None, min_length=32, description="Only for projects that sign user tokens with a shared secret (HS256)."
    )

    supabase_auth_url: AnyHttpUrl | None = Field(
        None, description="Where the admin API of Auth answers, which deletes users. Unset: the project's own URL."
    )

    app_origins: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Origins whose web pages may call the app's functions, separated by commas, such as "
        "https://app.example; `*` for all. Native apps need none.",
    )

    receipt_lease_s: int = Field(180, gt=0, description="How long a claimed receipt belongs to one worker.")
    sweep_budget_s: float = Field(45, gt=0, description="How long one sweep goes on claiming, seconds.")
    sweep_workers: int = Field(2, ge=1, le=100, description="Receipts that one sweep reads side by side.")
    sweep_poll_s: float | None = Field(
        None,
        ge=0.1,
        description="How often a sweep looks for new receipts until its time is over, seconds. Unset: it ends when "
        "none is due, which is right where a webhook says what was uploaded.",
    )

    cleaning_budget_s: float = Field(
        20, gt=0, description="How long one sweep goes on deleting accounts and photos that are due, seconds."
    )

    photo_max_bytes: int = Field(10 * 1024 * 1024, gt=0, description="Largest photo that is sent to OCR.")

    ocr_service_url: AnyHttpUrl = Field(description="Base URL of the OCR service.")
    ocr_audience: str = Field(
        "",
        description="Audience of the Google ID token sent to the OCR service. Empty: the service's own URL "
        "where that is on run.app, no token elsewhere.",
    )
    ocr_connect_timeout_s: float = Field(5, gt=0, description="Limit of one connection attempt, seconds.")
    ocr_timeout_s: float = Field(45, gt=0, description="Limit of one answer, seconds.")
    ocr_patience_s: float = Field(
        40, ge=0, description="How long a busy or unreachable OCR service is asked again, seconds."
    )

    @field_validator("app_origins", mode="before")
    @classmethod
    def _origins(cls, given: Any) -> Any:
        """An origin has no path, not even a slash at its end: a browser compares it as text."""
        origins = [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given
        if strange := [origin for origin in origins if not _ORIGIN.fullmatch(origin)]:
            raise ValueError(f"not an origin, which looks like https://app.example: {', '.join(strange)}")
        return origins

    @model_validator(mode="after")
    def _lease_outlives_the_work(self) -> Settings:
        """A worker that is still waiting must not lose its receipt to a second one.

        Download and completion may each take two tries.
        """
        longest = 4 * self.supabase_timeout_s + self.ocr_patience_s + self.ocr_connect_timeout_s + self.ocr_timeout_s
        if longest >= self.receipt_lease_s:
            raise ValueError(
                f"RECEIPT_LEASE_S ({self.receipt_lease_s}) must be longer than the work may take ({longest:g} s): "
                "4 x SUPABASE_TIMEOUT_S + OCR_PATIENCE_S + OCR_CONNECT_TIMEOUT_S + OCR_TIMEOUT_S"
            )
        return self

    @property
    def jwks_url(self) -> str:
        """Where the keys are published that user tokens are signed with."""
        project = str(self.supabase_url).rstrip("/")
        return str(self.supabase_jwks_url or f"{project}/auth/v1/.well-known/jwks.json")

    @property
    def auth_url(self) -> str:
        """Base URL of Auth's admin API, without `/admin`."""
        return str(self.supabase_auth_url or f"{str(self.supabase_url).rstrip('/')}/auth/v1").rstrip("/")

    @property
    def ocr_token_audience(self) -> str | None:
        """Audience of the ID token, or None where the OCR service needs none."""
        if self.ocr_audience:
            return self.ocr_audience
        url = self.ocr_service_url
        return f"https://{url.host}" if url.host and url.host.endswith(".run.app") else None


class WebhookSettings(BaseSettings):
    """What only `receipt_uploaded` needs, so that no other function is given it."""

    model_config = SettingsConfigDict(frozen=True)

    receipt_webhook_secret: SecretStr = Field(
        min_length=16, description="Shared with the database, which sends it in X-Webhook-Secret."
    )
