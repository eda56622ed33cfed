"""`export_my_data`: everything of the caller, nothing of others."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from postgrest.exceptions import APIError
from psycopg.types.json import Jsonb

from local.client import User

BARCODE = {"gtin14": "08801234567893"}


def export(user: User, page: int = 0) -> dict[str, Any]:
    data: Any = user.supabase.rpc("export_my_data", {"page": page}).execute().data
    return dict(data)


def owned(database: psycopg.Connection[Any], referenced: str) -> dict[str, tuple[str, str]]:
    """Name to (relation, column) of the tables that refer to that one."""
    rows = database.execute(
        "select r.relname, c.conrelid::regclass::text as relation, a.attname from pg_constraint c "
        "join pg_class r on r.oid = c.conrelid join pg_attribute a on a.attrelid = r.oid and a.attnum = c.conkey[1] "
        "where c.contype = 'f' and c.confrelid = %s::regclass "
        "and (c.confdeltype = 'c' or c.confrelid = 'auth.users'::regclass) "
        "and c.connamespace in ('public'::regnamespace, 'private'::regnamespace) order by a.attnum desc",
        [referenced],
    ).fetchall()
    return {row["relname"]: (row["relation"], row["attname"]) for row in rows}


@pytest.fixture
def household(make_user: Callable[[], User], read_receipt: Callable[..., Any]) -> User:
    """A user with a row in every table that users fill."""
    user = make_user()
    user.supabase.rpc("set_reading_consent", {"allowed": True}).execute()
    receipt, items = read_receipt(user)
    edits = [
        {"receipt_item_id": str(items[0]["id"]), "category": "snack"},
        {"receipt_item_id": str(items[1]["id"]), "quantity": 5, "name": "비밀 두부"},
    ]
    arguments = {"receipt_id": str(receipt["id"]), "items": edits}
    added: Any = user.supabase.rpc("add_receipt_to_inventory", arguments).execute().data
    user.supabase.rpc("move_inventory_item", {"inventory_id": added[0]["id"], "storage": "freezer"}).execute()
    user.supabase.rpc("name_product", BARCODE | {"name": "비밀 간장"}).execute()
    return user


def test_the_export_has_every_row_of_the_user(household, database):
    data = export(household)
    assert data["account"]["id"] == household.user_id
    assert data["account"]["email"] == household.email
    assert data["next_page"] is None
    by_user, by_receipt = owned(database, "auth.users"), owned(database, "public.receipts")
    # Reached by two foreign keys; the tests below.
    assert set(data["tables"]) == by_user.keys() | by_receipt.keys() | {"reading_crops", "line_transcriptions"}
    for tables, ids in (
        (by_receipt, [row["id"] for row in data["tables"]["receipts"]]),
        (by_user, [household.user_id]),
    ):
        for name, (relation, column) in tables.items():
            (count,) = database.execute(
                f"select count(*) as n from {relation} where {column} = any(%s::uuid[])", [ids]
            ).fetchall()
            assert len(data["tables"][name]) == count["n"] or (tables is by_receipt and name in by_user), name
    assert data["tables"]["receipts"]
    assert data["tables"]["receipt_items"]
    assert data["tables"]["inventory_history"]
    assert data["photos"] == [data["tables"]["receipts"][0]["object_path"]]
    assert household.supabase.storage.from_("ocr").download(data["photos"][0])


def test_the_export_has_what_a_reread_changed(household, database):
    (receipt,) = export(household)["tables"]["receipts"]
    change = {"what": "item", "line_no": 1, "field": "name", "from": "옛 두부", "to": "두부"}
    database.execute("insert into private.reread_runs (name, rules) values ('export', '{}')")
    database.execute(
        "insert into private.rereads (run_name, place, receipt_id, state, changes, ended_at) "
        "values ('export', 1, %s, 'changed', %s, now())",
        [receipt["id"], Jsonb([change])],
    )
    tables = export(household)["tables"]
    database.execute("delete from private.reread_runs where name = 'export'")
    (reread,) = tables["rereads"]
    assert (reread["run_name"], reread["place"], reread["changes"]) == ("export", 1, [change])
    assert tables["receipt_attempts"]
    assert all("token" not in lease for lease in tables["receipt_leases"])


def test_the_export_has_nothing_of_other_users(household, make_user):
    other = make_user()
    text = json.dumps(export(other))
    assert household.user_id not in text
    assert household.email not in text
    assert export(other)["photos"] == []
    assert export(other)["tables"]["receipts"] == []


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def test_the_export_has_the_crops_of_the_user_and_what_was_read_on_them(household, make_user, database):
    (sample,) = export(household)["tables"]["reading_samples"]
    database.execute("insert into private.reading_crops (sample_id, png) values (%s, %s)", [sample["id"], PNG])
    database.execute(
        "insert into public.line_transcriptions "
        "(annotation_id, task_id, sample_id, line_text, annotator, annotated_at) "
        "select coalesce(max(annotation_id), 0) + 1, 1, %s, '두부 300g', 'ann@example.com', now() "
        "from public.line_transcriptions",
        [sample["id"]],
    )
    data = export(household)
    (crop,) = data["tables"]["reading_crops"]
    assert crop["sample_id"] == sample["id"]
    assert base64.b64decode(crop["png"], validate=True) == PNG
    (transcription,) = data["tables"]["line_transcriptions"]
    assert (transcription["sample_id"], transcription["line_text"]) == (sample["id"], "두부 300g")
    assert "ann@example.com" not in json.dumps(data), "the annotator is another person"
    assert export(make_user())["tables"]["reading_crops"] == []


def test_crops_come_in_small_pages(household, database):
    (sample,) = export(household)["tables"]["reading_samples"]
    database.execute("set session_replication_role = replica")
    database.execute(
        "with s as (insert into private.reading_samples (receipt_item_id, user_id, read_name) "
        "select gen_random_uuid(), %s, '두부' from generate_series(1, 60) returning id) "
        "insert into private.reading_crops (sample_id, png) select id, %s from s",
        [household.user_id, PNG],
    )
    database.execute("set session_replication_role = origin")
    try:
        first = export(household)
        second = export(household, first["next_page"])
    finally:
        # They belong to no item, which a restored backup would refuse.
        database.execute(
            "delete from private.reading_samples s "
            "where not exists (select from public.receipt_items i where i.id = s.receipt_item_id)"
        )
    pages = [{crop["sample_id"] for crop in data["tables"]["reading_crops"]} for data in (first, second)]
    assert [len(page) for page in pages] == [50, 10]
    assert not pages[0] & pages[1]
    assert second["next_page"] is None
    assert sample["id"] not in pages[0] | pages[1]


def test_long_histories_come_in_pages(household, database):
    (item,) = database.execute("select * from public.inventory where user_id = %s limit 1", [household.user_id])
    database.execute("set session_replication_role = replica")
    database.execute(
        "insert into public.inventory (user_id, name, name_key, category_id) "
        "select %s, 'n' || g, 'n' || g, %s from generate_series(1, 1500) g",
        [household.user_id, item["category_id"]],
    )
    database.execute("set session_replication_role = origin")
    names: list[str] = []
    page: int | None = 0
    while page is not None:
        data = export(household, page)
        names += [row["name"] for row in data["tables"]["inventory"]]
        page = data["next_page"]
    (count,) = database.execute("select count(*) as n from public.inventory where user_id = %s", [household.user_id])
    assert len(names) == count["n"] > 1500
    assert {f"n{n}" for n in range(1, 1501)} <= set(names)


@pytest.mark.parametrize("page", [-1, 2**31 - 1])
def test_odd_pages_are_harmless(user, page):
    assert export(user, page)["next_page"] is None


def test_exports_are_limited_and_need_a_user(user, anonymous, database):
    database.execute("insert into private.settings (name, value) values ('export_pages_per_day', '2')")
    try:
        export(user)
        export(user)
        with pytest.raises(APIError) as refused:
            export(user)
        assert refused.value.hint == "rate_limited"
    finally:
        database.execute("delete from private.settings where name = 'export_pages_per_day'")
    with pytest.raises(APIError) as refused:
        anonymous.rpc("export_my_data", {}).execute()
    assert refused.value.code == "42501"
