"""Photos, downloaded from Supabase Storage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import httpx
from storage3.exceptions import StorageApiError
from supabase import Client

from functions.core.errors import PhotoMissing, PhotoTooLarge, PhotoUnavailable
from functions.core.supabase import twice
from functions.receipts.queue import Claim


class Photos(Protocol):
    """What processing needs of Storage."""

    def download(self, claim: Claim) -> bytes: ...


@dataclass(frozen=True)
class SupabasePhotos:
    """The bucket that the claim names."""

    client: Client
    max_bytes: int

    def download(self, claim: Claim) -> bytes:
        """The photo as it was uploaded.

        Raises:
            PhotoMissing: it was deleted meanwhile.
            PhotoTooLarge: it has more than `max_bytes` bytes.
            PhotoUnavailable: Storage could not be reached.
        """
        bucket = self.client.storage.from_(claim.bucket)
        try:
            photo = twice(lambda: bucket.download(claim.object_path))
        except StorageApiError as error:
            # Storage says 400 or 404 for an object that is not there, with `not_found` in either. A gateway that fails
            # may say the same, of itself.
            if str(error.status).startswith("5"):
                raise PhotoUnavailable(f"Storage answered {error.status}.") from error
            if str(error.status) == "404" or "not_found" in f"{error.code}{error.message}".replace(" ", "_").lower():
                raise PhotoMissing() from error
            raise PhotoUnavailable(f"Storage answered {error.status}.") from error
        except httpx.HTTPError as error:
            raise PhotoUnavailable(f"Storage could not be reached ({type(error).__name__}).") from error
        if len(photo) > self.max_bytes:
            raise PhotoTooLarge(f"The photo has {len(photo)} bytes; at most {self.max_bytes} are read.")
        return photo
