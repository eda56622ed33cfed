import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_export.classifier.augment import sizes, variant
from model_export.classifier.compose import compositions, heads
from model_export.classifier.dataset import (
    CODES,
    Example,
    check,
    core,
    digest,
    load,
    load_evaluation,
    part,
    split_of,
)

FROZEN = {
    "dev": "1d8c8c7fe894a96a8055dbf4f201ce5f0c0a014c0ec09c231203abafcfea4b2c",
    "test": "d8790ae4fcd5e4a0a84a4c3a1af14a48c29b65db408c512457fdaa33313afec6",
}
"""Digests of the evaluation names: a figure means something only while the names it is measured on stay the same."""


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return load()


def test_the_data_is_valid_and_covers_every_category(examples: list[Example]) -> None:
    names = Counter(example.category for example in examples)
    assert set(names) == set(CODES)
    assert len(examples) >= 20_000
    assert min(names.values()) >= 200
    assert names["non_food"] >= 3_000


def test_no_family_and_no_near_duplicate_is_on_two_sides_of_the_split(examples: list[Example]) -> None:
    sides = {split: part(examples, split) for split in ("train", "dev", "test")}
    assert sum(len(side) for side in sides.values()) == len(examples)
    for identity in (lambda e: e.family, lambda e: core(e.name)):
        train, dev, test = ({identity(example) for example in side} for side in sides.values())
        assert not train & dev
        assert not train & test
        assert not dev & test


def test_the_evaluation_names_are_frozen_cover_every_category_and_are_never_trained_on(
    examples: list[Example],
) -> None:
    sides = {"dev": load_evaluation("dev"), "test": load_evaluation("test")}
    assert {side: digest(names) for side, names in sides.items()} == FROZEN
    evaluated = [*sides["dev"], *sides["test"]]
    assert len(evaluated) >= 600
    assert {name.category for name in evaluated} == set(CODES)
    cores = Counter(core(name.name) for name in evaluated)
    assert max(cores.values()) == 1
    assert not cores.keys() & {core(example.name) for example in examples}


def test_every_category_has_heads_and_no_head_is_in_two() -> None:
    nouns = Counter(head for names in heads().values() for head in names)
    assert heads().keys() == set(CODES)
    assert [head for head, count in nouns.items() if count > 1] == []


def test_compositions_keep_their_head_and_leave_out_what_is_taken() -> None:
    made = compositions(random.Random(1), 3, frozenset())
    assert len(made) == 3 * sum(map(len, heads().values()))
    assert all(name.rsplit(" ", 1)[-1] in " ".join(heads()[code]) for code, name in made)
    taken = {core(name) for _, name in made[:50]}
    again = compositions(random.Random(1), 3, taken)
    assert again == [(code, name) for code, name in made if core(name) not in taken]


def test_the_side_of_a_family_never_changes() -> None:
    sides = {"신라면": "dev", "대파": "test", "참이슬": "train", "종량제봉투": "dev", "체다치즈": "test", "만두": "dev"}
    assert {family: split_of(family) for family in sides} == sides


@pytest.mark.parametrize(
    ("extra", "breach"),
    [
        (Example("toy", "곰", "곰인형"), "unknown category: toy"),
        (Example("fruit", "새 과일", " 새과일"), "not normalised"),
        (Example("fruit", "대파", "대파향사과"), "family 대파 is in vegetable and fruit"),
        (Example("vegetable", "대파", "대 파"), "duplicate name: 대파"),
        (Example("vegetable", "다른 파", "오뚜기)대파 3kg"), "near-duplicate of family 대파 in family 다른 파"),
    ],
)
def test_a_breach_is_reported(examples: list[Example], extra: Example, breach: str) -> None:
    assert any(message.startswith(breach) for message in check([*examples, extra]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("농심)신라면 120g*5", "신라면"),
        ("양파(망) 1.5kg", "양파"),
        ("2080", "2080"),
        ("서울우유 나100% 1L", "서울우유나"),
        ("삼각)명란", "삼각명란"),
    ],
)
def test_core(name: str, expected: str) -> None:
    assert core(name) == expected


def test_size_endings_are_collected() -> None:
    assert sizes(["대파 500g", "우유(3입)", "두부"]) == [" 500g", "(3입)"]


@settings(deadline=None)
@given(st.text(min_size=1), st.randoms(use_true_random=False))
def test_any_name_has_variants(name: str, rng) -> None:
    assert variant(name, rng, [" 500g"])
