"""Words that mark sums, payments and column titles."""

import pytest

from ocr_service.parsing.labels import Marker, is_column_titles, label_of, marker_of


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
