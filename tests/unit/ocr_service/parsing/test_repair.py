"""Single misread digits are corrected and listed where arithmetic proves them; nothing is guessed."""

import random
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_service.fields import ItemField
from ocr_service.parsing.barcodes import Barcode, has_check_digit, is_in_store, verified
from ocr_service.parsing.item_numbers import ItemNumbers
from ocr_service.parsing.labels import Marker
from ocr_service.parsing.list_items import LineItem, TotalLine
from ocr_service.parsing.lookalikes import misreadings
from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.repair import repair
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
        numbers = [right(price, PRICE_END), right(count, COUNT_END), right(amount, AMOUNT_END)]
        printed.append([left(name), *[piece for piece in numbers if piece[1]]])
        printed += [[left(code)]] if code else []
    printed += [labelled("합  계", total), labelled("신용카드", total)]
    return parse_receipt(group(boxes_of(printed, Camera(), random.Random(1), rough=False)), NOW)


@pytest.mark.parametrize(
    ("row", "total", "expected", "repaired"),
    [
        (("두부", "1,500", "7", "1,500"), 1500, (1500, 1, 1500), ItemField.QUANTITY),
        (("두부", "2,930", "2", "5,960"), 5960, (2980, 2, 5960), ItemField.UNIT_PRICE),
        (("두부", "2,980", "2", "5,950"), 5960, (2980, 2, 5960), ItemField.AMOUNT),
        (("두부", "1,800", "2", "3,000"), 3000, (1500, 2, 3000), ItemField.UNIT_PRICE),
        (("두부", "1,500", "2", "4,000"), 3000, None, None),
    ],
)
def test_a_digit_that_makes_the_product_wrong(
    row: tuple[str, str, str, str], total: int, expected: tuple[int, int, int] | None, repaired: ItemField | None
) -> None:
    receipt = read(row, total=total)
    (item,) = receipt.items
    numbers = item.numbers
    if expected is None:
        assert item.repaired == frozenset()
        assert {ItemField.QUANTITY, ItemField.AMOUNT} <= receipt.uncertain_item_fields[0]
    else:
        assert (numbers.unit_price, numbers.quantity, numbers.amount) == expected
        assert item.repaired == {repaired}
    assert row[1] in receipt.rows[item.rows[0]].text


def test_an_amount_that_the_total_contradicts() -> None:
    receipt = read(("두부", "", "1", "3,500"), ("우유", "", "1", "2,700"), total=5400)
    assert [(e.numbers.amount, set(e.repaired)) for e in receipt.items] == [(3500, set()), (2700, set())]
    receipt = read(("두부", "", "1", "3,500"), ("우유", "", "1", "2,800"), total=6800)
    assert [(e.numbers.amount, set(e.repaired)) for e in receipt.items] == [(3500, set()), (2800, set())]
    receipt = read(("두부", "", "1", "3,500"), ("우유", "", "1", "8,190"), total=6690)
    assert [(e.numbers.amount, set(e.repaired)) for e in receipt.items] == [(3500, set()), (3190, {ItemField.AMOUNT})]


def test_a_misread_digit_that_makes_another_order_of_the_columns_right() -> None:
    receipt = read(("두부", "40,000", "2", "20,000"), ("우유", "2,000", "1", "2,000"), total=22000)
    item = receipt.items[0]
    assert (item.numbers.unit_price, item.numbers.quantity, item.numbers.amount) == (10000, 2, 20000)
    assert item.repaired == {ItemField.UNIT_PRICE}
    as_printed = read(("두부", "40,000", "2", "20,000"), ("우유", "2,000", "1", "2,000"), total=42000)
    assert as_printed.items[0].numbers.amount == 40000


@given(
    st.lists(st.tuples(st.integers(100, 2000).map(lambda tens: 10 * tens), st.integers(1, 5)), min_size=1, max_size=4),
    st.sampled_from([("합  계", "신용카드"), ("소  계", "합  계"), ("판매금액", "합  계")]),
    st.sampled_from([0, 0, 30, 500]),
    st.data(),
)
def test_quantities_beside_amounts_that_are_printed_less_their_discounts(
    bought: list[tuple[int, int]], labels: tuple[str, str], coupon: int, data: st.DataObject
) -> None:
    """Further discounts may be taken off what the items add up to."""
    nets = [10 * data.draw(st.integers(price * count // 20, price * count // 10)) for price, count in bought]
    gross = sum(price * count for price, count in bought)
    printed: list[PrintedRow] = [TITLES]
    for i, ((price, count), net) in enumerate(zip(bought, nets, strict=True)):
        columns = ((f"{price:,}", PRICE_END), (str(count), COUNT_END), (f"{net:,}", AMOUNT_END))
        printed.append([left(("두부", "우유", "감자", "양파")[i]), *(right(*column) for column in columns)])
    reduced = gross > sum(nets)
    printed += [labelled(labels[0], gross)]
    printed += [labelled("할인금액", sum(nets) - gross)] if reduced else []
    printed += [labelled(labels[1], sum(nets))]
    if coupon and reduced:
        paid = sum(nets) - coupon
        printed += [labelled("쿠폰할인", -coupon), labelled("받을금액", paid), labelled("신용카드", paid)]
    receipt = parse_receipt(group(boxes_of(printed, Camera(), random.Random(1), rough=False)), NOW)
    read_numbers = [(item.numbers.unit_price, item.numbers.quantity, item.numbers.amount) for item in receipt.items]
    assert read_numbers == [(price, count, net) for (price, count), net in zip(bought, nets, strict=True)]
    assert all(not item.repaired for item in receipt.items)
    assert (receipt.totals.total, receipt.totals.matches) == (sum(nets) - coupon * reduced, True)


@given(
    bought=st.lists(st.tuples(st.sampled_from([3000, 5000, 8000]), st.integers(1, 3)), min_size=3, max_size=5),
    part=st.sampled_from(["면추가", "공기밥", "콜라(R)"]),
    place=st.integers(0, 4),
)
def test_a_part_without_an_amount_does_not_hide_a_misread_one(
    bought: list[tuple[int, int]], part: str, place: int
) -> None:
    place %= len(bought)
    total = sum(price * count for price, count in bought)
    names = ["돈코츠라멘", "교자", "생맥주", "가라아게", "우동"]
    rows = [(name, "", str(count), f"{price * count:,}") for name, (price, count) in zip(names, bought, strict=False)]
    printed: list[PrintedRow] = [[left("메뉴"), right("수량", COUNT_END), right("금액", AMOUNT_END)]]
    for name, _, count, amount in rows:
        misread = amount.translate(str.maketrans("358", "833")) if name == names[place] else amount
        printed.append([left(name), right(count, COUNT_END), right(misread, AMOUNT_END)])
    printed.insert(2, [left(part), right("2", COUNT_END)])
    printed += [labelled("합  계", total), labelled("신용카드", total)]
    receipt = parse_receipt(group(boxes_of(printed, Camera(), random.Random(1), rough=False)), NOW)
    without = printed[:2] + printed[3:]
    alone = parse_receipt(group(boxes_of(without, Camera(), random.Random(1), rough=False)), NOW)
    if alone.totals.matches:
        assert [item.numbers.amount for item in receipt.items] == [item.numbers.amount for item in alone.items]


@given(
    price=st.integers(10, 200).map(lambda tens: 10 * tens),
    seen=st.integers(2, 9),
    other=st.integers(10, 900).map(lambda tens: 10 * tens),
)
def test_the_cash_that_was_handed_over_proves_no_discount(price: int, seen: int, other: int) -> None:
    """The quantity 1 was misread, so that the products happen to add up to the cash."""
    total, cash = price + other, price * seen + other
    items = [
        LineItem("두부", ItemNumbers(price, is_money=True, unit_price=price, quantity=Decimal(seen), consistent=False)),
        LineItem("우유", ItemNumbers(other, is_money=True, unit_price=other, quantity=Decimal(1))),
    ]
    lines = [TotalLine(Marker.SUM, total, 2), TotalLine(Marker.PAYMENT, cash, 3), TotalLine(None, cash - total, 4)]
    assert repair(items, lines)[0].numbers.quantity != seen


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
    (item,) = receipt.items
    found = [item.numbers.unit_price, item.numbers.quantity, item.numbers.amount]
    assert found[2] == truth[2] or ItemField.AMOUNT in receipt.uncertain_item_fields[0]
    if item.repaired and not receipt.uncertain_item_fields[0] & {ItemField.QUANTITY}:
        assert found[0] * found[1] == found[2]


@given(digits=DIGITS, data=st.data())
def test_a_barcode_with_a_wrong_check_digit_is_never_returned(digits: str, data: st.DataObject) -> None:
    assert verified(digits, certain=False) is not None
    wrong = data.draw(st.sampled_from(sorted(misreadings(digits))))
    code = verified(wrong, certain=False)
    assert code is None or (code.repaired and has_check_digit(code.digits))


@given(st.text(alphabet="0123456789", min_size=1, max_size=16))
def test_codes_of_any_length(digits: str) -> None:
    code = verified(digits, certain=False)
    assert code is None or is_in_store(digits) or has_check_digit(code.digits)


@given(digits=st.integers(0, 10**11 - 1), prefix=st.sampled_from(["20", "21", "29", "24"]), certain=st.booleans())
def test_in_store_codes_need_no_check_digit(digits: int, prefix: str, certain: bool) -> None:
    assert verified(f"{prefix}{digits:011d}", certain=certain) == Barcode(f"{prefix}{digits:011d}")


@given(digits=DIGITS, data=st.data())
def test_certain_digits_are_returned_unless_they_are_korean(digits: str, data: st.DataObject) -> None:
    wrong = data.draw(st.sampled_from(sorted(misreadings(digits))))
    code = verified(wrong, certain=True)
    if wrong.startswith("880") or len(wrong) != 13:
        assert code is None or (code.repaired and has_check_digit(code.digits))
    else:
        assert code == Barcode(wrong)


def test_a_broken_barcode_is_left_out_and_uncertain() -> None:
    receipt = read(("두부", "1,500", "2", "3,000"), total=3000, code="8801234567894")
    assert receipt.items[0].barcode is None or ItemField.BARCODE in receipt.items[0].repaired
    assert ItemField.BARCODE in receipt.uncertain_item_fields[0]


def test_a_list_without_prices() -> None:
    rows: list[PrintedRow] = [[left("상품명"), right("수량")], [left("참치김밥"), right("1")], labelled("합  계", 2000)]
    receipt = parse_receipt(group(boxes_of(rows, Camera(), random.Random(1), rough=False)), NOW)
    (item,) = receipt.items
    assert (item.name, item.numbers.quantity, item.numbers.amount) == ("참치김밥", Decimal(1), 2000)
    assert item.repaired == {ItemField.AMOUNT}


def test_a_returned_item_is_subtracted() -> None:
    receipt = read(("두부", "1,500", "2", "3,000"), ("우유", "2,980", "-1", "-2,980"), total=20)
    assert [e.numbers.amount for e in receipt.items] == [3000, -2980]
    assert receipt.totals.matches is True
    assert ItemField.QUANTITY in receipt.uncertain_item_fields[1]


@pytest.mark.parametrize("rest", [",800", ",800원", ".800"])
@pytest.mark.parametrize(("price", "count"), [("5,900", "2"), ("", "")])
@pytest.mark.parametrize("total", [16_800, 17_300])
def test_an_amount_whose_thousands_were_not_detected(rest: str, price: str, count: str, total: int) -> None:
    """The product implies them, or else the total; without both the amount is uncertain."""
    receipt = read(
        ("두부", "", "", "3,000"), ("순두부찌개", price, count, rest), ("콩나물", "", "", "2,000"), total=total
    )
    assert [item.name for item in receipt.items] == ["두부", "순두부찌개", "콩나물"]
    item = receipt.items[1]
    if price or total == 16_800:
        assert (item.numbers.amount, item.repaired) == (11_800, {ItemField.AMOUNT})
    else:
        assert ItemField.AMOUNT in receipt.uncertain_item_fields[1]
