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
from ocr_service.errors import SeveralReceipts
from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.rows import Row, group
from ocr_service.parsing.single_receipt import MAX_SPLITS, parse_single_receipt
from tests.support.printing import LAYOUTS, Camera, PrintedRow, Shot, boxes_of, labelled, left, receipts

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
