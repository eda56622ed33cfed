"""Reads line images with an exported recogniser."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model_export.text_models import charset
from model_export.text_models.synthesis.single_lines import Sample


@dataclass(frozen=True)
class Reading:
    """A line as printed and as read, with the mean probability of its characters, 0 to 1."""

    printed: str
    read: str
    confidence: float


class Reader:
    """An exported recogniser with best-path decoding, without a character model."""

    def __init__(self, model: Path) -> None:
        """Load `inference.onnx` of a model folder."""
        self._session = onnxruntime.InferenceSession(str(model / "inference.onnx"), providers=["CPUExecutionProvider"])

    def read(self, image: NDArray[np.uint8]) -> tuple[str, float]:
        """The text of a line image (HEIGHT x width x 3, BGR), and the mean probability of its characters, 0 to 1."""
        scaled = ((image.astype(np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]
        padding = max(0, 96 - scaled.shape[3])
        scores = self._session.run(None, {"x": np.pad(scaled, ((0, 0), (0, 0), (0, 0), (0, padding)))})[0]
        best = scores[0].argmax(-1)
        printed = (best != charset.BLANK) & (best != np.concatenate(([charset.BLANK], best[:-1])))
        confidence = float(scores[0].max(-1)[printed].mean()) if printed.any() else 0.0
        return charset.decode(best.tolist()).strip(), confidence

    def read_lines(self, samples: Iterator[Sample], lines: int) -> list[Reading]:
        """Read that many line images."""
        return [Reading(text, *self.read(image)) for image, text in islice(samples, lines)]
