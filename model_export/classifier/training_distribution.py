"""The training distribution of a category model: a file beside the model, which drift is measured against."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from model_export.classifier import dataset
from model_export.classifier.dataset import Example
from model_export.manifest import CATEGORY_DIR
from ocr_service.files import write_atomically

if TYPE_CHECKING:  # the exporter reads distributions and needs no ONNX Runtime
    from ocr_service.category.classifier import CategoryClassifier

FILE = "training_distribution.json"
PACKAGED = CATEGORY_DIR / FILE
"""The training distribution of the packaged model."""
EDGES = {
    "confidence": (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99),
    "name_length": (3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 16.0, 21.0),
    "unknown_syllables": (0.0001, 0.15, 0.3, 0.5),
}
_NOT_HANGUL = re.compile("[^가-힣]")


class TrainingDistribution(BaseModel):
    """The training distribution of one model.

    Attributes:
        version: of the model.
        syllables: every Hangul syllable of the training names, once.
        edges: ascending lower bounds of the buckets, by numeric feature; a value's bucket is the number of bounds that
            it reaches.
        shares: share of each bucket (0 to 1), by feature; a bucket without an entry is empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    syllables: str
    edges: dict[str, tuple[float, ...]]
    shares: dict[str, dict[str, float]]

    @classmethod
    def load(cls, path: Path) -> TrainingDistribution:
        """Read a file that `save` wrote. Raises OSError, ValueError."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))

    def save(self, path: Path) -> None:
        """Write the file atomically, formatted for diffs."""
        text = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1)
        write_atomically(path, f"{text}\n".encode())


def describe(classifier: CategoryClassifier, trained: Sequence[Example]) -> TrainingDistribution:
    """Describe what a model was trained on.

    Category shares come from the training names. Confidence and name length come from the evaluation names, which are
    printed as tills print them and never trained on: a model is more confident on names it was trained on, and training
    names lack the sizes and prefixes of tills. The share of unknown syllables compares the families and brands that
    `dataset.split` sets aside with the others.
    """
    held_out = [*dataset.load_evaluation("dev"), *dataset.load_evaluation("test")]
    seen, unseen = dataset.split(trained)
    seen_syllables = syllables(seen)
    predictions = classifier.predict([example.name for example in held_out])
    values = {
        "confidence": [prediction.confidence for prediction in predictions],
        "name_length": [float(len(example.name)) for example in held_out],
        "unknown_syllables": [
            sum(syllable not in seen_syllables for syllable in hangul) / len(hangul)
            for example in unseen
            if (hangul := _NOT_HANGUL.sub("", example.name))
        ],
    }
    return TrainingDistribution(
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
    """Every Hangul syllable of the names."""
    return set("".join(_NOT_HANGUL.sub("", example.name) for example in examples))


def shares(buckets: Iterable[str]) -> dict[str, float]:
    """Share of each bucket, rounded for a readable file."""
    counts = Counter(buckets)
    return {bucket: round(count / counts.total(), 5) for bucket, count in sorted(counts.items())}
