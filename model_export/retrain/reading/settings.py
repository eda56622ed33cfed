"""Thresholds and settings of the recogniser's retraining. Needs neither torch nor OpenCV."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """What a challenger has to achieve."""

    crops: int = 100
    """Minimum number of transcribed crops to train on."""
    lines_margin: float = 0.02
    """Loss of lines read exactly, on the frozen drawn lines, that is excluded (non-inferiority margin)."""
    reading_alpha: float = 0.05
    """Probability that any challenger of a year is promoted although it loses more than the margin."""
    reading_looks: int = 12
    """Comparisons on the frozen lines per year. Each spends an equal part of `reading_alpha`."""
    crops_significance: float = 0.1
    """Largest p-value at which the challenger reads held-out crops better."""


@dataclass(frozen=True)
class Settings:
    """How a challenger is trained and judged."""

    steps: int = 400
    """Batches of 32 lines."""
    rate: float = 0.3
    """Factor on the learning rates of the first training: the start is good already."""
    crop_share: float = 0.3
    """Share of the lines that are transcribed crops; the others are drawn."""
    weight_share: float = 0.5
    """Share of the trained weights; the rest are the champion's. The mean keeps what the champion reads, and most of
    what was learned (docs/mlops.md)."""
    drawn_lines: int = 1024
    """Frozen drawn lines of each kind: plain till rows, and what else people photograph."""
    seed: int = 1
    threads: int = 2
