"""The labelled names: one TSV file per category, columns `family` and `name`.

A family is one product line in all sizes, spellings and abbreviations. All families of a brand are on the same side of
the split, so that neither a near-duplicate nor another product of the brand reveals a test name's category.
"""

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from ocr_service.category.normalise import normalise

DATA_DIR = Path(__file__).parent / "data"
EVALUATION_DIR = Path(__file__).parent / "evaluation"
BRANDS = Path(__file__).with_name("brands.txt")

CODES = (
    "vegetable",
    "fruit",
    "grain_nut",
    "meat",
    "seafood",
    "egg",
    "tofu",
    "dairy",
    "processed_meat",
    "kimchi_banchan",
    "noodle",
    "bakery",
    "snack",
    "ice_cream",
    "beverage",
    "coffee_tea",
    "alcohol",
    "seasoning",
    "canned",
    "ready_meal",
    "frozen",
    "baby_health",
    "non_food",
)

MAKER = re.compile(r"^(?!삼각\)|김밥\)|주먹\)|더큰\))[^()]{2,6}\)")
"""`농심)` is a maker; `삼각)` is a kind of product, and therefore not matched."""

UNSEEN = 20
"""Percentage of the brands, and of the families without a brand, that `split` excludes from training."""


@dataclass(frozen=True)
class Example:
    """A name as a receipt prints it, its category code and its product family."""

    category: str
    family: str
    name: str


@dataclass(frozen=True)
class Remark:
    """Text that tills print around a name. pattern: contains {} for the name.

    side: whether training or the normaliser has the word (`trained`) or neither has it (`held_out`).
    """

    kind: str
    side: str
    pattern: str

    def around(self, name: str) -> str:
        return self.pattern.replace("{}", name)


class InvalidDatasetError(Exception):
    """The data files violate rules; the message lists all violations."""


def load(directory: Path = DATA_DIR) -> list[Example]:
    """Read and check all files of `directory`. Raises InvalidDatasetError."""
    examples = []
    for path in sorted(directory.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            examples += [Example(path.stem, row["family"], row["name"]) for row in reader]
    if violations := check(examples):
        raise InvalidDatasetError("\n".join(violations))
    return examples


def load_evaluation(side: Literal["dev", "test", "plain", "qualified"]) -> list[Example]:
    """Read evaluation names, each in its own family.

    dev: as tills print them, to choose temperature and threshold. test: the same, to report. plain: nouns, to surround
    with remarks. qualified: nouns followed by a qualifier. All but `plain` are never trained on.
    """
    with (EVALUATION_DIR / f"{side}.tsv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Example(row["code"], row["name"], row["name"]) for row in reader]


def load_remarks() -> list[Remark]:
    """Read the remarks to put around plain names."""
    with (EVALUATION_DIR / "decorations.tsv").open(encoding="utf-8", newline="") as file:
        return [Remark(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def check(examples: Iterable[Example]) -> list[str]:
    """Return all violations: unknown codes, text that is not normalised, duplicates, families in two categories."""
    examples = list(examples)
    violations = [f"unknown category: {code}" for code in sorted({e.category for e in examples} - set(CODES))]
    violations += [f"no examples of {code}" for code in CODES if code not in {e.category for e in examples}]
    violations += [f"not normalised: {e}" for e in examples if not e.name or e.name != normalise(e.name)]
    names = Counter(e.name.replace(" ", "") for e in examples)
    violations += [f"duplicate name: {name}" for name, count in names.items() if count > 1]
    home: dict[str, str] = {}
    core_family: dict[str, str] = {}
    for example in examples:
        if home.setdefault(example.family, example.category) != example.category:
            violations.append(f"family {example.family} is in {home[example.family]} and {example.category}")
        same_core = core_family.setdefault(core(example.name), example.family)
        if same_core != example.family:
            violations.append(f"near-duplicate of family {same_core} in family {example.family}: {example.name}")
    return violations


@lru_cache(maxsize=100_000)
def core(name: str) -> str:
    """Return `name` without maker prefix, brackets, sizes, counts, spaces and punctuation: the product itself."""
    text = MAKER.sub("", name.lower())
    text = re.sub(r"\([^)]*\)?|\[[^\]]*\]?", "", text)
    text = re.sub(
        r"\d+(\.\d+)?\s*(kg|g|ml|l|cm|m|입|개입|개|매|구|봉|팩|병|캔|단|마리|인분|인|호|t|정|포|p|겹|롤)?(?![a-z])",
        "",
        text,
    )
    return re.sub(r"[\W_]+", "", text) or name


@cache
def brands() -> dict[str, str]:
    """Brands by spelling, from `brands.txt`; a spelling that ends in a space is a whole word."""
    result: dict[str, str] = {}
    for line in BRANDS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            spellings = line.split(", ")
            result |= {spelling.replace("_", " "): spellings[0].strip("_") for spelling in spellings}
    return result


@cache
def _spelling_lengths() -> list[int]:
    return sorted({len(spelling) for spelling in brands()}, reverse=True)


def brand_of(name: str) -> str | None:
    """Return the brand that `name` starts with, as a maker (`농심)`) or a word; None without a brand."""
    start = name.lstrip("([").replace(")", " ", 1).replace("]", " ", 1) + " "
    spellings = brands()
    return next((spellings[start[:n]] for n in _spelling_lengths() if start[:n] in spellings), None)


def split(examples: Iterable[Example]) -> tuple[list[Example], list[Example]]:
    """Return the training and the test examples, with no family and no brand on both sides.

    A hash of the family's most frequent brand decides, or of the family if it has no brand. Names of the family with a
    brand of the other side are on neither side.
    """
    families: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        families[example.family].append(example)
    sides: tuple[list[Example], list[Example]] = ([], [])
    for family, members in families.items():
        brand_counts = Counter(brand for member in members if (brand := brand_of(member.name)))
        unseen = _unseen(brand_counts.most_common(1)[0][0] if brand_counts else family)
        sides[unseen].extend(
            member for member in members if (brand := brand_of(member.name)) is None or _unseen(brand) == unseen
        )
    return sides


def _unseen(group: str) -> bool:
    """Depends on the name alone, so that new data does not move existing examples."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4]) % 100 < UNSEEN


def digest(examples: Sequence[Example]) -> str:
    """Return the SHA-256 of the examples in load order, as hexadecimal."""
    lines = "".join(f"{e.category}\t{e.family}\t{e.name}\n" for e in examples)
    return hashlib.sha256(lines.encode()).hexdigest()
