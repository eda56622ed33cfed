"""PaddleOCR with local models: a picture in, boxes of text out. Not thread-safe; nothing reaches the network."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service import manifest
from ocr_service.boxes import TextBox
from ocr_service.errors import ModelError
from ocr_service.settings import Engine as EngineName
from ocr_service.settings import Settings
from ocr_service.vision import opencv_name, openmp
from ocr_service.vision.character_model import CharacterModel
from ocr_service.vision.decoding import Decoded, Decoder
from ocr_service.vision.detector import Found, look_twice
from ocr_service.vision.image import Photo
from ocr_service.vision.memory import return_freed_blocks
from ocr_service.vision.openvino_runner import OpenVinoRunner
from ocr_service.vision.quads import crop, regrow, turn_quads

# Both must be set before paddlex is imported: the first keeps it from probing model hubs.
os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
opencv_name.install()

DETECTION_MODEL = "PP-OCRv6_small_det"
RECOGNITION_MODEL = "korean_PP-OCRv5_mobile_rec"
ORIENTATION_SAMPLE = 8
"""Boxes that are read both ways to tell up from down."""
SURELY_UPRIGHT = 0.93
"""Mean recognition confidence above which the opposite direction is not tried."""

CLEARLY_BETTER = 0.05
"""How much surer the recogniser must be the other way up; most photos are upright."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All text boxes of a picture, the clockwise turn (0, 90, 180, 270 degrees) that made it upright, the upright
    full size in pixels, and the milliseconds of each stage."""

    boxes: list[TextBox]
    turned: int
    size: tuple[int, int]
    timings_ms: dict[str, float]

    @property
    def papers(self) -> list[list[TextBox]]:
        """The boxes of each paper, the largest first."""
        return [[box for box in self.boxes if box.paper == number] for number in sorted({b.paper for b in self.boxes})]


class OcrEngine:
    """Detection and recognition models, loaded and verified."""

    def __init__(self, settings: Settings) -> None:
        """Load the models. Raises ModelError when files are missing or differ from the manifest."""
        return_freed_blocks()
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
        versions = manifest.verify(settings.models_dir, [*packaged, "paper", "language"])
        self.model_versions = {
            "detection": versions.get(detection.name, detection.name),
            "recognition": versions.get(recognition.name, recognition.name),
            "paper": versions["paper"],
            "language": versions["language"],
        }
        self._detection_pixels = settings.detection_pixels
        self._batch = settings.recognition_batch

        if "paddle" in (settings.detection_engine, settings.recognition_engine):
            openmp.load()
        from paddleocr import TextDetection, TextRecognition  # after opencv_name.install()

        def detector(folder: Path, engine: EngineName) -> Any:
            detection = TextDetection(
                model_name=DETECTION_MODEL,
                model_dir=_existing(folder),
                limit_side_len=settings.working_side,  # already scaled by look_twice: no further limit
                limit_type="max",
                **_engine_arguments(engine, settings.threads),
            )
            return _run_by(engine, detection, folder, settings.threads)

        # The paper's model comes as ONNX alone.
        self._paper_detector = detector(
            settings.models_dir / "paper",
            "onnxruntime" if settings.detection_engine == "paddle" else settings.detection_engine,
        )
        self._detector = detector(detection, settings.detection_engine)
        self._recogniser = _run_by(
            settings.recognition_engine,
            TextRecognition(
                model_name=RECOGNITION_MODEL,
                model_dir=_existing(recognition),
                **_engine_arguments(settings.recognition_engine, settings.threads),
            ),
            recognition,
            settings.threads,
        )

        # PaddleOCR's decoder gives the best path alone; ours also sees what else was possible.
        predictor = self._recogniser.paddlex_predictor
        language = CharacterModel.load(settings.models_dir / "language")
        predictor.post_op = Decoder(predictor.post_op.character, language)

    def read(self, photo: Photo) -> Reading:
        """Find, turn upright and recognise every text box, in no particular order."""
        started = time.perf_counter()
        found = look_twice(photo.pixels, self._find_paper, self._detect, self._detection_pixels)
        detected = time.perf_counter()
        page = self._upright(found)
        oriented = time.perf_counter()
        texts = self._read_all(page)
        recognised = time.perf_counter()
        return Reading(
            boxes=[
                TextBox(
                    read.text,
                    read.confidence,
                    quad * np.float32(photo.scale),
                    read.raw,
                    read.weakest,
                    read.weakest_digit,
                    paper,
                )
                for quad, read, paper in zip(page.quads, texts, found.papers.tolist(), strict=True)
                if read.text.strip()
            ],
            turned=page.turned,
            size=photo.size if page.turned in (0, 180) else (photo.size[1], photo.size[0]),
            timings_ms={
                "detect": 1000 * (detected - started),
                "orient": 1000 * (oriented - detected),
                "recognise": 1000 * (recognised - oriented),
            },
        )

    def close(self) -> None:
        """Release the inference sessions."""
        self._paper_detector.close()
        self._detector.close()
        self._recogniser.close()

    def _find_paper(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return _boxes(self._paper_detector, pixels)

    def _detect(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return regrow(_boxes(self._detector, pixels))

    def _recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[Decoded]:
        """Text of each crop, in the order given; crops of like width share a batch."""
        order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / crops[i].shape[0])
        found = [Decoded("", "", 0.0, 0.0)] * len(crops)
        if crops:
            results = self._recogniser.predict([crops[i] for i in order], batch_size=self._batch)
            for i, result in zip(order, results, strict=True):
                found[i] = result["rec_text"]
        return found

    def _upright(self, found: Found) -> "_Page":
        """Which way is up is what the recogniser is surer of."""
        page = self._sample(_Page.turn(found, 0))
        if len(found.quads) and page.confidence < SURELY_UPRIGHT:
            opposite = self._sample(_Page.turn(found, 180))
            if opposite.confidence > page.confidence + CLEARLY_BETTER:
                return opposite
        return page

    def _sample(self, page: "_Page") -> "_Page":
        """The page with some wide boxes read."""
        widths = np.linalg.norm(page.quads[:, 1] - page.quads[:, 0], axis=1)
        heights = np.linalg.norm(page.quads[:, 3] - page.quads[:, 0], axis=1)
        widest = [int(i) for i in np.argsort(-np.minimum(widths, 10 * heights))[:ORIENTATION_SAMPLE]]
        read = self._recognise([crop(page.pixels, page.quads[i]) for i in widest])
        return replace(page, read=dict(zip(widest, read, strict=True)))

    def _read_all(self, page: "_Page") -> list[Decoded]:
        """Text of every box, those of the sample not read twice."""
        rest = [i for i in range(len(page.quads)) if i not in page.read]
        texts = self._recognise([crop(page.pixels, page.quads[i]) for i in rest])
        read = page.read | dict(zip(rest, texts, strict=True))
        return [read[i] for i in range(len(page.quads))]


@dataclass(frozen=True, slots=True)
class _Page:
    """A picture turned clockwise by `turned` degrees with its boxes; `read`: the text of some of them."""

    pixels: NDArray[np.uint8]
    quads: NDArray[np.float32]
    turned: int
    read: dict[int, Decoded]

    @classmethod
    def turn(cls, found: Found, degrees: int) -> "_Page":
        """What was found, turned clockwise by 0 or 180 degrees more."""
        height, width = found.pixels.shape[:2]
        turned = np.ascontiguousarray(np.rot90(found.pixels, k=-degrees // 90))
        quads = turn_quads(found.quads, degrees, (width, height))
        return cls(turned, quads, (found.turned + degrees) % 360, {})

    @property
    def confidence(self) -> float:
        return float(np.mean([each.confidence for each in self.read.values()])) if self.read else 0.0


def _boxes(detector: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    result = detector.predict(pixels, batch_size=1)[0]
    return np.asarray(result["dt_polys"], dtype=np.float32).reshape(-1, 4, 2)


def _folder(model: str, engine: EngineName) -> str:
    return f"{model}_paddle" if engine == "paddle" else model


def _existing(path: Path) -> str:
    if not (path / "inference.yml").is_file():
        raise ModelError(f"no model in {path}")
    return str(path)


def _engine_arguments(engine: EngineName, threads: int) -> dict[str, Any]:
    """How PaddleOCR loads a model; one that OpenVINO runs is loaded with ONNX Runtime first."""
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


def _run_by(engine: EngineName, model: Any, folder: Path, threads: int) -> Any:
    """The model, with OpenVINO in the place of ONNX Runtime where that is asked for."""
    if engine == "openvino":
        model.paddlex_predictor.runner = OpenVinoRunner(folder / "inference.onnx", threads)
    return model
