"""Names composed of a modifier, a head and a qualifier. The head decides.

`딸기 우유` is milk, `딸기향 립밤` is a lip balm, and `고등어 조림용` is fish.
"""

import random
from collections.abc import Set
from functools import cache
from pathlib import Path

from model_export.classifier.dataset import core

HEADS = Path(__file__).with_name("heads.txt")
MODIFIERS = Path(__file__).with_name("modifiers.txt")
QUALIFIERS = Path(__file__).with_name("qualifiers.txt")
SCENTED = 0.25
"""Share of the non-food names whose modifier is a scent (`향`)."""


@cache
def heads() -> dict[str, list[str]]:
    """The heads of each category, from lines `code: head, head`."""
    return _by_category(HEADS)


@cache
def qualifiers() -> dict[str, list[str]]:
    """The words that follow the heads of a category without changing it, from lines `code: word, word`."""
    return _by_category(QUALIFIERS)


@cache
def modifiers() -> list[str]:
    """Words that precede heads of any category."""
    return [word for line in _lines(MODIFIERS) for word in line.split()]


def compositions(rng: random.Random, per_head: int, excluded: Set[str]) -> list[tuple[str, str]]:
    """Return (code, name) for every head with `per_head` modifiers, without names whose core is in `excluded`."""
    pairs = []
    for code, nouns in heads().items():
        for head in nouns:
            for modifier in rng.sample(modifiers(), per_head):
                scent = "향" if code == "non_food" and rng.random() < SCENTED else ""
                name = f"{modifier}{scent} {head}"
                if core(name) not in excluded:
                    pairs.append((code, name))
    return pairs


def qualified(rng: random.Random, per_head: int, excluded: Set[str]) -> list[tuple[str, str]]:
    """Return (code, name) for every head alone and with `per_head` qualifiers, without cores in `excluded`."""
    pairs = []
    for code, nouns in heads().items():
        words = qualifiers().get(code, [])
        for head in nouns:
            followed = [f"{head} {word}" for word in rng.sample(words, min(per_head, len(words)))]
            pairs += [(code, name) for name in (head, *followed) if core(name) not in excluded]
    return pairs


def _by_category(path: Path) -> dict[str, list[str]]:
    lines = (line.partition(": ") for line in _lines(path))
    return {code: words.split(", ") for code, _, words in lines}


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
