"""Geometry of four-cornered text boxes: arrays n x 4 x 2, corners clockwise from the top left, in pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

STANDING = 1.5
"""A box this much taller than wide counts as standing."""

ROUNDS = 20
UNCLIP = 1.5
"""How far PaddleOCR's decoder grows a region: its area times this over its perimeter. As in the detector's settings."""


def regrow(quads: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes with the margin that a long line gets; the decoder grows the region of a single digit far less.

    A region of a x b becomes a box of (a + 2 d) x (b + 2 d) with d = UNCLIP a b / (2 (a + b)); here d is taken back
    and half of UNCLIP b, its limit for long lines, put in its place, b being the shorter side.
    """
    if len(quads) == 0:
        return quads
    across, down = quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0]
    sides = np.stack([np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)])
    grown = np.zeros(len(quads))
    for _ in range(ROUNDS):  # d = f(d) falls with d: the mean of both steps settles fast
        a, b = np.maximum(sides - 2 * grown, 1e-3)
        grown = (grown + UNCLIP * a * b / (2 * (a + b))) / 2
    missing = UNCLIP / 2 * np.minimum(*np.maximum(sides - 2 * grown, 1e-3)) - grown
    right, below = (
        missing[:, None] * v / np.maximum(n, 1e-3)[:, None] for v, n in zip((across, down), sides, strict=True)
    )
    moves = np.stack([-right - below, right - below, right + below, -right + below], axis=1)
    return np.asarray(quads + moves, dtype=np.float32)


def is_sideways(quads: NDArray[np.float32]) -> bool:
    """Whether most of the text, by length, stands upright like book spines."""
    if len(quads) == 0:
        return False
    spans = quads.max(axis=1) - quads.min(axis=1)
    lying = spans[spans[:, 0] > STANDING * spans[:, 1], 0].sum()
    standing = spans[spans[:, 1] > STANDING * spans[:, 0], 1].sum()
    return bool(standing > lying)


def turn_quads(quads: NDArray[np.float32], degrees: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Boxes after a picture of `size` (width, height) is turned clockwise by 0, 90, 180 or 270 degrees."""
    width, height = size
    x, y = quads[..., 0], quads[..., 1]
    turned = {
        0: (x, y),
        90: (height - y, x),
        180: (width - x, height - y),
        270: (y, width - x),
    }[degrees]
    # Turning moves the corner that is top left.
    return np.roll(np.stack(turned, axis=-1), degrees // 90, axis=1).astype(np.float32)


def crop(pixels: NDArray[np.uint8], quad: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The box straightened into a rectangle of its own size; never turned, receipts have no vertical text."""
    width = max(2, round(float(max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3])))))
    height = max(2, round(float(max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1])))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    straight = cv2.warpPerspective(
        pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(straight, dtype=np.uint8)
