"""How well an exported recogniser reads: drawn lines it was never trained on, and photos of real receipts."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from model_export import manifest
from model_export.text_models import charset
from model_export.text_models.evaluation.perturbations import CHANGES
from model_export.text_models.synthesis.pages import Page

LINES = 512
"""Drawn lines that are read."""
NAME_TOLERANCE = 0.15
"""Part of a name's characters that may be wrong in an item that counts as found."""

Label = dict[str, Any]
Sample = tuple[NDArray[np.uint8], str]


@dataclass(frozen=True)
class LineScore:
    """Parts of the drawn lines that were read exactly, and of their characters that were wrong."""

    lines: int
    exact: float
    character_error: float


@dataclass(frozen=True)
class ReceiptScore:
    """How much of labelled photos the service gave, as parts of 1.

    names_exact, name_character_error, amounts: of all labelled items; a missing item has them wrong. item_f1: amount
    and quantity right and at most NAME_TOLERANCE of the name wrong. invented: items given beyond those labelled.
    dates, totals: of those printed. sure_right: names, quantities and amounts that were not marked uncertain.
    """

    receipts: int
    items: int
    names_exact: float
    name_character_error: float
    amounts: float
    item_f1: float
    invented: int
    dates: float
    totals: float
    sure_right: float


@dataclass(frozen=True)
class PageScore:
    """How honest doubt is on drawn receipts, as parts of 1.

    sure: names that the service did not mark uncertain. sure_right: those of them that stand, spaces ignored, in a
    printed row.
    """

    pages: int
    names: int
    sure: float
    sure_right: float


Score = LineScore | ReceiptScore | PageScore


class Reader:
    """An exported recogniser, best path only, without a second opinion."""

    def __init__(self, model: Path) -> None:
        """Load `inference.onnx` of a model folder."""
        self._session = onnxruntime.InferenceSession(str(model / "inference.onnx"), providers=["CPUExecutionProvider"])

    def read(self, picture: NDArray[np.uint8]) -> str:
        """What a line says; the picture is HEIGHT x width x 3, BGR."""
        return self.read_surely(picture)[0]

    def read_surely(self, picture: NDArray[np.uint8]) -> tuple[str, float]:
        """What a line says, and the mean probability of its characters, 0 to 1."""
        scaled = ((picture.astype(np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]
        narrow = max(0, 96 - scaled.shape[3])
        scores = self._session.run(None, {"x": np.pad(scaled, ((0, 0), (0, 0), (0, 0), (0, narrow)))})[0]
        best = scores[0].argmax(-1)
        printed = (best != charset.BLANK) & (best != np.concatenate(([charset.BLANK], best[:-1])))
        confidence = float(scores[0].max(-1)[printed].mean()) if printed.any() else 0.0
        return charset.decode(best.tolist()).strip(), confidence


def lines(model: Path, samples: Iterator[Sample]) -> LineScore:
    """Read drawn lines with the ONNX model in a folder."""
    reader = Reader(model)
    exact = wrong = characters = 0
    for _ in range(LINES):
        picture, text = next(samples)
        read = reader.read(picture)
        exact += read == text
        wrong += charset.distance(read, text)
        characters += len(text)
    return LineScore(LINES, round(exact / LINES, 4), round(wrong / characters, 4))


def receipts(folder: Path) -> ReceiptScore:
    """Let the service read the photos that `labels.json` in a folder names, and compare.

    Spaces in names are ignored. Raises CalledProcessError when the service does not start.
    """
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["receipts"]
    answers = _answers([folder / label["image"] for label in labels])
    pairs: list[tuple[Label, Label | None]] = []
    given, heads = 0, []
    for label, answer in zip(labels, answers, strict=True):
        found = answer.get("items", [])
        given += len(found)
        pairs += _paired(label["items"], found)
        head = answer.get("receipt", {"purchased_at": None, "total": None})
        heads.append((label["date"], (head["purchased_at"] or "")[:10], label["total"], head["total"]))
    return _score(len(labels), pairs, given, heads)


def changed_receipts(folder: Path) -> Iterator[tuple[str, ReceiptScore]]:
    """The same for those photos as others would have taken them, saved as JPEG: what was changed, and how well the
    service then reads. Raises CalledProcessError when the service does not start.
    """
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["receipts"]
    for name, change in CHANGES.items():
        with tempfile.TemporaryDirectory() as scratch:
            renamed = []
            for number, label in enumerate(labels):
                photo = np.frombuffer((folder / label["image"]).read_bytes(), np.uint8)
                picture = np.asarray(cv2.imdecode(photo, cv2.IMREAD_COLOR), dtype=np.uint8)
                renamed.append(label | {"image": f"{number}.jpg"})
                cv2.imwrite(str(Path(scratch, f"{number}.jpg")), change(picture))
            Path(scratch, "labels.json").write_text(json.dumps({"receipts": renamed}), encoding="utf-8")
            yield name, receipts(Path(scratch))


def drawn_receipts(pages: Sequence[Page]) -> PageScore:
    """Let the service read drawn receipts and look up its names in what is printed.

    Raises CalledProcessError when the service does not start.
    """
    with tempfile.TemporaryDirectory() as scratch:
        photos = [Path(scratch) / f"{number}.jpg" for number in range(len(pages))]
        for photo, page in zip(photos, pages, strict=True):
            cv2.imwrite(str(photo), page.picture)
        answers = _answers(photos)
    names, right = 0, []
    for page, answer in zip(pages, answers, strict=True):
        printed = [
            _spaceless("".join(text for text, of in zip(page.texts, page.rows, strict=True) if of == row))
            for row in set(page.rows)
        ]
        for item in answer.get("items", []):
            names += 1
            if "name" not in item["uncertain_fields"]:
                right.append(any(_spaceless(item["name"]) in row for row in printed))
    return PageScore(len(pages), names, round(len(right) / max(1, names), 4), _part(right))


def _answers(photos: Sequence[Path]) -> list[dict[str, Any]]:
    """What the service says of each photo, a receipt or a problem. Raises CalledProcessError if it does not of each."""
    command = [sys.executable, "-m", "ocr_service", "read", *map(str, photos)]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    answers = [json.loads(line) for line in process.stdout.splitlines()]
    if len(answers) != len(photos):
        raise subprocess.CalledProcessError(process.returncode, command)
    return answers


def _score(
    photos: int, pairs: list[tuple[Label, Label | None]], given: int, heads: list[tuple[Any, Any, Any, Any]]
) -> ReceiptScore:
    distances = [_name_distance(wanted, got) for wanted, got in pairs]
    lengths = [len(_name(wanted)) for wanted, _ in pairs]
    right = sum(
        got is not None
        and (wanted["amount"], wanted["quantity"]) == (got["amount"], got["quantity"])
        and distance <= NAME_TOLERANCE * length
        for (wanted, got), distance, length in zip(pairs, distances, lengths, strict=True)
    )
    sure = [
        distance == 0 if field == "name" else wanted[field] == got[field]
        for (wanted, got), distance in zip(pairs, distances, strict=True)
        if got is not None
        for field in ("name", "quantity", "amount")
        if field not in got["uncertain_fields"]
    ]
    dates = [wanted == got for wanted, got, _, _ in heads if wanted is not None]
    totals = [wanted == got for _, _, wanted, got in heads if wanted is not None]
    return ReceiptScore(
        receipts=photos,
        items=len(pairs),
        names_exact=_part(distance == 0 for distance in distances),
        name_character_error=round(sum(distances) / max(1, sum(lengths)), 4),
        amounts=_part(got is not None and wanted["amount"] == got["amount"] for wanted, got in pairs),
        item_f1=round(2 * right / max(1, len(pairs) + given), 4),
        invented=given - sum(got is not None for _, got in pairs),
        dates=_part(dates),
        totals=_part(totals),
        sure_right=_part(sure),
    )


def _paired(wanted: list[Label], given: list[Label]) -> list[tuple[Label, Label | None]]:
    """Each labelled item with the item given that is most like it; none is used twice."""
    costs = np.array([[_name_distance(a, b) + (a["amount"] != b["amount"]) * 3 for b in given] for a in wanted])
    pairs: list[tuple[Label, Label | None]] = [(label, None) for label in wanted]
    if costs.size:
        for i, j in zip(*linear_sum_assignment(costs), strict=True):
            alike = _name_distance(wanted[i], given[j]) <= len(_name(wanted[i])) / 2
            if alike or wanted[i]["amount"] == given[j]["amount"]:
                pairs[i] = wanted[i], given[j]
    return pairs


def _name(item: Label) -> str:
    return _spaceless(item["name"])


def _spaceless(text: str) -> str:
    return re.sub(r"\s", "", text)


def _name_distance(wanted: Label, got: Label | None) -> int:
    name = _name(wanted)
    return len(name) if got is None else min(len(name), charset.distance(_name(got), name))


def _part(right: Iterable[bool]) -> float:
    results = list(right)
    return round(sum(results) / max(1, len(results)), 4)


def record(figures: dict[str, Score]) -> None:
    """Add the figures to the manifest: for both forms of the recogniser, which agree within the parity gate, and those
    of whole photos for detection too."""
    for kind, score in figures.items():
        measured = ["recognition", "recognition_paddle"]
        if not isinstance(score, LineScore):
            measured.append("detection")
        for name in measured:
            manifest.add_quality(name, {kind: vars(score)})
