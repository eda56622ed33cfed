"""Settings of the functions: environment variables, validated at startup."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_ORIGIN = re.compile(r"\*|https?://[a-z0-9.-]+(:[0-9]+)?")


class Settings(BaseSettings):
    """Each field is read from the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True)

    supabase_url: AnyHttpUrl = Field(description="URL of the Supabase project.")
    supabase_secret_key: SecretStr = Field(description="Secret (service role) key; used by the functions only.")
    supabase_publishable_key: str = Field(
        min_length=1, description="Publishable key, sent together with a user's token to call Supabase as that user."
    )
    supabase_timeout_s: float = Field(10, gt=0, description="Timeout of one call to Supabase, in seconds.")
    supabase_jwks_url: AnyHttpUrl | None = Field(
        None, description="URL of the JWK set that user tokens are signed with. Unset: the project's own."
    )
    supabase_jwt_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="Shared secret of projects that sign user tokens with HS256, or did so until now. Tokens signed "
        "with published keys are accepted as well.",
    )

    supabase_auth_url: AnyHttpUrl | None = Field(
        None, description="Base URL of Auth's admin API, which deletes users. Unset: the project's own."
    )

    app_origins: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Origins whose web pages may call the app's functions (CORS), separated by commas, such as "
        "https://app.example; `*` for all. Native apps need none.",
    )

    receipt_lease_s: int = Field(180, gt=0, description="Lease of a claimed receipt, in seconds.")
    sweep_budget_s: float = Field(45, gt=0, description="How long one sweep claims receipts, in seconds.")
    sweep_workers: int = Field(2, ge=1, le=100, description="Receipts that one sweep reads at the same time.")
    sweep_poll_s: float | None = Field(
        None,
        ge=0.1,
        description="Interval at which a sweep polls for new receipts until its budget ends, in seconds. Unset: it "
        "ends when no receipt is due, which suits a deployment with the webhook.",
    )

    deletion_budget_s: float = Field(
        20, gt=0, description="How long one sweep deletes accounts and photos that are due, in seconds."
    )

    count_budget_s: float = Field(
        30, gt=0, description="How long one sweep counts changed receipts for monitoring, in seconds."
    )

    photo_max_bytes: int = Field(
        10 * 1024 * 1024, gt=0, description="Largest photo that is sent to the OCR service, in bytes."
    )

    ocr_service_url: AnyHttpUrl = Field(description="Base URL of the OCR service.")
    ocr_audience: str = Field(
        "",
        description="Audience of the Google ID token sent to the OCR service. Empty: the service's URL if it is on "
        "run.app, else no token is sent.",
    )
    ocr_connect_timeout_s: float = Field(
        5, gt=0, description="Timeout of one connection attempt to the OCR service, in seconds."
    )
    ocr_timeout_s: float = Field(45, gt=0, description="Timeout of one response of the OCR service, in seconds.")
    ocr_patience_s: float = Field(
        40, ge=0, description="How long to retry a busy or unreachable OCR service, in seconds."
    )

    @field_validator("app_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        """An origin has no path, not even a trailing slash: browsers compare it as text."""
        origins = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        if malformed := [origin for origin in origins if not _ORIGIN.fullmatch(origin)]:
            raise ValueError(f"invalid origins (expected the form https://app.example): {', '.join(malformed)}")
        return origins

    @model_validator(mode="after")
    def _lease_outlives_the_work(self) -> Settings:
        """A worker must not lose its receipt to another while it still works on it.

        Download and completion are retried once each.
        """
        longest = 4 * self.supabase_timeout_s + self.ocr_patience_s + self.ocr_connect_timeout_s + self.ocr_timeout_s
        if longest >= self.receipt_lease_s:
            raise ValueError(
                f"RECEIPT_LEASE_S ({self.receipt_lease_s}) must exceed the longest processing time ({longest:g} s): "
                "4 x SUPABASE_TIMEOUT_S + OCR_PATIENCE_S + OCR_CONNECT_TIMEOUT_S + OCR_TIMEOUT_S"
            )
        return self

    @property
    def jwks_url(self) -> str:
        """URL of the JWK set that user tokens are signed with."""
        project = str(self.supabase_url).rstrip("/")
        return str(self.supabase_jwks_url or f"{project}/auth/v1/.well-known/jwks.json")

    @property
    def auth_url(self) -> str:
        """Base URL of Auth's admin API, without `/admin`."""
        return str(self.supabase_auth_url or f"{str(self.supabase_url).rstrip('/')}/auth/v1").rstrip("/")

    @property
    def ocr_token_audience(self) -> str | None:
        """Audience of the ID token, or None if the OCR service needs no token."""
        if self.ocr_audience:
            return self.ocr_audience
        url = self.ocr_service_url
        return f"https://{url.host}" if url.host and url.host.endswith(".run.app") else None


class WebhookSettings(BaseSettings):
    """Settings that only `receipt_uploaded` needs, kept apart so that no other function gets the secret."""

    model_config = SettingsConfigDict(frozen=True)

    receipt_webhook_secret: SecretStr = Field(
        min_length=16, description="Secret shared with the database, which sends it as X-Webhook-Secret."
    )


class TracingSettings(BaseSettings):
    """Where spans go."""

    model_config = SettingsConfigDict(frozen=True)

    traces_exporter: Literal["none", "console", "otlp", "google"] = Field(
        "none", description="console: standard output; otlp: a collector or Jaeger; google: Cloud Trace."
    )
    traces_endpoint: AnyHttpUrl = Field(
        AnyHttpUrl("http://127.0.0.1:4318/v1/traces"), description="Where the exporter otlp sends spans, over HTTP."
    )
    traces_sample: float = Field(1.0, ge=0, le=1, description="Share of the traces that are recorded.")
    traces_project: str = Field("", description="Google Cloud project of the traces; log lines name it.")
