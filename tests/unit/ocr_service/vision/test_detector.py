"""Looking twice: the whole picture first, then the part with text."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_service.vision.detector import look_twice

MAX_PIXELS = 400_000


def dark_patches(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A detector that takes dark patches for text."""
    found, _ = cv2.findContours((pixels[..., 0] < 128).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(contour) for contour in found]
    return np.array(
        [[[x, y], [x + w, y], [x + w, y + h], [x, y + h]] for x, y, w, h in boxes], dtype=np.float32
    ).reshape(-1, 4, 2)


def page(width: int, height: int, patches: list[tuple[int, int, int, int]]) -> NDArray[np.uint8]:
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    for x, y, w, h in patches:
        pixels[y : y + h, x : x + w] = 0
    return pixels


LINES = [(800, 900 + 40 * row, 200, 24) for row in range(12)]


def test_boxes_come_back_in_pixels_of_the_picture() -> None:
    seen: list[tuple[int, ...]] = []

    def detect(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        seen.append(pixels.shape)
        return dark_patches(pixels)

    quads = look_twice(page(2000, 2000, LINES), detect, detect, MAX_PIXELS).quads
    found = sorted((quad[0].tolist(), quad[2].tolist()) for quad in quads)
    wanted = sorted(([x, y], [x + w, y + h]) for x, y, w, h in LINES)
    assert np.allclose(found, wanted, atol=2)
    assert seen[0][:2] == (640, 640)
    assert seen[-1][0] * seen[-1][1] <= 1.01 * MAX_PIXELS


def test_stray_text_far_away_is_not_the_receipt() -> None:
    found = look_twice(page(2000, 2000, [*LINES, (20, 20, 60, 24)]), dark_patches, dark_patches, MAX_PIXELS)
    assert len(found.quads) == len(LINES)


@pytest.mark.parametrize("lines", [[], LINES[:1]])
def test_with_hardly_any_text_the_whole_picture_is_looked_at_again(lines: list[tuple[int, int, int, int]]) -> None:
    assert len(look_twice(page(2000, 2000, lines), dark_patches, dark_patches, MAX_PIXELS).quads) == len(lines)


def test_a_second_paper_of_like_size_is_looked_at_too_and_told_apart() -> None:
    beside = [(x - 700, y, w, h) for x, y, w, h in LINES[:8]]
    found = look_twice(page(2000, 2000, [*LINES, *beside]), dark_patches, dark_patches, MAX_PIXELS)
    assert sorted(found.papers.tolist()) == [0] * len(LINES) + [1] * len(beside)
    assert all((quad[:, 0].min() > 500) == (paper == 0) for quad, paper in zip(found.quads, found.papers, strict=True))


def test_standing_rows_are_laid_before_the_close_look() -> None:
    standing = [(y, x, h, w) for x, y, w, h in LINES]
    seen: list[tuple[int, ...]] = []

    def close(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        seen.append(pixels.shape)
        return dark_patches(pixels)

    found = look_twice(page(2000, 1500, standing), dark_patches, close, MAX_PIXELS)
    assert found.turned == 90
    assert found.pixels.shape[:2] == (2000, 1500)
    assert len(found.quads) == len(LINES)
    assert all(np.ptp(quad[:, 0]) > 2 * np.ptp(quad[:, 1]) for quad in found.quads)
