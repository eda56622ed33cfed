"""Order lists of online shops, as screenshots: one block per item, several orders in one image.

A block has an image, a name over one or more lines, and a line with price and count. Around the blocks stand the date
of the order, the state of its delivery, buttons and advertisements. Names are recognised by their place and size: they
start where most names start, directly above, below or beside a price, and are larger than what stands around them.
Words decide only what is not a name.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby, pairwise, zip_longest
from statistics import median

from ocr_service.boxes import TextBox
from ocr_service.fields import ItemField, ReceiptField, Role
from ocr_service.parsing import uncertainty
from ocr_service.parsing.dates import PurchaseTime
from ocr_service.parsing.item_numbers import MIN_PRICE, SIZE, ItemNumbers
from ocr_service.parsing.labels import ABOUT_CHOICES, Marker, is_column_titles
from ocr_service.parsing.layout import ROLE_OF
from ocr_service.parsing.list_columns import with_joined_titles
from ocr_service.parsing.list_items import LineItem, TotalLine
from ocr_service.parsing.name_rows import width_with_space
from ocr_service.parsing.names import without_line_numbers
from ocr_service.parsing.order_blocks import Block
from ocr_service.parsing.order_cancellations import remaining_pieces, which_cancelled
from ocr_service.parsing.order_lines import (
    BULLET,
    COUNT_BEFORE,
    COUNT_FIRST,
    ITEMS_TITLE,
    LETTERS,
    LINE_REACH,
    NAME_REACH,
    NOISE,
    OPTION,
    ORDER_BUTTON,
    ORDER_HEADING,
    ORDER_TITLE,
    ORDERED,
    PRICED_CHOICE,
    SAME_START,
    Kind,
    Segment,
    amounts_in,
    compact_text,
    count_in,
    dates_in,
    is_about_pieces,
    is_button,
    marker_beside,
    segments_of,
)
from ocr_service.parsing.receipt import Receipt, mask_row
from ocr_service.parsing.rows import Row, group
from ocr_service.parsing.totals import adds_up, resolve_totals

MIN_CONFIDENCE = 0.6
"""Confidence below which text is an icon or part of a thumbnail."""
MAX_HEIGHT = 2.2
"""Height in median text heights above which text is part of a thumbnail."""
COUNT_REACH = 2.2
"""Distance in text heights from a price to a line with the count, above or below it."""
CARD_REACH = 8.0
"""Distance in text heights from a labelled price up to its name: an image may stand between them."""
AIRY = 1.4
"""How many times as far apart lines may stand on a screen with the title or a button of an order list."""
MAX_NAME_LINES = 4
BESIDE = 0.8
"""Share of the prices that stand beside a name, from which all do."""
SMALLER = 0.92
"""Size, as a share of other print, below which print counts as smaller."""
MUCH_SMALLER = 0.87
"""The same for a line that continues a full one."""
MIN_MEASURED = 1.5
"""Width, in sizes of the print, from which text is long enough to compare its size."""
MIN_REFERENCE = 3.0
"""The same for text that others are compared with."""
MIN_NAME = 0.6
"""Length of a name, as a share of the smaller print around it, from which the larger print is the name."""
REPEATED = 0.5
"""Share of the blocks in which a text may stand; buttons and labels stand in more, names do not."""
BRAND = re.compile(r"[가-힣A-Za-z&.'\-]{2,12}")
"""A word that may be the brand of what the line below names."""
MIN_BRANDED = 2
"""Names with a brand in a line of its own from which that is no part of any name."""
MAX_BRAND_WORDS = 2
"""Words of a brand where every name has one."""
MIN_REPEATED = 3
MAX_SELLER = 12
"""Characters of a line that counts as the seller's name if it is the first of every block."""
_OPTION_COUNT = re.compile(r"(?:[:：]\s*\S.*[\s/|·]|\S\s*/\s*)(\d{1,3})\s*개$")
"""A count behind what the buyer chose: `선택 : 100장 / 보자기포장 2개`, `한입 5kg / 1개`."""
_NUMBERED_CHOICE = re.compile(rf"(?=\W*\d{{1,2}}[.)])(?:{OPTION.pattern})")
"""What the buyer chose, where several choices of one product are numbered: `2. 포장: 기본`."""
MIN_CHOICES = 2
"""Names with a choice and its count in their last line from which that is no part of any name."""
_TIMES_AFTER = re.compile(r"(?<!\d)\s[x×]\s?([1-9]\d?)(?:\s?개)?$")
"""A count behind a name, but not in it, as in `100g x 3`, `40 x 80` or `갤럭시 X 2`."""
_SYLLABLES = re.compile(r"[가-힣]{2}")
_COUNT_AFTER = re.compile(r"수\s*량\s*[:：]?\s*\d{1,3}\s*개?$")
_WORD = re.compile(r"[가-힣]{2}|[A-Za-z]{3}")
"""A word of a name rather than a size."""
_NAME = re.compile(r"[가-힣A-Za-z0-9]")
_SIGN_IN_BRACKETS = re.compile(r"\(([-–−])\)(?=\s?[￦₩]?\d)")
"""The minus of a discount: `(-)1,980원`."""
_CART = re.compile(
    r"^\W*장바구니(?:\(?\d*\)?)?$|^전체선택|^선택삭제|^주문하기|(?<!재)(?<!다시)주문하기$|^구매하기\(?\d|원구매하기|원주문하기"
)
_PRINTED_RECEIPT = re.compile(
    r"^880\d{10}$|\d{3}-\d{2}-\d{5}|승인번호|부가세(?!포함)|[과면비]세|사업자|가맹점|할부개월|단말기|^POS|매출전표"
)
_ENDS_IN_AMOUNT = re.compile(r"[가-힣A-Za-z)].*\s\d{1,3}(?:[,.]\s?\d{3})+\s*원?$|[가-힣A-Za-z)].*\s\d{1,3}\s+\d{2,3}$")
"""A name and an amount in one line, as in the lists of printed receipts."""
_RULED_LINE = re.compile(r"[^\w\s]{3,}")
_SUMMARY = re.compile(r"외\s*(?:총\s*)?\d+\s*(?:건|개|종|품목|가지)?\s*$")
"""A name that stands for several items of an order."""
_DEDUCTION = re.compile(
    r"(?:(?:할인|쿠폰|에누리)[가-힣]{0,4}|(?i:discount|coupon|savings?)|(?:[가-힣](?<!배송)(?<!배송비)(?<!적립)(?<!환불)(?<!취소)|\d{1,2}%)[\])]?)[￦₩]?[-–−][￦₩\\]?(\d{1,3}(?:,\d{3})+|\d{2,3}(?=원)|(?<=[￦₩\\])\d{2,3})원?$"
)
"""A discount on the order: `할인금액 -1,000원`."""
_OFFER = re.compile(r"\W*\d\s?\+\s?\d\W*")
_CANCELLED_SUM = re.compile(r"(?:취소|반품|환불)[가-힣]{0,4}[-–−]")
"""The label, without spaces, of what was given back for items that are left out: `취소금액 -8,980원`."""


def parse_order_list(boxes: Sequence[TextBox], now: datetime, *, cropped: bool = False) -> Receipt | None:
    """The orders in a screenshot as one receipt with a date per item; None if it is not an order list.

    Cancelled and returned items are left out. Dates after `now` are ignored. cropped: a date and counts are enough, as
    titles and buttons may be missing.
    """
    rows = [mask_row(row) for row in group([_with_bare_sign(box) for box in _legible(boxes)])]
    if not rows or not _is_order_screen(rows):
        return None
    height = median(cell.height for row in rows for cell in row.cells)
    for unit in (height, AIRY * height):
        segments = segments_of(rows, unit, now)
        blocks = _ordered(segments, unit, cropped=cropped)
        if blocks or not _is_titled(segments) or _are_beside_names(segments):
            break
    if not blocks:
        return None
    _take_discounts(blocks, segments, unit)

    def receipt(cancelled: Sequence[bool]) -> Receipt:
        purchased = [block for block, is_off in zip(blocks, cancelled, strict=True) if not is_off]
        return _receipt(rows, segments, [block for block in purchased if not _SUMMARY.search(block.name)], now)

    readings = which_cancelled(blocks, segments, unit)
    likeliest = receipt(next(readings))
    if likeliest.totals.matches is not False:
        return likeliest
    return next((other for other in map(receipt, readings) if other.totals.matches), likeliest)


def _ordered(segments: Sequence[Segment], unit: float, *, cropped: bool) -> list[Block]:
    """The items, if something shows that they were ordered. unit: the height of text in pixels, for distances."""
    blocks = _blocks(segments, unit)
    if not blocks or not _are_below_names(blocks, segments):
        blocks = _blocks_beside(segments, unit)
    blocks = _counted(blocks)
    return blocks if blocks and _has_evidence(blocks, segments, cropped=cropped) else []


def _are_beside_names(segments: Sequence[Segment]) -> bool:
    """Whether most prices stand in a row with other text, as in lists of tills; on airy screens names stand above."""
    named = {segment.row for segment in segments if segment.kind is Kind.TEXT}
    prices = [segment for segment in segments if segment.kind is Kind.PRICE]
    return 2 * sum(price.row in named for price in prices) > len(prices)


def _with_bare_sign(box: TextBox) -> TextBox:
    """The box with the minus of a discount without brackets around it."""
    recognition = box.recognition
    text, raw = (_SIGN_IN_BRACKETS.sub(r"\1", part) for part in (recognition.text, recognition.raw))
    return box if text == recognition.text else replace(box, recognition=replace(recognition, text=text, raw=raw))


def _legible(boxes: Sequence[TextBox]) -> list[TextBox]:
    """The boxes without ruled lines, icons and print on thumbnails, as far as their size or legibility shows that."""
    heights = [float(box.quad[:, 1].max() - box.quad[:, 1].min()) for box in boxes]
    limit = MAX_HEIGHT * median(heights) if heights else 0.0
    return [
        box
        for box, height in zip(boxes, heights, strict=True)
        if height <= limit and box.recognition.confidence >= MIN_CONFIDENCE and not _RULED_LINE.fullmatch(box.text)
    ]


def _is_order_screen(rows: Sequence[Row]) -> bool:
    """Whether nothing shows that the text is a printed receipt or a shopping cart."""
    texts = [row.text for row in with_joined_titles(rows)]
    if any(_PRINTED_RECEIPT.search(compact_text(text)) or is_column_titles(text) for text in texts):
        return False
    return not any(_CART.search(compact_text(text)) for text in texts)


def _blocks(segments: Sequence[Segment], unit: float) -> list[Block]:
    """The items from top to bottom: prices with the lines above them that start where most names start."""
    is_advertised = _advertised(segments)
    groups = [prices for prices in _price_groups(segments, unit) if not is_advertised(prices[0].y)]
    candidates = [_candidates(prices, segments, unit) for prices in groups]
    column = _name_column(groups, candidates, unit)
    if column is None:
        return []
    names = [
        _name_above(
            prices[0], [s for s in above if abs(s.x0 - column) <= SAME_START * unit or OPTION.match(s.text)], unit
        )
        for prices, above in zip(groups, candidates, strict=True)
    ]
    under = [_name_under(prices[-1], segments, unit) for prices in groups]
    if all(map(_is_heading_of, names, under)):
        names = under
    names = _without_small_print(_without_badges(names))
    names = _without_brands_above(_without_repeated(names))
    names = _without_choices(names, [_is_counted(*pair, segments) for pair in zip(names, groups, strict=True)])
    names = [*_with_name_of_choices(names, candidates)]
    blocks = [Block(lines, prices) for lines, prices in zip(names, groups, strict=True) if _is_name(lines)]
    for block, following in zip_longest(blocks, blocks[1:]):
        next_top = following.top - 1 if following else math.inf
        end = min(block.bottom + COUNT_REACH * unit, next_top)
        block.counts = [
            segment
            for segment in segments
            if (segment.kind is Kind.COUNT or _has_count(segment))
            and all(segment is not line for line in block.names)
            and segment.x0 >= column - SAME_START * unit
            and block.top < segment.y <= (next_top if is_about_pieces(segment.text) else end)
            and not _is_name_between(block, segment, segments, column, unit)
        ]
    prices = [max((won for line in block.prices for won in amounts_in(line.text)), default=0) for block in blocks]
    for block, following in zip_longest(blocks, blocks[1:]):
        product = _product(block, segments, following.top if following else math.inf)
        if product and amounts_in(product.text) != [sum(prices)]:
            block.prices.append(product)
    return blocks


def _is_name_between(block: Block, count: Segment, segments: Sequence[Segment], column: float, unit: float) -> bool:
    """Whether another name, as of an item that was sold out and has no price, stands above a count below an item."""
    return any(
        block.prices[-1].row < s.row < count.row
        and s.kind is Kind.TEXT
        and abs(s.x0 - column) <= SAME_START * unit
        and not OPTION.match(s.text)
        and all(s is not line for line in block.names)
        for s in segments
    )


def _has_count(segment: Segment) -> bool:
    """Whether a line about something else ends in a count: `선택 : 매운맛 2개`, `배송일: 11/28 | 수량 1개`."""
    chosen = segment.kind is Kind.TEXT and _OPTION_COUNT.search(segment.text) is not None
    return chosen or (segment.kind is Kind.STATE and _COUNT_AFTER.search(segment.text) is not None)


def _product(block: Block, segments: Sequence[Segment], end: float) -> Segment | None:
    """The first sum below an item with a row per label, above `end` in pixels, if it is its price times its count."""
    quantity, _ = _quantity(block)
    prices = [won for line in block.prices if line.labelled for won in amounts_in(line.text)]
    products = [int(price * quantity) for price in prices] if quantity and quantity > 1 else []
    first = next((s for s in segments if s.kind is Kind.TOTAL and block.bottom < s.y < end), None)
    return first if first and amounts_in(first.text)[:1] and amounts_in(first.text)[0] in products else None


def _blocks_beside(segments: Sequence[Segment], unit: float) -> list[Block]:
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
        below = [s for s in own if s.kind is Kind.TEXT and abs(s.x0 - column) <= SAME_START * unit]
        below = [s for s in below if not _is_choice_of(first, s)]
        reach = (COUNT_REACH + MAX_NAME_LINES * LINE_REACH) * unit
        counts = [s for s in own if s.kind is Kind.COUNT and s.y - first.y <= reach]
        blocks.append(Block(_name_beside(first, below, unit), prices, counts))
    for block, names in zip(blocks, _without_small_print([block.names for block in blocks]), strict=True):
        block.names = names
    _take_counts_before(blocks, segments)
    has_one_row = all(len(block.names) == len(block.prices) == 1 and not block.counts for block in blocks)
    return [] if has_one_row else blocks


def _is_choice_of(name: Segment, below: Segment) -> bool:
    """Whether a line in smaller print below a name is what the buyer chose, `+ 치즈 추가`, or the mark of an offer."""
    other = ABOUT_CHOICES.search(below.text) or BULLET.match(below.text) or _OFFER.fullmatch(below.text)
    return other is not None and below.size < SMALLER * name.size


def _take_counts_before(blocks: Sequence[Block], segments: Sequence[Segment]) -> None:
    """Give each item the number before its name if all have one and these do not number the items."""
    columns = [[s for s in segments if s.row == b.names[0].row and s.x0 < b.names[0].x0] for b in blocks]
    matches = [COUNT_BEFORE.fullmatch(before[-1].text) if before else None for before in columns]
    counts = [int(match[1]) for match in matches if match]
    if len(counts) == len(blocks) and counts != [*range(1, len(blocks) + 1)]:
        for block, count in zip(blocks, counts, strict=True):
            block.count = count


def _first_lines(segments: Sequence[Segment]) -> dict[int, Segment]:
    """The text directly before each price in its row, by the id of the price; none before some."""
    lines = {}
    for _, row in groupby(segments, key=lambda segment: segment.row):
        texts: list[Segment] = []
        for segment in row:
            if segment.kind is Kind.TEXT:
                texts.append(segment)
            elif segment.kind is Kind.PRICE and _is_name(texts[-1:]):
                lines[id(segment)] = texts[-1]
    return lines


def _is_titled(segments: Sequence[Segment]) -> bool:
    """Whether the screen has the title or a button of an order list."""
    texts = [s.core for s in segments if s.kind is Kind.CHROME]
    return any(ORDER_TITLE.search(text) or ITEMS_TITLE.search(text) or ORDER_BUTTON.search(text) for text in texts)


def _is_name(lines: Sequence[Segment]) -> bool:
    return len(LETTERS.findall(" ".join(line.text for line in lines))) >= 2


def _without_repeated(names: list[list[Segment]]) -> list[list[Segment]]:
    """The names without lines that stand in most blocks, such as labels. A name of only those was bought often."""
    times = Counter(text for lines in names for text in {compact_text(line.text) for line in lines})
    most = max(MIN_REPEATED, REPEATED * len(names))
    firsts = {compact_text(lines[0].text) for lines in names if len(lines) > 1}
    differ = len({compact_text("".join(line.text for line in lines[1:])) for lines in names}) > 1
    many = len(names) >= MIN_REPEATED and differ
    seller = {text for text in firsts if many and times[text] == len(names) and len(text) <= MAX_SELLER}

    def is_part(line: Segment) -> bool:
        text = compact_text(line.text)
        return times[text] <= most and text not in seller

    parts = [[line for line in lines if is_part(line)] for lines in names]
    # What remains of a name may be no more than a size: `삼다수` over `2L 6개`.
    return [
        rest if _WORD.search(" ".join(line.text for line in rest)) else lines
        for rest, lines in zip(parts, names, strict=True)
    ]


def _price_groups(segments: Sequence[Segment], unit: float, begins: Container[int] = ()) -> list[list[Segment]]:
    """Price lines, those of one item together: a price struck through may stand above the one paid.

    begins: ids of those that belong to another item than the one above.
    """
    groups: list[list[Segment]] = []
    for segment in segments:
        if segment.kind is not Kind.PRICE or 0 < max(amounts_in(segment.text)) < MIN_PRICE:
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


def _is_text_between(above: Segment, below: Segment, segments: Sequence[Segment]) -> bool:
    return any(s.kind is Kind.TEXT and above.row < s.row < below.row for s in segments)


def _candidates(group: Sequence[Segment], segments: Sequence[Segment], unit: float) -> list[Segment]:
    """Lines that may belong to the name above a price, from the price upwards."""
    price = group[0]
    lines = []
    for segment in reversed(segments):
        if segment.row > price.row or segment.y < price.y - (NAME_REACH + MAX_NAME_LINES * LINE_REACH) * unit:
            continue
        if segment.kind is Kind.PRICE and segment.row < price.row:
            break
        if segment.kind is Kind.TEXT and segment.x0 <= price.x0 + SAME_START * unit and _NAME.search(segment.text):
            lines.append(segment)
    return lines


def _name_column(groups: Sequence[Sequence[Segment]], candidates: Sequence[list[Segment]], unit: float) -> float | None:
    """Where most names start, in pixels; of equally frequent places the closest to the prices, then the rightmost."""
    names = [[line for line in lines if not OPTION.match(line.text)] for lines in candidates]
    candidates = names if any(names) else candidates
    starts = {segment.x0 for lines in candidates for segment in lines}

    def support(start: float) -> tuple[int, int, float]:
        distances = [
            min((prices[0].y - line.y for line in lines if abs(line.x0 - start) <= SAME_START * unit), default=None)
            for prices, lines in zip(groups, candidates, strict=True)
        ]
        reached = [distance for distance in distances if distance is not None]
        return len(reached), -round(sum(reached) / unit), start

    return max(starts, key=support, default=None)


def _name_above(price: Segment, above: Sequence[Segment], unit: float) -> list[Segment]:
    """The lines of the name above a price. `above`: lines that start at the column of names, and choices, upwards."""
    reach = CARD_REACH if price.labelled else NAME_REACH
    if not above or price.y - above[0].y > reach * unit:
        return []
    return _without_brand(_connected(above, unit)[::-1])


def _name_under(price: Segment, segments: Sequence[Segment], unit: float) -> list[Segment]:
    """The lines of a name that starts directly below a price, as in shops that show the price first."""
    below = [
        s for s in segments if s.kind is Kind.TEXT and s.row > price.row and abs(s.x0 - price.x0) <= SAME_START * unit
    ]
    return _connected(below, unit) if below and below[0].y - price.y <= LINE_REACH * unit else []


def _is_heading_of(above: Sequence[Segment], under: Sequence[Segment]) -> bool:
    """Whether the lines above a price are in smaller print than those below it, such as a seller's name."""
    return bool(under) and (not above or _size(above) < SMALLER * _size(under))


def _name_beside(first: Segment, below: Sequence[Segment], unit: float) -> list[Segment]:
    """The lines of the name from its first line on. `below`: lines that start at the column of names, downwards."""
    rest = [line for line in _connected([first, *below], unit) if line is not first]
    return _without_brand([first, *rest])


def _connected(lines: Sequence[Segment], unit: float) -> list[Segment]:
    """The first lines, up to a gap. What the buyer chose is left out, unless it is priced and nothing else is there."""
    connected: list[Segment] = []
    for before, line in pairwise([lines[0], *lines]):
        if abs(line.y - before.y) > LINE_REACH * unit or len(connected) == MAX_NAME_LINES:
            break
        if not OPTION.match(line.text):
            connected.append(line)
    return connected or [line for line in lines[:1] if PRICED_CHOICE.match(line.text)]


def _without_brand(lines: list[Segment]) -> list[Segment]:
    """The lines without a first one that repeats how the name begins: `오뚜기` over `[오뚜기] 진라면`."""
    first, *rest = (NOISE.sub("", line.text) for line in lines[:2]) if lines else ("",)
    return lines[1:] if rest and first and rest[0].startswith(first) else lines


def _without_choices(names: list[list[Segment]], counted: Sequence[bool]) -> list[list[Segment]]:
    """The names without last lines that are a choice and its count, if several have one: `한입 5kg / 1개`.

    Or if one has, and all others are `counted`, which have their count in a line of its own.
    """
    chosen = [len(lines) > 1 and _OPTION_COUNT.search(lines[-1].text) is not None for lines in names]
    others = [own for lines, choice, own in zip(names, chosen, counted, strict=True) if lines and not choice]
    instead = len(others) >= MIN_CHOICES and all(others)
    if sum(chosen) < MIN_CHOICES and not instead:
        return names
    return [
        lines[:-1] if choice and not (instead and own) else lines
        for lines, choice, own in zip(names, chosen, counted, strict=True)
    ]


def _with_name_of_choices(
    names: Sequence[list[Segment]], candidates: Sequence[list[Segment]]
) -> Iterator[list[Segment]]:
    """The names; below the first of several numbered choices of a product, its name again in place of each choice."""
    last: list[Segment] = []
    for lines, above in zip(names, candidates, strict=True):
        if not lines and last and above and _NUMBERED_CHOICE.match(above[-1].text):
            last = [replace(line, row=above[-1].row, y=above[-1].y) for line in last]
            yield last
        else:
            last = lines
            yield lines


def _is_counted(lines: Sequence[Segment], prices: Sequence[Segment], segments: Sequence[Segment]) -> bool:
    """Whether a count stands below a name, up to the row below its price."""
    return bool(lines) and any(
        s.kind in (Kind.PRICE, Kind.COUNT)
        and lines[0].row < s.row <= prices[-1].row + 1
        and count_in(s.text)[0] is not None
        for s in segments
    )


def _without_brands_above(names: list[list[Segment]]) -> list[list[Segment]]:
    """The names without brands in lines of their own: short ones behind which the next line would have had room.

    At least two names must have one, because a single name may be broken anywhere. If all have, some may be of two
    words. Above a size or a single word (`햇반` above `210g 12개입`, `만두` above `김치 1kg`) it is the product, and so
    may all the others be.
    """
    widest = _widest_end(names)
    branded = [_has_brand(lines, widest) for lines in names]
    of_words = [_has_brand(lines, widest, words=MAX_BRAND_WORDS) for lines in names]
    if sum(branded) >= MIN_BRANDED and all(of_words):
        branded = of_words
    if sum(branded) < MIN_BRANDED:
        return names
    rests = [lines[1:] if brand else lines for brand, lines in zip(branded, names, strict=True)]
    are_names = all(_has_words(lines) for brand, lines in zip(branded, rests, strict=True) if brand)
    return rests if are_names else names


def _without_badges(names: list[list[Segment]]) -> list[list[Segment]]:
    """The names without a mark of the shop above some of them: a brand (as above) that several different names have.

    Its print may be as large as that of the names, or larger.
    """
    widest = _widest_end(names)
    marked: dict[str, list[list[Segment]]] = {}
    for lines in names:
        if _has_brand(lines, widest) and _has_words(lines[1:]):
            marked.setdefault(compact_text(lines[0].text), []).append(lines)
    badges = {
        badge
        for badge, branded in marked.items()
        if len({compact_text("".join(line.text for line in lines[1:])) for lines in branded}) >= MIN_BRANDED
    }

    def has_badge(lines: list[Segment]) -> bool:
        return _has_brand(lines, widest) and _has_words(lines[1:]) and compact_text(lines[0].text) in badges

    return [lines[1:] if has_badge(lines) else lines for lines in names]


def _has_brand(lines: Sequence[Segment], widest: float, words: int = 1) -> bool:
    """Whether the first line is one short word, behind which the next line's first word would have had room.

    words: how many it may be.
    """
    brand = lines[0].text.split() if len(lines) > 1 else []
    if not 1 <= len(brand) <= words or not all(map(BRAND.fullmatch, brand)):
        return False
    return not _is_full(lines[0], lines[1], widest)


def _is_full(line: Segment, below: Segment, widest: float) -> bool:
    """Whether the first word of the line below would have made a line as wide as the widest name, in pixels."""
    return line.cells[-1].x1 + width_with_space(below.cells[0]) >= widest


def _widest_end(names: Sequence[Sequence[Segment]]) -> float:
    """Where the widest line of the names ends, in pixels."""
    return max((line.cells[-1].x1 for lines in names for line in lines), default=0.0)


def _has_words(lines: Sequence[Segment]) -> bool:
    """Whether the lines have several words rather than sizes."""
    return sum(_is_word(word) for line in lines for word in line.text.split()) > 1


def _is_word(text: str) -> bool:
    """Whether it is a word of a name rather than a size such as `12개입`."""
    return not text[0].isdigit() and _WORD.search(text) is not None


def _without_small_print(names: list[list[Segment]]) -> list[list[Segment]]:
    """The names without sellers, contents and remarks, which are printed in another size, usually smaller.

    Of two sizes, that of the names without such lines is the name's; otherwise the larger, unless it is much shorter.
    """
    widest = _widest_end(names)
    split = [_by_size(lines, widest) for lines in names]
    usual = [line.size for large, small in split if not small for line in large if line.advance >= MIN_REFERENCE]

    def name(large: list[Segment], small: list[Segment]) -> list[Segment]:
        if not small:
            return large
        if usual:
            return min(large, small, key=lambda lines: abs(_size(lines) - median(usual)))
        length = sum(line.advance for line in large)
        return large if length >= MIN_NAME * sum(line.advance for line in small) else small

    found = [name(large, small) for large, small in split]
    # A brand such as `CJ` is too short to be measured. Where others were left out, it is one, too.
    branded = sum(len(lines) > 1 and lines[0] is not rest[0] for lines, rest in zip(names, found, strict=True))
    if branded < MIN_BRANDED:
        return found
    return [
        rest[1:] if len(rest) > 1 and rest[0] is lines[0] and rest[0].advance < MIN_MEASURED else rest
        for lines, rest in zip(names, found, strict=True)
    ]


def _by_size(lines: Sequence[Segment], widest: float) -> tuple[list[Segment], list[Segment]]:
    """The lines in the largest print, and those in smaller print. widest: where the widest name ends, in pixels.

    Fonts differ in the width of letters and digits, so a line of only those, such as `350ML/24CAN`, ends the name. The
    size of what did not fit into the line above may differ more, as that of a short word is measured less exactly.
    """
    largest = max((line.size for line in lines if line.advance >= MIN_REFERENCE), default=0.0)

    def is_small(index: int, line: Segment) -> bool:
        continues = index > 0 and _is_full(lines[index - 1], line, widest)
        limit = MUCH_SMALLER if continues else SMALLER
        return line.advance >= MIN_MEASURED and line.size < limit * largest

    small = [
        line
        for index, line in enumerate(lines)
        if is_small(index, line) and (index == 0 or _SYLLABLES.search(line.text))
    ]
    large = [line for line in lines if line not in small]
    return (large, small) if large else ([*lines], [])


def _size(lines: Sequence[Segment]) -> float:
    return median(line.size for line in lines)


def _counted(blocks: list[Block]) -> list[Block]:
    """The blocks without those after the last count, in a shop that also prints counts of one."""
    counts = [_quantity(block)[0] for block in blocks]
    counted = [index for index, count in enumerate(counts) if count is not None]
    if 1 not in counts or 2 * len(counted) < len(blocks):
        return blocks
    return blocks[: counted[-1] + 1]


def _advertised(segments: Sequence[Segment]) -> Callable[[float], bool]:
    """Tells whether what stands at a height is below recommendations or the last total, and in no other order.

    Nothing is left out below a total that has its own amount or none above it, as it stands above its items, or that
    has counts below it.
    """
    prices = [s for s in segments if s.kind is Kind.PRICE]
    counts = [s.y for s in segments if s.kind in (Kind.PRICE, Kind.COUNT) and count_in(s.text)[0] is not None]
    totals = [s for s in segments if s.kind is Kind.TOTAL and marker_beside(s) is Marker.PAYABLE]
    recommendations = [s.y for s in segments if s.kind is Kind.ADVERTISEMENT]
    orders = [s.y for s in segments if s.kind in (Kind.DATE, Kind.STATE) or ORDER_HEADING.search(s.core)]
    last = totals[-1] if totals else None
    above = [amounts_in(price.text) for price in prices if last is not None and price.y < last.y]
    counted_above = last is not None and any(count < last.y for count in counts)
    counted_below = last is not None and any(last.y < count for count in counts)
    ends_items = (
        last is not None and not counted_below and (counted_above or above not in ([], [amounts_in(last.text)]))
    )

    def is_advertised(y: float) -> bool:
        ends = [end for end in recommendations if end < y]
        if last is not None and last.y < y and ends_items:
            ends.append(last.y)
        return bool(ends) and not any(max(ends) < order < y for order in orders)

    return is_advertised


def _are_below_names(blocks: Sequence[Block], segments: Sequence[Segment]) -> bool:
    """Whether most prices stand below their names rather than beside them, as in printed receipts.

    Above the first name nothing else is taken for one, while below each what was chosen may be taken for the next.
    """
    begins = _first_lines(segments)
    named = sum(id(block.prices[0]) in begins for block in blocks)
    if blocks[0].names[0].row == blocks[0].prices[0].row and named >= BESIDE * len(blocks):
        return False
    beside = sum(block.names[0].row == block.prices[0].row for block in blocks)
    beside += sum(s.kind is Kind.TEXT and _ENDS_IN_AMOUNT.search(s.text) is not None for s in segments)
    return 2 * beside < len(blocks)


def _has_evidence(blocks: Sequence[Block], segments: Sequence[Segment], *, cropped: bool) -> bool:
    """Whether the items were ordered: a product page or a menu has prices too."""
    texts = [s.core for s in segments if s.kind is not Kind.TEXT]
    signs = {
        "title": any(ORDER_TITLE.search(text) for text in texts),
        "state": any(s.kind is Kind.STATE and not re.search("예정|보장|내일|오늘|무료", s.text) for s in segments),
        "date": any(s.kind is Kind.DATE for s in segments),
        "button": any(is_button(text) for text in texts),
    }
    counted = any(_quantity(block)[0] is not None for block in blocks)
    ordered = any(s.kind is Kind.DATE and ORDERED.search(s.text) for s in segments)
    return sum(signs.values()) + counted >= 2 and (
        signs["title"] or signs["state"] or signs["button"] or (counted and (ordered or cropped))
    )


def _quantity(block: Block) -> tuple[Decimal | None, str | None]:
    """The printed count, otherwise one before a remark or behind what the buyer chose; and its unit."""
    if block.count is not None:
        return Decimal(block.count), None
    choices = [line for line in block.counts if line.kind is Kind.TEXT or OPTION.match(line.text)]
    lines = [line for line in (*block.prices, *block.counts) if line.kind is not Kind.TEXT]
    lines = [line for line in lines if not OPTION.match(line.text)]
    printed = [count_in(line.text) for line in sorted(lines, key=lambda line: COUNT_FIRST.match(line.text) is not None)]
    chosen = [_OPTION_COUNT.search(line.text) for line in choices]
    counts = [*printed, *((Decimal(int(match[1])), "개") for match in chosen if match)]
    return next((count for count in counts if count[0]), (None, None))


def _take_discounts(blocks: Sequence[Block], segments: Sequence[Segment], unit: float) -> None:
    """Give each item the discounts directly below it."""
    deductions = [*_deductions(segments)]
    for block, following in zip_longest(blocks, blocks[1:]):
        end = min(block.bottom + COUNT_REACH * unit, following.top if following else math.inf)
        block.discounts = {row: won for row, y, won in deductions if block.bottom < y <= end}


def _deductions(segments: Sequence[Segment]) -> Iterator[tuple[int, float, int]]:
    """Row, height, and won below 0 of each row that is a discount."""
    for row, parts in groupby(segments, key=lambda segment: segment.row):
        first, *others = parts
        text = compact_text("".join(segment.text for segment in (first, *others)))
        if (deduction := _DEDUCTION.search(text)) and not _CANCELLED_SUM.search(text):
            yield row, first.y, -int(deduction[1].replace(",", ""))


def _receipt(rows: list[Row], segments: Sequence[Segment], blocks: Sequence[Block], now: datetime) -> Receipt:
    roles = [Role.OTHER] * len(rows)
    paid_first = _are_paid_first(blocks)
    all_counted = len(blocks) > 1 and all(_TIMES_AFTER.search(block.name) for block in blocks)
    items = without_line_numbers([_item(block, paid_first=paid_first, all_counted=all_counted) for block in blocks])
    lines = _total_lines(segments, roles, blocks, items)
    items = _multiplied(items, lines)
    for item in items:
        for row in item.rows:
            roles[row] = Role.ITEM
    times = [(s, time) for s in segments if s.kind in (Kind.DATE, Kind.STATE) for time in dates_in(s.text, now)]
    ordered = [(s, time) for s, time in times if s.kind is Kind.DATE]
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


def _time_of(block: Block, times: Sequence[tuple[Segment, PurchaseTime]]) -> PurchaseTime | None:
    """The last date above the item, or the only one if that is below."""
    above = [time for segment, time in times if segment.y < block.bottom]
    only = times[0][1] if len({time.day for _, time in times}) == 1 else None
    return above[-1] if above else only


def _total_lines(
    segments: Sequence[Segment], roles: list[Role], blocks: Sequence[Block], items: Sequence[LineItem]
) -> list[TotalLine]:
    """The printed sums; if there are several, as of orders or items, the last ones if the items add up to them."""
    lines = []
    of_items = {row for block in blocks for row in block.discounts}
    for row, _, won in _deductions(segments):
        roles[row] = Role.DISCOUNT
        if row not in of_items:
            lines.append(TotalLine(Marker.DISCOUNT, won, row))
    for segment in segments:
        marker = marker_beside(segment)
        amounts = amounts_in(segment.text)
        if segment.kind is Kind.TOTAL and marker is not None and len(amounts) == 1:
            lines.append(TotalLine(marker, amounts[0], segment.row))
            roles[segment.row] = ROLE_OF[marker]
    lines = _without_discounts_in_prices(_without_fees_of_sellers(lines), items)
    if not _are_of_several(lines):
        return lines
    end = max((row for item in items for row in item.rows), default=0)
    last = [*{line.marker: line for line in lines if line.row > end}.values()]
    return last if adds_up(items, last) else []


def _without_fees_of_sellers(lines: list[TotalLine]) -> list[TotalLine]:
    """The lines with only the last fee if it is the sum of those above, which each seller of an order takes."""
    fees = [line for line in lines if line.marker is Marker.FEE]
    above = fees[:-1]
    if above and sum(line.won for line in above) == fees[-1].won:
        return [line for line in lines if line not in above]
    return lines


def _without_discounts_in_prices(lines: list[TotalLine], items: Sequence[LineItem]) -> list[TotalLine]:
    """The lines without discounts if only then the items add up to the total: those paid prices already contain."""
    others = [line for line in lines if line.marker is not Marker.DISCOUNT]
    totals = resolve_totals(items, others)
    payable = {line.won for line in lines if line.marker is Marker.PAYABLE}
    contained = totals.matches and totals.total in payable and not resolve_totals(items, lines).matches
    return others if contained else lines


def _are_of_several(lines: Sequence[TotalLine]) -> bool:
    """Whether sums of the same kind differ."""
    sums = {(line.marker, line.won) for line in lines if line.marker in (Marker.PAYABLE, Marker.SUM)}
    return len(sums) != len({marker for marker, _ in sums})


def _are_paid_first(blocks: Sequence[Block]) -> bool:
    """Whether the first of two prices is the one that is paid, in most of several blocks, and the other struck through.

    What strikes it through may be read as one of its digits.
    """
    pairs = [won for block in blocks if len(won := _amounts(block)) == 2]
    lower = sum(first < second for first, second in pairs)
    return lower > 1 and lower > len(pairs) / 2


def _amounts(block: Block) -> list[int]:
    return [won for line in block.prices for won in amounts_in(line.text)]


def _item(block: Block, *, paid_first: bool, all_counted: bool) -> LineItem:
    """all_counted: all names end in a count, so that behind a size it is one, too: `콜라 500ml x 2`."""
    quantity, unit = _quantity(block)
    name = block.name
    times = _TIMES_AFTER.search(name) if quantity is None else None
    if times and (all_counted or not SIZE.search(name[: times.start()])):
        name, quantity = name[: times.start()], Decimal(int(times[1]))
    numbers = _numbers(block, quantity, unit, paid_first=paid_first)
    name_cells = tuple(cell for line in block.names for cell in line.cells)
    number_cells = tuple(cell for line in (*block.prices, *block.counts) for cell in line.cells)
    changed = any(cell.text != cell.raw for cell in name_cells)
    return LineItem(
        name=name,
        numbers=numbers,
        discount=sum(block.discounts.values()),
        rows=sorted(block.rows | {*block.discounts}),
        name_cells=name_cells,
        number_cells=number_cells,
        repaired=frozenset({ItemField.NAME}) if changed else frozenset(),
    )


def _numbers(block: Block, quantity: Decimal | None, unit: str | None, *, paid_first: bool) -> ItemNumbers:
    """The numbers of an item, of the pieces that are left if others were cancelled.

    Their price is printed, or their share of that of all pieces. It is uncertain if that is no whole number: it may be
    the price of those that are left.
    """
    unit_price, amount = _price(_amounts(block), quantity, paid_first=paid_first)
    remaining = remaining_pieces(block)
    if remaining is None:
        return ItemNumbers(amount=amount, is_money=True, unit_price=unit_price, quantity=quantity, unit=unit)
    left, ordered, printed = remaining
    is_whole = ordered > 0 and amount * left % ordered == 0
    if printed is None and is_whole:
        amount = amount * left // ordered
    return ItemNumbers(
        amount=amount if printed is None else printed,
        is_money=True,
        quantity=Decimal(left),
        unit="개",
        amount_derived=printed is None and not is_whole,
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


def _price(amounts: Sequence[int], quantity: Decimal | None, *, paid_first: bool) -> tuple[int | None, int]:
    """Unit price, None if not printed, and amount: the product, otherwise the lowest, as others are struck through.

    paid_first: of two, the second is struck through.
    """
    if quantity is not None and quantity > 1:
        for unit_price in sorted(amounts):
            if int(unit_price * quantity) in amounts:
                return unit_price, int(unit_price * quantity)
    return None, amounts[0] if paid_first and len(amounts) == 2 else min(amounts)
