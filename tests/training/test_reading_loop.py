"""The recogniser learns a typeface from crops of its receipts, and is released, served under load and rolled back.

On real servers, so it needs the packages of the whole repository beside torch, and the fonts. It takes ten minutes on
two idle cores.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from model_export.registry import RECOGNISER, Registry
from model_export.release.publish import rollback
from model_export.release.store import PublishingStore
from model_export.retrain import approval, state
from model_export.retrain.reading.job import Fonts, ReadingJob, as_markdown
from model_export.retrain.reading.settings import Rules, Settings
from model_export.text_models.folders import FONTS
from model_export.text_models.recognition.line_crops import LineCropper
from model_export.text_models.synthesis import fonts
from model_export.text_models.synthesis.fonts import Face
from model_export.text_models.synthesis.pages import PageRenderer
from model_export.text_models.synthesis.receipt_text import TextGenerator
from model_export.text_models.synthesis.single_lines import Sample
from tests.integration.conftest import database, database_url, job_url, mlflow_url, no_corrections, supabase_stack
from tests.integration.test_loop_whole import Load, ocr_url, releases
from tests.support import reading_crops
from tests.support.font_set import SingleFace

__all__ = [
    "database",
    "database_url",
    "job_url",
    "mlflow_url",
    "no_corrections",
    "ocr_url",
    "releases",
    "supabase_stack",
]

TYPEFACE = "UnPilgi.ttf"
"""Handwriting, as some shops print: no recogniser was trained on it."""
USERS, LINES = 6, 100
"""The job learns at most 100 lines of a user."""
SETTINGS = Settings(steps=24, rate=0.5, crop_share=0.6, drawn_lines=192)
RULES = Rules(lines_margin=0.05)
"""A larger margin than the default, because fewer frozen lines are drawn, for the sake of time."""
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)

# Torch warns while it traces the model for its export, and MLflow about its own types.
pytestmark = pytest.mark.filterwarnings("ignore::Warning")


def lines_in(typeface: str) -> Iterator[Sample]:
    """Lines cropped from photographed receipts in a typeface, as the OCR service crops them, with Korean in them."""
    hangul, latin, symbols = (
        fonts.Outline(fonts.find(FONTS, [name])[name]) for name in (typeface, "dotum.ttf", fonts.SYMBOL_FONT)
    )
    assert typeface not in (*fonts.HANGUL, *fonts.HANGUL_HELD_OUT)
    face = Face(hangul, latin, symbols, height=fonts.SMOOTH, threshold=None, grid=True)
    rng = random.Random(11)
    pages = PageRenderer(SingleFace(face), TextGenerator(rng), rng, np.random.default_rng(11))  # type: ignore[arg-type]
    return (sample for sample in LineCropper(pages).lines() if sum("가" <= c <= "힣" for c in sample[1]) >= 3)


def test_crops_of_a_new_typeface_make_a_reader_that_is_served_and_can_be_undone(
    no_corrections: None,
    database: psycopg.Connection[Any],
    job_url: Callable[[str], str],
    mlflow_url: str,
    ocr_url: str,
    releases: Path,
    tmp_path: Path,
) -> None:
    drawn = lines_in(TYPEFACE)
    users = [reading_crops.store(database, islice(drawn, LINES)) for _ in range(USERS)]
    registry = Registry(mlflow_url, RECOGNISER)
    store = PublishingStore(releases.as_uri(), kind="recogniser")
    with_fonts = Fonts(FONTS)
    with state.connected(job_url("retraining"), "recogniser") as connection:
        report = ReadingJob(
            connection, registry, store, lambda: NOW, mode="approve",
            frozen_lines=with_fonts.frozen_lines, trainer=with_fonts.train, settings=SETTINGS, rules=RULES,
        ).run()  # fmt: skip
        assert report is not None
        (tmp_path / "decision.md").write_text(as_markdown(report), encoding="utf-8")
        assert report["outcome"] == "proposed", report
        with Load(ocr_url, model="recognition") as load:
            load.answered_by(report["champion_model"])
            assert approval.approve(connection, registry, store, kind="recogniser") == report["challenger_model"]
            load.answered_by(report["challenger_model"])
            assert rollback(store) == report["champion_model"]
            load.answered_by(report["champion_model"])
    assert load.failures == []
    assert set(load.versions) == {report["champion_model"], report["challenger_model"]}
    unseen = report["comparisons"]["unseen"]
    assert unseen["challenger"] > unseen["champion"] + 0.1
    database.execute("delete from auth.users where id = any(%s::uuid[])", [users])
