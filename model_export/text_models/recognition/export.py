"""Exports a checkpoint as the model folder that PaddleOCR loads with ONNX Runtime. Needs torch.

It also writes the weights that `export_paddle`, which needs paddle instead, converts to native Paddle.
"""

import json
import shutil
from pathlib import Path

import torch

from model_export import manifest
from model_export.text_models import model_folder
from model_export.text_models.recognition import backbone, train
from model_export.text_models.training import record_of

MODEL_DIR = manifest.MODELS_DIR / "recognition"


def export(checkpoint: Path, work: Path, folder: Path = MODEL_DIR) -> float:
    """Write `inference.onnx` and `inference.yml` to `folder`, the weights for Paddle to `work`, and the manifest.

    Returns the largest difference to torch. Raises ParityError if it exceeds TOLERANCE; `folder` is unchanged then.
    """
    model = train.load(checkpoint)
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
    (work / model_folder.RECORD).write_text(json.dumps(record_of(checkpoint)), encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(exported, folder / "inference.onnx")
    model_folder.write_settings(folder)
    model_folder.update_manifest("recognition", folder, ["inference.onnx", "inference.yml"], work)
    return difference
