"""Reminders of use-by dates: when they are due, what Expo gets, and what happens if it fails."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from postgrest.exceptions import APIError
from supabase import Client

from functions.core import logs
from functions.reminders.digest import Reminders
from functions.reminders.expo import ExpoPush
from local.client import User
from local.processes.service import free_port
from tests.support.expo import ExpoServer, expo_server, new_token

Row = dict[str, Any]
Database = psycopg.Connection[Row]
SEOUL = ZoneInfo("Asia/Seoul")
YEAR = datetime.now(SEOUL).year + 5
"""Of claims at chosen moments, after every reminder has become due for the first time."""


def rpc(user: User, function: str, **arguments: Any) -> Any:
    return user.supabase.rpc(function, arguments).execute().data


@pytest.fixture
def expo() -> Iterator[ExpoServer]:
    with expo_server() as server:
        yield server


@pytest.fixture
def make_reminders(service: Client) -> Iterator[Callable[..., Reminders]]:
    logs.configure()
    clients: list[httpx.Client] = []

    def make_reminders(url: str, access_token: str = "") -> Reminders:
        clients.append(httpx.Client(timeout=20))
        return Reminders(service, ExpoPush(clients[-1], url, access_token))

    yield make_reminders
    for client in clients:
        client.close()


def add_tofu(user: User, expires_on: object, name: str = "두부") -> None:
    rpc(
        user,
        "add_to_inventory",
        inventory_id=str(uuid.uuid4()),
        name=name,
        category="tofu",
        expires_on=str(expires_on),
    )


@pytest.fixture
def subscriber(make_user: Callable[[], User], database: Database) -> Callable[..., tuple[User, list[str]]]:
    """A user with devices, tofu that is due today, and a reminder that is due now."""

    def subscriber(devices: int = 1, **chosen: Any) -> tuple[User, list[str]]:
        user = make_user()
        tokens = [new_token() for _ in range(devices)]
        for token in tokens:
            rpc(user, "register_push_token", token=token)
        today = str(datetime.now(SEOUL).date())
        add_tofu(user, today, name="초당두부")
        rpc(user, "set_reminders", **chosen)
        make_due(database, user)
        return user, tokens

    return subscriber


def make_due(database: Database, user: User) -> None:
    database.execute(
        "update public.reminder_settings set next_due_at = now() - interval '1 minute' where user_id = %s",
        [user.user_id],
    )


def devices(database: Database, user: User) -> set[str]:
    rows = database.execute("select token from public.push_tokens where user_id = %s", [user.user_id]).fetchall()
    return {row["token"] for row in rows}


def claims(database: Database, user: User, now: datetime) -> list[Row]:
    """What a run at that moment would send to the user."""
    rows = database.execute("select * from public.claim_reminders(1000, %s)", [now]).fetchall()
    return [row for row in rows if str(row["user_id"]) == user.user_id and row["items"]]


def test_every_device_gets_one_reminder_and_only_once(subscriber, database, expo, make_reminders):
    user, tokens = subscriber(devices=2)
    reminders = make_reminders(expo.url)
    for _ in range(3):
        reminders.run(budget_s=60)
        make_due(database, user)
    for token in tokens:
        (message,) = expo.delivered[token]
        assert (message["title"], message["body"]) == ("곧 먹어야 할 음식 1가지", "초당두부 (오늘까지)")
        assert message["data"] == {"screen": "inventory"}
    assert rpc(user, "set_reminders", language="en")["language"] == "en"


def test_the_function_sends_what_is_due(subscriber, expo, start_function):
    _, (token,) = subscriber(language="en")
    with start_function("reminders", EXPO_PUSH_URL=expo.url) as function:
        answer = requests.post(function.url, timeout=60)
        assert answer.status_code == 200
        assert answer.json()["users"] >= 1
        assert requests.get(function.url, timeout=60).status_code == 405
        log = function.log.read_text()
    assert expo.delivered[token][0]["body"] == "초당두부 (today)"
    assert token not in log
    assert "초당두부" not in log


def test_nothing_is_sent_without_a_device_food_or_consent(subscriber, database, expo, make_reminders):
    unsubscribed, (token,) = subscriber()
    rpc(unsubscribed, "set_reminders", is_enabled=False)
    make_due(database, unsubscribed)
    signed_out, (removed,) = subscriber()
    rpc(signed_out, "remove_push_token", token=removed)
    eaten, (without_food,) = subscriber()
    for lot in eaten.supabase.table("inventory").select("id").execute().data:
        rpc(eaten, "consume_inventory_item", inventory_id=lot["id"])
    leaving, (of_leaving,) = subscriber()
    rpc(leaving, "request_account_deletion")
    make_reminders(expo.url).run(budget_s=60)
    assert not {token, removed, without_food, of_leaving} & set(expo.delivered)


def test_devices_that_are_gone_are_removed(subscriber, database, expo, make_reminders):
    at_once, (gone, kept) = subscriber(devices=2)
    expo.errors[gone] = "DeviceNotRegistered"
    later, (lost,) = subscriber()
    expo.late_errors[lost] = "DeviceNotRegistered"
    reminders = make_reminders(expo.url)
    reminders.run(budget_s=60)
    assert (devices(database, at_once), devices(database, later)) == ({kept}, {lost})
    database.execute("update private.push_tickets set due_at = due_at - interval '16 minutes'")
    database.execute(
        "update public.push_tokens set registered_at = registered_at - interval '1 hour' where token = %s", [lost]
    )
    reminders.run(budget_s=60)
    assert (devices(database, at_once), devices(database, later)) == ({kept}, set())
    rows = database.execute("select token from private.push_tickets where token = any (%s)", [[gone, kept, lost]])
    assert rows.fetchall() == [], "their delivery is known"


def test_a_device_that_is_back_is_kept(subscriber, database, expo, make_reminders):
    user, (token,) = subscriber()
    expo.late_errors[token] = "DeviceNotRegistered"
    reminders = make_reminders(expo.url)
    reminders.run(budget_s=60)
    database.execute("update private.push_tickets set due_at = due_at - interval '16 minutes'")
    rpc(user, "register_push_token", token=token)
    reminders.run(budget_s=60)
    assert devices(database, user) == {token}


REFUSALS = [
    (429, {"errors": [{"code": "TOO_MANY_REQUESTS", "message": "Slow down."}]}),
    (503, {}),
    (401, {"errors": [{"code": "UNAUTHORIZED", "message": "No."}]}),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: str(refusal[0]))
def test_what_expo_refused_is_sent_later_the_same_day(subscriber, database, expo, make_reminders, refusal):
    user, (token,) = subscriber()
    expo.outage = refusal
    reminders = make_reminders(expo.url)
    assert reminders.run(budget_s=60)["released"] >= 1
    assert token not in expo.delivered
    expo.outage = None
    reminders.run(budget_s=60)
    assert token not in expo.delivered, "not before ten minutes have passed"
    for _ in range(2):
        make_due(database, user)
        reminders.run(budget_s=60)
        assert len(expo.delivered[token]) == 1


def test_new_settings_after_a_refusal_keep_the_next_days_reminder(make_user, database):
    user = make_user()
    rpc(user, "register_push_token", token=new_token())
    add_tofu(user, f"{YEAR}-05-11")
    rpc(user, "set_reminders", time_of_day="18:00", days_before=5)
    (claim,) = claims(database, user, datetime(YEAR, 5, 10, 18, tzinfo=SEOUL))
    database.execute(
        "select public.release_reminder(%s, %s, %s)",
        [user.user_id, claim["day"], datetime(YEAR, 5, 10, 18, 1, tzinfo=SEOUL)],
    )
    rpc(user, "set_reminders", time_of_day="09:00")
    (claim,) = claims(database, user, datetime(YEAR, 5, 11, 9, 5, tzinfo=SEOUL))
    assert claim["day"] == date(YEAR, 5, 11)
    assert claims(database, user, datetime(YEAR, 5, 11, 9, 30, tzinfo=SEOUL)) == []


def test_an_unreachable_server_is_tried_again(subscriber, database, expo, make_reminders):
    user, (token,) = subscriber()
    make_reminders(f"http://127.0.0.1:{free_port()}").run(budget_s=60)
    make_due(database, user)
    make_reminders(expo.url).run(budget_s=60)
    assert len(expo.delivered[token]) == 1


@pytest.mark.parametrize("outage", ["lost", (500, {}), (502, {"errors": []}), (200, {"data": []}), (200, {})])
def test_what_may_have_been_sent_is_not_sent_again(subscriber, database, expo, make_reminders, outage):
    user, (token,) = subscriber()
    expo.outage = outage
    reminders = make_reminders(expo.url)
    reminders.run(budget_s=60)
    expo.outage = None
    make_due(database, user)
    reminders.run(budget_s=60)
    assert len(expo.delivered.get(token, [])) == (1 if outage == "lost" else 0)


def test_a_failing_device_does_not_stop_the_others(subscriber, expo, make_reminders):
    failing = [subscriber()[1][0] for _ in range(3)]
    for token, error in zip(failing, ("MessageTooBig", "InvalidCredentials", "SomethingNew"), strict=True):
        expo.errors[token] = error
    _, (token,) = subscriber()
    result = make_reminders(expo.url).run(budget_s=60)
    assert result["failed"] >= 3
    assert len(expo.delivered[token]) == 1


def test_tokens_of_several_projects_are_sent_apart(subscriber, expo, make_reminders):
    tokens = [subscriber()[1][0] for _ in range(3)]
    expo.projects[tokens[1]] = "@jangbogi/preview"
    make_reminders(expo.url).run(budget_s=60)
    assert [len(expo.delivered[token]) for token in tokens] == [1, 1, 1]


def test_a_token_that_is_named_in_several_projects_gets_one_reminder(subscriber, expo, make_reminders):
    tokens = [subscriber()[1][0] for _ in range(4)]
    expo.projects[tokens[1]] = "@jangbogi/preview"
    expo.groups = {"a": [tokens[0], tokens[2], tokens[0]], "b": [tokens[1], tokens[0]], "c": [tokens[2], tokens[1]]}
    make_reminders(expo.url).run(budget_s=60)
    assert [len(expo.delivered.get(token, [])) for token in tokens] == [1, 1, 1, 0]
    expo.groups = {}


@pytest.mark.parametrize("refusal", [(413, {}), (400, {"errors": [{"code": "VALIDATION_ERROR"}]}), (400, {})])
def test_a_message_that_expo_refuses_does_not_stop_the_others(subscriber, database, expo, make_reminders, refusal):
    users = [subscriber(devices=2) for _ in range(7)]
    bad = users[3][1][0]
    expo.refused[bad] = refusal
    reminders = make_reminders(expo.url)
    for _ in range(2):
        reminders.run(budget_s=60)
        for user, _ in users:
            make_due(database, user)
    tokens = {token for _, own in users for token in own}
    assert {token: len(expo.delivered.get(token, [])) for token in tokens} == {token: token != bad for token in tokens}


def test_if_expo_refuses_everything_all_are_sent_later(subscriber, database, expo, make_reminders):
    users = [subscriber() for _ in range(3)]
    expo.outage = (400, {})
    reminders = make_reminders(expo.url)
    assert reminders.run(budget_s=60)["released"] >= 3
    expo.outage = None
    for user, _ in users:
        make_due(database, user)
    reminders.run(budget_s=60)
    assert [len(expo.delivered[token]) for _, (token,) in users] == [1, 1, 1]


DEVICES = ("accepted", "garbled", "gone", "too big", "refused", "unsent")
TICKETS = {"garbled": "garbled", "gone": "DeviceNotRegistered", "too big": "MessageTooBig"}


def test_a_day_is_released_only_if_no_device_may_have_got_it_and_one_may_get_it_later(
    subscriber, database, expo, make_reminders
):
    """What may become of the notifications to one, two or three devices, in all combinations."""
    user, _ = subscriber(devices=0)
    reminders = make_reminders(expo.url)
    for kinds in [each for n in (1, 2, 3) for each in combinations(DEVICES, n)]:
        database.execute("delete from public.push_tokens where user_id = %s", [user.user_id])
        database.execute(
            "update public.reminder_settings set last_day = null, is_released = false, attempts = 0 where user_id = %s",
            [user.user_id],
        )
        tokens = {new_token(): kind for kind in kinds}
        for token, kind in tokens.items():
            database.execute("insert into public.push_tokens (token, user_id) values (%s, %s)", [token, user.user_id])
            if kind == "unsent":
                expo.errors[token] = "MessageRateExceeded"
            elif kind == "refused":
                expo.refused[token] = (400, {})
            elif kind in TICKETS:
                expo.errors[token] = TICKETS[kind]
        make_due(database, user)
        reminders.run(budget_s=60)
        expo.errors.clear()
        expo.refused.clear()
        make_due(database, user)
        reminders.run(budget_s=60)
        # What Expo refuses alone has another cause if it refuses everything.
        later = "unsent" in kinds or set(kinds) == {"refused"}
        released = later and not {"accepted", "garbled"} & set(kinds)
        expected = [kind == "accepted" or (released and kind != "gone") for kind in tokens.values()]
        assert [len(expo.delivered.get(token, [])) for token in tokens] == expected, kinds


def test_what_was_not_sent_in_time_is_sent_by_the_next_run(subscriber, database, expo, make_reminders, monkeypatch):
    """One request is answered, then the time of the claim is over."""
    users = [subscriber(devices=10) for _ in range(12)]
    reminders = make_reminders(expo.url)
    late = [False]

    def clock() -> float:
        late[0] = late[0] or any(path.endswith("/send") for path, _ in expo.requests)
        return 1000.0 if late[0] else 0.0

    result = replace(reminders, push=replace(reminders.push, clock=clock)).run(budget_s=0.001 + 60)
    assert result["released"] >= 2
    for user, _ in users:
        make_due(database, user)
    reminders.run(budget_s=60)
    assert {len(expo.delivered[token]) for _, tokens in users for token in tokens} == {1}


def test_a_worker_that_dies_has_claimed_few_users(subscriber, database, expo, make_reminders, monkeypatch):
    users = [subscriber() for _ in range(25)]
    monkeypatch.setattr(ExpoPush, "send", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        make_reminders(expo.url).run(budget_s=60)
    monkeypatch.undo()
    make_reminders(expo.url).run(budget_s=60)
    assert sum(len(expo.delivered.get(token, [])) for _, (token,) in users) >= 5


def test_an_access_token_is_sent_if_the_project_needs_one(subscriber, expo, make_reminders):
    _, (token,) = subscriber()
    expo.access_token = "secret"
    make_reminders(expo.url, "secret").run(budget_s=60)
    assert len(expo.delivered[token]) == 1


def test_a_request_has_at_most_a_hundred_notifications(subscriber, expo, make_reminders):
    users = [subscriber(devices=10) for _ in range(12)]
    make_reminders(expo.url).run(budget_s=60)
    assert max(count for path, count in expo.requests if path.endswith("/send")) <= 100
    assert all(len(expo.delivered[token]) == 1 for _, tokens in users for token in tokens)


def test_a_message_with_the_longest_names_is_small_enough(subscriber, expo, make_reminders):
    user, (token,) = subscriber()
    today = str(datetime.now(SEOUL).date())
    for number in range(8):
        name = f"{number}{'뷁' * 199}"
        add_tofu(user, today, name=name)
    make_reminders(expo.url).run(budget_s=60)
    (message,) = expo.delivered[token]
    assert message["title"] == "곧 먹어야 할 음식 9가지"
    assert message["body"].endswith(" 외 4가지")


def test_only_what_is_due_within_the_chosen_days_is_named(make_user, database):
    user = make_user()
    rpc(user, "register_push_token", token=new_token())
    day = date(YEAR, 5, 10)
    for left in (-2, -1, 0, 2, 3):
        add_tofu(user, day + timedelta(days=left), name=f"{left}")
    rpc(user, "set_reminders", time_of_day="08:00", days_before=2)
    (claim,) = claims(database, user, datetime.combine(day, time(9), SEOUL))
    assert (claim["day"], claim["item_count"]) == (day, 3)
    assert claim["items"] == [{"name": f"{left}", "days_left": left} for left in (-1, 0, 2)]


CLOCK = st.times().map(lambda moment: moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0))
ZONES = ["Asia/Seoul", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "UTC"]


@given(
    zone=st.sampled_from(ZONES),
    at=CLOCK,
    quiet=st.none() | st.tuples(CLOCK, CLOCK).filter(lambda pair: pair[0] != pair[1]),
    # The first includes the change to daylight saving time in New York.
    start=st.sampled_from([datetime(YEAR, 3, 8, 12, tzinfo=UTC), datetime(YEAR, 7, 1, tzinfo=UTC)]),
)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_one_reminder_per_day_at_the_chosen_time_outside_quiet_hours(make_user, database, zone, at, quiet, start):
    user, local = make_user(), ZoneInfo(zone)
    rpc(user, "register_push_token", token=new_token())
    for day in range(6):
        add_tofu(user, (start + timedelta(days=day)).date())
    hours = {"quiet_from": f"{quiet[0]:%H:%M}", "quiet_until": f"{quiet[1]:%H:%M}"} if quiet else {}
    rpc(user, "set_reminders", time_of_day=f"{at:%H:%M}", time_zone=zone, days_before=5, **hours)
    sent = []
    for half_hours in range(4 * 48):
        now = start + timedelta(minutes=30 * half_hours)
        sent += [now.astimezone(local) for _ in claims(database, user, now)]
    days = [moment.date() for moment in sent]
    assert len(set(days)) == len(days), "never twice on one day"
    assert len(days) >= 3, "and on each whole day"
    for moment in sent[1:]:
        clock = moment.time().replace(tzinfo=None)
        assert not quiet or not (
            quiet[0] <= clock < quiet[1] if quiet[0] < quiet[1] else clock >= quiet[0] or clock < quiet[1]
        )


def test_a_late_run_sends_the_reminder_of_its_day_but_not_in_quiet_hours(make_user, database):
    user = make_user()
    rpc(user, "register_push_token", token=new_token())
    add_tofu(user, f"{YEAR}-05-10")
    rpc(user, "set_reminders", time_of_day="18:00", quiet_from="22:00", quiet_until="07:00", days_before=1)
    assert claims(database, user, datetime(YEAR, 5, 9, 23, tzinfo=SEOUL)) == []
    assert claims(database, user, datetime(YEAR, 5, 10, 6, 55, tzinfo=SEOUL)) == []
    (claim,) = claims(database, user, datetime(YEAR, 5, 10, 7, tzinfo=SEOUL))
    assert claim["day"] == date(YEAR, 5, 10)
    assert claims(database, user, datetime(YEAR, 5, 10, 20, tzinfo=SEOUL)) == [], "never twice on one day"


@given(zone=st.sampled_from(ZONES), quiet_from=CLOCK, minutes=st.integers(1, 10))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_time_just_before_the_quiet_hours_comes_each_day(make_user, database, zone, quiet_from, minutes):
    """The function runs every five minutes: for 21:58 at 22:00."""
    user, local = make_user(), ZoneInfo(zone)
    rpc(user, "register_push_token", token=new_token())
    start = datetime(YEAR, 5, 9, quiet_from.hour, quiet_from.minute, tzinfo=local)
    for day in range(-1, 5):
        expires_on = str((start + timedelta(days=day)).date())
        add_tofu(user, expires_on)
    rpc(
        user,
        "set_reminders",
        time_of_day=f"{start - timedelta(minutes=minutes):%H:%M}",
        time_zone=zone,
        quiet_from=f"{start:%H:%M}",
        quiet_until=f"{start + timedelta(hours=9):%H:%M}",
    )
    runs = [start + timedelta(days=day, minutes=run) for day in range(3) for run in (-15, -10, -5, 0, 5, 60, 540)]
    assert len([run for run in runs for _ in claims(database, user, run)]) == 3


@pytest.mark.parametrize("zone", ZONES)
def test_a_time_just_before_midnight_comes_each_day(make_user, database, zone):
    user, midnight = make_user(), datetime(YEAR, 5, 10, tzinfo=ZoneInfo(zone))
    rpc(user, "register_push_token", token=new_token())
    add_tofu(user, f"{YEAR}-05-12")
    rpc(user, "set_reminders", time_of_day="23:58", time_zone=zone, days_before=5)
    first = midnight - timedelta(minutes=2)
    database.execute("update public.reminder_settings set next_due_at = %s where user_id = %s", [first, user.user_id])
    days = [claim["day"] for day in range(3) for claim in claims(database, user, midnight + timedelta(days=day))]
    assert days == [date(YEAR, 5, 9 + day) for day in range(3)]


@given(
    zone=st.sampled_from(ZONES),
    at=st.integers(17 * 60, 24 * 60 - 1),
    refusals=st.integers(1, 11),
    # The first includes the change to daylight saving time in New York.
    start=st.sampled_from([date(YEAR, 3, 8), date(YEAR, 7, 1)]),
)
@example(zone="Asia/Seoul", at=23 * 60 + 55, refusals=3, start=date(YEAR, 7, 1))
@example(zone="America/New_York", at=23 * 60 + 55, refusals=3, start=date(YEAR, 3, 8))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_was_refused_is_sent_after_midnight_but_once_for_each_day(
    make_user, database, service, zone, at, refusals, start
):
    user, local = make_user(), ZoneInfo(zone)
    rpc(user, "register_push_token", token=new_token())
    for day in range(-1, 6):
        add_tofu(user, start + timedelta(days=day))
    rpc(user, "set_reminders", time_of_day=f"{at // 60:02}:{at % 60:02}", time_zone=zone, days_before=0)
    due = datetime.combine(start, time(at // 60, at % 60), local).astimezone(UTC)
    database.execute("update public.reminder_settings set next_due_at = %s where user_id = %s", [due, user.user_id])
    sent: dict[date, datetime] = {}
    # Every five minutes as long as it may be sent again, then about the times of the next two days.
    minutes = [*range(0, 180, 5), *(24 * 60 * days + offset for days in (1, 2) for offset in (-60, -5, 0, 5, 60))]
    for now in (due + timedelta(minutes=run) for run in minutes):
        for claim in claims(database, user, now):
            assert claim["day"] not in sent, "never twice"
            if refusals:
                refusals -= 1
                release = [user.user_id, claim["day"], now]
                database.execute("select public.release_reminder(%s, %s, %s)", release)
                continue
            sent[claim["day"]] = now
            assert [item["days_left"] for item in claim["items"]] == [-1, 0], "as of the moment of sending"
    assert list(sent) == [start + timedelta(days=day) for day in range(3)]
    assert sent[start] - due <= timedelta(hours=2)
    for day, moment in sent.items():
        at_its_time = datetime.combine(day, time(at // 60, at % 60), local).astimezone(UTC)
        assert moment == at_its_time or day == start


@given(
    zone=st.sampled_from(ZONES), at=st.integers(0, 24 * 60 - 1), late=st.integers(0, 24 * 60), start=st.integers(1, 28)
)
@example(zone="Asia/Seoul", at=23 * 60 + 50, late=25, start=9)
@example(zone="Asia/Seoul", at=18 * 60, late=11 * 60, start=9)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_late_run_takes_no_reminder_of_another_day(make_user, database, zone, at, late, start):
    """Unless the two would come within twelve hours: then the late one counts for both."""
    user, local = make_user(), ZoneInfo(zone)
    rpc(user, "register_push_token", token=new_token())
    day = date(YEAR, 6, start)
    for days in range(-1, 5):
        add_tofu(user, day + timedelta(days=days))
    rpc(user, "set_reminders", time_of_day=f"{at // 60:02}:{at % 60:02}", time_zone=zone, days_before=0)
    due = datetime.combine(day, time(at // 60, at % 60), local).astimezone(UTC)
    database.execute("update public.reminder_settings set next_due_at = %s where user_id = %s", [due, user.user_id])
    runs = [due + timedelta(minutes=late), *[due + timedelta(days=days, minutes=4) for days in (1, 2, 3)]]
    sent = [(now, claim["day"]) for now in runs for claim in claims(database, user, now)]
    assert all(later - earlier >= timedelta(hours=11, minutes=55) for (earlier, _), (later, _) in pairwise(sent))
    days = [claimed for _, claimed in sent]
    assert days == sorted(set(days))
    if late <= 12 * 60:
        assert days == [day + timedelta(days=n) for n in range(4)]
    assert days[-1] == day + timedelta(days=3)
    assert len(days) >= 3


def test_a_released_reminder_is_not_sent_shortly_before_the_next_one(make_user, database):
    user = make_user()
    rpc(user, "register_push_token", token=new_token())
    add_tofu(user, f"{YEAR}-05-11")
    rpc(user, "set_reminders", time_of_day="18:00", days_before=2)
    at = datetime(YEAR, 5, 9, 18, tzinfo=SEOUL)
    (claim,) = claims(database, user, at)
    database.execute("select public.release_reminder(%s, %s, %s)", [user.user_id, claim["day"], at])
    # Nothing ran for half a day.
    assert claims(database, user, datetime(YEAR, 5, 10, 6, 1, tzinfo=SEOUL)) == []
    (claim,) = claims(database, user, datetime(YEAR, 5, 10, 18, tzinfo=SEOUL))
    assert claim["day"] == date(YEAR, 5, 10)


def test_a_release_in_the_quiet_hours_is_sent_at_their_end(make_user, database):
    user = make_user()
    rpc(user, "register_push_token", token=new_token())
    expires_on = f"{YEAR}-05-10"
    add_tofu(user, expires_on)
    rpc(user, "set_reminders", time_of_day="11:55", quiet_from="12:00", quiet_until="14:00")
    at = datetime(YEAR, 5, 9, 11, 55, tzinfo=SEOUL)
    (claim,) = claims(database, user, at)
    database.execute("select public.release_reminder(%s, %s, %s)", [user.user_id, claim["day"], at])
    assert claims(database, user, datetime(YEAR, 5, 9, 12, 5, tzinfo=SEOUL)) == []
    (again,) = claims(database, user, datetime(YEAR, 5, 9, 14, tzinfo=SEOUL))
    assert again["day"] == claim["day"]


@pytest.mark.parametrize(
    "chosen",
    [
        {"time_of_day": "24:00"},
        {"time_of_day": "6 pm"},
        {"time_of_day": ""},
        {"days_before": 31},
        {"days_before": -1},
        {"time_zone": "KST"},
        {"time_zone": "Asia/Atlantis"},
        {"time_zone": "CET"},
        {"time_zone": "Est"},
        {"time_zone": "UTC+9"},
        {"time_zone": "x" * 100_000},
        {"time_zone": ""},
        {"quiet_from": "22:00"},
        {"quiet_from": "22:00", "quiet_until": "22:00"},
        {"quiet_from": "late", "quiet_until": "07:00"},
        {"language": "fr"},
    ],
)
def test_wrong_settings_are_refused_and_change_nothing(user, chosen):
    before = rpc(user, "set_reminders")
    with pytest.raises(APIError) as refused:
        rpc(user, "set_reminders", **chosen)
    assert (refused.value.code, refused.value.hint) == ("PT422", "invalid_reminder")
    assert rpc(user, "set_reminders") == before


@pytest.mark.parametrize(
    "zone",
    ["Asia/Seoul", "America/Argentina/Buenos_Aires", "Etc/GMT+9", "Pacific/Kiritimati", "UTC", "GMT"],
)
def test_every_name_of_a_zone_that_devices_give_is_taken(user, zone):
    assert rpc(user, "set_reminders", time_zone=zone)["time_zone"] == zone


def test_old_names_of_zones_are_taken_if_the_system_has_them(user, database):
    """Debian 13 has them in a package of their own."""
    names = ["ROK", "Japan", "Singapore"]
    rows = database.execute("select name from pg_timezone_names where name = any(%s)", [names]).fetchall()
    known = {row["name"] for row in rows}
    for zone in names:
        if zone in known:
            assert rpc(user, "set_reminders", time_zone=zone)["time_zone"] == zone
        else:
            with pytest.raises(APIError) as refused:
                rpc(user, "set_reminders", time_zone=zone)
            assert refused.value.hint == "invalid_reminder"


def test_settings_that_are_not_given_stay(user):
    assert rpc(user, "set_reminders")["is_enabled"] is True
    chosen = {"time_of_day": "07:30", "days_before": 3, "time_zone": "America/New_York", "language": "en"}
    rpc(user, "set_reminders", **chosen, quiet_from="22:00", quiet_until="07:00")
    after = rpc(user, "set_reminders", is_enabled=False)
    assert {name: after[name] for name in ("days_before", "time_zone", "language")} == {
        "days_before": 3,
        "time_zone": "America/New_York",
        "language": "en",
    }
    assert (after["time_of_day"], after["quiet_from"], after["quiet_until"]) == ("07:30:00", "22:00:00", "07:00:00")
    assert rpc(user, "set_reminders", quiet_from="", quiet_until="")["quiet_from"] is None


@pytest.mark.parametrize("token", ["", "x", "ExponentPushToken[]", "ExponentPushToken[a b]", "x" * 100_000, None])
def test_only_tokens_of_expo_are_registered(user, token):
    with pytest.raises(APIError) as refused:
        rpc(user, "register_push_token", token=token)
    assert (refused.value.code, refused.value.hint) == ("PT422", "invalid_push_token")


def test_a_device_belongs_to_the_user_who_signed_in_last(make_user, database):
    first, second = make_user(), make_user()
    token = new_token()
    for user in (first, second, second):
        rpc(user, "register_push_token", token=token)
    rpc(first, "remove_push_token", token=token)
    assert (devices(database, first), devices(database, second)) == (set(), {token})
    rpc(second, "remove_push_token", token=token)
    assert devices(database, second) == set()


def test_the_latest_ten_devices_of_a_user_count(user, database):
    tokens = [new_token() for _ in range(12)]
    for token in tokens:
        rpc(user, "register_push_token", token=token)
    assert devices(database, user) == set(tokens[2:])


def test_two_runs_at_once_send_once(subscriber, expo, make_reminders):
    tokens = [subscriber()[1][0] for _ in range(5)]
    runs = [make_reminders(expo.url) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda reminders: reminders.run(budget_s=60), runs))
    assert [len(expo.delivered[token]) for token in tokens] == [1] * 5


def test_tickets_without_an_answer_do_not_hold_up_others(user, database, service):
    """Each is asked for in its turn, however few fit into one call."""
    sent = datetime(2001, 1, 1, tzinfo=UTC)
    tickets = [{"id": f"{uuid.uuid4()}", "user_id": user.user_id, "token": "t"} for _ in range(4)]
    for number, ticket in enumerate(tickets):
        arguments = {"p_tickets": [ticket], "p_now": str(sent + timedelta(minutes=number))}
        service.rpc("store_push_tickets", arguments).execute()

    def due(minutes: int) -> list[int]:
        arguments = {"p_limit": 2, "p_now": str(sent + timedelta(minutes=minutes))}
        ids: Any = service.rpc("due_push_tickets", arguments).execute().data
        return [[ticket["id"] for ticket in tickets].index(id_) for id_ in ids]

    assert due(14) == []
    assert [due(30) for _ in range(3)] == [[0, 1], [2, 3], []]
    assert sorted(due(46) + due(46)) == [0, 1, 2, 3], "not answered: asked for again"
    database.execute("delete from private.push_tickets where user_id = %s", [user.user_id])
