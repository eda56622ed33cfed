"""Crops of corrected lines in the database: consent, limits, end of life, transcriptions and figures."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from postgrest.exceptions import APIError
from supabase import Client

from local.client import User
from tests.support.waiting import wait_until

Row = dict[str, Any]
Database = psycopg.Connection[Row]
PNG = b"\x89PNG\r\n\x1a\n and the pixels of a line"
LINE = {"text": "서울우유 1L", "confidence": 0.9, "png": base64.b64encode(PNG).decode()}


@pytest.fixture
def consenting(user: User) -> User:
    assert user.supabase.rpc("set_reading_consent", {"allowed": True}).execute().data is True
    return user


def correct(user: User, item: Row, name: str = "서울무유 1L") -> None:
    user.supabase.rpc("correct_receipt_item", {"receipt_item_id": str(item["id"]), "name": name}).execute()


def samples(database: Database, user: User) -> list[Row]:
    query = "select * from private.reading_samples where user_id = %s order by created_at"
    return list(database.execute(query, [user.user_id]).fetchall())


def claim_own(service: Client, database: Database, user: User) -> list[Row]:
    """The user's samples that are claimed; claims come in the order of time, and other tests have some too."""
    database.execute(
        "update private.reading_samples set next_attempt_at = '2000-01-01' where user_id = %s", [user.user_id]
    )
    own = {str(row["id"]) for row in samples(database, user)}
    rows: Any = service.rpc("claim_reading_samples", {"p_limit": 100}).execute().data
    return [row for row in rows if row["id"] in own]


def test_nothing_is_kept_without_consent(user: User, read_receipt: Any, database: Database) -> None:
    _, items = read_receipt(user)
    correct(user, items[0])
    assert samples(database, user) == []
    assert user.supabase.table("reading_consents").select("*").execute().data == []
    with pytest.raises(APIError) as refused:
        user.supabase.rpc("set_reading_consent", {"allowed": None}).execute()
    assert refused.value.hint == "invalid_consent"


def test_consent_may_be_repeated_and_withdrawn_at_any_time(
    consenting: User, read_receipt: Any, database: Database, service: Client
) -> None:
    _, items = read_receipt(consenting)
    correct(consenting, items[0])
    (first,) = consenting.supabase.table("reading_consents").select("*").execute().data
    consenting.supabase.rpc("set_reading_consent", {"allowed": True}).execute()
    assert consenting.supabase.table("reading_consents").select("*").execute().data == [first]
    (claimed,) = claim_own(service, database, consenting)
    assert (claimed["name"], claimed["box"]) == (items[0]["predicted_name"], items[0]["box"])
    for _ in range(2):
        assert consenting.supabase.rpc("set_reading_consent", {"allowed": False}).execute().data is False
    stored = service.rpc("store_reading_sample", {"p_id": claimed["id"], "p_line": LINE}).execute().data
    assert stored is False, "withdrawn while the line was being cropped"
    assert samples(database, consenting) == []


def test_a_sample_is_stored_once_and_goes_with_its_photo(
    consenting: User, read_receipt: Any, database: Database, service: Client
) -> None:
    receipt, items = read_receipt(consenting)
    correct(consenting, items[0])
    (claimed,) = claim_own(service, database, consenting)
    for _ in range(2):
        assert service.rpc("store_reading_sample", {"p_id": claimed["id"], "p_line": LINE}).execute().data is True
    assert claim_own(service, database, consenting) == []
    crop = database.execute("select png from private.reading_crops where sample_id = %s", [claimed["id"]]).fetchone()
    assert crop == {"png": PNG}
    consenting.supabase.storage.from_("ocr").remove([receipt["object_path"]])
    assert samples(database, consenting) == []


def test_a_line_that_is_not_found_is_forgotten_and_one_that_fails_is_given_up(
    consenting: User, read_receipt: Any, database: Database, service: Client
) -> None:
    _, items = read_receipt(consenting)
    correct(consenting, items[0])
    correct(consenting, items[1], "연두부")
    claimed = claim_own(service, database, consenting)
    assert service.rpc("store_reading_sample", {"p_id": claimed[0]["id"], "p_line": None}).execute().data is False
    assert len(samples(database, consenting)) == 1
    attempts = 1
    while claim_own(service, database, consenting):
        attempts += 1
    assert attempts == 5
    assert samples(database, consenting) == []


def test_masked_lines_and_lines_that_were_not_read_are_not_kept(
    consenting: User, read_receipt: Any, ocr_answer: Callable[..., Row], database: Database
) -> None:
    answer = ocr_answer()
    answer["items"][0]["raw_text"] = "담당 김** 서울우유"
    answer["items"][1]["name"] = "두부 010-****-****"
    receipt, items = read_receipt(consenting, answer)
    for item in items[:2]:
        correct(consenting, item)
    added = {"receipt_id": str(receipt["id"]), "receipt_item_id": str(uuid.uuid4()), "name": "빵", "category": "bakery"}
    consenting.supabase.rpc("add_receipt_item", added).execute()
    correct(consenting, {"id": added["receipt_item_id"]}, "식빵")
    assert samples(database, consenting) == []


def test_samples_end_after_half_a_year(
    consenting: User, read_receipt: Any, database: Database, service: Client
) -> None:
    _, items = read_receipt(consenting)
    correct(consenting, items[0])
    for days, left in ((179, 1), (181, 0)):
        database.execute(
            "update private.reading_samples set created_at = now() - make_interval(days => %s), "
            "next_attempt_at = '2100-01-01' where user_id = %s",
            [days, consenting.user_id],
        )
        service.rpc("claim_reading_samples", {"p_limit": 1}).execute()
        assert len(samples(database, consenting)) == left


def transcribe(database: Database, sample: object, *texts: str) -> None:
    for person, text in enumerate(texts):
        database.execute(
            "insert into public.line_transcriptions "
            "(annotation_id, task_id, sample_id, line_text, annotator, annotated_at) "
            "select coalesce(max(annotation_id), 0) + 1, 1, %s, %s, %s, now() from public.line_transcriptions",
            [sample, text, f"annotator {person}"],
        )


@pytest.mark.parametrize(
    ("texts", "result"),
    [
        ((), "open"),
        (("서울무유 1L",), "open"),
        (("서울무유 1L", "서울우유 1L"), "open"),
        (("서울무유 1L", "서울무유1L"), "misread"),
        (("001 서울우유 1L", "001 서울우유1L"), "renamed"),
    ],
)
def test_how_well_names_are_read_is_known_from_transcriptions(
    consenting: User, read_receipt: Any, ocr_answer: Callable[..., Row], database: Database, texts: Any, result: str
) -> None:
    version = f"recognition-{uuid.uuid4().hex[:8]}"
    answer = ocr_answer(store="GS25 성수점")
    answer["model_versions"]["recognition"] = version
    receipt, items = read_receipt(consenting, answer)
    correct(consenting, items[0])
    database.execute("update public.receipt_items set status = 'added' where receipt_id = %s", [receipt["id"]])
    (sample,) = samples(database, consenting)
    transcribe(database, sample["id"], *texts)
    rows = database.execute(
        "select labels, value from private.reading_figures(now()) where labels ->> 'model_version' = %s", [version]
    ).fetchall()
    figures = {row["labels"]["result"]: row["value"] for row in rows}
    assert figures == {"kept": 2, result: 1}
    assert {row["labels"]["store"] for row in rows} == {"convenience"}
    lines = database.execute("select * from private.transcribed_lines where sample_id = %s", [sample["id"]]).fetchall()
    assert len(lines) == (result != "open")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("씨유 성수점", "convenience"),
        ("ｅｍａｒｔ 24 강남점", "convenience"),
        ("이마트 성수점", "chain"),
        ("홈플러스 익스프레스 방배점", "chain"),
        ("농협 행복점", "chain"),
        ("맥씨유통", "local"),
        ("마켓컬리", "online"),
        ("싱싱청과", "local"),
        (None, "unknown"),
    ],
)
def test_kinds_of_stores(database: Database, name: str | None, kind: str) -> None:
    assert database.execute("select private.store_kind(%s) as kind", [name]).fetchone() == {"kind": kind}


def test_annotators_and_training_get_lines_without_users(
    consenting: User, read_receipt: Any, database: Database, service: Client, job_url: Callable[[str], str]
) -> None:
    _, items = read_receipt(consenting)
    correct(consenting, items[0])
    (claimed,) = claim_own(service, database, consenting)
    service.rpc("store_reading_sample", {"p_id": claimed["id"], "p_line": LINE}).execute()
    with psycopg.connect(job_url("annotation"), autocommit=True) as job:
        tasks = job.execute("select * from private.reading_tasks(1000)").fetchall()
        (task,) = [task for task in tasks if str(task[0]) == claimed["id"]]
        assert task[1:] == (PNG, "서울우유 1L")
        gone = str(uuid.uuid4())
        marked = job.execute("select private.mark_reading_tasks(%s::uuid[])", [[claimed["id"], gone]]).fetchall()
        assert [str(row[0]) for row in marked] == [claimed["id"]]
        tasks = job.execute("select * from private.reading_tasks(1000)").fetchall()
        assert claimed["id"] not in {str(task[0]) for task in tasks}
    transcribe(database, claimed["id"], "서울무유 1L", "서울무유1L")
    with psycopg.connect(job_url("retraining"), autocommit=True) as job:
        lines = job.execute("select png, line_text from private.training_lines()").fetchall()
    assert any(bytes(png) == PNG and text.startswith("서울무유") for png, text in lines)
    with database.transaction(force_rollback=True):
        database.execute("insert into private.settings (name, value) values ('reading_lines_per_user', '0')")
        assert database.execute("select from private.training_lines()").fetchall() == []


def test_putting_the_name_back_forgets_the_sample(
    consenting: User, read_receipt: Any, database: Database, service: Client
) -> None:
    _, items = read_receipt(consenting)
    correct(consenting, items[0])
    (claimed,) = claim_own(service, database, consenting)
    service.rpc("store_reading_sample", {"p_id": claimed["id"], "p_line": LINE}).execute()
    correct(consenting, items[0], items[0]["name"])
    assert samples(database, consenting) == []
    assert database.execute("select from private.reading_crops where sample_id = %s", [claimed["id"]]).fetchall() == []
    correct(consenting, items[0])
    assert len(samples(database, consenting)) == 1, "corrected again"


def test_what_a_user_chose_is_not_stored_with_the_sample(database: Database) -> None:
    """A user may type anything into a name; annotators and training need only what is printed."""
    columns = "select column_name from information_schema.columns where table_name = 'reading_samples'"
    assert not [row for row in database.execute(columns).fetchall() if "chosen" in row["column_name"]]


def test_samples_are_limited_per_day(
    consenting: User, make_user: Callable[[], User], read_receipt: Any, database: Database
) -> None:
    _, items = read_receipt(consenting)
    database.execute("insert into private.settings (name, value) values ('reading_samples_per_day', '1')")
    try:
        for item in items[:2]:
            correct(consenting, item, f"새 이름 {item['line_no']}")
        assert len(samples(database, consenting)) == 1
        names: Any = consenting.supabase.table("receipt_items").select("name").eq("id", items[1]["id"]).execute().data
        assert names == [{"name": "새 이름 2"}], "the correction counts"
        other = make_user()
        other.supabase.rpc("set_reading_consent", {"allowed": True}).execute()
        _, items = read_receipt(other)
        correct(other, items[0])
        assert len(samples(database, other)) == 1, "another user's day"
    finally:
        database.execute("delete from private.settings where name = 'reading_samples_per_day'")


def as_user(connection: psycopg.Connection[Any], user: User) -> None:
    connection.execute("select set_config('request.jwt.claim.sub', %s, true)", [user.user_id])
    connection.execute("set local role authenticated")


def test_a_correction_that_commits_after_the_withdrawal_began_keeps_nothing(
    consenting: User, read_receipt: Any, database: Database, database_url: str
) -> None:
    _, items = read_receipt(consenting)
    withdrawn = threading.Event()

    def withdraw() -> None:
        with psycopg.connect(database_url) as connection:
            as_user(connection, consenting)
            connection.execute("select public.set_reading_consent(false)")
        withdrawn.set()

    with psycopg.connect(database_url) as connection, ThreadPoolExecutor(1) as pool:
        as_user(connection, consenting)
        connection.execute("select public.correct_receipt_item(%s, '서울무유 1L')", [items[0]["id"]])
        withdrawal = pool.submit(withdraw)
        query = (
            "select from pg_stat_activity where query like '%%set_reading_consent(false)%%' "
            "and wait_event_type = 'Lock' and pid <> pg_backend_pid()"
        )
        wait_until(lambda: withdrawn.is_set() or bool(database.execute(query).fetchall()))
        connection.commit()
        withdrawal.result()
    assert samples(database, consenting) == []


def test_nothing_is_stored_or_handed_on_without_consent(
    consenting: User, read_receipt: Any, database: Database, service: Client, job_url: Callable[[str], str]
) -> None:
    """Even if a sample were left behind: each step asks again."""
    _, items = read_receipt(consenting)
    correct(consenting, items[0])
    correct(consenting, items[1], "연두부")
    first, second = claim_own(service, database, consenting)
    service.rpc("store_reading_sample", {"p_id": first["id"], "p_line": LINE}).execute()
    transcribe(database, first["id"], "서울우유 1L", "서울우유 1L")
    with psycopg.connect(job_url("retraining"), autocommit=True) as job:
        lines = job.execute("select count(*) from private.training_lines()").fetchone()
        database.execute("delete from public.reading_consents where user_id = %s", [consenting.user_id])
        fewer = job.execute("select count(*) from private.training_lines()").fetchone()
        assert lines is not None
        assert fewer == (lines[0] - 1,)
    with psycopg.connect(job_url("annotation"), autocommit=True) as job:
        tasks = job.execute("select sample_id from private.reading_tasks(1000)").fetchall()
        assert first["id"] not in {str(task[0]) for task in tasks}
        assert job.execute("select private.mark_reading_tasks(%s::uuid[])", [[first["id"]]]).fetchall() == []
    assert service.rpc("store_reading_sample", {"p_id": second["id"], "p_line": LINE}).execute().data is False
    assert {str(sample["id"]) for sample in samples(database, consenting)} == {first["id"]}
    assert claim_own(service, database, consenting) == []
    assert samples(database, consenting) == []


def test_an_invalid_crop_is_refused(consenting: User, read_receipt: Any, database: Database, service: Client) -> None:
    _, items = read_receipt(consenting)
    correct(consenting, items[0])
    (claimed,) = claim_own(service, database, consenting)
    for line in ({**LINE, "png": "no base64!"}, {**LINE, "png": ""}, {**LINE, "confidence": 7}):
        with pytest.raises(APIError):
            service.rpc("store_reading_sample", {"p_id": claimed["id"], "p_line": line}).execute()
    (sample,) = samples(database, consenting)
    assert sample["line_text"] is None
