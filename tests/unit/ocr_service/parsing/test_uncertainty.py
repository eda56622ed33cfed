"""Whether a field is uncertain depends on the characters that determine it, and on no others."""

import random
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def read(text: str, *, letter: float = 0.99, digit: float = 0.99) -> Receipt:
    """The receipt with one uncertain text, in which `letter` and `digit` are the lowest probabilities."""
    weak = {"weakest": min(letter, digit), "weakest_digit": digit}
    boxes = [
        replace(box, recognition=replace(box.recognition, **weak)) if box.text == text else box
        for box in boxes_of(ROWS, Camera(), random.Random(1), rough=False)
    ]
    assert sum(box.text == text for box in boxes) == 1
    return parse_receipt(group(boxes), NOW)


def test_certain_texts_make_no_field_uncertain() -> None:
    receipt = read("국산콩두부")
    assert [item.name for item in receipt.items] == ["서울우유 1L", "국산콩두부"]
    assert receipt.uncertain_item_fields == [set(), set()]
    assert ReceiptField.PURCHASED_AT not in receipt.uncertain_fields


def test_a_name_is_as_certain_as_its_least_certain_character() -> None:
    assert read("국산콩두부", letter=0.5).uncertain_item_fields == [set(), {ItemField.NAME}]
    assert read("서울우유 1L", digit=0.5).uncertain_item_fields == [{ItemField.NAME}, set()]


@pytest.mark.parametrize(("letter", "digit", "uncertain"), [(0.3, 0.99, False), (0.99, 0.3, True)])
def test_a_date_depends_on_its_digits_and_not_on_its_label(letter: float, digit: float, uncertain: bool) -> None:
    receipt = read("[구 매] 2026-02-20 18:31", letter=letter, digit=digit)
    assert receipt.purchase_time is not None
    assert (ReceiptField.PURCHASED_AT in receipt.uncertain_fields) is uncertain
    assert receipt.uncertain_item_fields == [set(), set()], (
        "an uncertain date is a field of the receipt, not of its items"
    )


def test_unconfirmed_numbers_depend_on_their_digits() -> None:
    assert ItemField.QUANTITY in read("1,500", digit=0.3).uncertain_item_fields[1]
    assert ItemField.QUANTITY not in read("1,500", letter=0.3).uncertain_item_fields[1]


def read_rows(rows: list[PrintedRow], **changes: dict[str, object]) -> Receipt:
    """The receipt of the rows; `changes`: by text, the values of its recognition that differ."""
    boxes = [
        replace(box, recognition=replace(box.recognition, **changes.get(box.text, {})))
        for box in boxes_of(rows, Camera(), random.Random(1), rough=False)
    ]
    return parse_receipt(group(boxes), NOW)


@given(weakest=st.floats(0.31, 0.74))
def test_a_name_that_the_character_model_changed_needs_less_of_the_recogniser(weakest: float) -> None:
    alone = read_rows(ROWS, 국산콩두부={"weakest": weakest})
    assert alone.uncertain_item_fields == [set(), {ItemField.NAME}]
    agreed = read_rows(ROWS, 국산콩두부={"weakest": weakest, "raw": "국산콩두무"})
    assert agreed.uncertain_item_fields == [set(), set()]
    assert ItemField.NAME in agreed.items[1].repaired


@given(pieces=st.integers(2, 9), digit=st.floats(0.1, 0.84), total_matches=st.booleans())
def test_a_derived_quantity_needs_certain_digits(pieces: int, digit: float, total_matches: bool) -> None:
    amount = 1500 * pieces
    total = amount if total_matches else amount + 700
    rows: list[PrintedRow] = [
        *ROWS[:3],
        [left("국산콩두부"), right("1,500", PRICE_END), right(f"{amount:,}", AMOUNT_END)],
        labelled("합  계", total),
    ]
    weak = read_rows(rows, **{f"{amount:,}": {"weakest": digit, "weakest_digit": digit}})
    assert weak.items[0].numbers.quantity == pieces
    assert ItemField.QUANTITY in weak.uncertain_item_fields[0]
    certain = read_rows(rows)
    assert ItemField.QUANTITY not in certain.uncertain_item_fields[0]


def test_a_shop_that_prints_no_quantities_sells_single_pieces() -> None:
    rows: list[PrintedRow] = [
        *ROWS[:2],
        [left("국산콩두부"), right("1,500", AMOUNT_END)],
        [left("서울우유 1L"), right("2,980", AMOUNT_END)],
        labelled("합  계", 4480),
        labelled("신용카드", 4480),
    ]
    assert read_rows(rows).uncertain_item_fields == [set(), set()]


def test_a_quantity_that_is_missing_in_a_list_with_quantities_is_uncertain() -> None:
    rows = [*ROWS[:4], [left("국산콩두부"), right("1,500", AMOUNT_END)], *ROWS[5:]]
    rows.insert(4, [left("콩나물"), right("1,200", PRICE_END), right("1", COUNT_END), right("1,200", AMOUNT_END)])
    receipt = read_rows([*rows[:6], labelled("합  계", 5680)])
    assert [ItemField.QUANTITY in fields for fields in receipt.uncertain_item_fields] == [False, False, True]


def test_what_is_given_away_is_not_in_doubt() -> None:
    rows: list[PrintedRow] = [
        *ROWS[:2],
        [left("국산콩두부"), right("1", COUNT_END), right("1,500", AMOUNT_END)],
        [left("초코우유"), right("1", COUNT_END), right("증정품", AMOUNT_END)],
        labelled("합  계", 1500),
    ]
    receipt = read_rows(rows)
    assert [item.numbers.amount for item in receipt.items] == [1500, 0]
    assert receipt.uncertain_item_fields == [set(), set()]
