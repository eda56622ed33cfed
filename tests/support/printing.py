"""Receipts as text boxes: every layout that shops print, photographed at an angle, with errors of recognition.

`receipts()` is the hypothesis strategy: it draws items, prints them, and returns the boxes with the truth. As on
thermal printers, a half-width character is `PITCH` pixels wide and a Hangul syllable twice that.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

import numpy as np
from hypothesis import strategies as st

from ocr_service.boxes import Recognition, TextBox

PITCH, LINE, HEIGHT = 12.0, 34.0, 26.0
PRICE_END, COUNT_END, AMOUNT_END = 30, 38, 48
"""Columns at which the numbers end on the right."""

Piece = tuple[int, str]
"""Column of the first character, text."""
PrintedRow = list[Piece]


@dataclass(frozen=True)
class PrintedItem:
    """An item on paper. `discount`: won, at least 0; `amount`: before the discount; `unit`: None, kg or g."""

    name: str
    price: int
    quantity: Decimal = Decimal(1)
    unit: str | None = None
    discount: int = 0
    code: str | None = None

    @property
    def amount(self) -> int:
        whole = self.price * self.quantity / (100 if self.unit == "g" else 1)
        return int(whole.quantize(Decimal(1) if self.unit is None else Decimal("1E1"), rounding=ROUND_DOWN))


@dataclass(frozen=True)
class Printed:
    """A receipt on paper and its content.

    off: discount on the whole receipt, at least 0. prices: whether unit prices are printed. codes: whether item codes
    are printed.
    """

    rows: list[PrintedRow]
    items: list[PrintedItem]
    off: int
    store: str
    purchased_at: str
    prices: bool = True
    codes: bool = True

    @property
    def total(self) -> int:
        return sum(item.amount - item.discount for item in self.items) - self.off


@dataclass(frozen=True)
class Shot:
    """A photo of a receipt: its boxes and the truth."""

    boxes: list[TextBox]
    printed: Printed


def text_box(text: str, quad: np.ndarray, confidence: float = 0.999) -> TextBox:
    """A box in which every character is certain and which the character model left alone."""
    return TextBox(Recognition(text, text, confidence, weakest=1.0), quad.astype(np.float32))


def typed(stops: str, text: str) -> list[TextBox]:
    """The boxes of typed rows, whose cells stand at tab stops.

    stops: columns at which the cells between bars start, or end if `>` follows. A row without bars has a box per run of
    words with single spaces. Spaces before a text indent it. A Hangul syllable takes two columns of 12 pixels.
    """
    boxes = []
    for number, line in enumerate(text.strip("\n").split("\n")):
        if "|" in line:
            cells = [
                (int(stop[:-1]) - columns(cell.strip()) if stop.endswith(">") else int(stop) + _indent(cell), cell)
                for stop, cell in zip(stops.split(), line.split("|"), strict=False)
            ]
        else:
            cells = [(columns(line[: run.start()]), run[0]) for run in re.finditer(r"\S+(?: \S+)*", line)]
        for start, cell in cells:
            if word := cell.strip():
                x0, x1, y = 12.0 * start, 12.0 * (start + columns(word)), 36.0 * number
                boxes.append(text_box(word, np.array([[x0, y], [x1, y], [x1, y + 24], [x0, y + 24]])))
    return boxes


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def columns(text: str) -> int:
    """Width in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def gtin(number: int, prefix: str = "880") -> str:
    """A GTIN-13 with its check digit."""
    digits = f"{prefix}{number:0{12 - len(prefix)}d}"
    return digits + str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10)


def left(text: str, column: int = 0) -> Piece:
    return column, text


def right(text: str, end: int = AMOUNT_END) -> Piece:
    return end - columns(text), text


def labelled(label: str, won: int) -> PrintedRow:
    return [left(label), right(f"{won:,}")]


# Layouts -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Style:
    """How a shop prints: `number` by position and tax `mark` before each name, `end` after amounts."""

    number: Callable[[int], str]
    mark: str
    end: str

    def name(self, position: int, name: str) -> str:
        return f"{self.number(position)}{self.mark}{name}"

    def amount(self, won: int) -> str:
        return f"{won:,}{self.end}"


def counted(item: PrintedItem) -> str:
    return f"{item.quantity}{item.unit or ''}"


def numbers(item: PrintedItem, style: Style) -> PrintedRow:
    return [
        right(f"{item.price:,}", PRICE_END),
        right(counted(item), COUNT_END),
        right(style.amount(item.amount), AMOUNT_END + len(style.end)),
    ]


def titles(*words: Piece) -> PrintedRow:
    return list(words)


PRICED_TITLES = titles(left("상품명", 3), right("단가", PRICE_END), right("수량", COUNT_END), right("금액", AMOUNT_END))


def one_row(items: Sequence[PrintedItem], style: Style) -> list[PrintedRow]:
    rows = [PRICED_TITLES if not style.number(1) else [left("NO"), *PRICED_TITLES]]
    for position, item in enumerate(items, 1):
        rows.append([left(style.name(position, item.name)), *numbers(item, style)])
        rows += discount_rows(item, "할인 행사")
    return rows


def one_row_with_code(items: Sequence[PrintedItem], style: Style) -> list[PrintedRow]:
    rows = [PRICED_TITLES]
    for position, item in enumerate(items, 1):
        rows.append([left(style.name(position, item.name)), *numbers(item, style)])
        rows += [[left(item.code, 2)]] if item.code else []
        rows += discount_rows(item, "S-POINT")
    return rows


def two_rows(items: Sequence[PrintedItem], style: Style) -> list[PrintedRow]:
    rows = [PRICED_TITLES]
    for position, item in enumerate(items, 1):
        rows.append([left(style.name(position, item.name))])
        rows.append([left(item.code or "", 1), *numbers(item, style)])
        rows += discount_rows(item, "$특매할인")
    return rows


def bare_codes(items: Sequence[PrintedItem], style: Style) -> list[PrintedRow]:
    rows = [PRICED_TITLES]
    for item in items:
        rows.append([left(item.code or ""), *numbers(item, style)])
        rows += discount_rows(item, "쿠폰할인")
    return rows


def convenience(items: Sequence[PrintedItem], style: Style) -> list[PrintedRow]:
    return [
        [left(style.name(0, item.name), 1), right(counted(item), COUNT_END), right(style.amount(item.amount))]
        for item in items
    ]


def digital(items: Sequence[PrintedItem], style: Style) -> list[PrintedRow]:
    rows = [PRICED_TITLES]
    for item in items:
        rows.append([left(style.mark + item.name), *numbers(item, style)])
        rows.append([left("할인금액"), *([right(f"-{item.discount:,}")] if item.discount else [])])
    return rows


def cafe(items: Sequence[PrintedItem], style: Style) -> list[PrintedRow]:
    rows = [titles(left("상품명", 3), right("수량", 20), right("할인", 30), right("금액"))]
    for item in items:
        rows.append([left(style.mark + item.name)])
        whole = item.amount - item.discount
        off = f"-{item.discount:,}" if item.discount else "0"
        rows.append([left(f"{item.price:,}"), right(f"{item.quantity}개", 20), right(off, 30), right(f"{whole:,}")])
        rows.append([left("-ICE/연하게", 1)])
        rows.append([left("0"), right("1개", 20), right("0", 30), right("0")])
    return rows


def discount_rows(item: PrintedItem, label: str) -> list[PrintedRow]:
    return [[left(label, 4), right(f"-{item.discount:,}")]] if item.discount else []


# Above and below the list --------------------------------------------------------------------------------------------

STORES: list[tuple[str, list[str]]] = [
    ("이마트24 행복대점", ["이마트24 행복대점"]),
    ("하나로마트한빛점", ["한빛농협하나로마트한빛점", "주소:서울 종로구 새문로 9"]),
    ("GS25한빛대학점", ["GS25한빛대학점   070-1234-5678", "주식회사한빛     6138139052"]),
    ("맑은샘농장", ["[영 수 증]", "[매장명] 맑은샘농장", "[사업자] 123-45-67890", "[TEL] 02-123-4567"]),
    ("롯데마트 한빛점", ["롯데쇼핑(주) 롯데마트 한빛점", "서울광역시 한빛구 한빛로 1"]),
    ("달빛청과", ["상호: 달빛청과", "사업자번호: 123-45-67890"]),
    ("라온숲", ["라온숲", "701-87-00000 TEL: 031)123-3433", "경기 남양주시 화도읍 북한강로 11"]),
]
DATE_FORMATS = [
    "{:%Y-%m-%d %H:%M} POS:1003-2742", "[구 매]{:%Y-%m-%d %H:%M}", "{:%Y/%m/%d %H:%M}  NO:16003",
    "[매출일] {:%Y-%m-%d %H:%M}", "{:%Y.%m.%d %H:%M}", "거래일시:{:%Y-%m-%d %H:%M}",
    "{:%Y년 %m월 %d일 %H:%M}", "{:%y-%m-%d}(목) {:%H:%M}", "[등록] {:%Y-%m-%d %H:%M}",
]  # fmt: skip
NOTICES = [
    "교환/환불은 영수증 지참 30일 이내 가능합니다", "정부방침에 의해 카드결제는 30일(10월05일)이내",
    "적립포인트         29", "누적 포인트      1,204", "감사합니다 또 오세요", "주문번호 : 620", "[테이블] 12",
    "주차 2시간 무료", "신용카드 전표(고객용)", "카드번호 4321-12**-****-9012", "승인번호 30012345",
    "할부개월: 일시불", "가용포인트: 2,549", "고객센터 1588-1234", "대기번호 0139", "영수증번호 20250417-01-0010",
]  # fmt: skip


def totals(printed: Printed, kind: int) -> list[PrintedRow]:
    """Totals below the list, in the forms that shops use."""
    gross, total, pieces = printed.total + printed.off, printed.total, len(printed.items)
    tax = total - round(total / 1.1)
    off = [[left("쿠폰할인"), right(f"-{printed.off:,}")]] if printed.off else []
    taxed, taxes = labelled("부가세 과세물품가액 :", total - tax), labelled("부 가 세 :", tax)
    count = [left("합계수량/금액"), right(str(pieces), COUNT_END), right(f"{gross:,}")]
    return [
        [*([labelled("소  계", gross)] if off else []), *off, labelled("합  계", total), labelled("신용카드", total)],
        [labelled("총 구 매 액:", gross), *off, labelled("내 실 금 액:", total), taxes],
        [count, *off, taxed, taxes, labelled("합     계", total), labelled("제 로 페 이", total)],
        [*([labelled("주문금액", gross)] if off else []), *off, taxed, taxes, labelled("합 계 :", total),
         labelled("받을금액:", total), labelled("받은금액:", total)],
        [taxed, taxes, labelled("합     계", gross), *off, labelled("결제금액", total), labelled("신용카드", total)],
    ][kind]  # fmt: skip


# Photo and recognition -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Camera:
    """Perspective: turned by `degrees`, the far end narrower by `keystone`, bent by `bend` pixels."""

    degrees: float = 0
    keystone: float = 0
    bend: float = 0

    def shoot(self, quads: np.ndarray) -> np.ndarray:
        x, y = quads[..., 0], quads[..., 1]
        middle, depth = x.max() / 2, y.max() + 1
        y = y + self.bend * np.cos(np.pi * x / (2 * middle))
        x = middle + (x - middle) * (1 - self.keystone * y / depth)
        angle = np.deg2rad(self.degrees)
        turned = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=-1)
        return (turned + 500).astype(np.float32)


def slips(text: str, chance: random.Random) -> str:
    """Numbers with errors of recognition that do not change their value."""
    if not text.replace(",", "").replace("-", "").isdigit() or "," not in text:
        return text
    kind = chance.randrange(6)
    if kind == 0:
        return text.replace(",", ".")
    if kind == 1:
        return text.replace(",", ", ")
    if kind == 2 and not text.strip("-").startswith("0"):
        return text[:-1] + text[-1].replace("0", "O")
    if kind == 3:
        return text.replace("1", "l", 1)
    return text


def boxes_of(rows: Sequence[PrintedRow], camera: Camera, chance: random.Random, *, rough: bool) -> list[TextBox]:
    """The rows as detection and recognition return them, in random order.

    rough: with boxes of several columns, boxes of half a label, and errors of recognition.
    """
    placed: list[tuple[str, float, float, float]] = []
    for level, row in enumerate(rows):
        pieces = [(column, slips(text, chance) if rough else text) for column, text in row if text]
        for column, text in _regrouped(pieces, chance) if rough else pieces:
            placed.append((text, PITCH * column, PITCH * (column + columns(text)), LINE * level))
    quads = np.array([[[x0, y], [x1, y], [x1, y + HEIGHT], [x0, y + HEIGHT]] for _, x0, x1, y in placed])
    boxes = [text_box(text, quad) for (text, *_), quad in zip(placed, camera.shoot(quads), strict=True)]
    chance.shuffle(boxes)
    return boxes


def _regrouped(pieces: Sequence[Piece], chance: random.Random) -> list[Piece]:
    grouped: list[Piece] = []
    for column, text in pieces:
        if grouped and chance.random() < 0.3 and column - (grouped[-1][0] + columns(grouped[-1][1])) <= 6:
            start, before = grouped[-1]
            gap = column - start - columns(before)
            grouped[-1] = (start, before + " " * max(1, gap) + text)
        elif text.count(" ") and chance.random() < 0.3 and not any(character.isdigit() for character in text):
            for word in text.split():
                grouped.append((column + columns(text[: text.index(word)]), word))
        else:
            grouped.append((column, text))
    return grouped


# Items --------------------------------------------------------------------------------------------------------------

NAMES = [
    "서울우유 1L", "콩나물", "농심)신라면 5입", "P맥심 200g", "(G)깐마늘", "진라면(순한맛)", "CJ햇반", "초)동물복지란",
    "R)양파 1kg", "청과)사과 4입", "바나나", "두부", "김", "삼각)참치마요", "칸쵸 47G", "코카콜라 500ML", "빈병보증금",
    "종량제봉투 20L", "쇼핑봉투", "돼지목살", "키위(골드)", "우유식빵", "카페라떼", "아메리카노(ICED)", "꼬북칩 콘스프",
    "새우깡", "현미 4kg", "크린백25*35", "3분카레", "무", "대파", "1+등급란", "2080치약", "비타500", "7곡 미숫가루",
]  # fmt: skip
MEATS = ["한우등심 1++", "한우국거리", "돈삼겹살", "수입 갈비살", "생연어 횟감", "국내산 닭다리"]
WON = st.integers(2, 4000).map(lambda tens: 10 * tens)
CODES = st.one_of(
    st.integers(0, 999_999_999).map(gtin),
    st.integers(200_000, 999_999).map(str),
    st.integers(0, 9_999_999).map(lambda number: gtin(number, "290")),
)


@st.composite
def counted_items(draw: st.DrawFn) -> PrintedItem:
    price = draw(WON)
    quantity = Decimal(draw(st.sampled_from([1, 1, 1, 2, 3, 4, 10, 12])))
    amount = int(price * quantity)
    return PrintedItem(
        name=draw(st.sampled_from(NAMES)),
        price=price,
        quantity=quantity,
        discount=draw(st.sampled_from([0, 0, amount // 20 * 10])),
        code=draw(CODES),
    )


@st.composite
def weighed_items(draw: st.DrawFn) -> PrintedItem:
    grams = draw(st.integers(51, 2900))
    price = draw(st.integers(90, 3000).map(lambda tens: 10 * tens))
    name = draw(st.sampled_from(MEATS))
    if draw(st.booleans()):
        return PrintedItem(f"{name} 100g당", price, Decimal(grams), "g", code=draw(CODES))
    return PrintedItem(name, price, Decimal(grams) / 1000, "kg", code=draw(CODES))


STYLES = st.builds(
    Style,
    number=st.sampled_from([lambda n: "", lambda n: f"{n:03d} ", lambda n: f"({n:02d}) "]),
    mark=st.sampled_from(["", "* ", "# ", "*"]),
    end=st.sampled_from(["", "", "E", "*", " *"]),
)
LAYOUTS = {
    "one row": one_row,
    "one row, code below": one_row_with_code,
    "two rows": two_rows,
    "bare codes": bare_codes,
    "convenience": convenience,
    "digital": digital,
    "cafe": cafe,
    "weighed": two_rows,
}
CODED = ("one row, code below", "two rows", "bare codes", "weighed")


@st.composite
def receipts(draw: st.DrawFn, *, layout: str, rough: bool = True) -> Shot:
    """A photo of a receipt in one of `LAYOUTS`; `rough` as in `boxes_of`."""
    item = st.one_of(weighed_items(), counted_items()) if layout == "weighed" else counted_items()
    items = draw(st.lists(item, min_size=1, max_size=12))
    if layout == "convenience":
        items = [replace(one, discount=0) for one in items]
    if layout == "bare codes":
        items = [replace(one, name=one.code or "") for one in items]
    store, header = draw(st.sampled_from(STORES))
    purchased_at = draw(st.datetimes(datetime(2016, 4, 1), datetime(2026, 2, 28)))  # noqa: DTZ001
    worth = sum(one.amount - one.discount for one in items)
    printed = Printed(
        rows=[],
        items=items,
        off=draw(st.sampled_from([0, 0, worth // 100 * 10])),
        store=store,
        purchased_at=purchased_at.strftime("%Y-%m-%dT%H:%M"),
        prices=layout != "convenience",
        codes=layout in CODED,
    )
    when = draw(st.sampled_from(DATE_FORMATS)).format(purchased_at, purchased_at)
    notices = [[left(text)] for text in draw(st.lists(st.sampled_from(NOTICES), max_size=6, unique=True))]
    rows = [
        *([left(text)] for text in header),
        [left(when)],
        *LAYOUTS[layout](items, draw(STYLES)),
        *totals(printed, draw(st.integers(0, 4))),
        *notices,
    ]
    camera = Camera(draw(st.floats(-12, 12)), draw(st.floats(0, 0.08)), draw(st.floats(-7, 7)))
    chance = draw(st.randoms(use_true_random=False))
    return Shot(boxes_of(rows, camera, chance, rough=rough), replace(printed, rows=rows))
