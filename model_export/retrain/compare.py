"""Compares a challenger with the champion and decides on its promotion.

Three questions are asked of sets of names that are never pooled: is it not worse, on the frozen names and on the
audited ones, each by itself; is it better on names that neither model was trained on; and (reported only) does it know
the names that users corrected?
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, norm

from model_export.retrain.flips import FlipAudit


@dataclass(frozen=True)
class Rules:
    """What a challenger has to achieve."""

    frozen_margin: float = 0.03
    """Loss of accuracy that is excluded (non-inferiority margin), on the frozen names and on the audited ones. With a
    smaller one most challengers that are as good as the champion would be refused (docs/mlops.md)."""
    yearly_alpha: float = 0.05
    """Probability that any challenger of a year is promoted although it loses more than the margin."""
    yearly_looks: int = 52
    """Looks at the frozen names per year. Each spends an equal part of `yearly_alpha`."""
    significance: float = 0.1
    """Largest p-value at which the challenger is better on names that neither model was trained on, and at which it is
    not worse on audited names, which change every quarter and are too few for a smaller one. To replace a model by one
    that is as good does no harm, so this error is tolerated more often than the other."""
    category_fall: float = 0.05
    """Largest tolerated fall of the accuracy on a category."""
    category_names: int = 3
    """Minimum number of names before such a fall counts: one or two of a category are lost by chance."""
    flip_share: float = 0.005
    """Share of the names that may change although no new label of their brand explains it, of those that the champion
    was confident of."""
    brand_flip_share: float = 0.2
    """Share of a brand's names that may change to a newly labelled category, of those that the champion was confident
    of."""
    flip_names: int = 3
    """Minimum number of changed names before these shares count."""

    @property
    def alpha(self) -> float:
        """Significance of one look at the frozen names."""
        return self.yearly_alpha / self.yearly_looks


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
    """Whether to promote, and the reasons, one sentence each.

    p_not_worse: of the non-inferiority test on the frozen names. alpha: its limit. p_audited: of the same test on the
    audited names.
    """

    promote: bool
    reasons: list[str]
    p_not_worse: float
    alpha: float
    p_audited: float


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


def p_not_worse(names: int, gained: int, lost: int, margin: float) -> float:
    """The probability that a challenger that loses `margin` of its accuracy does at least as well on these names.

    Score test for paired proportions (Tango, Statistics in Medicine 17, 1998). `margin` > 0, 1.0 without names.
    """
    if names == 0:
        return 1.0
    # The maximum of the likelihood, under the hypothesis, of the probability that only the champion is right.
    b = (gained + lost) * (1 + margin) + 2 * margin * (names - gained)
    # The root is of zero, or by rounding of less, if as many are lost as the hypothesis expects.
    share_lost = (b + np.sqrt(max(0.0, b * b - 8 * names * lost * margin * (1 + margin)))) / (4 * names)
    variance = names * (2 * share_lost - margin * (margin + 1))
    return float(norm.sf((gained - lost + names * margin) / np.sqrt(variance)))


def decide(
    frozen: Comparison,
    audited: Comparison,
    unseen: Comparison,
    flips: FlipAudit,
    looks: int = 0,
    rules: Rules | None = None,
) -> Decision:
    """Judge a challenger by frozen names, audited names, names that neither model was trained on, and changed answers.

    looks: how often challengers were compared on the frozen names in the last year.
    """
    rules = rules or Rules()
    worse, audited_worse = (
        p_not_worse(each.names, each.gained, each.lost, rules.frozen_margin) for each in (frozen, audited)
    )
    objections = []
    if looks >= rules.yearly_looks:
        objections.append(
            f"The frozen names were used {looks} times within a year, and the error that is tolerated is spent."
        )
    if worse > rules.alpha:
        objections.append(
            f"It may be worse: of {frozen.names} frozen names {frozen.gained} won and {frozen.lost} lost do not "
            f"exclude a loss of {rules.frozen_margin:.1%} (p = {worse:.2g}, limit {rules.alpha:.2g})."
        )
    if audited_worse > rules.significance:
        objections.append(
            f"It may be worse: of {audited.names} audited names {audited.gained} won and {audited.lost} lost do not "
            f"exclude a loss of {rules.frozen_margin:.1%} (p = {audited_worse:.2g}, limit {rules.significance:g})."
        )
    if unseen.p_value > rules.significance:
        objections.append(
            f"It is not better: of {unseen.names} names that neither model was trained on, {unseen.gained} won and "
            f"{unseen.lost} lost may be chance (p = {unseen.p_value:.3f}, limit {rules.significance:g})."
        )
    for code, (names, old, new) in _falls(frozen, rules).items():
        objections.append(
            f"{code} falls from {old} to {new} of {names} frozen names right, by more than {rules.category_fall:.0%}."
        )
    if flips.untouched_flips >= max(rules.flip_names, rules.flip_share * flips.untouched_names):
        objections.append(
            f"{flips.untouched_flips} of {flips.untouched_names} names that the champion was confident of change to a "
            f"category that their brands were not taught, more than {rules.flip_share:.1%}."
        )
    for (brand, category), (names, changed) in flips.brands.items():
        if changed >= max(rules.flip_names, rules.brand_flip_share * names):
            objections.append(
                f"{changed} of {names} names of {brand} change to {category}, although the champion was confident of "
                "them and annotators did not confirm it."
            )
    if objections:
        return Decision(False, objections, worse, rules.alpha, audited_worse)
    return Decision(
        True,
        [
            f"It is better: of {unseen.names} names that neither model was trained on, {unseen.gained} won and "
            f"{unseen.lost} lost are not chance (p = {unseen.p_value:.2g}).",
            f"It is not worse: accuracy on {frozen.names} frozen names changes from {frozen.champion:.3f} to "
            f"{frozen.challenger:.3f}, and a loss of {rules.frozen_margin:.1%} is excluded (p = {worse:.2g}).",
            f"It is not worse on {audited.names} audited names, either: {audited.gained} won and {audited.lost} lost "
            f"(p = {audited_worse:.2g}).",
            f"No category falls by more than {rules.category_fall:.0%}, and {flips.untouched_flips} of "
            f"{flips.untouched_names} confident names change to a category that their brands were not taught.",
        ],
        worse,
        rules.alpha,
        audited_worse,
    )


def _falls(comparison: Comparison, rules: Rules) -> dict[str, tuple[int, int, int]]:
    return {
        code: counts
        for code, counts in comparison.categories.items()
        if counts[1] - counts[2] >= max(rules.category_names, rules.category_fall * counts[0])
    }
