"""Rows of Supabase Storage, changed as its server changes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


@contextmanager
def storage_server(connection: psycopg.Connection[Any], operation: str = "", user_id: str = "") -> Iterator[None]:
    """A transaction with the settings of Storage's own: without them, no statement may delete objects.

    Args:
        connection: of a superuser.
        operation: what the request does, as Storage names it, such as `storage.object.move`.
        user_id: the user whose rights Storage tests; by default, it has tested them.
    """
    with connection.transaction():
        connection.execute("select set_config('storage.allow_delete_query', 'true', true)")
        connection.execute("select set_config('storage.operation', %s, true)", [operation])
        if user_id:
            connection.execute("select set_config('request.jwt.claim.sub', %s, true)", [user_id])
            connection.execute("set local role authenticated")
        yield
