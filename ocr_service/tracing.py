"""Traces with OpenTelemetry: a span per request within the caller's trace, and one per stage of reading."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind

from ocr_service.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

GOOGLE = "https://telemetry.googleapis.com/v1/traces"

_tracer = trace.get_tracer("jangbogi.ocr_service")


def configure(settings: Settings) -> None:
    """Record and export spans as the settings say. Called once per process."""
    if settings.traces_exporter == "none":
        return
    # Only where spans are recorded: the SDK makes a start a tenth of a second longer.
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.traces_sample)),
        resource=Resource.create({SERVICE_NAME: "jangbogi-ocr-service", "gcp.project_id": settings.traces_project}),
    )
    provider.add_span_processor(BatchSpanProcessor(_exporter(settings)))
    trace.set_tracer_provider(provider)


def _exporter(settings: Settings) -> "SpanExporter":
    if settings.traces_exporter == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(out=sys.stderr)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    if settings.traces_exporter == "google":
        import google.auth
        from google.auth.transport.requests import AuthorizedSession

        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        headers = {"x-goog-user-project": settings.traces_project}
        return OTLPSpanExporter(endpoint=GOOGLE, headers=headers, session=AuthorizedSession(credentials))
    return OTLPSpanExporter(endpoint=settings.traces_endpoint)


@contextmanager
def serve(method: str, headers: Mapping[bytes, bytes]) -> Iterator[Span]:
    """A span for a request, within the trace that the caller's headers name."""
    carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
    with _tracer.start_as_current_span(method, context=propagate.extract(carrier), kind=SpanKind.SERVER) as span:
        yield span


def stages(timings_ms: Mapping[str, float]) -> None:
    """Spans for the stages of a reading that has just ended, one after the other, from their durations."""
    at = time.time_ns() - int(timings_ms.get("total", 0) * 1e6)
    for name, duration in timings_ms.items():
        if name != "total":
            span = _tracer.start_span(name, start_time=at)
            at += int(duration * 1e6)
            span.end(at)


def trace_id() -> str:
    """Id of the current trace, 32 hexadecimal digits; empty outside of one."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""
