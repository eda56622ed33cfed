"""A recogniser as a run in MLflow: how well its exported form reads synthetic lines, and its character confusions."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from model_export import tracking
from model_export.classifier.plots import calibration
from model_export.registry import CHAMPION, Registry
from model_export.text_models.evaluation import confusions
from model_export.text_models.recognition.evaluate import evaluate
from model_export.text_models.recognition.reader import Reading
from model_export.text_models.synthesis.fonts import HANGUL

SHOWN = 24
"""Number of characters in the plot: those that are misread most often."""


def metrics(readings: Sequence[Reading]) -> dict[str, float]:
    """The score of the readings as metrics."""
    score = evaluate(readings)
    return {"exported_lines_exact": score.exact, "exported_character_error": score.character_error}


def log(run: tracking.Run, readings: Sequence[Reading], fonts: Sequence[Path]) -> None:
    """Log metrics, the table of characters, and plots. fonts: folders with a Hangul font for the plots."""
    run.log(metrics(readings))
    confidence = np.array([reading.confidence for reading in readings])
    right = np.array([reading.read == reading.printed for reading in readings])
    title = "Recogniser on held-out synthetic lines"
    run.log_plots(
        {
            "recogniser-confusion.png": confusion_plot(readings, title, _hangul(fonts)),
            "recogniser-calibration.png": calibration(confidence, right, title, "lines"),
        }
    )
    run.log_texts({"per_class.csv": per_class(readings)})


def register(
    registry: Registry, run: tracking.Run, folder: Path, readings: Sequence[Reading], fonts: Sequence[Path]
) -> str:
    """Log how the exported model in a folder reads, and register it as champion, because it is the packaged model.

    Returns the version.
    """
    log(run, readings, fonts)
    version = registry.register(run.id, folder, metrics(readings))
    registry.set_alias(CHAMPION, version)
    return version


def per_class(readings: Sequence[Reading]) -> str:
    """How often each character was printed and misread, as CSV, most frequent first."""
    printed = Counter(character for reading in readings for character in reading.printed if character != " ")
    misread: Counter[str] = Counter()
    for (character, _), times in confusions.count(readings).items():
        misread[character] += times
    rows = [f'"{c if c != chr(34) else c * 2}",{times},{misread[c]}' for c, times in printed.most_common()]
    return "\n".join(["character,printed,misread", *rows]) + "\n"


def confusion_plot(readings: Sequence[Reading], title: str, font: FontProperties | None) -> Figure:
    """The characters that are misread most often, and what they are read as. Without a font, code points are shown."""
    pairs = confusions.count(readings)
    misread = Counter[str]()
    for (character, _), times in pairs.items():
        misread[character] += times
    rows = [character for character, _ in misread.most_common(SHOWN)]
    columns = sorted({read for (character, read) in pairs if character in rows})
    counts = np.array([[pairs[row, column] for column in columns] for row in rows]).reshape(len(rows), len(columns))
    figure = Figure(figsize=(max(6, 0.3 * len(columns) + 2), 0.3 * len(rows) + 2), layout="constrained")
    axes = figure.subplots()
    if counts.size:
        axes.imshow(counts, cmap="Blues", vmin=0)
    for row, column in zip(*np.nonzero(counts), strict=True):
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7)
    rotation = 90 if font is None else 0
    axes.set_xticks(
        range(len(columns)), [_tick(each, font) for each in columns], fontproperties=font, rotation=rotation
    )
    axes.set_yticks(range(len(rows)), [_tick(each, font) for each in rows], fontproperties=font)
    axes.set_xlabel("read")
    axes.set_ylabel("printed")
    axes.set_title(f"{title}\n{pairs.total()} characters misread")
    return figure


def _tick(character: str, font: FontProperties | None) -> str:
    return f"U+{ord(character):04X}" if font is None else character.replace("$", r"\$")


def _hangul(fonts: Sequence[Path]) -> FontProperties | None:
    names = [name for name in HANGUL if name.endswith(".ttf")]
    files = {file.name: file for folder in fonts for file in folder.rglob("*.ttf")}
    return next((FontProperties(fname=str(files[name])) for name in names if name in files), None)
