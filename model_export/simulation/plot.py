"""The accuracy of the simulated weeks as a plot."""

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from model_export.classifier.plots import FAINT, INK
from model_export.simulation.weeks import Week


def draw(weeks: Sequence[Week]) -> Figure:
    """Accuracy on each week's purchases, with and without retraining, and the weeks that a new champion starts in."""
    numbers = [week.number for week in weeks]
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(numbers, [week.accuracy for week in weeks], "o-", color=INK, label="with retraining")
    audited = [week.audited for week in weeks]
    errors = [[each - low for each, low, _ in audited], [high - each for each, _, high in audited]]
    axes.errorbar(
        numbers, [each for each, _, _ in audited], errors, fmt="s", color="#b5651d", capsize=3, alpha=0.7,
        label="random audit sample, with its 95 % interval",
    )  # fmt: skip
    axes.plot(
        numbers, [week.accuracy_at_first for week in weeks], color=FAINT, label="the first model, never retrained"
    )
    axes.plot(
        numbers, [week.frozen for week in weeks], "--", color="#7a9e3f", label="with retraining, frozen test names"
    )
    for before, week in pairwise(weeks):
        if before.report and before.report["outcome"] == "promoted":
            axes.annotate(
                "promoted", (week.number, week.accuracy), xytext=(0, 7), textcoords="offset points", ha="center",
                fontsize=7, color=INK,
            )  # fmt: skip
    axes.margins(y=0.1)
    axes.set_xticks(numbers)
    axes.set_xlabel("week")
    axes.set_ylabel("items with the right category")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(color=FAINT, alpha=0.4)
    axes.legend(loc="lower right")
    axes.set_title("Categories of the purchases of simulated users")
    return figure
