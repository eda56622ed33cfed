"""Structured logs: one JSON object per line on standard output, with the field names of Cloud Logging.

Values bound with `structlog.contextvars` (request id, receipt id) appear on every line of that request. Never pass item
texts, tokens or keys to a logger.
"""

from __future__ import annotations

import logging

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from functions.core import tracing


def _trace_fields(project: str) -> Processor:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        if trace_id := tracing.trace_id():
            event["trace_id"] = trace_id
            if project:
                event["logging.googleapis.com/trace"] = f"projects/{project}/traces/{trace_id}"
        return event

    return add


def _cloud_logging_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event["severity"] = str(event.pop("level", "info")).upper()
    event["message"] = event.pop("event", "")
    return event


def configure(project: str = "") -> None:
    """Send this package's logs to standard output as JSON. Safe to call more than once.

    Args:
        project: Google Cloud project of the traces, which log lines name.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _trace_fields(project),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _cloud_logging_fields,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """The logger of the functions."""
    return structlog.get_logger()  # type: ignore[no-any-return]
