import random

import numpy as np
import pytest

from model_export.text_models import charset
from model_export.text_models.synthesis.market_text import MarketText
from model_export.text_models.synthesis.screens import ScreenRenderer
from tests.support.font_set import SingleScreenFont, outline


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> SingleScreenFont:
    return SingleScreenFont(outline(tmp_path_factory.mktemp("fonts")).path)


def renderer(fonts: SingleScreenFont, seed: int) -> ScreenRenderer:
    rng = random.Random(seed)
    return ScreenRenderer(fonts, MarketText(rng), rng, np.random.default_rng(seed))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(6))
def test_every_text_of_a_screen_is_where_its_quad_says(fonts: SingleScreenFont, seed: int) -> None:
    page = renderer(fonts, seed).page(cell=28)
    assert len(page.texts) == len(page.rows) == len(page.quads) > 8
    height, width = page.image.shape[:2]
    for text, quad in zip(page.texts, page.quads, strict=True):
        assert charset.readable(text)
        (x0, y0), (x1, y1) = quad[0], quad[2]
        assert -2 <= x0 < x1 <= width + 2
        assert -2 <= y0 < y1 <= height + 2
        inside = page.image[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : int(x1) + 1]
        assert int(inside.max()) - int(inside.min()) > 30, text


@pytest.mark.parametrize("seed", range(6))
def test_texts_of_a_row_do_not_cover_each_other(fonts: SingleScreenFont, seed: int) -> None:
    page = renderer(fonts, seed).page(cell=24)
    for first, second in zip(range(len(page.rows)), range(1, len(page.rows)), strict=False):
        if page.rows[first] == page.rows[second]:
            assert page.quads[second][0][0] >= page.quads[first][1][0]


def test_a_seed_gives_the_same_screens(fonts: SingleScreenFont) -> None:
    first, second = (renderer(fonts, 5) for _ in range(2))
    for _ in range(3):
        a, b = first.page(), second.page()
        assert a.texts == b.texts
        assert np.array_equal(a.image, b.image)
        assert np.array_equal(a.quads, b.quads)


def test_some_screens_are_dark_and_some_are_light(fonts: SingleScreenFont) -> None:
    source = renderer(fonts, 2)
    levels = [float(np.median(source.page(cell=14).image)) for _ in range(16)]
    assert any(level < 60 for level in levels)
    assert sum(level > 200 for level in levels) > 8
