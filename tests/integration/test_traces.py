"""One trace follows a receipt from the function into the OCR service: W3C trace context, exported over OTLP."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.scripted import Server, serving

ROOT = Path(__file__).resolve().parents[2]
COLLECTED = (200, {"Content-Type": "application/x-protobuf"}, b"")
# A process of its own, because a tracer provider is set once per process.
FUNCTION = """
import sys, requests
from functions.core import tracing
from functions.core.settings import TracingSettings
from functions.ocr.client import OcrClient
tracing.configure(TracingSettings())
headers = [("Traceparent", sys.argv[2])] if sys.argv[2] else []
with tracing.serve("receipt_sweep", headers), requests.Session() as session:
    with tracing.receipt("a-receipt", 2, is_canary=False):
        with tracing.step("ocr"):
            OcrClient(session, sys.argv[1]).post("/v1/receipts", timeout=10, data=b"")
        print(tracing.trace_id())
tracing.flush()
"""
OCR_SERVICE = """
import sys
from opentelemetry import trace
from ocr_service import tracing
from ocr_service.settings import Settings
tracing.configure(Settings())
with tracing.serve("POST", {b"traceparent": sys.argv[1].encode()}):
    tracing.stages({"decode": 12.0, "detect": 30.0, "total": 42.0})
    print(tracing.trace_id())
trace.get_tracer_provider().force_flush()
"""


def run(script: str, *arguments: str, **environment: str) -> str:
    process = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT, env=os.environ | environment, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


def spans(collector: Server) -> dict[str, list[tuple[str, int]]]:
    """Trace id and duration in milliseconds of the exported spans, by name."""
    by_name: dict[str, list[tuple[str, int]]] = {}
    for path, _, body in collector.seen:
        assert path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    duration = (span.end_time_unix_nano - span.start_time_unix_nano) // 1_000_000
                    by_name.setdefault(span.name, []).append((span.trace_id.hex(), duration))
    return by_name


def test_a_receipt_has_a_trace_of_its_own_which_the_ocr_service_continues() -> None:
    with serving(*[COLLECTED] * 4) as collector, serving((200, {}, b"{}")) as ocr:
        settings = {"TRACES_EXPORTER": "otlp", "TRACES_ENDPOINT": f"{collector.url}/v1/traces"}
        trace_id = run(FUNCTION, ocr.url, "", **settings)
        traceparent = ocr.seen[0][1]["traceparent"]
        ocr_settings = {f"OCR_{name}": value for name, value in settings.items()}
        assert run(OCR_SERVICE, traceparent, **ocr_settings) == trace_id
    assert traceparent.split("-")[1] == trace_id
    exported = spans(collector)
    for name in ("receipt", "ocr", "POST", "decode", "detect"):
        assert [trace for trace, _ in exported[name]] == [trace_id], name
    assert exported["receipt_sweep"][0][0] != trace_id
    assert [exported[name][0][1] for name in ("decode", "detect")] == [12, 30]


@pytest.mark.parametrize(("sampled", "share", "exported"), [("01", "0", False), ("00", "1", True)])
def test_a_caller_does_not_decide_what_is_recorded(sampled: str, share: str, exported: bool) -> None:
    with serving(*[COLLECTED] * 4) as collector, serving((200, {}, b"{}")) as ocr:
        settings = {"TRACES_EXPORTER": "otlp", "TRACES_ENDPOINT": f"{collector.url}/v1/traces", "TRACES_SAMPLE": share}
        run(FUNCTION, ocr.url, f"00-{'ab' * 16}-{'cd' * 8}-{sampled}", **settings)
    traces = {trace for spans_of_name in spans(collector).values() for trace, _ in spans_of_name}
    assert bool(traces) == exported
    assert "ab" * 16 not in traces


@pytest.mark.parametrize("sampled", ["00", "01"])
def test_without_an_exporter_nothing_is_recorded(sampled: str) -> None:
    parent = f"00-{'ab' * 16}-{'cd' * 8}-{sampled}"
    with serving((200, {}, b"{}")) as ocr:
        assert run(FUNCTION, ocr.url, parent) == ""
    assert run(OCR_SERVICE.rsplit("\n", 2)[0], parent) == "ab" * 16


@pytest.mark.parametrize("header", ["", "nonsense", "00-0-0-00", "ff" * 3000])
def test_a_malformed_context_is_ignored(header: str) -> None:
    assert len(run(OCR_SERVICE.rsplit("\n", 2)[0], header)) in (0, 32)
