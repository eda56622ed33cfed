"""The database's shelf-life rules are those of the OCR service, and so are its answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_service.category.shelf_life import ShelfLife, Suggestion, read_homographs, read_rules

Row = dict[str, Any]

SHELF_LIFE = ShelfLife.load()
RULES = read_rules()
CATEGORIES = sorted({rule.category for rule in RULES})
KEYWORDS = sorted({rule.keyword for rule in RULES if rule.keyword})
PLACES = [None, "pantry", "fridge", "freezer"]

# What stands around keywords on receipts, and what could be taken for a space or for one of them.
SCRAPS = [
    *read_homographs(),
    "김치",
    "냉동",
    "냉 장",
    "상온",
    "1kg",
    "(국내산)",
    " ",
    "\u00a0",
    "\u3000",
    "ＡＢＣ",
    "x",
    "치",
    "%",
]
PARTS = (
    st.sampled_from(KEYWORDS)
    | st.sampled_from(SCRAPS)
    | st.text("가나다라마바사김치무배알 \t\n\u2028\u0085\u001fA1ﾌ", max_size=3)
)
NAMES = st.lists(PARTS, max_size=4).map("".join) | st.lists(st.sampled_from(KEYWORDS), min_size=60, max_size=60).map(
    "".join
)


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def ask(connection: psycopg.Connection[Any], asked: list[tuple[str, str, str | None]]) -> list[Suggestion]:
    rows = connection.execute(
        """
        select keeps.storage, keeps.min_days, keeps.basis, keeps.source
        from unnest(%s::text[], %s::text[], %s::text[]) with ordinality as asked (name, code, place, n)
        join public.categories c using (code)
        cross join lateral private.shelf_life(asked.name, c.id, asked.place) keeps
        order by asked.n
        """,
        [list(column) for column in zip(*asked, strict=True)],
    ).fetchall()
    return [Suggestion(*row) for row in rows]


def test_the_rules_are_the_same_in_the_same_order(connection):
    rows = connection.execute(
        "select c.code, r.keyword, r.storage, r.basis, r.min_days, r.max_days, r.source "
        "from public.shelf_life_rules r join public.categories c on c.id = r.category_id order by r.sort"
    ).fetchall()
    assert rows == [
        (rule.category, rule.keyword, rule.storage, rule.basis, rule.min_days, rule.max_days, rule.source)
        for rule in RULES
    ]
    words = connection.execute("select word from private.not_keywords").fetchall()
    assert sorted(word for (word,) in words) == sorted(read_homographs())


def test_every_keyword_is_answered_alike_in_every_place(connection):
    pairs = sorted({(rule.category, rule.keyword or "무엇") for rule in RULES})
    asked = [(keyword, category, place) for category, keyword in pairs for place in PLACES]
    assert ask(connection, asked) == [SHELF_LIFE.suggest(*question) for question in asked]


@settings(max_examples=12, deadline=None)
@given(st.lists(NAMES, min_size=20, max_size=20), st.randoms(use_true_random=False))
def test_made_up_names_are_answered_alike(connection, names: list[str], choose: random.Random):
    asked = [(name, choose.choice(CATEGORIES), choose.choice(PLACES)) for name in names]
    assert ask(connection, asked) == [SHELF_LIFE.suggest(*question) for question in asked]


@pytest.mark.parametrize("name", ["돌김", "김치", "김 16봉", "영광굴비", "무농약 케일", "양념목살 오리지널"])
def test_words_end_where_they_end(connection, name):
    asked = [(name, category, None) for category in ("seafood", "vegetable", "meat", "kimchi_banchan")]
    assert ask(connection, asked) == [SHELF_LIFE.suggest(*question) for question in asked]
