"""Realtime Broadcast: who may join which topic, by the statements of Realtime's server, and what is sent to it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from psycopg.types.json import Jsonb

from local.client import User

Row = dict[str, Any]


def topic_of(user: User) -> str:
    return f"user:{user.user_id}"


def authorize(database: psycopg.Connection[Row], user: User | None, topic: str) -> dict[str, bool]:
    """What Realtime's server asks the database when a client joins a private channel: may it read, may it send?

    It inserts a probe per extension as the server, and looks as the client for which it can see (read); then it inserts
    one as the client (write). All of it is rolled back. From `Realtime.Tenants.Authorization`.
    """
    role = "authenticated" if user else "anon"
    claims = {"role": role, "sub": user.user_id} if user else {"role": role}
    become = """
      select set_config('role', %s, true), set_config('realtime.topic', %s, true),
        set_config('request.jwt.claims', %s, true), set_config('request.jwt.claim.sub', %s, true),
        set_config('request.jwt.claim.role', %s, true), set_config('request.headers', '{}', true)
    """
    setting = [role, topic, json.dumps(claims), user.user_id if user else "", role]
    allowed = {}
    probes = {extension: uuid.uuid4() for extension in ("broadcast", "presence")}
    with database.transaction(force_rollback=True):
        for extension, probe in probes.items():
            values = [probe, topic, extension]
            database.execute("insert into realtime.messages (id, topic, extension) values (%s, %s, %s)", values)
        database.execute(become, setting)
        ids = [str(probe) for probe in probes.values()]
        seen = database.execute("select id from realtime.messages where id = any(%s::uuid[])", [ids]).fetchall()
        for extension, probe in probes.items():
            allowed[f"read {extension}"] = {"id": probe} in seen
    for extension in probes:
        with database.transaction(force_rollback=True):
            database.execute(become, setting)
            try:
                with database.transaction():
                    insert = "insert into realtime.messages (topic, extension) values (%s, %s)"
                    database.execute(insert, [topic, extension])
            except psycopg.errors.InsufficientPrivilege:
                allowed[f"write {extension}"] = False
            else:
                allowed[f"write {extension}"] = True
    return allowed


READS_BROADCAST = {"read broadcast": True, "read presence": False, "write broadcast": False, "write presence": False}
NOTHING = dict.fromkeys(READS_BROADCAST, False)


def test_a_user_may_listen_to_their_own_topic_and_not_send(make_user, database):
    user, other = make_user(), make_user()
    assert authorize(database, user, topic_of(user)) == READS_BROADCAST
    assert authorize(database, other, topic_of(user)) == NOTHING
    assert authorize(database, None, topic_of(user)) == NOTHING


@given(
    topic=strategies.one_of(
        strategies.text(strategies.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
        strategies.sampled_from(["user:", "user:{id}:", "user:{id} ", "USER:{id}", "{id}", "realtime:user:{id}"]),
        strategies.sampled_from(["user:%", "user:null", "user:{other}", "receipts"]),
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_other_topics_are_closed(user, database, topic):
    topic = topic.replace("{id}", user.user_id).replace("{other}", str(uuid.uuid4()))
    assert authorize(database, user, topic) == NOTHING
    assert authorize(database, None, topic) == NOTHING


class Listener:
    """Reads the messages to a user's topic, each once."""

    def __init__(self, database: psycopg.Connection[Row], user: User) -> None:
        self._database = database
        self._user = user

    def __call__(self) -> list[tuple[str, Row]]:
        query = (
            "delete from realtime.messages where topic = %s returning inserted_at, event, private, extension, payload"
        )
        rows = self._database.execute(query, [topic_of(self._user)]).fetchall()
        assert all(row["private"] and row["extension"] == "broadcast" for row in rows)
        rows.sort(key=lambda row: (row["inserted_at"], row["payload"]["version"]))
        return [(row["event"], row["payload"]) for row in rows]


@pytest.fixture
def messages(user: User, database: psycopg.Connection[Row]) -> Listener:
    return Listener(database, user)


def message(row_id: object, status: str, version: int) -> Row:
    return {"id": str(row_id), "status": status, "version": version}


def test_each_step_of_a_receipt_is_told_to_its_user_alone(
    user, make_user, messages, upload_receipt, claim, complete, ocr_answer, database
):
    other = Listener(database, make_user())
    receipt = upload_receipt(user)
    assert messages() == [("receipts", message(receipt["id"], "queued", 1))]
    (claimed,) = claim(receipt["id"])
    assert messages() == [("receipts", message(receipt["id"], "processing", 2))]
    assert complete(claimed, ocr_answer()) == "done"
    assert messages() == [("receipts", message(receipt["id"], "done", 3))]
    assert complete(claimed, ocr_answer()) == "done", "repeated"
    assert messages() == []
    row = database.execute("select version from public.receipts where id = %s", [receipt["id"]]).fetchone()
    assert row == {"version": 3}

    added = user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(receipt["id"])}).execute().data
    assert sorted(messages(), key=str) == sorted(
        (("inventory", message(lot["id"], "in_stock", 1)) for lot in added), key=str
    )
    database.execute("delete from public.receipts where id = %s", [receipt["id"]])
    told = messages()
    assert ("receipts", message(receipt["id"], "deleted", 4)) in told
    assert other() == []


def test_a_failure_and_a_retry_are_told(user, messages, upload_receipt, claim, fail):
    receipt = upload_receipt(user)
    (claimed,) = claim(receipt["id"])
    assert fail(claimed, "no_text", retryable=False) == "failed"
    user.supabase.rpc("retry_receipt", {"receipt_id": str(receipt["id"])}).execute()
    statuses = [payload["status"] for _, payload in messages()]
    assert statuses == ["queued", "processing", "failed", "queued"]


def add(user: User, name: str = "두부") -> Row:
    lot = {"inventory_id": str(uuid.uuid4()), "name": name, "category": "tofu"}
    row: Row = user.supabase.rpc("add_to_inventory", lot).execute().data
    return row


def correct(user: User, lot: Row, **changes: Any) -> None:
    user.supabase.rpc("correct_inventory_item", {"inventory_id": lot["id"], "changes": changes}).execute()


def test_changes_and_the_deletion_of_a_lot_are_told(user, messages):
    lot = add(user)
    assert messages() == [("inventory", message(lot["id"], "in_stock", 1))]
    correct(user, lot, name="초당두부")
    assert messages() == [("inventory", message(lot["id"], "in_stock", 2))]
    correct(user, lot, name="초당두부")
    assert messages() == [], "nothing changed"
    user.supabase.rpc("consume_inventory_item", {"inventory_id": lot["id"]}).execute()
    assert messages() == [("inventory", message(lot["id"], "consumed", 3))]
    user.supabase.rpc("delete_inventory_item", {"inventory_id": lot["id"]}).execute()
    assert messages() == [("inventory", message(lot["id"], "deleted", 4))]
    user.supabase.rpc("restore_inventory_item", {"inventory_id": lot["id"]}).execute()
    assert messages() == [("inventory", message(lot["id"], "consumed", 5))]


def test_the_version_is_not_part_of_the_history(user, database):
    lot = add(user)
    correct(user, lot, quantity=3)
    (entry,) = database.execute("select changes from public.inventory_history where inventory_id = %s", [lot["id"]])
    assert entry["changes"] == {"quantity": [1, 3]}


def test_the_end_of_an_account_is_told_to_the_user_alone(make_user, upload_receipt, database):
    leaver, other = make_user(), make_user()
    add(other)
    upload_receipt(leaver)
    add(leaver)
    listener, others = Listener(database, leaver), Listener(database, other)
    listener(), others()
    database.execute("delete from auth.users where id = %s", [leaver.user_id])
    assert sorted((event, payload["status"]) for event, payload in listener()) == [
        ("inventory", "deleted"),
        ("receipts", "deleted"),
    ]
    assert others() == []


def test_what_a_row_contains_is_not_sent(user, messages, read_receipt, ocr_answer):
    read_receipt(user, ocr_answer(store="비밀 가게"))
    add(user, "비밀 두부")
    sent = messages()
    assert {frozenset(payload) for _, payload in sent} == {frozenset(["id", "status", "version"])}
    assert "비밀" not in str(sent)


def test_a_change_of_the_queue_alone_is_not_told(user, messages, upload_receipt, database):
    receipt = upload_receipt(user)
    messages()
    query = "update public.receipts set turn = turn + 1, attempts = 1, request_id = 'r' where id = %s"
    database.execute(query, [receipt["id"]])
    assert messages() == []


BREAK: dict[str, tuple[str, str]] = {
    "no partition for today": (
        "alter table realtime.messages detach partition realtime.messages_default",
        "alter table realtime.messages attach partition realtime.messages_default default",
    ),
    "no Realtime": ("alter schema realtime rename to realtime_away", "alter schema realtime_away rename to realtime"),
    "another function": (
        "alter function realtime.send(jsonb, text, text, boolean) rename to sent",
        "alter function realtime.sent(jsonb, text, text, boolean) rename to send",
    ),
}


@pytest.mark.parametrize("how", sorted(BREAK))
def test_a_failing_broadcast_loses_no_change(user, upload_receipt, database, how):
    broken, repaired = BREAK[how]
    database.execute(broken.encode())
    try:
        assert upload_receipt(user)["status"] == "queued"
        assert add(user)["name"] == "두부"
    finally:
        database.execute(repaired.encode())


def test_a_locked_table_of_messages_does_not_hold_a_change(user, database, database_url):
    with psycopg.connect(database_url) as other:
        other.execute("lock table realtime.messages in access exclusive mode")
        assert add(user)["name"] == "두부"


def test_the_publication_has_no_table(database):
    """Realtime's Postgres Changes would tell every user the ids of all deleted rows."""
    assert database.execute("select from pg_publication_tables").fetchall() == []


def test_the_stand_in_sends_like_realtime(database, user):
    """`realtime.send` adds an id if the payload has none, and reports errors as warnings."""

    def send(payload: Row) -> Row:
        database.execute("select realtime.send(%s, 'event', %s)", [Jsonb(payload), topic_of(user)])
        (row,) = database.execute("delete from realtime.messages where topic = %s returning *", [topic_of(user)])
        return dict(row)

    row = send({"a": 1})
    assert row["payload"] == {"a": 1, "id": str(row["id"])}
    assert send({"id": "mine"})["payload"] == {"id": "mine"}
