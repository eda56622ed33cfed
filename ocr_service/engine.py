"""PaddleOCR with local models: a picture in, boxes of text out. Not thread-safe; nothing reaches the network."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service import manifest, opencv_name
from ocr_service.errors import ModelError
from ocr_service.image import Photo
from ocr_service.quads import crop, is_sideways, turn_quads
from ocr_service.settings import Engine as EngineName
from ocr_service.settings import Settings

# Both must be set before paddlex is imported: the first keeps it from probing model hubs.
os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
opencv_name.install()

DETECTION_MODEL = "PP-OCRv6_small_det"
RECOGNITION_MODEL = "korean_PP-OCRv5_mobile_rec"
ORIENTATION_SAMPLE = 8
"""Boxes that are read both ways to tell up from down."""
SURELY_UPRIGHT = 0.93
"""Mean recognition confidence above which the opposite direction is not tried."""


@dataclass(frozen=True, slots=True)
class TextBox:
    """One detected piece of text.

    text: as recognised; confidence: mean character probability, 0 to 1.
    quad: 4 x 2, float32, corners clockwise from the top left, in pixels of the upright full-size picture.
    """

    text: str
    confidence: float
    quad: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """All text boxes of a picture, the clockwise turn (0, 90, 180, 270 degrees) that made it upright, the upright
    full size in pixels, and the milliseconds of each stage."""

    boxes: list[TextBox]
    turned: int
    size: tuple[int, int]
    timings_ms: dict[str, float]


class OcrEngine:
    """Detection and recognition models, loaded and verified."""

    def __init__(self, settings: Settings) -> None:
        """Load the models. Raises ModelError when files are missing or differ from the manifest."""
        cv2.setNumThreads(settings.threads)
        detection = settings.detection_dir or settings.models_dir / _folder("detection", settings.detection_engine)
        recognition = settings.recognition_dir or settings.models_dir / _folder(
            "recognition", settings.recognition_engine
        )
        packaged = [
            path.name
            for path, own in ((detection, settings.detection_dir), (recognition, settings.recognition_dir))
            if own is None
        ]
        versions = manifest.verify(settings.models_dir, packaged)
        self.model_versions = {
            "detection": versions.get(detection.name, detection.name),
            "recognition": versions.get(recognition.name, recognition.name),
        }
        self._side = settings.detection_side
        self._batch = settings.recognition_batch

        from paddleocr import TextDetection, TextRecognition  # after opencv_name.install()

        self._detector = TextDetection(
            model_name=DETECTION_MODEL,
            model_dir=_existing(detection),
            limit_side_len=self._side,
            limit_type="max",
            **_engine_arguments(settings.detection_engine, settings.threads),
        )
        self._recogniser = TextRecognition(
            model_name=RECOGNITION_MODEL,
            model_dir=_existing(recognition),
            **_engine_arguments(settings.recognition_engine, settings.threads),
        )

    def read(self, photo: Photo) -> Reading:
        """Find, turn upright and recognise every text box, in no particular order."""
        started = time.perf_counter()
        quads = self._detect(photo.pixels)
        detected = time.perf_counter()
        pixels, quads, turned = self._upright(photo.pixels, quads)
        oriented = time.perf_counter()
        texts = self._recognise([crop(pixels, quad) for quad in quads])
        recognised = time.perf_counter()
        return Reading(
            boxes=[
                TextBox(text=text, confidence=confidence, quad=quad * np.float32(photo.scale))
                for quad, (text, confidence) in zip(quads, texts, strict=True)
                if text.strip()
            ],
            turned=turned,
            size=photo.size if turned in (0, 180) else (photo.size[1], photo.size[0]),
            timings_ms={
                "detect": 1000 * (detected - started),
                "orient": 1000 * (oriented - detected),
                "recognise": 1000 * (recognised - oriented),
            },
        )

    def close(self) -> None:
        """Release the inference sessions."""
        self._detector.close()
        self._recogniser.close()

    def _detect(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        result = self._detector.predict(pixels, batch_size=1)[0]
        return np.asarray(result["dt_polys"], dtype=np.float32).reshape(-1, 4, 2)

    def _recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[tuple[str, float]]:
        """Text and confidence of each crop, in the order given; crops of like width share a batch."""
        order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / crops[i].shape[0])
        found: list[tuple[str, float]] = [("", 0.0)] * len(crops)
        if crops:
            results = self._recogniser.predict([crops[i] for i in order], batch_size=self._batch)
            for i, result in zip(order, results, strict=True):
                found[i] = (str(result["rec_text"]), float(result["rec_score"]))
        return found

    def _upright(
        self, pixels: NDArray[np.uint8], quads: NDArray[np.float32]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], int]:
        """Turn the picture and its boxes so that the text can be read.

        Box shapes tell lying from standing; which way is up is what the recogniser is surer of.
        """
        first, second = (90, 270) if is_sideways(quads) else (0, 180)
        candidate = _turned(pixels, quads, first)
        confidence = self._confidence(*candidate)
        if len(quads) and confidence < SURELY_UPRIGHT:
            opposite = _turned(pixels, quads, second)
            if self._confidence(*opposite) > confidence:
                return *opposite, second
        return *candidate, first

    def _confidence(self, pixels: NDArray[np.uint8], quads: NDArray[np.float32]) -> float:
        widths = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
        heights = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
        widest = np.argsort(-np.minimum(widths, 10 * heights))[:ORIENTATION_SAMPLE]
        scores = [score for _, score in self._recognise([crop(pixels, quads[i]) for i in widest])]
        return float(np.mean(scores)) if scores else 0.0


def _turned(
    pixels: NDArray[np.uint8], quads: NDArray[np.float32], degrees: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    height, width = pixels.shape[:2]
    turned = np.ascontiguousarray(np.rot90(pixels, k=-degrees // 90))
    return turned, turn_quads(quads, degrees, (width, height))


def _folder(model: str, engine: EngineName) -> str:
    return model if engine == "onnxruntime" else f"{model}_paddle"


def _existing(path: Path) -> str:
    if not (path / "inference.yml").is_file():
        raise ModelError(f"no model in {path}")
    return str(path)


def _engine_arguments(engine: EngineName, threads: int) -> dict[str, Any]:
    if engine == "onnxruntime":
        return {
            "device": "cpu",
            "engine": "onnxruntime",
            "engine_config": {"intra_op_num_threads": threads},
        }
    return {
        "device": "cpu",
        "engine": "paddle_static",
        "engine_config": {"run_mode": "mkldnn", "cpu_threads": threads},
    }
