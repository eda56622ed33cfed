"""What can go wrong while a receipt is read.

OcrError
├── BadRequest          400 bad_request        the request itself makes no sense
├── SlowClient          408 slow_client        the body did not arrive in time
├── TooLarge            413 too_large          more bytes or pixels than we accept
├── UnsupportedImage    415 unsupported_image  not JPEG, PNG, WebP or HEIC
├── BrokenImage         422 broken_image       truncated or undecodable
├── NoText              422 no_text            nothing legible in the picture
├── NotAReceipt         422 not_a_receipt      text, but no item, total or date
├── SeveralReceipts     422 several_receipts   two receipts in one picture
├── ClientGone          499 client_gone        nobody waits for the answer any more
├── Busy                503 busy               queue full (Retry-After)
│   └── TimedOut        503 timed_out          the result took too long (Retry-After)
├── NotReady            503 not_ready          the golden receipt reads wrong
└── InternalError       500 internal           a defect of ours

`ModelError` is apart: it stops the process at start and never reaches a client.
"""

from typing import ClassVar


class OcrError(Exception):
    """Base of everything the service answers with.

    `status` is the HTTP status, `code` the stable machine-readable name, `retryable` says whether sending the
    very same bytes again can help. The message is safe to show: it never holds text from the picture.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    retryable: ClassVar[bool] = True
    retry_after_seconds: int | None = None


class BadRequest(OcrError):
    """The request cannot be understood: empty body, malformed header."""

    status, code, title, retryable = 400, "bad_request", "Bad request", False


class TooLarge(OcrError):
    """The body or the picture in it is larger than the limits in the settings."""

    status, code, title, retryable = 413, "too_large", "Image too large", False


class UnsupportedImage(OcrError):
    """The bytes are not an image format that the service reads."""

    status, code, title, retryable = 415, "unsupported_image", "Unsupported image", False


class BrokenImage(OcrError):
    """The format is known but the bytes cannot be decoded, for example cut off halfway."""

    status, code, title, retryable = 422, "broken_image", "Broken image", False


class NoText(OcrError):
    """Text detection or recognition found nothing legible."""

    status, code, title, retryable = 422, "no_text", "No text found", False


class NotAReceipt(OcrError):
    """There is text, but neither an item with an amount nor a total."""

    status, code, title, retryable = 422, "not_a_receipt", "Not a receipt", False


class SeveralReceipts(OcrError):
    """There are two receipts of different purchases: they must be photographed one by one."""

    status, code, title, retryable = 422, "several_receipts", "Several receipts", False


class SlowClient(OcrError):
    """The client did not send its body within the configured time."""

    status, code, title, retryable = 408, "slow_client", "Request timeout", True


class ClientGone(OcrError):
    """The client hung up; the answer is for the log and the metrics."""

    status, code, title, retryable = 499, "client_gone", "Client gone", True


class Busy(OcrError):
    """Another picture is being read and the queue is full."""

    status, code, title, retryable = 503, "busy", "Busy", True

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TimedOut(Busy):
    """The result did not arrive within the configured time."""

    code, title = "timed_out", "Timed out"


class NotReady(OcrError):
    """The self-check at start failed: models and code do not fit together."""

    status, code, title, retryable = 503, "not_ready", "Not ready", True


class InternalError(OcrError):
    """Anything that was not foreseen; the cause is in the log under the request id."""


class ModelError(Exception):
    """A model file is missing, or its digest is not the one in the manifest."""
