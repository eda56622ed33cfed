"""What detection trains on. Needs torch, which only the training environment has."""

import random
from pathlib import Path

import numpy as np
import pytest

from model_export.text_models.detection.patches import MAX_WEIGHT, SIDE, PatchCutter
from model_export.text_models.synthesis.fonts import DOTS, Face
from model_export.text_models.synthesis.market_layouts import MarketLayout
from model_export.text_models.synthesis.market_text import MarketText
from model_export.text_models.synthesis.pages import PageRenderer, PageSource
from model_export.text_models.synthesis.screens import ScreenRenderer
from tests.support.font_set import SingleFace, SingleScreenFont, outline


@pytest.fixture(params=["page", "screen"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> PageSource:
    rng, noise, font = random.Random(1), np.random.default_rng(1), outline(tmp_path)
    if request.param == "screen":
        return ScreenRenderer(SingleScreenFont(font.path), MarketText(rng), rng, noise)  # type: ignore[arg-type]
    face = Face(font, font, font, height=DOTS, threshold=110, grid=True)
    return PageRenderer(SingleFace(face), MarketText(rng), rng, noise, MarketLayout)  # type: ignore[arg-type]


def test_patches_have_a_kernel_map_and_weights_of_their_size(source: PageSource) -> None:
    patches = PatchCutter(source).patches()
    covered = []
    for _ in range(12):
        image, kernels, weights = next(patches)
        assert image.shape == (SIDE, SIDE, 3)
        assert kernels.shape == weights.shape == (SIDE, SIDE)
        assert set(np.unique(kernels)) <= {0, 1}
        assert weights.max() <= MAX_WEIGHT
        covered.append(kernels.mean())
    assert 0.005 < np.mean(covered) < 0.5
