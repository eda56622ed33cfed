"""The training distribution of a category model, for `drift` to compare with."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from infra.monitoring.drift import FILE, Reference
from model_export.classifier import dataset
from model_export.classifier.dataset import Example
from ocr_service.category.classifier import CategoryClassifier

EDGES = {
    "confidence": (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99),
    "name_length": (3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 16.0, 21.0),
    "unknown_syllables": (0.0001, 0.15, 0.3, 0.5),
}
_OTHERS = re.compile("[^가-힣]")


def write(folder: Path, trained: Sequence[Example]) -> Reference:
    """Describe the model in `folder`, beside it. Raises: ModelError if there is none, OSError."""
    held_out = [*dataset.load_evaluation("dev"), *dataset.load_evaluation("test")]
    built = build(CategoryClassifier.load(folder), trained, held_out)
    built.save(folder / FILE)
    return built


def build(classifier: CategoryClassifier, trained: Sequence[Example], held_out: Sequence[Example]) -> Reference:
    """Describe what a model was trained on.

    Categories are those of the training names. Confidence and lengths are those of `held_out`, names as tills print
    them that are never trained on: a model is surer of what it has seen, and the training names lack the sizes and
    prefixes of tills. Unknown syllables are counted in the families and brands that `dataset.split` keeps apart,
    against those of the others.
    """
    seen, unseen = dataset.split(trained)
    known = syllables(seen)
    predictions = classifier.predict([example.name for example in held_out])
    values = {
        "confidence": [prediction.confidence for prediction in predictions],
        "name_length": [float(len(example.name)) for example in held_out],
        "unknown_syllables": [
            sum(syllable not in known for syllable in found) / len(found)
            for example in unseen
            if (found := _OTHERS.sub("", example.name))
        ],
    }
    return Reference(
        version=classifier.version,
        syllables="".join(sorted(syllables(trained))),
        edges=EDGES,
        shares={
            "category": shares(example.category for example in trained),
            **{
                feature: shares(str(bisect_right(edges, value)) for value in values[feature])
                for feature, edges in EDGES.items()
            },
        },
    )


def syllables(examples: Iterable[Example]) -> set[str]:
    """Every Hangul syllable of their names."""
    return set("".join(_OTHERS.sub("", example.name) for example in examples))


def shares(buckets: Iterable[str]) -> dict[str, float]:
    """Share of each bucket, rounded for a readable file."""
    counts = Counter(buckets)
    return {bucket: round(count / counts.total(), 5) for bucket, count in sorted(counts.items())}
