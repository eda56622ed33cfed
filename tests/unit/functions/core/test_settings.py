"""Settings: validation at startup, and derived values."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from functions.core.settings import Settings, WebhookSettings

GOOD = {
    "supabase_url": "https://project.supabase.co",
    "supabase_secret_key": "sb_secret_x",
    "supabase_publishable_key": "sb_publishable_x",
    "ocr_service_url": "https://ocr-abc-du.a.run.app",
}


def test_defaults_let_the_lease_outlive_the_work() -> None:
    settings = Settings(**GOOD)
    assert settings.ocr_timeout_s + settings.ocr_patience_s < settings.receipt_lease_s


def test_an_ocr_timeout_beyond_the_lease_is_refused() -> None:
    with pytest.raises(ValidationError, match="RECEIPT_LEASE_S"):
        Settings(**GOOD, ocr_timeout_s=120)


def test_the_representation_hides_secrets() -> None:
    assert "sb_secret_x" not in repr(Settings(**GOOD))
    assert "0123456789abcdef" not in repr(WebhookSettings(receipt_webhook_secret="0123456789abcdef"))


def test_a_short_shared_secret_is_refused() -> None:
    with pytest.raises(ValidationError, match="supabase_jwt_secret"):
        Settings(**GOOD, supabase_jwt_secret="guessable")
    with pytest.raises(ValidationError, match="receipt_webhook_secret"):
        WebhookSettings(receipt_webhook_secret="guessable")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "https://project.supabase.co/auth/v1/.well-known/jwks.json"),
        ({"supabase_jwks_url": "https://keys.example/jwks"}, "https://keys.example/jwks"),
    ],
)
def test_the_url_of_the_keys_defaults_to_the_project(changed: dict[str, str], expected: str) -> None:
    assert Settings(**GOOD, **changed).jwks_url == expected


@pytest.mark.parametrize(
    ("url", "audience", "expected"),
    [
        ("https://ocr-abc-du.a.run.app", "", "https://ocr-abc-du.a.run.app"),
        ("https://ocr-abc-du.a.run.app/", "custom", "custom"),
        ("http://127.0.0.1:8080", "", None),
        ("https://ocr.internal", "https://ocr.internal", "https://ocr.internal"),
    ],
)
def test_an_id_token_is_sent_only_where_needed(url: str, audience: str, expected: str | None) -> None:
    assert Settings(**{**GOOD, "ocr_service_url": url}, ocr_audience=audience).ocr_token_audience == expected


def test_origins_of_web_pages_are_a_list() -> None:
    settings = Settings(**GOOD, app_origins="https://app.example, http://localhost:8081,")
    assert settings.app_origins == {"https://app.example", "http://localhost:8081"}
    assert Settings(**GOOD, app_origins="*").app_origins == {"*"}


@pytest.mark.parametrize("origins", ["https://app.example/", "app.example", "https://*.example", "https://APP.example"])
def test_malformed_origins_are_refused(origins: str) -> None:
    with pytest.raises(ValidationError, match="invalid origins"):
        Settings(**GOOD, app_origins=origins)
