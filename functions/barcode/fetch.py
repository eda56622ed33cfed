"""GET requests to providers: small JSON responses from known hosts.

URLs can contain a key, so no URL appears in an exception or a log, and httpx's own messages are not passed on.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from functions.barcode.clean import parse_object

MAX_REDIRECTS = 3
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
# First bytes of gzip and zlib data. Some servers compress although they are asked not to, and some do not say so.
_GZIP = b"\x1f\x8b"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_MAX_COMPRESSIONS = 2  # a proxy may compress once more
_MAX_MEMBERS = 100  # each is a copy of the rest
_DEFAULT_PORTS = {"http": 80, "https": 443}


class FetchError(Exception):
    """No usable response: the connection failed, or the size, the redirect or the format was wrong."""


@dataclass(frozen=True)
class Reply:
    """A complete response."""

    status: int
    body: bytes
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status says so; a proxy that changed the response makes it 203."""
        return 200 <= self.status < 300

    def retry_after_s(self, now: datetime) -> float | None:
        """The time in Retry-After, which is given in seconds or as a date; None without one, or if it is over.

        The date may have any zone, or none, as in the obsolete format of asctime: then it is UTC (RFC 9110, 5.6.7).
        """
        if self.retry_after.isdecimal():
            return float(self.retry_after)
        try:
            moment = parsedate_to_datetime(self.retry_after)
            wait_s = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
        except (ValueError, OverflowError):
            return None
        return wait_s if wait_s > 0 else None

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
        try:
            foreign = _host(target) not in {_host(origin), *self.hosts}
        except ValueError:
            raise FetchError("malformed redirect") from None
        if foreign:
            raise FetchError("redirect to a foreign host")

    async def _read_body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        try:
            async for chunk in response.aiter_raw():  # as they arrive: a chunk that is being filled would be lost
                body += chunk
                if len(body) > self.max_bytes:
                    raise FetchError("response too large")
        except httpx.HTTPError:
            if not body:
                raise
            # The length or the end of the body is wrong. The document may be complete, which its parser can tell.
        return _decompress(bytes(body), response.headers.get("Content-Encoding", ""), self.max_bytes)


def _host(parts: SplitResult) -> str:
    """The host of a URL, with its port unless it is the usual one. Raises: ValueError: the port is not a number."""
    host = parts.hostname or ""
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


def _decompress(body: bytes, declared: str, max_bytes: int) -> bytes:
    """The body, uncompressed if it is compressed. Raises: FetchError: it is damaged, or larger than `max_bytes`."""
    for _ in range(_MAX_COMPRESSIONS):
        if body.startswith(_GZIP):
            body = _inflate(body, zlib.MAX_WBITS | 16, max_bytes)
        elif body.startswith(_ZLIB):
            body = _inflate(body, zlib.MAX_WBITS, max_bytes)
        elif "deflate" in declared.lower() and not body.lstrip().startswith((b"{", b"<")):
            return _inflate(body, -zlib.MAX_WBITS, max_bytes)  # without a header, as some servers understand deflate
        else:
            break
    return body


def _inflate(body: bytes, window_bits: int, max_bytes: int) -> bytes:
    """Uncompressed data, up to its end if it was cut. gzip data may consist of several members."""
    content = b""
    for _ in range(_MAX_MEMBERS):
        decompressor = zlib.decompressobj(window_bits)
        try:
            content += decompressor.decompress(body, max_bytes + 1 - len(content))
        except zlib.error:
            raise FetchError("damaged compression") from None
        if len(content) > max_bytes:
            raise FetchError("response too large")
        body = decompressor.unused_data
        if not body.startswith(_GZIP):
            return content
    raise FetchError("too many compressed parts")
