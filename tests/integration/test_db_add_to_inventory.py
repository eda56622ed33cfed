"""Products without a receipt: `add_to_inventory`, and the use-by date that `suggest_use_by` announces."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from postgrest.exceptions import APIError

from local.client import User

Row = dict[str, Any]

CHEESE = {"name": "모짜렐라 치즈", "category": "dairy"}


def add(user: User, **lot: Any) -> Row:
    answer: Any = (
        user.supabase.rpc("add_to_inventory", {"inventory_id": str(uuid.uuid4()), **CHEESE, **lot}).execute().data
    )
    return dict(answer)


def suggest(user: User, **product: Any) -> Row:
    answer: Any = user.supabase.rpc("suggest_use_by", {**CHEESE, **product}).execute().data
    return dict(answer)


@pytest.fixture
def today(database: psycopg.Connection[Row]) -> date:
    row = database.execute("select private.today() as day").fetchone()
    assert row is not None
    return date.fromisoformat(str(row["day"]))


def test_a_product_is_added_with_the_suggested_storage_and_date(user: User, today: date) -> None:
    suggestion = suggest(user)
    row = add(user)
    assert suggestion["storage"] == row["storage"] == "fridge"
    assert suggestion["expires_on"] == row["expires_on"] == str(today + timedelta(days=suggestion["min_days"]))
    assert (row["name"], row["quantity"], row["unit"], row["gtin14"]) == ("모짜렐라 치즈", 1, None, None)
    assert (row["purchased_on"], row["expiry_basis"], row["expiry_source"]) == (
        str(today),
        "purchase",
        suggestion["source"],
    )
    assert row["package_expires_on"] is None


@pytest.mark.parametrize(
    "product",
    [
        {"storage": "freezer"},
        {"name": "냉동 만두", "category": "frozen"},
        {"name": "두부", "category": "tofu", "storage": "freezer", "purchased_on": "2026-11-01"},
        {"name": "천일염", "category": "seasoning"},
        {"name": "쓰레기봉투", "category": "non_food"},
    ],
)
def test_the_suggested_date_depends_on_storage_name_and_day(user: User, product: Row) -> None:
    suggestion = suggest(user, **product)
    row = add(user, **product)
    assert (row["storage"], row["expires_on"]) == (suggestion["storage"], suggestion["expires_on"])
    assert row["expiry_basis"] == ("purchase" if suggestion["expires_on"] else None)
    assert row["storage"] == product.get("storage", row["storage"])


def test_a_product_that_needs_no_date_gets_no_suggestion(user: User) -> None:
    suggestion = suggest(user, name="천일염", category="seasoning")
    assert (suggestion["expires_on"], suggestion["source"]) == (None, "not_applicable")


def test_a_date_from_the_user_counts_as_the_date_on_the_package(user: User) -> None:
    row = add(user, expires_on="2030-01-31", quantity=2.5, unit=" 개 ", storage="freezer", gtin="8801115114154")
    assert (row["expires_on"], row["package_expires_on"], row["expiry_basis"]) == (
        "2030-01-31",
        "2030-01-31",
        "package",
    )
    assert row["expiry_source"] is None
    assert (row["quantity"], row["unit"], row["storage"]) == (2.5, "개", "freezer")
    assert row["gtin14"] == "08801115114154"


def test_the_same_id_adds_once_even_with_other_arguments(user: User, database: psycopg.Connection[Row]) -> None:
    lot = str(uuid.uuid4())
    first = add(user, inventory_id=lot, quantity=2)
    assert add(user, inventory_id=lot, quantity=2) == first
    assert add(user, inventory_id=lot, quantity=9) == first
    rows = database.execute("select id from public.inventory where user_id = %s", [user.user_id]).fetchall()
    assert len(rows) == 1


def test_two_concurrent_calls_add_once(user: User, database: psycopg.Connection[Row], run_twice_at_once) -> None:
    lot = str(uuid.uuid4())
    answers = run_twice_at_once(user, "select id from public.add_to_inventory(%s, '모짜렐라 치즈', 'dairy')", lot)
    assert answers == [[(uuid.UUID(lot),)]] * 2
    rows = database.execute("select id from public.inventory where user_id = %s", [user.user_id]).fetchall()
    assert len(rows) == 1


def test_the_id_of_a_deleted_item_is_taken_until_it_is_gone(user: User, make_user: Any, database: Any) -> None:
    """A repeated call whose answer was lost does not bring back what was deleted meanwhile."""
    arguments = {"inventory_id": str(uuid.uuid4()), "name": "두부", "category": "tofu"}
    user.supabase.rpc("add_to_inventory", arguments).execute()
    item = {"inventory_id": arguments["inventory_id"]}
    user.supabase.rpc("delete_inventory_item", item).execute()
    for caller in (user, make_user()):
        with pytest.raises(APIError) as refused:
            caller.supabase.rpc("add_to_inventory", arguments).execute()
        assert (refused.value.code, refused.value.hint) == ("PT409", "inventory_id_taken")
    assert user.supabase.table("inventory").select("id").execute().data == []
    for function in ("restore_inventory_item", "restore_inventory_item", "add_to_inventory"):
        row: Any = user.supabase.rpc(function, arguments if function == "add_to_inventory" else item).execute().data
        assert row["id"] == arguments["inventory_id"]
    for _ in range(2):
        user.supabase.rpc("delete_inventory_item", item).execute()
    database.execute("delete from private.deleted_inventory where inventory_id = %s", [arguments["inventory_id"]])
    user.supabase.rpc("add_to_inventory", arguments).execute()
    user.supabase.rpc("delete_inventory_item", item).execute()


def test_the_id_of_another_users_row_is_refused(
    user: User, make_user: Callable[[], User], database: psycopg.Connection[Row]
) -> None:
    theirs = add(make_user(), name="비밀 간장")
    with pytest.raises(APIError) as refused:
        add(user, inventory_id=theirs["id"])
    assert (refused.value.code, refused.value.hint) == ("PT409", "inventory_id_taken")
    assert "비밀" not in str(refused.value)
    row = database.execute("select name from public.inventory where id = %s", [theirs["id"]]).fetchone()
    assert row == {"name": "비밀 간장"}


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"category": "cheese"}, "unknown_category"),
        ({"category": None}, "unknown_category"),
        ({"storage": "cellar"}, "unknown_storage"),
        ({"purchased_on": "2999-01-01"}, "date_in_future"),
        ({"name": " "}, "invalid_item"),
        ({"name": None}, "invalid_item"),
        ({"name": "가" * 201}, "invalid_item"),
        ({"quantity": -1}, "invalid_item"),
        ({"unit": "가" * 21}, "invalid_item"),
        ({"gtin": "8801115114155"}, "invalid_item"),
        ({"gtin": "2012345678909"}, "invalid_item"),
        ({"inventory_id": None}, "invalid_item"),
    ],
)
def test_invalid_arguments_are_refused_with_a_hint(
    user: User, database: psycopg.Connection[Row], change: Row, hint: str
) -> None:
    with pytest.raises(APIError) as refused:
        add(user, **change)
    assert (refused.value.code, refused.value.hint) == ("PT422", hint)
    assert database.execute("select id from public.inventory where user_id = %s", [user.user_id]).fetchall() == []


@pytest.mark.parametrize(
    ("change", "hint"), [({"category": "cheese"}, "unknown_category"), ({"storage": "cellar"}, "unknown_storage")]
)
def test_no_date_is_suggested_for_unknown_categories_and_storages(user: User, change: Row, hint: str) -> None:
    with pytest.raises(APIError) as refused:
        suggest(user, **change)
    assert (refused.value.code, refused.value.hint) == ("PT422", hint)
