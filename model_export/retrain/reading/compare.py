"""Compares two recognisers line by line and decides on the promotion of the challenger.

Two questions, never pooled: is it not worse, on the frozen drawn lines; is it better, on held-out crops that neither
model was trained on?
"""

from collections.abc import Sequence

from model_export.retrain.compare import Comparison, Decision, compare, p_not_worse
from model_export.retrain.reading.settings import Rules
from model_export.text_models.recognition.reader import Reading


def compare_readings(champion: Sequence[Reading], challenger: Sequence[Reading]) -> Comparison:
    """Compare readings of the same lines: a line is right if it is read exactly, spaces aside."""
    truth = ["right"] * len(champion)
    return compare(truth, *([_verdict(each) for each in readings] for readings in (champion, challenger)))


def _verdict(reading: Reading) -> str:
    return "right" if "".join(reading.read.split()) == "".join(reading.printed.split()) else "wrong"


def decide(frozen: Comparison, unseen: Comparison, looks: int, rules: Rules) -> Decision:
    """Judge a challenger. looks: how often challengers were compared on the frozen lines in the last year."""
    alpha = rules.reading_alpha / rules.reading_looks
    worse = p_not_worse(frozen.names, frozen.gained, frozen.lost, rules.lines_margin)
    objections = []
    if looks >= rules.reading_looks:
        objections.append(
            f"The frozen lines were used {looks} times within a year, and the error that is tolerated is spent."
        )
    if worse > alpha:
        objections.append(
            f"It may be worse: of {frozen.names} frozen drawn lines {frozen.gained} won and {frozen.lost} lost do not "
            f"exclude a loss of {rules.lines_margin:.1%} (p = {worse:.2g}, limit {alpha:.2g})."
        )
    if unseen.p_value > rules.crops_significance:
        objections.append(
            f"It is not better: of {unseen.names} crops that neither model was trained on, {unseen.gained} won and "
            f"{unseen.lost} lost may be chance (p = {unseen.p_value:.3f}, limit {rules.crops_significance:g})."
        )
    reasons = [
        f"It is better: of {unseen.names} crops that neither model was trained on, {unseen.gained} won and "
        f"{unseen.lost} lost are not chance (p = {unseen.p_value:.2g}).",
        f"It is not worse: of {frozen.names} frozen drawn lines {frozen.champion:.3f} and {frozen.challenger:.3f} are "
        f"read exactly, and a loss of {rules.lines_margin:.1%} is excluded (p = {worse:.2g}).",
    ]
    return Decision(not objections, objections or reasons, worse, alpha, 1.0)
