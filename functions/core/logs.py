"""Structured logs: one JSON object a line on standard output, in the fields Cloud Logging knows.

What is bound with `structlog.contextvars` (request id, receipt id) is on every line of that request. Item texts,
tokens and keys are never passed to a logger.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger


def _cloud_logging_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event["severity"] = str(event.pop("level", "info")).upper()
    event["message"] = event.pop("event", "")
    return event


def configure() -> None:
    """Send this package's logs to standard output as JSON. Safe to call again."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _cloud_logging_fields,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """The logger of the functions."""
    return structlog.get_logger()  # type: ignore[no-any-return]
