"""A number that was misread or not detected costs neither its item nor any other."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_service.fields import ItemField
from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.rows import group
from tests.support.printing import (
    AMOUNT_END,
    COUNT_END,
    PRICE_END,
    Camera,
    PrintedItem,
    PrintedRow,
    Style,
    boxes_of,
    columns,
    convenience,
    gtin,
    labelled,
    left,
    one_row,
    right,
    two_rows,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))
PLAIN = Style(number=lambda position: "", mark="", end="")
LISTS = {
    "prices": one_row,
    "codes below names": two_rows,
    "codes beside names": lambda items, style: [
        row
        for item in items
        for row in (
            [left(f"{item.code} {item.name}")],
            [
                right(f"{item.price:,}", PRICE_END),
                right(str(item.quantity), COUNT_END),
                right(f"{item.amount:,}", AMOUNT_END),
            ],
        )
    ],
    "quantities": convenience,
}
NAMES = ["손두부", "콩나물", "우유", "햇감자", "깐양파", "사과", "라면", "통식빵"]
Damage = Callable[[str], str]
DAMAGES: dict[str, Damage] = {
    "not detected": lambda text: "",
    "a speck before": lambda text: f".{text}",
    "a speck behind": lambda text: f"{text}|",
    "a mark as a digit": lambda text: f"{text}8",
    "a digit twice": lambda text: f"{text}0",
    "a separator twice": lambda text: text.replace(",", ",,"),
    "the end not detected": lambda text: text[:-1],
    "the start not detected": lambda text: text[text.index(",") :],
    "a letter for a digit": lambda text: text.replace("9", "g").replace("2", "Z").replace("0", "O"),
    "another digit": lambda text: text.replace("5", "6").replace("3", "8").replace("1", "7"),
    "a space for the separator": lambda text: text.replace(",000", " 000"),
}
ITEMS = st.lists(
    st.builds(
        PrintedItem,
        name=st.just(""),
        price=st.integers(100, 3000).map(lambda tens: 10 * tens),
        quantity=st.integers(1, 4).map(Decimal),
    ),
    min_size=4,
    max_size=8,
).map(
    lambda items: [
        PrintedItem(name, item.price, item.quantity, code=gtin(place))
        for place, (name, item) in enumerate(zip(NAMES, items, strict=False))
    ]
)


def read(rows: list[PrintedRow], total: int | None) -> Receipt:
    if total is not None:
        rows = [*rows, labelled("합  계", total), labelled("신용카드", total)]
    return parse_receipt(group(boxes_of(rows, Camera(), random.Random(1), rough=False)), NOW)


@pytest.mark.parametrize("form", LISTS)
@given(items=ITEMS, damage=st.sampled_from(sorted(DAMAGES)), data=st.data())
def test_no_item_is_lost(form: str, items: list[PrintedItem], damage: str, data: st.DataObject) -> None:
    rows = LISTS[form](items, PLAIN)
    numbers = [(row, piece) for row, pieces in enumerate(rows) for piece, (_, text) in enumerate(pieces) if "," in text]
    row, piece = data.draw(st.sampled_from(numbers))
    column, text = rows[row][piece]
    damaged = DAMAGES[damage](text)
    start = column + len(text) - len(damaged) if damage.startswith(("the start", "a speck before")) else column
    rows[row] = [*rows[row][:piece], (start, damaged), *rows[row][piece + 1 :]]
    place = sum(item.name in str(rows[: row + 1]) for item in items) - 1
    receipt = read(rows, sum(item.amount for item in items))
    assert [item.name for item in receipt.items] == [item.name for item in items]
    for index, (found, item) in enumerate(zip(receipt.items, items, strict=True)):
        if index != place:
            assert (found.numbers.amount, found.numbers.quantity) == (item.amount, item.quantity)
        elif found.numbers.amount != item.amount:
            assert ItemField.AMOUNT in receipt.uncertain_item_fields[index]


@given(items=ITEMS, place=st.integers(0, 7), form=st.sampled_from(sorted(set(LISTS) - {"quantities"})))
def test_the_amount_that_was_not_detected_is_what_the_others_leave_of_the_total(
    items: list[PrintedItem], place: int, form: str
) -> None:
    place %= len(items)
    rows = LISTS[form](items, PLAIN)
    with_amounts = [
        index for index, row in enumerate(rows) if len(row) > 2 and row[0][1] != "상품명" and "," in row[-1][1]
    ]
    row = with_amounts[place]
    rows[row] = rows[row][:-1]
    receipt = read(rows, sum(item.amount for item in items))
    assert [item.numbers.amount for item in receipt.items] == [item.amount for item in items]
    assert ItemField.AMOUNT in receipt.uncertain_item_fields[place]


@given(
    items=ITEMS, place=st.integers(0, 7), form=st.sampled_from(sorted(set(LISTS) - {"quantities"})), lost=st.booleans()
)
def test_an_amount_that_was_not_detected_is_uncertain_without_a_total(
    items: list[PrintedItem], place: int, form: str, lost: bool
) -> None:
    """lost: so is the unit price."""
    place %= len(items)
    rows = LISTS[form](items, PLAIN)
    with_amounts = [index for index, row in enumerate(rows) if row[0][1] != "상품명" and "," in row[-1][1]]
    row = with_amounts[place]
    rows[row] = [piece for piece in rows[row][:-1] if not (lost and "," in piece[1])]
    receipt = read(rows, total=None)
    for found, uncertain in zip(receipt.items, receipt.uncertain_item_fields, strict=True):
        if found.numbers.amount != items[[item.name for item in items].index(found.name)].amount:
            assert ItemField.AMOUNT in uncertain
    others = [item.amount for index, item in enumerate(items) if index != place]
    assert [item.numbers.amount for item in receipt.items if item.name != items[place].name] == others


@given(items=ITEMS, leaders=st.text(alphabet="....,-", min_size=40, max_size=40).map(lambda text: f".{text}"))
def test_dots_from_names_to_amounts_of_which_some_are_misread(items: list[PrintedItem], leaders: str) -> None:
    room = [AMOUNT_END - columns(item.name) - columns(f"{item.amount:,}") for item in items]
    rows = [[left(f"{item.name}{leaders[:dots]}{item.amount:,}")] for item, dots in zip(items, room, strict=True)]
    receipt = read(rows, sum(item.amount for item in items))
    assert [(item.name, item.numbers.amount) for item in receipt.items] == [(item.name, item.amount) for item in items]


@pytest.mark.parametrize("form", LISTS)
@given(items=ITEMS, place=st.integers(0, 7))
def test_a_speck_before_an_amount_makes_no_discount_of_it(form: str, items: list[PrintedItem], place: int) -> None:
    place %= len(items)
    rows = LISTS[form](items, PLAIN)
    with_amounts = [index for index, row in enumerate(rows) if row[0][1] != "상품명" and "," in row[-1][1]]
    *others, (column, amount) = rows[with_amounts[place]]
    rows[with_amounts[place]] = [*others, (column - 1, f"-{amount}")]
    receipt = read(rows, sum(item.amount for item in items))
    assert [item.numbers.amount for item in receipt.items] == [item.amount for item in items]


@given(
    items=ITEMS,
    label=st.sampled_from(["소비기한", "유통기한", "제조일", "시각"]),
    day=st.dates(date(2020, 1, 1), date(2029, 12, 31)),
    form=st.sampled_from(["%Y.%m.%d", "%y.%m.%d", "%Y-%m-%d", "%y/%m/%d", "%H:%M:%S", "%H.%M.%S"]),
)
def test_a_date_in_the_column_of_amounts_is_no_item(items: list[PrintedItem], label: str, day: date, form: str) -> None:
    rows = one_row(items, PLAIN)
    rows.insert(2, [left(label), right(day.strftime(form), AMOUNT_END)])
    receipt = read(rows, sum(item.amount for item in items))
    assert label not in [item.name for item in receipt.items]
    assert [item.numbers.amount for item in receipt.items] == [item.amount for item in items]


@given(items=ITEMS, components=st.lists(st.sampled_from(["감자튀김(M)", "콜라(M)", "소스컵"]), min_size=1, max_size=3))
def test_parts_of_a_set_without_amounts_are_no_items(items: list[PrintedItem], components: list[str]) -> None:
    rows = convenience(items, PLAIN)
    rows[1:1] = [[left(f" {name}", 4), right("1", COUNT_END)] for name in components]
    receipt = read(rows, sum(item.amount for item in items))
    assert [item.numbers.amount for item in receipt.items] == [item.amount for item in items]


SUMS: dict[str, Callable[[int], list[PrintedRow]]] = {
    "a delivery fee": lambda net: [labelled("배달료", 3000), *sums(net + 3000)],
    "a tax that is added": lambda net: [labelled("소계", net), labelled("부가세", net // 10), *sums(net + net // 10)],
    "a tax that is included": lambda net: [
        *sums(net),
        labelled("과세공급가", net - net // 11),
        labelled("부가세", net // 11),
    ],
    "a service charge": lambda net: [labelled("소계", net), labelled("봉사료", net // 20), *sums(net + net // 20)],
    "an old balance": lambda net: [labelled("소계", net), labelled("전잔액", 7000), *sums(net + 7000)],
}


def sums(total: int) -> list[PrintedRow]:
    return [labelled("합  계", total), labelled("신용카드", total)]


@pytest.mark.parametrize("below", SUMS)
@given(items=ITEMS, part=st.sampled_from(["감자튀김(M)", "얼음 적게", "샷추가"]), place=st.integers(0, 7))
def test_a_part_of_a_set_is_no_item_whatever_the_total_includes(
    below: str, items: list[PrintedItem], part: str, place: int
) -> None:
    rows = one_row(items, PLAIN)
    rows.insert(len(rows) - place % len(items), [left(part), right("1", COUNT_END)])
    receipt = read([*rows, *SUMS[below](sum(item.amount for item in items))], total=None)
    assert [item.numbers.amount for item in receipt.items] == [item.amount for item in items]


@pytest.mark.parametrize("below", SUMS)
@given(items=ITEMS, less=st.integers(1, 9), place=st.integers(0, 7))
def test_a_price_for_members_is_no_item(below: str, items: list[PrintedItem], less: int, place: int) -> None:
    place %= len(items)
    rows = one_row(items, PLAIN)
    price = [right(f"{items[place].price - 10 * less:,}", PRICE_END), right(str(items[place].quantity), COUNT_END)]
    rows.insert(len(rows) - len(items) + place + 1, [left("회원가"), *price])
    receipt = read([*rows, *SUMS[below](sum(item.amount for item in items))], total=None)
    assert [item.numbers.amount for item in receipt.items] == [item.amount for item in items]


@given(items=ITEMS, place=st.integers(0, 7), fee=st.sampled_from(["배달료", "배송비", "포장비"]))
def test_the_amount_that_was_not_detected_is_what_the_others_and_a_fee_leave(
    items: list[PrintedItem], place: int, fee: str
) -> None:
    place %= len(items)
    rows = one_row(items, PLAIN)
    place_of_row = len(rows) - len(items) + place
    rows[place_of_row] = rows[place_of_row][:-1]
    receipt = read([*rows, labelled(fee, 2990)], sum(item.amount for item in items) + 2990)
    assert [item.numbers.amount for item in receipt.items] == [item.amount for item in items]
    assert ItemField.AMOUNT in receipt.uncertain_item_fields[place]


@given(items=ITEMS, bag=st.integers(1, 9).map(lambda tens: 10 * tens), place=st.integers(0, 7))
def test_a_small_amount_is_no_quantity(items: list[PrintedItem], bag: int, place: int) -> None:
    rows = one_row(items, PLAIN)
    place = len(rows) - place % len(items)
    rows.insert(place, [left("비닐봉투"), right(str(bag), AMOUNT_END)])
    receipt = read([*rows, labelled("합  계", sum(item.amount for item in items) + bag)], total=None)
    assert len(receipt.items) == len(items) + 1
    assert ("비닐봉투", bag, None) in [
        (item.name, item.numbers.amount, item.numbers.quantity) for item in receipt.items
    ]


@given(
    items=ITEMS,
    text=st.sampled_from(["{n}P", "{n}점", "{n}월25일", "A{n}", "00{n}", "{n}호", "B-{n}", "{n}%", "{n}G"]),
    n=st.integers(10, 99),
)
def test_other_text_in_the_column_of_amounts_is_no_item(items: list[PrintedItem], text: str, n: int) -> None:
    rows = one_row(items, PLAIN)
    rows.append([left("적립예정"), right(text.format(n=n), AMOUNT_END)])
    receipt = read(rows, sum(item.amount for item in items))
    assert [(item.name, item.numbers.amount) for item in receipt.items] == [(item.name, item.amount) for item in items]


@given(
    items=ITEMS,
    added=st.integers(1, 900).map(lambda tens: 10 * tens),
    row=st.sampled_from(["콜라(R)", "식전빵", "스티커", "수저"]),
    count=st.integers(1, 9),
    place=st.integers(0, 7),
)
def test_a_row_with_only_a_quantity_does_not_explain_the_total(
    items: list[PrintedItem], added: int, row: str, count: int, place: int
) -> None:
    """A tax or a fee may be added without being printed."""
    rows = one_row(items, PLAIN)
    rows.insert(len(rows) - place % len(items), [left(row), right(str(count), COUNT_END)])
    receipt = read(rows, sum(item.amount for item in items) + added)
    assert not receipt.totals.matches
    assert [item.numbers.amount for item in receipt.items if item.name != row] == [item.amount for item in items]
    for item, uncertain in zip(receipt.items, receipt.uncertain_item_fields, strict=True):
        if item.name == row:
            assert (item.numbers.amount, ItemField.AMOUNT in uncertain) == (0, True)


@given(
    items=ITEMS, added=st.integers(1, 900), label=st.sampled_from(["테이블", "번호표", "인원"]), n=st.integers(1, 99)
)
def test_a_number_above_a_list_without_titles_is_no_item(
    items: list[PrintedItem], added: int, label: str, n: int
) -> None:
    rows = [row for row in one_row(items, PLAIN) if row[0][1] != "상품명"]
    receipt = read([[left(label), right(str(n), COUNT_END)], *rows], sum(item.amount for item in items) + 10 * added)
    assert [item.name for item in receipt.items] == [item.name for item in items]


@given(items=ITEMS, place=st.integers(0, 7), name=st.sampled_from(["비타500", "2080치약", "1004섬", "17차", "3M 1500"]))
def test_a_name_of_figures_without_its_amount_is_an_item(items: list[PrintedItem], place: int, name: str) -> None:
    place %= len(items)
    items = [replace(item, name=name) if index == place else item for index, item in enumerate(items)]
    rows = one_row(items, PLAIN)
    place_of_row = len(rows) - len(items) + place
    rows[place_of_row] = rows[place_of_row][:-1]
    receipt = read(rows, sum(item.amount for item in items))
    assert [(item.name, item.numbers.amount) for item in receipt.items] == [(item.name, item.amount) for item in items]


@pytest.mark.parametrize("damaged", ["{}{}{})", "{}C{}", "{}?{}", "{}#{}", "{}가{}", "({}{}{}"])
@given(items=ITEMS, place=st.integers(0, 7))
def test_an_amount_with_a_strange_character_costs_no_item(damaged: str, items: list[PrintedItem], place: int) -> None:
    place %= len(items)
    rows = one_row(items, PLAIN)
    row = len(rows) - len(items) + place
    amount = f"{items[place].amount:,}"
    parts = (amount[:-2], amount[-2], amount[-1]) if damaged.count("{}") > 2 else (amount[:-2], amount[-1])
    rows[row] = [rows[row][0], right(damaged.format(*parts), AMOUNT_END)]
    receipt = read(rows, sum(item.amount for item in items))
    assert [item.name for item in receipt.items] == [item.name for item in items]
