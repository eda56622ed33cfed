"""Names that no model is trained on during a quarter, whatever users and annotators say about them.

They show what a model learned in general, without the selection that corrections are. Each quarter holds out others, so
that no name waits longer for its correction than that.
"""

import hashlib
from datetime import datetime

from model_export.classifier.dataset import core

SHARE = 20
"""Percentage of the names that is held out."""


def season(at: datetime) -> str:
    """The quarter, such as 2026Q4."""
    return f"{at.year}Q{(at.month + 2) // 3}"


def is_held_out(name: str, at: datetime) -> bool:
    """Whether a name is held out in the quarter of `at`; the same for all sizes and spellings of a product."""
    digest = hashlib.sha256(f"{season(at)} {core(name)}".encode()).digest()
    return int.from_bytes(digest[:4]) % 100 < SHARE
