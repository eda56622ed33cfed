"""Google ID tokens for calling a private Cloud Run service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import google.auth.transport.requests
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import id_token

from functions.core.errors import OcrUnavailable

# Tokens live an hour; the margin covers a slow call and a clock that is a little off.
TOKEN_LIFE_S = 50 * 60


class IdTokens:
    """A source of ID tokens for one audience, fetched from the metadata server and kept while they last."""

    def __init__(self, audience: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._audience = audience
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._good_until = float("-inf")

    def __call__(self) -> str:
        """A token that is good for some minutes at least.

        Raises:
            OcrUnavailable: no token could be had; the photo is not to blame.
        """
        with self._lock:
            if self._clock() >= self._good_until:
                try:
                    self._token = id_token.fetch_id_token(google.auth.transport.requests.Request(), self._audience)
                except GoogleAuthError as error:
                    raise OcrUnavailable("No identity token for the OCR service could be had.") from error
                self._good_until = self._clock() + TOKEN_LIFE_S
            return self._token
