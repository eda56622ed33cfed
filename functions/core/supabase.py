"""One Supabase client per process, and what its failures mean.

HTTP/1.1 on purpose: idle HTTP/2 connections end with `RemoteProtocolError` (supabase-py issue 1064).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import httpx
from postgrest.exceptions import APIError
from supabase import Client, ClientOptions, create_client
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from functions.core.errors import BackendRefused, BackendUnavailable
from functions.core.settings import Settings

T = TypeVar("T")


def connect(settings: Settings) -> Client:
    """A client with the secret key, for the service's own work. Row level security does not apply to it."""
    http = httpx.Client(http2=False, timeout=settings.supabase_timeout_s, follow_redirects=False)
    options = ClientOptions(httpx_client=http, auto_refresh_token=False, persist_session=False)
    return create_client(
        str(settings.supabase_url).rstrip("/"), settings.supabase_secret_key.get_secret_value(), options
    )


def twice(call: Callable[[], T]) -> T:
    """Make a call that may run twice, and make it again once if the connection drops. Raises: httpx.HTTPError."""
    attempts = Retrying(
        retry=retry_if_exception_type(httpx.TransportError),
        stop=stop_after_attempt(2),
        wait=wait_random_exponential(max=0.5),
        reraise=True,
    )
    return attempts(call)


def call_repeatable(call: Callable[[], T]) -> T:
    """Call the Data API with `twice`.

    Raises:
        BackendUnavailable: Supabase could not be reached.
        BackendRefused: its API refused the call.
    """
    try:
        return twice(call)
    except httpx.HTTPError as error:
        raise BackendUnavailable(f"Supabase could not be reached ({type(error).__name__}).") from error
    except APIError as error:
        raise BackendRefused(error.code or "", f"Supabase refused the call ({error.code}).") from error
