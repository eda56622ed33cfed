"""Grocery category of an item name: a character TF-IDF model in ONNX Runtime."""

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
"""Names in one run. The TF-IDF rows are dense (tens of thousands of floats), so a batch bounds memory."""

ALTERNATIVES = 3
"""Other categories offered beside the predicted one: what fits a row of buttons."""

WORD = re.compile("[가-힣AEIOUYaeiouy]")
"""What every name has: a Korean syllable or a Latin vowel."""

MAX_CHARACTERS = 200
"""Longer names are cut: no receipt prints one, and time and memory stay bounded."""

Tensor = tuple[str, str, list[int | str | None]]


@dataclass(frozen=True)
class Prediction:
    """A category `code` of `categories_map.json`, its probability (0 to 1), and whether a person should check it.

    `alternatives` are the next likeliest codes with their probabilities, likeliest first.
    """

    code: str
    confidence: float
    uncertain: bool
    alternatives: tuple[tuple[str, float], ...]


class CategoryClassifier:
    """Predicts categories for names. One instance serves any number of threads."""

    def __init__(
        self, session: onnxruntime.InferenceSession, codes: Sequence[str], version: str, threshold: float
    ) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self.codes = tuple(codes)
        self._nothing_known = self.probabilities([""])[0]
        self.version = version
        self.threshold = threshold

    @classmethod
    def load(cls, model_dir: Path, version: str | None = None) -> "CategoryClassifier":
        """Load `item_classifier.onnx` and `categories_map.json` from `model_dir`.

        It goes by `version`, or by the one that is written in the file. Raises ModelError if a file is missing, if
        the model was trained on text that another normaliser made, or if the map does not have one code for each
        output.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a receipt takes a millisecond: threads would only fight with OCR
        options.inter_op_num_threads = 1
        try:
            model = (model_dir / MODEL_FILE).read_bytes()
            indices: dict[str, int] = json.loads((model_dir / CATEGORIES_FILE).read_text(encoding="utf-8"))
        except OSError as exc:
            raise ModelError(f"cannot read the category model in {model_dir}") from exc
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        metadata = session.get_modelmeta().custom_metadata_map
        made_with = metadata.get("normaliser_version")
        if made_with != NORMALISER_VERSION:
            raise ModelError(f"model needs normaliser {made_with}, this code has {NORMALISER_VERSION}")
        codes = sorted(indices, key=indices.__getitem__)
        width = session.get_outputs()[1].shape[1]
        if sorted(indices.values()) != list(range(width)):
            raise ModelError(f"{CATEGORIES_FILE} does not number {width} categories from 0")
        return cls(session, codes, version or metadata["version"], float(metadata["threshold"]))

    @property
    def tensors(self) -> tuple[list[Tensor], list[Tensor]]:
        """The inputs and the outputs of the graph: name, ONNX type, shape (None or a name is a size that varies)."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        return [(i.name, i.type, i.shape) for i in inputs], [(o.name, o.type, o.shape) for o in outputs]

    def predict(self, names: Sequence[str]) -> list[Prediction]:
        """Return one prediction a name, in order.

        Uncertain is also a name that has no word in it, and one of which the model knows no part: it gets the answer
        of the empty name, which can be more probable than the threshold.
        """
        texts = [normalise(name)[:MAX_CHARACTERS] for name in names]
        predictions: list[Prediction] = []
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            for text, row in zip(batch, self.probabilities(batch), strict=True):
                ranked = [(self.codes[i], float(row[i])) for i in (-row).argsort(kind="stable")[: 1 + ALTERNATIVES]]
                code, confidence = ranked[0]
                known = WORD.search(text) is not None and not np.allclose(row, self._nothing_known, atol=1e-6)
                uncertain = confidence < self.threshold or not known
                predictions.append(Prediction(code, confidence, uncertain, tuple(ranked[1:])))
        return predictions

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return the model's probabilities for normalised texts, float32, shape (names, categories)."""
        column = np.array([framed(text) for text in texts], dtype=object).reshape(-1, 1)
        rows: np.ndarray = self._session.run(None, {self._input: column})[1]
        return rows
