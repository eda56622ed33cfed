"""Mapping the categories of providers to our codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from functions.barcode.food_types import TABLE, category_of

CODES = Path(__file__).resolve().parents[4] / "ocr_service" / "models" / "category" / "categories_map.json"


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["유탕면"], "noodle"),
        (["혼합간장", "간장", "장류"], "seasoning"),
        (["알 수 없는 것", "장류"], "seasoning"),
        (["가공식품"], None),
        (["과자(한과류)"], "snack"),
        (["과·채음료"], "beverage"),
        (["과ㆍ채주스"], "beverage"),
        (["영·유아용 이유식"], "baby_health"),
        (["즉석섭취·편의식품류-도시락"], "ready_meal"),
        (["땅콩 또는 견과류가공품"], "grain_nut"),
        (["김"], "seafood"),
        (["김치"], "kimchi_banchan"),
        (["배추김치"], "kimchi_banchan"),
        (["en:milks", "en:dairies", "en:beverages"], "dairy"),
        (["en:unheard-of", "en:beverages"], "beverage"),
        (["", "  "], None),
        ([], None),
    ],
)
def test_the_most_specific_known_kind_decides(kinds: list[str], expected: str | None) -> None:
    assert category_of(kinds) == expected


def test_the_table_has_each_kind_once_and_only_our_codes() -> None:
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]]
    codes = set(json.loads(CODES.read_text(encoding="utf-8")))
    assert {code for _, code in rows} == codes
    assert len({kind for kind, _ in rows}) == len(rows)
