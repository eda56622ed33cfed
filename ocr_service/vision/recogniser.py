"""From crops of single lines to their text, with PaddleOCR's recognition model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_service.boxes import Recognition
from ocr_service.vision.decoding import Decoder


class Recogniser:
    """PaddleOCR's preprocessing and inference session with our decoder. Not thread-safe.

    PaddleOCR's own decoder returns the best path only, while ours needs the probabilities of every character. So its
    `predict`, which decodes, is not used: preprocessing and session are called as `TextRecRunnerPredictor.process`
    of PaddleX calls them.
    """

    def __init__(self, model: Any, decoder: Decoder, batch_size: int) -> None:
        """`model`: `paddleocr.TextRecognition`; `batch_size`: crops per inference call."""
        self._model = model
        self._decoder = decoder
        self._batch_size = batch_size
        predictor = model.paddlex_predictor
        self._preprocess = [predictor.pre_tfs[step] for step in ("Read", "ReisizeNorm", "ToBatch")]  # spelt like this
        self._session = predictor.runner

    def __call__(self, crops: Sequence[NDArray[np.uint8]]) -> list[Recognition]:
        """Text of each crop (height x width x 3, BGR), in the same order. Crops of similar width share a batch."""
        order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / crops[i].shape[0])
        recognitions: dict[int, Recognition] = {}
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            probabilities = self._probabilities([crops[i] for i in batch])
            recognitions |= {i: self._decoder.decode(line) for i, line in zip(batch, probabilities, strict=True)}
        return [recognitions[i] for i in range(len(crops))]

    def close(self) -> None:
        """Release the inference session."""
        self._model.close()

    def _probabilities(self, crops: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Crops x steps x characters."""
        batch: Any = crops
        for step in self._preprocess:
            batch = step(imgs=batch)
        return np.asarray(self._session(x=batch)[0], dtype=np.float32)
