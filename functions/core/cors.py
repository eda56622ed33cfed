"""CORS, as the Fetch standard defines it: which web pages may call a function.

A browser sends a preflight request (OPTIONS, without the user's token) and lets a page read a response only if the
response names the page's origin; error responses must name it too. Native apps send no origin and are not affected.
The functions neither set nor read cookies: the token alone authenticates a caller.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from flask import Request, Response

ANY = "*"
MAX_AGE_S = 7200  # the longest that browsers cache a preflight response
REQUEST_HEADERS = "Authorization, Content-Type, X-Request-Id"
RESPONSE_HEADERS = "Retry-After, X-Request-Id"

Endpoint = Callable[[Request], Response]


def cors(origins: Callable[[], frozenset[str]], *methods: str) -> Callable[[Endpoint], Endpoint]:
    """Let pages of `origins` (such as `https://app.example`, or `*` for all) call an entry point with `methods`."""

    def decorate(endpoint: Endpoint) -> Endpoint:
        @functools.wraps(endpoint)
        def cors_endpoint(request: Request) -> Response:
            preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
            response = Response(status=204) if preflight else endpoint(request)
            origin = _allowed_origin(origins(), request.headers.get("Origin"))
            if origin != ANY:
                response.vary.add("Origin")
            if origin is None:
                return response
            response.headers["Access-Control-Allow-Origin"] = origin
            if preflight:
                response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
                response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
                response.headers["Access-Control-Max-Age"] = str(MAX_AGE_S)
            else:
                response.headers["Access-Control-Expose-Headers"] = RESPONSE_HEADERS
            return response

        return cors_endpoint

    return decorate


def _allowed_origin(origins: frozenset[str], origin: str | None) -> str | None:
    if ANY in origins:
        return ANY
    return origin if origin in origins else None
