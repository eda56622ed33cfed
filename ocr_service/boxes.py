"""A piece of text and where it is in the image: what vision produces and parsing consumes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TextBox:
    """One detected piece of text.

    text: as understood; raw: as recognised, before the second opinion. confidence: mean probability of its characters,
    weakest: the lowest of them, weakest_digit: of its digits, 0 to 1.
    quad: 4 x 2, float32, corners clockwise from the top left, in pixels of the upright full-size picture.
    paper: number of the paper it stands on, 0 for the largest.
    """

    text: str
    confidence: float
    quad: NDArray[np.float32]
    raw: str = ""
    weakest: float = 1.0
    weakest_digit: float = 1.0
    paper: int = 0
