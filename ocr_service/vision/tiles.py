"""Detection on images that are much taller than wide, in overlapping tiles.

What counts is the width of the text: scaled down as a whole, a screenshot of many screens would be illegible.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service.errors import TooLarge

CUT = 3.0
"""Distance in pixels from a cut within which a box counts as cut, and by which such a part of a tilted line may lie
outside of the whole."""

TOO_MUCH_TEXT = "The photo contains far more text than a receipt. Send a part of it."
MOST_BOXES = 2000
"""Text boxes of one photo; the longest receipts have some hundreds."""
MOST_TEXT = 10_000.0
"""Length of all text of one photo, in heights of its lines: a syllable takes one, a digit half. Reading it takes about
25 s of CPU time."""


def check_text(papers: Sequence[NDArray[np.float32]]) -> None:
    """Refuse a photo with so much text, n x 4 x 2 per paper, that it would hold up others. Raises TooLarge."""
    _check_number(sum(map(len, papers)), MOST_BOXES)
    sides = [np.linalg.norm(quads - np.roll(quads, 1, axis=1), axis=2).reshape(-1, 4)[:, :2] for quads in papers]
    if sum(float((side.max(axis=1) / np.maximum(side.min(axis=1), 1)).sum()) for side in sides) > MOST_TEXT:
        raise TooLarge(TOO_MUCH_TEXT)


def _check_number(boxes: int, limit: int) -> None:
    if boxes > limit:
        raise TooLarge(TOO_MUCH_TEXT)


@dataclass(frozen=True, slots=True)
class Tile:
    """The rows of an image from `top` to `bottom`, in pixels."""

    top: int
    bottom: int


def split(height: int, tile_height: int, overlap: int) -> list[Tile]:
    """Tiles from top to bottom, of equal height up to rounding, that cover `height` pixels.

    Neighbours share at least `overlap` pixels, so text of up to that height is whole in one of them.
    """
    tile_height = max(tile_height, overlap + 1)
    if height <= tile_height:
        return [Tile(0, height)]
    count = -(-(height - overlap) // (tile_height - overlap))
    step = (height - tile_height) / (count - 1)
    tops = [round(index * step) for index in range(count)]
    return [Tile(top, min(height, top + tile_height)) for top in tops]


def detect_in_tiles(
    pixels: NDArray[np.uint8], tiles: list[Tile], detect: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The boxes, n x 4 x 2, of all tiles in pixels of the image, each text once.

    Where tiles overlap, the box furthest from a cut wins: text is whole in it.

    Raises TooLarge if there are too many, see `check_text`.
    """
    height = pixels.shape[0]
    boxes, owners, depths = [], [], []
    for number, tile in enumerate(tiles):
        quads = detect(pixels[tile.top : tile.bottom]) + np.array([0, tile.top], dtype=np.float32)
        for quad in (quad for quad in quads if cv2.contourArea(quad) >= 1):
            low, high = float(quad[:, 1].min()), float(quad[:, 1].max())
            above = low - tile.top if tile.top > 0 else np.inf
            below = tile.bottom - high if tile.bottom < height else np.inf
            boxes.append(np.asarray(quad, dtype=np.float32))
            owners.append(number)
            depths.append(min(above, below))
        _check_number(len(boxes), 2 * MOST_BOXES)  # tiles overlap
    if not boxes:
        return np.empty((0, 4, 2), dtype=np.float32)
    quads, owner = np.array(boxes), np.array(owners)
    centres, lows, highs = quads.mean(axis=1), quads.min(axis=1), quads.max(axis=1)
    selected = np.zeros(len(boxes), dtype=bool)
    for index in sorted(range(len(boxes)), key=lambda index: -depths[index]):
        margin = CUT if depths[index] < CUT else 0.0
        # Only boxes that are near are compared: an image full of figures has thousands.
        near = _inside(centres, lows[index], highs[index], margin) | _inside(centres[index], lows, highs, margin)
        others = np.flatnonzero(selected & (owner != owner[index]) & near)
        selected[index] = not any(_are_same(quads[index], quads[other], margin) for other in others)
    return np.asarray(quads[selected], dtype=np.float32)


def _inside(
    points: NDArray[np.float32], lows: NDArray[np.float32], highs: NDArray[np.float32], margin: float
) -> NDArray[np.bool_]:
    """Whether points are in upright boxes, or at most `margin` and a rounding error outside."""
    slack = margin + 0.5
    return np.asarray(((points >= lows - slack) & (points <= highs + slack)).all(axis=1))


def _are_same(first: NDArray[np.float32], second: NDArray[np.float32], margin: float) -> bool:
    """Whether the centre of one box is in the other, or at most `margin` pixels outside."""
    return _is_within(first, second, margin) or _is_within(second, first, margin)


def _is_within(part: NDArray[np.float32], whole: NDArray[np.float32], margin: float) -> bool:
    x, y = part.mean(axis=0).tolist()
    return cv2.pointPolygonTest(whole, (x, y), measureDist=True) >= -margin
