"""Errors as `application/problem+json` (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ocr_service.errors import OcrError
from ocr_service.logs import current_request_id

MEDIA_TYPE = "application/problem+json"
SCOPE_KEY = "jangbogi.problem"
"""Key of the error code in the scope of a request whose response is an error."""


def body(error: OcrError, request_id: str) -> dict[str, Any]:
    """The members of the problem document for an error."""
    return {
        "type": f"urn:jangbogi:ocr:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": str(error) or error.title,
        "code": error.code,
        "retryable": error.retryable,
        "request_id": request_id,
    }


async def from_error(request: Request, error: Exception) -> JSONResponse:
    """Exception handler for OcrError."""
    assert isinstance(error, OcrError)  # noqa: S101 - registered for this class only
    headers = {} if error.retry_after_seconds is None else {"Retry-After": str(error.retry_after_seconds)}
    return _response(request, body(error, current_request_id()), headers)


async def from_http(request: Request, error: Exception) -> JSONResponse:
    """Exception handler for errors of the framework: unknown path, wrong method, malformed request."""
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST)
    content = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": status.description or status.phrase,
        "code": status.name.lower(),
        "retryable": False,
        "request_id": current_request_id(),
    }
    return _response(request, content, dict(getattr(error, "headers", None) or {}))


def _response(request: Request, content: dict[str, Any], headers: dict[str, str]) -> JSONResponse:
    request.scope[SCOPE_KEY] = content["code"]
    return JSONResponse(content, status_code=content["status"], headers=headers, media_type=MEDIA_TYPE)
