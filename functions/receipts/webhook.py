"""The webhook's request, and how it is answered before the receipt is read.

pg_net waits for the responses of all requests of a batch before it sends the next batch, so a response that waited for
the reading would hold up the uploads behind it. The reading cannot simply go into a thread either: the platform gives a
function CPU only while a request is open. So the function passes the receipt on to itself, as a second request that
stays open while the receipt is read.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from flask import Request
from pydantic import Field

from functions.core.errors import BackendUnavailable
from functions.core.http import RequestBody, request_id_of
from functions.core.logs import get_logger

# One connection within the platform, without the reading.
SEND_TIMEOUT_S = 3
# Longer than the platform lets a request run.
READING_TIMEOUT_S = 200


class Notice(RequestBody):
    """The request body of `receipt_uploaded`."""

    receipt_id: UUID = Field(description="The receipt that was queued.")
    read_now: bool = Field(False, description="Whether to read it in this request, instead of passing it on.")


@dataclass(frozen=True)
class Relay:
    """Passes receipts on to a second request of this function; `slots` limits how many are open at a time."""

    slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(64))

    def pass_on(self, request: Request, receipt_id: UUID, secret: str) -> None:
        """Send the second request, without waiting for its response.

        Raises:
            BackendUnavailable: it could not be sent, or too many are open. The sweep reads the receipt.
        """
        if not self.slots.acquire(blocking=False):
            raise BackendUnavailable("Too many receipts are being read; the sweep reads this one.")
        try:
            connection = _connect(request)
            body = Notice(receipt_id=receipt_id, read_now=True).model_dump_json()
            headers = {
                "Content-Type": "application/json",
                "X-Webhook-Secret": secret,
                "X-Request-Id": request_id_of(request),
            }
            connection.request("POST", "/", body, headers)
            threading.Thread(target=_await_end, args=(connection, self.slots.release), daemon=True).start()
        except Exception as error:
            self.slots.release()
            if isinstance(error, (OSError, http.client.HTTPException)):
                raise BackendUnavailable(f"The receipt was not passed on ({type(error).__name__}).") from error
            raise


def _connect(request: Request) -> http.client.HTTPConnection:
    """A connection to the address that this request was sent to. Its caller knows the secret."""
    is_secure = request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
    kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
    connection = kind(request.host, timeout=SEND_TIMEOUT_S)
    connection.connect()
    connection.sock.settimeout(READING_TIMEOUT_S)
    return connection


def _await_end(connection: http.client.HTTPConnection, done: Callable[[], None]) -> None:
    """Keep the second request open until it ends; its own log says how."""
    try:
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        get_logger().warning("the response about a receipt was lost", error=type(error).__name__)
    finally:
        connection.close()
        done()
