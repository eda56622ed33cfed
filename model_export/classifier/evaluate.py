"""Evaluates a category model on labelled names."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support
from sklearn.pipeline import Pipeline

from model_export.classifier.augment import misread
from model_export.classifier.dataset import CODES, Example
from ocr_service.category.classifier import required_confidence
from ocr_service.category.normalise import framed, normalise

BINS = 10
CONFUSIONS = 12
NON_FOOD = CODES.index("non_food")

Model = Callable[[Sequence[str]], np.ndarray]
"""Maps normalised names to probabilities, shape (names, categories)."""


@dataclass(frozen=True)
class Report:
    """The evaluation of a model. Shares are 0 to 1.

    noisy_accuracy: on the same names with one or two misread characters. calibration_error: expected calibration error
    over ten bins. coverage: share of certain answers. precision_covered: share of right answers among them. food:
    share of names correctly classified as food or non-food. curve: (threshold, coverage, precision). confusions: the
    most frequent (truth, answer, count).
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
    """True and predicted indices into CODES, and the confidence (0 to 1), one entry per name."""

    truth: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray


def answers(probabilities: np.ndarray, examples: Sequence[Example]) -> Answers:
    """The answers in `probabilities`, shape (names, categories), to `examples`."""
    truth = np.array([CODES.index(example.category) for example in examples])
    return Answers(truth, probabilities.argmax(axis=1), probabilities.max(axis=1))


def probabilities_of(pipeline: Pipeline) -> Model:
    """A trained pipeline in the form that is evaluated."""
    return lambda names: pipeline.predict_proba([framed(name) for name in names])


def evaluate(model: Model, examples: Sequence[Example], threshold: float, seed: int) -> Report:
    """Evaluate `model` on `examples`; `seed` determines the noise of the noisy names."""
    rng = random.Random(seed)
    result = answers(model([example.name for example in examples]), examples)
    truth, predicted, confidence = result.truth, result.predicted, result.confidence
    covered = confidence >= np.array([required_confidence(CODES[code], threshold) for code in predicted])
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
    """Return the expected calibration error of confidences (0 to 1), given which answers were right."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidence[bins == index].mean() - right[bins == index].mean()) * (bins == index).mean()
        for index in range(BINS)
        if (bins == index).any()
    ]
    return float(sum(gaps))


def abstention_curve(confidence: np.ndarray, right: np.ndarray) -> list[tuple[float, float, float]]:
    """Return (threshold, share of answers at or above it, share of right answers among them) in steps of 0.1."""
    return [
        (round(float(threshold), 1), float(covered.mean()), float(right[covered].mean()))
        for threshold in np.arange(0.3, 1.0, 0.1)
        if (covered := confidence >= threshold).any()
    ]


def as_text(report: Report) -> str:
    """Return the report as a table for the command line."""
    lines = [
        f"names {report.names}  accuracy {report.accuracy:.3f}  macro F1 {report.macro_f1:.3f}  "
        f"noisy {report.noisy_accuracy:.3f}  calibration error {report.calibration_error:.3f}",
        f"threshold {report.threshold:.3f}: {report.coverage:.1%} covered, "
        f"{report.precision_covered:.1%} of them right; food or non-food {report.food:.1%}",
        "  ".join(f"{at:.1f}: {coverage:.0%} at {right:.1%}" for at, coverage, right in report.curve),
        "  ".join(f"{truth}>{answer} {count}" for truth, answer, count in report.confusions),
        "",
        f"{'category':<16}{'precision':>10}{'recall':>8}{'F1':>7}{'names':>7}",
    ]
    lines += [
        f"{code:<16}{row['precision']:>10.2f}{row['recall']:>8.2f}{row['f1']:>7.2f}{row['names']:>7.0f}"
        for code, row in report.per_class.items()
    ]
    return "\n".join(lines)
