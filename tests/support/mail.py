"""A mail server on this machine (aiosmtpd), whose answers can be chosen."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from local.processes.service import free_port


@dataclass
class Mailbox:
    """What the server received.

    Attributes:
        delivered: the messages, by address.
        answers: the response to a command (MAIL, RCPT, DATA), or to RCPT of an address; "lost" accepts the message and
            closes the connection without a response.
        connections: how many were opened.
    """

    port: int
    delivered: dict[str, list[EmailMessage]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    connections: int = 0

    # The names are aiosmtpd's.
    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, _: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if refused := self.answers.get(address) or self.answers.get("RCPT"):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith(("250", "lost")):
            message = message_from_bytes(envelope.content, policy=policy.default)  # type: ignore[arg-type]
            for address in envelope.rcpt_tos:
                self.delivered.setdefault(address, []).append(message)  # type: ignore[arg-type]
        if answer == "lost":
            server.transport.close()
        return answer


@contextmanager
def mail_server(folder: Path | None = None, password: str = "") -> Iterator[Mailbox]:
    """With `folder` the server requires STARTTLS, with its certificate in `folder`/mail.pem, and the password."""
    mailbox = Mailbox(free_port())

    def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == password.encode())

    encrypted: dict[str, Any] = {}
    if folder:
        encrypted = {
            "tls_context": certified(folder),
            "require_starttls": True,
            "authenticator": authenticate,
            "auth_required": True,
        }
    loop = asyncio.new_event_loop()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, loop=loop, **encrypted)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def certified(folder: Path) -> ssl.SSLContext:
    """TLS of a server on 127.0.0.1, whose certificate is then in `folder`/mail.pem."""
    key, certificate = folder / "mail.key", folder / "mail.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
