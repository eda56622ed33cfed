"""Receipts as text: rows of a till typed with spaces, and lists of items with what should be read from them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st

from ocr_service.boxes import TextBox
from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.rows import group
from tests.support.printing import text_box

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))
NAMES = st.sampled_from(
    ["서울우유 1L", "콩나물", "농심)신라면 5입", "(G)깐마늘", "진라면(순한맛)", "CJ햇반", "빙)바나나우유"]
)
PRICES = st.integers(15, 900).map(lambda tens: 10 * tens)
BOUGHT = st.lists(st.tuples(NAMES, PRICES, st.integers(1, 9)), min_size=2, max_size=8, unique_by=lambda item: item[0])
Bought = list[tuple[str, int, int]]
"""Name, price and quantity of each item."""
TITLES = f"{'상품명':<27}단가   수량       금액"


def paper(text: str) -> list[TextBox]:
    """The boxes of a photo: each run of words with single spaces is one box, a character is 10 pixels wide."""
    boxes = []
    for row, line in enumerate(text.strip("\n").split("\n")):
        column = 0
        for run in line.split("  "):
            if run.strip():
                start = column + len(run) - len(run.lstrip())
                x0, x1, y = 10.0 * start, 10.0 * (start + len(run.strip())), 30.0 * row
                quad = np.array([[x0, y], [x1, y], [x1, y + 24], [x0, y + 24]], dtype=np.float32)
                boxes.append(text_box(run.strip(), quad, 0.99))
            column += len(run) + 2
    return boxes


def read(text: str) -> Receipt:
    """What the parser makes of `paper`."""
    return parse_receipt(group(paper(text)), NOW)


def items(receipt: Receipt) -> list[tuple]:
    """Name, quantity, unit price, amount, discount and barcode of each item."""
    return [
        (
            item.name,
            item.numbers.quantity and float(item.numbers.quantity),
            item.numbers.unit_price,
            item.numbers.amount,
            item.discount,
            item.barcode,
        )
        for item in receipt.items
    ]


def numbers(price: int, quantity: int) -> str:
    return f"{price:>9,}   {quantity:>3}   {price * quantity:>9,}"


def one_row(bought: Bought) -> list[str]:
    return [f"{name:<24}{numbers(price, quantity)}" for name, price, quantity in bought]


def total_of(bought: Bought) -> int:
    return sum(price * quantity for _, price, quantity in bought)


def receipt_of(rows: list[str], total: int, *, titles: str | None = TITLES) -> Receipt:
    head = ["행복마트 중앙점", "2025-03-14 18:05", *([titles] if titles else [])]
    return read("\n".join([*head, *rows, f"합  계{total:>44,}", f"신용카드{total:>42,}"]))


def listed(receipt: Receipt) -> list[tuple[str, int, int]]:
    """Name, amount and quantity of each item."""
    return [(item.name, item.numbers.amount, int(item.numbers.quantity or 1)) for item in receipt.items]


def plain(bought: Bought) -> list[tuple[str, int, int]]:
    """What `listed` gives for items without anything special."""
    return [(name, price * quantity, quantity) for name, price, quantity in bought]
