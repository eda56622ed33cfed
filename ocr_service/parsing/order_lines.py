"""The lines of an order list on a screen: what stands in one column of a row, and what it says."""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from ocr_service.parsing.dates import PurchaseTime, find_purchase_time
from ocr_service.parsing.labels import Marker, label_of, marker_of
from ocr_service.parsing.money import LOOK_ALIKES, MAX_WON
from ocr_service.parsing.rows import Cell, Row

PRICE_GAP = 0.2
"""Gap in text heights from which a price belongs to another column than the name before it."""
COLUMN_GAP = 1.2
"""Gap in text heights from which text belongs to another column."""
SAME_START = 0.7
"""Difference in text heights up to which texts start at the same place."""
ALIGNED = 0.3
"""Difference in text heights up to which text starts a column that starts in a neighbouring row too."""
NAME_REACH = 3.2
"""Distance in text heights from a price up to its name, from centre to centre."""
LINE_REACH = 1.75
"""The same from one line of a name to the next."""
HANGUL = 0.92
"""Width of a syllable, in sizes of the print."""
MARGIN = 0.25
"""Width of a box beyond its text, in heights of the box."""
_ADVANCES = (
    (re.compile(r"[\s.,:;'|!·Iiljtfr]"), 0.28),
    (re.compile(r"[()\[\]{}/]"), 0.36),
    (re.compile(r"[MWmw@%]"), 0.86),
    (re.compile(r"[A-Z]"), 0.66),
    (re.compile(r"[a-z]"), 0.55),
    (re.compile(r"[0-9*+=~<>_-]"), 0.6),
)
"""The same of other characters; those of the fonts of screens differ little."""
_D = r"[\dOoDQlI|]"
_AMOUNT = re.compile(
    rf"(?<![\d,.\-])(?<![-–−][￦₩\\])(?:[￦₩\\]\s*)?((?:\d|(?<=[\s￦₩]){_D}|^{_D}){_D}{{0,2}}(?:\s?[,.]\s?{_D}{{3}})+|\d{{2,8}}(?=\s*원)|"
    r"(?<=[￦₩])\s*(?:\d{2,8}|0\b)|\b0(?=\s*원))\s*(원)?"
)
_UNITS = (
    r"개{1,2}|팩|봉|봉지|박스|세트|병|캔|통|입|EA|ea|매|권|장|포|송이|단|망|마리|판|모|상자|묶음|점"
    r"|포대|자루|꾸러미|두름"
)
_COUNT = re.compile(
    rf"(?!(?:수\s*량\s*[:：]?\s*)?\d{{1,3}}\s*(?:{_UNITS})?\s*/\s*\d{{1,3}}\s*개)"
    rf"(?:(?:수\s*량|\b(?i:qty|quantity))\s*[:：.]?\s*(\d{{1,3}})\s*(?:{_UNITS})?(?![\d,])|(?<![\d,.])(\d{{1,3}}|[lI|])\s*(?:{_UNITS})(?![가-힣A-Za-z])"
    rf"|(?<![\dA-Za-z])[xX×]\s?(\d{{1,3}})(?![\d,])(?:\s*(?:{_UNITS})(?![가-힣A-Za-z]))?)"
)
"""A count; of two with a slash between (`2팩 / 1개`), the second, as the first is a size that was chosen."""
COUNT_FIRST = re.compile(rf"\W*(?:(?:주문|구매)?\s*수량\s*[:：]?\s*)?\d{{1,3}}\s*(?:{_UNITS})\s*[·ㆍ•|/]\s*(\D*)")
"""A count before a remark: `1개 · 내일 도착 예정`; or, where another count is printed, a size: `10팩 / 매운맛`."""
COUNT_AND_PRICE = re.compile(
    rf"\W*(?:주문|구매)?\s*수량\s*[:：]?\s*\d{{1,3}}\s*(?:{_UNITS})?\s*[·ㆍ•|/,(]\s*(?:개당|단가|낱개|각)\D*[\d,]+\s*원?\W*"
)
"""A count and the price of one: `수량: 2 · 개당 ￦19,300`."""
COUNT_BEFORE = re.compile(r"([1-9]\d?)\s?([xX×]?)")
"""A count in a column before a name, and its sign: `2`, `2x`."""
_NO_PRICE = re.compile(
    r"\(?\s*\d*\s*(?:g|kg|ml|mL|L|개|매|입|m|포|장|정)\s*당\s*[\d,.]+\s*원?\s*\)?|[\d,]+\s*원\s*(?:즉시\s*)?할인(?!\s?가)",
    re.IGNORECASE,
)
"""A price per unit of weight or piece, and what was taken off: `2,000원 할인 적용가`."""
_PRICE_WORDS = re.compile(
    r"수\s*량|상품\s*(?:가격|금액|가)|판매\s*가격?|할인\s*가격?|구매\s*가격?|주문\s*수량|결제\s*(?:금액|가)|가격|단가|금액|총|원|무료\s*(?:배송|반품|교환)"
    r"|회원\s*가|(?:(?:라이브|생?방송|타임|오늘의?|앱|한정|행사|세일)\s*)?(?:특가|혜택가)|(?:타임|핫|오늘의)\s*딜가?|라이브가|방송가|할인|즉시|쿠폰|적용\s*가?|\d{1,2}\s*%|옵션|구매|주문|/"
)
_PRICE_CELL = re.compile(r"[￦₩\\]?\s*\d{1,3}(?:,\d{3})+\s*원?")
LETTERS = re.compile(r"[가-힣A-Za-z]")
NOISE = re.compile(r"[^0-9가-힣A-Za-z]")
_CAUSES = (
    "(?:일시)?품절|결품|재고(?:부족|없음|소진)|미출고|미입고|판매자|판매처|구매자|고객님?|매장|점포|가게|자동|주문|결제|상품"
    "|전체"
)
CANCELLED_STATE = re.compile(
    r"(?<!부분)(?<!일부)(?:취소|반품|환불|회수)(?:가|이)?(?:완료|됨|된|처리|접수|진행|요청완료|신청완료|되었|(?:중|예정)$)|^(?:취소|반품|환불)$|^품절[/·,]?취소"
    rf"|^(?:{_CAUSES})(?:으로|로|에|의한|의해|인한|인해|요청|사정|변심|사유)*(?:취소|반품|환불|제외)(?:상품|건)?$"
    r"|^(?:취소|품절|반품|환불)상품(?:\d+[개건종])?$|^(?:일시)?품절$"
)
"""The state, without spaces, of what was not bought or given back: `취소완료`, `품절로 취소됨`, `판매자 취소`."""
_SOLD_OUT = re.compile(r"(?:일시)?품절")
_CANCELLATION = re.compile(
    r"(?!.*(?:(?:품절|취소|반품|환불)(?:시|할|가능|불가|안내|문의|정책|신청$)|무료|교환)).*(?:품절|취소|반품|환불)"
)
"""The same behind a price or count, without spaces: `일시품절`, `품절 취소됨`, but not `품절 시 환불`, `취소 가능`."""
_PIECES_CANCELLED = re.compile(
    r"(?:(\d{1,3})개(?:중|[·ㆍ•|/,(]))?(?<!\d)(\d{1,3})개(?:는|가|를|만)?(?:부분|일부)?(?:취소|반품|환불)"
    r"|^(?:취소|반품|환불)(?:된)?(?:수량)?[:：]?(\d{1,3})개$"
)
"""How many pieces, without spaces, perhaps of how many: `주문 3개 중 1개 취소`, `3개 · 1개 취소`, `취소 수량 1개`."""
_PIECES_LEFT = re.compile(r"(?:취소|반품|환불)후(?:남은)?(?:수량)?[:：]?([1-9]\d{0,2})개")
"""How many are left: `취소 후 수량 2개 14,000원`."""
_BEFORE_STATE = re.compile(rf"(.*\d\s*(?:원|{_UNITS})?)[\s·ㆍ•|/,(\[]+(\D{{2,14}})")
_STATE = re.compile(
    r"^(?:(?:배송|주문|결제|입금|상품|구매|수령|픽업|교환|출고|발송|수거|도착)"
    r"(?:준비|완료|중|시작|출발|예정|확정|확인|대기|접수|도착|처리|준비중|상품준비중)+"
    r"|(?:새벽|당일|내일|오늘|로켓|일반|택배|바로|직접)?(?:배송|도착|수령|픽업)(?:완료|예정|보장|함|했어요|했습니다|되었습니다)?(?=$|[^가-힣A-Za-z]|\d)"
    r"|문앞(?:전달|배송)?(?:완료)?|배달(?:완료|중)|(?:부분|일부)(?:취소|반품|환불)(?:완료|됨|접수|진행중?)?$)"
)
_DAY_BEFORE = re.compile(r"^(?:(?:20)?\d\d[-./년])?\d{1,2}[-./월]\d{1,2}[.일]?(?:\([월화수목금토일]\))?")
DELIVERY = re.compile(r"도착|배송|배달|수령|출고|발송|픽업|예정")
_ARRIVAL = re.compile(r"\d[일.()월화수목금토]{0,4}(?:도착|배송|배달|수령|출고|발송|픽업)")
"""A date and what happens on it."""
WINDOW = re.compile(r"\d\s*(?:시|:\s?\d\d)?\s*[~∼\-–]\s*\d{1,2}\s*(?:시|:\s?\d\d)")
"""The hours of a delivery: `11시~13시`."""
REPLACEMENT = re.compile(r"(?:대체|교체)된?(?:상품|제품|품)\W*")
"""The heading, without spaces, of what was delivered instead of the item above: `↳ 대체상품`."""
ORDERED = re.compile(r"주문|구매|결제|발주")
_RESERVED = re.compile(r"^\W*(?:사전)?\s?예약\s?(?:일(?:\s?[시자])?|날짜)(?![가-힣])")
"""The label of the day of an order in advance, or of that for which something was ordered."""
ORDER_TITLE = re.compile(
    r"^발주서|^내주문$|^Order(?:Details|History)?$|^(?:주문|구매|결제)?(?:상품|메뉴)(?:정보|내역|목록|명)?$|주문.?배송|(?:주문|구매|결제)(?:내역|상세|목록|이력|일자|날짜|조회|상품)|(?:나의|마이)주문|지난주문"
)
ITEMS_TITLE = re.compile(
    r"^(?:총|주문|구매|결제|배송)*(?:상품|메뉴|품목|물품)총?\(?\d{1,3}(?:개|건|종|가지)?\)?$"
    r"|^총?\d{1,3}(?:개|건|종|가지)의?(?:주문|구매|결제|배송)?(?:상품|메뉴|품목|물품)$"
)
"""How many items follow: `구매상품 6개`, `총 3개 상품`."""
ORDER_HEADING = re.compile(r"주문번호|^(?:오늘|어제|그저께|그제|\d{1,2}일전)(?:주문|구매|결제)")
ORDER_BUTTON = re.compile(
    r"배송.?(?:조회|추적|주문관리|현황)|(?:교환|반품|환불|취소).{0,3}(?:신청|요청|교환|반품|환불|접수)|재구매|재주문|다시(?:담기|구매|주문)"
    r"|구매확정하기|(?:리뷰|후기|상품평|구매평)(?!이벤트)(?:쓰기|작성|남기기|등록)?|주문취소|주문상세"
)
MAX_BUTTON = 16
_NOTICE = re.compile(
    r"(?:교환|반품|환불|취소)(?:[은는을이가]|시(?!간))|이내|불가|가능|지참|필참|재구매시|(?:할인|쿠폰|증정|서비스|드립니다|드려요)$"
)
"""Words of notices about returns, and of promotions for those who buy again or write about what they bought."""
BULLET = re.compile(r"\s*[·•ㆍ\-+└┗↳ㄴ]\s*(?=[가-힣A-Za-z])")
_HOOK = r"\s*[·•ㆍ└┗↳ㄴ]\s*(?=[가-힣A-Za-z])"
NAME_LABEL = re.compile(r"\W*(?:상품|제품|품목?)명?\s*[:：]\s*")
_COUNT_LABEL = re.compile(r"(?:주문|구매)?수량")
_VALUE_LABEL = re.compile(rf"{_COUNT_LABEL.pattern}|(?:상품|판매|구매)(?:금액|가격|가)|단가")
_PRICE_LABEL = re.compile(r"\W*(?:상품|판매|구매)?\s*(?:금액|가격|단?가|합계)\s*[:：]")
PRICED_CHOICE = re.compile(
    r"\W*[가-힣A-Za-z].*[(\[]\s*\+\s*(?:[￦₩]?\d[\d,]*\s*원|[￦₩]\d[\d,]*|\d{1,3}(?:,\d{3})+|\d{3,5})\s*[)\]]\s*$"
)
"""What a buyer chose and what it costs more: `음료: 제로콜라 (+500원)`."""
OPTION = re.compile(
    r"\W*(?:\d{1,2}[.)]\s*)?(?:(?:주문|상품|추가|필수)?\s*(?:옵션|선택|요청|구성)\s*(?:사항|명)?\s*\d?|사이즈|색상|컬러|중량|무게|용량|크기|규격|단품|맛|종류|타입|온도|얼음"
    rf"|토핑|포장|굵기|두께|손질|배송\s*메시지|메모)\s*[:：]\s*\S|{_HOOK}"
    r"|\W*(?!주문|결제|구매|배송|도착|수령)[가-힣A-Za-z ]{1,10}[:：]\s*\S.*[/|·]\s*\d{1,3}\s*개\s*$"
    rf"|{PRICED_CHOICE.pattern}"
)
"""What a buyer chose: `옵션: 1봉`, `사이즈: 2S`, `· 얼음 적게`; with any label before a count: `향: 레몬 / 1개`."""
_BUTTON = re.compile(
    r"(?:^(?:골라|모아)|(?<!골라)(?<!모아))담기$|^장바구니|^바로구매|문의(?:하기)?$|(?:상세|전체|더)보기|^접기|^펼치기|^선물하기|^찜(?:하기)?$|^구매하기|^신고하기|영수증"
    r"|^함께구매|^자세히|^판매자|^배송지|^송장|조회$|^무료배송$|^배송비|^(?:상품|품목|모델)(?:번호|코드)|^(?i:item|sku|model)(?i:no|code)?[.:#]*\d{4,}$|^(?:옵션|선택|색상)[:：]|적립$|포인트적립"
)
_ADVERTISEMENT = re.compile(
    r"추천|광고|^AD$|함[께게](?:본|구매|많이)|비슷한|어때요|어떠세요|인기상품|베스트|최근본|연관상품|이런상품|놓치지|다른고객|다른분들"
)
_DAY_OF_YEAR = re.compile(
    r"(?<![\d./])(\d{1,2})\s*(?:[./]|(월))\s*(\d{1,2})(?!\d)\s*(일|\.)?\s*(?:\(\s*([월화수목금토일])\s*\)?)?"
)
"""Month, 월, day, 일 or a point, day of the week."""
_PURPOSE = (
    r"(?:다음\s*(?:결제|주문|배송)|(?:소비|유통|유효|사용|작성|신청|확정)?\s*(?:가능\s*)?(?:기한|기간)|(?:자동\s*)?갱신|만료|소멸|제조|생산|수확"
    r"|도축|포장|조리)(?:\s*예정)?(?:일자?)?"
)
_FULL_DAY = r"(?:20)?\d\d\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}\s?[일.]?\s?(?:\([월화수목금토일]\))?\s*(?:까지)?"
_OTHER_DAY = re.compile(
    rf"\W*(?:(?:쿠폰|리뷰|후기|상품평|구매평?|교환|반품|환불|취소|구독|멤버십|이용권|포인트|적립금)[\s/·]*)*"
    rf"(?:{_PURPOSE}\W*{_FULL_DAY}|{_FULL_DAY}\W*{_PURPOSE})\W*"
)
"""A line with nothing but the day of something else: `소비기한 26.03.05까지`, `2026. 9. 3. 갱신`, `제조일 26-02-18`."""
_MISREAD_POINTS = re.compile(r"(?<!\d)(20\d\d)\s*[.,·:]\s*(\d{1,2})\s*[.,·:]\s*(\d{1,2})(?!\d)")
"""A date with points, of which some were read as commas."""
_WEEKDAYS = "월화수목금토일"
_TOTAL = re.compile(
    r"^총|합계|배송비|할인금액|적립|포인트|쿠폰|최종|^결제|^(?i:(?:paid(?:with|by)?:?)?(?:visa|master(?:card)?|amex|jcb))(?![a-z])"
)


class Kind(StrEnum):
    PRICE = "price"
    COUNT = "count"
    TOTAL = "total"
    STATE = "state"
    DATE = "date"
    CHROME = "chrome"
    ADVERTISEMENT = "advertisement"
    TEXT = "text"


@dataclass(slots=True)
class Segment:
    """Text of one row and column. row: index of its row. y: centre in pixels. marker: of a label beside an amount.

    labelled: begins with the label of a price or count, which stands in another column.
    """

    row: int
    cells: tuple[Cell, ...]
    y: float
    kind: Kind = Kind.TEXT
    marker: Marker | None = None
    labelled: bool = False

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def core(self) -> str:
        """The text without spaces and without marks before it."""
        return re.sub(r"^[\W_]+", "", compact_text(self.text))

    @property
    def x0(self) -> float:
        return self.cells[0].x0

    @property
    def advance(self) -> float:
        """Width of the text, in sizes of the print."""
        return sum(_advance(cell.text) for cell in self.cells)

    @property
    def size(self) -> float:
        """Size of the print in pixels, from its width: the height of a box depends on which letters it has."""
        width = sum(cell.x1 - cell.x0 - MARGIN * cell.height for cell in self.cells)
        return width / max(self.advance, MARGIN)


def _advance(text: str) -> float:
    return sum(next((width for pattern, width in _ADVANCES if pattern.match(letter)), HANGUL) for letter in text)


def segments_of(rows: Sequence[Row], unit: float, now: datetime) -> list[Segment]:
    """The columns of each row from top to bottom, with what they are. unit: the median height of text in pixels."""
    segments = _with_joined_labels([*_segments(rows, unit)])
    for segment in segments:
        segment.kind = _kind(segment, now)
    _mark_sold_out(segments, unit)
    _mark_days_of_advance_orders(segments, now)
    _mark_labelled_sums(segments)
    _mark_labelled_prices(segments)
    _mark_ends_of_names(segments, unit)
    return segments


def is_button(core: str) -> bool:
    """Whether a text, without spaces, has the words of a button about orders, and is no notice."""
    return len(core) <= MAX_BUTTON and ORDER_BUTTON.search(core) is not None and _NOTICE.search(core) is None


def compact_text(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _segments(rows: Sequence[Row], unit: float) -> Iterator[Segment]:
    """The columns of each row.

    Text also starts a column where text of a neighbouring row does: print on a thumbnail may end close to a name.
    """
    starts = sorted(
        (_level(row), cell.x0)
        for row in rows
        for before, cell in zip((None, *row.cells), row.cells, strict=False)
        if before is None or _is_apart(before, cell)
    )
    reach = NAME_REACH * unit
    for index, row in enumerate(rows):
        y = _level(row)
        around = starts[bisect_right(starts, (y - reach, math.inf)) : bisect_left(starts, (y + reach, -math.inf))]
        near = [x for level, x in around if level != y]
        cells: list[Cell] = []
        for cell in row.cells:
            aligned = any(abs(cell.x0 - x) < ALIGNED * unit for x in near)
            if cells and (
                aligned or _is_count_before(cells) or _is_apart(cells[-1], cell) or _is_beside_name(cells[-1], cell)
            ):
                yield Segment(index, tuple(cells), y)
                cells = []
            cells.append(cell)
        yield Segment(index, tuple(cells), y)


def _with_joined_labels(segments: Sequence[Segment]) -> list[Segment]:
    """The segments; where items have a row per label, the labels of prices and counts together with their values."""
    by_row = [list(row) for _, row in groupby(segments, key=lambda segment: segment.row)]
    if not any(len(row) == 2 and _COUNT_LABEL.fullmatch(row[0].core) for row in by_row):
        return list(segments)
    joined = []
    for row in by_row:
        if len(row) == 2 and _VALUE_LABEL.fullmatch(row[0].core) and not re.search(r"[가-힣]{2}", row[1].text):
            joined.append(replace(row[0], cells=(*row[0].cells, *row[1].cells), labelled=True))
        else:
            joined += row
    return joined


def _level(row: Row) -> float:
    return (row.box[1] + row.box[3]) / 2


def _is_beside_name(left: Cell, right: Cell) -> bool:
    """Whether a cell is a price close to the end of a long name."""
    price = _PRICE_CELL.fullmatch(right.text) is not None and LETTERS.search(left.text) is not None
    return price and not _is_price_line(left.text) and right.x0 - left.x1 > PRICE_GAP * left.height


def _is_count_before(cells: Sequence[Cell]) -> bool:
    """Whether all that stands before a cell is a count with its sign: `2x`."""
    count = COUNT_BEFORE.fullmatch(cells[0].text) if len(cells) == 1 else None
    return count is not None and count[2] != ""


def _is_apart(left: Cell, right: Cell) -> bool:
    return right.x0 - left.x1 > COLUMN_GAP * min(left.height, right.height)


def _kind(segment: Segment, now: datetime) -> Kind:
    text, core = segment.text, segment.core
    amounts = amounts_in(text)
    if is_about_pieces(text):
        return Kind.COUNT
    if (numbers := _before_cancellation(text)) is not None:
        return Kind.PRICE if amounts_in(numbers) else Kind.COUNT
    if (first := COUNT_FIRST.match(text)) and (not amounts or "배송비" in first[1]):
        return Kind.COUNT
    if COUNT_AND_PRICE.fullmatch(text):
        return Kind.COUNT
    if amounts and _is_price_line(text) and not (_is_sum(core) and count_in(text)[0] is None):
        return Kind.PRICE
    if amounts and (_marker_of(text) is not None or _TOTAL.search(core) or "할인" in core):
        return Kind.TOTAL
    if REPLACEMENT.fullmatch(core):
        return Kind.CHROME
    if not amounts and OPTION.match(text):
        return Kind.TEXT
    if not amounts and _NO_PRICE.search(text) and not _residue(_NO_PRICE.sub(" ", text)):
        return Kind.CHROME
    if not amounts and _COUNT.search(text) and not _residue(_COUNT.sub(" ", text)):
        return Kind.COUNT
    if _OTHER_DAY.fullmatch(text):
        return Kind.CHROME
    if CANCELLED_STATE.search(core) and len(core) <= 30:
        return Kind.STATE
    if (
        not _RESERVED.match(text)
        and dates_in(text, now)
        and (len(LETTERS.findall(text)) <= 14 or ORDERED.search(text) or DELIVERY.search(text))
    ):
        of_delivery = (DELIVERY.search(text) or WINDOW.search(text)) and not ORDERED.search(text)
        return Kind.STATE if _ARRIVAL.search(compact_text(text)) or of_delivery else Kind.DATE
    if len(core) <= 16 and (ORDER_BUTTON.search(core) or _BUTTON.search(core)):
        return Kind.CHROME
    if _STATE.match(_DAY_BEFORE.sub("", core)) and len(core) <= 24:
        return Kind.STATE
    if ORDER_TITLE.search(core) or ITEMS_TITLE.search(core) or ORDER_HEADING.search(core):
        return Kind.CHROME
    if _ADVERTISEMENT.search(core) and len(core) <= 30:
        return Kind.ADVERTISEMENT
    return Kind.TEXT


def is_about_pieces(text: str) -> bool:
    """Whether a text tells how many pieces were cancelled or are left."""
    return pieces_left(text) is not None or (pieces_cancelled(text) is not None and not amounts_in(text))


def pieces_left(text: str) -> tuple[int, int, int | None] | None:
    """How many pieces are left, of how many, when others were cancelled, and their price in won if it is printed.

    The number of all pieces is 0 where it is not printed. None if the text is about something else, or none are left.
    """
    compact = compact_text(text)
    if match := _PIECES_LEFT.search(compact):
        return int(match[1]), 0, next(iter(amounts_in(text)), None)
    match = _PIECES_CANCELLED.search(compact)
    if match and match[1] and int(match[2]) < int(match[1]):
        return int(match[1]) - int(match[2]), int(match[1]), None
    return None


def pieces_cancelled(text: str) -> int | None:
    """How many pieces were cancelled, of those that another line counts; None if the text is about something else."""
    match = _PIECES_CANCELLED.search(compact_text(text))
    return int(match[2] or match[3]) if match and not match[1] else None


def is_cancelled(text: str) -> bool:
    """Whether a price or count has a remark behind it that it was cancelled: `1개 · 품절 취소됨`."""
    return _before_cancellation(text) is not None


def _before_cancellation(text: str) -> str | None:
    """The price or count before a remark that it was cancelled; None without one."""
    match = _BEFORE_STATE.fullmatch(text) if pieces_left(text) is None else None
    if match is None or _CANCELLATION.match(compact_text(match[2])) is None:
        return None
    is_number = _is_price_line(match[1]) and (amounts_in(match[1]) or count_in(match[1])[0] is not None)
    return match[1] if is_number else None


def _mark_sold_out(segments: Sequence[Segment], unit: float) -> None:
    """`품절` is a state only above a name, where others have theirs; elsewhere it says that no more can be bought."""

    def is_near(other: Segment, segment: Segment) -> bool:
        return abs(other.x0 - segment.x0) <= SAME_START * unit and abs(other.y - segment.y) <= LINE_REACH * unit

    states = [s for s in segments if s.kind is Kind.STATE and not _SOLD_OUT.fullmatch(s.core)]
    for segment in segments:
        if segment.kind is not Kind.STATE or not _SOLD_OUT.fullmatch(segment.core):
            continue
        near = [s for s in segments if s is not segment and is_near(s, segment)]
        above_name = bool(near) and all(s.y > segment.y and s.kind is Kind.TEXT for s in near)
        if not above_name or not any(abs(s.x0 - segment.x0) <= ALIGNED * unit for s in states):
            segment.kind = Kind.TEXT


def _mark_ends_of_names(segments: Sequence[Segment], unit: float) -> None:
    """A size such as `24개` in its own line belongs to the name above if that ends in a comma or a count follows."""
    for segment in segments:
        if segment.kind is not Kind.COUNT or re.search(r"(?i)수\s*량|qty|quantity|[x×]", segment.text):
            continue
        above = [
            other
            for other in segments
            if other.kind is Kind.TEXT
            and abs(other.x0 - segment.x0) <= SAME_START * unit
            and 0 < segment.y - other.y <= LINE_REACH * unit
        ]
        prices = [other for other in segments if other.kind is Kind.PRICE and other.y >= segment.y]
        next_price = min(prices, key=lambda other: other.y, default=None)
        counted_below = (
            next_price is not None
            and next_price.row != segment.row
            and next_price.y - segment.y <= LINE_REACH * unit
            and any(
                count_in(s.text)[0] for s in segments if s.row == next_price.row and s.kind in (Kind.PRICE, Kind.COUNT)
            )
        )
        if above and (counted_below or any(re.search(r"[,，]\s*$", other.text) for other in above)):
            segment.kind = Kind.TEXT


def _mark_days_of_advance_orders(segments: Sequence[Segment], now: datetime) -> None:
    """Where the only other day is that of the pick-up, `예약일` is the day of the order rather than of a visit."""
    days = [segment for segment in segments if dates_in(segment.text, now)]
    labelled = [segment for segment in days if _RESERVED.match(segment.text)]
    if 0 < len(labelled) < len(days) and all(s.kind is Kind.STATE for s in days if s not in labelled):
        for segment in labelled:
            segment.kind = Kind.DATE


def _mark_labelled_sums(segments: Sequence[Segment]) -> None:
    """Amounts beside the label of a sum in another column are no prices of items."""
    for segment in segments:
        if segment.kind is not Kind.PRICE:
            continue
        beside = [s for s in segments if s.row == segment.row and s.x0 < segment.x0]
        for label in beside:
            marker = _marker_of(label.text)
            if marker is not None or _TOTAL.search(compact_text(label.text)):
                segment.kind, segment.marker = Kind.TOTAL, marker
                label.kind = Kind.CHROME


def marker_beside(segment: Segment) -> Marker | None:
    """The kind of the label of an amount, beside it or in the same column."""
    return segment.marker or _marker_of(segment.text)


def _marker_of(text: str) -> Marker | None:
    """The kind of a label, perhaps with a remark in brackets: `결제금액 (부가세 포함)`."""
    return marker_of(label_of(re.sub(r"\([^)]*\)", " ", text)).removesuffix("원"))


def _mark_labelled_prices(segments: Sequence[Segment]) -> None:
    """Where names have labels (`상품명: 두부`), `금액: 2,000원` is the price of an item."""
    if any(NAME_LABEL.match(segment.text) for segment in segments):
        for segment in segments:
            if segment.kind is Kind.TOTAL and _PRICE_LABEL.match(segment.text):
                segment.kind = Kind.PRICE


def _is_sum(compact: str) -> bool:
    """Whether a text without spaces is the label of a sum of an order rather than of one price."""
    return _marker_of(compact) in (Marker.PAYABLE, Marker.SUM) or bool(_TOTAL.search(compact))


def amounts_in(text: str) -> list[int]:
    """Amounts in won; prices per unit and deductions are left out."""
    amounts = []
    for match in _AMOUNT.finditer(_NO_PRICE.sub(" ", text)):
        digits = re.sub(r"[\s,.]", "", match[1]).translate(LOOK_ALIKES)
        if digits.isdigit() and int(digits) < MAX_WON:
            amounts.append(int(digits))
    return amounts


def _is_price_line(text: str) -> bool:
    """Whether a text consists of amounts, a count and words for them."""
    rest = _AMOUNT.sub(" ", _NO_PRICE.sub(" ", text))
    return not _residue(_COUNT.sub(" ", rest)) and not re.search(r"[-–−]\s*[￦₩\\]?\s*\d{1,3}(?:,\d{3})+", text)


def _residue(text: str) -> bool:
    """Whether more is left than words of price lines and a stray character."""
    return len(NOISE.sub("", _PRICE_WORDS.sub(" ", text))) > 1


def count_in(text: str) -> tuple[Decimal | None, str | None]:
    match = _COUNT.search(_AMOUNT.sub(" | ", _NO_PRICE.sub(" ", text)))
    if not match:
        return None, None
    value = Decimal(next(group for group in match.groups() if group).translate(LOOK_ALIKES))
    unit = re.search(rf"({_UNITS})\s*$", match[0])
    return (value, unit[1] if unit else None) if value else (None, None)


def dates_in(text: str, now: datetime) -> list[PurchaseTime]:
    """The date in a text; without a year, the last such day until today."""
    text = _RESERVED.sub("주문일 ", text)
    if full := find_purchase_time(_MISREAD_POINTS.sub(r"\1. \2. \3", text), now):
        return [full]
    about = ORDERED.search(text) or DELIVERY.search(text)
    for match in _DAY_OF_YEAR.finditer(text):
        if (match[2] and match[4] == "일") or match[5] or about:
            day = _day_of_year(int(match[1]), int(match[3]), match[5], now.date())
            return [PurchaseTime(day, None)] if day and day <= now.date() else []
    return []


def _day_of_year(month: int, day_of_month: int, weekday: str | None, today: date) -> date | None:
    """The day without a year: the nearest on that day of the week, otherwise the last one until today."""
    days = []
    for year in range(today.year - 3, today.year + 2):
        with suppress(ValueError):
            days.append(date(year, month, day_of_month))
    matching = [day for day in days if weekday and _WEEKDAYS[day.weekday()] == weekday]
    if matching:
        return min(matching, key=lambda day: abs(day - today))
    return max((day for day in days if day <= today), default=None)
