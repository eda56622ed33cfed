"""The OCR service, as its caller sees it: bytes in, contract v1 out, every failure a typed error."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay

from functions.core.errors import OcrFailed, OcrRejected, OcrTimeout, OcrUnavailable

CONTRACT_VERSION = "1"
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}

TokenSource = Callable[[], str | None]


class Reader(Protocol):
    """What processing needs of the OCR service."""

    def read(self, photo: bytes, request_id: str) -> dict[str, Any]: ...


def media_type(photo: bytes) -> str:
    """What the bytes say they are. What Storage noted down is only what the uploader claimed."""
    for signature, kind in _SIGNATURES.items():
        if photo.startswith(signature):
            return kind
    if photo[:4] == b"RIFF" and photo[8:12] == b"WEBP":
        return "image/webp"
    if photo[4:8] == b"ftyp":
        return "image/heic"
    return "application/octet-stream"


@dataclass(frozen=True)
class OcrClient:
    """Calls `POST /v1/receipts` with timeouts that end before the lease does.

    A busy or unreachable service says nothing about the photo, so it is asked again for `patience_s` seconds, at the
    pace the service asks for. Once the service has the photo there is exactly one try.
    """

    session: requests.Session
    url: str
    token: TokenSource
    connect_timeout_s: float
    timeout_s: float
    patience_s: float
    sleep: Callable[[float], None] = time.sleep

    def read(self, photo: bytes, request_id: str) -> dict[str, Any]:
        """The receipt in `photo` (JPEG, PNG, WebP or HEIC bytes), as contract v1.

        Raises:
            OcrRejected: not a readable receipt; carries the service's code.
            OcrUnavailable: busy or out of reach for the whole of `patience_s`.
            OcrTimeout: no answer within `timeout_s`.
            OcrFailed: the service broke on the photo or answered something that is not contract v1.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(OcrUnavailable),
            stop=stop_before_delay(self.patience_s),
            wait=_pace,
            sleep=self.sleep,
            reraise=True,
        )
        return attempts(self._post, photo, request_id)

    def _post(self, photo: bytes, request_id: str) -> dict[str, Any]:
        headers = {"Content-Type": media_type(photo), "X-Request-Id": request_id}
        if token := self.token():
            headers["Authorization"] = f"Bearer {token}"
        try:
            response = self.session.post(
                f"{self.url}/v1/receipts",
                data=photo,
                headers=headers,
                timeout=(self.connect_timeout_s, self.timeout_s),
                allow_redirects=False,
            )
        except requests.exceptions.ReadTimeout as error:
            raise OcrTimeout(f"No answer within {self.timeout_s:g} s.") from error
        except requests.exceptions.ConnectionError as error:
            if _never_sent(error):
                raise OcrUnavailable("The OCR service could not be reached.") from error
            raise OcrFailed("The OCR service closed the connection while it had the photo.") from error
        except requests.RequestException as error:
            raise OcrFailed(f"The call failed ({type(error).__name__}).") from error
        if response.status_code == 200:
            return _contract(response)
        raise _refusal(response)


def _pace(state: RetryCallState) -> float:
    """Seconds until the next try: what the service asked for, else doubling from half a second to eight."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, OcrUnavailable) else None
    return float(asked) if asked is not None else min(8.0, 0.5 * 2 ** (state.attempt_number - 1))


def _never_sent(error: requests.exceptions.ConnectionError) -> bool:
    """Whether the connection was never made, so that the photo cannot be the cause."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, requests.exceptions.ConnectTimeout) or "NewConnectionError" in type(reason).__name__


def _contract(response: requests.Response) -> dict[str, Any]:
    if len(response.content) > MAX_ANSWER_BYTES:
        raise OcrFailed(f"The answer has {len(response.content)} bytes.")
    try:
        answer = response.json()
    except ValueError as error:
        raise OcrFailed("The answer is not JSON.") from error
    version = answer.get("contract_version") if isinstance(answer, dict) else None
    if version != CONTRACT_VERSION:
        raise OcrFailed(f"The answer has contract version {version!r}, not {CONTRACT_VERSION!r}.")
    return answer  # type: ignore[no-any-return]


def _refusal(response: requests.Response) -> OcrRejected | OcrUnavailable | OcrFailed:
    try:
        problem = response.json()
        code, detail = str(problem["code"]), str(problem.get("detail", ""))
    except (ValueError, KeyError, TypeError):
        code, detail = "", f"HTTP {response.status_code} without a problem description."
    if response.status_code in (429, 503):
        retry_after = response.headers.get("Retry-After", "")
        return OcrUnavailable(detail, retry_after_s=int(retry_after) if retry_after.isdigit() else None)
    if response.status_code in (401, 403, 404):
        # The service's door, not its opinion of the photo: wrong URL or a missing right to call it.
        return OcrUnavailable(f"The OCR service answered {response.status_code} to the caller.", retry_after_s=8)
    if 400 <= response.status_code < 500 and code:
        return OcrRejected(code, detail)
    return OcrFailed(detail)
