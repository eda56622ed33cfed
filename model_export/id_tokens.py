"""Google ID tokens of a job's own account, which private services on Cloud Run require of their callers."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from google.auth.transport.requests import Request
from google.oauth2.id_token import fetch_id_token

PRIVATE = ".run.app"
# Tokens are valid for an hour; the margin covers a long upload.
TTL_S = 45 * 60


def is_private(url: str) -> bool:
    """Whether the server at `url` requires a token."""
    return (urlsplit(url).hostname or "").endswith(PRIVATE)


class IdToken:
    """The current token for one audience, fetched from the metadata server and renewed in time."""

    def __init__(
        self,
        audience: str,
        fetch: Callable[[str], str] = lambda audience: str(fetch_id_token(Request(), audience)),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audience, self._fetch, self._clock = audience, fetch, clock
        self._token, self._expires_at = "", float("-inf")

    def __call__(self) -> str:
        """A token that is valid for some minutes at least. Raises google.auth.exceptions.GoogleAuthError."""
        if self._clock() >= self._expires_at:
            self._token = self._fetch(self._audience)
            self._expires_at = self._clock() + TTL_S
        return self._token
