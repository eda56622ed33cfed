"""Limits on what users store and send: lengths, rows, quotas per day, dates and quantities."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from postgrest.exceptions import APIError
from psycopg import sql

from local.client import User
from tools.test_supabase import given_project

Row = dict[str, Any]

# Tables with rows of users that have another limit than a trigger.
OTHERWISE_LIMITED = {
    "public.receipts": "receipts_per_day, in private.queue_receipt",
    "public.account_deletions": "one row per user: its key",
    "private.call_counts": "one row per user and action: its key",
    "private.daily_use": "one row per user and action: its key",
    "private.missed_photo_events": "one row per photo and event, which the upload policies limit",
    "private.printed_names": "20,000 per user, in private.note_printed_names",
    "private.asked_numbers": "barcode_lookups_per_day, and 30 days, in forget_old_lookups",
    "private.name_reports": "500 per user, in report_product_name",
    "public.reminder_settings": "one row per user: its key",
    "public.push_tokens": "10 per user, in register_push_token",
    "private.push_tickets": "one per device and day",
    "public.reading_consents": "one row per user: its key",
    "private.reading_samples": "500 per user, when a corrected name is noted",
    "private.deleted_inventory": "1000 per user, in private.set_lot_aside",
}
HUGE = 3_000_000
MIGRATIONS = Path(__file__).resolve().parents[2] / "supabase" / "migrations"


def columns(database: psycopg.Connection[Row]) -> list[tuple[str, str, str]]:
    rows = database.execute(
        """
        select format('%I.%I', n.nspname, c.relname) as table_name, a.attname as column_name,
          format_type(a.atttypid, a.atttypmod) as type
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
          and a.atttypid in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'jsonb'::regtype, 'json'::regtype,
            'bytea'::regtype, 'text[]'::regtype)
        order by 1, 2
        """
    ).fetchall()
    return [(row["table_name"], row["column_name"], row["type"]) for row in rows]


def accepts(database: psycopg.Connection[Row], table: str, column: str, value: sql.Composable) -> bool:
    """Whether the checks on this column alone accept a value."""
    checks = database.execute(
        "select pg_get_expr(conbin, conrelid) as expression from pg_constraint "
        "where conrelid = %s::regclass and contype = 'c' and conkey = array[("
        "  select attnum from pg_attribute where attrelid = conrelid and attname = %s)]",
        [table, column],
    ).fetchall()
    for check in checks:
        query = sql.SQL("select {check} as holds from (select {value} as {column}) row").format(
            check=sql.SQL(check["expression"]), value=value, column=sql.Identifier(column)
        )
        row = database.execute(query).fetchone()
        assert row is not None
        if row["holds"] is False:
            return False
    return True


def test_every_text_column_has_a_limit(database):
    """Of whatever form the megabytes are."""
    single = {
        "text": sql.SQL(f"repeat('가', {HUGE})"),
        "bytea": sql.SQL(f"convert_to(repeat('a', {HUGE}), 'UTF8')"),
        "text[]": sql.SQL(f"array_fill('name'::text, array[{HUGE}])"),
    }
    documents = [
        sql.SQL(f"to_jsonb(repeat('a', {HUGE}))"),
        sql.SQL(f"jsonb_build_object('a', repeat('a', {HUGE}))"),
        sql.SQL(f"jsonb_build_array(repeat('a', {HUGE}))"),
    ]
    unlimited = [
        f"{table}.{column}"
        for table, column, kind in columns(database)
        if any(accepts(database, table, column, value) for value in ([single[kind]] if kind in single else documents))
    ]
    assert unlimited == []


def test_every_table_with_rows_of_users_has_a_row_limit(database):
    rows = database.execute(
        """
        select c.conrelid::regclass::text as table_name, exists (
          select from pg_trigger t where t.tgrelid = c.conrelid and t.tgfoid = 'private.limit_rows'::regproc
        ) as is_limited
        from pg_constraint c
        where c.contype = 'f' and c.confrelid = 'auth.users'::regclass
          and c.connamespace in ('public'::regnamespace, 'private'::regnamespace)
        """
    ).fetchall()
    qualified = {
        name if "." in name else f"public.{name}": row["is_limited"] for row in rows for name in [row["table_name"]]
    }
    assert {table for table, is_limited in qualified.items() if not is_limited} == set(OTHERWISE_LIMITED)


@contextmanager
def setting(database: psycopg.Connection[Row], name: str, value: int) -> Iterator[None]:
    database.execute("insert into private.settings (name, value) values (%s, %s)", [name, str(value)])
    try:
        yield
    finally:
        database.execute("delete from private.settings where name = %s", [name])


def refusal(request: Any) -> tuple[str, str]:
    with pytest.raises(APIError) as refused:
        request.execute()
    return str(refused.value.code), str(refused.value.hint)


def alias(number: int = 0, **changed: Any) -> Row:
    return {"store_key": "", "text_key": f"두부{number}", "name": "두부", "category_id": 7, **changed}


def insert_aliases(user: User, numbers: Iterable[int]) -> Any:
    return user.supabase.table("item_aliases").insert([alias(number) for number in numbers])


def add_lots(user: User, numbers: Iterable[int]) -> Any:
    *first, last = [
        user.supabase.rpc("add_to_inventory", {"inventory_id": str(uuid.uuid4()), "name": "두부", "category": "tofu"})
        for _ in numbers
    ]
    for request in first:
        request.execute()
    return last


WRITTEN_BY_USERS = [("inventory", add_lots), ("item_aliases", insert_aliases)]


@pytest.mark.parametrize(("table", "write"), WRITTEN_BY_USERS)
def test_rows_of_a_user_are_limited_in_total(make_user, database, table, write):
    user, other = make_user(), make_user()
    with setting(database, f"{table}_rows", 3):
        write(user, range(3)).execute()
        assert refusal(write(user, [4])) == ("PT409", "limit_reached")
        assert refusal(write(other, range(4)))[1] == "limit_reached"
        assert len(other.supabase.table(table).select("*").execute().data) <= 3


@pytest.mark.parametrize(("table", "write"), WRITTEN_BY_USERS)
def test_rows_of_a_user_are_limited_per_day(make_user, database, table, write):
    user, other = make_user(), make_user()
    with setting(database, f"{table}_per_day", 2):
        write(user, range(2)).execute()
        database.execute(f"delete from public.{table} where user_id = %s", [user.user_id])
        with pytest.raises(APIError) as refused:
            write(user, [3]).execute()
        assert (refused.value.code, refused.value.hint) == ("PT429", "rate_limited")
        assert 0 < int(refused.value.details) <= 24 * 3600
        write(other, [3]).execute()
        database.execute("update private.daily_use set day = day - 1 where user_id = %s", [user.user_id])
        write(user, [3]).execute()


def test_a_correction_counts_even_if_no_alias_can_be_stored(user, read_receipt, database):
    _, items = read_receipt(user)
    with setting(database, "item_aliases_rows", 0):
        correction = {"receipt_item_id": str(items[0]["id"]), "category": "snack"}
        assert user.supabase.rpc("correct_category", correction).execute().data["category"] == "snack"
    assert user.supabase.table("item_aliases").select("*").execute().data == []


def test_feedback_is_limited_per_day(user, read_receipt, database):
    _, items = read_receipt(user)
    with setting(database, "user_category_feedback_per_day", 1):
        for item, expected in zip(items[:2], (None, ("PT429", "rate_limited")), strict=True):
            request = user.supabase.rpc("correct_category", {"receipt_item_id": str(item["id"]), "category": "snack"})
            if expected is None:
                request.execute()
            else:
                assert refusal(request) == expected


def test_the_history_of_an_item_keeps_its_latest_changes(user, database):
    row = add_lots(user, [1]).execute().data
    change = "update public.inventory set quantity = %s where id = %s"
    database.cursor().executemany(change, [(2 + number, row["id"]) for number in range(203)])
    history = database.execute(
        "select changes from public.inventory_history where inventory_id = %s order by id", [row["id"]]
    ).fetchall()
    assert len(history) == 200
    assert history[-1]["changes"]["quantity"][1] == 204


LONG = "가" * 201
BAD_VALUES = [
    ({"name": ""}, "invalid_item"),
    ({"name": "  "}, "invalid_item"),
    ({"name": LONG}, "invalid_item"),
    ({"quantity": 0}, "invalid_item"),
    ({"quantity": -1}, "invalid_item"),
    ({"quantity": "NaN"}, "invalid_item"),
    ({"quantity": "Infinity"}, "invalid_item"),
    ({"quantity": "-Infinity"}, "invalid_item"),
    ({"quantity": 1e6}, "invalid_item"),
    ({"unit": "x" * 21}, "invalid_item"),
    ({"storage": "x" * 100_000}, "unknown_storage"),
    ({"storage": "balcony"}, "unknown_storage"),
    ({"expires_on": "infinity"}, "date_out_of_range"),
    ({"expires_on": "-infinity"}, "date_out_of_range"),
    ({"expires_on": "1900-01-01"}, "date_out_of_range"),
    ({"expires_on": "5874897-12-31"}, "date_out_of_range"),
    ({"purchased_on": "1999-12-31"}, "date_out_of_range"),
    ({"purchased_on": "-infinity"}, "date_out_of_range"),
]


@pytest.mark.parametrize(("changed", "hint"), BAD_VALUES)
def test_bad_values_are_refused_with_words_in_every_way_of_adding(user, read_receipt, changed, hint):
    row = add_lots(user, [1]).execute().data
    # Another call changes the place.
    expected = ("PT422", "invalid_item" if "storage" in changed else hint)
    correction = {"inventory_id": row["id"], "changes": changed}
    assert refusal(user.supabase.rpc("correct_inventory_item", correction)) == expected
    arguments = {"inventory_id": str(uuid.uuid4()), "name": "두부", "category": "tofu"} | changed
    assert refusal(user.supabase.rpc("add_to_inventory", arguments)) == ("PT422", hint)
    if "purchased_on" not in changed:
        receipt, items = read_receipt(user)
        edits = [{"receipt_item_id": str(items[0]["id"]), **changed}]
        code = {"invalid_item": "invalid_items", "unknown_storage": "invalid_items"}.get(hint, hint)
        request = user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(receipt["id"]), "items": edits})
        assert refusal(request) == ("PT422", code)


@pytest.mark.parametrize("day", ["1900-01-01", "1999-12-31", "-infinity"])
@pytest.mark.parametrize(
    ("function", "argument"), [("move_inventory_item", "moved_on"), ("open_inventory_item", "opened_on")]
)
def test_steps_refuse_days_long_past(user, function, argument, day):
    row = add_lots(user, [1]).execute().data
    arguments = {"inventory_id": row["id"], "storage": "freezer", argument: day}
    assert refusal(user.supabase.rpc(function, arguments)) == ("PT422", "date_out_of_range")


@pytest.mark.parametrize(
    "changed", [{"name": LONG}, {"name": ""}, {"text_key": LONG * 2}, {"text_key": ""}, {"store_key": LONG}]
)
def test_bad_aliases_are_refused_with_words(user, changed):
    assert refusal(user.supabase.table("item_aliases").insert(alias(**changed))) == ("PT422", "invalid_alias")


@given(
    character=strategies.sampled_from(["가", "ﷺ", "a", "0", "\u0301"]),
    function=strategies.sampled_from(
        [
            ("suggest_use_by", {"category": "tofu"}, "name"),
            ("suggest_use_by", {"name": "두부"}, "category"),
            ("suggest_use_by", {"name": "두부", "category": "tofu"}, "storage"),
            ("add_to_inventory", {"inventory_id": str(uuid.uuid4()), "category": "tofu"}, "name"),
            ("add_to_inventory", {"inventory_id": str(uuid.uuid4()), "category": "tofu", "name": "두부"}, "unit"),
            ("add_to_inventory", {"inventory_id": str(uuid.uuid4()), "category": "tofu", "name": "두부"}, "gtin"),
            ("name_product", {"gtin14": "08801234567893"}, "name"),
            ("name_product", {"gtin14": "08801234567893", "name": "두부"}, "category"),
            ("name_product", {"gtin14": "08801234567893", "name": "두부"}, "quantity_text"),
            ("name_product", {"name": "두부"}, "gtin14"),
        ]
    ),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_megabytes_as_an_argument_are_refused_before_any_work(user, database_url, character, function):
    """Normalising them took 21 s. Cheap in terms of work, not of time: the timeout is far above what is needed."""
    name, arguments, argument = function
    with psycopg.connect(database_url) as connection:
        connection.execute("select set_config('request.jwt.claim.sub', %s, true)", [user.user_id])
        connection.execute("set local role authenticated")
        connection.execute("set local statement_timeout = '3s'")
        call = sql.SQL("select public.{name}({arguments})").format(
            name=sql.Identifier(name),
            arguments=sql.SQL(", ").join(
                sql.SQL("{} => {}").format(sql.Identifier(key), sql.Literal(value))
                for key, value in {**arguments, argument: character * 1_000_000}.items()
            ),
        )
        with pytest.raises(psycopg.Error) as refused:
            connection.execute(call)
    assert refused.value.sqlstate in ("PT422", "22023")


def test_refusals_do_not_put_what_users_typed_into_the_log(user, read_receipt, tmp_path_factory):
    secret = f"secret{uuid.uuid4().hex}"
    receipt, items = read_receipt(user)
    receipt_item_id, receipt_id = str(items[0]["id"]), str(receipt["id"])
    added = add_lots(user, [1]).execute().data
    rpc = user.supabase.rpc
    attempts = [
        *[
            rpc("correct_inventory_item", {"inventory_id": added["id"], "changes": change})
            for change in (
                {"name": secret * 10},
                {"category": secret},
                {"quantity": secret},
                {"unit": secret},
                {"price": secret},
                {"expires_on": secret},
                {secret: 1},
            )
        ],
        rpc("consume_inventory_item", {"inventory_id": added["id"], "reason": secret}),
        rpc("correct_receipt", {"receipt_id": receipt_id, "purchased_at": secret}),
        rpc("correct_receipt", {"receipt_id": receipt_id, "store_name": secret * 30}),
        rpc("correct_receipt_item", {"receipt_item_id": receipt_item_id, "name": secret * 30}),
        rpc("correct_receipt_item", {"receipt_item_id": receipt_item_id, "unit": secret}),
        rpc(
            "add_receipt_item",
            {"receipt_id": receipt_id, "receipt_item_id": receipt_id, "name": "x", "category": secret},
        ),
        user.supabase.table("item_aliases").insert(alias(name=secret, text_key=LONG * 2)),
        rpc("correct_category", {"receipt_item_id": receipt_item_id, "category": secret}),
        rpc("suggest_use_by", {"name": secret, "category": secret}),
        rpc("suggest_use_by", {"name": "두부", "category": "tofu", "storage": secret}),
        rpc("add_to_inventory", {"inventory_id": receipt_item_id, "name": secret, "category": "tofu", "quantity": 0}),
        rpc("add_to_inventory", {"inventory_id": receipt_item_id, "name": "두부", "category": "tofu", "unit": secret}),
        rpc("name_product", {"gtin14": secret, "name": secret}),
        rpc("name_product", {"gtin14": "08801234567893", "name": "두부", "category": secret}),
        *[
            rpc(
                "add_receipt_to_inventory",
                {"receipt_id": receipt_id, "items": [{"receipt_item_id": receipt_item_id, **edit}]},
            )
            for edit in (
                {"category": secret},
                {"quantity": secret},
                {"expires_on": secret},
                {"unit": secret},
                {"storage": secret},
                {"dismiss": secret},
            )
        ],
        rpc("add_receipt_to_inventory", {"receipt_id": receipt_id, "items": [{"receipt_item_id": secret}]}),
    ]
    for attempt in attempts:
        with pytest.raises(APIError):
            attempt.execute()
    assert lines_with(secret, tmp_path_factory) == []


def lines_with(secret: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    logs = {log.resolve() for log in tmp_path_factory.getbasetemp().glob("stack*/postgres.log")}
    if given_project(os.environ):
        pytest.skip("the server's log cannot be read here")
    assert logs
    return [line for log in logs for line in log.read_text().splitlines() if secret in line]


def test_errors_of_postgres_itself_do_not_put_what_users_typed_into_the_log(user, anonymous, tmp_path_factory):
    """Casts, constraints and unknown names: messages that no function of ours words."""
    secret = f"secret{uuid.uuid4().hex}"
    rpc, table = user.supabase.rpc, user.supabase.table
    attempts = [
        rpc("retry_receipt", {"receipt_id": secret}),
        rpc("correct_category", {"receipt_item_id": secret, "category": "dairy"}),
        rpc("suggest_use_by", {"name": "두부", "category": "tofu", "purchased_on": secret}),
        rpc("add_to_inventory", {"inventory_id": secret, "name": "x", "category": "tofu"}),
        rpc(
            "add_to_inventory",
            {"inventory_id": str(uuid.uuid4()), "name": "x", "category": "tofu", "expires_on": secret},
        ),
        rpc(
            "add_to_inventory", {"inventory_id": str(uuid.uuid4()), "name": "x", "category": "tofu", "quantity": secret}
        ),
        rpc("move_inventory_item", {"inventory_id": str(uuid.uuid4()), "storage": "fridge", "moved_on": secret}),
        rpc("review_receipt", {"receipt_id": secret}),
        rpc(secret, {}),
        table("item_aliases").insert(alias(uses=secret)),
        table("item_aliases").insert({secret: 1}),
        table("inventory").select(secret),
        table("receipts").select("*").eq("id", secret),
        table(secret).select("*"),
        anonymous.table("receipts").select("*").eq("store_name", secret),
    ]
    for attempt in attempts:
        with pytest.raises(APIError):
            attempt.execute()
    assert lines_with(secret, tmp_path_factory) == []


def test_the_role_of_a_real_data_api_does_not_log_what_users_typed(database_url, tmp_path_factory):
    """The migration on a project that has PostgREST's role, and on one where it may not change it."""
    migration = next(MIGRATIONS.glob("*_log_privacy.sql")).read_text(encoding="utf-8")
    with psycopg.connect(database_url) as connection:
        if not connection.execute("select from pg_roles where rolname = 'authenticator'").fetchall():
            connection.execute("create role authenticator login noinherit")
        connection.execute("create role deployer nosuperuser createrole")
        connection.execute("grant authenticator to deployer with admin option")
        warnings: list[str] = []
        connection.add_notice_handler(lambda notice: warnings.append(notice.severity_nonlocalized or ""))
        connection.execute("set local role deployer")
        connection.execute(migration)
        assert warnings == ["WARNING"]
        connection.execute("reset role")
        connection.execute(migration)
        row = connection.execute("select rolconfig from pg_roles where rolname = 'authenticator'").fetchone()
        assert row is not None
        assert {"log_min_messages=log", "log_parameter_max_length=0"} <= set(row[0])
        connection.rollback()
