"""Names are printed with line numbers, marks and tags around them; what remains is the name."""

import itertools
import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ocr_service.fields import ItemField
from ocr_service.parsing.item_numbers import ItemNumbers
from ocr_service.parsing.list_items import LineItem
from ocr_service.parsing.names import clean_names
from ocr_service.parsing.units import correct_units
from tests.support.printing import NAMES
from tests.support.typed_receipts import receipt_of

PRINTED = st.lists(st.sampled_from(NAMES), min_size=3, max_size=25)
EVERY_COUNT = math.lcm(*range(1, 46))
"""An amount that every figure divides, in won."""
COUNTS = st.tuples(st.integers(1, 9), st.lists(st.integers(1, 9), max_size=5)).flatmap(
    lambda drawn: st.permutations([drawn[0]] * 4 + drawn[1])
)
"""Quantities of which four are the same: they are no line numbers, even if one is misread."""


def listed(texts: list[str], *, quantity: int | None = 1, amount: int = 6000) -> list[LineItem]:
    numbers = ItemNumbers(amount, is_money=True, quantity=None if quantity is None else Decimal(quantity))
    return [LineItem(text, numbers) for text in texts]


def cleaned(texts: list[str]) -> list[str]:
    return [item.name for item in clean_names(listed(texts), numbered=False)]


FORMS = [
    "{n} ",
    "{n}* ",
    "{n:02d} ",
    "{n:02d}*",
    "{n:03d} P ",
    "D{n:02d} ",
    "({n})",
    "({n}) ",
    "{n}.",
    "{n:02d}* * ",
    "[{n}] ",
]


@given(names=PRINTED, first=st.integers(1, 60), form=st.sampled_from(FORMS))
def test_line_numbers_are_removed_from_every_name(names: list[str], first: int, form: str) -> None:
    texts = [form.format(n=number) + name for number, name in enumerate(names, first)]
    assume(form != "{n}." or not any(name[0].isdigit() for name in names))
    assert cleaned(texts) == names


@given(names=st.lists(st.sampled_from(NAMES), min_size=4, max_size=25), first=st.integers(1, 20), data=st.data())
def test_line_numbers_of_which_one_is_illegible_are_no_quantities(
    names: list[str], first: int, data: st.DataObject
) -> None:
    texts = [f"{number} {name}" for number, name in enumerate(names, first)]
    place = data.draw(st.integers(0, len(names) - 1))
    texts[place] = data.draw(st.sampled_from(["", "l ", "Z "])) + names[place]
    items = clean_names(listed(texts, quantity=None, amount=EVERY_COUNT), numbered=False)
    assert {item.numbers.quantity for item in items} == {None}


@given(
    names=st.lists(st.sampled_from(NAMES), min_size=6, max_size=12),
    first=st.integers(1, 2),
    cancelled=st.sets(st.integers(3, 8), min_size=1, max_size=2),
    form=st.sampled_from(["{n} ", "{n:02d} "]),
)
def test_line_numbers_with_gaps_are_no_quantities(names: list[str], first: int, cancelled: set[int], form: str) -> None:
    numbers = [number for number in range(first, 20) if number not in cancelled][: len(names)]
    texts = [form.format(n=number) + name for number, name in zip(numbers, names, strict=True)]
    items = clean_names(listed(texts, quantity=None, amount=EVERY_COUNT))
    assert [(item.name, item.numbers.quantity) for item in items] == [(name, None) for name in names]


@pytest.mark.parametrize("numbers", [[1, 2, 4, 5], [1, 3, 4, 5], [1, 2, 3, 5], [1, 2, 3, 5, 6], [2, 3, 5, 6, 7]])
def test_few_line_numbers_of_which_one_is_missing_are_no_quantities(numbers: list[int]) -> None:
    items = clean_names(listed([f"{number} 손두부" for number in numbers], quantity=None, amount=EVERY_COUNT))
    assert [(item.name, item.numbers.quantity) for item in items] == [("손두부", None)] * len(numbers)


@given(
    counts=st.one_of(
        st.sampled_from(
            [[1, 2, 4], [1, 3, 4], [1, 2, 4, 6], [1, 2, 4, 6, 1], [2, 4, 5, 9, 12], [1, 2, 1, 4, 5], [1, 2, 3, 4, 4]]
        ),
        COUNTS,
    ),
    form=st.sampled_from(["{n} ", "{n:02d} ", "{n}개 "]),
)
def test_figures_that_rise_with_many_gaps_or_not_at_all_are_quantities(counts: list[int], form: str) -> None:
    texts = [form.format(n=count) + "손두부" for count in counts]
    items = clean_names(listed(texts, quantity=None, amount=EVERY_COUNT))
    assert [(item.name, item.numbers.quantity) for item in items] == [("손두부", count) for count in counts]


@given(
    first=st.integers(1, 9),
    pieces=st.lists(st.sampled_from(["손두부", "라면", "김밥"]), min_size=2, max_size=6),
    unit=st.sampled_from(["개", " 개", "EA", " EA"]),
)
def test_figures_with_a_unit_are_quantities_however_they_rise(first: int, pieces: list[str], unit: str) -> None:
    texts = [f"{count}{unit} {name}" for count, name in enumerate(pieces, first)]
    items = clean_names(listed(texts, quantity=None, amount=EVERY_COUNT))
    assert [(item.name, item.numbers.quantity) for item in items] == list(zip(pieces, itertools.count(first)))


@given(
    names=st.lists(st.sampled_from(NAMES), min_size=5, max_size=12),
    place=st.integers(0, 11),
    read=st.one_of(st.none(), st.integers(1, 45)),
    first=st.integers(1, 2),
    form=st.sampled_from(["{n} ", "{n:02d} "]),
)
def test_line_numbers_of_which_one_is_misread_or_doubled_are_no_quantities(
    names: list[str], place: int, read: int | None, first: int, form: str
) -> None:
    """read: None for the number before it. Of five, one does not divide its amount."""
    numbers = [*range(first, first + len(names))]
    place %= len(names)
    numbers[place] = numbers[place - 1] if read is None else read
    texts = [form.format(n=number) + name for number, name in zip(numbers, names, strict=True)]
    items = listed(texts, quantity=None, amount=EVERY_COUNT)
    if len(names) == 5:
        unfit = 3 if place == 2 else 2
        items[unfit] = replace(items[unfit], numbers=ItemNumbers(10007, is_money=True))
    items = clean_names(items)
    assert [(item.name, item.numbers.quantity) for item in items] == [(name, None) for name in names]


@given(counts=COUNTS, place=st.integers(0, 8), other=st.integers(2, 9))
def test_a_figure_that_is_no_quantity_stays_in_its_name(counts: list[int], place: int, other: int) -> None:
    """Its amount may be misread. The others are quantities nevertheless."""
    items = listed([f"{count} 손두부" for count in counts], quantity=None, amount=2520 * 11)
    place %= len(counts)
    items[place] = replace(items[place], name=f"{other} 손두부", numbers=ItemNumbers(6001, is_money=True))
    assume(6001 % other)
    expected: list[tuple[str, int | None]] = [("손두부", count) for count in counts]
    expected[place] = (f"{other} 손두부", None)
    assert [(item.name, item.numbers.quantity) for item in clean_names(items)] == expected


@given(
    figures=COUNTS,
    words=st.lists(
        st.sampled_from(["색나물", "색 전", "곡미숫가루", "배식초", "단필통", "인용책상", "겹 휴지", "종 치즈"]),
        min_size=9,
        max_size=9,
    ),
)
def test_figures_before_what_they_count_are_no_quantities(figures: list[int], words: list[str]) -> None:
    texts = [f"{figure} {word}" for figure, word in zip(figures, words, strict=False)]
    items = clean_names(listed(texts, quantity=None, amount=EVERY_COUNT))
    assert [(item.name, item.numbers.quantity) for item in items] == [(text, None) for text in texts]


@given(
    names=st.lists(st.sampled_from(NAMES), min_size=6, max_size=25),
    misread=st.integers(0, 5),
    value=st.integers(1, 99),
    missing=st.integers(0, 5),
)
@example(names=["서울우유 1L"] * 6, misread=2, value=11, missing=0).via("misread as its successor")
def test_misread_and_missing_line_numbers_do_not_matter(
    names: list[str], misread: int, value: int, missing: int
) -> None:
    assume(misread != missing)
    numbers = [str(number) for number in range(8, 8 + len(names))]
    numbers[misread] = str(value)
    texts = [f"{number} {name}" for number, name in zip(numbers, names, strict=True)]
    texts[missing] = names[missing]
    assume(not names[missing][0].isdigit())
    assert cleaned(texts) == names


@given(
    st.lists(
        st.sampled_from(["3 분카레", "100 감자칩", "12 곡 선식", "우유", "콩나물", "두부", "2 겹 휴지"]),
        min_size=1,
        max_size=9,
    )
)
def test_figures_that_are_no_sequence_belong_to_the_names(names: list[str]) -> None:
    figures = [int(name.split()[0]) for name in names if name[0].isdigit()]
    assume(all(after - before != 1 for before, after in itertools.pairwise(figures)))
    assume(len(set(figures)) < 2 or figures != sorted(figures))
    assert cleaned(names) == names


FIGURED = ["7 곡 미숫가루", "3 분 카레", "2 겹 휴지", "10000 원권", "50000 원권", "4 색 볼펜", "5 곡 밥", "30000 원권"]


@given(
    names=st.lists(st.sampled_from(FIGURED), min_size=2, max_size=8, unique=True),
    first=st.integers(1, 9),
    form=st.sampled_from(["{n:03d} ", "{n:02d}* ", "({n}) ", "{n}. "]),
)
def test_figures_of_names_behind_line_numbers_are_no_quantities_or_codes(
    names: list[str], first: int, form: str
) -> None:
    texts = [form.format(n=number) + name for number, name in enumerate(names, first)]
    found = clean_names(listed(texts, quantity=None, amount=2_100_000))
    assert [(item.name, item.numbers.quantity, item.barcode) for item in found] == [(n, None, None) for n in names]


@given(
    name=st.sampled_from([name for name in NAMES if not name[0].isdigit()]),
    before=st.sampled_from(
        ["", "* ", "#", "@", "▲", "△ ", "ⓔ", "@ ", "[행사] ", "행사)", "상품: ", "품명:", "↳", "ㄴ", "★"]
    ),
    after=st.sampled_from(["", " .", ".", "*", " #", " [행사]", " [할인]", " 행사", "_", ",", " SR 2star", " 2star"]),
)
def test_marks_and_tags_around_a_name_are_removed(name: str, before: str, after: str) -> None:
    assert cleaned([before + name + after]) == [name]


@settings(max_examples=50)
@given(
    name=st.sampled_from(
        ["안성마춤 배 7.5kg", "[연세우유] 생크림빵", "[KF365] 감자", "1+1 우유", "사은품 컵", "[산지직송] 감귤"]
    ),
    occasion=st.sampled_from(["", "설", "추석 ", "선착순", "오늘만 ", "50%", "1+1 "]),
    offer=st.sampled_from(["특가", "할인", "행사", "증정", "증정품", "사은품"]),
    brackets=st.sampled_from(["[]", "【】", "()"]),
    gap=st.sampled_from(["", " "]),
)
def test_tags_of_offers_and_gifts_before_a_name_are_removed(
    name: str, occasion: str, offer: str, brackets: str, gap: str
) -> None:
    """Brackets with anything else, such as a brand, stay."""
    assert cleaned([f"{brackets[0]}{occasion}{offer}{brackets[1]}{gap}{name}"]) == [name]
    gift = "증정품" if offer in ("특가", "할인", "행사") else offer
    assert cleaned([f"{gift}){gap}{name}"]) == [name]


@given(
    names=st.lists(st.sampled_from(["우유 1L", "애호박/국산/개", "3000 균일가", "@팽이버섯"]), min_size=3, max_size=9)
)
def test_a_letter_that_marks_most_names_is_removed(names: list[str]) -> None:
    assert cleaned([f"P {name}" for name in names]) == [name.strip("@") for name in names]


@pytest.mark.parametrize(
    "name", ["P믹스커피", "R) 아이스라떼", "A4용지", "L 라떼", "균일가(3,000)", "쌀20kg(행사)", "1+1 우유"]
)
def test_what_only_looks_like_a_mark_stays(name: str) -> None:
    assert cleaned([name, "우유"]) == [name, "우유"]


@given(pieces=st.integers(2, 9), sign=st.sampled_from(["x", "X", " x", "×", " x "]))
def test_a_quantity_in_the_name_is_the_quantity(pieces: int, sign: str) -> None:
    (item,) = clean_names(listed([f"참깨 베이글{sign}{pieces}"], quantity=None, amount=2500 * pieces), numbered=False)
    assert (item.name, item.numbers.quantity, item.numbers.amount) == ("참깨 베이글", pieces, 2500 * pieces)


@pytest.mark.parametrize("name", ["우유 200mlx3", "크린백25x35", "라면65Gx6"])
def test_a_pack_size_is_not_a_quantity(name: str) -> None:
    (item,) = clean_names(listed([name], quantity=None), numbered=False)
    assert (item.name, item.numbers.quantity) == (name, None)


@given(
    number=st.integers(2, 19).map(lambda tens: 10 * tens),
    broken=st.sampled_from(
        [("m]", "ml"), ("m|", "ml"), ("mI", "ml"), ("ml", "ml"), ("g", "g"), ("m", "m"), ("q", "g"), ("kq", "kg")]
    ),
    tail=st.sampled_from(["", "*4", " 6입", "/국산"]),
)
def test_broken_units_are_corrected(number: int, broken: tuple[str, str], tail: str) -> None:
    assert correct_units(f"사과주스{number}{broken[0]}{tail}") == f"사과주스{number}{broken[1]}{tail}"


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("물 5OOm]", "물 500ml"),
        ("돼지목살 ikg", "돼지목살 1kg"),
        ("오이 l봉", "오이 1봉"),
        ("수박(8kq이상)", "수박(8kg이상)"),
        ("NQ 500", "NQ 500"),
        ("1q84 문고판", "1q84 문고판"),
        ("콩나물 300q2입", "콩나물 300g2입"),
        ("비타민l+ 60정", "비타민l+ 60정"),
        ("생수 l.5L", "생수 1.5L"),
        ("소면 5OOg", "소면 500g"),
        ("우유 9OOml", "우유 900ml"),
        ("Water 50OmLx6", "Water 500mLx6"),
        ("0riginal 더즌", "Original 더즌"),
        ("HEYRO0)득템라면", "HEYROO)득템라면"),
        ("소프트크림(바닐라>", "소프트크림(바닐라)"),
        ("SomaTrave1", "SomaTravel"),
        ("Easy ㎎ea]", "Easy meal"),
        ("라떼(lce)", "라떼(Ice)"),
        ("생수 1.6L", "생수 1.6L"),
        ("쿠킹호일 30m", "쿠킹호일 30m"),
        ("BT21 쿠키", "BT21 쿠키"),
        ("오일 200ml1병", "오일 200ml1병"),
        ("[m] 우유", "[m] 우유"),
    ],
)
def test_only_impossible_readings_of_units_are_corrected(read: str, printed: str) -> None:
    assert correct_units(read) == printed


def test_a_corrected_name_is_marked_as_repaired() -> None:
    ikg, kg = clean_names(listed(["감자 ikg", "감자 1kg"]), numbered=False)
    assert (ikg.repaired, kg.repaired) == ({ItemField.NAME}, set())


@given(
    counts=COUNTS,
    misread=st.sampled_from(["l", "Z", "|"]),
    data=st.data(),
)
def test_one_quantity_before_the_names_may_be_misread(counts: list[int], misread: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(counts) - 1))
    texts = [f"{misread if i == place else count} 손두부" for i, count in enumerate(counts)]
    items = clean_names(listed(texts, quantity=None, amount=2520 * 5), numbered=False)
    assert [item.name for item in items] == ["손두부"] * len(counts)
    assert [item.numbers.quantity for item in items] == [None if i == place else n for i, n in enumerate(counts)]


@given(
    counts=COUNTS,
    speck=st.sampled_from(["'", ":", "-", ".", "`", ";'"]),
    data=st.data(),
)
def test_one_quantity_before_the_names_may_have_a_speck(counts: list[int], speck: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(counts) - 1))
    texts = [f"{speck if i == place else ''}{count} 손두부" for i, count in enumerate(counts)]
    items = clean_names(listed(texts, quantity=None, amount=2520 * 5))
    assert [(item.name, item.numbers.quantity) for item in items] == [("손두부", count) for count in counts]


@given(
    counts=COUNTS,
    lost=st.integers(0, 8),
    gap=st.sampled_from([" ", "    "]),
)
def test_one_quantity_before_the_names_may_be_lost(counts: list[int], lost: int, gap: str) -> None:
    lost %= len(counts)
    names = ["아메리카노", "카페라떼", "허니브레드", "초코쿠키", "스무디", "크로플", "녹차빙수", "바닐라라떼", "식혜"]
    name_of = dict(zip(names, counts, strict=False))
    rows = [
        f"{' ' if place == lost else count}{gap}{name}".ljust(32) + f"{2520 * count:>10,}"
        for place, (name, count) in enumerate(name_of.items())
    ]
    receipt = receipt_of(rows, 2520 * sum(counts), titles=None)
    expected = [(name, None if place == lost else count) for place, (name, count) in enumerate(name_of.items())]
    assert [(item.name, item.numbers.quantity) for item in receipt.items] == expected


WORDS = st.sampled_from(["A4 용지", "소주", "B형 충전기", "LED등", "봉투", "포장용기", "120 색종이"])
"""Names that do not start with what may be a quantity."""


@given(
    counts=st.lists(st.sampled_from([2, 5, 10]), min_size=4, max_size=12),
    other=WORDS,
    place=st.integers(0, 11),
)
def test_figures_that_fit_every_amount_are_no_quantities_if_a_name_has_none(
    counts: list[int], other: str, place: int
) -> None:
    place %= len(counts)
    texts = [other if i == place else f"{count} 손두부" for i, count in enumerate(counts)]
    items = clean_names(listed(texts, quantity=None))
    assert [(item.name, item.numbers.quantity) for item in items] == [(text, None) for text in texts]


@given(
    counts=st.lists(st.integers(1, 9), min_size=4, max_size=12),
    other=WORDS,
    place=st.integers(0, 11),
    shows=st.sampled_from([1, 3, 7]),
    options=st.lists(st.sampled_from(["+샷추가", "-얼음적게"]), max_size=4),
)
def test_one_name_and_the_options_may_lack_the_quantity_before_the_others(
    counts: list[int], other: str, place: int, shows: int, options: list[str]
) -> None:
    place %= len(counts)
    texts = [other if i == place else f"{count} 손두부" for i, count in enumerate(counts)]
    texts[(place + 1) % len(texts)] = texts[(place + 2) % len(texts)] = f"{shows} 손두부"
    expected = [(text.removesuffix(" 손두부"), text) for text in texts]
    items = clean_names(listed([*texts[:2], *options, *texts[2:]], quantity=None, amount=EVERY_COUNT))
    assert [(item.name, item.numbers.quantity) for item in [*items[:2], *items[2 + len(options) :]]] == [
        (other, None) if text == other else ("손두부", int(count)) for count, text in expected
    ]
    assert {item.numbers.quantity for item in items[2 : 2 + len(options)]} <= {None}


@given(servings=st.lists(st.integers(2, 9), min_size=3, max_size=8), word=st.sampled_from(["인분 갈비", "인용 식탁"]))
def test_figures_before_what_they_count_are_never_lost(servings: list[int], word: str) -> None:
    texts = [f"{count} {word}" for count in servings]
    items = clean_names(listed(texts, quantity=None, amount=EVERY_COUNT))
    assert [(item.name, item.numbers.quantity) for item in items] == [(text, None) for text in texts]


@given(
    cut=st.sampled_from(["등심", "채끝 ", "국거리"]),
    one=st.sampled_from("lI|1"),
    grade=st.sampled_from(["+", "++", "++등급"]),
)
def test_the_grade_of_beef_has_a_one(cut: str, one: str, grade: str) -> None:
    assert correct_units(f"한우 {cut}{one}{grade}") == f"한우 {cut}1{grade}"


@given(
    words=st.sampled_from(
        ["회용 접시", "등급 한우", "인용 식탁", "인분 갈비", "병", "봉지", "호선 김밥", "개입 두부", "kg 감자"]
    ),
    form=st.sampled_from(["{}", "{} 10매", "{}(국산)"]),
)
def test_the_figure_of_the_only_name_may_be_a_part_of_it(words: str, form: str) -> None:
    assert cleaned(["1 " + form.format(words)]) == ["1 " + form.format(words)]


@given(
    name=st.sampled_from(["서울우유 1L", "콩나물", "(G)깐마늘", "병아리콩", "개나리쌀과자", "단호박"]),
    number=st.sampled_from(["1", "01", "001"]),
)
def test_the_line_number_of_the_only_name_is_removed(name: str, number: str) -> None:
    assert cleaned([f"{number} {name}"]) == [name]


@given(years=st.lists(st.integers(1950, 2025), min_size=3, max_size=8, unique=True))
def test_years_before_names_are_no_codes(years: list[int]) -> None:
    wines = [f"{year} 샤토 마고" for year in years]
    assert cleaned(wines) == wines


@given(
    counter=st.sampled_from(
        ["근", "마리", "포기", "킬로", "킬로그램", "줄", "망", "송이", "세트", "단계", "개월", "호기"]
    )
)
def test_the_figure_of_the_only_name_may_count_what_is_bought(counter: str) -> None:
    name = f"1 {counter} 절임배추"
    assert cleaned([name]) == [name]
