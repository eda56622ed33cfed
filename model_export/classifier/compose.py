"""Names composed of a modifier and a head: `딸기 우유` is milk, `딸기향 립밤` is a lip balm. The head decides."""

import random
from collections.abc import Set
from functools import cache
from pathlib import Path

from model_export.classifier.dataset import core

HEADS = Path(__file__).with_name("heads.txt")
MODIFIERS = Path(__file__).with_name("modifiers.txt")
SCENTED = 0.25
"""Share of the non-food names whose modifier is a scent (`향`)."""


@cache
def heads() -> dict[str, list[str]]:
    """The heads of each category, from lines `code: head, head`."""
    lines = (line.partition(": ") for line in _lines(HEADS))
    return {code: names.split(", ") for code, _, names in lines}


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


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
