"""Traces with OpenTelemetry: the spans of a receipt, and the W3C trace context of calls to other services.

Without an exporter nothing is recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TypedDict

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from functions.core.settings import TracingSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

GOOGLE = "https://telemetry.googleapis.com/v1/traces"
FLUSH_MS = 2000

_tracer = trace.get_tracer("jangbogi.functions")


class ErrorTexts(TypedDict):
    """Whether a span records the texts of errors."""

    record_exception: bool
    set_status_on_exception: bool


WITHOUT_TEXTS: ErrorTexts = {"record_exception": False, "set_status_on_exception": False}
"""An error marks a span without its text, which may quote a photo or what a user typed."""


def configure(settings: TracingSettings) -> None:
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
        resource=Resource.create({SERVICE_NAME: "jangbogi-functions", "gcp.project_id": settings.traces_project}),
    )
    provider.add_span_processor(BatchSpanProcessor(_exporter(settings)))
    trace.set_tracer_provider(provider)


def _exporter(settings: TracingSettings) -> SpanExporter:
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
    return OTLPSpanExporter(endpoint=str(settings.traces_endpoint))


@contextmanager
def serve(name: str, headers: Iterable[tuple[str, str]]) -> Iterator[None]:
    """A span for a request, in a trace of its own, linked to the one that the caller's headers name.

    Two functions are public, so the caller decides neither whether a request is recorded nor what is passed on.
    """
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):  # nothing is recorded
        yield
        return
    carrier = {key.lower(): value for key, value in headers}
    caller = trace.get_current_span(TraceContextTextMapPropagator().extract(carrier, Context())).get_span_context()
    links = [trace.Link(caller)] if caller.is_valid else []
    with _tracer.start_as_current_span(name, context=Context(), links=links, kind=SpanKind.SERVER, **WITHOUT_TEXTS):
        yield


@contextmanager
def receipt(receipt_id: str, attempt: int, *, is_canary: bool) -> Iterator[None]:
    """A span for an attempt at a receipt, in a trace of its own: a sweep works on many receipts."""
    attributes: dict[str, str | int | bool] = {
        "jangbogi.receipt_id": receipt_id,
        "jangbogi.attempt": attempt,
        "jangbogi.canary": is_canary,
    }
    links = [trace.Link(trace.get_current_span().get_span_context())]
    with _tracer.start_as_current_span(
        "receipt", context=Context(), links=links, attributes=attributes, **WITHOUT_TEXTS
    ):
        yield


@contextmanager
def step(name: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int) -> Iterator[None]:
    """A span for a step of the current work. An error marks it, without its text, which may quote a photo."""
    with _tracer.start_as_current_span(name, kind=kind, attributes=attributes, **WITHOUT_TEXTS) as span:
        try:
            yield
        except Exception as error:
            span.set_status(Status(StatusCode.ERROR, getattr(error, "code", type(error).__name__)))
            raise


def call_sql(function: str) -> AbstractContextManager[None]:
    """A span for a call of a SQL function through the Data API."""
    return step(f"sql {function}", SpanKind.CLIENT, **{"db.system.name": "postgresql", "db.operation.name": function})


def pass_on(headers: MutableMapping[str, str]) -> None:
    """Add the current trace context to the headers of a call (`traceparent`)."""
    propagate.inject(headers)


def trace_id() -> str:
    """Id of the current trace, 32 hexadecimal digits; empty outside of one."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else ""


def flush() -> None:
    """Export finished spans now: after a response the platform may stop the process's CPU."""
    force_flush = getattr(trace.get_tracer_provider(), "force_flush", None)
    if force_flush is not None:
        force_flush(FLUSH_MS)
