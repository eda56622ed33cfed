"""Names whose answer changes from one model to the next although no label says so."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model_export.classifier.dataset import Example, brand_of, core
from ocr_service.category.classifier import Prediction

CONFIRMED = 3
"""Minimum number of annotated names of a brand in a category for its changes to that category to be no surprise."""


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

    A brand that is taught a category explains changes to this category alone.

    untouched: changes that no new label of the brand explains, the most confident first. touched: the others.
    untouched_names, untouched_flips: how many names the champion was confident of, without the explained changes, and
    how many of these change. brands: by brand and category with new labels that annotators have not confirmed, if
    anything changes to it: the brand's confident names of other categories, and how many change to this one.
    """

    untouched: list[Flip]
    touched: list[Flip]
    untouched_names: int
    untouched_flips: int
    brands: dict[tuple[str, str], tuple[int, int]]


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
    the challenger. annotated: names that annotators decided. confidence: the least
    at which the champion counts as confident.
    """
    known = {core(example.name) for example in labelled}
    taught: dict[str, set[str]] = defaultdict(set)
    for example in learned:
        taught[brand(example.name)].add(example.category)
    votes = Counter((brand(example.name), example.category) for example in annotated)
    confirmed = {entry for entry, number in votes.items() if number >= CONFIRMED}
    flips: dict[bool, list[Flip]] = {True: [], False: []}
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    untouched_names = untouched_flips = 0
    for name, old, new in zip(names, before, after, strict=True):
        if core(name) in known:
            continue
        maker = brand(name)
        changed = old.code != new.code
        explained = changed and new.code in taught[maker]
        if changed:
            flips[explained].append(Flip(name, old.code, new.code, old.confidence))
        if old.confidence >= confidence:
            untouched_names += not explained
            untouched_flips += changed and not explained
            for category in taught[maker] - {old.code}:
                counts[maker, category][0] += 1
                counts[maker, category][1] += new.code == category
    return FlipAudit(
        untouched=sorted(flips[False], key=lambda flip: (-flip.confidence, flip.name)),
        touched=sorted(flips[True], key=lambda flip: (-flip.confidence, flip.name)),
        untouched_names=untouched_names,
        untouched_flips=untouched_flips,
        brands={
            entry: (number, changed)
            for entry, (number, changed) in sorted(counts.items())
            if changed and entry not in confirmed
        },
    )
