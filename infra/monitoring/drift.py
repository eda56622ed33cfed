"""Drift: how far the items of a week are from the training distribution of the category model.

For each feature the shares of its buckets are compared. Features are the predicted category, its confidence, the length
of the name, and the share of the name's syllables that occur in no training name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from scipy.special import rel_entr

from infra.monitoring.metrics import MetricValue
from model_export.classifier.training_distribution import TrainingDistribution

SMALLEST_SHARE = 1e-3
"""Share of an empty bucket: PSI takes its logarithm, and one item in a rare bucket is not drift."""


def bucket_rules(distribution: TrainingDistribution) -> dict[str, Any]:
    """What the database needs to sort items into the buckets of the distribution."""
    return {"syllables": distribution.syllables, "edges": distribution.edges}


def measure(distribution: TrainingDistribution, rows: Iterable[MetricValue]) -> Iterator[MetricValue]:
    """Drift metrics from the `drift` rows of a snapshot (labels feature and bucket, value: number of items)."""
    counts: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        counts[row.labels["feature"]][row.labels["bucket"]] = row.value
    yield MetricValue("drift_reference", {"version": distribution.version}, 1)
    for feature, shares in distribution.shares.items():
        items = counts[feature]
        yield MetricValue("drift_items", {"feature": feature}, sum(items.values()))
        if items:
            trained, observed = aligned(shares, items)
            yield MetricValue("drift_psi", {"feature": feature}, psi(trained, observed))
            yield MetricValue("drift_js", {"feature": feature}, jensen_shannon(trained, observed))


def aligned(expected: Mapping[str, float], observed: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Both as shares that sum to 1, over the buckets of either."""
    buckets = sorted({*expected, *observed})
    rows = np.array([[side.get(bucket, 0.0) for bucket in buckets] for side in (expected, observed)])
    shares = rows / rows.sum(axis=1, keepdims=True)
    return shares[0], shares[1]


def psi(expected: np.ndarray, observed: np.ndarray) -> float:
    """Population stability index of two rows of shares: 0 if equal; above 0.25 counts as a shift by convention."""
    p, q = np.maximum(expected, SMALLEST_SHARE), np.maximum(observed, SMALLEST_SHARE)
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def jensen_shannon(expected: np.ndarray, observed: np.ndarray) -> float:
    """Jensen-Shannon divergence of two rows of shares, in bits: 0 if equal, 1 if disjoint."""
    middle = (expected + observed) / 2
    # SciPy's jensenshannon takes the square root, which fails where rounding makes the sum slightly negative.
    return max(0.0, float((rel_entr(expected, middle) + rel_entr(observed, middle)).sum() / 2 / np.log(2)))
