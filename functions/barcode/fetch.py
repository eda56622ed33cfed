"""GET requests to providers: small JSON responses from known hosts.

URLs can contain a key, so no URL appears in an exception or a log, and httpx's own messages are not passed on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

MAX_REDIRECTS = 3
CHUNK_BYTES = 16 * 1024
# Uncompressed, so that the size limit applies to the bytes that arrive.
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class FetchError(Exception):
    """No usable response: the connection failed, or the size, the redirect or the format was wrong."""


@dataclass(frozen=True)
class Reply:
    """A complete response."""

    status: int
    body: bytes
    retry_after: str = ""

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises: FetchError: it is something else, such as HTML."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise FetchError("not a JSON object")
        return value


@dataclass
class Fetch:
    """Makes the calls of one lookup to one provider.

    Attributes:
        hosts: allowed redirect targets besides the host of the URL.
        calls: number of calls made so far.
    """

    client: httpx.AsyncClient
    max_bytes: int
    hosts: frozenset[str] = frozenset()
    headers: dict[str, str] = field(default_factory=dict)
    calls: int = 0

    async def get(self, url: str) -> Reply:
        """GET `url`, following redirects to allowed hosts. Has no timeout: the caller cancels it.

        Raises:
            FetchError: see there.
        """
        origin = urlsplit(url)
        self.calls += 1
        for _ in range(MAX_REDIRECTS + 1):
            request = self.client.build_request("GET", url, headers=HEADERS | self.headers)
            try:
                response = await self.client.send(request, stream=True)
                try:
                    if not response.has_redirect_location:
                        body = await self._read_body(response)
                        return Reply(response.status_code, body, response.headers.get("Retry-After", ""))
                    url = urljoin(url, response.headers["Location"])
                finally:
                    await response.aclose()
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError) as error:
                # `from None`, because the original exception contains the URL.
                raise FetchError(type(error).__name__) from None
            self._check_redirect(urlsplit(url), origin)
        raise FetchError("too many redirects")

    def _check_redirect(self, target: SplitResult, origin: SplitResult) -> None:
        """Raises: FetchError: the target is on a host that is not allowed, or unencrypted unlike the origin."""
        if target.scheme not in (origin.scheme, "https"):
            raise FetchError("redirect to another scheme")
        if target.netloc != origin.netloc and target.netloc not in self.hosts:
            raise FetchError("redirect to a foreign host")

    async def _read_body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw(CHUNK_BYTES):
            body += chunk
            if len(body) > self.max_bytes:
                raise FetchError("response too large")
        return bytes(body)
