"""Access by user B and by clients that are not signed in, to every table, function and photo of user A."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import psycopg
import pytest
import requests
from postgrest.exceptions import APIError
from storage3.exceptions import StorageApiError
from supabase import Client

from local.client import User

Row = dict[str, Any]

OWNED = {
    "receipts": "user_id",
    "receipt_items": "receipt_id",
    "receipt_feedback": "user_id",
    "inventory": "user_id",
    "inventory_history": "user_id",
    "item_aliases": "user_id",
    "item_feedback": "user_id",
    "user_category_feedback": "user_id",
    "product_names": "user_id",
    "reading_consents": "user_id",
    "reminder_settings": "user_id",
    "push_tokens": "user_id",
}
REFERENCE = {"categories", "shelf_life_rules", "products"}
SERVICE_ONLY = {
    "account_deletions",
    "annotation_queue",
    "audit_items",
    "item_annotations",
    "line_transcriptions",
    "product_misses",
    "product_lookups",
    "product_bulk_loads",
    "provider_quota",
    "provider_states",
    "products_bulk",
    "retraining_runs",
}
# Every user may call these; they return and change data of the calling user only.
FOR_EVERY_USER = {
    "expiring_soon",
    "export_inventory",
    "export_my_data",
    "export_spending",
    "find_product",
    "name_product",
    "price_changes",
    "price_history",
    "register_push_token",
    "remove_push_token",
    "report_product_name",
    "request_account_deletion",
    "running_low",
    "set_reading_consent",
    "set_reminders",
    "spending_by_category",
    "spending_by_month",
    "spending_by_store",
    "suggest_names",
    "suggest_use_by",
    "upload_allowance",
    "waste_by_month",
}
NOW = "2026-11-22T12:00:00Z"
BARCODE = {"gtin14": "08801234567893"}
REFUSED = "42501"
NOT_FOUND = {"receipt_not_found", "item_not_found", "inventory_item_not_found", "inventory_id_taken"}


@pytest.fixture(scope="module")
def alice(
    make_user: Callable[[], User], read_receipt: Callable[..., tuple[Row, list[Row]]]
) -> tuple[User, Row, list[Row]]:
    """A user with a row in every table that has rows of users."""
    user = make_user()
    receipt, items = read_receipt(user)
    edits = [
        {"receipt_item_id": str(items[0]["id"]), "category": "snack"},
        {"receipt_item_id": str(items[1]["id"]), "quantity": 5},
    ]
    added: Any = (
        user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(receipt["id"]), "items": edits}).execute().data
    )
    user.supabase.rpc("move_inventory_item", {"inventory_id": added[0]["id"], "storage": "freezer"}).execute()
    user.supabase.rpc("set_reading_consent", {"allowed": True}).execute()
    user.supabase.rpc("name_product", BARCODE | {"name": "비밀 간장"}).execute()
    user.supabase.rpc("set_reminders", {}).execute()
    user.supabase.rpc("register_push_token", {"token": f"ExponentPushToken[{uuid.uuid4().hex}]"}).execute()
    user.supabase.rpc("correct_receipt", {"receipt_id": str(receipt["id"]), "store_name": "비밀 가게"}).execute()
    items[0]["inventory_id"] = added[0]["id"]
    return user, receipt, items


@pytest.fixture(scope="module")
def bob(make_user: Callable[[], User]) -> User:
    return make_user()


def all_rows(database: psycopg.Connection[Row]) -> dict[str, list[str]]:
    rows = {
        table: database.execute(f"select t::text as row from public.{table} t order by 1").fetchall() for table in OWNED
    }
    rows["objects"] = database.execute("select t::text as row from storage.objects t order by 1").fetchall()
    return {table: [row["row"] for row in group] for table, group in rows.items()}


def outcome(request: Any) -> Any:
    """The rows that a request to the Data API affected, or the code of its error."""
    try:
        return request.execute().data
    except APIError as error:
        return error.code


def owned_ids(table: str, receipt: Row, alice: User) -> tuple[str, str]:
    column = OWNED[table]
    return column, str(receipt["id"]) if column == "receipt_id" else alice.user_id


def tables(database: psycopg.Connection[Row]) -> set[str]:
    rows = database.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {row["tablename"] for row in rows}


def test_the_lists_above_contain_every_table(database):
    assert tables(database) == set(OWNED) | REFERENCE | SERVICE_ONLY


@pytest.mark.parametrize("table", list(OWNED))
def test_another_user_reads_no_rows(alice, bob, table):
    owner, receipt, _ = alice
    column, value = owned_ids(table, receipt, owner)
    assert owner.supabase.table(table).select("*").eq(column, value).execute().data
    assert bob.supabase.table(table).select("*").execute().data == []
    assert bob.supabase.table(table).select("*").eq(column, value).execute().data == []


CHANGES = {
    "receipts": {"total": 1},
    "receipt_items": {"name": "x"},
    "receipt_feedback": {"chosen": 1},
    "inventory": {"name": "x"},
    "inventory_history": {"action": "x"},
    "item_aliases": {"name": "x"},
    "item_feedback": {"chosen": 1},
    "user_category_feedback": {"item_text": "x"},
    "product_names": {"name": "x"},
    "reading_consents": {"given_at": NOW},
    "reminder_settings": {"days_before": 2},
    "push_tokens": {"token": "x"},
}


NEW_ROWS = CHANGES | {
    "categories": {"name_ko": "x"},
    "shelf_life_rules": {"source": "x"},
    "products": {"name": "x"},
    "product_misses": {"gtin14": "x"},
    "product_lookups": {"gtin14": "x"},
    "product_bulk_loads": {"source": "x"},
    "provider_states": {"provider": "x"},
    "provider_quota": {"provider": "x"},
    "products_bulk": {"name": "x"},
    "account_deletions": {"attempts": 1},
    "annotation_queue": {"text_key": "x"},
    "audit_items": {"place": 1},
    "item_annotations": {"task_id": 1},
    "line_transcriptions": {"task_id": 1},
    "retraining_runs": {"data_sha256": "x"},
}


@pytest.mark.parametrize("table", list(OWNED))
def test_another_user_updates_and_deletes_no_rows(alice, bob, database, table):
    owner, receipt, _ = alice
    column, value = owned_ids(table, receipt, owner)
    before = all_rows(database)
    for change in (bob.supabase.table(table).update(CHANGES[table]), bob.supabase.table(table).delete()):
        assert outcome(change.eq(column, value)) in ([], REFUSED)
    assert all_rows(database) == before


def test_another_user_inserts_nothing_for_the_owner(alice, bob, database):
    owner, receipt, (milk, _tofu, bag) = alice
    category = milk["category_id"]
    rows: dict[str, list[Row]] = {
        "receipts": [{"user_id": owner.user_id, "bucket": "ocr", "object_path": "x", "object_version": "1"}],
        "receipt_items": [
            {
                "receipt_id": str(receipt["id"]),
                "line_no": 9,
                "raw_text": "x",
                "predicted_name": "x",
                "name": "x",
                "kind": "food",
                "predicted_category_id": category,
                "category_id": category,
            }
        ],
        "inventory_history": [{"inventory_id": milk["inventory_id"], "action": "moved", "changes": {}}],
        "inventory": [
            {"user_id": owner.user_id, "name": "x", "category_id": category},
            # Owned by Bob, but for Alice's line item, which could then not be added any more.
            {"name": "x", "category_id": category, "receipt_item_id": str(bag["id"])},
        ],
        "item_aliases": [
            {"user_id": owner.user_id, "store_key": "", "text_key": "x", "name": "x", "category_id": category}
        ],
        "receipt_feedback": [
            {
                "user_id": owner.user_id,
                "receipt_id": str(receipt["id"]),
                "field": "total",
                "offered": 1,
                "chosen": 2,
            },
        ],
        "item_feedback": [
            {
                "user_id": owner.user_id,
                "receipt_item_id": str(bag["id"]),
                "field": "name",
                "offered": "x",
                "chosen": "y",
            },
        ],
        "user_category_feedback": [
            {"user_id": owner.user_id, "item_text": "x", "corrected_category_id": category},
            {"item_text": "x", "corrected_category_id": category, "receipt_item_id": str(bag["id"])},
        ],
    }
    before = all_rows(database)
    for table, attempts in rows.items():
        for row in attempts:
            with pytest.raises(APIError) as refused:
                bob.supabase.table(table).insert(row).execute()
            assert refused.value.code == REFUSED
    assert all_rows(database) == before


def test_a_user_cannot_give_a_row_to_another_user(alice, bob, database):
    owner, _, _ = alice
    mine = {"inventory_id": str(uuid.uuid4()), "name": "x", "category": "snack"}
    row: Any = bob.supabase.rpc("add_to_inventory", mine).execute().data
    with pytest.raises(APIError) as refused:
        bob.supabase.table("inventory").update({"user_id": owner.user_id}).eq("id", row["id"]).execute()
    assert refused.value.code == REFUSED


def calls(receipt: Row, items: list[Row]) -> dict[str, Row]:
    """Arguments with which each function of the API would affect the receipt."""
    token = str(uuid.uuid4())
    lease = {"p_receipt_id": str(receipt["id"]), "p_lease_token": token}
    return {
        "claim_receipts": {"p_limit": 10, "p_lease_seconds": 60},
        "give_up_receipts": {},
        "queue_missed_photos": {},
        "receipts_waiting": {"p_seconds": 0},
        "count_receipts": {},
        "delete_canaries": {},
        "complete_receipt": lease | {"p_result": {}},
        "fail_receipt": lease | {"p_code": "x", "p_detail": "x", "p_retryable": False},
        "upload_allowance": {},
        "retry_receipt": {"receipt_id": str(receipt["id"])},
        "add_receipt_to_inventory": {
            "receipt_id": str(receipt["id"]),
            "items": [{"receipt_item_id": str(items[2]["id"])}],
        },
        "review_receipt": {"receipt_id": str(receipt["id"])},
        "correct_category": {"receipt_item_id": str(items[2]["id"]), "category": "snack"},
        "correct_receipt": {"receipt_id": str(receipt["id"]), "total": 1},
        "correct_receipt_item": {"receipt_item_id": str(items[2]["id"]), "amount": 1},
        "add_receipt_item": {
            "receipt_id": str(receipt["id"]),
            "receipt_item_id": str(uuid.uuid4()),
            "name": "x",
            "category": "snack",
        },
        "join_receipts": {"receipt_ids": [str(receipt["id"]), str(uuid.uuid4())]},
        "delete_receipt": {"receipt_id": str(receipt["id"])},
        "restore_receipt": {"receipt_id": str(receipt["id"])},
        "add_to_inventory": {"inventory_id": str(items[0].get("inventory_id")), "name": "x", "category": "snack"},
        "suggest_use_by": {"name": "x", "category": "snack"},
        "move_inventory_item": {"inventory_id": str(items[0].get("inventory_id")), "storage": "fridge"},
        "open_inventory_item": {"inventory_id": str(items[0].get("inventory_id"))},
        "consume_inventory_item": {"inventory_id": str(items[0].get("inventory_id"))},
        "undo_consumption": {"inventory_id": str(items[0].get("inventory_id"))},
        "correct_inventory_item": {"inventory_id": str(items[0].get("inventory_id")), "changes": {"name": "x"}},
        "delete_inventory_item": {"inventory_id": str(items[0].get("inventory_id"))},
        "restore_inventory_item": {"inventory_id": str(items[0].get("inventory_id"))},
        "find_product": BARCODE,
        "name_product": BARCODE | {"name": "x"},
        "report_product_name": BARCODE,
        "begin_product_lookup": {"p_gtin14": "08801234567893", "p_now": NOW, "p_lease_seconds": 60},
        "claim_product_lookup": {"p_now": NOW, "p_lease_seconds": 60},
        "request_product_lookup": {"p_gtin14": "08801234567893", "p_now": NOW},
        "finish_product_lookup": {"p_gtin14": "08801234567893", "p_lease_token": token, "p_now": NOW, "p_result": {}},
        "forget_old_lookups": {"p_now": NOW},
        "take_provider_calls": {"p_wants": [], "p_now": NOW},
        "count_api_answers": {"p_answers": [{"function": "barcode_lookup", "status": 200, "answers": 1}]},
        "set_reading_consent": {"allowed": True},
        "claim_reading_samples": {"p_limit": 10},
        "store_reading_sample": {"p_id": token, "p_line": None},
        "plan_reread": {"p_run": "x", "p_rules": {"applies": True, "models": {"category": "x"}}, "p_limit": 10},
        "due_rereads": {"p_run": "x", "p_task": 0, "p_tasks": 1, "p_limit": 10},
        "begin_reread": {"p_run": "x", "p_receipt_id": str(receipt["id"])},
        "fail_reread": {"p_run": "x", "p_receipt_id": str(receipt["id"]), "p_code": "x", "p_is_final": True},
        "postpone_reread": {"p_run": "x", "p_receipt_id": str(receipt["id"]), "p_code": "x"},
        "store_reread": {"p_run": "x", "p_receipt_id": str(receipt["id"]), "p_result": {}},
        "reread_rules": {"p_run": "x"},
        "reread_outcomes": {"p_run": "x", "p_after": 0, "p_limit": 10},
        "export_my_data": {},
        "export_inventory": {},
        "export_spending": {},
        "expiring_soon": {},
        "running_low": {},
        "price_changes": {"receipt_id": str(receipt["id"])},
        "price_history": {"item_name": "x"},
        "spending_by_category": {},
        "spending_by_month": {},
        "spending_by_store": {},
        "suggest_names": {},
        "waste_by_month": {},
        "set_reminders": {},
        "register_push_token": {"token": "ExponentPushToken[x]"},
        "remove_push_token": {"token": "ExponentPushToken[x]"},
        "claim_reminders": {"p_limit": 1},
        "release_reminder": {"p_user_id": str(receipt.get("user_id")), "p_day": "2026-11-22"},
        "end_reminder_mails": {"p_token": str(uuid.uuid4())},
        "settle_reminder_mails": {"p_delivered_to": [], "p_refused_by": [str(receipt.get("user_id"))]},
        "store_push_tickets": {"p_tickets": []},
        "due_push_tickets": {"p_limit": 1},
        "settle_push_tickets": {"p_ticket_ids": [], "p_gone_ids": [], "p_gone_tokens": []},
        "request_account_deletion": {},
        "claim_account_deletions": {"p_limit": 10},
        "forget_user": {"p_user_id": str(receipt.get("user_id"))},
        "photos_of_user": {"p_user_id": str(receipt.get("user_id")), "p_limit": 10},
        "photos_to_delete": {"p_limit": 10},
        "begin_bulk_load": {"p_source": "x", "p_now": NOW, "p_refresh_seconds": 1},
        "store_bulk_page": {
            "p_source": "x",
            "p_started_at": NOW,
            "p_page": 1,
            "p_pages": 1,
            "p_rows": [],
            "p_now": NOW,
        },
    }


ALL_CALLS = list(calls({"id": 0}, [{"id": 0}] * 3))


def test_the_list_of_calls_contains_every_function(alice, database):
    _, receipt, items = alice
    rows = database.execute(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace and prokind = 'f' "
        "and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')"
    ).fetchall()
    assert {row["proname"] for row in rows} == set(calls(receipt, items))


@pytest.mark.parametrize(
    ("function", "who"),
    [(function, "anonymous") for function in ALL_CALLS]
    + [(function, "another user") for function in ALL_CALLS if function not in FOR_EVERY_USER],
)
def test_no_function_serves_other_users_or_anonymous_clients(alice, bob, anonymous, database, function, who):
    _, receipt, items = alice
    client: Client = bob.supabase if who == "another user" else anonymous
    before = all_rows(database)
    with pytest.raises(APIError) as refused:
        client.rpc(function, calls(receipt, items)[function]).execute()
    assert refused.value.code == REFUSED or (who == "another user" and refused.value.hint in NOT_FOUND)
    assert all_rows(database) == before


def test_users_do_not_see_lease_tokens(alice, bob, database):
    """A user who knew the token could complete the receipt with a result of their own, if the function were open."""
    owner, receipt, _ = alice
    query = "select token from private.receipt_leases where receipt_id = %s"
    token = str(database.execute(query, [receipt["id"]]).fetchone()["token"])
    rows = owner.supabase.table("receipts").select("*").execute().data
    assert len(rows) == 1
    assert token not in str(rows)
    assert outcome(owner.supabase.schema("private").table("receipt_leases").select("*")) != []


def test_users_cannot_call_functions_for_services(alice):
    owner, receipt, items = alice
    for function in ("claim_receipts", "complete_receipt", "fail_receipt", "give_up_receipts", "queue_missed_photos"):
        with pytest.raises(APIError) as refused:
            owner.supabase.rpc(function, calls(receipt, items)[function]).execute()
        assert refused.value.code == REFUSED


def test_an_anonymous_client_reads_and_writes_nothing(alice, anonymous, database):
    before = all_rows(database)
    for table in tables(database):
        assert outcome(anonymous.table(table).select("*")) == REFUSED
        assert outcome(anonymous.table(table).insert(NEW_ROWS[table])) == REFUSED
    assert all_rows(database) == before


def test_the_anonymous_role_has_no_table_privileges(database):
    rows = database.execute(
        "select table_name from information_schema.role_table_grants where grantee = 'anon' and table_schema = 'public'"
    ).fetchall()
    assert rows == []


@pytest.mark.parametrize("table", sorted(SERVICE_ONLY))
def test_users_cannot_read_tables_of_services(bob, table):
    with pytest.raises(APIError) as refused:
        bob.supabase.table(table).select("*").execute()
    assert refused.value.code == REFUSED


@pytest.mark.parametrize("table", sorted(REFERENCE))
def test_users_read_reference_data_and_cannot_write_it(bob, database, table):
    bob.supabase.table(table).select("*").execute()
    before = database.execute(f"select t::text from public.{table} t order by 1").fetchall()
    first = {"categories": "id", "shelf_life_rules": "id", "products": "gtin14"}[table]
    with pytest.raises(APIError) as refused:
        bob.supabase.table(table).delete().neq(first, 0).execute()
    assert refused.value.code == REFUSED
    assert database.execute(f"select t::text from public.{table} t order by 1").fetchall() == before


def test_photos_are_private_to_their_owner(alice, bob, anonymous, database):
    owner, receipt, _ = alice
    path = receipt["object_path"]
    assert owner.supabase.storage.from_("ocr").download(path)
    before = all_rows(database)
    for client in (bob.supabase, anonymous):
        bucket = client.storage.from_("ocr")
        assert bucket.list(owner.user_id) == []
        assert bucket.list("") == []
        for attempt in (
            lambda: bucket.download(path),  # noqa: B023 - called right here
            lambda: bucket.info(path),  # noqa: B023
            lambda: bucket.create_signed_url(path, 60),  # noqa: B023
            lambda: bucket.move(path, f"{bob.user_id}/stolen.jpg"),  # noqa: B023
            lambda: bucket.copy(path, f"{bob.user_id}/stolen.jpg"),  # noqa: B023
            lambda: bucket.upload(path, b"\xff\xd8\xff", {"content-type": "image/jpeg", "upsert": "true"}),  # noqa: B023
        ):
            with pytest.raises(StorageApiError):
                attempt()
        assert bucket.remove([path]) == []
    assert all_rows(database) == before


def test_photos_have_no_public_url(alice, supabase_stack):
    _, receipt, _ = alice
    for kind in ("public/", "", "authenticated/"):
        url = f"{supabase_stack.url}/storage/v1/object/{kind}ocr/{receipt['object_path']}"
        answer = requests.get(url, timeout=10)
        assert answer.status_code >= 400


def invalid_tokens(owner: User, secret: str) -> dict[str, str]:
    """The owner's token with another signature, without one, and expired."""
    head, claims, signature = owner.access_token.split(".")
    mine = {"sub": owner.user_id, "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + 60}
    return {
        "forged": f"{head}.{claims}.{signature[::-1]}",
        "another key": jwt.encode(mine, "another secret of more than 32 characters"),
        "unsigned": jwt.encode(mine, None, algorithm="none"),
        "expired": jwt.encode(mine | {"exp": int(time.time()) - 60}, secret),
    }


@pytest.mark.parametrize("kind", ["forged", "another key", "unsigned", "expired"])
def test_no_table_function_or_photo_serves_an_invalid_token(alice, database, supabase_stack, kind):
    """The lists of tables and functions are complete, see above."""
    owner, receipt, items = alice
    token = invalid_tokens(owner, supabase_stack.jwt_secret)[kind]
    url, path = supabase_stack.url, receipt["object_path"]
    before = all_rows(database)
    with requests.Session() as session:
        session.headers.update({"apikey": supabase_stack.publishable_key, "Authorization": f"Bearer {token}"})
        answers = [session.get(f"{url}/rest/v1/{table}", timeout=10) for table in sorted(tables(database))]
        answers += [
            session.post(f"{url}/rest/v1/rpc/{function}", json=arguments, timeout=10)
            for function, arguments in calls(receipt, items).items()
        ]
        jpeg = {"Content-Type": "image/jpeg"}
        answers += [
            session.get(f"{url}/storage/v1/object/authenticated/ocr/{path}", timeout=10),
            session.delete(f"{url}/storage/v1/object/ocr/{path}", timeout=10),
            session.post(f"{url}/storage/v1/object/ocr/{owner.user_id}/x.jpg", data=b"x", headers=jpeg, timeout=10),
        ]
    assert [answer.url for answer in answers if answer.status_code < 400] == []
    assert all_rows(database) == before


def test_there_is_no_other_bucket_than_the_one_that_the_tests_cover(database):
    rows = database.execute("select id, public from storage.buckets").fetchall()
    assert rows == [{"id": "ocr", "public": False}]


def test_a_token_with_a_forged_signature_is_refused(alice, supabase_stack):
    owner, _, _ = alice
    head, claims, signature = owner.access_token.split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"
    headers = {"apikey": supabase_stack.publishable_key, "Authorization": f"Bearer {forged}"}
    answer = requests.get(f"{supabase_stack.url}/rest/v1/receipts", headers=headers, timeout=10)
    assert answer.status_code == 401
