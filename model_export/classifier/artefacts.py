"""The model's files, all in one folder: `vectorizer`, `item_classifier` (scikit-learn and ONNX), `categories_map`.

`item_classifier.onnx` and `categories_map.json` are what the service needs and what ships.
"""

import shutil
from pathlib import Path

import joblib
from sklearn.pipeline import Pipeline

from ocr_service.category.classifier import CATEGORIES_FILE, MODEL_FILE

STEPS = ("vectorizer", "item_classifier")
COMPRESSION = 3
"""Of zlib: a third of the size, and still fast."""


def save(pipeline: Pipeline, folder: Path) -> None:
    """Write the steps of a fitted pipeline as `vectorizer.joblib` and `item_classifier.joblib`."""
    folder.mkdir(parents=True, exist_ok=True)
    for step in STEPS:
        joblib.dump(pipeline.named_steps[step], folder / f"{step}.joblib", compress=COMPRESSION)


def load(folder: Path) -> Pipeline:
    """Return the pipeline that `save` wrote. Raises FileNotFoundError."""
    return Pipeline([(step, joblib.load(folder / f"{step}.joblib")) for step in STEPS])


def ship(folder: Path, model_dir: Path) -> None:
    """Copy what the service needs, as the exporter left it in `folder`."""
    model_dir.mkdir(parents=True, exist_ok=True)
    for file in (MODEL_FILE, CATEGORIES_FILE):
        shutil.copyfile(folder / file, model_dir / file)
