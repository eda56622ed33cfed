import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_export.classifier.augment import confusions, misread, sizes, variant
from model_export.classifier.compose import compositions, heads
from model_export.classifier.dataset import (
    CODES,
    Example,
    brand_of,
    brands,
    check,
    core,
    digest,
    load,
    load_evaluation,
    split,
)
from model_export.text_models.evaluation.confusions import substitutions, write

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


def test_no_family_no_brand_and_no_near_duplicate_is_on_both_sides_of_the_split(examples: list[Example]) -> None:
    training, test = split(examples)
    for identity in (lambda e: e.family, lambda e: brand_of(e.name), lambda e: core(e.name)):
        trained, tested = ({identity(example) for example in side} for side in (training, test))
        assert not (trained & tested) - {None}
    assert {example.category for example in training} == {example.category for example in test} == set(CODES)
    assert 0.1 * len(examples) < len(test) < 0.3 * len(examples)
    assert len(training) + len(test) > 0.9 * len(examples)
    assert sum(brand_of(example.name) is not None for example in test) > 300


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


def test_pairskeep_their_head_and_leave_out_what_is_taken() -> None:
    pairs = compositions(random.Random(1), 3, frozenset())
    assert len(pairs) == 3 * sum(map(len, heads().values()))
    assert all(name.rsplit(" ", 1)[-1] in " ".join(heads()[code]) for code, name in pairs)
    excluded = {core(name) for _, name in pairs[:50]}
    again = compositions(random.Random(1), 3, excluded)
    assert again == [(code, name) for code, name in pairs if core(name) not in excluded]


def test_families_of_one_brand_go_together_and_names_of_a_brand_of_the_other_side_are_left_out() -> None:
    of_brands = [Example("snack", f"과자 {brand}", f"{brand} 과자") for brand in sorted(set(brands().values()))]
    seen, unseen = split(of_brands)
    assert len(seen) + len(unseen) == len(of_brands)
    brand, other = brand_of(seen[0].name), brand_of(unseen[0].name)
    mixed = [
        Example("snack", "가", f"{brand})감자칩"),
        Example("snack", "가", f"{brand} 감자칩"),
        Example("snack", "가", f"{other} 감자칩"),
        Example("snack", "가", "감자칩"),
        Example("noodle", "나", f"{other} 칼국수"),
    ]
    assert split(mixed) == ([mixed[0], mixed[1], mixed[3]], [mixed[4]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("농심)신라면 5입", "농심"),
        ("[농심] 새우깡", "농심"),
        ("오뚜기진라면", "오뚜기"),
        ("ESSE 체인지", "에쎄"),
        ("카스 500ml", "카스"),
        ("카스테라", None),
        ("대파 500g", None),
    ],
)
def test_the_brand_is_what_a_name_starts_with(name: str, expected: str | None) -> None:
    assert brand_of(name) == expected


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


def test_confusions_are_counted_written_and_read_again(tmp_path: Path) -> None:
    lines = [("서울우유 1L", "서을우유 1L"), ("서울 우유", "서을 무유"), ("대파", "대파파"), ("가 나", "가나")]
    counted = Counter(pair for printed, read in lines for pair in substitutions(printed, read))
    assert counted == {("울", "을"): 2, ("우", "무"): 1}
    write(counted, tmp_path / "confusions.tsv")
    assert (tmp_path / "confusions.tsv").read_text(encoding="utf-8") == "printed\tread\tcount\n울\t을\t2\n우\t무\t1\n"
    assert confusions(tmp_path / "confusions.tsv") == {"울": {"을": 2}, "우": {"무": 1}}


def test_misreading_follows_the_counts_and_falls_back_on_like_letters() -> None:
    rng = random.Random(1)
    table = {"울": {"을": 9, "물": 1}}
    read = Counter("".join(misread("울" * 20, rng, table) for _ in range(1000)))
    assert 0.8 < read["을"] / (read["을"] + read["물"]) < 0.97
    others = {misread("밤", rng, table) for _ in range(200)}
    assert {"밥", "방"} <= others
    assert not others & {"을", "물"}


def test_the_table_of_confusions_is_of_characters_taken_for_others() -> None:
    table = confusions()
    assert len(table) >= 20
    for printed, excluded in table.items():
        assert len(printed) == 1
        assert all(len(read) == 1 and read != printed and times > 0 for read, times in excluded.items())
