"""Text detection needs no training of ours: it knows no language. This makes its model folder for PaddleOCR."""

import shutil
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from model_export import manifest
from model_export.recognizer import upstream

MODEL_NAME = "PP-OCRv6_small_det"
MODEL_DIR = manifest.MODELS_DIR / "detection"
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


def build(folder: Path = MODEL_DIR) -> None:
    """Copy the weights unchanged, write PaddleOCR's settings beside them and record both in the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, settings = folder / "inference.onnx", folder / "inference.yml"
    shutil.copyfile(upstream.model_file(upstream.DETECTION), weights)
    settings.write_text(yaml.safe_dump(SETTINGS, sort_keys=False), encoding="utf-8")
    manifest.update(
        "detection",
        {
            "version": f"{MODEL_NAME}-{manifest.sha256(weights)[:12]}",
            "files": [weights, settings],
            "licence": upstream.LICENCE,
            "origin": upstream.origin(upstream.DETECTION) + ", weights unchanged",
            "made_by": "python -m model_export.recognizer detection",
            "quality": {},
        },
    )
