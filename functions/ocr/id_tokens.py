"""Google ID tokens for calling a private Cloud Run service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import google.auth.transport.requests
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import id_token

TokenSource = Callable[[], str | None]
"""Returns the bearer token to send, or None to send none. Raises: IdTokenUnavailable."""

# Tokens are valid for one hour; the margin covers a slow call and clock skew.
TOKEN_TTL_S = 50 * 60


class IdTokenUnavailable(Exception):
    """The metadata server or the credentials gave no ID token."""


def no_token() -> None:
    """The source for a service that needs no token."""


class IdTokens:
    """A source of ID tokens for one audience, fetched from the metadata server and cached for `TOKEN_TTL_S`."""

    def __init__(self, audience: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._audience = audience
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._expires_at = float("-inf")

    def __call__(self) -> str:
        """A token that is valid for some minutes at least. Raises: IdTokenUnavailable."""
        with self._lock:
            if self._clock() >= self._expires_at:
                try:
                    self._token = id_token.fetch_id_token(google.auth.transport.requests.Request(), self._audience)
                except GoogleAuthError as error:
                    raise IdTokenUnavailable("No ID token could be obtained for the OCR service.") from error
                self._expires_at = self._clock() + TOKEN_TTL_S
            return self._token
