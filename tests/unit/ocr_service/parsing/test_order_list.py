"""Order lists of any shop give the items that were bought, each with the day of its order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_service.fields import ItemField, ReceiptField
from ocr_service.parsing.order_lines import is_button
from ocr_service.parsing.order_list import parse_order_list
from ocr_service.parsing.single_receipt import parse_single_receipt
from tests.support.order_screens import Order, OrderItem, Placed, Screen, Shop, screen, screens
from tests.support.printing import LAYOUTS, Shot, receipts
from tests.support.typed_receipts import paper

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))


def bought(shown: Screen) -> list[tuple[str, int, int, object]] | None:
    receipt = parse_order_list(shown.boxes(), NOW)
    if receipt is None:
        return None
    assert receipt.item_days is not None
    return [
        ("".join(item.name.split()), item.numbers.amount, int(item.numbers.quantity or 0), day)
        for item, day in zip(receipt.items, receipt.item_days, strict=True)
    ]


@settings(max_examples=100, deadline=None)
@given(screens(NOW.date()))
def test_every_item_that_was_bought_with_its_day(shown: Screen) -> None:
    assert bought(shown) == shown.expected


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(LAYOUTS)).flatmap(lambda layout: receipts(layout=layout)))
def test_a_printed_receipt_is_not_an_order_list(shot: Shot) -> None:
    assert parse_order_list(shot.boxes, NOW) is None


TODAY = date(2026, 3, 1)
TOFU = OrderItem("초당 순두부 350g", 2480, 2)
MILK = OrderItem("저지방 우유 900mL", 2990)


def placed(*lines: tuple[int, int, str]) -> Screen:
    """Lines of text at x and y."""
    return Screen([Placed(x, y, 38, text) for x, y, text in lines], max(y for _, y, _ in lines) + 100)


def test_the_size_at_the_end_of_a_name_is_not_the_count() -> None:
    zucchini = OrderItem("국내산 애호박, 1개입, 5개", 7080, 1)
    shown = screen(Shop(), [Order(date(2026, 2, 20), (zucchini, TOFU))])
    assert bought(shown) == [
        ("국내산애호박,1개입,5개", 7080, 1, date(2026, 2, 20)),
        ("초당순두부350g", 2480, 2, date(2026, 2, 20)),
    ]


def test_the_price_paid_stands_beside_one_struck_through() -> None:
    for style in ("dot", "struck after", "count above"):
        shown = screen(Shop(price=style), [Order(TODAY, (OrderItem("무농약 콩나물 300g", 1980, regular=2480), MILK))])
        assert bought(shown) == shown.expected


@pytest.mark.parametrize("brand", ["오뚜기", "CJ", "[풀무원]"])
def test_a_brand_above_the_name_that_begins_with_it(brand: str) -> None:
    dumplings = OrderItem(f"{brand} 얇은피 만두 440g", 9480, seller=brand)
    for small in (0.86, 1.0):
        shown = screen(Shop(small=small), [Order(date(2026, 2, 20), (dumplings, TOFU))])
        assert bought(shown) == shown.expected


@pytest.mark.parametrize("tag", ["[사은품]", "[설특가]", "[선착순 특가]", "증정)", "[증정]", "[추석특가][사은품]"])
def test_a_tag_of_an_offer_or_gift_is_no_part_of_the_name(tag: str) -> None:
    pouch, bread = OrderItem(f"{tag} [산들] 보냉 파우치", 0), OrderItem("[연세우유] 생크림빵", 2980, 2)
    shown = screen(Shop(), [Order(TODAY, (MILK, pouch, bread))])
    assert [name for name, *_ in bought(shown) or []] == ["저지방우유900mL", "[산들]보냉파우치", "[연세우유]생크림빵"]


def test_small_print_is_the_name_if_the_sellers_are_printed_larger() -> None:
    grapes = OrderItem("씨 없는 샤인머스캣 선물용 2kg 한 상자", 29800, seller="산들농원")
    shown = screen(Shop(small=1.25), [Order(date(2026, 2, 20), (grapes, replace(grapes, seller="해남농장")))])
    assert bought(shown) == shown.expected


def test_numbers_that_count_the_items_are_no_part_of_their_names() -> None:
    items = [replace(item, name=f"{place}. {item.name}") for place, item in enumerate((TOFU, MILK, TOFU), start=1)]
    shown = screen(Shop(), [Order(date(2026, 2, 20), tuple(items))])
    assert [name for name, *_ in bought(shown) or []] == ["초당순두부350g", "저지방우유900mL", "초당순두부350g"]


def without_counts(*items: tuple[str, int]) -> Screen:
    """An order whose items have a name and an amount."""
    lines = [(60, 60, "주문내역"), (60, 120, "2026.02.20 주문")]
    for place, (name, amount) in enumerate(items):
        lines += [(60, 300 + 260 * place, name), (60, 360 + 260 * place, f"{amount:,}원")]
    return placed(*lines)


def test_the_first_price_is_paid_if_most_are_lower_than_the_one_beside_them() -> None:
    """A line through a price may be read as one of its digits, which makes it lower."""
    lines = [(60, 60, "주문내역"), (60, 120, "2026.02.20 주문")]
    prices = [("초당 순두부", "2,480원", "3,100원"), ("애호박", "1,980원", "2,500원"), ("깐양파", "3,480원", "1,350원")]
    for place, (name, paid, struck) in enumerate(prices):
        lines += [(60, 300 + 260 * place, name), (60, 360 + 260 * place, paid), (320, 360 + 260 * place, struck)]
    assert [amount for _, amount, *_ in bought(placed(*lines)) or []] == [2480, 1980, 3480]


def test_a_unit_price_beside_its_product_is_not_struck_through() -> None:
    """Neither is the product of another block, in which the first price is paid."""
    lines = [(60, 60, "주문내역"), (60, 120, "2026.02.20 주문")]
    prices = [
        ("초당 순두부", "2,480원", "", "3,100원"),
        ("애호박", "1,980원", "", "2,500원"),
        ("깐양파", "1,000원", "2개", "2,000원"),
    ]
    for place, (name, paid, count, struck) in enumerate(prices):
        y = 360 + 260 * place
        lines += [(60, y - 60, name), (60, y, paid), *([(220, y, count)] if count else []), (320, y, struck)]
    assert [amount for _, amount, *_ in bought(placed(*lines)) or []] == [2480, 1980, 2000]


@given(
    name=st.sampled_from(["손두부", "행주(대)", "서울우유 저지방"]),
    times=st.sampled_from([" x {n}", " x{n}", " × {n}", " x {n}개"]),
    count=st.integers(1, 99),
)
def test_a_count_behind_a_name_is_the_quantity(name: str, times: str, count: int) -> None:
    shown = without_counts((name + times.format(n=count), 9900), ("애호박", 2480))
    assert [row[:3] for row in bought(shown) or []] == [("".join(name.split()), 9900, count), ("애호박", 2480, 0)]


@pytest.mark.parametrize(
    "name", ["수건 40 x 80", "액자 10 × 15", "우유 100ml x 3", "갤럭시 X2", "갤럭시 X 2", "무선 키보드 X10"]
)
def test_a_measure_or_model_at_the_end_of_a_name_is_no_count(name: str) -> None:
    shown = without_counts((name, 9900), ("애호박", 2480))
    assert [row[:3] for row in bought(shown) or []] == [("".join(name.split()), 9900, 0), ("애호박", 2480, 0)]


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(["콜라 500ml", "우유 1L", "삼겹살 1.2kg", "물티슈 70매"]),
    times=st.sampled_from([" x {}", " x{}", " × {}"]),
    counts=st.lists(st.integers(1, 20), min_size=3, max_size=3),
)
def test_where_all_names_end_in_counts_one_behind_a_size_is_the_quantity(
    name: str, times: str, counts: list[int]
) -> None:
    names = ["계란말이(8조각)", name, "고등어구이"]
    rows = [(other + times.format(count), 9900) for other, count in zip(names, counts, strict=True)]
    expected = [("".join(other.split()), count) for other, count in zip(names, counts, strict=True)]
    assert [(row[0], row[2]) for row in bought(without_counts(*rows)) or []] == expected


def test_a_discount_below_an_item_is_the_items() -> None:
    lines = ((60, 60, "구매 상세"), (60, 120, "2026-02-20 11:05"))
    tofu = (
        (60, 300, "초당 순두부 350g"),
        (60, 360, "2개"),
        (860, 360, "4,960원"),
        (60, 420, "할인"),
        (860, 420, "-960원"),
    )
    milk = ((60, 560, "저지방 우유 900mL"), (60, 620, "1개"), (860, 620, "2,990원"))
    sums = ((60, 900, "총 금액"), (860, 900, "7,950원"), (60, 960, "할인 금액"), (860, 960, "-960원"))
    receipt = parse_order_list(
        placed(*lines, *tofu, *milk, *sums, (60, 1020, "결제 금액"), (860, 1020, "6,990원")).boxes(), NOW
    )
    assert receipt is not None
    assert [item.discount for item in receipt.items] == [-960, 0]
    assert (receipt.totals.total, receipt.totals.discount, receipt.totals.matches) == (6990, -960, True)


def test_what_follows_the_total_was_not_bought() -> None:
    order = (
        (60, 60, "주문상세"),
        (60, 120, "2026.02.20 주문"),
        (264, 300, "초당 순두부 350g"),
        (264, 350, "4,960원 · 2개"),
    )
    total = ((60, 500, "총 결제금액"), (860, 500, "4,960원"), (60, 700, "고객님을 위해 골랐어요"))
    others = (
        (310, 800, "고소한 참기름 320mL"),
        (310, 850, "9,900원"),
        (310, 1000, "현미 누룽지 1kg"),
        (310, 1050, "7,800원"),
    )
    assert bought(placed(*order, *total, *others)) == [("초당순두부350g", 4960, 2, date(2026, 2, 20))]
    summary = ((60, 160, "4,960원"), (60, 210, "결제금액 4,960원"))
    assert bought(placed(*order[:2], *summary, *order[2:])) == [("초당순두부350g", 4960, 2, date(2026, 2, 20))]


def one_below_another(*texts: str) -> Screen:
    """Lines of text in one column; an empty one is a gap."""
    return placed(*[(60, 60 + 60 * number, text) for number, text in enumerate(texts) if text])


FIRST, SECOND = ("초당 순두부 350g", "4,960원"), ("저지방 우유 900mL", "2,990원")


@pytest.mark.parametrize(
    "lines",
    [
        ["오늘 주문", *FIRST, "결제금액 4,960원", "", "어제 주문", *SECOND, "결제금액 2,990원"],
        ["주문번호 A-1", *FIRST, "결제금액 4,960원", "", "주문번호 A-2", *SECOND],
        ["산들마트", "", *FIRST, "결제금액 4,960원", "", "해피마켓", "", *SECOND, "결제금액 2,990원"],
        ["결제금액 4,960원", *FIRST, "", "결제금액 2,990원", *SECOND, "2개", "주문번호 A-2"],
        [*FIRST, "결제금액 4,960원", "", *SECOND, "결제금액 2,990원"],
        [*FIRST, "", "결제금액 4,960원", "", "산들마트", "", *SECOND, "1개"],
    ],
    ids=[
        "relative days",
        "order numbers",
        "shops",
        "totals above items",
        "a total per item",
        "counted below the total",
    ],
)
def test_items_below_the_total_of_another_order_were_bought(lines: list[str]) -> None:
    shown = one_below_another("주문내역", "2026.02.20 주문", "", *lines)
    assert [(name, won) for name, won, *_ in bought(shown) or []] == [
        ("초당순두부350g", 4960),
        ("저지방우유900mL", 2990),
    ]


@given(
    pitch=st.integers(60, 104),
    titled=st.sampled_from(["주문내역", "주문 상세", "구매내역"]),
    option=st.sampled_from([["옵션: 기본"], ["선택: 1박스"], []]),
    counted=st.sampled_from([["4,960원 · 2개"], ["수량 2개 | 4,960원"], ["수량 2", "4,960원"]]),
)
def test_lines_may_stand_far_apart(pitch: int, titled: str, option: list[str], counted: list[str]) -> None:
    names = [FIRST[0], SECOND[0], "국내산 애호박 1개입"]
    texts = [titled, "2026.02.20 주문", "배송완료", ""]
    for name in names:
        texts += [name, *option, *counted, "", ""]
    shown = placed(*[(60, 60 + pitch * number, text) for number, text in enumerate(texts) if text])
    expected = [("".join(name.split()), 4960, 2, date(2026, 2, 20)) for name in names]
    assert bought(shown) == expected


@pytest.mark.parametrize("counts", [("2개", ""), ("", "3개"), ("1개", "1개"), ("2개", "3개")])
def test_a_shop_that_prints_only_counts_above_one(counts: tuple[str, str]) -> None:
    lines = [line for item, count in zip((FIRST, SECOND), counts, strict=True) for line in (*item, count, "")]
    shown = one_below_another("주문내역", "2026.02.20 주문", "", *lines, "배송조회")
    assert [name for name, *_ in bought(shown) or []] == ["초당순두부350g", "저지방우유900mL"]


@pytest.mark.parametrize("remark", ["품절", "품절 취소됨", "일시품절", "취소완료", "반품 접수", "환불"])
def test_an_item_with_a_remark_that_it_was_sold_out_is_left_out(remark: str) -> None:
    shown = one_below_another("주문내역", "2026.02.20 주문", "", *FIRST, "2개", "", *SECOND, f"1개 · {remark}")
    assert [name for name, *_ in bought(shown) or []] == ["초당순두부350g"]


PLACES = ("beside the price", "behind the price", "behind the count", "below", "instead of the price")


@settings(max_examples=60, deadline=None)
@given(
    state=st.sampled_from(
        [
            "품절로 취소됨",
            "품절 취소",
            "품절 환불",
            "취소됨",
            "판매자 취소",
            "취소완료",
            "재고 부족으로 취소",
            "고객 요청 취소",
            "환불됨",
            "환불 예정",
        ]
    ),
    place=st.sampled_from(PLACES),
    cancelled=st.integers(0, 3),
    heading=st.sampled_from(["", "배송완료", "쓱배송 · 2/21(토) 10~13시"]),
    indent=st.sampled_from([60, 260]),
)
def test_a_state_beside_or_below_an_item_is_about_that_item(
    state: str, place: str, cancelled: int, heading: str, indent: int
) -> None:
    """It is no part of a name, and the items around it were bought."""
    items = [
        ("초당 순두부 350g", 4960, 1),
        ("저지방 우유 900mL", 2990, 2),
        ("깐양파 1kg", 3480, 1),
        ("애호박", 1980, 3),
    ]
    lines = [(60, 60, "주문내역"), (60, 120, "2026.02.20 주문"), (60, 200, heading)]
    for index, (name, won, count) in enumerate(items):
        y = 300 + 176 * index
        here = place if index == cancelled else ""
        remark = f" {state}" if here == "behind the price" else ""
        lines += [(indent, y, name)]
        lines += [(indent, y + 54, f"{won:,}원{remark}")] if here != "instead of the price" else []
        lines += [(indent + 360, y + 54, f"{count}개" + (f" · {state}" if here == "behind the count" else ""))]
        lines += [(820, y + 54, state)] if here in ("beside the price", "instead of the price") else []
        lines += [(indent, y + 104, state)] if here == "below" else []
    shown = placed(*[line for line in lines if line[2]])
    assert [row[:3] for row in bought(shown) or []] == [
        ("".join(name.split()), won, count) for index, (name, won, count) in enumerate(items) if index != cancelled
    ]


def with_words_beside(words: Sequence[str], *sums: tuple[str, str]) -> Screen:
    """Delivered items of 1,000 won more each, with a word in a frame beside the price of each, and sums below."""
    lines = [(60, 60, "주문내역"), (60, 120, "2026.02.20 주문"), (60, 200, "상품준비중")]
    for index, word in enumerate(words):
        y = 300 + 200 * index
        lines += [
            (260, y, f"{'가나다라마'[index]}산 순두부"),
            (260, y + 54, f"{index + 1},000원 수량 1"),
            (860, y + 54, word),
        ]
    for index, (label, won) in enumerate(sums):
        y = 400 + 200 * len(words) + 60 * index
        lines += [(60, y, label), (860, y, won)]
    return placed(*[line for line in lines if line[2]])


@pytest.mark.parametrize("word", ["주문취소", "취소", "반품"])
def test_a_word_beside_one_price_is_its_state_and_beside_each_a_button(word: str) -> None:
    def amounts(*words: str) -> list[int]:
        return [won for _, won, *_ in bought(with_words_beside(words)) or []]

    assert amounts("", word, "", "") == [1000, 3000, 4000]
    assert amounts(word, word, word) == [1000, 2000, 3000]


def test_a_word_beside_each_item_of_one_order_is_a_button() -> None:
    """Orders that were sent cannot be cancelled any more, and have other buttons."""
    lines = [(60, 60, "주문내역"), (60, 120, "2026.02.20 주문")]
    orders = [("상품준비중", "주문취소"), ("배송완료", "배송조회"), ("배송완료", "배송조회")]
    for index, (state, button) in enumerate(orders):
        y = 240 + 360 * index
        lines += [
            (60, y, state),
            (260, y + 70, f"{'가나다'[index]}산 순두부"),
            (260, y + 124, f"{index + 1},000원 수량 1"),
        ]
        lines += [(860, y + 124, button)]
    assert [won for _, won, *_ in bought(placed(*lines)) or []] == [1000, 2000, 3000]


@pytest.mark.parametrize("pitch", [54, 62])
def test_states_as_close_to_the_next_item_are_about_the_items_above_if_the_first_has_none_above(pitch: int) -> None:
    lines = [*FIRST, "반품완료", *SECOND, "구매확정", "애호박", "1,980원", "구매확정"]
    shown = placed(
        (60, 40, "주문내역"),
        (60, 100, "2026.02.20 주문"),
        *[(60, 240 + pitch * place, text) for place, text in enumerate(lines)],
    )
    assert [name for name, *_ in bought(shown) or []] == ["저지방우유900mL", "애호박"]


def test_the_count_of_a_name_without_a_price_is_not_that_of_the_item_above() -> None:
    lines = [(60, 60, "주문내역"), (60, 114, "배송완료 2026.02.20 주문")]
    rows = [(FIRST[0], ""), (FIRST[1], ""), (SECOND[0], ""), ("2개", "품절 취소"), ("애호박", ""), ("1,980원 1개", "")]
    lines += [
        (x, 220 + 54 * place, t) for place, row in enumerate(rows) for x, t in zip((60, 860), row, strict=True) if t
    ]
    assert [row[:3] for row in bought(placed(*lines)) or []] == [("초당순두부350g", 4960, 0), ("애호박", 1980, 1)]


@pytest.mark.parametrize("promise", ["무료반품", "무료 교환", "무료배송"])
def test_what_is_free_is_no_part_of_a_price(promise: str) -> None:
    shown = one_below_another(
        "주문내역",
        "2026.02.20 주문",
        "",
        FIRST[0],
        f"{FIRST[1]} · 1개 · {promise}",
        "",
        SECOND[0],
        f"{SECOND[1]} · 2개",
    )
    assert [row[:3] for row in bought(shown) or []] == [("초당순두부350g", 4960, 1), ("저지방우유900mL", 2990, 2)]


def test_the_total_decides_whether_words_beside_prices_are_states() -> None:
    shown = with_words_beside(["주문취소", "", "주문취소", ""], ("총 결제금액", "10,000원"))
    assert [won for _, won, *_ in bought(shown) or []] == [1000, 2000, 3000, 4000]


@settings(max_examples=20, deadline=None)
@given(
    label=st.sampled_from(["취소금액", "품절 취소", "환불금액", "취소 환불", "품절 환불 금액"]),
    off=st.integers(0, 90).map(lambda tens: 10 * tens),
)
def test_sums_of_what_was_cancelled_and_of_discounts_in_prices(label: str, off: int) -> None:
    """Neither changes what the items that are left add up to, and a label of a sum is no state."""
    sums = [
        ("주문금액", f"{6000 + off:,}원"),
        ("상품할인", f"-{off:,}원"),
        (label, "-2,000원"),
        ("총 결제금액", "4,000원"),
    ]
    shown = with_words_beside(["", "품절취소", ""], *[line for line in sums if off or line[0] != "상품할인"])
    receipt = parse_order_list(shown.boxes(), NOW)
    assert receipt is not None
    assert [item.numbers.amount for item in receipt.items] == [1000, 3000]
    assert (receipt.totals.total, receipt.totals.matches) == (4000, True)


SOLD_OUT = (
    ("주문일 2026.02.14 배송완료", None),
    ("한우 육개장 500g", "2개  15,960원"),
    ("절단 꽃게 400g", "1개  11,900원"),
    ("품절취소 · 환불완료", None),
    ("비빔면 멀티 5입", "1개  4,480원"),
    ("손질 새우 200g", "1개  8,900원"),
    ("서울 우유 1L", "2개  5,960원"),
)


@pytest.mark.parametrize(("total", "names"), [(42720, [0, 1, 3, 4]), (27860, [0, 1])])
def test_the_total_decides_how_many_items_below_a_state_were_cancelled(total: int, names: list[int]) -> None:
    lines, y = [(52, 40, "주문상세")], 120
    for text, price in SOLD_OUT:
        lines.append((52 if "주문일" in text else 232, y, text))
        if price:
            lines += [(232, y + 60, price.split("  ")[0]), (820, y + 60, price.split("  ")[1])]
        y += 200 if price else 60
    lines += [(52, y, "결제금액"), (820, y, f"{total:,}원")]
    shown = placed(*lines)
    purchased = [name for name, price in SOLD_OUT if price]
    assert [name for name, *_ in bought(shown) or []] == ["".join(purchased[index].split()) for index in names]


@pytest.mark.parametrize("regular", [None, 3000])
@pytest.mark.parametrize("state", ["order", "name", "price"])
def test_the_total_of_a_cancelled_order_that_starts_with_a_gift_proves_nothing(state: str, regular: int | None) -> None:
    gift = OrderItem("유리컵", 0, regular=regular)
    assert bought(screen(Shop(state=state, total=True), [Order(TODAY, (gift, MILK), "취소완료")])) == []


@pytest.mark.parametrize("reason", ["무료배송", "배송비", "최대 적립"])
def test_what_is_no_deduction_from_an_item(reason: str) -> None:
    shown = one_below_another(
        "주문내역", "2026.02.20 주문", "", *FIRST, "2개", f"{reason} -3,000원", "", *SECOND, "1개"
    )
    receipt = parse_order_list(shown.boxes(), NOW)
    assert receipt is not None
    assert [item.discount for item in receipt.items] == [0, 0]


@pytest.mark.parametrize("reason", ["T멤버십 10%", "단골 우대", "즉시할인", "[쿠폰]"])
def test_a_deduction_below_an_item_is_the_items_whatever_its_reason(reason: str) -> None:
    shown = placed(
        (38, 40, "주문 상품"), (38, 110, "2026. 2. 12. 결제"), (38, 200, "쫄깃 치즈볼빵"), (38, 260, "수량 2"),
        (820, 260, "6,400원"), (38, 310, reason), (820, 310, "-1,800원"), (38, 420, "밤식빵(통)"), (38, 480, "수량 1"),
        (820, 480, "6,900원"), (38, 600, "최종 결제 금액"), (820, 600, "11,500원"),
    )  # fmt: skip
    receipt = parse_order_list(shown.boxes(), NOW)
    assert receipt is not None
    assert [(item.name, item.numbers.amount, item.discount) for item in receipt.items] == [
        ("쫄깃 치즈볼빵", 6400, -1800),
        ("밤식빵(통)", 6900, 0),
    ]
    assert receipt.totals.matches


@pytest.mark.parametrize(
    "remark", ["품절 시 환불", "품절시 부분취소", "취소 가능", "환불 불가", "반품 안내", "내일 도착"]
)
def test_a_remark_on_what_may_happen_cancels_nothing(remark: str) -> None:
    shown = one_below_another("주문내역", "2026.02.20 주문", "", *FIRST, "2개", "", *SECOND, f"1개 · {remark}")
    assert [name for name, *_ in bought(shown) or []] == ["초당순두부350g", "저지방우유900mL"]


@pytest.mark.parametrize("style", ["{} · {}", "{} / {}", "{1} | {0}", "{}\n{}", "{1}\n{0}"])
def test_a_cropped_list_shows_only_a_day_and_counts(style: str) -> None:
    lines = [[name, *style.format(won, f"{n}개").split("\n"), ""] for n, (name, won) in enumerate((FIRST, SECOND), 1)]
    receipt = parse_single_receipt([one_below_another("2026.02.20", "", *lines[0], *lines[1]).boxes()], NOW)
    assert [(i.name, i.numbers.amount, i.numbers.quantity) for i in receipt.items] == [
        (FIRST[0], 4960, 1),
        (SECOND[0], 2990, 2),
    ]
    assert receipt.purchase_time is not None
    assert receipt.purchase_time.day == date(2026, 2, 20)


def test_a_row_per_label_below_images() -> None:
    """Prices per piece, a discount and a sum per item, far below its name; sums of the order at the end."""
    rows = [("상품 번호: 652188", ""), ("", ""), ("", ""), ("상품 가격", "₩19,990"), ("수량", "2"), ("합계", "₩39,980")]
    lines = [("커클랜드 코코넛 오일 2.48L", ""), *rows, ("즉시할인", "-₩6,000"), ("", "")]
    lines += [
        ("호주산 냉장 부채살 2.2kg", ""),
        *rows[:3],
        ("상품 가격", "₩58,890"),
        ("수량", "1"),
        ("합계", "₩58,890"),
        ("", ""),
    ]
    sums = [("상품 합계", "₩98,870"), ("할인", "-₩6,000"), ("총 결제 금액 (부가세 포함)", "₩92,870")]
    head = [("주문 상세 정보", ""), ("주문일", "2026/02/20"), ("", "")]
    texts = [
        (x, 60 + 60 * number, text)
        for number, line in enumerate((*head, *lines, *sums))
        for x, text in zip((60, 860), line, strict=True)
        if text
    ]
    receipt = parse_order_list(placed(*texts).boxes(), NOW)
    assert receipt is not None
    assert [(i.name, i.numbers.quantity, i.numbers.amount, i.discount) for i in receipt.items] == [
        ("커클랜드 코코넛 오일 2.48L", 2, 39_980, -6000),
        ("호주산 냉장 부채살 2.2kg", 1, 58_890, 0),
    ]
    assert (receipt.totals.total, receipt.totals.matches) == (92_870, True)


def test_labelled_names_counts_and_prices() -> None:
    items = ((60, 300, "상품명 : 초당 순두부 350g"), (60, 350, "수량 : 2개"), (60, 400, "금액 : 4,960원"))
    more = ((60, 520, "상품명 : 저지방 우유 900mL"), (60, 570, "수량 : 1개"), (60, 620, "금액 : 2,990원"))
    lines = (
        (60, 60, "주문 내역"),
        (60, 120, "주문일시 : 2026-02-20 21:02"),
        *items,
        *more,
        (60, 740, "결제금액 : 7,950원"),
    )
    assert [(name, won, count) for name, won, count, _ in bought(placed(*lines)) or []] == [
        ("초당순두부350g", 4960, 2),
        ("저지방우유900mL", 2990, 1),
    ]


def test_the_contents_of_a_set_in_small_print_are_not_its_name() -> None:
    contents = "시금치 150g, 고사리 200g, 도라지 200g, 취나물 100g"
    greens = OrderItem("제철 나물 세트", 9900, option=contents)
    shown = screen(Shop(), [Order(date(2026, 2, 20), (greens, TOFU))])
    assert bought(shown) == shown.expected


def test_names_below_their_prices() -> None:
    heads = ((60, 60, "주문 상세보기"), (60, 120, "2026년 02월 20일 결제"))
    tofu = Placed(60, 300, 32, "산들농원"), Placed(60, 370, 50, "4,960원"), Placed(60, 440, 38, "초당 순두부 350g")
    milk = Placed(60, 700, 32, "목장나라"), Placed(60, 770, 50, "2,990원"), Placed(60, 840, 38, "저지방 우유 900mL")
    counts = Placed(60, 500, 32, "주문수량 2개 · 배송비 3,000원"), Placed(60, 900, 32, "주문수량 1개 · 무료배송")
    shown = placed(*heads)
    shown = replace(shown, texts=[*shown.texts, *tofu, counts[0], *milk, counts[1]], height=1000)
    assert [(name, won, count) for name, won, count, _ in bought(shown) or []] == [
        ("초당순두부350g", 4960, 2),
        ("저지방우유900mL", 2990, 1),
    ]


def test_counts_before_remarks_and_behind_options() -> None:
    lines = (
        (60, 60, "주문내역"),
        (60, 120, "2026.02.20 주문"),
        (60, 300, "초당 순두부 350g"),
        (60, 360, "4,960원"),
        (60, 420, "2개 · 내일 도착 예정"),
        (60, 560, "완도 곱창돌김"),
        (60, 620, "선택 : 100장 / 보자기포장 3개"),
        (60, 680, "51,800원"),
        (60, 820, "저지방 우유 900mL"),
        (60, 880, "2,990원"),
        (60, 940, "1개 · 품절 취소"),
    )
    assert [(name, count) for name, _, count, _ in bought(placed(*lines)) or []] == [
        ("초당순두부350g", 2),
        ("완도곱창돌김", 3),
    ]


@settings(max_examples=30, deadline=None)
@given(
    label=st.sampled_from(["향", "수량", "중량선택", "맛", "본품 구성", "Color"]),
    choice=st.sampled_from(["레몬", "2팩", "한입 5kg", "참치&가다랑어", "3", "블랙 / 270"]),
    slash=st.sampled_from([" / ", "/", " | ", " · "]),
    count=st.integers(1, 40),
)
def test_a_count_behind_a_choice_is_the_quantity(label: str, choice: str, slash: str, count: int) -> None:
    """Whatever the label: what stands before the count is chosen, even if it is a number of packs."""
    chosen = (FIRST[0], f"{label}: {choice}{slash}{count}개", FIRST[1])
    shown = one_below_another("주문내역", "2026.02.20 주문", "", SECOND[0], "1개", SECOND[1], "", *chosen)
    assert [(name, won, number) for name, won, number, _ in bought(shown) or []] == [
        ("저지방우유900mL", 2990, 1),
        ("초당순두부350g", 4960, count),
    ]


@settings(max_examples=20, deadline=None)
@given(
    choices=st.tuples(*[st.sampled_from(["한입 5kg", "레몬향", "블랙 / 270", "사과 5개 + 배 20개"])] * 2),
    counts=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.sampled_from([30, 38]),
)
def test_choices_without_labels_before_counts(choices: tuple[str, str], counts: tuple[int, int], size: int) -> None:
    """Below several names they are no part of these, even in print of the same size."""
    lines = [Placed(60, 60, 38, "주문내역"), Placed(60, 120, 38, "2026.02.20 주문")]
    for index, ((name, won), choice, count) in enumerate(zip((FIRST, SECOND), choices, counts, strict=True)):
        rows = [(name, 38), (f"{choice} / {count}개", size), (won, 38)]
        lines += [Placed(60, 240 + 220 * index + 52 * place, em, text) for place, (text, em) in enumerate(rows)]
    assert [row[1:3] for row in bought(Screen(lines, 800)) or []] == [(4960, counts[0]), (2990, counts[1])]
    assert [name for name, *_ in bought(Screen(lines, 800)) or []] == ["초당순두부350g", "저지방우유900mL"]


@given(fees=st.lists(st.integers(1, 60).map(lambda hundreds: 100 * hundreds), min_size=1, max_size=3))
def test_a_fee_for_all_sellers_is_the_sum_of_theirs(fees: list[int]) -> None:
    lines = [(60, 60, "주문내역"), (60, 120, "2026.02.20 주문")]
    for place, fee in enumerate(fees):
        y = 300 + 400 * place
        lines += [(60, y, FIRST[0]), (60, y + 50, "1개"), (60, y + 100, FIRST[1])]
        lines += [(60, y + 200, "배송비"), (860, y + 200, f"{fee:,}원")]
    sums = [("배송비", sum(fees)), ("총 결제금액", 4960 * len(fees) + sum(fees))]
    lines += [
        (x, 1800 + 60 * place, text)
        for place, (label, won) in enumerate(sums)
        for x, text in ((60, label), (860, f"{won:,}원"))
    ]
    receipt = parse_order_list(placed(*lines).boxes(), NOW)
    assert receipt is not None
    assert receipt.totals.matches


def test_a_paper_receipt_with_counts_below_names_is_not_an_order_list() -> None:
    lines = (
        (60, 60, "과일총각네"),
        (60, 120, "2026년 2월20일(금) 19:25"),
        (60, 300, "황금향(특)"),
        (60, 350, "5개 10,000원"),
    )
    more = ((60, 420, "딸기 500g 팩"), (60, 470, "2개 17,800원"), (60, 600, "합계 27,800원"))
    assert bought(placed(*lines, *more)) is None


def test_unit_price_and_product() -> None:
    receipt = parse_order_list(
        placed(
            (60, 60, "주문 상세"),
            (60, 200, "2026.02.20 주문"),
            (60, 300, "초당 순두부 350g"),
            (60, 350, "2,480원 x 2 = 4,960원"),
        ).boxes(),
        NOW,
    )
    assert receipt is not None
    (item,) = receipt.items
    assert (item.numbers.unit_price, item.numbers.quantity, item.numbers.amount) == (2480, 2, 4960)


@pytest.mark.parametrize("state", ["취소완료", "주문취소", "반품완료", "환불완료", "취소 접수", "반품 진행중"])
@pytest.mark.parametrize("place", ["order", "name", "price"])
def test_cancelled_and_returned_orders_add_nothing(state: str, place: str) -> None:
    orders = [
        Order(date(2026, 2, 20), (TOFU,)),
        Order(date(2026, 2, 10), (MILK,), state),
        Order(date(2026, 1, 5), (MILK,)),
    ]
    shown = screen(Shop(state=place), orders)
    assert bought(shown) == [
        ("초당순두부350g", 2480, 2, date(2026, 2, 20)),
        ("저지방우유900mL", 2990, 1, date(2026, 1, 5)),
    ]


def test_the_day_of_delivery_stands_in_for_a_missing_day_of_the_order() -> None:
    boxes = placed(
        (60, 60, "주문내역"),
        (60, 200, "배송완료 · 2/20(금) 도착"),
        (60, 300, "초당 순두부 350g"),
        (60, 350, "2,480원 · 2개"),
    ).boxes()
    receipt = parse_order_list(boxes, NOW)
    assert receipt is not None
    assert receipt.item_days == [date(2026, 2, 20)]
    assert ReceiptField.PURCHASED_AT in receipt.uncertain_fields


def test_points_of_a_date_that_were_read_as_commas() -> None:
    lines = (60, 60, "주문내역"), (60, 200, "2026, 02. 20"), (60, 300, "초당 순두부 350g"), (60, 350, "2,480원 · 2개")
    assert bought(placed(*lines)) == [("초당순두부350g", 2480, 2, date(2026, 2, 20))]


@settings(max_examples=15, deadline=None)
@given(
    counts=st.lists(st.integers(1, 9), min_size=3, max_size=3).filter(lambda counts: counts != [1, 2, 3]),
    count=st.sampled_from(["{}", "{}x", "{} x"]),
    remark=st.sampled_from(["2,000원 할인 적용가", "1,000원 즉시할인", "500원 할인"]),
    rest=st.sampled_from(["34ml x 16입", "210g x 12개", "딸기 6입"]),
)
def test_counts_in_a_column_before_names(counts: list[int], count: str, remark: str, rest: str) -> None:
    """Below them stand prices of one piece, remarks on discounts in prices, and the ends of names."""
    below = [f"{2990:,}원/개", remark, rest]
    won = [2990 * counts[0], 13_900, 8500]
    lines = [(60, 60, "주문 내역"), (60, 120, "2026.02.20 주문")]
    for index, name in enumerate(("국산 흙당근 1kg", "성주 참외", "밀크 초콜릿")):
        y = 300 + 200 * index
        lines += [(60, y, count.format(counts[index])), (160, y, name), (820, y, f"{won[index]:,}원")]
        lines += [(160, y + 54, below[index])]
    receipt = parse_order_list(placed(*lines, (60, 960, "총 결제 금액"), (820, 960, f"{sum(won):,}원")).boxes(), NOW)
    assert receipt is not None
    assert [(item.name, item.numbers.quantity, item.numbers.amount) for item in receipt.items] == [
        *zip(("국산 흙당근 1kg", "성주 참외", f"밀크 초콜릿 {rest}"), counts, won, strict=True)
    ]


@pytest.mark.parametrize("button", ["재주문하기", "다시 주문하기", "영수증 보기"])
def test_an_order_that_can_be_repeated_is_no_cart(button: str) -> None:
    shown = screen(Shop(buttons=("배송조회", button)), [Order(date(2026, 2, 20), (TOFU, MILK))])
    assert bought(shown) == shown.expected


@pytest.mark.parametrize(
    "choice", ["음료 : 제로콜라 (+500원)", "감자튀김 L [+1,200원]", "곱빼기(+0원)", "치즈 추가 (+￦900)"]
)
@pytest.mark.parametrize("style", ["{} 원 · 1개", "{}원", "수량 1 | {}원"])
def test_what_a_choice_costs_more_is_no_price(choice: str, style: str) -> None:
    """Such a choice is no part of a name, nor of the next one."""
    lines = [FIRST[0], choice, style.format("4,960"), "", SECOND[0], choice, choice, style.format("2,990")]
    shown = bought(one_below_another("주문내역", "2026.02.20 주문", "", *lines, "", "배송조회"))
    assert [row[:2] for row in shown or []] == [("초당순두부350g", 4960), ("저지방우유900mL", 2990)]


@pytest.mark.parametrize("name", ["아메리카노 L (+500원)", "비타민 기획 (+1)", "토너 300ml (+30ml)"])
def test_brackets_at_the_end_of_a_name_belong_to_it_if_it_has_nothing_else(name: str) -> None:
    shown = one_below_another("주문내역", "2026.02.20 주문", "", name, FIRST[1], "", *SECOND, "", "배송조회")
    assert [row[0] for row in bought(shown) or []] == ["".join(name.split()), "저지방우유900mL"]


@pytest.mark.parametrize("name", ["리뷰이벤트 감자튀김", "[리뷰이벤트] 콜라", "후기이벤트 주먹밥"])
def test_a_gift_for_a_review_is_an_item(name: str) -> None:
    shown = one_below_another("주문내역", "2026.02.20 주문", "", *FIRST, "", name, "0원", "", "배송조회")
    bare = "콜라" if "]" in name else "".join(name.split())
    assert [row[:2] for row in bought(shown) or []] == [("초당순두부350g", 4960), (bare, 0)]


@pytest.mark.parametrize("hours", ["11시~13시", "11:00 ~ 13:00", "10~13시"])
@pytest.mark.parametrize("state", ["배송완료", "취소완료"])
def test_a_day_with_hours_is_that_of_the_delivery(hours: str, state: str) -> None:
    """It is no state of its own."""
    head = ["주문상세", "2026.02.19 주문", "", state, f"2월 20일(금) {hours}", ""]
    lines = [*head, FIRST[0], f"{FIRST[1]} / 2개", "", SECOND[0], f"{SECOND[1]} / 1개", "", "배송조회"]
    names = ["초당순두부350g", "저지방우유900mL"] if state == "배송완료" else []
    shown = bought(one_below_another(*lines)) or []
    assert [(name, day) for name, *_, day in shown] == [(name, date(2026, 2, 19)) for name in names]


@pytest.mark.parametrize("label", ["예약일", "예약일시 :", "사전예약일", "예약 일자"])
@pytest.mark.parametrize(("pickup", "day"), [("픽업 가능일 : 2/25(수)~2/28(토)", date(2026, 2, 20)), ("", None)])
def test_the_day_of_an_order_in_advance(label: str, pickup: str, day: date | None) -> None:
    """Without a day of pick-up it may be the day for which something was ordered."""
    lines = ["주문상세", "예약 완료", f"{label} 2026-02-20 11:40", "", pickup, ""]
    shown = one_below_another(*lines, FIRST[0], f"{FIRST[1]} 1개", "", SECOND[0], f"{SECOND[1]} 1개", "", "배송조회")
    assert [row[-1] for row in bought(shown) or []] == [day, day]


@pytest.mark.parametrize("heading", ["↳ 대체상품", "대체 상품", "[교체상품]", "대체품"])
@pytest.mark.parametrize("remark", ["대체상품으로 변경되었습니다", ""])
@pytest.mark.parametrize("total", ["", "결제금액 7,950원", "결제금액 10,900원"])
def test_an_item_that_was_replaced_is_left_out_unless_the_total_contains_it(
    heading: str, remark: str, total: str
) -> None:
    first = [FIRST[0], f"{FIRST[1]} / 1개", "", "저지방 우유 1L", "2,950원 / 1개"]
    lines = [*first, *([remark] if remark else []), heading, SECOND[0], f"{SECOND[1]} / 1개", "", total]
    shown = one_below_another("주문상세", "2026.02.20 주문", "배송완료", "", *lines)
    both = ["저지방우유1L"] if "10,900" in total else []
    assert [name for name, *_ in bought(shown) or []] == ["초당순두부350g", *both, "저지방우유900mL"]


def test_a_total_is_read_if_there_is_one_order() -> None:
    one = Order(date(2026, 2, 20), (TOFU, MILK))
    receipt = parse_order_list(screen(Shop(total=True), [one]).boxes(), NOW)
    assert receipt is not None
    assert (receipt.totals.total, receipt.totals.matches) == (5470, True)
    receipt = parse_order_list(screen(Shop(total=True), [one, replace(one, items=(MILK,))]).boxes(), NOW)
    assert receipt is not None
    assert receipt.totals.total is None


@pytest.mark.parametrize(("total", "amount"), [(7950, 4960), (5470, 2480)])
def test_the_total_decides_whether_prices_are_per_piece(total: int, amount: int) -> None:
    boxes = placed(
        (60, 60, "주문내역"),
        (60, 200, "2026.02.20 주문"),
        (60, 300, "초당 순두부 350g"),
        (60, 350, "2,480원 · 2개"),
        (60, 500, "저지방 우유 900mL"),
        (60, 550, "2,990원 · 1개"),
        (60, 700, f"결제금액 {total:,}원"),
    ).boxes()
    receipt = parse_order_list(boxes, NOW)
    assert receipt is not None
    assert [item.numbers.amount for item in receipt.items] == [amount, 2990]
    assert (receipt.totals.total, receipt.totals.matches) == (total, True)


def test_a_discount_on_the_order_and_a_heading_above_its_items() -> None:
    boxes = placed(
        (60, 60, "주문 상세"),
        (60, 200, "2026.02.20 주문"),
        (60, 290, "상품정보"),
        (60, 340, "초당 순두부 350g"),
        (60, 390, "2,480원 · 1개"),
        (60, 700, "할인금액"),
        (600, 700, "-500원"),
        (60, 760, "최종 결제금액"),
        (600, 760, "1,980원"),
    ).boxes()
    receipt = parse_order_list(boxes, NOW)
    assert receipt is not None
    assert [(item.name, item.numbers.amount) for item in receipt.items] == [("초당 순두부 350g", 2480)]
    assert (receipt.totals.total, receipt.totals.discount, receipt.totals.matches) == (1980, -500, True)


def test_a_summary_of_several_items_is_not_an_item() -> None:
    boxes = placed(
        (60, 60, "주문내역"),
        (60, 200, "2026.02.20 주문"),
        (60, 300, "초당 순두부 350g 외 3건"),
        (60, 350, "23,450원 · 4개"),
    ).boxes()
    receipt = parse_order_list(boxes, NOW)
    assert receipt is not None
    assert receipt.items == []


@pytest.mark.parametrize(
    "lines",
    [
        ["카페 달빛", "메뉴", "아메리카노", "4,500원", "카페 라떼", "5,000원", "레몬 에이드", "5,500원"],
        [
            "초당 순두부 350g",
            "2,480원",
            "(100g당 709원)",
            "내일(월) 도착 보장",
            "무료배송",
            "장바구니 담기",
            "구매하기",
        ],
        [
            "장바구니 3",
            "전체선택",
            "초당 순두부 350g",
            "2,480원 · 2개",
            "저지방 우유 900mL",
            "2,990원 · 1개",
            "주문하기",
        ],
        ["추천 상품", "초당 순두부 350g", "2,480원", "리뷰 1,204", "저지방 우유 900mL", "2,990원", "리뷰 320"],
        ["주문내역", "주문한 상품이 없습니다"],
    ],
    ids=["menu", "product page", "cart", "recommendations", "empty list"],
)
def test_images_without_orders(lines: list[str]) -> None:
    shown = placed(*[(60, 60 + 80 * number, text) for number, text in enumerate(lines)])
    assert parse_order_list(shown.boxes(), NOW) is None


@given(
    seller=st.sampled_from(["이마트", "해피마켓", "Fresh Mall", "산지직송관"]),
    items=st.lists(
        st.sampled_from(["국내산 시금치 300g", "포기김치 1.9kg", "즉석밥 12입", "흙당근 2kg"]),
        min_size=3,
        max_size=4,
        unique=True,
    ),
)
def test_the_seller_above_every_name_is_not_part_of_it(seller: str, items: list[str]) -> None:
    lines = [(60, 40, "주문/배송 조회"), (60, 100, "2026.02.18 주문")]
    for index, name in enumerate(items):
        top = 200 + 320 * index
        lines += [
            (300, top, seller),
            (300, top + 60, name),
            (300, top + 120, "수량 2개  3,480원"),
            (60, top + 180, "배송조회"),
        ]
    assert bought(placed(*lines)) == [("".join(name.split()), 3480, 2, date(2026, 2, 18)) for name in items]


@pytest.mark.parametrize("size", ["210g 12개입", "900mL 저지방", "30구 특란", "오곡밥 210g"])
def test_products_above_their_sizes_are_no_brands(size: str) -> None:
    lines, top = [(60, 40, "주문상세조회"), (60, 100, "2026.02.18 주문")], 200
    names = [("만두", "김치 왕만두 1kg"), ("햇반", size), ("카레", "순한맛 가루")]
    for name in names:
        lines += [(300, top, name[0]), (300, top + 60, name[1]), (300, top + 120, "수량 2개  3,480원")]
        lines += [(60, top + 180, "배송조회")]
        top += 320
    expected = [("".join("".join(name).split()), 3480, 2, date(2026, 2, 18)) for name in names]
    assert bought(placed(*lines)) == expected


@pytest.mark.parametrize("width", [1, 2, 3])
def test_brands_above_names_are_no_part_of_them(width: int) -> None:
    items = [
        ("비엔나 220g*2", "풀무원"),
        ("한우 사골육수 1.5kg", "피코크"),
        ("브로콜리 2입", None),
        ("오곡밥 210g*8", "CJ제일제당"),
    ]
    lines = [(60, 40, "주문상세조회"), (60, 100, "2026.02.18 주문")]
    top = 200
    for name, brand in items:
        lines += [(300, top, brand)] if brand else []
        long_name = name + " 대용량 실속 기획" * width
        lines += [(300, top + 60, long_name), (300, top + 120, "수량 2개  3,480원"), (60, top + 180, "배송조회")]
        top += 320
    expected = [
        ("".join((name + " 대용량 실속 기획" * width).split()), 3480, 2, date(2026, 2, 18)) for name, _ in items
    ]
    assert bought(placed(*lines)) == expected


@pytest.mark.parametrize("sizes", [["2L 6개", "500ml 20개"], ["2L 6개", "500ml 20개", "1L 12개", "330ml 24개"]])
def test_a_name_whose_rest_is_a_size_stays(sizes: list[str]) -> None:
    lines = [(60, 40, "주문/배송 조회"), (60, 100, "2026.02.18 주문")]
    for index, size in enumerate(sizes):
        top = 200 + 320 * index
        lines += [(300, top, "삼다수"), (300, top + 60, size), (300, top + 120, "수량 2개  3,480원")]
        lines += [(60, top + 180, "배송조회")]
    assert bought(placed(*lines)) == [("삼다수" + size.replace(" ", ""), 3480, 2, date(2026, 2, 18)) for size in sizes]


@settings(max_examples=15, deadline=None)
@given(
    choice=st.sampled_from(["오렌지", "한입 5kg", "블랙 / 270"]),
    count=st.integers(1, 40),
    place=st.integers(0, 2),
    below=st.booleans(),
)
def test_one_choice_before_a_count_where_others_have_only_a_count(
    choice: str, count: int, place: int, below: bool
) -> None:
    texts = ["주문내역", "2026.02.20 주문", ""]
    for index, (name, won) in enumerate((FIRST, SECOND, ("우리밀 식빵", "3,500원"))):
        own = [won, "1개"] if below else ["1개", won]
        texts += [name, *([f"{choice} / {count}개", won] if index == place else own), ""]
    counts = [count if index == place else 1 for index in range(3)]
    found = [row[:3] for row in bought(one_below_another(*texts)) or []]
    assert found == [
        (name, won, count)
        for (name, won), count in zip(
            (("초당순두부350g", 4960), ("저지방우유900mL", 2990), ("우리밀식빵", 3500)), counts, strict=True
        )
    ]


@pytest.mark.parametrize("state", ["품절", "일시 품절"])
def test_sold_out_is_a_state_only_above_a_name_where_others_have_one(state: str) -> None:
    head, first, second = ("주문내역", "2026.02.20 주문", ""), (*FIRST, "2개"), (*SECOND, "1개")
    shown = one_below_another(*head, "구매확정", *first, "", state, *second)
    assert [row[0] for row in bought(shown) or []] == ["초당순두부350g"]
    for other in (
        one_below_another(*head, "구매확정", *first, "", "구매확정", *second, state),
        one_below_another(*head, "구매확정", *first, state, "", "", "구매확정", *second),
    ):
        assert [row[0] for row in bought(other) or []] == ["초당순두부350g", "저지방우유900mL"]


@pytest.mark.parametrize("brand", ["산들 바람", "해피 키친", "Green Farm"])
def test_brands_of_two_words_where_all_names_have_brands(brand: str) -> None:
    items = [("풀무원", FIRST[0]), (brand, "유기농 방울토마토 대추형 1kg"), ("피코크", SECOND[0])]
    texts = [text for pair in items for text in ("", *pair, "2,480원", "1개")]
    shown = one_below_another("주문내역", "2026.02.20 주문", *texts)
    assert [row[0] for row in bought(shown) or []] == ["".join(name.split()) for _, name in items]
    texts = [text for pair in (*items, ("", "우리밀 식빵")) for text in ("", *filter(None, pair), "2,480원", "1개")]
    found = [row[0] for row in bought(one_below_another("주문내역", "2026.02.20 주문", *texts)) or []]
    assert "".join(f"{brand} {items[1][1]}".split()) in found


@settings(max_examples=25, deadline=None)
@given(
    ordered=st.integers(2, 9),
    cancelled=st.integers(1, 8),
    remark=st.sampled_from(["주문 {}개 중 {}개 취소", "{}개 중 {}개 부분 취소됨", "총 {}개 중 {}개 반품"]),
    printed=st.booleans(),
    state=st.sampled_from(["부분취소", "부분 취소 완료", "일부 반품"]),
    where=st.sampled_from([60, 0]),
)
def test_pieces_that_were_cancelled_are_taken_off(
    ordered: int, cancelled: int, remark: str, printed: bool, state: str, where: int
) -> None:
    left = ordered - min(cancelled, ordered - 1)
    texts = [FIRST[0], f"{2000 * ordered:,}원", remark.format(ordered, ordered - left)]
    texts += [f"(취소 후 수량 {left}개 {2000 * left:,}원)"] if printed else []
    lines = [(0, 60, "주문 상세"), (0, 120, "2026.02.20 주문"), (where, 240, state)]
    lines += [(60, 300 + 60 * place, text) for place, text in enumerate(texts)]
    lines += [(where, 660, "배송완료"), *((60, 720 + 60 * place, text) for place, text in enumerate((*SECOND, "1개")))]
    sums = [("최초 주문금액", 2000 * ordered + 2990), ("취소금액", 2000 * (left - ordered))]
    for place, (label, won) in enumerate((*sums, ("최종 결제금액", 2000 * left + 2990))):
        lines += [(0, 1000 + 60 * place, label), (800, 1000 + 60 * place, f"{won:,}원")]
    receipt = parse_order_list(placed(*lines).boxes(), NOW)
    assert receipt is not None
    found = [(item.name, item.numbers.amount, item.numbers.quantity) for item in receipt.items]
    assert found == [(FIRST[0], 2000 * left, left), (SECOND[0], 2990, 1)]
    assert receipt.totals.matches


@given(won=st.integers(1000, 99_999), ordered=st.integers(2, 9), cancelled=st.integers(1, 8))
def test_a_share_that_is_no_whole_number_of_won_makes_the_amount_uncertain(
    won: int, ordered: int, cancelled: int
) -> None:
    left = max(1, ordered - cancelled)
    texts = [FIRST[0], f"{won:,}원", f"주문 {ordered}개 중 {ordered - left}개 취소", "", *SECOND, "1개"]
    receipt = parse_order_list(one_below_another("주문내역", "2026.02.20 주문", "", *texts).boxes(), NOW)
    assert receipt is not None
    whole = won * left % ordered == 0
    assert receipt.items[0].numbers.amount == (won * left // ordered if whole else won)
    assert receipt.items[0].numbers.quantity == left
    assert (ItemField.AMOUNT in receipt.uncertain_item_fields[0]) is not whole


@pytest.mark.parametrize(
    "remarks", [["수량 4개", "1개 취소"], ["4개", "취소 수량 1개"], ["4개 · 1개 취소됨"], ["수량 4개", "1개 부분취소"]]
)
def test_pieces_cancelled_of_those_that_another_count_tells(remarks: list[str]) -> None:
    texts = ["주문내역", "2026.02.20 주문", "", *FIRST, *remarks, "", *SECOND, "1개"]
    found = [row[:3] for row in bought(one_below_another(*texts)) or []]
    assert found == [("초당순두부350g", 3720, 3), ("저지방우유900mL", 2990, 1)]


@pytest.mark.parametrize("remarks", [["3개 중 3개 취소"], ["3개", "3개 취소"], ["2개", "취소 수량 2개"], ["1개 취소"]])
def test_an_item_of_which_all_pieces_were_cancelled_is_left_out(remarks: list[str]) -> None:
    texts = ["주문내역", "2026.02.20 주문", "", *FIRST, *remarks, "", *SECOND, "1개"]
    assert [row[0] for row in bought(one_below_another(*texts)) or []] == ["저지방우유900mL"]


@settings(max_examples=20, deadline=None)
@given(
    counts=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    choices=st.permutations(["포장 : 보자기 포장(+2,500원)", "포장 : 기본", "맛 : 오리지널 / 크기 : 대"]),
    indent=st.sampled_from([0, 40]),
    labelled=st.booleans(),
)
def test_each_numbered_choice_of_a_product_is_an_item(
    counts: list[int], choices: list[str], indent: int, labelled: bool
) -> None:
    lines, y = [(60, 40, "주문 상세"), (60, 100, "2026.02.20 주문"), (60, 240, FIRST[0])], 300
    for number, (count, choice) in enumerate(zip(counts, choices, strict=False), 1):
        for text in (f"{number}. {choice}", f"수량 : {count}개" if labelled else f"{count}개", f"{3000 * count:,}원"):
            lines.append((60 + indent, y, text))
            y += 60
    lines += [(60, y + 80, SECOND[0])]
    lines += [(60 + indent, y + 140 + 60 * place, text) for place, text in enumerate(("맛 : 저지방", "1개", SECOND[1]))]
    found = [row[:3] for row in bought(placed(*lines)) or []]
    assert found == [*(("초당순두부350g", 3000 * count, count) for count in counts), ("저지방우유900mL", 2990, 1)]


@settings(max_examples=30, deadline=None)
@given(
    label=st.sampled_from(
        [
            "소비기한",
            "유통기한:",
            "쿠폰 유효기간",
            "리뷰 작성 기한",
            "교환/반품 가능 기간",
            "다음 결제일",
            "제조일자",
            "수확일",
        ]
    ),
    day=st.sampled_from(["2026.02.24", "26.02.24", "2026-02-24까지", "2026년 2월 24일"]),
    place=st.sampled_from([1, 3]),
    after=st.booleans(),
)
def test_the_day_of_something_else_is_neither_of_the_order_nor_of_a_name(
    label: str, day: str, place: int, after: bool
) -> None:
    line = "2026. 2. 24. 자동 갱신" if after else f"{label} {day}"
    first = [*FIRST, "1개"]
    first.insert(place, line)
    shown = one_below_another("주문 상세", "2026.02.20", "", *first, "", *SECOND, "2개")
    day_of_order = date(2026, 2, 20)
    assert bought(shown) == [("초당순두부350g", 4960, 1, day_of_order), ("저지방우유900mL", 2990, 2, day_of_order)]


@settings(max_examples=20, deadline=None)
@given(
    prices=st.tuples(*[st.integers(10, 400).map(lambda hundreds: 100 * hundreds)] * 2),
    counts=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    unit=st.sampled_from(["박스", "포대", "봉지", "자루", "세트", ""]),
    sign=st.sampled_from(["×", "x"]),
)
def test_unit_prices_and_counts_of_units_beside_amounts(
    prices: tuple[int, int], counts: tuple[int, int], unit: str, sign: str
) -> None:
    lines = [(60, 40, "주문 내역"), (60, 100, "2026년 2월 20일 주문")]
    for place, (name, price, count) in enumerate(zip((FIRST[0], SECOND[0]), prices, counts, strict=True)):
        y = 240 + 220 * place
        lines += [
            (60, y, name),
            (60, y + 60, f"{price:,}원 {sign} {count}{unit}"),
            (820, y + 60, f"{price * count:,}원"),
        ]
    found = [row[1:3] for row in bought(placed(*lines)) or []]
    assert found == [(price * count, count) for price, count in zip(prices, counts, strict=True)]
    assert [row[0] for row in bought(placed(*lines)) or []] == ["초당순두부350g", "저지방우유900mL"]


@pytest.mark.parametrize(
    "text",
    [
        "배송조회",
        "교환, 반품 신청",
        "주문취소",
        "리뷰쓰기",
        "재구매",
        "구매확정하기",
        "배송조회 리뷰 작성하기",
        "후기 작성하고 적립금 받기",
        "리뷰 작성 +150원",
        "주문 취소 배송지 변경",
        "장바구니 담기 배송 조회",
    ],
)
def test_buttons(text: str) -> None:
    assert is_button("".join(text.split()))


@pytest.mark.parametrize("text", ["교환/환불은 7일이내", "재구매 시 10% 할인", "리뷰 작성하고 쿠폰"])
def test_notices_are_no_buttons(text: str) -> None:
    assert not is_button("".join(text.split()))


@pytest.mark.parametrize("size", [34, 38, 48])
@pytest.mark.parametrize("badge", ["새벽특송", "Fresh배송", "산지직송"])
@pytest.mark.parametrize("last", ["저지방 우유, 1L, 2개", ""])
def test_a_badge_above_several_names_is_no_part_of_them(badge: str, size: int, last: str) -> None:
    """Whatever its size, and whether or not there are names without one."""
    items = [("햇감자 꾸러미", badge), ("국산콩으로 만든 부침 두부 290g", badge), (last, "")]
    lines = [Placed(60, 60, 38, "주문상세"), Placed(60, 120, 38, "2026.02.20 주문")]
    for index, (name, above) in enumerate(items):
        y = 220 + 260 * index
        rows = [(above, size), (name, 38), ("2,480원 · 2개" if name else "", 38)]
        lines += [Placed(260, y + 54 * place, em, text) for place, (text, em) in enumerate(rows) if text]
    expected = ["".join(name.split()) for name, _ in items if name]
    assert [name for name, *_ in bought(Screen(lines, 1200)) or []] == expected


@pytest.mark.parametrize("size", [34, 36, 38])
@pytest.mark.parametrize("rest", ["햇콩", "기획", "크림 70ml 기획"])
def test_what_did_not_fit_into_a_line_belongs_to_the_name_if_its_print_seems_a_little_smaller(
    rest: str, size: int
) -> None:
    first = "산들식품 국산 서리태 넉넉한 한 봉지 1kg"
    lines = [Placed(60, 60, 38, "주문상세"), Placed(60, 120, 38, "2026.02.20 주문")]
    lines += [Placed(260, 220, 38, first), Placed(260, 274, size, rest), Placed(260, 328, 38, "4,960원 · 2개")]
    lines += [Placed(260, 500, 38, SECOND[0]), Placed(260, 554, 38, "2,990원 · 1개")]
    shown = bought(Screen(lines, 900)) or []
    assert [name for name, *_ in shown] == ["".join(f"{first}{rest}".split()), "저지방우유900mL"]


@pytest.mark.parametrize("size", ["70매 10팩", "24개", "10팩", "500매 6팩"])
@pytest.mark.parametrize("count", ["1개", "수량 2", "3개"])
def test_a_size_below_a_name_is_no_count_if_one_stands_beside_the_price(size: str, count: str) -> None:
    lines = [(60, 60, "주문내역"), (60, 120, "2026.02.20 주문")]
    for index, rest in enumerate((size, "저지방 우유 900mL")):
        y = 300 + 260 * index
        lines += [(60, y, "푸른 물티슈 캡형"), (60, y + 54, rest), (60, y + 108, "4,960원"), (700, y + 108, count)]
    number = int("".join(filter(str.isdigit, count)))
    assert [(name, n) for name, _, n, _ in bought(placed(*lines)) or []] == [
        ("푸른물티슈캡형" + size.replace(" ", ""), number),
        ("푸른물티슈캡형저지방우유900mL", number),
    ]


@pytest.mark.parametrize("label", ["라이브 특가", "생방송 특가", "타임딜", "한정 특가", "앱 혜택가"])
@pytest.mark.parametrize("percent", ["", "38% "])
def test_the_label_of_a_special_price_is_no_part_of_a_name(label: str, percent: str) -> None:
    shown = one_below_another(
        "2026.02.20 결제완료", "", FIRST[0], f"{label} {percent}{FIRST[1]}", "9,900원", "수량: 1",
        "", SECOND[0], f"{label} {percent}{SECOND[1]}", "5,900원", "수량: 2",
    )  # fmt: skip
    assert [row[:3] for row in bought(shown) or []] == [("초당순두부350g", 4960, 1), ("저지방우유900mL", 2990, 2)]


@pytest.mark.parametrize("choice", ["단품 : 특대", "1. 포장 : 보자기 포장(+2,500원)", "2) 옵션 : 유리병"])
def test_numbered_choices_and_single_products_are_no_part_of_names(choice: str) -> None:
    shown = one_below_another(
        "주문내역", "2026.02.20 주문", "", FIRST[0], choice, "4,960원 / 1세트", "", *SECOND, "2개"
    )
    assert [row[:3] for row in bought(shown) or []] == [("초당순두부350g", 4960, 1), ("저지방우유900mL", 2990, 2)]


@settings(max_examples=15, deadline=None)
@given(
    count=st.sampled_from(["Qty 2", "QTY: 2", "Quantity 2"]),
    code=st.sampled_from(["Item 1157799", "Item #640112", "SKU 22817", ""]),
    fee=st.sampled_from([("Delivery", 0), ("Shipping", 3000)]),
    total=st.sampled_from(["Order Total", "Grand Total"]),
    discount=st.sampled_from(["Online discount", "Coupon", "Instant Savings"]),
)
def test_orders_in_english(count: str, code: str, fee: tuple[str, int], total: str, discount: str) -> None:
    lines, y = [(60, 40, "Order Details"), (60, 100, "Order Date"), (760, 100, "2026/02/20")], 240
    for name, won in (FIRST, SECOND):
        lines += [(60, y + 50 * place, text) for place, text in enumerate(text for text in (name, code, count) if text)]
        y = int(lines[-1][1])
        lines.append((820, y, f"₩{won.removesuffix('원')}"))
        y += 120
    sums = [("Subtotal", 7950), (discount, -500), fee, (total, 7450 + fee[1])]
    for label, amount in sums:
        lines += [(60, y, label), (820, y, f"{'-' * (amount < 0)}₩{abs(amount):,}")]
        y += 60
    receipt = parse_order_list(placed(*lines).boxes(), NOW)
    assert receipt is not None
    found = [(item.name, item.numbers.amount, item.numbers.quantity) for item in receipt.items]
    assert found == [(FIRST[0], 4960, 2), (SECOND[0], 2990, 2)]
    assert (receipt.totals.total, receipt.totals.matches) == (7450 + fee[1], True)


@pytest.mark.parametrize("label", ["Visa .... 4471", "Paid with Mastercard 4471", "VAT 10% 포함"])
def test_cards_and_taxes_below_a_subtotal_are_no_items(label: str) -> None:
    lines = [(60, 40, "주문 상세"), (60, 100, "2026.02.20 주문")]
    for place, (text, won) in enumerate((FIRST, SECOND, ("소계", "7,950원"), (label, "7,950원"))):
        lines += [(60, 200 + 160 * place, text), (820, 200 + 160 * place, won)]
        lines += [(60, 260 + 160 * place, "실속 기획")] if place < 2 else []
    found = [row[0] for row in bought(placed(*lines)) or []]
    assert found == ["초당순두부350g실속기획", "저지방우유900mL실속기획"]


@pytest.mark.parametrize("label", ["산지 배송비", "도서산간 배송비", "냉장 택배비", "선물 포장비"])
def test_fees_of_a_kind_below_prices_beside_names(label: str) -> None:
    lines = [(60, 40, "내 주문"), (60, 100, "2026년 2월 20일")]
    for place, ((name, won), count) in enumerate(((FIRST, "1박스"), (SECOND, "2팩"))):
        y = 240 + 200 * place
        lines += [(60, y, name), (820, y, won), (60, y + 50, count)]
    for place, (text, won) in enumerate((("상품 합계", 7950), (label, 4000), ("합계", 11_950))):
        lines += [(60, 700 + 60 * place, text), (820, 700 + 60 * place, f"{won:,}원")]
    receipt = parse_single_receipt([placed(*lines).boxes()], NOW)
    assert [int(item.numbers.quantity or 0) for item in receipt.items] == [1, 2]
    assert (receipt.totals.total, receipt.totals.matches) == (11_950, True)


@pytest.mark.parametrize("label", ["박스 금액", "구독 금액", "꾸러미 금액"])
def test_the_sum_of_a_box_is_no_item_of_it(label: str) -> None:
    contents = [(FIRST[0], 1, 4960), ("레시피 카드", 1, 0), (SECOND[0], 2, 2990)]
    lines = [(60, 40, "정기구독 주문 상세"), (60, 100, "주문일 2026.02.20")]
    for place, (name, count, won) in enumerate(contents):
        y = 240 + 60 * place
        lines += [(60, y, name), (640, y, f"{count}개"), (860 if won else 940, y, f"{won:,}")]
    for place, (text, won) in enumerate(((label, 7950), ("구독 할인", -800), ("배송비", 3500), ("결제 금액", 10_650))):
        lines += [(60, 600 + 60 * place, text), (860, 600 + 60 * place, f"{won:,}")]
    receipt = parse_single_receipt([placed(*lines).boxes()], NOW)
    assert [(item.name, item.numbers.quantity, item.numbers.amount) for item in receipt.items] == contents
    assert (receipt.totals.total, receipt.totals.matches) == (10_650, True)


@given(
    title=st.sampled_from(["구매내역", "주문내역", "[주문내역]", "구매상품", "주문상품", "상품정보"]),
    discount=st.sampled_from(["쿠폰할인", "행사할인", "멤버십할인", "즉시할인"]),
    indent=st.integers(0, 3),
)
def test_a_slip_with_the_title_of_an_order_list_keeps_its_columns(title: str, discount: str, indent: int) -> None:
    rows = [
        "CU 역삼점",
        "2025-03-14 18:05",
        title,
        "삼각김밥               1개    1,400원",
        "바나나우유              2개    3,400원",
        f"{' ' * indent}{discount}                    -300원",
        "컵라면                1개    1,500원",
        "합계                        6,000원",
        "카드                        6,000원",
    ]
    receipt = parse_single_receipt([paper("\n".join(rows))], NOW)
    listed = [(item.name, item.numbers.amount, item.numbers.quantity) for item in receipt.items]
    assert listed == [("삼각김밥", 1400, 1), ("바나나우유", 3400, 2), ("컵라면", 1500, 1)] or indent < 2


@given(
    options=st.lists(st.sampled_from(["-ICE", "-연하게", "- HOT", "+ 샷추가", "(포장)"]), min_size=1, max_size=2),
    titles=st.sampled_from(["메뉴                                    금액", "주문내역"]),
)
def test_options_below_the_rows_of_a_café_slip_are_no_part_of_the_next_name(options: list[str], titles: str) -> None:
    names = {"아메리카노": 4500, "카페라떼": 5000, "치즈케이크": 6500}
    rows = ["본까페", "2025/03/14 18:05:33", titles]
    for name, won in names.items():
        rows += [f"{name:<32}{won:>12,}", *(f"  {option}" for option in options)]
    rows += [f"{'합계':<32}{sum(names.values()):>12,}", f"{'신용카드':<32}{sum(names.values()):>12,}"]
    receipt = parse_single_receipt([paper("\n".join(rows))], NOW)
    assert [(item.name.split()[0], item.numbers.amount) for item in receipt.items] == [*names.items()]


@given(
    choice=st.sampled_from(["+ 치즈 추가", "사이즈 L / 얼음 적게", "순살 변경", "맵기: 순한맛", "+ 소스 따로"]),
    chosen=st.sets(st.integers(0, 2), min_size=1),
    button=st.sampled_from(["재주문하기", "리뷰 쓰기", "같은 메뉴 담기"]),
    gap=st.integers(62, 90),
)
def test_choices_below_names_beside_their_prices_are_no_part_of_the_next_name(
    choice: str, chosen: set[int], button: str, gap: int
) -> None:
    names = {"짜장면 곱빼기": 14000, "탕수육 중": 18000, "찹쌀탕수육": 21000}
    y = 320
    lines = [
        Placed(40, 60, 44, "주문상세"),
        Placed(40, 150, 44, "홍콩반점 3호점"),
        Placed(40, 225, 30, "2026.02.20 (금) 19:12"),
    ]
    for place, (name, won) in enumerate(names.items()):
        lines += [Placed(40, y, 38, name), Placed(860, y, 38, f"{won:,}원")]
        y += gap
        if place in chosen:
            lines.append(Placed(40, y, 30, choice))
            y += gap
    total = sum(names.values())
    for label, won in (("주문금액", total), ("배달팁", 3000), ("총 결제금액", total + 3000)):
        lines += [Placed(40, y + 30, 34, label), Placed(860, y + 30, 34, f"{won:,}원")]
        y += 60
    shown = Screen([*lines, Placed(300, y + 60, 36, button)], y + 200)
    receipt = parse_single_receipt([shown.boxes()], NOW)
    assert [(item.name, item.numbers.amount) for item in receipt.items] == [*names.items()]


@pytest.mark.parametrize("name", ["오뚜기 컵밥 골라담기", "제철 과일 모아담기", "골라담기 과자 10봉"])
def test_a_name_that_ends_like_a_button(name: str) -> None:
    shown = screen(Shop(), [Order(date(2026, 2, 20), (TOFU, OrderItem(name, 9900), MILK))])
    assert [(each, won) for each, won, *_ in bought(shown) or []] == [
        ("초당순두부350g", 2480),
        ("".join(name.split()), 9900),
        ("저지방우유900mL", 2990),
    ]


@pytest.mark.parametrize("state", ["취소완료", "반품완료", "환불완료"])
@pytest.mark.parametrize("form", ["2026.02.{:02d} {}", "26. 2. {} {}", "2월 {}일 {}", "2.{} {}"])
def test_a_day_and_a_state_in_one_line_are_about_the_order_below(form: str, state: str) -> None:
    names = ("국산 양파 1.5kg", "햇감자 1kg", "국내산 애호박")
    lines = ["주문목록", ""]
    for name, day, each in zip(names, (20, 18, 14), ("배송완료", state, "배송완료"), strict=True):
        lines += [form.format(day, each), name, "3,980원 / 수량 1개", ""]
    receipt = parse_order_list(paper("\n".join(lines)), NOW)
    assert receipt is not None
    assert [item.name for item in receipt.items] == [names[0], names[2]]


@pytest.mark.parametrize("second", ["+ 스팸 200g 3입", "+ 증정 소스", "- 국산콩 300g"])
def test_the_second_line_of_a_name_may_begin_with_a_sign(second: str) -> None:
    names = {"햇반 210g 12입": 16990, "서울우유 나100% 1L": 5960, "국산 두부 300g": 1980}
    y = 240
    lines = [Placed(40, 60, 44, "주문내역"), Placed(40, 157, 32, "주문일시: 2026년 2월 20일 (금) 오후 07:12")]
    for place, (name, won) in enumerate(names.items()):
        lines += [Placed(40, y, 36, name), Placed(860, y, 36, f"{won:,}원")]
        if place == 0:
            y += 60
            lines.append(Placed(40, y, 36, second))
        lines.append(Placed(40, y + 60, 32, "1개"))
        y += 150
    lines += [Placed(40, y, 40, "결제금액"), Placed(860, y, 40, f"{sum(names.values()):,}원")]
    receipt = parse_order_list(Screen(lines, y + 200).boxes(), NOW)
    assert receipt is not None
    first, *others = names
    assert [item.name for item in receipt.items] == [f"{first} {second}", *others]


@pytest.mark.parametrize("brand", ["CJ", "LG", "오뚜기", "빙그레"])
def test_a_brand_in_small_print_may_be_too_short_to_be_measured(brand: str) -> None:
    rows = [
        ("피코크", "초마짬뽕 1240g"),
        (brand, "비비고 왕교자 1.05kg"),
        ("노브랜드", "굿밀크 저지방 1L"),
        ("이마트", "귤"),
        ("이마트", "감귤 3kg"),
    ]
    y, lines = 240, [Placed(40, 60, 44, "주문내역"), Placed(40, 157, 34, "2026.02.20 주문")]
    for above, name in rows:
        lines += [Placed(40, y, 28, above), Placed(40, y + 50, 36, name)]
        lines += [Placed(40, y + 105, 36, "제주산 특품 3kg 박스")] if name == "귤" else []
        lines += [Placed(40, y + 160, 34, "수량 1개"), Placed(860, y + 160, 34, "9,980원")]
        y += 260
    receipt = parse_order_list(Screen(lines, y + 200).boxes(), NOW)
    assert receipt is not None
    names = [name if name != "귤" else "귤 제주산 특품 3kg 박스" for _, name in rows]
    assert [item.name for item in receipt.items] == names
