"""The hottest database calls read no big table from the first row to the last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row

from tests.support.hot_calls import Call, calls, fill, scans_of


@pytest.fixture(scope="module")
def hot_calls(database_url: str) -> Iterator[tuple[psycopg.Connection[Any], Any, list[Call]]]:
    """Calls of a user among thousands: a table of few rows is scanned whatever its indexes."""
    with psycopg.connect(database_url, row_factory=tuple_row) as connection:
        user = fill(connection, users=500, own_receipts=10)
        yield connection, user, calls(connection, user)
        connection.rollback()


def test_no_hot_call_scans_a_big_table(hot_calls: tuple[psycopg.Connection[Any], Any, list[Call]]) -> None:
    connection, user, all_calls = hot_calls
    assert len(all_calls) >= 10
    assert {call.name: scans_of(connection, user, call) for call in all_calls} == {
        call.name: set() for call in all_calls
    }


def test_a_scan_is_noticed(hot_calls: tuple[psycopg.Connection[Any], Any, list[Call]]) -> None:
    connection, user, _ = hot_calls
    assert scans_of(connection, user, Call("all", "select count(total) from public.receipts", as_service=True)) == {
        "receipts"
    }
