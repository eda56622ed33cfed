"""The fixed words of a receipt, and the meaning of a line with one of them.

OCR misreads them (`합게`, `결재금액`) and printers space them out (`합  계`). So labels are compared without spaces and
by jamo (letters): a wrong vowel costs one of five letters rather than one of two syllables.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from rapidfuzz import fuzz, process

MIN_SIMILARITY = 79.0
"""Percentage of common letters from which a misread label still counts."""


class Marker(StrEnum):
    """The kind of a label: what its line is about."""

    PAYABLE = "payable"
    SUM = "sum"
    SUBTOTAL = "subtotal"
    TAX = "tax"
    SUPPLY = "supply"
    DISCOUNT = "discount"
    PAYMENT = "payment"
    FEE = "fee"
    COUNT = "count"


WORDS: dict[Marker, str] = {
    Marker.PAYABLE: """
        결제금액 결제대상금액 총결제금액 총결제 실결제금액 최종결제금액 결제할금액 결제하실금액 결제액 카드결제금액
        합계결제금액 받을금액 받을돈 받으실금액 내실금액 낼금액 청구금액 지불금액
        판매금액 납부금액 납부할금액 수납금액 ORDERTOTAL GRANDTOTAL AMOUNTDUE TOTALDUE
    """,
    Marker.SUM: """
        계 금액 합계 총계 합계금액 총합계 총합계금액 주문합계 주문합계금액 영수금액 총영수금액 총액 총금액
        총구매액 총구매금액 총판매금액 총매출액 판매합계 구매합계 금일합계 금일계
        구매금액 매출합계 매출액 거래금액 합계수량금액 상품합계 상품금액합계 요금 주차요금 이용요금
        물품대금 상품대금 판매대금 결제요금 승차요금 택시요금 운임 TOTAL
    """,
    Marker.SUBTOTAL: """
        소계 매출소계 판매소계 상품소계 과세소계 면세소계 주문금액 할인전금액 총품목금액 정상금액 상품금액 SUBTOTAL
        메뉴금액 메뉴합계 음식금액 박스금액 구독금액 꾸러미금액 구성금액 정기배송금액
    """,
    Marker.TAX: "VATINCLUDED VAT포함 부가세포함 부가세 부가세액 부가세합계 부가가치세 부가가치세액 과세부가세 세액 VAT",
    Marker.SUPPLY: """
        과세물품가액 과세물품금액 과세물품 과세매출 과세금액 과세공급가액 과세합계 과세품목합계 과세품목 과세상품 과세
        면세물품가액 면세물품금액 면세물품 면세매출 면세금액 면세합계 면세품목합계 면세품목 면세상품 면세 비과세금액
        공급가액 공급가 부가세과세물품가액 부가세면세물품가액
    """,
    Marker.DISCOUNT: """
        할인 할인금액 할인합계 할인액 할인계 할인총액 총할인 총할인액 총할인금액 할인받은금액 에누리 에누리합계
        에누리액 품목할인 절사할인 단수할인 끝전할인 절사금액 단수절사 원단위절사 원단위할인
        쿠폰할인 쿠폰사용 카드할인 행사할인 포인트할인 멤버십할인 통신사할인
    """,
    Marker.FEE: """
        배달비 배달료 배달팁 배달요금 배송비 배송료 배송요금 택배비 택배료 택배요금 포장비
        SHIPPING SHIPPINGFEE SHIPPINGCOST DELIVERY DELIVERYFEE DELIVERYCHARGE
    """,
    Marker.COUNT: """
        총품목수량 총품목수 거래품목수 품목수량 총수량 총구매수량 총판매수량 총상품수 총상품수량 매출수량 수량합계
        총건수 총구매개수 합계수량 건수 판매수량 구매수량 품목수 ITEMCOUNT
    """,
    Marker.PAYMENT: """
        CREDITCARD
        신용카드 체크카드 카드 결제 카드결제 신용카드결제 신용액 신용결제 현금 현금결제 현금영수증 거스름돈 거스름
        거슬러드릴금액 받은금액 받은돈 받은현금 카카오페이 네이버페이 삼성페이 제로페이 페이코 페이코결제
        전일미수 총미수 미수금 미수잔액 전잔액 전잔금
        페이코포인트 간편결제 상품권 온누리상품권 모바일상품권 지역화폐 포인트 포인트사용 잔액
        포인트결제 포인트차감 적립금사용 적립금결제 적립금차감 예치금사용 예치금결제
        마일리지사용 마일리지결제 마일리지차감 상품권사용 상품권결제 기프트카드사용 기프트카드결제
        카드번호 카드사 카드종류 승인 승인번호 승인금액 승인일시 승인정보 승인내역 할부개월 일시불 유효기간
        롯데카드결제 국민카드결제 신한카드결제 삼성카드결제 현대카드결제 하나카드결제 우리카드결제
        농협카드결제 비씨카드결제
        가맹점번호 매입사 발급사 결제수단 결제내역 거래내역 매출전표 카드매출전표 신용카드매출전표 신용카드전표
    """,
}
POINTS_USED = re.compile(r"(?:적립금|포인트|마일리지|예치금|캐시)(?:사용|차감|결제)(?:액|금액)?$")
"""The end of a label, without spaces, of a payment with what the customer has saved: `조합원 적립금 사용`."""
_FEE_OF_KIND = re.compile(r"[가-힣]{1,5}(?:(?:배송|배달|택배)(?:비|료)|포장비)")
"""The label, without spaces, of a fee of some kind: `산지 배송비`, `도서산간 배송비`, `선물포장비`."""
TOTALS = (Marker.PAYABLE, Marker.SUM)
"""Labels of the total of a receipt."""
ENDS_LIST = frozenset({Marker.PAYABLE, Marker.SUM, Marker.SUBTOTAL, Marker.TAX, Marker.SUPPLY, Marker.PAYMENT})
PRODUCTS = frozenset(["부각세트", "부세", "전란액", "페인트", "SD카드", "포장지", "포장김"])
"""Names of products that are almost a label."""
COLUMNS = ("상품명", "품명", "품목", "상품", "코드", "단가", "수량", "중량", "금액", "가격")
DISCOUNT_PARTS = re.compile(r"할인|에누리|쿠폰|특매|S-?POINT|행사|세일|1\+1|2\+1|증정", re.IGNORECASE)
PRICE_REMARK = re.compile(r"(?:권장|희망)?(?:소비자|정상|판매|행사|회원|멤버십?|할인|시중|기준|균일|특|원|정)가(?:격)?")
"""The label of a price that is printed below an item for information."""
CANCELLED = re.compile(
    r"취\s*소|VOID|반\s*품|환\s*불|(?:수량\s*)?정\s*정(?:\s*[(\[]?수량[)\]]?)?(?![가-힣])", re.IGNORECASE
)
"""Words of a line that takes back an item above."""
TAG = r"[\[【〔]\s*(?:행\s*사|할\s*인|특가|세일|특매|기획|전단|신상품?|이벤트)\s*[\]】〕1lI]"
"""What stores print beside the names of items on offer."""
_OFFER = (
    r"(?:[가-힣\d%+~]{1,6}\s?)?(?:특가|세일|할인|행사|증정품?|사은품|쿠폰)"
    r"|특매|기획|전단|신상품?|(?:리뷰|후기)?이벤트|사은|덤|핫딜|타임딜|선착순|균일가|골라담기|묶음"
    r"|\d{1,2}\s?(?:팩|개|봉|캔|병|입|EA)\s?(?:에\s)?(?:\d{0,2}만\s?|\d{1,3}(?:,?\d{3})+)원?"
)
TAG_BEFORE = (
    rf"(?:[\[【〔]\s*(?:{_OFFER})\s*[\]】〕1lI]|\(\s*(?:{_OFFER})\s*\)"
    r"|(?:행사|특가|덤|(?:덤|무료)?(?:증정품?|사은품))[)\]:])\s*"
)
"""The same and what says that an item is a gift, before its name: `[설특가]`, `[사은품]`, `증정)`."""
PROMOTION = re.compile(
    r"할인|에누리|쿠폰|특매|S-?POINT|행사|세일|증정|특가|기획|추가|카드|멤버|회원|포인트|구매|골라담기|묶음|이상|개|원|\d|[%+]",
    re.I,
)
"""Words of a row that only names a promotion."""
NOTICE_PARTS = re.compile(
    r"교환|환불|영수(?:증|함|합|하)|지참(?!치)|감사|방문|문의|고객센터|반품|정부방침|가능합니다|하세요|입니다|습니다|하시기|바랍니다|www\.|http|사업자"
    r"|대표(?!밀)|전화|전표|단말|이력\s*(?:번호|\d)|(?<![가-힣])주소|주소(?=[\s:：\]])|봉사료|포인트|소멸|적립|회원|면세품목|면세상품|면세물품|과세물품"
    r"|부가세|부가가치세|공급가액|담당|계산원|캐셔|이용해|안내|(?<!난각)번호|노선|좌석|승객|정류장|(?<![가-힣])(?:배차|입차|출차)"
    r"|(?<![A-Za-z])(?:TEL|VAT|POS)(?![A-Za-z])|누적|출금|^\(?\d+(?:\.\d+)?\s?(?:g|kg|ml|㎖|l|개|매|입)\s?당\)?$",
    re.IGNORECASE,
)
"""Words of rows about the receipt, the store or the customer, outside of the names of products that contain them."""

OPTION = re.compile(
    r"^\s*(?:[-+└┗↳ㄴ>]\s*(?:\d{1,2}(?:/\d)?\s?(?:단계|샷|스푼|펌프)|(?:\d/\d\s?)?[가-힣A-Za-z])"
    r"|[·•ㆍ]\s*[가-힣A-Za-z ]{1,8}:)"
)
"""A choice that belongs to the item above, such as `-ICE` below a drink."""
CHOICE = re.compile(r"(?:추가|변경|선택|제외|업그레이드|사이즈\s?업|적게|많이|연하게|진하게|없이)(?:\W|무료)*$")
"""The same without a mark: `무료 샷추가`, `얼음 적게`."""
ABOUT_CHOICES = re.compile(
    r"^\W*[-+└┗↳ㄴ>]|ICE|HOT|아이스|핫|샷|시럽|얼음|휘핑|사이즈|텀블러|연하게|진하게|변경|추가|선택|디카페인|당도|기본(?!\s?(?:안주|찬|반찬|상차림))|없음|제외|빼|많이|적게"
    r"|보통|온도|매장|포장|소스|토핑|컵|세트|레귤러|라지|맵기|매운맛|순한맛|익힘|굽기|젓가락|수저|스푼|빨대|냅킨|물티슈",
    re.IGNORECASE,
)
"""Words of choices in cafés and restaurants, and of what they add without being asked to pay."""
REMARK = re.compile(
    r"\W*(?:[가-힣]\s?){1,5}[가-힣](?<!상품)(?<!제품)(?<!품명)(?<!품목)(?<!메뉴)\s*[:：](?!\s*[￦₩\d,.]+\s*원?\s*$)\s*\S.*"
)
"""A label and a value other than a name or an amount: `원산지: 국내산`, `할부개월: 일시불`."""
SERIAL = re.compile(
    r"\W*(?:모델|시리얼|일련|제조|고유|상품|MODEL|SERIAL|S/?N|LOT|IMEI)\s*(?:번호|명|코드|NO|No)?\s*[.:：]?\s*(?=\S*[\d*])[!-~]+(?:\s*\(.*\))?\W*"
)
"""The number of a model, a device or a lot below its name: `S/N 3824R-00127`, `LOT 4K0817 (~2034.03)`."""
LEADING_NUMBER = re.compile(r"^\W*[DOQ]?\d{1,3}\b(?![.,]\d)")
"""What may be a line number at the start of a row."""
DATED = re.compile(
    r"20\d\d\s?[-/.년]\s?\d{1,2}\s?[-/.월]\s?\d{1,2}|(?<!\d)\d\d([-/.])\d\d\1\d\d(?!\d)"
    r"|(?:입장|퇴장|입실|퇴실|결제|주문|접수|출력|일시|시각|시간)\W{0,3}(?:오[전후]\s*)?(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)"
)
"""A date, or a time of day with its label, which no name contains."""
NAME_TITLES = ("상품명", "품명", "품목", "상품")
MAX_TITLE_DIGITS = 8
"""As in `단가(100g) 중량(100g)`."""
MENU_TITLES = ("메뉴", "메뉴명", "사이즈", "옵션", "수량", "단가", "금액", "가격", "합계", "할인", "비고", "NO", "")
"""All column titles of a list whose names are titled as a menu, whose word is also that of notices."""
PRICE_TITLES = ("단가", "금액", "가격", "합계", "판매가", "정상가")
_PER_WEIGHT = re.compile(r"/?\s?\(?100\s?g(?:\s?당)?\)?")
_ENGLISH_TITLES = {
    "QTY": "수량",
    "ITEM": "상품명",
    "DESCRIPTION": "상품명",
    "PRICE": "단가",
    "AMOUNT": "금액",
    "AMT": "금액",
    "KRW": "금액",
}
_ENGLISH_TITLE = re.compile(rf"\b(?:{'|'.join(_ENGLISH_TITLES)})\b", re.IGNORECASE)
_NOT_LABEL = re.compile(r"[^가-힣A-Za-z+]")


def label_of(text: str) -> str:
    """The letters of a line, without spaces, digits and punctuation."""
    return _NOT_LABEL.sub("", text)


def is_choice(text: str) -> bool:
    """Whether a row without a price is a choice that belongs to the item above."""
    return OPTION.match(text) is not None or CHOICE.search(text) is not None


def jamo(text: str) -> str:
    """Hangul decomposed into letters, for comparison."""
    return unicodedata.normalize("NFD", text)


_FORMS = {jamo(word): marker for marker, words in WORDS.items() for word in words.split()}
_COLUMN_JAMO = [jamo(word) for word in COLUMNS]


_REMARKED = re.compile(r"([^(\[]*)[(\[].*[)\]]\W*|(\D*?)\s*\d{1,3}\s*(?:건|종|품목|가지|개|점|EA)\W*", re.IGNORECASE)


@lru_cache(maxsize=4096)
def marker_of(label: str, *, exact: bool = False) -> Marker | None:
    """The kind of a whole label (see `label_of`) that is, or nearly is unless `exact`, one of the fixed words."""
    if not label:
        return None
    letters = jamo(label.upper())
    if label.upper() in PRODUCTS:
        return None
    if exact or letters in _FORMS:
        return _FORMS.get(letters)
    match = process.extractOne(letters, _FORMS.keys(), scorer=fuzz.ratio, score_cutoff=MIN_SIMILARITY)
    if match is None and _FEE_OF_KIND.fullmatch(label):
        return Marker.FEE
    if match and _FORMS[match[0]] is Marker.FEE and match[0].isascii():
        return None  # `DELIVERY 피자` is no fee
    return _FORMS[match[0]] if match else None


def marker_with_remark(text: str) -> Marker | None:
    """The kind of a label that is followed by a remark: `합계 (5품목)`, `결제금액 (부가세 포함)`, `총 5건`."""
    match = _REMARKED.fullmatch(text.strip())
    if match is None:
        return None
    if match[2] == "총":
        return Marker.SUM
    return marker_of(label_of(match[1] or match[2] or ""))


def is_column_titles(text: str) -> bool:
    """Whether the line has the column titles of the item list, such as `상품명 단가 수량 금액`."""
    # Titles have few digits. Numbers of people and cards have more, and are not kept in memory.
    return sum(map(str.isdigit, text)) <= MAX_TITLE_DIGITS and _are_column_titles(text)


@lru_cache(maxsize=4096)
def _are_column_titles(text: str) -> bool:
    text = _with_korean_titles(_PER_WEIGHT.sub("", text))
    if sum(character.isdigit() for character in text) > 2 or re.search(r"\d\s*[원개]$", text):
        return False
    label = label_of(text)
    if len(label) > 20:
        return False
    if "메뉴" in label and all(word in MENU_TITLES for word in map(label_of, text.split())):
        return len(text.split()) > 2
    letters = jamo(label)
    titles = {
        "품명" if word in NAME_TITLES else word
        for word, form in zip(COLUMNS, _COLUMN_JAMO, strict=True)
        if len(form) <= len(letters) and fuzz.partial_ratio(form, letters) >= 85
    }
    # `합계수량/금액` is a label with two titles in it, and `상품금액` without a space one of a sum.
    marker = marker_of(label)
    is_label = marker is Marker.SUM or (marker is Marker.SUBTOTAL and len(text.split()) == 1)
    return len(titles) >= 3 or (len(titles) == 2 and not is_label)


def has_price_title(text: str) -> bool:
    """Whether one of the column titles is of a column with money; some stores print none."""
    letters = jamo(label_of(_with_korean_titles(text)))
    return any(fuzz.partial_ratio(jamo(word), letters) >= MIN_SIMILARITY for word in PRICE_TITLES)


def _with_korean_titles(text: str) -> str:
    """The text with English column titles as the Korean ones: `QTY ITEM AMOUNT`."""
    return _ENGLISH_TITLE.sub(lambda title: _ENGLISH_TITLES[title[0].upper()], text)
