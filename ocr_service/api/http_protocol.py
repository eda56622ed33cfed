"""HTTP/1.1 connections: a time limit for headers, and malformed requests answered with a problem document."""

import asyncio
import json
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ocr_service.api import problems
from ocr_service.errors import BadRequest, OcrError, SlowClient
from ocr_service.logs import begin_request


def http_protocol(headers_timeout_s: float) -> type[asyncio.Protocol]:
    """uvicorn's protocol with a limit on the time from the first byte of a request, or from the connection, until its
    headers are complete. uvicorn itself waits without limit.
    """

    class HttpProtocol(H11Protocol):
        headers_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(cast(asyncio.Transport, transport))
            self._limit_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self._end_limit()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.transport.is_closing() or self.conn.their_state is not h11.IDLE:
                self._end_limit()
            else:
                self._limit_headers()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.conn.trailing_data[0] and not self.transport.is_closing():
                self._limit_headers()  # of the next request, of which a part has arrived

        def send_400_response(self, msg: str) -> None:
            """Called by uvicorn for a request that violates HTTP, such as one with a malformed chunk."""
            self._refuse(BadRequest("The request is not valid HTTP."))

        def _limit_headers(self) -> None:
            if self.headers_timer is None:
                self.headers_timer = self.loop.call_later(headers_timeout_s, self._headers_late)

        def _end_limit(self) -> None:
            if self.headers_timer is not None:
                self.headers_timer.cancel()
                self.headers_timer = None

        def _headers_late(self) -> None:
            self.headers_timer = None
            if not self.transport.is_closing():
                self._refuse(SlowClient("The headers did not arrive in time."))

        def _refuse(self, error: OcrError) -> None:
            """Respond, unless a response has begun, and close the connection."""
            if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not (self.cycle and self._responding()):
                body = json.dumps(problems.body(error, begin_request(None))).encode()
                headers = [
                    (b"content-type", problems.MEDIA_TYPE.encode()),
                    (b"content-length", str(len(body)).encode()),
                    (b"connection", b"close"),
                ]
                for event in (
                    h11.Response(status_code=error.status, headers=headers),
                    h11.Data(data=body),
                    h11.EndOfMessage(),
                ):
                    self.transport.write(self.conn.send(event) or b"")
            self.transport.close()

        def _responding(self) -> bool:
            return self.cycle.response_started and not self.cycle.response_complete

    return HttpProtocol
