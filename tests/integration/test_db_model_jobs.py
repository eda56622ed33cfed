"""What the jobs of the model pipeline may read and write in the database, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from psycopg.rows import dict_row
from scipy.stats import binomtest

from local.client import User
from model_export.annotation import audit
from model_export.retrain.holdout import is_held_out
from tests.support.households import annotate
from tests.support.households import audit as audit_names

Row = dict[str, Any]
Database = psycopg.Connection[Row]

READ = {"select"}
READ_AND_WRITE = {"select", "insert", "update"}
TABLES = {
    "retraining": {"retraining_runs": READ_AND_WRITE},
    "annotation": {
        "categories": READ,
        "annotation_queue": READ_AND_WRITE,
        "item_annotations": READ_AND_WRITE,
        "finished_annotations": READ,
        "audit_items": {"select", "insert"},
        "finished_audits": READ,
        "line_transcriptions": {"select", "insert"},
    },
}
FUNCTIONS = {
    "retraining": {
        "category_votes",
        "voters",
        "linked_voters",
        "annotated_names",
        "audited_names",
        "bought_names",
        "queue_conflicts",
        "training_lines",
    },
    "annotation": {
        "uncertain_names",
        "disputed_names",
        "bought_items",
        "text_key",
        "reading_tasks",
        "mark_reading_tasks",
    },
}
ROLES = sorted(TABLES)
NOW = datetime(2026, 12, 7, 3, tzinfo=UTC)


@pytest.fixture
def as_role(job_url: Callable[[str], str]) -> Iterator[Callable[[str], Database]]:
    """Connects as the role of a job."""
    connections: list[Database] = []

    def connect(role: str) -> Database:
        connections.append(psycopg.connect(job_url(role), autocommit=True, row_factory=dict_row))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("role", ROLES)
def test_a_job_has_privileges_on_its_tables_alone(database: Database, role: str) -> None:
    query = """
      select n.nspname as schema, c.relname as name, p.privilege
      from pg_class c join pg_namespace n on n.oid = c.relnamespace,
        unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as p (privilege)
      where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
        and has_schema_privilege(%(role)s, n.oid, 'usage') and has_table_privilege(%(role)s, c.oid, p.privilege)
    """
    privileges: dict[str, set[str]] = {}
    for row in database.execute(query, {"role": role}).fetchall():
        assert row["schema"] == "public"
        privileges.setdefault(row["name"], set()).add(row["privilege"])
    assert privileges == TABLES[role]


@pytest.mark.parametrize("role", ROLES)
def test_a_job_may_call_its_functions_alone(database: Database, role: str) -> None:
    query = """
      select proname as name from pg_proc
      where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and has_function_privilege(%s, oid, 'execute')
        and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
    """
    assert {row["name"] for row in database.execute(query, [role]).fetchall()} == FUNCTIONS[role]


@pytest.mark.parametrize("role", ROLES)
def test_a_job_is_no_member_of_another_role_and_creates_nothing(database: Database, role: str) -> None:
    query = """
      select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication as powerful,
        (select count(*) from pg_auth_members m where m.member = r.oid) as memberships,
        (select count(*) from pg_namespace n where has_schema_privilege(r.oid, n.oid, 'create')) as schemas
      from pg_roles r where rolname = %s
    """
    assert database.execute(query, [role]).fetchone() == {"powerful": False, "memberships": 0, "schemas": 0}


REFUSED: dict[str, LiteralString] = {
    "receipts": "select * from public.receipts",
    "line items": "select * from public.receipt_items",
    "corrections": "select * from public.user_category_feedback",
    "accounts": "select * from auth.users",
    "photos": "select * from storage.objects",
    "settings": "select * from private.settings",
    "a setting": "select private.setting('receipt_webhook_secret')",
    "a user's pseudonym": "select private.voter(gen_random_uuid())",
    "the queue of receipts": "select public.claim_receipts(1, 60)",
    "deletion": "select public.forget_user(gen_random_uuid())",
    "deletion of runs": "delete from public.retraining_runs",
    "deletion of answers": "delete from public.item_annotations",
    "another's role": "set role service_role",
    "the owner's role": "set role postgres",
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("role", ROLES)
def test_a_job_is_refused_elsewhere(as_role: Callable[[str], Database], role: str, what: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        as_role(role).execute(REFUSED[what])


@pytest.mark.parametrize(("role", "table"), [("retraining", "annotation_queue"), ("annotation", "retraining_runs")])
def test_a_job_is_refused_what_the_other_one_has(as_role: Callable[[str], Database], role: str, table: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        as_role(role).execute(sql.SQL("select * from public.{}").format(sql.Identifier(table)))


def purchase(
    database: Database,
    user: User,
    at: datetime,
    names: list[str],
    total: int = 1000,
    *,
    printed_at: str = "2026-12-01 18:31",
) -> str:
    """A receipt that was read, with these line items, predicted as snacks."""
    receipt = str(uuid.uuid4())
    database.execute(
        "insert into public.receipts (id, user_id, bucket, object_path, object_version, status, processed_at, "
        "created_at, store_name, purchased_at, total, model_versions) "
        "values (%s, %s, 'ocr', %s, '1', 'done', %s, %s, '행복마트', %s, %s, %s)",
        [receipt, user.user_id, f"{receipt}.jpg", at, at, printed_at, total, '{"category": "category-1"}'],
    )
    database.execute(
        "insert into public.receipt_items (receipt_id, line_no, raw_text, predicted_name, name, kind, "
        "predicted_category_id, category_id, confidence) "
        "select %s, n, t, t, t, 'food', c.id, c.id, 0.9 "
        "from public.categories c, unnest(%s::text[]) with ordinality i (t, n) where c.code = 'snack'",
        [receipt, names],
    )
    return receipt


def correct(database: Database, user: User, name: str, category: str, at: datetime) -> None:
    database.execute(
        "insert into public.user_category_feedback (user_id, item_text, predicted_category_id, corrected_category_id, "
        "created_at) select %s, %s, p.id, c.id, %s from public.categories p, public.categories c "
        "where p.code = 'snack' and c.code = %s",
        [user.user_id, name, at, category],
    )


@pytest.fixture
def users(make_user: Callable[[], User], database: Database, no_corrections: None) -> Iterator[list[User]]:
    users = [make_user() for _ in range(3)]
    yield users
    database.execute("delete from auth.users where id = any(%s)", [[user.user_id for user in users]])


def test_votes_and_voters_are_pseudonyms(
    as_role: Callable[[str], Database], database: Database, users: list[User]
) -> None:
    ann, ben, cho = users
    shared = purchase(database, ann, NOW - timedelta(days=3), ["김"])
    corrected = purchase(database, ann, NOW - timedelta(days=3), ["김"], 7777, printed_at="2026-12-02 10:10")
    for field, offered in (("total", "1000"), ("purchased_at", '"2026-12-01T18:31:00"')):
        database.execute(
            "insert into public.receipt_feedback (receipt_id, field, user_id, offered, chosen) "
            "values (%s, %s, %s, %s, '0')",
            [corrected, field, ann.user_id, offered],
        )
    purchase(database, ann, NOW - timedelta(days=2), ["김"], 2000)
    purchase(database, ann, NOW - timedelta(days=2), ["김"], 2000)  # the same purchase again
    purchase(database, ben, NOW - timedelta(days=3), ["김"])
    purchase(database, cho, NOW - timedelta(days=3), ["김"], printed_at="2026-12-01")
    purchase(database, cho, NOW + timedelta(days=1), ["김"], 3000)  # after the cutoff
    for user in users:
        correct(database, user, "조미김", "seafood", NOW - timedelta(days=1))
    correct(database, ann, "조미김", "snack", NOW + timedelta(days=1))
    database.execute(
        "insert into public.user_category_feedback (user_id, item_text, corrected_category_id, created_at) "
        "select %s, '손으로 적은 이름', id, %s from public.categories where code = 'snack'",
        [ann.user_id, NOW - timedelta(days=1)],
    )
    database.execute(
        "update auth.users set created_at = '2026-10-01 10:42:17+00', email_confirmed_at = '2026-10-01' where id = %s",
        [ann.user_id],
    )

    job = as_role("retraining")
    votes = job.execute("select * from private.category_votes(%s)", [NOW]).fetchall()
    assert [(vote["text_key"], vote["category"]) for vote in votes] == [("조미김", "seafood")] * 3
    voters = {row["voter"]: row for row in job.execute("select * from private.voters(%s)", [NOW]).fetchall()}
    assert set(voters) == {vote["voter"] for vote in votes}
    (known,) = [voter for voter in voters.values() if voter["is_confirmed"]]
    assert known["member_since"] == datetime(2026, 10, 1, 10, tzinfo=UTC), "the hour"
    assert known["receipts"] == 2, "purchases as read, not photos, nor what the user made of them"
    links = job.execute("select * from private.linked_voters(%s)", [NOW]).fetchall()
    assert len(links) == 1, "only two have a receipt of the same minute"
    everything = f"{votes} {voters} {links}"
    for user in users:
        assert user.user_id not in everything
        assert user.email not in everything
    assert shared not in everything


def test_a_deleted_accounts_votes_are_of_no_voter(
    as_role: Callable[[str], Database], database: Database, users: list[User]
) -> None:
    correct(database, users[0], "조미김", "seafood", NOW - timedelta(days=1))
    database.execute("delete from auth.users where id = %s", [users[0].user_id])
    (vote,) = as_role("retraining").execute("select * from private.category_votes(%s)", [NOW]).fetchall()
    assert vote["voter"] is None


def test_only_what_two_users_bought_is_shown_to_retraining(
    as_role: Callable[[str], Database], database: Database, users: list[User]
) -> None:
    ours = [f"상품 {uuid.uuid4().hex}" for _ in range(3)]
    at = datetime(2031, 3, 5, tzinfo=UTC)  # no other test's receipts are of that time
    purchase(database, users[0], at, ours[:2])
    purchase(database, users[0], at, ours[:1])
    purchase(database, users[1], at, ours[1:])
    query = "select item_text from private.bought_names(%s, %s, 10)"
    rows = as_role("retraining").execute(query, [at - timedelta(days=1), at]).fetchall()
    assert [row["item_text"] for row in rows] == [ours[1]]


def test_the_audit_sample_is_drawn_once_and_masked(
    as_role: Callable[[str], Database], database: Database, users: list[User]
) -> None:
    monday = datetime(2031, 3, 3, 3, tzinfo=UTC)
    names = [f"{chr(ord('가') + 31 * number)}나물 010-1234-5678" for number in range(150)]
    purchase(database, users[0], monday, names[:60])
    for place in range(60, 150, 10):
        purchase(database, users[1 + place % 20 // 10], monday, names[place : place + 10])
    purchase(database, users[2], monday + timedelta(days=7), ["다음 주의 나물"])
    job, now = as_role("annotation"), monday + timedelta(days=8)
    assert audit.sample(job, now, 10, 4) == 14
    assert audit.sample(job, now, 10, 4) == 0, "a week is drawn once"
    rows = database.execute("select * from public.audit_items order by place").fetchall()
    assert [row["is_random"] for row in rows] == [True] * 10 + [False] * 4
    assert {str(row["week"]) for row in rows} == {"2031-03-03"}
    assert all(row["item_text"].endswith("나물 ***-****-****") for row in rows)
    assert all(is_held_out(row["item_text"], now) for row in rows[10:])
    queued = database.execute("select text_key, reason from public.annotation_queue").fetchall()
    assert {row["text_key"] for row in queued} == {row["text_key"] for row in rows}
    assert {row["reason"] for row in queued} == {"audit"}
    drawn = job.execute("select * from private.bought_items('2031-03-03', 1000)").fetchall()
    assert len(drawn) == 60, "at most 20 of a user"


def test_only_names_that_were_drawn_at_random_count_as_audited(
    as_role: Callable[[str], Database], database: Database, no_corrections: None
) -> None:
    """Names that users led annotators to are decided, but accounts that voted rightly on them gain nothing by it."""
    job, before = as_role("retraining"), NOW - timedelta(days=1)
    for reason in ("uncertain", "disputed", "conflict"):
        database.execute(
            "insert into public.annotation_queue (text_key, item_text, reason) values (%(name)s, %(name)s, %(reason)s)",
            {"name": f"이름{reason}", "reason": reason},
        )
        annotate(database, {f"이름{reason}": "dairy"}, before)
    audit_names(database, {"뽑힌이름": "dairy"}, before)
    rows = job.execute("select text_key, is_audited from private.annotated_names(%s)", [NOW]).fetchall()
    assert {row["text_key"] for row in rows if row["is_audited"]} == {"뽑힌이름"}
    assert len(rows) == 4
    database.execute("update public.audit_items set sampled_at = %s", [NOW + timedelta(days=1)])
    rows = job.execute("select is_audited from private.annotated_names(%s)", [NOW]).fetchall()
    assert not any(row["is_audited"] for row in rows), "as of the time of the count"


def test_conflicts_are_queued_once(
    as_role: Callable[[str], Database], database: Database, no_corrections: None
) -> None:
    names = '[{"text_key": "김", "item_text": "김", "votes": 4}, {"text_key": "배", "item_text": "배", "votes": 2}]'
    job = as_role("retraining")
    for expected in (2, 0):
        assert job.execute("select private.queue_conflicts(%s) as added", [names]).fetchone() == {"added": expected}
    rows = database.execute("select item_text, reason, times_seen from public.annotation_queue order by 1").fetchall()
    assert [tuple(row.values()) for row in rows] == [("김", "conflict", 4), ("배", "conflict", 2)]


def test_the_accuracy_of_a_month_has_an_interval_and_a_goal(database: Database, no_corrections: None) -> None:
    """Of 20 random items of two months, annotators decided most; items that were not drawn at random do not count."""
    truth = {f"감사 {number}": "dairy" if number % 5 else "snack" for number in range(20)}
    for month, names in ((9, list(truth)[:10]), (11, list(truth)[10:])):
        audit_names(database, {name: truth[name] for name in names}, datetime(2026, month, 16, tzinfo=UTC))
    database.execute("update public.audit_items set is_random = false where item_text = '감사 1'")
    database.execute("delete from public.item_annotations where item_text = '감사 2'")
    rows = database.execute("select * from private.audit_figures(%s)", [NOW]).fetchall()
    figures = {(row["metric"], *sorted(row["labels"].values())): row["value"] for row in rows}
    assert figures["audited_items", "2026-09", "right"] == 6
    assert figures["audited_items", "2026-09", "wrong"] == 2
    assert figures["audited_items", "2026-11", "right"] == 8
    assert figures["audit_accuracy", "2026-09", "estimate"] == 0.75
    low, high = (figures["audit_accuracy", "2026-09", bound] for bound in ("low", "high"))
    expected = binomtest(6, 8).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.001)
    assert figures["audit_goal", "2026-09"] == pytest.approx(0.8)
    assert figures["audit_goal", "2026-11"] == pytest.approx(0.84)
