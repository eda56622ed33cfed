"""The attacks, each on a running local stack. They use loopback addresses only."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt
import psutil
import psycopg
import requests
from psycopg.rows import dict_row

from local.client import User, sign_up
from local.stack import Stack
from tests.attack.hostile_formats import hostile_formats
from tests.attack.hostile_images import hostile_images
from tests.attack.report import Result
from tests.support import memory
from tests.support.small_photo import SMALL_PHOTO

Row = dict[str, Any]
PHOTO = (Path(__file__).parents[1] / "fixtures" / "receipts" / "convenience.jpg").read_bytes()
BLANK = b"\xff\xd8\xff\xe0 the first bytes of a JPEG"
TIMEOUT_S = 90
ARGUMENTS = {"uuid": str(uuid.uuid4()), "text": "x", "integer": 1, "numeric": 1, "date": "2030-01-01", "boolean": True}


@dataclass(frozen=True)
class Sizes:
    """How much of each attack is made. formats: whether files of `hostile_formats` are sent, which take minutes."""

    images: int
    formats: bool
    uploads: int
    calls: int
    kills: int
    fuzz_examples: int
    fuzz_s: int


SHORT = Sizes(images=26, formats=False, uploads=10, calls=20, kills=1, fuzz_examples=3, fuzz_s=2)
FULL = Sizes(images=312, formats=True, uploads=120, calls=400, kills=3, fuzz_examples=40, fuzz_s=20)


@dataclass
class Target:
    """A running stack, with the peak memory of its processes by name, in MiB."""

    stack: Stack
    database: psycopg.Connection[Row]
    http: httpx.Client
    sizes: Sizes
    end: float
    peaks_mib: dict[str, float] = field(default_factory=dict)

    @property
    def seconds_left(self) -> float:
        return self.end - time.monotonic()

    def sign_up(self) -> User:
        return sign_up(self.stack.addresses.supabase_url, self.stack.addresses.publishable_key, http=self.http)

    def note_peaks(self) -> None:
        """Read the peaks of the processes that run now; a killed process takes its own with it."""
        for name in ("ocr_service", "receipt_sweep", "barcode_lookup", "category_feedback"):
            process = self.stack.service(name).process
            if process is None:
                continue
            with suppress(psutil.Error, OSError, KeyError):
                parent = psutil.Process(process.pid)
                peak = sum(memory.peak(each.pid) / 2**20 for each in (parent, *parent.children(recursive=True)))
                self.peaks_mib[name] = max(peak, self.peaks_mib.get(name, 0))


@contextmanager
def target(stack: Stack, sizes: Sizes, seconds: float) -> Iterator[Target]:
    with (
        psycopg.connect(stack.addresses.database_url, autocommit=True, row_factory=dict_row) as database,
        httpx.Client(timeout=TIMEOUT_S) as http,
    ):
        # Half of what each flooding user sends.
        for name, value in {"receipts": sizes.uploads // 4, "barcode_lookups": sizes.calls // 4, "retries": 5}.items():
            setting = (f"{name}_per_day", str(value))
            statement = "insert into private.settings (name, value) values (%s, %s)"
            database.execute(f"{statement} on conflict (name) do update set value = excluded.value", setting)
        yield Target(stack, database, http, sizes, time.monotonic() + seconds)


def headers(target: Target, token: str) -> dict[str, str]:
    return {"apikey": target.stack.addresses.publishable_key, "Authorization": f"Bearer {token}"}


def store(target: Target, user: User, photo: bytes, content_type: str = "image/jpeg") -> requests.Response:
    """Upload a photo. Its path is the response's URL."""
    url = f"{target.stack.addresses.supabase_url}/storage/v1/object/ocr/{user.user_id}/{uuid.uuid4()}.jpg"
    return requests.post(
        url,
        data=photo,
        headers=headers(target, user.access_token) | {"Content-Type": content_type},
        timeout=TIMEOUT_S,
    )


def wait_until_read(target: Target, users: list[User], result: Result) -> None:
    """Wait until every receipt of the users has an outcome. Count those that were lost or read twice."""
    ids = [user.user_id for user in users]
    open_receipts = (
        "select count(*) as n from public.receipts where user_id = any(%s) and status in ('queued', 'processing')"
    )
    while (row := target.database.execute(open_receipts, [ids]).fetchone()) and row["n"] and target.seconds_left > 0:
        time.sleep(0.2)
    if row and row["n"]:
        result.harm("lost", "receipts without an outcome", row["n"])
    missing = target.database.execute(
        "select count(*) as n from storage.objects o where o.bucket_id = 'ocr' "
        "and split_part(o.name, '/', 1) = any(%s) "
        "and not exists (select from public.receipts r where r.object_path = o.name)",
        [ids],
    ).fetchone()
    if missing and missing["n"]:
        result.harm("lost", "photos without a receipt", missing["n"])
    doubled = target.database.execute(
        "select count(*) as n from (select from public.receipts r where user_id = any(%s) "
        "group by bucket, object_path, object_version having count(*) > 1 union all "
        "select from public.receipt_items i join public.receipts r on r.id = i.receipt_id where r.user_id = any(%s) "
        "group by i.receipt_id, i.line_no having count(*) > 1) d",
        [ids, ids],
    ).fetchone()
    if doubled and doubled["n"]:
        result.harm("doubled", "receipts or line items", doubled["n"])


def innocents(target: Target, count: int, photo: bytes = SMALL_PHOTO) -> list[User]:
    """Users who each upload a photo of a receipt."""
    users = [target.sign_up() for _ in range(count)]
    for user in users:
        store(target, user, photo).raise_for_status()
    return users


def expect_read(target: Target, users: list[User], result: Result) -> None:
    """Count the photos of `users` that were not read."""
    wait_until_read(target, users, result)
    row = target.database.execute(
        "select count(*) as n from public.receipts where user_id = any(%s) and status = 'failed'",
        [[user.user_id for user in users]],
    ).fetchone()
    if row and row["n"]:
        result.harm("lost", "innocent receipts that were not read", row["n"])


def access(target: Target) -> Result:
    """Every table, function and photo of a user, as another user, anonymous, and with forged and expired tokens."""
    result = Result("access to another user's data")
    (owner,) = innocents(target, 1)
    secret = f"비밀 {uuid.uuid4().hex}"
    lot = {"inventory_id": str(uuid.uuid4()), "name": secret, "category": "tofu"}
    inventory_id = owner.supabase.rpc("add_to_inventory", lot).execute().data["id"]  # type: ignore[index, call-overload]
    receipt: Any = owner.supabase.table("receipts").select("id, object_path").execute().data[0]
    ids = [str(receipt["id"]), str(inventory_id), owner.user_id]
    head, claims, signature = owner.access_token.split(".")
    expired = jwt.decode(owner.access_token, options={"verify_signature": False}) | {"exp": int(time.time()) - 60}
    tokens = {
        "another user": target.sign_up().access_token,
        "anonymous": target.stack.addresses.publishable_key,
        "forged": f"{head}.{claims}.{signature[::-1]}",
        "unsigned": f"{jwt.encode({'alg': 'none'}, 'x' * 32).split('.')[0]}.{claims}.",
        "expired": jwt.encode(expired, target.stack.addresses.jwt_secret),
    }
    tables = target.database.execute(
        "select tablename as name from pg_tables where schemaname = 'public' "
        "union select viewname from pg_views where schemaname = 'public'"
    ).fetchall()
    functions = target.database.execute(
        "select p.proname as name, p.proargnames as names, "
        "array(select format_type(t, null) from unnest(p.proargtypes) t) as types from pg_proc p "
        "where p.pronamespace = 'public'::regnamespace and p.proname <> 'request_account_deletion'"
    ).fetchall()
    before = _rows(target, owner)
    url = target.stack.addresses.supabase_url
    # Their own ids are in the addresses, and a refusal may repeat them.
    secrets = (secret, "object_path", "store_name")
    for token in tokens.values():
        with requests.Session() as call:
            call.headers.update(headers(target, token))
            for table in tables:
                address = f"{url}/rest/v1/{table['name']}"
                result.count(call.get(address, timeout=TIMEOUT_S), (secret, *ids))
                result.count(call.delete(f"{address}?user_id=eq.{owner.user_id}", timeout=TIMEOUT_S), (secret,))
                result.count(call.patch(f"{address}?user_id=eq.{owner.user_id}", json={"name": "x"}, timeout=TIMEOUT_S))
            for function in functions:
                address = f"{url}/rest/v1/rpc/{function['name']}"
                for id_ in ids if "uuid" in function["types"] else ids[:1]:
                    names = (function["names"] or [])[: len(function["types"])]
                    arguments = {
                        name: id_ if kind == "uuid" else ARGUMENTS.get(kind)
                        for name, kind in zip(names, function["types"], strict=True)
                    }
                    result.count(call.post(address, json=arguments, timeout=TIMEOUT_S), secrets)
            for way in ("", "authenticated/", "public/", "info/", "sign/"):
                address = f"{url}/storage/v1/object/{way}ocr/{receipt['object_path']}"
                response = call.get(address, timeout=TIMEOUT_S)
                result.count(response, secrets)
                if response.content == SMALL_PHOTO:
                    result.harm("leaked", address)
            result.count(call.delete(f"{url}/storage/v1/object/ocr/{receipt['object_path']}", timeout=TIMEOUT_S))
    if _rows(target, owner) - before:
        result.harm("leaked", "rows of the user were changed")
    if before - _rows(target, owner):
        result.harm("lost", "rows of the user were changed or deleted")
    return result


def _rows(target: Target, owner: User) -> set[str]:
    """The user's rows that only the user changes."""
    rows = target.database.execute(
        "select i::text as row from public.inventory i where user_id = %(id)s "
        "union all select o.name from storage.objects o where split_part(o.name, '/', 1) = %(id)s::text",
        {"id": owner.user_id},
    ).fetchall()
    return {row["row"] for row in rows}


def images(target: Target) -> Result:
    """Hostile images, sent to the OCR service."""
    result = Result(f"{target.sizes.images} hostile images")

    def send(image: tuple[str, str, bytes]) -> None:
        kind, content_type, data = image
        if target.seconds_left < 0:
            result.left_out += 1
            return
        for _ in range(100):
            url = f"{target.stack.addresses.ocr_url}/v1/receipts"
            response = requests.post(url, data=data, headers={"Content-Type": content_type}, timeout=TIMEOUT_S)
            if response.status_code != 503:
                break
            time.sleep(0.1)
        result.count(response, ("/work", "site-packages", "Traceback"))
        if response.status_code >= 500:
            result.notes.append(f"the image was: {kind}, {len(data)} bytes")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, hostile_images(target.sizes.images)))
        if target.sizes.formats:
            list(pool.map(send, hostile_formats()))
    target.note_peaks()
    return result


def floods(target: Target) -> Result:
    """Two users who cheat: uploads, retries and lookups without end, beside two who upload one photo each."""
    result = Result("floods by two users")
    cheaters, others = [target.sign_up() for _ in range(2)], innocents(target, 2)
    pictures = list(hostile_images(target.sizes.uploads))

    def upload(number: int) -> None:
        _, content_type, data = pictures[number % len(pictures)]
        result.count(store(target, cheaters[number % 2], data if number % 3 else BLANK, content_type))

    def retry(number: int) -> None:
        cheater = cheaters[number % 2]
        url = f"{target.stack.addresses.supabase_url}/rest/v1"
        own = headers(target, cheater.access_token)
        rows = requests.get(f"{url}/receipts?select=id&limit=5", headers=own, timeout=TIMEOUT_S).json()
        for row in rows:
            body = {"receipt_id": row["id"]}
            result.count(requests.post(f"{url}/rpc/retry_receipt", json=body, headers=own, timeout=TIMEOUT_S))

    def look_up(number: int) -> None:
        token = cheaters[number % 2].access_token
        barcode = f"880{number:09d}"
        digits = [int(digit) for digit in barcode]
        check = -(sum(digits[::2]) + 3 * sum(digits[1::2])) % 10
        own = {"Authorization": f"Bearer {token}"}
        url = f"{target.stack.addresses.barcode_lookup_url}/?barcode={barcode}{check}"
        result.count(requests.get(url, headers=own, timeout=TIMEOUT_S))

    with ThreadPoolExecutor(8) as pool:
        for job, count in ((upload, target.sizes.uploads), (look_up, target.sizes.calls), (retry, 10)):
            list(pool.map(job, range(count)))
    expect_read(target, others, result)
    wait_until_read(target, cheaters, result)
    target.note_peaks()
    return result


def kills(target: Target) -> Result:
    """The OCR service is killed while it reads, with innocent receipts in it, each time another one.

    A photo in whose reading the service dies twice is set aside: whether it was the cause cannot be known.
    """
    result = Result("kills of the reader")
    # Reading takes long enough to be killed.
    others = innocents(target, 2 + target.sizes.kills, PHOTO)
    service = target.stack.service("ocr_service")
    reading = (
        "select count(*) filter (where crashes = 0) * (count(*) filter (where crashes > 0) = 0)::integer as n "
        "from public.receipts where status = 'processing'"
    )
    for _ in range(target.sizes.kills):
        while (row := target.database.execute(reading).fetchone()) and not row["n"] and target.seconds_left > 0:
            time.sleep(0.05)
        if target.seconds_left <= 0:
            result.left_out += 1
            continue
        target.note_peaks()
        service.kill()
        result.counts["tried"] += 1
        service.start()
        service.wait()
        # The backoff, of up to ten minutes, is no part of the attack.
        target.database.execute("update public.receipts set next_attempt_at = now() where status = 'queued'")
    expect_read(target, others, result)
    return result


HEAD = b"POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
BODIES = [
    CHUNKED + b"zz\r\n",
    CHUNKED + b"5\r\nhello!!\r\n",
    CHUNKED + b"ffffffffffffffff\r\n",
    CHUNKED + b"0" * 400_000,
    CHUNKED + (b"10000\r\n" + bytes(65536) + b"\r\n") * 200,
    CHUNKED + b"2\r\n{}\r\n0\r\nbroken trailer\r\n\r\n",
    b"Content-Length: 99999999999\r\n\r\n" + bytes(200_000),
    b"Content-Length: -1\r\n\r\n",
    b"Content-Length: 5\r\n" + CHUNKED + b"0\r\n\r\n",
]


def chunks(target: Target) -> Result:
    """Malformed and endless bodies for the OCR service and the functions."""
    result = Result("chunked bombs and malformed bodies")
    token = target.sign_up().access_token.encode()
    addresses = target.stack.addresses
    for url, path in (
        (addresses.ocr_url, b"/v1/receipts"),
        (addresses.ocr_url, b"/v1/categories"),
        (addresses.barcode_lookup_url, b"/"),
        (addresses.barcode_lookup_url, b"/robots.txt"),
        (addresses.category_feedback_url, b"/"),
    ):
        for credential in (token, b"none"):
            for body in BODIES:
                result.counts["tried"] += 1
                status = _status(url, HEAD % (path, credential) + body)
                if status >= 500 and status != 501:  # 501: an encoding that the server does not know
                    result.harm("5xx", f"{url} {path!r} {body[:60]!r}: {status}")
                else:
                    result.counts["refused"] += 1
    for log in target.stack.logs():
        if log.stem in ("barcode_lookup", "category_feedback", "ocr_service") and "Traceback" in log.read_text("utf-8"):
            result.harm("leaked", f"a traceback in {log.name}")
    target.note_peaks()
    return result


def _connect(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=TIMEOUT_S)


def _status(url: str, request: bytes) -> int:
    """The status of the response; 0 if the connection was closed without one."""
    with _connect(url) as client, suppress(ConnectionError):
        # The server may close the connection before it has read everything; its response is read nevertheless.
        sender = threading.Thread(target=_send, args=(client, request))
        sender.start()
        try:
            answer = client.recv(65536)
        finally:
            sender.join()
        return int(answer.split()[1]) if answer else 0
    return 0


def _send(client: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)


def slow_senders(target: Target) -> Result:
    """Connections to the OCR service that send a part of their headers or bodies, while others have photos read."""
    result = Result("slow senders")
    head = f"POST /v1/receipts HTTP/1.1\r\nHost: x\r\nContent-Length: {len(SMALL_PHOTO)}\r\n\r\n".encode()
    url = target.stack.addresses.ocr_url
    with ExitStack() as stack:
        for start in [b"", head[:20], head, head + SMALL_PHOTO[:-1]] * 6:
            client = stack.enter_context(_connect(url))
            client.sendall(start)
            result.counts["tried"] += 1
        for _ in range(2):
            response = requests.post(f"{url}/v1/receipts", data=SMALL_PHOTO, timeout=TIMEOUT_S)
            if response.status_code != 200:
                result.harm("lost", f"a photo got {response.status_code} beside slow senders")
    return result


def fuzz(target: Target) -> Result:
    """Schemathesis on the OpenAPI of the OCR service and of the app's functions."""
    result = Result("schemathesis on OpenAPI")
    token = target.sign_up().access_token
    addresses = target.stack.addresses
    for url in (addresses.ocr_url, addresses.barcode_lookup_url, addresses.category_feedback_url):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.ndjson"
            sizes = target.sizes
            command = [sys.executable, "-m", "schemathesis.cli"]
            command += ["--config-file", str(Path(__file__).with_name("st.toml"))]
            command += ["run", f"{url}/openapi.json", "--url", url, "--seed", "1", "--no-color"]
            command += ["-H", f"Authorization: Bearer {token}"]
            command += ["--max-examples", str(sizes.fuzz_examples), "--max-time", str(sizes.fuzz_s)]
            command += ["--report-ndjson-path", str(report)]
            done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
            statuses = re.findall(r'"status_code":\s*(\d+)', report.read_text("utf-8")) if report.exists() else []
        result.counts["tried"] += len(statuses)
        result.counts["refused"] += sum(status.startswith("4") for status in statuses)
        if done.returncode:
            start = done.stdout.find("= FAILURES =")
            result.harm("5xx", f"{url}: {done.stdout[start : start + 1500] or done.stderr[-500:]}")
    return result


@contextmanager
def sweeping(target: Target) -> Iterator[None]:
    """Call the sweep again and again, as the scheduler does."""
    stop = threading.Event()

    def sweep() -> None:
        while not stop.is_set():
            with suppress(requests.RequestException):
                requests.post(target.stack.addresses.receipt_sweep_url, timeout=TIMEOUT_S)

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        target.stack.service("receipt_sweep").kill()
        thread.join()


ATTACKS: list[Callable[[Target], Result]] = [access, images, chunks, slow_senders, fuzz, floods, kills]


def run(stack: Stack, sizes: Sizes, seconds: float, progress: Callable[[str], None]) -> tuple[list[Result], Row]:
    """All attacks, one after the other, within about `seconds`. Returns the results and peak memory by process."""
    results = []
    with target(stack, sizes, seconds) as attacked, sweeping(attacked):
        for attack in ATTACKS:
            progress(attack.__name__.replace("_", " "))
            if attacked.seconds_left < 0:
                results.append(Result(attack.__name__.replace("_", " "), left_out=1))
                continue
            results.append(attack(attacked))
            progress(json.dumps(dict(results[-1].counts)))
        attacked.note_peaks()
        return results, dict(attacked.peaks_mib)
