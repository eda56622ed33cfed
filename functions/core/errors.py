"""All errors that a function reports or reacts to.

FunctionError                 base: status, code and retryable live on the class
├── BadRequest           400  the request body violates the contract
├── InvalidBarcode       400  not a product number; no provider is asked
├── Unauthorized         401  the caller is not authenticated
├── MethodNotAllowed     405  the function needs another HTTP method
├── SlowClient           408  the request body did not arrive in time
├── PayloadTooLarge      413  the request body exceeds the limit
├── ItemNotFound         404  the user has no such receipt item
├── UnknownCategory      422  no category has that code
├── NotNameable          422  the code does not identify a single product, so it cannot be named
├── UnusableName         422  the product name is empty, too long, or contains links or contact data
├── RateLimited          429  the user made too many calls within a minute or a day
├── BackendUnavailable   503  Supabase was unreachable or returned a server error
├── BackendRefused       502  Supabase rejected the call
├── SourceUnavailable    503  a published data set could not be read; the pages already loaded are kept
└── ReceiptError              one receipt could not be read; stored as `receipts.error_code`
    ├── PhotoMissing     404  the photo is no longer in the bucket
    ├── PhotoTooLarge    413  the photo exceeds the size limit
    ├── UnsupportedPhoto 415  the photo is not an image that the OCR service reads
    ├── PhotoTypeMismatch 415 the photo is an image of another type than its uploader declared
    ├── PhotoUnavailable 503  Storage was unreachable; says nothing about the photo
    ├── OcrRejected      422  the OCR service read the photo and refused it, with its own code
    ├── OcrUnavailable   503  the OCR service was busy or unreachable; says nothing about the photo
    ├── OcrTimeout       504  reading this photo took the OCR service too long
    ├── OcrSilent        504  the OCR service received the photo and did not respond at all
    ├── OcrFailed        502  the OCR service failed on the photo, or its response was invalid
    └── OcrCrashed       502  the OCR service died while it had the photo, and possibly others
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class FunctionError(Exception):
    """Base of the tree.

    Attributes:
        status: HTTP status of the response.
        code: stable machine-readable name.
        title: the same in words.
        retryable: whether the same request may succeed later.
        members: additional members of the problem+json response.
        retry_after_s: when to retry, in seconds; None if unknown.
    """

    status = 500
    code = "internal"
    title = "Internal error"
    retryable = True
    members: Mapping[str, str] = MappingProxyType({})
    retry_after_s: int | None = None

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title


class BadRequest(FunctionError):
    status, code, title, retryable = 400, "bad_request", "Bad request", False


class InvalidBarcode(FunctionError):
    status, code, title, retryable = 400, "invalid_barcode", "Not a product barcode", False
    members = MappingProxyType({"outcome": "invalid"})


class Unauthorized(FunctionError):
    status, code, title, retryable = 401, "unauthorized", "Not authenticated", False


class MethodNotAllowed(FunctionError):
    """`allow`: the methods that the function has, as in the header of that name."""

    status, code, title, retryable = 405, "method_not_allowed", "Method not allowed", False

    def __init__(self, detail: str, *, allow: str) -> None:
        super().__init__(detail)
        self.allow = allow


class SlowClient(FunctionError):
    status, code, title, retryable = 408, "slow_client", "Request timeout", True


class PayloadTooLarge(FunctionError):
    status, code, title, retryable = 413, "payload_too_large", "Request body too large", False


class ItemNotFound(FunctionError):
    status, code, title, retryable = 404, "item_not_found", "Item not found", False


class UnknownCategory(FunctionError):
    status, code, title, retryable = 422, "unknown_category", "Unknown category", False


class NotNameable(FunctionError):
    status, code, title, retryable = 422, "not_nameable", "Barcode cannot be named", False


class UnusableName(FunctionError):
    status, code, title, retryable = 422, "unusable_name", "Invalid product name", False


class RateLimited(FunctionError):
    status, code, title, retryable = 429, "rate_limited", "Too many requests", True

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class BackendUnavailable(FunctionError):
    status, code, title, retryable = 503, "backend_unavailable", "Supabase is unavailable", True


class SourceUnavailable(FunctionError):
    status, code, title, retryable = 503, "source_unavailable", "The data set is unavailable", True


class BackendRefused(FunctionError):
    """The database reported an error.

    Attributes:
        sqlstate: its SQLSTATE; `PT404` and the like if one of our SQL functions raised it.
        hint: machine-readable code set by our SQL functions.
        note: details set by our SQL functions, such as seconds to wait.
    """

    status, code, title, retryable = 502, "backend_refused", "Supabase rejected the call", False

    def __init__(self, sqlstate: str, detail: str, *, hint: str = "", note: str = "") -> None:
        super().__init__(detail)
        self.sqlstate = sqlstate
        self.hint = hint
        self.note = note


class ReceiptError(FunctionError):
    """One receipt could not be read.

    Attributes:
        counts_attempt: whether the photo may have caused the failure. An outage must not use up the attempts of
            photos that were uploaded during it.
        crashed: whether the reader died or hung while it had the photo. The queue then finds out whether the photo
            is the cause, by reading it alone.
        retry_after_s: when to retry, in seconds; None leaves it to the queue's backoff.
    """

    counts_attempt = True
    crashed = False

    def __init__(self, detail: str = "", *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class PhotoMissing(ReceiptError):
    status, code, title, retryable = 404, "photo_missing", "The photo no longer exists", False


class PhotoTooLarge(ReceiptError):
    status, code, title, retryable = 413, "photo_too_large", "The photo is too large", False


class UnsupportedPhoto(ReceiptError):
    status, code, title, retryable = 415, "unsupported_image", "Unsupported image", False


class PhotoTypeMismatch(ReceiptError):
    status, code, title, retryable = (
        415,
        "photo_type_mismatch",
        "The type of the photo differs from the declared one",
        False,
    )


class PhotoUnavailable(ReceiptError):
    status, code, title, retryable = 503, "photo_unavailable", "Storage is unavailable", True
    counts_attempt = False


class OcrRejected(ReceiptError):
    """Carries the code of the OCR service (`no_text`, `not_a_receipt`, `unsupported_image`, …)."""

    status, code, title, retryable = 422, "ocr_rejected", "The photo could not be read", False

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class OcrUnavailable(ReceiptError):
    status, code, title, retryable = 503, "ocr_unavailable", "The OCR service is unavailable", True
    counts_attempt = False


class OcrTimeout(ReceiptError):
    status, code, title, retryable = 504, "ocr_timeout", "Reading the photo took too long", True


class OcrSilent(ReceiptError):
    """The service bounds its own waiting and reading, so it hangs; this photo or another one may be the cause."""

    status, code, title, retryable = 504, "ocr_silent", "The OCR service did not respond", True
    crashed = True


class OcrFailed(ReceiptError):
    status, code, title, retryable = 502, "ocr_failed", "The OCR service failed on the photo", True


class OcrCrashed(ReceiptError):
    status, code, title, retryable = 502, "ocr_crashed", "The OCR service died while it had the photo", True
    crashed = True
