"""The accuracy of the simulated weeks as a plot."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from model_export.classifier.plots import FAINT, INK
from model_export.simulation.proportion import Proportion
from model_export.simulation.reading import WORN_WEEK
from model_export.simulation.weeks import Week


def draw(weeks: Sequence[Week]) -> Figure:
    """Categories and reading of each week's purchases, and the weeks that a new champion starts in."""
    figure = Figure(figsize=(8, 8), layout="constrained")
    categories, reading = figure.subplots(2, sharex=True)
    numbers = [week.number for week in weeks]
    accuracies = [week.accuracy for week in weeks]
    _curve(categories, accuracies, "with retraining", [week.report for week in weeks], numbers)
    _shown(categories, [week.audited for week in weeks], "random audit sample, with its 95 % interval", numbers)
    categories.plot(
        numbers, [week.accuracy_at_first for week in weeks], color=FAINT, label="the first model, never retrained"
    )
    categories.plot(
        numbers, [week.frozen for week in weeks], "--", color="#7a9e3f", label="with retraining, frozen test names"
    )
    categories.set_ylabel("items with the right category")
    categories.set_title("Categories of the purchases of simulated users")

    read = [week.reading for week in weeks]
    _curve(reading, [each.accuracy for each in read], "printed names", [each.report for each in read], numbers)
    label = "name accuracy from the corrections of consenting users, with its 95 % interval"
    _shown(reading, [each.shown for each in read], label, numbers)
    if WORN_WEEK in numbers:
        reading.axvline(WORN_WEEK - 0.5, color=FAINT)
        reading.text(WORN_WEEK - 0.45, reading.get_ylim()[1], "tills print worse", fontsize=7, va="top", color=INK)
    reading.set_ylabel("names read exactly")
    reading.set_title("Reading of their receipts")
    reading.set_xlabel("week")
    for axes in (categories, reading):
        axes.margins(y=0.1)
        axes.set_xticks(numbers)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.grid(color=FAINT, alpha=0.4)
        axes.legend(loc="best", fontsize=8)
    return figure


def _curve(
    axes: Axes, accuracies: Sequence[float], label: str, reports: Sequence[dict[str, Any] | None], weeks: Sequence[int]
) -> None:
    axes.plot(weeks, accuracies, "o-", color=INK, label=label)
    for (_, before), (place, _) in pairwise(enumerate(reports)):
        if before and before["outcome"] == "promoted":
            axes.annotate(
                "promoted", (weeks[place], accuracies[place]), xytext=(0, 7), textcoords="offset points", ha="center",
                fontsize=7, color=INK,
            )  # fmt: skip


def _shown(axes: Axes, shown: Sequence[Proportion], label: str, weeks: Sequence[int]) -> None:
    errors = [[each.estimate - each.low for each in shown], [each.high - each.estimate for each in shown]]
    estimates = [each.estimate for each in shown]
    axes.errorbar(weeks, estimates, errors, fmt="s", color="#b5651d", capsize=3, alpha=0.7, label=label)
