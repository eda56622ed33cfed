"""Reading a receipt with the OCR service: image bytes in, contract v1.1 out, every failure a typed error."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay

from functions.core.errors import OcrCrashed, OcrFailed, OcrRejected, OcrSilent, OcrTimeout, OcrUnavailable
from functions.ocr.client import OcrClient
from functions.ocr.id_tokens import IdTokenUnavailable

CONTRACT_VERSION = "1.1"
LEAST_URGENT = 7
"""Of the Priority header, RFC 9218."""
_SECONDS = re.compile("[0-9]{1,6}")
MAX_RESPONSE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class OcrReader:
    """Calls `POST /v1/receipts` with timeouts that end before the lease of the receipt.

    A busy or unreachable service says nothing about the photo, so the call is retried for `patience_s` seconds, at the
    pace that the service asks for. Once the service has received the photo, the call is not retried.
    """

    client: OcrClient
    connect_timeout_s: float
    timeout_s: float
    patience_s: float
    sleep: Callable[[float], None] = time.sleep

    def read(self, photo: bytes, request_id: str, receipt_id: str = "", *, urgency: int = 0) -> dict[str, Any]:
        """The receipt in `photo` (JPEG, PNG, WebP, HEIC or PDF bytes), as contract v1.1.

        Among the photos that wait, the service reads the one with the lowest `urgency` first (RFC 9218; from 7 on all
        are equal), so that a user's only photo does not wait for several of another user.

        Args:
            request_id, receipt_id: appear in the service's log lines.

        Raises:
            OcrRejected: the photo shows no readable receipt; carries the service's code.
            OcrUnavailable: the service was busy or unreachable for `patience_s`.
            OcrTimeout: reading this photo took the service too long.
            OcrSilent: no response within `timeout_s`, which exceeds the service's own limits.
            OcrCrashed: the service died while it had the photo.
            OcrFailed: the service failed on the photo, or its response violates contract v1.1.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(OcrUnavailable),
            stop=stop_before_delay(self.patience_s),
            wait=_backoff,
            sleep=self.sleep,
            reraise=True,
        )
        return attempts(self._post, photo, request_id, receipt_id, urgency)

    def _post(self, photo: bytes, request_id: str, receipt_id: str, urgency: int) -> dict[str, Any]:
        try:
            response = self.client.post(
                "/v1/receipts",
                data=photo,
                # The service recognises the format by the bytes. Storage only knows what the uploader claimed.
                headers={
                    "Content-Type": "application/octet-stream",
                    "X-Request-Id": request_id,
                    "X-Receipt-Id": receipt_id,
                    "Priority": f"u={min(urgency, LEAST_URGENT)}",
                },
                timeout=(self.connect_timeout_s, self.timeout_s),
            )
        except IdTokenUnavailable as error:
            raise OcrUnavailable(str(error)) from error
        except requests.exceptions.ReadTimeout as error:
            raise OcrSilent(f"The OCR service did not respond within {self.timeout_s:g} s.") from error
        except requests.exceptions.ConnectionError as error:
            if _connection_failed(error):
                raise OcrUnavailable("The OCR service is unreachable.") from error
            raise OcrCrashed("The OCR service closed the connection after receiving the photo.") from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise OcrCrashed("The OCR service closed the connection while responding.") from error
        except requests.RequestException as error:
            raise OcrFailed(f"The call to the OCR service failed ({type(error).__name__}).") from error
        if response.status_code == 200:
            return _parse(response)
        raise _refusal(response)


def _backoff(state: RetryCallState) -> float:
    """Seconds until the next attempt: as the service asked, else doubling from 0.5 to 8."""
    error = state.outcome.exception() if state.outcome else None
    retry_after_s = error.retry_after_s if isinstance(error, OcrUnavailable) else None
    return float(retry_after_s) if retry_after_s is not None else min(8.0, 0.5 * 2 ** (state.attempt_number - 1))


def _connection_failed(error: requests.exceptions.ConnectionError) -> bool:
    """Whether no connection was established, so that the photo cannot be the cause."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, requests.exceptions.ConnectTimeout) or "NewConnectionError" in type(reason).__name__


def _parse(response: requests.Response) -> dict[str, Any]:
    if len(response.content) > MAX_RESPONSE_BYTES:
        raise OcrFailed(f"The response of the OCR service is too large ({len(response.content)} bytes).")
    try:
        body = response.json()
    except ValueError as error:
        raise OcrFailed("The response of the OCR service is not valid JSON.") from error
    version = body.get("contract_version") if isinstance(body, dict) else None
    if version != CONTRACT_VERSION:
        raise OcrFailed(f"The OCR service returned contract version {version!r} instead of {CONTRACT_VERSION!r}.")
    return body  # type: ignore[no-any-return]


def _refusal(response: requests.Response) -> OcrRejected | OcrUnavailable | OcrTimeout | OcrSilent | OcrFailed:
    try:
        problem = response.json()
        code, detail = str(problem["code"]), str(problem.get("detail", ""))
        retryable = bool(problem.get("retryable"))
    except (ValueError, KeyError, TypeError, AttributeError):
        code, retryable = "", False
        detail = f"The OCR service returned HTTP {response.status_code} without a problem description."
    if response.status_code in (429, 503):
        retry_after = response.headers.get("Retry-After", "")
        # More digits than the integers of the queue have say nothing.
        return OcrUnavailable(detail, retry_after_s=int(retry_after) if _SECONDS.fullmatch(retry_after) else None)
    if response.status_code == 504:
        # A gateway, which sends no code, does not know whether this photo was being read.
        return OcrTimeout(detail) if code == "timed_out" else OcrSilent(detail)
    if response.status_code in (401, 403, 404):
        # Caused by the deployment, not by the photo: a wrong URL, or the caller lacks the permission.
        return OcrUnavailable(f"The OCR service returned HTTP {response.status_code} to the caller.", retry_after_s=8)
    if 400 <= response.status_code < 500 and retryable:
        # The photo did not arrive, such as over a slow connection (408): the service has not looked at it.
        return OcrUnavailable(detail)
    if 400 <= response.status_code < 500 and code:
        return OcrRejected(code, detail)
    return OcrFailed(detail)
