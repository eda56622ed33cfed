"""Small category models that are trained on the golden names alone, and keys to sign with."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from model_export.classifier import training_distribution
from model_export.classifier.dataset import CODES, Example
from model_export.classifier.export_onnx import export
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.category.normalise import framed, normalise
from ocr_service.releases.checks import golden_names
from ocr_service.settings import Settings

GOLDEN = Settings().models_dir / "golden"
NAMES = golden_names(GOLDEN)


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
