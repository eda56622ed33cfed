"""Where the text is: coarse detection on the whole image, then fine detection on the part that has text.

A receipt often fills a small part of a photo. Two passes find single digits that one pass over the scaled-down photo
misses, and cost less than one pass at full size. They use different models: the published one finds text of any kind,
size and direction; ours, fine-tuned on receipts, separates closely spaced lines and expects horizontal text.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_service.vision.quads import is_sideways, turn_quads
from ocr_service.vision.tiles import detect_in_tiles, split

COARSE_SIDE = 640
"""Longest side in pixels of the image for coarse detection."""
TEXT_HEIGHT = 38.0
"""Height in pixels to which the median text box is scaled for fine detection."""
MAX_ENLARGEMENT = 2.0
SAME_PAPER_GAP = 8.0
"""Boxes closer than this many text heights belong to the same paper."""
MIN_COLUMN = 3
"""Boxes of a column of amounts."""
SAME_EDGE = 0.5
"""How far, in text heights, amounts of a column may end from the line at which they all end."""
SAME_ROW = 0.6
"""How far, in text heights, amounts may be above or below the level of their names."""
MAX_ZOOMS = 5
"""Maximum number of coarse passes after the first."""
ZOOM_BELOW = 0.75
"""Share of the searched area below which the surroundings of the text in it are searched again, enlarged."""
COMPARABLE_PAPER = 0.3
"""Text area of another paper, as a share of the largest paper's, from which it is read too."""
MIN_BOXES = 4
"""With fewer boxes, coarse detection does not show where the receipt is."""
TALL = 2.5
"""Ratio of the longer to the shorter side from which an image is too tall to be seen at once."""
MIN_TALL_SIDE = 3072
"""Longer side in pixels up to which tall images are seen at once nevertheless."""
COARSE_TILE = 1.5
"""Height of the tiles for coarse detection as a multiple of the image's width."""
TILE_OVERLAP = 6.0
"""Overlap of tiles in text heights. Text higher than that may be cut, but is not receipt text."""

Detect = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Finds text boxes, n x 4 x 2, in an image at its own size."""


@dataclass(frozen=True, slots=True)
class Detection:
    """The text boxes of an image.

    pixels: the image, rotated clockwise by `turned` (0 or 90) degrees so that lines are horizontal; may be upside down.
    papers: the boxes of each paper in `pixels`, n x 4 x 2 each, largest paper first; at least one array, maybe empty.
    """

    pixels: NDArray[np.uint8]
    turned: int
    papers: list[NDArray[np.float32]]


def detect_coarse_to_fine(pixels: NDArray[np.uint8], coarse: Detect, fine: Detect, max_pixels: int) -> Detection:
    """The text of every paper whose size is comparable to the largest one's.

    `fine` never receives an image of more than `max_pixels`. An image much longer than wide is one paper.
    """
    if is_tall(pixels.shape):
        return _detect_tall(pixels, coarse, fine, max_pixels)
    return _detect_papers(pixels, coarse, fine, max_pixels)


def is_tall(shape: tuple[int, ...]) -> bool:
    """Whether an image of `shape` (height and width first) is read in tiles. It may be on its side."""
    return max(shape[:2]) > max(MIN_TALL_SIDE, TALL * min(shape[:2]))


def _detect_tall(pixels: NDArray[np.uint8], coarse: Detect, fine: Detect, max_pixels: int) -> Detection:
    lying = pixels.shape[1] > pixels.shape[0]
    upright = np.ascontiguousarray(np.rot90(pixels, k=-1)) if lying else pixels
    height, width = upright.shape[:2]
    tile_height = round(COARSE_TILE * width)
    tiles = split(height, tile_height, tile_height // 4)
    quads = detect_in_tiles(upright, tiles, lambda part: _detect_scaled_down(part, coarse))
    if is_sideways(quads):  # lines along the longer side cannot be cut into tiles
        return _detect_papers(pixels, coarse, fine, max_pixels)
    text_height = float(np.median(_text_heights(quads))) if len(quads) else TEXT_HEIGHT
    # A tile is at least as high as wide.
    scale = min(MAX_ENLARGEMENT, TEXT_HEIGHT / text_height, math.sqrt(max_pixels) / width)
    tiles = split(height, int(max_pixels / (scale * scale * width)), round(TILE_OVERLAP * text_height))
    boxes = detect_in_tiles(
        upright, tiles, lambda part: _at_scale(part, fine, _limit_scale(part.shape, max_pixels, scale))
    )
    return Detection(upright, 90 if lying else 0, [boxes])


def _detect_papers(pixels: NDArray[np.uint8], coarse: Detect, fine: Detect, max_pixels: int) -> Detection:
    quads = _locate(pixels, coarse)
    turned = 90 if is_sideways(quads) else 0
    if turned:
        quads = turn_quads(quads, turned, (pixels.shape[1], pixels.shape[0]))
        pixels = np.ascontiguousarray(np.rot90(pixels, k=-1))
    if len(quads) < MIN_BOXES:
        return Detection(pixels, turned, [_at_scale(pixels, fine, _limit_scale(pixels.shape, max_pixels, 1.0))])
    papers = []
    for paper in _papers(quads, pixels.shape):
        part = pixels[paper.y0 : paper.y1, paper.x0 : paper.x1]
        scale = _limit_scale(part.shape, max_pixels, min(MAX_ENLARGEMENT, TEXT_HEIGHT / paper.text_height))
        papers.append(_at_scale(part, fine, scale) + np.array([paper.x0, paper.y0], dtype=np.float32))
    return Detection(pixels, turned, papers)


def _locate(pixels: NDArray[np.uint8], coarse: Detect) -> NDArray[np.float32]:
    """Boxes of coarse detection.

    In a photo taken from far away it finds only part of the text. It is then repeated around that part, and again
    while the text turns out to continue.
    """
    searched_area = float(pixels.shape[0] * pixels.shape[1])
    quads = _detect_scaled_down(pixels, coarse)
    for _ in range(MAX_ZOOMS):
        if len(quads) == 0:
            break
        x0, y0, x1, y1 = _surroundings(quads, pixels.shape)
        area = float((x1 - x0) * (y1 - y0))
        if ZOOM_BELOW < area / searched_area < 1 / ZOOM_BELOW:
            break
        closer = _detect_scaled_down(pixels[y0:y1, x0:x1], coarse) + np.array([x0, y0], dtype=np.float32)
        if len(closer) < len(quads):
            break
        searched_area, quads = area, closer
    return quads


def _detect_scaled_down(pixels: NDArray[np.uint8], coarse: Detect) -> NDArray[np.float32]:
    return _at_scale(pixels, coarse, min(1.0, COARSE_SIDE / max(pixels.shape[:2])))


def _surroundings(quads: NDArray[np.float32], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Bounds of all boxes plus half of their longer side on every side, within the image."""
    low, high = quads.min(axis=(0, 1)), quads.max(axis=(0, 1))
    margin = float((high - low).max()) / 2
    (x0, y0), (x1, y1) = low - margin, high + margin
    return max(0, int(x0)), max(0, int(y0)), min(shape[1], int(x1) + 1), min(shape[0], int(y1) + 1)


def _at_scale(pixels: NDArray[np.uint8], detect: Detect, scale: float) -> NDArray[np.float32]:
    """Boxes in `pixels`, found in the image scaled by `scale`."""
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    scaled = np.asarray(cv2.resize(pixels, size, interpolation=interpolation), dtype=np.uint8)
    stretch = np.array([size[0] / pixels.shape[1], size[1] / pixels.shape[0]], dtype=np.float32)
    return np.asarray(detect(scaled) / stretch, dtype=np.float32)


def _limit_scale(shape: tuple[int, ...], max_pixels: int, scale: float) -> float:
    """`scale`, or the largest scale that yields at most `max_pixels`."""
    return float(min(scale, math.sqrt(max_pixels / (shape[0] * shape[1]))))


def _text_heights(quads: NDArray[np.float32]) -> NDArray[np.float32]:
    """The shorter side of each box, which is the height of its text even if the image is on its side."""
    sides = np.linalg.norm(quads - np.roll(quads, 1, axis=1), axis=2)
    return np.asarray(np.minimum(sides[:, 0], sides[:, 1]), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Paper:
    """A part of an image; bounds in pixels including a margin, median text height in pixels."""

    x0: int
    y0: int
    x1: int
    y1: int
    text_height: float

    def overlaps(self, other: "_Paper") -> bool:
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1


def _papers(quads: NDArray[np.float32], shape: tuple[int, ...]) -> list[_Paper]:
    """Groups of neighbouring boxes, largest first, without stray text; one group if the bounds of any two overlap."""
    low, high = quads.min(axis=1), quads.max(axis=1)
    areas = np.prod(high - low, axis=1)
    groups = _largest_first(_neighbours(quads), areas)
    groups = _largest_first(_with_columns(groups, quads), areas)
    least = COMPARABLE_PAPER * areas[groups[0]].sum()
    comparable = [group for group in groups if areas[group].sum() > least and group.sum() >= MIN_BOXES]
    papers = [_bounds(quads[group], shape) for group in comparable or groups[:1]]
    if any(paper.overlaps(other) for i, paper in enumerate(papers) for other in papers[:i]):
        return [_bounds(quads[np.logical_or.reduce(comparable)], shape)]
    return papers


def _largest_first(groups: list[NDArray[np.bool_]], areas: NDArray[np.float32]) -> list[NDArray[np.bool_]]:
    """The groups of boxes, by the area that their boxes cover together."""
    return sorted(groups, key=lambda group: -float(areas[group].sum()))


def _with_columns(groups: list[NDArray[np.bool_]], quads: NDArray[np.float32]) -> list[NDArray[np.bool_]]:
    """The groups, with columns of amounts joined to the names that they stand beside, far to the right."""
    joined: list[NDArray[np.bool_]] = []
    for group in groups:
        beside = [index for index, other in enumerate(joined) if _is_column_of(quads[group], quads[other])]
        if beside:
            nearest = max(beside, key=lambda index: float(quads[joined[index]][:, :, 0].max()))
            joined[nearest] = joined[nearest] | group
        else:
            joined.append(group)
    return joined


def _is_column_of(column: NDArray[np.float32], names: NDArray[np.float32]) -> bool:
    """Whether boxes end at one line on the right, to the right of all names and each in the row of one of these."""
    left, right, heights = names.mean(axis=1), column.mean(axis=1), _text_heights(column)
    height = float(np.median(heights))
    apart = column[:, :, 0].min() > names[:, :, 0].max()
    below_each_other = np.ptp(right[:, 1]) > (len(column) - 1) * SAME_ROW * height
    if not apart or not below_each_other or not MIN_COLUMN <= len(column) <= len(names):
        return False
    ends = column[:, 1:3, 0].mean(axis=1)
    straight = np.polyval(np.polyfit(right[:, 1], ends, 1), right[:, 1])
    slope = _slope(np.concatenate([names, column]))
    levels = left[:, 1] + slope * (right[:, None, 0] - left[:, 0])
    off = np.abs(levels - right[:, None, 1]).min(axis=1)
    return bool(np.abs(ends - straight).max() < SAME_EDGE * height and off.max() < SAME_ROW * height)


def _slope(quads: NDArray[np.float32]) -> float:
    """Slope dy/dx of the text, as that of its longest boxes."""
    across = quads[:, 1] - quads[:, 0]
    longest = across[np.argsort(-np.abs(across[:, 0]))[: max(1, len(across) // 2)]]
    return float(np.median(longest[:, 1] / np.maximum(longest[:, 0], 1.0)))


def _neighbours(quads: NDArray[np.float32]) -> list[NDArray[np.bool_]]:
    """A mask over the boxes for each group of boxes that gaps of at most SAME_PAPER_GAP connect."""
    low, high = quads.min(axis=1), quads.max(axis=1)
    gaps = np.maximum(low[:, None] - high[None], low[None] - high[:, None]).max(axis=2)
    near = gaps < SAME_PAPER_GAP * float(np.median(_text_heights(quads)))
    groups = []
    left = np.ones(len(quads), dtype=bool)
    while left.any():
        group = np.zeros(len(quads), dtype=bool)
        added = np.arange(len(quads)) == left.argmax()
        while added.any():
            group |= added
            added = near[added].any(axis=0) & ~group
        left &= ~group
        groups.append(group)
    return groups


def _bounds(quads: NDArray[np.float32], shape: tuple[int, ...]) -> _Paper:
    height = float(np.median(_text_heights(quads)))
    (x0, y0), (x1, y1) = quads.min(axis=(0, 1)) - 2 * height, quads.max(axis=(0, 1)) + 2 * height
    return _Paper(max(0, int(x0)), max(0, int(y0)), min(shape[1], int(x1) + 1), min(shape[0], int(y1) + 1), height)
