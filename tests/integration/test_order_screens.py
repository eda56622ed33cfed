"""Screenshots of order lists, drawn and read with the shipped models."""

import io
from datetime import date

import pytest

from ocr_service.errors import NotAReceipt
from ocr_service.reader import ReceiptReader
from tests.support.order_screens import LONG_NAMES, Order, OrderItem, Placed, Screen, Shop, screen

FIRST = Order(
    date(2026, 10, 20),
    (
        OrderItem("초당 순두부 350g", 2480, 2),
        OrderItem(LONG_NAMES[0], 5980),
        OrderItem("국내산 애호박, 1개입", 1980, 3, regular=2480),
    ),
)
CANCELLED = Order(date(2026, 10, 12), (OrderItem("우리밀 식빵", 3300),), "취소완료")
LAST = Order(
    date(2026, 9, 5),
    tuple(
        OrderItem(name, 1000 + 770 * i, 1 + i)
        for i, name in enumerate(("흙대파 1kg", "무농약 콩나물 300g", "배추김치 1.5kg"))
    ),
)
SHOPS = {
    "thumbnails": Shop(),
    "states beside names": Shop(
        price="slash", date="hyphens", state="name", delivery=False, buttons=("재구매", "리뷰 쓰기")
    ),
    "no thumbnails": Shop(
        price="labelled count after", date="points and weekday", indent=44, buttons=("장바구니 담기",)
    ),
    "struck through": Shop(price="struck after", date="korean", title="주문목록", advertisement=True, total=True),
}


def jpeg(shown: Screen) -> bytes:
    stream = io.BytesIO()
    shown.image().save(stream, "JPEG", quality=90)
    return stream.getvalue()


def bought(reader: ReceiptReader, shown: Screen) -> list[tuple[str, int, int, date | None]]:
    answer = reader.read(jpeg(shown), "orders")
    return [("".join(i.name.split()), i.amount, int(i.quantity), i.purchased_on) for i in answer.items]


@pytest.mark.parametrize(("shop", "above"), list(zip(SHOPS.values(), (0, 137, 274, 411), strict=True)), ids=SHOPS)
def test_a_tall_screenshot(shop: Shop, above: int, native_reader: ReceiptReader) -> None:
    """`above`: moves the text, so that seams of tiles cross different lines."""
    shown = screen(shop, [FIRST, CANCELLED, LAST]).padded(above)
    assert shown.height > 2.5 * 1080
    assert [(amount, count, day) for _, amount, count, day in bought(native_reader, shown)] == [
        (amount, count, day) for _, amount, count, day in shown.expected
    ]


def test_names_are_read_whatever_the_seams(native_reader: ReceiptReader) -> None:
    shown = screen(SHOPS["thumbnails"], [FIRST, CANCELLED, LAST])
    assert bought(native_reader, shown) == shown.expected


def test_a_menu_is_not_a_receipt(native_reader: ReceiptReader) -> None:
    lines = ["카페 달빛", "메뉴", "아메리카노", "4,500원", "카페 라떼", "5,000원", "레몬 에이드", "5,500원"]
    shown = Screen([Placed(120, 80 + 110 * i, 44, text) for i, text in enumerate(lines)], 1000)
    with pytest.raises(NotAReceipt):
        native_reader.read(jpeg(shown), "menu")
