"""Calls to providers: small JSON answers from known hosts, by a deadline that also cuts off who sends byte by byte.

A URL here can hold a key. So no URL is put into an exception or a log, and httpx's own messages are not passed on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

MAX_REDIRECTS = 3
CHUNK = 16 * 1024
# Uncompressed, so that what is capped is what arrives.
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class FetchError(Exception):
    """No usable answer came: the connection, the size, the redirect, or the form of it was wrong."""


@dataclass(frozen=True)
class Reply:
    """An answer, read whole."""

    status: int
    body: bytes
    retry_after: str = ""

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises: FetchError: it is another thing, such as HTML."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise FetchError("not a JSON object")
        return value


@dataclass
class Fetch:
    """Fetches for one lookup of one provider.

    Attributes:
        hosts: besides the one of the URL, where redirects may lead.
        used: calls made so far.
    """

    client: httpx.AsyncClient
    max_bytes: int
    hosts: frozenset[str] = frozenset()
    headers: dict[str, str] = field(default_factory=dict)
    used: int = 0

    async def get(self, url: str) -> Reply:
        """GET `url`, following redirects to known hosts.

        Raises:
            FetchError: see there. Time limits are the caller's, who cancels.
        """
        origin = urlsplit(url)
        self.used += 1
        for _ in range(MAX_REDIRECTS + 1):
            request = self.client.build_request("GET", url, headers=HEADERS | self.headers)
            try:
                response = await self.client.send(request, stream=True)
                try:
                    if not response.has_redirect_location:
                        body = await self._body(response)
                        return Reply(response.status_code, body, response.headers.get("Retry-After", ""))
                    url = urljoin(url, response.headers["Location"])
                finally:
                    await response.aclose()
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError) as error:
                # From nowhere: the original names the URL.
                raise FetchError(type(error).__name__) from None
            self._check(urlsplit(url), origin)
        raise FetchError("too many redirects")

    def _check(self, target: SplitResult, origin: SplitResult) -> None:
        """Raises: FetchError: a redirect leads to a host that is not the provider's, or away from encryption."""
        if target.scheme not in (origin.scheme, "https"):
            raise FetchError("redirected to another scheme")
        if target.netloc != origin.netloc and target.netloc not in self.hosts:
            raise FetchError("redirected to a foreign host")

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw(CHUNK):
            body += chunk
            if len(body) > self.max_bytes:
                raise FetchError("answer too large")
        return bytes(body)
