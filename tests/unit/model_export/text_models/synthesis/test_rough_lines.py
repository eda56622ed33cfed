import random
from pathlib import Path

import numpy as np
import pytest

from model_export.text_models.synthesis.fonts import DOTS, Face, FontMissingError
from model_export.text_models.synthesis.market_text import MarketText
from model_export.text_models.synthesis.rough_lines import BitmapFace, PrinterFonts, RoughRenderer
from model_export.text_models.synthesis.single_lines import HEIGHT
from tests.support.font_set import SingleFace, outline


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Face:
    font = outline(tmp_path_factory.mktemp("fonts"))
    return Face(font, font, font, height=DOTS, threshold=110, grid=True)


def renderer(face: Face, seed: int) -> RoughRenderer:
    rng = random.Random(seed)
    return RoughRenderer(SingleFace(face), MarketText(rng), rng, np.random.default_rng(seed))  # type: ignore[arg-type]


def test_lines_are_as_high_as_the_recogniser_wants_and_wide_enough_for_ctc(face: Face) -> None:
    source = renderer(face, 3)
    for _ in range(120):
        image, text = source.sample()
        assert image.dtype == np.uint8
        assert image.shape[0] == HEIGHT
        assert image.shape[2] == 3
        assert image.shape[1] // 8 > len(text)


def test_a_seed_gives_the_same_lines(face: Face) -> None:
    runs = [[source.sample() for _ in range(20)] for source in (renderer(face, 5), renderer(face, 5))]
    for (image, text), (again, text_again) in zip(*runs, strict=True):
        assert text == text_again
        assert np.array_equal(image, again)


def test_bitmap_latin_takes_the_place_of_outlines_in_its_half_cells(face: Face) -> None:
    cell = np.zeros((DOTS, DOTS // 2), np.uint8)
    cell[3:20, 4:7] = 255
    small = np.full((16, 8), 255, np.uint8)
    mixed = BitmapFace(face, {"l": cell, "G": small})
    line = mixed.line("lG우")
    assert np.array_equal(line[:, : DOTS // 2], cell)
    assert (line[:, DOTS // 2 : DOTS] == 255).all()
    assert np.array_equal(line[:, DOTS:], face.line("우"))
    assert np.array_equal(mixed.line("8"), face.line("8"))


def test_missing_fonts_are_named_with_the_packages_that_have_them(tmp_path: Path) -> None:
    with pytest.raises(FontMissingError, match=r"apt-get install fonts-nanum"):
        PrinterFonts([tmp_path])
