"""Compares a challenger with the champion and decides on its promotion."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True)
class Rules:
    """What a challenger has to achieve."""

    significance: float = 0.05
    """Largest p-value of McNemar's test, over all names."""
    frozen_fall: float = 0.01
    """Largest tolerated fall of the accuracy on the frozen names."""
    category_fall: float = 0.05
    """Largest tolerated fall of the accuracy on a category; the loss of a single name is always tolerated."""


@dataclass(frozen=True)
class Comparison:
    """Two models on the same names.

    champion, challenger: accuracy, 0 to 1. gained, lost: names that only the challenger, only the champion has right.
    p_value: of McNemar's exact test, one-sided: the probability that a challenger that is not better gains at least as
    much. categories: (names, right by the champion, right by the challenger) by code.
    """

    names: int
    champion: float
    challenger: float
    gained: int
    lost: int
    p_value: float
    categories: dict[str, tuple[int, int, int]]


@dataclass(frozen=True)
class Decision:
    """Whether to promote, and the reasons, one sentence each."""

    promote: bool
    reasons: list[str]


def compare(truth: Sequence[str], champion: Sequence[str], challenger: Sequence[str]) -> Comparison:
    """Compare the codes that two models predict with the true codes. All sequences have the same length."""
    categories: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    gained = lost = 0
    for right, old, new in zip(truth, champion, challenger, strict=True):
        counts = categories[right]
        counts[0] += 1
        counts[1] += old == right
        counts[2] += new == right
        gained += old != right and new == right
        lost += old == right and new != right
    return Comparison(
        names=len(truth),
        champion=sum(counts[1] for counts in categories.values()) / max(1, len(truth)),
        challenger=sum(counts[2] for counts in categories.values()) / max(1, len(truth)),
        gained=gained,
        lost=lost,
        p_value=float(binomtest(gained, gained + lost, alternative="greater").pvalue) if gained + lost else 1.0,
        categories={code: (counts[0], counts[1], counts[2]) for code, counts in sorted(categories.items())},
    )


def decide(frozen: Comparison, fresh: Comparison, both: Comparison, rules: Rules | None = None) -> Decision:
    """Judge a challenger by the frozen names, the fresh ones, and both together."""
    rules = rules or Rules()
    objections = []
    if both.p_value > rules.significance:
        objections.append(
            f"It is not better: {both.gained} of {both.names} names won and {both.lost} lost may be chance "
            f"(p = {both.p_value:.3f}, limit {rules.significance:g})."
        )
    if frozen.champion - frozen.challenger > rules.frozen_fall:
        objections.append(
            f"Accuracy on the frozen names falls from {frozen.champion:.3f} to {frozen.challenger:.3f}, "
            f"by more than {rules.frozen_fall:g}."
        )
    falls = {code: each.categories[code] for each in (frozen, both) for code in _falls(each, rules)}
    for code, (names, old, new) in sorted(falls.items()):
        objections.append(
            f"{code} falls from {old} to {new} of {names} names right, by more than {rules.category_fall:.0%}."
        )
    if objections:
        return Decision(False, objections)
    return Decision(
        True,
        [
            f"It is better: {both.gained} of {both.names} names won and {both.lost} lost are not chance "
            f"(p = {both.p_value:.2g}).",
            f"Accuracy changes from {fresh.champion:.3f} to {fresh.challenger:.3f} on {fresh.names} fresh names and "
            f"from {frozen.champion:.3f} to {frozen.challenger:.3f} on {frozen.names} frozen ones.",
            f"No category falls by more than {rules.category_fall:.0%}.",
        ],
    )


def _falls(comparison: Comparison, rules: Rules) -> list[str]:
    return [
        code
        for code, (names, old, new) in comparison.categories.items()
        if old - new > 1 and (old - new) / names > rules.category_fall
    ]
