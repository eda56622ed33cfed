"""Maps the categories that providers use to our category codes.

Korean providers use the food types of the Korean Food Code (식품공전: 유탕면, 혼합간장, …), Open Food Facts its own
tags. A type that is not in the table has no category; our classifier then decides by the product's name.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("food_types.tsv")
_BRACKETS = re.compile(r"[(\[（].*?[)\]）]")
_SEPARATORS = re.compile(r"[\s·ㆍ\u119e・/,.]")


def category_of(kinds: Iterable[str]) -> str | None:
    """The category code of the first kind in the table; `kinds` has the most specific first."""
    table = _table()
    return next((code for kind in kinds if (code := _lookup(table, kind))), None)


def _lookup(table: dict[str, str], kind: str) -> str | None:
    text = unicodedata.normalize("NFKC", kind).strip().lower()
    # 과자(한과류) is a 과자, 기타가공품-빵류 a 빵류.
    spellings = (text, _BRACKETS.sub("", text), *text.split("-")[::-1], *re.split(r"[>|]", text)[::-1])
    return next((table[key] for spelling in spellings if (key := _key(spelling)) in table), None)


def _key(kind: str) -> str:
    return _SEPARATORS.sub("", kind)


@cache
def _table() -> dict[str, str]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {_key(row["kind"]): row["category"] for row in csv.DictReader(file, delimiter="\t")}
