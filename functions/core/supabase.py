"""Clients for Supabase, for the service itself and on behalf of users, with retry and error mapping.

HTTP/1.1 on purpose: idle HTTP/2 connections end with `RemoteProtocolError` (supabase-py issue 1064).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from postgrest import SyncPostgrestClient
from postgrest.exceptions import APIError
from supabase import Client, ClientOptions, create_client
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from functions.core.auth import User
from functions.core.errors import BackendRefused, BackendUnavailable, Unauthorized
from functions.core.settings import Settings

T = TypeVar("T")


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


def http_client(settings: Settings, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A pool of connections to Supabase. Raises httpx.HTTPStatusError for server errors; the caller closes it."""
    return httpx.Client(
        http2=False,
        timeout=settings.supabase_timeout_s,
        follow_redirects=False,
        event_hooks={"response": [_raise_for_server_error]},
        transport=transport,
    )


@dataclass(frozen=True)
class UserApi:
    """The Data API on behalf of users: row level security decides what a call may read and write.

    Attributes:
        url: base URL of the Data API.
        key: publishable key.
        http: the client for `for_user`, on the connections of `transport`.
        transport: pool of connections that all users share.
        timeout_s: of each step of a call.
    """

    url: str
    key: str
    http: httpx.Client
    transport: httpx.BaseTransport
    timeout_s: float

    @classmethod
    def from_settings(cls, settings: Settings) -> UserApi:
        """Makes no call yet."""
        url = f"{str(settings.supabase_url).rstrip('/')}/rest/v1"
        transport = httpx.HTTPTransport(http1=True, http2=False)
        http = http_client(settings, transport)
        return cls(url, settings.supabase_publishable_key, http, transport, settings.supabase_timeout_s)

    def rpc(self, user: User, function: str, arguments: dict[str, Any]) -> Any:
        """Call a SQL function as that user, as `for_user(user).rpc(function, arguments).execute().data` does.

        The client's layers above the connection (URLs, cookies, redirects) take a third of a call's processor time, so
        this goes without them.

        Raises:
            httpx.HTTPError: Supabase is unreachable or returned a server error.
            APIError: the Data API rejected the call.
        """
        request = httpx.Request(
            "POST",
            f"{self.url}/rpc/{function}",
            headers={
                "apikey": self.key,
                "Authorization": f"Bearer {user.token}",
                "Accept": "application/json",
                "Content-Profile": "public",
            },
            json=arguments,
            extensions={"timeout": httpx.Timeout(self.timeout_s).as_dict()},
        )
        with closing(self.transport.handle_request(request)) as response:
            response.request = request
            response.read()
        _raise_for_server_error(response)
        if not response.is_success:
            raise _api_error(response)
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise httpx.DecodingError("the response is not JSON", request=request) from error

    def for_user(self, user: User) -> SyncPostgrestClient:
        """A client that makes every call as that user."""
        headers = {"apikey": self.key, "Authorization": f"Bearer {user.token}"}
        return SyncPostgrestClient(self.url, headers=headers, http_client=self.http)


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
    attempts = Retrying(
        retry=retry_if_exception_type(httpx.HTTPError),
        stop=stop_after_attempt(2),
        wait=wait_random_exponential(max=0.5),
        reraise=True,
    )
    return attempts(call)


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
