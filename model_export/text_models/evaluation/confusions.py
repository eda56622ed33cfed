"""Counts the character confusions of the exported recogniser; the category classifier is trained with such noise."""

from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import Path

from model_export.text_models.recognition.reader import Reading

Confusions = Counter[tuple[str, str]]
"""How often a character (printed, read) was misread."""


def count(readings: Iterable[Reading]) -> Confusions:
    """Count the misread characters of readings."""
    confusions: Confusions = Counter()
    for reading in readings:
        confusions.update(substitutions(reading.printed, reading.read))
    return confusions


def substitutions(printed: str, read: str) -> Iterable[tuple[str, str]]:
    """Pairs (printed, read) of substituted characters. Insertions, deletions and spaces are not substitutions."""
    for kind, start, end, first, last in SequenceMatcher(None, printed, read, autojunk=False).get_opcodes():
        if kind == "replace" and end - start == last - first:
            pairs = zip(printed[start:end], read[first:last], strict=True)
            yield from (pair for pair in pairs if " " not in pair)


def write(confusions: Confusions, path: Path) -> None:
    """Write the table, most frequent first."""
    rows = sorted(confusions.items(), key=lambda row: (-row[1], row[0]))
    lines = ["printed\tread\tcount", *(f"{printed}\t{read}\t{times}" for (printed, read), times in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
