"""Fits and calibrates the category model: character TF-IDF and one averaged logistic regression per category."""

import random
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import Pipeline

from model_export.classifier.augment import decorated, sizes, variant
from model_export.classifier.compose import compositions, qualified
from model_export.classifier.dataset import CODES, Example, brand_of, core, load_evaluation, split
from model_export.classifier.evaluate import Report, evaluate, probabilities_of
from ocr_service.category.normalise import framed, normalise

SHORT, SHORT_COPIES = 4, 4
"""Names of so few characters get more decorated copies: a remark is most of what they print."""


@dataclass(frozen=True)
class Settings:
    """The hyperparameters. Together with the data they determine the model."""

    seed: int = 20
    copies: int = 2
    """Noisy variants per name that are trained on in addition."""
    decorated: int = 2
    """Variants per name with counters, sale words, origins and marks, trained on in addition."""
    per_head: int = 10
    """Modifiers per head noun."""
    max_ngram: int = 3
    """Length of the longest n-gram in characters."""
    min_df: int = 3
    """N-grams in fewer training texts are dropped."""
    epochs: int = 6
    """Passes of gradient descent over the training texts."""
    penalty: float = 1e-6
    """Weight of the L2 penalty."""
    certain_share: float = 0.98
    """Share of the dev names that are not marked uncertain. The product promises 0.85, with 0.95 of those right, and
    one doubt in five items at most, for all fields together. A share is stable under small changes of the names; a
    threshold for a given precision is not."""


@dataclass(frozen=True)
class Trained:
    """A fitted pipeline, its temperature, the confidence below which answers are uncertain, and its report."""

    pipeline: Pipeline
    temperature: float
    threshold: float
    report: Report
    settings: Settings


def train(examples: Sequence[Example], settings: Settings) -> Trained:
    """Fit on all families; choose temperature and threshold on the dev names, report on the test names."""
    dev, test = load_evaluation("dev"), load_evaluation("test")
    pipeline = fit(examples, settings, _cores(dev, test))
    temperature = fit_temperature(pipeline, dev)
    threshold = abstention_threshold(pipeline, dev, settings.certain_share)
    report = evaluate(probabilities_of(pipeline), test, threshold, settings.seed)
    return Trained(pipeline, temperature, threshold, report, settings)


def evaluate_on_unseen(
    examples: Sequence[Example], settings: Settings, temperature: float, threshold: float
) -> dict[str, Report]:
    """Report on families and brands that a model was not trained on: all names, and those with a brand."""
    training, test = split(examples)
    excluded = _cores(load_evaluation("dev"), load_evaluation("test"), test)
    pipeline = fit(training, settings, excluded)
    scale(pipeline, temperature)
    branded = [example for example in test if brand_of(example.name)]
    return {
        kind: evaluate(probabilities_of(pipeline), names, threshold, settings.seed)
        for kind, names in (("all", test), ("branded", branded))
    }


def _cores(*groups: Sequence[Example]) -> set[str]:
    return {core(example.name) for group in groups for example in group}


def fit(examples: Sequence[Example], settings: Settings, excluded: Set[str] = frozenset()) -> Pipeline:
    """Fit on the names, their noisy variants, and compositions whose core is not in `excluded`.

    The same examples and settings give the same model. Raises ValueError if a category has no names, because the
    columns of the probabilities are the categories.
    """
    rng = random.Random(settings.seed)
    by_category: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        by_category[example.category].append(example.name)
    if missing := [code for code in CODES if code not in by_category]:
        raise ValueError(f"no names of: {', '.join(missing)}")
    pools = {category: sizes(names) for category, names in by_category.items()}
    syllables = [character for example in examples for character in example.name if "가" <= character <= "힣"]
    texts, labels = [], []
    for example in examples:
        variants = [variant(example.name, rng, pools[example.category]) for _ in range(settings.copies)]
        copies = settings.decorated * (SHORT_COPIES if len(example.name) <= SHORT else 1)
        decorations = [decorated(example.name, rng, syllables) for _ in range(copies)]
        training = (example.name, *variants, *decorations)
        texts += [framed(normalise(text)) for text in training]
        labels += [CODES.index(example.category)] * len(training)
    composed = compositions(rng, settings.per_head, excluded) + qualified(rng, settings.per_head, excluded)
    for code, name in composed:
        texts += [
            framed(normalise(text)) for text in (variant(name, rng, pools[code]), decorated(name, rng, syllables))
        ]
        labels += [CODES.index(code)] * 2
    pipeline = Pipeline(
        [
            # The ONNX converter reproduces analyzer="char" without lowercase and sublinear_tf exactly.
            (
                "vectorizer",
                TfidfVectorizer(
                    analyzer="char",
                    lowercase=False,
                    ngram_range=(1, settings.max_ngram),
                    min_df=settings.min_df,
                    dtype=np.float32,
                ),
            ),
            # Averaged gradient descent fits in ten seconds, so retraining after adding names is cheap.
            (
                "item_classifier",
                SGDClassifier(
                    loss="log_loss",
                    alpha=settings.penalty,
                    max_iter=settings.epochs,
                    tol=None,
                    average=True,
                    random_state=settings.seed,
                ),
            ),
        ]
    )
    return pipeline.fit(texts, labels)


def fit_temperature(pipeline: Pipeline, examples: Sequence[Example]) -> float:
    """Divide the logits by the temperature that maximises the likelihood of `examples`; returns the temperature."""
    logits = pipeline.decision_function([framed(example.name) for example in examples])
    truth = np.array([CODES.index(example.category) for example in examples])

    def loss(temperature: float) -> float:
        each = expit(logits / temperature)
        return float(-np.mean(np.log(each[np.arange(len(truth)), truth] / each.sum(axis=1))))

    temperature = float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)
    scale(pipeline, temperature)
    return temperature


def scale(pipeline: Pipeline, temperature: float) -> None:
    """Divide the fitted coefficients by `temperature`, so that the exported graph includes it."""
    classifier = pipeline.named_steps["item_classifier"]
    classifier.coef_ = classifier.coef_ / temperature
    classifier.intercept_ = classifier.intercept_ / temperature


def abstention_threshold(pipeline: Pipeline, examples: Sequence[Example], certain_share: float) -> float:
    """Return the confidence that the share `certain_share` of the answers to `examples` reaches."""
    probabilities = pipeline.predict_proba([framed(example.name) for example in examples])
    return round(float(np.quantile(probabilities.max(axis=1), 1 - certain_share)), 3)
