"""Expo's push service over HTTP: sends notifications, and asks later whether they were delivered.

Source: https://docs.expo.dev/push-notifications/sending-notifications/. Tokens and texts are personal data: they appear
in no exception and no log.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

MESSAGES_PER_REQUEST = 100
TICKETS_PER_REQUEST = 300
MAX_BYTES = 1024 * 1024
DEVICE_GONE = "DeviceNotRegistered"
RATE_EXCEEDED = "MessageRateExceeded"
SEVERAL_PROJECTS = "PUSH_TOO_MANY_EXPERIENCE_IDS"


class PushError(Exception):
    """Base of the errors of a request. `code`: Expo's error code, the HTTP status or the kind of failure."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotAccepted(PushError):
    """Expo certainly did not accept the request: it was not reached, or it refused all of it."""


class Uncertain(PushError):
    """The response was lost, or is not one of Expo's: the notifications may have been accepted."""


class Refused(NotAccepted):
    """Expo refused all of the request, of which one notification may be the cause."""


class SeveralProjects(NotAccepted):
    """The tokens belong to several Expo projects. `groups`: the tokens of each."""

    def __init__(self, groups: list[list[str]]) -> None:
        super().__init__(SEVERAL_PROJECTS)
        self.groups = groups


@dataclass(frozen=True)
class Message:
    """A notification to one device."""

    token: str
    title: str
    body: str

    def to_json(self) -> dict[str, Any]:
        """The form that Expo takes. A reminder that was not delivered within 12 hours is not delivered any more."""
        return {
            "to": self.token,
            "title": self.title,
            "body": self.body,
            "sound": "default",
            "channelId": "reminders",
            "ttl": 12 * 3600,
            "data": {"screen": "inventory"},
        }


@dataclass(frozen=True)
class Outcome:
    """What Expo says of one notification.

    Attributes:
        ticket_id: of an accepted one, to ask for its delivery later.
        error: a code of Expo's, empty for an accepted one.
        certainly_unsent: whether another attempt cannot send it twice, and may succeed.
        refused: whether Expo refused a request with this notification alone.
        declined: whether its ticket says that Expo did not accept it.
        address_refused: whether a mail server refused the recipient's address for good.
    """

    ticket_id: str = ""
    error: str = ""
    certainly_unsent: bool = False
    refused: bool = False
    declined: bool = False
    address_refused: bool = False

    @property
    def may_have_arrived(self) -> bool:
        """Whether the device got the notification, or that is unknown."""
        return not (self.certainly_unsent or self.refused or self.declined)


@dataclass(frozen=True)
class ExpoPush:
    """A client of the push service.

    Attributes:
        url: base URL, without `/send`.
        access_token: empty if the project needs none.
        clock: seconds.
    """

    http: httpx.Client
    url: str
    access_token: str = ""
    clock: Callable[[], float] = time.monotonic

    def send(self, messages: Sequence[Message], until: float = math.inf) -> list[Outcome]:
        """Send up to 100 notifications, each at most once. Returns an outcome for each, in order.

        No request begins after `until`. If Expo refuses a request, its halves are sent, until what it refuses is found.
        If it refuses every notification alone, the cause is another one, and they may be sent later.
        """
        outcomes = self._send(messages, until)
        if all(outcome.refused for outcome in outcomes):
            return [replace(outcome, certainly_unsent=True) for outcome in outcomes]
        return outcomes

    def _send(self, messages: Sequence[Message], until: float) -> list[Outcome]:
        if not messages:
            return []
        try:
            if self.clock() >= until:
                raise NotAccepted("deadline")
            data = self._post("/send", [message.to_json() for message in messages], until).get("data")
            if not isinstance(data, list) or len(data) != len(messages):
                raise Uncertain("unexpected response")
            return [_outcome(ticket) for ticket in data]
        except SeveralProjects as error:
            parts = _partition(messages, error.groups)
            rest = Outcome(error=error.code, certainly_unsent=True)
            if any(len(part) == len(messages) for part in parts):
                return [rest] * len(messages)
        except Refused as error:
            rest = Outcome(error=error.code, refused=True)
            if len(messages) == 1:
                return [rest]
            half = len(messages) // 2
            parts = [list(range(half)), list(range(half, len(messages)))]
        except PushError as error:
            return [Outcome(error=error.code, certainly_unsent=isinstance(error, NotAccepted))] * len(messages)
        outcomes = [rest] * len(messages)
        for part in parts:
            for place, outcome in zip(part, self._send([messages[place] for place in part], until), strict=True):
                outcomes[place] = outcome
        return outcomes

    def receipts(self, ticket_ids: Sequence[str]) -> dict[str, str]:
        """Error codes of delivered (empty) and undelivered notifications, by ticket; unknown tickets are missing.

        Raises:
            NotAccepted, Uncertain: see there. Asking again is harmless.
        """
        errors: dict[str, str] = {}
        for start in range(0, len(ticket_ids), TICKETS_PER_REQUEST):
            ids = list(ticket_ids[start : start + TICKETS_PER_REQUEST])
            data = self._post("/getReceipts", {"ids": ids}).get("data")
            if not isinstance(data, dict):
                raise Uncertain("unexpected response")
            errors |= {name: _outcome(receipt).error for name, receipt in data.items() if name in ids}
        return errors

    def _post(self, path: str, content: Any, until: float = math.inf) -> Mapping[str, Any]:
        headers = {"Accept": "application/json"}
        if self.access_token:
            headers["Authorization"] = f"Bearer {self.access_token}"
        try:
            with self.http.stream("POST", self.url + path, json=content, headers=headers) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise Uncertain("response too large")
                    if self.clock() >= until:
                        raise Uncertain("response too slow")
        # Nothing was sent: there is no connection. `from None`, because the original contains the URL.
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotAccepted(type(error).__name__) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise Uncertain(type(error).__name__) from None
        return _read(response.status_code, bytes(body))


def _read(status: int, body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    content: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
    errors = content.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    if first.get("code") == SEVERAL_PROJECTS and isinstance(first.get("details"), dict):
        raise SeveralProjects([list(map(str, group)) for group in first["details"].values() if isinstance(group, list)])
    if status in (400, 413):
        raise Refused(str(first.get("code") or status))
    if 400 <= status < 500 or status == 503:
        raise NotAccepted(str(first.get("code") or status))
    if status != 200 or (errors and "data" not in content):
        # A server error may come after the notifications were accepted.
        raise Uncertain(str(first.get("code") or status))
    return content


def _partition(messages: Sequence[Message], groups: Sequence[Sequence[str]]) -> list[list[int]]:
    """The places of `messages` by group. A token that Expo names in several groups belongs to the first."""
    group_of: dict[str, int] = {}
    for number, tokens in enumerate(groups):
        for token in tokens:
            group_of.setdefault(token, number)
    parts: dict[int, list[int]] = {}
    for place, message in enumerate(messages):
        if message.token in group_of:
            parts.setdefault(group_of[message.token], []).append(place)
    return list(parts.values())


def _outcome(ticket: Any) -> Outcome:
    """Read a ticket or a receipt."""
    if not isinstance(ticket, dict):
        return Outcome(error="unexpected response")
    if ticket.get("status") == "ok":
        return Outcome(ticket_id=str(ticket.get("id") or ""))
    if ticket.get("status") != "error":
        return Outcome(error="unexpected response")
    details = ticket.get("details")
    code = details.get("error") if isinstance(details, dict) else None
    return Outcome(error=str(code or "unknown"), certainly_unsent=code == RATE_EXCEEDED, declined=True)
