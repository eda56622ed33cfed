"""The pipeline on the local stack: upload, webhook or sweep, OCR, review, inventory, and recovery when parts die."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import requests
from PIL import Image
from psycopg.rows import dict_row

from functions.core.errors import BackendUnavailable
from functions.core.settings import Settings
from functions.core.supabase import connect
from functions.ocr.client import OcrClient
from functions.ocr.receipts import OcrReader
from functions.receipts.process import Pipeline
from functions.receipts.wiring import build_pipeline
from local.client import User, sign_up, upload, wait_for_receipt
from local.processes.service import Service
from local.stack import Stack
from tests.support.pdfs import pdf_of_images
from tests.support.prepared_database import new_stack
from tests.support.small_photo import SMALL_PHOTO
from tests.support.sweeps import watching_sweep
from tests.support.waiting import wait_until

LARGE_PHOTO = (Path(__file__).resolve().parents[1] / "fixtures" / "receipts" / "convenience.jpg").read_bytes()
"""Its reading takes long enough to be killed meanwhile."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole local stack with the webhook, without the scheduler: the tests call the sweep themselves."""
    with Stack(new_stack(tmp_path_factory), webhook=True, scheduler=False) as running:
        yield running


@pytest.fixture
def user(stack: Stack, http: httpx.Client) -> User:
    return sign_up(stack.addresses.supabase_url, stack.addresses.publishable_key, http=http)


@pytest.fixture
def database(stack: Stack):
    with psycopg.connect(stack.addresses.database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def without_webhook(database) -> Any:
    """Uploads without a webhook call: its settings are missing, as in a deployment that only has the sweep."""
    names = ("receipt_webhook_url", "receipt_webhook_secret")
    saved = database.execute("select name, value from private.settings where name = any(%s)", [list(names)]).fetchall()
    database.execute("delete from private.settings where name = any(%s)", [list(names)])
    yield
    for row in saved:
        database.execute("insert into private.settings (name, value) values (%(name)s, %(value)s)", row)


@pytest.fixture
def pipeline(stack: Stack) -> Iterator[Pipeline]:
    """The pipeline of the sweep, in this process."""
    addresses = stack.addresses
    settings = Settings(
        supabase_url=addresses.supabase_url,
        supabase_secret_key=addresses.secret_key,
        supabase_publishable_key=addresses.publishable_key,
        ocr_service_url=addresses.ocr_url,
    )
    client = connect(settings)
    with requests.Session() as session:
        yield build_pipeline(settings, client, OcrClient(session, addresses.ocr_url))
    client.options.httpx_client.close()


class Story:
    """The clock of a watching sweep. It stands still; each wait runs the next event, and then the time is over."""

    def __init__(self, *events: Callable[[], object]) -> None:
        self._events = list(events)
        self._now = 0.0
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self._now

    def wait(self, _: float) -> None:
        with self._lock:
            if self._events:
                self._events.pop(0)()
            else:
                self._now += 1000

    def watched_by(self, pipeline: Pipeline, workers: int = 2) -> dict[str, int]:
        return pipeline.sweep("watch", budget_s=60, workers=workers, poll_s=1, clock=self.clock, wait=self.wait)


def items_of(user: User, receipt: dict[str, Any]) -> list[dict[str, Any]]:
    query = user.supabase.table("receipt_items").select("*").eq("receipt_id", receipt["id"]).order("line_no")
    return list(query.execute().data)


def call_webhook(stack: Stack, receipt_id: str, request_id: str | None = None) -> dict[str, Any]:
    webhook = stack.addresses.webhook
    assert webhook is not None
    headers = {"X-Webhook-Secret": webhook.secret} | ({"X-Request-Id": request_id} if request_id else {})
    body = {"receipt_id": receipt_id, "read_now": True}
    answer = requests.post(webhook.url, json=body, headers=headers, timeout=120)
    answer.raise_for_status()
    return dict(answer.json())


def sweep(stack: Stack) -> dict[str, Any]:
    answer = requests.post(stack.addresses.receipt_sweep_url, timeout=180)
    answer.raise_for_status()
    return dict(answer.json())


def receipt_at(database, path: str) -> dict[str, Any]:
    row = database.execute("select * from public.receipts where object_path = %s", [path]).fetchone()
    assert row is not None
    return row


def make_due(database, receipt_id: object) -> None:
    """End the backoff and the lease of a receipt, instead of waiting for them."""
    database.execute(
        "update public.receipts set next_attempt_at = now(), "
        "lease_until = case when lease_until is null then null else now() - interval '1 second' end where id = %s",
        [receipt_id],
    )


def sweep_until_read(stack: Stack, database, path: str) -> dict[str, Any]:
    """One sweep reads as many receipts as its budget allows, and others may be due; the scheduler calls the next."""

    def is_read() -> bool:
        receipt = receipt_at(database, path)
        if receipt["status"] == "queued":
            make_due(database, receipt["id"])
            sweep(stack)
        return receipt["status"] in ("done", "failed")

    wait_until(is_read, f"The receipt of {path} was not read.")
    return receipt_at(database, path)


def test_a_photo_becomes_reviewed_items_and_inventory(user: User) -> None:
    receipt = wait_for_receipt(user, upload(user, SMALL_PHOTO))
    assert receipt["status"] == "done"
    assert receipt["contract_version"] == "1.1"
    items = items_of(user, receipt)
    assert items
    assert all(item["status"] == "pending" and item["category_id"] for item in items)

    added = user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": receipt["id"]}).execute().data
    again = user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": receipt["id"]}).execute().data
    food = [item for item in items if item["kind"] == "food"]
    assert len(added) == len(food) > 0
    assert {row["id"] for row in again} <= {row["id"] for row in added}
    inventory = user.supabase.table("inventory").select("*").execute().data
    assert {row["receipt_item_id"] for row in inventory} == {item["id"] for item in food}


def test_with_consent_the_line_of_a_corrected_name_is_kept_until_the_consent_is_withdrawn(
    stack: Stack, user: User, database
) -> None:
    def correct(item: dict[str, Any]) -> str:
        name = f"{item['predicted_name']} 맛"
        user.supabase.rpc("correct_receipt_item", {"receipt_item_id": item["id"], "name": name}).execute()
        return str(item["predicted_name"])

    def crops() -> list[dict[str, Any]]:
        query = (
            "select * from private.reading_samples s join private.reading_crops c on c.sample_id = s.id "
            "where s.user_id = %s"
        )
        return list(database.execute(query, [user.user_id]).fetchall())

    items = items_of(user, wait_for_receipt(user, upload(user, SMALL_PHOTO)))
    correct(items[0])
    assert sweep(stack)["reading_samples"] == 0, "off by default"
    user.supabase.rpc("set_reading_consent", {"allowed": True}).execute()
    name = correct(items[1])
    assert sweep(stack)["reading_samples"] == 1
    (sample,) = crops()
    with Image.open(io.BytesIO(sample["png"])) as image:
        assert image.height == 48
        assert image.width > image.height
    read = sample["line_text"].replace(" ", "")
    assert SequenceMatcher(None, read, name.replace(" ", "")).ratio() > 0.6
    assert not any(other["predicted_name"].replace(" ", "") in read for other in items if other["id"] != items[1]["id"])
    assert sweep(stack)["reading_samples"] == 0
    user.supabase.rpc("set_reading_consent", {"allowed": False}).execute()
    assert crops() == []
    correct(items[2])
    assert sweep(stack)["reading_samples"] == 0


def test_the_smoke_test_of_a_deployment_passes_and_cleans_up(stack: Stack, database) -> None:
    addresses = stack.addresses
    command = [sys.executable, "-m", "tools.smoke", "--url", addresses.supabase_url, "--key", addresses.publishable_key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as smoke:
        assert smoke.stdout is not None
        assert any("account deletion requested" in line for line in smoke.stdout)
        assert sweep(stack)["deletions"]["deleted"] == 1
        assert "account deleted" in smoke.stdout.read()
    assert smoke.returncode == 0
    assert database.execute("select email from auth.users where email like 'smoke-%'").fetchall() == []


def test_repeating_the_webhook_call_changes_nothing(stack: Stack, user: User, without_webhook: None) -> None:
    path = upload(user, SMALL_PHOTO)
    receipt_id = user.supabase.table("receipts").select("id").eq("object_path", path).execute().data[0]["id"]
    assert call_webhook(stack, receipt_id)["outcome"] == "done"
    first = items_of(user, {"id": receipt_id})
    assert call_webhook(stack, receipt_id)["outcome"] == "skipped"
    assert items_of(user, {"id": receipt_id}) == first


def test_two_workers_at_once_give_one_set_of_items(stack: Stack, user: User, without_webhook: None) -> None:
    path = upload(user, SMALL_PHOTO)
    receipt_id = user.supabase.table("receipts").select("id").eq("object_path", path).execute().data[0]["id"]
    barrier = threading.Barrier(4)

    def worker(number: int) -> str:
        barrier.wait()
        if number == 0:
            sweep(stack)
            return "sweep"
        return str(call_webhook(stack, receipt_id)["outcome"])

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(worker, range(4)))
    assert sum(outcome == "done" for outcome in outcomes) <= 1
    receipt = wait_for_receipt(user, path)
    lines = [item["line_no"] for item in items_of(user, receipt)]
    assert receipt["status"] == "done"
    assert receipt["attempts"] == 1
    assert len(lines) == len(set(lines)) > 0


def test_a_webhook_call_for_an_unknown_receipt_is_skipped(stack: Stack) -> None:
    assert call_webhook(stack, str(uuid.uuid4()))["outcome"] == "skipped"


def test_the_sweep_reads_receipts_without_a_webhook_call(
    stack: Stack, user: User, database, without_webhook: None
) -> None:
    paths = [upload(user, SMALL_PHOTO) for _ in range(2)]
    # One sweep reads as many as its budget allows; the scheduler calls the next.
    while any(receipt_at(database, path)["status"] == "queued" for path in paths):
        sweep(stack)
    assert [wait_for_receipt(user, path)["status"] for path in paths] == ["done", "done"]


def test_a_watch_reads_photos_uploaded_while_it_waits(
    pipeline: Pipeline, user: User, database, without_webhook: None
) -> None:
    paths: list[str] = []
    counts = Story(lambda: paths.append(upload(user, SMALL_PHOTO))).watched_by(pipeline)
    assert counts == {"done": 1, "queued": 0, "failed": 0, "stale": 0}
    assert receipt_at(database, paths[0])["status"] == "done"


def test_overlapping_watches_share_the_work(pipeline: Pipeline, user: User, database, without_webhook: None) -> None:
    paths: list[str] = []
    story = Story(*[lambda: paths.append(upload(user, SMALL_PHOTO))] * 3)
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda _: story.watched_by(pipeline), range(2)))
    assert sum(each["done"] for each in counts) == 3
    assert {(receipt_at(database, path)["status"], receipt_at(database, path)["attempts"]) for path in paths} == {
        ("done", 1)
    }


def test_a_watch_claims_only_what_an_idle_worker_can_start(
    pipeline: Pipeline, user: User, database, without_webhook: None
) -> None:
    for _ in range(3):
        upload(user, SMALL_PHOTO)
    query = "select count(*) as claimed from public.receipts where user_id = %s and status = 'processing'"
    most = 0
    with ThreadPoolExecutor(1) as pool:
        watch = pool.submit(Story().watched_by, pipeline, 1)
        while not watch.done():
            most = max(most, database.execute(query, [user.user_id]).fetchone()["claimed"])
    assert (watch.result()["done"], most) == (3, 1)


def test_a_watch_survives_an_outage_of_supabase(
    stack: Stack, pipeline: Pipeline, user: User, database, without_webhook: None
) -> None:
    path = upload(user, SMALL_PHOTO)
    supabase = stack.service("supabase")
    supabase.kill()

    def restart() -> None:
        supabase.start()
        supabase.wait()

    assert Story(restart).watched_by(pipeline)["done"] == 1
    assert receipt_at(database, path)["status"] == "done"


def test_a_result_that_cannot_be_stored_is_logged_at_once_and_read_again(
    stack: Stack, pipeline: Pipeline, user: User, database, without_webhook: None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = upload(user, SMALL_PHOTO)
    supabase = stack.service("supabase")

    class OutageWhileReading(OcrReader):
        """Supabase dies while a photo is being read."""

        def read(self, photo: bytes, request_id: str, receipt_id: str = "", *, urgency: int = 0) -> dict[str, Any]:
            answer = super().read(photo, request_id, receipt_id, urgency=urgency)
            supabase.kill()
            return answer

    dying = replace(pipeline, reader=OutageWhileReading(**vars(pipeline.reader)))
    with pytest.raises(BackendUnavailable):
        dying.sweep("dying", budget_s=60, workers=2)
    supabase.start()
    supabase.wait()
    row = receipt_at(database, path)
    assert row["status"] == "processing"
    lines = [line for line in capsys.readouterr().out.splitlines() if str(row["id"]) in line]
    assert ["outcome not stored" in line and "backend_unavailable" in line for line in lines] == [True]
    make_due(database, row["id"])
    assert sweep(stack)["done"] == 1


def test_a_watching_function_killed_while_reading_loses_nothing(
    stack: Stack, user: User, database, without_webhook: None
) -> None:
    """The function as deployed without a webhook, called as the scheduler calls it."""
    watcher, url = watching_sweep(stack, budget_s=60)
    watcher.start()
    watcher.wait()
    try:
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(requests.post, url, timeout=180)
            path = upload(user, LARGE_PHOTO)
            wait_until(lambda: in_flight(stack) > 0)
            watcher.kill()
            with pytest.raises(requests.ConnectionError):
                call.result()
    finally:
        watcher.stop()
    row = receipt_at(database, path)
    assert (row["status"], row["attempts"]) == ("processing", 0)
    make_due(database, row["id"])
    assert sweep(stack)["done"] == 1
    receipt = wait_for_receipt(user, path)
    lines = [item["line_no"] for item in items_of(user, receipt)]
    assert (receipt["status"], receipt["attempts"]) == ("done", 1), "the worker's death is not charged to the photo"
    assert len(lines) == len(set(lines)) > 0


def test_the_log_contains_how_long_the_user_waited(stack: Stack, user: User, database, without_webhook: None) -> None:
    """Monitoring measures the SLO from this line."""
    path = upload(user, SMALL_PHOTO)
    receipt_id = receipt_at(database, path)["id"]
    an_hour = "update public.receipts set queued_at = queued_at - interval '1 hour' where id = %s"
    database.execute(an_hour, [receipt_id])
    sweep_until_read(stack, database, path)
    log = stack.service("receipt_sweep").log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines() if str(receipt_id) in line]
    assert [line["message"] for line in lines] == ["receipt processed"]
    assert 3600 < lines[0]["waited_s"] < 3700


def test_an_ocr_service_killed_while_reading_loses_nothing(
    stack: Stack, user: User, database, without_webhook: None
) -> None:
    path = upload(user, LARGE_PHOTO)
    ocr: Service = stack.service("ocr_service")
    with ThreadPoolExecutor(1) as pool:
        receipt_id = receipt_at(database, path)["id"]
        request = pool.submit(call_webhook, stack, str(receipt_id))
        wait_until(lambda: in_flight(stack) > 0)
        ocr.kill()
        ocr.start()
        assert request.result()["outcome"] == "queued"
    row = receipt_at(database, path)
    assert (row["status"], row["error_code"]) == ("queued", "ocr_crashed")
    assert (row["attempts"], row["reads_alone"]) == (0, True)
    ocr.wait()
    assert sweep_until_read(stack, database, path)["status"] == "done"


def test_an_ocr_service_killed_with_five_photos_charges_none_of_them(
    stack: Stack, pipeline: Pipeline, http: httpx.Client, database, without_webhook: None
) -> None:
    users = [sign_up(stack.addresses.supabase_url, stack.addresses.publishable_key, http=http) for _ in range(5)]
    paths = [upload(user, LARGE_PHOTO) for user in users]
    ocr: Service = stack.service("ocr_service")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(pipeline.sweep, "killed", budget_s=60, workers=5)
        wait_until(lambda: in_flight(stack) == 5)
        ocr.kill()
        ocr.start()
        ocr.wait()
        counts = running.result()
    while any(receipt_at(database, path)["status"] == "queued" for path in paths):
        for path in paths:
            make_due(database, receipt_at(database, path)["id"])
        counts = pipeline.sweep("after", budget_s=60, workers=5)
        assert counts["failed"] == 0
    rows = [receipt_at(database, path) for path in paths]
    assert [(row["status"], row["attempts"], row["crashes"]) for row in rows] == [("done", 1, 0)] * 5


def test_the_receipt_of_a_dead_worker_is_read_by_another(
    stack: Stack, user: User, database, without_webhook: None
) -> None:
    path = upload(user, SMALL_PHOTO)
    receipt_id = receipt_at(database, path)["id"]
    dead = database.execute("select * from public.claim_receipts(1, 120, %s)", [receipt_id]).fetchone()
    assert sweep(stack)["done"] == 0
    make_due(database, receipt_id)
    assert sweep(stack)["done"] == 1
    late = database.execute(
        "select public.fail_receipt(%s, %s, 'late', 'late', true) as outcome", [receipt_id, dead["lease_token"]]
    ).fetchone()
    assert late["outcome"] == "stale"
    assert wait_for_receipt(user, path)["status"] == "done"


def test_a_receipt_that_kills_every_worker_fails_and_is_logged(
    stack: Stack, user: User, database, without_webhook: None
) -> None:
    """No worker is left to log the failure; the alert on dead letters counts the line of the sweep."""
    receipt_id = receipt_at(database, upload(user, SMALL_PHOTO))["id"]
    for _ in range(3):
        assert database.execute("select * from public.claim_receipts(1, 120, %s)", [receipt_id]).fetchall()
        make_due(database, receipt_id)
    assert sweep(stack)["given_up"] == 1
    row = database.execute("select status, error_code from public.receipts where id = %s", [receipt_id]).fetchone()
    assert row == {"status": "failed", "error_code": "poison"}
    log = stack.service("receipt_sweep").log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines() if str(receipt_id) in line]
    assert [(line["message"], line["outcome"], line["code"]) for line in lines] == [
        ("receipt not read", "failed", "poison")
    ]


def test_a_pdf_is_read_like_a_photo(stack: Stack, user: User) -> None:
    photo = wait_for_receipt(user, upload(user, SMALL_PHOTO))
    page = Image.open(io.BytesIO(SMALL_PHOTO)).convert("RGB")
    receipt = wait_for_receipt(user, upload(user, pdf_of_images([page]), "receipt.pdf"))
    assert (receipt["status"], receipt["error_code"]) == ("done", None)
    amounts = [[item["amount"] for item in items_of(user, each)] for each in (photo, receipt)]
    assert amounts[0] == amounts[1] != []


def test_a_poison_photo_fails_keeps_its_bytes_and_can_be_retried(stack: Stack, user: User, database) -> None:
    poison = b"\xff\xd8\xff\xe0" + b"this is no photo" * 64
    path = upload(user, poison)
    receipt = wait_for_receipt(user, path)
    assert receipt["status"] == "failed"
    assert receipt["error_code"] in ("unsupported_image", "broken_image", "undecodable_image", "truncated_image")
    assert user.supabase.storage.from_("ocr").download(path) == poison

    retried = user.supabase.rpc("retry_receipt", {"receipt_id": receipt["id"]}).execute().data
    assert retried
    assert sweep_until_read(stack, database, path)["status"] == "failed"

    # Overwriting the photo creates a new version, and with it a new receipt.
    user.supabase.storage.from_("ocr").upload(path, SMALL_PHOTO, {"content-type": "image/jpeg", "upsert": "true"})
    wait_until(lambda: len(rows_at(user, path)) == 2 and any(row["status"] == "done" for row in rows_at(user, path)))


def test_a_photo_deleted_before_it_was_read_fails_with_a_code(
    stack: Stack, user: User, database, without_webhook: None
) -> None:
    path = upload(user, SMALL_PHOTO)
    user.supabase.storage.from_("ocr").remove([path])
    receipt_id = receipt_at(database, path)["id"]
    assert call_webhook(stack, str(receipt_id))["outcome"] == "failed"
    assert receipt_at(database, path)["error_code"] == "photo_missing"


def test_the_request_id_is_passed_on_to_the_ocr_service(stack: Stack, user: User, without_webhook: None) -> None:
    path = upload(user, SMALL_PHOTO)
    request_id = f"trace-{uuid.uuid4().hex}"
    receipt_id = user.supabase.table("receipts").select("id").eq("object_path", path).execute().data[0]["id"]
    call_webhook(stack, receipt_id, request_id)
    assert wait_for_receipt(user, path)["request_id"] == request_id
    for name in ("receipt_uploaded", "ocr_service"):
        assert request_id in stack.service(name).log.read_text(encoding="utf-8")


def test_no_log_contains_a_secret_or_an_item_name(stack: Stack, user: User) -> None:
    receipt = wait_for_receipt(user, upload(user, SMALL_PHOTO))
    names = [item["name"] for item in items_of(user, receipt)]
    secrets = [*stack.addresses.secrets, user.access_token, user.password]
    for log in stack.logs():
        text = log.read_text(encoding="utf-8", errors="replace")
        assert not [secret for secret in [*secrets, *names] if secret and secret in text], log


def rows_at(user: User, path: str) -> list[dict[str, Any]]:
    return list(user.supabase.table("receipts").select("*").eq("object_path", path).execute().data)


def in_flight(stack: Stack) -> float:
    """The number of photos that the OCR service is reading, from its own metrics."""
    text = requests.get(f"{stack.addresses.ocr_url}/metrics", timeout=10).text
    values = [float(line.split()[-1]) for line in text.splitlines() if line.startswith("ocr_in_flight ")]
    return sum(values)
