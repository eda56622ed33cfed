"""Expo's push service over HTTP: sends notifications, and asks later whether they were delivered.

Source: https://docs.expo.dev/push-notifications/sending-notifications/. Tokens and texts are personal data: they appear
in no exception and no log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
        certainly_unsent: whether another attempt cannot send it twice.
    """

    ticket_id: str = ""
    error: str = ""
    certainly_unsent: bool = False


@dataclass(frozen=True)
class ExpoPush:
    """A client of the push service.

    Attributes:
        url: base URL, without `/send`.
        access_token: empty if the project needs none.
    """

    http: httpx.Client
    url: str
    access_token: str = ""

    def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send up to 100 notifications. Returns an outcome for each, in order.

        Raises:
            NotAccepted, Uncertain: see there.
        """
        if not messages:
            return []
        try:
            answer = self._post("/send", [message.to_json() for message in messages])
        except SeveralProjects as error:
            return self._send_by_project(messages, error.groups)
        data = answer.get("data")
        if not isinstance(data, list) or len(data) != len(messages):
            raise Uncertain("unexpected response")
        return [_outcome(ticket) for ticket in data]

    def _send_by_project(self, messages: Sequence[Message], groups: list[list[str]]) -> list[Outcome]:
        """The same, one request per project. A project that fails does not repeat or stop the others."""
        outcomes: dict[str, Outcome] = {}
        for tokens in groups:
            own = [message for message in messages if message.token in tokens]
            if len(own) in (0, len(messages)):
                raise NotAccepted(SEVERAL_PROJECTS)
            try:
                outcomes |= zip((message.token for message in own), self.send(own), strict=True)
            except PushError as error:
                unsent = isinstance(error, NotAccepted)
                outcomes |= {message.token: Outcome(error=error.code, certainly_unsent=unsent) for message in own}
        return [outcomes.get(message.token, Outcome(error=SEVERAL_PROJECTS)) for message in messages]

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

    def _post(self, path: str, content: Any) -> Mapping[str, Any]:
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
    if 400 <= status < 500 or status == 503:
        raise NotAccepted(str(first.get("code") or status))
    if status != 200 or (errors and "data" not in content):
        # A server error may come after the notifications were accepted.
        raise Uncertain(str(first.get("code") or status))
    return content


def _outcome(ticket: Any) -> Outcome:
    """Read a ticket or a receipt."""
    if not isinstance(ticket, dict):
        return Outcome(error="unexpected response")
    if ticket.get("status") == "ok":
        return Outcome(ticket_id=str(ticket.get("id") or ""))
    details = ticket.get("details")
    code = details.get("error") if isinstance(details, dict) else None
    return Outcome(error=str(code or "unknown"), certainly_unsent=code == RATE_EXCEEDED)
