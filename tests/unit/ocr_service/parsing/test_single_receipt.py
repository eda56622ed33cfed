"""Two receipts in one photo are refused; one receipt never is, regardless of its surroundings."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ocr_service.boxes import TextBox
from ocr_service.errors import OcrError, SeveralReceipts
from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.rows import Row, group
from ocr_service.parsing.single_receipt import MAX_SPLITS, parse_single_receipt
from tests.support.printing import LAYOUTS, Camera, PrintedRow, Shot, boxes_of, labelled, left, receipts, text_box

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))
TOGETHER = settings(max_examples=12, deadline=None)
KINDS = st.sampled_from(sorted(LAYOUTS))


def moved(boxes: list[TextBox], right: float, down: float) -> list[TextBox]:
    by = np.array([right, down], dtype=np.float32)
    return [replace(box, quad=box.quad + by) for box in boxes]


def flat(rows: list[PrintedRow]) -> list[TextBox]:
    return boxes_of(rows, Camera(), random.Random(7), rough=False)


def bottom(boxes: list[TextBox]) -> float:
    return max(float(box.quad[:, 1].max()) for box in boxes) - min(float(box.quad[:, 1].min()) for box in boxes)


@st.composite
def two(draw: st.DrawFn) -> tuple[Shot, Shot]:
    first, second = draw(receipts(layout=draw(KINDS))), draw(receipts(layout=draw(KINDS)))
    assume(first.printed.total != second.printed.total)
    return first, second


@TOGETHER
@given(pair=two())
def test_two_papers_with_receipts_are_refused(pair: tuple[Shot, Shot]) -> None:
    first, second = pair
    with pytest.raises(SeveralReceipts):
        parse_single_receipt([first.boxes, moved(second.boxes, 1500, 40)], NOW)


@TOGETHER
@given(pair=two())
def test_receipts_that_touch_are_refused(pair: tuple[Shot, Shot]) -> None:
    first, second = flat(pair[0].printed.rows), flat(pair[1].printed.rows)
    with pytest.raises(SeveralReceipts):
        parse_single_receipt([first + moved(second, 640, 11)], NOW)
    with pytest.raises(SeveralReceipts):
        parse_single_receipt([first + moved(second, 0, bottom(first) + 20)], NOW)


@TOGETHER
@given(data=st.data())
def test_one_receipt_is_never_refused(data: st.DataObject) -> None:
    shot = data.draw(receipts(layout=data.draw(KINDS)))
    receipt = parse_single_receipt([shot.boxes], NOW)
    assert receipt.totals.total == shot.printed.total
    slip: list[PrintedRow] = [
        [left("신용카드 매출전표(고객용)")],
        [left(f"거래일시 {shot.printed.purchased_at.replace('T', ' ')}")],
        labelled("승인금액", shot.printed.total),
        [left("승인번호 30012345")],
    ]
    paper = flat(shot.printed.rows)
    for right, down in ((0, bottom(paper) + 300), (900, 0)):
        receipt = parse_single_receipt([paper, moved(flat(slip), right, down)], NOW)
        assert receipt.totals.total == shot.printed.total
        assert len(receipt.items) == len(shot.printed.items)


def test_the_menu_on_the_table_is_left_out() -> None:
    receipt = [
        [left("행복식당")],
        [left("2025-03-14 18:05")],
        [left("모둠조개"), (30, "36,000"), (38, "1"), (44, "36,000")],
        labelled("합  계", 36000),
        labelled("신용카드", 36000),
    ]
    menu = [[left("막국수")], [left("9,000")], [left("계절 음식")]]
    found = parse_single_receipt([flat(receipt), moved(flat(menu), 1000, 0)], NOW)
    assert [item.name for item in found.items] == ["모둠조개"]
    assert not any("막국수" in row.text for row in found.rows)


def test_a_copy_of_the_receipt_is_not_a_second_receipt() -> None:
    paper: list[PrintedRow] = [
        [left("행복마트 중앙점")],
        [left("2025-03-14 18:05")],
        [left("두부"), (30, "1,500"), (38, "2"), (44, "3,000")],
        labelled("합  계", 3000),
    ]
    receipt = parse_single_receipt([flat(paper), moved(flat(paper), 900, 0)], NOW)
    assert len(receipt.items) == 1
    assert len(group(flat(paper))) == len(receipt.rows)


def test_a_list_with_a_date_in_every_row_is_parsed_only_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []

    def count(rows: Sequence[Row], now: datetime, *, quick: bool = False) -> Receipt:
        parsed.append(len(rows))
        return parse_receipt(rows, now, quick=quick)

    monkeypatch.setattr("ocr_service.parsing.single_receipt.parse_receipt", count)
    dated: list[PrintedRow] = [
        [left(f"두부 2025-03-{day % 28 + 1:02d}"), (30, "1,000"), (38, "1"), (44, "1,000")] for day in range(60)
    ]
    parse_single_receipt([flat([*dated, labelled("합  계", 60_000)])], NOW)
    assert len(parsed) <= 2 * MAX_SPLITS + 2


TEXTS = st.one_of(
    st.sampled_from(
        ["주문내역", "배송완료", "취소", "부분취소", "재구매", "장바구니", "결제금액", "총", "합계", "할인"]
    ),
    st.sampled_from(["2026.02.20", "25.3.1", "5,909", "2,980원", "1개", "3개", "x2", "12", "-500", "0", "3개 중 1개"]),
    st.sampled_from(["NO", "상품명", "단가", "수량", "금액", "한식", "우유900mL", "서울우유", "COFFEE", "*", "(", "/"]),
    st.sampled_from(["반품", "할인", "원거래일", "8801234567893"]),
)


@st.composite
def stray_boxes(draw: st.DrawFn) -> TextBox:
    """A text anywhere, in any direction and as narrow as a line."""
    width, height = draw(st.sampled_from([0.1, 8.0, 40.0, 300.0])), draw(st.sampled_from([0.1, 18.0, 24.0, 60.0]))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]])
    angle = np.deg2rad(draw(st.sampled_from([0, 0, 0, 3, 90, -90, 180])))
    turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    place = [50 * draw(st.integers(-1, 16)), 30 * draw(st.integers(-1, 24))]
    text = " ".join(draw(st.lists(TEXTS, min_size=1, max_size=3)))
    return text_box(text, turned + place, draw(st.sampled_from([0.99, 0.5])))


@settings(max_examples=150, deadline=None)
@given(papers=st.lists(st.lists(stray_boxes(), min_size=1, max_size=12), min_size=1, max_size=2))
def test_any_texts_are_a_receipt_or_refused(papers: list[list[TextBox]]) -> None:
    try:
        receipt = parse_single_receipt(papers, NOW)
    except OcrError:
        return
    assert len(receipt.uncertain_item_fields) == len(receipt.items)
