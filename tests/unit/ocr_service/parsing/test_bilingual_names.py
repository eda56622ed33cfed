"""Lists that print each name twice: the Korean name is the name."""

from hypothesis import given
from hypothesis import strategies as st

from ocr_service.parsing.bilingual_names import with_korean_names
from ocr_service.parsing.list_columns import lines_of
from ocr_service.parsing.rows import group
from tests.support.printing import gtin
from tests.support.typed_receipts import PRICES, Bought, listed, numbers, paper, plain, receipt_of, total_of

TRANSLATED = {
    "바스마티 쌀 5kg": "BASMATI RICE 5KG *",
    "가람마살라 100g": "GARAM MASALA 100G",
    "코코넛밀크 400ml": "COCONUT MILK 400ML",
    "냉동 양다리살 1kg": "FROZEN LAMB LEG 1KG",
    "피타브레드 6장": "PITA BREAD 6PC",
    "병아리콩": "Chickpeas",
}
IMPORTED = st.lists(
    st.tuples(st.sampled_from(sorted(TRANSLATED)), PRICES, st.integers(1, 9)),
    min_size=3,
    max_size=6,
    unique_by=lambda item: item[0],
)


def two_rows(item: tuple[str, int, int], place: int, *, latin_first: bool, priced: str) -> list[str]:
    """The names of an item in two rows, with its numbers beside one of them or below both."""
    name, price, count = item
    figures = numbers(price, count)
    if priced == "code below":
        return [*([TRANSLATED[name], name] if latin_first else [name, TRANSLATED[name]]), f"{gtin(place):<24}{figures}"]
    korean, latin = name, TRANSLATED[name]
    if priced == "korean":
        korean = f"{korean:<24}{figures}"
    else:
        latin = f"{latin:<24}{figures}"
    return [latin, korean] if latin_first else [korean, latin]


@given(
    bought=IMPORTED,
    latin_first=st.booleans(),
    priced=st.sampled_from(["korean", "latin", "code below"]),
    one=st.booleans(),
)
def test_of_names_that_are_printed_twice_the_korean_ones_count(
    bought: Bought, latin_first: bool, priced: str, one: bool
) -> None:
    """A single item, such as a bag, may have one name."""
    pairs = [two_rows(item, place, latin_first=latin_first, priced=priced) for place, item in enumerate(bought)]
    rows = [row for pair in pairs for row in pair]
    if one and len(bought) > 3:
        bought = [*bought, ("비닐봉투", 50, 1)]
        rows.append(f"{'비닐봉투':<24}{numbers(50, 1)}")
    receipt = receipt_of(rows, total_of(bought))
    assert listed(receipt) == plain(bought)
    assert receipt.totals.matches


@given(
    prices=st.lists(PRICES, min_size=3, max_size=3),
    remark=st.sampled_from(
        [
            ["블랙", "화이트", "블랙"],
            ["색상 블랙", "색상 레드", "색상 화이트"],
            ["당일 교환 가능"] * 3,
            ["   가을 신상", "   기모 안감", "   울 혼방"],
            ["샷 두번", "휘핑 크림", "얼음 조금"],
            ["호주산 냉동", "국내산 생고기", "브라질산 냉동"],
            ["음료 코너", "유제품 코너", "견과 코너"],
            ["연하게 뜨겁게", "오트우유 따뜻하게", "시럽 반"],
        ]
    ),
)
def test_remarks_in_korean_are_no_names(prices: list[int], remark: list[str]) -> None:
    bought = [*zip(["BASIC TEE", "CARGO PANTS", "BALL CAP"], prices, [1, 1, 2], strict=True)]
    rows = [
        row for item, text in zip(bought, remark, strict=True) for row in (f"{item[0]:<24}{numbers(*item[1:])}", text)
    ]
    receipt = receipt_of(rows, total_of(bought))
    assert [item.name.split()[0] for item in receipt.items] == ["BASIC", "CARGO", "BALL"]


@given(prices=st.lists(PRICES, min_size=4, max_size=4), choice=st.sampled_from(["ICE", "TALL", "REGULAR"]))
def test_choices_in_latin_letters_leave_the_names_as_they_are(prices: list[int], choice: str) -> None:
    bought = [*zip(["아메리카노", "카페라떼", "바닐라라떼", "카푸치노"], prices, [1, 2, 1, 1], strict=True)]
    plain_rows = [f"{name:<24}{numbers(price, count)}" for name, price, count in bought]
    receipt = receipt_of([row for each in plain_rows for row in (each, f" {choice}")], total_of(bought))
    assert [item.name.split()[0] for item in receipt.items] == [name for name, *_ in bought]
    assert receipt.totals.matches


@given(prices=st.lists(PRICES, min_size=3, max_size=3))
def test_brands_above_names_are_no_translations(prices: list[int]) -> None:
    brands = {"NIKE": "에어 맥스 97", "ADIDAS": "드라이핏 반팔", "PUMA": "양말"}
    rows = [
        f"{brand}\n{name:<24}{numbers(price, 1)}" for (brand, name), price in zip(brands.items(), prices, strict=True)
    ]
    lines = lines_of(group(paper("\n".join(rows))))
    assert with_korean_names(lines) == (lines, {})


@given(
    prices=st.lists(PRICES, min_size=3, max_size=3),
    remarks=st.sampled_from(["호주산 냉동", "국내산 생고기", "두툼하게 손질"]),
    priced_korean=st.integers(0, 2),
)
def test_remarks_below_some_names_are_no_names(prices: list[int], remarks: str, priced_korean: int) -> None:
    """Another name may be printed in Korean with its numbers, and one in Latin letters above it."""
    names = ["BASIC TEE", "CARGO PANTS", "BALL CAP"]
    rows = []
    for place, (name, price) in enumerate(zip(names, prices, strict=True)):
        if place == priced_korean:
            rows += [name, f"{'면 티셔츠 기본':<24}{numbers(price, 1)}"]
        else:
            rows += [f"{name:<24}{numbers(price, 1)}", remarks]
    receipt = receipt_of(rows, sum(prices))
    assert all(not item.name.startswith(remarks) for item in receipt.items)


@given(
    prices=st.lists(PRICES, min_size=3, max_size=3),
    colours=st.lists(
        st.sampled_from(["블랙 L", "베이지 32", "화이트", "네이비 95", "연핑크 M", "검정", "다크그레이 270"]),
        min_size=3,
        max_size=3,
        unique=True,
    ),
)
def test_colours_with_the_numbers_are_no_names(prices: list[int], colours: list[str]) -> None:
    names = ["CREW NECK T SHIRT", "WIDE CHINO PANTS", "ANKLE SOCKS 3PACK"]
    rows = [
        row
        for name, colour, price in zip(names, colours, prices, strict=True)
        for row in (name, f"{colour:<24}{numbers(price, 1)}")
    ]
    receipt = receipt_of(rows, sum(prices))
    assert [item.name.split()[0] for item in receipt.items] == [name.split()[0] for name in names]


@given(
    prices=st.lists(PRICES, min_size=3, max_size=3), makers=st.sampled_from(["{}제약", "{}식품", "(주){}", "{}코리아"])
)
def test_makers_above_names_are_no_names(prices: list[int], makers: str) -> None:
    names = ["BACCHUS F DRINK", "ANTIPHLAMINE GEL", "LACTOFIT GOLD"]
    rows = [
        row
        for name, maker, price in zip(names, ["동아", "유한", "종근"], prices, strict=True)
        for row in (makers.format(maker), f"{name:<24}{numbers(price, 1)}")
    ]
    receipt = receipt_of(rows, sum(prices))
    assert all(name in item.name for name, item in zip(names, receipt.items, strict=True))


@given(prices=st.lists(PRICES, min_size=3, max_size=3), latin_first=st.booleans())
def test_names_that_begin_with_a_colour_are_names(prices: list[int], latin_first: bool) -> None:
    pairs = {"빨강 사과": "RED APPLE", "흰 쌀밥": "WHITE RICE", "핑크 자몽": "PINK GRAPEFRUIT"}
    rows = []
    for (korean, latin), price in zip(pairs.items(), prices, strict=True):
        names = (
            [latin, f"{korean:<24}{numbers(price, 1)}"] if latin_first else [korean, f"{latin:<24}{numbers(price, 1)}"]
        )
        rows += names
    receipt = receipt_of(rows, sum(prices))
    assert [item.name for item in receipt.items] == [*pairs]
