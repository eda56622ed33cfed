"""Converts exported weights to the model folder for native Paddle Inference. Needs paddle, not torch."""

from pathlib import Path
from typing import Any

from model_export import manifest
from model_export.text_models import model_folder
from ocr_service.vision import runtime

MODEL_DIR = manifest.MODELS_DIR / "recognition_paddle"


def export(work: Path, folder: Path = MODEL_DIR) -> float:
    """Write `inference.json`, `inference.pdiparams` and `inference.yml` to `folder`, and the manifest's entry.

    work: the folder with the weights from `export`. Returns the largest difference to ONNX. Raises ParityError.
    """
    runtime.load_openmp()
    import paddle
    from paddlex.inference.models.text_recognition.modeling import PPOCRV6SmallRec

    model = PPOCRV6SmallRec.from_pretrained(str(work), use_safetensors=True, convert_from_hf=True, dtype="float32")

    class Probabilities(paddle.nn.Layer):  # type: ignore[misc]
        """Images in, softmax over the classes out."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: Any) -> Any:
            """Batch x 3 x 48 x width to batch x width / 8 x classes."""
            return self.model.head(self.model.model(x))

    wrapped = Probabilities()
    wrapped.eval()
    difference = model_folder.compare(work / "inference.onnx", lambda images: wrapped(paddle.to_tensor(images)).numpy())
    image = paddle.static.InputSpec([None, 3, 48, None], "float32", name="x")
    folder.mkdir(parents=True, exist_ok=True)
    paddle.jit.save(paddle.jit.to_static(wrapped, input_spec=[image], full_graph=True), str(folder / "inference"))
    model_folder.write_settings(folder)
    model_folder.update_manifest(
        "recognition_paddle", folder, ["inference.json", "inference.pdiparams", "inference.yml"], work
    )
    return difference
