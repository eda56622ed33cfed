"""Account deletion removes a user from every table and from Storage, despite interruptions, and no other user."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from postgrest.exceptions import APIError
from psycopg import sql
from storage3.exceptions import StorageApiError
from supabase import Client
from supabase_auth import SyncGoTrueAdminAPI

from functions.accounts.deletion import AccountDeletions, DueDeletions
from functions.accounts.photos import delete_photos
from functions.core.errors import BackendUnavailable
from functions.core.supabase import key_headers
from local.client import User
from local.stand_ins.auth_admin import AuthAdmin
from tests.support.http_server import running
from tests.support.waiting import wait_until

Row = dict[str, Any]
Database = psycopg.Connection[Row]


@contextmanager
def auth_admin(port: int, database_url: str, key: str) -> Iterator[int]:
    with running(AuthAdmin(port, database_url, key)) as server:
        yield server.server_port


@pytest.fixture
def auth_running(supabase_stack) -> Callable[[int], AbstractContextManager[int]]:
    return lambda port=0: auth_admin(port, supabase_stack.database_url, supabase_stack.secret_key)


@pytest.fixture
def make_due_deletions(supabase_stack, service: Client, http: httpx.Client) -> Callable[[int], DueDeletions]:
    def make_due_deletions(port: int) -> DueDeletions:
        headers = key_headers(supabase_stack.secret_key)
        users = SyncGoTrueAdminAPI(url=f"http://127.0.0.1:{port}", headers=headers, http_client=http)
        return DueDeletions(service, AccountDeletions(service, users))

    return make_due_deletions


@pytest.fixture
def due_deletions(auth_running, make_due_deletions) -> Iterator[DueDeletions]:
    with auth_running() as port:
        yield make_due_deletions(port)


@pytest.fixture
def make_customer(make_user: Callable[[], User], read_receipt, upload_receipt, database) -> Callable[[], User]:
    """A user with data everywhere: photos, also in subfolders, items, inventory, corrections, names."""

    def make_customer() -> User:
        user = make_user()
        user.supabase.rpc("set_reading_consent", {"allowed": True}).execute()
        receipt, items = read_receipt(user)
        edits = [
            {"receipt_item_id": str(items[0]["id"]), "category": "snack"},
            {"receipt_item_id": str(items[1]["id"]), "name": "비밀 두부"},
        ]
        arguments = {"receipt_id": str(receipt["id"]), "items": edits}
        added: Any = user.supabase.rpc("add_receipt_to_inventory", arguments).execute().data
        user.supabase.rpc("move_inventory_item", {"inventory_id": added[0]["id"], "storage": "freezer"}).execute()
        user.supabase.rpc("delete_inventory_item", {"inventory_id": added[1]["id"]}).execute()
        user.supabase.rpc("set_reminders", {}).execute()
        token = f"ExponentPushToken[{uuid.uuid4().hex}]"
        user.supabase.rpc("register_push_token", {"token": token}).execute()
        database.execute(
            "insert into private.push_tickets (ticket_id, user_id, token, sent_at, due_at) "
            "values (%s, %s, %s, now(), now())",
            [uuid.uuid4().hex, user.user_id, token],
        )
        user.supabase.rpc("correct_receipt", {"receipt_id": str(receipt["id"]), "store_name": "비밀 가게"}).execute()
        gtin14 = f"0880{uuid.uuid4().int % 10**9:09d}"
        check = (10 - sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(gtin14)) % 10) % 10
        user.supabase.rpc("name_product", {"gtin14": f"{gtin14}{check}", "name": "비밀 간장"}).execute()
        upload_receipt(user, f"{user.user_id}/2026/11/{uuid.uuid4()}.jpg")
        database.execute(
            "insert into private.missed_photo_events (event, bucket, object_path, object_version, user_id) "
            "values ('uploaded', 'ocr', %s, '1', %s)",
            [f"{user.user_id}/missed.jpg", user.user_id],
        )
        barcode = {"user": user.user_id, "gtin14": f"{gtin14}{check}"}
        for statement in (
            "private.printed_names (user_id, gtin14, name, name_key) values (%(user)s, %(gtin14)s, '비밀', '비밀')",
            "private.asked_numbers (gtin14, first_user_id, asked_at) values (%(gtin14)s, %(user)s, now())",
            "private.name_reports (user_id, gtin14) values (%(user)s, %(gtin14)s)",
        ):
            database.execute(f"insert into {statement} on conflict do nothing", barcode)
        return user

    return make_customer


def tables(database: Database) -> list[tuple[str, str]]:
    """All tables but those of Realtime, whose server drops its messages after three days."""
    rows = database.execute(
        "select schemaname, tablename from pg_tables "
        "where schemaname not in ('pg_catalog', 'information_schema', 'realtime')"
    ).fetchall()
    return [(row["schemaname"], row["tablename"]) for row in rows]


def rows_with(database: Database, words: list[str]) -> dict[str, list[str]]:
    """Every row of every table that contains one of the words."""
    found = {}
    for name in tables(database):
        query = sql.SQL("select t::text as row from {} t where t::text like any(%s) order by 1")
        matching = database.execute(query.format(sql.Identifier(*name)), [[f"%{word}%" for word in words]]).fetchall()
        if matching:
            found[".".join(name)] = [row["row"] for row in matching]
    return found


def words_of(database: Database, user: User) -> list[str]:
    """Ids of the user and of their rows."""
    ids = database.execute(
        "select id::text from public.receipts where user_id = %(user)s "
        "union select i.id::text from public.receipt_items i join public.receipts r on r.id = i.receipt_id "
        "where r.user_id = %(user)s union select id::text from public.inventory where user_id = %(user)s",
        {"user": user.user_id},
    ).fetchall()
    return [user.user_id, user.email, *(row["id"] for row in ids)]


def photos_of(database: Database, user: User) -> list[str]:
    rows = database.execute("select name from storage.objects where name like %s", [f"{user.user_id}/%"]).fetchall()
    return [row["name"] for row in rows]


def ask(user: User) -> str:
    return str(user.supabase.rpc("request_account_deletion").execute().data)


def make_due(database: Database, user: User) -> None:
    database.execute("update public.account_deletions set next_attempt_at = now() where user_id = %s", [user.user_id])


def test_a_customer_has_a_row_in_every_table_that_names_users(make_customer, database):
    """The tests below thus cover every table."""
    user = make_customer()
    ask(user)
    naming = database.execute("""
      select table_schema || '.' || table_name as name from information_schema.columns
      where column_name = 'user_id' and table_schema in ('public', 'private')
      union
      select conrelid::regclass::text from pg_constraint
      where contype = 'f' and confrelid = 'auth.users'::regclass
        and connamespace in ('public'::regnamespace, 'private'::regnamespace)
    """).fetchall()
    assert {row["name"] if "." in row["name"] else f"public.{row['name']}" for row in naming} <= set(
        rows_with(database, [user.user_id])
    )


def test_all_data_of_the_user_is_deleted_and_other_users_are_unchanged(make_customer, due_deletions, database, service):
    leaver, other = make_customer(), make_customer()
    words, photos = words_of(database, leaver), photos_of(database, leaver)
    others = rows_with(database, words_of(database, other))
    assert len(photos) == 2
    ask(leaver)

    counts = due_deletions.delete_due(budget_s=30)
    assert counts["deleted"] >= 1
    assert counts["left"] == 0
    assert rows_with(database, words) == {}
    for photo in photos:
        with pytest.raises(StorageApiError):
            service.storage.from_("ocr").download(photo)
    assert rows_with(database, words_of(database, other)) == others
    assert service.storage.from_("ocr").download(photos_of(database, other)[0])


@pytest.mark.parametrize("limit", ["rows", "per_day"])
def test_no_limit_keeps_an_account(make_customer, due_deletions, database, limit):
    leaver = make_customer()
    words = words_of(database, leaver)
    ask(leaver)
    limits = database.execute(
        "select tgrelid::regclass::text as name from pg_trigger where tgfoid = 'private.limit_rows'::regproc"
    ).fetchall()
    names = [f"{row['name'].removeprefix('public.')}_{limit}" for row in limits]
    database.execute("insert into private.settings (name, value) select unnest(%s::text[]), '0'", [names])
    try:
        assert due_deletions.delete_due(budget_s=30)["left"] == 0
    finally:
        database.execute("delete from private.settings where name = any(%s)", [names])
    assert rows_with(database, words) == {}


def test_corrections_stay_without_their_user(make_customer, due_deletions, database):
    leaver = make_customer()
    query = "select item_text, corrected_category_id from public.user_category_feedback where {} order by id"
    given = database.execute(query.format("user_id = %s"), [leaver.user_id]).fetchall()
    anonymous = "user_id is null and receipt_item_id is null and created_at = date_trunc('month', created_at)"
    before = database.execute(query.format(anonymous)).fetchall()
    ask(leaver)
    due_deletions.delete_due(budget_s=30)
    assert given
    assert len(database.execute(query.format(anonymous)).fetchall()) == len(before) + len(given)


def test_a_repeated_request_changes_nothing(make_customer, due_deletions, database):
    leaver = make_customer()
    assert ask(leaver) == ask(leaver)
    due_deletions.delete_due(budget_s=30)
    assert ask(leaver)  # the token is still valid
    assert rows_with(database, [leaver.user_id]) == {}
    counts = due_deletions.delete_due(budget_s=30)
    assert (counts["deleted"], counts["left"]) == (0, 0)


def test_an_anonymous_client_cannot_request_deletion(anonymous):
    with pytest.raises(APIError):
        anonymous.rpc("request_account_deletion").execute()


def test_only_requested_accounts_are_deleted(make_customer, service, database):
    user = make_customer()
    before = rows_with(database, [user.user_id])
    with pytest.raises(APIError) as refused:
        service.rpc("forget_user", {"p_user_id": user.user_id}).execute()
    assert refused.value.hint == "not_requested"
    assert rows_with(database, [user.user_id]) == before


def test_rows_wait_for_the_photos(make_customer, service, database):
    user = make_customer()
    ask(user)
    before = rows_with(database, [user.user_id])
    with pytest.raises(APIError) as refused:
        service.rpc("forget_user", {"p_user_id": user.user_id}).execute()
    assert refused.value.hint == "photos_remain"
    assert rows_with(database, [user.user_id]) == before


def test_a_sweep_that_was_interrupted_after_some_photos_is_completed_by_the_next(
    make_customer, due_deletions, service, database
):
    leaver = make_customer()
    words = words_of(database, leaver)
    ask(leaver)
    assert leaver.user_id in service.rpc("claim_account_deletions", {"p_limit": 100}).execute().data
    service.storage.from_("ocr").remove(photos_of(database, leaver)[:1])
    assert due_deletions.delete_due(budget_s=30)["deleted"] == 0  # not due: another sweep may be working on it
    make_due(database, leaver)
    assert due_deletions.delete_due(budget_s=30)["deleted"] == 1
    assert rows_with(database, words) == {}


def test_an_outage_of_auth_leaves_the_user_for_later(make_customer, auth_running, make_due_deletions, database):
    leaver = make_customer()
    words = words_of(database, leaver)
    ask(leaver)
    with auth_running() as port:
        pass
    assert make_due_deletions(port).delete_due(budget_s=30)["left"] == 1
    # The rows are deleted, the request is kept.
    assert set(rows_with(database, words)) == {"auth.users", "public.account_deletions"}
    make_due(database, leaver)
    with auth_running() as port:
        assert make_due_deletions(port).delete_due(budget_s=30)["deleted"] == 1
    assert rows_with(database, words) == {}


def test_a_key_that_auth_rejects_leaves_the_request(make_customer, supabase_stack, make_due_deletions, database):
    leaver = make_customer()
    ask(leaver)
    with auth_admin(0, supabase_stack.database_url, "another key") as port:
        assert make_due_deletions(port).delete_due(budget_s=30)["left"] == 1
    assert "auth.users" in rows_with(database, [leaver.user_id])


def test_a_user_unknown_to_auth_counts_as_deleted(make_customer, supabase_stack, make_due_deletions):
    """Another sweep was faster, or the response to an earlier attempt was lost."""
    leaver = make_customer()
    ask(leaver)
    with auth_admin(0, supabase_stack.database_url, supabase_stack.secret_key) as port:
        due_deletions = make_due_deletions(port)
        due_deletions.accounts.delete(leaver.user_id)
        due_deletions.accounts.delete_user(leaver.user_id)


def test_two_sweeps_at_once_do_the_work_once(make_customer, due_deletions, database):
    leavers = [make_customer() for _ in range(3)]
    for leaver in leavers:
        ask(leaver)
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda _: due_deletions.accounts.delete_due(budget_s=30), range(2)))
    assert sum(count["deleted"] for count in counts) == 3
    assert sum(count["left"] for count in counts) == 0
    assert all(rows_with(database, [leaver.user_id]) == {} for leaver in leavers)


def test_an_account_to_be_deleted_cannot_upload(make_customer, upload_receipt, due_deletions, database):
    leaver = make_customer()
    ask(leaver)
    for _ in ("while the account ends", "when it has ended and the token still holds"):
        with pytest.raises(StorageApiError):
            upload_receipt(leaver)
        with pytest.raises(StorageApiError):
            upload_receipt(leaver, photos_of(database, leaver)[0] if photos_of(database, leaver) else "", upsert=True)
        due_deletions.delete_due(budget_s=30)
    assert rows_with(database, [leaver.user_id]) == {}


def make_sweeps_due(database: Database) -> None:
    """As an hour and a day later."""
    database.execute("update private.sweep_state set retention_due_at = now(), strays_due_at = now()")


def test_photos_without_a_user_are_deleted(service, due_deletions, database):
    path = f"{uuid.uuid4()}/receipt.jpg"
    service.storage.from_("ocr").upload(path, b"\xff\xd8\xff\xe0", {"content-type": "image/jpeg"})

    def is_deleted() -> bool:
        """Perhaps by another sweep; this one leaves the pass to it then."""
        make_sweeps_due(database)
        due_deletions.delete_due(budget_s=30)
        return rows_with(database, [path]) == {}

    wait_until(is_deleted, "The photo without a user is still there.")


def test_a_photo_and_its_text_are_deleted_after_a_year_and_the_items_stay(
    make_user, read_receipt, due_deletions, database
):
    user = make_user()
    receipt, items = read_receipt(user)
    assert receipt["raw_lines"]
    aged = "update public.receipts set created_at = now() - %s::interval where id = %s returning *"
    for age, deleted in (("364 days", 0), ("366 days", 1)):
        receipt = database.execute(aged, [age, receipt["id"]]).fetchone()
        assert receipt is not None
        make_sweeps_due(database)
        assert due_deletions.delete_due(budget_s=30)["photos"] >= deleted, "other tests' photos may be due too"
        assert len(photos_of(database, user)) == 1 - deleted
    kept = database.execute("select * from public.receipts where id = %s", [receipt["id"]]).fetchone()
    assert kept is not None
    assert kept.pop("photo_deleted_at") is not None
    assert kept == {name: value for name, value in receipt.items() if name != "photo_deleted_at"} | {
        "raw_lines": [],
        "version": receipt["version"] + 1,
    }
    assert len(items) == len(user.supabase.table("receipt_items").select("id").execute().data)


def test_a_storage_that_does_not_delete_photos_is_an_error(make_customer, database, service):
    """Otherwise a sweep would request the same photos until its time is over."""
    user = make_customer()
    names = {"p_user_id": user.user_id}
    database.execute("create policy nothing_goes on storage.objects as restrictive for delete using (false)")
    database.execute("alter role service_role nobypassrls")
    try:
        with pytest.raises((BackendUnavailable, APIError)):
            delete_photos(service, "photos_of_user", names, lambda: True)
    finally:
        database.execute("alter role service_role bypassrls")
        database.execute("drop policy nothing_goes on storage.objects")
