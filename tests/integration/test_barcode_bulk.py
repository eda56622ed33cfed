"""Loading the HACCP index: a generated data set of 15,000 rows over HTTP into the real table, with the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import AnyHttpUrl, SecretStr
from supabase import Client

from functions.barcode.connections import Connections
from functions.barcode.haccp.load import BulkIndex, Load
from functions.barcode.haccp.source import Haccp
from functions.barcode.settings import ProviderSettings
from functions.core.errors import SourceUnavailable
from local.client import User
from tests.support.barcode_servers import KEY, Reply, Server, document, gateway_error, page, serving

ROWS = 15_000
NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)

Row = dict[str, Any]


def number(place: int) -> str:
    payload = f"8809{place:08d}"
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(payload)))
    return payload + str(-total % 10)


def product(place: int, **fields: Any) -> Row:
    return {
        "rnum": str(place),
        "prdlstReportNo": f"2099{place:010d}",
        "productGb": "식품",
        "prdlstNm": f"가상 라면 {place}",
        "prdkind": "유탕면",
        "rawmtrl": "소맥분, 정제소금",
        "allergy": "밀, 대두 함유",
        "manufacture": "가상식품(주)_서울",
        "seller": "가상유통",
        "capacity": "120g",
        "barcode": number(place),
        "imgurl1": "http://example.invalid/1.jpg",
        **fields,
    }


@contextmanager
def data_set(products: list[Row], *, ensure_ascii: bool = False) -> Iterator[Server]:
    """Serves a list of products as the published API does."""

    def answer(path: str) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        page_number, size = int(query["pageNo"]), int(query["numOfRows"])
        items = [{"item": each} for each in products[(page_number - 1) * size : page_number * size]]
        body = {"numOfRows": str(size), "pageNo": str(page_number), "totalCount": str(len(products)), "items": items}
        content = {"header": {"resultCode": "OK", "resultMessage": "OK"}, "body": body}
        return Reply(200, json.dumps(content, ensure_ascii=ensure_ascii).encode())

    with serving(answer) as server:
        yield server


@pytest.fixture(autouse=True)
def empty(database) -> None:
    database.execute("truncate public.products_bulk, public.product_bulk_loads")


@pytest.fixture(scope="module")
def connections() -> Iterator[Connections]:
    with Connections() as connections:
        yield connections


def index(service: Client, connections: Connections, server: Server, now: datetime = NOW, rows: int = 100) -> BulkIndex:
    settings = ProviderSettings(url=AnyHttpUrl(server.url), key=SecretStr(KEY), timeout_s=20, max_bytes=8 * 1024 * 1024)
    return BulkIndex(service, Haccp(connections, settings, rows, lambda _: None), lambda: now)


def stored(database) -> int:
    return int(database.execute("select count(*) as n from public.products_bulk").fetchone()["n"])


WEEK = 7 * 24 * 3600


def test_the_command_loads_fifteen_thousand_rows_and_shows_progress(supabase_stack, database, make_user) -> None:
    with data_set([product(place) for place in range(ROWS)]) as server:
        environment = {
            "SUPABASE_URL": supabase_stack.url,
            "SUPABASE_SECRET_KEY": supabase_stack.secret_key,
            "SUPABASE_PUBLISHABLE_KEY": supabase_stack.publishable_key,
            "OCR_SERVICE_URL": "http://127.0.0.1:9",
            "HACCP__URL": server.url,
            "HACCP__KEY": KEY,
            "HACCP_PAGE_ROWS": "1000",
        }
        process = subprocess.run(
            [sys.executable, "-m", "functions.barcode.haccp"],
            env={**os.environ, **environment},
            cwd=Path(__file__).resolve().parents[2],
            capture_output=True,
            text=True,
        )
    assert process.returncode == 0, process.stderr
    assert "page 1 of 15, 1000 products" in process.stderr
    assert f"page 15 of 15, {ROWS} products" in process.stderr
    assert "k3y" not in process.stdout + process.stderr
    assert stored(database) == ROWS
    user: User = make_user()
    record = user.supabase.rpc("find_product", {"gtin14": f"0{number(14_999)}"}).execute().data
    assert (record["product"]["name"], record["product"]["source"]) == ("가상 라면 14999", "haccp")
    assert (record["product"]["category"], record["product"]["brand"]) == ("noodle", "가상식품(주)")
    assert (record["product"]["quantity_text"], record["product"]["storage"]) == ("120g", "pantry")


def test_the_command_reports_a_missing_key(supabase_stack) -> None:
    environment = {
        "SUPABASE_URL": supabase_stack.url,
        "SUPABASE_SECRET_KEY": supabase_stack.secret_key,
        "SUPABASE_PUBLISHABLE_KEY": supabase_stack.publishable_key,
        "OCR_SERVICE_URL": "http://127.0.0.1:9",
        "HACCP__KEY": "",
    }
    process = subprocess.run(
        [sys.executable, "-m", "functions.barcode.haccp"],
        env={**os.environ, **environment},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
    )
    assert (process.returncode, "HACCP__KEY" in process.stderr) == (1, True)


def test_a_load_resumes_where_it_stopped(service: Client, connections, database) -> None:
    with data_set([product(place) for place in range(950)]) as server:
        loads: list[Load] = []
        healthy, server.answer = (
            server.answer,
            lambda path: page("<html>broken</html>", 500) if "pageNo=4&" in path else healthy(path),
        )
        with pytest.raises(SourceUnavailable):
            index(service, connections, server).refresh(max_age_s=WEEK, budget_s=60, progress=loads.append)
        assert [load.next_page for load in loads] == [2, 3, 4]
        assert stored(database) == 300

        server.answer = healthy
        server.seen.clear()
        # Another instance, with time for one page only.
        assert index(service, connections, server).refresh(max_age_s=WEEK, budget_s=1e-9)["state"] == "loading"
        assert index(service, connections, server).refresh(max_age_s=WEEK, budget_s=60) == {
            "state": "loaded",
            "page": 10,
            "pages": 10,
            "stored": 950,
            "set_aside": 0,
        }
        pages = [parse_qs(urlsplit(path).query)["pageNo"][0] for path in server.seen]
        assert pages == [str(place) for place in range(4, 11)]
        assert stored(database) == 950


def test_a_fresh_index_is_kept_and_an_old_one_replaced(service: Client, connections, database) -> None:
    with data_set([product(place) for place in range(250)]) as server:
        index(service, connections, server).refresh(max_age_s=WEEK, budget_s=60)
        server.seen.clear()
        assert index(service, connections, server).refresh(max_age_s=WEEK, budget_s=60)["state"] == "fresh"
        assert server.seen == []
    later = NOW + timedelta(days=8)
    with data_set([product(place, prdlstNm="새 이름") for place in range(50, 250)]) as server:
        assert index(service, connections, server, later).refresh(max_age_s=WEEK, budget_s=60)["state"] == "loaded"
    rows = database.execute("select min(gtin14) as first, min(name) as name from public.products_bulk").fetchone()
    assert stored(database) == 200
    assert rows == {"first": f"0{number(50)}", "name": "새 이름"}


@pytest.mark.parametrize("bad", ["\x00", "\ud83d", "x" * 5000, float("nan"), {"a": 1}, "<b>이름</b>&#0;"])
@pytest.mark.parametrize("field", ["prdlstNm", "capacity", "manufacture", "prdkind", "imgurl1", "allergy", "rawmtrl"])
def test_one_odd_row_never_stops_a_load(service: Client, connections, database, field: str, bad: Any) -> None:
    products = [product(place, **({field: bad} if place == 7 else {})) for place in range(30)]
    with data_set(products, ensure_ascii=True) as server:
        loaded = index(service, connections, server).refresh(max_age_s=WEEK, budget_s=60)
    assert (loaded["state"], loaded["set_aside"]) == ("loaded", 0)
    assert stored(database) >= 29


def test_rows_that_the_database_refuses_are_set_aside_and_counted(service: Client, connections, database) -> None:
    with data_set([product(place) for place in range(250)]) as server:
        index(service, connections, server).refresh(max_age_s=WEEK, budget_s=60)
    refused = f"0{number(120)}"
    database.execute(f"alter table public.products_bulk add constraint refused check (gtin14 <> '{refused}') not valid")
    try:
        with data_set([product(place, prdlstNm="새 이름") for place in range(200)]) as server:
            later = index(service, connections, server, NOW + timedelta(days=8))
            loaded = later.refresh(max_age_s=WEEK, budget_s=60)
    finally:
        database.execute("alter table public.products_bulk drop constraint refused")
    assert (loaded["state"], loaded["stored"], loaded["set_aside"]) == ("loaded", 199, 1)
    assert stored(database) == 250, "nothing is deleted by a load that is incomplete"


def test_a_page_that_cannot_be_parsed_is_set_aside(service: Client, connections, database) -> None:
    with data_set([product(place) for place in range(350)]) as server:
        healthy = server.answer

        def answer(path: str) -> Reply:
            reply = healthy(path)
            # A quotation mark that is not escaped, as in a name such as 2" 피자.
            return (
                Reply(200, reply.body.replace("가상 라면 1".encode(), '가상 "라면" 1'.encode(), 1))
                if "pageNo=2&" in path
                else reply
            )

        server.answer = answer
        loaded = index(service, connections, server).refresh(max_age_s=WEEK, budget_s=60)
    assert (loaded["state"], loaded["stored"], loaded["set_aside"]) == ("loaded", 250, 1)


def test_a_data_set_that_shrank_by_much_deletes_nothing(service: Client, connections, database) -> None:
    with data_set([product(place) for place in range(250)]) as server:
        index(service, connections, server).refresh(max_age_s=WEEK, budget_s=60)
    later = NOW + timedelta(days=8)
    with data_set([product(1)]) as server:
        index(service, connections, server, later).refresh(max_age_s=WEEK, budget_s=60)
    assert stored(database) == 250


def test_the_same_page_stored_twice_counts_once(service: Client, connections, database) -> None:
    with data_set([product(place) for place in range(150)]) as server:
        loaded = index(service, connections, server).source.page(1)
    source = {"p_source": "haccp", "p_now": NOW.isoformat()}
    load = service.rpc("begin_bulk_load", {**source, "p_refresh_seconds": WEEK}).execute().data
    stored_page = {**source, "p_page": 1, "p_pages": 2, "p_rows": loaded.rows, "p_started_at": load["started_at"]}
    once, twice = (service.rpc("store_bulk_page", stored_page).execute().data for _ in range(2))
    assert once == twice
    assert (once["next_page"], once["stored"], stored(database)) == (2, 100, 100)


@pytest.mark.parametrize(
    "reply",
    [
        page("<html>", 500),
        Reply(200, b"nonsense"),
        document({}),
        document({"header": {"resultCode": "OK"}, "body": {"totalCount": "", "items": []}}),
        document({"header": {"resultCode": "OK"}, "body": {"totalCount": "5", "items": []}}),
        document({"header": {"resultCode": "30"}, "body": {}}),
        gateway_error("SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30"),
        Reply(302, b"", {"Location": "http://127.0.0.1:9/"}),
        Reply(manner="hang_up"),
    ],
)
def test_an_unusable_response_changes_nothing(service: Client, connections, database, reply: Reply) -> None:
    with data_set([product(place) for place in range(50)]) as server:
        index(service, connections, server).refresh(max_age_s=WEEK, budget_s=60)
        server.answer = lambda _path: reply
        later = index(service, connections, server, NOW + timedelta(days=8))
        with pytest.raises(SourceUnavailable) as error:
            later.refresh(max_age_s=WEEK, budget_s=60)
    assert "k3y" not in str(error.value)
    assert stored(database) == 50
