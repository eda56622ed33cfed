"""The client that the routes of the OCR service share."""

from __future__ import annotations

import pytest
import requests

from functions.core.settings import Settings
from functions.ocr.client import OcrClient
from functions.ocr.id_tokens import IdTokens, TokenSource, no_token
from tests.support.scripted import json_step, serving


@pytest.mark.parametrize(("token", "expected"), [(lambda: "t0ken", "Bearer t0ken"), (no_token, None)])
def test_an_id_token_is_sent_as_bearer_token(token: TokenSource, expected: str | None) -> None:
    with serving(json_step(200, {})) as server, requests.Session() as session:
        OcrClient(session, server.url, token).post("/v1/receipts", data=b"photo", timeout=5)
    assert server.seen[0][1].get("Authorization") == expected


def test_redirects_are_not_followed() -> None:
    with serving((302, {"Location": "http://127.0.0.1:9/"}, b"")) as server, requests.Session() as session:
        assert OcrClient(session, server.url).post("/v1/receipts", data=b"photo", timeout=5).status_code == 302


@pytest.mark.parametrize(("url", "private"), [("https://ocr-a.run.app/", True), ("http://127.0.0.1:8080", False)])
def test_a_private_service_is_called_with_id_tokens(url: str, private: bool) -> None:
    settings = Settings(
        supabase_url="http://127.0.0.1:9",
        supabase_secret_key="sb_secret_unit_test",
        supabase_publishable_key="sb_publishable_unit_test",
        ocr_service_url=url,
        sweep_workers=30,
    )
    client = OcrClient.connect(settings)
    with client.session as session:
        assert (client.url, isinstance(client.token, IdTokens)) == (url.rstrip("/"), private)
        assert session.get_adapter(url)._pool_maxsize == 30
