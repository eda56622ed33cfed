"""The HTTP edge of a function: request ids, arrival times, JSON bodies, problem+json responses (RFC 9457)."""

from __future__ import annotations

import functools
import hmac
import json
import re
import uuid
from collections.abc import Callable
from typing import Any, Self

import structlog
from flask import Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from functions.core import tracing
from functions.core.bodies import read_body
from functions.core.errors import BadRequest, FunctionError, MethodNotAllowed, Unauthorized
from functions.core.logs import get_logger

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REQUEST_ID_KEY = "jangbogi.request_id"

Handler = Callable[[Request], dict[str, Any]]


class RequestBody(BaseModel):
    """Base of a request body. Unknown members are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def read(cls, request: Request) -> Self:
        """Read and validate a body.

        Raises:
            PayloadTooLarge, SlowClient: see `read_body`.
            BadRequest: it is not a JSON object, or a member is invalid; the detail names the member.
        """
        try:
            return cls.model_validate(read_json(request))
        except ValidationError as error:
            first = error.errors()[0]
            member = ".".join(str(part) for part in first["loc"])
            raise BadRequest(f"`{member}`: {first['msg']}.") from error


def request_id_of(request: Request) -> str:
    """The client's X-Request-Id if it is short and plain, else a generated one; the same for the whole request."""
    if _REQUEST_ID_KEY not in request.environ:
        header = request.headers.get("X-Request-Id", "")
        request.environ[_REQUEST_ID_KEY] = header if _REQUEST_ID.fullmatch(header) else uuid.uuid4().hex
    return str(request.environ[_REQUEST_ID_KEY])


def read_json(request: Request) -> dict[str, Any]:
    """The body as a JSON object.

    Raises:
        PayloadTooLarge, SlowClient: see `read_body`.
        BadRequest: it is not a JSON object.
    """
    body = read_body(request)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("The request body is not valid JSON.") from error
    if not isinstance(value, dict):
        raise BadRequest("The request body must be a JSON object.")
    return value


def require_method(request: Request, method: str, also: str = "") -> None:
    """Raises: MethodNotAllowed, unless the request has this method. `also`: another one that the function has."""
    if request.method != method:
        methods = [method, also] if also else [method]
        raise MethodNotAllowed(f"Use {' or '.join(methods)}.", allow=", ".join(methods))


def require_secret(request: Request, header: str, secret: str) -> None:
    """Compares in constant time. Raises: Unauthorized."""
    if not hmac.compare_digest(request.headers.get(header, "").encode(), secret.encode()):
        raise Unauthorized(f"{header} is missing or wrong.")


def json_endpoint(handler: Handler) -> Callable[[Request], Response]:
    """Turn a function from request to JSON object into an entry point that reports every error as problem+json."""

    @functools.wraps(handler)
    def endpoint(request: Request) -> Response:
        request_id = request_id_of(request)
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            tracing.serve(handler.__name__, request.headers.items()),
        ):
            response = _respond(handler, request, request_id)
        response.call_on_close(tracing.flush)
        return response

    return endpoint


def _respond(handler: Handler, request: Request, request_id: str) -> Response:
    try:
        return _response(handler(request), 200, request_id, "application/json")
    except FunctionError as error:
        get_logger().warning("request refused", code=error.code, status=error.status, detail=error.detail)
        return _problem(error, request_id)
    except Exception:
        get_logger().exception("unexpected error")
        return _problem(FunctionError(), request_id)


def _problem(error: FunctionError, request_id: str) -> Response:
    body = {
        "type": f"urn:jangbogi:error:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "retryable": error.retryable,
        "request_id": request_id,
        **error.members,
    }
    response = _response(body, error.status, request_id, "application/problem+json")
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = error.allow
    return response


def _response(body: dict[str, Any], status: int, request_id: str, content_type: str) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type=content_type)
    response.headers["X-Request-Id"] = request_id
    return response
