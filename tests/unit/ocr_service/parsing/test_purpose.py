"""Papers without products that were bought: refunds, services, menus, foreign receipts. They add nothing."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ocr_service.errors import ForeignReceipt, NotAReceipt
from ocr_service.parsing.receipt import parse_receipt
from ocr_service.parsing.rows import group
from tests.support.printing import gtin
from tests.support.typed_receipts import (
    BOUGHT,
    NOW,
    TITLES,
    Bought,
    items,
    one_row,
    paper,
    plain,
    read,
    receipt_of,
    total_of,
)

HEADINGS = [
    "[반품]",
    "< 반 품 >",
    "*** 환불 ***",
    "반품 영수증",
    "[환불] 2025-03-14",
    "취소 영수증",
    "신용카드 승인취소",
    "원거래일자 2025-03-13",
    "판매 영수증 (반품)",
    "매출전표(환불)",
]
NOTICES = [
    "교환/환불은 영수증 지참 30일 이내 가능합니다",
    "신선식품 반품은 당일에 한함(환불 불가)",
    "카드결제 취소 시 대금환급은 최대 7일 소요",
    "30분내 승인취소가 될 예정이며",
    "반품 및 교환시 영수증을 지참하세요",
]


@given(bought=BOUGHT, heading=st.sampled_from(HEADINGS), sign=st.sampled_from([1, -1]))
def test_a_refund_has_no_items_and_says_so(bought: Bought, heading: str, sign: int) -> None:
    rows = [
        f"{name:<24}{price:>9,}   {sign * quantity:>3}   {sign * price * quantity:>9,}"
        for name, price, quantity in bought
    ]
    total = sign * total_of(bought)
    receipt = read("\n".join(["행복마트", heading, "상품명   단가   수량   금액", *rows, f"환불금액{total:>40,}"]))
    assert receipt.refund
    assert items(receipt) == []


SUMS = [
    "취소금액",
    "환불 금액",
    "반품합계",
    "[반품] 합계",
    "[환불] 결제금액",
    "원거래번호 123",
    "[반품]",
    "(반품) 영수증",
    "카드매출(환불)",
]


@given(bought=BOUGHT, label=st.sampled_from(SUMS))
def test_a_negative_sum_with_a_word_for_a_refund_is_that_of_a_refund(bought: Bought, label: str) -> None:
    """The items may be printed with positive amounts."""
    receipt = read("\n".join(["행복마트", TITLES, *one_row(bought), f"{label:<30}{-total_of(bought):>12,}"]))
    assert (receipt.refund, items(receipt)) == (True, [])


RETURNED = ["[반품]{}", "(환불) {}", "반품 {}", "*취소 {}", "{} 취소", "{}(환불)", "{} [반품]"]
RETURNS = {
    "numbers beside the name": "{name:<24}{price:>9,}   {quantity:>3}   {amount:>9,}",
    "only the amount": "{name:<30}{amount:>18,}",
    "code and numbers below": "{name}\n{code:<24}{price:>9,}   {quantity:>3}   {amount:>9,}",
    "amount below": "{name}\n{amount:>48,}",
}


def returned(form: str, tag: str, name: str, price: int, quantity: int) -> str:
    return RETURNS[form].format(
        name=tag.format(name), price=price, quantity=-quantity, amount=-price * quantity, code=gtin(1)
    )


@given(bought=BOUGHT, form=st.sampled_from(sorted(RETURNS)), tag=st.sampled_from(RETURNED))
def test_a_receipt_of_returned_items_only_is_a_refund(bought: Bought, form: str, tag: str) -> None:
    receipt = receipt_of([returned(form, tag, *item) for item in bought], -total_of(bought))
    assert (receipt.refund, items(receipt)) == (True, [])


@given(bought=BOUGHT, form=st.sampled_from(sorted(RETURNS)), tag=st.sampled_from(RETURNED), place=st.integers(0, 7))
def test_a_returned_item_among_others_makes_no_refund(bought: Bought, form: str, tag: str, place: int) -> None:
    item = bought[place % len(bought)]
    kept = [other for other in bought if other != item]
    receipt = receipt_of([*one_row(bought), returned(form, tag, *item)], total_of(kept))
    assert not receipt.refund
    assert [(e.name, e.numbers.amount, int(e.numbers.quantity or 1)) for e in receipt.items] == plain(kept)


@given(
    bought=BOUGHT, payment=st.sampled_from(["한빛은행", "신용승인", "참카드결제"]), tag=st.sampled_from(RETURNED[-2:])
)
def test_a_payment_that_was_returned_is_a_refund(bought: Bought, payment: str, tag: str) -> None:
    """The items may be printed with positive amounts."""
    total = total_of(bought)
    sums = [f"합  계{total:>44,}", f"{tag.format(payment):<30}{-total:>12,}"]
    receipt = read("\n".join(["행복마트", TITLES, *one_row(bought), *sums]))
    assert (receipt.refund, items(receipt)) == (True, [])


@given(bought=BOUGHT)
def test_a_receipt_of_negative_items_is_a_refund(bought: Bought) -> None:
    rows = [f"{name:<24}{price:>9,}   {-quantity:>3}   {-price * quantity:>9,}" for name, price, quantity in bought]
    receipt = receipt_of(["공책                         1,000     1       1,000", *rows], total_of(bought))
    assert not receipt.refund
    receipt = receipt_of(rows, total_of(bought))
    assert (receipt.refund, items(receipt)) == (True, [])


@given(bought=BOUGHT, notices=st.lists(st.sampled_from(NOTICES), min_size=1, max_size=3))
def test_notices_about_refunds_do_not_make_a_refund(bought: Bought, notices: list[str]) -> None:
    head = ["행복마트 중앙점", *notices, "2025-03-14 18:05", "상품명                   단가   수량   금액"]
    receipt = read("\n".join([*head, *one_row(bought), f"합  계{total_of(bought):>44,}", *notices]))
    assert not receipt.refund
    assert [(e.name, e.numbers.amount, int(e.numbers.quantity or 1)) for e in receipt.items] == plain(bought)


@pytest.mark.parametrize(
    "rows",
    [
        ["KTX 015 일반실 10호차 3A", "승차권 영수증", "어른                 59,800", "총 영수 금액          59,800"],
        [
            "개인택시",
            "승차 09:10  하차 09:45",
            "주행거리 12km",
            "요금 1             18,800",
            "합  계              18,800",
        ],
        [
            "행복약국",
            "처방전 조제",
            "조제료    1          5,600",
            "본인부담금            5,600",
            "합계                 5,600",
        ],
        [
            "행복은행 ATM",
            "출금                 100,000",
            "수수료                   1,000",
            "거래후잔액          1,234,567",
        ],
        [
            "전기요금 청구서",
            "기본요금               1,600",
            "전력량요금            40,000",
            "청구금액            41,600",
        ],
        ["행복시네마 입장권", "성인 2매     2     28,000", "합계                28,000"],
        ["한빛호텔", "객실 1203  체크인 15:00", "티켓   1        120,000", "합계               120,000"],
    ],
)
def test_services_have_no_items(rows: list[str]) -> None:
    assert items(read("\n".join(["영수증", "2025-03-14 18:05", *rows]))) == []


@pytest.mark.parametrize("rows", [["누적 12,340", "적립 120"], ["서울우유 1L", "2,980원", "100ml당 298원"]])
def test_points_and_prices_per_weight_are_not_items(rows: list[str]) -> None:
    with suppress(NotAReceipt):
        assert items(read("\n".join(["2026-02-11 10:10", *rows]))) == []


@given(bought=BOUGHT)
def test_words_of_services_do_not_matter_where_prices_are_confirmed(bought: Bought) -> None:
    notices = ["입차 10:00 출차 12:00", "공연 티켓 증정 행사 안내"]
    head = ["행복마트 중앙점", *notices, "2025-03-14 18:05", "상품명                   단가   수량   금액"]
    assert len(read("\n".join([*head, *one_row(bought), f"합  계{total_of(bought):>44,}"])).items) == len(bought)


DISHES = st.sampled_from(["아메리카노", "카페라떼", "바닐라라떼", "자몽에이드", "치즈케이크"])


@given(st.lists(st.tuples(DISHES, st.integers(30, 90)), min_size=3, max_size=9))
def test_a_menu_is_not_a_receipt(dishes: list[tuple[str, int]]) -> None:
    prices = [price for _, price in dishes]
    assume(not any(price == sum(prices[:index]) for index, price in enumerate(prices)))
    with pytest.raises(NotAReceipt):
        read("\n".join(["COFFEE", *(f"{name:<20}{100 * price:>10,}" for name, price in dishes)]))


VIETNAMESE = [
    "SIEU THI HANH PHUC",
    "HOA DON BAN HANG",
    "Banh mi thit nuong",
    "Ca phe sua da",
    "Tra dao cam sa",
    "TONG CONG",
    "THANH TOAN VND",
]


@given(st.lists(st.integers(10, 900).map(lambda thousands: 1000 * thousands), min_size=7, max_size=7))
def test_a_receipt_in_latin_letters_is_foreign(amounts: list[int]) -> None:
    rows = [f"{text:<24}{1:>4}{amount:>12,}" for text, amount in zip(VIETNAMESE, amounts, strict=True)]
    with pytest.raises(ForeignReceipt):
        read("\n".join(rows))


@given(st.lists(st.integers(100, 3000), min_size=8, max_size=8))
def test_a_receipt_in_another_script_is_not_read_as_won(amounts: list[int]) -> None:
    rows = [f"{'쀍뙤가뉁함 (896)':<24}*{amount:,}" for amount in amounts]
    boxes = [
        replace(box, recognition=replace(box.recognition, confidence=0.5, weakest=0.1))
        for box in paper("\n".join(["2019-10-01 08:45", *rows]))
    ]
    with pytest.raises(NotAReceipt):
        parse_receipt(group(boxes), NOW)


@given(amounts=st.lists(st.integers(100, 3000), min_size=8, max_size=12), blurred=st.booleans())
def test_unsure_hangul_between_sure_numbers_is_another_script(amounts: list[int], blurred: bool) -> None:
    """On a blurred photo of a Korean receipt, the numbers are unsure, too."""
    rows = [f"{'쀍뙤가뉁함볶':<24}{amount:>9,}" for amount in amounts]
    boxes = [
        replace(box, recognition=replace(box.recognition, confidence=0.5, weakest=0.1))
        if blurred or "쀍" in box.text
        else box
        for box in paper("\n".join(["2019-10-01 08:45", *rows]))
    ]
    with pytest.raises(NotAReceipt if blurred else ForeignReceipt):
        parse_receipt(group(boxes), NOW)


@given(bought=BOUGHT)
def test_foreign_names_do_not_make_a_receipt_foreign(bought: Bought) -> None:
    names = ["Easy meal", "JBL On Time", "STARBUCKS COFFEE", "Philadelphia Cheese", "VITA 500", "OREO", "KITKAT", "M&M"]
    foreign = [(name, price, quantity) for name, (_, price, quantity) in zip(names, bought, strict=False)]
    receipt = receipt_of(one_row(foreign), total_of(foreign))
    assert len(receipt.items) == len(foreign)
