"""PaddleOCR's text detection and recognition with our weights, from local folders, on the engine of the settings."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import cv2
import numpy as np
import yaml  # type: ignore[import-untyped]
from numpy.typing import NDArray

from ocr_service.boxes import Recognition
from ocr_service.errors import ModelError
from ocr_service.settings import Engine, Settings
from ocr_service.vision import paddlex_steps
from ocr_service.vision.character_model import CharacterModel
from ocr_service.vision.decoding import Decoder
from ocr_service.vision.inference import Array, Session, load_session

LEADERS_RATIO = 16.0
"""Ratio of the sides from which a box may be a line with dots from a name to its amount."""
LEADERS_SCORE = 0.76
"""Mean probability of text, over the text alone, from which such a box is kept."""
WIDTH_STEP = 32
"""Batches of crops are padded to a multiple of this width in pixels, so that few sizes of kernels are compiled."""


class Detector:
    """Finds text boxes. Not thread-safe."""

    def __init__(self, session: Session, config: dict[str, Any], longest_side: int, *, leaders: bool) -> None:
        """`config`: PaddleOCR's settings of the model. `longest_side`: to which images are scaled down, in pixels.

        leaders: also keep lines with dots between name and amount.
        """
        steps, _ = paddlex_steps.load()
        options = {name: value for step in config["PreProcess"]["transform_ops"] for name, value in step.items()}
        self._session = session
        self._longest_side = longest_side
        self._resize = steps.DetResizeForTest(limit_side_len=longest_side, limit_type="max")
        # PaddleX's own step takes six times as long: what it makes of each of the 256 values is looked up instead.
        values = np.arange(256, dtype=np.uint8)[:, None, None].repeat(3, axis=2)
        normalised = steps.NormalizeImage(**options["NormalizeImage"])([values])[0].astype(np.float32)
        self._normalised = [np.ascontiguousarray(normalised[..., channel]) for channel in range(3)]
        post = config["PostProcess"]
        options = {name: value for name, value in post.items() if name != "name"}
        self._boxes = _keeping_leaders(steps, options) if leaders else steps.DBPostProcess(**options)

    def __call__(self, pixels: NDArray[np.uint8]) -> Array:
        """Text boxes, n x 4 x 2, in an image (height x width x 3, BGR) at its own size."""
        resized, shapes = self._resize([pixels])
        planes = np.empty((1, 3, *resized[0].shape[:2]), np.float32)
        for plane, values, normalised in zip(cv2.split(resized[0]), self._normalised, planes[0], strict=True):
            cv2.LUT(plane, values, normalised)
        boxes, _ = self._boxes([self._session(planes)], shapes)
        return np.asarray(boxes[0], dtype=np.float32).reshape(-1, 4, 2)

    def release(self) -> None:
        """Give up the memory of the last image."""
        self._session.release()


class Recogniser:
    """Reads crops of single lines. Thread-safe: batches of several threads take turns.

    Attributes:
        version: its name in responses and metrics.

    PaddleOCR's own decoder returns the best path only, while ours needs the probabilities of every character.
    """

    def __init__(
        self, session: Session, config: dict[str, Any], decoder: Decoder, batch_size: int, version: str
    ) -> None:
        """`config`: PaddleOCR's settings of the model; `batch_size`: crops per inference call."""
        _, steps = paddlex_steps.load()
        options = {name: value for step in config["PreProcess"]["transform_ops"] for name, value in step.items()}
        self._resize = steps.OCRReisizeNormImg(rec_image_shape=options["RecResizeImg"]["image_shape"])
        self._session = session
        self._turn = Lock()
        self._decoder = decoder
        self._batch_size = batch_size
        self.version = version

    def predict(self, crops: Sequence[NDArray[np.uint8]]) -> list[Recognition]:
        """Text of each crop (height x width x 3, BGR), in the same order. Crops of similar width share a batch."""
        order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / crops[i].shape[0])
        recognitions: dict[int, Recognition] = {}
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            images = _padded(self._resize([crops[i] for i in batch]))
            with self._turn:  # until the output is decoded, because the next call overwrites it
                probabilities = self._session(images)
                recognitions |= {i: self._decoder.decode(line) for i, line in zip(batch, probabilities, strict=True)}
        return [recognitions[i] for i in range(len(crops))]


def load_detector(folder: Path, engine: Engine, settings: Settings, *, leaders: bool = False) -> Detector:
    """Raises ModelError if `folder` has no model."""
    return Detector(load_session(folder, engine, settings), _config(folder), settings.working_side, leaders=leaders)


def load_recogniser(folder: Path, settings: Settings, version: str) -> Recogniser:
    """The text recogniser with the packaged character model. Raises ModelError if `folder` has no model."""
    config = _config(folder)
    _, steps = paddlex_steps.load()
    characters = steps.CTCLabelDecode(config["PostProcess"]["character_dict"]).character
    decoder = Decoder(characters, CharacterModel.load(settings.models_dir / "language"))
    session = load_session(folder, settings.recognition_engine, settings)
    return Recogniser(session, config, decoder, settings.recognition_batch, version)


def _keeping_leaders(steps: Any, options: dict[str, Any]) -> Any:
    """PaddleX's step from the map of text to boxes, which also keeps lines with dots between name and amount.

    It drops a box with a low mean over its rectangle, most of which is empty above the dots. For long boxes, the mean
    over the text itself counts, too.
    """

    class Boxes(steps.DBPostProcess):  # type: ignore[misc]
        def box_score_slow(self, bitmap: Array, contour: NDArray[np.int32]) -> float:
            corners, _ = self.get_mini_boxes(contour)
            score = float(self.box_score_fast(bitmap, np.array(corners).reshape(-1, 2)))
            _, sides, _ = cv2.minAreaRect(contour)
            if score >= self.box_thresh or max(sides) < LEADERS_RATIO * min(sides):
                return score
            own = float(super().box_score_slow(bitmap, contour))
            return own if own >= LEADERS_SCORE else score

    return Boxes(**options, score_mode="slow")


def _padded(images: Sequence[Array]) -> Array:
    """Images of one height as one batch, padded on the right to the widest one's next step."""
    channels, height, _ = images[0].shape
    width = -(-max(image.shape[2] for image in images) // WIDTH_STEP) * WIDTH_STEP
    batch = np.zeros((len(images), channels, height, width), np.float32)
    for row, image in zip(batch, images, strict=True):
        row[:, :, : image.shape[2]] = image
    return batch


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "inference.yml"
    if not file.is_file():
        raise ModelError(f"{folder} contains no model")
    config: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return config
