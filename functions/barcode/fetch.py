"""GET requests to providers: small JSON responses from known hosts.

URLs can contain a key, so no URL appears in an exception or a log, and httpx's own messages are not passed on.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from functions.barcode.clean import parse_object

MAX_REDIRECTS = 3
CHUNK_BYTES = 16 * 1024
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
# First bytes of gzip and zlib data. Some servers compress although they are asked not to, and some do not say so.
_COMPRESSED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")


class FetchError(Exception):
    """No usable response: the connection failed, or the size, the redirect or the format was wrong."""


@dataclass(frozen=True)
class Reply:
    """A complete response."""

    status: int
    body: bytes
    retry_after: str = ""

    def json(self) -> dict[str, Any]:
        """The body as a clean JSON object, see `clean`. Raises: FetchError: it is something else, such as HTML."""
        try:
            return parse_object(self.body)
        except ValueError:
            raise FetchError("not a JSON object") from None


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
        return _decompress(bytes(body), self.max_bytes)


def _decompress(body: bytes, max_bytes: int) -> bytes:
    """The body, uncompressed if it is compressed. Raises: FetchError: it is damaged, or larger than `max_bytes`."""
    if not body.startswith(_COMPRESSED):
        return body
    decompressor = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib
    try:
        content = decompressor.decompress(body, max_bytes + 1)
    except zlib.error:
        raise FetchError("damaged compression") from None
    if len(content) > max_bytes:
        raise FetchError("response too large")
    if not decompressor.eof:
        raise FetchError("damaged compression")
    return content
