"""Downloads photos from Supabase Storage."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

import httpx
from supabase import Client

from functions.core.concurrency import within
from functions.core.errors import PhotoMissing, PhotoTooLarge, PhotoUnavailable
from functions.core.supabase import retry_once
from functions.receipts.image_types import SIGNATURE_BYTES, check

CHUNK_BYTES = 64 * 1024
MAX_ERROR_BYTES = 16 * 1024


class StoredPhoto(Protocol):
    """Where a photo is."""

    @property
    def bucket(self) -> str:
        """Its bucket."""

    @property
    def object_path(self) -> str:
        """Its path in the bucket."""


@dataclass(frozen=True)
class PhotoStorage:
    """Photos of receipts, of at most `max_bytes`, each downloaded within `timeout_s` seconds, in two attempts at most.

    The client's own timeouts are for each read: a server that sends a byte now and then would never exceed them.

    The size is counted while the bytes arrive: Storage checks only the announced length of an upload, so a stored
    object may be larger than the bucket allows, and its Content-Length may be missing or wrong.
    """

    client: Client
    max_bytes: int
    timeout_s: float
    clock: Callable[[], float] = time.monotonic

    def download(self, photo: StoredPhoto) -> bytes:
        """The photo as uploaded.

        Raises:
            PhotoMissing: it has been deleted.
            PhotoTooLarge: it exceeds `max_bytes`; at most that many bytes were kept.
            UnsupportedPhoto, PhotoTypeMismatch: see `image_types.check`.
            PhotoUnavailable: Storage was unreachable, or too slow.
        """
        try:
            return retry_once(lambda: within(self.timeout_s, lambda: self._download(photo)))
        except TimeoutError as error:
            raise self._too_slow() from error
        except httpx.HTTPStatusError as error:
            raise PhotoUnavailable(f"Storage returned {error.response.status_code}.") from error
        except httpx.HTTPError as error:
            raise PhotoUnavailable(f"Storage is unreachable ({type(error).__name__}).") from error

    def _download(self, stored: StoredPhoto) -> bytes:
        deadline = self.clock() + self.timeout_s
        url = f"{str(self.client.storage_url).rstrip('/')}/object/{quote(stored.bucket)}/{quote(stored.object_path)}"
        headers = {**self.client.options.headers, "Accept-Encoding": "identity"}
        http = self.client.options.httpx_client
        assert http is not None  # noqa: S101 - `connect` sets it
        with http.stream("GET", url, headers=headers) as response:
            if response.status_code != 200:
                raise _refusal(response)
            declared = response.headers.get("Content-Type", "")
            photo = bytearray()
            is_checked = False
            # Raw, because an encoding that was not asked for must not multiply the bytes.
            # Without a size of chunks, because the client would wait until one is complete.
            for chunk in response.iter_raw():
                if len(photo) + len(chunk) > self.max_bytes:
                    raise PhotoTooLarge(f"The photo has more than {self.max_bytes} bytes.")
                photo += chunk
                if not is_checked and len(photo) >= SIGNATURE_BYTES:
                    check(declared, bytes(photo[:SIGNATURE_BYTES]))
                    is_checked = True
                if self.clock() > deadline:
                    raise self._too_slow()
            if not is_checked:
                check(declared, bytes(photo))
            return bytes(photo)

    def _too_slow(self) -> PhotoUnavailable:
        return PhotoUnavailable(f"Storage did not send the photo within {self.timeout_s:g} s.")


def _refusal(response: httpx.Response) -> PhotoMissing | PhotoUnavailable:
    """Storage returns 400 or 404 with `not_found` for a missing object. Server errors are raised by the client.

    Any other 404, also for a missing bucket, is the deployment's fault and not the photo's.
    """
    body = bytearray()
    for chunk in response.iter_raw(CHUNK_BYTES):
        body += chunk[: MAX_ERROR_BYTES - len(body)]
        if len(body) >= MAX_ERROR_BYTES:
            break
    try:
        problem = json.loads(body)
        words = f"{problem.get('error')} {problem.get('message')}".lower().replace(" ", "_")
    except (ValueError, AttributeError):
        words = ""
    if "not_found" in words and "bucket" not in words:
        return PhotoMissing()
    return PhotoUnavailable(f"Storage returned {response.status_code}.")
