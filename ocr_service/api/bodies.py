"""Receiving request bodies from clients of which some may be slow, or send without end."""

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect

from ocr_service.errors import ClientDisconnected, SlowClient, TooLarge


class BodyReceiver:
    """Receives bodies, each within `timeout_s` seconds and at most `concurrency` at a time.

    If one more arrives, the body that has been arriving longest is given up: slow senders displace each other, and
    never a client that sends its photo at once. This also bounds the memory of incomplete bodies.
    """

    def __init__(self, *, timeout_s: float, concurrency: int) -> None:
        self._timeout_s = timeout_s
        self._concurrency = concurrency
        self._arriving: dict[asyncio.Timeout, None] = {}  # in the order of their arrival

    async def receive(self, request: Request, max_bytes: int) -> bytes:
        """The whole body.

        Raises:
            TooLarge: as soon as it exceeds `max_bytes`, or at once if its announced length does.
            SlowClient: it did not arrive in time, or was given up.
            ClientDisconnected: the client disconnected.
        """
        announced = request.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > max_bytes:
            raise TooLarge(f"The body has {announced} bytes; at most {max_bytes} are accepted.")
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout_s) as limit:
                self._admit(limit)
                try:
                    async for chunk in request.stream():
                        body += chunk
                        if len(body) > max_bytes:
                            raise TooLarge(f"The body has more than {max_bytes} bytes.")
                finally:
                    self._arriving.pop(limit, None)
        except TimeoutError as exc:
            raise SlowClient("The body did not arrive in time.") from exc
        except ClientDisconnect as exc:
            raise ClientDisconnected("The client disconnected while sending the body.") from exc
        return bytes(body)

    def _admit(self, limit: asyncio.Timeout) -> None:
        if len(self._arriving) >= self._concurrency:
            oldest = next(iter(self._arriving))
            del self._arriving[oldest]
            if not oldest.expired():
                oldest.reschedule(asyncio.get_running_loop().time())
        self._arriving[limit] = None
