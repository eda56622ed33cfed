"""Exports the category model to ONNX, if its answers equal those of the trained model."""

import hashlib
import json
import random
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import onnx
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import StringTensorType
from sklearn.pipeline import Pipeline

from model_export.classifier.dataset import CODES
from ocr_service.category.classifier import CATEGORIES_FILE, MODEL_FILE
from ocr_service.category.normalise import NORMALISER_VERSION, framed, normalise

TOLERANCE = 1e-5
OPSET = 18


class ParityError(Exception):
    """The ONNX graph and the scikit-learn pipeline differ on the text in the message."""


@dataclass(frozen=True)
class Parity:
    """Number of compared texts, and the largest difference between two probabilities."""

    texts: int
    largest_difference: float


def export(pipeline: Pipeline, texts: Sequence[str], metadata: dict[str, str], model_dir: Path) -> Parity:
    """Write `item_classifier.onnx` and `categories_map.json` to `model_dir`.

    pipeline: predicts indices into CODES. texts: compared in addition to random strings. metadata: stored in the model
    together with its version, the normaliser version and the parity. The version is derived from the content of both
    files, so equal versions have equal files. Raises ParityError before anything is written.
    """
    model = convert(pipeline)
    parity = compare(pipeline, model, [*texts, *random_texts(random.Random(0), 2000)])
    properties = {
        **metadata,
        "normaliser_version": NORMALISER_VERSION,
        "parity_texts": str(parity.texts),
        "parity_largest_difference": f"{parity.largest_difference:.1e}",
    }
    categories = json.dumps({code: index for index, code in enumerate(CODES)}, indent=1) + "\n"
    onnx.helper.set_model_props(model, properties)
    digest = hashlib.sha256(model.SerializeToString() + categories.encode()).hexdigest()
    onnx.helper.set_model_props(model, {**properties, "version": f"category-{digest[:12]}"})
    model_dir.mkdir(parents=True, exist_ok=True)
    (model_dir / MODEL_FILE).write_bytes(model.SerializeToString())
    (model_dir / CATEGORIES_FILE).write_text(categories, encoding="utf-8")
    return parity


def convert(pipeline: Pipeline) -> onnx.ModelProto:
    """Return the ONNX graph: strings (n, 1) in, labels int64 (n,) and probabilities float32 (n, categories) out."""
    classifier, vectorizer = pipeline.named_steps["item_classifier"], pipeline.named_steps["vectorizer"]
    vocabulary = vectorizer.vocabulary_
    # The converter searches dictionaries for models, which takes most of its time for a hundred thousand n-grams.
    vectorizer.vocabulary_ = MappingProxyType(vocabulary)
    with warnings.catch_warnings():
        # The converter warns about every character analyser; `compare` checks the result.
        warnings.filterwarnings("ignore", "The conversion of CountVectorizer may not work", UserWarning)
        try:
            return to_onnx(
                pipeline,
                initial_types=[("names", StringTensorType([None, 1]))],
                target_opset=OPSET,
                options={id(classifier): {"zipmap": False}},
            )
        finally:
            vectorizer.vocabulary_ = vocabulary


def compare(pipeline: Pipeline, model: onnx.ModelProto, texts: Sequence[str]) -> Parity:
    """Compare both on `texts`, normalised as the service normalises names.

    Raises ParityError unless all labels are equal and all probabilities within TOLERANCE.
    """
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    largest = 0.0
    for start in range(0, len(texts), 256):
        batch = [framed(normalise(text)) for text in texts[start : start + 256]]
        labels, probabilities = session.run(None, {"names": np.array(batch, dtype=object).reshape(-1, 1)})
        expected = pipeline.predict_proba(batch)
        differences = np.abs(probabilities - expected).max(axis=1)
        wrong = (labels != expected.argmax(axis=1)) | ~(differences <= TOLERANCE)
        if wrong.any():
            index = int(np.flatnonzero(wrong)[0])
            raise ParityError(f"{batch[index]!r}: probabilities differ by {differences[index]:.1e}")
        largest = max(largest, float(differences.max()))
    return Parity(len(texts), largest)


def random_texts(rng: random.Random, count: int) -> list[str]:
    """Return unusual strings: empty, very long, with loose jamo, marks, astral and unassigned characters."""
    ranges = ((0x20, 0x7E), (0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x300, 0x36F), (0x1F300, 0x1FAFF), (0x1, 0x10FFFF))
    texts = ["", " ", "\u3000", "\x00", "a\x00b", "가" * 5000, "\ud800", unicodedata.normalize("NFD", "서울우유")]
    while len(texts) < count:
        low, high = rng.choice(ranges)
        length = rng.choice((1, 2, 3, 8, 20, 60))
        texts.append("".join(chr(rng.randint(low, high)) for _ in range(length)))
    return texts
