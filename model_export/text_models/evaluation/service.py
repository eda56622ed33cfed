"""Measures how well the whole OCR service reads: labelled photos, perturbed photos, and synthetic receipts."""

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
from scipy.optimize import linear_sum_assignment

from model_export.text_models import charset
from model_export.text_models.evaluation.perturbations import PERTURBATIONS
from model_export.text_models.synthesis.pages import Page

NAME_TOLERANCE = 0.15
"""Share of a name's characters that may be wrong in an item that counts as right."""

Label = dict[str, Any]


@dataclass(frozen=True)
class ReceiptScore:
    """Results on labelled photos. Shares are 0 to 1.

    names_exact, name_character_error, amounts: of all labelled items; a missing item counts as wrong. item_f1: an item
    is right if its amount and quantity are right and at most NAME_TOLERANCE of its name is wrong. invented: number of
    items without a labelled counterpart. dates, totals: of the printed ones. sure_right: of the names, quantities and
    amounts that are not marked uncertain.
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
    """How well the service marks uncertain names on synthetic receipts. Shares are 0 to 1.

    sure: names that are not marked uncertain. sure_right: those of them that occur in a printed row, ignoring spaces.
    """

    pages: int
    names: int
    sure: float
    sure_right: float


@dataclass(frozen=True)
class _Header:
    """The fields of a receipt besides its items; None if not printed or not found."""

    date: str | None
    total: int | None


def evaluate_photos(folder: Path) -> ReceiptScore:
    """Read the photos in `labels.json` of a folder with the service, and compare with the labels.

    Spaces in names are ignored. Raises CalledProcessError if the service fails.
    """
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["receipts"]
    answers = _read([folder / label["image"] for label in labels])
    pairs: list[tuple[Label, Label | None]] = []
    items, headers = 0, []
    for label, answer in zip(labels, answers, strict=True):
        read_items = answer.get("items", [])
        items += len(read_items)
        pairs += _pair(label["items"], read_items)
        receipt = answer.get("receipt", {"purchased_at": None, "total": None})
        read = _Header((receipt["purchased_at"] or "")[:10], receipt["total"])
        headers.append((_Header(label["date"], label["total"]), read))
    return _score(pairs, items, headers)


def evaluate_perturbed_photos(folder: Path) -> Iterator[tuple[str, ReceiptScore]]:
    """Like `evaluate_photos`, for every perturbation of the photos, saved as JPEG: its name and the score.

    Raises CalledProcessError if the service fails.
    """
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["receipts"]
    for name, perturb in PERTURBATIONS.items():
        with tempfile.TemporaryDirectory() as scratch:
            perturbed_labels = []
            for number, label in enumerate(labels):
                photo = np.frombuffer((folder / label["image"]).read_bytes(), np.uint8)
                image = np.asarray(cv2.imdecode(photo, cv2.IMREAD_COLOR), dtype=np.uint8)
                perturbed_labels.append(label | {"image": f"{number}.jpg"})
                cv2.imwrite(str(Path(scratch, f"{number}.jpg")), perturb(image))
            text = json.dumps({"receipts": perturbed_labels})
            Path(scratch, "labels.json").write_text(text, encoding="utf-8")
            yield name, evaluate_photos(Path(scratch))


def evaluate_pages(pages: Sequence[Page]) -> PageScore:
    """Read synthetic receipts with the service, and look up its names in the printed rows.

    Raises CalledProcessError if the service fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        photos = [Path(scratch) / f"{number}.jpg" for number in range(len(pages))]
        for photo, page in zip(photos, pages, strict=True):
            cv2.imwrite(str(photo), page.image)
        answers = _read(photos)
    names, right = 0, []
    for page, answer in zip(pages, answers, strict=True):
        printed = [
            _without_spaces("".join(text for text, of in zip(page.texts, page.rows, strict=True) if of == row))
            for row in set(page.rows)
        ]
        for item in answer.get("items", []):
            names += 1
            if "name" not in item["uncertain_fields"]:
                right.append(any(_without_spaces(item["name"]) in row for row in printed))
    return PageScore(len(pages), names, round(len(right) / max(1, names), 4), _share(right))


def _read(photos: Sequence[Path]) -> list[dict[str, Any]]:
    """The service's answer to each photo, a receipt or a problem. Raises CalledProcessError if one is missing."""
    command = [sys.executable, "-m", "ocr_service", "read", *map(str, photos)]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    answers = [json.loads(line) for line in process.stdout.splitlines()]
    if len(answers) != len(photos):
        raise subprocess.CalledProcessError(process.returncode, command)
    return answers


def _score(pairs: list[tuple[Label, Label | None]], items: int, headers: list[tuple[_Header, _Header]]) -> ReceiptScore:
    """pairs: labelled and read items. items: number of read items. headers: labelled and read ones, one per photo."""
    distances = [_name_distance(label, item) for label, item in pairs]
    lengths = [len(_name(label)) for label, _ in pairs]
    right = sum(
        item is not None
        and (label["amount"], label["quantity"]) == (item["amount"], item["quantity"])
        and distance <= NAME_TOLERANCE * length
        for (label, item), distance, length in zip(pairs, distances, lengths, strict=True)
    )
    sure = [
        distance == 0 if field == "name" else label[field] == item[field]
        for (label, item), distance in zip(pairs, distances, strict=True)
        if item is not None
        for field in ("name", "quantity", "amount")
        if field not in item["uncertain_fields"]
    ]
    return ReceiptScore(
        receipts=len(headers),
        items=len(pairs),
        names_exact=_share(distance == 0 for distance in distances),
        name_character_error=round(sum(distances) / max(1, sum(lengths)), 4),
        amounts=_share(item is not None and label["amount"] == item["amount"] for label, item in pairs),
        item_f1=round(2 * right / max(1, len(pairs) + items), 4),
        invented=items - sum(item is not None for _, item in pairs),
        dates=_share(label.date == read.date for label, read in headers if label.date is not None),
        totals=_share(label.total == read.total for label, read in headers if label.total is not None),
        sure_right=_share(sure),
    )


def _pair(labels: list[Label], items: list[Label]) -> list[tuple[Label, Label | None]]:
    """Each labelled item with the most similar read item; every item is used at most once."""
    costs = np.array([[_name_distance(a, b) + (a["amount"] != b["amount"]) * 3 for b in items] for a in labels])
    pairs: list[tuple[Label, Label | None]] = [(label, None) for label in labels]
    if costs.size:
        for i, j in zip(*linear_sum_assignment(costs), strict=True):
            similar = _name_distance(labels[i], items[j]) <= len(_name(labels[i])) / 2
            if similar or labels[i]["amount"] == items[j]["amount"]:
                pairs[i] = labels[i], items[j]
    return pairs


def _name(item: Label) -> str:
    return _without_spaces(item["name"])


def _without_spaces(text: str) -> str:
    return re.sub(r"\s", "", text)


def _name_distance(label: Label, item: Label | None) -> int:
    name = _name(label)
    return len(name) if item is None else min(len(name), charset.distance(_name(item), name))


def _share(right: Iterable[bool]) -> float:
    results = list(right)
    return round(sum(results) / max(1, len(results)), 4)
