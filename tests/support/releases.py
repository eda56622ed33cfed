"""Small category models that are trained on the golden names alone, recognisers, and keys to sign with."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from onnx import numpy_helper
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from model_export.classifier import training_distribution
from model_export.classifier.dataset import CODES, Example
from model_export.classifier.export_onnx import export
from model_export.release.kinds import MODELS
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.category.normalise import framed, normalise
from ocr_service.releases.checks import golden_names
from ocr_service.releases.recogniser import MODEL_FILE, SETTINGS_FILE
from ocr_service.settings import Settings

GOLDEN = Settings().models_dir / "golden"
NAMES = golden_names(GOLDEN)
RECOGNISER = MODELS["recogniser"].packaged


def make_model(folder: Path, strength: float, *, turned: bool = False) -> Path:
    """Train on the golden names, export to `folder` with a training distribution, and return it.

    strength: inverse regularisation, so that models give different probabilities. turned: every label is the next one.
    """
    texts = [framed(normalise(name)) for name in NAMES]
    labels = [(CODES.index(code) + turned) % len(CODES) for code in NAMES.values()]
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False)
    pipeline = Pipeline([("vectorizer", vectorizer), ("item_classifier", LogisticRegression(C=strength))])
    export(pipeline.fit(texts, labels), texts, {"threshold": "0.2"}, folder)
    examples = [Example(code, name, name) for name, code in NAMES.items()]
    distribution = training_distribution.describe(CategoryClassifier.load(folder), examples)
    distribution.save(folder / training_distribution.FILE)
    return folder


def private_pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def make_recogniser(folder: Path, *, shift: float = 1e-4) -> Path:
    """A copy of the packaged recogniser that reads the same, under another version. shift: of all its outputs."""
    shutil.copytree(RECOGNISER, folder)
    model = onnx.load(str(folder / MODEL_FILE))
    largest = max(model.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims)))
    largest.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(largest) * np.float32(1 + shift), largest.name))
    onnx.save(model, str(folder / MODEL_FILE))
    return folder


def fix_batch(folder: Path) -> None:
    """Let the recogniser in a folder accept one line per call only."""
    model = onnx.load(str(folder / MODEL_FILE))
    for tensor in (*model.graph.input, *model.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(model, str(folder / MODEL_FILE))


def spoil(folder: Path) -> None:
    """Replace the largest layer of the recogniser in a folder by noise."""
    model = onnx.load(str(folder / MODEL_FILE))
    largest = max(model.graph.initializer, key=lambda tensor: int(np.prod(tensor.dims)))
    weights = numpy_helper.to_array(largest)
    noise = np.random.default_rng(1).normal(0, weights.std(), weights.shape).astype(weights.dtype)
    largest.CopyFrom(numpy_helper.from_array(noise, largest.name))
    onnx.save(model, str(folder / MODEL_FILE))


def blind_recogniser(folder: Path, character: str) -> Path:
    """A copy of the packaged recogniser that never reads a character."""
    shutil.copytree(RECOGNISER, folder)
    model = onnx.load(str(folder / MODEL_FILE))
    characters = yaml.safe_load((folder / SETTINGS_FILE).read_text(encoding="utf-8"))["PostProcess"]["character_dict"]
    (bias,) = [tensor for tensor in model.graph.initializer if list(tensor.dims) == [len(characters) + 2]]
    values = numpy_helper.to_array(bias).copy()
    values[1 + characters.index(character)] = -1000
    bias.CopyFrom(numpy_helper.from_array(values, bias.name))
    onnx.save(model, str(folder / MODEL_FILE))
    return folder
