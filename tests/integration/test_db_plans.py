"""The hottest database calls read no big table from the first row to the last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row

from tests.support.hot_calls import Call, calls, fill, plans_of, scans_of


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


def test_what_is_the_same_for_all_rows_is_computed_once(
    hot_calls: tuple[psycopg.Connection[Any], Any, list[Call]],
) -> None:
    """A function with a search path of its own is not inlined: called in a condition, it runs once per row."""
    connection, user, all_calls = hot_calls
    statements = {
        call.name: len(plans_of(connection, user, call))
        for call in all_calls
        if re.match(r"select \* from public\.(?!add_)", call.statement) and not call.as_service
    }
    assert {"spending_by_store", "waste_by_month", "expiring_soon", "running_low"} <= set(statements)
    # The user has 10 receipts with 100 items. Of their names, at most 10 are suggested, each by its use-by rule.
    most = dict.fromkeys(statements, 40) | {"suggest_names": 80}
    assert {name: count for name, count in statements.items() if count > most[name]} == {}


def test_a_scan_is_noticed(hot_calls: tuple[psycopg.Connection[Any], Any, list[Call]]) -> None:
    connection, user, _ = hot_calls
    assert scans_of(connection, user, Call("all", "select count(total) from public.receipts", as_service=True)) == {
        "receipts"
    }
