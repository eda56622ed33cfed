"""Papers without products that were bought: refunds, services, menus, foreign receipts. They add nothing."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ocr_service.errors import ForeignReceipt, NotAReceipt
from ocr_service.parsing.receipt import Receipt, parse_receipt
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
    bought=BOUGHT, title=st.sampled_from(["** 취소 **", "[반품]", "환불"]), coded=st.booleans(), place=st.integers(0, 7)
)
def test_a_word_above_a_returned_item_makes_no_refund(bought: Bought, title: str, coded: bool, place: int) -> None:
    name, price, _ = bought[place % len(bought)]
    kept = [(n, p, q - (n == name)) for n, p, q in bought if n != name or q > 1]
    rows = [*counted(bought, 1, coded), title, *counted([(name, price, 1)], -1, coded)]
    receipt = receipt_of(rows, total_of(kept), titles=None)
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


PARTS = [("▶ 반품상품", "구매상품"), ("[반품]", "[구매]"), ("반품 내역 2건", "교환 상품"), ("■ 환불품목", "■ 판매품목")]
ORIGINALS = ["원영수증 2025.03.02-02-0117", "원거래일 2025-03-02", "원거래 일시: 2025.03.02", "구매일 2025-03-02 10:11"]
TAKEN = [("쿨테크 반팔티(블랙,M)", 15_900, 1), ("베이직 린넨셔츠(백,L)", 9_900, 2)]


def exchange(
    bought: Bought, rows: list[str], *, head: str = "[교환] 2025.03.14 16:05", original: str = ORIGINALS[0]
) -> Receipt:
    """The receipt of an exchange of the items in TAKEN for others."""
    difference = total_of(bought) - total_of(TAKEN)
    sums = [f"반품금액{-total_of(TAKEN):>40,}", f"구매금액{total_of(bought):>40,}"]
    sums += [f"차액(추가결제){difference:>34,}", f"신용카드{difference:>40,}"]
    return read("\n".join(["행복마트 중앙점", head, original, *rows, *sums]))


def counted(bought: Bought, sign: int, coded: bool) -> list[str]:
    """The rows of items without unit prices, perhaps with codes below the names."""
    figures = [f"{sign * count:>9}   {sign * price * count:>9,}" for _, price, count in bought]
    if not coded:
        return [f"{name:<27}{each}" for (name, *_), each in zip(bought, figures, strict=True)]
    rows = [
        [name, f"{gtin(place):<27}{each}"] for place, ((name, *_), each) in enumerate(zip(bought, figures, strict=True))
    ]
    return [row for pair in rows for row in pair]


@given(
    bought=BOUGHT,
    parts=st.sampled_from(PARTS),
    original=st.sampled_from(ORIGINALS),
    returned_first=st.booleans(),
    coded=st.booleans(),
    signed=st.booleans(),
)
def test_in_an_exchange_what_is_bought_instead_is_listed(
    bought: Bought, parts: tuple[str, str], original: str, returned_first: bool, coded: bool, signed: bool
) -> None:
    bought = [*bought, ("데님 팬츠(청,28)", 49_900, 1)]
    returned = [parts[0], *counted(TAKEN, -1 if signed else 1, coded)]
    instead = [parts[1], *counted(bought, 1, coded)]
    rows = [*returned, *instead] if returned_first else [*instead, *returned]
    receipt = exchange(bought, rows, original=original)
    assert not receipt.refund
    assert [(item.name, item.numbers.amount, item.numbers.quantity) for item in receipt.items] == plain(bought)
    assert (receipt.totals.total, receipt.totals.matches) == (total_of(bought) - total_of(TAKEN), True)
    assert receipt.purchase_time
    assert receipt.purchase_time.isoformat() == "2025-03-14T16:05"


@given(bought=BOUGHT, head=st.sampled_from(["[교환]", "교환영수증 2025.03.14 16:05", "* 교 환 *"]), coded=st.booleans())
def test_below_the_heading_of_an_exchange_negative_items_are_returned(bought: Bought, head: str, coded: bool) -> None:
    bought = [*bought, ("데님 팬츠(청,28)", 49_900, 1)]
    receipt = exchange(bought, [*counted(TAKEN, -1, coded), *counted(bought, 1, coded)], head=head)
    assert not receipt.refund
    assert [(item.name, item.numbers.amount, item.numbers.quantity) for item in receipt.items] == plain(bought)
    assert (receipt.totals.total, receipt.totals.matches) == (total_of(bought) - total_of(TAKEN), True)


@given(parts=st.sampled_from(PARTS), coded=st.booleans())
def test_each_part_of_an_exchange_may_have_titles(parts: tuple[str, str], coded: bool) -> None:
    bought = [("두부", 990, 1), ("데님 팬츠(청,28)", 49_900, 1)]
    titles = "상품명                          수량         금액"
    rows = [parts[0], titles, *counted(TAKEN, -1, coded), parts[1], titles, *counted(bought, 1, coded)]
    receipt = exchange(bought, rows)
    assert [(item.name, item.numbers.amount, item.numbers.quantity) for item in receipt.items] == plain(bought)


@given(parts=st.sampled_from(PARTS), coded=st.booleans())
def test_an_exchange_in_which_nothing_is_bought_is_a_refund(parts: tuple[str, str], coded: bool) -> None:
    receipt = exchange([], [parts[0], *counted(TAKEN, -1, coded), parts[1]])
    assert (receipt.refund, items(receipt), receipt.totals.total) == (True, [], None)


@given(
    bought=BOUGHT,
    heading=st.sampled_from(["[반품]", "*** 환불 ***", "반품 내역"]),
    title=st.sampled_from(["구매 내역", "[구매]", "판매 품목"]),
    sign=st.sampled_from([1, -1]),
)
def test_a_refund_that_lists_the_purchase_is_no_exchange(bought: Bought, heading: str, title: str, sign: int) -> None:
    sums = f"환불금액{-total_of(bought):>40,}"
    rows = [heading, "2025-03-14 16:05", "계산대 01", title, *counted(bought, sign, False)]
    receipt = read("\n".join(["행복마트 중앙점", *rows, sums]))
    assert (receipt.refund, items(receipt)) == (True, [])


@given(bought=BOUGHT, title=st.sampled_from(["취소/반품 내역", "반품 내역", "[환불]"]))
def test_a_purchase_that_was_taken_back_as_a_whole_is_a_refund(bought: Bought, title: str) -> None:
    rows = ["구매 내역", *counted(bought, 1, False), title, *counted(bought, -1, False)]
    receipt = read("\n".join(["행복마트 중앙점", "2025-03-14 16:05", *rows, f"환불금액{-total_of(bought):>40,}"]))
    assert (receipt.refund, items(receipt)) == (True, [])


@given(bought=st.lists(st.sampled_from([("두부", 990, 1), ("우유", 990, 2)]), min_size=1, max_size=2, unique=True))
def test_an_exchange_for_less_has_items_and_no_total(bought: Bought) -> None:
    receipt = exchange(bought, ["▶ 반품상품", *counted(TAKEN, -1, False), "▶ 구매상품", *counted(bought, 1, False)])
    assert [(item.name, item.numbers.amount, item.numbers.quantity) for item in receipt.items] == plain(bought)
    assert (receipt.refund, receipt.totals.total) == (False, None)


@given(
    bought=BOUGHT,
    original=st.sampled_from(ORIGINALS),
    tag=st.sampled_from(["[반품]", "[반 품]", "반품일시 :", "환불일"]),
)
def test_a_refund_has_its_own_day(bought: Bought, original: str, tag: str) -> None:
    rows = counted(bought, -1, False)
    receipt = read(
        "\n".join(["행복마트", original, f"{tag} 2025-03-14 16:05", *rows, f"환불금액{-total_of(bought):>40,}"])
    )
    assert receipt.refund
    assert receipt.purchase_time
    assert receipt.purchase_time.isoformat() == "2025-03-14T16:05"


@given(
    bought=BOUGHT,
    notice=st.sampled_from(
        [
            "교환일 2025-03-10 이후 구매분",
            "환불일자 : 2025.03.01 부터 카드사별 상이",
            "<교환> 25.02.01 이전 구매 제외",
        ]
    ),
)
def test_the_day_of_a_notice_about_refunds_is_not_that_of_a_purchase(bought: Bought, notice: str) -> None:
    rows = ["2025-03-14 18:05", *one_row(bought), f"합  계{total_of(bought):>44,}", notice]
    receipt = read("\n".join(["행복마트 중앙점", *rows]))
    assert receipt.purchase_time
    assert receipt.purchase_time.isoformat() == "2025-03-14T18:05"
    assert len(receipt.items) == len(bought)


@given(
    bought=BOUGHT,
    words=st.sampled_from(["2025-03-14 행복마트", "2025.03.14 이체", "2025/3/4 식비"]),
    gap=st.integers(4, 40),
)
def test_transactions_above_their_sum_are_no_items(bought: Bought, words: str, gap: int) -> None:
    bought = [(words, 10 * price, 1) for _, price, _ in bought]
    rows = [f"{name}{' ' * gap}{price:,}" for name, price, _ in bought]
    receipt = read("\n".join(["거래내역", *rows, f"합계{' ' * 30}{total_of(bought):,}"]))
    assert receipt.items == []


OTHER_THAN_ITEMS = [
    "주차요금",
    "이용금액",
    "카드대금",
    "세차비용",
    "서비스료",
    "쿠폰 사용",
    "전월 이월",
    "국민은행 이체",
    "기본급",
    "곗돈",
]


@given(won=st.integers(100, 3000), words=st.sampled_from(OTHER_THAN_ITEMS), gap=st.integers(20, 60))
def test_a_single_amount_apart_from_an_equal_sum_is_no_item(won: int, words: str, gap: int) -> None:
    """Above the sum, or with a code, it is one if it has the name of one."""

    def names(row: str, total: str) -> list[str]:
        return [item.name for item in read("\n".join(["행복마트", "2025-03-14 18:05", row, total])).items]

    amount, end = f"{10 * won:,}", gap + 20
    assert names(f"{words}{' ' * gap}{amount}", f"합계      {amount}") == []
    assert names(f"{words:<{end - len(amount)}}{amount}", f"{'합계':<{end + 20}}{amount}") == []
    assert names(f"{'서울우유':<{end - len(amount)}}{amount}", f"{'합계':<{end - len(amount)}}{amount}") == ["서울우유"]
    assert names(f"{'서울우유'}{' ' * gap}{amount}  1  {amount}", f"합계  {amount}") == ["서울우유"]


@given(
    amounts=st.lists(st.integers(100, 3000), min_size=2, max_size=4),
    words=st.lists(st.sampled_from(["구매 적립", "이벤트 적립", "포인트 적립", "리뷰 적립"]), min_size=4, max_size=4),
    gap=st.integers(4, 40),
)
def test_points_above_their_sum_are_no_items(amounts: list[int], words: list[str], gap: int) -> None:
    rows = [f"{word}{' ' * gap}{10 * won:,}" for word, won in zip(words, amounts, strict=False)]
    text = "\n".join(["행복마트", "2025-03-14 18:05", *rows, f"합계{' ' * 30}{10 * sum(amounts):,}"])
    assert read(text).items == []


@given(
    bought=BOUGHT,
    label=st.sampled_from(["차액", "차 액", "결제차액", "차액 결제", "교환 차액"]),
    parts=st.sampled_from([("[반품]", "[구매]"), ("반품상품", "구매상품"), ("반품 상품", "교환 상품")]),
)
def test_the_difference_that_an_exchange_costs_is_its_total(bought: Bought, label: str, parts: tuple[str, str]) -> None:
    bought = [*bought, ("데님 팬츠(청,28)", 49_900, 1)]
    difference = f"{total_of(bought) - 9900:,}"
    back = f"{'머그컵':<24}{9900:>9,}   {1:>3}   {-9900:>9,}"
    titles = "상품명                     단가   수량       금액"
    rows = [parts[0], back, parts[1], *one_row(bought), f"{label:<40}{difference:>9}", f"{'카드':<40}{difference:>9}"]
    receipt = read("\n".join(["유니클로", "교환 영수증", "2025-03-14 18:05", titles, *rows]))
    assert [(item.name, item.numbers.amount) for item in receipt.items] == [
        (name, price * quantity) for name, price, quantity in bought
    ]
    assert not receipt.refund


@given(
    bought=BOUGHT,
    subtotal=st.sampled_from(["소계", "상품소계", "주문금액"]),
    paid=st.sampled_from([("현금", 1), ("상품권", -1), ("모바일상품권", -1)]),
)
def test_a_difference_without_an_exchange_is_no_total(bought: Bought, subtotal: str, paid: tuple[str, int]) -> None:
    total = total_of(bought)
    label, sign = paid
    given = total + 1000 * sign
    rows = [f"{subtotal:<36}{total:>13,}", f"{label:<36}{given:>13,}", f"{'차액':<36}{1000:>13,}"]
    receipt = read(
        "\n".join(
            [
                "행복마트",
                "2025-03-14 18:05",
                "상품명                     단가   수량       금액",
                *one_row(bought),
                *rows,
            ]
        )
    )
    assert [(item.name, item.numbers.amount) for item in receipt.items] == [
        (name, price * quantity) for name, price, quantity in bought
    ]
    assert receipt.totals.total == total


@given(bought=BOUGHT, label=st.sampled_from(["차액", "결제 차액", "차액결제"]))
def test_a_difference_whose_amount_was_not_detected_is_no_name(bought: Bought, label: str) -> None:
    back = f"{'머그컵':<24}{9900:>9,}   {1:>3}   {-9900:>9,}"
    rows = ["반품상품", back, "교환상품", *one_row(bought), label]
    receipt = read("\n".join(["유니클로", "교환 영수증", "2025-03-14 18:05", *rows]))
    assert [item.name for item in receipt.items] == [name for name, *_ in bought]
