"""Deletes photos through the Storage API; the rows in `storage.objects` are only its index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from storage3.exceptions import StorageApiError
from supabase import Client

from functions.core.errors import BackendUnavailable
from functions.core.supabase import call_with_retry, retry_once

BUCKET = "ocr"
BATCH_SIZE = 100


def delete_photos(client: Client, query: str, arguments: dict[str, Any], may_continue: Callable[[], bool]) -> int:
    """Delete the photos that a SQL function lists, batch by batch, until it lists none or `may_continue` is false.

    Args:
        query: name of the SQL function; takes `arguments` and `p_limit`, returns object paths.

    Returns:
        The number of photos deleted.

    Raises:
        BackendUnavailable: Storage or the database was unreachable, or Storage deleted none of a batch.
        BackendRefused: see `call_with_retry`.
    """

    def list_paths() -> list[str]:
        rows: Any = call_with_retry(lambda: client.rpc(query, arguments | {"p_limit": BATCH_SIZE}).execute().data)
        return list(rows or ())

    count = 0
    while may_continue():
        paths = list_paths()
        if not paths:
            break
        try:
            removed = retry_once(lambda: client.storage.from_(BUCKET).remove(paths))  # noqa: B023 - called right here
        except StorageApiError as error:
            raise BackendUnavailable(f"Storage returned {error.status}.") from error
        except httpx.HTTPError as error:
            raise BackendUnavailable(f"Storage is unreachable ({type(error).__name__}).") from error
        if not removed and set(paths) & set(list_paths()):
            raise BackendUnavailable("Storage deleted none of the photos.")
        count += len(removed)  # 0 if a concurrent sweep deleted them first
    return count
