import json
import re
from pathlib import Path

import pytest

from model_export.shelf_life_seed import END, SEED_FILE, START, block, merge
from ocr_service.category.shelf_life import ShelfLife, Suggestion, read_homographs, read_rules

ROOT = Path(__file__).parents[4]
CODES = json.loads((ROOT / "ocr_service/models/category/categories_map.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shelf_life() -> ShelfLife:
    return ShelfLife.load()


@pytest.mark.parametrize(
    ("name", "category", "storage", "days"),
    [
        ("서울우유 1L", "dairy", "fridge", 7),
        ("멸균우유 200ml*24", "dairy", "pantry", 45),
        ("국산콩 두부", "tofu", "fridge", 7),
        ("특란 30구", "egg", "fridge", 21),
        ("한돈 다짐육 300g", "meat", "fridge", 1),
        ("삼겹살", "meat", "fridge", 3),
        ("생닭", "meat", "fridge", 1),
        ("감자 2kg", "vegetable", "pantry", 30),
        ("메로나", "ice_cream", "freezer", 180),
        ("비비고 왕교자 만두", "frozen", "freezer", 180),
        ("햇반 210g", "ready_meal", "pantry", 180),
        ("참치마요 삼각김밥", "ready_meal", "fridge", 2),
        ("동원참치 100g", "canned", "pantry", 1095),
    ],
)
def test_usual_storage_and_days(shelf_life: ShelfLife, name: str, category: str, storage: str, days: int) -> None:
    suggestion = shelf_life.suggest(name, category)
    assert (suggestion.storage, suggestion.days, suggestion.basis) == (storage, days, "purchase")


@pytest.mark.parametrize(
    ("name", "category", "keyword"),
    [
        ("돌김", "seafood", "김"),
        ("곱창김(전장)", "seafood", "김"),
        ("김 16봉", "seafood", "김"),
        ("김치찜용 고등어", "seafood", "고등어"),
        ("오징어튀김", "seafood", "오징어"),
        ("김치", "seafood", None),
        ("생굴", "seafood", "굴"),
        ("영광굴비", "seafood", "굴비"),
        ("연어회", "seafood", "회"),
        ("세척무", "vegetable", "무"),
        ("무농약 연근칩", "vegetable", "연근"),
        ("무농약 콩잎", "vegetable", None),
        ("열무", "vegetable", "열무"),
        ("무순", "vegetable", "무순"),
        ("양배추", "vegetable", "양배추"),
        ("오이고추", "vegetable", "오이고추"),
        ("고구마순", "vegetable", None),
        ("신고배", "fruit", "배"),
        ("사과대추", "fruit", None),
        ("양념목살 오리지널", "meat", "양념"),
        ("통오리", "meat", "오리"),
        ("멸균 우유", "dairy", "멸균우유"),
        ("떡볶이떡", "bakery", "떡볶이떡"),
        ("볶음김치", "kimchi_banchan", "김치"),
    ],
)
def test_keywords_respect_word_boundaries(shelf_life: ShelfLife, name: str, category: str, keyword: str | None) -> None:
    rule = next(r for r in read_rules() if (r.category, r.keyword, r.basis) == (category, keyword, "purchase"))
    assert shelf_life.suggest(name, category) == Suggestion(rule.storage, rule.min_days, rule.basis, rule.source)


def test_a_requested_storage_takes_precedence(shelf_life: ShelfLife) -> None:
    assert shelf_life.suggest("삼겹살", "meat", "freezer").days == 120
    assert shelf_life.suggest("생닭", "meat", "freezer").days == 360
    assert shelf_life.suggest("닭발", "meat", "freezer").days == 120  # no rule of its own: the category's


def test_a_name_can_state_its_storage(shelf_life: ShelfLife) -> None:
    assert shelf_life.suggest("냉동 삼겹살 1kg", "meat").storage == "freezer"
    assert shelf_life.suggest("냉동 삼겹살 1kg", "meat", "fridge").storage == "fridge"
    assert shelf_life.suggest("냉동 소주", "alcohol").storage == "pantry"  # no rule: the usual place


KINDS = {
    "lunch from a convenience store": ("ready_meal", "제육 도시락, 참치김밥, 전주비빔 삼각김밥, 스팸 주먹밥", 1),
    "bread with a filling": ("ready_meal", "햄치즈 샌드위치, 불고기버거, 새우 햄버거", 1),
    "dumplings": ("frozen", "비비고왕교자, 왕교자 1.05kg, 냉동만두, 물만두, 군만두, 새우딤섬, 샤오롱바오", 1),
    "frozen chicken": ("frozen", "치킨너겟, 용가리너겟, 치킨텐더, 가라아게", 1),
    "canned seafood": ("canned", "동원참치, 꽁치 통조림, 고등어 통조림, 골뱅이 통조림, 유동골뱅이, 번데기", 1),
    "canned meat": ("canned", "스팸 200g, 리챔, 런천미트", 1),
    "fermented pastes": ("seasoning", "고추장, 순창 고추장, 된장, 해찬들 재래식된장, 쌈장", 1),
    "pastes and soy sauce": ("seasoning", "고추장, 된장, 쌈장, 진간장, 춘장", 3),
    "cooking oils": ("seasoning", "식용유, 콩기름, 카놀라유, 포도씨유, 해바라기유, 올리브유, 올리브오일", 1),
    "flour": ("seasoning", "밀가루, 중력분, 강력분, 박력분, 통밀가루", 1),
    "butter and margarine": ("dairy", "서울우유 버터, 가염버터, 마가린", 2),
    "sliced cheese": ("dairy", "슬라이스치즈, 체다슬라이스치즈, 앙팡 슬라이스", 1),
    "beer": (
        "alcohol",
        "맥주, 카스, 테라, 켈리, 클라우드, 필라이트, 한맥, 하이네켄, 칭따오, 아사히, 기네스, 호가든",
        1,
    ),
    "water": ("beverage", "생수, 제주삼다수, 아이시스, 백산수, 에비앙, 평창수", 1),
    "juice": ("beverage", "오렌지주스, 오렌지쥬스", 1),
    "vegetable juice": ("beverage", "야채주스, 야채쥬스, 토마토주스, 토마토쥬스", 1),
    "coffee mix": ("coffee_tea", "커피믹스, 믹스커피, 맥심 모카골드, 카누", 1),
    "instant rice": ("ready_meal", "햇반, 오뚜기밥, 즉석밥, 더미식밥", 1),
    "fish sausage": ("processed_meat", "천하장사, 맥스봉, 키스틱", 1),
    "frankfurters": ("processed_meat", "소시지, 비엔나, 후랑크, 프랑크", 1),
    "yogurt": ("dairy", "요거트, 요구르트, 요플레, 비요뜨, 불가리스, 야쿠르트, 그릭요거트", 1),
    "potato chips": ("snack", "감자칩, 포테토칩, 포카칩", 1),
    "raw fish": ("seafood", "광어회, 연어회, 모둠회", 1),
}
"""Kinds of products with their category, names of both brands and foods, and the largest ratio of their days."""


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_of_product_keeps_alike_under_every_name(shelf_life: ShelfLife, kind: str) -> None:
    category, names, ratio = KINDS[kind]
    suggestions = {name: shelf_life.suggest(name, category) for name in names.split(", ")}
    days = [suggestion.days for suggestion in suggestions.values()]
    assert len({suggestion.storage for suggestion in suggestions.values()}) == 1, suggestions
    assert None not in days, suggestions
    assert max(days) <= ratio * min(days), suggestions


def test_only_food_that_is_eaten_raw_or_stored_wrongly_has_no_day() -> None:
    usual = {(rule.category, rule.keyword): rule for rule in reversed(read_rules()) if rule.basis == "purchase"}
    assert {keyword for (_, keyword), rule in usual.items() if rule.min_days == 0} == {"회", "초밥"}


def test_food_that_does_not_spoil_has_no_days(shelf_life: ShelfLife) -> None:
    assert shelf_life.suggest("꽃소금 3kg", "seasoning") == Suggestion("pantry", None, "purchase", "not_applicable")
    assert shelf_life.suggest("참이슬 360ml", "alcohol").days is None
    assert shelf_life.suggest("장수 생막걸리", "alcohol").days == 10


def test_non_food_has_neither_storage_nor_days(shelf_life: ShelfLife) -> None:
    assert shelf_life.suggest("냉동 보관용 지퍼백", "non_food", "freezer") == Suggestion(
        None, None, "purchase", "not_applicable"
    )


def test_a_storage_without_a_rule_is_repeated_without_days(shelf_life: ShelfLife) -> None:
    assert shelf_life.suggest("동원참치", "canned", "freezer") == Suggestion("freezer", None, "purchase", "none")


def test_an_unknown_category_is_an_error(shelf_life: ShelfLife) -> None:
    with pytest.raises(KeyError):
        shelf_life.suggest("김", "toys")


def test_rules_are_complete_and_consistent() -> None:
    rules = read_rules()
    assert {rule.category for rule in rules} == set(CODES)
    keys = [(rule.category, rule.keyword, rule.storage, rule.basis) for rule in rules]
    assert len(keys) == len(set(keys))
    for rule in rules:
        assert rule.storage in {"pantry", "fridge", "freezer"} or rule.category == "non_food"
        assert rule.basis in {"purchase", "manufacture", "opened", "thawed"}
        assert re.fullmatch(r"foodkeeper: \S.*|mfds: \S.*|estimate|not_applicable", rule.source)
        assert (rule.basis == "manufacture") == rule.source.startswith("mfds")
        assert (rule.min_days is None) == (rule.max_days is None) == (rule.source == "not_applicable")
        assert rule.min_days is None or 0 <= rule.min_days <= rule.max_days


def test_no_estimate_from_purchase_exceeds_the_reference_from_manufacture() -> None:
    rules = read_rules()
    limits = {(r.category, r.keyword, r.storage): r.max_days for r in rules if r.basis == "manufacture"}
    assert len(limits) >= 25
    for rule in rules:
        limit = limits.get((rule.category, rule.keyword, rule.storage))
        assert limit is None or rule.basis != "purchase" or rule.min_days <= limit


def test_hundreds_of_foods_have_rules_with_a_stated_source() -> None:
    foods = {(rule.category, rule.keyword) for rule in read_rules() if rule.keyword and ": " in rule.source}
    assert len(foods) >= 250


@pytest.mark.parametrize(
    ("name", "category", "storage", "days"),
    [
        ("햇반 210g", "ready_meal", "fridge", 180),  # colder never keeps shorter
        ("신라면 5입", "noodle", "fridge", 120),
        ("사케 720ml", "alcohol", "fridge", 180),
        ("제육 도시락", "ready_meal", "pantry", None),  # warmer never keeps longer
        ("생면 600g", "noodle", "pantry", None),
        ("막걸리", "alcohol", "pantry", None),
        ("상추 150g", "vegetable", "pantry", 2),
        ("실온 떡볶이 300g", "ready_meal", "pantry", 150),  # the name says which kind it is
        ("꽃소금 1kg", "seasoning", "fridge", None),
        ("소주", "alcohol", "freezer", None),
    ],
)
def test_a_rule_of_the_category_applies_within_bounds(
    shelf_life: ShelfLife, name: str, category: str, storage: str, days: int | None
) -> None:
    suggestion = shelf_life.suggest(name, category, storage)
    assert (suggestion.storage, suggestion.days) == (storage, days)


def test_the_seed_contains_exactly_the_rules_and_their_exceptions() -> None:
    seed = SEED_FILE.read_text(encoding="utf-8")
    assert merge(seed, block(read_rules(), read_homographs())) == seed
    assert seed.count(START) == seed.count(END) == 1


def test_usual_storage_is_that_of_the_categories_table(shelf_life: ShelfLife) -> None:
    seed = SEED_FILE.read_text(encoding="utf-8")
    rows = re.findall(r"^  \('(\w+)', '[^']*', '[^']*', (?:true|false), (?:'(\w+)'|null), \d+\)", seed, re.MULTILINE)
    assert {code: storage or None for code, storage in rows} == {
        code: shelf_life.suggest("", code).storage for code in CODES
    }


def test_a_block_is_appended_once_and_then_replaced() -> None:
    first = merge("select 1;\n", block(read_rules(), ["오리지널"]))
    assert first.startswith("select 1;\n\n" + START)
    assert merge(first + "select 2;\n", block(read_rules()[:1], ["튀김"])).endswith(f"{END}\nselect 2;\n")
