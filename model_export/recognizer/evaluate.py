"""How well an exported recogniser reads: drawn lines it was never trained on, and photos of real receipts."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model_export import manifest
from model_export.recognizer import charset, model_folder
from model_export.recognizer.detection import MODEL_NAME as DETECTION_NAME
from model_export.recognizer.render import Renderer
from ocr_service import opencv_name

LINES = 512
"""Drawn lines that are read."""
SIDE = 1536
"""Longer side that a photo is scaled down to for detection, in pixels."""


@dataclass(frozen=True)
class LineScore:
    """Parts of the drawn lines that were read exactly, and of their characters that were wrong."""

    lines: int
    exact: float
    character_error: float


@dataclass(frozen=True)
class ReceiptScore:
    """Item names read exactly (spaces ignored), their characters wrong, and amounts found."""

    receipts: int
    items: int
    names_exact: float
    name_character_error: float
    amounts: float


def lines(model: Path, renderer: Renderer) -> LineScore:
    """Read drawn lines with the ONNX model in a folder."""
    session = onnxruntime.InferenceSession(str(model / "inference.onnx"), providers=["CPUExecutionProvider"])
    exact = wrong = characters = 0
    for _ in range(LINES):
        picture, text = renderer.sample()
        scaled = ((picture.astype(np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]
        narrow = max(0, 96 - scaled.shape[3])
        scores = session.run(None, {"x": np.pad(scaled, ((0, 0), (0, 0), (0, 0), (0, narrow)))})[0]
        read = charset.decode(scores[0].argmax(-1).tolist()).strip()
        exact += read == text
        wrong += charset.distance(read, text)
        characters += len(text)
    return LineScore(LINES, round(exact / LINES, 4), round(wrong / characters, 4))


def receipts(folder: Path, recognition: Path, detection: Path) -> ReceiptScore:
    """Read the photos that `labels.json` in a folder names, and look for each labelled item among the text found.

    A label counts as read when it stands in one detected box, or in neighbouring boxes of one row, with line numbers
    and tax marks aside. What is made of the rows is not measured here. Needs paddleocr; raises OSError when a file is
    missing.
    """
    reader = _Reader(recognition, detection)
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["receipts"]
    items = exact = wrong = characters = amounts = priced = 0
    for label in labels:
        texts = [re.sub(r"\s", "", text) for text in reader.read(folder / label["image"])]
        for item in label["items"]:
            name = re.sub(r"\s", "", item["name"])
            distance = min((_distance(text, name) for text in texts), default=len(name))
            items += 1
            exact += distance == 0
            wrong += min(distance, len(name))
            characters += len(name)
            if item["amount"] is not None:
                priced += 1
                amounts += any(f"{item['amount']:,}" in text for text in texts)
    return ReceiptScore(
        receipts=len(labels),
        items=items,
        names_exact=round(exact / items, 4),
        name_character_error=round(wrong / characters, 4),
        amounts=round(amounts / max(1, priced), 4),
    )


def record(figures: dict[str, LineScore | ReceiptScore]) -> None:
    """Add the figures to the manifest, for both forms of the recogniser: they agree within the parity gate."""
    quality = {kind: vars(score) for kind, score in figures.items()}
    for name in ("recognition", "recognition_paddle"):
        manifest.add_quality(name, quality)


def _distance(text: str, name: str) -> int:
    """Edit distance of a name to a box of text, with and without what tills print before names."""
    return min(charset.distance(form, name) for form in _forms(text))


def _forms(text: str) -> Iterator[str]:
    yield text
    unnumbered = re.sub(r"^\(?\d{1,3}[).]?", "", text)
    yield unnumbered
    without = re.sub(r"^[*#P]", "", unnumbered)
    yield without
    # In one box with its figures: the name ends where price, quantity and amount begin.
    yield re.sub(r"[\d,*]{3,}$", "", without)


class _Reader:
    """PaddleOCR with local models."""

    def __init__(self, recognition: Path, detection: Path) -> None:
        os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"  # both before paddlex is imported
        opencv_name.install()
        from paddleocr import PaddleOCR

        self._ocr = PaddleOCR(
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            device="cpu",
            text_detection_model_name=DETECTION_NAME,
            text_detection_model_dir=str(detection),
            text_recognition_model_name=model_folder.MODEL_NAME,
            text_recognition_model_dir=str(recognition),
            text_det_limit_side_len=SIDE,
            text_det_limit_type="max",
            engine="onnxruntime",
            engine_config={"intra_op_num_threads": 2},
        )

    def read(self, photo: Path) -> list[str]:
        """The text of every box and of every run of neighbouring boxes in one row."""
        result: Any = self._ocr.predict(str(photo))[0]
        rows: list[list[_Box]] = []
        for quad, text in sorted(zip(result["rec_polys"], result["rec_texts"], strict=True), key=_left):
            box = _Box(text, float(quad[:, 1].mean()), float(np.ptp(quad[:, 1])))
            row = next((row for row in rows if abs(row[-1].middle - box.middle) < 0.4 * box.height), None)
            if row is None:
                rows.append(row := [])
            row.append(box)
        return [
            "".join(box.text for box in row[start:stop])
            for row in rows
            for start in range(len(row))
            for stop in range(start + 1, len(row) + 1)
        ]


@dataclass(frozen=True)
class _Box:
    """A text with the middle and the height of its box, in pixels."""

    text: str
    middle: float
    height: float


def _left(found: tuple[NDArray[np.int16], str]) -> int:
    return int(found[0][:, 0].min())
