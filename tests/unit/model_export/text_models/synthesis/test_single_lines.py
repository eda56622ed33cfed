import random
from pathlib import Path

import numpy as np
import pytest

from model_export.text_models.synthesis.fonts import DOTS, SMOOTH, Face, FontMissingError, FontSet, Outline
from model_export.text_models.synthesis.receipt_text import TextGenerator
from model_export.text_models.synthesis.single_lines import HEIGHT, LineRenderer
from tests.support import font_set
from tests.support.font_set import SingleFace


@pytest.fixture(scope="module")
def outline(tmp_path_factory: pytest.TempPathFactory) -> Outline:
    return font_set.outline(tmp_path_factory.mktemp("fonts"))


@pytest.fixture(params=["dots", "smooth", "natural"])
def face(request: pytest.FixtureRequest, outline: Outline) -> Face:
    dots = request.param == "dots"
    return Face(
        hangul=outline,
        latin=outline,
        symbols=outline,
        height=DOTS if dots else SMOOTH,
        threshold=110 if dots else None,
        grid=request.param != "natural",
    )


def test_on_the_grid_hangul_takes_a_square_cell_and_a_digit_half_of_one(outline: Outline) -> None:
    face = Face(outline, outline, outline, height=DOTS, threshold=110, grid=True)
    line = face.line("우유 2,980")
    assert line.shape == (DOTS, 2 * DOTS + 6 * DOTS // 2)
    assert set(np.unique(line)) == {0, 255}


def test_brackets_and_descenders_are_not_cut_off(outline: Outline) -> None:
    face = Face(outline, outline, outline, height=DOTS, threshold=None, grid=True)
    for character in "[](){}gjpqy|$":
        cell = face.line(character)
        inside = cell[1:-1].max()
        assert inside > 0, character
        assert face.latin.reach(character)[1] - face.latin.reach(character)[0] > 0


def test_images_are_as_high_as_the_recogniser_wants_and_wide_enough_for_ctc(face: Face) -> None:
    rng = random.Random(3)
    renderer = LineRenderer(SingleFace(face), TextGenerator(rng), rng, np.random.default_rng(3))
    for _ in range(60):
        image, text = renderer.sample()
        assert image.dtype == np.uint8
        assert image.shape[0] == HEIGHT
        assert image.shape[2] == 3
        assert image.shape[1] // 8 > len(text)
        assert "  " not in text


def test_a_seed_gives_the_same_images(face: Face) -> None:
    runs = []
    for _ in range(2):
        rng = random.Random(5)
        renderer = LineRenderer(SingleFace(face), TextGenerator(rng), rng, np.random.default_rng(5))
        runs.append([renderer.sample() for _ in range(10)])
    for (image, text), (again, text_again) in zip(*runs, strict=True):
        assert text == text_again
        assert np.array_equal(image, again)


def test_missing_fonts_are_named_with_the_packages_that_have_them(tmp_path: Path) -> None:
    with pytest.raises(FontMissingError, match=r"NanumGothic\.ttf.*apt-get install fonts-nanum"):
        FontSet([tmp_path])
