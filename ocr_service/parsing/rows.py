"""Text boxes to printed rows, on paper that is tilted, curled or seen in perspective.

From each box the local slope of the print is followed to the right. The slope is a plane fitted to the wide boxes of
the image, so rows may diverge. Two neighbours are linked if each is the other's best candidate; chains of links are
the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import accumulate
from math import ceil
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ocr_service.boxes import Recognition, TextBox

MAX_OFFSET = 0.55
"""Maximum distance of a neighbour's centre from the slope, in box heights."""
MAX_OVERLAP = 0.5
"""Maximum horizontal overlap of neighbours, as a share of the narrower box or, if that is more, of the lower one's
height: boxes have a margin, which is wide for a single digit."""
TALL = 1.5
"""Multiple of the median height from which a narrow box covers several rows and is linked to none."""
NARROW = 1.8
"""Ratio of height to width from which a box is narrow. A single character in large print is below."""
WIDE = 2.5
"""Ratio of width to height from which a box's own slope is trusted."""
MAX_BOX_TEXT, MAX_ROW_TEXT = 200, 500
"""Characters of a box and of a row, beyond which text is left out: more is no receipt, and would take time to parse."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a row.

    recognition: its text without spaces around it. x0, x1: horizontal extent along the print in pixels, skew removed.
    height: height of its box in pixels.
    """

    recognition: Recognition
    x0: float
    x1: float
    height: float

    @property
    def text(self) -> str:
        """Text after the second opinion."""
        return self.recognition.text

    @property
    def raw(self) -> str:
        """Text as recognised."""
        return self.recognition.raw


@dataclass(frozen=True)
class Row:
    """A printed line: its cells from left to right and its box (x0, y0, x1, y1) in pixels of the full-size image."""

    cells: tuple[Cell, ...]
    box: tuple[int, int, int, int]
    height: float

    @cached_property
    def text(self) -> str:
        """The texts of the cells, joined by spaces."""
        return " ".join(cell.text for cell in self.cells)

    @cached_property
    def raw(self) -> str:
        """The raw texts of the cells, joined by spaces."""
        return " ".join(cell.raw for cell in self.cells)

    @property
    def confidence(self) -> float:
        """Mean over characters, 0 to 1."""
        weights = [len(cell.text) for cell in self.cells]
        return float(np.average([cell.recognition.confidence for cell in self.cells], weights=weights))


def group(boxes: Sequence[TextBox]) -> list[Row]:
    """Rows from top to bottom. Every box with text is in exactly one row, unless that is too long.

    Runs of spaces in texts become one, and long texts are cut, so that what follows need not expect them.
    """
    # Sorted so that rounding does not depend on the order of detection.
    boxes = sorted((box for box in boxes if box.text.strip()), key=lambda box: (*box.quad.ravel().tolist(), box.text))
    if not boxes:
        return []
    quads = np.stack([box.quad for box in boxes]).astype(np.float64)
    layout = _Layout.of(quads)
    chains = _chains(layout)
    # Top to bottom along the vertical of the print, not of the image.
    chains.sort(key=lambda chain: float(layout.level[chain].mean()))
    ends = np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1).tolist()
    heights = layout.height.tolist()
    extents = [*zip((layout.along - layout.half).tolist(), (layout.along + layout.half).tolist(), strict=True)]
    rows = []
    for chain in map(partial(_cut, boxes), chains):
        cells = tuple(_cell(boxes[i].recognition, *extents[i], heights[i]) for i in chain)
        x0, y0, x1, y1 = zip(*(ends[i] for i in chain), strict=True)
        box = (int(min(x0)), int(min(y0)), ceil(max(x1)), ceil(max(y1)))
        rows.append(Row(cells=cells, box=box, height=median(heights[i] for i in chain)))
    return rows


def _cut(boxes: Sequence[TextBox], chain: list[int]) -> list[int]:
    """The boxes of a row that fit into its maximum length."""
    ends = accumulate(len(_tidy(boxes[i].text)) + 1 for i in chain)
    return [i for i, end in zip(chain, ends, strict=True) if end <= MAX_ROW_TEXT]


def _cell(recognition: Recognition, x0: float, x1: float, height: float) -> Cell:
    text, raw = _tidy(recognition.text), _tidy(recognition.raw)
    if (text, raw) != (recognition.text, recognition.raw):
        recognition = replace(recognition, text=text, raw=raw)
    return Cell(recognition, x0, x1, height)


def _tidy(text: str) -> str:
    return " ".join(text.split())[:MAX_BOX_TEXT].rstrip()


@dataclass(frozen=True, slots=True)
class _Layout:
    """Per box: centre (n x 2), half width, height, slope of the print, and position along and across it."""

    centre: NDArray[np.float64]
    half: NDArray[np.float64]
    height: NDArray[np.float64]
    slope: NDArray[np.float64]
    along: NDArray[np.float64]
    level: NDArray[np.float64]

    @classmethod
    def of(cls, quads: NDArray[np.float64]) -> "_Layout":
        centre = quads.mean(axis=1)
        across = (quads[:, 1] + quads[:, 2] - quads[:, 0] - quads[:, 3]) / 2
        down = (quads[:, 2] + quads[:, 3] - quads[:, 0] - quads[:, 1]) / 2
        width, height = np.linalg.norm(across, axis=1), np.maximum(np.linalg.norm(down, axis=1), 1.0)
        slope = _slopes(centre, across, width, height)
        tilt = float(np.median(slope))
        cos, sin = 1 / np.hypot(1, tilt), tilt / np.hypot(1, tilt)
        return cls(
            centre=centre,
            half=width / 2,
            height=height,
            slope=slope,
            along=centre[:, 0] * cos + centre[:, 1] * sin,
            level=centre[:, 1] * cos - centre[:, 0] * sin,
        )


def _slopes(
    centre: NDArray[np.float64],
    across: NDArray[np.float64],
    width: NDArray[np.float64],
    height: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Slope dy/dx of the print at each box: a robust plane through the slopes of the wide boxes."""
    wide = (width > WIDE * height) & (np.abs(across[:, 0]) > 1)
    if not wide.any():
        return np.zeros(len(centre))
    own = across[wide, 1] / across[wide, 0]
    weight = width[wide]
    middle = float(np.median(own))
    if wide.sum() < 8:
        return np.full(len(centre), middle)
    design = np.column_stack([np.ones(wide.sum()), centre[wide] - centre[wide].mean(axis=0)])
    plane = np.array([middle, 0.0, 0.0])
    for _ in range(3):  # reweighting: a few badly fitted boxes must not tilt the plane
        residual = np.abs(own - design @ plane)
        trust = weight / (1 + (residual / 0.02) ** 2)
        ridge = np.diag([0.0, 1.0, 1.0]) * trust.sum() * 10.0
        plane = np.linalg.solve(design.T @ (design * trust[:, None]) + ridge, design.T @ (own * trust))
    everywhere = np.column_stack([np.ones(len(centre)), centre - centre[wide].mean(axis=0)])
    return np.asarray(everywhere @ plane, dtype=np.float64)


def _chains(layout: _Layout) -> list[list[int]]:
    """Indices of the boxes of each row, left to right."""
    cost = _link_costs(layout)
    right = {i: int(np.argmin(cost[i])) for i in range(len(cost)) if np.isfinite(cost[i]).any()}
    left = {j: int(np.argmin(cost[:, j])) for j in range(len(cost)) if np.isfinite(cost[:, j]).any()}
    follows = {i: j for i, j in right.items() if left[j] == i}
    heads = set(range(len(cost))) - set(follows.values())
    chains = []
    for head in heads:
        chain = [head]
        while chain[-1] in follows:
            chain.append(follows[chain[-1]])
        chains.append(chain)
    return chains


def _link_costs(layout: _Layout) -> NDArray[np.float64]:
    """cost[i, j]: cost of box j being the right neighbour of box i in a row; infinite where impossible."""
    dx = layout.centre[None, :, 0] - layout.centre[:, None, 0]
    dy = layout.centre[None, :, 1] - layout.centre[:, None, 1]
    slope = (layout.slope[None, :] + layout.slope[:, None]) / 2
    height = np.minimum(layout.height[None, :], layout.height[:, None])
    off = np.abs(dy - slope * dx) / height
    ahead = layout.along[None, :] - layout.along[:, None]
    gap = ahead - layout.half[None, :] - layout.half[:, None]
    narrow = 2 * np.minimum(layout.half[None, :], layout.half[:, None])
    tall = (layout.height > TALL * np.median(layout.height)) & (layout.height > NARROW * 2 * layout.half)
    possible = (
        (ahead > 0)
        & (gap > -MAX_OVERLAP * np.maximum(narrow, height))
        & (off < MAX_OFFSET)
        & ~(tall[None, :] | tall[:, None])
    )
    # Distance to the right plus distance from the line.
    return np.where(possible, np.maximum(gap, 0) / height + 4 * off, np.inf)
