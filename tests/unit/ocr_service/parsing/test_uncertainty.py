"""What a person is asked to look at follows from the characters that decide a field, and from nothing beside them."""

import random
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ocr_service.fields import ItemField, ReceiptField
from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.rows import group
from tests.support.printing import AMOUNT_END, COUNT_END, PRICE_END, Camera, PrintedRow, boxes_of, labelled, left, right

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))
ROWS: list[PrintedRow] = [
    [left("행복마트 성수점")],
    [left("[구 매] 2026-02-20 18:31")],
    [left("상품명"), right("단가", PRICE_END), right("수량", COUNT_END), right("금액", AMOUNT_END)],
    [left("서울우유 1L"), right("2,980", PRICE_END), right("1", COUNT_END), right("2,980", AMOUNT_END)],
    [left("국산콩두부"), right("1", COUNT_END), right("1,500", AMOUNT_END)],
    labelled("합  계", 4480),
    labelled("신용카드", 4480),
]


def read(said: str, *, letter: float = 0.99, digit: float = 0.99) -> Receipt:
    """The receipt, with one text of it less surely read: `letter` and `digit` are the lowest probabilities in it."""
    weak = {"weakest": min(letter, digit), "weakest_digit": digit}
    boxes = [
        replace(box, recognition=replace(box.recognition, **weak)) if box.text == said else box
        for box in boxes_of(ROWS, Camera(), random.Random(1), rough=False)
    ]
    assert sum(box.text == said for box in boxes) == 1
    return parse_receipt(group(boxes), NOW)


def test_what_is_read_surely_is_in_no_doubt() -> None:
    receipt = read("국산콩두부")
    assert [item.name for item in receipt.items] == ["서울우유 1L", "국산콩두부"]
    assert receipt.uncertain_item_fields == [set(), set()]
    assert ReceiptField.PURCHASED_AT not in receipt.uncertain_fields


def test_a_name_is_as_sure_as_its_least_sure_character() -> None:
    assert read("국산콩두부", letter=0.5).uncertain_item_fields == [set(), {ItemField.NAME}]
    assert read("서울우유 1L", digit=0.5).uncertain_item_fields == [{ItemField.NAME}, set()]


@pytest.mark.parametrize(("letter", "digit", "doubtful"), [(0.3, 0.99, False), (0.99, 0.3, True)])
def test_a_date_rests_on_its_digits_and_not_on_the_word_before_it(letter: float, digit: float, doubtful: bool) -> None:
    receipt = read("[구 매] 2026-02-20 18:31", letter=letter, digit=digit)
    assert receipt.purchase_time is not None
    assert (ReceiptField.PURCHASED_AT in receipt.uncertain_fields) is doubtful
    assert receipt.uncertain_item_fields == [set(), set()], "how sure the day is, is said of the receipt"


def test_figures_that_nothing_confirms_rest_on_their_digits() -> None:
    assert ItemField.QUANTITY in read("1,500", digit=0.3).uncertain_item_fields[1]
    assert ItemField.QUANTITY not in read("1,500", letter=0.3).uncertain_item_fields[1]
