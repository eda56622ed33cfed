"""The files of a model, all in one folder: `vectorizer`, `item_classifier` (scikit-learn and ONNX), `categories_map`,
`training_distribution`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import joblib

from model_export.classifier import training_distribution
from ocr_service.category.classifier import CATEGORIES_FILE, MODEL_FILE

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MODEL_FILES = (MODEL_FILE, CATEGORIES_FILE, training_distribution.FILE)
"""The files that are packaged and released: two that the OCR service loads, one that drift is measured against."""
STEPS = ("vectorizer", "item_classifier")
COMPRESSION = 3
"""zlib level: a third of the size, and still fast."""


def save(pipeline: Pipeline, folder: Path) -> None:
    """Write the steps of a fitted pipeline as `vectorizer.joblib` and `item_classifier.joblib`."""
    folder.mkdir(parents=True, exist_ok=True)
    for step in STEPS:
        joblib.dump(pipeline.named_steps[step], folder / f"{step}.joblib", compress=COMPRESSION)


def load(folder: Path) -> Pipeline:
    """Return the pipeline that `save` wrote. Raises FileNotFoundError."""
    # Here, because loading scikit-learn takes seconds, which releases of finished models need not wait for.
    from sklearn.pipeline import Pipeline

    return Pipeline([(step, joblib.load(folder / f"{step}.joblib")) for step in STEPS])


def package(folder: Path, model_dir: Path) -> None:
    """Copy the released files from `folder`, where `build.export` wrote them, to `model_dir`."""
    model_dir.mkdir(parents=True, exist_ok=True)
    for file in MODEL_FILES:
        shutil.copyfile(folder / file, model_dir / file)
