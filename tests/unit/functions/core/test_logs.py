"""Log lines name their trace in the form that Cloud Logging links, once a project is set."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from functions.core import logs

SPAN = NonRecordingSpan(SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1)))


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    logs.configure()


@pytest.mark.parametrize("project", ["", "jangbogi-test"])
def test_a_line_names_its_trace(capsys: pytest.CaptureFixture[str], project: str) -> None:
    logs.configure(project)
    with trace.use_span(SPAN):
        logs.get_logger().info("receipt processed")
    line = json.loads(capsys.readouterr().out)
    assert line["trace_id"] == format(0xABC, "032x")
    expected = f"projects/{project}/traces/{line['trace_id']}" if project else None
    assert line.get("logging.googleapis.com/trace") == expected
