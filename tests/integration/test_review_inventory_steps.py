"""Moving, opening and using up inventory items: use-by dates, idempotent calls, history."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from postgrest.exceptions import APIError

from local.client import User

Row = dict[str, Any]


@pytest.fixture
def today(database) -> date:
    return database.execute("select private.today() as day").fetchone()["day"]


@pytest.fixture
def bought(user, read_receipt, ocr_answer, today) -> Callable[..., Row]:
    """An inventory row of an item bought two days ago by default, in the usual storage of its category and name."""

    def bought(name: str, category: str, days_ago: int = 2, **edit: Any) -> Row:
        answer = ocr_answer(purchased_at=f"{today - timedelta(days=days_ago)}T18:31")
        answer["items"] = [answer["items"][0] | {"name": "무엇", "category": {"code": "non_food", "confidence": 0.9}}]
        receipt, (item,) = read_receipt(user, answer)
        items = [{"receipt_item_id": str(item["id"]), "name": name, "category": category, **edit}]
        arguments = {"receipt_id": str(receipt["id"]), "items": items}
        rows: Any = user.supabase.rpc("add_receipt_to_inventory", arguments).execute().data
        return dict(rows[0])

    return bought


@pytest.fixture
def days_from(today) -> Callable[[Row], int | None]:
    """The number of days from today to the use-by date of a row."""

    def days_from(row: Row) -> int | None:
        return None if row["expires_on"] is None else (date.fromisoformat(row["expires_on"]) - today).days

    return days_from


def call(user: User, step: str, row: Row, **arguments: Any) -> Row:
    answer: Any = user.supabase.rpc(f"{step}_inventory_item", {"inventory_id": row["id"], **arguments}).execute().data
    return dict(answer)


def history(user: User, row: Row) -> list[Row]:
    query = user.supabase.table("inventory_history").select("action, changes").eq("inventory_id", row["id"])
    return list(query.order("id").execute().data)


def rule(database: psycopg.Connection[Row], category: str, keyword: str | None, storage: str, basis: str) -> int:
    row = database.execute(
        "select min_days from public.shelf_life_rules r join public.categories c on c.id = r.category_id "
        "where c.code = %s and keyword is not distinct from %s and storage = %s and basis = %s",
        [category, keyword, storage, basis],
    ).fetchone()
    assert row is not None
    return int(row["min_days"])


def test_an_estimate_has_a_basis_and_a_source(bought, days_from):
    row = bought("찌개두부", "tofu")
    assert (row["storage"], days_from(row), row["expiry_basis"]) == ("fridge", 5, "purchase")
    assert row["expiry_source"] == "foodkeeper: Tofu"
    assert row["package_expires_on"] is None


def test_a_date_in_the_edits_takes_precedence(user, bought, today):
    chosen_date = str(today + timedelta(days=11))
    row = bought("서울우유 1L", "dairy", expires_on=chosen_date)
    assert (row["expires_on"], row["package_expires_on"], row["expiry_basis"]) == (chosen_date, chosen_date, "package")
    assert row["expiry_source"] is None


def test_a_scanned_date_takes_precedence(user, database, today):
    chosen_date = str(today + timedelta(days=30))
    new = {"name": "치즈", "category": "dairy", "gtin": "8801115114154", "expires_on": chosen_date}
    row: Any = user.supabase.rpc("add_to_inventory", {"inventory_id": str(uuid.uuid4()), **new}).execute().data
    assert (row["package_expires_on"], row["expiry_basis"]) == (chosen_date, "package")


def test_a_date_set_by_the_user_counts_as_the_one_on_the_package(user, bought, today):
    row = bought("서울우유 1L", "dairy")
    chosen_date = str(today + timedelta(days=9))
    edited = call(user, "correct", row, changes={"expires_on": chosen_date})
    assert (edited["package_expires_on"], edited["expiry_basis"], edited["expiry_source"]) == (
        chosen_date,
        "package",
        None,
    )
    removed = call(user, "correct", row, changes={"expires_on": None})
    assert (removed["package_expires_on"], removed["expiry_basis"]) == (None, None)


def test_freezing_counts_from_the_day_of_the_move(user, bought, days_from, today, database):
    row = bought("삼겹살 600g", "meat")
    moved = call(user, "move", row, storage="freezer", moved_on=str(today - timedelta(days=1)))
    assert (moved["storage"], moved["expiry_basis"]) == ("freezer", "frozen")
    assert days_from(moved) == rule(database, "meat", None, "freezer", "purchase") - 1


def test_freezing_never_shortens_the_date_on_the_package(user, bought, today):
    chosen_date = str(today + timedelta(days=900))
    row = bought("삼겹살 600g", "meat", expires_on=chosen_date)
    moved = call(user, "move", row, storage="freezer")
    assert (moved["expires_on"], moved["expiry_basis"], moved["expiry_source"]) == (chosen_date, "package", None)


@given(frozen_days_ago=st.integers(1, 200), package_days=st.integers(1, 30))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_back_dated_freeze_and_todays_thaw_entered_on_one_day_are_two_moves(
    user, bought, days_from, today, database, frozen_days_ago, package_days
):
    row = bought("삼겹살 600g", "meat", frozen_days_ago, expires_on=str(today + timedelta(days=package_days)))
    call(user, "move", row, storage="freezer", moved_on=str(today - timedelta(days=frozen_days_ago)))
    thawed = call(user, "move", row, storage="fridge", moved_on=str(today))
    assert thawed["expiry_basis"] == "thawed"
    assert days_from(thawed) <= rule(database, "meat", None, "fridge", "thawed")


@given(days_ago=st.integers(0, 100))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_back_dated_move_is_undone_by_moving_back_on_its_day(user, bought, today, days_ago):
    row = bought("삼겹살 600g", "meat", days_ago, expires_on=str(today + timedelta(days=5)))
    day = str(today - timedelta(days=days_ago))
    call(user, "move", row, storage="freezer", moved_on=day)
    undone = call(user, "move", row, storage="fridge", moved_on=day)
    assert {**undone, "version": None} == {**row, "version": None}


moments = st.datetimes(datetime.fromisoformat("2026-11-01"), datetime.fromisoformat("2035-12-31"))


@given(
    moments,
    st.sampled_from(["Z", "+00:00", "+09:00", "-05:00", "+0530"]),
    st.sampled_from(["seconds", "milliseconds", "minutes"]),
)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_day_of_a_moment_is_the_day_in_korea(user, moment, zone, precision):
    text = moment.isoformat(timespec=precision) + zone
    expected = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone(timedelta(hours=9))).date()
    arguments = {"inventory_id": str(uuid.uuid4()), "name": "두부", "category": "tofu", "expires_on": text}
    assert user.supabase.rpc("add_to_inventory", arguments).execute().data["expires_on"] == str(expected)


@pytest.mark.parametrize("day", ["infinity", "today", "12/05/2026", "2026-13-01", "2026-02-30T10:00Z", "20261205", ""])
def test_other_texts_are_not_days(user, bought, day):
    row = bought("두부", "tofu")
    new = {"inventory_id": str(uuid.uuid4()), "name": "두부", "category": "tofu"}
    calls = [
        ("add_to_inventory", new | {"expires_on": day}),
        ("add_to_inventory", new | {"purchased_on": day}),
        ("correct_inventory_item", {"inventory_id": row["id"], "changes": {"expires_on": day}}),
        ("move_inventory_item", {"inventory_id": row["id"], "storage": "freezer", "moved_on": day}),
        ("open_inventory_item", {"inventory_id": row["id"], "opened_on": day}),
        ("suggest_use_by", {"name": "두부", "category": "tofu", "purchased_on": day}),
    ]
    for function, arguments in calls:
        with pytest.raises(APIError) as refused:
            user.supabase.rpc(function, arguments).execute()
        hints = {"date_out_of_range", "date_in_future"}
        assert (refused.value.code, refused.value.hint in hints) == ("PT422", True), (function, refused.value.hint)


def test_freezing_does_not_renew_an_item_past_its_date(user, bought, today):
    row = bought("삼겹살 600g", "meat", expires_on=str(today - timedelta(days=1)))
    moved = call(user, "move", row, storage="freezer")
    assert (moved["storage"], moved["expires_on"], moved["expiry_basis"]) == ("freezer", row["expires_on"], "package")


def test_thawing_leaves_a_day_or_two(user, bought, days_from, today, database):
    row = bought("삼겹살 600g", "meat")
    call(user, "move", row, storage="freezer", moved_on=str(today - timedelta(days=1)))
    # The item was frozen yesterday; moving it back on the same day would undo the move.
    database.execute(
        "update public.inventory_history set changed_at = changed_at - interval '1 day' where inventory_id = %s",
        [row["id"]],
    )
    thawed = call(user, "move", row, storage="fridge")
    assert (days_from(thawed), thawed["expiry_basis"]) == (rule(database, "meat", None, "fridge", "thawed"), "thawed")


def test_an_item_bought_frozen_can_be_thawed(user, bought, days_from, database):
    row = bought("냉동 삼겹살", "meat")
    assert row["storage"] == "freezer"
    thawed = call(user, "move", row, storage="fridge")
    assert days_from(thawed) == rule(database, "meat", None, "fridge", "thawed")


def test_moving_back_on_the_same_day_undoes_the_move(user, bought):
    row = bought("삼겹살 600g", "meat")
    call(user, "move", row, storage="freezer")
    assert call(user, "move", row, storage="fridge") == {**row, "version": 3}
    assert [entry["action"] for entry in history(user, row)] == ["moved", "moved"]


@given(data=st.data(), places=st.lists(st.sampled_from(["pantry", "fridge", "freezer"]), min_size=2, max_size=4))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@example(data=None, places=["freezer", "pantry"])
@pytest.mark.parametrize(
    ("name", "category", "package_days"),
    [("삼겹살 600g", "meat", None), ("두부 300g", "tofu", 20), ("초코파이", "snack", None)],
)
def test_going_back_the_way_undoes_every_move(user, bought, today, data, places, name, category, package_days):
    edit = {} if package_days is None else {"expires_on": str(today + timedelta(days=package_days))}
    row = bought(name, category, **edit)
    for place in places:
        call(user, "move", row, storage=place)
        if data is not None and data.draw(st.booleans(), label="renamed"):
            call(user, "correct", row, changes={"name": row["name"], "price": data.draw(st.integers(0, 9))})
    for place in [*places[-2::-1], row["storage"]]:
        back = call(user, "move", row, storage=place)
    unlike = {"version", "price"}
    assert {**back, **{column: row[column] for column in unlike}} == row


@pytest.mark.parametrize(
    ("step", "arguments"),
    [
        ("correct", {"changes": {"name": "다른 이름"}}),
        ("correct", {"changes": {"price": 1000, "quantity": 3}}),
        ("consume", {"remaining": 0.5}),
    ],
)
def test_a_move_is_undone_whatever_else_was_entered_since(user, bought, today, step, arguments):
    before = bought("돼지 삼겹살", "meat", expires_on=str(today + timedelta(days=20)))
    call(user, "move", before, storage="freezer")
    call(user, step, before, **arguments)
    after = call(user, "move", before, storage="fridge")
    dates = ("expires_on", "expiry_basis", "expiry_source", "moved_on", "storage")
    assert [after[column] for column in dates] == [before[column] for column in dates]


@pytest.mark.parametrize("changes", [{"category": "vegetable"}, {"purchased_on": "today"}])
def test_a_move_is_undone_to_the_date_of_a_correction_since(user, bought, today, changes):
    changes = {member: str(today) if value == "today" else value for member, value in changes.items()}
    corrected, moved = bought("가상 목살", "meat"), bought("가상 목살", "meat")
    corrected = call(user, "correct", corrected, changes=changes)
    call(user, "move", moved, storage="freezer")
    call(user, "correct", moved, changes=changes)
    after = call(user, "move", moved, storage="fridge")
    columns = ("expires_on", "expiry_basis", "expiry_source", "category_id", "purchased_on", "storage", "moved_on")
    assert [after[column] for column in columns] == [corrected[column] for column in columns]


def test_a_date_that_was_entered_since_is_not_undone(user, bought, today):
    row = bought("돼지 삼겹살", "meat")
    call(user, "move", row, storage="freezer")
    call(user, "correct", row, changes={"expires_on": str(today + timedelta(days=50))})
    assert call(user, "move", row, storage="fridge")["expiry_basis"] == "thawed"


@given(package_days=st.integers(1, 30), frozen_days_ago=st.integers(1, 60), is_opened=st.booleans())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.parametrize(("name", "category"), [("가상 두부", "tofu"), ("서울우유 1L", "dairy")])
def test_freezing_gives_no_days_that_there_were_not_before(
    user, bought, today, days_from, name, category, package_days, frozen_days_ago, is_opened
):
    """What is thawed keeps neither longer than when it was frozen nor than opened food; a rule may give three days."""
    frozen_on = today - timedelta(days=frozen_days_ago)
    row = bought(name, category, frozen_days_ago, expires_on=str(frozen_on + timedelta(days=package_days)))
    opened_days = 30
    if is_opened:
        other = bought(name, category, expires_on=str(today + timedelta(days=30)))
        opened = call(user, "open", other, storage="fridge")
        opened_days = days_from(opened)
        call(user, "open", row, opened_on=str(frozen_on))
    call(user, "move", row, storage="freezer", moved_on=str(frozen_on))
    thawed = call(user, "move", row, storage="fridge")
    assert thawed["expiry_basis"] == "thawed"
    assert days_from(thawed) <= min(max(package_days, 3), opened_days)


@pytest.mark.parametrize(
    ("name", "category"), [("가상 두부", "tofu"), ("대파", "vegetable"), ("블루베리", "fruit"), ("진간장", "seasoning")]
)
def test_thawed_food_without_a_date_on_its_package_keeps_as_long_as_before(
    user, bought, today, days_from, name, category
):
    """Of these, no rule says how long they keep once they are thawed."""
    row = bought(name, category)
    frozen = call(user, "move", row, storage="freezer", moved_on=str(today - timedelta(days=1)))
    thawed = call(user, "move", frozen, storage=row["storage"])
    assert days_from(thawed) == min(days_from(frozen), days_from(row) + 1)
    bought_frozen = bought(name, category, storage="freezer")
    thawed = call(user, "move", bought_frozen, storage=row["storage"])
    assert days_from(thawed) == min(days_from(bought_frozen), days_from(row) + 2)  # bought two days ago


def test_food_that_needs_no_date_needs_none_once_it_is_thawed(user, bought, database):
    query = """
        select c.code from public.categories c
        where (private.shelf_life('가상의 물건', c.id, 'pantry')).source = 'not_applicable' order by c.code limit 1
    """
    row = bought("가상의 물건", database.execute(query).fetchone()["code"], storage="freezer")
    assert call(user, "move", row, storage="pantry")["expires_on"] is None


def test_moving_to_the_same_storage_changes_nothing(user, bought):
    row = bought("삼겹살 600g", "meat")
    first = call(user, "move", row, storage="freezer")
    assert call(user, "move", row, storage="freezer") == first
    assert len(history(user, row)) == 1


def test_between_pantry_and_fridge_days_count_from_the_purchase(user, bought, days_from, database):
    row = bought("사과 5입", "fruit")
    assert (row["storage"], days_from(row)) == ("fridge", rule(database, "fruit", "사과", "fridge", "purchase") - 2)
    moved = call(user, "move", row, storage="pantry")
    assert days_from(moved) == rule(database, "fruit", "사과", "pantry", "purchase") - 2
    assert moved["expiry_basis"] == "purchase"


def test_refrigerated_food_in_the_pantry_loses_the_date_on_the_package(user, bought, days_from, today, database):
    row = bought("찌개두부", "tofu", expires_on=str(today + timedelta(days=10)))
    moved = call(user, "move", row, storage="pantry")
    assert days_from(moved) == 0
    assert moved["package_expires_on"] == row["package_expires_on"]


def test_the_date_on_the_package_is_kept_in_colder_storage(user, bought, today):
    row = bought("신라면 5입", "noodle", expires_on=str(today + timedelta(days=100)))
    moved = call(user, "move", row, storage="fridge")
    assert (moved["expires_on"], moved["expiry_basis"]) == (row["expires_on"], "package")


@pytest.mark.parametrize(("name", "category"), [("꽃소금 1kg", "seasoning"), ("참이슬 360ml", "alcohol")])
def test_an_item_without_a_date_gets_none_by_moving_or_opening(user, bought, name, category):
    row = bought(name, category)
    assert (row["expires_on"], row["expiry_basis"]) == (None, None)
    moved = call(user, "move", row, storage="fridge")
    assert (moved["storage"], moved["expires_on"]) == ("fridge", None)
    opened = call(user, "open", row)
    assert (opened["opened_on"] is not None, opened["expires_on"]) == (True, None)


def test_without_a_rule_the_date_is_kept(user, bought):
    row = bought("동원참치 100g", "canned")
    moved = call(user, "move", row, storage="freezer")
    assert (moved["storage"], moved["expires_on"], moved["expiry_basis"]) == (
        "freezer",
        row["expires_on"],
        "purchase",
    )


def test_opening_shortens_the_date(user, bought, days_from, today, database):
    row = bought("서울우유 1L", "dairy")
    opened = call(user, "open", row)
    assert (opened["opened_on"], days_from(opened), opened["expiry_basis"]) == (
        str(today),
        rule(database, "dairy", "우유", "fridge", "opened"),
        "opened",
    )


def test_opening_never_extends_the_date(user, bought, today):
    row = bought("서울우유 1L", "dairy", expires_on=str(today + timedelta(days=1)))
    opened = call(user, "open", row)
    assert (opened["expires_on"], opened["expiry_basis"]) == (row["expires_on"], "package")


def test_opening_again_changes_nothing_and_another_day_corrects_it(user, bought, days_from, today, database):
    row = bought("서울우유 1L", "dairy")
    first = call(user, "open", row, opened_on=str(today - timedelta(days=1)))
    assert call(user, "open", row) == first
    assert call(user, "open", row, opened_on=str(today - timedelta(days=1))) == first
    corrected = call(user, "open", row, opened_on=str(today))
    assert days_from(corrected) == days_from(first) + 1
    assert [entry["action"] for entry in history(user, row)] == ["opened", "opened"]


def test_a_corrected_day_can_restore_the_unopened_date(user, bought, today):
    row = bought("서울우유 1L", "dairy", expires_on=str(today + timedelta(days=2)))
    early = call(user, "open", row, opened_on=str(today - timedelta(days=2)))
    assert early["expires_on"] < row["expires_on"]
    late = call(user, "open", row, opened_on=str(today))
    assert (late["expires_on"], late["expiry_basis"]) == (row["expires_on"], "package")


moves = st.lists(st.tuples(st.sampled_from(["freezer", "fridge", "pantry"]), st.integers(0, 4)), max_size=3).map(
    lambda moves: sorted(moves, key=lambda move: -move[1])
)
KINDS = [
    ("식빵", "bakery"),
    ("배추김치", "kimchi_banchan"),
    ("체다치즈", "dairy"),
    ("어묵", "processed_meat"),
    ("두부", "tofu"),
]


@given(
    kind=st.sampled_from(KINDS),
    package_days=st.none() | st.integers(-2, 20),
    moves=moves,
    first=st.integers(0, 4),
    corrected=st.integers(0, 4),
)
@example(("식빵", "bakery"), None, [("freezer", 2), ("pantry", 0)], 2, 0)
@example(("어묵", "processed_meat"), 0, [], 3, 0)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_corrected_day_of_opening_is_as_if_it_had_been_given_first(
    user, bought, today, kind, package_days, moves, first, corrected
):
    edit = {} if package_days is None else {"expires_on": str(today + timedelta(days=package_days))}
    rows = [bought(*kind, 6, **edit) for _ in range(2)]
    for row in rows:
        for storage, days_ago in moves:
            row.update(call(user, "move", row, storage=storage, moved_on=str(today - timedelta(days=days_ago))))
    days = [str(today - timedelta(days=days_ago)) for days_ago in (first, corrected)]
    call(user, "open", rows[0], opened_on=days[0], storage=rows[0]["storage"])
    twice, once = (call(user, "open", row, opened_on=days[1], storage=row["storage"]) for row in rows)
    fields = ("storage", "opened_on", "expires_on", "expiry_basis", "expiry_source", "package_expires_on")
    assert {field: twice[field] for field in fields} == {field: once[field] for field in fields}


@pytest.mark.parametrize(("name", "category"), KINDS)
def test_carrying_thawed_food_to_another_place_and_back_gives_no_days(user, bought, today, name, category):
    row = bought(name, category, 9)
    for storage, days_ago in (("freezer", 9), ("fridge", 2)):
        row = call(user, "move", row, storage=storage, moved_on=str(today - timedelta(days=days_ago)))
    opened = call(user, "open", row, opened_on=str(today - timedelta(days=2)), storage="fridge")
    call(user, "move", row, storage="pantry", moved_on=str(today - timedelta(days=1)))
    back = call(user, "move", row, storage="fridge")
    assert back["expires_on"] <= opened["expires_on"]


def test_the_date_on_the_package_keeps_its_basis_in_another_place(user, bought, today):
    row = bought("서울우유 1L", "dairy", expires_on=str(today + timedelta(days=1)))
    call(user, "open", row)
    call(user, "move", row, storage="pantry", moved_on=str(today - timedelta(days=1)))
    back = call(user, "move", row, storage="fridge")
    assert (back["expires_on"], back["expiry_basis"], back["expiry_source"]) == (row["expires_on"], "package", None)


def test_opening_moves_food_that_then_needs_the_fridge(user, bought, days_from, database):
    row = bought("마요네즈 500g", "seasoning")
    assert row["storage"] == "pantry"
    opened = call(user, "open", row)
    assert (opened["storage"], days_from(opened)) == (
        "fridge",
        rule(database, "seasoning", "마요네즈", "fridge", "opened"),
    )
    assert history(user, row)[0]["action"] == "opened"


def test_the_user_can_choose_the_storage_on_opening(user, bought):
    row = bought("마요네즈 500g", "seasoning")
    opened = call(user, "open", row, storage="pantry")
    assert (opened["storage"], opened["expires_on"]) == ("pantry", row["expires_on"])


def test_an_item_without_a_date_can_get_one_by_opening(user, bought, days_from, database):
    row = bought("까베르네 와인 750ml", "alcohol")
    opened = call(user, "open", row)
    assert days_from(opened) == rule(database, "alcohol", "와인", "pantry", "opened")


def test_consuming_part_and_then_the_rest(user, bought):
    row = bought("계란 30구", "egg", quantity=30)
    some = call(user, "consume", row, remaining=12)
    assert (some["quantity"], some["consumed_at"], some["expires_on"]) == (12, None, row["expires_on"])
    assert call(user, "consume", row, remaining=12) == some
    gone = call(user, "consume", row)
    assert gone["quantity"] == 0
    assert gone["consumed_at"] is not None
    assert call(user, "consume", row) == gone
    assert [entry["action"] for entry in history(user, row)] == ["consumed", "consumed"]
    assert history(user, row)[0]["changes"] == {"quantity": [30, 12]}


@pytest.mark.parametrize("remaining", [-1, 31, float("inf")])
def test_the_remaining_amount_is_between_zero_and_the_previous_one(user, bought, remaining):
    row = bought("계란 30구", "egg", quantity=30)
    with pytest.raises((APIError, ValueError)) as refused:
        call(user, "consume", row, remaining=remaining)
    if isinstance(refused.value, APIError):
        assert (refused.value.code, refused.value.hint) == ("PT422", "invalid_remaining")


@pytest.mark.parametrize(("step", "arguments"), [("move", {"storage": "freezer"}), ("open", {})])
def test_a_consumed_item_cannot_be_moved_or_opened(user, bought, step, arguments):
    row = bought("서울우유 1L", "dairy")
    gone = call(user, "consume", row)
    with pytest.raises(APIError) as refused:
        call(user, step, row, **arguments)
    assert (refused.value.code, refused.value.hint) == ("PT409", "already_consumed")
    back: Any = user.supabase.rpc("undo_consumption", {"inventory_id": row["id"]}).execute().data
    assert gone["consumed_at"] is not None
    assert call(user, step, back, **arguments)["id"] == row["id"]


@pytest.mark.parametrize(
    ("step", "arguments", "hint"),
    [
        ("move", {"storage": "cellar"}, "unknown_storage"),
        ("move", {"storage": ""}, "unknown_storage"),
        ("move", {"storage": None}, "unknown_storage"),
        ("move", {"storage": "freezer", "moved_on": "2999-01-01"}, "date_in_future"),
        ("open", {"storage": "cellar"}, "unknown_storage"),
        ("open", {"opened_on": "2999-01-01"}, "date_in_future"),
        ("move", {"storage": "freezer", "moved_on": "1999-12-31"}, "date_out_of_range"),
        ("open", {"opened_on": "1999-12-31"}, "date_out_of_range"),
    ],
)
def test_invalid_arguments_are_refused_and_change_nothing(user, bought, step, arguments, hint):
    row = bought("서울우유 1L", "dairy")
    with pytest.raises(APIError) as refused:
        call(user, step, row, **arguments)
    assert (refused.value.code, refused.value.hint) == ("PT422", hint)
    (after,) = user.supabase.table("inventory").select("*").eq("id", row["id"]).execute().data
    assert after == row
    assert history(user, row) == []


STEPS: list[tuple[str, Row]] = [("move", {"storage": "freezer"}), ("open", {}), ("consume", {})]


@pytest.mark.parametrize(("step", "arguments"), STEPS)
def test_other_users_cannot_change_an_item(user, make_user, anonymous, bought, step, arguments):
    row = bought("서울우유 1L", "dairy")
    bob = make_user()
    for item in (row, {"id": str(uuid.uuid4())}):
        with pytest.raises(APIError) as refused:
            call(bob, step, item, **arguments)
        assert (refused.value.code, refused.value.hint) == ("PT404", "inventory_item_not_found")
    with pytest.raises(APIError) as refused:
        anonymous.rpc(f"{step}_inventory_item", {"inventory_id": row["id"], **arguments}).execute()
    assert refused.value.code == "42501"
    assert bob.supabase.table("inventory_history").select("*").execute().data == []
    (after,) = user.supabase.table("inventory").select("*").eq("id", row["id"]).execute().data
    assert after == row


def test_the_history_contains_every_change(user, bought):
    row = bought("서울우유 1L", "dairy")
    call(user, "open", row)
    call(user, "move", row, storage="freezer")
    for _ in range(2):
        call(user, "correct", row, changes={"name": "아침 우유"})
    call(user, "consume", row)
    entries = history(user, row)
    assert [entry["action"] for entry in entries] == ["opened", "moved", "corrected", "consumed"]
    assert entries[2]["changes"] == {"name": ["서울우유 1L", "아침 우유"]}
    assert entries[0]["changes"]["expires_on"][0] == row["expires_on"]


def test_the_history_is_deleted_with_its_row(user, bought):
    row = bought("서울우유 1L", "dairy")
    call(user, "consume", row)
    user.supabase.rpc("delete_inventory_item", {"inventory_id": row["id"]}).execute()
    assert history(user, row) == []


STEPS = {
    "freeze": ("fridge", "move", {"storage": "freezer"}, "moved_on"),
    "thaw": ("freezer", "move", {"storage": "fridge"}, "moved_on"),
    "move": ("pantry", "move", {"storage": "fridge"}, "moved_on"),
    "open": ("fridge", "open", {}, "opened_on"),
}


@pytest.mark.parametrize("step", STEPS)
@given(days=st.integers(-400, 400))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_step_lies_before_the_purchase_by_more_than_another_time_zone(user, today, step, days):
    storage, call_name, arguments, day_name = STEPS[step]
    bought_on = today - timedelta(days=400)
    new = {"inventory_id": str(uuid.uuid4()), "name": "두부", "category": "tofu", "storage": storage}
    lot: Any = user.supabase.rpc("add_to_inventory", new | {"purchased_on": str(bought_on)}).execute().data
    arguments = arguments | {day_name: str(bought_on + timedelta(days=days))}
    if days >= -1:
        assert call(user, call_name, lot, **arguments)[day_name] == arguments[day_name]
        return
    with pytest.raises(APIError) as refused:
        call(user, call_name, lot, **arguments)
    assert (refused.value.code, refused.value.hint) == ("PT422", "date_before_purchase")
    assert user.supabase.table("inventory").select("*").eq("id", lot["id"]).execute().data == [lot]
    assert history(user, lot) == []


def by_hand(user: User, row: Row, day: date) -> None:
    call(user, "correct", row, changes={"purchased_on": str(day)})


def by_receipt(user: User, row: Row, day: date) -> None:
    item: Any = (
        user.supabase.table("receipt_items").select("receipt_id").eq("id", row["receipt_item_id"]).execute().data
    )
    arguments = {"receipt_id": item[0]["receipt_id"], "purchased_at": f"{day}T10:00"}
    user.supabase.rpc("correct_receipt", arguments).execute()


NEXT: dict[str, Callable[[User, Row, date], Any]] = {
    "nothing": lambda user, row, day: None,
    "a correction": lambda user, row, day: call(user, "correct", row, changes={"name": "손두부"}),
    "a later move": lambda user, row, day: call(user, "move", row, storage="pantry"),
    "later moves": lambda user, row, day: [call(user, "move", row, storage=place) for place in ("pantry", "freezer")],
    "all of it was used": lambda user, row, day: call(user, "consume", row),
    "the move was undone": lambda user, row, day: call(user, "move", row, storage=row["storage"], moved_on=str(day)),
}


@given(
    step=st.sampled_from(sorted(STEPS)),
    followed_by=st.sampled_from(sorted(NEXT)),
    days=st.integers(-5, 5) | st.integers(-29, 29),
    correct=st.sampled_from([by_hand, by_receipt]),
)
@settings(max_examples=24, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_correction_puts_the_purchase_after_a_step(
    make_user, read_receipt, ocr_answer, today, step, followed_by, days, correct
):
    """By more than another time zone. `days`: from the step to the corrected purchase."""
    user, stepped_on = make_user(), today - timedelta(days=30)
    storage, call_name, arguments, day_name = STEPS[step]
    answer = ocr_answer(purchased_at=f"{today - timedelta(days=60)}T18:31")
    answer["items"] = answer["items"][:1]
    receipt, (item,) = read_receipt(user, answer)
    edit = {"receipt_item_id": str(item["id"]), "name": "두부", "category": "tofu", "storage": storage}
    added: Any = user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(receipt["id"]), "items": [edit]})
    (lot,) = added.execute().data
    call(user, call_name, lot, **arguments, **{day_name: str(stepped_on)})
    NEXT[followed_by](user, lot, stepped_on)

    def state() -> list[Any]:
        review: Any = user.supabase.rpc("review_receipt", {"receipt_id": str(receipt["id"])}).execute().data
        return [review, user.supabase.table("inventory").select("*").execute().data, history(user, lot)]

    before = state()
    corrected = stepped_on + timedelta(days=days)
    is_undone = followed_by == "the move was undone" and day_name == "moved_on"
    if days <= 1 or is_undone:
        correct(user, lot, corrected)
        assert state()[1][0]["purchased_on"] == str(corrected)
        return
    with pytest.raises(APIError) as refused:
        correct(user, lot, corrected)
    assert (refused.value.code, refused.value.hint) == ("PT422", "purchase_after_step")
    assert refused.value.details == str(stepped_on)
    assert state() == before


def test_an_item_without_a_day_of_purchase_gets_none_after_a_step(user, bought, today):
    row = bought("두부", "tofu", 40)
    call(user, "correct", row, changes={"purchased_on": None})
    call(user, "open", row, opened_on=str(today - timedelta(days=30)))
    with pytest.raises(APIError) as refused:
        by_hand(user, row, today - timedelta(days=28))
    assert refused.value.hint == "purchase_after_step"
    by_hand(user, row, today - timedelta(days=29))
