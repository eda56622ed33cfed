"""The PP-OCRv6 small models as the `rapidocr` wheel ships them (ONNX, Apache-2.0, by the PaddleOCR authors)."""

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

LICENCE = "Apache-2.0"
DETECTION = "PP-OCRv6_det_small.onnx"
RECOGNITION = "PP-OCRv6_rec_small.onnx"


def model_file(name: str) -> Path:
    """Path of a model file in the installed wheel. Raises ModuleNotFoundError without `rapidocr`."""
    return Path(str(files("rapidocr"))) / "models" / name


def origin(name: str) -> str:
    """The origin of a model, for the manifest."""
    return f"PaddleOCR PP-OCRv6 small ({name}), from the rapidocr {version('rapidocr')} wheel"
