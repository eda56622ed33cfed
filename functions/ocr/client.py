"""HTTP client of the OCR service: one pool of connections, base URL and identity for all its routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from functions.core import tracing
from functions.core.settings import Settings
from functions.ocr.id_tokens import IdTokens, TokenSource, no_token


@dataclass(frozen=True)
class OcrClient:
    """The OCR service at `url`, called with an ID token where the deployment requires one."""

    session: requests.Session
    url: str
    token: TokenSource = no_token

    @classmethod
    def connect(cls, settings: Settings) -> OcrClient:
        """Makes no call yet. Has a connection for each worker of the sweep."""
        session = requests.Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=max(10, settings.sweep_workers)))
        audience = settings.ocr_token_audience
        return cls(
            session=session,
            url=str(settings.ocr_service_url).rstrip("/"),
            token=IdTokens(audience) if audience else no_token,
        )

    def post(
        self,
        path: str,
        *,
        timeout: float | tuple[float, float],
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
        json: Any = None,
    ) -> requests.Response:
        """POST `data` or `json`; redirects are not followed.

        Args:
            path: without a query: URLs are logged on their way, and what users buy must not be.
            timeout: for connecting and for reading the response, in seconds.

        Raises:
            IdTokenUnavailable: no ID token could be obtained; the service was not called.
            requests.RequestException: the call failed.
        """
        if "?" in path:
            raise ValueError("The OCR service takes no query.")
        headers = dict(headers or {})
        tracing.pass_on(headers)
        if token := self.token():
            headers["Authorization"] = f"Bearer {token}"
        return self.session.post(
            f"{self.url}{path}", data=data, json=json, headers=headers, timeout=timeout, allow_redirects=False
        )
