"""Every error that a function answers with or decides by.

FunctionError                 base: status, code and retryable live on the class
├── BadRequest           400  the body is not what the contract says
├── InvalidBarcode       400  not the number of a product; no provider is asked
├── Unauthorized         401  the caller did not prove who it is
├── MethodNotAllowed     405  another HTTP method is needed
├── PayloadTooLarge      413  the body is over the cap of this function
├── ItemNotFound         404  the caller has no such receipt item
├── UnknownCategory      422  there is no category of that code
├── NotNameable          422  the code is no product's own, so it cannot be given a name
├── UnusableName         422  what the user calls the product is empty or too long
├── RateLimited          429  too many calls of one user in a minute
├── BackendUnavailable   503  Supabase did not answer, or answered with a server error
├── SourceUnavailable    503  a published data set did not come; what came of it is kept
└── ReceiptError              one receipt could not be read; becomes `receipts.error_code`
    ├── PhotoMissing     404  the photo is no longer in the bucket
    ├── PhotoTooLarge    413  the photo is over the size the pipeline reads
    ├── PhotoUnavailable 503  Storage could not be reached; says nothing about the photo
    ├── OcrRejected      422  the OCR service read the photo and refused it, with its own code
    ├── OcrUnavailable   503  the OCR service was busy or out of reach; says nothing about the photo
    ├── OcrTimeout       504  the OCR service had the photo and did not answer in time
    └── OcrFailed        502  the OCR service broke while it had the photo, or answered nonsense
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class FunctionError(Exception):
    """Base of the tree.

    Attributes:
        status: HTTP status of the answer.
        code: stable machine-readable name, also shown by the app.
        title: the same in words.
        retryable: whether the same request may succeed later.
        members: further members of the problem+json answer.
        retry_after_s: when to try again, seconds; None where nothing is known.
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
    status, code, title, retryable = 400, "invalid_barcode", "Not a barcode of a product", False
    members = MappingProxyType({"outcome": "invalid"})


class Unauthorized(FunctionError):
    status, code, title, retryable = 401, "unauthorized", "Not authorised", False


class MethodNotAllowed(FunctionError):
    status, code, title, retryable = 405, "method_not_allowed", "Method not allowed", False


class PayloadTooLarge(FunctionError):
    status, code, title, retryable = 413, "payload_too_large", "Body too large", False


class ItemNotFound(FunctionError):
    status, code, title, retryable = 404, "item_not_found", "No such item", False


class UnknownCategory(FunctionError):
    status, code, title, retryable = 422, "unknown_category", "No such category", False


class NotNameable(FunctionError):
    status, code, title, retryable = 422, "not_nameable", "Not the code of one product", False


class UnusableName(FunctionError):
    status, code, title, retryable = 422, "unusable_name", "Not a name", False


class RateLimited(FunctionError):
    status, code, title, retryable = 429, "rate_limited", "Too many calls", True

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class BackendUnavailable(FunctionError):
    status, code, title, retryable = 503, "backend_unavailable", "Supabase is not available", True


class SourceUnavailable(FunctionError):
    status, code, title, retryable = 503, "source_unavailable", "The data set is not available", True


class BackendRefused(FunctionError):
    """The database's own error.

    Attributes:
        sqlstate: its code, of the form `PT404` where a function of ours refused.
        hint: the code for programs that such a refusal carries.
        note: what it adds to that.
    """

    status, code, title, retryable = 502, "backend_refused", "Supabase refused the call", False

    def __init__(self, sqlstate: str, detail: str, *, hint: str = "", note: str = "") -> None:
        super().__init__(detail)
        self.sqlstate = sqlstate
        self.hint = hint
        self.note = note


class ReceiptError(FunctionError):
    """One receipt could not be read.

    Attributes:
        counts_attempt: whether the failure may be the photo's own fault. An outage must not use up the
            attempts of the photos that happened to be uploaded during it.
        retry_after_s: when to try again, seconds; None leaves it to the queue's backoff.
    """

    counts_attempt = True

    def __init__(self, detail: str = "", *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class PhotoMissing(ReceiptError):
    status, code, title, retryable = 404, "photo_missing", "The photo is no longer stored", False


class PhotoTooLarge(ReceiptError):
    status, code, title, retryable = 413, "photo_too_large", "The photo is too large", False


class PhotoUnavailable(ReceiptError):
    status, code, title, retryable = 503, "photo_unavailable", "Storage is not available", True
    counts_attempt = False


class OcrRejected(ReceiptError):
    """The code is the OCR service's own (`no_text`, `not_a_receipt`, `unsupported_image`, …)."""

    status, code, title, retryable = 422, "ocr_rejected", "The photo could not be read", False

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class OcrUnavailable(ReceiptError):
    status, code, title, retryable = 503, "ocr_unavailable", "The OCR service is not available", True
    counts_attempt = False


class OcrTimeout(ReceiptError):
    status, code, title, retryable = 504, "ocr_timeout", "The OCR service did not answer in time", True


class OcrFailed(ReceiptError):
    status, code, title, retryable = 502, "ocr_failed", "The OCR service failed on the photo", True
