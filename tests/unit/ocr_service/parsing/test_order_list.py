"""Order lists of any shop give the items that were bought, each with the day of its order."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_service.fields import ReceiptField
from ocr_service.parsing.order_lines import is_button
from ocr_service.parsing.order_list import parse_order_list
from ocr_service.parsing.single_receipt import parse_single_receipt
from tests.support.order_screens import Order, OrderItem, Placed, Screen, Shop, screen, screens
from tests.support.printing import LAYOUTS, Shot, receipts

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


@pytest.mark.parametrize("counts", [("2개", ""), ("", "3개"), ("1개", "1개"), ("2개", "3개")])
def test_a_shop_that_prints_only_counts_above_one(counts: tuple[str, str]) -> None:
    lines = [line for item, count in zip((FIRST, SECOND), counts, strict=True) for line in (*item, count, "")]
    shown = one_below_another("주문내역", "2026.02.20 주문", "", *lines, "배송조회")
    assert [name for name, *_ in bought(shown) or []] == ["초당순두부350g", "저지방우유900mL"]


@pytest.mark.parametrize("remark", ["품절", "품절 취소됨", "일시품절", "취소완료", "반품 접수", "환불"])
def test_an_item_with_a_remark_that_it_was_sold_out_is_left_out(remark: str) -> None:
    shown = one_below_another("주문내역", "2026.02.20 주문", "", *FIRST, "2개", "", *SECOND, f"1개 · {remark}")
    assert [name for name, *_ in bought(shown) or []] == ["초당순두부350g"]


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
