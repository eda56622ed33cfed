"""How long a food keeps and where: rules by category, keyword and storage, counted from the day of purchase."""

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
"""Words by which a name itself says where the product is kept."""

MAX_CHARACTERS = 200
"""Of a name without spaces, what counts: no receipt prints a longer one."""

_WARM_TO_COLD = ("pantry", "fridge", "freezer")
_HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True)
class Rule:
    """One row of `shelf_life.csv`. Days are None for what does not go off (salt) and for what is not food.

    `storage` is pantry, fridge, freezer, or None for what is not food; `basis` is the day that days are counted from;
    `source` says where the days are from, see `data/README.md`.
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
    """Where to keep an item and for how many days from purchase (None: no date applies or none is known)."""

    storage: str | None
    days: int | None
    basis: str
    source: str


class ShelfLife:
    """Suggests storage and days for an item.

    The first rule of a category, or of a keyword in it, names the usual storage. Only rules counted from purchase
    make an estimate, by their minimum; the others (from manufacture, after opening or thawing) are kept beside them
    because a receipt shows no other date than that of the purchase. The database has the same rules, and the same
    answers, for items that users change.

    Receipts print names without spaces, so a keyword is found like this:

    - only keywords of the item's category count; the one that ends last wins, because Korean compounds end in their
      head noun (연어회 keeps like 회), and of those that end together the longest (멸균우유, not 우유);
    - a keyword of one syllable counts only at the end of a run of Hangul: 돌김 is 김, 김치 is not;
    - a keyword inside a word that `not_keywords.csv` lists does not count: 오리지널 holds no 오리.
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
        """Load the packaged rules, or others in the same columns."""
        return cls(read_rules(path), read_homographs(homographs))

    def suggest(self, name: str, category: str, storage: str | None = None) -> Suggestion:
        """Return the suggestion for an item, at `storage` if given, else where such an item is usually kept.

        Where no rule knows the asked storage the answer repeats it with no days. Raises KeyError for an unknown
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
        said = next((place for word, place in STORAGE_WORDS.items() if word in text), None)
        wanted = storage or said
        chosen = next((rule for rule in rules if rule.storage == wanted), None)
        if usual.source == "not_applicable":
            # Salt in the fridge is still salt: a rule of its whole category must not date it.
            return Suggestion(storage or (chosen or usual).storage, None, usual.basis, usual.source)
        if chosen and chosen.keyword != usual.keyword and wanted != said:
            chosen = _bounded(chosen, usual)
        if chosen is None and storage is not None:
            return Suggestion(storage, None, "purchase", "none")
        chosen = chosen or usual
        return Suggestion(chosen.storage, chosen.min_days, chosen.basis, chosen.source)

    def _keywords_in(self, text: str, category: str) -> list[str]:
        """Return the keywords of `category` that `text` holds, the deciding one first."""
        found = [
            (start + len(keyword), len(keyword), keyword)
            for keyword in self._keywords[category]
            for start in _starts(keyword, text)
            if self._stands_alone(text, keyword, start)
        ]
        return [keyword for _, _, keyword in sorted(found, reverse=True)]

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
    """The rule of a category in place of one that a keyword lacks, as far as the keyword's usual rule lets it.

    Colder never keeps shorter (instant rice in the fridge), and warmer never keeps longer (a lunch box on the shelf).
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
    """Return the words of a CSV file with the column `word`, inside which a keyword does not count."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row["word"] for row in csv.DictReader(file)]


def _starts(word: str, text: str) -> list[int]:
    return [start for start in range(len(text)) if text.startswith(word, start)]
