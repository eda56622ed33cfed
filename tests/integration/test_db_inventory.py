"""The end of the review: `add_receipt_to_inventory`, and the inventory rows that users edit themselves."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from postgrest.exceptions import APIError

from local.client import User

Row = dict[str, Any]


def add(user: User, receipt: Row, items: list[Row] | None = None) -> list[Row]:
    arguments: dict[str, Any] = {"receipt_id": str(receipt["id"])}
    if items is not None:
        arguments["items"] = items
    rows: Any = user.supabase.rpc("add_receipt_to_inventory", arguments).execute().data
    return list(rows)


def everything(database: psycopg.Connection[Row], user: User) -> dict[str, list[Row]]:
    """All rows that the function may write."""
    queries = {
        "inventory": "select * from public.inventory where user_id = %s order by id",
        "items": "select i.* from public.receipt_items i join public.receipts r on r.id = i.receipt_id "
        "where r.user_id = %s order by i.id",
        "aliases": "select * from public.item_aliases where user_id = %s order by text_key",
        "feedback": "select * from public.user_category_feedback where user_id = %s order by id",
        "item_feedback": "select * from public.item_feedback where user_id = %s order by receipt_item_id, field",
    }
    return {name: database.execute(query, [user.user_id]).fetchall() for name, query in queries.items()}


def feedback_by_field(database: psycopg.Connection[Row], user: User) -> dict[str, tuple[Any, Any]]:
    """The offered and the chosen value per field."""
    return {row["field"]: (row["offered"], row["chosen"]) for row in everything(database, user)["item_feedback"]}


def code_of(database: psycopg.Connection[Row], category_id: int) -> str:
    row = database.execute("select code from public.categories where id = %s", [category_id]).fetchone()
    assert row is not None
    return str(row["code"])


def test_without_edits_all_food_is_added_as_predicted(user, read_receipt, database):
    receipt, (milk, tofu, bag) = read_receipt(user)
    rows = add(user, receipt)
    assert [row["name"] for row in rows] == ["서울우유 1L", "두부 300g"]
    assert [row["receipt_item_id"] for row in rows] == [str(milk["id"]), str(tofu["id"])]
    assert rows[1]["quantity"] == 2
    assert (rows[0]["storage"], rows[0]["purchased_on"], rows[0]["expires_on"]) == (
        "fridge",
        "2026-11-20",
        "2026-11-27",
    )
    written = everything(database, user)
    assert {item["id"]: item["status"] for item in written["items"]} == {
        milk["id"]: "added",
        tofu["id"]: "added",
        bag["id"]: "pending",
    }
    assert (written["aliases"], written["feedback"], written["item_feedback"]) == ([], [], [])


@pytest.mark.parametrize("listed", [None, {}, {"name": "우유"}, {"quantity": 3, "unit": "팩"}, {"storage": "freezer"}])
def test_every_estimated_date_has_a_basis_and_a_source(user, read_receipt, listed):
    receipt, (milk, tofu, _bag) = read_receipt(user)
    items = None if listed is None else [{"receipt_item_id": str(item["id"]), **listed} for item in (milk, tofu)]
    rows = add(user, receipt, items)
    assert len(rows) == 2
    for row in rows:
        arguments = {"name": row["name"], "category": "dairy" if row is rows[0] else "tofu", "storage": row["storage"]}
        suggestion: Any = user.supabase.rpc("suggest_use_by", arguments).execute().data
        assert (row["expiry_basis"], row["expiry_source"]) == ("purchase", suggestion["source"])
        assert row["package_expires_on"] is None


def test_a_repeated_call_changes_nothing_and_returns_the_same_rows(user, read_receipt, database):
    receipt, _ = read_receipt(user)
    first = add(user, receipt)
    before = everything(database, user)
    assert add(user, receipt) == first
    assert everything(database, user) == before


def test_two_concurrent_calls_add_once(user, read_receipt, run_twice_at_once, database):
    receipt, (milk, *_rest) = read_receipt(user)
    edits = f'[{{"receipt_item_id": "{milk["id"]}", "category": "snack"}}]'
    answers = run_twice_at_once(
        user, "select id from public.add_receipt_to_inventory(%s, %s::jsonb)", receipt["id"], edits
    )
    written = everything(database, user)
    assert len(answers) == 2
    assert answers[0] == answers[1] == [(written["inventory"][0]["id"],)]
    assert len(written["inventory"]) == len(written["feedback"]) == len(written["aliases"]) == 1
    assert written["aliases"][0]["uses"] == 1


def test_only_the_listed_items_are_added_with_their_edits(user, read_receipt, database):
    receipt, (milk, tofu, _bag) = read_receipt(user)
    edit = {
        "receipt_item_id": str(tofu["id"]),
        "name": " 초당두부 ",
        "quantity": 1.5,
        "unit": "kg",
        "storage": "freezer",
        "expires_on": "2026-12-24",
    }
    (row,) = add(user, receipt, [edit])
    assert (row["name"], row["quantity"], row["unit"]) == ("초당두부", 1.5, "kg")
    assert (row["storage"], row["expires_on"]) == ("freezer", "2026-12-24")
    statuses = {item["id"]: item["status"] for item in everything(database, user)["items"]}
    assert (statuses[milk["id"]], statuses[tofu["id"]]) == ("pending", "added")
    assert feedback_by_field(database, user) == {
        "name": ("두부 300g", "초당두부"),
        "quantity": (2, 1.5),
        "unit": (None, "kg"),
        "storage": ("fridge", "freezer"),
        "expires_on": ("2026-11-27", "2026-12-24"),
    }
    assert [row["name"] for row in add(user, receipt)] == ["서울우유 1L", "초당두부"]
    add(user, receipt, [{**edit, "name": "두부", "quantity": 7}])
    assert feedback_by_field(database, user)["quantity"] == (2, 1.5), "an added item is not changed again"


def test_a_use_by_date_can_be_removed(user, read_receipt):
    receipt, (milk, *_rest) = read_receipt(user)
    (row,) = add(user, receipt, [{"receipt_item_id": str(milk["id"]), "expires_on": None}])
    assert row["expires_on"] is None


def test_a_corrected_category_becomes_feedback_and_an_alias(user, read_receipt, database):
    receipt, (milk, *_rest) = read_receipt(user)
    (row,) = add(user, receipt, [{"receipt_item_id": str(milk["id"]), "category": "snack"}])
    assert code_of(database, row["category_id"]) == "snack"
    written = everything(database, user)
    (feedback,) = written["feedback"]
    assert feedback["item_text"] == "서울우유 1L"
    assert feedback["receipt_item_id"] == milk["id"]
    assert code_of(database, feedback["predicted_category_id"]) == "dairy"
    assert code_of(database, feedback["corrected_category_id"]) == "snack"
    assert feedback["predicted_confidence"] == pytest.approx(0.9)
    assert feedback["model_version"] == "category-1"
    (alias,) = written["aliases"]
    assert (alias["store_key"], alias["text_key"], alias["name"]) == ("행복마트성수점", "서울우유1l", "서울우유 1L")
    assert code_of(database, alias["category_id"]) == "snack"
    item = next(item for item in written["items"] if item["id"] == milk["id"])
    assert code_of(database, item["category_id"]) == "snack"
    assert code_of(database, item["predicted_category_id"]) == "dairy", "the prediction is not overwritten"


def test_a_corrected_category_changes_storage_and_date(user, read_receipt, database):
    rule = database.execute(
        "select min_days from public.shelf_life_rules join public.categories c on c.id = category_id "
        "where c.code = 'ice_cream' and keyword is null and storage = 'freezer' and basis = 'purchase'"
    ).fetchone()
    receipt, (milk, *_rest) = read_receipt(user)
    (row,) = add(user, receipt, [{"receipt_item_id": str(milk["id"]), "category": "ice_cream"}])
    assert row["storage"] == "freezer"
    assert row["expires_on"] == str(date(2026, 11, 20) + timedelta(days=rule["min_days"]))


def test_another_storage_changes_the_date(user, read_receipt):
    receipt, (milk, *_rest) = read_receipt(user)
    (row,) = add(user, receipt, [{"receipt_item_id": str(milk["id"]), "storage": "pantry"}])
    assert row["expires_on"] != str(milk["expires_on"])


def test_a_new_name_alone_becomes_an_alias_without_category_feedback(user, read_receipt, database):
    receipt, (milk, *_rest) = read_receipt(user)
    add(user, receipt, [{"receipt_item_id": str(milk["id"]), "name": "우유"}])
    written = everything(database, user)
    assert [alias["name"] for alias in written["aliases"]] == ["우유"]
    assert written["feedback"] == []
    assert feedback_by_field(database, user) == {"name": ("서울우유 1L", "우유")}


@pytest.mark.parametrize(
    "edit", [{"name": "손두부"}, {"name": "손두부", "quantity": 3, "storage": "freezer"}, {"unit": "모"}]
)
def test_other_edits_do_not_count_as_a_chosen_category(user, read_receipt, database, edit):
    receipt, (_milk, tofu, _bag) = read_receipt(user)
    assert tofu["uncertain"] is True
    add(user, receipt, [{"receipt_item_id": str(tofu["id"]), **edit}])
    written = everything(database, user)
    item = next(item for item in written["items"] if item["id"] == tofu["id"])
    assert (item["status"], item["decided_by"], item["uncertain"]) == ("added", "model", True)
    assert written["feedback"] == []


@pytest.mark.parametrize("name", [None, "손두부"])
def test_giving_the_category_of_an_uncertain_item_confirms_it(user, read_receipt, database, name):
    receipt, (_milk, tofu, _bag) = read_receipt(user)
    add(user, receipt, [{"receipt_item_id": str(tofu["id"]), "category": "tofu", **({"name": name} if name else {})}])
    written = everything(database, user)
    item = next(item for item in written["items"] if item["id"] == tofu["id"])
    assert (item["decided_by"], item["uncertain"]) == ("user", False)
    (feedback,) = written["feedback"]
    assert feedback["predicted_category_id"] == feedback["corrected_category_id"] == item["category_id"]


@pytest.mark.parametrize(
    "edit",
    [
        {"category": "meat"},
        {"category": "snack"},
        {"name": "냉동만두", "category": "frozen"},
        {"name": "서울우유 치즈"},
    ],
)
def test_an_item_that_is_added_again_gets_the_date_of_what_the_user_chose(user, read_receipt, edit):
    receipt, (milk, *_) = read_receipt(user)
    (first,) = add(user, receipt, [{"receipt_item_id": str(milk["id"]), **edit}])
    review: Any = user.supabase.rpc("review_receipt", {"receipt_id": str(receipt["id"])}).execute().data
    suggestion = review["items"][0]["suggestion"]
    assert (suggestion["storage"], suggestion["expires_on"]) == (first["storage"], first["expires_on"])
    user.supabase.rpc("delete_inventory_item", {"inventory_id": first["id"]}).execute()
    (again,) = add(user, receipt, [{"receipt_item_id": str(milk["id"])}])
    chosen = ("name", "category_id", "storage", "expires_on", "expiry_basis", "expiry_source")
    assert [again[column] for column in chosen] == [first[column] for column in chosen]


def test_another_name_changes_the_date(user, read_receipt):
    receipt, (milk, *_rest) = read_receipt(user)
    (row,) = add(user, receipt, [{"receipt_item_id": str(milk["id"]), "name": "체다 치즈"}])
    arguments = {
        "name": "체다 치즈",
        "category": "dairy",
        "storage": row["storage"],
        "purchased_on": row["purchased_on"],
    }
    offered = user.supabase.rpc("suggest_use_by", arguments).execute().data
    assert row["expires_on"] == offered["expires_on"] != str(milk["expires_on"])


def test_unchanged_values_are_not_feedback(user, read_receipt, database):
    receipt, (milk, *_rest) = read_receipt(user)
    edit = {"receipt_item_id": str(milk["id"]), "category": "dairy", "expires_on": str(milk["expires_on"])}
    edit |= {field: milk[field] for field in ("name", "quantity", "unit", "storage")}
    add(user, receipt, [edit])
    assert feedback_by_field(database, user) == {}


def test_accepting_an_alias_again_counts_its_use(user, read_receipt, database):
    receipt, (milk, *_rest) = read_receipt(user)
    add(user, receipt, [{"receipt_item_id": str(milk["id"]), "category": "snack"}])
    receipt, _ = read_receipt(user)
    add(user, receipt)
    written = everything(database, user)
    assert [alias["uses"] for alias in written["aliases"]] == [2]
    assert len(written["feedback"]) == 1, "accepting is not a correction"


def test_a_dismissed_item_is_added_only_if_it_is_listed(user, read_receipt, database):
    receipt, (milk, tofu, _bag) = read_receipt(user)
    assert add(user, receipt, [{"receipt_item_id": str(milk["id"]), "dismiss": True}]) == []
    assert [row["name"] for row in add(user, receipt)] == [tofu["name"]]
    assert feedback_by_field(database, user) == {"dismissed": (False, True)}
    assert len(add(user, receipt, [{"receipt_item_id": str(milk["id"])}])) == 1
    assert feedback_by_field(database, user) == {}


def test_a_restored_item_is_pending_again(user, read_receipt, database):
    receipt, (milk, tofu, bag) = read_receipt(user)
    before = everything(database, user)
    ids = [str(item["id"]) for item in (milk, bag)]
    for _ in range(2):
        add(user, receipt, [{"receipt_item_id": each, "dismiss": True} for each in ids])
    assert [row["receipt_item_id"] for row in everything(database, user)["item_feedback"]] == [milk["id"]], (
        "what is no food is offered to be dismissed"
    )
    for _ in range(2):
        assert add(user, receipt, [{"receipt_item_id": each, "restore": True} for each in ids]) == []
    assert everything(database, user) == before
    add(user, receipt)
    after = everything(database, user)
    add(user, receipt, [{"receipt_item_id": str(tofu["id"]), "restore": True}])
    assert everything(database, user) == after, "items in the inventory stay there"


def test_an_item_that_is_not_food_is_added_if_it_is_listed(user, read_receipt):
    receipt, (*_food, bag) = read_receipt(user)
    (row,) = add(user, receipt, [{"receipt_item_id": str(bag["id"])}])
    assert (row["name"], row["storage"], row["expires_on"]) == ("종량제봉투 20L", None, None)


def test_without_a_printed_date_the_upload_counts(user, read_receipt, ocr_answer):
    receipt, _ = read_receipt(user, ocr_answer(purchased_at=None))
    assert add(user, receipt)[0]["purchased_on"] in {
        str(date.fromordinal(receipt["created_at"].date().toordinal() + days)) for days in (0, 1)
    }


def refusals(milk: Row, tofu: Row) -> dict[str, tuple[Any, str]]:
    good = {"receipt_item_id": str(tofu["id"])}
    bad = str(milk["id"])
    return {
        "unknown item": ([good, {"receipt_item_id": str(uuid.uuid4())}], "unknown_item"),
        "listed twice": ([good, good], "duplicate_item"),
        "unknown category": ([good, {"receipt_item_id": bad, "category": "no_such"}], "unknown_category"),
        "unknown storage": ([good, {"receipt_item_id": bad, "storage": "cellar"}], "invalid_items"),
        "neither yes nor no": ([good, {"receipt_item_id": bad, "restore": "perhaps"}], "invalid_items"),
        "negative quantity": ([good, {"receipt_item_id": bad, "quantity": -1}], "invalid_items"),
        "empty name": ([good, {"receipt_item_id": bad, "name": " "}], "invalid_items"),
        "no date": ([good, {"receipt_item_id": bad, "expires_on": "soon"}], "date_out_of_range"),
        "no id": ([good, {"name": "우유"}], "invalid_items"),
        "not an id": ([good, {"receipt_item_id": "1"}], "invalid_items"),
        "not an object": ([good, 3], "invalid_items"),
        "not a list": ({"receipt_item_id": bad}, "invalid_items"),
    }


@pytest.mark.parametrize("case", list(refusals({"id": 0}, {"id": 0})))
def test_invalid_items_are_refused_with_a_hint_and_change_nothing(user, read_receipt, database, case):
    receipt, (milk, tofu, _bag) = read_receipt(user)
    before = everything(database, user)
    items, code = refusals(milk, tofu)[case]
    with pytest.raises(APIError) as refused:
        add(user, receipt, items)
    assert (refused.value.code, refused.value.hint) == ("PT422", code)
    assert everything(database, user) == before


def test_items_of_another_receipt_are_unknown(user, make_user, read_receipt, database):
    receipt, _ = read_receipt(user)
    _, (others, *_rest) = read_receipt(make_user())
    with pytest.raises(APIError) as refused:
        add(user, receipt, [{"receipt_item_id": str(others["id"])}])
    assert refused.value.hint == "unknown_item"


def test_a_receipt_that_is_not_done_is_refused(user, upload_receipt):
    with pytest.raises(APIError) as refused:
        add(user, upload_receipt(user))
    assert (refused.value.code, refused.value.hint) == ("PT409", "receipt_not_done")


def test_users_edit_their_own_inventory(user, read_receipt, database):
    receipt, _ = read_receipt(user)
    table = user.supabase.table("inventory")
    row = add(user, receipt)[0]
    changes = {"purchased_on": "2026-11-22", "quantity": 0.5, "expires_on": "2026-11-25"}
    user.supabase.rpc("correct_inventory_item", {"inventory_id": row["id"], "changes": changes}).execute()
    (changed,) = table.select("*").eq("id", row["id"]).execute().data
    assert (changed["purchased_on"], changed["quantity"], changed["expires_on"]) == ("2026-11-22", 0.5, "2026-11-25")
    user.supabase.rpc("delete_inventory_item", {"inventory_id": row["id"]}).execute()
    assert len(add(user, receipt)) == 1, "a row that the user removed is not added again"
    rice = {"inventory_id": str(uuid.uuid4()), "name": "쌀 10kg", "category": "grain_nut"}
    user.supabase.rpc("add_to_inventory", rice).execute()
    names = [row["name"] for row in table.select("name").execute().data]
    assert sorted(names) == ["두부 300g", "쌀 10kg"]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("receipts", {"total": 1}),
        ("receipts", {"status": "done"}),
        ("receipt_items", {"status": "added"}),
        ("receipt_items", {"predicted_category_id": 1}),
        ("inventory", {"user_id": str(uuid.UUID(int=1))}),
        ("inventory", {"receipt_item_id": None}),
        ("inventory", {"name": "x"}),
        ("inventory", {"expires_on": "2026-12-05T15:00:00Z"}),
        ("inventory", {"consumed_at": None, "quantity": 1}),
        ("user_category_feedback", {"item_text": "x"}),
        ("categories", {"name_ko": "x"}),
    ],
)
def test_users_cannot_write_what_functions_write(user, read_receipt, database, table, change):
    receipt, (milk, *_rest) = read_receipt(user)
    add(user, receipt, [{"receipt_item_id": str(milk["id"]), "category": "snack"}])
    before = everything(database, user)
    with pytest.raises(APIError) as refused:
        user.supabase.table(table).update(change).gte(
            "id", 0 if table == "categories" else str(uuid.UUID(int=0))
        ).execute()
    assert refused.value.code == "42501"
    assert everything(database, user) == before


@pytest.mark.parametrize("table", ["receipts", "receipt_items", "inventory", "user_category_feedback"])
def test_users_cannot_delete_history(user, read_receipt, database, table):
    receipt, (milk, *_rest) = read_receipt(user)
    add(user, receipt, [{"receipt_item_id": str(milk["id"]), "category": "snack"}])
    before = everything(database, user)
    with pytest.raises(APIError) as refused:
        user.supabase.table(table).delete().neq("id", str(uuid.UUID(int=0))).execute()
    assert refused.value.code == "42501"
    assert everything(database, user) == before


INVISIBLE = ["\u200b", "\u3000", "\ufeff", "\u00a0\u2060", "\x07", "\u3164"]
UNITS = [*((text, None) for text in ["", " ", "\t\n", *INVISIBLE]), (" 팩\u200b", "팩"), ("\u3000봉\n", "봉")]


@pytest.mark.parametrize(("typed", "unit"), UNITS)
def test_a_unit_is_stored_as_it_is_seen(user, read_receipt, typed, unit):
    receipt, (milk, *_) = read_receipt(user)
    receipt_id, new = {"receipt_id": str(receipt["id"])}, {"name": "두유", "category": "dairy", "unit": typed}
    calls: list[tuple[str, Row]] = [
        ("add_receipt_item", {**receipt_id, **new, "receipt_item_id": str(uuid.uuid4())}),
        ("correct_receipt_item", {"receipt_item_id": str(milk["id"]), "unit": typed}),
        ("add_receipt_to_inventory", {**receipt_id, "items": [{"receipt_item_id": str(milk["id"]), "unit": typed}]}),
        ("add_to_inventory", {**new, "inventory_id": str(uuid.uuid4())}),
    ]
    for function, arguments in calls:
        found: Any = user.supabase.rpc(function, arguments).execute().data
        row = found[0] if isinstance(found, list) else found
        assert (function, row["unit"]) == (function, unit)
    changes = {"inventory_id": row["id"], "changes": {"unit": typed}}
    assert user.supabase.rpc("correct_inventory_item", changes).execute().data["unit"] == unit


def test_what_was_read_too_long_is_added_shortened(user, read_receipt, ocr_answer):
    """Rows that were read as one must not keep the rest of the receipt from being added."""
    answer = ocr_answer()
    answer["items"][0].update(name="가" * 300, unit="나" * 30)
    receipt, _ = read_receipt(user, answer)
    lot, *others = add(user, receipt)
    assert (lot["name"], lot["unit"], len(others)) == ("가" * 200, "나" * 20, 1)


KEPT = [("　서울\u00a0우유\u200b ", "서울 우유"), ("두부\n300g", "두부 300g"), ("\u202e우유", "우유"), ("가", "가")]


@pytest.mark.parametrize(("typed", "name"), [*((text, None) for text in INVISIBLE), *KEPT])
def test_a_name_is_stored_as_it_is_seen(user, read_receipt, typed, name):
    receipt, (milk, *_) = read_receipt(user)
    new = {"inventory_id": str(uuid.uuid4()), "category": "dairy"}
    lot = (
        user.supabase.rpc("add_to_inventory", {**new, "name": "치즈", "inventory_id": str(uuid.uuid4())}).execute().data
    )
    calls = [
        ("add_to_inventory", {**new, "name": typed}),
        ("correct_inventory_item", {"inventory_id": lot["id"], "changes": {"name": typed}}),
        (
            "add_receipt_to_inventory",
            {"receipt_id": str(receipt["id"]), "items": [{"receipt_item_id": str(milk["id"]), "name": typed}]},
        ),
    ]
    for function, arguments in calls:
        if name is None:
            with pytest.raises(APIError) as refused:
                user.supabase.rpc(function, arguments).execute()
            assert (refused.value.code, refused.value.hint in ("invalid_item", "invalid_items")) == ("PT422", True)
        else:
            rows: Any = user.supabase.rpc(function, arguments).execute().data
            assert (rows[0] if isinstance(rows, list) else rows)["name"] == name
