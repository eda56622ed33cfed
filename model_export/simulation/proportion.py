"""A share that was counted, with its interval."""

from typing import NamedTuple

from scipy.stats import binomtest


class Proportion(NamedTuple):
    """A share, with the bounds of its 95 % interval (Wilson)."""

    estimate: float
    low: float
    high: float

    @classmethod
    def of(cls, right: int, total: int) -> "Proportion":
        """The share of so many; nothing is known of none."""
        if total == 0:
            return cls(0.0, 0.0, 1.0)
        interval = binomtest(right, total).proportion_ci(method="wilson")
        return cls(right / total, float(interval.low), float(interval.high))
