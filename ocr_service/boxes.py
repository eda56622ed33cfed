"""A piece of text and its position in the image: what vision produces and parsing consumes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recognition:
    """The text of one box, with probabilities from 0 to 1.

    text: after the second opinion of the character model; raw: the recogniser's own best path.
    confidence: mean probability of the characters of `text`; weakest: the lowest of them; weakest_digit: the lowest
    among its digits, 1 if it has none.
    """

    text: str
    raw: str
    confidence: float
    weakest: float
    weakest_digit: float = 1.0


@dataclass(frozen=True, slots=True)
class TextBox:
    """One detected piece of text.

    quad: 4 x 2, float32, corners clockwise from the top left, in pixels of the upright, full-size image.
    """

    recognition: Recognition
    quad: NDArray[np.float32]

    @property
    def text(self) -> str:
        """The recognised text."""
        return self.recognition.text
