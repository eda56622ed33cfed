"""Scores for readers that return lines, and for those that return items.

Spaces are ignored, because printers place them freely. A label may be anywhere in the text, so that
a reader that only gives lines is not punished for knowing nothing of columns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Levenshtein
from rapidfuzz.fuzz import partial_ratio_alignment

# Largest share of wrong characters in the name of an item that still counts as found.
NAME_TOLERANCE = 0.15


def squeeze(text: str) -> str:
    """`text` without any white space."""
    return re.sub(r"\s+", "", text)


@dataclass
class Score:
    """Counts over many photos; the properties are shares of 1."""

    names: int = 0
    names_exact: int = 0
    name_characters: int = 0
    name_errors: int = 0
    amounts: int = 0
    amounts_right: int = 0
    items: int = 0
    items_given: int = 0
    items_right: int = 0
    fields: int = 0
    fields_right: int = 0

    @property
    def name_exact(self) -> float:
        return self.names_exact / max(1, self.names)

    @property
    def character_error(self) -> float:
        return self.name_errors / max(1, self.name_characters)

    @property
    def amount(self) -> float:
        return self.amounts_right / max(1, self.amounts)

    @property
    def field(self) -> float:
        """Share of correct dates and totals."""
        return self.fields_right / max(1, self.fields)

    @property
    def item_f1(self) -> float:
        """F1 of items with correct amount and quantity and a nearly correct name."""
        return 2 * self.items_right / max(1, self.items + self.items_given)

    def add_lines(self, labels: dict[str, Any], lines: Sequence[str]) -> None:
        """Count the labelled items whose text is in the lines."""
        squeezed = [squeeze(line) for line in lines]
        numbers = {re.sub(r"\D", "", number) for line in lines for number in re.findall(r"\d[\d.,]*", line)}
        for item in labels["items"]:
            if item["name"]:
                name = squeeze(item["name"])
                self.names += 1
                self.names_exact += any(name in line for line in squeezed)
                self.name_characters += len(name)
                self.name_errors += min((_errors(name, line) for line in squeezed), default=len(name))
            if item["amount"] is not None:
                self.amounts += 1
                self.amounts_right += str(item["amount"]) in numbers

    def add_receipt(self, labels: dict[str, Any], answer: dict[str, Any]) -> None:
        """Count the correct items, date and total of a response (contract v1)."""
        given = list(answer["items"])
        self.items += len(labels["items"])
        self.items_given += len(given)
        for item in labels["items"]:
            match = next((other for other in given if _same_item(item, other)), None)
            if match is not None:
                given.remove(match)
                self.items_right += 1
        receipt = answer["receipt"]
        for wanted, got in (
            (labels["date"], (receipt["purchased_at"] or "")[:10]),
            (labels["total"], receipt["total"]),
        ):
            if wanted is not None:
                self.fields += 1
                self.fields_right += wanted == got


def _errors(name: str, line: str) -> int:
    """Edit distance between `name` and the most similar part of `line`."""
    alignment = partial_ratio_alignment(name, line) if line else None
    if alignment is None or len(line) <= len(name):
        return min(len(name), Levenshtein.distance(name, line))
    return min(len(name), Levenshtein.distance(name, line[alignment.dest_start : alignment.dest_end]))


def _same_item(label: dict[str, Any], item: dict[str, Any]) -> bool:
    if label["amount"] != item["amount"] or label["quantity"] != item["quantity"]:
        return False
    if not label["name"]:
        return True
    name = squeeze(label["name"])
    return Levenshtein.distance(name, squeeze(item["name"])) <= NAME_TOLERANCE * len(name)
