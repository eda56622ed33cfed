"""Exports the model folders of text detection for PaddleOCR: PP-OCRv6 small as published, and fine-tuned."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
import yaml  # type: ignore[import-untyped]

from model_export import manifest
from model_export.text_models import upstream
from model_export.text_models.detection import train
from model_export.text_models.detection.onnx_graph import Graph
from model_export.text_models.model_folder import TOLERANCE, ParityError
from model_export.text_models.training import record_of

MODEL_NAME = "PP-OCRv6_small_det"
MODEL_DIR = manifest.MODELS_DIR / "detection"
PAPER_DIR = manifest.MODELS_DIR / "paper"
SETTINGS: dict[str, Any] = {
    "Global": {"model_name": MODEL_NAME},
    "PreProcess": {
        "transform_ops": [
            {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
            {"DetLabelEncode": None},
            {"DetResizeForTest": {"resize_long": 960}},
            {
                "NormalizeImage": {
                    "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225],
                    "order": "hwc",
                    "scale": "1./255.",
                }
            },
            {"ToCHWImage": None},
            {"KeepKeys": {"keep_keys": ["image", "shape", "polys", "ignore_tags"]}},
        ]
    },
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.3,
        "box_thresh": 0.6,
        "max_candidates": 1000,
        "unclip_ratio": 1.5,
    },
}


def export(checkpoint: Path, folder: Path = MODEL_DIR, paper: Path = PAPER_DIR) -> float:
    """Write both model folders: the published weights (to find receipts) to `paper`, the trained ones to `folder`.

    Returns the largest difference to torch. Raises ParityError if it exceeds TOLERANCE; both are unchanged then.
    """
    model = train.load(checkpoint).eval()
    exported = checkpoint.with_name("detection.onnx")
    model.save(exported)
    difference = _compare(exported, model)
    published = upstream.model_file(upstream.DETECTION)
    origin = upstream.origin(upstream.DETECTION)
    command = "python -m model_export.text_models detection"
    _write(paper, published, MODEL_NAME, f"{origin}, weights unchanged", f"{command} export")
    modified = f"{origin}; modified: all layers fine-tuned on synthetic receipts"
    _write(folder, exported, "receipt-text", modified, f"{command} train && {command} export", record_of(checkpoint))
    return difference


def _write(
    folder: Path,
    source: Path,
    version: str,
    origin: str,
    made_by: str,
    training: dict[str, str | float] | None = None,
) -> None:
    """Write a model folder and its entry in the manifest; `training`: how its weights were trained."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, settings = folder / "inference.onnx", folder / "inference.yml"
    shutil.copyfile(source, weights)
    settings.write_text(yaml.safe_dump(SETTINGS, sort_keys=False), encoding="utf-8")
    manifest.update(
        folder.name,
        {
            "version": f"{version}-{manifest.sha256(weights)[:12]}",
            "files": [weights, settings],
            "licence": upstream.LICENCE,
            "origin": origin,
            "made_by": made_by,
            **({"training": training} if training else {}),
            "quality": {},
        },
    )


def _compare(path: Path, model: Graph) -> float:
    """The largest difference between the file and the module, in probability. Raises ParityError."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(1)
    largest: float = 0.0
    for height, width in ((320, 256), (64, 640)):
        image = rng.normal(size=(1, 3, height, width)).astype(np.float32)
        with torch.no_grad():
            expected = model(torch.from_numpy(image)).numpy()
        actual = np.asarray(session.run(None, {"x": image})[0])
        largest = max(largest, float(np.max(np.abs(actual - expected))))
    if largest > TOLERANCE:
        raise ParityError(f"probabilities differ by {largest:.1e}")
    return largest
