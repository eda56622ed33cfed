"""The core of a text box: what the detector marks, and its decoder grows back to the box."""

from functools import cache

import numpy as np

from model_export.recognizer.pages import Quads

UNCLIP = 1.5
"""How far the decoder of the detector grows a region again: area times this over perimeter. As its settings say."""
MARGIN = 0.15
"""Paper that a found box should hold around the cells of its text, above and below together, in heights."""


@cache
def inset(shape: int) -> float:
    """How far inside a box of height 1 and width `shape` / 10 its core begins, so that the decoder grows it back.

    The decoder moves the edges of a core of a x b outwards by UNCLIP x a x b / (2 (a + b)).
    """
    width, low, high = shape / 10, 0.0, min(1.0, shape / 10) / 2
    for _ in range(30):
        middle = (low + high) / 2
        a, b = width - 2 * middle, 1 - 2 * middle
        grown = UNCLIP * a * b / (2 * (a + b)) if a > 0 and b > 0 else 0.0
        low, high = (middle, high) if middle < grown else (low, middle)
    return low


def cores(quads: Quads) -> Quads:
    """The inner parts of boxes that the detector should mark, n x 4 x 2."""
    across, down = quads[:, 1] - quads[:, 0], quads[:, 3] - quads[:, 0]
    width, height = np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)
    margin = MARGIN * height
    wide, tall = width + margin, height + margin
    depth = np.array([t * inset(max(1, round(10 * w / t))) for w, t in zip(wide, tall, strict=True)]) - margin / 2
    right, below = (d[:, None] * v / n[:, None] for d, v, n in ((depth, across, width), (depth, down, height)))
    moves = np.stack([right + below, -right + below, -right - below, right - below], axis=1)
    return np.asarray(quads + moves, dtype=np.float32)
