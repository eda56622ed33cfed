"""Deleting photos, through the Storage API: the rows in the database are only its index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from storage3.exceptions import StorageApiError
from supabase import Client

from functions.core.errors import BackendUnavailable
from functions.core.supabase import call_repeatable, twice

BUCKET = "ocr"
BATCH = 100


def delete_photos(client: Client, which: str, arguments: dict[str, Any], go_on: Callable[[], bool]) -> int:
    """Delete the photos that the SQL function `which` names, batch by batch, until it names none or `go_on` says no.

    Returns:
        How many were deleted.

    Raises:
        BackendUnavailable: Storage or the database could not be reached, or Storage kept what it was to delete.
        BackendRefused: see `call_repeatable`.
    """

    def named() -> list[str]:
        rows: Any = call_repeatable(lambda: client.rpc(which, arguments | {"p_limit": BATCH}).execute().data)
        return list(rows or ())

    deleted = 0
    while go_on():
        paths = named()
        if not paths:
            break
        try:
            gone = twice(lambda: client.storage.from_(BUCKET).remove(paths))  # noqa: B023 - called right here
        except StorageApiError as error:
            raise BackendUnavailable(f"Storage answered {error.status}.") from error
        except httpx.HTTPError as error:
            raise BackendUnavailable(f"Storage could not be reached ({type(error).__name__}).") from error
        if not gone and set(paths) & set(named()):
            raise BackendUnavailable("Storage deleted none of the photos.")
        deleted += len(gone)  # none where another sweep was faster
    return deleted
