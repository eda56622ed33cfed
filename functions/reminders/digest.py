"""One run of the reminders: settles earlier notifications, then sends the reminders that are due.

A user gets one reminder per day at most, on each device and by mail: the claim counts as the reminder, and it is
released only if neither Expo nor the mail server can have accepted any of it, also because its time was over before it
was sent. A worker that dies between the two sends none for that day.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from supabase import Client

from functions.core.errors import FunctionError
from functions.core.logs import get_logger
from functions.core.supabase import call_with_retry
from functions.reminders.expo import (
    DEVICE_GONE,
    MESSAGES_PER_REQUEST,
    ExpoPush,
    Message,
    Outcome,
    PushError,
)
from functions.reminders.mail import Letter, MailServer
from functions.reminders.texts import DueItem, letter, reminder

CLAIMED_USERS = 20
"""Users at a time: those who get no reminder that day if the worker dies."""
SETTLED_TICKETS = 1000


@dataclass(frozen=True)
class DueReminder:
    """A claimed reminder: whom to send which notifications, for which day."""

    user_id: str
    day: str
    messages: list[Message]
    letter: Letter | None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> DueReminder:
        """From a row of `claim_reminders`."""
        items = [DueItem(item["name"], item["days_left"]) for item in row["items"]]
        title, body = reminder(row["language"], items, row["item_count"])
        mail = None
        if row["email"]:
            mail = Letter(
                row["email"], row["mail_token"], row["day"], *letter(row["language"], items, row["item_count"])
            )
        return cls(row["user_id"], row["day"], [Message(token, title, body) for token in row["tokens"]], mail)


@dataclass(frozen=True)
class Reminders:
    """Sends what is due, with the secret key."""

    client: Client
    push: ExpoPush
    mail: MailServer | None = None
    claim_s: float = 30
    """How long the reminders of one claim may take. What has not been sent by then is released."""

    def run(self, *, budget_s: float, clock: Callable[[], float] = time.monotonic) -> dict[str, int]:
        """Claim and send until no reminder is due or `budget_s` seconds have passed.

        Returns:
            The counts `users` (whose reminder was accepted), `notifications`, `mails`, `released` (users, to be tried
            again), `failed` (notifications and mails) and `devices_removed`.

        Raises:
            BackendUnavailable, BackendRefused: see `call_with_retry`.
        """
        deadline = clock() + budget_s
        counts: Counter[str] = Counter(users=0, notifications=0, mails=0, released=0, failed=0, devices_removed=0)
        counts["devices_removed"] += self.settle()
        while clock() < deadline:
            rows = self._claim()
            if not rows:
                break
            until = self.push.clock() + self.claim_s
            for batch in _batches([DueReminder.from_row(row) for row in rows if row["items"]]):
                try:
                    self._send(batch, until, counts)
                except FunctionError as error:
                    # The others have been claimed, too.
                    _report_unstored(error)
        return dict(counts)

    def settle(self) -> int:
        """Ask Expo whether earlier notifications were delivered, and remove devices without the app.

        Returns:
            The number of removed devices.

        Raises:
            BackendUnavailable, BackendRefused: see `call_with_retry`.
        """
        ids: Any = call_with_retry(
            lambda: self.client.rpc("due_push_tickets", {"p_limit": SETTLED_TICKETS}).execute().data
        )
        if not ids:
            return 0
        try:
            errors = self.push.receipts(ids)
        except PushError as error:
            get_logger().warning("receipts of notifications not read", code=error.code)
            return 0
        _report(code for code in errors.values() if code not in ("", DEVICE_GONE))
        gone = [ticket for ticket, code in errors.items() if code == DEVICE_GONE]
        return self._forget(list(errors), gone, [])

    def _claim(self) -> list[dict[str, Any]]:
        # If a response is lost, its users have been claimed for today; repeating the call claims others.
        arguments = {"p_limit": CLAIMED_USERS, "p_with_mails": self.mail is not None}
        rows: Any = call_with_retry(lambda: self.client.rpc("claim_reminders", arguments).execute().data)
        return list(rows)

    def _send(self, batch: list[DueReminder], until: float, counts: Counter[str]) -> None:
        outcomes = self.push.send([message for due in batch for message in due.messages], until)
        letters = [due.letter for due in batch if due.letter]
        mails = list(self.mail.send(letters, until)) if self.mail else []
        rest, mailed = iter(outcomes), iter(mails)
        tickets, gone = [], []
        mailed_to, refused_by = [], []
        for due in batch:
            own = [(message, next(rest)) for message in due.messages]
            accepted = [(message, outcome) for message, outcome in own if not outcome.error]
            tickets += [
                {"id": outcome.ticket_id, "user_id": due.user_id, "token": message.token}
                for message, outcome in accepted
                if outcome.ticket_id
            ]
            gone += [message.token for message, outcome in own if outcome.error == DEVICE_GONE]
            counts["notifications"] += len(accepted)
            counts["failed"] += len(own) - len(accepted)
            by_mail: list[Outcome] = [next(mailed)] if due.letter and self.mail else []
            delivered = [outcome for outcome in by_mail if not outcome.error]
            mailed_to += [due.user_id for _ in delivered]
            refused_by += [due.user_id for outcome in by_mail if outcome.address_refused]
            counts["mails"] += len(delivered)
            counts["failed"] += len(by_mail) - len(delivered)
            counts["users"] += bool(accepted or delivered)
            # Another attempt may succeed, and sends it to no device and no address twice.
            ways = [outcome for _, outcome in own] + by_mail
            if any(outcome.certainly_unsent for outcome in ways) and not any(
                outcome.may_have_arrived for outcome in ways
            ):
                try:
                    self._release(due)
                    counts["released"] += 1
                except FunctionError as error:
                    _report_unstored(error)
        _report(outcome.error for outcome in outcomes if outcome.error not in ("", DEVICE_GONE))
        _report((outcome.error for outcome in mails if outcome.error), "mails not delivered")
        if tickets:
            call_with_retry(lambda: self.client.rpc("store_push_tickets", {"p_tickets": tickets}).execute())
        if mailed_to or refused_by:
            settled = {"p_delivered_to": mailed_to, "p_refused_by": refused_by}
            call_with_retry(lambda: self.client.rpc("settle_reminder_mails", settled).execute())
        if gone:
            counts["devices_removed"] += self._forget([], [], gone)

    def _release(self, due: DueReminder) -> None:
        arguments = {"p_user_id": due.user_id, "p_day": due.day}
        call_with_retry(lambda: self.client.rpc("release_reminder", arguments).execute())

    def _forget(self, tickets: list[str], gone_tickets: list[str], gone_tokens: list[str]) -> int:
        arguments = {"p_ticket_ids": tickets, "p_gone_ids": gone_tickets, "p_gone_tokens": gone_tokens}
        removed: Any = call_with_retry(lambda: self.client.rpc("settle_push_tickets", arguments).execute().data)
        return int(removed)


def _batches(due: Sequence[DueReminder]) -> Iterator[list[DueReminder]]:
    """Groups of at most 100 notifications, without dividing those of one user."""
    batch: list[DueReminder] = []
    for reminder_of_user in due:
        size = sum(len(other.messages) for other in batch)
        if batch and size + len(reminder_of_user.messages) > MESSAGES_PER_REQUEST:
            yield batch
            batch = []
        batch.append(reminder_of_user)
    if batch:
        yield batch


def _report_unstored(error: FunctionError) -> None:
    get_logger().error("outcome of notifications not stored", code=error.code, detail=error.detail)


def _report(codes: Iterable[str], event: str = "notifications not delivered") -> None:
    """Log how many failed with which code: neither tokens nor addresses nor texts."""
    for code, count in sorted(Counter(codes).items()):
        get_logger().warning(event, code=code[:100], count=count)
