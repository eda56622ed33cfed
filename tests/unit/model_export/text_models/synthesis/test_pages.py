import math
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model_export.text_models import charset
from model_export.text_models.recognition.line_crops import LineCropper, scaled_crop
from model_export.text_models.synthesis.fonts import DOTS, Face, cells
from model_export.text_models.synthesis.layouts import WIDE_GAP, Layout, Print, pieces
from model_export.text_models.synthesis.pages import PageRenderer
from model_export.text_models.synthesis.receipt_text import TextGenerator
from model_export.text_models.synthesis.single_lines import HEIGHT
from model_export.text_models.synthesis.text_kernels import MARGIN, kernels
from ocr_service.vision.quads import crop, unclip
from tests.support.font_set import SingleFace, outline


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Face:
    font = outline(tmp_path_factory.mktemp("fonts"))
    return Face(font, font, font, height=DOTS, threshold=110, grid=True)


def renderer(face: Face, seed: int) -> PageRenderer:
    rng = random.Random(seed)
    return PageRenderer(SingleFace(face), TextGenerator(rng), rng, np.random.default_rng(seed))  # type: ignore[arg-type]


@given(st.integers(0, 10_000), st.sampled_from([32, 42, 48]))
@settings(max_examples=60, deadline=None)
def test_prints_of_a_row_fit_and_leave_paper_between_them(seed: int, width: int) -> None:
    rows = Layout(TextGenerator(random.Random(seed)), width).receipt()
    assert len(rows) >= 5
    for row in rows:
        end = -1
        for each in row:
            assert each.column > end or end == -1
            assert charset.readable(each.text)
            end = each.column + cells(each.text) * each.wide
            assert end <= width


@given(st.lists(st.text("가나1,-) ", min_size=1, max_size=8).filter(lambda t: t == t.strip() and "   " not in t)))
def test_a_print_is_split_at_wide_gaps_only(texts: list[str]) -> None:
    parts = list(pieces(Print((" " * WIDE_GAP).join(texts), 0)))
    assert [text for text, _ in parts] == texts
    line = "".join("##" if not c.isascii() else c for c in (" " * WIDE_GAP).join(texts))
    for text, offset in parts:
        assert line[offset:].startswith("".join("##" if not c.isascii() else c for c in text))


@pytest.mark.parametrize("seed", range(4))
def test_every_text_of_a_page_has_ink_in_its_quad(face: Face, seed: int) -> None:
    page = renderer(face, seed).page(cell=30)
    assert page.texts
    assert len(page.texts) == len(page.rows) == len(page.quads)
    assert page.rows == sorted(page.rows)
    grey = cv2.cvtColor(page.image, cv2.COLOR_BGR2GRAY).astype(int)
    contrasts = []
    for quad in page.quads:
        mask = np.zeros(grey.shape, np.uint8)
        cv2.fillPoly(mask, [quad.round().astype(np.int32)], 1)
        inside = grey[mask > 0]
        contrasts.append(np.percentile(inside, 95) - np.percentile(inside, 5))
    assert np.median(contrasts) > 20


def test_the_same_seed_draws_the_same_page(face: Face) -> None:
    first, second = renderer(face, 5).page(), renderer(face, 5).page()
    assert first.texts == second.texts
    assert np.array_equal(first.image, second.image)


def box(width: float, height: float) -> NDArray[np.float32]:
    return np.array([[9, 9], [9 + width, 9], [9 + width, 9 + height], [9, 9 + height]], np.float32)


def expanded(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """The box that PaddleOCR's decoder makes of a kernel: its edges move outwards by 1.5 times area over perimeter."""
    a, b = (float(np.ptp(kernel[:, axis])) for axis in (0, 1))
    reach = 1.5 * a * b / (2 * (a + b))
    outwards = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
    return np.asarray(kernel + np.float32(reach) * outwards)


@pytest.mark.parametrize(("width", "height"), [(33, 30), (90, 30), (600, 30), (80, 60)])
def test_the_box_of_a_kernel_is_the_box_of_its_text_with_a_margin(width: int, height: int) -> None:
    kernel = kernels(box(width, height)[None])[0]
    unclipped = unclip(expanded(kernel)[None])[0]
    assert np.ptp(unclipped[:, 1]) == pytest.approx(height * (1 + MARGIN), rel=0.02)
    assert np.ptp(unclipped[:, 0]) == pytest.approx(width + MARGIN * height, rel=0.02)


def test_the_box_of_a_single_digit_holds_it_whole() -> None:
    unclipped = unclip(expanded(kernels(box(15, 30)[None])[0])[None])[0]
    assert unclipped[0, 0] < 9
    assert unclipped[0, 1] < 9
    assert unclipped[2, 0] > 24
    assert unclipped[2, 1] > 39


def test_kernels_of_rows_printed_without_a_gap_do_not_touch() -> None:
    for width in (15, 300):
        above = box(width, 30)
        first, second = kernels(np.stack([above, above + np.array([0, 30], np.float32)]))
        assert first[:, 1].max() + 5 < second[:, 1].min()


def test_line_crops_have_the_height_and_width_that_recognition_needs(face: Face) -> None:
    lines = LineCropper(renderer(face, 3)).lines()
    for _ in range(60):
        image, text = next(lines)
        assert image.shape[0] == HEIGHT
        assert image.dtype == np.uint8
        assert image.shape[1] // 8 >= len(text)
        assert charset.readable(text)
        assert text == " ".join(text.split())


@given(st.lists(st.floats(-6, 6), min_size=8, max_size=8), st.integers(0, 100))
@settings(deadline=None)
def test_training_crops_lines_as_the_service_does(offsets: list[float], seed: int) -> None:
    """Also boxes whose opposite sides differ, where the longer side decides."""
    page = np.random.default_rng(seed).integers(0, 256, (80, 320, 3), np.uint8)
    quad = np.array([[20, 20], [280, 20], [280, 55], [20, 55]], np.float32) + np.array(offsets, np.float32).reshape(
        4, 2
    )
    served = crop(page, quad)
    height, width = served.shape[:2]
    scaled = scaled_crop(page, quad)
    assert scaled.shape == (HEIGHT, max(8, math.ceil(width * HEIGHT / height)), 3)
    assert np.array_equal(scaled, cv2.resize(served, scaled.shape[1::-1]))


def test_no_text_of_a_receipt_needs_a_character_without_a_class(tmp_path: Path) -> None:
    for seed in range(60):
        for row in Layout(TextGenerator(random.Random(seed))).receipt():
            for each in row:
                charset.encode(each.text)
