"""From an image to text boxes, with local PaddleOCR models. Not thread-safe; makes no network requests."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service import manifest
from ocr_service.boxes import Recognition, TextBox
from ocr_service.live_model import LiveModel, Model
from ocr_service.settings import Engine, Settings
from ocr_service.vision import runtime
from ocr_service.vision.detector import Detection, detect_coarse_to_fine
from ocr_service.vision.inference import resolve_precision
from ocr_service.vision.models import load_detector, load_recogniser
from ocr_service.vision.photo import Photo
from ocr_service.vision.quads import crop, turn_quads, unclip
from ocr_service.vision.second_reading import read_again
from ocr_service.vision.tiles import check_text

Pixels = NDArray[np.uint8]
TextModel = Model[Pixels, Recognition]

KEPT_MIB = 740
"""Resident memory of the process up to which intermediate results are kept for the next photo: getting that memory
again costs a twelfth of the CPU time of a reading. With the 60 MiB of the process that decodes, 800 are not exceeded
between two photos. With ONNX Runtime nothing can be given back."""
ORIENTATION_SAMPLE = 8
"""Boxes that are recognised in both directions to tell up from down."""
SURELY_UPRIGHT = 0.93
"""Mean recognition confidence above which the opposite direction is not tried."""
CLEARLY_BETTER = 0.05
"""How much higher the confidence of the opposite direction must be; most photos are upright."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of a photo.

    papers: the text boxes of each paper, largest paper first, boxes in no particular order; papers without text are
    left out. turned: clockwise turn (0, 90, 180 or 270 degrees) that made the photo upright. recogniser: version of the
    model that read all of it. timings_ms: milliseconds per stage.
    """

    papers: list[list[TextBox]]
    turned: int
    recogniser: str
    timings_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A text box and its pixels: height x width x 3, uint8, BGR, upright."""

    box: TextBox
    pixels: Pixels


class OcrEngine:
    """The detection and recognition models, loaded and verified.

    Attributes:
        recogniser: the recognition model, which may be replaced between two photos, from any thread.
    """

    def __init__(self, settings: Settings) -> None:
        """Load the models. Raises ModelError if files are missing or differ from the manifest."""
        cv2.setNumThreads(settings.threads)
        self._max_pixels = settings.detection_pixels
        detection = _model_folder("detection", settings.detection_dir, settings.detection_engine, settings)
        recognition = _model_folder("recognition", settings.recognition_dir, settings.recognition_engine, settings)
        self._versions = _verify(detection, recognition, settings)
        # The coarse model ships as ONNX only.
        coarse_engine = "onnxruntime" if settings.detection_engine == "paddle" else settings.detection_engine
        self._detect_coarse = load_detector(settings.models_dir / "paper", coarse_engine, settings)
        self._detect_fine = load_detector(detection, settings.detection_engine, settings, leaders=True)
        self._detectors = (self._detect_coarse, self._detect_fine)
        self.recogniser = LiveModel[Pixels, Recognition](
            load_recogniser(recognition, settings, self._versions["recognition"])
        )

    def model_versions(self, recogniser: str) -> dict[str, str]:
        """Version of each model, with that of the recogniser."""
        return {**self._versions, "recognition": recogniser}

    def read(self, photo: Photo, candidate: TextModel | None = None) -> Reading:
        """Find all text boxes, turn the photo upright and recognise the text. Raises TooLarge, see `check_text`.

        candidate: reads instead of the model in use, to be tried.
        """
        with self._bounded_memory():
            serving = self.recogniser.serving  # read once: the model may be replaced meanwhile
            model = candidate or serving.champion
            started = time.perf_counter()
            detection = self._detect(photo)
            detected = time.perf_counter()
            page = self._upright(_Page(detection.pixels, detection.papers, detection.turned), model)
            oriented = time.perf_counter()
            page = self._recognise_boxes(page, range(len(page.quads)), model)
            if candidate is None:
                self.recogniser.tell(serving, page.crops, page.in_order)
            page = _read_again(page, model)
            recognised = time.perf_counter()
            return Reading(
                papers=page.text_boxes(photo.scale),
                turned=page.turned,
                recogniser=model.version,
                timings_ms={
                    "detect": 1000 * (detected - started),
                    "orient": 1000 * (oriented - detected),
                    "recognise": 1000 * (recognised - oriented),
                },
            )

    def line(self, photo: Photo, choose: Callable[[Sequence[TextBox]], int | None]) -> tuple[Line | None, str]:
        """Read the photo again, and cut out the box that `choose` picks from all boxes by its index.

        The other result is the version of the recogniser.
        """
        with self._bounded_memory():
            model = self.recogniser.serving.champion
            detection = self._detect(photo)
            page = self._upright(_Page(detection.pixels, detection.papers, detection.turned), model)
            page = _read_again(self._recognise_boxes(page, range(len(page.quads)), model), model)
            boxes = [
                TextBox(recognition, quad * np.float32(photo.scale))
                for recognition, quad in zip(page.in_order, page.quads, strict=True)
            ]
            place = choose(boxes)
            line = None if place is None else Line(boxes[place], crop(page.pixels, page.quads[place]))
            return line, model.version

    def _detect(self, photo: Photo) -> Detection:
        detection = detect_coarse_to_fine(
            photo.pixels,
            self._detect_coarse,
            lambda pixels: unclip(self._detect_fine(pixels)),
            self._max_pixels,
        )
        check_text(detection.papers)
        return detection

    @contextmanager
    def _bounded_memory(self) -> Iterator[None]:
        """Afterwards, also if the photo is refused, the process keeps at most `KEPT_MIB`."""
        try:
            yield
        finally:
            for detector in self._detectors:  # the one that takes less first
                if runtime.resident_mib() > KEPT_MIB:
                    detector.release()

    def release(self) -> None:
        """Free detection's intermediate results: 200 MiB, more after large photos."""
        for detector in self._detectors:
            detector.release()

    def _upright(self, page: "_Page", model: TextModel) -> "_Page":
        """The page in the direction that is read with more confidence, with a sample of its boxes recognised."""
        page = self._recognise_boxes(page, page.widest(ORIENTATION_SAMPLE), model)
        if len(page.quads) and page.confidence < SURELY_UPRIGHT:
            opposite = page.upside_down()
            opposite = self._recognise_boxes(opposite, opposite.widest(ORIENTATION_SAMPLE), model)
            if opposite.confidence > page.confidence + CLEARLY_BETTER:
                return opposite
        return page

    def _recognise_boxes(self, page: "_Page", indices: Sequence[int], model: TextModel) -> "_Page":
        """The page with these boxes recognised too; boxes recognised before are not recognised again."""
        missing = [i for i in indices if i not in page.recognitions]
        quads = page.quads
        recognitions = model.predict([crop(page.pixels, quads[i]) for i in missing])
        return replace(page, recognitions=page.recognitions | dict(zip(missing, recognitions, strict=True)))


@dataclass(frozen=True, slots=True)
class _Page:
    """An image turned clockwise by `turned` degrees, and the boxes of each paper in it.

    recognitions: the text of boxes recognised so far, by their index in `quads`.
    """

    pixels: NDArray[np.uint8]
    papers: list[NDArray[np.float32]]
    turned: int
    recognitions: dict[int, Recognition] = field(default_factory=dict)

    @property
    def quads(self) -> NDArray[np.float32]:
        """The boxes of all papers, n x 4 x 2."""
        return np.concatenate(self.papers)

    @property
    def confidence(self) -> float:
        """Mean confidence of what is recognised, 0 without text."""
        return float(np.mean([each.confidence for each in self.recognitions.values()])) if self.recognitions else 0.0

    @property
    def in_order(self) -> list[Recognition]:
        """The recognitions in the order of `quads`. Every box must be recognised."""
        return [self.recognitions[i] for i in range(len(self.quads))]

    def crops(self) -> list[Pixels]:
        """The pixels of each box."""
        return [crop(self.pixels, quad) for quad in self.quads]

    def upside_down(self) -> "_Page":
        """The page turned by 180 degrees, nothing recognised."""
        height, width = self.pixels.shape[:2]
        return _Page(
            pixels=np.ascontiguousarray(np.rot90(self.pixels, k=2)),
            papers=[turn_quads(quads, 180, (width, height)) for quads in self.papers],
            turned=(self.turned + 180) % 360,
        )

    def widest(self, count: int) -> list[int]:
        """Indices of the widest boxes, widest first; beyond ten times its height, width does not count."""
        quads = self.quads
        widths = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
        heights = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
        return [int(i) for i in np.argsort(-np.minimum(widths, 10 * heights))[:count]]

    def text_boxes(self, scale: float) -> list[list[TextBox]]:
        """The boxes with text of each paper that has any, multiplied by `scale`. Every box must be recognised."""
        recognitions = iter(self.in_order)
        papers = [[TextBox(next(recognitions), quad * np.float32(scale)) for quad in quads] for quads in self.papers]
        readable = [[box for box in boxes if box.text.strip()] for boxes in papers]
        return [boxes for boxes in readable if boxes]


def _read_again(page: _Page, model: TextModel) -> _Page:
    """The page with its doubtful text read again. Every box must be recognised."""
    chosen = read_again(
        page.quads, page.in_order, lambda quads: model.predict([crop(page.pixels, quad) for quad in quads])
    )
    return replace(page, recognitions=dict(enumerate(chosen)))


def _model_folder(model: str, custom: Path | None, engine: Engine, settings: Settings) -> Path:
    """The custom folder if one is configured, otherwise the packaged one in the engine's format."""
    return custom or settings.models_dir / (f"{model}_paddle" if engine == "paddle" else model)


def _verify(detection: Path, recognition: Path, settings: Settings) -> dict[str, str]:
    """Check the packaged models against the manifest; the version of each, or the folder's name for custom models.

    Also the precision in which text is recognised.

    Raises ModelError.
    """
    folders = ((detection, settings.detection_dir), (recognition, settings.recognition_dir))
    packaged = [folder.name for folder, custom in folders if custom is None]
    versions = manifest.verify(settings.models_dir, [*packaged, "paper", "language"])
    return {
        "detection": versions.get(detection.name, detection.name),
        "recognition": versions.get(recognition.name, recognition.name),
        "paper": versions["paper"],
        "language": versions["language"],
        "precision": resolve_precision(settings.recognition_engine, settings),
    }
