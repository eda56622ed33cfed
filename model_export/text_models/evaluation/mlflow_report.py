"""A recogniser as a run in MLflow: what it was made from, how well it reads, what it takes for what."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from model_export import manifest, tracking
from model_export.classifier.plots import calibration
from model_export.registry import CHAMPION, Registry
from model_export.text_models import charset
from model_export.text_models.evaluation.confusions import substitutions
from model_export.text_models.evaluation.scores import LINES, Reader, Sample
from model_export.text_models.synthesis.fonts import HANGUL
from model_export.text_models.synthesis.receipt_text import GOODS, WORDS

SHOWN = 24
"""Printed characters in the picture: those that are taken for others most often."""


@dataclass(frozen=True)
class Reading:
    """A line as it is printed and as it was read, with the mean probability of its characters, 0 to 1."""

    printed: str
    read: str
    confidence: float


def data_version() -> str:
    """Changes when any list that lines are drawn from does."""
    return manifest.sha256_of([*sorted(GOODS.glob("*.tsv")), WORDS])[:12]


def read(model: Path, samples: Iterator[Sample], lines: int = LINES) -> list[Reading]:
    """Read so many drawn lines with the ONNX model in a folder."""
    reader = Reader(model)
    return [Reading(text, *reader.read_surely(picture)) for picture, text in islice(samples, lines)]


def metrics(readings: Sequence[Reading]) -> dict[str, float]:
    """Parts of the lines that were read exactly, and of their characters that were wrong."""
    wrong = sum(charset.distance(reading.read, reading.printed) for reading in readings)
    return {
        "exported_lines_exact": sum(reading.read == reading.printed for reading in readings) / len(readings),
        "exported_character_error": wrong / sum(len(reading.printed) for reading in readings),
    }


def record(run: tracking.Run, readings: Sequence[Reading], fonts: Sequence[Path]) -> None:
    """Log figures, the table of characters, and the pictures. fonts: folders to find one with Hangul in."""
    run.log(metrics(readings))
    confidence = np.array([reading.confidence for reading in readings])
    right = np.array([reading.read == reading.printed for reading in readings])
    title = "Recogniser on drawn lines, held out"
    run.log_plots(
        {
            "recogniser-confusion.png": confusion(readings, title, _hangul(fonts)),
            "recogniser-calibration.png": calibration(confidence, right, title, "lines"),
        }
    )
    run.log_texts({"per_class.csv": per_class(readings)})


def register(
    registry: Registry, run: tracking.Run, folder: Path, readings: Sequence[Reading], fonts: Sequence[Path]
) -> str:
    """Record how the exported model in a folder reads, and register it as the champion: what is exported is what ships.

    Returns the version.
    """
    record(run, readings, fonts)
    version = registry.register(run.id, folder, metrics(readings))
    registry.set_alias(CHAMPION, version)
    return version


def per_class(readings: Sequence[Reading]) -> str:
    """How often each character was printed and taken for another one, as CSV, commonest first."""
    printed = Counter(character for reading in readings for character in reading.printed if character != " ")
    wrong: Counter[str] = Counter()
    for reading in readings:
        wrong.update(pair[0] for pair in substitutions(reading.printed, reading.read))
    rows = [f'"{each if each != chr(34) else each * 2}",{times},{wrong[each]}' for each, times in printed.most_common()]
    return "\n".join(["character,printed,taken_for_another", *rows]) + "\n"


def confusion(readings: Sequence[Reading], title: str, font: FontProperties | None) -> Figure:
    """What the characters that are misread most often are taken for. Without a font, code points stand for them."""
    found: Counter[tuple[str, str]] = Counter()
    for reading in readings:
        found.update(substitutions(reading.printed, reading.read))
    often = Counter[str]()
    for (character, _), times in found.items():
        often[character] += times
    rows = [character for character, _ in often.most_common(SHOWN)]
    columns = sorted({taken for (character, taken) in found if character in rows})
    counts = np.array([[found[row, column] for column in columns] for row in rows]).reshape(len(rows), len(columns))
    figure = Figure(figsize=(max(6, 0.3 * len(columns) + 2), 0.3 * len(rows) + 2), layout="constrained")
    axes = figure.subplots()
    if counts.size:
        axes.imshow(counts, cmap="Blues", vmin=0)
    for row, column in zip(*np.nonzero(counts), strict=True):
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7)
    turned = 90 if font is None else 0
    axes.set_xticks(range(len(columns)), [_shown(each, font) for each in columns], fontproperties=font, rotation=turned)
    axes.set_yticks(range(len(rows)), [_shown(each, font) for each in rows], fontproperties=font)
    axes.set_xlabel("read")
    axes.set_ylabel("printed")
    axes.set_title(f"{title}\n{found.total()} characters taken for others")
    return figure


def _shown(character: str, font: FontProperties | None) -> str:
    return f"U+{ord(character):04X}" if font is None else character.replace("$", r"\$")


def _hangul(fonts: Sequence[Path]) -> FontProperties | None:
    names = [name for name in HANGUL if name.endswith(".ttf")]
    files = {file.name: file for folder in fonts for file in folder.rglob("*.ttf")}
    return next((FontProperties(fname=str(files[name])) for name in names if name in files), None)
