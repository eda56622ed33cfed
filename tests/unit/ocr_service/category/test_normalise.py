import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_service.category.normalise import END, START, framed, normalise


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("  서울우유 \t １Ｌ\n", "서울우유 1L"),
        (unicodedata.normalize("NFD", "삼겹살"), "삼겹살"),
        ("콜라\u3000500㎖", "콜라 500ml"),
        ("\ud800김", "\ufffd김"),
        ("", ""),
    ],
)
def test_normalise(printed: str, expected: str) -> None:
    assert normalise(printed) == expected


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_normalising_is_idempotent_and_encodable(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once == once.strip()
    assert "  " not in once
    once.encode()


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("농심)신라면 120g*5", "신라면"),
        ("삼다수 2L*6", "삼다수"),
        ("양파(망) 1.5kg", "양파"),
        ("우유 식빵", "우유식빵"),
        ("계란 30구", "계란"),
        ("칠성사이다 1.5L 6입", "칠성사이다"),
        ("감자팩", "감자"),
        ("오이 개", "오이"),
        ("귤박스", "귤"),
        ("감자세일/국내산", "감자"),
        ("딸기 100g당 1,980원", "딸기"),
        ("대파kg", "대파"),
        ("001 P 감자", "감자"),
        ("▲[행사] 농심)신라면 ★", "신라면"),
        ("17차", "17차"),
        ("2080", "2080"),
        ("(행사)", "(행사)"),
        ("", ""),
    ],
)
def test_the_frame_encloses_the_name_of_the_product(name: str, bare: str) -> None:
    assert framed(name).partition(START)[2].partition(END)[0] == bare


@settings(deadline=None)
@given(st.text())
def test_the_frame_adds_marks_and_removes_only_spaces(text: str) -> None:
    name = normalise(text.replace(START, "").replace(END, ""))
    assert framed(name).replace(START, "").replace(END, "") == name.replace(" ", "")


def test_spaces_do_not_matter() -> None:
    assert framed("농심)신라면 컵 65g") == framed("농심)신라면컵65g") == f"농심){START}신라면컵{END}65g"


@pytest.mark.parametrize("unit", ["1", "1x", "1 x ", "(", "1.", "1g*", "[", " "])
def test_no_name_takes_exponential_time_to_frame(unit: str) -> None:
    name = unit * 100 + "가"
    assert framed(name) == START + name.replace(" ", "") + END


@pytest.mark.parametrize("unit", ["/", "/가", "_", "1,", " 개", "kg당", "[가]", "(가)", "▲ ", "001 ", "행사 ", "팩"])
def test_no_remark_takes_exponential_time_to_frame(unit: str) -> None:
    for name in (unit * 100 + "가", "가" + unit * 100, "가" + unit * 100 + "나"):
        assert framed(name).replace(START, "").replace(END, "") == name.replace(" ", "")
