"""Single misread digits are put right where arithmetic proves it, and marked; nothing is guessed."""

import random
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_service.fields import Field
from ocr_service.parsing.barcodes import has_check_digit, verified
from ocr_service.parsing.lookalikes import misreadings
from ocr_service.parsing.receipt import Receipt, understand
from ocr_service.parsing.rows import group
from tests.support.printing import (
    AMOUNT_END,
    COUNT_END,
    PRICE_END,
    Camera,
    PrintedRow,
    boxes_of,
    gtin,
    labelled,
    left,
    right,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))
TITLES: PrintedRow = [left("상품명"), right("단가", PRICE_END), right("수량", COUNT_END), right("금액", AMOUNT_END)]
DIGITS = st.integers(0, 999_999_999).map(gtin)


def read(*rows: tuple[str, str, str, str], total: int, code: str = "") -> Receipt:
    printed: list[PrintedRow] = [TITLES]
    for name, price, count, amount in rows:
        figures = [right(price, PRICE_END), right(count, COUNT_END), right(amount, AMOUNT_END)]
        printed.append([left(name), *[piece for piece in figures if piece[1]]])
        printed += [[left(code)]] if code else []
    printed += [labelled("합  계", total), labelled("신용카드", total)]
    return understand(group(boxes_of(printed, Camera(), random.Random(1), rough=False)), NOW)


@pytest.mark.parametrize(
    ("row", "total", "expected", "repaired"),
    [
        (("두부", "1,500", "7", "1,500"), 1500, (1500, 1, 1500), Field.QUANTITY),
        (("두부", "2,930", "2", "5,960"), 5960, (2980, 2, 5960), Field.UNIT_PRICE),
        (("두부", "2,980", "2", "5,950"), 5960, (2980, 2, 5960), Field.AMOUNT),
        (("두부", "1,800", "2", "3,000"), 3000, (1500, 2, 3000), Field.UNIT_PRICE),
        (("두부", "1,500", "2", "4,000"), 3000, None, None),
    ],
)
def test_the_digit_that_does_not_multiply(
    row: tuple[str, str, str, str], total: int, expected: tuple[int, int, int] | None, repaired: Field | None
) -> None:
    receipt = read(row, total=total)
    (entry,) = receipt.entries
    figures = entry.figures
    if expected is None:
        assert entry.repaired == frozenset()
        assert {Field.QUANTITY, Field.AMOUNT} <= receipt.doubts[0]
    else:
        assert (figures.unit_price, figures.quantity, figures.amount) == expected
        assert entry.repaired == {repaired}
    assert row[1] in receipt.rows[entry.rows[0]].text


def test_the_amount_that_the_total_contradicts() -> None:
    receipt = read(("두부", "", "1", "3,500"), ("우유", "", "1", "2,700"), total=5400)
    assert [(e.figures.amount, set(e.repaired)) for e in receipt.entries] == [(3500, set()), (2700, set())]
    receipt = read(("두부", "", "1", "3,500"), ("우유", "", "1", "2,800"), total=6800)
    assert [(e.figures.amount, set(e.repaired)) for e in receipt.entries] == [(3500, set()), (2800, set())]
    receipt = read(("두부", "", "1", "3,500"), ("우유", "", "1", "8,190"), total=6690)
    assert [(e.figures.amount, set(e.repaired)) for e in receipt.entries] == [(3500, set()), (3190, {Field.AMOUNT})]


@settings(max_examples=60, deadline=None)
@given(
    price=st.integers(100, 2000).map(lambda tens: 10 * tens),
    count=st.integers(1, 9),
    place=st.integers(0, 2),
    data=st.data(),
)
def test_what_is_repaired_is_what_was_printed(price: int, count: int, place: int, data: st.DataObject) -> None:
    truth = [price, count, price * count]
    seen = list(truth)
    options = [int(text) for text in misreadings(str(truth[place])) if int(text) > 0]
    seen[place] = data.draw(st.sampled_from(options)) if options else truth[place]
    receipt = read(("두부", f"{seen[0]:,}", str(seen[1]), f"{seen[2]:,}"), total=truth[2])
    (entry,) = receipt.entries
    found = [entry.figures.unit_price, entry.figures.quantity, entry.figures.amount]
    assert found[2] == truth[2] or Field.AMOUNT in receipt.doubts[0]
    if entry.repaired and not receipt.doubts[0] & {Field.QUANTITY}:
        assert found[0] * found[1] == found[2]


@given(digits=DIGITS, data=st.data())
def test_a_barcode_with_a_wrong_check_digit_is_never_given(digits: str, data: st.DataObject) -> None:
    assert verified(digits) is not None
    wrong = data.draw(st.sampled_from(sorted(misreadings(digits))))
    code = verified(wrong)
    assert code is None or (code.repaired and has_check_digit(code.digits))


@given(st.text(alphabet="0123456789", min_size=1, max_size=16))
def test_codes_of_any_length(digits: str) -> None:
    code = verified(digits)
    assert code is None or len(digits) not in (8, 12, 13, 14) or has_check_digit(code.digits)


def test_a_broken_barcode_is_left_out_and_in_doubt() -> None:
    receipt = read(("두부", "1,500", "2", "3,000"), total=3000, code="8801234567894")
    assert receipt.entries[0].barcode is None or Field.BARCODE in receipt.entries[0].repaired
    assert Field.BARCODE in receipt.doubts[0]


def test_a_list_without_prices() -> None:
    rows: list[PrintedRow] = [[left("상품명"), right("수량")], [left("참치김밥"), right("1")], labelled("합  계", 2000)]
    receipt = understand(group(boxes_of(rows, Camera(), random.Random(1), rough=False)), NOW)
    (entry,) = receipt.entries
    assert (entry.name, entry.figures.quantity, entry.figures.amount) == ("참치김밥", Decimal(1), 2000)
    assert entry.repaired == {Field.AMOUNT}


def test_a_returned_article_is_taken_off() -> None:
    receipt = read(("두부", "1,500", "2", "3,000"), ("우유", "2,980", "-1", "-2,980"), total=20)
    assert [e.figures.amount for e in receipt.entries] == [3000, -2980]
    assert receipt.totals.matches is True
    assert Field.QUANTITY in receipt.doubts[1]
