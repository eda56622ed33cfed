"""Claim, lease, backoff and dead letter. Tests let time pass by changing the timestamps of rows."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from postgrest.exceptions import APIError
from psycopg.rows import dict_row

Row = dict[str, Any]
CLAIM = "select * from public.claim_receipts(%s, 60)"
CLAIM_WINDOW = """
    select id, user_id, turn, queued_at from public.receipts
    where status = 'queued' and not reads_alone and next_attempt_at <= now()
    order by turn, queued_at limit 500
"""


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


def lease_token(database: psycopg.Connection[Row], receipt_id: object) -> str:
    query = "select token from private.receipt_leases where receipt_id = %s"
    row = database.execute(query, [receipt_id]).fetchone()
    assert row is not None
    return str(row["token"])


def test_a_claim_takes_a_lease_and_returns_the_photo(user, upload_receipt, claim, database):
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
        "lease_token": lease_token(database, queued["id"]),
        "ahead": 0,
    }
    assert (row["status"], row["attempts"], row["request_id"]) == ("processing", 0, "request-7")
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


def test_a_claim_does_not_wait_for_a_locked_receipt(user, upload_receipt, claim, database_url):
    """For example while its photo is being replaced."""
    locked, free = upload_receipt(user), upload_receipt(user)
    with psycopg.connect(database_url) as other:
        other.execute("select from public.receipts where id = %s for update", [locked["id"]])
        assert [row["id"] for row in claim(limit=2)] == [str(free["id"])]


def test_many_workers_claim_each_receipt_of_a_burst_once(make_user, upload_receipt, database_url):
    users = [make_user() for _ in range(5)]
    queued = {upload_receipt(user)["id"] for user in users for _ in range(4)}
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
    assert alive["attempts"] == 1, "the worker's death is not charged to the photo"
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


def test_a_photo_that_kills_its_workers_twice_while_read_alone_is_set_aside(
    user, make_user, upload_receipt, claim, service, database
):
    poison = upload_receipt(user)
    for alone in (False, True, True):
        (claimed,) = claim()
        assert claimed["id"] == str(poison["id"])
        assert receipt(database, poison["id"])["reads_alone"] is alone
        expire_lease(database, poison["id"])
        if not alone or receipt(database, poison["id"])["crashes"] == 0:
            assert service.rpc("give_up_receipts").execute().data == []
            make_due(database, poison["id"])
    healthy = upload_receipt(make_user())
    assert [row["id"] for row in claim()] == [str(healthy["id"])]
    assert claim(poison["id"]) == []
    given_up = service.rpc("give_up_receipts").execute().data
    assert given_up == [{"id": str(poison["id"]), "error_code": "poison"}]
    row = receipt(database, poison["id"])
    assert (row["status"], row["error_code"], row["attempts"]) == ("failed", "poison", 2)
    assert service.rpc("give_up_receipts").execute().data == []


def test_a_claim_gives_up_receipts_after_a_grace_period(user, upload_receipt, claim, database):
    """For workers that do not call give_up_receipts."""
    poison = upload_receipt(user)
    database.execute("update public.receipts set reads_alone = true, crashes = 1 where id = %s", [poison["id"]])
    claim()
    expire_lease(database, poison["id"])
    assert claim() == []
    assert receipt(database, poison["id"])["status"] == "processing"
    database.execute("update public.receipts set lease_until = now() - interval '16 minutes'")
    assert claim() == []
    assert receipt(database, poison["id"])["error_code"] == "poison"


def crash(fail: Callable[..., str], claims: list[Row]) -> list[str]:
    """The reader dies with these photos in it: every worker reports it."""
    return [fail(claimed, "ocr_crashed", p_crashed=True) for claimed in claims]


def claims_until_idle(claim: Callable[..., list[Row]], most: int = 20) -> list[Row]:
    claims: list[Row] = []
    while len(claims) < most and (rows := claim()):
        claims += rows
    return claims


def test_a_crash_of_the_reader_charges_none_of_several_photos(make_user, upload_receipt, claim, fail, database):
    database.execute("delete from public.receipts")
    queued = [upload_receipt(make_user()) for _ in range(5)]
    for _ in range(3):
        claims = claims_until_idle(claim)
        assert set(crash(fail, claims)) == {"queued"}
        database.execute("update public.receipts set next_attempt_at = now()")
        rows = [receipt(database, each["id"]) for each in queued]
        # After the first crash they are read one at a time, so each further crash charges only the photo in the reader.
        assert sum(row["attempts"] for row in rows) == sum(row["crashes"] for row in rows) <= 2


@given(data=strategies.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_the_photo_that_kills_the_reader_is_set_aside(
    make_user, upload_receipt, claim, fail, complete, ocr_answer, database, data
):
    """Whatever mix of photos is claimed together: innocents end as done without a charge, killers as poison."""
    database.execute("delete from public.receipts")
    is_killer = data.draw(strategies.lists(strategies.booleans(), min_size=1, max_size=6))
    killers = {str(upload_receipt(make_user())["id"]): killer for killer in is_killer}
    for _ in range(100):
        claims = []
        for _ in range(data.draw(strategies.integers(1, 4))):
            claims += claim()
        if any(killers[claimed["id"]] for claimed in claims):
            crash(fail, claims)
        else:
            for claimed in claims:
                assert complete(claimed, ocr_answer()) == "done"
        database.execute("update public.receipts set next_attempt_at = now() where status = 'queued'")
        if not database.execute("select from public.receipts where status = 'queued'").fetchall():
            break
    outcomes = {
        str(row["id"]): (row["status"], row["error_code"], row["attempts"])
        for row in database.execute("select * from public.receipts").fetchall()
    }
    assert outcomes == {
        receipt_id: ("failed", "poison", 2) if killer else ("done", None, 1) for receipt_id, killer in killers.items()
    }


def test_while_a_suspect_is_read_no_other_photo_is_claimed(make_user, upload_receipt, claim, fail, database):
    suspect = upload_receipt(make_user())
    crash(fail, claim())
    other = upload_receipt(make_user())
    assert [row["id"] for row in claim()] == [str(suspect["id"])]
    assert claim() == claim(other["id"]) == []
    # Its worker died: the others wait for a minute at most.
    database.execute("update private.receipt_leases set leased_at = now() - interval '61 seconds'")
    assert [row["id"] for row in claim()] == [str(other["id"])]


def test_a_suspect_waits_until_the_reader_is_idle_but_not_for_ever(make_user, upload_receipt, claim, fail, database):
    suspect, reading, waiting = (upload_receipt(make_user()) for _ in range(3))
    crash(fail, claim(suspect["id"]))
    database.execute("update public.receipts set reads_alone = false where id = %s", [suspect["id"]])
    (busy,) = claim(reading["id"])
    database.execute("update public.receipts set reads_alone = true where id = %s", [suspect["id"]])
    assert [row["id"] for row in claim()] == [str(waiting["id"])]
    late = upload_receipt(make_user())
    database.execute(
        "update public.receipts set next_attempt_at = now() - interval '31 seconds' where id = %s", [suspect["id"]]
    )
    assert claim() == []
    fail(busy, retryable=False)
    database.execute("delete from public.receipts where id = %s", [waiting["id"]])
    assert [row["id"] for row in claim()] == [str(suspect["id"])]
    assert claim(late["id"]) == []


def test_a_poison_photo_is_set_aside_at_once_after_a_retry(user, upload_receipt, claim, fail, database):
    poison = upload_receipt(user)
    for _ in range(3):
        crash(fail, claim())
        make_due(database, poison["id"])
    assert receipt(database, poison["id"])["error_code"] == "poison"
    user.supabase.rpc("retry_receipt", {"receipt_id": str(poison["id"])}).execute()
    (again,) = claim()
    assert crash(fail, [again]) == ["failed"]
    row = receipt(database, poison["id"])
    assert (row["error_code"], row["reads_alone"]) == ("poison", True)


def test_retries_of_a_receipt_are_limited_per_day(user, upload_receipt, claim, fail, database):
    queued = upload_receipt(user)
    retry = user.supabase.rpc("retry_receipt", {"receipt_id": str(queued["id"])})
    for _ in range(5):
        fail(claim()[0], retryable=False)
        retry.execute()
    fail(claim()[0], retryable=False)
    with pytest.raises(APIError) as refused:
        retry.execute()
    assert (refused.value.code, refused.value.hint) == ("PT429", "rate_limited")
    assert 0 < int(refused.value.details) <= 24 * 3600
    database.execute("update public.receipts set retried_on = retried_on - 1")
    retry.execute()


def test_a_photo_that_storage_never_delivers_ends_as_missing(user, upload_receipt, claim, fail, database):
    queued = upload_receipt(user)
    unavailable = {"code": "photo_unavailable", "p_counts_attempt": False}
    database.execute("insert into private.settings (name, value) values ('max_outages', '4')")
    try:
        outcomes = []
        for code in ("ocr_unavailable", *["photo_unavailable"] * 4):
            (claimed,) = claim()
            outcomes.append(fail(claimed, **unavailable | {"code": code}))
            make_due(database, queued["id"])
        assert outcomes == ["queued"] * 4 + ["failed"]
    finally:
        database.execute("delete from private.settings where name = 'max_outages'")
    row = receipt(database, queued["id"])
    assert (row["error_code"], row["attempts"]) == ("photo_missing", 0)


def test_users_are_served_in_turn(make_user, upload_receipt, claim, complete, ocr_answer, database):
    flooding, other, third = (make_user() for _ in range(3))
    for _ in range(6):
        upload_receipt(flooding)
    owners = []
    for round_number in range(9):
        if round_number == 1:
            upload_receipt(other)
            upload_receipt(other)
            upload_receipt(third)
        (claimed,) = claim()
        owners.append({flooding.user_id: "f", other.user_id: "o", third.user_id: "t"}[claimed["user_id"]])
        assert complete(claimed, ocr_answer()) == "done"
    assert "".join(owners) == "ffotfofff"


@given(uploads=strategies.lists(strategies.integers(0, 3), min_size=1, max_size=14))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_users_nth_photo_comes_after_the_previous_one_of_every_user(
    make_user, database, claim, complete, ocr_answer, uploads
):
    database.execute("delete from public.receipts")
    users = [make_user().user_id for _ in range(4)]
    for upload in uploads:
        path = f"{users[upload]}/{uuid.uuid4()}.jpg"
        database.execute("select private.queue_receipt('ocr', %s, '1', 1000)", [path])
    places: list[int] = []
    served: Counter[str] = Counter()
    while rows := claim():
        served[rows[0]["user_id"]] += 1
        places.append(served[rows[0]["user_id"]])
        assert complete(rows[0], ocr_answer()) == "done"
    assert places == sorted(places)
    assert len(places) == len(uploads)


def test_a_user_has_at_most_four_photos_in_the_reader(make_user, upload_receipt, claim, fail):
    flooding, other = make_user(), make_user()
    photos = [upload_receipt(flooding) for _ in range(6)]
    claims = claim(limit=3) + claim(limit=10)
    assert [row["ahead"] for row in claims] == [0, 1, 2, 3]
    assert claim() == claim(photos[5]["id"]) == []
    theirs = upload_receipt(other)
    assert [(row["id"], row["ahead"]) for row in claim()] == [(str(theirs["id"]), 0)]
    fail(claims[0], retryable=False)
    assert [(row["user_id"], row["ahead"]) for row in claim(limit=10)] == [(flooding.user_id, 3)]


def test_a_claim_reads_few_rows_of_a_long_queue(make_user, database, claim):
    """A flood of one user, ten thousand photos that are not due, and one due photo of another user."""
    flooding, patient = make_user(), make_user()
    many = """
        insert into public.receipts (user_id, bucket, object_path, object_version, turn, next_attempt_at)
        select %s, 'ocr', %s || '/' || n, '1', n, now() + make_interval(mins => %s)
        from generate_series(1, 10000) n
    """
    database.execute(many, [flooding.user_id, "due", -1])
    database.execute(many, [flooding.user_id, "later", 60])
    database.execute("analyze public.receipts")
    database.execute("select private.queue_receipt('ocr', %s || '/1.jpg', '1', 1000)", [patient.user_id])
    assert {row["user_id"] for row in claim(limit=5)} == {flooding.user_id, patient.user_id}
    with database.transaction(force_rollback=True):
        database.execute("set local enable_seqscan = off")
        plan = database.execute("explain (format json) " + CLAIM_WINDOW).fetchone()
    assert "receipts_by_turn" in str(plan)
    assert "Sort" not in str(plan)
    database.execute("delete from public.receipts")


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
