"""The bucket and its trigger: what becomes a receipt, what is refused, and what must never block an upload."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies
from postgrest.exceptions import APIError
from psycopg.types.json import Jsonb
from storage3.exceptions import StorageApiError
from supabase import Client

from tests.support.storage import storage_server
from tests.support.waiting import wait_until

Row = dict[str, Any]
JPEG = {"content-type": "image/jpeg"}


def receipts_at(database: psycopg.Connection[Row], path: str) -> list[Row]:
    query = "select * from public.receipts where object_path = %s order by created_at"
    return database.execute(query, [path]).fetchall()


def take_webhook_calls(database: psycopg.Connection[Row]) -> list[Row]:
    return database.execute("delete from net.http_request_queue returning *").fetchall()


@pytest.fixture
def webhook(database: psycopg.Connection[Row]) -> Iterator[str]:
    url = "http://127.0.0.1:9/receipt_uploaded"
    settings = [("receipt_webhook_url", url), ("receipt_webhook_secret", "a secret")]
    database.cursor().executemany("insert into private.settings (name, value) values (%s, %s)", settings)
    take_webhook_calls(database)
    yield url
    database.execute("delete from private.settings")


@pytest.fixture
def failing_webhook(database: psycopg.Connection[Row], webhook: str) -> Iterator[None]:
    database.execute("alter table net.http_request_queue rename to http_request_queue_away")
    yield
    database.execute("alter table net.http_request_queue_away rename to http_request_queue")


def test_an_upload_queues_one_receipt_of_its_user(user, upload_receipt, database):
    queued = upload_receipt(user)
    assert len(receipts_at(database, queued["object_path"])) == 1
    assert (str(queued["user_id"]), queued["bucket"], queued["status"], queued["attempts"]) == (
        user.user_id,
        "ocr",
        "queued",
        0,
    )
    assert queued["object_version"]


def test_a_receipt_is_queued_without_a_webhook(user, upload_receipt, database):
    take_webhook_calls(database)
    assert upload_receipt(user)["status"] == "queued"
    assert take_webhook_calls(database) == []


def test_the_webhook_call_has_the_receipt_the_secret_and_a_timeout(user, upload_receipt, database, webhook):
    queued = upload_receipt(user)
    (hint,) = take_webhook_calls(database)
    assert hint["url"] == webhook
    assert hint["body"] == {"receipt_id": str(queued["id"])}
    assert hint["headers"] == {"Content-Type": "application/json", "X-Webhook-Secret": "a secret"}
    assert hint["timeout_milliseconds"] > 0


def test_a_webhook_call_that_is_not_sent_is_deleted_by_the_second_sweep(user, upload_photo, service, database, webhook):
    """It contains the secret. Calls of others stay."""
    database.execute("select net.http_post('http://127.0.0.1:9/another')")
    paths = [upload_photo(user)]
    queue_unqueued(service)
    paths.append(upload_photo(user))
    assert queue_unqueued(service) == (0, 0)
    (other, waiting) = sorted(take_webhook_calls(database), key=lambda call: str(call["url"]))
    assert (other["url"], waiting["url"]) == ("http://127.0.0.1:9/another", webhook)
    assert waiting["body"] == {"receipt_id": str(receipts_at(database, paths[1])[0]["id"])}
    assert {receipts_at(database, path)[0]["status"] for path in paths} == {"queued"}


def test_a_failing_webhook_call_does_not_block_the_upload(user, upload_receipt, failing_webhook):
    assert upload_receipt(user)["status"] == "queued"


def test_without_pg_net_uploads_work(user, upload_receipt, database, webhook):
    database.execute("alter schema net rename to net_away")
    try:
        assert upload_receipt(user)["status"] == "queued"
    finally:
        database.execute("alter schema net_away rename to net")


def test_replacing_a_photo_queues_a_new_receipt_and_fails_the_old_one(user, upload_receipt, database):
    old = upload_receipt(user)
    new = upload_receipt(user, old["object_path"], upsert=True)
    assert new["id"] != old["id"]
    assert new["object_version"] != old["object_version"]
    first, second = receipts_at(database, old["object_path"])
    assert (first["status"], first["error_code"]) == ("failed", "photo_replaced")
    assert second["status"] == "queued"
    with pytest.raises(APIError) as refused:
        user.supabase.rpc("retry_receipt", {"receipt_id": str(old["id"])}).execute()
    assert refused.value.hint == "photo_replaced"


def test_replacing_a_photo_during_processing_makes_its_result_stale(
    user, upload_receipt, claim, complete, ocr_answer, database
):
    old = upload_receipt(user)
    (claimed,) = claim(old["id"])
    upload_receipt(user, old["object_path"], upsert=True)
    assert complete(claimed, ocr_answer()) == "stale"
    items = database.execute("select from public.receipt_items where receipt_id = %s", [old["id"]]).fetchall()
    assert items == []


def test_a_completed_receipt_stays_when_its_photo_is_replaced(user, upload_receipt, read_receipt, database):
    receipt, _ = read_receipt(user)
    upload_receipt(user, receipt["object_path"], upsert=True)
    assert [row["status"] for row in receipts_at(database, receipt["object_path"])] == ["done", "queued"]


def test_a_repeated_event_queues_once(user, upload_receipt, database, webhook):
    queued = upload_receipt(user)
    take_webhook_calls(database)
    database.execute("update storage.objects set version = version where name = %s", [queued["object_path"]])
    assert len(receipts_at(database, queued["object_path"])) == 1
    assert take_webhook_calls(database) == []


def test_other_changes_to_an_object_queue_nothing(user, upload_receipt, database):
    queued = upload_receipt(user)
    query = "update storage.objects set last_accessed_at = now(), metadata = '{}' where name = %s"
    database.execute(query, [queued["object_path"]])
    assert len(receipts_at(database, queued["object_path"])) == 1


def test_a_rolled_back_upload_leaves_no_receipt_and_no_webhook_call(user, database, webhook):
    """Storage runs every upload twice: the first time to test permissions, which it rolls back."""
    path = f"{user.user_id}/{uuid.uuid4()}.jpg"
    with database.transaction(force_rollback=True):
        database.execute("insert into storage.objects (bucket_id, name, version) values ('ocr', %s, '1')", [path])
        assert len(receipts_at(database, path)) == 1
    assert receipts_at(database, path) == []
    assert take_webhook_calls(database) == []


@pytest.mark.parametrize("folder", ["", "not-a-user/", f"{uuid.UUID(int=0)}/"])
def test_objects_without_a_user_are_ignored(database, folder):
    path = f"{folder}{uuid.uuid4()}.jpg"
    query = "insert into storage.objects (bucket_id, name, version) values ('ocr', %s, %s)"
    database.execute(query, [path, str(uuid.uuid4())])
    assert receipts_at(database, path) == []


def test_other_buckets_queue_nothing(user, database, other_bucket):
    path = f"{user.user_id}/{uuid.uuid4()}.jpg"
    query = "insert into storage.objects (bucket_id, name, version) values (%s, %s, '1')"
    database.execute(query, [other_bucket, path])
    assert receipts_at(database, path) == []


def test_the_bucket_is_private_and_limited(database):
    row = database.execute("select * from storage.buckets where id = 'ocr'").fetchone()
    assert row is not None
    assert row["public"] is False
    assert row["file_size_limit"] == 10 * 1024 * 1024
    images = {"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"}
    assert set(row["allowed_mime_types"]) == {*images, "application/pdf"}


@pytest.mark.parametrize(
    ("name", "content", "kind", "status"),
    [
        ("note.txt", b"milk, eggs", "text/plain", "415"),
        ("page.svg", b"<svg/>", "image/svg+xml", "415"),
        ("large.jpg", b"\xff\xd8\xff" + bytes(10 * 1024 * 1024), "image/jpeg", "413"),
    ],
)
def test_other_types_and_larger_files_are_refused(user, database, name, content, kind, status):
    path = f"{user.user_id}/{name}"
    with pytest.raises(StorageApiError) as refused:
        user.supabase.storage.from_("ocr").upload(path, content, {"content-type": kind})
    assert str(refused.value.status) == status
    assert receipts_at(database, path) == []


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"contentLength": None},
        {"contentLength": "many"},
        {"contentLength": 11 * 2**20},
        {"size": 700 * 2**20},
    ],
    ids=str,
)
def test_an_upload_without_a_length_or_with_too_large_a_one_is_refused_before_its_bytes(user, database, metadata):
    """As for a chunked body: Storage tries the insert, with what the request announces, before it takes the body."""
    path = f"{user.user_id}/{uuid.uuid4()}.jpg"
    insert = "insert into storage.objects (bucket_id, name, owner_id, metadata) values ('ocr', %s, %s, %s)"
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        storage_server(database, "storage.object.upload", user.user_id),
    ):
        database.execute(insert, [path, user.user_id, None if metadata is None else json.dumps(metadata)])
    with storage_server(database, "storage.object.upload", user.user_id):
        database.execute(insert, [path, user.user_id, json.dumps({"contentLength": 10 * 2**20})])
        raise psycopg.Rollback


@pytest.mark.parametrize("folder", ["", "not-a-user-id/", "{other}/"])
def test_users_upload_to_their_own_folder_only(user, make_user, database, folder):
    path = folder.format(other=make_user().user_id) + f"{uuid.uuid4()}.jpg"
    with pytest.raises(StorageApiError):
        user.supabase.storage.from_("ocr").upload(path, b"\xff\xd8\xff", JPEG)
    assert receipts_at(database, path) == []


@pytest.fixture
def no_receipts(database: psycopg.Connection[Row]) -> Iterator[Callable[[], None]]:
    """Makes queuing fail until the returned function is called."""
    database.execute("alter table public.receipts rename to receipts_away")
    away = [True]

    def back() -> None:
        if away:
            away.clear()
            database.execute("alter table public.receipts_away rename to receipts")

    yield back
    back()


def unqueued_paths(database: psycopg.Connection[Row]) -> list[str]:
    return [
        row["object_path"] for row in database.execute("select object_path from private.missed_photo_events").fetchall()
    ]


def queue_unqueued(service: Client) -> tuple[int, int]:
    (row,) = service.rpc("queue_missed_photos").execute().data
    return row["queued"], row["waiting"]


def test_an_unqueued_photo_is_queued_later(user, upload_photo, service, claim, database, no_receipts):
    path = upload_photo(user)
    assert unqueued_paths(database) == [path]
    assert queue_unqueued(service) == (0, 1)
    assert unqueued_paths(database) == [path]

    no_receipts()
    database.execute("update private.missed_photo_events set noticed_at = noticed_at - interval '1 hour'")
    assert queue_unqueued(service) == (1, 0)
    (queued,) = receipts_at(database, path)
    (claimed,) = claim(queued["id"])
    assert 3600 <= claimed["waited_s"] < 3700, "the wait starts with the upload"
    assert unqueued_paths(database) == []
    assert queue_unqueued(service) == (0, 0)


@pytest.mark.parametrize("table", ["public.receipts", "net.http_request_queue", "private.daily_use"])
def test_an_upload_does_not_wait_for_a_held_lock(user, upload_photo, service, database, database_url, webhook, table):
    """A migration may hold it for longer than Storage waits. Storage sets no lock_timeout."""
    with psycopg.connect(database_url) as other:
        other.execute(f"lock table {table} in access exclusive mode")
        path = upload_photo(user)
    if table == "net.http_request_queue":
        assert unqueued_paths(database) == []
    else:
        assert unqueued_paths(database) == [path]
        assert queue_unqueued(service) == (1, 0)
    assert [row["status"] for row in receipts_at(database, path)] == ["queued"]


def test_a_statement_timeout_of_storage_does_not_fail_the_upload(user, service, database, database_url):
    path = f"{user.user_id}/{uuid.uuid4()}.jpg"
    with psycopg.connect(database_url) as other:
        other.execute("lock table public.receipts in access exclusive mode")
        with database.transaction():
            database.execute("set local statement_timeout = '100ms'")
            database.execute("insert into storage.objects (bucket_id, name, version) values ('ocr', %s, '1')", [path])
    assert unqueued_paths(database) == [path]
    assert queue_unqueued(service) == (1, 0)


def test_a_deletion_does_not_wait_for_a_held_lock(user, upload_receipt, database, database_url):
    path = upload_receipt(user)["object_path"]
    with psycopg.connect(database_url) as other:
        other.execute("lock table public.receipts in access exclusive mode")
        assert len(user.supabase.storage.from_("ocr").remove([path])) == 1


def insert_photo(database: psycopg.Connection[Row], user_id: str, metadata: object) -> Row:
    """A photo whose row Storage wrote without row level security: by a signed URL, or after its permission test."""
    path = f"{user_id}/{uuid.uuid4()}.jpg"
    database.execute(
        "insert into storage.objects (bucket_id, name, version, metadata) values ('ocr', %s, '1', %s)",
        [path, Jsonb(metadata)],
    )
    (row,) = receipts_at(database, path)
    return row


LIMIT = 10 * 1024 * 1024


@given(size=strategies.integers(0, 10**12), as_text=strategies.booleans(), as_string=strategies.booleans())
@example(size=LIMIT, as_text=False, as_string=False)
@example(size=LIMIT + 1, as_text=False, as_string=True)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_stored_photo_over_the_limit_ends_at_once(user, claim, database, size, as_text, as_string):
    database.execute("delete from private.daily_use")
    metadata: object = {"size": str(size) if as_text else size, "mimetype": "image/jpeg"}
    row = insert_photo(database, user.user_id, json.dumps(metadata) if as_string else metadata)
    if size <= LIMIT:
        assert row["status"] == "queued"
    elif size <= 500 * 1024 * 1024:
        assert (row["status"], row["error_code"], row["attempts"]) == ("failed", "photo_too_large", 0)
        assert claim(row["id"]) == []
    else:
        assert (row["status"], row["error_code"], row["attempts"]) == ("failed", "rate_limited", 0)
    database.execute("delete from public.receipts where id = %s", [row["id"]])


@pytest.mark.parametrize("metadata", [None, {}, {"size": "many"}, {"size": -1}, [], "null", {"size": {"a": 1}}])
def test_a_photo_without_a_known_size_is_queued(user, database, metadata):
    assert insert_photo(database, user.user_id, metadata)["status"] == "queued"


def test_a_photo_that_is_too_large_is_not_retried(user, database):
    row = insert_photo(database, user.user_id, {"size": LIMIT + 1})
    with pytest.raises(APIError) as refused:
        user.supabase.rpc("retry_receipt", {"receipt_id": str(row["id"])}).execute()
    assert refused.value.hint == "photo_too_large"


@pytest.fixture
def small_quota(database: psycopg.Connection[Row]) -> Iterator[None]:
    names = {"receipts_per_day": "2", "stored_bytes_per_day": "100000"}
    database.cursor().executemany("insert into private.settings (name, value) values (%s, %s)", names.items())
    yield
    database.execute("delete from private.settings where name = any(%s)", [list(names)])


def test_photos_over_the_daily_quota_are_kept_and_can_be_retried_tomorrow(
    make_user, upload_receipt, database, small_quota
):
    user, other = make_user(), make_user()
    for metadata in ({"size": 40_000}, {"size": 1000}):
        assert insert_photo(database, user.user_id, metadata)["status"] == "queued"
    refused = insert_photo(database, user.user_id, {"size": 1000})
    assert (refused["status"], refused["error_code"]) == ("failed", "rate_limited")
    with pytest.raises(StorageApiError) as error:
        upload_receipt(user)
    assert str(error.value.status) == "403"
    assert upload_receipt(other)["status"] == "queued"

    allowance = user.supabase.rpc("upload_allowance").execute().data
    assert allowance["photos_left"] == 0
    assert 0 < allowance["retry_after_seconds"] <= 24 * 3600
    database.execute("update private.daily_use set day = day - 1 where user_id = %s", [user.user_id])
    assert user.supabase.rpc("upload_allowance").execute().data == {
        "photos_left": 2,
        "bytes_left": 100_000,
        "retry_after_seconds": 0,
    }
    user.supabase.rpc("retry_receipt", {"receipt_id": str(refused["id"])}).execute()
    assert upload_receipt(user)["status"] == "queued"


def test_stored_bytes_are_limited_per_day(make_user, upload_photo, database, small_quota):
    user = make_user()
    assert insert_photo(database, user.user_id, {"size": 99_990})["status"] == "queued"
    allowance = user.supabase.rpc("upload_allowance").execute().data
    assert (allowance["photos_left"], allowance["bytes_left"]) == (1, 10)
    assert 0 < allowance["retry_after_seconds"] <= 24 * 3600, "a photo that is larger than what is left has to wait"
    assert insert_photo(database, user.user_id, {"size": 11})["error_code"] == "rate_limited"
    with pytest.raises(StorageApiError) as error:
        upload_photo(user)
    assert str(error.value.status) == "403"


def test_a_move_takes_nothing_from_the_quota_and_needs_none(make_user, upload_photo, database, small_quota):
    user = make_user()
    first, second = upload_photo(user), upload_photo(user)
    for path, used in ((first, "receipts"), (second, "stored_bytes")):
        query = "update private.daily_use set used = case action when %s then 100000 else 1 end where user_id = %s"
        database.execute(query, [used, user.user_id])
        with pytest.raises(StorageApiError):
            upload_photo(user)
        target = f"{user.user_id}/moved-{used}.jpg"
        user.supabase.storage.from_("ocr").move(path, target)
        assert [row["status"] for row in receipts_at(database, target)] == ["queued"]
        left = database.execute("select used from private.daily_use where user_id = %s order by 1", [user.user_id])
        assert [row["used"] for row in left] == [1, 100_000]


@pytest.mark.parametrize(
    "operation", ["", "storage.object.upload", "storage.object.upload_update", "storage.s3.upload"]
)
def test_only_a_move_is_outside_the_quota(make_user, upload_photo, database, small_quota, operation):
    """Storage tests by its own statement whether the user may move the object, and rolls it back."""
    user = make_user()
    path, _ = upload_photo(user), upload_photo(user)
    move = (
        "update storage.objects set name = %s, bucket_id = 'ocr', owner = %s, version = %s "
        "where bucket_id = 'ocr' and name = %s returning *"
    )
    values = [f"{user.user_id}/moved.jpg", user.user_id, str(uuid.uuid4()), path]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), storage_server(database, operation, user.user_id):
        database.execute(move, values)
    with storage_server(database, "storage.object.move", user.user_id):
        assert len(database.execute(move, values).fetchall()) == 1
        raise psycopg.Rollback
    for target in (f"{make_user().user_id}/moved.jpg", "moved.jpg"):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            storage_server(database, "storage.object.move", user.user_id),
        ):
            database.execute(move, [target, *values[1:]])


@given(uploads=strategies.integers(3, 12))
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_uploads_at_once_do_not_exceed_the_quota(make_user, database_url, database, small_quota, uploads):
    user = make_user()
    paths = [f"{user.user_id}/{number}.jpg" for number in range(uploads)]

    def upload(path: str) -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute("insert into storage.objects (bucket_id, name, version) values ('ocr', %s, '1')", [path])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upload, paths))
    statuses = Counter(receipts_at(database, path)[0]["status"] for path in paths)
    assert statuses == {"queued": 2, "failed": uploads - 2}


def test_an_unqueued_photo_that_was_replaced_or_deleted_is_not_queued(
    user, upload_photo, service, database, no_receipts
):
    replaced, deleted = upload_photo(user), upload_photo(user)
    no_receipts()
    upload_photo(user, replaced, upsert=True)
    user.supabase.storage.from_("ocr").remove([deleted])
    assert queue_unqueued(service) == (0, 0)
    assert [row["status"] for row in receipts_at(database, replaced)] == ["queued"]
    assert receipts_at(database, deleted) == []
    assert unqueued_paths(database) == []


def test_an_unqueued_photo_that_is_being_replaced_is_queued_once(
    user, upload_photo, service, database, database_url, no_receipts
):
    """The replacement runs while the sweep queues; in either order, only the final photo is processed."""
    path = upload_photo(user)
    no_receipts()
    with psycopg.connect(database_url) as replacing, ThreadPoolExecutor(1) as pool:
        replacing.execute("update storage.objects set version = 'newer' where name = %s", [path])
        sweep = pool.submit(queue_unqueued, service)
        wait_until(lambda: database.execute("select from pg_locks where not granted").fetchall())
        replacing.commit()
        assert sweep.result() == (0, 0)
    assert [(row["object_version"], row["status"]) for row in receipts_at(database, path)] == [("newer", "queued")]


def test_unqueued_photos_are_deleted_with_their_user(make_user, upload_photo, database, no_receipts):
    leaver = make_user()
    path = upload_photo(leaver)
    assert unqueued_paths(database) == [path]
    no_receipts()
    database.execute("delete from auth.users where id = %s", [leaver.user_id])
    assert unqueued_paths(database) == []
