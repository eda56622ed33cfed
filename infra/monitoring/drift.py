"""How far the items of a week are from what the model was trained on.

Compared are shares of buckets, by feature: the predicted category, its confidence, the length of the name, and the
share of the name's syllables that no training name has.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.special import rel_entr

from infra.monitoring.metrics import Figure

FILE = "training_distribution.json"
SMALLEST_SHARE = 1e-3
"""An empty bucket counts as this much: PSI has a logarithm in it, and one item in a rare bucket is no drift."""


class Reference(BaseModel):
    """The training distribution of one model.

    Attributes:
        version: of the model.
        syllables: every Hangul syllable of the training names, once.
        edges: lower bounds of the buckets of each numeric feature, ascending; a value's bucket is how many it reaches.
        shares: share of each bucket, by feature; what is not named has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    syllables: str
    edges: dict[str, tuple[float, ...]]
    shares: dict[str, dict[str, float]]

    @classmethod
    def load(cls, path: Path) -> Reference:
        """Read a file that `python -m infra.monitoring reference` wrote. Raises: OSError, ValueError."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))

    def save(self, path: Path) -> None:
        """Write it in one step, readable in a diff."""
        fresh = path.with_suffix(".tmp")
        fresh.write_text(json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n", "utf-8")
        fresh.replace(path)

    def question(self) -> dict[str, Any]:
        """What the database needs to sort items into the same buckets."""
        return {"syllables": self.syllables, "edges": self.edges}


def figures(reference: Reference, counted: Iterable[Figure]) -> Iterator[Figure]:
    """Drift of each feature from the `drift` rows of a snapshot, labels feature and bucket, value items."""
    counts: dict[str, dict[str, float]] = defaultdict(dict)
    for row in counted:
        counts[row.labels["feature"]][row.labels["bucket"]] = row.value
    yield Figure("drift_reference", {"version": reference.version}, 1)
    for feature, shares in reference.shares.items():
        found = counts[feature]
        yield Figure("drift_items", {"feature": feature}, sum(found.values()))
        if found:
            trained, seen = aligned(shares, found)
            yield Figure("drift_psi", {"feature": feature}, psi(trained, seen))
            yield Figure("drift_js", {"feature": feature}, jensen_shannon(trained, seen))


def aligned(expected: Mapping[str, float], found: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Both as shares that sum to 1, over the buckets that either has."""
    buckets = sorted({*expected, *found})
    rows = np.array([[side.get(bucket, 0.0) for bucket in buckets] for side in (expected, found)])
    shares = rows / rows.sum(axis=1, keepdims=True)
    return shares[0], shares[1]


def psi(expected: np.ndarray, found: np.ndarray) -> float:
    """Population stability index of two rows of shares: 0 for equal ones, above 0.25 by convention a shift."""
    p, q = np.maximum(expected, SMALLEST_SHARE), np.maximum(found, SMALLEST_SHARE)
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def jensen_shannon(expected: np.ndarray, found: np.ndarray) -> float:
    """Jensen-Shannon divergence of two rows of shares, in bits: 0 for equal ones, 1 for nothing in common."""
    middle = (expected + found) / 2
    # SciPy's own takes the root of what rounding makes a little less than 0.
    return max(0.0, float((rel_entr(expected, middle) + rel_entr(found, middle)).sum() / 2 / np.log(2)))
