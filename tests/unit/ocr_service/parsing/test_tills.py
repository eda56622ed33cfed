"""Lists of tills whose columns, rows and signs differ from the usual ones: one receipt per kind."""

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ocr_service.errors import NotAReceipt
from ocr_service.parsing.receipt import Receipt
from ocr_service.parsing.single_receipt import parse_single_receipt
from tests.support.printing import columns, typed

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))
PRICED = "0 24> 30> 42>"
Listed = list[tuple[str, float, int, int]]


def read(stops: str, rows: str, *, total: int | None, head: str = "햇살마트 성수점\n2026-11-20 18:22:10") -> Receipt:
    sums = f"\n합계{'|' * (len(stops.split()) - 1)}{total:,}\n카드 {total:,}" if total else ""
    return parse_single_receipt([typed(stops, f"{head}\n{rows.strip()}{sums}")], NOW)


def listed(receipt: Receipt) -> Listed:
    return [(i.name, float(i.numbers.quantity or 1), i.numbers.amount, i.discount) for i in receipt.items]


NARROW_NAMES = (
    "무항생제1등급한우양지국거리용(냉장)200g", "유기농 블루베리즙 80ml×10포 선물세트", "동물복지유정란15구(자연방사)",
    "국산콩나물",
    "흙당근(무농약)600g내외/봉지", "저온살균 저지방 우유 900ml", "아몬드 초콜릿 볼 대용량 실속팩",
)  # fmt: skip
TITLES = "상품명|단가|수량|금액\n"
KINDS: dict[str, tuple[str, str, Listed]] = {
    "code and numbers above the name": (
        PRICED,
        TITLES + "8801234567893|1,980|2|3,960\n맛있는 두부 300g\n8809401602958|1,200|1|1,200\n서리태콩나물",
        [("맛있는 두부 300g", 2, 3960, 0), ("서리태콩나물", 1, 1200, 0)],
    ),
    "tax marks before names": (
        "0 4 26> 31> 42>",
        "NO|품명|단가|수량|금액\n1|(면)대파 1단|2,480|1|2,480\n2|(과세)참기름 320ml|7,980|1|7,980",
        [("대파 1단", 1, 2480, 0), ("참기름 320ml", 1, 7980, 0)],
    ),
    "tax words after amounts": (
        "0 24> 30> 42> 44",
        "상품명|단가|수량|금액\n양파 1망|3,980|1|3,980|(면)\n샴푸 500ml|8,900|2|17,800|비과세",
        [("양파 1망", 1, 3980, 0), ("샴푸 500ml", 2, 17800, 0)],
    ),
    "title of prices per weight": (
        "0 24> 32> 44>",
        "품목|단가/100g|중량|금액\n한우국거리|5,980|412g|24,640\n돼지앞다리|1,380|800g|11,040",
        [("한우국거리", 412, 24640, 0), ("돼지앞다리", 800, 11040, 0)],
    ),
    "row of weight and price per weight": (
        PRICED,
        TITLES + "삼겹살|18,260|1|18,260\n  (2,880원/100g x 634g)\n햇감자|3,240|1|3,240\n  (540원/100g x 600g)",
        [("삼겹살", 1, 18260, 0), ("햇감자", 1, 3240, 0)],
    ),
    "sign before the quantity": (
        "0 42>",
        "떡볶이 1인분 x 2|9,000\n모듬튀김 x 1|6,500",
        [("떡볶이 1인분", 2, 9000, 0), ("모듬튀김", 1, 6500, 0)],
    ),
    "quantity before the unit price": (
        "0 20 42>",
        "아메리카노|2 x 4,500|9,000\n바닐라라떼|1x5,500|5,500",
        [("아메리카노", 2, 9000, 0), ("바닐라라떼", 1, 5500, 0)],
    ),
    "quantity, unit price and amount below the name": (
        "0 42>",
        "비비고 왕교자 1.05kg\n2 X 8,980원|17,960원\n동원참치 150g\n3 @ 2,500원|7,500원",
        [("비비고 왕교자 1.05kg", 2, 17960, 0), ("동원참치 150g", 3, 7500, 0)],
    ),
    "unit price and quantity below name and amount": (
        "0 42>",
        "새우깡|2,400\n  1,200 x 2\n초코파이 12입|10,600\n  (2개 x 5,300원)",
        [("새우깡", 2, 2400, 0), ("초코파이 12입", 2, 10600, 0)],
    ),
    "amount before quantity and unit price": (
        PRICED,
        "품명|금액|수량|단가\n감자 1kg|3,900|1|3,900\n고구마 2kg|15,800|2|7,900",
        [("감자 1kg", 1, 3900, 0), ("고구마 2kg", 2, 15800, 0)],
    ),
    "quantity last": (
        PRICED,
        "품명|단가|금액|수량\n감자 1kg|3,900|3,900|1\n고구마 2kg|7,900|15,800|2",
        [("감자 1kg", 1, 3900, 0), ("고구마 2kg", 2, 15800, 0)],
    ),
    "quantities before names": (
        "0 5 42>",
        "1|아메리카노(ICE)|4,500\n2|바닐라라떼(HOT)|11,000\n1|치즈케이크|6,500",
        [("아메리카노(ICE)", 1, 4500, 0), ("바닐라라떼(HOT)", 2, 11000, 0), ("치즈케이크", 1, 6500, 0)],
    ),
    "the store's codes before names": (
        "0 8 32> 36> 46>",
        "코드|상품명|단가|수량|금액\n000123|신라면5입|4,100|2|8,200\n010022|청양고추|1,900|1|1,900",
        [("신라면5입", 2, 8200, 0), ("청양고추", 1, 1900, 0)],
    ),
    "quantity touching the amount": (
        PRICED,
        TITLES + "무 1개|1,980|1|1,980\n배추 1포기|3,480||26,960\n깐마늘||2,98010|29,800\n두부|||1,500710,500",
        [("무 1개", 1, 1980, 0), ("배추 1포기", 2, 6960, 0), ("깐마늘", 10, 29800, 0), ("두부", 7, 10500, 0)],
    ),
    "letters for digits of amounts": (
        PRICED,
        TITLES + "무 1개|l,98O|l|l,98O\n배추 1포기|3,4B0|2|6,960",
        [("무 1개", 1, 1980, 0), ("배추 1포기", 2, 6960, 0)],
    ),
    "dots up to the amount": (
        "0 42>",
        f"아메리카노{'.' * 27}4,500\n카페라떼 {'.' * 27} 5,000",
        [("아메리카노", 1, 4500, 0), ("카페라떼", 1, 5000, 0)],
    ),
    "discount in brackets": (
        PRICED,
        TITLES + "칠성사이다|2,480|2|4,960\n회원할인|||(960)\n농심 신라면|4,100|1|4,100",
        [("칠성사이다", 2, 4960, -960), ("농심 신라면", 1, 4100, 0)],
    ),
    "promotion behind a free piece": (
        "0 28> 34> 44>",
        "허니버터칩|1|1,700\n허니버터칩|1|0 1+1\n참치마요삼각|1|1,400",
        [("허니버터칩", 1, 1700, 0), ("허니버터칩", 1, 0, 0), ("참치마요삼각", 1, 1400, 0)],
    ),
    "parts of a set at 0 won": (
        "0 31> 42>",
        "메뉴|수량|금액\n불고기버거세트|1|7,900\n  불고기버거|1|0\n  감자튀김(M)|1|0\n치즈스틱|1|2,500",
        [("불고기버거세트", 1, 7900, 0), ("치즈스틱", 1, 2500, 0)],
    ),
    "misread titles of prices": (
        PRICED,
        "NO. 상품명|던가|수량|급액\n001 찹쌀탕수육|7,900|1|7,900\n002 부추|1,480|1|1,480",
        [("찹쌀탕수육", 1, 7900, 0), ("부추", 1, 1480, 0)],
    ),
    "sums of parts of the list": (
        PRICED,
        TITLES + "시금치|2,480|1|2,480\n버섯|3,980|1|3,980\n 소계|||6,460\n닭볶음탕|8,980|1|8,980\n 소계|||8,980",
        [("시금치", 1, 2480, 0), ("버섯", 1, 3980, 0), ("닭볶음탕", 1, 8980, 0)],
    ),
    "regular price before the price paid": (
        "0 24> 34> 40> 52>",
        "상품명|정상가|판매가|수량|금액\n시금치 1단|2,980|2,480|1|2,480\n표고버섯|4,500|3,980|2|7,960",
        [("시금치 1단", 1, 2480, 0), ("표고버섯", 2, 7960, 0)],
    ),
    "column of taxes": (
        "0 24> 34> 44> 54>",
        "품명|수량|단가|세액|금액\n와인 750ml|2|20,000|4,000|44,000\n맥주 500ml|6|2,000|1,200|13,200",
        [("와인 750ml", 2, 44000, 0), ("맥주 500ml", 6, 13200, 0)],
    ),
    "quantities in brackets": (
        PRICED,
        TITLES + "사과 5kg|25,000|(1)|25,000\n우유|2,980|(2)|5,960",
        [("사과 5kg", 1, 25000, 0), ("우유", 2, 5960, 0)],
    ),
    "amounts closed by a dash": (
        "0 42>",
        "사과 5kg|\\25,000-\n우유|￦5,960-",
        [("사과 5kg", 1, 25000, 0), ("우유", 1, 5960, 0)],
    ),
    "amounts with two decimals": (
        PRICED,
        TITLES + "사과 5kg|25,000.00|1|25,000.00\n우유|2,980.00|2|5,960.00",
        [("사과 5kg", 1, 25000, 0), ("우유", 2, 5960, 0)],
    ),
    "code between the name and the numbers": (
        "0 44>",
        "CJ 햇반 210g\n8801007052557\n1,980 x 1|1,980\n풀무원 국산콩두부\n8801114118539\n3,980 x 2|7,960",
        [("CJ 햇반 210g", 1, 1980, 0), ("풀무원 국산콩두부", 2, 7960, 0)],
    ),
    "quantity with its word below": (
        "0 44>",
        "딸기 500g|9,990\n  수량 1\n한돈 삼겹살|15,600\n  수량: 2",
        [("딸기 500g", 1, 9990, 0), ("한돈 삼겹살", 2, 15600, 0)],
    ),
    "unit price and quantity above code, name and amount": (
        "0 9 44>",
        "|2 @ 3,990|\n612345|커클랜드 생수 2L*6|7,980\n645678|한우 국거리|38,990",
        [("커클랜드 생수 2L*6", 2, 7980, 0), ("한우 국거리", 1, 38990, 0)],
    ),
    "titled quantities before names": (
        "0 5 42>",
        "수량|메뉴|금액\n1|불고기 세트|8,700\n|콜라 M\n|감자튀김 M\n2|맥너겟 4조각|5,800",
        [("불고기 세트", 1, 8700, 0), ("맥너겟 4조각", 2, 5800, 0)],
    ),
    "amount after the discount": (
        PRICED,
        TITLES + "우유 1L|2,980|2|5,960\n  할인|||-1,000\n  할인후금액|||4,960\n두부|1,980|1|1,980",
        [("우유 1L", 2, 5960, -1000), ("두부", 1, 1980, 0)],
    ),
    "small amounts and a lost separator": (
        "0 42>",
        "서울우유 1L|2,980\n농심)신라면 5입|570\n동원참치 150g|7700\n두부|1,500",
        [
            ("서울우유 1L", 1, 2980, 0),
            ("농심)신라면 5입", 1, 570, 0),
            ("동원참치 150g", 1, 7700, 0),
            ("두부", 1, 1500, 0),
        ],
    ),
    "unit price below with misread separators": (
        "0 42>",
        "새우깡|2,400\n  1.200 x 2\n초코파이|10,600\n  2 x 5, 3O0",
        [("새우깡", 2, 2400, 0), ("초코파이", 2, 10600, 0)],
    ),
    "an amount of three digits behind a quantity of two": (
        "0 20 42>",
        "월드콘|11 x 690|7,590\n우유|2 x 2,980|5,960",
        [("월드콘", 11, 7590, 0), ("우유", 2, 5960, 0)],
    ),
    "items on offer without a quantity": (
        "0 42>",
        "한우불고기|15,900\n두부 1+1|1,980\n감자세일|2,980\n 2+1 행사|-500",
        [("한우불고기", 1, 15900, 0), ("두부 1+1", 1, 1980, 0), ("감자세일", 1, 2980, -500)],
    ),
    "amounts cut behind the separator": (
        "0 18 24> 30> 36 42>",
        "상품명||단가|수량||금액\n절단동태|4,|350|1|4,|350\n두부||1,980|2|3,|960",
        [("절단동태", 1, 4350, 0), ("두부", 2, 3960, 0)],
    ),
    "tags in rows of their own": (
        PRICED,
        TITLES + "한입떡갈비 282g*2\n[행사]\n8809401602958|8,250|1|8,250\n양파\n8801234567893|2,480|1|2,480",
        [("한입떡갈비 282g*2", 1, 8250, 0), ("양파", 1, 2480, 0)],
    ),
    "a letter for a quantity": (
        PRICED,
        TITLES + "시금치|2,480|l|2,480\n표고버섯|3,980|Z|7,960",
        [("시금치", 1, 2480, 0), ("표고버섯", 2, 7960, 0)],
    ),
    "prices that touch names": (
        "0 30> 42>",
        "상품명 단가|수량|금액\n코카콜라500ml1,500|2|3,000\n감자칩890|3|2,670\n칸쵸1000|1|1,000",
        [("코카콜라500ml", 2, 3000, 0), ("감자칩", 3, 2670, 0), ("칸쵸1000", 1, 1000, 0)],
    ),
    "a gift without an amount": (
        PRICED,
        TITLES + "바나나|3,980|1|3,980\n증정)물티슈||2|\n두부|1,500|1|1,500",
        [("바나나", 1, 3980, 0), ("증정)물티슈", 2, 0, 0), ("두부", 1, 1500, 0)],
    ),
    "a void line that names nothing": (
        PRICED,
        TITLES + "우유|2,980|1|2,980\n식빵|3,200|1|3,200\n** 직전취소 **|||-3,200\n두부|1,500|1|1,500",
        [("우유", 1, 2980, 0), ("두부", 1, 1500, 0)],
    ),
    "figures that are parts of names": (
        "0 30> 42>",
        "1664 블랑|2|7,000\n1664 로제|1|3,500\n칸쵸500|2|1,000\n2080 치약|1|2,900",
        [("1664 블랑", 2, 7000, 0), ("1664 로제", 1, 3500, 0), ("칸쵸500", 2, 1000, 0), ("2080 치약", 1, 2900, 0)],
    ),
    "a misread unit price behind its quantity": (
        "0 20 42>",
        "아메리카노|2 x 4,600|9,000\n바닐라라떼|1 x 5,500|5,500",
        [("아메리카노", 2, 9000, 0), ("바닐라라떼", 1, 5500, 0)],
    ),
    "letter before line numbers": (
        PRICED,
        TITLES + "A01 오이 3입|1,980|1|1,980\nA02 가지 2입|1,480|1|1,480\nA03 풋고추|1,280|2|2,560",
        [("오이 3입", 1, 1980, 0), ("가지 2입", 1, 1480, 0), ("풋고추", 2, 2560, 0)],
    ),
    "line number touching a figure": (
        PRICED,
        TITLES + "001오이 3입|1,980|1|1,980\n002가지 2입|1,480|1|1,480\n0033분카레|1,280|2|2,560",
        [("오이 3입", 1, 1980, 0), ("가지 2입", 1, 1480, 0), ("3분카레", 2, 2560, 0)],
    ),
    "tagged letter on one name": (
        PRICED,
        TITLES + "P@오이 3입|1,980|1|1,980\nⓔ가지 2입|1,480|1|1,480",
        [("오이 3입", 1, 1980, 0), ("가지 2입", 1, 1480, 0)],
    ),
    "rest of a name below its numbers": (
        "0 27> 32> 44>",
        "상품명|단가|수량|금액\n청정원 순창 우리쌀로|12,900|1|12,900\n만든 고추장 1.5kg\n농심 신라면|4,100|1|4,100\n"
        "오뚜기 3분 쇠고기카|1,980|2|3,960\n레 200g",
        [
            ("청정원 순창 우리쌀로 만든 고추장 1.5kg", 1, 12900, 0),
            ("농심 신라면", 1, 4100, 0),
            ("오뚜기 3분 쇠고기카 레 200g", 2, 3960, 0),
        ],
    ),
    "start of a name above its numbers": (
        "0 27> 32> 44>",
        "상품명|단가|수량|금액\n청정원 순창 우리쌀로\n만든 고추장 1.5kg|12,900|1|12,900\n농심 신라면|4,100|1|4,100",
        [("청정원 순창 우리쌀로 만든 고추장 1.5kg", 1, 12900, 0), ("농심 신라면", 1, 4100, 0)],
    ),
    "kinds of tax before names": (
        PRICED,
        TITLES + "면 부추(포항초)1단|2,480|1|2,480\n과 양조간장501 1.7L|13,900|1|13,900\n비 빈병보증금100원|100|4|400",
        [("부추(포항초)1단", 1, 2480, 0), ("양조간장501 1.7L", 1, 13_900, 0), ("빈병보증금100원", 4, 400, 0)],
    ),
    "units before numbers below names": (
        "0 24 30> 36> 48>",
        "상품명\n|단위|수량|단가|금액\n신라면 120g*40\n|BOX|1|34,800|34,800\n제로라임 245ml\n|EA|24|550|13,200\n"
        "순창궁고추장14kg\n|통|1|38,900|38,900",
        [("신라면 120g*40", 1, 34_800, 0), ("제로라임 245ml", 24, 13_200, 0), ("순창궁고추장14kg", 1, 38_900, 0)],
    ),
    "counted units below names": (
        "0 20 42>",
        "MONSTER ZERO 355ML\n|1 EA|2,300\nEXTRA 스피아민트 35.1G\n|2 EA|4,000\n하겐다즈 바닐라 컵 100ML\n|1 EA|5,700",
        [
            ("MONSTER ZERO 355ML", 1, 2300, 0),
            ("EXTRA 스피아민트 35.1G", 2, 4000, 0),
            ("하겐다즈 바닐라 컵 100ML", 1, 5700, 0),
        ],
    ),
    "codes with points below names": (
        "0 24 42>",
        "미트볼 냉동 1kg\n604.882.10|2x 13,900|27,800\n어린이컵 6P\n204.137.92|1 x 3,900|3,900\n핫도그 콤보\n"
        "FOOD 0021|2x 2,500|5,000",
        [("미트볼 냉동 1kg", 2, 27_800, 0), ("어린이컵 6P", 1, 3900, 0), ("핫도그 콤보", 2, 5000, 0)],
    ),
    "quantities behind names above codes": (
        "0 30> 42>",
        "육포 오리지널 35g||2개\n(1045511)|@2,000|4,000\n"
        "밀폐용기 620ml||3개\n(60224)|@1,000|3,000\n쿠키틀 4P||1개\n(1060045)|@1,000|1,000",
        [("육포 오리지널 35g", 2, 4000, 0), ("밀폐용기 620ml", 3, 3000, 0), ("쿠키틀 4P", 1, 1000, 0)],
    ),
    "unit prices beside names, quantity and amount below": (
        "0 30 42>",
        "오이맛고추 200G||2,490\n|2개|4,980\n용가리치킨 300G||6,490\n|1개|6,490\n"
        "  ▼행사가할인||-1,500\n우유 4입||3,980\n|2개|7,960",
        [("오이맛고추 200G", 2, 4980, 0), ("용가리치킨 300G", 1, 6490, -1500), ("우유 4입", 2, 7960, 0)],
    ),
    "line numbers with hyphens": (
        PRICED,
        "1-신)고메함박 540g\n2013|7,980|1|7,980\n"
        "2-해남)배추3입망\n6484|9,900|1|9,900\n3-매)앱솔루트W1단계\n0955|23,500|2|47,000",
        [("신)고메함박 540g", 1, 7980, 0), ("해남)배추3입망", 1, 9900, 0), ("매)앱솔루트W1단계", 2, 47_000, 0)],
    ),
    "minus in brackets": (
        "0 30> 42>",
        "품명|수량|금액\n부침두부 420g|1개|3,480\n국산 콩나물 500g|1개|1,980\n  마감할인||(-300)\n홈런볼초코|4|5,120\n"
        "  4개구매시 25%||(-)1,280",
        [("부침두부 420g", 1, 3480, 0), ("국산 콩나물 500g", 1, 1980, -300), ("홈런볼초코", 4, 5120, -1280)],
    ),
    "a column of discounts behind the amounts": (
        "0 24> 30> 40> 50>",
        "상품명|판매가|수량|상품금액|할인\n황태채 300g|16,900|2개|33,800\n참깨 볶음 500g|18,500|1개|18,500|-1,850",
        [("황태채 300g", 2, 33_800, 0), ("참깨 볶음 500g", 1, 18_500, -1850)],
    ),
    "signs of quantities before names with sizes": (
        "0 4 42>",
        "1x|간장반 양념반 순살|24,900\n2x|치즈볼 6개|11,000\n2x|제로콜라 500ml|4,000",
        [("간장반 양념반 순살", 1, 24_900, 0), ("치즈볼 6개", 2, 11_000, 0), ("제로콜라 500ml", 2, 4000, 0)],
    ),
    "free items among the others": (
        "0 24> 30> 42>",
        "품명|단가|수|금액\n정통단팥빵|1,800|3|5,400\n생일초(긴초)|0|3|0\n폭죽|500|1|500",
        [("정통단팥빵", 3, 5400, 0), ("생일초(긴초)", 3, 0, 0), ("폭죽", 1, 500, 0)],
    ),
    "weights and prices per weight below": (
        PRICED,
        TITLES
        + "부추 1단|2,480|1|2,480\n한돈 앞다리살(수육용)|||11,640\n    0.732kg @100g 1,590\n양조간장|13,900|1|13,900",
        [("부추 1단", 1, 2480, 0), ("한돈 앞다리살(수육용)", 1, 11_640, 0), ("양조간장", 1, 13_900, 0)],
    ),
    "dots between names and amounts": (
        "0 25>",
        "시금치 1단 ........ 3,000\n쑥떡 2팩 .......... 5,000\n햇땅콩 1되 ....... 12,000",
        [("시금치 1단", 1, 3000, 0), ("쑥떡 2팩", 1, 5000, 0), ("햇땅콩 1되", 1, 12_000, 0)],
    ),
    "kinds of tax before numbers below names": (
        "0 4 14> 22> 32> 42>",
        "상품명\n|단가||수량|금액|에누리\n01 갑오징어 500G\n|면|14,900|1|14,900|-3,000\n"
        "02 카레여왕 108G\n|과|4,480|2|8,960|0\n"
        "03 채소믹스 120G\n|면|3,480|2|6,960|-696",
        [("갑오징어 500G", 1, 14_900, -3000), ("카레여왕 108G", 2, 8960, 0), ("채소믹스 120G", 2, 6960, -696)],
    ),
    "kinds of tax behind amounts": (
        "0 42>",
        "[1103 정육]\n1++한우 양지(국)|31,160비\n  0.318kg*98,000\n모듬전(대)|22,000과\n"
        "  마감할인 10%|-2,200\n호밀 캄파뉴|8,800과",
        [("1++한우 양지(국)", 1, 31_160, 0), ("모듬전(대)", 1, 22_000, -2200), ("호밀 캄파뉴", 1, 8800, 0)],
    ),
    "kinds of tax behind names": (
        "0 30 42>",
        "물품명|수량|금액\n햇완두콩(깐것) 300g|면 1|6,200\n우리밀라면 110g|과 5|6,750\n유정란 10알|면 2|8,800",
        [("햇완두콩(깐것) 300g", 1, 6200, 0), ("우리밀라면 110g", 5, 6750, 0), ("유정란 10알", 2, 8800, 0)],
    ),
    "a letter for free of tax": (
        "0 30> 42>",
        "상품명|수량|금액\nF햇감자 한바구니|1|4,900\n스팸클래식200g|1|14,800\nF활전복(중)5미|1|13,900",
        [("햇감자 한바구니", 1, 4900, 0), ("스팸클래식200g", 1, 14_800, 0), ("활전복(중)5미", 1, 13_900, 0)],
    ),
    "discounts in brackets behind amounts": (
        "0 24> 34> 44>",
        "상품명|수량|금액|[할인]\n배추김치 3kg|1|19,980|[-4,000]\n무농약 콩나물 300g|2|3,160\n"
        "신선아삭 오이 5입|1|4,980|[-1,490]",
        [("배추김치 3kg", 1, 19_980, -4000), ("무농약 콩나물 300g", 2, 3160, 0), ("신선아삭 오이 5입", 1, 4980, -1490)],
    ),
    "discount and what remains behind amounts": (
        "0 24> 34> 44> 54>",
        "주문상품|수량|상품금액|할인금액|결제금액\n깜빠뉴 600g|2|17,800|0|17,800\n르뱅쿠키 8구|1|28,000|-5,600|22,400",
        [("깜빠뉴 600g", 2, 17_800, 0), ("르뱅쿠키 8구", 1, 28_000, -5600)],
    ),
    "discount and what remains below names": (
        "0 20> 32> 44>",
        "수량|금액|할인|결제금액\n오트 그래놀라 300g\n1개|12,000|-2,400|9,600\n비건 쿠키 3입\n"
        "2개|9,000||9,000\n믹스넛 25g*20\n1개|25,900|-5,180|20,720",
        [("오트 그래놀라 300g", 1, 12_000, -2400), ("비건 쿠키 3입", 2, 9000, 0), ("믹스넛 25g*20", 1, 25_900, -5180)],
    ),
    "a regular price between quantity and amount": (
        "0 24> 34> 44>",
        "볶음 땅콩 400g|1||6,000\n구운 아몬드 1kg|2|36,000|29,000\n곶감 30입(상주)|1|38,000|32,000",
        [("볶음 땅콩 400g", 1, 6000, 0), ("구운 아몬드 1kg", 2, 29_000, 0), ("곶감 30입(상주)", 1, 32_000, 0)],
    ),
    "line numbers with angles": (
        PRICED,
        "1>참깨라면컵110|1,180|4|4,720\n2>부산어묵300g|2,480|2|4,960\n3>깐쪽파 1봉|3,900|1|3,900",
        [("참깨라면컵110", 4, 4720, 0), ("부산어묵300g", 2, 4960, 0), ("깐쪽파 1봉", 1, 3900, 0)],
    ),
    "weights and prices per weight before amounts": (
        "0 30 42>",
        "상품명|단가|금액\n한우(암) 등심 1++(7)\n  이력 0021441778200\n  366g 15,900/100g|58,190\n"
        "한돈 삼겹살(칼집)\n  이력 0021442778201\n  1,020g 2,850/100g|29,070",
        [("한우(암) 등심 1++(7)", 1, 58_190, 0), ("한돈 삼겹살(칼집)", 1, 29_070, 0)],
    ),
    "counts with their words in a column": (
        "0 24 36> 48>",
        "어종|수량|단가|금액\n생대구(동해)|1 마리|25,000|25,000\n반건조 민어|2 마리|13,000|26,000\n"
        "활바지락|2kg|8,000|16,000",
        [("생대구(동해)", 1, 25_000, 0), ("반건조 민어", 2, 26_000, 0), ("활바지락", 2, 16_000, 0)],
    ),
    "quantity and unit price in brackets below": (
        "0 42>",
        "① 찹쌀도너츠\n   x5 (@1,000)|5,000원\n② 수제 찐빵(팥)\n   x3 (@2,000)|6,000원\n③ 꽈배기 4개입\n"
        "   x1 (@4,000)|4,000원",
        [("찹쌀도너츠", 5, 5000, 0), ("수제 찐빵(팥)", 3, 6000, 0), ("꽈배기 4개입", 1, 4000, 0)],
    ),
    "signs that touch unit prices": (
        "0 28> 32 42>",
        "1- 소고기무국 2인|8,900×|2|17,800\n2- 배추겉절이 500g|7,500x|1|7,500\n3- LA갈비구이(즉석)|15,900×|1|15,900",
        [("소고기무국 2인", 2, 17_800, 0), ("배추겉절이 500g", 1, 7500, 0), ("LA갈비구이(즉석)", 1, 15_900, 0)],
    ),
    "quantities in brackets before names": (
        "0 42>",
        "[2] (ICE)꿀아메리카노|5,400\n   · 얼음적게\n[1] (HOT)카라멜마끼또|3,700\n[1] 허니브레드|4,500",
        [("(ICE)꿀아메리카노", 2, 5400, 0), ("(HOT)카라멜마끼또", 1, 3700, 0), ("허니브레드", 1, 4500, 0)],
    ),
    "quantities before names that start with figures": (
        "0 42>",
        "QTY 품목|총액\n1 1955버거 라지세트|9,900\n2 맥치킨 단품|11,000\n1 맥너겟 10조각|6,500",
        [("1955버거 라지세트", 1, 9900, 0), ("맥치킨 단품", 2, 11_000, 0), ("맥너겟 10조각", 1, 6500, 0)],
    ),
    "supply, tax and amount of all pieces": (
        "0 16> 26> 34> 44>",
        "상품명\n|수량|공급가|부가세|금액\n즉석밥 210g*12\n|1|15,000|1,500|16,500\n주방세제 750ml\n"
        "|2|12,545|1,255|13,800",
        [("즉석밥 210g*12", 1, 16_500, 0), ("주방세제 750ml", 2, 13_800, 0)],
    ),
    "small unit prices that touch quantities": (
        "0 30> 42>",
        "불닭볶음면큰컵105g\n8801073312814|1,800x2|3,600\n얼음컵 빅사이즈\n8801115922148|800x2|1,600\n"
        "과자 60g\n8809512288119|990x1|990",
        [("불닭볶음면큰컵105g", 2, 3600, 0), ("얼음컵 빅사이즈", 2, 1600, 0), ("과자 60g", 1, 990, 0)],
    ),
    "codes in brackets before unit prices and quantities": (
        "0 42>",
        "해남 배추 1포기|3,980\n   (8809201110097) 3,980 * 1\n아인슈타인우유 900ml|6,360\n"
        "   (8801069112206) 3,180 * 2\n월동무 1개|1,580\n"
        "   (8809201330013) 1,580 * 1",
        [("해남 배추 1포기", 1, 3980, 0), ("아인슈타인우유 900ml", 2, 6360, 0), ("월동무 1개", 1, 1580, 0)],
    ),
    "sizes in a column of their own": (
        "0 20 30> 40> 52>",
        "품명|규격|수량|단가|금액\n청양고추|10kg|1|32,000|32,000\n|할인|||-2,000\n멸치(국물용)|1.5kg/c|2|19,000|38,000",
        [("청양고추", 1, 32000, -2000), ("멸치(국물용)", 2, 38000, 0)],
    ),
    "sizes of drinks in a column of their own": (
        "0 20 30> 44>",
        "메뉴|사이즈|수량|합계\n아메리카노|ICE/L|3|5,400\n유자민트티|HOT/M|1|3,300",
        [("아메리카노", 3, 5400, 0), ("유자민트티", 1, 3300, 0)],
    ),
    "size and tax below a name, numbers below them": (
        "0 42>",
        "하얀설탕 15kg\n15kg/포 · 과세\n18,900원 × 3포|56,700원\n고춧가루\n2.5kg/봉 · 면세\n38,500원 × 1봉|38,500원",
        [("하얀설탕 15kg", 3, 56700, 0), ("고춧가루", 1, 38500, 0)],
    ),
    "discounts behind the amounts, without a quantity": (
        "0 30> 42>",
        "상품명|금액|[할인]\n국내산 대파 1단|2,980|[-800]\n배추김치 1.9kg|19,980|\n오이 5입|4,980|[-1,490]",
        [("국내산 대파 1단", 1, 2980, -800), ("배추김치 1.9kg", 1, 19980, 0), ("오이 5입", 1, 4980, -1490)],
    ),
    "what is not charged, with a unit and zeros": (
        PRICED,
        "품목|수량|단가|금액\n방어회(중)|1접시|40,000|40,000\n매운탕거리|1봉|0|0",
        [("방어회(중)", 1, 40000, 0), ("매운탕거리", 1, 0, 0)],
    ),
    "origin, quantity and unit price below the amount": (
        "0 42>",
        "미니사과 6입|19,600\n국내산 / 2 × 9,800\n유정란 10구|8,900\n모짜렐라|12,500\n수량: 1 · 개당 12,500원",
        [("미니사과 6입", 2, 19600, 0), ("유정란 10구", 1, 8900, 0), ("모짜렐라", 1, 12500, 0)],
    ),
    "discounts that name their items, in a block below": (
        PRICED,
        TITLES + "두부|1,500|2|3,000\n서울우유|2,800|1|2,800\n[할인내역]\n두부 할인|||-500\n서울우유 행사|||-300",
        [("두부", 2, 3000, -500), ("서울우유", 1, 2800, -300)],
    ),
    "sign and unit price above a name": (
        "0 8 30>",
        "|3 X @1,000\n야채||3,000\n과일||8,500\n|2 X @1,500\n두부||3,000",
        [("야채", 3, 3000, 0), ("과일", 1, 8500, 0), ("두부", 2, 3000, 0)],
    ),
    "discounts behind unit prices and amounts": (
        "0 22 30> 40> 50> 60>",
        "상품|No|수량|단가|금액|할인\n우럭 500g||1|15,900|15,900|\n갓김치 1kg||2|12,900|25,800|-1,290\n"
        "물티슈 70매*3||1|5,900|5,900|-590",
        [("우럭 500g", 1, 15900, 0), ("갓김치 1kg", 2, 25800, -1290), ("물티슈 70매*3", 1, 5900, -590)],
    ),
    "discounts between quantities and amounts": (
        "0 30> 36> 44> 54>",
        "상품명|판매가|수량|할인|상품금액\n복사용지 2500매|24,900|1|0|24,900\n카누 100T|22,500|2|-2,250|45,000",
        [("복사용지 2500매", 1, 24900, 0), ("카누 100T", 2, 45000, -2250)],
    ),
    "unit prices behind amounts": (
        "0 30> 40> 52>",
        "품명|수량|금액|단가\n맛술830ml|1|4,280|4,280\n초코파이정 12입|2|9,600|4,800\n보리1.5L|3|5,940|1,980",
        [("맛술830ml", 1, 4280, 0), ("초코파이정 12입", 2, 9600, 0), ("보리1.5L", 3, 5940, 0)],
    ),
    "sign, unit price and quantity below the amount": (
        "0 20 44>",
        "상품명||금액\n케첩 397g||3,480\n스파게티 n.5||5,960\n|@2,980 X 2|\n후룻컵 망고||7,440\n|@2,480 X 3|\n"
        "2+1 증정||-2,480",
        [("케첩 397g", 1, 3480, 0), ("스파게티 n.5", 2, 5960, 0), ("후룻컵 망고", 3, 7440, -2480)],
    ),
    "choices with bullets and labels": (
        "0 42>",
        "마라탕 1개|15,900원\n· 맵기: 2단계\n꿔바로우(소) 1개|12,000원\n· 소스: 찍먹",
        [("마라탕", 1, 15900, 0), ("꿔바로우(소)", 1, 12000, 0)],
    ),
    "sums in one row": (
        "0 30> 36> 46>",
        "상품명|판매가|수량|금액\n카누 100T|22,500|2|45,000\n볼펜|4,200|1|4,200\n"
        "상품합계 49,200원 할인 0원 배송비 3,000원|||",
        [("카누 100T", 2, 45000, 0), ("볼펜", 1, 4200, 0)],
    ),
    "additions with a plus sign": (
        "0 30> 44>",
        "메뉴|수량|금액\n반반족발(대)|1개|39,000원\n ▶ 쌈채소 많이(무료)||\n불족발 변경||+2,000\n"
        "쟁반막국수(소)|1개|9,000원",
        [("반반족발(대)", 1, 39000, 0), ("불족발 변경", 1, 2000, 0), ("쟁반막국수(소)", 1, 9000, 0)],
    ),
    "shares of discounts in brackets": (
        "0 30> 42>",
        "상품명|수량|금액\n시카플라스트 40ml|1|21,000\n|| (30% -6,300)\n거즈패드|2|33,800\n|| (25% -8,450)",
        [("시카플라스트 40ml", 1, 21000, -6300), ("거즈패드", 2, 33800, -8450)],
    ),
    "letters of a tax behind amounts": (
        "0 30>",
        "농산|3,500\n공산품|4,800T\n주류|5,700r\n건어물|12,000",
        [("농산", 1, 3500, 0), ("공산품", 1, 4800, 0), ("주류", 1, 5700, 0), ("건어물", 1, 12000, 0)],
    ),
    "titles of parts of the list": (
        PRICED,
        TITLES + "[청과/야채]\n햇생강 300g|4,980|1|4,980\n단호박 3입|5,980|1|5,980\n[냉동/정육]\n물만두|8,980|1|8,980",
        [("햇생강 300g", 1, 4980, 0), ("단호박 3입", 1, 5980, 0), ("물만두", 1, 8980, 0)],
    ),
    "dishes at no charge": (
        PRICED,
        TITLES + "치즈감자튀김|9,500|1|9,500\n땅콩(기본안주)||1|0\n2x 약과 (service)|||0\n생맥주|4,500|3|13,500",
        [
            ("치즈감자튀김", 1, 9500, 0),
            ("땅콩(기본안주)", 1, 0, 0),
            ("약과 (service)", 2, 0, 0),
            ("생맥주", 3, 13500, 0),
        ],
    ),
    "what rounds the amount of a weight": (
        "0 30>",
        "자연산 광어|77,300\n1.84kg x 42,000원/kg|\n끝전할인|-2,280\n멍게(통영)|21,600\n1.20kg x 18,000원/kg|",
        [("자연산 광어", 1, 77300, -2280), ("멍게(통영)", 1, 21600, 0)],
    ),
    "slashes between name, count and amount": (
        "0 60",
        "배추 3포기 1망 / 2개 / 19,800원|\n쪽파 1단 / 1개 / 5,900원|\n특가할인 -900원|\n새우젓 1kg / 1개 / 19,800원|",
        [("배추 3포기 1망", 2, 19800, 0), ("쪽파 1단", 1, 5900, -900), ("새우젓 1kg", 1, 19800, 0)],
    ),
    "the bracket that did not fit": (
        "0 26> 34>",
        "상품명|금액|수량\n햇감자(강원)한바구니|4,900|1\n찰토마토박스(완숙|19,800|2\n)\n활전복(중)5미|13,900|1",
        [("햇감자(강원)한바구니", 1, 4900, 0), ("찰토마토박스(완숙)", 2, 19800, 0), ("활전복(중)5미", 1, 13900, 0)],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_items_are_read(kind: str) -> None:
    stops, rows, expected = KINDS[kind]
    total = sum(amount + discount for _, _, amount, discount in expected)
    receipt = read(stops, rows, total=total)
    assert listed(receipt) == expected
    assert receipt.totals.total == total
    assert receipt.totals.matches is True


def test_a_list_without_separators_is_read_if_its_total_has_none() -> None:
    receipt = parse_single_receipt(
        [typed("0 30>", "시장상회\n2026-11-20 18:22\n배추 3포기|12000\n무|4000\n쪽파 1단|5000\n계|21000")], NOW
    )
    assert listed(receipt) == [("배추 3포기", 1, 12000, 0), ("무", 1, 4000, 0), ("쪽파 1단", 1, 5000, 0)]
    assert (receipt.totals.total, receipt.totals.matches) == (21_000, True)


def test_a_row_with_a_date_is_no_name() -> None:
    rows = "001 알밤술 750ml\n8809409970097|1,300|2|2,600\n002 포도 1.5L\n8801043034722|1,980|1|1,980"
    head = "늘푸른마트\n판매일:2026-11-20 18:22,금요일 계산대:002"
    receipt = read("0 30> 36> 48>", rows, total=4580, head=head)
    assert [item.name for item in receipt.items] == ["알밤술 750ml", "포도 1.5L"]


def test_items_in_english_do_not_make_a_korean_receipt_foreign() -> None:
    rows = "Iced Single Origin Latte|2|14,000\nDrip Coffee Three Africas|1|6,000\nBelgian Waffle Classic|1|7,500"
    receipt = read("0 30> 42>", rows, total=27_500, head="BLUE BOTTLE SEONGSU\n2026-11-20 18:22")
    assert [(item.name, item.numbers.amount) for item in receipt.items] == [
        ("Iced Single Origin Latte", 14000),
        ("Drip Coffee Three Africas", 6000),
        ("Belgian Waffle Classic", 7500),
    ]


def test_used_points_reduce_what_is_to_be_paid() -> None:
    rows = (
        TITLES
        + "간장 1.8L|5,980|1|5,980\n밀가루 3kg|4,280|1|4,280\n합계|||10,260\n포인트사용|||-1,260\n결제금액|||9,000"
    )
    receipt = read(PRICED, rows, total=None)
    assert (receipt.totals.total, receipt.totals.matches) == (9000, True)


def test_the_amount_before_tax_is_not_the_total() -> None:
    slip = "정육명가\n2026-11-20 12:22:33\n금액 : 136,364원\n부가세 : 13,636원\n합계 : 150,000원"
    assert parse_single_receipt([typed("0", slip)], NOW).totals.total == 150_000


def test_a_number_before_each_name_that_rises_is_no_quantity() -> None:
    receipt = read("0 5 42>", "1|아메리카노|4,500\n2|바닐라라떼|11,000\n3|치즈케이크|6,600", total=22_100)
    assert listed(receipt) == [
        ("아메리카노", 1, 4500, 0),
        ("바닐라라떼", 1, 11000, 0),
        ("치즈케이크", 1, 6600, 0),
    ]


def test_a_size_before_a_sign_belongs_to_the_name() -> None:
    receipt = read("0 42>", "사조참치 100g x 3|5,980\n두부|1,500", total=7480)
    assert [item.numbers.amount for item in receipt.items] == [5980, 1500]
    assert receipt.items[0].name.startswith("사조참치 100g")


def test_a_row_below_the_longest_name_is_a_choice_if_the_name_does_not_reach_the_numbers() -> None:
    rows = "메뉴|단가|수량|금액\n돌체 콜드브루 라떼|5,500|1|5,500\n연하게\n아메리카노|4,000|1|4,000"
    receipt = read("0 34> 40> 52>", rows, total=9500)
    assert [item.name for item in receipt.items] == ["돌체 콜드브루 라떼", "아메리카노"]


@pytest.mark.parametrize(
    "label",
    ["주문쿠폰", "주문 할인", "장바구니쿠폰", "첫구매 쿠폰", "첫 주문 할인", "결제할인", "배송비할인", "전체할인"],
)
def test_a_discount_on_the_order_is_not_deducted_from_its_last_item(label: str) -> None:
    receipt = read(PRICED, f"{TITLES}두부|1,500|1|1,500\n우유|2,000|1|2,000\n{label}|||-1,000", total=2500)
    assert listed(receipt) == [("두부", 1, 1500, 0), ("우유", 1, 2000, 0)]
    assert (receipt.totals.discount, receipt.totals.matches) == (-1000, True)


@pytest.mark.parametrize("label", ["즉시할인", "할인", "행사할인", "회원할인"])
@pytest.mark.parametrize(
    ("stops", "rows", "items"),
    [
        (
            "0 20> 28> 34> 46>",
            "상품명|정가|판매가|수량|금액\n두부|2,000|1,500|1|1,500\n{}||||-500\n우유|2,500|2,000|2|4,000\n{}||||-1,000",
            [("두부", 1, 1500, 0), ("우유", 2, 4000, 0)],
        ),
        (
            "0 20> 42>",
            "두부|2,000|1,500\n{}||-500\n우유|4,500|4,000\n{}||-500",
            [("두부", 1, 1500, 0), ("우유", 1, 4000, 0)],
        ),
        (
            PRICED,
            TITLES + "두부|2,000|1|1,500\n{}|||-500\n우유|2,250|2|4,000\n{}|||-500",
            [("두부", 1, 1500, 0), ("우유", 2, 4000, 0)],
        ),
        (
            PRICED,
            TITLES + "두부 2000|1,500|1|1,500\n{}|||-500\n우유|1,000|2|2,000\n{}|||-1,000",
            [("두부 2000", 1, 1500, -500), ("우유", 2, 2000, -1000)],
        ),
    ],
    ids=["in columns", "without titles", "amounts already reduced", "not in the amounts"],
)
def test_discounts_from_printed_regular_prices_are_in_the_amounts(
    label: str, stops: str, rows: str, items: Listed
) -> None:
    receipt = read(stops, rows.replace("{}", label), total=sum(amount + off for _, _, amount, off in items))
    assert listed(receipt) == items
    assert receipt.totals.matches is True


def test_a_discount_below_the_delivery_fee_is_on_the_whole_receipt() -> None:
    receipt = read("0 42>", "떡볶이|9,000\n모듬튀김|6,500\n배달팁|3,000\n할인쿠폰|-2,000", total=16_500)
    assert listed(receipt) == [("떡볶이", 1, 9000, 0), ("모듬튀김", 1, 6500, 0)]
    assert (receipt.totals.discount, receipt.totals.matches) == (-2000, True)


@pytest.mark.parametrize("state", ["배송완료", "구매확정", "배송조회", "리뷰쓰기"])
def test_states_and_buttons_beside_the_amounts_of_a_table_of_orders(state: str) -> None:
    rows = (
        f"상품정보|판매가|수량|합계|배송상태\n시금치 250g|2,980원|2|5,960원|{state}\n깐마늘|3,980원|1|3,980원|{state}"
    )
    text = f"주문일자 2026-11-20\n{rows}\n상품금액 9,940원 + 배송비 3,000원 = 총 결제금액 12,940원"
    receipt = parse_single_receipt([typed("0 24> 32> 44> 48", text)], NOW)
    assert listed(receipt) == [("시금치 250g", 2, 5960, 0), ("깐마늘", 1, 3980, 0)]
    assert receipt.totals.total == 12_940


@pytest.mark.parametrize("sign", ["x", "X", "×"])
def test_a_sign_between_names_and_quantities_is_part_of_neither(sign: str) -> None:
    before = read(
        "0 42>", f"2 {sign} 아메리카노(R)|9,000\n1 {sign} 돌체라떼(L)|6,400\n+ 오트밀크 변경|800", total=16_200
    )
    assert listed(before) == [("아메리카노(R)", 2, 9000, 0), ("돌체라떼(L)", 1, 6400, 0), ("오트밀크 변경", 1, 800, 0)]
    after = read("0 30> 42>", f"콩나물 300g {sign}|2|2,960\n두부 {sign}|1|1,500", total=4460)
    assert listed(after) == [("콩나물 300g", 2, 2960, 0), ("두부", 1, 1500, 0)]


def test_sums_of_parts_of_the_list_are_no_items() -> None:
    rows = (
        "상품명|수량|금액\n[농산]\n햇사과 4-6입|1|9,990\n팽이버섯 150g|3|2,370\n농산 소계 (2품목)||12,360"
        "\n[축산]\n무항생제란 15구|1|5,490\n축산 소계 (1품목)||5,490\n거래 품목수||3"
    )
    assert listed(read("0 30> 42>", rows, total=17_850)) == [
        ("햇사과 4-6입", 1, 9990, 0),
        ("팽이버섯 150g", 3, 2370, 0),
        ("무항생제란 15구", 1, 5490, 0),
    ]


@pytest.mark.parametrize(
    "label", ["농산 소계", "농산 소계 (2품목)", "농산소계(2품목)", "면세품목합계", "과세품목 합계"]
)
def test_the_list_continues_below_the_sum_of_a_part(label: str) -> None:
    rows = f"{TITLES}두부|1,500|1|1,500\n우유|2,000|2|4,000\n{label}|||5,500\n콜라|1,800|1|1,800\n소계|||1,800"
    assert listed(read(PRICED, rows, total=7300)) == [
        ("두부", 1, 1500, 0),
        ("우유", 2, 4000, 0),
        ("콜라", 1, 1800, 0),
    ]


def test_titles_of_parts_do_not_end_the_list() -> None:
    rows = f"{TITLES}과세품목\n두부|1,500|1|1,500\n우유|2,000|2|4,000\n면세품목\n콜라|1,800|1|1,800"
    assert [name for name, *_ in listed(read(PRICED, rows, total=7300))] == ["두부", "우유", "콜라"]


@pytest.mark.parametrize("name", ["산소계", "염소계", "염소계 (3종)", "산소계표백제", "염소계 세제", "채소계란"])
@pytest.mark.parametrize("columns", ["{}|3,900|1|3,900", "{}||1|3,900", "{}|||3,900"])
def test_names_that_contain_the_word_for_a_sum_of_a_part(name: str, columns: str) -> None:
    rows = f"{TITLES}두부|1,500|1|1,500\n{columns.format(name)}\n우유|2,000|1|2,000"
    assert [item.name for item in read(PRICED, rows, total=7400).items] == ["두부", name, "우유"]


@pytest.mark.parametrize(
    "name", ["소계 세트", "포장김", "포장두부", "부세", "카드지갑", "현미금", "일시불고기", "상품면"]
)
def test_products_that_are_nearly_labels_are_items_if_unit_price_and_quantity_confirm_them(name: str) -> None:
    rows = f"{TITLES}두부|1,500|1|1,500\n{name}|3,900|2|7,800\n우유|2,000|1|2,000"
    assert [item.name for item in read(PRICED, rows, total=11_300).items] == ["두부", name, "우유"]


@pytest.mark.parametrize("label", ["소계", "주문금액", "면세합계"])
@pytest.mark.parametrize(
    "below",
    [
        *("상품권|1|3,000", "종이상품권|1|3,000", "기프트카드|1|3,000", "교환권|1|1,000", "체크카드|1|3,500"),
        *("스탬프|2|2,000", "보너스 스탬프|3|300", "체크셔츠 무료쿠폰|1|3,000", "포인트 적립|1|35"),
        *("즉시할인|1|500", "제휴할인|1|1,000", "할인쿠폰 1장|1|1,000", "쿠폰할인|1|500", "사은 이벤트 응모|2|200"),
    ],
)
def test_what_follows_the_sum_of_all_items_is_no_item(label: str, below: str) -> None:
    rows = f"상품명|수량|금액\n두부|1|1,500\n우유|1|2,000\n{label}||3,500\n{below}"
    assert listed(read("0 30> 42>", rows, total=3500)) == [("두부", 1, 1500, 0), ("우유", 1, 2000, 0)]
    fee = f"{rows}\n배달비||3,000"
    assert listed(read("0 30> 42>", fee, total=6500)) == [("두부", 1, 1500, 0), ("우유", 1, 2000, 0)]


def test_quantities_in_the_last_column() -> None:
    rows = (
        "상품명|단가|금액|개수\n캔맥주 500ml|2,600|15,600|6\n증정)전용잔|0|0|1\n쇼핑백|500|500|1\n콩나물|1,200|2,400|2"
    )
    assert listed(read("0 30> 42> 50>", rows, total=18_500)) == [
        ("캔맥주 500ml", 6, 15_600, 0),
        ("증정)전용잔", 1, 0, 0),
        ("쇼핑백", 1, 500, 0),
        ("콩나물", 2, 2400, 0),
    ]


def test_quantities_in_boxes_and_a_column_of_counters() -> None:
    rows = "품명|코너|수량|단가|금액\n감귤 10kg|과일|4 BOX|18,500|74,000\n떡라면|분식|2|3,500|7,000"
    assert listed(read("0 14 24 40> 50>", rows, total=81_000)) == [
        ("감귤 10kg", 4, 74_000, 0),
        ("떡라면", 2, 7000, 0),
    ]


def test_weights_in_kilograms_beside_prices_of_100_grams() -> None:
    beef, pork = "한우 등심 1++|0.412|16,500|67,980\n이력번호 002088400170", "한돈 삼겹살|0.714|3,000|21,420"
    rows = f"품 명|중량kg|100g당|금액\n{beef}\n{pork}"
    items = read("0 24> 34> 44>", rows, total=89_400).items
    assert [(i.name, float(i.numbers.quantity or 0), i.numbers.unit, i.numbers.amount) for i in items] == [
        ("한우 등심 1++", 0.412, "kg", 67_980),
        ("한돈 삼겹살", 0.714, "kg", 21_420),
    ]


def test_amounts_in_rows_of_their_own_below_names_with_item_numbers() -> None:
    rows = (
        "512207 생수 500ML*40\n        2 @ 7,990|15,980T\n88214 냉장 척아이롤\n|43,210\n    할인 /88214|4,000-\n"
        "634771 즉석밥 210G*24\n|26,990T\n    할인 /634771|3,000-\n70033 베이글 6입*2\n|8,490T"
    )
    assert listed(read("0 42>", rows, total=87_670)) == [
        ("생수 500ML*40", 2, 15_980, 0),
        ("냉장 척아이롤", 1, 43_210, -4000),
        ("즉석밥 210G*24", 1, 26_990, -3000),
        ("베이글 6입*2", 1, 8490, 0),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("  2,280원*3 =|6,840원", "  1,480원*1 =|1,480원"),
        ("  3EA @2,280|6,840", "  1봉 @1,480|1,480"),
        ("  @2,280 x3|6,840", "  @1,480 x1|1,480"),
    ],
)
def test_rows_of_unit_price_sign_quantity_and_amount(first: str, second: str) -> None:
    rows = f"굿밀크 1L\n{first}\n두부(찌개용)\n{second}"
    assert listed(read("0 42>", rows, total=8320)) == [("굿밀크 1L", 3, 6840, 0), ("두부(찌개용)", 1, 1480, 0)]


@pytest.mark.parametrize(
    "returned", ["-1,500 x 1|1,500", "-1,500 x 1|-1,500", "1,500 x 1|-1,500", "1EA @1,500|-1,500", "-1EA @1,500|1,500"]
)
def test_a_minus_in_a_row_of_a_product_takes_its_item_back(returned: str) -> None:
    rows = f"두부\n 1,500 x 1|1,500\n우유\n 2,000 x 2|4,000\n두부\n {returned}"
    receipt = read("0 42>", rows, total=4000)
    assert listed(receipt) == [("우유", 2, 4000, 0)]
    assert receipt.totals.matches is True


def test_a_dash_apart_from_the_numbers_of_a_product_is_no_minus() -> None:
    rows = "두부\n - 1,500 x 1|1,500\n우유\n - 2,000 x 2|4,000"
    assert listed(read("0 42>", rows, total=5500)) == [("두부", 1, 1500, 0), ("우유", 2, 4000, 0)]


@pytest.mark.parametrize("name", ["콜라 1.5", "생수 0.5", "참치 1.88", "사이다 2.1"])
def test_a_size_before_unit_price_and_amount_is_no_weight(name: str) -> None:
    pieces = Decimal(name.split()[1]) * 10
    amount = 1000 * pieces
    rows = f"{TITLES}{name}|1,000||{amount:,.0f}\n두부|1,500|1|1,500"
    (item, _) = read(PRICED, rows, total=int(amount) + 1500).items
    assert item.numbers.unit is None
    assert item.numbers.quantity != Decimal(name.split()[1])


def test_the_codes_of_a_store_are_no_names() -> None:
    rows = "상품명\n 상품코드|수량|금액\n현미가래떡 500g\n A102331|1|6,900\n▲두유 190ml\n B204180|6|9,000"
    receipt = read("0 30> 42>", rows, total=15_900)
    assert listed(receipt) == [("현미가래떡 500g", 1, 6900, 0), ("두유 190ml", 6, 9000, 0)]


@pytest.mark.parametrize("name", ["A102331", "K12345", "B1234567"])
def test_names_that_look_like_codes_of_a_store_are_names_where_no_name_stands_above(name: str) -> None:
    beside = read(PRICED, f"{TITLES}{name}|3,900|1|3,900\n두부|1,500|1|1,500\n{name}|3,900|1|3,900", total=9300)
    assert [item.name for item in beside.items] == [name, "두부", name]
    untitled = read("0 42>", f"{name}|3,900\n두부|1,500", total=5400)
    assert [item.name for item in untitled.items] == [name, "두부"]
    above = read("0 30> 36> 48>", f"{TITLES}{name}\n8801234567893|3,900|1|3,900\n두부|1,500|1|1,500", total=5400)
    assert [item.name for item in above.items] == [name, "두부"]


@pytest.mark.parametrize("name", ["아이폰 X", "레고 테크닉 X", "요구르트 x"])
@pytest.mark.parametrize(
    "columns", ["상품명|단가|수량|금액\n{}|1,500|2|3,000", "상품명|수량|단가|금액\n{}|2|1,500|3,000", "{}|||3,000"]
)
def test_names_that_end_in_a_sign_which_stands_before_no_quantity(name: str, columns: str) -> None:
    items = read(PRICED, f"{columns.format(name)}\n두부|||1,500", total=4500).items
    assert [item.name for item in items] == [name, "두부"]


def test_a_code_beside_quantity_and_unit_price_below_the_amount() -> None:
    rows = "001 평양 물냉면 2인|11,980 #\n  8801114088128|2 X 5,990\n002 콜라 1.8L|9,870 #\n  8801094801120|3 X 3,290"
    receipt = read("0 30", rows, total=21_850)
    assert listed(receipt) == [("평양 물냉면 2인", 2, 11_980, 0), ("콜라 1.8L", 3, 9870, 0)]
    assert [item.barcode for item in receipt.items] == ["8801114088128", "8801094801120"]


def test_names_of_gifts_and_of_priced_options_above_their_numbers() -> None:
    gifts = "돈까스 450g\n|@6,990|x2|13,980\n덤증정)칸쵸컵 88g\n|@0|x1|0\n감귤 2kg(면)\n|@9,900|x1|9,900"
    assert listed(read("0 20> 30> 42>", gifts, total=23_880)) == [
        ("돈까스 450g", 2, 13_980, 0),
        ("덤증정)칸쵸컵 88g", 1, 0, 0),
        ("감귤 2kg", 1, 9900, 0),
    ]
    options = "블랙밀크티(L) @5,300\n|2|10,600\nICE / 당도 50%\n+치즈폼 @900\n|1|900\n말차라떼(J) @5,900\n|1|5,900"
    names = [(name, amount) for name, _, amount, _ in listed(read("0 30> 42>", options, total=17_400))]
    assert names == [("블랙밀크티(L)", 10_600), ("치즈폼", 900), ("말차라떼(J)", 5900)]


def test_a_returned_line_does_not_make_the_receipt_a_refund() -> None:
    rows = "품명|금액|수량\n샌드위치|3,200|1\n핫바매콤|2,200|1\n(반품)핫바매콤|-2,200|-1\n라떼275|2,900|1"
    receipt = read("0 30> 42>", rows, total=6100)
    assert not receipt.refund
    assert listed(receipt) == [("샌드위치", 1, 3200, 0), ("라떼275", 1, 2900, 0)]


@pytest.mark.parametrize(
    "taken_back",
    ["요플레오리지널8입|-5,480", "5. -1 요플레오리지널8입\n|-5,480\n  ** 품목취소 **", "반품 요플레오리지널8입|-5,480"],
    ids=["negative amount", "negative amount below", "word"],
)
def test_an_item_repeated_with_its_negative_amount_was_taken_back(taken_back: str) -> None:
    rows = f"어묵 사각 500g|9,960\n요플레오리지널8입|5,480\n소주 360ml|8,940\n{taken_back}\n미나리 200g|2,980"
    assert listed(read("0 42>", f"품명|합계\n{rows}", total=21_880)) == [
        ("어묵 사각 500g", 1, 9960, 0),
        ("소주 360ml", 1, 8940, 0),
        ("미나리 200g", 1, 2980, 0),
    ]


@pytest.mark.parametrize(
    "taken_back",
    ["반품 두부|1|3,500|-3,500", "두부|-1|3,500|-3,500", "(취소)두부|1|3,500|-3,500", "두부|1|-3,500|-3,500"],
)
def test_a_negative_amount_beside_unit_price_and_quantity_takes_an_item_back(taken_back: str) -> None:
    rows = f"상품명|수량|단가|금액\n두부|1|3,500|3,500\n우유|2|2,000|4,000\n{taken_back}"
    assert listed(read("0 24> 34> 44>", rows, total=4000)) == [("우유", 2, 4000, 0)]


def test_a_discount_may_have_quantity_and_unit_price() -> None:
    rows = "상품명|수량|단가|금액\n두부|2|3,500|7,000\n  행사할인|1|3,500|-3,500\n우유|2|2,000|4,000"
    assert listed(read("0 24> 34> 44>", rows, total=7500)) == [("두부", 2, 7000, -3500), ("우유", 2, 4000, 0)]


def test_a_discount_of_an_item_may_repeat_its_name() -> None:
    rows = "요플레오리지널8입|5,480\n요플레오리지널8입|-480\n행사 요플레오리지널8입|-1,000\n소주 360ml|8,940"
    assert listed(read("0 42>", f"품명|합계\n{rows}", total=12_940)) == [
        ("요플레오리지널8입", 1, 5480, -1480),
        ("소주 360ml", 1, 8940, 0),
    ]


@pytest.mark.parametrize(
    ("above", "below"), [("메뉴|단가", "||수량|금액"), ("상품명", "|단가|수량|금액"), ("메뉴", "|단가|수량|금액")]
)
def test_column_titles_over_two_rows(above: str, below: str) -> None:
    rows = "밀크티+펄(L)|@5,300\n||2|10,600\n말차라떼(J)|@5,900\n||1|5,900\n망고요구르트|@5,300\n||1|5,300"
    found = listed(read("0 24> 30> 42>", f"{above}\n{below}\n{rows}", total=21_800))
    assert [(name.split(" @")[0], amount) for name, _, amount, _ in found] == [
        ("밀크티+펄(L)", 10_600),
        ("말차라떼(J)", 5900),
        ("망고요구르트", 5300),
    ]


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(st.sampled_from(NARROW_NAMES), min_size=3, max_size=6),
    width=st.integers(14, 22),
    glued=st.sets(st.integers(0, 5)),
)
def test_names_in_a_narrow_column_continue_below(names: list[str], width: int, glued: set[int]) -> None:
    # Two names fill the column, so that its width is known.
    assume(sum(columns(broken(name, width)[0]) >= width - 1 for name in names) > 1)
    rows = []
    for number, name in enumerate(names):
        first, *rest = broken(name, width)
        amount = f"{1000 + 10 * number:,}"
        is_glued = number in glued and rest and number > 0
        rows += [f"{first} {amount}||1|{amount}" if is_glued else f"{first}|{amount}|1|{amount}", *rest]
    total = sum(1000 + 10 * number for number in range(len(names)))
    stops = f"0 {width + 7}> {width + 12}> {width + 22}>"
    found = listed(read(stops, "품목|가격|수량|합계\n" + "\n".join(rows), total=total))
    assert ["".join(name.split()) for name, *_ in found] == ["".join(name.split()) for name in names]


def broken(text: str, width: int) -> list[str]:
    """Lines of at most that width in half-width characters, broken inside words."""
    lines = [""]
    for character in text:
        if columns(lines[-1] + character) > width:
            lines.append("")
        lines[-1] += character
    return [line.strip() for line in lines]


def test_what_is_owed_from_before_is_no_item() -> None:
    rows = "품명|수량|단가|금액\n양배추|3|5,500|16,500\n대파|2|3,500|7,000\n금일합계|||23,500\n전일미수|||120,000"
    assert listed(read("0 20> 32> 44>", rows, total=None)) == [("양배추", 3, 16_500, 0), ("대파", 2, 7000, 0)]


def test_quantities_behind_line_numbers() -> None:
    rows = "수량 품명|합계\n1. 2 어묵 사각 500g\n|9,960\n2. 1 락토프리 900ml\n|3,280\n3. 6 소주 360ml|8,940"
    assert listed(read("0 42>", rows, total=22_180)) == [
        ("어묵 사각 500g", 2, 9960, 0),
        ("락토프리 900ml", 1, 3280, 0),
        ("소주 360ml", 6, 8940, 0),
    ]


def test_names_over_three_rows() -> None:
    rows = (
        "품목|가격|수|합계\n무항생제한우일등급|23,900|1|23,900\n양지국거리용냉장상\n용200g\n"
        "유기농블루베리즙팔|29,900|2|59,800\n"
        "십ml×10포선물세트용\n상자\n콩나물|2,200|1|2,200"
    )
    assert ["".join(name.split()) for name, *_ in listed(read("0 26> 32> 42>", rows, total=85_900))] == [
        "무항생제한우일등급양지국거리용냉장상용200g",
        "유기농블루베리즙팔십ml×10포선물세트용상자",
        "콩나물",
    ]


def test_names_below_their_numbers_with_discounts_between() -> None:
    rows = (
        "바코드|단가|수량|금액\n  상품명\n8801083605555|5,990|2|11,980\n  그래놀라 320g\n8806322120073|9,900|1|9,900\n"
        "  쉬림프 피자\n  ▷ 즉시할인(20%)|||-1,980\n8806322188035|7,990|1|7,990\n  즉석밥 210g*8"
    )
    assert listed(read("0 24> 30> 42>", rows, total=27_890)) == [
        ("그래놀라 320g", 2, 11_980, 0),
        ("쉬림프 피자", 1, 9900, -1980),
        ("즉석밥 210g*8", 1, 7990, 0),
    ]


def test_a_bag_at_no_charge_is_free() -> None:
    assert listed(read("0 30> 42>", "소금빵|2|6,400\n빵봉투(무상)|1|0", total=6400)) == [
        ("소금빵", 2, 6400, 0),
        ("빵봉투(무상)", 1, 0, 0),
    ]


def test_columns_of_a_table_of_orders_that_tell_nothing_about_line_items() -> None:
    titles = "상품명/옵션|수량|상품금액|배송비|주문상태"
    rows = "당근 2kg|1개|7,900원|3,000원|배송완료\n브로콜리|2개|11,800원|무료|배송완료"
    text = f"2026-11-20\n{titles}\n{rows}\n총 결제금액||22,700원"
    receipt = parse_single_receipt([typed("0 24 32 44 54", text)], NOW)
    assert listed(receipt) == [("당근 2kg", 1, 7900, 0), ("브로콜리", 2, 11800, 0)]
    assert receipt.totals.total == 22_700


@pytest.mark.parametrize(
    "label",
    ["합계 (3품목)", "합계(선결제)", "합계 (KRW)", "결제금액 (부가세 포함)", "Total(KRW)", "합계수량 3", "총 3개"],
)
def test_labels_of_totals_with_remarks(label: str) -> None:
    receipt = read("0 30> 42>", f"품명|수량|금액\n당근 2kg|1|7,900\n브로콜리|2|11,800\n{label}||19,700", total=None)
    assert listed(receipt) == [("당근 2kg", 1, 7900, 0), ("브로콜리", 2, 11_800, 0)]
    assert (receipt.totals.total, receipt.totals.matches) == (19_700, True)


@pytest.mark.parametrize(
    "below",
    [
        "F면세 7,900|과세 10,727",
        "면세계 7,900|과세계|10,727",
        "물품 합계||19,700",
        "면세 7,900 과세 10,727|세액 1,073",
        "판매수량||3",
        "건수||2",
    ],
)
def test_sums_by_tax_and_counts_are_no_items(below: str) -> None:
    text = f"2026-11-20\n품명|수량|금액\n당근 2kg|1|7,900\n브로콜리|2|11,800\n{below}\n합계||19,700"
    receipt = parse_single_receipt([typed("0 30> 42>", text)], NOW)
    assert listed(receipt) == [("당근 2kg", 1, 7900, 0), ("브로콜리", 2, 11_800, 0)]
    assert receipt.totals.total == 19_700


@pytest.mark.parametrize("head", ["반품)게맛살 1kg|EA|-2|4,950|-9,900", "반품)게맛살 1kg\n|EA|-2|4,950|-9,900"])
def test_something_bought_earlier_that_is_returned_is_no_item(head: str) -> None:
    rows = f"상품명|단위|수량|단가|금액\n제로라임 245ml|EA|24|550|13,200\n{head}\n크린장갑 대(L)|EA|3|1,850|5,550"
    receipt = read("0 24 30> 36> 48>", rows, total=8850)
    assert [item.name for item in receipt.items] == ["제로라임 245ml", "크린장갑 대(L)"]


@pytest.mark.parametrize(
    "above", ["입장 12:31   결제 13:05", "테이블 : 07   인원 : 3", "주문 오후 6:31", "2026-11-20 18:22"]
)
def test_rows_with_times_are_no_part_of_names(above: str) -> None:
    rows = f"{above}\n참치김밥 x2 ........... 9,000\n왕돈까스 ............. 9,500"
    found = listed(read("0 29>", rows, total=18_500))
    assert found == [("참치김밥", 2, 9000, 0), ("왕돈까스", 1, 9500, 0)]


@pytest.mark.parametrize("label", ["총 결제금액", "총 주문금액", "주문금액", "합계"])
def test_the_only_sum_is_the_total(label: str) -> None:
    rows = f"상품명|수량|금액\n당근 2kg|1|7,900\n브로콜리|2|11,800\n{label} 22,700원"
    receipt = read("0 24> 36>", rows, total=None, head="2026-11-20")
    assert (receipt.totals.total, receipt.totals.matches) == (22_700, False)


@pytest.mark.parametrize("title", ["비고", "구분", "코너", "상태", "배송비", "적립금"])
@pytest.mark.parametrize(
    ("stops", "order"),
    [("0 10 24 32> 44>", 0), ("0 14 24 32> 44>", 1), ("0 24 32> 42 54>", 3), ("0 20 28> 38> 50>", 4)],
    ids=["first", "second", "before the amount", "last"],
)
def test_such_a_column_may_stand_anywhere(title: str, stops: str, order: int) -> None:
    values = {"비고": ["면세", ""], "구분": ["식품", "식품"], "코너": ["농산", "축산"], "상태": ["완료", "완료"]}
    fees = {"배송비": ["무료", "3,000"], "적립금": ["10", "30"]}
    columns = [["상품명", "당근 2kg", "한우국거리"], ["수량", "1", "2"], ["단가", "7,900", "5,900"]]
    columns.append(["금액", "7,900", "11,800"])
    columns.insert(order, [title, *(values | fees)[title]])
    rows = "\n".join("|".join(row) for row in zip(*columns, strict=True))
    receipt = read(stops, rows, total=19_700, head="2026-11-20")
    assert listed(receipt) == [("당근 2kg", 1, 7900, 0), ("한우국거리", 2, 11_800, 0)]


@pytest.mark.parametrize(
    "ordered",
    [
        *("[배달] 주문일시 2026-11-20", "매장수령 주문일 2026-11-20", "공급가액 포함 거래일 2026-11-20"),
        *("배송일 2026-11-22 주문일자 2026-11-20", "픽업 예약 결제일 2026-11-20"),
    ],
)
def test_the_label_of_a_purchase_counts_beside_words_for_deliveries(ordered: str) -> None:
    for head in (f"2026-11-22 18:22\n{ordered}", f"{ordered}\n2026-11-22 18:22"):
        receipt = read("0 42>", "유정란|4,500\n저온살균우유|3,400", total=7900, head=head)
        assert receipt.purchase_time is not None
        assert receipt.purchase_time.day == date(2026, 11, 20)


@pytest.mark.parametrize(
    "other",
    [
        *("사전주문 2026-11-22", "주문마감 2026-11-22 10:00", "접수 마감 2026-11-22 10:00", "일시불 2026-11-22"),
        *("공급일 2026-11-22 10:00", "판매자 햇살 2026-11-22", "등록번호 12-3 2026-11-22", "주문번호 20 2026-11-22"),
    ],
)
@pytest.mark.parametrize(
    "own",
    [
        "2026-11-20 18:22",
        "공급가액 2,000 2026-11-20 18:22",
        "공급받는자용 2026-11-20 18:22",
        "매장수령 POS:01 2026-11-20 18:22",
    ],
)
def test_words_that_only_contain_those_for_orders_and_deliveries_are_no_labels(other: str, own: str) -> None:
    for head in (f"{other}\n{own}", f"{own}\n{other}"):
        receipt = read("0 42>", "유정란|4,500\n저온살균우유|3,400", total=7900, head=head)
        assert receipt.purchase_time is not None
        assert receipt.purchase_time.day == date(2026, 11, 20)


@pytest.mark.parametrize("delivery", ["공급일: 2026-11-22", "2026-11-22 도착 예정", "배송일자 2026-11-22"])
@pytest.mark.parametrize("ordered", ["주문일: 2026-11-20", "2026-11-20"])
def test_the_day_of_the_order_counts_rather_than_that_of_the_delivery(delivery: str, ordered: str) -> None:
    for head in (f"{delivery}\n{ordered}", f"{ordered}\n{delivery}"):
        receipt = read("0 42>", "유정란|4,500\n저온살균우유|3,400", total=7900, head=head)
        assert receipt.purchase_time is not None
        assert receipt.purchase_time.day == date(2026, 11, 20)


@pytest.mark.parametrize(
    "text",
    [
        "진료비 계산서 영수증\n환자성명 홍길동\n진료일자 2026-11-20\n진찰료|16,140\n주사료|3,200\n본인부담금|5,800",
        "그랜드호텔\n2026-11-20\n객실 1203\n체크인 2026-11-18\n객실료|240,000\n조식|35,000\n합계|275,000",
        "통행료 영수증\n2026-11-20 18:22\n서울영업소\n통행요금|2,400\n하이패스",
        "카드 이용내역\n이용일|가맹점||이용금액\n11.20|마트||32,400\n11.19|카페||4,500\n합계|||36,900",
        "로또 6/45\n2026/11/20 18:22:01\nA 자동 03 12 19 27 33 41\n금액 2,000원\n추첨일 2026/11/21",
        "운송장번호 1234-5678-9012\n상품명 감귤 5kg\n수량 1\n운임 선불",
        "커피 메뉴판\n아메리카노||4,500|5,000\n카페라떼||5,000|5,500\n바닐라라떼||5,500|5,500",
        "전자세금계산서\n작성일자 2026-11-20\n품목|단가|수량|공급가액\n컨설팅 용역|1,000,000|1|1,000,000",
    ],
    ids=["hospital", "hotel", "toll", "card statement", "lottery", "parcel", "menu", "tax invoice"],
)
def test_papers_that_are_no_purchase_of_products_have_no_items(text: str) -> None:
    with suppress(NotAReceipt):
        assert parse_single_receipt([typed(PRICED, text)], NOW).items == []


@pytest.mark.parametrize("below", ["수량|6", "수량|6개", "수 량 :|6"])
def test_the_number_of_all_pieces_is_no_quantity_of_the_last_item(below: str) -> None:
    receipt = read("0 30>", f"야채|3,000\n3 x 1,000|\n두부|3,000\n2 x 1,500|\n양념|4,000\n{below}", total=10000)
    assert [item[:3] for item in listed(receipt)] == [("야채", 3, 3000), ("두부", 2, 3000), ("양념", 1, 4000)]


@pytest.mark.parametrize(
    ("discount", "between"),
    [
        ("단수절사할인", ""),
        ("공병반환(26EA)", ""),
        ("에코컵 할인", "\n"),
        ("고객 우대", "\n"),
        ("통신사 제휴", "[할인내역]\n"),
    ],
)
def test_discounts_on_the_whole_receipt_are_not_deducted_from_the_last_item(discount: str, between: str) -> None:
    rows = f"짜장면|7,000|2|14,000\n탕수육|19,000|1|19,000\n군만두|7,000|1|7,000\n{between}{discount}|||-1,000"
    receipt = read(PRICED, TITLES + rows, total=39000)
    assert [(item.name, item.discount) for item in receipt.items] == [("짜장면", 0), ("탕수육", 0), ("군만두", 0)]
    assert receipt.totals.discount == -1000
    assert receipt.totals.matches


def test_a_discount_directly_below_the_last_item_is_its_own() -> None:
    rows = "짜장면|7,000|2|14,000\n탕수육|19,000|1|19,000\n군만두|7,000|1|7,000\n행사할인|||-1,000"
    assert read(PRICED, TITLES + rows, total=39000).items[-1].discount == -1000


@pytest.mark.parametrize("label", ["총", "총 금액", "총액"])
@pytest.mark.parametrize("fee", ["택배비", "택배요금", "배송비"])
def test_the_total_of_a_message(label: str, fee: str) -> None:
    receipt = read(
        "0 30>", f"오징어 10미 × 1|38,000원\n갈치(대) × 2|36,000원\n{fee}|4,000원\n{label}|78,000원", total=None
    )
    assert receipt.totals.total == 78000
    assert receipt.totals.matches
    assert len(receipt.items) == 2


def test_a_discount_for_who_came_by_toll_road_does_not_make_the_receipt_that_of_a_service() -> None:
    head = "금강휴게소 푸드홀\n이용내역 상세\n2026-05-24 14:12:00"
    receipt = read(
        "0 30> 42>",
        "품목|수량|금액\n햄버거|1|9,500\n감자구이|2|9,000\n하이패스 고객 할인||-500",
        total=18000,
        head=head,
    )
    assert [item[0] for item in listed(receipt)] == ["햄버거", "감자구이"]


@pytest.mark.parametrize("label", ["주문: 방문포장", "주문 : 예약", "결제: 배달"])
def test_the_day_of_an_order_counts_whatever_follows_its_label(label: str) -> None:
    head = f"피자공장\n{label} 2026-08-02 17:40"
    receipt = read(PRICED, TITLES + "피자|23,900|1|23,900", total=23900, head=head)
    assert receipt.purchase_time is not None
    assert receipt.purchase_time.day == date(2026, 8, 2)


@pytest.mark.parametrize("title", ["할인내역", "[할인내역]", "쿠폰 할인"])
@pytest.mark.parametrize("repeated", [False, True])
def test_discounts_below_the_sum_are_those_of_the_items_that_they_name(title: str, repeated: bool) -> None:
    again = "행사||-800\n" if repeated else ""
    rows = f"짬뽕대컵|2|3,600\n{again}바나나 2입|1|1,900\n합계수량/금액|3|5,500\n{title}||\n 짬뽕대컵||-800\n"
    rows += "" if repeated else " 바나나 2입||-400\n"
    paid = 4700 if repeated else 4300
    receipt = read("0 30> 42>", f"{rows}결제금액||{paid:,}", total=None)
    assert [(item.name, item.discount) for item in receipt.items] == [
        ("짬뽕대컵", -800),
        ("바나나 2입", 0 if repeated else -400),
    ]
    assert receipt.totals.total == paid
    assert receipt.totals.matches


def test_a_rounded_total() -> None:
    rows = "무 1개|1,784|1|1,784\n들기름|7,980|1|7,980\n소 계|||9,764\n원단위절사|||4\n받을금액|||9,760\n현금|||10,000"
    receipt = read(PRICED, TITLES + rows, total=None)
    assert receipt.totals.total == 9760
    assert receipt.totals.matches


def test_a_list_with_columns_that_adds_up_is_no_list_of_orders() -> None:
    head = "요기요 주문전표\n주문번호 : 260109-2288\n접수시간 : 2026-01-09 21:15 (배달)"
    rows = (
        "반반족발(대)|1개|39,000원\n  ▶ 쌈채소 많이(무료)||\n   불족발 변경||+2,000\n"
        "쟁반막국수(소)|1개|9,000원\n계란찜|1개|5,000원\n"
        "상품금액||55,000원\n배달요금||3,500원\n총금액||58,500원"
    )
    receipt = read("0 30> 44>", rows, total=None, head=head)
    assert [item.numbers.amount for item in receipt.items] == [39000, 2000, 9000, 5000]
    assert receipt.totals.total == 58500


SIGNLESS = (
    "두부|2,500|1|2,500\n우유|6,000|1|6,000\n  할인|||500\n총액|||8,500\n할인금액|||500\n결제금액|||3,000",
    "두부|2,500|1|2,500\n우유|6,000|1|6,000\n  행사할인|||500\n합계|||9,000",
    "두부|8,400|2|16,800\n현금|||10,000\n카드|||6,800\n합계|||26,800",
    "두부|8,400|2|16,800\n우유|2,000|1|2,000\n포인트적립|||200\n합계|||19,000",
)


@pytest.mark.parametrize("rows", SIGNLESS)
def test_a_misread_total_makes_no_items_of_discounts_and_payments(rows: str) -> None:
    receipt = read(PRICED, TITLES + rows, total=None)
    assert {item.name for item in receipt.items} <= {"두부", "우유"}


@pytest.mark.parametrize("size", ["1,000g", "1,020g", "3,000G", "2,000L", "1,000A", "* 5", "*24", "+2", "/ 24"])
def test_sizes_at_the_end_of_names_are_no_amounts(size: str) -> None:
    rows = f"두부\n8801234567893|2,500|1|2,500\n쌀 {size}\n8809401602958|4,500|2|9,000"
    receipt = read(PRICED, TITLES + rows, total=11500)
    assert [(item.name, item.numbers.amount) for item in receipt.items] == [("두부", 2500), (f"쌀 {size}", 9000)]
    beside = read("0 36> 48>", f"쌀 {size}|2|9,000\n두부|1|1,500", total=10500)
    assert listed(beside) == [(f"쌀 {size}", 2, 9000, 0), ("두부", 1, 1500, 0)]


@pytest.mark.parametrize("count", [" 2개", "x 2", "x2", "수량 2", "수량: 2개"])
def test_counts_that_are_printed_only_above_one(count: str) -> None:
    receipt = read("0 48>", f"후라이드치킨|18,000\n콜라 500ml|4,000\n{count}", total=22000)
    assert listed(receipt) == [("후라이드치킨", 1, 18000, 0), ("콜라 500ml", 2, 4000, 0)]


@pytest.mark.parametrize("reason", ["T멤버십", "10%", "회원가", "L.POINT", "임직원", "마감30%"])
def test_a_discount_beside_what_it_is_taken_off(reason: str) -> None:
    item = read("0 36> 48>", f"두부|1|2,500\n우유|2|6,000\n  {reason}|6,000|-600", total=7900)
    assert listed(item) == [("두부", 1, 2500, 0), ("우유", 2, 6000, -600)]
    rows = f"두부|2,500|1|2,500\n우유|3,000|2|6,000\n소계|||8,500\n{reason}||8,500|-850"
    whole = read(PRICED, TITLES + rows, total=7650)
    assert (whole.totals.total, whole.totals.discount, whole.totals.matches) == (7650, -850, True)


@pytest.mark.parametrize("mark", ["+", "ㄴ", "-", "└"])
@pytest.mark.parametrize(("total", "listed_too"), [(10500, False), (11000, True)])
def test_the_total_decides_whether_an_addition_is_in_the_amount_above(
    mark: str, total: int, *, listed_too: bool
) -> None:
    rows = f"아메리카노|1|5,000\n  {mark}샷추가||+500\n라떼|1|5,500"
    receipt = read("0 36> 48>", rows, total=total, head="[매장명] 라온카페\n2026-11-20 18:22")
    assert [item.numbers.amount for item in receipt.items] == ([5000, 500, 5500] if listed_too else [5000, 5500])


@pytest.mark.parametrize("sums", ["소계 9,000 할인 500 합계 8,500", "받은금액 10,000 거스름돈 1,500 합계 8,500"])
def test_the_total_counts_among_sums_in_one_row(sums: str) -> None:
    receipt = read(PRICED, TITLES + f"두부|2,500|1|2,500\n우유|3,000|2|6,000\n{sums}|||", total=None)
    assert receipt.totals.total == 8500


def test_items_of_one_piece_at_the_same_price_stay() -> None:
    receipt = read("0 40>", "콜라|1 x 3,000\n사이다|1 x 3,000\n두부|1 x 2,000", total=8000)
    assert [item.numbers.amount for item in receipt.items] == [3000, 3000, 2000]


@pytest.mark.parametrize("reason", ["전단수산할인", "명절사은할인", "계절사과할인"])
def test_words_that_contain_those_for_rounding(reason: str) -> None:
    rows = f"두부|2,500|1|2,500\n우유|3,000|2|6,000\n사과|1,800|2|3,600\n  {reason}|||-600"
    assert read(PRICED, TITLES + rows, total=11500).items[-1].discount == -600


@pytest.mark.parametrize("notice", ["메뉴판 가격은 부가세 포함", "전 메뉴 포장 가격 할인", "메뉴와 금액을 확인하세요"])
def test_a_notice_about_the_menu_is_no_row_of_titles(notice: str) -> None:
    receipt = read("0 36> 48>", f"아메리카노|1|4,500\n{notice}\n라떼|2|10,000", total=14500)
    assert [item.numbers.amount for item in receipt.items] == [4500, 10000]


def test_indented_rests_of_names_belong_to_them() -> None:
    rows = (
        "상품명|단가|수량|금액\n청정원 순창 우리쌀로|12,900|1|12,900\n  만든 고추장 1.5kg\n농심 신라면|4,100|1|4,100\n"
        "오뚜기 3분 쇠고기카|1,980|2|3,960\n  레 200g"
    )
    names = [item.name.replace(" ", "") for item in read("0 27> 32> 44>", rows, total=20960).items]
    assert names == ["청정원순창우리쌀로만든고추장1.5kg", "농심신라면", "오뚜기3분쇠고기카레200g"]
