"""Where the text is: a coarse look at the whole picture, then a close one at the part that has text.

A receipt often fills a small part of a photo. Looking twice finds single digits that one look at the scaled-down
photo misses, and costs less than one look at full size. The two looks are made with different models: the published one
finds text of any kind, size and direction; ours, fine-tuned on receipts, tells tight rows apart, and gets them lying.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service.vision.quads import is_sideways, turn_quads

COARSE_SIDE = 640
"""Longest side in pixels of the first look."""
TEXT_HEIGHT = 38.0
"""Height in pixels that a text box of the first look is scaled to for the second."""
MOST_ENLARGED = 2.0
NEAR = 8.0
"""Boxes closer than this many text heights belong to the same paper."""
APPROACHES = 5
"""Looks after the first, at most."""
FAR_AWAY = 0.75
"""Share of what was looked at below which the surroundings of the text in it are looked at by themselves."""
COMPARABLE = 0.3
"""Text on a second paper, as a share of that on the largest, from which it is looked at too."""
FEW = 4
"""With fewer boxes the first look says nothing about where the receipt is."""

Detect = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Found:
    """Where text was found.

    pixels: the picture, turned clockwise by `turned` (0 or 90) degrees so that rows lie; they may stand on their head.
    quads: n x 4 x 2, text boxes in `pixels`. papers: the number of the paper each stands on, 0 for the largest.
    """

    pixels: NDArray[np.uint8]
    turned: int
    quads: NDArray[np.float32]
    papers: NDArray[np.intp]


def look_twice(pixels: NDArray[np.uint8], coarse: Detect, close: Detect, max_pixels: int) -> Found:
    """Text of every paper that is not much smaller than the largest.

    `coarse` and `close` find boxes in a picture at its own size; they never get one of more than `max_pixels`.
    """
    first = _find(pixels, coarse)
    turned = 90 if is_sideways(first) else 0
    if turned:
        first = turn_quads(first, turned, (pixels.shape[1], pixels.shape[0]))
        pixels = np.ascontiguousarray(np.rot90(pixels, k=-1))
    if len(first) < FEW:
        quads = _at_scale(pixels, close, _affordable(pixels.shape, max_pixels, 1.0))
        return Found(pixels, turned, quads, np.zeros(len(quads), dtype=np.intp))
    found, papers = [], []
    for number, paper in enumerate(_papers(first, pixels.shape)):
        part = pixels[paper.y0 : paper.y1, paper.x0 : paper.x1]
        scale = _affordable(part.shape, max_pixels, min(MOST_ENLARGED, TEXT_HEIGHT / paper.height))
        found.append(_at_scale(part, close, scale) + np.array([paper.x0, paper.y0], dtype=np.float32))
        papers.append(np.full(len(found[-1]), number, dtype=np.intp))
    return Found(pixels, turned, np.concatenate(found), np.concatenate(papers))


def _find(pixels: NDArray[np.uint8], coarse: Detect) -> NDArray[np.float32]:
    """Boxes of the coarse look. From far away it finds a part of the text only: then it looks around that part, and
    further if the text goes on there."""
    seen = float(pixels.shape[0] * pixels.shape[1])
    found = _coarsely(pixels, coarse)
    for _ in range(APPROACHES):
        if len(found) == 0:
            break
        x0, y0, x1, y1 = _around(found, pixels.shape)
        area = float((x1 - x0) * (y1 - y0))
        if FAR_AWAY < area / seen < 1 / FAR_AWAY:
            break
        closer = _coarsely(pixels[y0:y1, x0:x1], coarse) + np.array([x0, y0], dtype=np.float32)
        if len(closer) < len(found):
            break
        seen, found = area, closer
    return found


def _coarsely(pixels: NDArray[np.uint8], coarse: Detect) -> NDArray[np.float32]:
    return _at_scale(pixels, coarse, min(1.0, COARSE_SIDE / max(pixels.shape[:2])))


def _around(quads: NDArray[np.float32], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Bounds of all boxes, with half of their longer side as room all around."""
    low, high = quads.min(axis=(0, 1)), quads.max(axis=(0, 1))
    room = float((high - low).max()) / 2
    (x0, y0), (x1, y1) = low - room, high + room
    return max(0, int(x0)), max(0, int(y0)), min(shape[1], int(x1) + 1), min(shape[0], int(y1) + 1)


def _at_scale(pixels: NDArray[np.uint8], detect: Detect, scale: float) -> NDArray[np.float32]:
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    scaled = np.asarray(cv2.resize(pixels, size, interpolation=how), dtype=np.uint8)
    stretch = np.array([size[0] / pixels.shape[1], size[1] / pixels.shape[0]], dtype=np.float32)
    return np.asarray(detect(scaled) / stretch, dtype=np.float32)


def _affordable(shape: tuple[int, ...], max_pixels: int, wanted: float) -> float:
    return float(min(wanted, math.sqrt(max_pixels / (shape[0] * shape[1]))))


def _heights(quads: NDArray[np.float32]) -> NDArray[np.float32]:
    """The shorter side of each box, which is the height of its text also in a picture on its side."""
    sides = np.linalg.norm(quads - np.roll(quads, 1, axis=1), axis=2)
    return np.asarray(np.minimum(sides[:, 0], sides[:, 1]), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Paper:
    """A part of a picture with text `height` pixels high; bounds in pixels, margin included."""

    x0: int
    y0: int
    x1: int
    y1: int
    height: float

    def meets(self, other: "_Paper") -> bool:
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1


def _papers(quads: NDArray[np.float32], shape: tuple[int, ...]) -> list[_Paper]:
    """Groups of neighbouring boxes, the largest first; stray text elsewhere is no paper."""
    height = float(np.median(_heights(quads)))
    low, high = quads.min(axis=1), quads.max(axis=1)
    gap = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).max(axis=2)
    group = np.arange(len(quads))
    for a, b in zip(*np.nonzero(gap < NEAR * height), strict=True):
        group[group == group[b]] = group[a]
    area = np.prod(high - low, axis=1)
    members = sorted((group == g for g in set(group.tolist())), key=lambda m: -float(area[m].sum()))
    sizeable = [m for m in members if area[m].sum() > COMPARABLE * area[members[0]].sum() and m.sum() >= FEW]
    found: list[_Paper] = []
    for member in sizeable or members[:1]:
        paper = _bounds(quads[member], shape)
        if any(paper.meets(other) for other in found):  # one look has to do for both
            return [_bounds(quads[np.logical_or.reduce(sizeable)], shape)]
        found.append(paper)
    return found


def _bounds(quads: NDArray[np.float32], shape: tuple[int, ...]) -> _Paper:
    height = float(np.median(_heights(quads)))
    (x0, y0), (x1, y1) = quads.min(axis=(0, 1)) - 2 * height, quads.max(axis=(0, 1)) + 2 * height
    return _Paper(max(0, int(x0)), max(0, int(y0)), min(shape[1], int(x1) + 1), min(shape[0], int(y1) + 1), height)
