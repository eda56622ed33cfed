"""Downloads photos from Supabase Storage."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from storage3.exceptions import StorageApiError
from supabase import Client

from functions.core.errors import PhotoMissing, PhotoTooLarge, PhotoUnavailable
from functions.core.supabase import retry_once
from functions.receipts.queue import Claim


@dataclass(frozen=True)
class PhotoStorage:
    """Photos of claimed receipts, of at most `max_bytes`."""

    client: Client
    max_bytes: int

    def download(self, claim: Claim) -> bytes:
        """The photo as uploaded.

        Raises:
            PhotoMissing: it has been deleted.
            PhotoTooLarge: it exceeds `max_bytes`.
            PhotoUnavailable: Storage was unreachable.
        """
        bucket = self.client.storage.from_(claim.bucket)
        try:
            photo = retry_once(lambda: bucket.download(claim.object_path))
        except StorageApiError as error:
            # Storage returns 400 or 404 with `not_found` for a missing object; a failing gateway may use the same
            # words with a status of 5xx.
            if str(error.status).startswith("5"):
                raise PhotoUnavailable(f"Storage returned {error.status}.") from error
            if str(error.status) == "404" or "not_found" in f"{error.code}{error.message}".replace(" ", "_").lower():
                raise PhotoMissing() from error
            raise PhotoUnavailable(f"Storage returned {error.status}.") from error
        except httpx.HTTPError as error:
            raise PhotoUnavailable(f"Storage is unreachable ({type(error).__name__}).") from error
        if len(photo) > self.max_bytes:
            raise PhotoTooLarge(f"The photo has {len(photo)} bytes; the limit is {self.max_bytes}.")
        return photo
