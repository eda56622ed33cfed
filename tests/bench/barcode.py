"""Latency of looking up a known product, next to a bare Data API call on the same stack."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import psycopg
import requests

from local.client import User
from local.stack import Stack

PRODUCTS, ROUNDS, WARM_UP = 1000, 300, 30


def measure_barcode(stack: Stack, user: User, progress: Callable[[str], None]) -> list[str]:
    """p50 and p95 for known products, and for an unknown one without providers. Returns Markdown lines."""
    numbers = [_number(place) for place in range(PRODUCTS)]
    with psycopg.connect(stack.addresses.database_url, autocommit=True) as database:
        database.cursor().executemany(
            "insert into public.products (gtin14, name, category_id, source, expires_at) values "
            "(%s, '가상 우유 1L', (select id from public.categories where code = 'dairy'), 'foodqr', "
            "now() + interval '1 day') on conflict (gtin14) do nothing",
            [[f"0{number}"] for number in numbers],
        )
    token = {"Authorization": f"Bearer {user.access_token}"}
    rest = f"{stack.addresses.supabase_url}/rest/v1/products"
    with requests.Session() as function, requests.Session() as data_api:
        function.headers.update(token)
        data_api.headers.update({**token, "apikey": stack.addresses.publishable_key})

        def look_up(place: int) -> None:
            answer = function.get(stack.addresses.barcode_lookup_url, params={"barcode": numbers[place % PRODUCTS]})
            assert answer.json()["outcome"] == "found"

        def select(place: int) -> None:
            query = {"gtin14": f"eq.0{numbers[place % PRODUCTS]}", "select": "*,categories(*)"}
            assert data_api.get(rest, params=query).json()

        def look_up_unknown(place: int) -> None:
            answer = function.get(stack.addresses.barcode_lookup_url, params={"barcode": _number(PRODUCTS + place)})
            assert answer.json()["outcome"] == "not_found"

        progress("barcodes")
        measured = {
            "`barcode_lookup`, known product": _times(look_up),
            "bare Data API call (`products` with its category)": _times(select),
            "`barcode_lookup`, unknown product, no provider enabled": _times(look_up_unknown),
        }
    lines = [
        f"{ROUNDS} requests one after the other, {PRODUCTS} products:",
        "",
        "| | p50 ms | p95 ms |",
        "|---|---:|---:|",
    ]
    lines += [f"| {name} | {statistics.median(t):.1f} | {_p95(t):.1f} |" for name, t in measured.items()]
    return lines


def _times(call: Callable[[int], None]) -> list[float]:
    """Milliseconds per round."""
    times = []
    for place in range(WARM_UP + ROUNDS):
        start = time.perf_counter()
        call(place)
        times.append(1000 * (time.perf_counter() - start))
    return times[WARM_UP:]


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


def _number(place: int) -> str:
    payload = f"8807{place:08d}"
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(payload)))
    return payload + str(-total % 10)
