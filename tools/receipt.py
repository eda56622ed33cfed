"""Print a receipt's whole story from the tables: upload, attempts, result, review, and how to find its log lines.

Give the id of a receipt, or the mail address of a user for their latest receipts. The output contains personal data;
item names are shown only with --items.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tools.commands import DeliveryError, exit_status

LATEST = 10
OF_USER: LiteralString = """
select r.id, r.status, r.created_at, r.error_code from public.receipts r join auth.users u on u.id = r.user_id
where lower(u.email) = lower(%s) order by r.created_at desc limit %s
"""
RECEIPT: LiteralString = """
select r.*, extract(epoch from r.processed_at - r.queued_at) as took_s,
  (select count(*) from public.receipts o where o.status = 'queued' and (o.turn, o.queued_at) < (r.turn, r.queued_at))
    as ahead,
  exists (select from storage.objects o where o.bucket_id = r.bucket and o.name = r.object_path) as has_photo
from public.receipts r where r.id = %s
"""
ATTEMPTS: LiteralString = "select * from private.receipt_attempts where receipt_id = %s order by id"
ITEMS: LiteralString = """
select i.line_no, i.name, i.amount, i.status, i.decided_by, i.uncertain, p.code as predicted, c.code as category,
  exists (select from public.user_category_feedback f where f.receipt_item_id = i.id) as is_corrected
from public.receipt_items i left join public.categories p on p.id = i.predicted_category_id
join public.categories c on c.id = i.category_id
where i.receipt_id = %s order by i.line_no
"""

REREADS: LiteralString = """
select x.run_name, x.state, x.code, x.ended_at, (o.rules ->> 'applies')::boolean as applies,
  jsonb_array_length(x.changes) as changes, x.models, o.rules -> 'models' as new_models
from private.rereads x join private.reread_runs o on o.name = x.run_name
where x.receipt_id = %s order by o.created_at, x.run_name
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.receipt", description=__doc__)
    parser.add_argument("key", metavar="ID|EMAIL", help="id of a receipt, or address of a user")
    parser.add_argument("--items", action="store_true", help="show names and amounts of the items")
    parser.add_argument("--database", help="connection string (default: $SUPABASE_DB_URL)")
    options = parser.parse_args()
    return exit_status(lambda: tell(options.key, options.database or "", items=options.items))


def tell(key: str, database_url: str = "", *, items: bool = False) -> None:
    """Print the story. Raises: DeliveryError."""
    database_url = database_url or os.environ.get("SUPABASE_DB_URL", "")
    if not database_url:
        raise DeliveryError("Name the database: --database or SUPABASE_DB_URL.")
    with psycopg.connect(
        database_url, row_factory=dict_row, options="-c default_transaction_read_only=on", prepare_threshold=None
    ) as database:
        if "@" in key:
            rows = database.execute(OF_USER, [key, LATEST]).fetchall()
            if not rows:
                raise DeliveryError("No user with this address has a receipt.")
            for row in rows:
                print(row["id"], f"{row['created_at']:%Y-%m-%d %H:%M:%S}", row["status"], row["error_code"] or "")
            print(f"\nThe latest, {rows[0]['id']}:\n")
            key = str(rows[0]["id"])
        try:
            receipt_id = UUID(key)
        except ValueError as error:
            raise DeliveryError("Give the id of a receipt, or a mail address.") from error
        receipt = database.execute(RECEIPT, [receipt_id]).fetchone()
        if receipt is None:
            raise DeliveryError("There is no such receipt.")
        attempts = database.execute(ATTEMPTS, [receipt_id]).fetchall()
        lines = database.execute(ITEMS, [receipt_id]).fetchall()
        rereads = database.execute(REREADS, [receipt_id]).fetchall()
    for line in story(receipt, attempts, lines, rereads, items_shown=items):
        print(line)


def story(
    receipt: Mapping[str, Any],
    attempts: list[dict[str, Any]],
    items: list[dict[str, Any]],
    rereads: list[dict[str, Any]],
    *,
    items_shown: bool = False,
) -> Iterator[str]:
    """The story, line by line."""
    yield f"receipt     {receipt['id']} of user {receipt['user_id']}"
    yield f"photo       {receipt['bucket']}/{receipt['object_path']} {'' if receipt['has_photo'] else '(deleted)'}"
    yield f"uploaded    {_time(receipt['created_at'])}"
    if receipt["queued_at"] != receipt["created_at"]:
        yield f"retried     {_time(receipt['queued_at'])} by the user"
    charged = f"{receipt['attempts']} attempts charged, {receipt['outages']} outages in a row"
    yield f"status      {receipt['status']}, {charged}"
    if receipt["error_code"]:
        yield f"error       {receipt['error_code']}: {receipt['error_detail'] or ''}"
    if receipt["status"] == "queued":
        yield f"due         {_time(receipt['next_attempt_at'])}, {receipt['ahead']} receipts ahead of it"
        if receipt["reads_alone"]:
            yield "            it is read alone, because a reader died while it had this photo"
    for attempt in attempts:
        end = f"{attempt['outcome']} {_time(attempt['ended_at'])}" if attempt["ended_at"] else "not ended"
        code = f" {attempt['error_code']}" if attempt["error_code"] else ""
        yield f"attempt     {_time(attempt['started_at'])} → {end}{code}, request {attempt['request_id']}"
    if receipt["status"] == "done":
        yield f"done        {_time(receipt['processed_at'])}, {receipt['took_s']:.1f} s after the upload or retry"
        yield f"models      {receipt['model_versions']}"
        yield f"timings     {receipt['timings']}"
        yield f"warnings    {receipt['warnings']}"
        if receipt["duplicate_of"]:
            yield f"duplicate   of {receipt['duplicate_of']}"
    for reread in rereads:
        models = " ".join(f"{kind} {version}" for kind, version in reread["new_models"].items())
        verb = "changed" if reread["applies"] else "would change"
        found = f"{verb} {reread['changes']} values" if reread["state"] == "changed" else reread["state"]
        code = f" {reread['code']}" if reread["code"] else ""
        yield f"reread      {_time(reread['ended_at'])} run {reread['run_name']} with {models}: {found}{code}"
        if reread["models"]:
            yield f"            before: {reread['models']}"
    by_status = {
        status: sum(item["status"] == status for item in items) for status in ("pending", "added", "dismissed")
    }
    corrected = sum(item["is_corrected"] for item in items)
    yield f"items       {len(items)}: " + ", ".join(f"{n} {status}" for status, n in by_status.items())
    yield f"            {corrected} with a decision on the category, {sum(i['uncertain'] for i in items)} uncertain"
    if items_shown:
        for item in items:
            change = "" if item["predicted"] == item["category"] else f" (predicted {item['predicted']})"
            yield f"  {item['line_no']:3} {item['name']} {item['amount']} {item['category']}{change} {item['status']}"
    for request_id in {str(attempt["request_id"]): None for attempt in attempts if attempt["request_id"]}:
        yield f"logs        gcloud logging read 'jsonPayload.request_id=\"{request_id}\"'"
    yield f"all logs    gcloud logging read 'jsonPayload.receipt_id=\"{receipt['id']}\"' --freshness=30d"


def _time(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S%z}" if value else "–"


if __name__ == "__main__":
    sys.exit(main())
