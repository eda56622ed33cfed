"""Plots of a category model's quality: its confusions, and how far its confidence can be trusted."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from model_export.classifier.dataset import CODES
from model_export.classifier.evaluate import BINS, Answers, calibration_error

INK, FAINT = "#1f5f8b", "#b9c7d1"


def draw_all(answers: Answers, threshold: float, title: str) -> dict[str, Figure]:
    """Every plot, by file name; `title` names the model and the test names."""
    return {
        "classifier-confusion.png": confusion(answers, title),
        "classifier-calibration.png": calibration(answers.confidence, answers.predicted == answers.truth, title),
        "classifier-abstention.png": abstention(answers, threshold, title),
    }


def confusion(answers: Answers, title: str) -> Figure:
    """Number of names by true and predicted category; shades are shares of the row."""
    counts = np.zeros((len(CODES), len(CODES)), dtype=int)
    np.add.at(counts, (answers.truth, answers.predicted), 1)
    right = float(np.mean(answers.truth == answers.predicted))
    figure = Figure(figsize=(10, 9), layout="constrained")
    axes = figure.subplots()
    axes.imshow(counts / np.maximum(1, counts.sum(axis=1, keepdims=True)), cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        on_dark = counts[row, column] > counts[row].sum() / 2
        color = "white" if on_dark else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(range(len(CODES)), CODES, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(CODES)), [f"{code} ({counts[index].sum()})" for index, code in enumerate(CODES)])
    axes.set_xlabel("answer")
    axes.set_ylabel("truth (names)")
    axes.set_title(f"{title}\n{right:.1%} of {len(answers.truth)} names right")
    return figure


def calibration(confidence: np.ndarray, right: np.ndarray, title: str, unit: str = "names") -> Figure:
    """Accuracy by confidence (0 to 1), and the number of answers per confidence bin; `unit`: what was classified."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    filled = [index for index in range(BINS) if (bins == index).any()]
    figure = Figure(figsize=(6, 6.5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot((0, 1), (0, 1), color=FAINT, label="as often right as it says")
    means = [confidence[bins == index].mean() for index in filled]
    upper.plot(means, [right[bins == index].mean() for index in filled], "o-", color=INK, label="this model")
    upper.set_ylabel("right")
    upper.legend(loc="upper left")
    upper.set_title(f"{title}\nexpected calibration error {calibration_error(confidence, right):.3f}")
    lower.bar((np.arange(BINS) + 0.5) / BINS, np.bincount(bins, minlength=BINS), 0.9 / BINS, color=INK)
    lower.set_ylabel(unit)
    lower.set_xlabel("confidence")
    _percent(upper)
    lower.xaxis.set_major_formatter(PercentFormatter(1))
    return figure


def abstention(answers: Answers, threshold: float, title: str) -> Figure:
    """Precision by coverage; the dot marks the model's threshold."""
    right = (answers.predicted == answers.truth)[np.argsort(-answers.confidence, kind="stable")]
    coverage = np.arange(1, len(right) + 1) / len(right)
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    covered = max(1, int((answers.confidence >= threshold).sum()))
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(coverage, precision, color=INK)
    axes.plot(coverage[covered - 1], precision[covered - 1], "o", color=INK)
    axes.annotate(
        f"threshold {threshold:.3f}:\n{precision[covered - 1]:.1%} right of {coverage[covered - 1]:.1%}",
        (coverage[covered - 1], precision[covered - 1]),
        xytext=(-10, -12),
        textcoords="offset points",
        ha="right",
        va="top",
    )
    axes.set_ylim(min(0.9, float(precision[len(precision) // 10 :].min()) - 0.02), 1.002)
    axes.set_xlabel("names that are not marked uncertain")
    axes.set_ylabel("right among them")
    axes.set_title(title)
    _percent(axes)
    return figure


def _percent(axes: Axes) -> None:
    axes.grid(color=FAINT, alpha=0.4)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
