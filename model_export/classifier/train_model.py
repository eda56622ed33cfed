"""Fit and calibrate the category model: character TF-IDF and multinomial logistic regression."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from model_export.classifier.augment import sizes, variant
from model_export.classifier.dataset import CODES, Example, part
from model_export.classifier.evaluate import Report, evaluate
from ocr_service.text import framed, normalise


@dataclass(frozen=True)
class Settings:
    """Everything besides the data that decides the model."""

    seed: int = 20
    copies: int = 4
    """Noisy variants trained on beside each name."""
    longest: int = 3
    """Characters in the longest n-gram."""
    rarest: int = 3
    """Drop n-grams of fewer training texts than this."""
    strength: float = 10.0
    """Inverse of the L2 penalty."""
    precision: float = 0.8
    """Share of right answers wanted among those that are not marked uncertain, on new products."""


@dataclass(frozen=True)
class Trained:
    """A fitted pipeline, the confidence under which its answers are uncertain, and how it did on unseen families."""

    pipeline: Pipeline
    threshold: float
    report: Report
    settings: Settings


def train(examples: Sequence[Example], settings: Settings) -> Trained:
    """Choose temperature and threshold on the dev families, report on the test families, then refit on everything.

    The report is that of the model that saw neither dev nor test; the returned pipeline has seen all families and
    keeps the temperature and the threshold.
    """
    pipeline = fit(part(examples, "train"), settings)
    dev = part(examples, "dev")
    temperature = soften(pipeline, dev)
    threshold = abstention_threshold(pipeline, dev, settings.precision)
    report = evaluate(pipeline, part(examples, "test"), threshold, settings.seed)
    final = fit(examples, settings)
    scale(final, temperature)
    return Trained(final, threshold, report, settings)


def fit(examples: Sequence[Example], settings: Settings) -> Pipeline:
    """Fit on the names and their noisy variants. The same examples and settings give the same model.

    Raises ValueError if a category has no names: the columns of the probabilities are the categories.
    """
    rng = random.Random(settings.seed)
    by_category: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        by_category[example.category].append(example.name)
    if missing := [code for code in CODES if code not in by_category]:
        raise ValueError(f"no names of: {', '.join(missing)}")
    pools = {category: sizes(names) for category, names in by_category.items()}
    texts, labels = [], []
    for example in examples:
        variants = [variant(example.name, rng, pools[example.category]) for _ in range(settings.copies)]
        texts += [framed(normalise(text)) for text in (example.name, *variants)]
        labels += [CODES.index(example.category)] * (settings.copies + 1)
    pipeline = Pipeline(
        [
            # analyzer="char" without lowercase or sublinear_tf: what the ONNX converter reproduces exactly.
            (
                "vectorizer",
                TfidfVectorizer(
                    analyzer="char",
                    lowercase=False,
                    ngram_range=(1, settings.longest),
                    min_df=settings.rarest,
                    dtype=np.float32,
                ),
            ),
            ("item_classifier", LogisticRegression(C=settings.strength, class_weight="balanced", max_iter=400)),
        ]
    )
    return pipeline.fit(texts, labels)


def soften(pipeline: Pipeline, examples: Sequence[Example]) -> float:
    """Divide the logits of `pipeline` by the temperature that makes `examples` likeliest, and return it."""
    logits = pipeline.decision_function([framed(example.name) for example in examples])
    truth = np.array([CODES.index(example.category) for example in examples])

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        picked = scaled[np.arange(len(truth)), truth]
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - picked))

    temperature = float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)
    scale(pipeline, temperature)
    return temperature


def scale(pipeline: Pipeline, temperature: float) -> None:
    """Divide the logits by `temperature` inside the fitted coefficients, so that the exported graph has it too."""
    classifier = pipeline.named_steps["item_classifier"]
    classifier.coef_ = classifier.coef_ / temperature
    classifier.intercept_ = classifier.intercept_ / temperature


def abstention_threshold(pipeline: Pipeline, examples: Sequence[Example], precision: float) -> float:
    """Return the lowest confidence from which on at least `precision` of the answers on `examples` are right."""
    probabilities = pipeline.predict_proba([framed(example.name) for example in examples])
    right = np.array([CODES[row.argmax()] == e.category for row, e in zip(probabilities, examples, strict=True)])
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence)
    share_right = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share_right >= precision)
    return round(float(confidence[order][enough[-1]]), 3) if len(enough) else 1.0
