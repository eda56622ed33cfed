"""Servers that the integration tests share, and their users and rows."""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import httpx
import jwt
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from supabase import Client, ClientOptions, create_client

from local.client import User
from local.processes.service import Service, answers, free_port
from local.servers.label_studio import LabelStudio
from local.servers.mlflow import MlflowServer
from local.servers.postgres import PostgresServer
from local.servers.supabase_lite import SupabaseLite
from ocr_service.contract import ReceiptResponse
from ocr_service.reader import ReceiptReader
from ocr_service.settings import Settings
from tests.support.prepared_database import new_stack
from tests.support.storage import storage_server
from tools.test_supabase import given_project

PHOTO = b"\xff\xd8\xff\xe0 the first bytes of a JPEG; no test here decodes it"

Row = dict[str, Any]


@dataclass(frozen=True)
class SupabaseStack:
    """A Supabase project without functions and OCR service: Postgres with the migrations, Data API, Auth, Storage."""

    url: str
    publishable_key: str
    secret_key: str
    jwt_secret: str
    database_url: str


@pytest.fixture(scope="session")
def supabase_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupabaseStack]:
    """The project that `make test-supabase` names, otherwise one of its own."""
    if project := given_project(os.environ):
        yield SupabaseStack(*project.values())
        return
    directory = new_stack(tmp_path_factory)
    postgres = PostgresServer.start(directory / "postgres", directory / "postgres.log")
    try:
        lite = SupabaseLite.start(directory / "supabase", postgres.url, directory / "supabase.log")
        try:
            keys = lite.keys
            yield SupabaseStack(lite.url, keys.publishable_key, keys.secret_key, keys.jwt_secret, postgres.url)
        finally:
            lite.stop()
    finally:
        postgres.stop()


@dataclass(frozen=True)
class FunctionProcess:
    """An entry point of the functions, served by the framework in its own process."""

    url: str
    log: Path


StartFunction = Callable[..., AbstractContextManager[FunctionProcess]]


@pytest.fixture(scope="session")
def start_function(supabase_stack: SupabaseStack, tmp_path_factory: pytest.TempPathFactory) -> StartFunction:
    """`start_function(target, NAME=value…)` is a context in which an entry point runs on the shared database."""
    settings = {
        "SUPABASE_URL": supabase_stack.url,
        "SUPABASE_SECRET_KEY": supabase_stack.secret_key,
        "SUPABASE_PUBLISHABLE_KEY": supabase_stack.publishable_key,
        "SUPABASE_JWT_SECRET": supabase_stack.jwt_secret,
        "OCR_SERVICE_URL": "http://127.0.0.1:9",
    }

    @contextmanager
    def start(target: str, **environment: str) -> Iterator[FunctionProcess]:
        port, log = free_port(), tmp_path_factory.mktemp("function") / f"{target}.log"
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "functions_framework", "--source", "functions/main.py", "--target", target]
        service = Service(
            target,
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            settings | environment,
            log,
            answers(f"{url}/robots.txt", status=404),
        )
        service.start_and_wait()
        try:
            yield FunctionProcess(url, log)
        finally:
            # A terminated gunicorn may wait half a minute for connections that no client uses.
            service.stop(timeout_s=3)

    return start


@pytest.fixture(scope="session")
def database_url(supabase_stack: SupabaseStack) -> str:
    return supabase_stack.database_url


@pytest.fixture(scope="session")
def database(database_url: str) -> Iterator[psycopg.Connection[Row]]:
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture(scope="session")
def job_url(database_url: str, database: psycopg.Connection[Row]) -> Callable[[str], str]:
    """The URL of the database for the role of a job, `retraining` or `annotation`, which may log in from now on."""

    def job_url(role: str) -> str:
        database.execute(sql.SQL("alter role {} login password 'job'").format(sql.Identifier(role)))
        return make_conninfo(database_url, user=role, password="job")

    return job_url


@pytest.fixture
def no_corrections(database: psycopg.Connection[Row]) -> Iterator[None]:
    """Empty tables of corrections, annotations and retraining runs, before and after the test."""
    tables = (
        "public.user_category_feedback, public.annotation_queue, public.item_annotations, public.retraining_runs, "
        "public.audit_items"
    )
    database.execute(f"truncate {tables}")
    yield
    database.execute(f"truncate {tables}")


@pytest.fixture(scope="session")
def mlflow_url(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a tracking server on the project's Postgres."""
    directory = tmp_path_factory.mktemp("mlflow")
    server = MlflowServer.launch(directory, directory / "mlflow.log", database_url)
    try:
        server.service.wait()
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def label_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelStudio]:
    """A server without projects, unless an earlier module has left its own."""
    directory = tmp_path_factory.mktemp("label_studio")
    server = LabelStudio.start(directory / "data", directory / "label_studio.log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20) as client:
        yield client


def connect(url: str, key: str, http: httpx.Client, headers: dict[str, str]) -> Client:
    options = ClientOptions(httpx_client=http, headers=headers, auto_refresh_token=False, persist_session=False)
    return create_client(url, key, options)


@pytest.fixture(scope="session")
def make_user(
    supabase_stack: SupabaseStack, database: psycopg.Connection[Row], http: httpx.Client
) -> Callable[[], User]:
    """Creates users with a token like Auth's; `supabase` is a client with that token.

    They are inserted instead of signed up, because hashing a password takes longer than most tests.
    """

    def make_user() -> User:
        user_id, email = str(uuid.uuid4()), f"{uuid.uuid4().hex[:8]}@example.com"
        database.execute("insert into auth.users (id, email) values (%s, %s)", [user_id, email])
        claims = {"sub": user_id, "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + 3600}
        token = jwt.encode(claims, supabase_stack.jwt_secret)
        headers = {"Authorization": f"Bearer {token}"}
        client = connect(supabase_stack.url, supabase_stack.publishable_key, http, headers)
        return User(user_id, email, "", token, client)

    return make_user


@pytest.fixture
def user(make_user: Callable[[], User]) -> User:
    return make_user()


@pytest.fixture(scope="session")
def run_twice_at_once(database_url: str) -> Callable[..., list[list[Any]]]:
    """Runs a user's query on two connections at the same time, as the Data API does. Returns the rows of each."""

    def run_twice_at_once(user: User, query: LiteralString, *arguments: Any) -> list[list[Any]]:
        start = threading.Barrier(2)

        def call() -> list[Any]:
            # The user's role and claims, for one transaction.
            with psycopg.connect(database_url) as connection:
                connection.execute("select set_config('request.jwt.claim.sub', %s, true)", [user.user_id])
                connection.execute("set local role authenticated")
                start.wait()
                return connection.execute(query, arguments).fetchall()

        with ThreadPoolExecutor(2) as pool:
            return [future.result() for future in [pool.submit(call) for _ in range(2)]]

    return run_twice_at_once


@pytest.fixture(scope="session")
def service(supabase_stack: SupabaseStack, http: httpx.Client) -> Client:
    """A Supabase client with the secret key, as the functions have."""
    return connect(supabase_stack.url, supabase_stack.secret_key, http, {})


@pytest.fixture(scope="session")
def anonymous(supabase_stack: SupabaseStack, http: httpx.Client) -> Client:
    """A Supabase client with the app's key and without a user's token."""
    return connect(supabase_stack.url, supabase_stack.publishable_key, http, {})


@pytest.fixture
def other_bucket(database: psycopg.Connection[Row]) -> Iterator[str]:
    """Another bucket than that of photos. A project that is tested again must not have it."""
    name = f"other-{uuid.uuid4()}"
    database.execute("insert into storage.buckets (id, name) values (%s, %s)", [name, name])
    yield name
    with storage_server(database):
        database.execute("delete from storage.objects where bucket_id = %s", [name])
        database.execute("delete from storage.buckets where id = %s", [name])


@pytest.fixture(scope="session")
def upload_photo() -> Callable[..., str]:
    """Uploads a photo as its user. Returns its path."""

    def upload_photo(user: User, path: str = "", *, upsert: bool = False) -> str:
        path = path or f"{user.user_id}/{uuid.uuid4()}.jpg"
        options = {"content-type": "image/jpeg", "upsert": "true" if upsert else "false"}
        user.supabase.storage.from_("ocr").upload(path, PHOTO, options)
        return path

    return upload_photo


@pytest.fixture(scope="session")
def upload_receipt(database: psycopg.Connection[Row], upload_photo: Callable[..., str]) -> Callable[..., Row]:
    """Uploads a photo as its user. Returns the receipt that the trigger queued."""

    def upload_receipt(user: User, path: str = "", *, upsert: bool = False) -> Row:
        path = upload_photo(user, path, upsert=upsert)
        query = "select * from public.receipts where object_path = %s order by created_at desc limit 1"
        receipt = database.execute(query, [path]).fetchone()
        assert receipt is not None
        return receipt

    return upload_receipt


@pytest.fixture(scope="session")
def claim(service: Client) -> Callable[..., list[Row]]:
    def claim(receipt_id: object = None, limit: int = 1, lease_s: int = 60, request_id: str | None = None) -> list[Row]:
        arguments = {
            "p_limit": limit,
            "p_lease_seconds": lease_s,
            "p_receipt_id": str(receipt_id) if receipt_id else None,
            "p_request_id": request_id,
        }
        rows: Any = service.rpc("claim_receipts", arguments).execute().data
        return list(rows)

    return claim


@pytest.fixture(scope="session")
def complete(service: Client) -> Callable[[Row, Row], str]:
    def complete(claimed: Row, answer: Row) -> str:
        arguments = {"p_receipt_id": claimed["id"], "p_lease_token": claimed["lease_token"], "p_result": answer}
        return str(service.rpc("complete_receipt", arguments).execute().data)

    return complete


@pytest.fixture(scope="session")
def fail(service: Client) -> Callable[..., str]:
    def fail(claimed: Row, code: str = "ocr_failed", *, retryable: bool = True, **more: Any) -> str:
        arguments = {
            "p_receipt_id": claimed["id"],
            "p_lease_token": claimed["lease_token"],
            "p_code": code,
            "p_detail": "It did not work.",
            "p_retryable": retryable,
            **more,
        }
        return str(service.rpc("fail_receipt", arguments).execute().data)

    return fail


def _item(line_no: int, name: str, code: str, **fields: Any) -> Row:
    return {
        "line_no": line_no,
        "raw_text": f"{line_no:03d} {name}\n  2,980 1 2,980",
        "name": name,
        "quantity": 1,
        "unit": None,
        "unit_price": 2980,
        "amount": 2980,
        "discount": 0,
        "barcode": None,
        "kind": "food",
        "category": {"code": code, "confidence": 0.9},
        "uncertain": False,
        "uncertain_fields": [],
        "storage": "fridge",
        "expires_on": "2026-11-27",
        "box": [10, 100 * line_no, 900, 100 * line_no + 60],
        **fields,
    }


@pytest.fixture(scope="session")
def ocr_answer() -> Callable[..., Row]:
    """A response of the OCR service, validated by its contract. Keywords change fields of the receipt."""

    def ocr_answer(**receipt: Any) -> Row:
        items = [
            _item(1, "서울우유 1L", "dairy"),
            _item(
                2,
                "두부 300g",
                "tofu",
                quantity=2,
                amount=5960,
                discount=-500,
                uncertain=True,
                uncertain_fields=["category"],
            ),
            _item(3, "종량제봉투 20L", "non_food", kind="non_food", storage=None, expires_on=None),
        ]
        answer = {
            "contract_version": "1.1",
            "request_id": "request-1",
            "receipt": {
                "store": "행복마트 성수점",
                "purchased_at": "2026-11-20T18:31",
                "currency": "KRW",
                "total": 11420,
                "subtotal": None,
                "tax": None,
                "discount_total": -500,
                "totals_match": True,
                **receipt,
            },
            "items": items,
            "lines": [{"text": "행복마트 성수점", "confidence": 0.99, "box": [10, 10, 400, 60], "role": "store"}],
            "model_versions": {"recognition": "1", "category": "category-1"},
            "timings_ms": {"total": 1200.5},
            "warnings": ["turned"],
        }
        return ReceiptResponse.model_validate(answer).model_dump(mode="json")

    return ocr_answer


@pytest.fixture(scope="session")
def read_receipt(
    upload_receipt: Callable[..., Row],
    claim: Callable[..., list[Row]],
    complete: Callable[[Row, Row], str],
    ocr_answer: Callable[..., Row],
    database: psycopg.Connection[Row],
) -> Callable[..., tuple[Row, list[Row]]]:
    """Uploads, claims and completes a receipt. Returns its row and its items."""

    def read_receipt(user: User, answer: Row | None = None) -> tuple[Row, list[Row]]:
        queued = upload_receipt(user)
        (claimed,) = claim(queued["id"])
        assert complete(claimed, answer or ocr_answer()) == "done"
        receipt = database.execute("select * from public.receipts where id = %s", [queued["id"]]).fetchone()
        items = database.execute(
            "select i.*, c.code from public.receipt_items i join public.categories c on c.id = i.category_id "
            "where receipt_id = %s order by line_no",
            [queued["id"]],
        ).fetchall()
        assert receipt is not None
        return receipt, items

    return read_receipt


@pytest.fixture(scope="session")
def ocr_reader() -> Iterator[ReceiptReader]:
    """The shipped models and rules; today is later than every sample receipt.

    In single precision, so that golden files hold on every processor.
    """
    loaded = ReceiptReader(Settings(precision="float32"), lambda: datetime(2026, 11, 1, 3, 0, tzinfo=UTC))
    yield loaded
    loaded.close()


@pytest.fixture(scope="session")
def native_reader() -> Iterator[ReceiptReader]:
    """The same, in the precision that this processor is fast at, which takes up to half the time."""
    loaded = ReceiptReader(Settings(), lambda: datetime(2026, 11, 1, 3, 0, tzinfo=UTC))
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def feedback_url(start_function) -> Iterator[str]:
    """`category_feedback` on a port of its own."""
    with start_function("category_feedback") as function:
        yield function.url


@pytest.fixture(scope="module")
def reader(
    database_url: str,
    claim: Callable[..., list[Row]],
    complete: Callable[[Row, Row], str],
    ocr_answer: Callable[..., Row],
) -> Iterator[Callable[[str], None]]:
    """Completes receipts of the user with that address, in place of the functions and the OCR service."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def read(email: str) -> None:
        query = (
            "select r.id from public.receipts r join auth.users u on u.id = r.user_id "
            "where u.email = %s and r.status = 'queued'"
        )
        with psycopg.connect(database_url, autocommit=True) as connection:
            while not over.wait(0.1):
                for (receipt_id,) in connection.execute(query, [email]).fetchall():
                    (claimed,) = claim(receipt_id)
                    complete(claimed, ocr_answer())

    def start(email: str) -> None:
        threads.append(threading.Thread(target=read, args=[email]))
        threads[-1].start()

    yield start
    over.set()
    for thread in threads:
        thread.join()
