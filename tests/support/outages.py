"""Scripted responses of Supabase: the errors of a gateway or database that is down, a refusal, and no rows."""

from __future__ import annotations

import pytest

from tests.support.scripted import Step, json_step

GATEWAY_ERROR: Step = (503, {"Content-Type": "text/html"}, b"<html>Service Temporarily Unavailable</html>")
NO_DATABASE = json_step(
    503, {"code": "PGRST002", "message": "Could not query the database", "details": None, "hint": None}
)
CANCELLED = json_step(500, {"code": "57014", "message": "canceling statement", "details": None, "hint": None})
REFUSAL = json_step(400, {"code": "22P02", "message": "invalid input", "details": None, "hint": None})
NO_ROWS = json_step(200, [])

each_outage = pytest.mark.parametrize(
    "outage", [GATEWAY_ERROR, NO_DATABASE, CANCELLED], ids=["gateway", "PGRST002", "57014"]
)
