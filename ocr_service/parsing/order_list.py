"""Order lists of online shops, as screenshots: one block per item, several orders in one image.

A block has an image, a name over one or more lines, and a line with price and count. Around the blocks stand the date
of the order, the state of its delivery, buttons and advertisements. Names are recognised by their place: they start
where most names start and stand directly above a price. Words decide only what is not a name.
"""

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby, pairwise, zip_longest
from statistics import median

from ocr_service.boxes import TextBox
from ocr_service.fields import ItemField, ReceiptField, Role
from ocr_service.parsing import uncertainty
from ocr_service.parsing.dates import PurchaseTime, find_purchase_time
from ocr_service.parsing.item_numbers import MIN_PRICE, ItemNumbers
from ocr_service.parsing.labels import Marker, is_column_titles, label_of, marker_of
from ocr_service.parsing.layout import ROLE_OF, LineItem, TotalLine
from ocr_service.parsing.money import LOOK_ALIKES, MAX_WON
from ocr_service.parsing.names import without_line_numbers
from ocr_service.parsing.receipt import Receipt, mask_row
from ocr_service.parsing.rows import Cell, Row, group
from ocr_service.parsing.totals import adds_up, resolve_totals

MIN_CONFIDENCE = 0.6
"""Confidence below which text is an icon or part of a thumbnail."""
MAX_HEIGHT = 2.2
"""Height in median text heights above which text is part of a thumbnail."""
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
COUNT_REACH = 2.2
"""The same from a price to a line with the count, above or below it."""
MAX_NAME_LINES = 4
BESIDE = 0.8
"""Share of the prices that stand beside a name, from which all do."""
SMALLER = 0.92
"""Size, as a share of other print, below which print counts as smaller."""
MIN_MEASURED = 1.5
"""Width, in sizes of the print, from which text is long enough to compare its size."""
MIN_REFERENCE = 3.0
"""The same for text that others are compared with."""
MIN_NAME = 0.6
"""Length of a name, as a share of the smaller print around it, from which the larger print is the name."""
REPEATED = 0.5
"""Share of the blocks in which a text may stand; buttons and labels stand in more, names do not."""
MIN_REPEATED = 3
MAX_SELLER = 12
"""Characters of a line that counts as the seller's name if it is the first of every block."""

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
    rf"(?<![\d,.\-])(?:[￦₩\\]\s*)?((?:\d|(?<=[\s￦₩]){_D}|^{_D}){_D}{{0,2}}(?:\s?[,.]\s?{_D}{{3}})+|\d{{2,8}}(?=\s*원)|"
    r"(?<=[￦₩])\s*(?:\d{2,8}|0\b)|\b0(?=\s*원))\s*(원)?"
)
_UNITS = r"개|팩|봉|봉지|박스|세트|병|캔|통|입|EA|ea|매|권|장|포|송이|단|망|마리|판|모|상자|묶음|점"
_COUNT = re.compile(
    rf"수\s*량\s*[:：]?\s*(\d{{1,3}})\s*(?:{_UNITS})?(?![\d,])|(?<![\d,.])(\d{{1,3}}|[lI|])\s*(?:{_UNITS})(?![가-힣A-Za-z])"
    r"|(?<![\dA-Za-z])[xX×]\s?(\d{1,3})(?![\d,])"
)
_COUNT_FIRST = re.compile(rf"\W*(?:(?:주문|구매)?\s*수량\s*[:：]?\s*)?\d{{1,3}}\s*(?:{_UNITS})\s*[·ㆍ•|/]\s*(\D*)")
"""A count before a remark: `1개 · 내일 도착 예정`."""
_OPTION_COUNT = re.compile(r"[:：]\s*\S.*\s(\d{1,3})\s*개$")
"""A count behind what the buyer chose: `선택 : 100장 / 보자기포장 2개`."""
_PER_UNIT = re.compile(r"\(?\s*\d*\s*(?:g|kg|ml|mL|L|개|매|입|m|포|장|정)\s*당\s*[\d,.]+\s*원?\s*\)?", re.IGNORECASE)
_PRICE_WORDS = re.compile(
    r"수\s*량|상품\s*(?:가격|금액|가)|판매\s*가격?|할인\s*가격?|구매\s*가격?|주문\s*수량|결제\s*(?:금액|가)|가격|단가|금액|총|원|무료\s*배송"
    r"|회원\s*가|특가|할인|즉시|쿠폰|적용\s*가?|\d{1,2}\s*%|옵션|구매|주문|/"
)
_LETTERS = re.compile(r"[가-힣A-Za-z]")
_WORD = re.compile(r"[가-힣]{2}|[A-Za-z]{3}")
"""A word of a name rather than a size."""
_NAME = re.compile(r"[가-힣A-Za-z0-9]")
_NOISE = re.compile(r"[^0-9가-힣A-Za-z]")

_CANCELLED = re.compile(
    r"(?:취소|반품|환불|회수)(?:가|이)?(?:완료|됨|된|처리|접수|진행|요청완료|신청완료|되었|중$)|^(?:주문|결제)?(?:취소|반품|환불)$|^품절취소"
)
_SOLD_OUT = re.compile(r"품\s*절|취\s*소|반\s*품|환\s*불")
_BARE = re.compile(r"(?:주문|결제)?(?:취소|반품|환불)")
"""The state of an order or the text of a button."""
_STATE = re.compile(
    r"^(?:(?:배송|주문|결제|입금|상품|구매|수령|픽업|교환|출고|발송|수거|도착)"
    r"(?:준비|완료|중|시작|출발|예정|확정|확인|대기|접수|도착|처리|준비중|상품준비중)+"
    r"|(?:새벽|당일|내일|오늘|로켓|일반|택배|바로|직접)?(?:배송|도착|수령|픽업)(?:완료|예정|보장|함|했어요|했습니다|되었습니다)?(?=$|[^가-힣A-Za-z]|\d)"
    r"|문앞(?:전달|배송)?(?:완료)?|배달(?:완료|중))"
)
_DELIVERY = re.compile(r"도착|배송|배달|수령|출고|발송|픽업|예정")
_ARRIVAL = re.compile(r"\d[일.()월화수목금토]{0,4}(?:도착|배송|배달|수령|출고|발송|픽업)")
"""A date and what happens on it."""
_ORDERED = re.compile(r"주문|구매|결제")
_ORDER_TITLE = re.compile(
    r"^(?:주문|구매|결제)?(?:상품|메뉴)(?:정보|내역|목록|명)?$|주문.?배송|(?:주문|구매|결제)(?:내역|상세|목록|이력|일자|날짜|조회|상품)|(?:나의|마이)주문|지난주문"
)
_ITEMS_TITLE = re.compile(
    r"^(?:총|주문|구매|결제|배송)*(?:상품|메뉴|품목|물품)총?\(?\d{1,3}(?:개|건|종|가지)?\)?$"
    r"|^총?\d{1,3}(?:개|건|종|가지)의?(?:주문|구매|결제|배송)?(?:상품|메뉴|품목|물품)$"
)
"""How many items follow: `구매상품 6개`, `총 3개 상품`."""
_ORDER_BUTTON = re.compile(
    r"배송.?(?:조회|추적|주문관리|현황)|(?:교환|반품|환불|취소).{0,3}(?:신청|요청|교환|반품|환불|접수)|재구매|재주문|다시(?:담기|구매|주문)"
    r"|구매확정하기|(?:리뷰|후기|상품평|구매평)(?:쓰기|작성|남기기|등록)?|주문취소|주문상세"
)
_BULLET = re.compile(r"\s*[·•ㆍ\-+└┗↳ㄴ]\s*(?=[가-힣A-Za-z])")
_STRAY = re.compile(r"^[\])}|]\s*")
"""The edge of a frame before a name."""
_NAME_LABEL = re.compile(r"\W*(?:상품|제품|품목?)명?\s*[:：]\s*")
_PRICE_LABEL = re.compile(r"\W*(?:상품|판매|구매)?\s*(?:금액|가격|단?가|합계)\s*[:：]")
_OPTION = re.compile(rf"\W*(?!상품|제품|품|수\s*량|개\s*수|주문)[가-힣]{{1,4}}\s*[:：]\s*\S|{_BULLET.pattern}")
"""What a buyer chose: `옵션: 1봉`, `사이즈: 2S`, `· 얼음 적게`."""
_BUTTON = re.compile(
    r"담기$|^장바구니|^바로구매|문의(?:하기)?$|(?:상세|전체|더)보기|^접기|^펼치기|^선물하기|^찜(?:하기)?$|^구매하기|^신고하기|영수증"
    r"|^함께구매|^자세히|^판매자|^배송지|^송장|조회$|^무료배송$|^배송비|^(?:옵션|선택|색상)[:：]|적립$|포인트적립"
)
_CART = re.compile(
    r"^\W*장바구니(?:\(?\d*\)?)?$|^전체선택|^선택삭제|^주문하기|개?주문하기$|^구매하기\(?\d|원구매하기|원주문하기"
)
_ADVERTISEMENT = re.compile(
    r"추천|광고|^AD$|함[께게](?:본|구매|많이)|비슷한|어때요|어떠세요|인기상품|베스트|최근본|연관상품|이런상품|놓치지|다른고객|다른분들"
)
_PRINTED_RECEIPT = re.compile(
    r"^880\d{10}$|\d{3}-\d{2}-\d{5}|승인번호|부가세|[과면비]세|사업자|가맹점|할부개월|단말기|^POS|매출전표"
)
_ENDS_IN_AMOUNT = re.compile(r"[가-힣A-Za-z)].*\s\d{1,3}(?:[,.]\s?\d{3})+\s*원?$|[가-힣A-Za-z)].*\s\d{1,3}\s+\d{2,3}$")
"""A name and an amount in one line, as in the lists of printed receipts."""
_DAY_OF_YEAR = re.compile(
    r"(?<![\d./])(\d{1,2})\s*(?:[./]|(월))\s*(\d{1,2})(?!\d)\s*(일|\.)?\s*(?:\(\s*([월화수목금토일])\s*\)?)?"
)
"""Month, 월, day, 일 or a point, day of the week."""
_MISREAD_POINTS = re.compile(r"(?<!\d)(20\d\d)\s*[.,·:]\s*(\d{1,2})\s*[.,·:]\s*(\d{1,2})(?!\d)")
"""A date with points, of which some were read as commas."""
_WEEKDAYS = "월화수목금토일"
_SUMMARY = re.compile(r"외\s*(?:총\s*)?\d+\s*(?:건|개|종|품목|가지)?\s*$")
"""A name that stands for several items of an order."""
_TOTAL = re.compile(r"^총|합계|배송비|할인금액|적립|포인트|쿠폰|최종|^결제")


_DEDUCTION = re.compile(r"(?:할인|쿠폰|에누리)[가-힣]{0,4}[-–−](\d{1,3}(?:,\d{3})*)원?$")
"""A discount on the order: `할인금액 -1,000원`."""


class _Kind(StrEnum):
    PRICE = "price"
    COUNT = "count"
    TOTAL = "total"
    STATE = "state"
    DATE = "date"
    CHROME = "chrome"
    ADVERTISEMENT = "advertisement"
    TEXT = "text"


@dataclass(slots=True)
class _Segment:
    """Text of one row and column. row: index of its row. y: centre in pixels. marker: of a label beside an amount."""

    row: int
    cells: tuple[Cell, ...]
    y: float
    kind: _Kind = _Kind.TEXT
    marker: Marker | None = None

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

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


@dataclass(slots=True)
class _Block:
    """An item: name lines from top to bottom, price lines, lines with the count, discounts in won by row."""

    names: list[_Segment]
    prices: list[_Segment]
    counts: list[_Segment] = field(default_factory=list)
    discounts: dict[int, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """All lines; a name that the shop cut off ends in three points, of which some are often lost."""
        text = re.sub(r"\s*[.…]+$", "...", " ".join(line.text for line in self.names))
        return _BULLET.sub("", _NAME_LABEL.sub("", _STRAY.sub("", text)))

    @property
    def top(self) -> float:
        return self.names[0].y

    @property
    def bottom(self) -> float:
        return max(line.y for line in (*self.names, *self.prices, *self.counts))


def parse_order_list(boxes: Sequence[TextBox], now: datetime) -> Receipt | None:
    """The orders in a screenshot as one receipt with a date per item; None if it is not an order list.

    Cancelled and returned items are left out. Dates after `now` are ignored.
    """
    rows = [mask_row(row) for row in group(_legible(boxes))]
    if not rows or not _is_order_screen(rows):
        return None
    unit = median(cell.height for row in rows for cell in row.cells)
    segments = [*_segments(rows, unit)]
    for segment in segments:
        segment.kind = _kind(segment, now)
    _mark_labelled_sums(segments)
    _mark_labelled_prices(segments)
    _mark_ends_of_names(segments, unit)
    blocks = _blocks(segments, unit)
    if not blocks or not _are_below_names(blocks, segments):
        blocks = _blocks_beside(segments, unit)
    blocks = _counted(blocks)
    if not blocks or not _has_evidence(blocks, segments):
        return None
    _take_discounts(blocks, segments, unit)
    cancelled = _cancelled(blocks, segments)
    purchased = [
        block
        for block, is_cancelled in zip(blocks, cancelled, strict=True)
        if not is_cancelled and not any(map(_is_sold_out, block.counts))
    ]
    return _receipt(rows, segments, [block for block in purchased if not _SUMMARY.search(block.name)], now)


def _legible(boxes: Sequence[TextBox]) -> list[TextBox]:
    """The boxes without icons and print on thumbnails, as far as their size or legibility shows that."""
    heights = [float(box.quad[:, 1].max() - box.quad[:, 1].min()) for box in boxes]
    limit = MAX_HEIGHT * median(heights) if heights else 0.0
    return [
        box
        for box, height in zip(boxes, heights, strict=True)
        if height <= limit and box.recognition.confidence >= MIN_CONFIDENCE
    ]


def _compact(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _is_order_screen(rows: Sequence[Row]) -> bool:
    """Whether nothing shows that the text is a printed receipt or a shopping cart."""
    texts = [row.text for row in rows]
    if any(_PRINTED_RECEIPT.search(_compact(text)) or is_column_titles(text) for text in texts):
        return False
    return not any(_CART.search(_compact(text)) for text in texts)


def _segments(rows: Sequence[Row], unit: float) -> Iterator[_Segment]:
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
            if cells and (aligned or _is_apart(cells[-1], cell)):
                yield _Segment(index, tuple(cells), y)
                cells = []
            cells.append(cell)
        yield _Segment(index, tuple(cells), y)


def _level(row: Row) -> float:
    return (row.box[1] + row.box[3]) / 2


def _is_apart(left: Cell, right: Cell) -> bool:
    return right.x0 - left.x1 > COLUMN_GAP * min(left.height, right.height)


def _kind(segment: _Segment, now: datetime) -> _Kind:
    text, compact = segment.text, _compact(segment.text)
    core = re.sub(r"^[\W_]+", "", compact)
    amounts = _amounts(text)
    if (first := _COUNT_FIRST.match(text)) and (not amounts or "배송비" in first[1]):
        return _Kind.COUNT
    if amounts and _is_price_line(text) and not (_is_sum(core) and _count(text)[0] is None):
        return _Kind.PRICE
    if amounts and (marker_of(label_of(text)) is not None or _TOTAL.search(core) or "할인" in core):
        return _Kind.TOTAL
    if not amounts and _OPTION.match(text):
        return _Kind.TEXT
    if not amounts and _PER_UNIT.search(text) and not _residue(_PER_UNIT.sub(" ", text)):
        return _Kind.CHROME
    if not amounts and _COUNT.search(text) and not _residue(_COUNT.sub(" ", text)):
        return _Kind.COUNT
    if _CANCELLED.search(core) and len(core) <= 30:
        return _Kind.STATE
    if _dates(text, now) and (len(_LETTERS.findall(text)) <= 14 or _ORDERED.search(text) or _DELIVERY.search(text)):
        is_arrival = _ARRIVAL.search(compact) or (_DELIVERY.search(text) and not _ORDERED.search(text))
        return _Kind.STATE if is_arrival else _Kind.DATE
    if len(core) <= 16 and (_ORDER_BUTTON.search(core) or _BUTTON.search(core)):
        return _Kind.CHROME
    if _STATE.match(core) and len(core) <= 24:
        return _Kind.STATE
    if _ORDER_TITLE.search(core) or _ITEMS_TITLE.search(core):
        return _Kind.CHROME
    if _ADVERTISEMENT.search(core) and len(core) <= 30:
        return _Kind.ADVERTISEMENT
    return _Kind.TEXT


def _mark_ends_of_names(segments: Sequence[_Segment], unit: float) -> None:
    """A size such as `24개` in its own line belongs to the name above if that ends in a comma or a count follows."""
    for segment in segments:
        if segment.kind is not _Kind.COUNT or re.search(r"수\s*량|[xX×]", segment.text):
            continue
        above = [
            other
            for other in segments
            if other.kind is _Kind.TEXT
            and abs(other.x0 - segment.x0) <= SAME_START * unit
            and 0 < segment.y - other.y <= LINE_REACH * unit
        ]
        prices = [other for other in segments if other.kind is _Kind.PRICE and other.y >= segment.y]
        next_price = min(prices, key=lambda other: other.y, default=None)
        counted_below = (
            next_price is not None
            and next_price.row != segment.row
            and next_price.y - segment.y <= LINE_REACH * unit
            and _count(next_price.text)[0] is not None
        )
        if above and (counted_below or any(re.search(r"[,，]\s*$", other.text) for other in above)):
            segment.kind = _Kind.TEXT


def _mark_labelled_sums(segments: Sequence[_Segment]) -> None:
    """Amounts beside the label of a sum in another column are no prices of items."""
    for segment in segments:
        if segment.kind is not _Kind.PRICE:
            continue
        beside = [s for s in segments if s.row == segment.row and s.x0 < segment.x0]
        for label in beside:
            marker = marker_of(label_of(label.text))
            if marker is not None or _TOTAL.search(_compact(label.text)):
                segment.kind, segment.marker = _Kind.TOTAL, marker
                label.kind = _Kind.CHROME


def _marker(segment: _Segment) -> Marker | None:
    """The kind of the label of an amount, beside it or in the same column."""
    return segment.marker or marker_of(label_of(segment.text).removesuffix("원"))


def _mark_labelled_prices(segments: Sequence[_Segment]) -> None:
    """Where names have labels (`상품명: 두부`), `금액: 2,000원` is the price of an item."""
    if any(_NAME_LABEL.match(segment.text) for segment in segments):
        for segment in segments:
            if segment.kind is _Kind.TOTAL and _PRICE_LABEL.match(segment.text):
                segment.kind = _Kind.PRICE


def _is_sum(compact: str) -> bool:
    """Whether a text without spaces is the label of a sum of an order rather than of one price."""
    return marker_of(label_of(compact).removesuffix("원")) in (Marker.PAYABLE, Marker.SUM) or bool(
        _TOTAL.search(compact)
    )


def _amounts(text: str) -> list[int]:
    """Amounts in won; prices per unit of weight and deductions are left out."""
    amounts = []
    for match in _AMOUNT.finditer(_PER_UNIT.sub(" ", text)):
        digits = re.sub(r"[\s,.]", "", match[1]).translate(LOOK_ALIKES)
        if digits.isdigit() and int(digits) < MAX_WON:
            amounts.append(int(digits))
    return amounts


def _is_price_line(text: str) -> bool:
    """Whether a text consists of amounts, a count and words for them."""
    rest = _AMOUNT.sub(" ", _PER_UNIT.sub(" ", text))
    return not _residue(_COUNT.sub(" ", rest)) and not re.search(r"-\s*\d{1,3}(?:,\d{3})+", text)


def _residue(text: str) -> bool:
    """Whether more is left than words of price lines and a stray character."""
    return len(_NOISE.sub("", _PRICE_WORDS.sub(" ", text))) > 1


def _count(text: str) -> tuple[Decimal | None, str | None]:
    match = _COUNT.search(_AMOUNT.sub(" | ", _PER_UNIT.sub(" ", text)))
    if not match:
        return None, None
    value = Decimal(next(group for group in match.groups() if group).translate(LOOK_ALIKES))
    unit = re.search(rf"({_UNITS})\s*$", match[0])
    return (value, unit[1] if unit else None) if value else (None, None)


def _blocks(segments: Sequence[_Segment], unit: float) -> list[_Block]:
    """The items from top to bottom: prices with the lines above them that start where most names start."""
    is_advertised = _advertised(segments)
    groups = [prices for prices in _price_groups(segments, unit) if not is_advertised(prices[0].y)]
    candidates = [_candidates(prices, segments, unit) for prices in groups]
    column = _name_column(groups, candidates, unit)
    if column is None:
        return []
    names = [
        _name_above(prices[0], [s for s in above if abs(s.x0 - column) <= SAME_START * unit], unit)
        for prices, above in zip(groups, candidates, strict=True)
    ]
    under = [_name_under(prices[-1], segments, unit) for prices in groups]
    if all(map(_is_heading_of, names, under)):
        names = under
    names = _without_repeated(_without_small_print(names))
    blocks = [_Block(lines, prices) for lines, prices in zip(names, groups, strict=True) if _is_name(lines)]
    for block, following in zip_longest(blocks, blocks[1:]):
        end = min(block.bottom + COUNT_REACH * unit, following.top - 1 if following else float("inf"))
        block.counts = [
            segment
            for segment in segments
            if (segment.kind is _Kind.COUNT or (_OPTION.match(segment.text) and _OPTION_COUNT.search(segment.text)))
            and segment.x0 >= column - SAME_START * unit
            and block.top < segment.y <= end
        ]
    return blocks


def _blocks_beside(segments: Sequence[_Segment], unit: float) -> list[_Block]:
    """The items whose prices stand beside the first lines of their names; none of a list with a row per item.

    That, and a list without a title or buttons of order lists, is read like a printed receipt.
    """
    begins = _first_lines(segments)
    is_advertised = _advertised(segments)
    groups = [prices for prices in _price_groups(segments, unit, begins) if not is_advertised(prices[0].y)]
    firsts = [begins.get(id(prices[0])) for prices in groups]
    starts = [line.x0 for line in firsts if line is not None]
    if len(starts) < max(1, BESIDE * len(groups)) or not _is_titled(segments):
        return []
    column = median(starts)
    blocks = []
    for index, (prices, first) in enumerate(zip(groups, firsts, strict=True)):
        if first is None or abs(first.x0 - column) > SAME_START * unit:
            continue
        end = groups[index + 1][0].row if index + 1 < len(groups) else len(segments)
        own = [s for s in segments if first.row < s.row < end]
        below = [s for s in own if s.kind is _Kind.TEXT and abs(s.x0 - column) <= SAME_START * unit]
        reach = (COUNT_REACH + MAX_NAME_LINES * LINE_REACH) * unit
        counts = [s for s in own if s.kind is _Kind.COUNT and s.y - first.y <= reach]
        blocks.append(_Block(_name_beside(first, below, unit), prices, counts))
    for block, names in zip(blocks, _without_small_print([block.names for block in blocks]), strict=True):
        block.names = names
    has_one_row = all(len(block.names) == len(block.prices) == 1 and not block.counts for block in blocks)
    return [] if has_one_row else blocks


def _first_lines(segments: Sequence[_Segment]) -> dict[int, _Segment]:
    """The text directly before each price in its row, by the id of the price; none before some."""
    lines = {}
    for _, row in groupby(segments, key=lambda segment: segment.row):
        texts: list[_Segment] = []
        for segment in row:
            if segment.kind is _Kind.TEXT:
                texts.append(segment)
            elif segment.kind is _Kind.PRICE and _is_name(texts[-1:]):
                lines[id(segment)] = texts[-1]
    return lines


def _is_titled(segments: Sequence[_Segment]) -> bool:
    texts = [re.sub(r"^[\W_]+", "", _compact(s.text)) for s in segments if s.kind is _Kind.CHROME]
    return any(_ORDER_TITLE.search(text) or _ITEMS_TITLE.search(text) or _ORDER_BUTTON.search(text) for text in texts)


def _is_name(lines: Sequence[_Segment]) -> bool:
    return len(_LETTERS.findall(" ".join(line.text for line in lines))) >= 2


def _without_repeated(names: list[list[_Segment]]) -> list[list[_Segment]]:
    """The names without lines that stand in most blocks, such as labels. A name of only those was bought often."""
    times = Counter(text for lines in names for text in {_compact(line.text) for line in lines})
    most = max(MIN_REPEATED, REPEATED * len(names))
    firsts = {_compact(lines[0].text) for lines in names if len(lines) > 1}
    differ = len({_compact("".join(line.text for line in lines[1:])) for lines in names}) > 1
    many = len(names) >= MIN_REPEATED and differ
    seller = {text for text in firsts if many and times[text] == len(names) and len(text) <= MAX_SELLER}

    def is_part(line: _Segment) -> bool:
        text = _compact(line.text)
        return times[text] <= most and text not in seller

    parts = [[line for line in lines if is_part(line)] for lines in names]
    # What remains of a name may be no more than a size: `삼다수` over `2L 6개`.
    return [
        rest if _WORD.search(" ".join(line.text for line in rest)) else lines
        for rest, lines in zip(parts, names, strict=True)
    ]


def _price_groups(segments: Sequence[_Segment], unit: float, begins: Container[int] = ()) -> list[list[_Segment]]:
    """Price lines, those of one item together: a price struck through may stand above the one paid.

    begins: ids of those that belong to another item than the one above.
    """
    groups: list[list[_Segment]] = []
    for segment in segments:
        if segment.kind is not _Kind.PRICE or 0 < max(_amounts(segment.text)) < MIN_PRICE:
            continue
        if (
            groups
            and id(segment) not in begins
            and segment.y - groups[-1][-1].y < LINE_REACH * unit
            and not _is_text_between(groups[-1][-1], segment, segments)
        ):
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return groups


def _is_text_between(above: _Segment, below: _Segment, segments: Sequence[_Segment]) -> bool:
    return any(s.kind is _Kind.TEXT and above.row < s.row < below.row for s in segments)


def _candidates(group: Sequence[_Segment], segments: Sequence[_Segment], unit: float) -> list[_Segment]:
    """Lines that may belong to the name above a price, from the price upwards."""
    price = group[0]
    lines = []
    for segment in reversed(segments):
        if segment.row > price.row or segment.y < price.y - (NAME_REACH + MAX_NAME_LINES * LINE_REACH) * unit:
            continue
        if segment.kind is _Kind.PRICE and segment.row < price.row:
            break
        if segment.kind is _Kind.TEXT and segment.x0 <= price.x0 + SAME_START * unit and _NAME.search(segment.text):
            lines.append(segment)
    return lines


def _name_column(
    groups: Sequence[Sequence[_Segment]], candidates: Sequence[list[_Segment]], unit: float
) -> float | None:
    """Where most names start, in pixels; of equally frequent places the closest to the prices, then the rightmost."""
    starts = {segment.x0 for lines in candidates for segment in lines}

    def support(start: float) -> tuple[int, int, float]:
        distances = [
            min((prices[0].y - line.y for line in lines if abs(line.x0 - start) <= SAME_START * unit), default=None)
            for prices, lines in zip(groups, candidates, strict=True)
        ]
        reached = [distance for distance in distances if distance is not None]
        return len(reached), -round(sum(reached) / unit), start

    return max(starts, key=support, default=None)


def _name_above(price: _Segment, above: Sequence[_Segment], unit: float) -> list[_Segment]:
    """The lines of the name above a price. `above`: lines that start at the column of names, upwards."""
    if not above or price.y - above[0].y > NAME_REACH * unit:
        return []
    return _without_brand(_connected(above, unit)[::-1])


def _name_under(price: _Segment, segments: Sequence[_Segment], unit: float) -> list[_Segment]:
    """The lines of a name that starts directly below a price, as in shops that show the price first."""
    below = [
        s for s in segments if s.kind is _Kind.TEXT and s.row > price.row and abs(s.x0 - price.x0) <= SAME_START * unit
    ]
    return _connected(below, unit) if below and below[0].y - price.y <= LINE_REACH * unit else []


def _is_heading_of(above: Sequence[_Segment], under: Sequence[_Segment]) -> bool:
    """Whether the lines above a price are in smaller print than those below it, such as a seller's name."""
    return bool(under) and (not above or _size(above) < SMALLER * _size(under))


def _name_beside(first: _Segment, below: Sequence[_Segment], unit: float) -> list[_Segment]:
    """The lines of the name from its first line on. `below`: lines that start at the column of names, downwards."""
    rest = [line for line in _connected([first, *below], unit) if line is not first]
    return _without_brand([first, *rest])


def _connected(lines: Sequence[_Segment], unit: float) -> list[_Segment]:
    """The first lines, up to a gap. What the buyer chose is left out."""
    connected: list[_Segment] = []
    for before, line in pairwise([lines[0], *lines]):
        if abs(line.y - before.y) > LINE_REACH * unit or len(connected) == MAX_NAME_LINES:
            break
        if not _OPTION.match(line.text):
            connected.append(line)
    return connected


def _without_brand(lines: list[_Segment]) -> list[_Segment]:
    """The lines without a first one that repeats how the name begins: `오뚜기` over `[오뚜기] 진라면`."""
    first, *rest = (_NOISE.sub("", line.text) for line in lines[:2]) if lines else ("",)
    return lines[1:] if rest and first and rest[0].startswith(first) else lines


def _without_small_print(names: list[list[_Segment]]) -> list[list[_Segment]]:
    """The names without sellers, contents and remarks, which are printed in another size, usually smaller.

    Of two sizes, that of the names without such lines is the name's; otherwise the larger, unless it is much shorter.
    """
    split = [_by_size(lines) for lines in names]
    usual = [line.size for large, small in split if not small for line in large if line.advance >= MIN_REFERENCE]

    def name(large: list[_Segment], small: list[_Segment]) -> list[_Segment]:
        if not small:
            return large
        if usual:
            return min(large, small, key=lambda lines: abs(_size(lines) - median(usual)))
        length = sum(line.advance for line in large)
        return large if length >= MIN_NAME * sum(line.advance for line in small) else small

    return [name(large, small) for large, small in split]


def _by_size(lines: Sequence[_Segment]) -> tuple[list[_Segment], list[_Segment]]:
    """The lines in the largest print, and those in smaller print."""
    largest = max((line.size for line in lines if line.advance >= MIN_REFERENCE), default=0.0)
    small = [line for line in lines if line.advance >= MIN_MEASURED and line.size < SMALLER * largest]
    return [line for line in lines if line not in small], small


def _size(lines: Sequence[_Segment]) -> float:
    return median(line.size for line in lines)


def _counted(blocks: list[_Block]) -> list[_Block]:
    """The blocks without those that have no count, where most have one."""
    counted = [block for block in blocks if _quantity(block)[0] is not None]
    return counted if 2 * len(counted) >= len(blocks) else blocks


def _advertised(segments: Sequence[_Segment]) -> Callable[[float], bool]:
    """Tells whether what stands at a height is below recommendations or the total of an order, and in no other order.

    A total at the top of an order has at most its own amount without a count above it.
    """
    prices = [s for s in segments if s.kind is _Kind.PRICE]
    counted = min((s.y for s in prices if _count(s.text)[0] is not None), default=math.inf)
    first = _amounts(prices[0].text) if prices else []
    other = min((s.y for s in prices if _amounts(s.text) != first), default=math.inf)

    def is_below_item(total: _Segment) -> bool:
        differs = bool(prices) and prices[0].y < total.y and _amounts(total.text) != first
        return differs or total.y > min(counted, other)

    ends = [
        s.y
        for s in segments
        if s.kind is _Kind.ADVERTISEMENT
        or (s.kind is _Kind.TOTAL and _marker(s) is Marker.PAYABLE and is_below_item(s))
    ]
    orders = [s.y for s in segments if s.kind in (_Kind.DATE, _Kind.STATE)]

    def is_advertised(y: float) -> bool:
        end = max((end for end in ends if end < y), default=None)
        return end is not None and not any(end < order < y for order in orders)

    return is_advertised


def _are_below_names(blocks: Sequence[_Block], segments: Sequence[_Segment]) -> bool:
    """Whether most prices stand below their names rather than beside them, as in printed receipts."""
    beside = sum(block.names[0].row == block.prices[0].row for block in blocks)
    beside += sum(s.kind is _Kind.TEXT and _ENDS_IN_AMOUNT.search(s.text) is not None for s in segments)
    return 2 * beside < len(blocks)


def _has_evidence(blocks: Sequence[_Block], segments: Sequence[_Segment]) -> bool:
    """Whether the items were ordered: a product page or a menu has prices too."""
    texts = [re.sub(r"^[\W_]+", "", _compact(s.text)) for s in segments if s.kind is not _Kind.TEXT]
    signs = {
        "title": any(_ORDER_TITLE.search(text) for text in texts),
        "state": any(s.kind is _Kind.STATE and not re.search("예정|보장|내일|오늘|무료", s.text) for s in segments),
        "date": any(s.kind is _Kind.DATE for s in segments),
        "button": any(len(text) <= 16 and _ORDER_BUTTON.search(text) for text in texts),
    }
    counted = any(_quantity(block)[0] is not None for block in blocks)
    ordered = any(s.kind is _Kind.DATE and _ORDERED.search(s.text) for s in segments)
    return sum(signs.values()) + counted >= 2 and (
        signs["title"] or signs["state"] or signs["button"] or (counted and ordered)
    )


def _quantity(block: _Block) -> tuple[Decimal | None, str | None]:
    for segment in (*block.prices, *block.counts):
        if (chosen := _OPTION_COUNT.search(segment.text)) and _OPTION.match(segment.text):
            return Decimal(int(chosen[1])), "개"
        quantity, unit = _count(segment.text)
        if quantity is not None:
            return quantity, unit
    return None, None


def _cancelled(blocks: Sequence[_Block], segments: Sequence[_Segment]) -> list[bool]:
    """Whether each item was cancelled or returned.

    States stand above the items that they are about or below them: where most of them are closer to an item.
    """
    states = [s for s in segments if s.kind is _Kind.STATE and _is_state_of_items(s, segments)]
    heading = sum(1 if _is_heading(state, blocks) else -1 for state in states) >= 0
    cancelled = []
    for index, block in enumerate(blocks):
        if heading:
            above = [state for state in states if state.y < block.bottom]
            state = above[-1] if above else None
        else:
            end = blocks[index + 1].top if index + 1 < len(blocks) else float("inf")
            state = next((s for s in states if block.top <= s.y < end), None)
        cancelled.append(state is not None and _CANCELLED.search(_state_text(state)) is not None)
    return cancelled


def _take_discounts(blocks: Sequence[_Block], segments: Sequence[_Segment], unit: float) -> None:
    """Give each item the discounts directly below it."""
    deductions = [*_deductions(segments)]
    for block, following in zip_longest(blocks, blocks[1:]):
        end = min(block.bottom + COUNT_REACH * unit, following.top if following else math.inf)
        block.discounts = {row: won for row, y, won in deductions if block.bottom < y <= end}


def _deductions(segments: Sequence[_Segment]) -> Iterator[tuple[int, float, int]]:
    """Row, height, and won below 0 of each row that is a discount."""
    for row, parts in groupby(segments, key=lambda segment: segment.row):
        first, *others = parts
        if deduction := _DEDUCTION.search(_compact("".join(segment.text for segment in (first, *others)))):
            yield row, first.y, -int(deduction[1].replace(",", ""))


def _is_sold_out(count: _Segment) -> bool:
    first = _COUNT_FIRST.match(count.text)
    return first is not None and _SOLD_OUT.search(first[1]) is not None


def _state_text(segment: _Segment) -> str:
    return re.sub(r"^[\W_]+", "", _compact(segment.text))


def _is_state_of_items(state: _Segment, segments: Sequence[_Segment]) -> bool:
    """Whether a text is a state rather than a button to cancel, which stands in a row with other buttons."""
    beside = [s for s in segments if s.row == state.row and s is not state]
    return _BARE.fullmatch(_state_text(state)) is None or not any(s.kind is _Kind.CHROME for s in beside)


def _is_heading(state: _Segment, blocks: Sequence[_Block]) -> bool:
    """Whether the next item below is closer than the one above."""
    above = min((state.y - block.bottom for block in blocks if block.bottom <= state.y), default=float("inf"))
    below = min((block.top - state.y for block in blocks if block.top >= state.y), default=float("inf"))
    return below <= above


def _dates(text: str, now: datetime) -> list[PurchaseTime]:
    """The date in a text; without a year, the last such day until today."""
    if full := find_purchase_time(_MISREAD_POINTS.sub(r"\1. \2. \3", text), now):
        return [full]
    about = _ORDERED.search(text) or _DELIVERY.search(text)
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


def _receipt(rows: list[Row], segments: Sequence[_Segment], blocks: Sequence[_Block], now: datetime) -> Receipt:
    roles = [Role.OTHER] * len(rows)
    lines = _total_lines(segments, roles, {row for block in blocks for row in block.discounts})
    items = _multiplied(without_line_numbers([_item(block) for block in blocks]), lines)
    for item in items:
        for row in item.rows:
            roles[row] = Role.ITEM
    times = [(s, time) for s in segments if s.kind in (_Kind.DATE, _Kind.STATE) for time in _dates(s.text, now)]
    ordered = [(s, time) for s, time in times if s.kind is _Kind.DATE]
    certain = bool(ordered)
    times = ordered or times
    for segment, _ in times:
        roles[segment.row] = Role.DATE
    days = [_time_of(block, times) for block in blocks]
    dated = [time for time in days if time is not None]
    latest = max(dated, key=lambda time: time.day, default=None)
    totals = resolve_totals(items, lines)
    uncertain = {ReceiptField.STORE}
    if latest is None or not certain:
        uncertain.add(ReceiptField.PURCHASED_AT)
    if totals.total is None or not totals.matches:
        uncertain.add(ReceiptField.TOTAL)
    return Receipt(
        rows=rows,
        roles=roles,
        store=None,
        purchase_time=latest,
        items=items,
        totals=totals,
        refund=False,
        uncertain_item_fields=uncertainty.of_items(items, totals),
        uncertain_fields=uncertain,
        item_days=[time.day if time else None for time in days],
    )


def _time_of(block: _Block, times: Sequence[tuple[_Segment, PurchaseTime]]) -> PurchaseTime | None:
    """The last date above the item, or the only one if that is below."""
    above = [time for segment, time in times if segment.y < block.bottom]
    only = times[0][1] if len({time.day for _, time in times}) == 1 else None
    return above[-1] if above else only


def _total_lines(segments: Sequence[_Segment], roles: list[Role], of_items: Container[int]) -> list[TotalLine]:
    """The printed sums; none if there are those of several orders. of_items: rows of discounts on single items."""
    lines = []
    for row, _, won in _deductions(segments):
        roles[row] = Role.DISCOUNT
        if row not in of_items:
            lines.append(TotalLine(Marker.DISCOUNT, won, row))
    for segment in segments:
        marker = _marker(segment)
        amounts = _amounts(segment.text)
        if segment.kind is _Kind.TOTAL and marker is not None and len(amounts) == 1:
            lines.append(TotalLine(marker, amounts[0], segment.row))
            roles[segment.row] = ROLE_OF[marker]
    sums = {(line.marker, line.won) for line in lines if line.marker in (Marker.PAYABLE, Marker.SUM)}
    return lines if len(sums) == len({marker for marker, _ in sums}) else []


def _item(block: _Block) -> LineItem:
    quantity, unit = _quantity(block)
    unit_price, amount = _price([won for line in block.prices for won in _amounts(line.text)], quantity)
    name_cells = tuple(cell for line in block.names for cell in line.cells)
    number_cells = tuple(cell for line in (*block.prices, *block.counts) for cell in line.cells)
    changed = any(cell.text != cell.raw for cell in name_cells)
    return LineItem(
        name=block.name,
        numbers=ItemNumbers(amount=amount, is_money=True, unit_price=unit_price, quantity=quantity, unit=unit),
        discount=sum(block.discounts.values()),
        rows=sorted({line.row for line in (*block.names, *block.prices, *block.counts)} | {*block.discounts}),
        name_cells=name_cells,
        number_cells=number_cells,
        repaired=frozenset({ItemField.NAME}) if changed else frozenset(),
    )


def _multiplied(items: list[LineItem], lines: Sequence[TotalLine]) -> list[LineItem]:
    """The items; if the printed sum shows that their prices are per piece, with the amount of all pieces."""
    whole = [
        replace(
            item,
            numbers=replace(
                item.numbers, unit_price=item.numbers.amount, amount=int(item.numbers.amount * item.numbers.quantity)
            ),
        )
        if item.numbers.unit_price is None and item.numbers.quantity
        else item
        for item in items
    ]
    return whole if adds_up(whole, lines) and not adds_up(items, lines) else items


def _price(amounts: Sequence[int], quantity: Decimal | None) -> tuple[int | None, int]:
    """Unit price, None if not printed, and amount: the product, otherwise the lowest, as others are struck through."""
    if quantity is not None and quantity > 1:
        for unit_price in sorted(amounts):
            if int(unit_price * quantity) in amounts:
                return unit_price, int(unit_price * quantity)
    return None, min(amounts)
