"""Common parts of both exported forms of the recogniser: settings, parity check and manifest entry. Needs no torch."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import yaml  # type: ignore[import-untyped]
from numpy.typing import NDArray

from model_export import manifest
from model_export.text_models import charset, upstream

MODEL_NAME = "korean_PP-OCRv5_mobile_rec"
"""The name of the architecture in PaddleOCR; the weights are ours."""
TOLERANCE = 1e-4
"""Largest difference in probability between two forms of one model."""
SHAPES = ((2, 320), (5, 704), (1, 96))
"""Batch size and width of the images that the forms are compared on."""
RECORD = "training.json"
"""Name of the file in the work folder that says how the exported weights were trained."""
MADE_BY = "python -m model_export.text_models recognition train, export, export-paddle and evaluate --record"


class ParityError(Exception):
    """Two forms of one model give different probabilities; nothing was exported."""


def compare(onnx_file: Path, other: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> float:
    """The largest difference between the ONNX model and another form of it. Raises ParityError above TOLERANCE."""
    session = onnxruntime.InferenceSession(str(onnx_file), providers=["CPUExecutionProvider"])
    rng, largest = np.random.default_rng(1), 0.0
    for batch, width in SHAPES:
        images = rng.uniform(-1, 1, (batch, 3, 48, width)).astype(np.float32)
        largest = max(largest, float(np.abs(session.run(None, {"x": images})[0] - other(images)).max()))
    if largest > TOLERANCE:
        raise ParityError(f"probabilities differ by {largest:.1e}")
    return largest


def write_settings(folder: Path) -> None:
    """Write PaddleOCR's settings of the model. A minimum width of 96 instead of 320 halves the time for short texts."""
    settings: dict[str, Any] = {
        "Global": {"model_name": MODEL_NAME},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"MultiLabelEncode": {"gtc_encode": "NRTRLabelEncode"}},
                {"RecResizeImg": {"image_shape": [3, 48, 96]}},
                {"KeepKeys": {"keep_keys": ["image", "label_ctc", "label_gtc", "length", "valid_ratio"]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": charset.CHARACTERS},
    }
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    (folder / "inference.yml").write_text(text, encoding="utf-8")


def update_manifest(name: str, folder: Path, files: list[str], work: Path) -> None:
    """Write the manifest's entry, with the record of the training that `export` left in `work`.

    It has no quality metrics yet; `evaluate --record` adds them.
    """
    manifest.update(
        name,
        {
            "version": manifest.recogniser_version(work),
            "files": [folder / file for file in files],
            "licence": upstream.LICENCE,
            "origin": upstream.origin(upstream.RECOGNITION)
            + "; modified: Korean head, all layers fine-tuned on synthetic receipt lines",
            "made_by": MADE_BY,
            "training": json.loads((work / RECORD).read_text(encoding="utf-8")),
            "quality": {},
        },
    )
