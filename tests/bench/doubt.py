"""Doubt on photos of stores for which it was not calibrated: its thresholds are chosen anew without each store.

Everything else stays: which readings are possible and how rows are understood was written while looking at the photos,
which no calculation can leave out.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from scipy.optimize import linear_sum_assignment
from scoring import squeeze

from model_export.text_models import charset
from ocr_service.category.classifier import CategoryClassifier
from ocr_service.errors import OcrError
from ocr_service.parsing import uncertainty
from ocr_service.parsing.list_items import LineItem
from ocr_service.parsing.receipt import Receipt
from ocr_service.parsing.single_receipt import parse_single_receipt
from ocr_service.parsing.uncertainty import CertainName
from ocr_service.settings import Settings
from ocr_service.vision.engine import OcrEngine
from ocr_service.vision.image_decoder import ImageDecoder
from ocr_service.vision.photo import DecodingLimits

GOAL = 0.97
"""Share of the items without doubt that are right."""
CANDIDATES = [
    CertainName(own / 20, second_opinion / 20) for own, second_opinion in itertools.product(range(6, 20), range(2, 13))
]


@dataclass(frozen=True)
class Item:
    """An item that was read. right: name, quantity and amount are. doubted: with each of the candidates."""

    right: bool
    doubted: tuple[bool, ...]


@dataclass(frozen=True)
class Share:
    """Items without a doubt, right ones among them, and all."""

    sure: int
    right: int
    items: int

    @classmethod
    def of(cls, items: Iterable[Item], candidate: int) -> Share:
        counted = [(item.doubted[candidate], item.right) for item in items]
        sure = [right for doubted, right in counted if not doubted]
        return cls(len(sure), sum(sure), len(counted))

    def __add__(self, other: Share) -> Share:
        return Share(self.sure + other.sure, self.right + other.right, self.items + other.items)

    def row(self, name: str) -> str:
        doubted = 1 - self.sure / max(1, self.items)
        return f"| {name} | {self.items} | {100 * doubted:.1f} % | {100 * self.right / max(1, self.sure):.1f} % |"


def measure_doubt(folder: Path, progress: Callable[[str], None]) -> list[str]:
    """A Markdown table: doubt with the shipped thresholds, and with those chosen without each store, on that store."""
    stores = read_stores(folder, progress)
    everything = [*itertools.chain(*stores.values())]
    shipped = CANDIDATES.index(uncertainty.SHIPPED)
    left_out, chosen = Share(0, 0, 0), Counter[CertainName]()
    for store, items in stores.items():
        candidate = choose([item for other, theirs in stores.items() if other != store for item in theirs])
        chosen[CANDIDATES[candidate]] += 1
        left_out += Share.of(items, candidate)
    rounds = ", ".join(f"{c.own:g} and {c.second_opinion:g} in {n}" for c, n in chosen.most_common(3))
    return [
        "| thresholds | items read | in doubt | right without doubt |",
        "|---|---:|---:|---:|",
        Share.of(everything, shipped).row("as shipped"),
        Share.of(everything, choose(everything)).row("chosen on all photos"),
        left_out.row("chosen without the store"),
        "",
        f"Chosen in {len(stores)} rounds: {rounds}.",
    ]


def choose(items: Sequence[Item]) -> int:
    """The candidate that doubts least while the goal is met; the one with most right items if none meets it."""
    shares = [Share.of(items, candidate) for candidate in range(len(CANDIDATES))]
    return max(
        range(len(shares)),
        key=lambda n: (
            min(GOAL, shares[n].right / max(1, shares[n].sure)),
            shares[n].sure,
        ),
    )


def read_stores(folder: Path, progress: Callable[[str], None]) -> dict[str, list[Item]]:
    """The items read on the photos of a folder with labels.json, by chain; a photo without one is on its own."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["receipts"]
    defaults = Settings()
    decoder = ImageDecoder(
        DecodingLimits(
            max_pixels=defaults.max_pixels,
            working_side=defaults.working_side,
            tall_pixels=defaults.tall_pixels,
            memory=defaults.decode_bytes,
            cpu_seconds=defaults.decode_cpu_s,
            seconds=defaults.read_timeout_s,
        )
    )
    engine = OcrEngine(defaults)
    classifier = CategoryClassifier.load(defaults.models_dir / "category")
    now = datetime.now(UTC).astimezone(ZoneInfo(defaults.time_zone))
    stores: dict[str, list[Item]] = {}
    for label in labels:
        progress(label["image"])
        try:
            reading = engine.read(decoder.decode((folder / label["image"]).read_bytes()))
            receipt = parse_single_receipt(reading.papers, now) if reading.papers else None
        except OcrError:
            receipt = None
        items = stores.setdefault(_chain(label), [])
        if receipt is not None and receipt.items:
            items += _items(receipt, label["items"], classifier)
    decoder.close()
    return stores


def _chain(label: dict[str, Any]) -> str:
    """The store without its branch; the photo if it names none."""
    store = re.sub(r"\(주\)|㈜|주식회사", "", label["store"] or "").split()
    return store[0] if store else label["image"]


def _items(receipt: Receipt, labels: Sequence[dict[str, Any]], classifier: CategoryClassifier) -> Iterator[Item]:
    predictions = classifier.predict([item.name for item in receipt.items])
    doubted = [uncertainty.of_items(receipt.items, receipt.totals, candidate) for candidate in CANDIDATES]
    pairs = _pair(labels, receipt.items)
    for index, (item, prediction) in enumerate(zip(receipt.items, predictions, strict=True)):
        label = pairs.get(index)
        yield Item(
            right=label is not None and _is_right(label, item),
            doubted=tuple(bool(fields[index]) or prediction.uncertain for fields in doubted),
        )


def _pair(labels: Sequence[dict[str, Any]], items: Sequence[LineItem]) -> dict[int, dict[str, Any]]:
    """The label of each read item, by its position, if there is one with a similar name or the same amount."""
    costs = [
        [_distance(label, item) + 3 * (label["amount"] != item.numbers.amount) for item in items] for label in labels
    ]
    if not costs:
        return {}
    return {int(j): labels[i] for i, j in zip(*linear_sum_assignment(costs), strict=True)}


def _is_right(label: dict[str, Any], item: LineItem) -> bool:
    counted = (label["amount"] or 0) == item.numbers.amount and (label["quantity"] or 1) == (item.numbers.quantity or 1)
    return counted and _distance(label, item) == 0


def _distance(label: dict[str, Any], item: LineItem) -> int:
    """Wrong characters of a name; spaces, letter case and marks of tax at its ends are ignored."""
    return charset.distance(_plain(label["name"]), _plain(item.name))


def _plain(name: str) -> str:
    return re.sub(r"^[*#△▲]*(?:p(?=[가-힣]))?|[*_#(,]+$", "", squeeze(name).lower())
