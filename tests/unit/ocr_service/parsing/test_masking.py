"""Personal data in single lines."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_service.parsing.masking import mask


@pytest.mark.parametrize(
    "secret",
    [
        "4321-1234-5678-9012", "4321 12** **** 9012", "5310-74**-****-123*", "432112******9012", "4321123456789012",
        "3791-123456-12345", "010-1234-5678", "01012345678", "02-725-4021", "051 608 2500", "070-4006-0018",
        "1588-1234", "(031)123-4567", "900101-1234567",
    ],
)  # fmt: skip
def test_numbers_of_people_and_cards_are_masked(secret: str) -> None:
    hidden = mask(f"번호 {secret} 끝")
    assert len(hidden) == len(f"번호 {secret} 끝")
    assert not any(character.isdigit() for character in hidden)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("회원명: 홍길동", "홍길동"), ("고객명 : 김*수", "김"), ("담당자:23027[경상**]", "경상"),
        ("캐셔: 이영희", "이영희"),
        ("박지성님 감사합니다", "박지성"), ("2022/09/05 곽*서", "곽"),
        ("2022/09/05 18:03 곽서*", "곽서"), ("김** 010", "김"), ("회원명 홍길*", "홍길"),
        ("고객 김*", "김"), ("[대표자] 최민수", "최민수"),
        ("회원번호 12345678", "5678"),
        ("승인번호: 30012345", "30012345"), ("계산원 : 003 김미영", "김미영"), ("증인번호: 05 45898928", "4589"),
        ("대표   홍길동", "홍길동"), ("701-87-00000 TEL: 031)123-3433  홍길동", "홍길동"),
        ("김길동 2020-12-17 12:43:27 0004-00123", "김길동"), ("[매출일] 2017-09-27 18:14:59 01-박길동", "박길동"),
    ],
)  # fmt: skip
def test_names_and_labelled_numbers_are_masked(text: str, secret: str) -> None:
    assert secret not in mask(text)
    assert len(mask(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "8801045571362 770 2 1,540", "2100010379979 490 1 490", "[구 매]2024-11-02 10:26 POS:1003-2742",
        "서울우유 1L 2,980",
        "사업자번호:101-82-16155", "고객님 감사합니다", "*우목심 78,330 1 78,330", "맥심 모카골드 12g*200개",
        "합계 1,234,500",
        "2020-12-17 12:43:27 0004-00123", "대표 메뉴", "이마트 2020-12-17 12:43:27", "행복점 2020-12-17 12:43",
        "주문일 2020-12-17 12:43", "구매일: 2020-12-17 12:43", "공급일 2020-12-17 12:43", "도착일 2020-12-17 12:43",
        "고구마 2kg 3,980", "상추* 1,500 1 1,500*", "무* 1,000", "귤*", "오이*",
        "임금님표 이천쌀 10kg", "어머님 손맛김치", "대왕님표 여주쌀", "서울마님죽",
    ],
)  # fmt: skip
def test_text_that_is_not_personal_is_not_masked(text: str) -> None:
    assert mask(text) == text


@given(st.text(alphabet="가김*0123456789-: 님회원명카드번호", max_size=60))
def test_masking_keeps_the_length_and_is_idempotent(text: str) -> None:
    assert len(mask(text)) == len(text)
    assert mask(mask(text)) == mask(text)


@given(digits=st.integers(0, 10**10 - 1), rest=st.integers(1, 999))
def test_a_barcode_that_touches_the_next_text_is_not_masked(digits: int, rest: int) -> None:
    text = f"880{digits:010d}{rest}ml"
    assert mask(text) == text


@given(
    number=st.from_regex(r"[A-Z]{0,2}[0-9]{6,13}", fullmatch=True),
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    label=st.sampled_from(["교환권번호", "주문번호:", "승인번호 :", "영수증번호"]),
)
def test_a_date_behind_a_masked_number_is_kept(number: str, day: date, label: str) -> None:
    masked = mask(f"{label} {number} {day:%Y-%m-%d} 11:12")
    assert masked.endswith(f" {day:%Y-%m-%d} 11:12")
    assert number not in masked


@given(
    label=st.sampled_from(["주문번호 :", "승인번호", "접수번호:", "회원번호 ", "MFY 주문번호 :"]),
    number=st.integers(1_000, 99_999_999),
    day=st.dates(date(2015, 1, 1), date(2026, 12, 31)),
    form=st.sampled_from(["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d", "%y.%m.%d", "%y/%m/%d"]),
)
def test_a_date_behind_a_labelled_number_is_kept(label: str, number: int, day: date, form: str) -> None:
    masked = mask(f"{label} {number} {day:{form}} 12:31")
    assert str(number) not in masked
    assert f"{day:{form}} 12:31" in masked


@given(number=st.integers(100_000, 99_999_999), day=st.dates(date(1940, 1, 1), date(1999, 12, 31)))
def test_the_year_of_a_birthday_behind_a_number_is_masked(number: int, day: date) -> None:
    masked = mask(f"회원번호: {number} {day:%y.%m.%d}")
    assert masked.startswith(f"회원번호: {'*' * len(str(number))} **.")


@given(
    before=st.sampled_from(["NU", "S", "CAS", "MAR", "PAS", "HO", ""]),
    label=st.sampled_from(["TEL", "HP", "H.P"]),
    after=st.sampled_from(["LA 1KG", "L VS 700ML", " CRAYON 24", " TOWEL 40X80", " INK 680"]),
)
def test_latin_names_with_the_letters_of_a_label_stay(before: str, label: str, after: str) -> None:
    name = f"{before}{label}{after}"
    assert mask(name) == name


@given(
    label=st.sampled_from(["TEL", "TEL:", "Tel.", "HP", "H.P :", "TEL)"]),
    number=st.sampled_from(
        [
            "02-725-4021",
            "(031)123-4567",
            "O2-725-4021",
            "OIO-725-4021",
            "OZ-725-4021",
            "OZ 725 4021",
            "GlD 7254 4021",
            "B2-725-4021",
            "D31-725-4021",
            "0317254021",
        ]
    ),
)
def test_telephone_numbers_behind_their_labels_are_masked(label: str, number: str) -> None:
    for space in ("", " ", "  "):
        masked = mask(f"{label}{space}{number}")
        assert "4021" not in masked
        assert "4567" not in masked


@given(before=st.sampled_from(["", "c", "l", "M", "주문자"]), label=st.sampled_from(["TEL", "HP"]))
def test_a_letter_may_touch_the_label_of_a_telephone(before: str, label: str) -> None:
    assert "1234" not in mask(f"{before}{label} 555-1234")
