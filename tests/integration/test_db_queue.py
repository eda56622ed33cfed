"""Claim, lease, backoff and dead letter. Tests let time pass by changing the timestamps of rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from postgrest.exceptions import APIError
from psycopg.rows import dict_row

Row = dict[str, Any]
CLAIM = "select * from public.claim_receipts(%s, 60)"


@pytest.fixture(autouse=True)
def _empty_queue(database: psycopg.Connection[Row]) -> None:
    database.execute("delete from public.receipts")


@pytest.fixture
def max_attempts(database: psycopg.Connection[Row]) -> Iterator[int]:
    database.execute("insert into private.settings (name, value) values ('max_attempts', '2')")
    yield 2
    database.execute("delete from private.settings where name = 'max_attempts'")


def receipt(database: psycopg.Connection[Row], receipt_id: object) -> Row:
    row = database.execute("select *, now() as now from public.receipts where id = %s", [receipt_id]).fetchone()
    assert row is not None
    return row


def expire_lease(database: psycopg.Connection[Row], receipt_id: object) -> None:
    database.execute("update public.receipts set lease_until = now() - interval '1 second' where id = %s", [receipt_id])


def make_due(database: psycopg.Connection[Row], receipt_id: object) -> None:
    database.execute("update public.receipts set next_attempt_at = now() where id = %s", [receipt_id])


def test_a_claim_takes_a_lease_counts_the_attempt_and_returns_the_photo(user, upload_receipt, claim, database):
    queued = upload_receipt(user)
    (claimed,) = claim(lease_s=90, request_id="request-7")
    row = receipt(database, queued["id"])
    assert claimed.pop("waited_s") >= 0
    assert claimed == {
        "id": str(queued["id"]),
        "user_id": user.user_id,
        "bucket": "ocr",
        "object_path": queued["object_path"],
        "object_version": queued["object_version"],
        "attempts": 1,
        "lease_token": str(row["lease_token"]),
    }
    assert (row["status"], row["request_id"]) == ("processing", "request-7")
    assert 85 < (row["lease_until"] - row["now"]).total_seconds() <= 90
    assert claim() == []
    assert claim(queued["id"]) == []


def test_the_wait_continues_over_attempts_and_restarts_with_a_retry(user, upload_receipt, claim, fail, database):
    queued = upload_receipt(user)
    database.execute(
        "update public.receipts "
        "set queued_at = queued_at - interval '1 hour', created_at = created_at - interval '2 hours'"
    )
    (first,) = claim()
    fail(first, retryable=True)
    make_due(database, queued["id"])
    (second,) = claim()
    assert 3600 <= first["waited_s"] < second["waited_s"] < 3700

    fail(second, retryable=False)
    user.supabase.rpc("retry_receipt", {"receipt_id": str(queued["id"])}).execute()
    (third,) = claim()
    assert 0 <= third["waited_s"] < 100


def test_the_oldest_are_claimed_first_up_to_the_limit(user, upload_receipt, claim):
    queued = [str(upload_receipt(user)["id"]) for _ in range(3)]
    assert [row["id"] for row in claim()] == queued[:1]
    assert {row["id"] for row in claim(limit=10)} == set(queued[1:])


def test_a_given_receipt_is_claimed_alone(user, upload_receipt, claim):
    upload_receipt(user)
    second = upload_receipt(user)
    assert [row["id"] for row in claim(second["id"])] == [str(second["id"])]


def test_concurrent_workers_skip_each_others_receipts(user, upload_receipt, database_url):
    queued = {upload_receipt(user)["id"] for _ in range(4)}
    with (
        psycopg.connect(database_url, row_factory=dict_row) as one,
        psycopg.connect(database_url, row_factory=dict_row) as other,
    ):
        # Both transactions are open while they claim, so the second must skip locked rows, not wait for them.
        first = {row["id"] for row in one.execute(CLAIM, [3]).fetchall()}
        second = {row["id"] for row in other.execute(CLAIM, [3]).fetchall()}
    assert len(first) == 3
    assert len(second) == 1
    assert first | second == queued


def test_many_workers_claim_each_receipt_of_a_burst_once(user, upload_receipt, database_url):
    queued = {upload_receipt(user)["id"] for _ in range(20)}
    claimed: list[object] = []
    start = threading.Barrier(4)

    def work() -> None:
        with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
            start.wait()
            while rows := connection.execute(CLAIM, [1]).fetchall():
                claimed.extend(row["id"] for row in rows)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(claimed) == len(queued)
    assert set(claimed) == queued


def test_an_expired_lease_passes_to_another_worker_and_the_late_worker_is_stale(
    user, upload_receipt, claim, complete, fail, ocr_answer, database
):
    queued = upload_receipt(user)
    (dead,) = claim()
    expire_lease(database, queued["id"])
    (alive,) = claim()
    assert alive["attempts"] == 2
    assert alive["lease_token"] != dead["lease_token"]

    before = receipt(database, queued["id"])
    assert complete(dead, ocr_answer()) == "stale"
    assert fail(dead) == "stale"
    after = receipt(database, queued["id"])
    assert before | {"now": None} == after | {"now": None}
    assert complete(alive, ocr_answer()) == "done"


def test_an_expired_lease_still_completes_if_no_worker_took_over(
    user, upload_receipt, claim, complete, ocr_answer, database
):
    queued = upload_receipt(user)
    (slow,) = claim()
    expire_lease(database, queued["id"])
    assert complete(slow, ocr_answer()) == "done"


def test_failures_back_off_and_end_as_a_dead_letter(user, upload_receipt, claim, fail, database):
    queued = upload_receipt(user)
    pauses = []
    for _ in range(4):
        (claimed,) = claim()
        assert fail(claimed) == "queued"
        row = receipt(database, queued["id"])
        pauses.append((row["next_attempt_at"] - row["now"]).total_seconds())
        assert claim() == []
        make_due(database, queued["id"])
    for pause, base in zip(pauses, (5, 10, 20, 40), strict=True):
        assert base - 1 <= pause <= base * 1.25
    (claimed,) = claim()
    assert claimed["attempts"] == 5
    assert fail(claimed) == "failed"
    row = receipt(database, queued["id"])
    assert (row["status"], row["error_code"], row["error_detail"]) == ("failed", "ocr_failed", "It did not work.")
    assert claim() == []
    stored = database.execute("select from storage.objects where name = %s", [queued["object_path"]]).fetchall()
    assert len(stored) == 1, "the photo is kept"


def test_an_error_that_is_not_retryable_fails_at_once(user, upload_receipt, claim, fail, database):
    queued = upload_receipt(user)
    (claimed,) = claim()
    assert fail(claimed, "not_a_receipt", retryable=False) == "failed"
    assert receipt(database, queued["id"])["error_code"] == "not_a_receipt"


def test_a_busy_ocr_service_sets_the_delay_and_costs_no_attempt(
    user, upload_receipt, claim, fail, database, max_attempts
):
    queued = upload_receipt(user)
    for _ in range(max_attempts + 1):
        (claimed,) = claim()
        assert claimed["attempts"] == 1
        assert fail(claimed, "ocr_unavailable", p_retry_after_seconds=120, p_counts_attempt=False) == "queued"
        row = receipt(database, queued["id"])
        assert 119 <= (row["next_attempt_at"] - row["now"]).total_seconds() <= 150
        make_due(database, queued["id"])


def test_a_repeated_failure_counts_once(user, upload_receipt, claim, fail, database):
    queued = upload_receipt(user)
    (claimed,) = claim()
    assert fail(claimed) == "queued"
    before = receipt(database, queued["id"])
    assert fail(claimed) == "queued"
    assert before | {"now": None} == receipt(database, queued["id"]) | {"now": None}


def test_a_receipt_that_crashes_its_workers_ends_as_a_dead_letter(
    user, upload_receipt, claim, service, database, max_attempts
):
    poison = upload_receipt(user)
    for _ in range(max_attempts):
        (claimed,) = claim()
        assert claimed["id"] == str(poison["id"])
        expire_lease(database, poison["id"])
    healthy = upload_receipt(user)
    assert [row["id"] for row in claim()] == [str(healthy["id"])]
    assert claim(poison["id"]) == []
    assert service.rpc("give_up_receipts").execute().data == [str(poison["id"])]
    row = receipt(database, poison["id"])
    assert (row["status"], row["error_code"]) == ("failed", "attempts_exhausted")
    assert service.rpc("give_up_receipts").execute().data == []


def test_a_claim_gives_up_receipts_after_a_grace_period(user, upload_receipt, claim, database, max_attempts):
    """For workers that do not call give_up_receipts."""
    poison = upload_receipt(user)
    for _ in range(max_attempts):
        claim()
        expire_lease(database, poison["id"])
    assert claim() == []
    assert receipt(database, poison["id"])["status"] == "processing"
    database.execute("update public.receipts set lease_until = now() - interval '16 minutes'")
    assert claim() == []
    assert receipt(database, poison["id"])["error_code"] == "attempts_exhausted"


def test_the_owner_retries_a_failed_receipt(user, upload_receipt, claim, fail, complete, ocr_answer, database):
    queued = upload_receipt(user)
    (claimed,) = claim()
    fail(claimed, retryable=False)
    retried = user.supabase.rpc("retry_receipt", {"receipt_id": str(queued["id"])}).execute().data
    retried = retried[0] if isinstance(retried, list) else retried
    assert (retried["status"], retried["attempts"], retried["error_code"]) == ("queued", 0, None)
    assert complete(claimed, ocr_answer()) == "stale"
    (again,) = claim()
    assert complete(again, ocr_answer()) == "done"
    row = receipt(database, queued["id"])
    assert (row["status"], row["error_code"]) == ("done", None)


def test_only_failed_receipts_are_retried(user, upload_receipt):
    queued = upload_receipt(user)
    with pytest.raises(APIError) as refused:
        user.supabase.rpc("retry_receipt", {"receipt_id": str(queued["id"])}).execute()
    assert refused.value.hint == "receipt_not_failed"
