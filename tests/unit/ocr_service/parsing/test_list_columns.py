"""Columns that some lists have besides name, unit price, quantity and amount: tax, shares taken off, weights, marks."""

from decimal import Decimal

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.rows import group
from tests.support.printing import gtin, text_box
from tests.support.typed_receipts import (
    BOUGHT,
    NOW,
    PRICES,
    TITLES,
    Bought,
    listed,
    numbers,
    one_row,
    paper,
    plain,
    read,
    receipt_of,
    total_of,
)


def names_and_numbers(receipt: Receipt) -> list[tuple]:
    return [(item.name, item.numbers.quantity, item.numbers.amount, item.discount) for item in receipt.items]


@given(bought=BOUGHT, untaxed=st.sets(st.integers(0, 7)), word=st.sampled_from(["면세", "(면세)", "비과세", "0"]))
def test_tax_and_amount_before_tax_are_no_quantity_and_no_price(bought: Bought, untaxed: set[int], word: str) -> None:
    rows = []
    bought = [(name, 10 * price, quantity) for name, price, quantity in bought]
    for index, (name, price, quantity) in enumerate(bought):
        amount = price * quantity
        before = amount if index in untaxed else round(amount / 1.1)
        tax = word if index in untaxed else f"{amount - before:,}"
        rows.append(f"{name:<22}{quantity:>6}   {before:>9,}   {tax:>7}   {amount:>9,}")
    receipt = receipt_of(rows, total_of(bought), titles=f"{'품명':<22}수량   공급가   세액   금액")
    assert listed(receipt) == plain(bought)
    assert receipt.totals.matches


@given(bought=BOUGHT, shares=st.lists(st.sampled_from([0, 5, 10, 20, 50]), min_size=8, max_size=8), paid=st.booleans())
def test_a_share_that_is_taken_off_is_a_discount(bought: Bought, shares: list[int], paid: bool) -> None:
    rows, expected = [], []
    for (name, tens, quantity), share in zip(bought, shares, strict=False):
        price = 10 * tens
        reduced = price * (100 - share) // 100
        rate = f"{share}%" if share else ""
        between = f"{reduced:>9,}   " if paid and share else ""
        rows.append(f"{name:<22}{price:>9,}   {rate:>4}   {between}{quantity:>4}   {reduced * quantity:>9,}")
        expected.append((name, quantity, price * quantity, (reduced - price) * quantity))
    total = sum(amount + off for _, _, amount, off in expected)
    receipt = receipt_of(rows, total, titles=f"{'품명':<22}정가   할인   수량   금액")
    assert names_and_numbers(receipt) == expected
    assert receipt.totals.matches


@given(
    bought=BOUGHT,
    weights=st.lists(st.integers(100, 999), min_size=1, max_size=3),
    heavy=st.integers(1000, 9999),
    per_kilogram=st.integers(20, 300),
)
def test_a_column_of_counts_and_weights(bought: Bought, weights: list[int], heavy: int, per_kilogram: int) -> None:
    rows = [f"{name:<24}{quantity:>8}   {price * quantity:>9,}" for name, price, quantity in bought]
    grams = [*weights, heavy]
    amounts = [weight * per_kilogram // 10 // 10 * 10 for weight in grams]
    names = ["꽈리고추", "생강", "깻잎", "햇감자"][-len(grams) :]
    weighed = [*zip(names, grams, amounts, strict=True)]
    rows += [f"{name:<24}{weight / 1000:>8.3f}   {amount:>9,}" for name, weight, amount in weighed]
    receipt = receipt_of(rows, total_of(bought) + sum(amounts), titles=f"{'상품':<24}    수량        금액")
    assert listed(receipt)[: len(bought)] == plain(bought)
    read_weights = [(item.name, item.numbers.quantity, item.numbers.amount) for item in receipt.items[len(bought) :]]
    assert read_weights == [(name, Decimal(weight) / 1000, amount) for name, weight, amount in weighed]


@given(bought=BOUGHT, untaxed=st.sets(st.integers(0, 7), min_size=1), mark=st.sampled_from(["면", "과", "면세"]))
def test_a_kind_of_tax_in_a_column_of_its_own_is_no_part_of_a_name(
    bought: Bought, untaxed: set[int], mark: str
) -> None:
    rows = []
    for index, (name, price, quantity) in enumerate(bought):
        rows += [
            f"{name:<32}{mark if index in untaxed else ''}",
            f"  {price:>9,} X {quantity:<3}{price * quantity:>18,}",
        ]
    assert listed(receipt_of(rows, total_of(bought), titles="단가 X 수량             금액")) == plain(bought)


@given(bought=BOUGHT, mark=st.sampled_from(["*면세", "면세", "(면)", "*과세"]), place=st.integers(0, 7))
def test_a_kind_of_tax_behind_a_name_is_no_part_of_it(bought: Bought, mark: str, place: int) -> None:
    rows = []
    for index, (name, price, quantity) in enumerate(bought):
        tail = f" {mark}" if index == place % len(bought) else ""
        rows.append(f"{name + tail:<28}{price:>9,}   {quantity:>3}   {price * quantity:>9,}")
    assert listed(receipt_of(rows, total_of(bought))) == plain(bought)


@given(
    bought=BOUGHT,
    price=st.one_of(st.just("0"), st.none(), PRICES.map(lambda price: f"{10 * price:,}")),
    word=st.sampled_from(["서비스", "무료", "증정", "사은품"]),
    pieces=st.integers(1, 3),
)
def test_what_is_on_the_house_has_no_amount_whatever_its_price(
    bought: Bought, price: str | None, word: str, pieces: int
) -> None:
    """The word may stand for the unit price, too."""
    rows = [f"{name:<24}{price:>9,}   {quantity:>3}   {price * quantity:>9,}" for name, price, quantity in bought]
    receipt = receipt_of([*rows, f"{'계란찜':<24}{price or word:>9}   {pieces:>3}   {word:>9}"], total_of(bought))
    assert listed(receipt) == [*plain(bought), ("계란찜", 0, pieces)]
    assert receipt.items[-1].numbers.free


LONG = [
    "촉촉한 초코칩 대용량 기획",
    "맛있는우유GT 저지방 고칼슘",
    "무항생제 닭가슴살(냉장)",
    "모카골드 마일드 커피믹스",
]


@given(
    sizes=st.lists(st.tuples(st.integers(10, 999), st.sampled_from(["g", "ml", "kg"])), min_size=4, max_size=4),
    cuts=st.lists(st.integers(1, 3), min_size=4, max_size=4),
    prices=st.lists(PRICES, min_size=4, max_size=4),
)
def test_a_name_is_broken_within_its_size(sizes: list[tuple[int, str]], cuts: list[int], prices: list[int]) -> None:
    rows, expected = [], []
    for name, (size, unit), cut, tens in zip(LONG, sizes, cuts, prices, strict=True):
        before, after = f"{size}"[:cut], f"{size}"[cut:]
        full = f"{'오' * (32 - len(name) - len(before))} {name}"
        rows += [f"{full} {before}", f"{after}{unit} 묶음", f"{1:>10}   {10 * tens:>9,}   {10 * tens:>9,}"]
        expected.append((f"{full} {size}{unit} 묶음", 10 * tens, 1))
    receipt = receipt_of(rows, sum(amount for _, amount, _ in expected), titles="품명      수량       단가       금액")
    assert listed(receipt) == expected


@given(
    ends=st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from(["140g*4입", "150g", "355ml", "397g 캔"]))
        | st.tuples(st.sampled_from([500, 2080, 365]), st.sampled_from(["100ml 10병", "120g", "1L", "50g"])),
        min_size=4,
        max_size=4,
    ),
    prices=st.lists(PRICES, min_size=4, max_size=4),
)
def test_a_number_at_the_end_of_a_row_is_not_joined_to_a_size(ends: list[tuple[int, str]], prices: list[int]) -> None:
    rows, expected = [], []
    for name, (number, size), tens in zip(LONG, ends, prices, strict=True):
        full = f"{'오' * (31 - len(name) - len(str(number)))} {name} {number}"
        rows += [full, size, f"{1:>10}   {10 * tens:>9,}   {10 * tens:>9,}"]
        expected.append((f"{full} {size}", 10 * tens, 1))
    receipt = receipt_of(rows, sum(amount for _, amount, _ in expected), titles="품명      수량       단가       금액")
    assert listed(receipt) == expected


CODES = st.from_regex(r"[A-Z]{0,2}[0-9]{4,7}(?:-[A-Z]?[0-9]{2,5})?", fullmatch=True)


@given(
    bought=BOUGHT,
    label=st.sampled_from(["S/N", "LOT", "모델", "IMEI:", "제조번호", "모델명 :"]),
    codes=st.lists(CODES | st.just("AL0000"), min_size=8, max_size=8),
)
def test_a_number_of_a_device_or_lot_is_no_name(bought: Bought, label: str, codes: list[str]) -> None:
    rows = []
    for (name, price, quantity), code in zip(bought, codes, strict=False):
        rows += [f"■ {name}", f"  {label} {code}", f"  {price:>9,} × {quantity:<3}{price * quantity:>20,}"]
    receipt = read("\n".join(["행복전자 중앙점", "2025-03-14 18:05", *rows, f"총 판매금액{total_of(bought):>30,}"]))
    assert listed(receipt) == plain(bought)


@given(
    bought=BOUGHT,
    label=st.sampled_from(["S/N", "LOT", "MODEL", "IMEI:", "모델 :"]),
    code=st.from_regex(r"[A-Z]{1,2}[0-9]{4,7}(?:-[A-Z]?[0-9]{2,5})?", fullmatch=True),
    place=st.integers(0, 7),
    width=st.integers(14, 20),
)
def test_a_number_of_a_device_or_lot_below_the_numbers_starts_no_name(
    bought: Bought, label: str, code: str, place: int, width: int
) -> None:
    assume(len(bought) > 2)
    rows = [f"{name:<{width}}{quantity:>2}   {price * quantity:>9,}" for name, price, quantity in bought]
    rows.insert(1 + place % (len(rows) - 1), f"  {label} {code}")
    assert listed(receipt_of(rows, total_of(bought), titles=None)) == plain(bought)


@given(
    parts=st.lists(
        st.tuples(st.sampled_from(["한우", "한돈", "국내산"]), st.sampled_from(["등심", "목살", "안심", "국거리"])),
        min_size=3,
        max_size=8,
        unique=True,
    ),
    prices=st.lists(PRICES, min_size=8, max_size=8),
    titled=st.booleans(),
)
def test_names_in_two_columns_keep_both_parts(parts: list[tuple[str, str]], prices: list[int], titled: bool) -> None:
    """A kind is that of an item: `한돈 | 목살` and `한돈 | 삼겹살` are names."""
    assume(len({first for first, _ in parts}) < len(parts))
    bought = [(f"{first} {second}", 10 * price, 1) for (first, second), price in zip(parts, prices, strict=False)]
    rows = [f"{name.replace(' ', ' ' * 10):<24}{1:>3}   {price:>9,}" for name, price, _ in bought]
    titles = f"{'품명':<24}수량       금액" if titled else None
    assert listed(receipt_of(rows, total_of(bought), titles=titles)) == plain(bought)


@given(
    brands=st.lists(
        st.sampled_from(["농심", "오뚜기", "풀무원", "서울", "동원", "사조"]), min_size=4, max_size=6, unique=True
    ),
    products=st.lists(st.sampled_from(["우유", "참치", "카레"]), min_size=6, max_size=6),
    prices=st.lists(PRICES, min_size=6, max_size=6),
)
def test_brands_in_a_column_are_part_of_names(brands: list[str], products: list[str], prices: list[int]) -> None:
    bought = [
        (f"{brand} {product}", 10 * price, 1) for brand, product, price in zip(brands, products, prices, strict=False)
    ]
    rows = [f"{name.replace(' ', ' ' * 10):<24}{1:>3}   {price:>9,}" for name, price, _ in bought]
    assert listed(receipt_of(rows, total_of(bought), titles=None)) == plain(bought)


@given(
    bought=st.lists(
        st.tuples(
            st.sampled_from(
                ["횡성한우국밥", "딸기잼 식빵", "수제등심돈까스", "통감자구이", "성주참외 1.5kg", "메밀소바"]
            ),
            PRICES,
            st.integers(1, 9),
        ),
        min_size=3,
        max_size=6,
        unique_by=lambda item: item[0],
    ),
    kinds=st.lists(st.sampled_from(["과일", "한식", "면류", "안주", "농산", "유제품"]), min_size=8, max_size=8),
)
def test_a_column_of_kinds_is_no_part_of_names(bought: Bought, kinds: list[str]) -> None:
    used = kinds[: len(bought)]
    rows = [
        f"{name:<16}    {kind}{quantity:>9}   {price * quantity:>9,}"
        for (name, price, quantity), kind in zip(bought, used, strict=True)
    ]
    assert listed(receipt_of(rows, total_of(bought), titles=None)) == plain(bought)


@given(bought=BOUGHT, net=st.integers(10, 99), place=st.integers(0, 7))
def test_a_price_of_two_figures_before_its_tax_is_no_quantity(bought: Bought, net: int, place: int) -> None:
    tax = round(net / 10)
    bought = [(name, 10 * price, quantity) for name, price, quantity in bought]
    rows = [
        f"{name:<24}{quantity:>3}   {price * quantity:>9,}   {0:>6}   {price * quantity:>9,}"
        for name, price, quantity in bought
    ]
    place %= len(bought)
    rows.insert(place, f"{'껌':<24}{1:>3}   {net:>9}   {tax:>6}   {net + tax:>9}")
    bought.insert(place, ("껌", net + tax, 1))
    receipt = receipt_of(rows, total_of(bought), titles=f"{'품명':<24}수량      공급가     세액        금액")
    assert listed(receipt) == plain(bought)


@given(
    bought=BOUGHT,
    choice=st.sampled_from(["+1/2샷", "-2단계", "+3펌프", "+ 1샷", "-1/2스푼", "└ 1/2 시럽", "+1/2 얼음"]),
    place=st.integers(0, 7),
)
def test_a_measure_of_a_choice_is_no_part_of_a_name(bought: Bought, choice: str, place: int) -> None:
    rows = [f"{name:<24}{quantity:>8}   {price * quantity:>9,}" for name, price, quantity in bought]
    rows.insert(1 + place % len(bought), f"  {choice}")
    receipt = receipt_of(rows, total_of(bought), titles=f"{'메뉴명':<24}    수량        금액")
    assert listed(receipt) == plain(bought)


@given(
    bought=BOUGHT,
    size=st.sampled_from(["50ml 1+1기획", "120g 행사상품", "1.5L 2+1", "80g 증정기획"]),
    places=st.sets(st.integers(0, 7), min_size=1),
)
def test_the_rest_of_a_name_may_name_a_promotion(bought: Bought, size: str, places: set[int]) -> None:
    bought = [(f"{name} {'오' * (25 - len(name))}", 10 * price, quantity) for name, price, quantity in bought]
    rows, expected = [], []
    for index, (name, price, quantity) in enumerate(bought):
        rows.append(f"{name}  {price:>6,}   {quantity:>3}   {price * quantity:>9,}")
        rows += [size] if index in places else []
        expected.append((f"{name} {size}" if index in places else name, price * quantity, quantity))
    receipt = receipt_of(rows, total_of(bought), titles=f"{'상품명':<40}단가   수량       금액")
    assert listed(receipt) == expected


@given(bought=BOUGHT, misread=st.integers(0, 9), place=st.integers(0, 7))
def test_a_line_number_in_two_boxes_counts_once_whatever_it_is_read_as(
    bought: Bought, misread: int, place: int
) -> None:
    rows = [f"{index} {name:<24}{numbers(price, quantity)}" for index, (name, price, quantity) in enumerate(bought, 1)]
    boxes = paper("\n".join(["행복마트", "2025-03-14 18:05", f"NO {TITLES}", *rows, f"합  계{total_of(bought):>44,}"]))
    place = place % len(bought)
    box = next(box for box in boxes if box.text.startswith(f"{place + 1} {bought[place][0]}"))
    beside = np.array(box.quad)
    beside[1:3, 0] = beside[0, 0] + 14
    boxes[boxes.index(box)] = text_box(f"{misread}{box.text[1:]}", box.quad, 0.99)
    boxes.append(text_box(str(place + 1), beside - np.float32([8, 0]), 0.99))
    assert listed(parse_receipt(group(boxes), NOW)) == plain(bought)


@given(
    bought=BOUGHT,
    words=st.lists(
        st.sampled_from(["딸기", "초코", "플레인", "매운", "순한", "등심", "안심", "무선", "국내산"]),
        min_size=8,
        max_size=8,
    ),
)
def test_what_stands_apart_from_a_name_and_is_no_kind_is_part_of_it(bought: Bought, words: list[str]) -> None:
    rows = [
        f"{name:<16}    {word}{quantity:>9}   {price * quantity:>9,}"
        for (name, price, quantity), word in zip(bought, words, strict=False)
    ]
    names = [f"{name} {word}" for (name, *_), word in zip(bought, words, strict=False)]
    assert [name for name, *_ in listed(receipt_of(rows, total_of(bought), titles=None))] == names


@given(
    names=st.lists(
        st.sampled_from(["국물멸치(대)", "황태채", "다시마", "쥐포(알)"]), min_size=2, max_size=4, unique=True
    ),
    grams=st.lists(st.integers(101, 3000), min_size=4, max_size=4),
    price=st.integers(30, 500),
    form=st.sampled_from(
        ["{kg:.3f} kg       {price:,}/kg", "{kg:.3f}kg   x   {price:,}/kg", "{grams}g      @{per:,}/100g"]
    ),
)
def test_weights_and_prices_per_weight_below_names(names: list[str], grams: list[int], price: int, form: str) -> None:
    rows, expected = [], []
    for name, weight in zip(names, grams, strict=False):
        amount = weight * price // 10
        numbers = form.format(kg=weight / 1000, price=100 * price, grams=weight, per=10 * price)
        rows += [name, f"  {numbers:<30}{amount:>9,}"]
        expected.append((name, Decimal(weight) if "100g" in form else Decimal(weight) / 1000, amount))
    receipt = receipt_of(rows, sum(amount for *_, amount in expected), titles=None)
    assert [(item.name, item.numbers.quantity, item.numbers.amount) for item in receipt.items] == expected


@given(bought=BOUGHT, sign=st.sampled_from("*xX×"))
def test_a_sign_before_the_quantity(bought: Bought, sign: str) -> None:
    rows = [f"{name:<24}{f'{sign}{quantity}':>8}   {price * quantity:>9,}" for name, price, quantity in bought]
    assert listed(receipt_of(rows, total_of(bought), titles=None)) == plain(bought)


@given(bought=BOUGHT, places=st.sets(st.integers(0, 7), min_size=1))
def test_products_without_separators_touch_their_sign(bought: Bought, places: set[int]) -> None:
    bought = [(name, 10 * price, quantity) for name, price, quantity in bought]
    rows = [f"{name:<20}{f'{price}*{quantity}':>12}   {price * quantity:>9}" for name, price, quantity in bought]
    text = "\n".join(["행복고등학교 매점", "24.03.11 10:32", *rows, f"합계{total_of(bought):>40}"])
    assert listed(read(text)) == plain(bought)


@given(
    bought=BOUGHT,
    codes=st.lists(st.integers(1000, 9999), min_size=8, max_size=8, unique=True),
    form=st.sampled_from(["{:d}", "[{:05d}]", "[{:d}7]"]),
    below=st.booleans(),
)
def test_codes_of_a_store_before_all_names(bought: Bought, codes: list[int], form: str, below: bool) -> None:
    assume(len(bought) > 2)
    rows = []
    for (name, price, quantity), code in zip(bought, codes, strict=False):
        numbered = numbers(price, quantity)
        rows += (
            [f"{form.format(code)} {name}", f"{'':<18}{numbered}"]
            if below
            else [f"{form.format(code) + ' ' + name:<26}{numbered}"]
        )
    assert listed(receipt_of(rows, total_of(bought))) == plain(bought)


@given(bought=BOUGHT, pieces=st.integers(2, 300), unit=st.sampled_from("TVEST"))
def test_a_name_beside_its_code_ends_in_a_size(bought: Bought, pieces: int, unit: str) -> None:
    bought = [(f"{name} {pieces}{unit}", price, quantity) for name, price, quantity in bought]
    rows = []
    for position, (name, price, quantity) in enumerate(bought):
        rows += [f"{gtin(position)}  {name}", f"{price:>20,} x {quantity:<3}{price * quantity:>14,}"]
    receipt = receipt_of(rows, total_of(bought), titles=None)
    assert listed(receipt) == plain(bought)
    assert [item.barcode for item in receipt.items] == [gtin(position) for position in range(len(bought))]


@given(size=st.integers(100, 999), unit=st.sampled_from(["g", "ml"]), prices=st.lists(PRICES, min_size=3, max_size=3))
def test_a_name_takes_three_rows_beside_its_numbers(size: int, unit: str, prices: list[int]) -> None:
    bought = [("국내산 냉장 무항생제 닭", 10 * prices[0], 1), ("꼬마돈가스", 10 * prices[1], 2)]
    bought += [("동서 포스트 오곡코코볼콘", 10 * prices[2], 1)]
    rows = [f"{name:<15}{price:>7,}   {quantity:>3}   {price * quantity:>9,}" for name, price, quantity in bought]
    rows[1:1] = [f"다리살 정육(냉장) {size // 10}", f"{size % 10}{unit}"]
    rows.append("푸라이트 600g")
    receipt = receipt_of(rows, total_of(bought), titles="상품명          단가   수량       금액")
    names = [f"{bought[0][0]} 다리살 정육(냉장) {size}{unit}", "꼬마돈가스", f"{bought[2][0]} 푸라이트 600g"]
    assert [item.name for item in receipt.items] == names


@given(bought=BOUGHT, label=st.sampled_from(["AMOUNT DUE", "TOTAL DUE", "GRAND TOTAL"]))
def test_labels_below_an_english_list(bought: Bought, label: str) -> None:
    rows = [f"{quantity:<4}{name:<22}{price * quantity:>12,}" for name, price, quantity in bought]
    rows += [
        f"{'ITEM COUNT':<26}{len(bought):>12}",
        f"{'SUBTOTAL':<26}{total_of(bought):>12,}",
        f"{'D/C':<26}{-10:>12}",
    ]
    rows += [f"{label:<26}{total_of(bought) - 10:>12,}", f"{'CREDIT CARD':<26}{total_of(bought) - 10:>12,}"]
    receipt = read("\n".join(["행복백화점", "2024/02/24 13:12:45", "Qty Item                     Price", *rows]))
    assert listed(receipt) == plain(bought)
    assert (receipt.totals.total, receipt.totals.matches) == (total_of(bought) - 10, True)


@given(
    bought=BOUGHT,
    choice=st.sampled_from(["+1/2샷", "+컵", "-ICE"]),
    points=st.sampled_from(["누적 포인트   1,204", "사용 포인트  11,204", "적립 포인트  320"]),
    note=st.sampled_from(["주차 2시간 무료", "또 오세요", "행복한 하루"]),
)
def test_a_note_below_the_points_of_a_customer_is_no_rest_of_a_name(
    bought: Bought, choice: str, points: str, note: str
) -> None:
    """The receipt has no total, which would end the list."""
    rows = [f"{name:<24}{quantity:>8}   {10 * price * quantity:>9,}" for name, price, quantity in bought]
    titles = f"{'품명':<24}    수량        금액"
    receipt = read("\n".join(["행복마트", "2025-03-14 18:05", titles, *rows, f" {choice}", points, note]))
    assert listed(receipt) == [(name, 10 * price * quantity, quantity) for name, price, quantity in bought]


@given(bought=BOUGHT, rates=st.lists(st.sampled_from([0, 10, 20, 50]), min_size=8, max_size=8))
def test_a_share_of_nothing_is_taken_off(bought: Bought, rates: list[int]) -> None:
    bought = [(name, 100 * price, quantity) for name, price, quantity in bought]
    rows, off = [], 0
    for (name, price, quantity), rate in zip(bought, rates, strict=False):
        amount = price * quantity
        less = -amount * rate // 100
        rows.append(f"{name:<20}{price:>9,}  {quantity:>3}   {rate:>3}%   {less:>9,}   {amount + less:>9,}")
        off += less
    receipt = receipt_of(rows, total_of(bought) + off, titles=f"{'품명':<24}단가   수량   할인율    할인      금액")
    assert listed(receipt) == plain(bought)


@given(bought=BOUGHT, gap=st.integers(4, 40), of_sums=st.integers(8, 60), parts=st.booleans())
def test_amounts_may_stand_in_another_column_than_their_sums(
    bought: Bought, gap: int, of_sums: int, parts: bool
) -> None:
    bought = [(name, 10 * price, 1) for name, price, _ in bought]
    end = "   국내산" if parts else ""
    rows = [f"{name}{end}{' ' * (gap + 20 - len(name))}{price:,}" for name, price, _ in bought]
    sums = [f"{label}{' ' * of_sums}{total_of(bought):,}" for label in ("합계", "신용카드")]
    receipt = read("\n".join(["행복마트 중앙점", "2025-03-14 18:05", *rows, *sums]))
    expected = [(f"{name} 국내산" if parts else name, price) for name, price, _ in bought]
    assert [(item.name, item.numbers.amount) for item in receipt.items] == expected
    assert receipt.totals.matches


@given(
    parts=st.lists(BOUGHT, min_size=2, max_size=3),
    label=st.sampled_from(["합계 {}종", "계 {}건", "소계 ({}품목)", "총 {}건"]),
)
def test_counted_sums_of_parts_do_not_end_a_list(parts: list[Bought], label: str) -> None:
    rows = []
    for bought in parts:
        rows += [*one_row(bought), f"{label.format(len(bought)):<40}{total_of(bought):>9,}"]
    bought = [item for part in parts for item in part]
    receipt = receipt_of(rows, total_of(bought))
    assert listed(receipt) == plain(bought)
    assert receipt.totals.matches


@given(bought=BOUGHT, behind=st.booleans(), count_first=st.booleans(), separated=st.booleans())
def test_the_tax_that_an_amount_contains_is_no_quantity_and_no_amount(
    bought: Bought, behind: bool, count_first: bool, separated: bool
) -> None:
    bought = [(name, 10 * price, quantity) for name, price, quantity in bought]

    def won(value: int) -> str:
        return f"{value:,}" if separated else str(value)

    rows = []
    for name, price, quantity in bought:
        amount, tax = price * quantity, round(price * quantity / 11)
        first, second = (str(quantity), won(price)) if count_first else (won(price), str(quantity))
        third, fourth = (won(amount), won(tax)) if behind else (won(tax), won(amount))
        rows.append(f"{name:<24}{first:>8}   {second:>8}   {third:>9}   {fourth:>9}")
    titles = f"{'품명':<24}    단가       수량     {'금액       세액' if behind else '세액       금액'}"
    receipt = receipt_of(rows, total_of(bought), titles=titles)
    assert listed(receipt) == plain(bought)
    assert receipt.totals.matches


@given(bought=BOUGHT, untaxed=st.sets(st.integers(0, 7), min_size=1))
def test_a_tax_of_nothing_before_the_sum(bought: Bought, untaxed: set[int]) -> None:
    rows, expected = [], []
    for index, (name, tens, quantity) in enumerate(bought):
        price = 10 * tens
        amount = price * quantity
        tax = 0 if index in untaxed else amount // 10
        rows.append(f"{name:<24}{price:>8,}   {quantity:>4}   {amount:>9,}   {tax:>8,}   {amount + tax:>9,}")
        expected.append((name, amount + tax, quantity))
    titles = f"{'품목':<24}    단가   수량    공급가       세액        합계"
    receipt = receipt_of(rows, sum(amount for _, amount, _ in expected), titles=titles)
    assert listed(receipt) == expected


@given(
    bought=BOUGHT,
    labels=st.sampled_from([("면세 {}건", "과세 {}건"), ("과세 {}종", "면세 {}종")]),
    cut=st.integers(0, 8),
)
def test_counted_sums_of_kinds_of_tax_are_no_items(bought: Bought, labels: tuple[str, str], cut: int) -> None:
    parts = [part for part in (bought[:cut], bought[cut:]) if part]
    sums = [f"{label.format(len(part)):<40}{total_of(part):>9,}" for label, part in zip(labels, parts, strict=False)]
    receipt = receipt_of([*one_row(bought), *sums], total_of(bought))
    assert listed(receipt) == plain(bought)


@given(
    parts=st.lists(BOUGHT, min_size=2, max_size=2),
    labels=st.sampled_from([("면세 {}건", "과세 {}건"), ("과세 {}종", "면세 {}종")]),
    above=st.booleans(),
    titled=st.booleans(),
)
def test_counted_sums_of_kinds_of_tax_stand_above_or_below_their_parts(
    parts: list[Bought], labels: tuple[str, str], above: bool, titled: bool
) -> None:
    rows = []
    for bought, label in zip(parts, labels, strict=True):
        total = f"{label.format(len(bought)):<40}{total_of(bought):>9,}"
        rows += [total, *one_row(bought)] if above else [*one_row(bought), total]
    bought = [item for part in parts for item in part]
    receipt = receipt_of(rows, total_of(bought), titles=TITLES if titled else None)
    assert listed(receipt) == plain(bought)
    assert receipt.totals.matches


@given(bought=BOUGHT, sums=st.integers(0, 3), label=st.sampled_from(["과세 {}건", "과세 {}종", "면세 {}건"]))
def test_a_counted_sum_of_a_kind_of_tax_in_the_column_of_the_sums(bought: Bought, sums: int, label: str) -> None:
    """The sums end elsewhere than the amounts of items."""
    won = f"{total_of(bought):,}"
    labels = [label.format(len(bought)), f"합계 {len(bought)}건", "카드결제"]
    rows = [*one_row(bought), *(f"{text:<{30 - 2 * sums}}{won:>10}" for text in labels)]
    receipt = read("\n".join(["행복마트", "2026-02-14 18:05", *rows]))
    assert listed(receipt) == plain(bought)


@given(bought=BOUGHT, dish=st.sampled_from(["DELIVERY 피자", "DELIVERY BOX", "SHIPPING TAPE"]), place=st.integers(0, 8))
def test_a_product_that_begins_like_a_fee_is_an_item(bought: Bought, dish: str, place: int) -> None:
    bought = [*bought[:place], (dish, 3000, 1), *bought[place:]]
    assert listed(receipt_of(one_row(bought), total_of(bought))) == plain(bought)


@given(words=st.integers(20, 60), word=st.sampled_from(["수량 ", "수 량 ", "수량: ", "x "]))
def test_a_row_of_repeated_labels_of_counts_takes_no_exponential_time(words: int, word: str) -> None:
    """Each further label would double the time."""
    receipt = receipt_of([*one_row([("콩나물", 1000, 2)]), word * words + "종"], 2000)
    assert listed(receipt)[0][1:] == (2000, 2)
