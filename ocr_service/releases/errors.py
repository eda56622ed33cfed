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

    reason: ClassVar[str] = "unknown"


class Unreachable(Refused):
    """The store does not answer. It is asked again at the next poll."""

    reason = "unreachable"


class Missing(Refused):
    """The store answers, but has no such file."""

    reason = "missing"


class BadManifest(Refused):
    """Not JSON, or not what this version of the service understands."""

    reason = "manifest"


class BadSignature(Refused):
    """A public key is set, and the manifest carries no signature that it verifies."""

    reason = "signature"


class BadFile(Refused):
    """Truncated or changed."""

    reason = "file"


class BadModel(Refused):
    """Not a model, one for another normaliser, or one of other inputs and outputs than announced."""

    reason = "model"


class BadLabels(Refused):
    """More, fewer or other categories."""

    reason = "labels"


class BadAnswers(Refused):
    """Too many golden names get another category."""

    reason = "golden"


class NoCache(Refused):
    """A full or read-only disk."""

    reason = "cache"


REASONS = tuple(sorted(refusal.reason for refusal in Refused.__subclasses__()))
