"""Which photos the sweep deletes, and that finding them needs no scan of all photos."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from supabase import Client

from tests.support.storage import storage_server

Row = dict[str, Any]
Database = psycopg.Connection[Row]


@pytest.fixture(autouse=True)
def first_sweep(database: Database) -> None:
    """As if no sweep had run so far, and without what other tests left."""
    with storage_server(database):
        database.execute(
            "delete from storage.objects o where bucket_id = 'ocr' "
            "and not exists (select from auth.users u where u.id::text = split_part(o.name, '/', 1))"
        )
    database.execute("update public.receipts set created_at = now() where created_at < now() - interval '364 days'")
    database.execute("update public.receipts set deleted_at = now() where deleted_at < now()")
    database.execute(
        "update private.sweep_state set stray_name = '', retention_due_at = now(), strays_due_at = now(), "
        "strays_since = now()"
    )


def sweep(service: Client, limit: int = 100) -> list[str]:
    paths: list[str] = service.rpc("photos_to_delete", {"p_limit": limit}).execute().data
    return paths


def hours_later(database: Database, hours: int) -> None:
    database.execute(
        "update private.sweep_state set retention_due_at = retention_due_at - %(h)s * interval '1 hour', "
        "strays_due_at = strays_due_at - %(h)s * interval '1 hour', "
        "strays_since = strays_since - %(h)s * interval '1 hour'",
        {"h": hours},
    )


def age(database: Database, receipt: Row, days: int) -> str:
    query = "update public.receipts set created_at = now() - make_interval(days => %s) where id = %s"
    database.execute(query, [days, receipt["id"]])
    return str(receipt["object_path"])


def test_old_photos_are_listed_until_they_are_deleted_and_then_once_per_hour(user, upload_receipt, service, database):
    old = {age(database, upload_receipt(user), 366 + number) for number in range(3)}
    age(database, upload_receipt(user), 364)
    first = sweep(service, 2)
    assert len(first) == 2
    assert sweep(service, 2) == first, "not deleted yet"
    service.storage.from_("ocr").remove(first)
    last = sweep(service, 2)
    service.storage.from_("ocr").remove(last)
    assert {*first, *last} == old
    assert sweep(service) == []

    later = age(database, upload_receipt(user), 400)
    assert sweep(service) == [], "within the hour"
    hours_later(database, 1)
    assert sweep(service) == [later]
    service.storage.from_("ocr").remove([later])


def test_a_moved_photo_is_deleted_at_its_new_path(user, upload_receipt, service, database):
    receipt = upload_receipt(user)
    age(database, receipt, 366)
    target = f"{user.user_id}/{uuid.uuid4()}.jpg"
    user.supabase.storage.from_("ocr").move(receipt["object_path"], target)
    assert sweep(service) == [target]
    service.storage.from_("ocr").remove([target])


def test_a_photo_that_is_missing_does_not_hold_up_the_others(user, read_receipt, upload_receipt, service, database):
    """Its deletion was not noticed, for example during a restore."""
    receipt, _ = read_receipt(user)
    age(database, receipt, 900)
    with database.transaction():
        database.execute("set local session_replication_role = replica")
        database.execute("delete from storage.objects where name = %s", [receipt["object_path"]])
    path = age(database, upload_receipt(user), 366)
    assert sweep(service, 1) == [path]
    row = database.execute("select * from public.receipts where id = %s", [receipt["id"]]).fetchone()
    assert row is not None
    assert (row["raw_lines"], row["photo_deleted_at"] is not None) == ([], True)
    service.storage.from_("ocr").remove([path])


@pytest.fixture
def strays(database: Database) -> Iterator[list[str]]:
    """20,500 photos of one user, and one of a missing user before and after them in any order of names."""
    user_id = "77777777-7777-4777-8777-777777777777"
    missing = ["00000000-0000-4000-8000-000000000000/photo.jpg", "ffffffff-ffff-4fff-bfff-ffffffffffff/photo.jpg"]
    missing += ["loose.jpg", "not-a-user/photo.jpg", "77777777-7777-4777-8777-77777777777/short.jpg"]
    with database.transaction():
        database.execute("set local session_replication_role = replica")
        database.execute("insert into auth.users (id, email) values (%s, 'strays@example.com')", [user_id])
        insert = "insert into storage.objects (bucket_id, name, version) "
        photos = "select 'ocr', %s || '/' || g || '.jpg', g::text from generate_series(1, 20500) g"
        database.execute((insert + photos).encode(), [user_id])
        database.execute((insert + "select 'ocr', unnest(%s::text[]), '1'").encode(), [missing])
    database.execute("analyze storage.objects")
    yield missing
    with database.transaction():
        database.execute("set local session_replication_role = replica")
        database.execute("delete from storage.objects where version ~ '^[0-9]+$'")
        database.execute("delete from auth.users where id = %s", [user_id])


def test_a_pass_over_all_photos_takes_slices_once_per_day(strays, service, database):
    found: list[str] = []
    calls = 0
    while True:
        found += sweep(service, 2)
        calls += 1
        state = database.execute("select * from private.sweep_state").fetchone()
        assert state is not None
        if state["stray_name"] == "":
            break
        database.execute("update private.sweep_state set strays_due_at = now()")
    assert sorted(found) == sorted(strays), "each once"
    assert calls >= 3
    assert sweep(service) == [], "the next pass is due a day after the last one began"
    hours_later(database, 22)
    assert sweep(service) == []
    hours_later(database, 2)
    assert sweep(service, 1) != []


def test_two_sweeps_do_not_list_the_same_photos(strays, service, database_url):
    with psycopg.connect(database_url) as other:
        other.execute("select * from private.sweep_state for update")
        assert sweep(service) == []
    assert sweep(service, 1) != []


def test_no_sweep_scans_all_photos_or_receipts(strays, service, database):
    """The plans of the statements, as the function runs them."""
    plans: list[str] = []
    database.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
    with database.transaction(force_rollback=True):
        # As after years of receipts: a table of few rows is scanned whatever its indexes.
        database.execute("set local session_replication_role = replica")
        database.execute(
            "insert into public.receipts (user_id, bucket, object_path, object_version, created_at, photo_deleted_at) "
            "select gen_random_uuid(), 'ocr', g || '.jpg', '1', now() - make_interval(days => g % 1000), "
            "case when g % 1000 > 364 then now() end from generate_series(1, 20000) g"
        )
        database.execute("analyze public.receipts")
        database.execute("load 'auto_explain'")
        database.execute("set local auto_explain.log_min_duration = 0")
        database.execute("set local auto_explain.log_nested_statements = on")
        database.execute("set local auto_explain.log_level = notice")
        database.execute("set local client_min_messages = notice")
        database.execute("set local enable_seqscan = on")
        database.execute("select public.photos_to_delete(100)")
    text = "\n".join(plans)
    assert "objects" in text
    assert "receipts_with_photo" in text
    assert "Seq Scan on objects" not in text
    assert "Seq Scan on receipts" not in text


def test_the_restore_steps_queue_every_photo_without_a_receipt(user, upload_photo, database):
    """The SQL of docs/backups.md, next to photos whose user is not in the backup."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "backups.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n(.*?queue_receipt.*?)```", text, re.DOTALL)
    path, kept = upload_photo(user), upload_photo(user)
    database.execute("delete from public.receipts where object_path = %s", [path])
    before = database.execute("select * from public.receipts where object_path = %s", [kept]).fetchall()
    strangers = [f"{uuid.uuid4()}/1.jpg", "no-user/1.jpg"]
    database.execute(
        "insert into storage.objects (bucket_id, name, version) select 'ocr', n, '1' from unnest(%s::text[]) n",
        [strangers],
    )
    try:
        for _ in range(2):
            database.execute(query)
        receipts = database.execute("select status from public.receipts where object_path = %s", [path]).fetchall()
        assert receipts == [{"status": "queued"}]
        assert database.execute("select * from public.receipts where object_path = %s", [kept]).fetchall() == before
    finally:
        with storage_server(database):
            database.execute("delete from storage.objects where name = any(%s)", [strangers])
