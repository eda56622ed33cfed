"""What the exported recogniser takes for what, for the noise that the category classifier is trained with."""

from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path

from model_export.text_models.evaluation.scores import Reader, Sample

Confusions = Counter[tuple[str, str]]
"""How often a printed character was read as another one."""


def count(reader: Reader, samples: Iterator[Sample], lines: int) -> Confusions:
    """Read that many drawn lines and count."""
    found: Confusions = Counter()
    for picture, text in islice(samples, lines):
        found.update(substitutions(text, reader.read(picture)))
    return found


def substitutions(printed: str, read: str) -> Iterable[tuple[str, str]]:
    """Pairs (printed, read) of characters that stand in one another's place.

    What was lost or added has no counterpart, and a space is no character that one could take for another.
    """
    for kind, start, end, first, last in SequenceMatcher(None, printed, read, autojunk=False).get_opcodes():
        if kind == "replace" and end - start == last - first:
            pairs = zip(printed[start:end], read[first:last], strict=True)
            yield from (pair for pair in pairs if " " not in pair)


def write(found: Confusions, path: Path) -> None:
    """Write the table, commonest first."""
    rows = sorted(found.items(), key=lambda row: (-row[1], row[0]))
    lines = ["printed\tread\tcount", *(f"{printed}\t{read}\t{times}" for (printed, read), times in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
