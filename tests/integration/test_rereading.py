"""Old photos are read again on the local stack: what a dry run finds, what a run changes and leaves alone."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import requests
from psycopg.rows import dict_row

from functions.core.errors import BackendUnavailable, OcrFailed, PhotoUnavailable
from functions.core.settings import Settings
from functions.core.supabase import connect
from functions.ocr.client import OcrClient
from functions.ocr.receipts import LEAST_URGENT, OcrReader
from functions.receipts.process import Pipeline
from functions.receipts.wiring import build_pipeline
from functions.rereading import read
from functions.rereading.__main__ import main
from functions.rereading.read import Interrupted, Pace, Task
from functions.rereading.runs import Rules, Run
from local.client import User, sign_up, upload, wait_for_receipt
from local.stack import Stack
from tests.support.paper import receipt as photo_of
from tests.support.prepared_database import new_stack
from tests.support.printing import NAMES, PrintedItem
from tests.support.waiting import wait_until
from tools.receipt import tell

PHOTOS = 6
OLD = {"recognition": "recognition-old", "category": "category-old"}
Row = dict[str, Any]

# What the new models read otherwise than the old ones: applied to what was read.
AGE = """
  update public.receipts set model_versions = %(old)s where id = any(%(ids)s);
  update public.receipts set store_name = '행복미트', total = total + 10 where id = any(%(ids)s);
  update public.receipt_items set name = '옛 ' || name, predicted_name = '옛 ' || predicted_name,
    category_id = c.id, predicted_category_id = c.id
  from public.categories c where c.code = 'baby_health' and receipt_id = any(%(ids)s) and line_no = 1;
  delete from public.receipt_items where receipt_id = any(%(ids)s) and line_no = 2;
  insert into public.receipt_items (
    receipt_id, line_no, raw_text, predicted_name, name, kind, predicted_category_id, category_id, box
  )
  select r.id, 77, '합계', '합계', '합계', 'food', c.id, c.id, '[1, 1, 2, 2]'
  from public.receipts r, public.categories c where r.id = any(%(ids)s) and c.code = 'snack';
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Without its scheduler: the tests read receipts themselves, each photo once."""
    with Stack(new_stack(tmp_path_factory), scheduler=False) as running:
        yield running


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[psycopg.Connection[Row]]:
    with psycopg.connect(stack.addresses.database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture(scope="module")
def environment(stack: Stack) -> dict[str, str]:
    addresses = stack.addresses
    return {
        "SUPABASE_URL": addresses.supabase_url,
        "SUPABASE_SECRET_KEY": addresses.secret_key,
        "SUPABASE_PUBLISHABLE_KEY": addresses.publishable_key,
        "OCR_SERVICE_URL": addresses.ocr_url,
    }


@pytest.fixture(autouse=True)
def settings(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def pipeline(environment: dict[str, str]) -> Iterator[Pipeline]:
    """The services of the sweep, which rereading shares."""
    settings = Settings(**{name.lower(): value for name, value in environment.items()})
    client = connect(settings)
    with requests.Session() as session:
        yield build_pipeline(settings, client, OcrClient(session, environment["OCR_SERVICE_URL"]))
    client.options.httpx_client.close()


@pytest.fixture(scope="module")
def photos() -> list[bytes]:
    chance = random.Random(7)
    return [
        photo_of(
            "행복마트 성수점",
            f"2026-10-{n + 10} 18:3{n}",
            [PrintedItem(name, 100 * chance.randint(9, 99)) for name in chance.sample(NAMES, 5)],
        )
        for n in range(PHOTOS)
    ]


class RememberingReader:
    """Reads a photo only once."""

    def __init__(self, reader: OcrReader) -> None:
        self.reader = reader
        self.results: dict[bytes, Row] = {}

    def read(self, photo: bytes, request_id: str, receipt_id: str = "", **options: Any) -> Row:
        if photo not in self.results:
            self.results[photo] = self.reader.read(photo, request_id, receipt_id, **options)
        return self.results[photo]


@pytest.fixture(scope="module")
def remembering(pipeline: Pipeline) -> RememberingReader:
    return RememberingReader(pipeline.reader)


@dataclass(frozen=True)
class History:
    """A user whose receipts were read by old models. models: those of now. fresh: what they read."""

    user: User
    ids: list[str]
    models: dict[str, str]
    fresh: list[Any]

    def plan(self, name: str, *options: str) -> None:
        models = [f"--model={kind}={self.models[kind]}" for kind in OLD]
        assert main(["plan", name, *models, "--user", self.user.user_id, *options]) == 0


@pytest.fixture
def make_history(
    stack: Stack,
    http: httpx.Client,
    photos: list[bytes],
    database: psycopg.Connection[Row],
    pipeline: Pipeline,
    remembering: RememberingReader,
) -> Callable[..., History]:
    reading = replace(pipeline, reader=remembering)

    def make_history(photo_count: int = PHOTOS) -> History:
        user = sign_up(stack.addresses.supabase_url, stack.addresses.publishable_key, http=http)
        paths = [upload(user, photo) for photo in photos[:photo_count]]
        for row in database.execute("select id from public.receipts where user_id = %s", [user.user_id]).fetchall():
            reading.process_one(row["id"], "first")
        receipts = [wait_for_receipt(user, path) for path in paths]
        assert {receipt["status"] for receipt in receipts} == {"done"}
        ids = [str(receipt["id"]) for receipt in receipts]
        fresh = stored(database, ids)
        with database.transaction():
            for statement in AGE.split(";\n"):
                database.execute(statement, {"ids": ids, "old": json.dumps(OLD)})
        return History(user, ids, receipts[0]["model_versions"], fresh)

    return make_history


def stored(database: psycopg.Connection[Row], ids: list[str]) -> list[Any]:
    """What is stored of receipts, without ids and times."""
    return [
        database.execute(
            "select r.store_name, r.purchased_at, r.total, r.model_versions, r.warnings, r.status, "
            "array(select jsonb_build_array(i.line_no, i.name, i.predicted_name, i.category_id, i.quantity, i.amount, "
            "i.status, i.expires_on, i.decided_by, i.box, i.storage) from public.receipt_items i "
            "where i.receipt_id = r.id order by i.line_no) as items from public.receipts r where r.id = %s",
            [each],
        ).fetchone()
        for each in ids
    ]


def whole(database: psycopg.Connection[Row], ids: list[str]) -> list[Any]:
    query = """
      select to_jsonb(r) as receipt, jsonb_agg(to_jsonb(i) order by i.line_no) as items
      from public.receipts r left join public.receipt_items i on i.receipt_id = r.id
      where r.id = any(%s) group by r.id order by r.id
    """
    return list(database.execute(query, [ids]).fetchall())


def states(database: psycopg.Connection[Row], run: str) -> list[tuple[str, str | None]]:
    rows = database.execute("select state, code from private.rereads where run_name = %s order by place", [run])
    return [(row["state"], row["code"]) for row in rows.fetchall()]


def read_run(run: str, *options: str) -> int:
    return main(["read", run, "--per-second", "1000", *options])


@pytest.fixture
def read_again(pipeline: Pipeline, remembering: RememberingReader) -> Callable[[str], None]:
    """Like `read_run`, without reading a photo twice."""

    def read_again(run: str) -> None:
        with task(pipeline, run, reader=remembering) as reading:
            reading.read_all()

    return read_again


def reported(run: str, folder: Path) -> tuple[dict[str, Any], str]:
    assert main(["report", run, "--out", str(folder)]) == 0
    return json.loads((folder / f"{run}.json").read_text()), (folder / f"{run}.md").read_text()


def test_a_dry_run_reports_what_would_change_and_changes_nothing(make_history, database, tmp_path):
    history = make_history(3)
    before = whole(database, history.ids)
    history.plan("dry")
    assert read_run("dry") == 0
    assert whole(database, history.ids) == before
    report, text = reported("dry", tmp_path)
    assert report["receipts"] == {"all": 3, "changed": 3}
    found = {label: change["all"] for label, change in report["changes"].items()}
    assert found["receipt: store_name"] == found["receipt: total"] == 3
    assert found["item: name"] == found["item: category"] == 3
    assert found["added items"] == found["removed items"] == 3
    assert report["changes"]["removed items"]["by_store_kind"] == {"local": 3}
    assert report["changes"]["removed items"]["samples"] == [{"change": "합계", "times": 3}]
    assert text.startswith("# Dry run of dry\n")
    assert "- 합계 (3)" in text
    # A report may be passed on.
    assert not any(secret in text + str(report) for secret in (history.user.user_id, *history.ids, "행복"))


def test_a_run_stores_what_the_new_models_read_and_the_story_tells_it(make_history, database, stack, capsys):
    history = make_history(2)
    (old,) = whole(database, history.ids[:1])
    history.plan("applied", "--apply")
    assert read_run("applied") == 0
    assert states(database, "applied") == [("changed", None)] * 2
    assert stored(database, history.ids) == history.fresh
    (new,) = whole(database, history.ids[:1])
    kept = {item["id"] for item in old["items"]} & {item["id"] for item in new["items"]}
    assert len(kept) == len(new["items"]) - 1, "clients know items by their ids"
    assert new["receipt"]["version"] > old["receipt"]["version"], "clients hear of the change"
    tell(history.ids[0], stack.addresses.database_url)
    printed = capsys.readouterr().out
    assert f"run applied with category {history.models['category']}" in printed
    assert "changed " in printed
    assert "'recognition-old'" in printed


def test_twice_is_once(make_history, database, read_again):
    history = make_history(2)
    history.plan("twice", "--apply")
    history.plan("twice", "--apply")
    read_again("twice")
    after = whole(database, history.ids)
    outcomes = states(database, "twice")
    read_again("twice")
    history.plan("another", "--apply")
    read_again("another")
    assert states(database, "another") == [], "these models have read the receipts"
    assert whole(database, history.ids) == after
    assert states(database, "twice") == outcomes


def test_a_killed_run_that_is_resumed_ends_like_an_uninterrupted_one(make_history, database, environment, read_again):
    killed, whole_run = make_history(), make_history()
    killed.plan("killed", "--apply")
    whole_run.plan("whole", "--apply")
    command = [sys.executable, "-m", "functions.rereading", "read", "killed", "--per-second", "1000"]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        wait_until(
            lambda: [state for state, _ in states(database, "killed")].count("changed") >= 2, "nothing was read again"
        )
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = [state for state, _ in states(database, "killed")].count("waiting")
    assert 0 < left < PHOTOS
    for task in ("1", "0"):
        assert read_run("killed", "--task", task, "--tasks", "2") == 0
    read_again("whole")
    assert stored(database, killed.ids) == stored(database, whole_run.ids) == killed.fresh
    assert states(database, "killed") == states(database, "whole")


def test_what_users_have_decided_is_not_touched(make_history, database, read_again):
    history = make_history(5)
    call, items = history.user.supabase.rpc, {}
    for receipt_id in history.ids:
        rows = database.execute(
            "select id::text, name from public.receipt_items where receipt_id = %s order by line_no", [receipt_id]
        ).fetchall()
        items[receipt_id] = [row["id"] for row in rows]
    first, corrected, reviewed, deleted, typed = history.ids
    # Added, dismissed, renamed: items of a receipt that still has others.
    edits = [{"receipt_item_id": items[first][0]}, {"receipt_item_id": items[first][1], "dismiss": True}]
    call("add_receipt_to_inventory", {"receipt_id": first, "items": edits}).execute()
    call("correct_receipt_item", {"receipt_item_id": items[first][2], "name": "내 이름"}).execute()
    call("correct_receipt", {"receipt_id": corrected, "store_name": "우리 가게", "total": 4321}).execute()
    call("correct_category", {"receipt_item_id": items[corrected][0], "category": "egg"}).execute()
    call("add_receipt_to_inventory", {"receipt_id": reviewed}).execute()
    call("delete_receipt", {"receipt_id": deleted}).execute()
    added = {"receipt_id": typed, "receipt_item_id": str(random.Random(1).randbytes(16).hex()), "name": "손으로 쓴 빵"}
    call("add_receipt_item", added | {"category": "bakery"}).execute()

    before = {row["receipt"]["id"]: row for row in whole(database, history.ids)}
    inventory = history.user.supabase.table("inventory").select("*").order("id").execute().data
    history.plan("decided", "--apply")
    read_again("decided")
    after = {row["receipt"]["id"]: row for row in whole(database, history.ids)}
    assert len(states(database, "decided")) == 3, "reviewed and deleted receipts are not read"
    assert after[reviewed] == before[reviewed]
    assert after[deleted] == before[deleted]
    assert history.user.supabase.table("inventory").select("*").order("id").execute().data == inventory

    def decided(rows: list[Row], chosen: list[str]) -> list[Row]:
        return [{k: v for k, v in row.items() if k != "model_versions"} for row in rows if row["id"] in chosen]

    for receipt_id, chosen in ((first, items[first][:3]), (corrected, items[corrected][:1])):
        assert decided(after[receipt_id]["items"], chosen) == decided(before[receipt_id]["items"], chosen)
        kept = [row for row in after[receipt_id]["items"] if row["id"] in chosen]
        assert [row["model_versions"] for row in kept] == [OLD] * len(kept), "whose predictions they are"
    assert after[first]["receipt"]["store_name"] == "행복마트 성수점"
    assert after[corrected]["receipt"]["store_name"] == "우리 가게"
    assert after[corrected]["receipt"]["total"] == 4321
    names = [row["name"] for row in after[typed]["items"]]
    assert "손으로 쓴 빵" in names
    assert len(names) == len(before[typed]["items"]), (
        "nothing is added to or removed from a list that the user completed"
    )


def test_items_are_neither_lost_nor_doubled_if_their_places_on_the_photo_changed(make_history, database, read_again):
    """As when a model takes three printed rows for an item that had one: no item is found again."""
    typed, added = (history := make_history(2)).ids
    database.execute(
        "update public.receipt_items set box = jsonb_build_array(0, 5000 + 10 * line_no, 9, 5009 + 10 * line_no) "
        "where receipt_id = any(%s)",
        [history.ids],
    )
    call = history.user.supabase.rpc
    item = {"receipt_id": typed, "receipt_item_id": str(random.Random(2).randbytes(16).hex()), "name": "손으로 쓴 빵"}
    call("add_receipt_item", item | {"category": "bakery"}).execute()
    (first, *_) = database.execute(
        "select id::text from public.receipt_items where receipt_id = %s order by line_no", [added]
    ).fetchall()
    call("add_receipt_to_inventory", {"receipt_id": added, "items": [{"receipt_item_id": first["id"]}]}).execute()

    def items() -> list[tuple[str, str]]:
        query = "select id::text, status from public.receipt_items where receipt_id = any(%s) order by id"
        return [(row["id"], row["status"]) for row in database.execute(query, [history.ids]).fetchall()]

    before = items()
    history.plan("moved-boxes", "--apply")
    read_again("moved-boxes")
    assert items() == before


class BrokenStorage:
    """Delivers all photos but those of some receipts."""

    def __init__(self, photos: Any, broken: list[str]) -> None:
        self.photos, self.broken = photos, broken

    def download(self, due: Any) -> bytes:
        if str(due.receipt_id) in self.broken:
            raise PhotoUnavailable("Storage answers 500.")
        return bytes(self.photos.download(due))


def test_photos_that_storage_never_delivers_hold_up_no_others_and_fail(make_history, pipeline, database, remembering):
    history = make_history(4)
    history.plan("broken")
    storage = BrokenStorage(pipeline.photos, history.ids[:2])
    for _ in range(3):  # each ends after ten outages in a row, or when nothing is left
        with (
            suppress(Interrupted),
            task(
                pipeline,
                "broken",
                reader=remembering,
                photos=storage,
                pace=Pace(1000, lambda: False, sleep=lambda _: None),
            ) as reading,
        ):
            reading.read_all()
    assert [state for state, _ in states(database, "broken")] == ["failed", "failed", "changed", "changed"]


def test_the_photo_of_another_receipt_is_not_read(make_history, database, read_again):
    """It replaced the receipt's own, and the event of that is still to be applied."""
    history = make_history(1)
    before = whole(database, history.ids)
    history.plan("replaced", "--apply")
    database.execute("update public.receipts set object_version = 'former' where id = any(%s)", [history.ids])
    read_again("replaced")
    assert states(database, "replaced") == [("skipped", "photo_missing")]
    database.execute(
        "update public.receipts r set object_version = %s where id = %s",
        [before[0]["receipt"]["object_version"], history.ids[0]],
    )
    assert [row["items"] for row in whole(database, history.ids)] == [row["items"] for row in before]


def test_receipts_that_go_meanwhile_are_skipped(make_history, database, read_again):
    history = make_history(3)
    history.plan("gone")
    call = history.user.supabase.rpc
    call("delete_receipt", {"receipt_id": history.ids[0]}).execute()
    path = database.execute("select object_path from public.receipts where id = %s", [history.ids[1]]).fetchone()
    history.user.supabase.storage.from_("ocr").remove([path["object_path"]])
    database.execute("delete from public.receipts where id = %s", [history.ids[2]])
    read_again("gone")
    assert states(database, "gone") == [("skipped", "receipt_deleted"), ("skipped", "photo_missing")]


@dataclass
class CountingReader:
    """Counts the calls that run at the same time; each waits for `together` of them, if so many are allowed."""

    reader: RememberingReader
    most: int = 0
    calls: int = 0
    running: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    def read(self, photo: bytes, request_id: str, receipt_id: str = "", *, urgency: int = 0) -> Row:
        with self.lock:
            self.running += 1
            self.calls += 1
            self.most = max(self.most, self.running)
        assert urgency == LEAST_URGENT
        try:
            return self.reader.read(photo, request_id, receipt_id, urgency=urgency)
        finally:
            with self.lock:
                self.running -= 1


@contextmanager
def task(pipeline: Pipeline, name: str, **options: Any) -> Iterator[Task]:
    pace = options.pop("pace", None) or Pace(1000, lambda: False, sleep=lambda _: None)
    options = {
        "run": Run(pipeline.queue.client, name),
        "reader": pipeline.reader,
        "photos": pipeline.photos,
        **options,
    }
    yield Task(pace=pace, **options)


def test_no_more_photos_are_read_at_once_than_allowed(make_history, pipeline, remembering):
    history = make_history(4)
    for workers in (1, 2):
        run = f"workers-{workers}"
        history.plan(run)
        counting = CountingReader(remembering)
        with task(pipeline, run, reader=counting, workers=workers) as reading:
            assert reading.read_all() == {"changed": 4}
        assert counting.calls == 4
        assert counting.most <= workers


def test_users_photos_come_first(make_history, pipeline, database, remembering):
    history = make_history(2)
    waits = (
        "update public.receipts set status = 'queued', queued_at = now() - interval '5 seconds', "
        "next_attempt_at = now() + interval '1 hour' where id = %s"
    )
    goes = "update public.receipts set status = 'failed', error_code = 'ocr_failed' where id = %s"
    history.plan("patient")
    counting = CountingReader(remembering)
    pauses: list[int] = []

    def sleep(_: float) -> None:
        pauses.append(counting.calls)
        if len(pauses) == 3:
            database.execute(goes, [history.ids[1]])

    database.execute(waits, [history.ids[1]])
    pace = Pace(1000, lambda: read.users_wait(pipeline.queue), sleep=sleep)
    with task(pipeline, "patient", reader=counting, pace=pace) as reading:
        reading.read_all()
    assert pauses[:3] == [0, 0, 0], "nothing was read while a user waited"
    assert states(database, "patient") == [("changed", None), ("skipped", "not_done")]


def test_a_receipt_that_waits_for_hours_slows_a_run_but_does_not_stop_it():
    pauses: list[float] = []
    pace = Pace(1000, lambda: True, clock=lambda: float(len(pauses)), sleep=pauses.append)
    pace.wait()
    assert pauses == [1] * read.MOST_PAUSES


def test_a_pace_spaces_the_calls():
    now, pauses = [100.0], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    pace = Pace(2, lambda: False, clock=lambda: now[0], sleep=sleep)
    for _ in range(4):
        pace.wait()
    assert pauses == pytest.approx([0.5, 0.5, 0.5])
    now[0] += 60
    pace.wait()
    pace.wait()
    assert pauses == pytest.approx([0.5] * 4), "a pause is not made up for"


def test_an_outage_interrupts_the_run_and_costs_no_receipt(make_history, pipeline, database):
    history = make_history(2)
    history.plan("outage")
    with requests.Session() as session:
        nowhere = OcrReader(OcrClient(session, "http://127.0.0.1:9"), 1, 1, 0)
        pauses: list[float] = []
        pace = Pace(1000, lambda: False, sleep=pauses.append)
        with task(pipeline, "outage", reader=nowhere, pace=pace) as reading, pytest.raises(Interrupted):
            reading.read_all()
    assert len([pause for pause in pauses if pause >= 1]) == read.OUTAGES - 1
    assert states(database, "outage") == [("waiting", None)] * 2
    assert read_run("outage") == 0
    assert {state for state, _ in states(database, "outage")} == {"changed"}


class Hiccups:
    """Supabase's client, of which some calls of a function fail, before they are sent or because the answer is lost."""

    def __init__(self, client: Any, function: str, times: int, *, sent: bool) -> None:
        self.client, self.function, self.left, self.sent = client, function, times, sent

    def rpc(self, function: str, arguments: Any) -> Any:
        call = self.client.rpc(function, arguments)
        if function != self.function or not self.left:
            return call
        self.left -= 1
        if self.sent:
            call.execute()
        raise BackendUnavailable("Supabase returned 503.")


def test_a_hiccup_of_the_database_neither_ends_the_run_nor_costs_a_receipt(make_history, pipeline, database):
    history = make_history(1)
    reader = RememberingReader(pipeline.reader)
    for function, times, sent in (
        ("due_rereads", 3, False),
        ("begin_reread", 3, False),
        ("store_reread", 3, False),
        ("store_reread", 1, True),
        ("receipts_waiting", 3, False),
    ):
        run = f"hiccup-{function.replace('_', '-')}-{times}"
        history.plan(run)
        client = Hiccups(pipeline.queue.client, function, times, sent=sent)
        pauses: list[float] = []
        queue = replace(pipeline.queue, client=client)
        pace = Pace(1000, lambda queue=queue: read.users_wait(queue), sleep=pauses.append)
        with task(pipeline, run, run=Run(client, run), reader=reader, pace=pace) as reading:  # type: ignore[arg-type]
            reading.read_all()
        assert client.left == 0
        assert len([pause for pause in pauses if pause >= 1]) == times, "the database gets time to recover"
        assert states(database, run) == [("changed", None)]


def test_hiccups_while_failures_are_stored_do_not_end_the_run(make_history, pipeline, database):
    history = make_history(1)
    for function, options, state in (
        ("fail_reread", {"reader": FailingReader()}, ("failed", "ocr_failed")),
        ("postpone_reread", {"photos": BrokenStorage(pipeline.photos, history.ids)}, ("failed", "photo_unavailable")),
    ):
        run = function.replace("_", "-")
        history.plan(run)
        client = Hiccups(pipeline.queue.client, function, 2, sent=False)
        with task(pipeline, run, run=Run(client, run), **options) as reading:  # type: ignore[arg-type]
            reading.read_all()
        assert client.left == 0
        assert states(database, run) == [state]


def test_a_database_that_stays_away_interrupts_the_run(make_history, pipeline, database):
    history = make_history(2)
    history.plan("away")
    for function in ("due_rereads", "begin_reread"):
        pauses: list[float] = []
        client = Hiccups(pipeline.queue.client, function, 1000, sent=False)
        pace = Pace(1000, lambda: False, sleep=pauses.append)
        with task(pipeline, "away", run=Run(client, "away"), pace=pace) as reading, pytest.raises(Interrupted):
            reading.read_all()
        assert len([pause for pause in pauses if pause >= 1]) == read.OUTAGES - 1
    assert states(database, "away") == [("waiting", None)] * 2


def test_a_service_with_other_models_stores_nothing(make_history, pipeline, database, remembering):
    history = make_history(1)
    before = whole(database, history.ids)
    assert main(["plan", "newer", "--model", "category=category-next", "--user", history.user.user_id, "--apply"]) == 0
    with task(pipeline, "newer", reader=remembering) as reading, pytest.raises(Interrupted, match="other models"):
        reading.read_all()
    assert states(database, "newer") == [("waiting", None)]
    assert whole(database, history.ids) == before


class FailingReader:
    def read(self, photo: bytes, request_id: str, receipt_id: str = "", *, urgency: int = 0) -> Row:
        raise OcrFailed("It did not work.")


def test_a_photo_that_cannot_be_read_is_tried_three_times(make_history, pipeline, database):
    history = make_history(1)
    history.plan("failing", "--apply")
    before = whole(database, history.ids)
    with task(pipeline, "failing", reader=FailingReader()) as reading:
        assert reading.read_all() == {"waiting": 2, "failed": 1}
    assert states(database, "failing") == [("failed", "ocr_failed")]
    assert whole(database, history.ids) == before
    history.plan("failing-again", "--apply")
    assert states(database, "failing-again") == [], "once per version"


def test_a_run_is_fixed_when_it_is_planned(make_history, pipeline, database, capsys):
    history = make_history(2)
    history.plan("fixed", "--limit", "1")
    assert len(states(database, "fixed")) == 1
    assert main(["plan", "fixed", "--model", "category=x", "--limit", "2"]) == 2
    assert "other options" in capsys.readouterr().err
    assert main(["read", "unknown"]) == 2
    assert "no such run" in capsys.readouterr().err
    history.plan("none", "--until", "2020-01-01")
    assert states(database, "none") == []
    run = Run(pipeline.queue.client, "in-pages")
    rules = Rules(models=history.models, user_id=history.user.user_id)
    pages = [run._call("plan_reread", p_rules=rules.model_dump(mode="json"), p_limit=1)[0] for _ in range(3)]
    assert [(page["receipts"], page["is_planned"]) for page in pages] == [(1, False), (2, False), (2, True)]


def test_old_runs_are_forgotten_but_not_what_they_changed(make_history, database, read_again):
    history = make_history(1)
    history.plan("old-dry")
    read_again("old-dry")
    history.plan("old-applied", "--apply")
    read_again("old-applied")
    for days, left in ((89, {"old-dry", "old-applied"}), (91, {"old-applied"})):
        database.execute(
            "update private.reread_runs set created_at = now() - make_interval(days => %s) where name like 'old-%%'",
            [days],
        )
        database.execute("select private.forget_rereads(1000)")
        rows = database.execute("select name from private.reread_runs where name like 'old-%'").fetchall()
        assert {row["name"] for row in rows} == left
    database.execute("delete from public.receipts where id = %s", [history.ids[0]])
    database.execute("select private.forget_rereads(1000)")
    assert database.execute("select from private.reread_runs where name like 'old-%'").fetchall() == []
