"""Errors as `application/problem+json` (RFC 9457)."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from ocr_service.errors import InternalError, OcrError, SlowClient
from ocr_service.logs import current_request_id

MEDIA_TYPE = "application/problem+json"
SCOPE_KEY = "jangbogi.problem"
"""Key of the error code in the scope of a request whose response is an error."""


class Problem(BaseModel):
    """A problem document, for the description of the API."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool = Field(description="Whether sending the same request again can succeed.")
    request_id: str


def responses(*errors: type[OcrError]) -> dict[int | str, dict[str, Any]]:
    """The responses of an endpoint that may raise these errors, for its OpenAPI description."""
    codes: dict[int, list[type[OcrError]]] = defaultdict(list)
    listed: list[type[OcrError]] = [*errors, SlowClient, InternalError]
    for error in listed:
        codes[error.status].append(error)
    return {status: _description(group) for status, group in sorted(codes.items())}


def _description(errors: list[type[OcrError]]) -> dict[str, Any]:
    schema = Problem.model_json_schema()
    schema["properties"]["code"]["enum"] = [error.code for error in errors]
    schema["properties"]["status"]["const"] = errors[0].status
    description: dict[str, Any] = {
        "description": ", ".join(f"{error.title} (`{error.code}`)" for error in errors),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
    if errors[0].status == HTTPStatus.SERVICE_UNAVAILABLE:
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        description["headers"] = {"Retry-After": seconds}
    return description


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
    if isinstance(error, SlowClient):
        headers["Connection"] = "close"  # otherwise the rest of the body could hold the connection for as long again
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
