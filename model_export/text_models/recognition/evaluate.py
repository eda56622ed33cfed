"""Measures how well a recogniser reads synthetic lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from model_export.text_models import charset
from model_export.text_models.recognition.reader import Reading

LINES = 512
"""Number of lines that are read."""


@dataclass(frozen=True)
class LineScore:
    """Share of the lines that are read exactly, and share of their characters that are wrong."""

    lines: int
    exact: float
    character_error: float


def evaluate(readings: Sequence[Reading]) -> LineScore:
    """The score of readings."""
    wrong = sum(charset.distance(reading.read, reading.printed) for reading in readings)
    return LineScore(
        lines=len(readings),
        exact=round(sum(reading.read == reading.printed for reading in readings) / len(readings), 4),
        character_error=round(wrong / sum(len(reading.printed) for reading in readings), 4),
    )
