"""Photos that their user moves, copies, replaces or deletes, also while they are read: what becomes of the receipt."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from supabase import Client

from local.client import User
from tests.support.storage import storage_server
from tests.support.waiting import wait_until

Row = dict[str, Any]
Database = psycopg.Connection[Row]


def receipts_of(database: Database, user: User) -> list[Row]:
    query = "select * from public.receipts where user_id = %s order by created_at, id"
    return database.execute(query, [user.user_id]).fetchall()


def new_path(user: User, folder: str = "") -> str:
    return f"{user.user_id}/{folder}{uuid.uuid4()}.jpg"


def move(database: Database, path: str, target: str, bucket: str = "ocr") -> str:
    """What Storage's `moveObject` does to the row, by its statement. Returns the new version."""
    version = str(uuid.uuid4())
    database.execute(
        "update storage.objects set name = %s, bucket_id = %s, version = %s, owner = null, metadata = %s, "
        "user_metadata = null where bucket_id = 'ocr' and name = %s",
        [target, bucket, version, Jsonb({"size": 60, "mimetype": "image/jpeg"}), path],
    )
    return version


def stored_version(database: Database, path: str) -> str:
    row = database.execute("select version from storage.objects where name = %s", [path]).fetchone()
    assert row is not None
    return str(row["version"])


def test_the_storage_api_moves_a_receipt_with_its_photo(user, upload_receipt, database):
    receipt = upload_receipt(user)
    target = new_path(user, "2026/")
    user.supabase.storage.from_("ocr").move(receipt["object_path"], target)
    (moved,) = receipts_of(database, user)
    assert (moved["id"], moved["status"], moved["object_path"]) == (receipt["id"], "queued", target)
    assert moved["object_version"] == stored_version(database, target)


def test_a_copy_is_a_new_photo(user, upload_receipt, database):
    receipt = upload_receipt(user)
    user.supabase.storage.from_("ocr").copy(receipt["object_path"], new_path(user))
    assert [row["status"] for row in receipts_of(database, user)] == ["queued", "queued"]


@pytest.mark.parametrize("status", ["queued", "processing", "done", "failed"])
def test_a_move_renames_the_path_and_nothing_else(
    user, upload_receipt, claim, complete, fail, ocr_answer, database, status
):
    receipt = upload_receipt(user)
    if status != "queued":
        (claimed,) = claim(receipt["id"])
    if status == "done":
        complete(claimed, ocr_answer())
    if status == "failed":
        fail(claimed, "no_text", retryable=False)
    (before,) = receipts_of(database, user)
    target = new_path(user)
    version = move(database, receipt["object_path"], target)
    (after,) = receipts_of(database, user)
    renamed = {"object_path": target, "object_version": version, "version": before["version"] + 1}
    assert after == before | renamed

    if status == "processing":
        assert complete(claimed, ocr_answer()) == "done"
        (after,) = receipts_of(database, user)
        assert after["raw_lines"], "the photo is still there"
    user.supabase.storage.from_("ocr").remove([target])
    (after,) = receipts_of(database, user)
    assert after["raw_lines"] == []
    assert after["photo_deleted_at"] is not None


@given(steps=strategies.lists(strategies.sampled_from("abc"), min_size=1, max_size=6))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_photo_that_moves_about_is_one_receipt(make_user, upload_receipt, database, steps):
    user = make_user()
    receipt = upload_receipt(user, f"{user.user_id}/a.jpg")
    place = "a"
    for step in steps:
        if step != place:
            move(database, f"{user.user_id}/{place}.jpg", f"{user.user_id}/{step}.jpg")
        place = step
    (row,) = receipts_of(database, user)
    assert (row["id"], row["object_path"]) == (receipt["id"], f"{user.user_id}/{place}.jpg")
    assert row["object_version"] == stored_version(database, row["object_path"])


def test_a_photo_that_was_moved_after_the_claim_is_read_from_its_new_path(
    user, upload_receipt, claim, complete, fail, ocr_answer, database
):
    receipt = upload_receipt(user)
    (claimed,) = claim(receipt["id"])
    target = new_path(user)
    move(database, receipt["object_path"], target)
    assert fail(claimed, "photo_missing", retryable=False) == "queued"
    (again,) = claim(receipt["id"])
    assert (again["object_path"], again["attempts"]) == (target, 1)
    assert fail(again, "photo_missing", retryable=False) == "failed", "where it was looked for, it was missing"


def test_a_move_to_the_path_of_a_deleted_photo(user, upload_receipt, read_receipt, database):
    """The receipts of the deleted photo stay, and cannot be retried with the photo that is there now."""
    done, _ = read_receipt(user)
    gone = upload_receipt(user, done["object_path"], upsert=True)
    user.supabase.storage.from_("ocr").remove([done["object_path"]])
    moved = upload_receipt(user)
    move(database, moved["object_path"], done["object_path"])
    rows = {row["id"]: row for row in receipts_of(database, user)}
    assert (rows[done["id"]]["status"], rows[done["id"]]["error_code"]) == ("done", None)
    assert rows[gone["id"]]["error_code"] == "photo_replaced"
    assert (rows[moved["id"]]["status"], rows[moved["id"]]["object_path"]) == ("queued", done["object_path"])


def test_a_photo_that_leaves_the_bucket_leaves_no_text(user, read_receipt, database, other_bucket):
    receipt, _ = read_receipt(user)
    path = receipt["object_path"]
    move(database, path, path, other_bucket)
    (row,) = receipts_of(database, user)
    assert (row["status"], row["raw_lines"]) == ("done", [])
    database.execute("update storage.objects set bucket_id = 'ocr', version = 'back' where name = %s", [path])
    assert [row["status"] for row in receipts_of(database, user)] == ["done", "queued"]


def test_a_photo_that_a_service_gives_to_another_user_is_their_receipt(make_user, read_receipt, database):
    giver, taker = make_user(), make_user()
    receipt, _ = read_receipt(giver)
    move(database, receipt["object_path"], new_path(taker))
    assert [(row["status"], row["raw_lines"]) for row in receipts_of(database, giver)] == [("done", [])]
    assert [row["status"] for row in receipts_of(database, taker)] == ["queued"]


def test_a_replaced_photo_leaves_no_text(user, read_receipt, upload_receipt, database):
    receipt, items = read_receipt(user)
    upload_receipt(user, receipt["object_path"], upsert=True)
    old, new = receipts_of(database, user)
    assert (old["status"], old["raw_lines"], new["status"]) == ("done", [], "queued")
    assert len(items) == len(user.supabase.table("receipt_items").select("id").execute().data)


def test_a_photo_deleted_while_it_is_read_leaves_no_text(user, upload_receipt, claim, complete, ocr_answer, database):
    receipt = upload_receipt(user)
    (claimed,) = claim(receipt["id"])
    user.supabase.storage.from_("ocr").remove([receipt["object_path"]])
    assert complete(claimed, ocr_answer()) == "done"
    (row,) = receipts_of(database, user)
    assert (row["status"], row["raw_lines"]) == ("done", [])
    assert row["photo_deleted_at"] is not None
    assert len(user.supabase.table("receipt_items").select("id").execute().data) == 3


@pytest.mark.parametrize("first", ["deletion", "completion"])
def test_a_deletion_and_a_completion_at_once_leave_no_text(
    user, upload_receipt, claim, ocr_answer, database, database_url, first
):
    """Each waits for the other's lock on the receipt, in either order."""
    receipt = upload_receipt(user)
    (claimed,) = claim(receipt["id"])

    def delete(connection: psycopg.Connection[Any]) -> None:
        with storage_server(connection):
            connection.execute("delete from storage.objects where name = %s", [receipt["object_path"]])

    def complete(connection: psycopg.Connection[Any]) -> None:
        values = [receipt["id"], claimed["lease_token"], Jsonb(ocr_answer())]
        connection.execute("select public.complete_receipt(%s, %s, %s)", values)

    steps = [delete, complete] if first == "deletion" else [complete, delete]

    def second() -> None:
        with psycopg.connect(database_url) as connection:
            steps[1](connection)

    with psycopg.connect(database_url) as connection, ThreadPoolExecutor(1) as pool:
        connection.execute("set lock_timeout = '60s'")
        steps[0](connection)
        waiting = pool.submit(second)
        wait_until(lambda: waiting.done() or database.execute("select from pg_locks where not granted").fetchall())
        connection.commit()
        waiting.result()
    (row,) = receipts_of(database, user)
    assert (row["status"], row["raw_lines"]) == ("done", [])


def test_a_move_and_a_deletion_are_applied_while_the_missed_events_are_locked(
    user, read_receipt, database, database_url
):
    """A migration may hold the lock. Without the table, an event that was not applied would be lost."""
    receipt, _ = read_receipt(user)
    target = new_path(user)
    # A new connection of Storage's, which has not run the trigger yet.
    with (
        psycopg.connect(database_url) as other,
        psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as fresh,
    ):
        other.execute("lock table private.missed_photo_events in access exclusive mode")
        version = move(fresh, receipt["object_path"], target)
        (row,) = receipts_of(database, user)
        assert (row["id"], row["object_path"], row["object_version"]) == (receipt["id"], target, version)
        with storage_server(fresh):
            fresh.execute("delete from storage.objects where name = %s", [target])
    (row,) = receipts_of(database, user)
    assert (row["raw_lines"], row["photo_deleted_at"] is not None) == ([], True)


def apply_missed(service: Client) -> int:
    (row,) = service.rpc("queue_missed_photos").execute().data
    return int(row["waiting"])


@given(
    steps=strategies.lists(strategies.sampled_from(["move", "replace", "lock", "sweep"]), max_size=7),
    ends=strategies.booleans(),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_events_that_a_lock_delays_have_the_same_outcome(
    make_user, read_receipt, service, database, database_url, steps, ends
):
    """Whatever happens to a photo while its receipt cannot be changed is applied later."""
    user = make_user()
    receipt, _ = read_receipt(user)
    path, versions = receipt["object_path"], 1
    with psycopg.connect(database_url, autocommit=True) as other:
        locked = False

        def lock(*, on: bool) -> None:
            nonlocal locked
            if on != locked:
                other.execute("begin; lock table public.receipts in access exclusive mode" if on else "rollback")
                locked = on

        for step in steps:
            if step == "lock":
                lock(on=not locked)
            elif step == "sweep" and not locked:
                assert apply_missed(service) == 0
            elif step == "move":
                target = new_path(user)
                move(database, path, target)
                path = target
            elif step == "replace":
                database.execute("update storage.objects set version = %s where name = %s", [str(uuid.uuid4()), path])
                versions += 1
        if ends:
            with storage_server(database):
                database.execute("delete from storage.objects where name = %s", [path])
        lock(on=False)
    assert apply_missed(service) == 0
    rows = receipts_of(database, user)
    first = next(row for row in rows if row["id"] == receipt["id"])
    assert first["status"] == "done"
    assert (first["raw_lines"] == []) == (ends or versions > 1)
    if versions == 1:
        assert len(rows) == 1, "read once"
    if not ends:
        assert first["object_path"] == path or versions > 1
        current = [row for row in rows if row["photo_deleted_at"] is None]
        assert [(row["object_path"], row["object_version"]) for row in current] == [
            (path, stored_version(database, path))
        ]
