"""What the app shows of a user's own data: spending, prices, waste, what is due, suggestions, and files."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgrest.exceptions import APIError

from local.client import User

Row = dict[str, Any]
Database = psycopg.Connection[Row]


def rpc(user: User, function: str, **arguments: Any) -> Any:
    return user.supabase.rpc(function, arguments).execute().data


def refusal(user: User, function: str, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(APIError) as refused:
        rpc(user, function, **arguments)
    return str(refused.value.code), str(refused.value.hint)


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Seoul")).date()


@pytest.fixture
def buy(user: User, read_receipt: Any, ocr_answer: Any) -> Any:
    """Reads a receipt with these items, bought some days ago."""

    def buy(*items: Row, days_ago: int = 0, store: str = "행복마트", total: int | None = None) -> Row:
        day = today() - timedelta(days=days_ago)
        answer = ocr_answer(store=store, purchased_at=f"{day}T12:00", total=total)
        template = answer["items"][0]
        answer["items"] = [
            {**template, "line_no": number, "barcode": None, **item} for number, item in enumerate(items, start=1)
        ]
        receipt: Row = read_receipt(user, answer)[0]
        return receipt

    return buy


def item(name: str, amount: int, **fields: Any) -> Row:
    return {"name": name, "amount": amount, "unit_price": None, "quantity": 1, **fields}


SNACK = {"category": {"code": "snack", "confidence": 0.9}}


def test_spending_is_summed_per_month_store_and_category(user, buy):
    month = today().replace(day=1)
    buy(item("우유", 3000), item("과자", 2000, discount=-500, **SNACK), total=4500)
    buy(item("우유", 1000), store="행복 마트")
    buy(item("우유", 1000), store="이마트", total=900)
    repeated = buy(item("우유", 3000), item("과자", 2000, discount=-500, **SNACK), total=4500)
    assert repeated["duplicate_of"] is not None
    deleted = buy(item("소고기", 90000), total=90000)
    rpc(user, "delete_receipt", receipt_id=str(deleted["id"]))
    long_ago = buy(item("우유", 7000), days_ago=500, total=7000)
    assert long_ago["total"] == 7000

    assert rpc(user, "spending_by_month") == [{"month": str(month), "won": 6400, "receipts": 3}]
    assert rpc(user, "spending_by_store") == [
        {"month": str(month), "store_name": "행복 마트", "won": 5500, "receipts": 2},
        {"month": str(month), "store_name": "이마트", "won": 900, "receipts": 1},
    ]
    assert rpc(user, "spending_by_category") == [
        {"month": str(month), "category": "dairy", "won": 5000, "items": 3},
        {"month": str(month), "category": "snack", "won": 1500, "items": 1},
    ]
    assert sum(row["won"] for row in rpc(user, "spending_by_month", months=120)) == 13400


@given(
    orders=st.lists(st.tuples(st.integers(0, 9_000), st.none() | st.integers(0, 120)), min_size=1, max_size=6),
    fee=st.none() | st.integers(-500, 3000),
)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_orders_of_a_list_count_in_their_own_months(make_user, read_receipt, ocr_answer, orders, fee):
    """`fee`: what the total of the list has beyond its items, if it has a total."""
    user, latest = make_user(), today() - timedelta(days=2)
    days = [days_ago if days_ago is None else today() - timedelta(days=days_ago) for _, days_ago in orders]
    total = None if fee is None else sum(won for won, _ in orders) + fee
    answer = ocr_answer(purchased_at=f"{latest}T12:00", total=total)
    answer["items"] = [
        {
            **answer["items"][0],
            **item(f"상품 {n}", won),
            "line_no": n,
            "barcode": None,
            "purchased_on": day and str(day),
        }
        for n, ((won, _), day) in enumerate(zip(orders, days, strict=True), start=1)
    ]
    read_receipt(user, answer)
    expected: Counter[str] = Counter({str(latest.replace(day=1)): fee or 0})
    for (won, _), day in zip(orders, days, strict=True):
        expected[str((day or latest).replace(day=1))] += won
    for function in ("spending_by_month", "spending_by_store"):
        rows = rpc(user, function)
        assert {row["month"]: row["won"] for row in rows if row["won"]} == {
            m: won for m, won in expected.items() if won
        }
        assert {row["receipts"] for row in rows} == {1}


PERIODS = [
    ("spending_by_month", "months", (0, -1, 121)),
    ("spending_by_store", "months", (0, 121)),
    ("spending_by_category", "months", (0, 121)),
    ("waste_by_month", "months", (0, 121)),
    ("expiring_soon", "days", (-1, 366)),
    ("running_low", "days", (-1, 366)),
    ("suggest_names", "max_names", (0, 51)),
    ("export_inventory", "page", (-1, 1001)),
]


@pytest.mark.parametrize(("function", "argument", "values"), PERIODS)
def test_periods_are_bounded(user, function, argument, values):
    for value in (*values, None):
        assert refusal(user, function, **{argument: value}) == ("PT422", "invalid_period")


SIZES = [
    ("서울우유 1L", 1000, "ml"),
    ("생수 2리터", 2000, "ml"),
    ("두부 300g", 300, "g"),
    ("쌀 10kg", 10000, "g"),
    ("찹쌀 1.5KG", 1500, "g"),
    ("콜라 190ml*6", 1140, "ml"),
    ("콜라 190ML × 6", 1140, "ml"),
    ("6x190ml 콜라", 1140, "ml"),
    ("요구르트 65ml 5입", 325, "ml"),
    ("참치 (100g/4캔)", 400, "g"),
    ("ＬＡ갈비 ５００ｇ", 500, "g"),
    ("와인 75cl", 750, "ml"),
    ("고추장 1,500g", 1500, "g"),
    ("식용유 1,000㎖ 2병", 2000, "ml"),
    ("배즙 100ml 30포", 3000, "ml"),
    ("믹스커피 12g 100스틱", 1200, "g"),
    ("가상커피 30스틱 300g", 300, "g"),
    ("가상커피 10g 30스틱", 300, "g"),
    ("가상커피 300g(10g*30스틱)", 300, "g"),
    ("가상커피 1.2kg (100스틱)", 1200, "g"),
    ("가상커피 1.2kg (100스틱) 2개", 2400, "g"),
    ("가상석류 300ml 30스틱", 300, "ml"),
    ("가상커피 300g*2스틱", 600, "g"),
    ("2포켓 피타 200g", 200, "g"),
    ("라면 120g*5봉", 600, "g"),
    ("두유 190mlx16", 3040, "ml"),
    ("3개월 숙성 치즈 200g", 200, "g"),
    ("5개국 원두 500g", 500, "g"),
    ("배추 3포기 2kg", 2000, "g"),
    ("1.23456kg", None, None),
    ("삼겹살 100g당", None, None),
    ("계란 30구", None, None),
    ("비타민 500mg 60정", None, None),
    ("USB 16GB", None, None),
    ("0g 젤리", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("name", "size", "unit"), SIZES)
def test_sizes_are_read_from_names(database, name, size, unit):
    row = database.execute("select size::float, size_unit from private.size_of(%s)", [name]).fetchone()
    assert row == {"size": size, "size_unit": unit}


UNITS = {
    "kg": 1000,
    "KG": 1000,
    "㎏": 1000,
    "킬로": 1000,
    "g": 1,
    "그램": 1,
    "100g": 100,
    "L": 1000,
    "ℓ": 1000,
    "ml": 1,
}


@given(
    size=st.integers(1, 99_999),
    unit=st.sampled_from(["g", "kg", "ml", "L", "리터", "ｇ"]),
    pieces=st.none() | st.integers(1, 99),
    form=st.sampled_from(
        ["{size}{unit}*{pieces}", "{size}{unit} x {pieces}", "{pieces}x{size}{unit}", "{size}{unit} {pieces}개입"]
    ),
    separator=st.sampled_from(["", ","]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_size_is_read_in_every_form_that_names_have(database, size, unit, pieces, form, separator):
    written = f"{size:,}".replace(",", separator)
    text = form.format(size=written, unit=unit, pieces=pieces) if pieces else f"{written}{unit}"
    row = database.execute("select size::float from private.size_of(%s)", [f"가상 상품 {text}"]).fetchone()
    assert row["size"] == size * (1000 if unit in ("kg", "L", "리터") else 1) * (pieces or 1)


def grams(database: Database, name: str) -> float | None:
    row = database.execute("select size::float from private.size_of(%s)", [name]).fetchone()
    size: float | None = row and row["size"]
    return size


COUNT_WORDS = ["개입", "개", "스틱", "입", "팩", "봉", "캔", "병", "포"]
counted = st.builds(
    "{}{}{}{}".format,
    count := st.shared(st.integers(2, 99), key="count"),
    st.sampled_from(["", " "]),
    st.sampled_from(COUNT_WORDS),
    st.sampled_from(["", "입", "들이", "지", "세트", "멀티", "기획", "선물세트용상자", "묶음할인", "+1", ")", "/국산"]),
)
# Words that begin like a count word.
BEGINNINGS = [
    "포켓",
    "포도",
    "포기",
    "포카칩",
    "봉골레",
    "봉우리",
    "개월",
    "개국",
    "개구매시",
    "캔디",
    "병아리콩",
    "팩토리",
]
not_counted = st.builds(
    "{}{}{}".format, st.integers(2, 99), st.sampled_from(["", " "]), st.sampled_from([*BEGINNINGS, "번째", "색", "분"])
)
SIZE_RULES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@given(st.integers(1, 999), count, counted, st.sampled_from(["", " ", "(", "/", " 가상 ", "*", " x ", "x"]))
@SIZE_RULES
def test_a_count_behind_a_size_multiplies_it(database, size, count, written, separator):
    # No stick holds more than 100 g: that size is the total, unless it is multiplied.
    expected = (
        size if "스틱" in written and size > 100 and "x" not in separator and "*" not in separator else size * count
    )
    assert grams(database, f"가상 상품 {size}g{separator}{written}") == expected
    assert grams(database, f"{size}g{separator}{written} {size}g") == expected, "the total may follow"


@given(st.integers(1, 999), counted, st.sampled_from(["", " ", "(", "/", " 가상 피타 "]), st.none() | not_counted)
@SIZE_RULES
def test_a_count_before_a_size_does_not_multiply_it(database, size, written, separator, other):
    assert grams(database, f"{written}{separator or ' '}{size}g {other or ''}") == size
    assert grams(database, f"가상 상품 {size}g{separator}({size}g*{written}") == size, "the first size is the total"


@given(st.integers(1, 999), st.lists(not_counted, min_size=1, max_size=2).map(" ".join), st.booleans(), st.booleans())
@SIZE_RULES
def test_a_word_that_begins_like_a_count_does_not_multiply_a_size(database, size, words, is_first, is_long):
    words = f"{words} 가상" if is_long else words
    assert grams(database, f"{words} {size}g" if is_first else f"{size}g {words}") == size


@given(st.integers(1, 999), st.integers(2, 99), st.sampled_from(["", *COUNT_WORDS]), st.sampled_from(["*", " x ", "×"]))
@SIZE_RULES
def test_a_count_times_a_size_multiplies_it(database, size, count, word, times):
    assert grams(database, f"가상 상품 {count}{word}{times}{size}g") == size * count


@pytest.mark.parametrize(("unit", "grams"), UNITS.items())
def test_the_price_per_100_follows_from_the_unit(database, unit, grams):
    row = database.execute(
        "select (private.price_of(row(null, null, '', null, now(), '', '한우 500g', 3, %s, 6000)::private.purchase)).*",
        [unit],
    ).fetchone()
    assert (row["size"], row["won_per_100"]) == (3 * grams, round(6000 * 100 / (3 * grams), 2))


@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=400))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_name_breaks_the_reading_of_sizes(database, name):
    row = database.execute("select size, size_unit from private.size_of(%s)", [f"{name} 12g {name}"]).fetchone()
    assert (row["size"] is None) == (row["size_unit"] is None)


def test_prices_are_compared_per_100_where_the_size_is_known(user, buy):
    first = buy(item("서울 우유 1L", 3000), item("계란 30구", 6000), days_ago=20, store="이마트")
    second = buy(item("서울우유 1L", 6600, quantity=2, discount=-240), item("계란 30구", 6600), days_ago=10)
    history = rpc(user, "price_history", item_name="서울우유1L")
    assert [row["bought_on"] for row in history] == [str(today() - timedelta(days=days)) for days in (10, 20)]
    assert (history[0]["won"], history[0]["won_per_unit"], history[0]["won_per_100"]) == (6360, 3180, 318)
    assert (history[0]["size"], history[0]["size_unit"], history[0]["change_percent"]) == (2000, "ml", 6)
    assert (history[1]["change_percent"], history[1]["store_name"]) == (None, "이마트")

    changes = {row["won_per_unit"]: row for row in rpc(user, "price_changes", receipt_id=str(second["id"]))}
    assert (changes[3180]["change_percent"], changes[3180]["previous_won_per_100"]) == (6, 300)
    assert (changes[6600]["change_percent"], changes[6600]["won_per_100"]) == (10, None)
    assert changes[6600]["previous_store_name"] == "이마트"
    assert rpc(user, "price_changes", receipt_id=str(first["id"])) == []


def test_weighed_items_have_their_size_in_the_quantity(user, buy):
    buy(item("삼겹살", 12000, quantity=0.6, unit="kg"), days_ago=3)
    buy(item("삼겹살", 11000, quantity=500, unit="g"))
    history = rpc(user, "price_history", item_name="삼겹살")
    assert [(row["size"], row["won_per_100"]) for row in history] == [(500, 2200), (600, 2000)]
    assert history[0]["change_percent"] == 10


@pytest.mark.parametrize(
    ("name", "unit", "change"), [("한우 500g", "봉", 100), ("한우", "봉", None), ("한우 500ml", "봉", None)]
)
def test_what_was_weighed_is_compared_with_a_piece_only_by_its_size(database, name, unit, change):
    """10,000 won per kg before, and now 10,000 won for a pack."""
    row = database.execute(
        "select private.price_change("
        "private.price_of(row(null, null, '', null, now(), '', %s, 1, %s, 10000)::private.purchase), "
        "private.price_of(row(null, null, '', null, now(), '', '한우', 2, 'kg', 20000)::private.purchase)) as change",
        [name, unit],
    ).fetchone()
    assert row["change"] == change


@given(
    units=st.tuples(*[st.sampled_from([None, "개", "봉", "kg", "g", "100g", "L", "㎖"])] * 2),
    won=st.tuples(*[st.integers(100, 9_900)] * 2),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_only_comparable_prices_have_a_change(database, units, won):
    """Both per piece, or both per size of the same kind, whatever the units."""
    kinds = {None: 0, "개": 0, "봉": 0, "kg": 1000, "g": 1, "100g": 100, "L": 1000, "㎖": 1}
    liquid = {"L", "㎖"}
    row = database.execute(
        "select private.price_change(new, old) as change from "
        "private.price_of(row(null, null, '', null, now(), '', '오이', 1, %s, %s)::private.purchase) old, "
        "private.price_of(row(null, null, '', null, now(), '', '오이', 1, %s, %s)::private.purchase) new",
        [units[0], won[0], units[1], won[1]],
    ).fetchone()
    old, new = (kinds[unit] for unit in units)
    if (old == 0) is not (new == 0) or (units[0] in liquid) is not (units[1] in liquid):
        assert row["change"] is None
        return
    old_price, new_price = (
        round(each * 100 / size, 2) if size else each for each, size in zip(won, (old, new), strict=True)
    )
    assert row["change"] == pytest.approx((new_price - old_price) * 100 / old_price, abs=0.06)


def test_a_barcode_finds_purchases_under_any_name(user, buy):
    buy(item("치즈", 5000, barcode="8801115114154"), days_ago=5)
    buy(item("모짜렐라", 5500, barcode="8801115114154"))
    assert len(rpc(user, "price_history", gtin="8801115114154")) == 2
    assert len(rpc(user, "price_history", gtin="8801115114154", purchases=1)) == 1
    assert rpc(user, "price_history", gtin="8801115114154", purchases=1)[0]["change_percent"] == 10


@pytest.mark.parametrize(
    "arguments",
    [{}, {"item_name": " "}, {"gtin": "8801115114155"}, {"gtin": "x" * 1000}, {"item_name": "가" * 100_000}],
)
def test_a_price_history_needs_a_product(user, arguments):
    assert refusal(user, "price_history", **arguments) == ("PT422", "invalid_item")


def test_waste_counts_what_was_thrown_away(user):
    def add(name: str, **lot: Any) -> str:
        row = rpc(user, "add_to_inventory", inventory_id=str(uuid.uuid4()), name=name, category="dairy", **lot)
        return str(row["id"])

    half, whole, unpriced, eaten = (
        add("우유", price=3000, quantity=2),
        add("치즈", price=5000),
        add("요거트"),
        add("크림", price=9000),
    )
    rpc(user, "consume_inventory_item", inventory_id=half, remaining=1, reason="thrown_away")
    for lot in (whole, unpriced):
        rpc(user, "consume_inventory_item", inventory_id=lot, reason="thrown_away")
    rpc(user, "consume_inventory_item", inventory_id=eaten)
    month = str(today().replace(day=1))
    assert rpc(user, "waste_by_month") == [
        {"month": month, "category": "dairy", "won": 6500, "items": 3, "items_without_price": 1}
    ]
    rpc(user, "undo_consumption", inventory_id=whole)
    assert rpc(user, "waste_by_month")[0]["won"] == 1500


def test_what_expires_soon_comes_first(user):
    for name, days in (("내일", 1), ("지난", -2), ("모레", 2), ("나중", 9)):
        day = str(today() + timedelta(days=days))
        rpc(user, "add_to_inventory", inventory_id=str(uuid.uuid4()), name=name, category="dairy", expires_on=day)
    rows = rpc(user, "expiring_soon", days=2)
    assert [(row["name"], row["days_left"], row["is_estimate"]) for row in rows] == [
        ("지난", -2, False),
        ("내일", 1, False),
        ("모레", 2, False),
    ]


def test_what_is_bought_regularly_runs_low(user, buy):
    for days_ago in (21, 14, 7):
        buy(item("우유", 3000), item("휴지", 9000, category={"code": "non_food", "confidence": 0.9}), days_ago=days_ago)
    for days_ago in (300, 290, 280):
        buy(item("수박", 20000), days_ago=days_ago)
    buy(item("소금", 1000))
    (row,) = rpc(user, "running_low", days=0)
    assert (row["name"], row["purchases"], row["every_days"]) == ("우유", 3, 7)
    assert (row["expected_on"], row["in_stock"], row["purchases_in_stock"]) == (str(today()), [], 0)


AMOUNTS = st.tuples(
    st.sampled_from([None, "g", "개", "팩"]),
    st.integers(1, 900).map(lambda tenths: tenths / 10),
    st.sampled_from([1, 0.5, 0.25]),
    st.sampled_from([None, -1, 0, 5]),
)


@given(lots=st.lists(AMOUNTS, max_size=5))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_in_stock_is_summed_per_unit(database, user, buy, lots):
    database.execute("delete from public.inventory where user_id = %s", [user.user_id])
    if not rpc(user, "running_low"):
        for days_ago in (21, 14, 7):
            buy(item("우유", 3000), days_ago=days_ago)
    sums: dict[str | None, float] = {}
    purchases = 0.0
    for unit, quantity, left, days in lots:
        expires_on = None if days is None else today() + timedelta(days=days)
        database.execute(
            "insert into public.inventory (user_id, name, category_id, quantity, bought_quantity, unit, expires_on) "
            "select %s, ' 우 유', id, %s, %s, %s, %s from public.categories where code = 'dairy'",
            [user.user_id, quantity * left, quantity, unit, expires_on],
        )
        sums[unit] = sums.get(unit, 0) + quantity * left
        purchases += left if days != -1 else 0
    (row,) = rpc(user, "running_low")
    assert {each["unit"]: each["quantity"] for each in row["in_stock"]} == pytest.approx(sums, abs=0.002)
    assert len(row["in_stock"]) == len(sums)
    assert row["purchases_in_stock"] == pytest.approx(purchases)


def test_what_was_bought_long_ago_says_nothing_of_the_rhythm(user, buy):
    for days_ago in (1200, 401, 21, 14, 7):
        buy(item("우유", 3000), days_ago=days_ago)
    (row,) = rpc(user, "running_low", days=0)
    assert (row["purchases"], row["every_days"]) == (3, 7)


def test_names_are_suggested_from_own_and_agreed_names(user, make_user, buy, database):
    unique = uuid.uuid4().hex[:6]
    other = make_user()
    rpc(other, "add_to_inventory", inventory_id=str(uuid.uuid4()), name=f"{unique} 비밀", category="dairy")
    for _ in range(2):
        rpc(user, "add_to_inventory", inventory_id=str(uuid.uuid4()), name=f"시장 {unique} 나물", category="vegetable")
    buy(item(f"{unique} 우유", 1000, unit="팩"))
    database.execute(
        "insert into private.agreed_names (gtin14, source, name, name_key, category_id, accounts, votes, agreed_at) "
        "select '08809999000017', 'receipts', %(name)s, private.text_key(%(name)s), id, 3, 3, now() "
        "from public.categories where code = 'dairy' on conflict do nothing",
        {"name": f"{unique} 치즈"},
    )
    try:
        rows = rpc(user, "suggest_names", typed=f" {unique.upper()} ")
    finally:
        database.execute("delete from private.agreed_names where gtin14 = '08809999000017'")
    assert [(row["name"], row["category"], row["source"], row["uses"]) for row in rows] == [
        (f"{unique} 우유", "dairy", "own", 1),
        (f"시장 {unique} 나물", "vegetable", "own", 2),
        (f"{unique} 치즈", "dairy", "agreed", 3),
    ]
    assert (rows[0]["unit"], rows[0]["storage"], rows[2]["gtin14"]) == ("팩", "fridge", "08809999000017")
    assert len(rpc(user, "suggest_names", max_names=1)) == 1
    assert refusal(user, "suggest_names", typed="가" * 201) == ("PT422", "invalid_item")


NAMES = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30)


@given(name=st.one_of(NAMES, st.sampled_from(["=1+1", "+82", '-5 "x", y', "@sum", "＝1+1", "a,b", 'say "hi"'])))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_files_contain_what_was_entered_and_run_nothing(make_user, name):
    user = make_user()
    entered = {"name": name, "category": "snack", "quantity": 1.5, "price": 900}
    stored = rpc(user, "add_to_inventory", inventory_id=str(uuid.uuid4()), **entered)["name"]
    (row,) = csv.DictReader(io.StringIO(rpc(user, "export_inventory"), newline=""))
    assert row["name"] in (stored, f"'{stored}")
    assert not row["name"].startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert (row["quantity"], row["price"], row["category"], row["unit"]) == ("1.5", "900", "snack", "")
    (same,) = json.loads(rpc(user, "export_inventory", format="json"))
    assert (same["name"], same["price"], same["unit"]) == (stored, 900, None)


def test_spending_is_exported_in_pages(user, buy):
    buy(item("우유", 3000, discount=-300), item("과자", 2000, **SNACK), days_ago=1, store="행복, 마트")
    rows = list(csv.DictReader(io.StringIO(rpc(user, "export_spending"), newline="")))
    assert [(row["name"], row["store"], row["won"]) for row in rows] == [
        ("우유", "행복, 마트", "2700"),
        ("과자", "행복, 마트", "2000"),
    ]
    assert rows[0]["bought_on"] == str(today() - timedelta(days=1))
    assert rpc(user, "export_spending", page=1) == ""
    assert rpc(user, "export_spending", format="json", page=1) == "[]"
    assert refusal(user, "export_spending", format="xlsx") == ("PT422", "unknown_format")


def test_statistics_contain_nothing_of_another_user(user, make_user, buy):
    receipt = buy(item("우유", 3000), total=3000)
    buy(item("우유", 3300), total=3300)
    other = make_user()
    for function in ("spending_by_month", "spending_by_store", "spending_by_category", "waste_by_month", "running_low"):
        assert rpc(other, function) == []
    assert rpc(other, "price_history", item_name="우유") == []
    assert rpc(other, "price_changes", receipt_id=str(receipt["id"])) == []
    assert rpc(other, "suggest_names", typed="우유") == [] or all(
        row["source"] == "agreed" for row in rpc(other, "suggest_names", typed="우유")
    )
    assert len(rpc(other, "export_spending").splitlines()) == 1


@pytest.mark.parametrize(
    ("setting", "functions"),
    [
        (
            "statistics_per_minute",
            {
                "spending_by_month": {},
                "spending_by_store": {},
                "spending_by_category": {},
                "waste_by_month": {},
                "expiring_soon": {},
                "running_low": {},
                "price_history": {"item_name": "우유"},
                "price_changes": {"receipt_id": str(uuid.uuid4())},
            },
        ),
        ("suggest_names_per_minute", {"suggest_names": {"typed": "우유"}}),
    ],
)
def test_calls_are_limited_per_minute(make_user, database, setting, functions):
    calls = len(functions)
    database.execute("insert into private.settings (name, value) values (%s, %s)", [setting, str(calls)])
    try:
        user = make_user()
        for function, arguments in functions.items():
            rpc(user, function, **arguments)
        for function, arguments in functions.items():
            assert refusal(user, function, **arguments) == ("PT429", "rate_limited"), function
        function, arguments = next(iter(functions.items()))
        assert rpc(make_user(), function, **arguments) == [], "another user"
    finally:
        database.execute("delete from private.settings where name = %s", [setting])


def test_purchases_with_a_misread_date_in_the_future_do_not_count(user, buy):
    for days_ago in (20, 10, 0):
        buy(item("우유", 1000), days_ago=days_ago, total=1000 + days_ago)
    before = {name: rpc(user, name, months=120) for name in ("spending_by_month", "spending_by_store")}
    before["spending_by_category"] = rpc(user, "spending_by_category", months=120)
    low = rpc(user, "running_low", days=30)
    assert [row["name"] for row in low] == ["우유"]
    history = rpc(user, "price_history", item_name="우유")
    misread = buy(item("우유", 9000), days_ago=-3650, total=9000)
    assert rpc(user, "price_history", item_name="우유") == history
    assert rpc(user, "price_changes", receipt_id=str(misread["id"])) == []
    assert {name: rpc(user, name, months=120) for name in before} == before
    assert rpc(user, "running_low", days=30) == low
