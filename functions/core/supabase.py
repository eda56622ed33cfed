"""Clients for Supabase, for the service itself and on behalf of users, with retry and error mapping.

HTTP/1.1 on purpose: idle HTTP/2 connections end with `RemoteProtocolError` (supabase-py issue 1064).
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from postgrest.exceptions import APIError
from supabase import Client, ClientOptions, create_client

from functions.core.auth import User
from functions.core.connection_pool import ConnectionPool
from functions.core.errors import BackendRefused, BackendUnavailable, Unauthorized
from functions.core.settings import Settings

T = TypeVar("T")

# Before the second attempt: a random wait, so that instances do not return all at once to a server that restarts.
LONGEST_WAIT_S = 0.5


def connect(settings: Settings) -> Client:
    """A client with the secret key, for the service's own work. Row level security does not apply to it."""
    key = settings.supabase_secret_key.get_secret_value()
    options = ClientOptions(httpx_client=http_client(settings), auto_refresh_token=False, persist_session=False)
    client = create_client(str(settings.supabase_url).rstrip("/"), key, options)
    # The client's own headers contain the key as a token, whatever it is.
    for name in ("apiKey", "Authorization"):
        client.options.headers.pop(name, None)
    client.options.headers.update(key_headers(key))
    return client


def key_headers(key: str) -> dict[str, str]:
    """Headers that authenticate a service.

    A secret key (`sb_secret_…`) is not a token and is not sent as one. A service role key of older projects is both.
    """
    return {"apikey": key} if key.startswith("sb_") else {"apikey": key, "Authorization": f"Bearer {key}"}


def http_client(settings: Settings) -> httpx.Client:
    """A pool of connections to Supabase. Raises httpx.HTTPStatusError for server errors; the caller closes it."""
    return httpx.Client(
        http2=False,
        timeout=settings.supabase_timeout_s,
        follow_redirects=False,
        event_hooks={"response": [_raise_for_server_error]},
    )


@dataclass(frozen=True)
class UserApi:
    """The Data API on behalf of users: row level security decides what a call may read and write.

    Attributes:
        url: base URL of the Data API.
        key: publishable key.
        connections: to its server; all users share them.
    """

    url: str
    key: str
    connections: ConnectionPool

    @classmethod
    def from_settings(cls, settings: Settings) -> UserApi:
        """Makes no call yet."""
        url = f"{str(settings.supabase_url).rstrip('/')}/rest/v1"
        return cls(url, settings.supabase_publishable_key, ConnectionPool(url, settings.supabase_timeout_s))

    def rpc(self, user: User, function: str, arguments: dict[str, Any]) -> Any:
        """Call a SQL function as that user. Returns its result.

        Raises:
            httpx.HTTPError: Supabase is unreachable or returned a server error.
            APIError: the Data API rejected the call.
        """
        url = f"{self.url}/rpc/{function}"
        headers = {**user_headers(self.key, user), "Content-Type": "application/json", "Content-Profile": "public"}
        reply = self.connections.post(urlsplit(url).path, json.dumps(arguments).encode(), headers)
        if not 200 <= reply.status < 300:
            response = httpx.Response(reply.status, content=reply.body, request=httpx.Request("POST", url))
            _raise_for_server_error(response)
            raise _api_error(response)
        try:
            return json.loads(reply.body) if reply.body else None
        except ValueError as error:
            raise httpx.DecodingError("the response is not JSON") from error


def user_headers(key: str, user: User) -> dict[str, str]:
    """Headers of a call as a user. `key`: the publishable key."""
    return {"apikey": key, "Authorization": f"Bearer {user.token}", "Accept": "application/json"}


def _raise_for_server_error(response: httpx.Response) -> None:
    """Treat a server error as an outage, whether the database or the gateway reports it."""
    if response.is_server_error:
        response.read()  # the body may contain an error code
        response.raise_for_status()


def _api_error(response: httpx.Response) -> APIError:
    """The Data API's error in a response, or its status if it has none."""
    try:
        return APIError({name: response.json().get(name) for name in ("message", "code", "hint", "details")})
    except (ValueError, AttributeError):
        return APIError({"message": "", "code": str(response.status_code), "hint": None, "details": None})


def _error_code(response: httpx.Response) -> str:
    """The error code in the response body, if any (e.g. PGRST002, 57014)."""
    try:
        return f" ({response.json()['code']})"
    except (ValueError, KeyError, TypeError):
        return ""


def retry_once(call: Callable[[], T]) -> T:
    """Make an idempotent call, and repeat it once if Supabase is unreachable. Raises: httpx.HTTPError."""
    # Not with tenacity, whose bookkeeping would cost each lookup CPU time although nothing is repeated.
    try:
        return call()
    except httpx.HTTPError:
        time.sleep(random.uniform(0, LONGEST_WAIT_S))  # noqa: S311 - not a secret
    return call()


def call_with_retry(call: Callable[[], T]) -> T:
    """Make an idempotent call to the Data API, with one retry.

    Raises:
        BackendUnavailable: Supabase was unreachable or returned a server error.
        BackendRefused: the Data API rejected the call.
    """
    try:
        return retry_once(call)
    except httpx.HTTPStatusError as error:
        code = _error_code(error.response)
        raise BackendUnavailable(f"Supabase returned {error.response.status_code}{code}.") from error
    except httpx.HTTPError as error:
        raise BackendUnavailable(f"Supabase is unreachable ({type(error).__name__}).") from error
    except APIError as error:
        raise BackendRefused(
            error.code or "",
            f"Supabase rejected the call ({error.code}).",
            hint=error.hint or "",
            note=error.details or "",
        ) from error


def call_as_user(call: Callable[[], T]) -> T:
    """`call_with_retry` for a call with a user's token.

    Raises:
        Unauthorized: Supabase does not accept the token (any more), or its user has been deleted.
        BackendUnavailable, BackendRefused: see `call_with_retry`.
    """
    try:
        return call_with_retry(call)
    except BackendRefused as error:
        # PGRST300 to PGRST303 are PostgREST's errors of tokens.
        if error.hint == "unauthorized" or error.sqlstate.startswith("PGRST30"):
            raise Unauthorized("The access token is invalid.") from error
        raise
