"""Latency of barcode lookups, next to a bare Data API call on the same stack in the same minutes.

The two are measured in turns, so that a busy machine slows both. Providers are scripted servers: a miss, a hit, or no
response at all.
"""

from __future__ import annotations

import random
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import requests

from local.client import User, sign_up
from local.processes.service import answers, free_port
from local.stack import Stack
from tests.support import barcode_servers as wire
from tests.support.barcode_servers import KEY, Reply, serving

PRODUCTS, ROUNDS, WARM_UP = 1000, 600, 60
USERS, UNKNOWN = 16, 50
BUDGET_S = 1.5


def measure_barcode_alone(directory: Path, progress: Callable[[str], None]) -> list[str]:
    """`measure_barcode` on a stack of its own."""
    shutil.rmtree(directory, ignore_errors=True)
    with Stack(directory, progress=progress, webhook=True, scheduler=False) as stack:
        user = sign_up(stack.addresses.supabase_url, stack.addresses.publishable_key)
        return measure_barcode(stack, user, progress)


def measure_barcode(stack: Stack, user: User, progress: Callable[[str], None]) -> list[str]:
    """p50 and p95 for known products, alone and while providers hang, and for unknown codes at once. Markdown lines."""
    with psycopg.connect(stack.addresses.database_url, autocommit=True) as database:
        database.cursor().executemany(
            "insert into public.products (gtin14, name, category_id, source, expires_at) values "
            "(%s, '가상 우유 1L', (select id from public.categories where code = 'dairy'), 'foodqr', "
            "now() + interval '1 day') on conflict (gtin14) do nothing",
            [[f"0{_number(place)}"] for place in range(PRODUCTS)],
        )
        database.execute(
            "insert into private.settings (name, value) values ('barcode_lookups_per_day', '100000') "
            "on conflict (name) do update set value = excluded.value"
        )
    progress("barcodes")
    lines = [
        f"Known products, {ROUNDS} requests of each kind in turns, {PRODUCTS} products:",
        "",
        "| | p50 ms | p95 ms | p50 / bare p50 | p95 / bare p95 |",
        "|---|---:|---:|---:|---:|",
        *_known(stack, user, stack.addresses.barcode_lookup_url, users=1, name="one user"),
        *_known(stack, user, stack.addresses.barcode_lookup_url, users=USERS, name=f"{USERS} users at once"),
    ]
    with _with_providers(stack, user, "hang") as url:
        progress("barcodes while providers hang")
        stop = threading.Event()
        with ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(_scan_unknown_until, stop, user, url)
            lines += _known(stack, user, url, users=1, name="one user, providers hang for 4 others")
            lines += _known(stack, user, url, users=USERS - 4, name=f"{USERS - 4} users, providers hang for 4 others")
            stop.set()
    lines += [
        "",
        f"{UNKNOWN} different unknown codes at once (budget {BUDGET_S * 1000:.0f} ms):",
        "",
        "| providers | p50 ms | p95 ms | max ms | over the budget | outcomes |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for behaviour in ("miss", "hit", "hang"):
        with _with_providers(stack, user, behaviour) as url:
            progress(f"unknown barcodes, providers: {behaviour}")
            lines.append(_unknown(user, url, behaviour))
    return lines


def _known(stack: Stack, user: User, url: str, *, users: int, name: str) -> list[str]:
    """The lookup beside calls to the Data API, each in turn from every one of `users` threads.

    The bare call is a select of the product with its category; `find_product` is what the lookup calls.
    """
    rest = f"{stack.addresses.supabase_url}/rest/v1"

    def run(seed: int) -> list[tuple[float, float, float]]:
        places = random.Random(seed)
        with _session(user) as function, _session(user) as data_api:
            data_api.headers["apikey"] = stack.addresses.publishable_key

            def turn() -> tuple[float, float, float]:
                number = _number(places.randrange(PRODUCTS))
                query = {"gtin14": f"eq.0{number}", "select": "*,categories(*)"}
                start = time.perf_counter()
                assert function.get(url, params={"barcode": number}).json()["outcome"] == "found"
                looked_up = time.perf_counter()
                assert data_api.get(f"{rest}/products", params=query).json()
                selected = time.perf_counter()
                assert data_api.post(f"{rest}/rpc/find_product", json={"gtin14": f"0{number}"}).json()["product"]
                called = time.perf_counter()
                return looked_up - start, selected - looked_up, called - selected

            return [turn() for _ in range((WARM_UP + ROUNDS) // users + 1)][WARM_UP // users :]

    with ThreadPoolExecutor(users) as pool:
        turns = [turn for turns in pool.map(run, range(users)) for turn in turns]
    lookups, bare, calls = ([1000 * seconds for seconds in kind] for kind in zip(*turns, strict=True))
    p50, p95 = statistics.median(bare), _p95(bare)

    def line(text: str, times: Sequence[float]) -> str:
        middle, late = statistics.median(times), _p95(times)
        return f"| {text} | {middle:.1f} | {late:.1f} | {middle / p50:.2f} | {late / p95:.2f} |"

    return [
        line(f"`barcode_lookup`, {name}", lookups),
        line("its call of `find_product` alone, in turns with it", calls),
        line("bare Data API call, in turns with both", bare),
    ]


def _unknown(user: User, url: str, behaviour: str) -> str:
    """One burst of new codes."""
    gate = threading.Barrier(UNKNOWN)

    def look_up(_: int) -> tuple[float, str]:
        with _session(user) as session:
            gate.wait()
            start = time.perf_counter()
            answer = session.get(url, params={"barcode": _number(random.randrange(PRODUCTS, 10**8))})
            return 1000 * (time.perf_counter() - start), str(answer.json().get("outcome", answer.status_code))

    with ThreadPoolExecutor(UNKNOWN) as pool:
        results = list(pool.map(look_up, range(UNKNOWN)))
    times = [each for each, _ in results]
    outcomes = [outcome for _, outcome in results]
    counts = ", ".join(f"{outcomes.count(each)} {each}" for each in sorted(set(outcomes)))
    late = sum(each > 1000 * BUDGET_S for each in times)
    return (
        f"| {behaviour} | {statistics.median(times):.0f} | {_p95(times):.0f} | {max(times):.0f} | {late} | {counts} |"
    )


def _scan_unknown_until(stop: threading.Event, user: User, url: str) -> None:
    with _session(user) as session:
        while not stop.is_set():
            session.get(url, params={"barcode": _number(random.randrange(PRODUCTS, 10**8))})


@contextmanager
def _with_providers(stack: Stack, user: User, behaviour: str) -> Iterator[str]:
    """The URL of a second `barcode_lookup` that asks providers which behave so, and have no quota."""

    def foodqr(path: str) -> Reply:
        replies = {"hang": Reply(manner="hang"), "miss": wire.FOODQR_MISS}
        return replies.get(behaviour) or wire.foodqr_hit(wire.asked_number(path))

    def openfoodfacts(path: str) -> Reply:
        return Reply(manner="hang") if behaviour == "hang" else wire.off_v3_miss(wire.asked_number(path))

    def foodsafety(path: str) -> Reply:
        return Reply(manner="hang") if behaviour == "hang" else wire.mfds_both("INFO-200")(path)

    with ExitStack() as servers:
        environment = {}
        for name, answer in (("FOODQR", foodqr), ("OPENFOODFACTS", openfoodfacts), ("FOODSAFETY", foodsafety)):
            environment[f"{name}__URL"] = servers.enter_context(serving(answer)).url
            # The breaker would end the wait for a provider that hangs.
            environment |= {f"{name}__{each}": "null" for each in ("PER_MINUTE", "PER_HOUR", "PER_DAY")}
            environment |= {f"{name}__KEY": KEY, f"{name}__FAILURES": "1000000"}
        environment |= {"OPENFOODFACTS__CONTACT": "ops@example.com", "FOODSAFETY__CLOSED_FROM": "null"}
        token = {"Authorization": f"Bearer {user.access_token}"}
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        original = stack.service("barcode_lookup")
        service = replace(
            original,
            name=f"barcode_lookup_{behaviour}",
            command=[*original.command[:-1], str(port)],
            environment={**original.environment, **environment},
            log=stack.logs_dir / f"barcode_lookup_{behaviour}.log",
            ready=answers(f"{url}/robots.txt", status=404),
        )
        service.start_and_wait()
        try:
            # The first request builds the clients.
            requests.get(url, params={"barcode": "2012345678903"}, headers=token).raise_for_status()
            yield url
        finally:
            service.stop()


def _session(user: User) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {user.access_token}"
    return session


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


def _number(place: int) -> str:
    payload = f"8807{place:08d}"
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(payload)))
    return payload + str(-total % 10)
