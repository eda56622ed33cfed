"""Names whose answer changes from one model to the next although no label says so."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model_export.classifier.dataset import Example, brand_of, core
from ocr_service.category.classifier import Prediction

CONFIRMED = 3
"""Annotated names of a brand from which on its changes are no surprise."""


@dataclass(frozen=True)
class Flip:
    """A name with the categories before and after, and the champion's confidence."""

    name: str
    before: str
    after: str
    confidence: float


@dataclass(frozen=True)
class FlipAudit:
    """Changed answers to names without a label.

    Retraining changes a few of the answers that a model is unsure of, whatever it learns, so only names that the
    champion was confident of are counted.

    untouched: of brands that no new label has, the most confident first. touched: of the other brands. untouched_names,
    untouched_flips: how many names of untouched brands the champion was confident of, and how many of these change.
    brands: the same per brand with new labels that annotators have not confirmed, if anything changes.
    """

    untouched: list[Flip]
    touched: list[Flip]
    untouched_names: int
    untouched_flips: int
    brands: dict[str, tuple[int, int]]


def brand(name: str) -> str:
    """The brand that a name starts with, or its first three letters."""
    return brand_of(name) or re.sub(r"[\W\d_]+", "", name.lower())[:3]


def audit(
    names: Sequence[str],
    before: Sequence[Prediction],
    after: Sequence[Prediction],
    labelled: Iterable[Example],
    learned: Iterable[Example],
    annotated: Iterable[Example],
    confidence: float,
) -> FlipAudit:
    """Compare the answers `before` and `after` to `names`.

    labelled: names with a label that either model was trained on, which may change. learned: the labels that are new to
    the challenger. annotated: names that annotators decided. confidence: from which on the champion is confident.
    """
    known = {core(example.name) for example in labelled}
    touched = {brand(example.name) for example in learned}
    votes = Counter(brand(example.name) for example in annotated)
    confirmed = {name for name, number in votes.items() if number >= CONFIRMED}
    flips: dict[bool, list[Flip]] = {True: [], False: []}
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, old, new in zip(names, before, after, strict=True):
        if core(name) in known:
            continue
        maker = brand(name)
        changed = old.code != new.code
        if changed:
            flips[maker in touched].append(Flip(name, old.code, new.code, old.confidence))
        if old.confidence >= confidence:
            group = maker if maker in touched else ""
            counts[group][0] += 1
            counts[group][1] += changed
    untouched_names, untouched_flips = counts.pop("", (0, 0))
    return FlipAudit(
        untouched=sorted(flips[False], key=lambda flip: (-flip.confidence, flip.name)),
        touched=sorted(flips[True], key=lambda flip: (-flip.confidence, flip.name)),
        untouched_names=untouched_names,
        untouched_flips=untouched_flips,
        brands={
            name: (number, changed)
            for name, (number, changed) in sorted(counts.items())
            if changed and name not in confirmed
        },
    )
