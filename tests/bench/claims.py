"""The queue with many rows: how long a claim takes, beside one on a nearly empty queue in the same run."""

from __future__ import annotations

import statistics
import time
from typing import Any

import psycopg

CLAIMS = 100
USERS = 1000

FILL = """
with people as (
  insert into auth.users (id, email)
  select gen_random_uuid(), 'bench-' || n || '@example.com' from generate_series(1, %(users)s) n returning id
), numbered as (
  select id, row_number() over () as place from people
)
insert into public.receipts (user_id, bucket, object_path, object_version, turn, status, error_code, next_attempt_at)
select p.id, 'ocr', p.id || '/' || n || '.jpg', '1', n / %(users)s,
  case when n %% 2 = 0 then 'queued' else 'failed' end, case when n %% 2 = 1 then 'no_text' end,
  now() - interval '1 minute'
from generate_series(1, %(rows)s) n join numbered p on p.place = 1 + n %% %(users)s
"""


def measure_claims(database_url: str, rows: int = 100_000) -> list[str]:
    """Claims with few rows, then with `rows` receipts of `USERS` users, half of them queued. Returns Markdown lines."""
    lines = ["| receipts | claim p50 ms | p95 ms |", "|---:|---:|---:|"]
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("delete from auth.users where email like 'bench-%'")
        for count in (1000, rows):
            database.execute(FILL, {"users": USERS, "rows": count})
            database.execute("vacuum analyze public.receipts")
            times = sorted(_claim_ms(database) for _ in range(CLAIMS))
            lines.append(f"| {count} | {statistics.median(times):.1f} | {times[int(0.95 * CLAIMS)]:.1f} |")
            database.execute("delete from auth.users where email like 'bench-%'")
    return lines


def _claim_ms(database: psycopg.Connection[Any]) -> float:
    start = time.perf_counter()
    claims = database.execute("select id from public.claim_receipts(1, 180)").fetchall()
    elapsed = 1000 * (time.perf_counter() - start)
    # Its outcome, without which the next claims of the user would have to be skipped.
    database.execute(
        "update public.receipts set status = 'failed', error_code = 'no_text', lease_until = null where id = %s",
        claims[0],
    )
    return elapsed
