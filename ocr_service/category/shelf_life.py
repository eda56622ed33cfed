"""Shelf life and storage of food: rules by category, keyword and storage, counted from the day of purchase."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ocr_service.category.normalise import normalise

RULES_FILE = Path(__file__).parent / "data" / "shelf_life.csv"
HOMOGRAPHS_FILE = Path(__file__).parent / "data" / "not_keywords.csv"

STORAGE_WORDS = {"냉동": "freezer", "냉장": "fridge", "상온": "pantry", "실온": "pantry"}
"""Words in a name that state where the product is stored."""

MAX_CHARACTERS = 200
"""Length to which names without spaces are truncated; receipts print no longer ones."""

_WARM_TO_COLD = ("pantry", "fridge", "freezer")
_HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True)
class Rule:
    """One row of `shelf_life.csv`.

    storage: pantry, fridge, freezer, or None for non-food. basis: the event from which days are counted. min_days,
    max_days: None for non-food and for food that does not spoil (salt). source: of the days, see `data/README.md`.
    """

    category: str
    keyword: str | None
    storage: str | None
    basis: str
    min_days: int | None
    max_days: int | None
    source: str


@dataclass(frozen=True)
class Suggestion:
    """Where to keep an item, and for how many days from purchase; None if there is no date or it is unknown."""

    storage: str | None
    days: int | None
    basis: str
    source: str


class ShelfLife:
    """Suggests storage and days for an item.

    The first rule of a category, or of a keyword in it, gives the usual storage. Only rules counted from purchase yield
    an estimate, their minimum. Rules with another basis (manufacture, opening, thawing) are ignored, because a receipt
    has only the date of purchase. The database has the same rules, with the same results, for items that users edit.

    Receipts print names without spaces, so keywords are matched as follows:

    - Only keywords of the item's category count. The one that ends last takes precedence, because Korean compounds end
      in their head noun (연어회 keeps like 회); of those that end together, the longest (멸균우유 over 우유).
    - A keyword of one syllable counts only at the end of a run of Hangul: 돌김 contains 김, 김치 does not.
    - A keyword inside a word that `not_keywords.csv` lists does not count: 오리지널 does not contain 오리.
    """

    def __init__(self, rules: Iterable[Rule], homographs: Iterable[str]) -> None:
        self._rules: dict[tuple[str, str | None], list[Rule]] = defaultdict(list)
        self._keywords: dict[str, dict[str, None]] = defaultdict(dict)
        for rule in rules:
            if rule.keyword is not None:
                self._keywords[rule.category][rule.keyword] = None
            if rule.basis == "purchase":
                self._rules[(rule.category, rule.keyword)].append(rule)
        self._homographs = tuple(homographs)

    @classmethod
    def load(cls, path: Path = RULES_FILE, homographs: Path = HOMOGRAPHS_FILE) -> "ShelfLife":
        """Load the packaged rules, or others with the same columns."""
        return cls(read_rules(path), read_homographs(homographs))

    def suggest(self, name: str, category: str, storage: str | None = None) -> Suggestion:
        """Return the suggestion for an item at `storage` or, if None, where such items are usually kept.

        If there is no rule for `storage`, the suggestion repeats it without days. Raises KeyError for an unknown
        category.
        """
        if (category, None) not in self._rules:
            raise KeyError(category)
        text = normalise(name).replace(" ", "")[:MAX_CHARACTERS]
        rules = [
            rule
            for keyword in (*self._keywords_in(text, category), None)
            for rule in self._rules.get((category, keyword), ())
        ]
        usual = rules[0]
        if usual.storage is None:
            return Suggestion(None, None, usual.basis, usual.source)
        stated = next((place for word, place in STORAGE_WORDS.items() if word in text), None)
        requested = storage or stated
        match = next((rule for rule in rules if rule.storage == requested), None)
        if usual.source == "not_applicable":
            # Salt in the fridge does not spoil either: a rule of its category must not give it a date.
            return Suggestion(storage or (match or usual).storage, None, usual.basis, usual.source)
        if match and match.keyword != usual.keyword and requested != stated:
            match = _bounded(match, usual)
        if match is None and storage is not None:
            return Suggestion(storage, None, "purchase", "none")
        match = match or usual
        return Suggestion(match.storage, match.min_days, match.basis, match.source)

    def _keywords_in(self, text: str, category: str) -> list[str]:
        """Return the keywords of `category` in `text`, the decisive one first."""
        matches = [
            (start + len(keyword), len(keyword), keyword)
            for keyword in self._keywords[category]
            for start in _starts(keyword, text)
            if self._stands_alone(text, keyword, start)
        ]
        return [keyword for _, _, keyword in sorted(matches, reverse=True)]

    def _stands_alone(self, text: str, keyword: str, start: int) -> bool:
        end = start + len(keyword)
        if len(keyword) == 1 and _HANGUL.match(text, end):
            return False
        return not any(
            word_start <= start and end <= word_start + len(word)
            for word in self._homographs
            if len(word) > len(keyword) and keyword in word
            for word_start in _starts(word, text)
        )


def _bounded(category: Rule, keyword: Rule) -> Rule | None:
    """The category's rule for a storage without a rule of the keyword, within the limits of the keyword's usual rule.

    Food never keeps for less time in colder storage (instant rice in the fridge), or longer in warmer storage (a lunch
    box in the pantry).
    """
    colder = _WARM_TO_COLD.index(str(category.storage)) > _WARM_TO_COLD.index(str(keyword.storage))
    days, own_days = category.min_days, keyword.min_days or 0
    if colder:
        return replace(keyword, storage=category.storage) if days is None or days < own_days else category
    return None if days is None or days > own_days else category


def read_rules(path: Path = RULES_FILE) -> list[Rule]:
    """Return the rules of a CSV file with the fields of `Rule` as its columns, in file order."""

    def days(value: str) -> int | None:
        return int(value) if value else None

    with path.open(encoding="utf-8", newline="") as file:
        return [
            Rule(
                row["category"],
                row["keyword"] or None,
                row["storage"] or None,
                row["basis"],
                days(row["min_days"]),
                days(row["max_days"]),
                row["source"],
            )
            for row in csv.DictReader(file)
        ]


def read_homographs(path: Path = HOMOGRAPHS_FILE) -> list[str]:
    """Return the words, from the column `word` of a CSV file, inside which keywords do not count."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row["word"] for row in csv.DictReader(file)]


def _starts(word: str, text: str) -> list[int]:
    return [start for start in range(len(text)) if text.startswith(word, start)]
