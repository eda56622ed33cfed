"""Dates, amounts and personal data in single lines."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_service.parsing.dates import find_day_in_number, find_purchase_time
from ocr_service.parsing.labels import Marker, is_column_titles, label_of, marker_of
from ocr_service.parsing.masking import mask
from ocr_service.parsing.money import parse_amount, parse_quantity, split_tokens
from ocr_service.parsing.stores import find_store

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=ZoneInfo("Asia/Seoul"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-09-27 12:33", "2022-09-27T12:33"),
        ("2022-09-2712:33", "2022-09-27T12:33"),
        ("2022/09/05", "2022-09-05"),
        ("2022.9.5", "2022-09-05"),
        ("22-02-13", "2022-02-13"),
        ("23-08-10(목)", "2023-08-10"),
        ("23-08-10(목) 21:03:04", "2023-08-10T21:03:04"),
        ("[구 매]2017-06-02 21:13", "2017-06-02T21:13"),
        ("[매출일] 2025-04-25 14:23:14", "2025-04-25T14:23:14"),
        ("2024년 3월 7일 오후 2시 05분", "2024-03-07T14:05"),
        ("승인일시: 20220927", "2022-09-27"),
        ("20220927123345", "2022-09-27T12:33:45"),
        ("거래번호 20220927 123345", "2022-09-27"),
        ("2022 09 27 16:05", "2022-09-27T16:05"),
        ("2022~09-27 16:05", "2022-09-27T16:05"),
        ("2022/U9/27 16:05", "2022-09-27T16:05"),
        ("220927 16:05", "2022-09-27T16:05"),
        ("주문일시 2022-09-27 16:05 배송예정", "2022-09-27T16:05"),
        ("배송예정 2022-09-27", None),
        ("09/27 도착 2022-09-27", None),
        ("2O22-O9-27", "2022-09-27"),
        ("22년 9월 5일 18:03", "2022-09-05T18:03"),
        ("01/04/26", "2026-01-04"),
        ("25/12/31", "2025-12-31"),
        ("31/12/25", "2025-12-31"),
        ("홍길동 2020-12-17 12:43:27 0004-00123", "2020-12-17T12:43:27"),
        ("2027-01-01", None),
        ("2026-06-02 09:00", None),
        ("유효기간 2025-12-31", None),
        ("교환/환불 2025.12.31 까지", None),
        ("행사 2025.12.01~2025.12.31", None),
        ("소비기한: 25.12.31", None),
        ("2025-13-01", None),
        ("2025-02-30", None),
        ("070-4006-0018", None),
        ("613-82-10300", None),
        ("1,700 1 1,700", None),
        ("8801045571362", None),
        ("카드결제는 30일(10월05일)이내", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    purchase_time = find_purchase_time(text, NOW)
    assert (purchase_time.isoformat() if purchase_time else None) == expected


@given(day=st.dates(date(2016, 7, 1), NOW.date()), form=st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"]))
def test_every_past_day_is_found(day: date, form: str) -> None:
    purchase_time = find_purchase_time(f"[판매] {day.strftime(form)} POS:01", NOW)
    assert purchase_time is not None
    assert purchase_time.day == day


@given(
    time=st.datetimes(datetime(2017, 1, 1), datetime(2026, 5, 30)),  # noqa: DTZ001
    form=st.sampled_from(["%Y%m%d%H%M%S", "승인 %Y%m%d%H%M%S", "%Y%m%d%H%M%S 0031"]),
)
def test_a_time_without_separators_is_read_and_not_masked(time: datetime, form: str) -> None:
    purchase_time = find_purchase_time(mask(time.strftime(form)), NOW)
    assert purchase_time is not None
    assert datetime.fromisoformat(purchase_time.isoformat()) == time.replace(microsecond=0)


@given(
    day=st.dates(date(2017, 1, 1), date(2026, 5, 30)),
    form=st.sampled_from(["{}0031", "영수증 {}01000198", "{}/32562932/00015540/59", "03-{}-000386", "NO {}021"]),
)
def test_a_day_in_a_transaction_number_is_found(day: date, form: str) -> None:
    text = form.format(day.strftime("%Y%m%d"))
    purchase_time = find_purchase_time(text, NOW) or find_day_in_number(text, NOW)
    assert purchase_time is not None
    assert purchase_time.day == day


@pytest.mark.parametrize("text", ["카드 2014011220140112", "회원 2022092700031", "8801045571362", "010-2022-0927"])
def test_other_numbers_are_not_days(text: str) -> None:
    assert find_day_in_number(text, NOW) is None


@given(digits=st.integers(0, 10**10 - 1), rest=st.integers(1, 999))
def test_a_barcode_that_touches_the_next_text_is_not_masked(digits: int, rest: int) -> None:
    text = f"880{digits:010d}{rest}ml"
    assert mask(text) == text


@given(st.text(max_size=40))
def test_a_purchase_time_is_never_in_the_future(text: str) -> None:
    purchase_time = find_purchase_time(text, NOW)
    assert purchase_time is None or purchase_time.day <= NOW.date()


@pytest.mark.parametrize(
    ("text", "won"),
    [
        ("1,700", 1700), ("-500", -500), ("−500", -500), ("500-", -500), ("△500", -500), ("1.000", 1000),
        ("1，000", 1000), ("1,OOO", 1000), ("l,700", 1700), ("6,420원", 6420), ("￦6,420", 6420), ("\\990", 990),
        ("5,480E", 5480), ("1,200*", 1200), ("-19,960", -19960), ("1,234,500", 1234500), ("850", 850), ("0", 0),
        ("8801045571362", None), ("001", None), ("우유", None), ("1,70", None), ("10:26", None), ("", None),
        ("OOO", None), ("1L", None), ("-", None),
    ],
)  # fmt: skip
def test_amounts(text: str, won: int | None) -> None:
    amount = parse_amount(text)
    assert (amount.won if amount else None) == won


@given(won=st.integers(-99_999_999, 99_999_999), form=st.sampled_from(["{:,}", "{:,}원", "￦{:,}", "{:,}E"]))
def test_every_printed_amount_reads_back(won: int, form: str) -> None:
    amount = parse_amount(form.format(won))
    assert amount is not None
    assert amount.won == won


@given(st.text(max_size=20))
def test_amount_and_quantity_never_fail(text: str) -> None:
    amount, quantity = parse_amount(text), parse_quantity(text)
    assert amount is None or abs(amount.won) < 100_000_000
    assert quantity is None or quantity.value > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("커피 22, 600 1 22, 600", ["커피", "22,600", "1", "22,600"]),
        ("78. 330", ["78,330"]),
        ("단팥빵1,300", ["단팥빵", "1,300"]),
        ("유정란 25개11,980", ["유정란", "25개", "11,980"]),
        ("우유(소)1,300", ["우유(소)", "1,300"]),
        ("1,700 1 1,700", ["1,700", "1", "1,700"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [word for word, _, _ in split_tokens(text)] == words


@given(st.text(alphabet="가나 1,.0()A", max_size=30))
def test_words_cover_the_text(text: str) -> None:
    for word, start, end in split_tokens(text):
        assert 0 <= start < end <= len(text)
        assert word[0] in text[start:end] or word.startswith(",")


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
        ("박지성님 감사합니다", "박지성"), ("2022/09/05 곽*서", "곽"), ("[대표자] 최민수", "최민수"),
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
        "고구마 2kg 3,980",
    ],
)  # fmt: skip
def test_text_that_is_not_personal_is_not_masked(text: str) -> None:
    assert mask(text) == text


@given(st.text(alphabet="가김*0123456789-: 님회원명카드번호", max_size=60))
def test_masking_keeps_the_length_and_is_idempotent(text: str) -> None:
    assert len(mask(text)) == len(text)
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("합 계", Marker.SUM), ("합게", Marker.SUM), ("합계수량/금액 5 6,750", Marker.SUM),
        ("결재금액", Marker.PAYABLE),
        ("◆ 내 실 금 액:", Marker.PAYABLE), ("부 가 세 액", Marker.TAX),
        ("부가세과세물품가액:", Marker.SUPPLY), ("할 인", Marker.DISCOUNT),
        ("신용카드", Marker.PAYMENT), ("받은금액", Marker.PAYMENT), ("받을금액", Marker.PAYABLE),
        ("두부", None), ("현미", None),
        ("카스타드단팥빵", None), ("총각김치", None), ("소금", None), ("합격엿", None),
    ],
)  # fmt: skip
def test_marker_words(text: str, marker: Marker | None) -> None:
    assert marker_of(label_of(text)) is marker


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("상 품 명 단 가 수량 금 액", True), ("상품(코드) 단가 수량 금액", True),
        ("NO 상품명 단가 수량 금액", True), ("상픔명 단카 수랑 금액", True),
        ("합계수량/금액 5 6,750", False), ("받을 금액", False), ("두부 1,500", False),
    ],
)  # fmt: skip
def test_column_titles(text: str, titles: bool) -> None:
    assert is_column_titles(text) is titles


@pytest.mark.parametrize(
    ("lines", "store"),
    [
        (["[영 수 증]", "[매장명] 맑은농장", "[TEL] ***-****-****"], "맑은농장"),
        (["coop'sket", "이마트24 행복대점", "대표자 : ***"], "이마트24 행복대점"),
        (["롯데쇼핑(주) 롯데마트 행복점", "서울광역시 행복구 행복로 1"], "롯데마트 행복점"),
        (["가까운 행복을 만나다 GS25", "GS25행복학사점 ***-****-****"], "GS25행복학사점"),
        (["이마드24 행복점"], "이마트24 행복점"),
        (["서서울농협하나로마트사직점"], "하나로마트사직점"),
        (["주소: 서울 종로구", "싱싱청과", "2024-01-01"], "싱싱청과"),
        (
            ["[영수증]", "교환권 번호 : 81", "행복대학교 중앙1식당", "6138210300 / 이사장 / TEL : ***"],
            "행복대학교 중앙1식당",
        ),
        (["행복쿠키", "주문번호 7", "카드번호 ****", "상호   행복쿠키(Happy)", "대표번호 ****"], "행복쿠키(Happy)"),
        (["가맹점번호 123456789", "상호 : 행복찻집"], "행복찻집"),
        (["행복식당", "상호 김길동", "대표"], "행복식당"),
        (["삼호  행복쿠키", "대표 ***"], "행복쿠키"),
        (["라온숲", "701-87-00000 TEL: 031)123-3433"], "라온숲"),
        (["9 [매장명] (주)행복수산"], "(주)행복수산"),
        (["[매장명] 행복식당/295-08-00000"], "행복식당"),
        (["2024-01-01", "감사합니다"], None),
    ],
)
def test_store(lines: list[str], store: str | None) -> None:
    found = find_store(lines, len(lines))
    assert (found.name if found else None) == store
