"""Everything that can go wrong while a receipt is read.

OcrError
├── BadRequest          400 bad_request        the request is malformed
├── SlowClient          408 slow_client        the body did not arrive in time
├── TooLarge            413 too_large          more bytes or pixels than accepted
├── UnsupportedImage    415 unsupported_image  not JPEG, PNG, WebP, HEIC or PDF
├── BrokenImage         422 broken_image       truncated or undecodable
├── NoText              422 no_text            no legible text in the image
├── NotAReceipt         422 not_a_receipt      text, but neither items nor a total
│   └── ForeignReceipt  422 foreign_receipt    a receipt that is not in Korean
├── SeveralReceipts     422 several_receipts   two receipts in one photo
├── ClientDisconnected  499 client_gone        the client closed the connection
├── Busy                503 busy               the queue is full, or did not move in time (Retry-After)
├── TimedOut            504 timed_out          reading this photo took too long
├── NotReady            503 not_ready          the golden receipt is read incorrectly
└── InternalError       500 internal           a defect of the service

`ModelError` is separate: it stops the process at start and never reaches a client.
"""

from typing import ClassVar


class OcrError(Exception):
    """Base of all errors that the service returns.

    status: HTTP status. code: stable, machine-readable name. retryable: whether sending the same bytes again can
    succeed. The message is for app developers and never contains text from the image.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    retryable: ClassVar[bool] = True
    retry_after_seconds: int | None = None


class BadRequest(OcrError):
    """The request is malformed: empty body, invalid JSON."""

    status, code, title, retryable = 400, "bad_request", "Bad request", False


class TooLarge(OcrError):
    """The body or its image exceeds the limits in the settings."""

    status, code, title, retryable = 413, "too_large", "Image too large", False


class UnsupportedImage(OcrError):
    """The body is not in a supported image format."""

    status, code, title, retryable = 415, "unsupported_image", "Unsupported image", False


class BrokenImage(OcrError):
    """The format is supported, but the bytes cannot be decoded, for example because they are truncated."""

    status, code, title, retryable = 422, "broken_image", "Broken image", False


class NoText(OcrError):
    """Detection and recognition found no legible text."""

    status, code, title, retryable = 422, "no_text", "No text found", False


class NotAReceipt(OcrError):
    """The text has neither an item with an amount nor a total."""

    status, code, title, retryable = 422, "not_a_receipt", "Not a receipt", False


class ForeignReceipt(NotAReceipt):
    """A receipt in another language and currency: its amounts are not won."""

    code, title = "foreign_receipt", "Foreign receipt"


class SeveralReceipts(OcrError):
    """The photo shows two receipts of different purchases; the user must photograph them separately."""

    status, code, title, retryable = 422, "several_receipts", "Several receipts", False


class SlowClient(OcrError):
    """The client did not send its body within the configured time."""

    status, code, title, retryable = 408, "slow_client", "Request timeout", True


class ClientDisconnected(OcrError):
    """The client closed the connection; the response only appears in log and metrics."""

    status, code, title, retryable = 499, "client_gone", "Client disconnected", True


class Busy(OcrError):
    """Other photos are being read: the queue is full, or this photo's turn did not come in time.

    This photo has not been read, so it is not the cause.
    """

    status, code, title, retryable = 503, "busy", "Busy", True

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TimedOut(OcrError):
    """Reading began, and did not end within the configured time. Waiting for other photos does not count."""

    status, code, title, retryable = 504, "timed_out", "Timed out", True


class NotReady(OcrError):
    """The self-check at start failed: models and code do not match."""

    status, code, title, retryable = 503, "not_ready", "Not ready", True


class InternalError(OcrError):
    """Any unexpected failure; the log has the cause under the request id."""


class ModelError(Exception):
    """A model file is missing or differs from the manifest."""
