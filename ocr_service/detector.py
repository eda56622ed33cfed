"""Where the text is: a coarse look at the whole picture, then a close one at the part that has text.

A receipt often fills a small part of a photo. Looking twice finds single digits that one look at the scaled-down
photo misses, and costs less than one look at full size.
"""

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

COARSE_SIDE = 640
"""Longest side in pixels of the first look."""
TEXT_HEIGHT = 44.0
"""Height in pixels of a text box that the detector is best at, its margin included."""
MOST_ENLARGED = 2.0
NEAR = 8.0
"""Boxes closer than this many text heights belong to the same paper."""
FEW = 4
"""With fewer boxes the first look says nothing about where the receipt is."""

Detect = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def look_twice(pixels: NDArray[np.uint8], detect: Detect, max_pixels: int) -> NDArray[np.float32]:
    """Text boxes, n x 4 x 2 in pixels of `pixels`. `detect` finds boxes in a picture at its own size; it never gets
    one of more than `max_pixels`."""
    first = _at_scale(pixels, detect, min(1.0, COARSE_SIDE / max(pixels.shape[:2])))
    if len(first) < FEW:
        return _at_scale(pixels, detect, _affordable(pixels.shape, max_pixels, 1.0))
    height = float(np.median(_heights(first)))
    x0, y0, x1, y1 = _paper(first, height, pixels.shape)
    part = pixels[y0:y1, x0:x1]
    scale = _affordable(part.shape, max_pixels, min(MOST_ENLARGED, TEXT_HEIGHT / height))
    return _at_scale(part, detect, scale) + np.array([x0, y0], dtype=np.float32)


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


def _paper(quads: NDArray[np.float32], height: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Bounds of the largest group of neighbouring boxes, with a margin: stray text elsewhere is not the receipt."""
    low, high = quads.min(axis=1), quads.max(axis=1)
    gap = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).max(axis=2)
    group = np.arange(len(quads))
    for a, b in zip(*np.nonzero(gap < NEAR * height), strict=True):
        group[group == group[b]] = group[a]
    area = np.prod(high - low, axis=1)
    largest = max(set(group.tolist()), key=lambda g: float(area[group == g].sum()))
    margin = 2 * height
    x0, y0 = low[group == largest].min(axis=0) - margin
    x1, y1 = high[group == largest].max(axis=0) + margin
    return max(0, int(x0)), max(0, int(y0)), min(shape[1], int(x1) + 1), min(shape[0], int(y1) + 1)
