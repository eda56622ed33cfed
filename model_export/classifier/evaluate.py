"""Figures of a category model on labelled names."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support
from sklearn.pipeline import Pipeline

from model_export.classifier.augment import misread
from model_export.classifier.dataset import CODES, Example
from ocr_service.category.normalise import framed, normalise

BINS = 10
CONFUSIONS = 12
NON_FOOD = CODES.index("non_food")

Model = Callable[[Sequence[str]], np.ndarray]
"""Gives normalised names their probabilities, shape (names, categories)."""


@dataclass(frozen=True)
class Report:
    """Shares are 0 to 1. `coverage` is the share of names at or above the threshold, `precision_covered` the share of
    right answers among them, `calibration_error` the expected calibration error over ten bins, and `noisy_accuracy`
    the accuracy on the same names with one or two misread characters. `food` is the share of names rightly told food
    or not. `curve` has (threshold, coverage, precision) and `confusions` the commonest (truth, answer, count).
    """

    names: int
    accuracy: float
    macro_f1: float
    noisy_accuracy: float
    calibration_error: float
    threshold: float
    coverage: float
    precision_covered: float
    food: float
    curve: list[tuple[float, float, float]]
    confusions: list[tuple[str, str, int]]
    per_class: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Answers:
    """Indices into CODES that are right and that a model gave, and its confidence (0 to 1); one of each a name."""

    truth: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray


def answers(probabilities: np.ndarray, examples: Sequence[Example]) -> Answers:
    """What `probabilities`, shape (names, categories), say of `examples`."""
    truth = np.array([CODES.index(example.category) for example in examples])
    return Answers(truth, probabilities.argmax(axis=1), probabilities.max(axis=1))


def probabilities_of(pipeline: Pipeline) -> Model:
    """A trained pipeline as what is evaluated."""
    return lambda names: pipeline.predict_proba([framed(name) for name in names])


def evaluate(model: Model, examples: Sequence[Example], threshold: float, seed: int) -> Report:
    """Score `model` on `examples`; `seed` fixes the noise of the noisy copy."""
    rng = random.Random(seed)
    given = answers(model([example.name for example in examples]), examples)
    truth, predicted, confidence = given.truth, given.predicted, given.confidence
    covered = confidence >= threshold
    noisy = [normalise(misread(example.name, rng)) for example in examples]
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=range(len(CODES)), zero_division=0.0
    )
    return Report(
        names=len(examples),
        accuracy=float(accuracy_score(truth, predicted)),
        macro_f1=float(f1_score(truth, predicted, average="macro")),
        noisy_accuracy=float(np.mean(model(noisy).argmax(axis=1) == truth)),
        calibration_error=calibration_error(confidence, predicted == truth),
        threshold=threshold,
        coverage=float(covered.mean()),
        precision_covered=float((predicted == truth)[covered].mean()) if covered.any() else 0.0,
        food=float(np.mean((predicted == NON_FOOD) == (truth == NON_FOOD))),
        curve=abstention_curve(confidence, predicted == truth),
        confusions=[
            (CODES[right], CODES[wrong], count)
            for (right, wrong), count in Counter(
                (int(t), int(p)) for t, p in zip(truth, predicted, strict=True) if t != p
            ).most_common(CONFUSIONS)
        ],
        per_class={
            code: {
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "names": int(support[index]),
            }
            for index, code in enumerate(CODES)
        },
    )


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error of confidences (0 to 1) against whether each answer was right."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidence[bins == index].mean() - right[bins == index].mean()) * (bins == index).mean()
        for index in range(BINS)
        if (bins == index).any()
    ]
    return float(sum(gaps))


def abstention_curve(confidence: np.ndarray, right: np.ndarray) -> list[tuple[float, float, float]]:
    """Return (threshold, share of answers at or above it, share of right ones among them) in steps of 0.1."""
    return [
        (round(float(threshold), 1), float(kept.mean()), float(right[kept].mean()))
        for threshold in np.arange(0.3, 1.0, 0.1)
        if (kept := confidence >= threshold).any()
    ]


def as_text(report: Report) -> str:
    """Return the report as a table for people."""
    lines = [
        f"names {report.names}  accuracy {report.accuracy:.3f}  macro F1 {report.macro_f1:.3f}  "
        f"noisy {report.noisy_accuracy:.3f}  calibration error {report.calibration_error:.3f}",
        f"threshold {report.threshold:.3f}: {report.coverage:.1%} covered, "
        f"{report.precision_covered:.1%} of them right; food or not {report.food:.1%}",
        "  ".join(f"{at:.1f}: {kept:.0%} at {right:.1%}" for at, kept, right in report.curve),
        "  ".join(f"{truth}>{answer} {count}" for truth, answer, count in report.confusions),
        "",
        f"{'category':<16}{'precision':>10}{'recall':>8}{'F1':>7}{'names':>7}",
    ]
    lines += [
        f"{code:<16}{row['precision']:>10.2f}{row['recall']:>8.2f}{row['f1']:>7.2f}{row['names']:>7.0f}"
        for code, row in report.per_class.items()
    ]
    return "\n".join(lines)
