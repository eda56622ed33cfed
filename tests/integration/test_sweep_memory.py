"""The memory of a sweep that reads as many of the largest photos at a time as its container allows."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import psycopg

from local.client import User
from tests.integration.conftest import Row, StartFunction
from tests.support import memory
from tests.support.scripted import json_step, serving
from tests.support.waiting import wait_until

MIB = 2**20
CONTAINER = 512 * MIB
PHOTOS = 13
"""That infra/workloads.tf allows in such a container."""
LARGEST = b"\xff\xd8\xff" + bytes(10 * MIB - 3)
NOT_A_RECEIPT = json_step(
    422, {"code": "not_a_receipt", "title": "No receipt", "status": 422, "retryable": False, "request_id": "r"}
)


def test_a_sweep_of_the_largest_photos_fits_its_container(
    start_function: StartFunction, database: psycopg.Connection[Row], make_user: Callable[[], User]
) -> None:
    database.execute("delete from public.receipts")
    for _ in range(PHOTOS):  # a user each, because few photos of one user are read at a time
        user = make_user()
        path = f"{user.user_id}/{uuid.uuid4()}.jpg"
        user.supabase.storage.from_("ocr").upload(path, LARGEST, {"content-type": "image/jpeg"})
    hold = threading.Event()
    with (
        serving(*[NOT_A_RECEIPT] * PHOTOS, hold=hold) as ocr,
        start_function("receipt_sweep", SWEEP_WORKERS=str(PHOTOS), OCR_SERVICE_URL=ocr.url) as sweep,
        ThreadPoolExecutor(1) as pool,
    ):
        outcome = pool.submit(httpx.post, sweep.url, timeout=120)
        wait_until(lambda: len(ocr.seen) == PHOTOS, "not all photos are read at the same time")
        port = sweep.url.rpartition(":")[2]
        processes = [each for each in psutil.process_iter(["cmdline"]) if port in (each.info["cmdline"] or [])]
        assert len(processes) > 1, "the server and its worker"
        assert sum(memory.peak(each.pid) for each in processes) < CONTAINER
        hold.set()
        assert outcome.result().json()["failed"] == PHOTOS
    database.execute("delete from public.receipts")
