"""Why a release is not used; the model in use stays.

Refused
├── Unreachable      unreachable  the store does not answer
├── Missing          missing      the store has no such file
├── BadManifest      manifest     not a manifest of this schema, or written halfway
├── BadSignature     signature    the manifest is not signed, or by somebody else
├── BadFile          file         a file is not as long, or not of the digest, as the manifest says
├── BadModel         model        the model does not load, or its inputs or outputs are others
├── BadLabels        labels       its categories are not the ones that the product knows
├── BadAnswers       golden       it answers wrong for golden names, or there are none to ask
└── NoCache          cache        the local folder cannot be written
"""

from typing import ClassVar


class Refused(Exception):
    """Base; `reason` is the label of `ocr_release_refused_total`."""

    reason: ClassVar[str]

    def __init_subclass__(cls, *, reason: str) -> None:
        cls.reason = reason


class Unreachable(Refused, reason="unreachable"):
    """The store does not answer. It is asked again at the next poll."""


class Missing(Refused, reason="missing"):
    """The store answers, but has no such file."""


class BadManifest(Refused, reason="manifest"):
    """Not JSON, or not what this version of the service understands."""


class BadSignature(Refused, reason="signature"):
    """A public key is set, and the manifest carries no signature that it verifies."""


class BadFile(Refused, reason="file"):
    """Truncated or changed."""


class BadModel(Refused, reason="model"):
    """Not a model, one for another normaliser, or one of other inputs and outputs than announced."""


class BadLabels(Refused, reason="labels"):
    """More, fewer or other categories."""


class BadAnswers(Refused, reason="golden"):
    """Too many golden names get another category."""


class NoCache(Refused, reason="cache"):
    """A full or read-only disk."""


REASONS = tuple(sorted(refusal.reason for refusal in Refused.__subclasses__()))
