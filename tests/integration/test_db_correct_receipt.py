"""Corrections of a receipt that has been read: head, items, missed items; deleting it, and undoing that."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgrest.exceptions import APIError

from local.client import User

Row = dict[str, Any]


def rpc(user: User, function: str, **arguments: Any) -> Any:
    return user.supabase.rpc(function, arguments).execute().data


def refusal(user: User, function: str, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(APIError) as refused:
        rpc(user, function, **arguments)
    return str(refused.value.code), str(refused.value.hint)


def lots(user: User) -> dict[str, Row]:
    return {str(row["name"]): dict(row) for row in user.supabase.table("inventory").select("*").execute().data}


def feedback(user: User, table: str) -> dict[str, tuple[Any, Any]]:
    rows: Any = user.supabase.table(table).select("field, offered, chosen").execute().data
    return {row["field"]: (row["offered"], row["chosen"]) for row in rows}


def rows(user: User, table: str) -> list[Any]:
    return list(user.supabase.table(table).select("*").execute().data)


def days_later(day: str, days: int) -> str:
    return str(date.fromisoformat(day) + timedelta(days=days))


@pytest.mark.parametrize(
    "with_warnings", [[], ["no_store", "no_total", "no_purchase_date", "unsure_purchase_date", "turned"]]
)
def test_store_time_and_total_are_corrected_and_kept_as_feedback(user, read_receipt, ocr_answer, with_warnings):
    receipt, _ = read_receipt(user, ocr_answer() | {"warnings": with_warnings})
    correction = {"store_name": " 행복 마트 ", "purchased_at": "2026-11-18T09:05", "total": 12000}
    for _ in range(2):
        review = rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), **correction)
        head = review["receipt"]
        assert (head["store_name"], head["purchased_at"], head["total"]) == ("행복 마트", "2026-11-18T09:05:00", 12000)
        assert head["warnings"] == [warning for warning in with_warnings if warning == "turned"]
        assert feedback(user, "receipt_feedback") == {
            "store_name": ("행복마트 성수점", "행복 마트"),
            "purchased_at": ("2026-11-20T18:31:00", "2026-11-18T09:05:00"),
            "total": (11420, 12000),
        }
    rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), total=11420)
    assert "total" not in feedback(user, "receipt_feedback"), "what was read was right"


def test_uncertain_fields_of_the_receipt_are_asked_for_until_they_are_settled(user, read_receipt, ocr_answer):
    fields = ["store", "purchased_at", "total"]
    receipt, (milk, *_) = read_receipt(user, ocr_answer(uncertain_fields=fields, total=11410))
    listed = user.supabase.table("my_receipts").select("uncertain_fields").execute().data
    assert listed == [{"uncertain_fields": ["store_name", "purchased_at", "total"]}]

    def correct(**correction: Any) -> list[str]:
        review = rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), **correction)
        return list(review["receipt"]["uncertain_fields"])

    assert correct(store_name="행복마트 성수점") == ["purchased_at", "total"], "the same value confirms"
    assert correct(purchased_at="2026-11-19") == ["total"]
    rpc(user, "correct_receipt_item", receipt_item_id=str(milk["id"]), amount=milk["amount"] - 10)
    review = rpc(user, "review_receipt", receipt_id=str(receipt["id"]))
    assert review["receipt"]["uncertain_fields"] == [], "the items add up to the total"
    read_receipt(user, ocr_answer(uncertain_fields=["store", "total"]))
    listed = user.supabase.table("my_receipts").select("uncertain_fields").order("created_at", desc=True).execute().data
    assert listed[0] == {"uncertain_fields": ["total"]}, "the user has confirmed this store"


@pytest.mark.parametrize(("fate", "doubts"), [("kept", []), ("deleted", ["store_name"]), ("joined", ["store_name"])])
def test_a_store_is_known_from_receipts_that_are_kept(user, read_receipt, ocr_answer, fate, doubts):
    first, other = (read_receipt(user, ocr_answer(store=store))[0] for store in ("행복마트", "오독마트"))
    if fate == "deleted":
        rpc(user, "delete_receipt", receipt_id=str(other["id"]))
    elif fate == "joined":
        rpc(user, "join_receipts", receipt_ids=[str(first["id"]), str(other["id"])])
    receipt, _ = read_receipt(user, ocr_answer(store="오독마트", uncertain_fields=["store"]))
    assert receipt["uncertain_fields"] == doubts


@given(days=st.integers(-400, 3))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_use_by_dates_follow_the_date(make_user, read_receipt, days):
    """Of waiting items and of inventory rows that are estimates; not of those with a package date, or moved."""
    user = make_user()
    receipt, (_milk, tofu, _bag) = read_receipt(user)
    edits = [{"receipt_item_id": str(tofu["id"]), "expires_on": "2026-12-24"}]
    rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]), items=edits)
    corrected = days_later("2026-11-20", days)
    review = rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), purchased_at=corrected)
    assert review["items"][0]["suggestion"]["expires_on"] == days_later("2026-11-27", days)
    (lot,) = lots(user).values()
    assert (lot["purchased_on"], lot["expires_on"]) == (corrected, "2026-12-24")

    (added, _) = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    assert added["expires_on"] == days_later("2026-11-27", days)
    rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), purchased_at="2026-11-20")
    assert lots(user)["서울우유 1L"]["expires_on"] == "2026-11-27"
    moved = rpc(user, "move_inventory_item", inventory_id=added["id"], storage="freezer")
    rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), purchased_at=corrected)
    after = lots(user)["서울우유 1L"]
    assert (after["purchased_on"], after["expires_on"]) == (corrected, moved["expires_on"])


def test_items_with_a_day_of_their_own_keep_it(user, read_receipt, ocr_answer):
    answer = ocr_answer()
    answer["items"][0]["purchased_on"] = "2026-11-19"
    receipt, _ = read_receipt(user, answer)
    rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    review = rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), purchased_at="2026-11-10")
    assert (review["items"][0]["purchased_on"], review["items"][0]["suggestion"]["expires_on"]) == (
        "2026-11-19",
        "2026-11-27",
    )
    assert lots(user)["서울우유 1L"]["purchased_on"] == "2026-11-19"
    assert lots(user)["두부 300g"]["purchased_on"] == "2026-11-10"


def test_a_corrected_receipt_becomes_a_duplicate_or_stops_to_be_one(user, read_receipt, ocr_answer):
    first, _ = read_receipt(user)
    second, _ = read_receipt(user, ocr_answer(total=1))
    third, _ = read_receipt(user)
    assert third["duplicate_of"] == first["id"]
    fixed = rpc(user, "correct_receipt", receipt_id=str(second["id"]), total=11420)
    assert fixed["receipt"]["duplicate_of"] == str(first["id"])
    rpc(user, "correct_receipt", receipt_id=str(first["id"]), total=5)
    rows: Any = user.supabase.table("my_receipts").select("id, duplicate_of").order("created_at").execute().data
    assert [row["duplicate_of"] for row in rows] == [None, None, str(second["id"])]


def test_a_duplicate_is_not_the_original_of_a_receipt_that_is_read_later(user, read_receipt, ocr_answer):
    early, _ = read_receipt(user, ocr_answer(total=5000))
    original, _ = read_receipt(user)
    corrected = rpc(user, "correct_receipt", receipt_id=str(early["id"]), total=11420)
    assert corrected["receipt"]["duplicate_of"] == str(original["id"])
    late, _ = read_receipt(user)
    assert late["duplicate_of"] == original["id"]


@pytest.mark.parametrize(
    ("correction", "hint"),
    [
        ({"store_name": "x" * 201}, "invalid_receipt"),
        ({"store_name": "x" * 100_000}, "invalid_receipt"),
        ({"total": 100_000_001}, "invalid_receipt"),
        ({"purchased_at": "soon"}, "invalid_receipt"),
        ({"purchased_at": ""}, "invalid_receipt"),
        ({"purchased_at": "infinity"}, "invalid_receipt"),
        ({"purchased_at": "2026-02-30"}, "invalid_receipt"),
        ({"purchased_at": "2026-11-20T25:00"}, "invalid_receipt"),
        ({"purchased_at": "2999-01-01"}, "date_in_future"),
        ({"purchased_at": "1999-12-31T23:59"}, "date_out_of_range"),
    ],
)
def test_a_wrong_correction_of_the_head_changes_nothing(user, read_receipt, correction, hint):
    receipt, _ = read_receipt(user)
    before = rpc(user, "review_receipt", receipt_id=str(receipt["id"]))
    assert refusal(user, "correct_receipt", receipt_id=str(receipt["id"]), **correction) == ("PT422", hint)
    assert rpc(user, "review_receipt", receipt_id=str(receipt["id"])) == before


def test_a_moment_with_a_zone_is_stored_as_the_time_in_korea(user, read_receipt):
    receipt, _ = read_receipt(user)
    review = rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), purchased_at="2026-11-18T20:30:00Z")
    assert review["receipt"]["purchased_at"] == "2026-11-19T05:30:00"


@pytest.mark.parametrize(
    ("read", "day", "time"),
    [
        ("2026-11-20T18:31", "2026-11-20", "2026-11-20T18:31:00"),
        ("2026-11-20T18:31", "2026-02-28", "2026-02-28T18:31:00"),
        (None, "2024-02-29", "2024-02-29T00:00:00"),
        ("2026-11-20T18:31", "2026-11-20T00:00", "2026-11-20T00:00:00"),
    ],
)
def test_a_day_alone_keeps_the_time(user, read_receipt, ocr_answer, read, day, time):
    """The time tells a second photo of one purchase from a second purchase of that day."""
    receipts = [read_receipt(user, ocr_answer(purchased_at=read))[0] for _ in range(2)]
    for _ in range(2):
        for receipt in receipts:
            review = rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), purchased_at=day)
            assert review["receipt"]["purchased_at"] == time
    assert review["receipt"]["duplicate_of"] == str(receipts[0]["id"])


def test_a_corrected_item_changes_its_lot_and_is_kept_as_feedback(user, read_receipt):
    receipt, (milk, tofu, _) = read_receipt(user)
    rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    rpc(user, "correct_inventory_item", inventory_id=lots(user)["두부 300g"]["id"], changes={"quantity": 7, "price": 1})
    for _ in range(2):
        for item in (milk, tofu):
            answer = rpc(
                user,
                "correct_receipt_item",
                receipt_item_id=str(item["id"]),
                quantity=3,
                unit="팩",
                unit_price=1000,
                amount=3000,
                discount=-100,
            )
            assert (answer["quantity"], answer["unit_price"], answer["amount"]) == (3, 1000, 3000)
    changed, kept = lots(user)["서울우유 1L"], lots(user)["두부 300g"]
    assert (changed["quantity"], changed["unit"], changed["price"]) == (3, "팩", 2900)
    assert (kept["quantity"], kept["price"]) == (7, 1), "the user has changed these"
    rows: Any = user.supabase.table("item_feedback").select("*").eq("receipt_item_id", str(milk["id"])).execute().data
    assert {row["field"]: (row["offered"], row["chosen"]) for row in rows} == {
        "quantity": (1, 3),
        "unit": (None, "팩"),
        "unit_price": (2980, 1000),
        "amount": (2980, 3000),
        "discount": (0, -100),
    }


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"name": "두부 300g"}, ["quantity", "amount", "barcode", "category"]),
        ({"quantity": 3}, ["name", "amount", "barcode", "category"]),
        ({"unit": "모", "amount": 5960}, ["name", "quantity", "barcode", "category"]),
        ({"confirmed": True}, []),
        ({"confirmed": False}, ["name", "quantity", "amount", "barcode", "category"]),
    ],
)
def test_what_the_user_gives_is_no_longer_uncertain(user, read_receipt, ocr_answer, given, left):
    answer = ocr_answer()
    answer["items"][1]["uncertain_fields"] = ["name", "quantity", "amount", "barcode", "category"]
    tofu = str(read_receipt(user, answer)[1][1]["id"])
    for _ in range(2):
        shown = rpc(user, "correct_receipt_item", receipt_item_id=tofu, **given)
        assert (shown["uncertain_fields"], shown["uncertain"]) == (left, bool(left))
    confirmed = feedback(user, "item_feedback").get("uncertain_fields")
    assert confirmed == ((answer["items"][1]["uncertain_fields"], []) if given.get("confirmed") else None)


def test_a_chosen_category_settles_the_category_alone(user, read_receipt, ocr_answer):
    answer = ocr_answer()
    answer["items"][1]["uncertain_fields"] = ["quantity", "category", "expires_on"]
    tofu = str(read_receipt(user, answer)[1][1]["id"])
    shown = rpc(user, "correct_category", receipt_item_id=tofu, category="tofu")
    assert (shown["uncertain_fields"], shown["why"]["decided_by"]) == (["quantity"], "user")


def test_an_unknown_uncertain_field_does_not_match_the_contract(user, read_receipt, ocr_answer):
    answer = ocr_answer()
    answer["items"][0]["uncertain_fields"] = ["colour"]
    with pytest.raises(APIError) as refused:
        read_receipt(user, answer)
    assert refused.value.code == "22023"


def test_a_renamed_item_is_remembered_for_the_next_receipt(user, read_receipt):
    _, (milk, *_rest) = read_receipt(user)
    answer = rpc(user, "correct_receipt_item", receipt_item_id=str(milk["id"]), name="아침 우유")
    assert (answer["name"], answer["prediction"]["name"]) == ("아침 우유", "서울우유 1L")
    _, (next_milk, *_rest) = read_receipt(user)
    assert next_milk["name"] == "아침 우유"


@pytest.mark.parametrize("name", ["체다 치즈", "버터", "냉동 우유", "상온 멸균우유"])
def test_what_is_suggested_for_a_remembered_name_is_that_of_the_name(user, read_receipt, name):
    """Whether the next receipt is read before the correction or after it."""
    _, (milk, *_rest) = read_receipt(user)
    earlier, _ = read_receipt(user)
    corrected = rpc(user, "correct_receipt_item", receipt_item_id=str(milk["id"]), name=name)
    later, _ = read_receipt(user)
    for other in (earlier, later):
        item = rpc(user, "review_receipt", receipt_id=str(other["id"]))["items"][0]
        assert (item["name"], item["suggestion"]) == (name, corrected["suggestion"])
    assert corrected["suggestion"]["expires_on"] != str(milk["expires_on"])


def test_the_mismatch_goes_when_the_items_add_up(user, read_receipt, ocr_answer):
    receipt, (milk, *_rest) = read_receipt(user, ocr_answer(total=15420) | {"warnings": ["totals_mismatch", "turned"]})
    answer = rpc(user, "correct_receipt_item", receipt_item_id=str(milk["id"]), amount=2981)
    assert answer["amount"] == 2981
    assert rpc(user, "review_receipt", receipt_id=str(receipt["id"]))["receipt"]["warnings"] == [
        "totals_mismatch",
        "turned",
    ]
    missed = {"receipt_item_id": str(uuid.uuid4()), "name": "콩나물", "category": "vegetable", "amount": 3999}
    rpc(user, "correct_receipt_item", receipt_item_id=str(milk["id"]), amount=2981)
    rpc(user, "add_receipt_item", receipt_id=str(receipt["id"]), **missed)
    head = rpc(user, "review_receipt", receipt_id=str(receipt["id"]))["receipt"]
    assert head["warnings"] == ["turned"]


@pytest.mark.parametrize(
    "values",
    [
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": "NaN"},
        {"quantity": 1e6},
        {"name": " "},
        {"name": "x" * 201},
        {"name": "가" * 100_000},
        {"unit": "x" * 21},
        {"unit_price": 100_000_001},
        {"amount": -100_000_001},
    ],
)
def test_wrong_values_of_an_item_are_refused(user, read_receipt, values):
    receipt, (milk, *_rest) = read_receipt(user)
    before = rpc(user, "review_receipt", receipt_id=str(receipt["id"]))
    refused = refusal(user, "correct_receipt_item", receipt_item_id=str(milk["id"]), **values)
    assert refused == ("PT422", "invalid_item")
    new = {"receipt_item_id": str(uuid.uuid4()), "name": "콩나물", "category": "vegetable", **values}
    assert refusal(user, "add_receipt_item", receipt_id=str(receipt["id"]), **new) == ("PT422", "invalid_item")
    assert refusal(user, "correct_receipt_item", receipt_item_id=str(milk["id"]), discount=1)[1] == "invalid_item"
    assert rpc(user, "review_receipt", receipt_id=str(receipt["id"])) == before


def test_a_missed_item_is_added_once_and_goes_to_the_inventory(user, read_receipt):
    receipt, _ = read_receipt(user)
    missed = {"receipt_item_id": str(uuid.uuid4()), "name": "콩나물 300g", "category": "vegetable", "amount": 1500}
    first = rpc(user, "add_receipt_item", receipt_id=str(receipt["id"]), **missed)
    assert rpc(user, "add_receipt_item", receipt_id=str(receipt["id"]), **missed | {"name": "다른 것"}) == first
    assert (first["line_no"], first["status"], first["why"]["decided_by"]) == (4, "pending", "user")
    assert first["prediction"] == {"name": None, "category": None, "confidence": None}
    assert first["suggestion"]["expires_on"] is not None
    rows = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    assert [row["name"] for row in rows] == ["서울우유 1L", "두부 300g", "콩나물 300g"]
    assert rows[2]["price"] == 1500
    assert feedback(user, "item_feedback") == {"added": (None, "콩나물 300g")}
    (corrected,) = [rpc(user, "correct_category", receipt_item_id=first["id"], category="kimchi_banchan")]
    assert corrected["category"] == "kimchi_banchan"
    texts: Any = user.supabase.table("user_category_feedback").select("item_text").execute().data
    assert texts == [{"item_text": "콩나물 300g"}]


def test_what_was_brought_back_is_not_added_with_the_rest(user, read_receipt):
    receipt, _ = read_receipt(user)
    head = {"receipt_id": str(receipt["id"]), "receipt_item_id": str(uuid.uuid4())}
    added = rpc(user, "add_receipt_item", **head, name="반품 콩나물", category="vegetable", amount=-1500)
    assert added["status"] == "dismissed"
    rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    assert "반품 콩나물" not in lots(user)


def test_the_id_of_another_users_item_is_taken(user, make_user, read_receipt):
    receipt, _ = read_receipt(user)
    other = make_user()
    _, (theirs, *_rest) = read_receipt(other)
    new = {"receipt_item_id": str(theirs["id"]), "name": "x", "category": "snack"}
    assert refusal(user, "add_receipt_item", receipt_id=str(receipt["id"]), **new) == (
        "PT409",
        "receipt_item_id_taken",
    )


def test_added_items_are_limited_per_receipt(user, read_receipt):
    receipt, _ = read_receipt(user)
    for number in range(101):
        new = {"receipt_item_id": str(uuid.uuid4()), "name": f"품목 {number}", "category": "snack"}
        if number < 100:
            rpc(user, "add_receipt_item", receipt_id=str(receipt["id"]), **new)
    assert refusal(user, "add_receipt_item", receipt_id=str(receipt["id"]), **new) == ("PT409", "limit_reached")


@pytest.mark.parametrize("function", ["correct_receipt", "add_receipt_item"])
def test_only_a_receipt_that_has_been_read_is_corrected(user, upload_receipt, function):
    receipt = upload_receipt(user)
    more = {"receipt_item_id": str(uuid.uuid4()), "name": "x", "category": "snack"}
    arguments = {"receipt_id": str(receipt["id"]), **(more if function == "add_receipt_item" else {"total": 1})}
    assert refusal(user, function, **arguments) == ("PT409", "receipt_not_done")


def shown(user: User) -> list[str]:
    return [str(row["id"]) for row in user.supabase.table("my_receipts").select("id").execute().data]


def test_a_deleted_receipt_is_hidden_and_comes_back(user, read_receipt, database):
    receipt, (milk, *_rest) = read_receipt(user)
    receipt_id = str(receipt["id"])
    rpc(user, "add_receipt_to_inventory", receipt_id=receipt_id)
    before = rpc(user, "review_receipt", receipt_id=receipt_id)
    first = rpc(user, "delete_receipt", receipt_id=receipt_id)
    assert rpc(user, "delete_receipt", receipt_id=receipt_id) == first
    assert shown(user) == []
    assert user.supabase.table("receipt_items").select("*").execute().data == []
    assert len(lots(user)) == 2, "the food is still there"
    for function, arguments in {
        "review_receipt": {},
        "add_receipt_to_inventory": {},
        "correct_receipt": {"total": 1},
        "retry_receipt": {},
    }.items():
        assert refusal(user, function, receipt_id=receipt_id, **arguments) == ("PT404", "receipt_not_found")
    for function, arguments in {
        "correct_receipt_item": {"amount": 1},
        "correct_category": {"category": "snack"},
    }.items():
        assert refusal(user, function, receipt_item_id=str(milk["id"]), **arguments) == ("PT404", "item_not_found")
    for _ in range(2):
        rpc(user, "restore_receipt", receipt_id=receipt_id)
    assert rpc(user, "review_receipt", receipt_id=receipt_id) == before


def test_a_receipt_is_deleted_with_its_inventory_and_restored_with_it(user, read_receipt):
    receipt, _ = read_receipt(user)
    rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    before = {name: lot["id"] for name, lot in lots(user).items()}
    rpc(user, "delete_receipt", receipt_id=str(receipt["id"]), with_inventory=True)
    assert lots(user) == {}
    rpc(user, "restore_receipt", receipt_id=str(receipt["id"]))
    assert {name: lot["id"] for name, lot in lots(user).items()} == before
    items = rpc(user, "review_receipt", receipt_id=str(receipt["id"]))["items"]
    assert [item["status"] for item in items] == ["added", "added", "pending"]


def test_the_inventory_of_a_deleted_receipt_can_be_deleted_later(user, read_receipt, database):
    receipt, _ = read_receipt(user)
    first, _second = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    before = lots(user)
    until = rpc(user, "delete_receipt", receipt_id=str(receipt["id"]))
    assert len(lots(user)) == 2
    for _ in range(2):
        assert rpc(user, "delete_receipt", receipt_id=str(receipt["id"]), with_inventory=True) == until
        assert lots(user) == {}
    assert rpc(user, "delete_receipt", receipt_id=str(receipt["id"])) == until
    assert lots(user) == {}
    assert rpc(user, "delete_inventory_item", inventory_id=first["id"]) == until
    for _ in range(2):
        rpc(user, "restore_receipt", receipt_id=str(receipt["id"]))
        assert {name: lot["receipt_item_id"] for name, lot in lots(user).items()} == {
            name: lot["receipt_item_id"] for name, lot in before.items()
        }
    assert shown(user) == [str(receipt["id"])]
    rpc(user, "delete_receipt", receipt_id=str(receipt["id"]))
    database.execute(
        "update public.receipts set deleted_at = deleted_at - interval '8 days' where id = %s", [receipt["id"]]
    )
    late = refusal(user, "delete_receipt", receipt_id=str(receipt["id"]), with_inventory=True)
    assert late == ("PT404", "receipt_not_found")
    assert len(lots(user)) == 2, "it could not be undone"


def test_a_waiting_receipt_that_is_deleted_is_not_read_until_it_is_restored(
    user, upload_receipt, claim, complete, ocr_answer
):
    receipt = upload_receipt(user)
    (claimed,) = claim(receipt["id"])
    rpc(user, "delete_receipt", receipt_id=str(receipt["id"]))
    assert complete(claimed, ocr_answer()) == "stale"
    assert claim(receipt["id"]) == []
    rpc(user, "restore_receipt", receipt_id=str(receipt["id"]))
    (again,) = claim(receipt["id"])
    assert complete(again, ocr_answer()) == "done"


def test_the_original_of_a_duplicate_is_deleted(user, read_receipt):
    first, _ = read_receipt(user)
    second, _ = read_receipt(user)
    rpc(user, "delete_receipt", receipt_id=str(first["id"]))
    query = user.supabase.table("my_receipts").select("id, duplicate_of").order("created_at")
    assert query.execute().data == [{"id": str(second["id"]), "duplicate_of": None}]
    rpc(user, "restore_receipt", receipt_id=str(first["id"]))
    assert query.execute().data == [
        {"id": str(first["id"]), "duplicate_of": None},
        {"id": str(second["id"]), "duplicate_of": str(first["id"])},
    ]


@given(deleted=st.permutations(range(3)), restored=st.permutations(range(3)), number=st.integers(1, 3))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_deleted_receipts_that_are_restored_are_the_duplicates_that_they_were(
    make_user, read_receipt, deleted, restored, number
):
    """In any order. The receipt that counts in statistics is the one that the user has reviewed."""
    user = make_user()
    ids = [str(read_receipt(user)[0]["id"]) for _ in range(3)]
    duplicates = [(ids[0], None), (ids[1], ids[0]), (ids[2], ids[0])]
    query = user.supabase.table("my_receipts").select("id, duplicate_of").order("created_at")
    assert [tuple(row.values()) for row in query.execute().data] == duplicates
    for place in deleted[:number]:
        rpc(user, "delete_receipt", receipt_id=ids[place])
        if kept := query.execute().data:
            original, *repeated = sorted(kept, key=lambda row: row["duplicate_of"] is not None)
            assert original["duplicate_of"] is None
            assert {row["duplicate_of"] for row in repeated} <= {original["id"]}
    for place in restored:
        rpc(user, "restore_receipt", receipt_id=ids[place])
    assert [tuple(row.values()) for row in query.execute().data] == duplicates


def test_a_corrected_duplicate_that_is_restored_is_still_one(user, read_receipt, ocr_answer):
    early, _ = read_receipt(user, ocr_answer(total=5000))
    original, _ = read_receipt(user)
    rpc(user, "correct_receipt", receipt_id=str(early["id"]), total=11420)
    rpc(user, "delete_receipt", receipt_id=str(early["id"]))
    rpc(user, "restore_receipt", receipt_id=str(early["id"]))
    rows: Any = user.supabase.table("my_receipts").select("duplicate_of").order("created_at").execute().data
    assert [row["duplicate_of"] for row in rows] == [str(original["id"]), None]


def test_after_the_time_to_restore_photo_and_rows_are_gone(user, read_receipt, database, service):
    receipt, _ = read_receipt(user)
    (lot, *_) = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    rpc(user, "delete_inventory_item", inventory_id=lot["id"])
    rpc(user, "delete_receipt", receipt_id=str(receipt["id"]))
    database.execute(
        "update public.receipts set deleted_at = deleted_at - interval '8 days' where id = %s", [receipt["id"]]
    )
    database.execute(
        "update private.deleted_inventory set deleted_at = deleted_at - interval '8 days' where inventory_id = %s",
        [lot["id"]],
    )
    assert refusal(user, "restore_receipt", receipt_id=str(receipt["id"])) == ("PT404", "receipt_not_found")
    database.execute("update private.sweep_state set retention_due_at = now()")
    paths = service.rpc("photos_to_delete", {"p_limit": 100}).execute().data
    assert receipt["object_path"] in paths
    service.storage.from_("ocr").remove([receipt["object_path"]])
    database.execute("select private.forget_deleted(100)")
    assert database.execute("select id from public.receipts where id = %s", [receipt["id"]]).fetchall() == []
    assert refusal(user, "restore_inventory_item", inventory_id=lot["id"]) == ("PT404", "inventory_item_not_found")
    assert len(lots(user)) == 1


def long_deleted(user: User, read_receipt: Any, database: Any) -> Row:
    """A receipt with inventory, deleted longer ago than it can be restored, and its photo with it."""
    receipt, _ = read_receipt(user)
    rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    rpc(user, "delete_receipt", receipt_id=str(receipt["id"]))
    user.supabase.storage.from_("ocr").remove([receipt["object_path"]])
    database.execute(
        "update public.receipts set deleted_at = deleted_at - interval '8 days' where id = %s", [receipt["id"]]
    )
    database.execute("update private.sweep_state set retention_due_at = now()")
    return dict(receipt)


def is_stored(database: Any, receipt: Row) -> bool:
    return bool(database.execute("select from public.receipts where id = %s", [receipt["id"]]).fetchall())


LIMITS = "select tgrelid::regclass::text as name from pg_trigger where tgfoid = 'private.limit_rows'::regproc"


@pytest.mark.parametrize("limit", ["rows", "per_day"])
def test_no_limit_keeps_a_deleted_receipt(user, read_receipt, database, service, limit):
    receipt = long_deleted(user, read_receipt, database)
    history = rows(user, "inventory_history")
    names = [row["name"].removeprefix("public.") for row in database.execute(LIMITS).fetchall()]
    settings_ = [(f"{name}_{limit}", "0") for name in names]
    with database.cursor() as cursor:
        cursor.executemany("insert into private.settings (name, value) values (%s, %s)", settings_)
    try:
        service.rpc("photos_to_delete", {"p_limit": 100}).execute()
    finally:
        database.execute("delete from private.settings where name = any(%s)", [[name for name, _ in settings_]])
    assert not is_stored(database, receipt)
    assert [lot["receipt_item_id"] for lot in lots(user).values()] == [None, None]
    assert rows(user, "inventory_history") == history, "the user changed nothing"
    assert rows(user, "item_feedback") == []


def test_a_receipt_that_cannot_be_deleted_does_not_keep_those_of_others(make_user, read_receipt, database, service):
    stuck, other = (long_deleted(make_user(), read_receipt, database) for _ in range(2))
    database.execute(
        f"""
        create function private.refuse_in_test() returns trigger language plpgsql as
          $$ begin if old.id = '{stuck["id"]}' then raise 'no'; end if; return old; end $$;
        create trigger refuse_in_test before delete on public.receipts
          for each row execute function private.refuse_in_test()
        """
    )
    query = "select attempts, error, next_attempt_at > now() as waits from private.deletions_set_aside"
    try:
        for attempts in (1, 2):
            service.rpc("photos_to_delete", {"p_limit": 100}).execute()
            assert not is_stored(database, other)
            assert database.execute(query).fetchall() == [{"attempts": attempts, "error": "P0001", "waits": True}]
            database.execute("update private.sweep_state set retention_due_at = now()")
            service.rpc("photos_to_delete", {"p_limit": 100}).execute()
            (set_aside,) = database.execute(query).fetchall()
            assert set_aside["attempts"] == attempts, "its time has not come"
            database.execute("update private.sweep_state set retention_due_at = now()")
            database.execute("update private.deletions_set_aside set next_attempt_at = now()")
    finally:
        database.execute("drop function private.refuse_in_test() cascade")
    service.rpc("photos_to_delete", {"p_limit": 100}).execute()
    assert not is_stored(database, stuck)
    assert database.execute(query).fetchall() == []


def test_a_photo_text_that_cannot_be_deleted_does_not_keep_those_of_others(make_user, read_receipt, database, service):
    stuck, other = (read_receipt(make_user())[0] for _ in range(2))
    for receipt in (stuck, other):
        database.execute("alter table storage.objects disable trigger user")
        database.execute("delete from storage.objects where name = %s", [receipt["object_path"]])
        database.execute("alter table storage.objects enable trigger user")
        database.execute(
            "update public.receipts set created_at = now() - interval '2 years' where id = %s", [receipt["id"]]
        )
    database.execute(
        f"""
        create function private.refuse_in_test() returns trigger language plpgsql as
          $$ begin if old.id = '{stuck["id"]}' then raise 'no'; end if; return new; end $$;
        create trigger refuse_in_test before update on public.receipts
          for each row execute function private.refuse_in_test();
        update private.sweep_state set retention_due_at = now()
        """
    )
    try:
        paths = service.rpc("photos_to_delete", {"p_limit": 100}).execute().data
        assert stuck["object_path"] not in paths, "Storage would be asked for it again and again"
    finally:
        database.execute("drop function private.refuse_in_test() cascade")
    ended = "select photo_deleted_at is not null as ended from public.receipts where id = %s"
    assert database.execute(ended, [other["id"]]).fetchall() == [{"ended": True}]
    assert database.execute(ended, [stuck["id"]]).fetchall() == [{"ended": False}]
    database.execute("update private.deletions_set_aside set next_attempt_at = now()")
    database.execute("update private.sweep_state set retention_due_at = now()")
    service.rpc("photos_to_delete", {"p_limit": 100}).execute()
    assert database.execute(ended, [stuck["id"]]).fetchall() == [{"ended": True}]
    assert database.execute("select from private.deletions_set_aside").fetchall() == [], "the alert ends"


def test_impossible_amounts_stop_nothing(user, read_receipt, ocr_answer):
    """A misread amount is stored as it was read, and is no price."""
    answer = ocr_answer(total=2_147_483_647)
    answer["items"][0] |= {"amount": 2_147_483_647, "unit_price": 2_147_483_647}
    answer["items"][1] |= {"amount": -2_147_483_648, "discount": -2_147_483_648, "quantity": 1e-9}
    receipt, (milk, *_rest) = read_receipt(user, answer)
    ids = [str(row["id"]) for row in rpc(user, "review_receipt", receipt_id=str(receipt["id"]))["items"][:2]]
    edits = [{"receipt_item_id": item_id} for item_id in ids]
    rows = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]), items=edits)
    assert [row["price"] for row in rows] == [None, None]
    for function in ("spending_by_month", "spending_by_store", "spending_by_category"):
        assert rpc(user, function)
    assert rpc(user, "price_history", item_name=milk["name"])[0]["won"] == 2_147_483_647
    assert rpc(user, "price_changes", receipt_id=str(receipt["id"])) == []
    fixed = rpc(user, "correct_receipt_item", receipt_item_id=ids[0], amount=3000)
    assert fixed["amount"] == 3000
    assert len(rpc(user, "export_spending").splitlines()) == 4


def test_restoring_a_receipt_that_was_not_read_counts_as_a_retry(user, upload_receipt, database):
    receipt = upload_receipt(user)
    database.execute("insert into private.settings (name, value) values ('retries_per_day', '1')")
    try:
        rpc(user, "delete_receipt", receipt_id=str(receipt["id"]))
        rpc(user, "restore_receipt", receipt_id=str(receipt["id"]))
        rpc(user, "delete_receipt", receipt_id=str(receipt["id"]))
        assert refusal(user, "restore_receipt", receipt_id=str(receipt["id"])) == ("PT429", "rate_limited")
    finally:
        database.execute("delete from private.settings where name = 'retries_per_day'")


def test_concurrent_calls_have_the_effect_of_one(user, read_receipt, run_twice_at_once, database):
    receipt, (milk, *_rest) = read_receipt(user)
    new_id = str(uuid.uuid4())
    run_twice_at_once(
        user, "select public.add_receipt_item(%s, %s, '콩나물', 'vegetable', amount => 1500)", receipt["id"], new_id
    )
    run_twice_at_once(user, "select public.correct_receipt(%s, purchased_at => '2026-11-18')", receipt["id"])
    run_twice_at_once(user, "select public.correct_receipt_item(%s, quantity => 4)", milk["id"])
    review = rpc(user, "review_receipt", receipt_id=str(receipt["id"]))
    assert [item["name"] for item in review["items"]] == ["서울우유 1L", "두부 300g", "종량제봉투 20L", "콩나물"]
    assert review["items"][0]["suggestion"]["expires_on"] == "2026-11-25", "moved once by two days"
    (lot, *_) = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    for step in ("delete_inventory_item", "restore_inventory_item", "consume_inventory_item", "undo_consumption"):
        run_twice_at_once(user, f"select public.{step}(%s)", lot["id"])
    assert lots(user)["서울우유 1L"]["quantity"] == 4
    run_twice_at_once(user, "select public.delete_receipt(%s, true)", receipt["id"])
    assert (lots(user), shown(user)) == ({}, [])
    run_twice_at_once(user, "select public.restore_receipt(%s)", receipt["id"])
    assert len(lots(user)) == 3
    assert rpc(user, "review_receipt", receipt_id=str(receipt["id"]))["items"][0]["inventory_id"] == lot["id"]
