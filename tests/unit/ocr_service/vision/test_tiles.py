"""Tall images in tiles: wherever the seams are, every line is found once and whole."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ocr_service.errors import TooLarge
from ocr_service.vision import tiles
from ocr_service.vision.detector import detect_coarse_to_fine
from ocr_service.vision.tiles import MOST_BOXES, check_text, detect_in_tiles, split

Patch = tuple[int, int, int, int]


def dark_patches(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A detector that takes dark patches for text, also those that the image cuts."""
    contours, _ = cv2.findContours((pixels[..., 0] < 128).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(contour) for contour in contours]
    return np.array(
        [[[x, y], [x + w, y], [x + w, y + h], [x, y + h]] for x, y, w, h in boxes], dtype=np.float32
    ).reshape(-1, 4, 2)


def page(width: int, height: int, patches: list[Patch]) -> NDArray[np.uint8]:
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    for x, y, w, h in patches:
        pixels[y : y + h, x : x + w] = 0
    return pixels


def bounds(quads: NDArray[np.float32]) -> list[list[float]]:
    return sorted([*quad.min(axis=0).tolist(), *quad.max(axis=0).tolist()] for quad in quads)


@st.composite
def lines(draw: st.DrawFn) -> tuple[int, list[Patch]]:
    """Lines of text of one or two words below each other, at any distance; and the height of the page."""
    patches, y = [], draw(st.integers(0, 200))
    for _ in range(draw(st.integers(1, 30))):
        height = draw(st.integers(6, 40))
        patches.append((5, y, draw(st.integers(20, 80)), height))
        if draw(st.booleans()):
            patches.append((100, y + draw(st.integers(0, 3)), 40, height))
        y += height + draw(st.integers(4, 120))
    return y + draw(st.integers(0, 100)), patches


@given(lines(), st.integers(60, 400))
def test_any_seams_give_the_boxes_of_the_whole_image(drawn: tuple[int, list[Patch]], tile_height: int) -> None:
    height, patches = drawn
    image = page(160, height, patches)
    assert bounds(detect_in_tiles(image, split(height, tile_height, 50), dark_patches)) == bounds(dark_patches(image))


def figures(rows: int) -> NDArray[np.uint8]:
    """A page of patches side by side, 20 per row of 10 pixels."""
    return page(400, 10 * rows, [(20 * x, 10 * y, 15, 6) for x in range(20) for y in range(rows)])


def test_only_boxes_that_are_near_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with all others would be two million pairs, and minutes for an image full of figures."""
    compared = 0

    def counting(first: NDArray[np.float32], second: NDArray[np.float32], margin: float) -> bool:
        nonlocal compared
        compared += 1
        return are_same(first, second, margin)

    are_same = tiles._are_same
    monkeypatch.setattr(tiles, "_are_same", counting)
    image = figures(90)
    assert bounds(detect_in_tiles(image, split(900, 120, 40), dark_patches)) == bounds(dark_patches(image))
    assert compared < 5 * 20 * 90


def test_a_photo_full_of_figures_is_refused() -> None:
    """Before its boxes are compared and read."""
    seen: list[int] = []

    def detect(part: NDArray[np.uint8]) -> NDArray[np.float32]:
        seen.append(1)
        return dark_patches(part)

    with pytest.raises(TooLarge, match="more text"):
        detect_in_tiles(figures(600), split(6000, 500, 100), detect)
    assert len(seen) < 6


def quads(number: int, width: float, height: float) -> NDArray[np.float32]:
    return np.array([[[0, 0], [width, 0], [width, height], [0, height]]] * number, dtype=np.float32).reshape(-1, 4, 2)


def test_so_much_text_is_refused_that_reading_it_takes_long() -> None:
    """By its length, whatever its size in pixels is, and in whichever direction it runs."""
    for size in ((40, 20), (4, 2), (20, 40)):
        check_text([quads(MOST_BOXES - 1, *size), quads(1, *size), quads(0, 1, 1)])
        with pytest.raises(TooLarge, match="more text"):
            check_text([quads(MOST_BOXES, *size), quads(1, *size)])
    for size in ((1000, 20), (100, 2), (20, 1000)):
        check_text([quads(199, *size)])
        with pytest.raises(TooLarge, match="more text"):
            check_text([quads(199, *size), quads(2, *size)])


@given(st.integers(1, 20_000), st.integers(1, 3000), st.integers(0, 500))
def test_tiles_cover_the_image_and_overlap(height: int, tile_height: int, overlap: int) -> None:
    tiles = split(height, tile_height, overlap)
    assert (tiles[0].top, tiles[-1].bottom) == (0, height)
    for above, below in pairwise(tiles):
        assert above.bottom - below.top >= overlap
        assert above.top < below.top
    assert all(tile.bottom - tile.top <= max(tile_height, overlap + 1) for tile in tiles)


def test_a_box_cut_in_every_tile_is_still_there() -> None:
    image = page(100, 1000, [(40, 100, 30, 800)])
    quads = detect_in_tiles(image, split(1000, 300, 50), dark_patches)
    assert quads[..., 1].min() == 100
    assert quads[..., 1].max() == 900


def test_lines_tilted_across_a_seam_are_neither_lost_nor_doubled() -> None:
    tilted = page(1000, 3000, [])
    for y in range(60, 2900, 70):
        corners = np.array([[50, y], [950, y + 50], [950, y + 80], [50, y + 30]])
        cv2.fillPoly(tilted, [corners], (0, 0, 0))

    def detect(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        contours, _ = cv2.findContours(
            (pixels[..., 0] < 128).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        return np.array([cv2.boxPoints(cv2.minAreaRect(contour)) for contour in contours], dtype=np.float32)

    whole = detect(tilted)
    for tile_height in range(500, 1500, 37):
        assert len(detect_in_tiles(tilted, split(3000, tile_height, 200), detect)) == len(whole)


LINES = [(100, 200 + 90 * row, 500, 36) for row in range(95)]


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 400))
def test_a_tall_image_is_read_at_the_scale_of_its_text(shift: int) -> None:
    image = page(1080, 9200, [(x, y + shift, w, h) for x, y, w, h in LINES])
    shapes: list[tuple[int, ...]] = []

    def fine(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        shapes.append(pixels.shape)
        return dark_patches(pixels)

    detection = detect_coarse_to_fine(image, dark_patches, fine, 1_300_000)
    (quads,) = detection.papers
    assert detection.turned == 0
    assert len(quads) == len(LINES)
    assert all(height * width <= 1_310_000 for height, width, _ in shapes)
    assert all(1000 < width < 1300 for _, width, _ in shapes)


@pytest.mark.parametrize("lying", [False, True])
def test_a_tall_image_on_its_side(lying: bool) -> None:
    """Lines along the shorter side are tiled after turning; lines along the longer side are seen at once."""
    image = page(1080, 5000, LINES[:50])
    if lying:
        image = np.ascontiguousarray(np.rot90(image))
    detection = detect_coarse_to_fine(image, dark_patches, dark_patches, 1_300_000)
    assert detection.pixels.shape[:2] == (5000, 1080)
    assert sum(len(paper) for paper in detection.papers) == 50
