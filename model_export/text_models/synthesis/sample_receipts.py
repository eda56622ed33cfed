"""Fictitious receipts in the layouts that tills use, as printed rows and as labels.

Shops, persons, cards and numbers are invented.
"""

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from model_export.text_models.synthesis.fonts import cells
from model_export.text_models.synthesis.receipt_text import check_digit

COLUMNS = 42
"""Half cells per line of an 80 mm printer."""


@dataclass(frozen=True)
class Item:
    """One line item. Money in won, `amount` before the discount."""

    name: str
    quantity: int
    unit_price: int
    discount: int = 0
    kind: str = "food"
    barcode: str | None = None

    @property
    def amount(self) -> int:
        """Price of the whole quantity."""
        return self.quantity * self.unit_price

    def label(self) -> dict[str, Any]:
        """The item in the form of the labels file."""
        return asdict(self) | {"amount": self.amount}


@dataclass(frozen=True)
class Row:
    """A printed row. wide, tall: factors on the cell; bold: printed twice."""

    text: str
    tall: int = 1
    wide: int = 1
    bold: bool = False


@dataclass(frozen=True)
class Receipt:
    """A receipt and its image file. date: as printed; day: in ISO format. photo: fields of `samples.PhotoSettings`."""

    image: str
    store: str
    date: str
    day: str
    items: list[Item]
    body: Callable[["Receipt"], list[Row]]
    photo: dict[str, Any] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The total after discounts."""
        return sum(item.amount + item.discount for item in self.items)

    def rows(self) -> list[Row]:
        """All printed rows."""
        return [*_head(self), *self.body(self), *_totals(self), *_slip(self), *_foot()]

    def label(self) -> dict[str, Any]:
        """The receipt in the form of the labels file."""
        items = [item.label() for item in self.items]
        if self.body is convenience:
            items = [item | {"unit_price": None, "barcode": None} for item in items]
        if self.body is table:
            items = [item | {"barcode": None} for item in items]
        return {"image": self.image, "store": self.store, "date": self.day, "total": self.total, "items": items}


def row(*parts: tuple[str, int]) -> str:
    """Texts in columns. Widths are in half cells; a positive width aligns left, a negative one right."""
    return "".join(
        text + " " * (width - cells(text)) if width > 0 else " " * (-width - cells(text)) + text
        for text, width in parts
    )


def ends(left: str, right: str) -> str:
    """A row with one text at each end."""
    return left + " " * (COLUMNS - cells(left) - cells(right)) + right


RULE = Row("-" * COLUMNS)


def _head(receipt: Receipt) -> list[Row]:
    return [
        Row(receipt.store, tall=2),
        Row("대표자 : 나보기   TEL:02-0000-0001"),
        Row("사업자번호: 000-00-00000"),
        Row("서울 가상구 없는길 12"),
        Row(""),
        Row(receipt.date + "  POS:0001-0042"),
        RULE,
    ]


def _discount(item: Item) -> list[Row]:
    return [Row(ends("    할인 행사", f"{item.discount:,}"))] if item.discount else []


def convenience(receipt: Receipt) -> list[Row]:
    """Name, quantity, amount."""
    rows = []
    for item in receipt.items:
        rows.append(Row(row((item.name, 26), (str(item.quantity), -4), (f"{item.amount:,}", -12))))
        rows += _discount(item)
    return rows


def mart(receipt: Receipt) -> list[Row]:
    """The name in one row; barcode, unit price, quantity and amount in the next."""
    rows = [Row(row(("상품명(코드)", 17), ("단가", -9), ("수량", -6), ("금액", -10))), RULE]
    for number, item in enumerate(receipt.items, start=1):
        numbers = (f"{item.unit_price:,}", -8), (str(item.quantity), -6), (f"{item.amount:,}", -10)
        rows += [Row(f"{number:03d} {item.name}"), Row(row((f"  {item.barcode}", 18), *numbers)), *_discount(item)]
    return rows


def table(receipt: Receipt) -> list[Row]:
    """Number, name, unit price, quantity and amount in one row."""
    rows = [Row(row(("NO 상품명", 20), ("단가", -8), ("수량", -5), ("금액", -9))), RULE]
    for number, item in enumerate(receipt.items, start=1):
        numbers = (f"{item.unit_price:,}", -8), (str(item.quantity), -5), (f"{item.amount:,}", -9)
        rows += [Row(row((f"{number:02d} {item.name}", 20), *numbers)), *_discount(item)]
    return rows


def _totals(receipt: Receipt) -> list[Row]:
    tax = round(receipt.total / 11)
    return [
        RULE,
        Row(ends("과세물품가액", f"{receipt.total - tax:,}")),
        Row(ends("부 가 세", f"{tax:,}")),
        Row(ends("합   계", f"{receipt.total:,}"), tall=2, bold=True),
        Row(ends("결제금액", f"{receipt.total:,}"), bold=True),
        RULE,
    ]


def _slip(receipt: Receipt) -> list[Row]:
    return [
        Row("카드번호: 9999-0000-0000-0000"),
        Row("회원전화: 010-0000-0000"),
        Row("할부개월: 일시불"),
        Row(ends("승인번호: 00000000", f"{receipt.total:,}원")),
        RULE,
    ]


def _foot() -> list[Row]:
    return [Row("교환/환불은 영수증을 지참하세요"), Row("이용해 주셔서 감사합니다")]


def _barcode(rng: random.Random) -> str:
    payload = "880" + "".join(rng.choices("0123456789", k=9))
    return payload + check_digit(payload)


def _coded(items: list[Item], seed: int) -> list[Item]:
    rng = random.Random(seed)
    return [Item(i.name, i.quantity, i.unit_price, i.discount, i.kind, _barcode(rng)) for i in items]


MART_ITEMS = [
    Item("맛있는우유 900ml", 2, 2980),
    Item("무항생제 특란 15구", 1, 6480, -1000),
    Item("국산콩두부 300g", 2, 1890),
    Item("한돈삼겹살 구이용", 1, 17800, -3000),
    Item("햇감자 1kg", 1, 4980),
    Item("깐마늘 200g", 1, 3490),
    Item("대파 1단", 1, 2780),
    Item("바나나 1송이", 1, 3980),
    Item("매운라면 5입", 1, 4150, -500),
    Item("포기김치 1.8kg", 1, 15900),
    Item("플레인요거트 4입", 1, 3280),
    Item("볶음참치캔 3입", 1, 6980),
    Item("재사용봉투 20L", 1, 490, kind="non_food"),
]

CONVENIENCE_ITEMS = [
    Item("참치마요삼각김밥", 2, 1200),
    Item("바나나우유 240ml", 1, 1800, -300),
    Item("매콤컵라면 큰컵", 1, 1500),
    Item("소금빵", 1, 2500),
    Item("생수 500ml", 1, 950),
]

TABLE_ITEMS = [
    Item("한우국거리", 1, 18900),
    Item("양념돼지갈비", 2, 12500),
    Item("청양고추", 1, 1980),
    Item("양파 3kg", 1, 5980, -1000),
    Item("진간장 1.7L", 1, 9800),
    Item("참기름 320ml", 1, 8900),
    Item("당면 500g", 1, 4300),
    Item("키친타올 4롤", 1, 6900, kind="non_food"),
]

MORE_ITEMS = [
    Item("방울토마토 1팩", 1, 5980),
    Item("애호박", 2, 1680),
    Item("느타리버섯 300g", 1, 2280),
    Item("냉동만두 1kg", 1, 8980, -2000),
    Item("자른미역 50g", 1, 2480),
    Item("즉석밥 210g 3입", 1, 4280),
    Item("현미 4kg", 1, 16900),
    Item("슬라이스치즈 10매", 1, 4480),
    Item("주방세제 1L", 1, 3900, kind="non_food"),
]

RECEIPTS = [
    Receipt(
        "convenience.jpg", "별빛편의점 하늘마을점", "2026/03/14 18:05", "2026-03-14", CONVENIENCE_ITEMS, convenience
    ),
    Receipt(
        "mart.jpg", "초록들마트 구름동점", "[구 매]2026-03-21 11:32", "2026-03-21", _coded(MART_ITEMS, 1), mart
    ),
    Receipt(
        "table.jpg", "바른식자재마트 햇살점", "26-04-02(목) 09:41", "2026-04-02", TABLE_ITEMS, table,
        {"hangul": "NanumGothicCoding.ttf", "style": "smooth", "fade": 0.45},
    ),
    Receipt(
        "sideways.jpg", "초록들마트 바람동점", "2026-04-11 20:14", "2026-04-11", _coded(MORE_ITEMS[:6], 2), mart,
        {"turn": 90, "hangul": "dotum24.pcf.gz"},
    ),
    Receipt(
        "exif.jpg", "별빛편의점 달무리점", "2026-05-01 07:58", "2026-05-01", CONVENIENCE_ITEMS[1:], convenience,
        {"exif": 6},
    ),
    Receipt(
        "long.jpg", "초록들마트 노을동점", "2026-05-09 16:20", "2026-05-09",
        _coded([*MART_ITEMS, *MORE_ITEMS][:19], 3), mart,
        {"side": 2048, "fill": 0.97},
    ),
]  # fmt: skip
"""The sample receipts. `long` has about 60 rows and fills 2048 x 2048 pixels; benchmarks use it."""
