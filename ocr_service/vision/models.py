"""Loading PaddleOCR's models from local folders, on the inference engine that the settings name."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_service.errors import ModelError
from ocr_service.settings import Engine, Settings
from ocr_service.vision import runtime
from ocr_service.vision.character_model import CharacterModel
from ocr_service.vision.decoding import Decoder
from ocr_service.vision.openvino_runner import OpenVinoRunner
from ocr_service.vision.recogniser import Recogniser

DETECTION_MODEL = "PP-OCRv6_small_det"
RECOGNITION_MODEL = "korean_PP-OCRv5_mobile_rec"


class Detector:
    """A text detection model of PaddleOCR. Not thread-safe."""

    def __init__(self, model: Any) -> None:
        """`model`: `paddleocr.TextDetection`."""
        self._model = model

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Text boxes, n x 4 x 2, in an image at its own size."""
        result = self._model.predict(pixels, batch_size=1)[0]
        return np.asarray(result["dt_polys"], dtype=np.float32).reshape(-1, 4, 2)

    def close(self) -> None:
        """Release the inference session."""
        self._model.close()


def load_detector(folder: Path, engine: Engine, settings: Settings) -> Detector:
    """Raises ModelError if `folder` has no model."""
    _prepare(engine)
    from paddleocr import TextDetection  # needs a prepared process

    model = TextDetection(
        model_name=DETECTION_MODEL,
        model_dir=_check_folder(folder),
        limit_side_len=settings.working_side,  # detect_coarse_to_fine scales images: no further limit
        limit_type="max",
        **_engine_arguments(engine, settings.threads),
    )
    return Detector(_with_openvino(model, folder, settings) if engine == "openvino" else model)


def load_recogniser(folder: Path, settings: Settings) -> Recogniser:
    """The text recogniser with the packaged character model. Raises ModelError if `folder` has no model."""
    engine = settings.recognition_engine
    _prepare(engine)
    from paddleocr import TextRecognition  # needs a prepared process

    model = TextRecognition(
        model_name=RECOGNITION_MODEL,
        model_dir=_check_folder(folder),
        **_engine_arguments(engine, settings.threads),
    )
    if engine == "openvino":
        model = _with_openvino(model, folder, settings)
    character_model = CharacterModel.load(settings.models_dir / "language")
    decoder = Decoder(model.paddlex_predictor.post_op.character, character_model)
    return Recogniser(model, decoder, settings.recognition_batch)


def _prepare(engine: Engine) -> None:
    runtime.prepare()
    if engine == "paddle":
        runtime.load_openmp()


def _check_folder(path: Path) -> str:
    if not (path / "inference.yml").is_file():
        raise ModelError(f"{path} contains no model")
    return str(path)


def _engine_arguments(engine: Engine, threads: int) -> dict[str, Any]:
    """How PaddleOCR loads a model. Models for OpenVINO are loaded with ONNX Runtime first."""
    if engine == "paddle":
        return {
            "device": "cpu",
            "engine": "paddle_static",
            "engine_config": {"run_mode": "mkldnn", "cpu_threads": threads},
        }
    return {
        "device": "cpu",
        "engine": "onnxruntime",
        "engine_config": {"intra_op_num_threads": threads},
    }


def _with_openvino(model: Any, folder: Path, settings: Settings) -> Any:
    """The model with its ONNX Runtime session replaced by OpenVINO."""
    model.paddlex_predictor.runner = OpenVinoRunner(folder / "inference.onnx", settings.threads)
    return model
