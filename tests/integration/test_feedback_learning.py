"""Corrections: sent over HTTP as by the app, stored in the database, and applied to the next receipts."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg
import pytest
import requests
from postgrest.exceptions import APIError

from local.client import User
from tests.support.storage import storage_server

Row = dict[str, Any]


@pytest.fixture(scope="module")
def correct(start_function) -> Iterator[Callable[..., requests.Response]]:
    """Sends a correction to the function, as a user."""
    with start_function("category_feedback") as function:

        def correct(user: User, item: Row, category: str) -> requests.Response:
            return requests.post(
                function.url,
                json={"receipt_item_id": str(item["id"]), "category": category},
                headers={"Authorization": f"Bearer {user.access_token}"},
                timeout=20,
            )

        yield correct


def add(user: User, receipt: Row, items: list[Row] | None = None) -> list[Row]:
    rows: Any = (
        user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(receipt["id"]), "items": items}).execute().data
    )
    return list(rows)


def review(user: User, receipt: Row) -> list[Row]:
    answer: Any = user.supabase.rpc("review_receipt", {"receipt_id": str(receipt["id"])}).execute().data
    return list(answer["items"])


def feedback_of(database: psycopg.Connection[Row], user: User) -> list[Row]:
    query = """
      select f.receipt_item_id, f.item_text, p.code as predicted, f.predicted_confidence as confidence,
        c.code as corrected, f.model_version
      from public.user_category_feedback f
      join public.categories p on p.id = f.predicted_category_id
      join public.categories c on c.id = f.corrected_category_id
      where f.user_id = %s order by f.created_at
    """
    return database.execute(query, [user.user_id]).fetchall()


def aliases_of(database: psycopg.Connection[Row], user: User) -> list[Row]:
    query = """
      select a.store_key, a.text_key, a.name, c.code, a.uses
      from public.item_aliases a join public.categories c on c.id = a.category_id
      where a.user_id = %s order by a.store_key, a.text_key
    """
    return database.execute(query, [user.user_id]).fetchall()


def everything(database: psycopg.Connection[Row], user: User) -> dict[str, Any]:
    queries = {
        "items": "select i.* from public.receipt_items i join public.receipts r on r.id = i.receipt_id "
        "where r.user_id = %s order by i.id",
        "inventory": "select * from public.inventory where user_id = %s order by id",
        "history": "select * from public.inventory_history where user_id = %s order by id",
        "aliases": "select * from public.item_aliases where user_id = %s order by store_key, text_key",
        "feedback": "select * from public.user_category_feedback where user_id = %s order by id",
    }
    return {name: database.execute(query, [user.user_id]).fetchall() for name, query in queries.items()}


def test_a_correction_is_stored_with_the_prediction(user, read_receipt, correct, database):
    receipt, (milk, *_rest) = read_receipt(user)
    answer = correct(user, milk, "ice_cream")
    assert answer.status_code == 200
    assert answer.json()["category"] == "ice_cream"
    assert answer.json()["why"] == {"decided_by": "user", "model_version": "category-1"}
    assert answer.json()["prediction"]["category"] == "dairy"
    assert answer.json()["suggestion"]["storage"] == "freezer"
    (feedback,) = feedback_of(database, user)
    assert feedback == {
        "receipt_item_id": milk["id"],
        "item_text": "서울우유 1L",
        "predicted": "dairy",
        "confidence": pytest.approx(0.9),
        "corrected": "ice_cream",
        "model_version": "category-1",
    }
    assert review(user, receipt)[0] == answer.json()


def test_the_same_correction_again_changes_nothing(user, read_receipt, correct, database):
    _, (milk, *_rest) = read_receipt(user)
    first = correct(user, milk, "snack")
    before = everything(database, user)
    again = correct(user, milk, "snack")
    assert (again.status_code, again.json()) == (200, first.json())
    assert everything(database, user) == before


def test_concurrent_corrections_of_one_item_leave_one(user, read_receipt, correct, database):
    _, (milk, *_rest) = read_receipt(user)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda code: correct(user, milk, code), ["snack", "bakery"] * 2))
    assert {answer.status_code for answer in answers} == {200}
    (feedback,) = feedback_of(database, user)
    (alias,) = aliases_of(database, user)
    assert feedback["corrected"] == alias["code"] in ("snack", "bakery")


def test_the_last_correction_counts(user, read_receipt, correct, database):
    _, (milk, *_rest) = read_receipt(user)
    correct(user, milk, "snack")
    correct(user, milk, "dairy")
    (feedback,) = feedback_of(database, user)
    assert (feedback["predicted"], feedback["corrected"]) == ("dairy", "dairy")
    (alias,) = aliases_of(database, user)
    assert alias["code"] == "dairy"


def test_confirming_the_model_is_feedback_and_needs_no_alias(user, read_receipt, correct, database):
    _, (_milk, tofu, _bag) = read_receipt(user)
    assert tofu["uncertain"] is True
    answer = correct(user, tofu, "tofu")
    assert answer.json()["uncertain"] is False
    (feedback,) = feedback_of(database, user)
    assert (feedback["predicted"], feedback["corrected"]) == ("tofu", "tofu")
    assert aliases_of(database, user) == []


def test_both_ways_of_correcting_leave_one_row_per_item(user, read_receipt, correct, database):
    receipt, (milk, tofu, _bag) = read_receipt(user)
    correct(user, milk, "snack")
    edits = [
        {"receipt_item_id": str(milk["id"]), "category": "bakery"},
        {"receipt_item_id": str(tofu["id"]), "category": "snack"},
    ]
    add(user, receipt, edits)
    rows = {row["receipt_item_id"]: row for row in feedback_of(database, user)}
    assert len(rows) == 2
    assert rows[milk["id"]]["corrected"] == "bakery"
    assert rows[tofu["id"]] == {
        "receipt_item_id": tofu["id"],
        "item_text": "두부 300g",
        "predicted": "tofu",
        "confidence": pytest.approx(0.9),
        "corrected": "snack",
        "model_version": "category-1",
    }


def test_a_correction_before_adding_applies_to_the_inventory_row(user, read_receipt, correct, database):
    receipt, (milk, _tofu, bag) = read_receipt(user)
    correct(user, milk, "ice_cream")
    correct(user, bag, "snack")
    rows = add(user, receipt)
    assert [(row["name"], row["storage"]) for row in rows] == [
        ("서울우유 1L", "freezer"),
        ("두부 300g", "fridge"),
        ("종량제봉투 20L", "pantry"),
    ]
    assert len(feedback_of(database, user)) == 2
    assert [alias["uses"] for alias in aliases_of(database, user)] == [1, 1]


def test_an_item_corrected_to_non_food_is_not_added(user, read_receipt, correct):
    receipt, (milk, *_rest) = read_receipt(user)
    correct(user, milk, "non_food")
    assert [row["name"] for row in add(user, receipt)] == ["두부 300g"]


def test_a_correction_after_adding_updates_the_inventory_row(user, read_receipt, correct, database):
    receipt, (milk, tofu, _bag) = read_receipt(user)
    add(
        user,
        receipt,
        [{"receipt_item_id": str(milk["id"])}, {"receipt_item_id": str(tofu["id"]), "expires_on": "2026-12-01"}],
    )
    correct(user, milk, "ice_cream")
    correct(user, tofu, "ice_cream")
    table = user.supabase.table("inventory").select("*, categories(code)")
    rows = {row["name"]: row for row in table.execute().data}
    milk_row, tofu_row = rows["서울우유 1L"], rows["두부 300g"]
    assert milk_row["categories"] == tofu_row["categories"] == {"code": "ice_cream"}
    assert (milk_row["storage"], milk_row["expires_on"] > "2026-12-31", milk_row["expiry_basis"]) == (
        "freezer",
        True,
        "purchase",
    )
    assert (tofu_row["expires_on"], tofu_row["expiry_basis"]) == ("2026-12-01", "package"), (
        "the date on the package is kept"
    )


def test_the_storage_that_the_user_chose_is_kept(user, read_receipt, correct):
    receipt, (milk, *_rest) = read_receipt(user)
    add(user, receipt, [{"receipt_item_id": str(milk["id"]), "storage": "freezer"}])
    correct(user, milk, "bakery")
    (row,) = user.supabase.table("inventory").select("*").execute().data
    assert row["storage"] == "freezer"
    assert date.fromisoformat(row["expires_on"]) > date(2026, 12, 31)


def test_the_next_receipt_shows_the_correction_and_why(user, make_user, read_receipt, correct):
    _, (milk, *_rest) = read_receipt(user)
    correct(user, milk, "snack")

    receipt, (again, *_rest) = read_receipt(user)
    shown = review(user, receipt)[0]
    assert (shown["category"], shown["why"]["decided_by"]) == ("snack", "alias")
    assert (shown["prediction"]["category"], shown["uncertain"]) == ("dairy", False)
    assert shown["suggestion"]["storage"] == "pantry"
    assert again["decided_by"] == "alias"

    other = make_user()
    receipt, _ = read_receipt(other)
    assert review(other, receipt)[0]["why"]["decided_by"] == "model"


def test_aliases_are_per_store_with_those_of_other_stores_as_fallback(
    user, read_receipt, ocr_answer, correct, database
):
    _, (here, *_rest) = read_receipt(user)
    correct(user, here, "snack")
    receipt, (there, *_rest) = read_receipt(user, ocr_answer(store="다른마트"))
    assert review(user, receipt)[0]["why"]["decided_by"] == "alias_elsewhere"
    correct(user, there, "bakery")
    for store, code in [("행복마트 성수점", "snack"), ("다른마트", "bakery")]:
        receipt, _ = read_receipt(user, ocr_answer(store=store))
        shown = review(user, receipt)[0]
        assert (shown["category"], shown["why"]["decided_by"]) == (code, "alias")
    assert [alias["store_key"] for alias in aliases_of(database, user)] == ["다른마트", "행복마트성수점"]


def test_a_correction_applies_to_pending_receipts(user, read_receipt, ocr_answer, correct):
    _, (milk, *_rest) = read_receipt(user)
    waiting, _ = read_receipt(user)
    decided, (own, *_rest) = read_receipt(user)
    correct(user, own, "bakery")
    added, _ = read_receipt(user)
    add(user, added)
    correct(user, milk, "snack")
    shown = review(user, waiting)[0]
    assert (shown["category"], shown["why"]["decided_by"], shown["suggestion"]["storage"]) == (
        "snack",
        "alias",
        "pantry",
    )
    assert review(user, decided)[0]["category"] == "bakery", "already decided by the user"
    assert review(user, added)[0]["category"] == "bakery", "already in the inventory"


def test_accepting_an_alias_counts_a_use_and_is_no_feedback(user, read_receipt, correct, database):
    _, (milk, *_rest) = read_receipt(user)
    correct(user, milk, "snack")
    receipt, _ = read_receipt(user)
    add(user, receipt)
    assert [alias["uses"] for alias in aliases_of(database, user)] == [2]
    assert len(feedback_of(database, user)) == 1, "accepting is not a correction"


def test_the_user_s_name_for_an_item_is_used_again(user, read_receipt):
    receipt, (milk, *_rest) = read_receipt(user)
    add(user, receipt, [{"receipt_item_id": str(milk["id"]), "name": "아침 우유"}])
    receipt, _ = read_receipt(user)
    shown = review(user, receipt)[0]
    assert (shown["name"], shown["prediction"]["name"]) == ("아침 우유", "서울우유 1L")
    assert shown["why"]["decided_by"] == "alias"


def problem(answer: Any, status: int, code: str) -> Row:
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    return dict(answer.json())


def test_an_unknown_category_is_a_clear_error(user, read_receipt, correct, database):
    _, (milk, *_rest) = read_receipt(user)
    before = everything(database, user)
    for code in ("no_such", "과자", "snack; drop table", "SNACK"):
        assert problem(correct(user, milk, code), 422, "unknown_category")["retryable"] is False
    assert everything(database, user) == before


def test_another_user_s_item_is_not_found(user, make_user, read_receipt, correct, database):
    owner = make_user()
    _, (milk, *_rest) = read_receipt(owner)
    before = everything(database, owner)
    problem(correct(user, milk, "snack"), 404, "item_not_found")
    problem(correct(user, {"id": uuid.uuid4()}, "snack"), 404, "item_not_found")
    assert everything(database, owner) == before


def test_the_token_of_a_deleted_user_is_unauthorized(make_user, read_receipt, correct, database):
    deleted = make_user()
    _, (milk, *_rest) = read_receipt(deleted)
    with storage_server(database):
        database.execute("delete from storage.objects where name like %s", [f"{deleted.user_id}/%"])
    database.execute("delete from auth.users where id = %s", [deleted.user_id])
    problem(correct(deleted, milk, "snack"), 401, "unauthorized")


@pytest.fixture
def two_a_minute(database) -> Iterator[None]:
    name = "category_feedback_per_minute"
    database.execute("insert into private.settings (name, value) values (%s, '2')", [name])
    yield
    database.execute("delete from private.settings where name = %s", [name])


def test_corrections_are_rate_limited_per_user(user, make_user, read_receipt, correct, database, two_a_minute):
    _, (milk, tofu, bag) = read_receipt(user)
    assert [correct(user, item, "snack").status_code for item in (milk, tofu)] == [200, 200]
    before = everything(database, user)
    refused = correct(user, bag, "snack")
    assert problem(refused, 429, "rate_limited")["retryable"] is True
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert everything(database, user) == before

    other = make_user()
    _, (others, *_rest) = read_receipt(other)
    assert correct(other, others, "snack").status_code == 200, "each user has their own limit"

    database.execute(
        "update private.call_counts set started_at = started_at - interval '1 minute' where user_id = %s",
        [user.user_id],
    )
    assert correct(user, bag, "snack").status_code == 200


def test_refused_calls_do_not_count_towards_the_limit(user, read_receipt, correct, two_a_minute):
    _, (milk, *_rest) = read_receipt(user)
    for _ in range(3):
        problem(correct(user, milk, "no_such"), 422, "unknown_category")
    assert correct(user, milk, "snack").status_code == 200


def test_users_cannot_write_feedback_directly(user, read_receipt):
    _, (milk, *_rest) = read_receipt(user)
    row = {"item_text": "x", "corrected_category_id": milk["category_id"], "receipt_item_id": str(milk["id"])}
    with pytest.raises(APIError) as refused:
        user.supabase.table("user_category_feedback").insert(row).execute()
    assert refused.value.code == "42501"


def test_an_item_without_a_readable_name_can_be_corrected(user, read_receipt, ocr_answer, correct, database):
    answer = ocr_answer()
    answer["items"][0].update(name=" ", raw_text="## 2,980")
    answer["items"][1].update(name="가" * 300)
    _, (unreadable, long, _bag) = read_receipt(user, answer)
    for item in (unreadable, long):
        assert correct(user, item, "snack").status_code == 200
    assert {row["item_text"] for row in feedback_of(database, user)} == {"## 2,980", "가" * 200}
    assert len(aliases_of(database, user)) == 1, "the first item has no text to recognise it by"
