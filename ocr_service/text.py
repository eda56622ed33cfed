"""The one text normaliser: training and serving must see the same characters."""

import unicodedata

NORMALISER_VERSION = "nfkc-space-1"
"""Stored in every exported text model and compared at load. Change it whenever `normalise` changes."""


def normalise(text: str) -> str:
    """Return `text` in NFKC, every run of whitespace one space, none at the ends.

    Idempotent. Lone surrogates, which JSON lets through, become U+FFFD so that the result always encodes as UTF-8.
    """
    encodable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(unicodedata.normalize("NFKC", encodable).split())
