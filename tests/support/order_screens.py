"""Screenshots of order lists as invented shops show them: drawn with Pillow, or as the text boxes that vision finds.

`screens()` is the hypothesis strategy. It combines independently how a shop shows prices, dates, states and buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache

import numpy as np
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from ocr_service.boxes import TextBox
from tests.support.browser import KOREAN_FONT
from tests.support.printing import text_box

WIDTH = 1080
MARGIN = 44
WEEKDAYS = "월화수목금토일"
NAMES = (
    "국내산 애호박, 1개입", "흙대파 1kg", "무농약 콩나물 300g", "초당 순두부 350g", "[산지직송] 제주 감귤 3kg",
    "동물복지 유정란 10구", "찜닭 밀키트 2인분", "한돈 앞다리 수육용 (냉장), 600g", "우리밀 식빵",
    "아몬드 브리즈 190ml, 24개",
    "고구마·단호박 쌀과자 30g", "두유 검은콩-호두 190ml", "비타민C+아연 젤리", "어묵(국산: 명태) 300g",
    "한우 : 국거리 300g", "곡물 선식 7 곡 500g", "칠성사이다 제로 350ML/24CAN",
    "배추김치 1.5kg", "흰살 생선까스, 400g, 1팩", "도토리묵 420g", "저지방 우유 900mL", "선택받은 상추 150g",
)  # fmt: skip
LONG_NAMES = (
    "바로 먹는 손질 양배추와 적채 샐러드용 채소 믹스 대용량 500g",
    "햇살 가득 유기농 방울토마토 스테비아 대추형 1kg 한 상자",
    "[목장나라] 아침에 짠 저지방 고칼슘 저온살균 우유 900mL",
    "전자레인지용 국산 쌀 즉석밥 매일 먹는 흰쌀밥 210g, 24개",
    "초당 두부 2모 + 콩나물 300g + 국산 배추 포기김치 1kg",
)
CHROME_TITLES = ("주문내역", "주문 · 배송 조회", "주문목록", "구매내역", "나의 주문")


@dataclass(frozen=True)
class Placed:
    """Text on a screen: its left edge and top in pixels, its size (em) in pixels."""

    x: float
    y: float
    size: int
    text: str
    colour: str = "#222222"


@dataclass(frozen=True)
class OrderItem:
    """price: won of the line; regular: struck through beside it; seller, option: above and below the name."""

    name: str
    price: int
    count: int = 1
    regular: int | None = None
    seller: str = ""
    option: str = ""


@dataclass(frozen=True)
class Order:
    """Items ordered on a day, and the state of their delivery."""

    day: date
    items: tuple[OrderItem, ...]
    state: str = "배송완료"

    @property
    def purchased(self) -> bool:
        return not any(word in self.state for word in ("취소", "반품", "환불"))


def won(amount: int) -> str:
    return f"{amount:,}"


PRICES: dict[str, Callable[[OrderItem], list[str]]] = {
    "dot": lambda i: [f"{_regular(i)}{won(i.price)} 원 · {i.count}개"],
    "slash": lambda i: [f"{won(i.price)}원 / {i.count}개"],
    "count first": lambda i: [f"{i.count}개 {won(i.price)}원"],
    "labelled count": lambda i: [f"수량 {i.count} | {won(i.price)}원"],
    "labelled count after": lambda i: [f"{won(i.price)}원 | 수량 {i.count}개"],
    "struck after": lambda i: [
        f"{won(i.price)}원 {won(i.regular)}원 {i.count}개" if i.regular else f"{won(i.price)}원 {i.count}개"
    ],
    "count below": lambda i: [f"{won(i.price)}원", f"수량 : {i.count}개"],
    "count above": lambda i: [f"수량 {i.count}개", f"{_regular(i)}{won(i.price)}원"],
    "won sign": lambda i: [f"₩{won(i.price)} x {i.count}"],
}
DATES: dict[str, Callable[[date], str]] = {
    "points": lambda d: f"{d:%Y. %m. %d}",
    "points and weekday": lambda d: f"{d:%Y.%m.%d}({WEEKDAYS[d.weekday()]})",
    "hyphens": lambda d: f"{d:%Y-%m-%d} 주문",
    "short": lambda d: f"{d:%y.%m.%d} 주문",
    "korean": lambda d: f"{d.year}년 {d.month}월 {d.day}일 주문",
    "day of the year": lambda d: f"{d.month}/{d.day}({WEEKDAYS[d.weekday()]}) 주문",
}


def _regular(item: OrderItem) -> str:
    return f"{won(item.regular)}원 " if item.regular else ""


@dataclass(frozen=True)
class Shop:
    """How a shop shows its orders.

    price, date: keys of PRICES and DATES. indent: left edge of names in px, beside or below thumbnails. state: where
    the state stands: above the items of an order, above each name, or below each price. thumbnail: print on thumbnails.
    beside: prices stand beside the first lines of names, counts below. labels: of the rows with price, count and sum
    of an item, whose values stand on the right; none: its lines are as `price` says. small: size of sellers and options
    as a share of the name's. heading: above the items of an order, with their number.
    """

    title: str = "주문내역"
    price: str = "dot"
    date: str = "points"
    indent: int = 310
    name_size: int = 40
    price_size: int = 34
    state: str = "order"
    delivery: bool = True
    buttons: tuple[str, ...] = ("배송조회", "교환, 반품 신청")
    buttons_beside: bool = False
    thumbnail: str = "맛있는 집"
    right_price: bool = False
    beside: bool = False
    labels: tuple[str, ...] = ()
    total: bool = False
    advertisement: bool = False
    small: float = 0.86
    heading: str = ""


@dataclass(frozen=True)
class Screen:
    """What a screenshot shows, and the orders in it."""

    texts: list[Placed]
    height: int
    orders: tuple[Order, ...] = field(default=())

    @property
    def expected(self) -> list[tuple[str, int, int, date]]:
        """Name without spaces, amount, count and day of every item that was bought."""
        return [
            ("".join(item.name.split()), item.price, item.count, order.day)
            for order in self.orders
            if order.purchased
            for item in order.items
        ]

    def image(self) -> Image.Image:
        """The screenshot. Thumbnails are grey squares."""
        image = Image.new("RGB", (WIDTH, self.height), "white")
        draw = ImageDraw.Draw(image)
        for text in self.texts:
            draw.text((text.x, text.y), text.text, text.colour, _font(text.size))
        return image

    def boxes(self) -> list[TextBox]:
        """The text boxes, with the margin that detection adds."""
        return [_box(text) for text in self.texts]

    def padded(self, above: int) -> Screen:
        """The same further down."""
        texts = [replace(text, y=text.y + above) for text in self.texts]
        return replace(self, texts=texts, height=self.height + above)


def _box(text: Placed) -> TextBox:
    width = text_width(text.text, text.size)
    x0, x1 = text.x - 0.2 * text.size, text.x + width + 0.2 * text.size
    y0, y1 = text.y - 0.15 * text.size, text.y + 1.25 * text.size
    return text_box(text.text, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))


def text_width(text: str, size: int) -> float:
    """Width in pixels."""
    return float(_font(size).getlength(text))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(KOREAN_FONT, size)


def wrap(text: str, size: int, width: float) -> list[str]:
    """Lines of at most that width in pixels, broken at spaces."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


class _Pen:
    """Puts texts below each other."""

    def __init__(self) -> None:
        self.texts: list[Placed] = []
        self.y = 30.0

    def line(self, *texts: tuple[float, str], size: int = 36, below: float = 16) -> None:
        self.texts += [Placed(x, self.y, size, text) for x, text in texts if text]
        self.y += 1.25 * size + below


def screen(shop: Shop, orders: Sequence[Order]) -> Screen:
    """What the shop shows for these orders."""
    pen = _Pen()
    pen.line((40, "9:41"), (940, "87%"), size=28)
    pen.line((100, shop.title), size=52, below=40)
    pen.line((110, "주문한 상품을 검색할 수 있어요"), size=36, below=60)
    for order in orders:
        pen.line((MARGIN, DATES[shop.date](order.day)), (850, "주문 상세"), size=38, below=36)
        if shop.state == "order":
            pen.line((MARGIN, _state(shop, order)), size=44, below=30)
        if shop.heading:
            pen.line((shop.indent, shop.heading.format(len(order.items))), size=shop.name_size, below=24)
        for item in order.items:
            _draw_item(pen, shop, order, item)
        if shop.total:
            total = sum(item.price for item in order.items)
            pen.line((MARGIN, "총 결제금액"), (820, f"{won(total)}원"), size=38, below=40)
        pen.line((380, "전체 상품 다시 담기"), size=36, below=70)
    if shop.advertisement:
        pen.line((MARGIN, "이런 상품은 어때요? 추천 상품"), size=44, below=320)
        for name, price in (("고소한 참기름 320mL", 9900), ("현미 누룽지 1kg", 7800)):
            pen.line((shop.indent, name), size=shop.name_size)
            pen.line((shop.indent, f"{won(price)}원"), size=shop.price_size, below=200)
    pen.line((90, "홈"), (500, "검색"), (900, "마이"), size=28)
    return Screen(pen.texts, round(pen.y) + 40, tuple(orders))


def _state(shop: Shop, order: Order) -> str:
    arrival = order.day + timedelta(days=1)
    if not shop.delivery or not order.purchased:
        return order.state
    return f"{order.state} · {arrival.month}/{arrival.day}({WEEKDAYS[arrival.weekday()]}) 도착"


def _draw_item(pen: _Pen, shop: Shop, order: Order, item: OrderItem) -> None:
    top = pen.y
    if shop.state == "name":
        pen.line((shop.indent, _state(shop, order)), size=shop.name_size)
    small = round(shop.small * shop.name_size)
    if item.seller and not shop.beside:
        pen.line((shop.indent, item.seller), size=small, below=4)
    room = (700 if shop.beside else 780 if shop.right_price or shop.buttons_beside else WIDTH - MARGIN) - shop.indent
    for number, line in enumerate(wrap(item.name, shop.name_size, room)):
        # Print close to the name of a single item could be its first word, unless the price starts where the name does.
        is_clear = shop.indent > 250 and not (shop.right_price and len(shop.thumbnail) > 3)
        thumbnail = (MARGIN + 10, shop.thumbnail) if number == 0 and is_clear else (0, "")
        price = (800, f"{won(item.price)}원") if shop.beside and number == 0 else (0, "")
        pen.line(thumbnail, (shop.indent, line), price, size=shop.name_size, below=4)
    if item.option:
        pen.line((shop.indent, item.option), size=small, below=4)
    for label, value in zip(
        shop.labels, (f"{won(item.price)}원", str(item.count), f"{won(item.price)}원"), strict=False
    ):
        pen.line((shop.indent, label), (860, value), size=shop.price_size, below=12)
    for line in [] if shop.labels else [f"수량 {item.count}개"] if shop.beside else PRICES[shop.price](item):
        pen.line((800 if shop.right_price and not shop.beside else shop.indent, line), size=shop.price_size, below=6)
    if shop.state == "price":
        pen.line((shop.indent, _state(shop, order)), size=shop.price_size)
    if shop.buttons_beside and shop.buttons and not shop.beside:
        pen.texts.append(Placed(870, top, 30, shop.buttons[0]))
    pen.y = max(pen.y, top + 230 if shop.indent > 250 else 0) + 24
    if shop.buttons and not (shop.buttons_beside and not shop.beside):
        width = (WIDTH - 2 * MARGIN) / len(shop.buttons)
        pen.line(*[(MARGIN + 60 + i * width, text) for i, text in enumerate(shop.buttons)], size=34, below=50)
    else:
        pen.y += 40


def order_items() -> st.SearchStrategy[OrderItem]:
    """Any name, also over two lines, with any price and count."""
    names = st.one_of(st.sampled_from(NAMES), st.sampled_from(LONG_NAMES))
    price = st.one_of(st.just(0), *[st.integers(50, 9000).map(lambda tens: 10 * tens)] * 9)
    plain = st.builds(OrderItem, name=names, price=price, count=st.integers(1, 12))
    reduced = st.builds(lambda item, more: replace(item, regular=item.price + 10 * more), plain, st.integers(7, 400))
    sellers = st.sampled_from(["해남꿀농장", "베리굿푸드", "산들바람 농원", "새벽시장 직송관"])
    choices = [
        "옵션: 1봉",
        "중량: 3kg / 크기: 한입(40~80g)",
        "선택 : 매운맛",
        "구성: 사과 5개 + 배 20개",
        "10팩 / 매운맛",
        "2병 · 멸균",
        "· 얼음 보통",
        "└ 토핑 제외",
        "100g당 1,290원",
    ]
    options = st.sampled_from(choices)
    sold = st.builds(lambda item, seller: replace(item, seller=seller), plain, sellers)
    chosen = st.builds(lambda item, option: replace(item, option=option), sold, options)
    return st.one_of(plain, reduced, sold, chosen)


def shops() -> st.SearchStrategy[Shop]:
    """Every combination of how shops show orders."""
    return st.builds(
        lambda **shop: replace(Shop(**shop), beside=shop["beside"] and not shop["labels"]),
        title=st.sampled_from(CHROME_TITLES),
        price=st.sampled_from(sorted(PRICES)),
        date=st.sampled_from(sorted(DATES)),
        indent=st.sampled_from([44, 290, 340]),
        name_size=st.integers(36, 44),
        price_size=st.integers(32, 36),
        state=st.sampled_from(["order", "name", "price"]),
        delivery=st.booleans(),
        buttons=st.sampled_from([
            ("배송조회", "교환, 반품 신청"),
            ("배송 · 주문 관리", "바로구매"), ("장바구니 담기",), ("재구매", "리뷰 쓰기", "배송조회"),
            (),
        ]),
        buttons_beside=st.booleans(),
        thumbnail=st.sampled_from(["", "맛있는 집", "1+1"]),
        right_price=st.booleans(),
        beside=st.booleans(),
        labels=st.sampled_from([
            (), (), (), ("상품금액", "수량"), ("상품 가격", "수량", "합계"), ("판매가", "주문수량", "결제금액"),
        ]),
        total=st.booleans(),
        advertisement=st.booleans(),
        small=st.sampled_from([0.8, 0.86]),
        heading=st.sampled_from(["", "", "구매상품 {}개", "주문 상품 {}건", "총 {}개 상품"]),
    )  # fmt: skip


def orders(today: date) -> st.SearchStrategy[list[Order]]:
    """One to three orders of the last months, latest first; some are cancelled or returned."""
    order = st.builds(
        Order,
        day=st.integers(2, 150).map(lambda days: today - timedelta(days=days)),
        items=st.lists(order_items(), min_size=1, max_size=4).map(tuple),
        state=st.sampled_from(["배송완료", "배송완료", "배송중", "상품준비중", "구매확정", "취소완료", "반품완료"]),
    )
    return st.lists(order, min_size=1, max_size=3).map(lambda drawn: sorted(drawn, key=lambda o: o.day, reverse=True))


def screens(today: date) -> st.SearchStrategy[Screen]:
    """Any orders in any shop."""
    return st.builds(screen, shops(), orders(today))
