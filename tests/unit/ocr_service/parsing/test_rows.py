"""Boxes to rows at any angle and bend of the paper."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ocr_service.boxes import TextBox
from ocr_service.parsing.rows import MAX_BOX_TEXT, MAX_ROW_TEXT, group
from ocr_service.vision.quads import is_sideways, turn_quads
from tests.support.printing import text_box

COLUMNS = ((0, 320), (380, 90), (500, 20), (560, 110))
"""Left edge and width in pixels: name, unit price, quantity, amount."""
PITCH, HEIGHT = 34.0, 26.0


def table(rows: int) -> list[tuple[str, np.ndarray]]:
    return [
        (
            f"{row}.{column}",
            np.array(
                [
                    [x, y],
                    [x + width, y],
                    [x + width, y + HEIGHT],
                    [x, y + HEIGHT],
                ]
            ),
        )
        for row in range(rows)
        for column, (x, width) in enumerate(COLUMNS)
        for y in [row * PITCH]
    ]


def shot(
    boxes: list[tuple[str, np.ndarray]], degrees: float, keystone: float, bend: float, shuffle: random.Random
) -> list[TextBox]:
    """The table photographed: turned by `degrees`, the far end narrower by `keystone`, bent by `bend` pixels."""
    points = np.stack([quad for _, quad in boxes])
    x, y = points[..., 0], points[..., 1]
    depth = y.max() + 1
    y = y + bend * np.cos(np.pi * x / 670)
    x = 335 + (x - 335) * (1 - keystone * y / depth)
    y = y * (1 + keystone * (x - 335) / 4000)
    angle = np.deg2rad(degrees)
    turned = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=-1)
    found = [text_box(text, quad, 0.9) for (text, _), quad in zip(boxes, turned + 500, strict=True)]
    shuffle.shuffle(found)
    return found


@given(
    rows=st.integers(1, 40),
    degrees=st.floats(-18, 18),
    keystone=st.floats(0, 0.12),
    bend=st.floats(-9, 9),
    shuffle=st.randoms(use_true_random=False),
)
def test_every_row_is_complete_and_in_order(
    rows: int, degrees: float, keystone: float, bend: float, shuffle: random.Random
) -> None:
    found = group(shot(table(rows), degrees, keystone, bend, shuffle))
    assert [row.text for row in found] == [f"{row}.0 {row}.1 {row}.2 {row}.3" for row in range(rows)]


def test_a_single_digit_whose_box_overlaps_its_neighbour_is_in_the_row() -> None:
    spans = {"콩나물": (0, 200), "1,500": (230, 300), "2": (294, 312), "3,000": (340, 420)}
    boxes = [
        text_box(f"{text}{row}", np.array([[x0, y], [x1, y], [x1, y + HEIGHT], [x0, y + HEIGHT]]), 0.9)
        for row in range(3)
        for text, (x0, x1) in spans.items()
        for y in [row * PITCH]
    ]
    assert [row.text for row in group(boxes)] == [" ".join(f"{text}{row}" for text in spans) for row in range(3)]


@given(
    boxes=st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(1, 400), st.integers(1, 80)), max_size=30
    )
)
def test_every_box_is_in_exactly_one_row(boxes: list[tuple[int, int, int, int]]) -> None:
    found = group(
        [
            text_box(str(i), np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]), 0.5)
            for i, (x, y, w, h) in enumerate(boxes)
        ]
    )
    assert sorted(int(cell.text) for row in found for cell in row.cells) == list(range(len(boxes)))


def test_row_box_and_confidence() -> None:
    quads = [np.array([[x, 10], [x + 40, 12], [x + 40, 32], [x, 30]], dtype=np.float32) for x in (0, 100)]
    (row,) = group([text_box("가나다", quads[0], 0.6), text_box("1", quads[1], 1.0)])
    assert row.box == (0, 10, 140, 32)
    assert round(row.confidence, 3) == 0.7


@given(degrees=st.sampled_from([0, 90, 180, 270]))
def test_turning_boxes_back_restores_them(degrees: int) -> None:
    quads = np.stack([quad for _, quad in table(5)]).astype(np.float32)
    size = (700, 200)
    there = turn_quads(quads, degrees, size)
    turned_size = size if degrees in (0, 180) else (size[1], size[0])
    assert np.allclose(turn_quads(there, (360 - degrees) % 360, turned_size), quads)
    assert is_sideways(there) is (degrees in (90, 270))
    # Corners are still clockwise from the top left.
    if degrees:
        assert (there[:, 0] <= there[:, 2]).all()


@given(
    words=st.lists(st.text("가x1-[(= ,", min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=60),
    gap=st.sampled_from([" ", "   ", "\t", " " * 5000, "\u3000 ", "\n"]),
)
def test_texts_are_tidied_and_cut_before_they_are_parsed(words: list[str], gap: str) -> None:
    """Patterns may then take a runaway time on no text that an image can contain."""
    quad = np.array([[0, 0], [900, 0], [900, HEIGHT], [0, HEIGHT]])
    (row,) = group([text_box(gap.join(words), quad)])
    for text in (row.text, row.raw):
        assert text == " ".join(" ".join(words).split())[:MAX_BOX_TEXT].rstrip()


@given(lengths=st.lists(st.integers(1, 2 * MAX_BOX_TEXT), min_size=1, max_size=60))
def test_rows_of_many_boxes_are_cut(lengths: list[int]) -> None:
    boxes = [
        text_box("가" * length, np.array([[x, 0], [x + 80, 0], [x + 80, HEIGHT], [x, HEIGHT]]))
        for x, length in zip(range(0, 9000, 100), lengths, strict=False)
    ]
    (row,) = group(boxes)
    assert len(row.text) <= MAX_ROW_TEXT
    assert len(row.cells) == len(boxes) or len(row.text) > MAX_ROW_TEXT - MAX_BOX_TEXT - 1
