"""Supabase as the functions call it, for themselves and for users, and what its failures mean.

HTTP/1.1 on purpose: idle HTTP/2 connections end with `RemoteProtocolError` (supabase-py issue 1064).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import httpx
from postgrest import SyncPostgrestClient
from postgrest.exceptions import APIError
from supabase import Client, ClientOptions, create_client
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from functions.core.auth import User
from functions.core.errors import BackendRefused, BackendUnavailable
from functions.core.settings import Settings

T = TypeVar("T")


def connect(settings: Settings) -> Client:
    """A client with the secret key, for the service's own work. Row level security does not apply to it."""
    http = _http(settings)
    options = ClientOptions(httpx_client=http, auto_refresh_token=False, persist_session=False)
    return create_client(
        str(settings.supabase_url).rstrip("/"), settings.supabase_secret_key.get_secret_value(), options
    )


class UserApi:
    """The Data API as users see it: what a call may see and do is for row level security to decide."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{str(settings.supabase_url).rstrip('/')}/rest/v1"
        self._key = settings.supabase_publishable_key
        self._http = _http(settings)

    def acting_as(self, user: User) -> SyncPostgrestClient:
        """A client whose every call is that user's. All of them share one pool of connections."""
        headers = {"apikey": self._key, "Authorization": f"Bearer {user.token}"}
        return SyncPostgrestClient(self._url, headers=headers, http_client=self._http)

    def close(self) -> None:
        """Hang up."""
        self._http.close()


def _http(settings: Settings) -> httpx.Client:
    timeout = settings.supabase_timeout_s
    return httpx.Client(http2=False, timeout=timeout, follow_redirects=False, event_hooks={"response": [_is_up]})


def _is_up(response: httpx.Response) -> None:
    """A server error is an outage, of the database or of the gateway before it. Raises: httpx.HTTPStatusError."""
    if response.is_server_error:
        response.read()  # it may say which error it is
        response.raise_for_status()


def _code(response: httpx.Response) -> str:
    """Its own code of the error, where the answer has one: PGRST002, 57014."""
    try:
        return f" ({response.json()['code']})"
    except (ValueError, KeyError, TypeError):
        return ""


def twice(call: Callable[[], T]) -> T:
    """Make a call that may run twice, and make it again once if Supabase is out of reach. Raises: httpx.HTTPError."""
    attempts = Retrying(
        retry=retry_if_exception_type(httpx.HTTPError),
        stop=stop_after_attempt(2),
        wait=wait_random_exponential(max=0.5),
        reraise=True,
    )
    return attempts(call)


def call_repeatable(call: Callable[[], T]) -> T:
    """Call the Data API with `twice`.

    Raises:
        BackendUnavailable: Supabase could not be reached, or answered with a server error.
        BackendRefused: its API refused the call.
    """
    try:
        return twice(call)
    except httpx.HTTPStatusError as error:
        raise BackendUnavailable(f"Supabase answered {error.response.status_code}{_code(error.response)}.") from error
    except httpx.HTTPError as error:
        raise BackendUnavailable(f"Supabase could not be reached ({type(error).__name__}).") from error
    except APIError as error:
        raise BackendRefused(
            error.code or "",
            f"Supabase refused the call ({error.code}).",
            hint=error.hint or "",
            note=error.details or "",
        ) from error
