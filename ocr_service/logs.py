"""Logging to standard error, one JSON object per line with the request id; never text from a receipt."""

import json
import logging
import re
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from ocr_service import tracing

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_receipt_id: ContextVar[str] = ContextVar("receipt_id", default="")
_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


def begin_request(offered: str | None, receipt_id: str = "") -> str:
    """Set and return the request id of this context: `offered` if it is well-formed, otherwise a new one.

    `receipt_id` names the caller's receipt in the log; it is ignored unless well-formed.
    """
    _receipt_id.set(receipt_id if _ACCEPTED_ID.fullmatch(receipt_id) else "")
    request_id = offered if offered and _ACCEPTED_ID.fullmatch(offered) else uuid.uuid4().hex
    _request_id.set(request_id)
    return request_id


def current_request_id() -> str:
    """The request id of this context; empty outside a request."""
    return _request_id.get()


class JsonFormatter(logging.Formatter):
    """Writes the fields that Google Cloud Logging knows, plus everything passed as `extra`."""

    def __init__(self, project: str = "") -> None:
        """`project`: Google Cloud project of the traces."""
        super().__init__()
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "severity": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := current_request_id():
            entry["request_id"] = request_id
        if trace_id := tracing.trace_id():
            entry["trace_id"] = trace_id
            if self._project:
                entry["logging.googleapis.com/trace"] = f"projects/{self._project}/traces/{trace_id}"
        if receipt_id := _receipt_id.get():
            entry["receipt_id"] = receipt_id
        entry |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure(level: str, project: str = "") -> None:
    """Write all log records, including those of libraries, to standard error with the JSON formatter."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(project))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("PIL", "asyncio", "pillow_heif"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It logs a traceback per failed attempt; the release follower logs the outcome.
    logging.getLogger("gcsfs").setLevel(logging.CRITICAL)
