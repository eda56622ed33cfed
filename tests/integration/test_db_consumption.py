"""What becomes of food: consumed with a reason, undone, corrected, deleted and restored."""

from __future__ import annotations

import contextlib
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from postgrest.exceptions import APIError

from local.client import User
from tests.support.waiting import wait_until

Row = dict[str, Any]
REASONS = ["eaten", "thrown_away", "given_away"]


def rpc(user: User, function: str, **arguments: Any) -> Any:
    return user.supabase.rpc(function, arguments).execute().data


def add(user: User, **lot: Any) -> Row:
    arguments = {"inventory_id": str(uuid.uuid4()), "name": "계란", "category": "egg", "quantity": 10, **lot}
    row: Row = rpc(user, "add_to_inventory", **arguments)
    return row


def stored(user: User, lot: Row) -> Row | None:
    rows = user.supabase.table("inventory").select("*").eq("id", lot["id"]).execute().data
    return dict(rows[0]) if rows else None


def consumed(user: User, lot: Row) -> list[tuple[str | None, float | None]]:
    query = user.supabase.table("inventory_history").select("reason, share").eq("inventory_id", lot["id"])
    rows: Any = query.not_.is_("reason", "null").order("id").execute().data
    return [(row["reason"], row["share"]) for row in rows]


def refusal(user: User, function: str, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(APIError) as refused:
        rpc(user, function, **arguments)
    return str(refused.value.code), str(refused.value.hint)


@pytest.mark.parametrize("reason", REASONS)
def test_each_part_that_is_consumed_has_its_reason_and_share(user, reason):
    lot = add(user, price=5000)
    rpc(user, "consume_inventory_item", inventory_id=lot["id"], remaining=6, reason=reason)
    after = rpc(user, "consume_inventory_item", inventory_id=lot["id"])
    assert consumed(user, lot) == [(reason, 0.4), ("eaten", 0.6)]
    assert (after["consumed_reason"], after["quantity"], after["price"]) == ("eaten", 0, 5000)
    assert after["consumed_at"] is not None


def test_a_repeated_call_counts_once_and_corrects_the_reason(user):
    lot = add(user)
    for reason in ("eaten", "eaten", "thrown_away"):
        after = rpc(user, "consume_inventory_item", inventory_id=lot["id"], reason=reason)
    assert consumed(user, lot) == [("thrown_away", 1)]
    assert after["consumed_reason"] == "thrown_away"


@pytest.mark.parametrize("reason", ["", "EATEN", "lost", None, "x" * 100_000])
def test_an_unknown_reason_is_refused(user, reason):
    lot = add(user)
    refused = refusal(user, "consume_inventory_item", inventory_id=lot["id"], reason=reason)
    assert refused == ("PT422", "unknown_reason")
    assert stored(user, lot) == lot


def test_what_is_undone_does_not_count(user):
    lot = add(user)
    rpc(user, "consume_inventory_item", inventory_id=lot["id"], remaining=4, reason="thrown_away")
    rpc(user, "consume_inventory_item", inventory_id=lot["id"])
    for _ in range(2):
        back = rpc(user, "undo_consumption", inventory_id=lot["id"])
        assert (back["quantity"], back["consumed_at"], back["consumed_reason"]) == (4, None, None)
        assert consumed(user, lot) == [("thrown_away", 0.6)]
    for _ in range(2):
        rpc(user, "undo_consumption", inventory_id=lot["id"], quantity=7)
        assert consumed(user, lot) == [("thrown_away", pytest.approx(0.3))]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["consume", "undo", "correct"]),
        st.integers(0, 8).map(lambda n: n / 4),
        st.sampled_from(REASONS),
    ),
    max_size=8,
)


@given(steps=STEPS)
# What is left is as much as was left before it was put back, and nothing has been consumed since.
@example(steps=[("consume", 1, "eaten"), ("undo", 2, "eaten"), ("correct", 1, "eaten"), ("consume", 1, "thrown_away")])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_shares_add_up_to_what_is_missing(user, steps):
    """After any steps, repeated or refused."""
    lot = add(user, quantity=2)
    for step, quantity, reason in steps:
        for _ in range(2):
            with contextlib.suppress(APIError):
                if step == "consume":
                    rpc(user, "consume_inventory_item", inventory_id=lot["id"], remaining=quantity, reason=reason)
                elif step == "undo":
                    rpc(user, "undo_consumption", inventory_id=lot["id"], quantity=quantity)
                else:
                    rpc(user, "correct_inventory_item", inventory_id=lot["id"], changes={"quantity": quantity})
    now = stored(user, lot)
    assert now is not None
    missing = 1 - now["quantity"] / now["bought_quantity"]
    assert sum(share or 0 for _, share in consumed(user, lot)) == pytest.approx(missing)


@pytest.mark.parametrize("quantity", [-1, 0, 3, 11, "NaN", "Infinity"])
def test_an_impossible_quantity_is_not_restored(user, quantity):
    lot = add(user)
    rpc(user, "consume_inventory_item", inventory_id=lot["id"], remaining=4)
    assert refusal(user, "undo_consumption", inventory_id=lot["id"], quantity=quantity) == (
        "PT422",
        "invalid_remaining",
    )


def test_a_corrected_quantity_is_not_consumed(user):
    lot = add(user, quantity=2)
    rpc(user, "consume_inventory_item", inventory_id=lot["id"], remaining=1)
    corrected = rpc(user, "correct_inventory_item", inventory_id=lot["id"], changes={"quantity": 5, "unit": "개"})
    assert (corrected["quantity"], corrected["bought_quantity"], corrected["unit"]) == (5, 10, "개")
    less = rpc(user, "correct_inventory_item", inventory_id=lot["id"], changes={"quantity": 3})
    assert (less["quantity"], less["bought_quantity"]) == (3, 6)
    assert consumed(user, lot) == [("eaten", 0.5)]


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ([], "invalid_item"),
        ("x", "invalid_item"),
        (None, "invalid_item"),
        ({"id": str(uuid.uuid4())}, "invalid_item"),
        ({"user_id": str(uuid.uuid4())}, "invalid_item"),
        ({"consumed_at": None}, "invalid_item"),
        ({"price": -1}, "invalid_item"),
        ({"price": 1e12}, "invalid_item"),
        ({"price": "free"}, "invalid_item"),
        ({"quantity": None}, "invalid_item"),
        ({"name": None}, "invalid_item"),
        ({"name": {"a": 1}, "unit": "x" * 21}, "invalid_item"),
        ({"category": None}, "unknown_category"),
        ({"category": "no_such"}, "unknown_category"),
        ({"purchased_on": "2999-01-01"}, "date_in_future"),
        ({"expires_on": "soon"}, "date_out_of_range"),
        ({"name": "x" * 100_000}, "invalid_item"),
    ],
)
def test_a_wrong_correction_is_refused_and_changes_nothing(user, changes, hint):
    lot = add(user)
    assert refusal(user, "correct_inventory_item", inventory_id=lot["id"], changes=changes) == ("PT422", hint)
    assert stored(user, lot) == lot


VALUES = {
    "string": ["2", "2026-11-20", ""],
    "number": [2, 1.5, 0],
    "boolean": [True, False],
    "array": [[], ["두부"], [2]],
    "object": [{}, {"a": 1}],
}
TYPES_OF_CHANGES = dict.fromkeys(("name", "category", "unit", "purchased_on", "expires_on"), "string")
TYPES_OF_CHANGES |= dict.fromkeys(("quantity", "price"), "number")
TYPES_OF_ITEMS = dict.fromkeys(("receipt_item_id", "name", "category", "unit", "storage", "expires_on"), "string")
TYPES_OF_ITEMS |= {"quantity": "number", "dismiss": "boolean", "restore": "boolean"}


def values_of_other_types(types: dict[str, str]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.sampled_from(
        [
            (name, value)
            for name, own in types.items()
            for kind, values in VALUES.items()
            if kind != own
            for value in values
        ]
    )


@given(values_of_other_types(TYPES_OF_CHANGES), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_change_of_another_type_is_refused_and_changes_nothing(user, wrong, is_encoded_twice):
    lot = add(user)
    changes: Any = {"name": "유정란", "unit": "판", wrong[0]: wrong[1]}
    if is_encoded_twice:
        changes = json.dumps(changes)
    refused = refusal(user, "correct_inventory_item", inventory_id=lot["id"], changes=changes)
    assert refused == ("PT422", "invalid_item")
    assert stored(user, lot) == lot


@given(values_of_other_types(TYPES_OF_ITEMS))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_item_with_a_field_of_another_type_is_refused_and_adds_nothing(read_once, wrong):
    user, receipt_id, (milk, tofu, *_) = read_once
    items = [{"receipt_item_id": milk}, {"receipt_item_id": tofu, wrong[0]: wrong[1]}]
    refused = refusal(user, "add_receipt_to_inventory", receipt_id=receipt_id, items=items)
    assert refused == ("PT422", "invalid_items")
    assert user.supabase.table("inventory").select("id").execute().data == []
    assert {row["status"] for row in user.supabase.table("receipt_items").select("status").execute().data} == {
        "pending"
    }


@pytest.mark.parametrize("items", [{}, {"receipt_item_id": None}, 1, "x", "{", True, [None], [1], ["x"], [[]], [{}]])
def test_anything_but_a_list_of_items_is_refused_and_adds_nothing(read_once, items):
    user, receipt_id, _ = read_once
    refused = refusal(user, "add_receipt_to_inventory", receipt_id=receipt_id, items=items)
    assert refused == ("PT422", "invalid_items")
    assert user.supabase.table("inventory").select("id").execute().data == []


@pytest.fixture
def read_once(user, read_receipt) -> tuple[User, str, list[str]]:
    receipt, items = read_receipt(user)
    return user, str(receipt["id"]), [str(item["id"]) for item in items]


@pytest.mark.parametrize(
    ("sent", "day"),
    [
        ("2026-12-05T15:00:00Z", "2026-12-06"),
        ("2026-12-05T23:59:59+09:00", "2026-12-05"),
        ("2026-12-05", "2026-12-05"),
        ("2026-12-05T15:00", "2026-12-05"),
    ],
)
def test_a_moment_counts_as_its_day_in_korea(user, sent, day):
    lot = add(user)
    corrected = rpc(user, "correct_inventory_item", inventory_id=lot["id"], changes={"expires_on": sent})
    assert (corrected["expires_on"], corrected["expiry_basis"]) == (day, "package")


def test_a_deleted_lot_comes_back_with_its_history(user):
    lot = add(user)
    rpc(user, "consume_inventory_item", inventory_id=lot["id"], remaining=4, reason="thrown_away")
    before = stored(user, lot)
    assert before is not None
    first = rpc(user, "delete_inventory_item", inventory_id=lot["id"])
    assert rpc(user, "delete_inventory_item", inventory_id=lot["id"]) == first
    assert (stored(user, lot), consumed(user, lot)) == (None, [])
    for _ in range(2):
        restored = rpc(user, "restore_inventory_item", inventory_id=lot["id"])
        assert restored == {**before, "version": before["version"] + 2}
        assert consumed(user, lot) == [("thrown_away", 0.6)]


CALLS_ON_WHAT_WAS_DELETED = {
    "restore_inventory_item": lambda lot, receipt: {"inventory_id": lot},
    "delete_inventory_item": lambda lot, receipt: {"inventory_id": lot},
    "add_to_inventory": lambda lot, receipt: {"inventory_id": lot, "name": "두부", "category": "tofu"},
    "restore_receipt": lambda lot, receipt: {"receipt_id": receipt},
    "delete_receipt": lambda lot, receipt: {"receipt_id": receipt, "with_inventory": True},
}


@pytest.mark.parametrize("function", CALLS_ON_WHAT_WAS_DELETED)
@pytest.mark.parametrize(("age", "is_over"), [("6 days 23 hours", False), ("7 days 1 minute", True)])
def test_the_time_decides_what_can_be_restored_and_not_the_clean_up(
    make_user, read_receipt, database, function, age, is_over
):
    user = make_user()

    def answer_after_deletion(*, with_clean_up: bool) -> str:
        receipt, _ = read_receipt(user)
        lot = add(user)["id"]
        rpc(user, "delete_inventory_item", inventory_id=lot)
        rpc(user, "delete_receipt", receipt_id=str(receipt["id"]))
        for table in ("private.deleted_inventory", "public.receipts"):
            database.execute(
                f"update {table} set deleted_at = now() - %s::interval where user_id = %s", [age, user.user_id]
            )
        if with_clean_up:
            database.execute("update public.receipts set photo_deleted_at = now() where id = %s", [receipt["id"]])
            database.execute("select private.forget_deleted(1000)")
        arguments = CALLS_ON_WHAT_WAS_DELETED[function](lot, str(receipt["id"]))
        try:
            rpc(user, function, **arguments)
        except APIError as error:
            return f"{error.code} {error.hint}"
        rows = database.execute("select from private.deleted_inventory where inventory_id = %s", [lot]).fetchall()
        return f"done, with {len(rows)} copies"

    before = answer_after_deletion(with_clean_up=False)
    assert before == answer_after_deletion(with_clean_up=True)
    assert before.startswith("done") is (is_over == (function == "add_to_inventory"))


def test_a_deleted_lot_of_a_receipt_can_be_added_again_or_restored(user, read_receipt, database):
    receipt, (milk, *_rest) = read_receipt(user)
    edits = [{"receipt_item_id": str(milk["id"])}]
    (lot,) = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]), items=edits)
    status = "select status from public.receipt_items where id = %s"
    rpc(user, "delete_inventory_item", inventory_id=lot["id"])
    assert database.execute(status, [milk["id"]]).fetchone() == {"status": "dismissed"}
    restored = rpc(user, "restore_inventory_item", inventory_id=lot["id"])
    assert restored["receipt_item_id"] == str(milk["id"])
    assert database.execute(status, [milk["id"]]).fetchone() == {"status": "added"}

    rpc(user, "delete_inventory_item", inventory_id=lot["id"])
    (other,) = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]), items=edits)
    assert other["id"] != lot["id"]
    assert rpc(user, "restore_inventory_item", inventory_id=lot["id"])["receipt_item_id"] is None


def test_rows_of_users_are_asked_for_through_one_function(database):
    """Membership in a household can take its place. Reminders belong to a person and their devices."""
    rows = database.execute(
        "select tablename from pg_policies where schemaname in ('public', 'storage', 'realtime') "
        "and concat(qual, with_check) ~ 'auth\\.uid'"
    ).fetchall()
    assert {row["tablename"] for row in rows} == {"reminder_settings", "push_tokens"}


def estimate(user, **query):
    row = rpc(user, "suggest_use_by", name="무엇", **query)
    return row["storage"], row["expires_on"], row["source"]


CATEGORIES = st.sampled_from(["dairy", "tofu", "seasoning", "ice_cream", "non_food", "meat", "noodle"])


@given(category=CATEGORIES, corrected=CATEGORIES, days_ago=st.integers(0, 40))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_estimate_follows_a_corrected_category_and_day_of_purchase(make_user, category, corrected, days_ago):
    user = make_user()
    lot = add(user, name="무엇", category=category)
    day = str(date.fromisoformat(lot["purchased_on"]) - timedelta(days=days_ago))
    for changes in ({"purchased_on": day}, {"category": corrected}, {"category": corrected, "quantity": 2}):
        now = rpc(user, "correct_inventory_item", inventory_id=lot["id"], changes=changes)
        storage, expires_on, source = estimate(
            user, category=corrected if "category" in changes else category, purchased_on=day
        )
        assert (now["storage"], now["expires_on"]) == (storage, expires_on)
        assert (now["expiry_basis"], now["expiry_source"]) == (("purchase", source) if expires_on else (None, None))


CHANGED = [
    ("correct_inventory_item", {"changes": {"expires_on": "2030-01-31"}}),
    ("correct_inventory_item", {"changes": {"expires_on": None}}),
    ("move_inventory_item", {"storage": "freezer"}),
    ("open_inventory_item", {}),
]


@pytest.mark.parametrize(("step", "arguments"), CHANGED)
@pytest.mark.parametrize("changes", [{"purchased_on": "2026-01-01"}, {"category": "snack"}])
def test_a_date_that_is_no_estimate_from_the_purchase_stays(user, step, arguments, changes):
    lot = add(user, category="dairy")
    before = rpc(user, step, inventory_id=lot["id"], **arguments)
    now = rpc(user, "correct_inventory_item", inventory_id=lot["id"], changes=changes)
    dates = ("expires_on", "expiry_basis", "expiry_source", "package_expires_on")
    assert [now[field] for field in dates] == [before[field] for field in dates]


@pytest.mark.parametrize(
    ("step", "arguments"),
    [(None, {}), ("open_inventory_item", {"storage": "fridge"}), ("move_inventory_item", {"storage": "freezer"})],
)
@pytest.mark.parametrize("days_later", [0, 3])
def test_a_date_that_is_given_is_that_on_the_package_also_if_it_was_estimated(user, step, arguments, days_later):
    lot = add(user, category="dairy")
    if step is not None:
        lot = rpc(user, step, inventory_id=lot["id"], **arguments)
    assert lot["expiry_basis"] != "package"
    day = str(date.fromisoformat(lot["expires_on"]) + timedelta(days=days_later))
    for _ in range(2):
        now = rpc(user, "correct_inventory_item", inventory_id=lot["id"], changes={"expires_on": day})
        dates = ("expires_on", "package_expires_on", "expiry_basis", "expiry_source", "version")
        assert [now[field] for field in dates] == [day, day, "package", None, lot["version"] + 1]


@pytest.mark.parametrize("correction", ["receipt", "purchased_on", "category"])
def test_an_estimate_follows_corrections_while_it_is_used_up(make_user, read_receipt, correction):
    """The user may find that something is left after all."""

    def correct(lot: Row, receipt: Row) -> None:
        if correction == "receipt":
            rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), purchased_at="2026-11-17")
        else:
            changes = {"purchased_on": "2026-11-17"} if correction == "purchased_on" else {"category": "meat"}
            rpc(user, "correct_inventory_item", inventory_id=lot["id"], changes=changes)

    columns = ("expires_on", "expiry_basis", "expiry_source", "purchased_on", "storage", "category_id", "quantity")
    found = []
    for is_used_up in (False, True):
        user = make_user()
        receipt, _ = read_receipt(user)
        lot, *_ = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
        if is_used_up:
            rpc(user, "consume_inventory_item", inventory_id=lot["id"])
        correct(lot, receipt)
        row = rpc(user, "undo_consumption", inventory_id=lot["id"])
        assert row["expires_on"] != lot["expires_on"]
        found.append([row[column] for column in columns])
    assert found[0] == found[1]


@given(order=st.permutations(["delete", "restore", "2026-11-17", "2026-11-19T23:59"]))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@example(order=["delete", "2026-11-17", "restore", "2026-11-19T23:59"])
def test_a_deleted_lot_follows_the_day_of_its_receipt(make_user, read_receipt, order):
    """Restored, it is as if it had not been deleted, and what the user corrects next applies to it, too."""

    def lots_after(steps: list[str], *, with_deletion: bool) -> list[Row]:
        user = make_user()
        receipt, _ = read_receipt(user)
        lot, *_ = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
        for step in steps:
            if step.startswith("2026"):
                rpc(user, "correct_receipt", receipt_id=str(receipt["id"]), purchased_at=step)
            elif with_deletion:
                with contextlib.suppress(APIError):
                    rpc(user, f"{step}_inventory_item", inventory_id=lot["id"])
        if with_deletion:
            rpc(user, "restore_inventory_item", inventory_id=lot["id"])
        columns = "name, purchased_on, expires_on, expiry_basis, quantity, storage"
        return list(user.supabase.table("inventory").select(columns).order("name").execute().data)

    assert lots_after(order, with_deletion=True) == lots_after(order, with_deletion=False)


@pytest.mark.parametrize(
    ("step", "kept_in"),
    [("delete_inventory_item", "public.inventory"), ("restore_inventory_item", "private.deleted_inventory")],
)
def test_a_lot_is_deleted_and_restored_while_its_receipt_is_corrected(
    user, read_receipt, database, database_url, step, kept_in
):
    """Both wait for the user: if one had the line item and the other the lot, neither could continue."""
    receipt, (milk, *_) = read_receipt(user)
    lot, *_ = rpc(user, "add_receipt_to_inventory", receipt_id=str(receipt["id"]))
    if step == "restore_inventory_item":
        rpc(user, "delete_inventory_item", inventory_id=lot["id"])
    with psycopg.connect(database_url) as correction, psycopg.connect(database_url) as other:
        for connection in (correction, other):
            connection.execute("select set_config('request.jwt.claim.sub', %s, true)", [user.user_id])
        correction.execute("select private.lock_receipt_item(%s)", [milk["id"]])
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(other.execute, f"select public.{step}(%s)", [lot["id"]])
            query = "select wait_event_type = 'Lock' as waits from pg_stat_activity where pid = %s"
            wait_until(lambda: database.execute(query, [other.info.backend_pid]).fetchone()["waits"])
            id_column = "id" if kept_in == "public.inventory" else "inventory_id"
            correction.execute(f"select from {kept_in} where {id_column} = %s for update", [lot["id"]])
            correction.commit()
            assert waiting.result().fetchone() is not None
            other.commit()
    assert (stored(user, lot) is None) == (step == "delete_inventory_item")
