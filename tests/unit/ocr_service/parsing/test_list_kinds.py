"""What lists print besides plain items: free and void lines, tags, coupons, counts, options, names that do not fit."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ocr_service.fields import ItemField, Role
from ocr_service.parsing.single_receipt import parse_single_receipt
from tests.support.printing import gtin
from tests.support.typed_receipts import (
    BOUGHT,
    NAMES,
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


@given(
    bought=BOUGHT,
    place=st.integers(0, 9),
    word=st.sampled_from(["증정품", "증정", "덤", "무료", "[증정]", "1+1증정", "(증정품)"]),
    pieces=st.integers(1, 3),
)
def test_what_is_given_away_is_an_item_with_the_amount_0(bought: Bought, place: int, word: str, pieces: int) -> None:
    rows = [f" {name:<22}{quantity:>12}   {price * quantity:>9,}" for name, price, quantity in bought]
    place = min(place, len(rows))
    rows.insert(place, f" {'초코링':<22}{pieces:>12}   {word:>9}")
    expected = plain(bought)
    expected.insert(place, ("초코링", 0, pieces))
    receipt = receipt_of(rows, total_of(bought), titles=None)
    assert listed(receipt) == expected
    assert receipt.items[place].numbers.free
    assert receipt.totals.matches is True


@given(bought=BOUGHT, word=st.sampled_from(["증정)", "[증정] ", "1+1 ", "2+1)", "사은품 "]), titled=st.booleans())
def test_a_name_that_says_so_at_0_won_is_given_away(bought: Bought, word: str, titled: bool) -> None:
    rows = [*one_row(bought), f"{word + '초코링':<33}   {1:>3}   {0:>9}"]
    receipt = receipt_of(rows, total_of(bought), titles=TITLES if titled else None)
    assert [(item.numbers.amount, item.numbers.free) for item in receipt.items[len(bought) :]] == [(0, True)]
    assert receipt.items[-1].name.endswith("초코링")


@given(
    bought=BOUGHT,
    place=st.integers(0, 9),
    name=st.sampled_from(["컵밥 미역국", "아이스컵 L", "물티슈 10매", "소스 매운맛"]),
    remark=st.sampled_from(["└ 도시락 구매 증정", "  (2만원 이상 증정)", "- 사은품", "ㄴ구매증정"]),
    priced=st.booleans(),
)
def test_what_the_row_below_says_is_given_away_is_an_item(
    bought: Bought, place: int, name: str, remark: str, priced: bool
) -> None:
    """Its name may have a word of choices, such as a cup."""
    rows = [f"{n:<24}{f'{p:,}' if priced else '':>9}   {q:>3}   {p * q:>9,}" for n, p, q in bought]
    place = 1 + place % len(bought)
    rows[place:place] = [f"{name:<24}{'0' if priced else '':>9}   {1:>3}   {0:>9}", remark]
    expected = plain(bought)
    expected.insert(place, (name, 0, 1))
    receipt = receipt_of(rows, total_of(bought), titles=TITLES if priced else None)
    assert listed(receipt) == expected
    assert receipt.totals.matches


@given(bought=BOUGHT, again=st.integers(0, 9))
def test_one_more_piece_of_an_item_at_0_won_is_an_item(bought: Bought, again: int) -> None:
    name, *_ = bought[again % len(bought)]
    rows = [f" {name:<22}{quantity:>12}   {price * quantity:>9,}" for name, price, quantity in bought]
    receipt = receipt_of([*rows, f" {name:<22}{1:>12}   {0:>9}"], total_of(bought), titles=None)
    assert listed(receipt) == [*plain(bought), (name, 0, 1)]


@given(
    bought=BOUGHT,
    void=st.integers(0, 9),
    word=st.sampled_from(["*취소 {}", "[취소] {}", "{} 취소", "반품 {}", "VOID {}", "{}"]),
)
def test_a_void_line_cancels_its_item(bought: Bought, void: int, word: str) -> None:
    name, price, quantity = bought[void % len(bought)]
    kept = [item for item in bought if item[0] != name]
    rows = [*one_row(bought), f"{word.format(name):<24}{price:>9,}   {-quantity:>3}   {-price * quantity:>9,}"]
    receipt = receipt_of(rows, total_of(kept))
    assert listed(receipt) == plain(kept)
    assert receipt.totals.matches is True


@given(bought=BOUGHT, void=st.integers(0, 9))
def test_a_void_line_with_an_amount_only_cancels_its_item(bought: Bought, void: int) -> None:
    name, price, quantity = bought[void % len(bought)]
    kept = [item for item in bought if item[0] != name]
    receipt = receipt_of([*one_row(bought), f"*취소 {name}{-price * quantity:>28,}"], total_of(kept))
    assert listed(receipt) == plain(kept)


@given(bought=BOUGHT, void=st.integers(0, 9))
def test_some_pieces_of_an_item_are_cancelled(bought: Bought, void: int) -> None:
    name, price, quantity = bought[void % len(bought)]
    assume(quantity > 1)
    kept = [(n, p, q - 1 if n == name else q) for n, p, q in bought]
    receipt = receipt_of([*one_row(bought), f"*취소 {name:<20}{price:>9,}   {-1:>3}   {-price:>9,}"], total_of(kept))
    assert listed(receipt) == plain(kept)


@given(
    bought=BOUGHT,
    void=st.integers(0, 9),
    pieces=st.integers(1, 8),
    word=st.sampled_from(["정정", "취소", "* 취소 *", "반품"]),
    priced=st.booleans(),
)
def test_pieces_of_the_item_above_are_taken_back_without_its_name(
    bought: Bought, void: int, pieces: int, word: str, priced: bool
) -> None:
    void %= len(bought)
    name, price, quantity = bought[void]
    assume(pieces < quantity)
    rows = [f"{n:<24}{f'{p:,}' if priced else '':>9}   {q:>3}   {p * q:>9,}" for n, p, q in bought]
    unit_price = f"{price:,}" if priced else ""
    rows.insert(void + 1, f"{word:<24}{unit_price:>9}   {-pieces:>3}   {-price * pieces:>9,}")
    kept = [(n, p, q - pieces if n == name else q) for n, p, q in bought]
    titles = TITLES if priced else TITLES.replace("단가", "    ")
    assert listed(receipt_of(rows, total_of(kept), titles=titles)) == plain(kept)


@given(
    bought=BOUGHT,
    void=st.integers(0, 9),
    pieces=st.integers(1, 8),
    word=st.sampled_from(["취소 {}", "[취소] {}", "반품 {}", "VOID {}", "{}"]),
)
def test_some_pieces_are_cancelled_in_a_list_without_unit_prices(
    bought: Bought, void: int, pieces: int, word: str
) -> None:
    name, price, quantity = bought[void % len(bought)]
    assume(quantity > pieces)
    kept = [(n, p, q - pieces if n == name else q) for n, p, q in bought]
    rows = [f"{n:<24}{q:>12}   {p * q:>9,}" for n, p, q in bought]
    rows.append(f"{word.format(name):<24}{-pieces:>12}   {-pieces * price:>9,}")
    receipt = receipt_of(rows, total_of(kept), titles=f"{'상품명':<27}       수량       금액")
    assert listed(receipt) == plain(kept)
    assert receipt.totals.matches is True


@given(
    cups=st.permutations([("카페 모카(S)", 1), ("카페 모카(L)", 2), ("카페 모카(ICE)", 1)]),
    price=PRICES,
    word=st.sampled_from(["취소 {}", "{}"]),
    other=st.sampled_from(["녹차 라떼", "레몬 에이드"]),
)
def test_a_void_line_takes_back_what_it_names(cups: list[tuple[str, int]], price: int, word: str, other: str) -> None:
    rows = [f"{name:<24}{count:>12}   {price * count:>9,}" for name, count in cups]
    void = f"{word.format('카페 모카(L)'):<24}{-1:>12}   {-price:>9,}"
    receipt = receipt_of([*rows, void], 3 * price, titles=f"{'상품명':<27}       수량       금액")
    assert listed(receipt) == [(name, price, 1) for name, _ in cups]
    void = f"{f'취소 {other}':<24}{-1:>12}   {-price:>9,}"
    receipt = receipt_of([*rows, void], 3 * price, titles=f"{'상품명':<27}       수량       금액")
    assert listed(receipt) == [(name, price * count, count) for name, count in cups]


@given(
    bought=BOUGHT,
    tag=st.sampled_from([" [행사]", "  [행사]", " [할인]", " 행사"]),
    start=st.integers(1, 30),
    numbered=st.booleans(),
)
def test_a_tagged_name_above_its_code_is_kept(bought: Bought, tag: str, start: int, numbered: bool) -> None:
    rows = []
    for position, (name, price, quantity) in enumerate(bought):
        rows += [f"{f'{start + position:02d}* ' if numbered else ''}{name}{tag}"]
        rows += [f" {gtin(position):<23}{numbers(price, quantity)}"]
    receipt = receipt_of(rows, total_of(bought))
    assert listed(receipt) == plain(bought)
    assert [item.barcode for item in receipt.items] == [gtin(position) for position in range(len(bought))]


@pytest.mark.parametrize("word", ["행사", "쿠폰", "포인트", "안내", "증정", "세일"])
@given(bought=BOUGHT)
def test_a_name_with_a_word_for_a_discount_or_notice_is_kept(word: str, bought: Bought) -> None:
    rows = []
    for position, (name, price, quantity) in enumerate(bought):
        rows += [f"{word}){name}", f" {gtin(position):<23}{numbers(price, quantity)}"]
    receipt = receipt_of(rows, total_of(bought))
    assert [item.name.removeprefix(f"{word})") for item in receipt.items] == [name for name, *_ in bought]
    assert not any(item.name.isdigit() for item in receipt.items)


@given(bought=BOUGHT)
def test_a_name_that_takes_two_rows_is_one_name(bought: Bought) -> None:
    first = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허고노도로모보소오조초코토포호"
    rows = []
    for position, (name, price, quantity) in enumerate(bought, 1):
        rows += [f"{position:03d} {first}", f"{name}", f" {gtin(position):<23}{numbers(price, quantity)}"]
    receipt = receipt_of(rows, total_of(bought))
    assert [item.name for item in receipt.items] == [f"{first} {name}" for name, *_ in bought]


@given(bought=BOUGHT)
def test_a_name_that_ends_beside_the_numbers_is_one_name(bought: Bought) -> None:
    first = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼"
    rows = [row for plain_row in one_row(bought) for row in (first.ljust(36, "호"), plain_row)]
    receipt = receipt_of(rows, total_of(bought))
    assert [item.name for item in receipt.items] == [f"{first.ljust(36, '호')} {name}" for name, *_ in bought]


@given(bought=BOUGHT, glued=st.integers(0, 9), gap=st.booleans())
def test_a_unit_price_that_touches_the_name_is_not_part_of_it(bought: Bought, glued: int, gap: bool) -> None:
    rows = one_row(bought)
    name, price, quantity = bought[glued % len(bought)]
    assume(price >= 1000 or gap)
    assume(not name.endswith("입"))  # `5입1,000` is a quantity and a unit price
    assume(price * quantity >= 1000)
    touching = f"{name}{price:,}" if not gap else f"{name}  {price:,}"
    rows[glued % len(bought)] = f"{touching:>33}   {'':>3}   {price * quantity:>9,}"
    assert listed(receipt_of(rows, total_of(bought))) == plain(bought)


@given(bought=BOUGHT, coupon=st.integers(0, 9), off=st.integers(1, 9).map(lambda tens: 10 * tens))
def test_an_indented_coupon_without_its_sign_is_a_discount(bought: Bought, coupon: int, off: int) -> None:
    coupon %= len(bought)
    rows = one_row(bought)
    rows.insert(coupon + 1, f"       @CJ_1만원1천원{off:>33}")
    receipt = receipt_of(rows, total_of(bought) - off)
    assert listed(receipt) == plain(bought)
    assert receipt.items[coupon].discount == -off


REMARKS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "  ", " * "]),
    st.sampled_from(["원산지", "제조사", "보관방법", "보관 방법", "등급", "부위", "용도", "요청사항"]),
    st.sampled_from([":", ": ", " : ", "："]),
    st.sampled_from(["국내산", "냉장", "1++", "구이용", "(주)농심", "미국산 / 냉동"]),
)


@given(
    bought=BOUGHT,
    remark=st.one_of(REMARKS, st.just("할부개월: 일시불")),
    place=st.integers(0, 9),
    coded=st.booleans(),
    total=st.booleans(),
)
def test_a_label_with_a_value_below_an_item_is_no_part_of_a_name(
    bought: Bought, remark: str, place: int, coded: bool, total: bool
) -> None:
    """coded: the codes of the items stand below, in rows of their own."""
    rows = []
    for position, row in enumerate(one_row(bought)):
        rows += [row, *([remark] if position == place % len(bought) else []), *([gtin(position)] if coded else [])]
    receipt = receipt_of(rows, total_of(bought)) if total else read("\n".join(["행복마트", TITLES, *rows]))
    assert listed(receipt) == plain(bought)
    assert [item.barcode for item in receipt.items] == [gtin(i) if coded else None for i in range(len(bought))]


@given(bought=BOUGHT, remark=REMARKS, place=st.integers(0, 9), numbered=st.booleans(), coded=st.booleans())
def test_a_label_with_a_value_between_a_name_and_its_numbers_is_no_part_of_the_name(
    bought: Bought, remark: str, place: int, numbered: bool, coded: bool
) -> None:
    rows = []
    for position, (name, price, quantity) in enumerate(bought):
        code = gtin(position) if coded else ""
        rows += [f"{position + 1} {name}" if numbered else name, *([remark] if position == place % len(bought) else [])]
        rows += [f"{code:<24}{numbers(price, quantity)}"]
    assert listed(receipt_of(rows, total_of(bought))) == plain(bought)


@given(
    bought=BOUGHT,
    brand=st.sampled_from(["오뚜기", "풀무원", "상품명", "행사상품"]),
    colon=st.sampled_from([":", ": ", "："]),
)
def test_a_name_above_its_numbers_may_have_a_colon(bought: Bought, brand: str, colon: str) -> None:
    rows = []
    for position, (name, price, quantity) in enumerate(bought):
        rows += [f"{brand}{colon}{name}", f"{gtin(position):<24}{numbers(price, quantity)}"]
    receipt = receipt_of(rows, total_of(bought))
    assert [item.name.rpartition(colon)[2] for item in receipt.items] == [name for name, *_ in bought]
    assert [item.numbers.amount for item in receipt.items] == [price * quantity for _, price, quantity in bought]


AS_LETTERS = str.maketrans({"0": "O", "1": "l", "2": "Z", "5": "S", "6": "b", "8": "B", "9": "g"})


@given(
    bought=BOUGHT,
    price=st.integers(2, 33).map(lambda tens: 10 * tens),
    quantity=st.integers(1, 3),
    damaged=st.sampled_from(["amount", "price", "both"]),
    kept=st.integers(0, 1),
)
def test_a_product_proves_letters_in_amounts_below_1000(
    bought: Bought, price: int, quantity: int, damaged: str, kept: int
) -> None:
    """kept: the digit that is read as one."""

    def read_as(won: int, column: str) -> str:
        text = str(won)
        if damaged not in (column, "both"):
            return text
        return "".join(digit if at == kept else digit.translate(AS_LETTERS) for at, digit in enumerate(text))

    rows = one_row(bought)
    numbers_read = f"{read_as(price, 'price'):>9}   {quantity:>3}   {read_as(price * quantity, 'amount'):>9}"
    rows.insert(1, f"{'츄파춥스':<24}{numbers_read}")
    receipt = receipt_of(rows, total_of(bought) + price * quantity)
    expected = plain(bought)
    assert listed(receipt) == [expected[0], ("츄파춥스", price * quantity, quantity), *expected[1:]]
    assert receipt.totals.matches is True


@given(bought=BOUGHT, place=st.integers(0, 9), damaged=st.sampled_from(["amount", "price", "both"]))
def test_a_product_proves_amounts_with_a_space_for_their_separator(bought: Bought, place: int, damaged: str) -> None:
    rows = one_row(bought)
    name, price, quantity = bought[place % len(bought)]
    assume((price if damaged == "price" else price * quantity) >= 1000)
    columns = [
        f"{won:,}".replace(",", " ") if damaged in (column, "both") else f"{won:,}"
        for column, won in (("price", price), ("amount", price * quantity))
    ]
    rows[place % len(bought)] = f"{name:<24}{columns[0]:>9}   {quantity:>3}   {columns[1]:>9}"
    receipt = receipt_of(rows, total_of(bought))
    assert listed(receipt) == plain(bought)
    assert [item.numbers.unit_price for item in receipt.items] == [price for _, price, _ in bought]


@given(figure=st.integers(1, 30), price=st.integers(10, 99).map(lambda tens: 10 * tens), quantity=st.integers(1, 9))
def test_a_figure_before_a_small_unit_price_is_no_part_of_it(figure: int, price: int, quantity: int) -> None:
    name = f"면봉 {figure}"
    rows = [f"{name} {price} {quantity}".ljust(38) + f"{price * quantity:>10,}", *one_row([("두부", 1500, 1)])]
    receipt = receipt_of(rows, price * quantity + 1500)
    assert listed(receipt) == [(name, price * quantity, quantity), ("두부", 1500, 1)]


LABELS = [
    "총 품목 수량",
    "총품목수",
    "총 구매 수량",
    "매출수량",
    "주문 합계",
    "총 영수 금액",
    "부가세 10%",
    "과세 공급가액",
]


@given(bought=BOUGHT, label=st.sampled_from(LABELS))
def test_counts_sums_and_taxes_are_not_items(bought: Bought, label: str) -> None:
    amount = len(bought) if "수" in label and "금액" not in label else total_of(bought)
    receipt = receipt_of([*one_row(bought), f"{label}{amount:>40,}"], total_of(bought))
    assert listed(receipt) == plain(bought)


@given(bought=BOUGHT, fee=st.integers(10, 40).map(lambda hundreds: 100 * hundreds))
def test_a_delivery_fee_is_not_an_item_but_part_of_the_total(bought: Bought, fee: int) -> None:
    receipt = receipt_of([*one_row(bought), f"배달비{fee:>43,}"], total_of(bought) + fee)
    assert listed(receipt) == plain(bought)
    assert receipt.totals.matches is True


@given(bought=BOUGHT, mark=st.sampled_from(["-", "+", "ㄴ", "└"]), extra=st.sampled_from([0, 500]))
def test_an_option_with_a_price_is_an_item_and_one_without_belongs_to_the_item_above(
    bought: Bought, mark: str, extra: int
) -> None:
    rows = one_row(bought)
    rows.insert(1, f" {mark}샷추가{extra:>9,}   {1:>3}   {extra:>9,}" if extra else f" {mark}얼음 적게")
    receipt = receipt_of(rows, total_of(bought) + extra)
    expected = plain(bought)
    assert listed(receipt) == [expected[0], *([("샷추가", extra, 1)] if extra else []), *expected[1:]]
    assert receipt.roles[4] is Role.ITEM


CHOICES = [
    "무료 샷추가",
    "샷추가(무료)",
    "무료 휘핑 변경",
    "+무료 사이즈업",
    "ㄴ무료 시럽 추가",
    "얼음 적게",
    "무료 우유 선택",
]


@given(
    bought=BOUGHT,
    choice=st.sampled_from(CHOICES),
    columns=st.sampled_from(
        ["{}", "{:<24}{zero:>24}", "{:<24}{one:>15}   {zero:>9}", "{:<24}{one:>15}   무료", "{:<30}무료"]
    ),
    place=st.integers(1, 8),
    titled=st.booleans(),
)
def test_a_choice_at_no_charge_belongs_to_the_item_above(
    bought: Bought, choice: str, columns: str, place: int, titled: bool
) -> None:
    rows = one_row(bought)
    place = min(place, len(rows))
    rows.insert(place, columns.format(choice, one=1, zero=0))
    receipt = receipt_of(rows, total_of(bought), titles=TITLES if titled else None)
    assert listed(receipt) == plain(bought)


@given(bought=BOUGHT, form=st.sampled_from(["D.C{:,}", "D.C {:,}", "D.0{}", "DC{}"]), off=st.integers(1, 9))
def test_a_discount_within_the_row_leaves_the_printed_amount(bought: Bought, form: str, off: int) -> None:
    rows, total = [], 0
    for name, price, quantity in bought:
        net = price * quantity - 10 * off
        total += net
        rows += [name, f"{price:,}     {quantity}개    {form.format(10 * off)}{net:>26,}"]
    receipt = receipt_of(rows, total, titles=None)
    amounts = [(item.name, item.numbers.quantity, item.numbers.amount) for item in receipt.items]
    assert amounts == [(name, Decimal(quantity), price * quantity - 10 * off) for name, price, quantity in bought]


@given(st.lists(st.sampled_from([67235, 62070, 1012100, 77024, 10069]), min_size=2, max_size=6))
def test_a_code_in_brackets_below_an_item_is_its_code(codes: list[int]) -> None:
    rows = []
    for code in codes:
        rows += [f"{'물감 12색':<24}{numbers(1000, 1)}", f"[ {code} ]"]
    receipt = receipt_of(rows, 1000 * len(codes))
    assert [item.barcode for item in receipt.items] == [str(code) for code in codes]


@pytest.mark.parametrize("gap", ["", " ", "  "])
def test_a_code_in_front_of_the_rest_of_a_name_belongs_to_the_item_above(gap: str) -> None:
    rows = []
    for position, weight in enumerate((900, 500, 1500)):
        rows += [f"{'굿모닝우유':<24}{numbers(1000, 1)}", f"{gtin(position)}{gap}{weight}ml 묶음"]
    receipt = receipt_of(rows, 3000)
    assert [(item.name, item.barcode) for item in receipt.items] == [("굿모닝우유", gtin(n)) for n in range(3)]


@given(bought=BOUGHT, sign=st.sampled_from([" x ", " X ", " × ", " * ", "x"]), unit=st.sampled_from(["", "원"]))
def test_a_sign_between_unit_price_and_quantity_is_not_part_of_the_name(bought: Bought, sign: str, unit: str) -> None:
    bought = [(name, price + 1000, quantity) for name, price, quantity in bought]
    rows = [
        f"{name:<18}{f'{price:,}{unit}{sign}{quantity}':>20}   {price * quantity:>12,}"
        for name, price, quantity in bought
    ]
    assert listed(receipt_of(rows, total_of(bought), titles=None)) == plain(bought)


@given(bought=BOUGHT, off=st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_a_column_of_discounts_is_not_part_of_the_name(bought: Bought, off: list[int]) -> None:
    """The amounts are what remains after the discounts."""
    bought = [(name, price + 1000, quantity) for name, price, quantity in bought]
    rows = [
        f"{name:<24}{quantity:>9}   {-10 * less:>9,}   {price * quantity:>9,}"
        for (name, price, quantity), less in zip(bought, off, strict=False)
    ]
    titles = f"{'상품명':<27}수량        할인        금액"
    assert listed(receipt_of(rows, total_of(bought), titles=titles)) == plain(bought)


@given(
    bought=BOUGHT,
    pieces=st.integers(1, 5),
    name=st.sampled_from(["생일초(무료)", "서비스 음료", "사은품 컵", "1+1 우유"]),
)
def test_what_costs_0_won_is_an_item_if_its_name_says_that_it_is_free(bought: Bought, pieces: int, name: str) -> None:
    rows = [*one_row(bought), f"{name:<24}{pieces:>15}   {0:>9}"]
    assert listed(receipt_of(rows, total_of(bought))) == [*plain(bought), (name, 0, pieces)]


@given(
    bought=BOUGHT,
    row=st.sampled_from(["- {} {}개 {:,}원", "· {} {}개 {:,}원", "> {} {}개 {:,}원", "{1}x {0:<28} {2:>9,}원"]),
    name=st.sampled_from(["동치미", "군만두", "리뷰이벤트 감자튀김"]),
)
def test_what_costs_0_won_and_is_counted_like_the_other_items_is_one(bought: Bought, row: str, name: str) -> None:
    """A mark before all items does not mark choices."""
    bought = [(other, 100 * price, quantity) for other, price, quantity in bought]
    rows = [row.format(other, quantity, quantity * price) for other, price, quantity in (*bought, (name, 0, 1))]
    assert listed(receipt_of(rows, total_of(bought), titles=None)) == [*plain(bought), (name, 0, 1)]


@pytest.mark.parametrize(
    "heading", ["오늘의 장보기 목록을 확인하고 저장하세요", "우리 동네 알뜰한 장보기 한눈에 보는 내역"]
)
@pytest.mark.parametrize("gap", [2, 3])
def test_a_line_above_a_gap_is_not_continued_by_the_first_name(heading: str, gap: int) -> None:
    """It may be as wide as the names, each of which stands above its unit price, quantity and amount."""
    names = ["바나나(송이)", "저지방 우유 930ml 고칼슘 대용량 실속 기획 한정", "물티슈 100매", "손두부"]
    bought = [(name, 1990, quantity) for quantity, name in enumerate(names, 1)]
    rows = [heading, *[""] * gap]
    for name, price, quantity in bought:
        rows += [name, f"      {price:,} x {quantity:<20}{price * quantity:>9,}"]
    assert listed(receipt_of(rows, total_of(bought), titles=None)) == plain(bought)


FRESH = st.lists(
    st.sampled_from(["상추", "양파", "고추", "배추", "오이", "마늘", "전복", "무", "귤", "배", "김", "조기", "명란"]),
    min_size=1,
    max_size=6,
    unique=True,
)


@given(names=FRESH, price=st.integers(100, 900), in_two_rows=st.booleans(), mark=st.sampled_from(["*", " *"]))
def test_a_tax_mark_after_a_short_name_is_not_taken_for_a_masked_person(
    names: list[str], price: int, in_two_rows: bool, mark: str
) -> None:
    bought = [(name, 10 * price, 2) for name in names]
    rows = [
        row
        for index, (name, won, quantity) in enumerate(bought)
        for row in (
            [f"{name}{mark}", f"{gtin(index):<24}{numbers(won, quantity)}"]
            if in_two_rows
            else [f"{name + mark:<24}{numbers(won, quantity)}"]
        )
    ]
    assert listed(receipt_of(rows, total_of(bought))) == plain(bought)


SIZES = st.sampled_from(
    ["양파 1망", "대파 2단", "배추 3포기", "쌀 1포", "두부 2모", "휴지 30롤", "굴비 10마리", "김 5봉지"]
)


@given(names=st.lists(SIZES, min_size=2, max_size=5, unique=True), price=PRICES, counted=st.booleans())
def test_the_size_of_a_pack_at_the_end_of_a_name_is_not_the_quantity(
    names: list[str], price: int, counted: bool
) -> None:
    bought = [(name, price + 1000, 2 if counted else 1) for name in names]
    rows = one_row(bought) if counted else [f"{name:<24}{won:>23,}" for name, won, _ in bought]
    assert listed(receipt_of(rows, total_of(bought), titles=TITLES if counted else None)) == plain(bought)


@given(bought=BOUGHT, counted=st.booleans())
def test_an_item_that_costs_as_much_as_those_above_it_is_not_their_sum(bought: Bought, counted: bool) -> None:
    pieces = sum(quantity for *_, quantity in bought) if counted else 1
    total = total_of(bought)
    rows = [f"{name:<24}{quantity:>15}   {price * quantity:>9,}" for name, price, quantity in bought]
    last = f"{'한우세트':<24}{pieces if counted else '':>15}   {total:>9,}"
    assume(pieces <= 99)
    assert listed(receipt_of([*rows, last], 2 * total)) == [*plain(bought), ("한우세트", total, pieces)]


@given(name=st.sampled_from(["감자 1kg", "양파 1망", "대파 1단", "쌀 1포", "한우 1근"]), price=PRICES)
def test_a_size_before_a_unit_price_without_a_quantity_stays_in_the_name(name: str, price: int) -> None:
    won = price + 1000
    rows = [f"{name:<24}{won:>9,}         {won:>9,}", f"{'두부':<24}{won:>9,}     2   {2 * won:>9,}"]
    assert listed(receipt_of(rows, 3 * won)) == [(name, won, 1), ("두부", 2 * won, 2)]


@given(bought=BOUGHT, unit=st.sampled_from(["모", "단", "포", "통", "망", "판", "줄", "송이", "개", "봉", "세트"]))
def test_quantities_with_a_unit_are_quantities(bought: Bought, unit: str) -> None:
    rows = [
        f"{name:<24}{price:>9,}   {f'{quantity}{unit}':>3}   {price * quantity:>9,}" for name, price, quantity in bought
    ]
    assert listed(receipt_of(rows, total_of(bought))) == plain(bought)


@given(bought=BOUGHT, size=st.sampled_from(["", " 1개", " 3개"]), form=st.sampled_from(["{}개", "수량 {}개", "x {}개"]))
def test_a_row_with_a_count_below_an_item_is_its_quantity(bought: Bought, size: str, form: str) -> None:
    """Delivery apps print the amount beside the name and the count below, also if the name ends in a size."""
    bought = [(name + size, price + 1000, quantity) for name, price, quantity in bought]
    rows = [
        row
        for name, price, quantity in bought
        for row in (f"{name:<24}{f'{price * quantity:,}원':>24}", form.format(quantity))
    ]
    assert listed(receipt_of(rows, total_of(bought), titles=None)) == plain(bought)


@given(bought=BOUGHT, letter=st.sampled_from("JDOQ"), misread=st.integers(0, 7))
def test_a_line_number_with_a_misread_zero_is_a_line_number(bought: Bought, letter: str, misread: int) -> None:
    rows = []
    for index, (name, price, quantity) in enumerate(bought):
        number = f"{index + 1:03}"
        doubtful = letter == "J" and len(bought) < 4  # a letter that is unlike a zero needs a sequence around it
        number = letter + number[1:] if index == misread and not doubtful else number
        rows += [f"{number} {name}", f"{gtin(index):<24}{numbers(price, quantity)}"]
    assert listed(receipt_of(rows, total_of(bought))) == plain(bought)


LETTERS = {"4": "A", "8": "B", "5": "S", "2": "Z", "6": "Gb", "9": "gq", "7": "T", "0": "OD", "1": "lI"}


@given(bought=BOUGHT, data=st.data())
def test_a_code_with_digits_read_as_letters_is_a_code(bought: Bought, data: st.DataObject) -> None:
    rows = []
    for place, (name, price, quantity) in enumerate(bought):
        code = gtin(100000 + 7919 * place)
        for misread in data.draw(st.sets(st.integers(3, 12), max_size=2)):
            code = (
                code[:misread]
                + data.draw(st.sampled_from(LETTERS.get(code[misread], code[misread])))
                + code[misread + 1 :]
            )
        rows += [f"{place + 1:03} {name}", f"{code:<27}{numbers(price, quantity)}"]
    receipt = receipt_of(rows, total_of(bought))
    assert listed(receipt) == plain(bought)
    assert [item.barcode for item in receipt.items] == [gtin(100000 + 7919 * place) for place in range(len(bought))]


@given(bought=BOUGHT, label=st.sampled_from(["입 계", "합 게", "함 계 :", "힙   계"]))
def test_a_sum_in_two_spaced_syllables_is_not_an_item(bought: Bought, label: str) -> None:
    total = total_of(bought)
    rows = [TITLES, *one_row(bought), f"{label:<10}{total + 10:>38,}"]
    receipt = read("\n".join(["행복마트 중앙점", "2025-03-14 18:05", *rows]))
    assert listed(receipt) == plain(bought)
    assert receipt.totals.total == total + 10


@given(bought=BOUGHT, crab=st.sampled_from(["꽃 게", "대 게", "홍 게", "킹 크랩"]), place=st.integers(0, 8))
def test_a_crab_in_spaced_syllables_is_not_the_sum(bought: Bought, crab: str, place: int) -> None:
    items = [(name, price + 1000, quantity) for name, price, quantity in bought]
    items.insert(min(place, len(items)), (crab, 12000, 1))
    rows = [f"{name:<24}{price * quantity:>23,}" for name, price, quantity in items]
    receipt = receipt_of(rows, total_of(items), titles=None)
    assert [(name, amount) for name, amount, _ in listed(receipt)] == [(name, p * q) for name, p, q in items]


@given(
    bought=st.lists(st.tuples(NAMES, PRICES), min_size=2, max_size=7, unique_by=lambda item: item[0]),
    place=st.integers(0, 7),
    name=st.sampled_from(
        [
            "1+1 김",
            "[할인]두부",
            "(행사)고등어",
            "영 계",
            "금액권",
            "현금영수증 케이스",
            "품목수 두부",
            "포인트젤리",
        ]
    ),
    price=PRICES,
)
def test_products_named_like_labels_are_items_where_the_total_says_so(
    bought: list[tuple[str, int]], place: int, name: str, price: int
) -> None:
    place = min(max(1, place), len(bought))
    assume(price != sum(amount for _, amount in bought[:place]))  # which would be the sum of those above
    bought = [*bought[:place], (name, price), *bought[place:]]
    assume(sum(amount for _, amount in bought[:2]) != bought[2][1])
    rows = [f"{each:<24}{amount:>24,}" for each, amount in bought]
    total = sum(amount for _, amount in bought)
    assert [item.numbers.amount for item in receipt_of(rows, total, titles=None).items] == [a for _, a in bought]


@given(bought=BOUGHT, off=st.integers(1, 9), word=st.sampled_from(["할인", "행사할인", "쿠폰할인", "에누리"]))
def test_a_discount_that_the_total_confirms_is_no_item(bought: Bought, off: int, word: str) -> None:
    rows = [f"{name:<24}{price:>24,}" for name, price, _ in bought]
    rows.append(f"{word:<24}{off * 10:>24,}")
    assume(off * 10 < bought[-1][1])
    receipt = receipt_of(rows, sum(price for _, price, _ in bought) - off * 10, titles=None)
    assert [item.numbers.amount for item in receipt.items] == [price for _, price, _ in bought]
    assert receipt.items[-1].discount == -off * 10


@given(bought=BOUGHT)
def test_the_total_of_a_card_slip_above_the_titles_counts(bought: Bought) -> None:
    rows = [f"{name:<24}{price:>9,}   {count:>3}   {price * count:>9,}" for name, price, count in bought]
    total = sum(price * count for _, price, count in bought)
    receipt = read("\n".join(["행복마트", "2026-02-01 12:00", f"합  계{total:>44,}", TITLES, *rows]))
    assert (receipt.totals.total, receipt.totals.matches) == (total, True)


@given(
    bought=BOUGHT,
    label=st.sampled_from(["합  계", "결제금액", "받을금액"]),
    added=st.sampled_from([("봉사료", 1000), ("부가세", 370), ("포인트 사용", -500), ("절사", -50), ("", 240)]),
)
def test_a_total_above_the_titles_counts_whatever_was_added(bought: Bought, label: str, added: tuple[str, int]) -> None:
    total = total_of(bought) + added[1]
    below = [f"{added[0]:<24}{added[1]:>24,}"] if added[0] else []
    above = f"{label:<24}{total:>24,}"
    receipt = read("\n".join(["행복마트", "2026-02-01 12:00", above, TITLES, *one_row(bought), *below]))
    assert receipt.totals.total == total
    assert listed(receipt)[: len(bought)] == plain(bought)


STORE_MONEY = ["포인트", "적립금", "예치금", "마일리지"]
PAID_WITH = [
    *(f"{money} {use}" for money in STORE_MONEY for use in ("사용", "결제")),
    *("포인트 차감", "적립금 차감", "상품권", "상품권 사용", "기프트카드 결제"),
]


@given(
    bought=BOUGHT,
    label=st.sampled_from(PAID_WITH),
    used=st.integers(1, 14).map(lambda tens: 10 * tens),
    sign=st.sampled_from([1, -1]),
    summed=st.sampled_from(["합  계", "물품 합계", "총금액"]),
)
def test_store_money_pays_a_part_of_the_total(bought: Bought, label: str, used: int, sign: int, summed: str) -> None:
    total = total_of(bought)
    sums = [f"{summed:<24}{total:>24,}", f"{label:<24}{sign * used:>24,}", f"{'체크카드':<24}{total - used:>24,}"]
    receipt = read("\n".join(["행복마트", "2026-02-01 12:00", TITLES, *one_row(bought), *sums]))
    assert listed(receipt) == plain(bought)
    assert (receipt.totals.total, receipt.totals.matches, receipt.totals.discount) == (total, True, 0)


@given(
    bought=BOUGHT,
    label=st.sampled_from(["쿠폰 사용", "포인트할인", "멤버십할인"]),
    off=st.integers(1, 14).map(lambda tens: 10 * tens),
)
def test_coupons_and_discounts_below_the_sum_reduce_the_total(bought: Bought, label: str, off: int) -> None:
    total = total_of(bought)
    sums = [f"{'합  계':<24}{total:>24,}", f"{label:<24}{-off:>24,}", f"{'체크카드':<24}{total - off:>24,}"]
    receipt = read("\n".join(["행복마트", "2026-02-01 12:00", TITLES, *one_row(bought), *sums]))
    assert (receipt.totals.total, receipt.totals.matches, receipt.totals.discount) == (total - off, True, -off)


@given(bought=BOUGHT, label=st.sampled_from(["전일합계", "전월누계"]), more=st.integers(1, 900))
def test_another_sum_above_the_titles_is_no_total(bought: Bought, label: str, more: int) -> None:
    total = total_of(bought)
    above = f"{label:<24}{total + 10 * more:>24,}"
    receipt = read("\n".join(["행복마트", "2026-02-01 12:00", above, TITLES, *one_row(bought)]))
    assert listed(receipt) == plain(bought)
    assert receipt.totals.matches is not False


@given(bought=BOUGHT, name=st.sampled_from(["체중계", "온도계", "벽시계", "주방 저울계"]), price=PRICES)
def test_an_instrument_that_costs_as_much_as_the_rest_is_an_item(bought: Bought, name: str, price: int) -> None:
    rows = [*one_row(bought), f"{name:<24}{total_of(bought):>24,}", f"{'두부':<24}{numbers(price, 1)}"]
    receipt = receipt_of(rows, 2 * total_of(bought) + price)
    assert [item.name for item in receipt.items] == [*(name for name, *_ in bought), name, "두부"]
    assert receipt.totals.matches


@given(bought=BOUGHT, counter=st.sampled_from(["코너계", "정육코너계", "매장계"]))
def test_the_sum_at_a_counter_is_no_item(bought: Bought, counter: str) -> None:
    rows = [f"{name:<24}{price:>9,}   {count:>3}   {price * count:>9,}" for name, price, count in bought]
    total = sum(price * count for _, price, count in bought)
    more = "부침개                   1,000     1       1,000"
    sums = [f"{counter:<24}{total:>24,}", more, f"합  계{total + 1000:>44,}"]
    receipt = read("\n".join(["행복마트", "2026-02-01 12:00", TITLES, *rows, *sums]))
    assert [item.numbers.amount for item in receipt.items] == [price * count for _, price, count in bought] + [1000]
    assert receipt.totals.matches


@given(bought=BOUGHT, off=st.integers(1, 9).map(lambda tens: 10 * tens), share=st.integers(1, 99))
def test_an_amount_in_brackets_behind_a_percentage_is_a_discount(bought: Bought, off: int, share: int) -> None:
    rows = [f"{name:<24}{price:>9,}   {count:>3}   {price * count:>9,}" for name, price, count in bought]
    total = sum(price * count for _, price, count in bought) - off
    discount = f"멤버십 {share}%{f'({off})':>38}"
    receipt = read("\n".join(["행복마트", "2026-02-01 12:00", TITLES, *rows, discount, f"합  계{total:>44,}"]))
    assert [item.numbers.amount for item in receipt.items] == [price * count for _, price, count in bought]
    assert (receipt.totals.discount, receipt.totals.matches) == (-off, True)


@given(
    groups=st.lists(BOUGHT.map(lambda bought: bought[:3]), min_size=2, max_size=3),
    label=st.sampled_from(["{} 합계", "{}코너 합계", "{} 계", "{}코너계", "{} 소계"]),
)
def test_the_sums_of_kinds_do_not_end_the_list(groups: list[Bought], label: str) -> None:
    rows = []
    for kind, bought in zip(["과일", "정육", "한식"], groups, strict=False):
        rows += [*one_row(bought), f"{label.format(kind):<24}{total_of(bought):>24,}"]
    bought = [item for part in groups for item in part]
    receipt = receipt_of(rows, total_of(bought))
    assert listed(receipt) == plain(bought)
    assert (receipt.totals.total, receipt.totals.matches) == (total_of(bought), True)


@given(
    bought=BOUGHT,
    place=st.integers(0, 7),
    label=st.sampled_from(["소비자가", "정상가", "판매가격", "행사가", "특가", "원가", "권장소비자가", "회원가"]),
    price=PRICES,
    column=st.integers(28, 44),
    total=st.booleans(),
)
def test_another_price_of_an_item_is_no_item_and_no_discount(
    bought: Bought, place: int, label: str, price: int, column: int, total: bool
) -> None:
    rows = one_row(bought)
    rows.insert(1 + place % len(bought), f"  {label:<{column - 11}}{price:>9,}")
    if total:
        receipt = receipt_of(rows, total_of(bought))
    else:
        receipt = read("\n".join(["행복마트 중앙점", "2025-03-14 18:05", TITLES, *rows]))
    assert listed(receipt) == plain(bought)
    assert receipt.totals.discount == 0


@given(
    bought=BOUGHT,
    places=st.sets(st.integers(0, 7), min_size=1),
    label=st.sampled_from(["할인가", "행사가", "회원가", "특가", "멤버십가"]),
    share=st.integers(1, 9),
    of_one=st.booleans(),
)
def test_a_lower_price_below_an_item_is_paid_if_the_total_says_so(
    bought: Bought, places: set[int], label: str, share: int, of_one: bool
) -> None:
    bought = [(name, 100 * price, quantity) for name, price, quantity in bought]
    rows, paid = [], 0
    for index, ((_, price, quantity), row) in enumerate(zip(bought, one_row(bought), strict=True)):
        rows.append(row)
        lower = price * share // 10
        paid += quantity * (lower if index in places else price)
        if index in places:
            rows.append(f"  {label:<25}{lower if of_one else lower * quantity:>9,}")
    receipt = receipt_of(rows, paid)
    assert [(item.name, item.numbers.quantity) for item in receipt.items] == [
        (name, count) for name, _, count in bought
    ]
    assert [item.numbers.amount for item in receipt.items] == [price * count for _, price, count in bought]
    assert sum(item.numbers.amount + item.discount for item in receipt.items) == paid
    assert receipt.totals.matches


@given(bought=BOUGHT, place=st.integers(0, 7), label=st.sampled_from(["(2+1)", "쿠폰", "2+1행사"]), n=st.integers(1, 9))
def test_pieces_of_a_promotion_are_no_discount(bought: Bought, place: int, label: str, n: int) -> None:
    rows = one_row(bought)
    rows.insert(1 + place % len(bought), f"  {label:<33}{n:>3}")
    receipt = receipt_of(rows, total_of(bought))
    assert listed(receipt) == plain(bought)
    assert (receipt.totals.discount, receipt.totals.matches) == (0, True)


@given(bought=BOUGHT, label=st.sampled_from(["적립합계", "포인트 합계"]))
def test_points_above_the_list_are_no_total(bought: Bought, label: str) -> None:
    above = f"{label:<24}{total_of(bought):>24,}"
    receipt = read("\n".join(["행복마트", "2026-02-01 12:00", above, TITLES, *one_row(bought)]))
    assert receipt.totals.total is None


@given(bought=BOUGHT, choice=st.sampled_from(["얼음 많이", "당도", "시럽 추가"]), share=st.integers(1, 9))
def test_an_amount_in_brackets_behind_a_choice_is_no_discount(bought: Bought, choice: str, share: int) -> None:
    rows = one_row(bought)
    rows.insert(1, f"  {choice} {10 * share}%{'(500)':>30}")
    receipt = receipt_of(rows, total_of(bought) + 500)
    assert receipt.totals.discount == 0
    assert receipt.totals.matches
    assert listed(receipt)[:1] + listed(receipt)[2:] == plain(bought)


@given(bought=BOUGHT, reason=st.sampled_from(["텀블러 10%", "포장 10%", "컵 할인 5%", "매장방문 10%", "세트 20%"]))
def test_an_amount_in_brackets_behind_a_reason_is_a_discount(bought: Bought, reason: str) -> None:
    rows = one_row(bought)
    rows.insert(1, f"  {reason}{'(50)':>34}")
    receipt = receipt_of(rows, total_of(bought) - 50)
    assert listed(receipt) == plain(bought)
    assert (receipt.totals.discount, receipt.totals.matches) == (-50, True)


@given(
    bought=BOUGHT,
    name=st.sampled_from(["빈병", "공병반환", "빈병 보증금", "공병 소주"]),
    price=st.sampled_from([70, 100, 130]),
    count=st.integers(2, 40),
    signs=st.sampled_from([(-1, 1), (1, -1), (1, 1)]),
)
def test_returned_bottles_are_a_returned_item_whichever_number_has_the_sign(
    bought: Bought, name: str, price: int, count: int, signs: tuple[int, int]
) -> None:
    row = f"{name:<24}{signs[0] * price:>9,}   {signs[1] * count:>3}   {-price * count:>9,}"
    receipt = receipt_of([*one_row(bought), row], total_of(bought) - price * count)
    returned = receipt.items[-1].numbers
    assert listed(receipt)[:-1] == plain(bought)
    assert (returned.unit_price, returned.quantity, returned.amount) == (price, count, -price * count)


NOTICES_OF_RETURNS = [
    "교환/환불은 영수증 지참 30일 이내",
    "교환 및 환불은 7일 이내",
    "교환·반품은 7일이내 가능",
    "교환/반품시 영수증 필참",
    "재구매 시 10% 할인",
    "리뷰 작성하고 쿠폰",
    "후기 쓰면 음료 증정",
    "반품/환불 불가",
]


@given(bought=BOUGHT, notice=st.sampled_from(NOTICES_OF_RETURNS), total=st.booleans())
def test_a_notice_about_returns_makes_no_list_of_orders(bought: Bought, notice: str, total: bool) -> None:
    head = ["행복마트 한빛점", "2026-02-14 18:05"]
    sums = [f"합  계{total_of(bought):>44,}", f"신용카드{total_of(bought):>42,}"] if total else []
    receipt = parse_single_receipt([paper("\n".join([*head, *one_row(bought), *sums, notice]))], NOW)
    assert listed(receipt) == plain(bought)
    assert receipt.item_days is None


@given(bought=BOUGHT, bag=st.sampled_from(["봉투", "포장용기"]), options=st.booleans())
def test_an_item_without_the_quantity_that_stands_before_the_others_is_uncertain(
    bought: Bought, bag: str, options: bool
) -> None:
    bought = [*bought, ("김밥", 3500, 1), ("라면", 4000, 1)]
    rows = [f"{quantity} {name:<24}{price * quantity:>20,}" for name, price, quantity in bought]
    rows[1:1] = [f"  {'+샷추가':<24}{500:>20,}"] if options else []
    receipt = receipt_of([*rows, f"{bag:<24}{100:>20}"], total_of(bought) + 100 + 500 * options, titles=None)
    read = [(item.name, item.numbers.amount, item.numbers.quantity) for item in receipt.items]
    own = [item for item in read if item[0] != "샷추가"]
    assert own == [*[(name, price * quantity, quantity) for name, price, quantity in bought], (bag, 100, None)]
    doubts = receipt.uncertain_item_fields
    assert [ItemField.QUANTITY in doubt for doubt in doubts] == [quantity is None for *_, quantity in read]


@given(bought=BOUGHT, titles=st.sampled_from([("정상가", "행사가"), ("소비자가", "판매가")]), counted=st.booleans())
def test_a_column_of_regular_prices_is_no_part_of_the_names(
    bought: Bought, titles: tuple[str, str], counted: bool
) -> None:
    bought = [(name, 10 * price, quantity if counted else 1) for name, price, quantity in bought]
    head = f"{'상품명':<24}{titles[0]:>8}{titles[1]:>9}{'수량' if counted else '':>6}{'금액':>10}"
    rows = [
        f"{name:<22}{price + 250:>9,}   {price:>9,}   {f'{quantity:>3}   ' if counted else ''}{price * quantity:>9,}"
        for name, price, quantity in bought
    ]
    receipt = receipt_of(rows, total_of(bought), titles=head)
    assert listed(receipt) == plain(bought)


@given(bought=BOUGHT, word=st.sampled_from(["정정", "정정(수량)", "수량정정", "[정정]"]))
def test_a_correction_takes_back_pieces_of_the_item_above(bought: Bought, word: str) -> None:
    bought = [(name, price, quantity + 1) for name, price, quantity in bought]
    name, price, quantity = bought[0]
    rows = one_row(bought)
    rows.insert(1, f"   {word:<21}{price:>9,}   {-1:>3}   {-price:>9,}")
    kept = [(name, price, quantity - 1), *bought[1:]]
    assert listed(receipt_of(rows, total_of(kept))) == plain(kept)


@given(
    bought=BOUGHT, offs=st.lists(st.integers(1, 14), min_size=8, max_size=8), tag=st.sampled_from(["골라담기", "묶음"])
)
def test_what_several_pieces_cost_stands_beside_the_discount_of_one(bought: Bought, offs: list[int], tag: str) -> None:
    rows = []
    for row, off in zip(one_row(bought), offs, strict=False):
        rows += [f"[{tag}]{row}", f"   {f'{tag} 3개 4,000원':<25}{-10 * off:>9,}"]
    off = 10 * sum(offs[: len(bought)])
    receipt = receipt_of(rows, total_of(bought) - off)
    assert listed(receipt) == plain(bought)
    assert [item.discount for item in receipt.items] == [-10 * off for off in offs[: len(bought)]]


@given(groups=st.tuples(BOUGHT, BOUGHT), rule=st.sampled_from(["------------", "============", "· · · · · ·"]))
def test_a_rule_between_the_sum_of_a_part_and_the_title_of_the_next(groups: tuple[Bought, Bought], rule: str) -> None:
    untaxed, taxed = groups
    rows = ["< 면세 상품 >", *one_row(untaxed), f"{' 면세 소계':<24}{total_of(untaxed):>24,}"]
    rows += [rule, "< 과세 상품 >", *one_row(taxed), f"{' 과세 소계':<24}{total_of(taxed):>24,}"]
    receipt = receipt_of(rows, total_of([*untaxed, *taxed]), titles=None)
    assert listed(receipt) == plain([*untaxed, *taxed])


@given(bought=BOUGHT, opened=st.sampled_from("(["))
def test_a_bracket_that_closes_a_name_stands_alone(bought: Bought, opened: str) -> None:
    closed = {"(": ")", "[": "]"}[opened]
    bought = [(f"쿠폰가방 {name} 파우치 {opened}블랙", price, quantity) for name, price, quantity in bought]
    rows = []
    for position, (name, price, quantity) in enumerate(bought):
        rows += [name, closed, f"{gtin(position):<20}{f'{quantity}개':>6}   {price * quantity:>9,}"]
    receipt = receipt_of(rows, total_of(bought), titles=None)
    assert listed(receipt) == plain([(f"{name}{closed}", price, quantity) for name, price, quantity in bought])
