"""Geometry of quadrilateral text boxes: arrays n x 4 x 2, corners clockwise from the top left, in pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

VERTICAL = 1.5
"""Ratio of height to width from which a box counts as vertical, or of width to height as horizontal."""

UNCLIP_ITERATIONS = 20
UNCLIP_RATIO = 1.5
"""PaddleOCR's decoder expands a region by its area times this over its perimeter. As in the detector's settings."""


def unclip(quads: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes with the margin of a long line; PaddleOCR's decoder expands the region of a single digit far less.

    The decoder turns a region of a x b into a box of (a + 2 d) x (b + 2 d), where d = UNCLIP_RATIO a b / (2 (a + b)).
    Here d is replaced by its limit for long lines, UNCLIP_RATIO b / 2, where b is the shorter side.
    """
    if len(quads) == 0:
        return quads
    across, down = quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0]
    sides = np.stack([np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)])
    margin = np.zeros(len(quads))
    for _ in range(UNCLIP_ITERATIONS):  # d = f(d), f decreasing: averaging both steps converges fast
        a, b = np.maximum(sides - 2 * margin, 1e-3)
        margin = (margin + UNCLIP_RATIO * a * b / (2 * (a + b))) / 2
    extra = UNCLIP_RATIO / 2 * np.minimum(*np.maximum(sides - 2 * margin, 1e-3)) - margin
    right, below = (
        extra[:, None] * v / np.maximum(n, 1e-3)[:, None] for v, n in zip((across, down), sides, strict=True)
    )
    moves = np.stack([-right - below, right - below, right + below, -right + below], axis=1)
    return np.asarray(quads + moves, dtype=np.float32)


def is_sideways(quads: NDArray[np.float32]) -> bool:
    """Whether most of the text, by length, is vertical."""
    if len(quads) == 0:
        return False
    spans = quads.max(axis=1) - quads.min(axis=1)
    horizontal = spans[spans[:, 0] > VERTICAL * spans[:, 1], 0].sum()
    vertical = spans[spans[:, 1] > VERTICAL * spans[:, 0], 1].sum()
    return bool(vertical > horizontal)


def turn_quads(quads: NDArray[np.float32], degrees: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Boxes after an image of `size` (width, height) is turned clockwise by 0, 90, 180 or 270 degrees."""
    width, height = size
    x, y = quads[..., 0], quads[..., 1]
    turned = {
        0: (x, y),
        90: (height - y, x),
        180: (width - x, height - y),
        270: (y, width - x),
    }[degrees]
    # Turning makes another corner the top left one.
    return np.roll(np.stack(turned, axis=-1), degrees // 90, axis=1).astype(np.float32)


def crop(pixels: NDArray[np.uint8], quad: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The box rectified to its own size (height x width x 3); never turned, receipts have no vertical text."""
    width = max(2, round(float(max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3])))))
    height = max(2, round(float(max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1])))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    rectified = cv2.warpPerspective(
        pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(rectified, dtype=np.uint8)
