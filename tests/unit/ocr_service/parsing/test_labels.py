"""Words that mark sums, payments and column titles."""

import pytest

from ocr_service.parsing.labels import NOTICE_PARTS, Marker, is_column_titles, label_of, marker_of


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
    "name",
    [
        "제주소주", "한주소금", "묵은지참치김밥", "도라지배차", "침출차", "난각번호1번 계란", "대표밀맥주",
        "치즈 castello", "부각세트", "부세", "전란액",
    ],
)  # fmt: skip
def test_names_of_products_are_neither_labels_nor_notices(name: str) -> None:
    assert marker_of(label_of(name)) is None
    assert NOTICE_PARTS.search(name) is None


@pytest.mark.parametrize(
    "text",
    [
        "주소: 서울시",
        "서울 주소 : 종로",
        "POS:01",
        "TEL 02-123",
        "대표 홍길동",
        "영수증 지참",
        "승인번호 123",
        "입차시간",
    ],
)
def test_notices(text: str) -> None:
    assert NOTICE_PARTS.search(text)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("상 품 명 단 가 수량 금 액", True), ("상품(코드) 단가 수량 금액", True),
        ("NO 상품명 단가 수량 금액", True), ("상픔명 단카 수랑 금액", True),
        ("합계수량/금액 5 6,750", False), ("받을 금액", False), ("두부 1,500", False),
        ("상품금액", False), ("상품 금액", True), ("메뉴금액", False), ("메뉴 수량 금액", True),
    ],
)  # fmt: skip
def test_column_titles(text: str, titles: bool) -> None:
    assert is_column_titles(text) is titles
