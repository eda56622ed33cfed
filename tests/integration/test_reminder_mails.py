"""Reminders by mail: who gets them, what happens if the mail server fails, and ending them by the link."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
import requests
from supabase import Client

from functions.core import logs
from functions.reminders.digest import Reminders
from functions.reminders.expo import ExpoPush
from functions.reminders.mail import Letter, MailServer
from local.client import User
from local.processes.service import free_port
from tests.support.expo import ExpoServer, expo_server, new_token
from tests.support.mail import Mailbox, mail_server

Row = dict[str, Any]
Database = psycopg.Connection[Row]
UNSUBSCRIBE_URL = "https://functions.example/reminder-unsubscribe"


def rpc(user: User, function: str, **arguments: Any) -> Any:
    return user.supabase.rpc(function, arguments).execute().data


@pytest.fixture
def expo() -> Iterator[ExpoServer]:
    with expo_server() as server:
        yield server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as server:
        yield server


@pytest.fixture
def make_reminders(service: Client, expo: ExpoServer) -> Iterator[Callable[..., Reminders]]:
    logs.configure()
    http = httpx.Client(timeout=20)

    def make_reminders(port: int, **settings: Any) -> Reminders:
        standard = {"security": "none", "user": "", "password": "", "timeout_s": 5}
        mail = MailServer(
            host="127.0.0.1",
            port=port,
            sender="reminders@jangbogi.example",
            sender_name="장보기",
            unsubscribe_url=UNSUBSCRIBE_URL,
            **(standard | settings),
        )
        return Reminders(service, ExpoPush(http, expo.url), mail)

    yield make_reminders
    http.close()


@pytest.fixture
def subscriber(make_user: Callable[[], User], database: Database) -> Callable[..., User]:
    """A user with a confirmed address and tofu that is due today, who wants mails now."""

    def subscriber(name: str = "초당두부", **chosen: Any) -> User:
        user = make_user()
        today = datetime.now(ZoneInfo("Asia/Seoul")).date()
        for offset, text in enumerate([name, "우유"]):
            lot = {"inventory_id": str(uuid.uuid4()), "name": text, "category": "tofu"}
            rpc(user, "add_to_inventory", **lot, expires_on=str(today + timedelta(days=offset)))
        rpc(user, "set_reminders", **({"by_mail": True} | chosen))
        database.execute("update auth.users set email_confirmed_at = now() where id = %s", [user.user_id])
        make_due(database, user)
        return user

    return subscriber


def make_due(database: Database, user: User) -> None:
    database.execute(
        "update public.reminder_settings set next_due_at = now() - interval '1 minute' where user_id = %s",
        [user.user_id],
    )


def mails(mailbox: Mailbox, user: User) -> int:
    return len(mailbox.delivered.get(user.email, []))


def test_a_user_gets_one_mail_per_day_that_can_be_ended(subscriber, database, mailbox, make_reminders):
    user = subscriber()
    reminders = make_reminders(mailbox.port)
    for _ in range(3):
        reminders.run(budget_s=60)
        make_due(database, user)
    (mail,) = mailbox.delivered[user.email]
    assert mail["Subject"] == "곧 먹어야 할 음식 2가지"
    assert mail["From"] == "장보기 <reminders@jangbogi.example>"
    text = mail.get_content()
    assert text.startswith("- 초당두부 (오늘까지)\n- 우유 (내일까지)\n")
    (link,) = re.findall(r"https://\S+", text)
    assert mail["List-Unsubscribe"] == f"<{link}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = database.execute(
        "select mail_token from public.reminder_settings where user_id = %s", [user.user_id]
    ).fetchone()["mail_token"]
    assert link == f"{UNSUBSCRIBE_URL}?token={token}"


def test_mails_are_a_setting_and_need_a_confirmed_address(subscriber, database, mailbox, expo, make_reminders):
    without = subscriber(by_mail=False)
    unconfirmed, off, deleted, wanted = (subscriber(language="en") for _ in range(4))
    database.execute("update auth.users set email_confirmed_at = null where id = %s", [unconfirmed.user_id])
    rpc(off, "set_reminders", by_mail=False)
    make_due(database, off)
    rpc(deleted, "request_account_deletion")
    make_reminders(mailbox.port).run(budget_s=60)
    assert [mails(mailbox, user) for user in (without, unconfirmed, off, deleted, wanted)] == [0, 0, 0, 0, 1]
    assert "2 items to use up" in mailbox.delivered[wanted.email][0]["Subject"]


def test_device_and_mail_get_the_same_reminder(subscriber, mailbox, expo, make_reminders):
    user = subscriber()
    token = new_token()
    rpc(user, "register_push_token", token=token)
    result = make_reminders(mailbox.port).run(budget_s=60)
    assert (len(expo.delivered[token]), mails(mailbox, user)) == (1, 1)
    assert result["mails"] >= 1
    assert result["users"] < result["mails"] + result["notifications"]


@pytest.mark.parametrize(
    ("answers", "later"),
    [
        ({"MAIL": "451 Later"}, 1),
        ({"MAIL": "550 Unknown sender"}, 1),
        ({"RCPT": "450 Greylisted"}, 1),
        ({"DATA": "452 Full"}, 1),
        ({"RCPT": "550 No such user"}, 0),
        ({"DATA": "554 Rejected"}, 0),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else str(value),
)
def test_what_may_succeed_later_is_sent_the_same_day(subscriber, database, mailbox, make_reminders, answers, later):
    user = subscriber()
    mailbox.answers = answers
    reminders = make_reminders(mailbox.port)
    reminders.run(budget_s=60)
    assert mails(mailbox, user) == 0
    mailbox.answers = {}
    for _ in range(2):
        make_due(database, user)
        reminders.run(budget_s=60)
    assert mails(mailbox, user) == later


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "is_gone"),
    [
        ("550 5.1.1 No such user", True),
        ("553 5.1.2 No such domain", True),
        ("553 5.1.3 Not an address", True),
        ("551 5.1.6 Moved", True),
        ("556 5.1.10 The domain takes no mails", True),
        ("550 No such user", False),
        ("450 4.1.1 Perhaps no such user", False),
        ("450 5.1.1 Later", False),
        ("550 5.1.0 Something about the address", False),
        ("550 5.1.8 Your sender's domain does not resolve", False),
        ("550 5.1.11 Unknown code", False),
        ("552 5.2.2 The mailbox is full", False),
        ("550 5.4.5 Your quota of the day is used up", False),
        ("501 5.5.2 Syntax error", False),
        ("550 5.7.1 Your server is on a blocklist", False),
        ("550 Blocked: see 5.1.1 of our rules", False),
    ],
)
def test_only_a_permanent_code_of_an_address_refuses_it(mailbox, make_reminders, command, answer, is_gone):
    mailbox.answers = {command: answer}
    letter = Letter("user@example.com", str(uuid.uuid4()), "2026-11-22", "제목", "{link}")
    (outcome,) = make_reminders(mailbox.port).mail.send([letter])
    assert (bool(outcome.error), outcome.address_refused) == (True, is_gone)


GONE = "550 5.1.1 No such user"


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        pytest.param([(GONE, "after")] * 3, False, id="gone"),
        pytest.param([(GONE, "before")] * 4, False, id="others get theirs later, known on the next day"),
        pytest.param([(GONE, "never")] * 4, True, id="all refused"),
        pytest.param([(GONE, "never"), *[(GONE, "after")] * 3], False, id="all refused on one day"),
        pytest.param([(GONE, "after"), (GONE, "after"), ("", "after"), (GONE, "after")], True, id="now and then"),
        pytest.param([("550 5.7.1 Your server is on a blocklist", "after")] * 3, True, id="policy"),
    ],
)
def test_mails_end_if_the_address_is_refused_on_days_on_which_others_get_theirs(
    subscriber, database, mailbox, make_reminders, days, wanted
):
    """The second of each pair: when, on that day, the mail to another address is accepted, as seen from the refusal."""
    database.execute("delete from private.mail_days")
    user, other = subscriber(), subscriber()
    database.execute(
        "update public.reminder_settings set next_due_at = 'infinity' where user_id <> all (%s)",
        [[user.user_id, other.user_id]],
    )
    reminders = make_reminders(mailbox.port)

    def wants_mails() -> bool:
        return bool(user.supabase.table("reminder_settings").select("by_mail").execute().data[0]["by_mail"])

    def run(*due: User) -> None:
        for one in (user, other):
            due_at = "now() - interval '1 minute'" if one in due else "'infinity'"
            database.execute(
                f"update public.reminder_settings set next_due_at = {due_at} where user_id = %s", [one.user_id]
            )
        reminders.run(budget_s=60)

    for answer, others in days:
        assert wants_mails()
        mailbox.answers = {user.email: answer}
        if others == "after":
            run(other)
        for _ in range(2):  # the second run on a day sends, and counts, nothing
            run(user)
        if others == "before":
            run(other)
        database.execute(
            "update public.reminder_settings set last_day = last_day - 1, mail_refused_on = mail_refused_on - 1"
        )
        database.execute("update private.mail_days set day = day - 1")
    assert wants_mails() is wanted
    rpc(user, "set_reminders", by_mail=True)
    mailbox.answers = {user.email: GONE}
    run(other, user)
    assert wants_mails(), "turned on again, it has the days again"


def test_an_unreachable_mail_server_is_tried_again(subscriber, database, mailbox, make_reminders):
    user = subscriber()
    make_reminders(free_port()).run(budget_s=60)
    make_due(database, user)
    make_reminders(mailbox.port).run(budget_s=60)
    assert mails(mailbox, user) == 1


def test_a_mail_that_may_have_been_accepted_is_not_sent_again(subscriber, database, mailbox, make_reminders):
    user = subscriber()
    mailbox.answers = {"DATA": "lost"}
    reminders = make_reminders(mailbox.port)
    reminders.run(budget_s=60)
    mailbox.answers = {}
    make_due(database, user)
    reminders.run(budget_s=60)
    assert mails(mailbox, user) == 1


def test_a_failing_mail_after_a_notification_is_not_repeated(subscriber, database, mailbox, expo, make_reminders):
    user = subscriber()
    token = new_token()
    rpc(user, "register_push_token", token=token)
    mailbox.answers = {"MAIL": "451 Later"}
    for _ in range(2):
        make_reminders(mailbox.port).run(budget_s=60)
        make_due(database, user)
    assert (len(expo.delivered[token]), mails(mailbox, user)) == (1, 0)


@pytest.mark.parametrize(
    "address",
    [
        "a b@example.com",
        '"a\r\nBcc: x@example.com"@example.com',
        "가@example.com",
        "a@b@x.com",
        "<a>@x.com",
        "a..b@x.com",
        "a.@x.com",
        "a@x..com",
    ],
)
def test_a_strange_address_does_not_stop_the_others(subscriber, database, mailbox, make_reminders, address):
    users = [subscriber() for _ in range(3)]
    strange = f"{uuid.uuid4().hex[:8]}{address}"
    database.execute("update auth.users set email = %s where id = %s", [strange, users[1].user_id])
    mailbox.answers = {users[0].email: "550 No such user"}
    result = make_reminders(mailbox.port).run(budget_s=60)
    assert result["failed"] >= 2
    assert [mails(mailbox, user) for user in users] == [0, 0, 1]
    assert not any("x@example.com" in to for to in mailbox.delivered)


def test_names_add_no_header(subscriber, mailbox, make_reminders):
    user = subscriber(name="두부\nBcc: x@example.com\n.\nQUIT")
    make_reminders(mailbox.port).run(budget_s=60)
    (mail,) = mailbox.delivered[user.email]
    assert mail["Bcc"] is None
    assert mail.get_content().startswith("- 두부 Bcc: x@example.com . QUIT (오늘까지)\n")


def test_a_server_without_encryption_gets_neither_password_nor_mails(subscriber, mailbox, make_reminders):
    user = subscriber()
    make_reminders(mailbox.port, security="starttls", user="u", password="p").run(budget_s=60)
    assert mails(mailbox, user) == 0


def test_a_server_with_a_password_gets_it_encrypted(subscriber, expo, start_function, tmp_path):
    user = subscriber()
    with mail_server(tmp_path, "mail-password") as mailbox:
        settings = {
            "EXPO_PUSH_URL": expo.url,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(mailbox.port),
            "SMTP_USER": "jangbogi",
            "SMTP_PASSWORD": "mail-password",
            "SMTP_SENDER": "reminders@jangbogi.example",
            "UNSUBSCRIBE_URL": UNSUBSCRIBE_URL,
            "SSL_CERT_FILE": str(tmp_path / "mail.pem"),
        }
        with start_function("reminders", **settings) as function:
            assert requests.post(function.url, timeout=60).json()["mails"] >= 1
        assert mails(mailbox, user) == 1


def test_the_link_ends_the_mails_and_logs_contain_no_address(subscriber, database, expo, start_function, mailbox):
    with start_function("reminder_unsubscribe") as unsubscribe:
        user, other = subscriber(), subscriber(name="비밀두부")
        mailbox.answers = {other.email: f"550 <{other.email}> is unknown"}
        settings = {
            "EXPO_PUSH_URL": expo.url,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(mailbox.port),
            "SMTP_SECURITY": "none",
            "SMTP_SENDER": "reminders@jangbogi.example",
            "UNSUBSCRIBE_URL": unsubscribe.url,
        }
        with start_function("reminders", **settings) as function:
            answer = requests.post(function.url, timeout=60)
            assert answer.json()["mails"] >= 1
            log = function.log.read_text()
        assert mails(mailbox, user) == 1
        assert "mails not delivered" in log
        for secret in (user.email, other.email, "초당두부", "비밀두부"):
            assert secret not in log
            assert secret not in answer.text

        token = database.execute(
            "select mail_token from public.reminder_settings where user_id = %s", [user.user_id]
        ).fetchone()["mail_token"]
        link = f"{unsubscribe.url}?token={token}"

        def wants_mails() -> bool:
            rows: Any = user.supabase.table("reminder_settings").select("by_mail, is_enabled").execute().data
            assert rows[0]["is_enabled"]
            return bool(rows[0]["by_mail"])

        page = requests.get(link, timeout=60)
        assert (page.status_code, wants_mails()) == (200, True), "scanners of mails open links"
        assert '<form method="post">' in page.text
        assert page.headers["Referrer-Policy"] == "no-referrer"
        for _ in range(2):
            assert requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=60).status_code == 200
            assert not wants_mails()
        unknown = requests.post(f"{unsubscribe.url}?token={uuid.uuid4()}", timeout=60)
        assert unknown.status_code == 200, "whether a token exists is not told"
        for wrong in ("", "x", "%00", f"{token}'--", "<script>"):
            answer = requests.post(unsubscribe.url, params={"token": wrong}, timeout=60)
            assert answer.status_code == 400
            assert "<script>" not in answer.text
        assert requests.put(link, timeout=60).status_code == 405
