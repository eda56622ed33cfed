"""A second reading of doubtful text, in boxes with less margin above and below.

Boxes get the margin that the recogniser was trained with. On photos it also has parts of the rows above and below,
creases and shadows, from which the recogniser makes strokes.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ocr_service.boxes import Recognition

DOUBTFUL = 0.7
"""Probability of the least certain character below which text is read again; an eighth of the boxes on real photos."""
HEIGHT = 0.8
"""Share of the height of a box that is read again. docs/reading.md has what other shares give."""

Quads = NDArray[np.float32]


def read_again(
    quads: Quads, recognitions: Sequence[Recognition], read: Callable[[Quads], Sequence[Recognition]]
) -> list[Recognition]:
    """The recognitions of all boxes, where text is doubtful the more certain one of two.

    quads: n x 4 x 2, in pixels. read: recognises the text in m x 4 x 2 boxes; called once, or not at all.
    """
    doubtful = [i for i, first in enumerate(recognitions) if first.weakest < DOUBTFUL and first.text.strip()]
    chosen = list(recognitions)
    if doubtful:
        for i, second in zip(doubtful, read(lowered(quads[doubtful])), strict=True):
            chosen[i] = more_certain(recognitions[i], second)
    return chosen


def lowered(quads: Quads) -> Quads:
    """The boxes with `HEIGHT` of their height, around the same middle."""
    upper, lower = quads[:, :2], quads[:, [3, 2]]
    middle, reach = (upper + lower) / 2, (lower - upper) * (HEIGHT / 2)
    corners = np.concatenate([middle - reach, (middle + reach)[:, ::-1]], axis=1)
    return np.asarray(corners, dtype=np.float32)


def more_certain(first: Recognition, second: Recognition) -> Recognition:
    """Of two readings of a text the one with the higher mean probability; if they agree, with the higher lowest one.

    A second reading without text does not count: the lower box missed it.
    """
    if not second.text.strip():
        return first
    if first.text == second.text:
        return max(first, second, key=lambda each: each.weakest)
    return max(first, second, key=lambda each: each.confidence)
