"""The category of an item name, predicted by a character TF-IDF model in ONNX Runtime."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from ocr_service.category.normalise import NORMALISER_VERSION, framed, normalise
from ocr_service.errors import ModelError

MODEL_FILE = "item_classifier.onnx"
CATEGORIES_FILE = "categories_map.json"

BATCH = 16
"""Names per inference call. TF-IDF rows are dense (tens of thousands of floats), so batches bound memory."""

NON_FOOD = "non_food"
CERTAIN_NON_FOOD = 0.8
"""Minimum confidence of a certain non-food. It is stricter than the model's threshold: "add all" skips such items, so a
food taken for non-food is lost from the inventory, while a food in another category is still there."""

ALTERNATIVES = 3
"""Other categories offered besides the predicted one: as many as fit a row of buttons."""

WORD = re.compile("[가-힣AEIOUYaeiouy]")
"""Part of every word: a Korean syllable or a Latin vowel."""

MAX_CHARACTERS = 200
"""Longer names, which receipts do not print, are truncated to bound time and memory."""

Tensor = tuple[str, str, list[int | str | None]]


@dataclass(frozen=True)
class Prediction:
    """The category of a name.

    code: as in `categories_map.json`. confidence: its probability, 0 to 1. uncertain: whether the user should check it.
    alternatives: the next likeliest codes with their probabilities, likeliest first.
    """

    code: str
    confidence: float
    uncertain: bool
    alternatives: tuple[tuple[str, float], ...]


def required_confidence(code: str, threshold: float) -> float:
    """Minimum confidence of a certain prediction of `code` by a model with this threshold."""
    return max(threshold, CERTAIN_NON_FOOD) if code == NON_FOOD else threshold


class CategoryClassifier:
    """Predicts categories of names. Thread-safe."""

    def __init__(
        self, session: onnxruntime.InferenceSession, codes: Sequence[str], version: str, threshold: float
    ) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self.codes = tuple(codes)
        self._unknown_name = self.probabilities([""])[0]
        self.version = version
        self.threshold = threshold

    @classmethod
    def load(cls, model_dir: Path, version: str | None = None) -> "CategoryClassifier":
        """Load `item_classifier.onnx` and `categories_map.json` from `model_dir`.

        `version` replaces the version stored in the model. Raises ModelError if a file is missing, if the model was
        trained with another normaliser, or if the map does not have one code per output.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a receipt takes a millisecond; threads would compete with OCR
        options.inter_op_num_threads = 1
        try:
            model = (model_dir / MODEL_FILE).read_bytes()
            indices: dict[str, int] = json.loads((model_dir / CATEGORIES_FILE).read_text(encoding="utf-8"))
        except OSError as exc:
            raise ModelError(f"cannot read the category model in {model_dir}") from exc
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        metadata = session.get_modelmeta().custom_metadata_map
        normaliser = metadata.get("normaliser_version")
        if normaliser != NORMALISER_VERSION:
            raise ModelError(
                f"the category model needs normaliser {normaliser}, but this code has {NORMALISER_VERSION}"
            )
        codes = sorted(indices, key=indices.__getitem__)
        width = session.get_outputs()[1].shape[1]
        if sorted(indices.values()) != list(range(width)):
            raise ModelError(f"{CATEGORIES_FILE} does not number {width} categories from 0")
        return cls(session, codes, version or metadata["version"], float(metadata["threshold"]))

    @property
    def tensors(self) -> tuple[list[Tensor], list[Tensor]]:
        """Inputs and outputs of the graph: name, ONNX type, shape (None or a name stands for a variable size)."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        return [(i.name, i.type, i.shape) for i in inputs], [(o.name, o.type, o.shape) for o in outputs]

    def predict(self, names: Sequence[str]) -> list[Prediction]:
        """Return one prediction per name, in order.

        Names without a word are uncertain, and so are names of which the model knows no part: they get the prediction
        of the empty name, whose probability can exceed the threshold.
        """
        texts = [normalise(name)[:MAX_CHARACTERS] for name in names]
        predictions: list[Prediction] = []
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            for text, row in zip(batch, self.probabilities(batch), strict=True):
                ranked = [(self.codes[i], float(row[i])) for i in (-row).argsort(kind="stable")[: 1 + ALTERNATIVES]]
                code, confidence = ranked[0]
                recognised = WORD.search(text) is not None and not np.allclose(row, self._unknown_name, atol=1e-6)
                certain = recognised and confidence >= required_confidence(code, self.threshold)
                predictions.append(Prediction(code, confidence, not certain, tuple(ranked[1:])))
        return predictions

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return the model's probabilities for normalised texts, float32, shape (names, categories)."""
        column = np.array([framed(text) for text in texts], dtype=object).reshape(-1, 1)
        rows: np.ndarray = self._session.run(None, {self._input: column})[1]
        return rows
