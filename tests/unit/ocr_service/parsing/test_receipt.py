"""Printed rows to shop, date, items and totals, for each layout that shops print."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_service.errors import NotAReceipt
from ocr_service.fields import Role
from ocr_service.parsing.receipt import parse_receipt
from ocr_service.parsing.rows import group
from tests.support.printing import gtin
from tests.support.typed_receipts import NOW, items, paper, read


def test_name_and_numbers_in_one_row_with_barcode_and_discount_below() -> None:
    receipt = read(
        """
[구 매]2025-11-02 10:26           POS:1003-2742
   상 품 명            단  가  수량      금  액
*  동물복지란 15개      8,980   1       8,980
     8801234567893
       S-POINT                         -2,000
   주방세제 1L(레몬)    6,500   2      13,000
     8809401602958
       할인 행사                       -6,500
합  계                                 13,480
"""
    )
    assert items(receipt) == [
        ("동물복지란 15개", 1, 8980, 8980, -2000, "8801234567893"),
        ("주방세제 1L(레몬)", 2, 6500, 13000, -6500, "8809401602958"),
    ]
    assert receipt.totals.total == 13480
    assert receipt.totals.discount == -8500
    assert receipt.totals.matches is True
    assert receipt.purchase_time is not None
    assert receipt.purchase_time.isoformat() == "2025-11-02T10:26"


def test_name_row_then_code_and_numbers_row() -> None:
    receipt = read(
        """
○○농협하나로마트행복점
2025-12-17 12:43:27  0004-00123
상품(코드)           단가   수량       금액
001 P재사용봉투 20L
*2100010379979        490    1         490
002 P컵라면(순한맛) 110g
 8801045571362        770    2       1,540
003 P믹스커피 12g*200개
 8801037076295     22, 600    1      22, 600
        총 구 매 액:                24,630
      ◆ 내 실 금 액:                24,630
        부가세면세물품가액:             490
        부가세과세물품가액:          21,946
           부   가   세:              2,194
"""
    )
    assert receipt.store == "하나로마트행복점"
    assert [e.name for e in receipt.items] == ["P재사용봉투 20L", "P컵라면(순한맛) 110g", "P믹스커피 12g*200개"]
    assert [e.numbers.amount for e in receipt.items] == [490, 1540, 22600]
    assert [e.barcode for e in receipt.items] == ["2100010379979", "8801045571362", "8801037076295"]
    assert (receipt.totals.total, receipt.totals.tax, receipt.totals.matches) == (24630, 2194, True)


def test_convenience_store_without_column_titles() -> None:
    receipt = read(
        """
GS25행복대학점   070-1234-5678
주식회사에스엠      6138139052
서울 종로구 사직로 501. 1층
2025/09/05 곽*서     NO:16003
*정부방침에 의해 교환/환불은
카드결제는 30일(10월05일)이내
 큰단팥빵         1     1,300
 비빔면대컵       2     2,300
합계수량/금액     3     3,600
OO통신할인               -330
과세 매출               2,973
부가세                    297
합     계               3,270
제 로 페 이             3,270
 - 제로페이 결제내역 -
승인번호           0013476124
결제금액              3,270원
------- 25/09/05 16:38:39 ----
"""
    )
    assert receipt.store == "GS25행복대학점"
    assert items(receipt) == [("큰단팥빵", 1, None, 1300, 0, None), ("비빔면대컵", 2, None, 2300, 0, None)]
    assert receipt.totals.total == 3270
    assert receipt.totals.subtotal == 3600
    assert receipt.totals.discount == -330
    assert receipt.totals.matches is True
    assert receipt.purchase_time is not None
    assert receipt.purchase_time.isoformat() == "2025-09-05T16:38:39"
    assert "1234-5678" not in "".join(row.text for row in receipt.rows)


def test_discount_below_the_barcode_row_and_repeated_in_the_totals() -> None:
    receipt = read(
        """
이마트24 행복점
23027 2025-09-27 12:33  POS-0002
상품               단가 수량      금액
(02) 청과)복숭아음료제로500m
8809809700652    1,700    1      1,700
-행사:가격행사            -1       -500
과세물품가액                     1,091
부 가 세 액                        109
합     계                        1,700
할     인                         -500
결제금액                         1,200
"""
    )
    assert items(receipt) == [("청과)복숭아음료제로500m", 1, 1700, 1700, -500, "8809809700652")]
    assert (receipt.totals.total, receipt.totals.discount, receipt.totals.matches) == (1200, -500, True)


def test_digital_receipt_with_empty_discount_rows() -> None:
    receipt = read(
        """
롯데쇼핑(주) 롯데마트 행복점
[등록] 2025-11-24 20:24     POS : 1 - 0432
    상품명         단가    수량    금액
생활용품 균일가 (3,000)  3,000   4   12,000
할인금액
로즈 바나나        3,990    1    3,990
할인금액                         -1,590
"""
    )
    assert receipt.store == "롯데마트 행복점"
    assert items(receipt) == [
        ("생활용품 균일가 (3,000)", 4, 3000, 12000, 0, None),
        ("로즈 바나나", 1, 3990, 3990, -1590, None),
    ]
    assert receipt.totals.total is None
    assert receipt.totals.matches is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("우유 1L           2,980    1    2,980", ("우유 1L", 1, 2980, 2980)),
        ("우유 1L           2.980    2    5.960", ("우유 1L", 2, 2980, 5960)),
        ("우유 1L           2,98O    2    5,96O", ("우유 1L", 2, 2980, 5960)),
        ("우유 1L              2,980 1 2,980", ("우유 1L", 1, 2980, 2980)),
        ("우유 1L           2,980         2,980", ("우유 1L", 1, 2980, 2980)),
        ("우유 1L           2,980         5,960", ("우유 1L", 2, 2980, 5960)),
        ("우유 1L            1  2,980    2,980 *", ("우유 1L", 1, 2980, 2980)),
        ("* 우유 1L           850     1      850", ("우유 1L", 1, 850, 850)),
        ("003 우유 1L         850     3    2,550E", ("우유 1L", 3, 850, 2550)),
        ("한우국거리        12,900  0.532    6,863", ("한우국거리", 0.532, 12900, 6863)),
        ("우유 1L           2,980  ) 1    2,980 .", ("우유 1L", 1, 2980, 2980)),
        ("201562           2,980    1    2,980", ("201562", 1, 2980, 2980)),
        ("농심)새우깡        1,500   1개    1,500", ("농심)새우깡", 1, 1500, 1500)),
    ],
)
def test_numbers_as_printed_and_as_misread(row: str, expected: tuple) -> None:
    receipt = read(f"상품명             단가   수량    금액\n{row}\n합계    1,000")
    (item,) = receipt.items
    assert (item.name, float(item.numbers.quantity or 1), item.numbers.unit_price, item.numbers.amount) == expected


def test_an_item_whose_product_is_wrong_is_kept_and_uncertain() -> None:
    receipt = read("상품명  단가  수량  금액\n두부   1,500   2    2,950\n합계   3,000")
    assert items(receipt) == [("두부", 2, 1500, 2950, 0, None)]
    assert receipt.items[0].numbers.consistent is False
    assert receipt.totals.matches is False


def test_misread_labels_still_end_the_list() -> None:
    receipt = read("상픔명   단가  수량  금맥\n두부   1,500   2    3,000\n합  게           3,000\n결재금액     3,000")
    assert len(receipt.items) == 1
    assert receipt.totals.total == 3000
    assert receipt.roles == [Role.COLUMNS, Role.ITEM, Role.TOTAL, Role.TOTAL]


def test_text_without_prices_is_not_a_receipt() -> None:
    with pytest.raises(NotAReceipt):
        read("오늘의 날씨는 맑음\n내일은 비가 옵니다\n2025-01-02")


def test_a_sum_under_an_unreadable_label_ends_the_list() -> None:
    receipt = read(
        """
상품명              단가   수량    금액
우유 1L            2,980    1     2,980
두부               1,500    2     3,000
빅 게 글믹                        5,980
쿠폰                               -980
○△                              5,000
"""
    )
    assert [e.name for e in receipt.items] == ["우유 1L", "두부"]
    assert (receipt.totals.total, receipt.totals.discount, receipt.totals.matches) == (5000, -980, True)


def test_certain_numbers_without_a_name_are_an_item() -> None:
    receipt = read(
        "상품명      단가   수량   금액\n          1,500    2   3,000\n두부       1,000    1   1,000\n합계      4,000"
    )
    assert [(e.name, e.numbers.amount) for e in receipt.items] == [("?", 3000), ("두부", 1000)]
    assert receipt.totals.matches is True


def test_numbers_that_belong_to_the_name() -> None:
    receipt = read(
        """
상품명              단가   수량    금액
초코과자 1000        1    1,000
001 사탕 120
 8801234567893     1,290   1     1,290
합계                            2,290
"""
    )
    assert items(receipt) == [
        ("초코과자 1000", 1, None, 1000, 0, None),
        ("사탕 120", 1, 1290, 1290, 0, "8801234567893"),
    ]


def test_an_unreadable_name_between_items_without_titles() -> None:
    receipt = read(
        """
GS25행복대학점
2025/09/05
 큰단팥빵         1     1,300
                 1     1,300
 비빔면대컵       2     2,300
                 4     4,900
과세 매출               4,455
부가세                    445
합     계               4,900
"""
    )
    assert [(e.name, e.numbers.amount) for e in receipt.items] == [
        ("큰단팥빵", 1300),
        ("?", 1300),
        ("비빔면대컵", 2300),
    ]
    assert receipt.totals.matches is True


def test_ruled_lines_are_not_names() -> None:
    receipt = read(
        "상품명       단가   수량   금액\n一一一一一一\n 8801115114154  2,980   1   2,980\nㅡㅡㅡㅡㅡ\n합계   2,980"
    )
    assert [e.name for e in receipt.items] == ["8801115114154"]


def test_several_discounts_and_a_lost_sign() -> None:
    receipt = read(
        """
상품명              단가   수량    금액
모짜렐라          14,980   1    14,980
 8801115613565
 치즈/버터전                    -1,000
 $특매할인                        500
합계                           13,480
"""
    )
    assert items(receipt) == [("모짜렐라", 1, 14980, 14980, -1500, "8801115613565")]
    assert receipt.totals.matches is True


def test_code_rows_count_without_readable_column_titles() -> None:
    receipt = read(
        """
행복마트 중앙점
2025-03-14 18:05
우유 1L
 8801115114154  2,980   2   5,960
8801114103005   1,500   1   1,500
합계                       7,460
신용카드                   7,460
"""
    )
    assert items(receipt) == [
        ("우유 1L", 2, 2980, 5960, 0, "8801115114154"),
        ("8801114103005", 1, 1500, 1500, 0, "8801114103005"),
    ]
    assert receipt.store == "행복마트 중앙점"


def test_card_slips_points_and_notices_are_left_out() -> None:
    receipt = read(
        """
행복마트 중앙점
상품명              단가   수량    금액
우유 1L            2,980   1     2,980
합계                             2,980
신용카드                         2,980
카드번호  4321-12**-****-9012
적립포인트         29      누적    1,204
봉투 환불은 30일 이내     1     100
"""
    )
    assert len(receipt.items) == 1
    assert receipt.totals.total == 2980


NAMES = ["서울우유 1L", "콩나물", "농심)신라면 5입", "P맥심 200g", "(G)깐마늘", "진라면(순한맛)", "CJ햇반"]
WITH_DISCOUNTS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(20, 3000).map(lambda tens: 10 * tens),
        st.integers(1, 12),
        st.sampled_from([0, 0, 10, 100]),
    ),
    min_size=1,
    max_size=15,
)


@given(
    bought=WITH_DISCOUNTS,
    rows=st.sampled_from(["one", "two"]),
    numbered=st.booleans(),
    tax_mark=st.sampled_from(["", "* ", "# "]),
)
def test_every_printed_receipt_reads_back(
    bought: list[tuple[str, int, int, int]], rows: str, numbered: bool, tax_mark: str
) -> None:
    lines = ["행복마트 중앙점", "2025-03-14 18:05", f"{'NO  ' if numbered else ''}{'상품명':<24}단가   수량   금액"]
    for number, (name, price, quantity, discount) in enumerate(bought, 1):
        printed = f"{f'{number:03d} ' if numbered else ''}{tax_mark}{name}"
        numbers = f"{price:>9,}   {quantity:>3}   {price * quantity:>9,}"
        code = gtin(number)
        lines += [f"{printed:<24}{numbers}", f"  {code}"] if rows == "one" else [printed, f"  {code:<22}{numbers}"]
        if discount:
            lines.append(f"  할인행사{-discount:>40,}")
    total = sum(price * quantity - discount for _, price, quantity, discount in bought)
    lines += [f"합  계{total:>44,}", f"신용카드{total:>42,}"]
    receipt = read("\n".join(lines))
    assert items(receipt) == [
        (name, quantity, price, price * quantity, -discount, gtin(number))
        for number, (name, price, quantity, discount) in enumerate(bought, 1)
    ]
    assert receipt.totals.total == total
    assert receipt.totals.matches is True


@given(st.lists(st.text(alphabet="가나다합계할인 0123456789,.-*()ABC", max_size=30), max_size=25))
def test_any_text_gives_a_receipt_or_not_a_receipt(lines: list[str]) -> None:
    boxes = paper("\n".join(lines)) if any(line.strip() for line in lines) else []
    with suppress(NotAReceipt):
        receipt = parse_receipt(group(boxes), NOW)
        assert len(receipt.roles) == len(receipt.rows)
        assert all(item.numbers.amount > 0 and item.discount <= 0 and item.name for item in receipt.items)
