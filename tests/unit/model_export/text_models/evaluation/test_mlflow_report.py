"""What a training leaves for people to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model_export.classifier import mlflow_report as classifier
from model_export.text_models.evaluation import mlflow_report as recogniser
from model_export.text_models.recognition.reader import Reading
from ocr_service.category.classifier import CategoryClassifier

MODEL = Path("ocr_service/models/category")
READINGS = [
    Reading("서울우유", "서울우유", 0.99),
    Reading("대파 1단", "대바 1단", 0.7),
    Reading('"김" $', '"긴" $', 0.6),
    Reading("소계", "", 0.0),
]


def pixels(figure: Figure) -> np.ndarray:
    """The plot's pixels; drawing warns of characters that no font has, and here warnings are errors."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def test_the_plots_of_a_category_model_show_its_answers_on_the_frozen_names():
    model = CategoryClassifier.load(MODEL)
    plots = classifier.draw(model.probabilities, model.threshold)
    assert sorted(plots) == [f"classifier-{kind}.png" for kind in ("abstention", "calibration", "confusion")]
    for plot in plots.values():
        assert len(np.unique(pixels(plot))) > 50
    (axes,) = plots["classifier-confusion.png"].axes
    assert sum(int(text.get_text()) for text in axes.texts) == 428
    assert axes.get_ylabel() == "truth (names)"


def test_the_confusion_plot_of_a_recogniser_shows_misread_characters():
    plot = recogniser.confusion_plot(READINGS, "four lines", None)
    (axes,) = plot.axes
    assert {label.get_text() for label in axes.get_yticklabels()} == {"U+D30C", "U+AE40"}
    assert {label.get_text() for label in axes.get_xticklabels()} == {"U+BC14", "U+AE34"}
    assert len(np.unique(pixels(plot))) > 20
    assert recogniser.confusion_plot(READINGS[:1], "nothing wrong", None) is not None


def test_the_table_of_a_recogniser_counts_characters():
    rows = recogniser.per_class(READINGS).splitlines()
    assert rows[0] == "character,printed,misread"
    assert '"파",1,1' in rows
    assert '"""",2,0' in rows
    assert recogniser.metrics(READINGS) == {"exported_lines_exact": 0.25, "exported_character_error": 4 / 16}
