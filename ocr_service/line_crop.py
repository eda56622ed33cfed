"""The printed line of an item, cut out of its photo: one box of text, without other lines and personal data."""

import base64
from collections.abc import Sequence
from difflib import SequenceMatcher

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service.boxes import TextBox
from ocr_service.contract import LINE_HEIGHT, Box, LineCrop
from ocr_service.parsing.masking import mask
from ocr_service.vision.engine import Line

SIMILAR = 0.6
"""Similarity (0 to 1) of a box's text and the name from which on the box may be the line. Boxes that also have prices
are below, unless the name is long."""
MAX_BYTES = 65_536
"""Size of the largest PNG image; a line of 48 pixels has 10 kB."""


def choose(boxes: Sequence[TextBox], name: str, place: Box) -> int | None:
    """The index of the box with the text `name` whose centre is in `place`, in pixels of the full-size image."""
    wanted = _bare(name)
    x0, y0, x1, y1 = place
    best, best_similarity = None, SIMILAR
    for index, box in enumerate(boxes):
        x, y = box.quad.mean(axis=0)
        margin = float(np.linalg.norm(box.quad[3] - box.quad[0])) / 2
        inside = x0 - margin <= x <= x1 + margin and y0 - margin <= y <= y1 + margin
        if not inside or "*" in box.text or mask(box.text) != box.text:
            continue
        similarity = SequenceMatcher(None, _bare(box.text), wanted, autojunk=False).ratio()
        if similarity > best_similarity:
            best, best_similarity = index, similarity
    return best


def encode(line: Line) -> LineCrop | None:
    """The line in the contract's form; None if the image is too large."""
    grey: NDArray[np.uint8] = np.asarray(cv2.cvtColor(line.pixels, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    width = max(1, round(grey.shape[1] * LINE_HEIGHT / grey.shape[0]))
    _, png = cv2.imencode(".png", cv2.resize(grey, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA))
    if len(png) > MAX_BYTES:
        return None
    recognition = line.box.recognition
    return LineCrop(
        text=recognition.text,
        confidence=round(recognition.confidence, 4),
        png=base64.b64encode(png.tobytes()).decode(),
    )


def _bare(text: str) -> str:
    return "".join(text.lower().split())
