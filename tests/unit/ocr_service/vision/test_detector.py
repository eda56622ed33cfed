"""Coarse detection on the whole image, then fine detection on the part with text."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_service.vision.detector import detect_coarse_to_fine

MAX_PIXELS = 400_000


def dark_patches(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A detector that takes dark patches for text."""
    contours, _ = cv2.findContours((pixels[..., 0] < 128).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(contour) for contour in contours]
    return np.array(
        [[[x, y], [x + w, y], [x + w, y + h], [x, y + h]] for x, y, w, h in boxes], dtype=np.float32
    ).reshape(-1, 4, 2)


def sheared_patches(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The same for lines that rise or fall, whose ends are vertical."""
    contours, _ = cv2.findContours((pixels[..., 0] < 128).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    quads = []
    for contour in contours:
        points = contour[:, 0]
        left, right = points[:, 0].min(), points[:, 0].max()
        starts, ends = points[points[:, 0] == left, 1], points[points[:, 0] == right, 1]
        quads.append([[left, starts.min()], [right, ends.min()], [right, ends.max()], [left, starts.max()]])
    return np.array(quads, dtype=np.float32).reshape(-1, 4, 2)


def page(width: int, height: int, patches: list[tuple[int, int, int, int]]) -> NDArray[np.uint8]:
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    for x, y, w, h in patches:
        pixels[y : y + h, x : x + w] = 0
    return pixels


LINES = [(800, 900 + 40 * row, 200, 24) for row in range(12)]


def test_boxes_are_in_pixels_of_the_image() -> None:
    seen: list[tuple[int, ...]] = []

    def detect(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        seen.append(pixels.shape)
        return dark_patches(pixels)

    (quads,) = detect_coarse_to_fine(page(2000, 2000, LINES), detect, detect, MAX_PIXELS).papers
    detected = sorted((quad[0].tolist(), quad[2].tolist()) for quad in quads)
    assert np.allclose(detected, sorted(([x, y], [x + w, y + h]) for x, y, w, h in LINES), atol=2)
    assert seen[0][:2] == (640, 640)
    assert seen[-1][0] * seen[-1][1] <= 1.01 * MAX_PIXELS


def test_stray_text_far_away_is_left_out() -> None:
    image = page(2000, 2000, [*LINES, (20, 20, 60, 24)])
    (quads,) = detect_coarse_to_fine(image, dark_patches, dark_patches, MAX_PIXELS).papers
    assert len(quads) == len(LINES)


@pytest.mark.parametrize("lines", [[], LINES[:1]])
def test_with_hardly_any_text_fine_detection_searches_the_whole_image(lines: list[tuple[int, int, int, int]]) -> None:
    (quads,) = detect_coarse_to_fine(page(2000, 2000, lines), dark_patches, dark_patches, MAX_PIXELS).papers
    assert len(quads) == len(lines)


def test_a_second_paper_of_comparable_size_is_read_separately() -> None:
    beside = [(x - 700, y, w, h) for x, y, w, h in LINES[:8]]
    papers = detect_coarse_to_fine(page(2000, 2000, [*LINES, *beside]), dark_patches, dark_patches, MAX_PIXELS).papers
    assert [len(quads) for quads in papers] == [len(LINES), len(beside)]
    assert (papers[0][..., 0] > 500).all()
    assert (papers[1][..., 0] < 500).all()


NAMES = [(300, 300 + 60 * row, 240 + 20 * (row % 4), 24) for row in range(8)]


@pytest.mark.parametrize("tilt", [-0.06, 0.0, 0.06])
@pytest.mark.parametrize("gap", [260, 700])
@pytest.mark.parametrize("rows", [range(8), range(2, 8), (0, 3, 6)])
def test_amounts_far_to_the_right_of_their_names_are_of_the_same_paper(
    tilt: float, gap: int, rows: Sequence[int]
) -> None:
    amounts = [(600 + gap - 20 * (row % 3), NAMES[row][1], 60 + 20 * (row % 3), 24) for row in rows]
    image = page(1600, 1100, [*NAMES, *amounts])
    shear = np.array([[1, 0, 0], [tilt, 1, -300 * tilt]])
    image = np.asarray(cv2.warpAffine(image, shear, (1600, 1100), borderValue=(255, 255, 255)), np.uint8)
    papers = detect_coarse_to_fine(image, sheared_patches, sheared_patches, MAX_PIXELS).papers
    assert [len(quads) for quads in papers] == [len(NAMES) + len(amounts)]


@pytest.mark.parametrize(
    "others",
    [
        [(1100 - 30 * row, 330 + 60 * row, 120, 24) for row in range(7)],  # their ends are not at one line
        [(1100, 330 + 60 * row, 60, 24) for row in range(7)],  # between the rows
        [(1000 + 60 * place, 300, 80, 24) for place in range(3)],  # in one row
    ],
)
def test_what_is_no_column_of_the_names_is_left_out(others: list[tuple[int, int, int, int]]) -> None:
    others = [(x, y, w // 2, h) for x, y, w, h in others]
    image = page(1600, 1100, [*NAMES, *others])
    papers = detect_coarse_to_fine(image, dark_patches, dark_patches, MAX_PIXELS).papers
    assert [len(quads) for quads in papers] == [len(NAMES)]


def test_a_paper_with_its_amounts_may_be_the_largest() -> None:
    names = [(x - 200, y, 240, h) for x, y, _, h in NAMES[:5]]
    amounts = [(700, y, 120, h) for _, y, _, h in names]
    below = [(x, y + 900, w, h) for x, y, w, h in NAMES[:6]]
    image = page(1600, 1700, [*names, *amounts, *below])
    papers = detect_coarse_to_fine(image, dark_patches, dark_patches, MAX_PIXELS).papers
    assert [len(quads) for quads in papers] == [len(names) + len(amounts), len(below)]


def test_vertical_lines_are_turned_before_fine_detection() -> None:
    vertical = [(y, x, h, w) for x, y, w, h in LINES]
    seen: list[tuple[int, ...]] = []

    def fine(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        seen.append(pixels.shape)
        return dark_patches(pixels)

    detection = detect_coarse_to_fine(page(2000, 1500, vertical), dark_patches, fine, MAX_PIXELS)
    assert detection.turned == 90
    assert detection.pixels.shape[:2] == (2000, 1500)
    (quads,) = detection.papers
    assert len(quads) == len(LINES)
    assert all(np.ptp(quad[:, 0]) > 2 * np.ptp(quad[:, 1]) for quad in quads)
