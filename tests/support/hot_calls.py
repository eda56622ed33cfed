"""The database calls that users and workers make most, on the rows of many users, and what their plans scan."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

Database = psycopg.Connection[Any]
RECEIPTS_PER_USER = 4
ITEMS_PER_RECEIPT = 5
BIG_TABLES = ("receipts", "receipt_items", "inventory")

RECEIPTS = """
insert into public.receipts (
  user_id, bucket, object_path, object_version, status, store_name, purchased_at, total, created_at, processed_at
)
select u.id, 'ocr', u.id::text || '/' || n || '.jpg', '1', 'done', '행복마트 ' || n %% 20,
  now() - n * (interval '365 days' / %(receipts)s), 10000 + n, now() - n * (interval '365 days' / %(receipts)s), now()
from unnest(%(users)s::uuid[]) u (id), generate_series(1, %(receipts)s) n
"""
ITEMS = """
insert into public.receipt_items (
  receipt_id, line_no, raw_text, predicted_name, name, quantity, amount, kind, predicted_category_id, category_id,
  status, storage, expires_on
)
select r.id, k, 'x', name.text, name.text, 1, 1000 + k, 'food', 1 + k %% 22, 1 + k %% 22, 'added', 'fridge',
  r.purchased_at::date + 10
from public.receipts r, generate_series(1, %(items)s) k
cross join lateral (select '상품 ' || (abs(hashtext(r.id::text)) + k) %% 400 || ' 300g' as text) name
where r.user_id = any (%(users)s)
"""
LOTS = """
insert into public.inventory (
  user_id, receipt_item_id, name, name_key, category_id, quantity, bought_quantity, storage, purchased_on, expires_on,
  expiry_basis, price, consumed_at
)
select r.user_id, i.id, i.name, i.name_key, i.category_id, 1, 1, 'fridge', r.purchased_at::date, i.expires_on,
  'purchase', i.amount, case when random() < 0.5 then now() end
from public.receipts r join public.receipt_items i on i.receipt_id = r.id
where r.user_id = any (%(users)s)
"""
ANSWER = {
    "contract_version": "1.1",
    "receipt": {"store": "행복마트 7", "purchased_at": "2026-11-20T18:31", "total": 11420, "currency": "KRW"},
    "items": [
        {
            "line_no": number,
            "raw_text": "x",
            "name": f"상품 {number} 300g",
            "quantity": 1,
            "amount": 2980,
            "discount": 0,
            "barcode": None,
            "category": {"code": "tofu", "confidence": 0.9, "alternatives": []},
            "uncertain": False,
            "storage": "fridge",
            "expires_on": "2026-11-27",
            "box": [0, 0, 1, 1],
        }
        for number in range(1, 21)
    ],
    "lines": [],
    "model_versions": {},
    "timings_ms": {},
    "warnings": [],
}


@dataclass
class Call:
    """A statement with its arguments, made as the big user or as a service."""

    name: str
    statement: str
    arguments: list[Any] = field(default_factory=list)
    as_service: bool = False


def fill(database: Database, users: int, own_receipts: int) -> uuid.UUID:
    """Fill the tables, without their triggers, for `users` users with 4 receipts each.

    Returns:
        One more user, with `own_receipts` receipts of 10 items each, all of them in the inventory.
    """
    ids = [uuid.uuid4() for _ in range(users + 1)]
    with database.cursor().copy("copy auth.users (id, email) from stdin") as copy:
        for user_id in ids:
            copy.write_row((user_id, f"{user_id}@example.com"))
    database.execute("set session_replication_role = replica")
    for group, receipts, items in ((ids[:1], own_receipts, 10), (ids[1:], RECEIPTS_PER_USER, ITEMS_PER_RECEIPT)):
        arguments = {"users": group, "receipts": receipts, "items": items}
        for statement in (RECEIPTS, ITEMS, LOTS):
            database.execute(statement.encode(), arguments)
    # The last receipt of every hundredth user waits to be read.
    database.execute(
        "update public.receipts set status = 'queued', processed_at = null where user_id = any (%s) "
        "and object_path like '%%/1.jpg'",
        [ids[1::100]],
    )
    database.execute("set session_replication_role = origin")
    database.execute("analyze auth.users, public.receipts, public.receipt_items, public.inventory")
    return ids[0]


def calls(database: Database, user: uuid.UUID) -> list[Call]:
    """The hottest calls, with arguments of rows that exist."""

    def first(query: str) -> Any:
        row = database.execute(query.encode(), {"user": user}).fetchone()
        assert row is not None
        return row[0]

    receipt = first("select id from public.receipts where user_id = %(user)s order by created_at desc limit 1")
    item = first(
        "select id from public.receipt_items where receipt_id = (select id from public.receipts "
        "where user_id = %(user)s order by created_at limit 1) limit 1"
    )
    queued = first("select id from public.receipts where status = 'queued' order by turn, queued_at limit 1")
    # So that there is something to add.
    database.execute(
        "delete from public.inventory where receipt_item_id in (select id from public.receipt_items "
        "where receipt_id = %s)",
        [receipt],
    )
    database.execute("update public.receipt_items set status = 'pending' where receipt_id = %s", [receipt])
    lot = first("select id from public.inventory where user_id = %(user)s and consumed_at is null limit 1")
    token = uuid.uuid4()
    database.execute("delete from public.receipt_items where receipt_id = %s", [queued])
    database.execute(
        "update public.receipts set status = 'processing', lease_until = now() + interval '1 hour' where id = %s",
        [queued],
    )
    database.execute(
        "insert into private.receipt_leases (receipt_id, token, leased_at, object_path) values (%s, %s, now(), 'x')",
        [queued, token],
    )
    return [
        Call("claim_receipts", "select * from public.claim_receipts(2, 180)", as_service=True),
        Call(
            "complete_receipt, 20 items",
            "select public.complete_receipt(%s, %s, %s)",
            [queued, token, json.dumps(ANSWER)],
            as_service=True,
        ),
        Call("list of receipts", "select * from public.my_receipts order by created_at desc, id limit 100"),
        Call("review_receipt, 10 items", "select public.review_receipt(%s)", [receipt]),
        Call("correct_category", "select public.correct_category(%s, 'snack')", [item]),
        Call("add_receipt_to_inventory, 10 items", "select * from public.add_receipt_to_inventory(%s)", [receipt]),
        Call(
            "list of the inventory",
            "select * from public.inventory where consumed_at is null order by expires_on, created_at, id limit 1000",
        ),
        Call("consume_inventory_item", "select public.consume_inventory_item(%s, 0.5)", [lot]),
        Call("find_product", "select public.find_product('08801115114154')"),
        Call("expiring_soon", "select * from public.expiring_soon(3)"),
        Call("running_low", "select * from public.running_low(3)"),
        Call("spending_by_month", "select * from public.spending_by_month(12)"),
        Call("spending_by_category", "select * from public.spending_by_category(12)"),
        Call("spending_by_store", "select * from public.spending_by_store(12)"),
        Call("waste_by_month", "select * from public.waste_by_month(12)"),
        Call("price_changes, 10 items", "select * from public.price_changes(%s)", [receipt]),
        Call("price_history", "select * from public.price_history('상품 7 300g')"),
        Call("suggest_names", "select * from public.suggest_names('상품 7')"),
        Call("claim_reminders", "select * from public.claim_reminders(200)", as_service=True),
    ]


@contextmanager
def as_caller(database: Database, user: uuid.UUID, call: Call) -> Iterator[None]:
    """The call's role and claims; what it changes is rolled back."""
    with database.transaction(force_rollback=True):
        claims = json.dumps({"sub": str(user), "role": "authenticated"})
        database.execute("select set_config('request.jwt.claim.sub', %s, true)", [str(user)])
        database.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        if not call.as_service:
            database.execute("set local role authenticated")
        yield


def scans_of(database: Database, user: uuid.UUID, call: Call) -> set[str]:
    """The big tables that the call's statements, also those within functions, read from the first row to the last."""
    scans = {name for plan in plans_of(database, user, call) for name in _scans(plan)}
    return scans & set(BIG_TABLES)


def plans_of(database: Database, user: uuid.UUID, call: Call) -> list[dict[str, Any]]:
    """The plans of the call's statements, also of those within functions, one per execution."""
    plans: list[str] = []

    def note(notice: psycopg.errors.Diagnostic) -> None:
        _, _, plan = (notice.message_primary or "").partition(" ms  plan:")
        plans.append(plan)

    settings = {"log_min_duration": "0", "log_nested_statements": "on", "log_format": "json", "log_level": "notice"}
    database.execute("load 'auto_explain'")
    with database.transaction(force_rollback=True):
        for name, value in settings.items():
            database.execute(
                sql.SQL("set local {} = {}").format(sql.Identifier("auto_explain", name), sql.Literal(value))
            )
        database.execute("set local client_min_messages = notice")
        with as_caller(database, user, call):
            database.add_notice_handler(note)
            try:
                database.execute(call.statement.encode(), call.arguments)
            finally:
                database.remove_notice_handler(note)
    return [json.loads(plan)["Plan"] for plan in plans if plan]


def _scans(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _scans(part)
