"""Reminders by mail, over SMTP. Addresses and texts are personal data: they appear in no exception and no log."""

from __future__ import annotations

import math
import re
import smtplib
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime
from typing import Literal

from functions.reminders.expo import Outcome

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}", re.ASCII)
"""What is sent to: addresses that need no quotes and no extension of SMTP."""

_NO_ADDRESS = re.compile(rb"5\.1\.(?:1|2|3|6|10)(?!\d)")
"""The codes of RFC 3463 and RFC 7505 that say that an address takes no mails: no mailbox, no system, not an address,
moved, or a domain without mail. Others are about the sender, the message, a full mailbox, or today."""


@dataclass(frozen=True)
class Letter:
    """A reminder to one address.

    Attributes:
        token: of the link that ends these mails.
        day: for which it is.
    """

    address: str
    token: str
    day: str
    subject: str
    text: str


@dataclass(frozen=True)
class MailServer:
    """A mail server that accepts messages for others.

    Attributes:
        security: `starttls` and `tls` verify the server's certificate; `none` is for servers on the same machine.
        sender: the address in From.
        unsubscribe_url: of the function `reminder_unsubscribe`.
        timeout_s: of each response, in seconds.
        clock: seconds.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str
    password: str
    sender: str
    sender_name: str
    unsubscribe_url: str
    timeout_s: float = 10
    clock: Callable[[], float] = time.monotonic

    def send(self, letters: Sequence[Letter], until: float = math.inf) -> Iterator[Outcome]:
        """Send the letters over one connection, each at most once. Yields an outcome for each, in order.

        None begins after `until`.
        """
        connection: smtplib.SMTP | None = None
        unreachable = ""
        for letter in letters:
            if self.clock() >= until:
                yield Outcome(error="deadline", certainly_unsent=True)
                continue
            if not unreachable and connection is None:
                try:
                    connection = self._connect()
                except (OSError, smtplib.SMTPException) as error:
                    unreachable = _code(error)
            if connection is None:
                yield Outcome(error=unreachable, certainly_unsent=True)
                continue
            outcome = self._send(connection, letter)
            if outcome.error and not _is_ready(connection):
                connection.close()
                connection = None
            yield outcome
        if connection is not None:
            try:
                connection.quit()
            except (OSError, smtplib.SMTPException):
                connection.close()

    def message(self, letter: Letter) -> EmailMessage:
        """The letter with the headers of RFC 8058, by which mail programs offer to end these mails."""
        link = f"{self.unsubscribe_url}?token={letter.token}"
        message = EmailMessage()
        message["From"] = Address(self.sender_name, addr_spec=self.sender)
        message["To"] = Address(addr_spec=letter.address)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(localtime())
        # The same for every attempt, so that mail programs can recognise a repetition.
        message["Message-ID"] = f"<{uuid.uuid5(uuid.UUID(letter.token), letter.day)}@{self.sender.rpartition('@')[2]}>"
        message["List-Unsubscribe"] = f"<{link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text.replace("{link}", link), cte="base64")  # not every server takes 8 bits
        return message

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=context)
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            if self.security == "starttls":
                connection.starttls(context=context)
            if self.user:
                connection.login(self.user, self.password)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection

    def _send(self, connection: smtplib.SMTP, letter: Letter) -> Outcome:
        if not _ADDRESS.fullmatch(letter.address):
            return Outcome(error="address not supported", declined=True, address_refused=True)
        try:
            content = self.message(letter).as_bytes(policy=SMTP)
        except Exception:  # the library has rules of its own, such as no two dots in a row
            return Outcome(error="address not supported", declined=True, address_refused=True)
        try:
            status, _ = connection.mail(self.sender)
            if status != 250:
                # Not because of the recipient: the next attempt may succeed.
                return Outcome(error=f"sender {status}", certainly_unsent=True)
            status, text = connection.rcpt(letter.address)
            if status not in (250, 251):
                return _refused("recipient", status, text)
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(error=_code(error), certainly_unsent=True)
        try:
            status, text = connection.data(content)
        except smtplib.SMTPDataError as error:
            status, text = error.smtp_code, b""
        except (OSError, smtplib.SMTPException) as error:
            # The server may have accepted it.
            return Outcome(error=f"lost: {_code(error)}")
        # Some servers look the address up only now.
        return Outcome() if status == 250 else _refused("message", status, text)


def _refused(what: str, status: int, text: bytes) -> Outcome:
    """Another attempt is worth it only below 500."""
    declined = status >= 500
    return Outcome(
        error=f"{what} {status}",
        certainly_unsent=not declined,
        declined=declined,
        address_refused=declined and _NO_ADDRESS.match(text) is not None,
    )


def _is_ready(connection: smtplib.SMTP) -> bool:
    try:
        return connection.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _code(error: Exception) -> str:
    """The status, or the kind of failure: the text of the exception may name an address."""
    return str(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else type(error).__name__
