"""Lists in the forms that tills print: which columns they have, in how many rows, and where the sums stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.rows import group
from tests.support.printing import columns as columns_of
from tests.support.printing import gtin, typed
from tests.support.typed_receipts import NOW

NAMES = (
    *("서울우유 1L", "콩나물", "대파 1단", "신라면 5입", "깐마늘 200g", "참치캔", "바나나", "삼겹살", "햇반 210g*3"),
    *(
        "진라면매운맛",
        "두부 300g",
        "초코파이 12입",
        "계란 30구",
        "카페라떼",
        "감자 1kg",
        "사과 (특)",
        "한우 국거리 1++",
    ),
)
TITLES = {"unit price": "단가", "quantity": "수량", "amount": "금액"}
WIDTHS = {"unit price": 10, "quantity": 7, "amount": 12}
NAME_WIDTH = 28


@dataclass(frozen=True)
class Item:
    name: str
    price: int
    quantity: int
    discount: int = 0

    @property
    def amount(self) -> int:
        return self.price * self.quantity


@dataclass(frozen=True)
class Form:
    """columns: those behind the names. rows: where the numbers stand. number: drawn before each name. counted_first:
    the quantities have a column before the names. money: how amounts are printed. shift: columns by which the sums end
    right of the amounts.
    """

    columns: tuple[str, ...]
    rows: str
    titled: bool
    number: str
    counted_first: bool
    money: str
    shift: int
    total: str

    def print(self, items: Sequence[Item]) -> list[str]:
        columns = tuple(column for column in self.columns if not (self.counted_first and column == "quantity"))
        titles = "".join(f"{_right(TITLES[column], WIDTHS[column])}" for column in columns)
        start = "수량  " if self.counted_first else ""
        printed = [start + _left("상품명", NAME_WIDTH) + titles] if self.titled else []
        for place, item in enumerate(items, 1):
            first = f"{item.quantity:<6}" if self.counted_first else self.number.format(place)
            name = _left(f"{first}{item.name}", NAME_WIDTH + (6 if self.counted_first else 0))
            texts = {
                "unit price": f"{item.price:,}",
                "quantity": str(item.quantity),
                "amount": self.money.format(item.amount),
            }
            numbers = "".join(_right(texts[column], WIDTHS[column]) for column in columns)
            if self.rows == "beside":
                printed.append(name + numbers)
            else:
                below = gtin(place) if self.rows == "below, with a code" else ""
                printed += [name.rstrip(), _left(below, NAME_WIDTH) + numbers]
            if item.discount:
                printed.append(
                    _left("  행사할인", NAME_WIDTH) + _right(f"{item.discount:,}", sum(map(WIDTHS.get, columns)))
                )
        end = NAME_WIDTH + sum(WIDTHS[column] for column in columns) + self.shift + 6 * self.counted_first
        won = sum(item.amount + item.discount for item in items)
        label = self.total.format(len(items))
        return [*printed, label + _right(self.money.format(won), end - columns_of(label))]


def _left(text: str, width: int) -> str:
    return text + " " * (width - columns_of(text))


def _right(text: str, width: int) -> str:
    return " " * (width - columns_of(text)) + text


@st.composite
def forms(draw: st.DrawFn) -> Form:
    printed = draw(
        st.sampled_from(
            [
                ("amount",),
                ("quantity", "amount"),
                ("unit price", "amount"),
                ("unit price", "quantity", "amount"),
                ("quantity", "unit price", "amount"),
                ("amount", "quantity"),
            ]
        )
    )
    counted_last = printed[-1] == "quantity"  # which only the titles tell
    counted_first = "quantity" in printed and not counted_last and draw(st.booleans())
    return Form(
        columns=printed,
        rows="beside" if counted_first else draw(st.sampled_from(["beside", "below", "below, with a code"])),
        titled=counted_last or draw(st.booleans()),
        number="" if counted_first else draw(st.sampled_from(["", "{} ", "{:02d} ", "{}. "])),
        counted_first=counted_first,
        money=draw(st.sampled_from(["{:,}", "{:,}원", "₩{:,}", "{:,}*"])),
        shift=draw(st.sampled_from([0, 0, 8, -10])),
        total=draw(st.sampled_from(["합계", "합  계", "총 결제금액", "합계 {}건", "총액 {}종", "받을금액 {}개"])),
    )


@st.composite
def lists(draw: st.DrawFn, form: Form) -> list[Item]:
    counts = st.sampled_from([1, 4, 10]) if "quantity" in form.columns else st.just(1)
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True))
    items = [Item(name, 10 * draw(st.integers(100, 3000)), draw(counts)) for name in names]
    if form.shift == 0 and len(items) > 2 and form.columns[-1] == "amount":  # one without a separator
        items[draw(st.integers(0, len(items) - 1))] = Item("껌", 10 * draw(st.integers(10, 99)), 1)
    discounted = draw(st.sets(st.integers(0, len(items) - 1))) if draw(st.booleans()) else set()
    return [
        Item(item.name, item.price, item.quantity, -item.amount // 10 if place in discounted else 0)
        for place, item in enumerate(items)
    ]


def read(rows: Sequence[str]) -> Receipt:
    header = ["행복마트 중앙점", "서울시 강남구 역삼로 12", "TEL 02-123-4567", "2025-03-14 18:05"]
    return parse_receipt(group(typed("", "\n".join([*header, *rows, "이용해 주셔서 감사합니다"]))), NOW)


@given(data=st.data())
def test_lists_are_read_in_whatever_form_a_till_prints_them(data: st.DataObject) -> None:
    form = data.draw(forms())
    items = data.draw(lists(form))
    receipt = read(form.print(items))
    found = [(item.name, item.numbers.amount, item.discount) for item in receipt.items]
    assert found == [(item.name, item.amount, item.discount) for item in items]
    if "quantity" in form.columns:
        assert [item.numbers.quantity or 1 for item in receipt.items] == [item.quantity for item in items]
    assert receipt.totals.matches
