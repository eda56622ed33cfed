"""Which web pages may call a function: CORS, as the Fetch standard defines it.

A browser asks first, with OPTIONS and without the user's token, and lets the page read an answer only if that answer
names the page's origin; so errors must name it, too. Native apps have no origin and are not concerned. No cookie is
ever sent or accepted: who calls is decided by the token alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from flask import Request, Response

ANY = "*"
MAX_AGE_S = 7200  # browsers keep no answer to a preflight for longer
REQUEST_HEADERS = "Authorization, Content-Type, X-Request-Id"
ANSWER_HEADERS = "Retry-After, X-Request-Id"

Endpoint = Callable[[Request], Response]


def open_to_pages(origins: Callable[[], frozenset[str]], *methods: str) -> Callable[[Endpoint], Endpoint]:
    """Let pages of `origins` (as `https://app.example`, or `*` for all) call an entry point with these methods."""

    def decorate(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        def open_endpoint(request: Request) -> Response:
            preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
            response = Response(status=204) if preflight else endpoint(request)
            allowed = _allowed(origins(), request.headers.get("Origin"))
            if allowed != ANY:
                response.vary.add("Origin")
            if allowed is None:
                return response
            response.headers["Access-Control-Allow-Origin"] = allowed
            if preflight:
                response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
                response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
                response.headers["Access-Control-Max-Age"] = str(MAX_AGE_S)
            else:
                response.headers["Access-Control-Expose-Headers"] = ANSWER_HEADERS
            return response

        return open_endpoint

    return decorate


def _allowed(origins: frozenset[str], origin: str | None) -> str | None:
    if ANY in origins:
        return ANY
    return origin if origin in origins else None
