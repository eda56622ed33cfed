"""The HTTP edge of a function: request ids, body limits, problem+json answers (RFC 9457)."""

from __future__ import annotations

import functools
import hmac
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from flask import Request, Response

from functions.core.errors import BadRequest, FunctionError, MethodNotAllowed, PayloadTooLarge, Unauthorized
from functions.core.logs import get_logger

MAX_BODY_BYTES = 64 * 1024
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

Handler = Callable[[Request], dict[str, Any]]


def request_id_of(request: Request) -> str:
    """The caller's X-Request-Id if it is short and plain, else a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def read_json(request: Request) -> dict[str, Any]:
    """The body as a JSON object of at most `MAX_BODY_BYTES`.

    Raises:
        PayloadTooLarge: the body is longer.
        BadRequest: it is not a JSON object.
    """
    body = request.stream.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"The body may have at most {MAX_BODY_BYTES} bytes.")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value


def require_method(request: Request, method: str) -> None:
    """Raises: MethodNotAllowed."""
    if request.method != method:
        raise MethodNotAllowed(f"Use {method}.")


def require_secret(request: Request, header: str, secret: str) -> None:
    """Compares in constant time. Raises: Unauthorized."""
    if not hmac.compare_digest(request.headers.get(header, "").encode(), secret.encode()):
        raise Unauthorized(f"{header} is missing or wrong.")


def _answer(body: dict[str, Any], status: int, request_id: str, content_type: str) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type=content_type)
    response.headers["X-Request-Id"] = request_id
    return response


def json_endpoint(handler: Handler) -> Callable[[Request], Response]:
    """Turn a function from request to JSON object into an entry point whose every error is problem+json."""

    @functools.wraps(handler)
    def endpoint(request: Request) -> Response:
        request_id = request_id_of(request)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                return _answer(handler(request), 200, request_id, "application/json")
            except FunctionError as error:
                get_logger().warning("refused", code=error.code, status=error.status, detail=error.detail)
                problem = error
            except Exception:
                get_logger().exception("unexpected error")
                problem = FunctionError()
        body = {
            "type": f"urn:jangbogi:error:{problem.code}",
            "title": problem.title,
            "status": problem.status,
            "detail": problem.detail,
            "code": problem.code,
            "retryable": problem.retryable,
            "request_id": request_id,
            **problem.members,
        }
        response = _answer(body, problem.status, request_id, "application/problem+json")
        if problem.retry_after_s is not None:
            response.headers["Retry-After"] = str(problem.retry_after_s)
        return response

    return endpoint
