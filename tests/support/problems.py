"""Checks of problem+json responses (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any

MEMBERS = {"type", "title", "status", "detail", "code", "retryable", "request_id"}


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The body of a Flask response that must be this error."""
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    body = dict(json.loads(response.data))
    assert set(body) >= MEMBERS
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response.headers["X-Request-Id"]
    return body
