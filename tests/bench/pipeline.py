"""Upload to reviewed items on the local stack: latency added to the reading, and a burst of uploads."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import psycopg
import requests
from barcode import measure_barcode
from claims import measure_claims
from result_screen import measure_result_screen

from local.client import User, sign_up, upload, wait_for_receipt
from local.processes.service import Service
from local.stack import Stack
from tests.support.sweeps import watching_sweep

ROUNDS = 15
USERS = 10
IDLE_S = 20


def measure_pipeline(directory: Path, photo: Path, burst: int, progress: Callable[[str], None]) -> list[str]:
    """Latency of single uploads, barcodes, then `burst` uploads at once. Returns Markdown lines."""
    shutil.rmtree(directory, ignore_errors=True)
    with Stack(directory, progress=progress, webhook=True, scheduler=False) as stack:
        user = sign_up(stack.addresses.supabase_url, stack.addresses.publishable_key)
        return [
            *_latency(user, photo.read_bytes(), "found by the webhook"),
            *_watched(stack, user, photo.read_bytes()),
            "",
            *measure_barcode(stack, user, progress),
            "",
            *measure_result_screen(stack, photo, progress),
            "",
            *_burst(stack, photo.read_bytes(), burst, progress),
            "",
            *_behind(stack, photo.read_bytes(), burst, progress),
            "",
            *measure_claims(stack.addresses.database_url),
        ]


def _watched(stack: Stack, user: User, photo: bytes) -> list[str]:
    """The same without a webhook: the polling sweep, as deployed by default."""
    watcher, url = watching_sweep(stack, budget_s=300)
    names = "where name like 'receipt_webhook_%'"
    with psycopg.connect(stack.addresses.database_url, autocommit=True) as database, ThreadPoolExecutor(1) as pool:
        settings = database.execute(f"delete from private.settings {names} returning name, value").fetchall()
        try:
            watcher.start()
            watcher.wait()
            pool.submit(requests.post, url, timeout=600)
            before = _cpu_s(watcher)
            lines = _latency(user, photo, "found by the sweep that looks every half second")
            busy = _cpu_s(watcher) - before
            time.sleep(IDLE_S)
            idle = _cpu_s(watcher) - before - busy
            return [
                *lines,
                f"CPU of that sweep: {busy / (ROUNDS + 1) * 1000:.0f} ms a receipt of {len(photo) / 1000:.0f} kB, "
                f"{idle / IDLE_S:.1%} of one while nothing is uploaded.",
            ]
        finally:
            watcher.kill()
            for setting in settings:
                database.execute("insert into private.settings (name, value) values (%s, %s)", setting)


def _cpu_s(service: Service) -> float:
    """CPU seconds used by a process and its children."""
    assert service.process is not None
    parent = psutil.Process(service.process.pid)
    return sum(sum(process.cpu_times()[:2]) for process in (parent, *parent.children(recursive=True)))


def _latency(user: User, photo: bytes, how: str) -> list[str]:
    wait_for_receipt(user, upload(user, photo))
    added = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        receipt = wait_for_receipt(user, upload(user, photo))
        added.append(time.perf_counter() - start - receipt["timings"]["total"] / 1000)
    return [
        f"From the start of the upload until the app has the items, less the OCR time, {ROUNDS} uploads one after "
        f"the other, {how}: p50 {statistics.median(added) * 1000:.0f} ms, worst {max(added) * 1000:.0f} ms."
    ]


def _behind(stack: Stack, photo: bytes, count: int, progress: Callable[[str], None]) -> list[str]:
    """How long one user's photo waits behind `count` of another user."""
    progress(f"one photo behind {count}")
    url, key = stack.addresses.supabase_url, stack.addresses.publishable_key
    flood, single = sign_up(url, key), sign_up(url, key)
    start = time.perf_counter()
    wait_for_receipt(single, upload(single, photo))
    alone = time.perf_counter() - start
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: upload(flood, photo), range(count)))
    start = time.perf_counter()
    wait_for_receipt(single, upload(single, photo))
    behind = time.perf_counter() - start
    while requests.post(stack.addresses.receipt_sweep_url, timeout=600).json()["done"]:
        progress("reading the rest")
    return [
        f"One photo, from upload to items: alone {alone:.1f} s; behind {count} photos that another user has just "
        f"uploaded {behind:.1f} s, {behind / alone:.1f} times as long."
    ]


def _burst(stack: Stack, photo: bytes, count: int, progress: Callable[[str], None]) -> list[str]:
    users = [sign_up(stack.addresses.supabase_url, stack.addresses.publishable_key) for _ in range(USERS)]
    with psycopg.connect(stack.addresses.database_url, autocommit=True) as database:
        # More than one user may upload on a day.
        database.execute("insert into private.settings (name, value) values ('receipts_per_day', '100000')")
    start = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda number: upload(users[number % USERS], photo), range(count)))
    uploaded = time.perf_counter() - start
    sweeps = 0
    with psycopg.connect(stack.addresses.database_url, autocommit=True) as database:
        while (left := _unfinished(database)) > 0:
            progress(f"{left} of {count} receipts left")
            requests.post(stack.addresses.receipt_sweep_url, timeout=180).raise_for_status()
            sweeps += 1
        seconds = time.perf_counter() - start
        query = """
            select count(*) filter (where status = 'done'), count(distinct object_path), max(attempts),
                   count(*) filter (where (select count(*) from public.receipt_items i where i.receipt_id = r.id)
                                        <> (select count(distinct line_no) from public.receipt_items i
                                            where i.receipt_id = r.id))
            from public.receipts r where object_path = any(%s)"""
        row: Any = database.execute(query, [paths]).fetchone()
    done, receipts, attempts, doubled = row
    return [
        f"Burst of {count} uploads by {USERS} users from 8 connections ({uploaded:.1f} s): {done} of {receipts} "
        f"receipts done after {seconds:.0f} s, {count - receipts} lost, {doubled} with doubled items, most "
        f"attempts {attempts}, {sweeps} sweeps."
    ]


def _unfinished(database: psycopg.Connection[Any]) -> int:
    query = "select count(*) from public.receipts where status in ('queued', 'processing')"
    row: Any = database.execute(query).fetchone()
    return int(row[0])
