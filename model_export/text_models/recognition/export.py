"""Exports a checkpoint as the model folder that PaddleOCR loads with ONNX Runtime. Needs torch.

It also writes the weights that `export_paddle`, which needs paddle instead, converts to native Paddle.
"""

import json
import shutil
from pathlib import Path

import torch

from model_export import manifest
from model_export.text_models import model_folder
from model_export.text_models.recognition import backbone, shipped, train
from model_export.text_models.training import record_of

MODEL_DIR = manifest.MODELS_DIR / "recognition"


def export(checkpoint: Path, work: Path, start: Path = MODEL_DIR, share: float = 1, folder: Path = MODEL_DIR) -> float:
    """Write the packaged model as `export_onnx` does, and its entry in the manifest."""
    difference = export_onnx(checkpoint, work, folder, start, share)
    model_folder.update_manifest("recognition", folder, ["inference.onnx", "inference.yml"], work)
    return difference


def export_onnx(checkpoint: Path, work: Path, folder: Path, start: Path, share: float = 1) -> float:
    """Write `inference.onnx` and `inference.yml` to `folder`, and the weights for Paddle to `work`.

    share: of the trained weights; the rest are those of `start`, the model folder that the training started from.

    Returns the largest difference to torch. Raises ParityError if it exceeds TOLERANCE, and ValueError if the training
    started from other weights; `folder` is unchanged then.
    """
    model, record = train.load(checkpoint), record_of(checkpoint)
    if share < 1:
        if record["start"] != manifest.sha256(start / "inference.onnx"):
            raise ValueError(f"the training of {checkpoint} did not start from {start}")
        shipped.blend(model, start, share)
        record["share"] = share
    model.config._attn_implementation = "eager"  # fused attention cannot be exported to ONNX
    wrapped = backbone.Probabilities(model).eval()
    work.mkdir(parents=True, exist_ok=True)
    exported = work / "inference.onnx"
    torch.onnx.export(
        wrapped,
        (torch.zeros(2, 3, 48, 320),),
        str(exported),
        input_names=["x"],
        output_names=["out"],
        dynamic_axes={"x": {0: "batch", 3: "width"}, "out": {0: "batch", 1: "steps"}},
        opset_version=17,
        dynamo=False,
    )
    difference = model_folder.compare(exported, lambda images: wrapped(torch.from_numpy(images)).detach().numpy())
    model.save_pretrained(str(work))
    (work / model_folder.RECORD).write_text(json.dumps(record), encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(exported, folder / "inference.onnx")
    model_folder.write_settings(folder)
    return difference
