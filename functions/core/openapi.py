"""The description of the app's functions, which each of them serves at /openapi.json."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Request, Response

FILE = Path(__file__).parents[1] / "openapi.json"
PATH = "/openapi.json"

Endpoint = Callable[[Request], Response]


def description(function: str) -> dict[str, Any]:
    """OpenAPI 3.1 of one function, whose only path is `/`."""
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return {**document, "paths": {"/": document["paths"][f"/{function}"]}}


def described(endpoint: Endpoint) -> Endpoint:
    """Decorator: serve the description of the entry point, without a token."""
    body = json.dumps(description(endpoint.__name__), ensure_ascii=False)

    @functools.wraps(endpoint)
    def described_endpoint(request: Request) -> Response:
        if request.method == "GET" and request.path == PATH:
            return Response(body, content_type="application/json")
        return endpoint(request)

    return described_endpoint
