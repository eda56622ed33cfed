"""Why a release is refused; the model in use stays in use.

Refused
├── Unreachable      unreachable  the store does not respond
├── Missing          missing      the store does not have the file
├── BadManifest      manifest     not a manifest of this schema, or truncated
├── BadSignature     signature    the manifest has no signature of a trusted key
├── BadFile          file         length or digest of a file differ from the manifest
├── BadModel         model        the model cannot be loaded or run, or its inputs or outputs differ
├── BadLabels        labels       its categories, or characters, are not those of the product
├── BadAnswers       golden       wrong for golden names, golden lines or the golden receipt, or these are missing
└── NoCache          cache        the local folder is not writable
"""

from typing import ClassVar


class Refused(Exception):
    """Base; `reason` is the label of `ocr_release_refused_total`."""

    reason: ClassVar[str]

    def __init_subclass__(cls, *, reason: str) -> None:
        cls.reason = reason


class Unreachable(Refused, reason="unreachable"):
    """The store does not respond. The next poll retries."""


class Missing(Refused, reason="missing"):
    """The store responds but does not have the file."""


class BadManifest(Refused, reason="manifest"):
    """Not JSON, or not a schema that this version of the service supports."""


class BadSignature(Refused, reason="signature"):
    """Public keys are configured, and none verifies the manifest's signature."""


class BadFile(Refused, reason="file"):
    """Truncated or changed."""


class BadModel(Refused, reason="model"):
    """Not a model, made for another normaliser, with other inputs and outputs than its release, or failing on them."""


class BadLabels(Refused, reason="labels"):
    """Missing or additional categories; or not one character per output."""


class BadAnswers(Refused, reason="golden"):
    """Too many golden names get a wrong category, or golden lines are misread."""


class NoCache(Refused, reason="cache"):
    """The disk is full or read-only."""


REASONS = tuple(sorted(refusal.reason for refusal in Refused.__subclasses__()))
