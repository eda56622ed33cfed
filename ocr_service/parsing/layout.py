"""Rows of a receipt to line items, total lines and a role for every row.

The item list starts below the column titles and ends at the first total. A receipt without titles (convenience
stores) lists items as rows of `name quantity amount`. A line item may take several rows: its name, its barcode with the
numbers, its discounts.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate, islice, takewhile

from ocr_service.fields import Role
from ocr_service.parsing.bilingual_names import with_korean_names
from ocr_service.parsing.damaged_rows import without_amount
from ocr_service.parsing.discounts import (
    is_below_items,
    is_coupon,
    is_discount,
    is_in_amount,
    is_net,
    with_triangle,
    without_base,
)
from ocr_service.parsing.exchanges import DIFFERENCE, Exchange
from ocr_service.parsing.item_numbers import MAX_PIECES, MIN_PRICE, ItemNumbers
from ocr_service.parsing.labels import (
    ABOUT_CHOICES,
    CANCELLED,
    CHOICE,
    COLUMNS,
    DATED,
    DISCOUNT_PARTS,
    ENDS_LIST,
    LEADING_NUMBER,
    NOTICE_PARTS,
    PRICE_REMARK,
    PROMOTION,
    REMARK,
    SERIAL,
    TAG,
    TOTALS,
    Marker,
    has_price_title,
    is_choice,
    is_column_titles,
    label_of,
    marker_of,
    marker_with_remark,
)
from ocr_service.parsing.lines import STORE_CODE, Line
from ocr_service.parsing.list_columns import MEASURE, lines_of
from ocr_service.parsing.list_context import (
    AMOUNT_COLUMN_REACH,
    KIND_OF_TAX,
    MIN_PLAIN_PRICE,
    ListContext,
    has_only_amount,
    is_inline,
)
from ocr_service.parsing.list_items import Items, LineItem, TotalLine, is_return, is_whole_name
from ocr_service.parsing.money import Quantity, parse_quantity
from ocr_service.parsing.name_rows import PART_TITLE, is_remark, reading_order
from ocr_service.parsing.rows import Row
from ocr_service.parsing.wrapped_names import is_size

MIN_SEPARATED = 1000
"""Won; below, no amount has a separator. Above, it is lost only now and then."""
COUNTED_FIRST = re.compile(r"^\W*(?:수\s*량|QTY)", re.IGNORECASE)
_NUMBER_TITLE = re.compile(r".*NO|\W*(?:[순연]\s*번|번\s*호)(?![가-힣])", re.IGNORECASE)
"""Column titles of which one is that of line numbers."""
COUNT_ROW = re.compile(r"^\W*(?:(?:수\s*량\s*(?::\s*)?|[xX×]\s*)+(\d{1,2}(?:\s?개)?)|(\d{1,2}\s?개))\s*$")
"""A row with nothing but a count."""
GIVEN_AWAY = re.compile(r"증\s*정|사은품|무\s*[료상]|서비스|service|\d\s?\+\s?1(?!\d)", re.IGNORECASE)
"""Words in the name of something that comes free with another item."""
GIFT_REMARK = re.compile(r"증\s*정|사은품|덤(?![가-힣])")
"""Words in the row below something given away."""
GIFT = re.compile(r"^\W*(?:증\s*정|사은품|덤)\s*[)\]:품]?\s*[가-힣A-Za-z]")
"""The start of the name of something given away."""
CLOSING = re.compile(r"\s*[)\]]\s*")
COUNT_BEFORE = re.compile(r"\d{1,2}\s?[xX×개]\s")
"""A quantity before the name: `2x 약과`."""
TAGGED = re.compile(rf"\W*{TAG}\s*[가-힣A-Za-z]")
"""The start of a name with a tag: `[행사]두부`."""
TAG_ROW = re.compile(rf"\W*{TAG}\W*")
LIST_TITLE = re.compile(
    r"\W*(?:주\s*문|구\s*매|판\s*매|결\s*제)\s*(?:하신\s*)?(?:상\s*품|메\s*뉴)?\s*(?:내\s*역|목\s*록|상\s*세|메\s*뉴|상\s*품)\W*"
)
"""The title of a list, above its first item."""
SUMS_OF_PARTS = (Marker.SUBTOTAL, Marker.SUPPLY)
MAX_TITLES = 8
"""Rows that are tried as column titles."""
ABOUT_POINTS = re.compile(r"적립|포인트|스탬프")
COUNTER_SUM = re.compile(r"[가-힣]*(?:코너|매장|부문|분류|품목|점포)(?:합|소)?계")
"""The label, without spaces, of a sum at a counter."""
PART_SUM = re.compile(r"[가-힣](?:\s*(?:합|소)|\s)\s*계\W*$|(?:코너|매장|부문|분류|품목|점포)계\W*$")
"""The end of the label of such a sum, or of one of items of one kind: `과일 계`."""
SUMMARY = re.compile(r"외\s*(?:총\s*)?$")
"""The end of a name that stands for several items: `우유 외 4개`."""

ROLE_OF = {
    Marker.PAYABLE: Role.TOTAL,
    Marker.SUM: Role.TOTAL,
    Marker.SUBTOTAL: Role.SUBTOTAL,
    Marker.SUPPLY: Role.SUBTOTAL,
    Marker.TAX: Role.TAX,
    Marker.DISCOUNT: Role.DISCOUNT,
    Marker.PAYMENT: Role.PAYMENT,
    Marker.FEE: Role.OTHER,
    Marker.COUNT: Role.OTHER,
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a receipt.

    roles: one per row. list_start: index of the column titles or, without titles, of the first item's first row.
    numbered: the list has a column of line numbers. counted_first: the titles have the quantity before the name.
    exchanged: other items were returned, which are not among `items`.
    """

    items: list[LineItem]
    totals: list[TotalLine]
    roles: list[Role]
    list_start: int
    numbered: bool = False
    counted_first: bool = False
    exchanged: bool = False


def parse_layout(rows: Sequence[Row], bought: Set[int] = frozenset()) -> Layout:
    """Find the items and the totals. Never fails: rows with neither give an empty layout.

    bought: indices of rows with the numbers of an item, whatever their words say.
    """
    lines = lines_of(rows)
    titled = [index for index, line in enumerate(lines) if is_column_titles(line.row.text)]
    # Of two rows of titles only the second, which has all of them.
    titles = (index for index in titled if index + 1 not in titled or not _has_all(lines[index + 1], lines[index]))
    for title in islice(titles, MAX_TITLES):
        layout = read_list(lines, title, bought)
        if layout.items:
            return layout
    return read_list(lines, bought=bought)


def _has_all(line: Line, above: Line) -> bool:
    """Whether the row has the cells of the row above, too, see `list_columns.with_joined_titles`."""
    return set(above.row.cells) <= set(line.row.cells)


def read_list(lines: Sequence[Line], title: int | None = None, bought: Set[int] = frozenset()) -> Layout:
    """Read the items and then the totals below the column titles at index `title`; None: the receipt has no titles.

    bought: see `parse_layout`.
    """
    lines, left_out = with_korean_names(lines)
    start = 0 if title is None else title + 1
    priced = title is None or has_price_title(lines[title].row.text)
    context = ListContext.of(lines, start, titled=title is not None)
    roles = [Role.OTHER] * len(lines)
    items, totals = Items(roles), _Totals(roles)
    exchange = Exchange.of(lines)
    in_list = True
    for index in reading_order(lines, start, titled=title is not None):
        line = lines[index]
        if index in left_out or (exchange and index in exchange.rows):
            continue
        if title is not None and label_of(line.row.text) == label_of(lines[title].row.text):
            continue  # the titles of the next part
        if index in bought and in_list and line.numbers:
            items.add_numbers(index, line, line.numbers)
        elif in_list and items.all and (_is_sum_of_part(index, context) or _adds_up_part(index, context, items)):
            roles[index] = Role.SUBTOTAL
        elif in_list and marker_with_remark(line.name) is Marker.SUPPLY:
            roles[index] = Role.SUBTOTAL  # `과세 2건`
        elif exchange and DIFFERENCE.match(line.row.text):
            totals.add_difference(index, line.numbers.amount if line.numbers else 0)
            in_list = in_list and not items.all
        elif not in_list or _ends_list(index, context, items):
            totals.add(index, line)
            in_list = in_list and not items.all
        elif not priced:
            in_list = _read_unpriced(index, line, items, totals)
        else:
            in_list = _read_priced(index, context, items, totals)
    items.add_rows(left_out)
    items.take_named(totals.all, lines)
    if items.all and not any(total.marker in TOTALS for total in totals.all):
        for index in range(start - 1):
            totals.add_above(index, lines[index], items)  # the card slip comes first
    if exchange:
        totals.add_exchange(exchange, items)
    exchanged = exchange is not None
    if title is None:
        first = min((item.rows[0] for item in items.all), default=len(lines))
        return Layout(items.all, totals.all, roles, list_start=first, exchanged=exchanged)
    if items.all:
        roles[title] = Role.COLUMNS
    numbered = _NUMBER_TITLE.match(lines[title].row.text) is not None
    counted_first = COUNTED_FIRST.match(lines[title].row.text) is not None
    return Layout(
        items.all,
        totals.all,
        roles,
        list_start=title,
        numbered=numbered,
        counted_first=counted_first,
        exchanged=exchanged,
    )


class _Totals:
    """The total lines read so far, and the label that waits for its amount."""

    def __init__(self, roles: list[Role]) -> None:
        """`roles`: gets the roles of the total lines."""
        self.all: list[TotalLine] = []
        self._roles = roles
        self._pending: Marker | None = None

    def add(self, index: int, line: Line) -> None:
        """A row below the items, which may have a label, an amount, both or neither."""
        if line.numbers and line.numbers.is_discounted:
            line = replace(line, numbers=ItemNumbers(line.numbers.discount, True))  # what it is deducted from
        marker = line.marker
        if marker is None and line.numbers and line.numbers.amount < 0:
            marker = Marker.DISCOUNT
        if marker is None and not line.is_named and self._pending:
            marker = self._pending  # large print: the amount is in a row of its own
        self._pending = marker if line.numbers is None else None
        if marker is not None:
            self._roles[index] = ROLE_OF[marker]
        if marker is Marker.COUNT:
            return  # a number of pieces
        if line.numbers is not None and (marker is not None or line.numbers.is_money):
            self.all.append(TotalLine(marker, line.numbers.amount, index))

    def add_above(self, index: int, line: Line, items: Items) -> None:
        """A row above the column titles, which counts if it is labelled as the total.

        A label that is not exactly that of a total may be that of another sum: then the items must add up to it.
        """
        fees = sum(total.won for total in self.all if total.marker is Marker.FEE)
        net = items.sum + items.discount
        if line.marker not in TOTALS or line.numbers is None or ABOUT_POINTS.search(line.label):
            return
        if marker_of(line.label, exact=True) in TOTALS or line.numbers.amount in (net, net + fees):
            self.add(index, line)

    def add_unmatched(self, rows: Sequence[int], won: int) -> None:
        """Rows with a negative amount, in the last of them, that take back something that is not in the list."""
        self.all.append(TotalLine(Marker.DISCOUNT, won, rows[-1]))
        for row in rows:
            self._roles[row] = Role.DISCOUNT

    def add_exchange(self, exchange: Exchange, items: Items) -> None:
        """What is returned reduces what is to be paid, so the sum of the bought items is not the total.

        What is paid back is no discount.
        """
        bought = (items.sum, items.sum + items.discount)
        paid_back = min(bought[1] + exchange.won, 0)
        self.all = [
            replace(total, marker=Marker.SUBTOTAL) if total.marker in TOTALS and total.won in bought else total
            for total in self.all
            if total.marker is not Marker.DISCOUNT or total.won != paid_back
        ]
        for index in exchange.amounts:
            self._roles[index] = Role.DISCOUNT
        if exchange.amounts:
            self.all.append(TotalLine(Marker.DISCOUNT, exchange.won, exchange.amounts[-1]))

    def add_difference(self, index: int, won: int) -> None:
        """What an exchange costs; paid back if negative, 0 if it cannot be read."""
        self._roles[index] = Role.TOTAL
        if won > 0:
            self.all.append(TotalLine(Marker.PAYABLE, won, index))

    def add_unlabelled_sum(self, index: int, won: int) -> None:
        """The sum of the items below a label that cannot be read."""
        self.all.append(TotalLine(Marker.SUM, won, index))
        self._roles[index] = Role.TOTAL


def _ends_list(index: int, context: ListContext, items: Items) -> bool:
    line = context.lines[index]
    if line.numbers is None and PART_TITLE.fullmatch(line.row.text):
        return False  # `<과세상품>`
    if line.marker is Marker.PAYMENT and _is_discount_above_items(index, context):
        return False
    return line.marker in ENDS_LIST and (bool(items.all) or line.marker is not Marker.PAYMENT)


def _is_discount_above_items(index: int, context: ListContext) -> bool:
    """Whether the row has a negative amount, and more items follow before the total: `카드20% -3,588`."""
    numbers = context.lines[index].numbers
    if numbers is None or numbers.amount >= 0:
        return False
    below = takewhile(lambda line: line.marker not in TOTALS, context.lines[index + 1 :])
    return any(line.marker is None and line.numbers and line.numbers.product_confirmed for line in below)


def _is_sum_of_part(index: int, context: ListContext) -> bool:
    """Whether the line has the sum or the title of a part of the list, such as `면세품목`: more of the list follows.

    What follows the sum of all items may have a quantity, too: vouchers, stamps, discounts.
    """
    line, following = context.lines[index], context.lines[index + 1 :]
    if line.marker not in SUMS_OF_PARTS:
        return False
    sums = [other.numbers.amount for other in following if other.marker in TOTALS and other.numbers]
    if line.numbers and sums and max(sums) <= line.numbers.amount:
        return False
    below = next((other for other in following if any(map(str.isalnum, other.row.text))), None)
    titled = below is not None and PART_TITLE.fullmatch(below.row.text) is not None
    named = line.marker is Marker.SUBTOTAL and marker_of(line.label) is None
    for other in following:
        if other.marker in ENDS_LIST and other.marker not in SUMS_OF_PARTS:
            return False
        numbers = other.numbers
        if other.marker is None and numbers and numbers.amount > 0 and not DISCOUNT_PARTS.search(other.name):
            counted = other.is_named and numbers.quantity is not None and (titled or named)
            if counted or numbers.product_confirmed:
                return True
    return False


def _adds_up_part(index: int, context: ListContext, items: Items) -> bool:
    """Whether the line has the sum of the items directly above it, at a counter of its own or of one kind: `코너계
    101,000`, `일식 합계 16,000`.

    A label with a count, such as `합계 3종`, is that of a part only above another item. Unless a counter is named and
    has several items, a greater total must follow.
    """
    line, numbers = context.lines[index], context.lines[index].numbers
    if numbers is None or line.barcode or marker_of(line.label, exact=True) or not numbers.is_single:
        return False
    counted = marker_with_remark(line.name) is not None and _names_item_next(index, context)
    if not counted and not PART_SUM.search(line.name):
        return False
    sums = [*accumulate(item.numbers.amount + item.discount for item in reversed(items.all))]
    if COUNTER_SUM.fullmatch(line.label) and numbers.amount in sums[1:]:
        return True
    below = [line.numbers.amount for line in context.lines[index + 1 :] if line.marker in TOTALS and line.numbers]
    return numbers.amount in sums and max(below, default=0) > numbers.amount


def _names_item_next(index: int, context: ListContext) -> bool:
    """Whether the next row with numbers has the name of an item."""
    below = next((line for line in context.lines[index + 1 :] if line.numbers), None)
    return below is not None and below.is_named and below.marker is None


def _is_price_remark(line: Line, items: Items) -> bool:
    """Whether the line has nothing but another price of the item above, or pieces of a promotion: `(2+1) 3`."""
    numbers = line.numbers
    if not items.all or items.pending or line.barcode or numbers is None or numbers.amount <= 0:
        return False
    if not numbers.is_single:
        return False
    few = numbers.amount < MIN_PRICE and DISCOUNT_PARTS.search(line.name) and not label_of(PROMOTION.sub("", line.name))
    return bool(few) or PRICE_REMARK.fullmatch(line.label) is not None


def _read_unpriced(index: int, line: Line, items: Items, totals: _Totals) -> bool:
    """Read a line of a list of names and quantities; whether the list continues. It ends at the first amount."""
    numbers = line.numbers
    if numbers is None or not line.is_named:
        return True
    if numbers.is_money or not 1 <= numbers.amount <= MAX_PIECES:
        totals.add(index, line)
        return False
    items.add_numbers(index, line, ItemNumbers(0, False, quantity=Decimal(numbers.amount), consistent=False))
    return True


def _read_priced(index: int, context: ListContext, items: Items, totals: _Totals) -> bool:
    """Read a line of a list with prices; whether the list continues."""
    line = with_triangle(without_base(context.lines[index], items), items, context)
    reduced = line.numbers is not None and line.numbers.amount < 0  # `포장 10% -500`
    added = line.marker in (Marker.FEE, Marker.COUNT) and not reduced
    if added and not (line.numbers and line.numbers.product_confirmed):
        totals.add(index, line)
    elif _is_given_away(line, context):
        numbers = ItemNumbers(0, False, quantity=Decimal(line.numbers.amount if line.numbers else 1), free=True)
        items.add_numbers(index, line, numbers)
    elif line.detail:
        items.add_detail(index, *line.detail)
        if line.barcode:
            items.add_barcode(index, replace(line, name=""))
    elif line.described and items.count_above(index, *line.described):
        pass
    elif line.numbers and line.numbers.amount < 0 and items.cancel(index, line, line.numbers):
        pass  # a void line: the item above is not bought
    elif line.numbers and items.is_cancellation(line):
        totals.add_unmatched([*items.take_pending(line), index], line.numbers.amount)
    elif _is_store_code(line, context, items):
        items.add_barcode(index, replace(line, barcode=line.row.text, code_cells=line.row.cells, numbers=None))
    elif is_net(line, items) or is_in_amount(index, context, items) or _is_price_remark(line, items):
        items.add_option(index)
    elif _is_discount_ahead(index, context, items):
        items.add_discount_ahead(index, line)
    elif index not in context.rests_below and not _names_below(index, context) and is_discount(line, items):
        fee_above = any(total.marker is Marker.FEE and total.row > items.all[-1].rows[-1] for total in totals.all)
        if discount := items.add_discount(index, line, whole=fee_above or is_below_items(index, context, items)):
            totals.all.append(discount)
    elif is_coupon(index, context, items):
        items.add_discount(index, line)
    elif items.multiply(index, line):
        pass  # the quantity and amount of the item above, whose unit price stands beside its name
    elif _is_count_of_all(index, context, items):
        pass
    elif count := _count_below(index, line, items):
        items.add_count(index, count)
    elif _is_sum_of(index, context, items):
        totals.add_unlabelled_sum(index, items.sum)
        return False
    elif _is_weight_of(index, line, items) or _is_free_option(index, context, items):
        items.add_option(index)
    elif (damaged := without_amount(index, context, items)) and damaged.numbers:
        items.add_numbers(index, damaged, damaged.numbers)
    elif line.numbers is not None and _are_item_numbers(index, context, items) and not _names_next(index, context):
        numbers = replace(line.numbers, free=line.numbers.amount == 0)
        items.add_numbers(index, line, numbers, continues=_ends_name(index, context, items))
    elif line.barcode and items.pending and SERIAL.fullmatch(line.row.text):
        items.add_specification(index, None)
    elif line.barcode and items.pending and NOTICE_PARTS.search(line.row.text):
        pass  # such as the number of an animal below the name of its meat
    elif index in context.codes_above:
        items.add_code_above(index, line)
    elif line.barcode:
        items.add_barcode(index, line)
    elif items.all and is_choice(line.row.text) and not _names_below(index, context):
        items.add_option(index)
    elif index in context.rests_below and items.above:
        items.add_rest(index, line)
    elif CLOSING.fullmatch(line.row.text) and (items.above or items.pending):
        items.close_bracket(index, line)
    elif _is_specification(index, context, items):
        items.add_specification(index, _count_in(line))
        if line.described:
            items.add_detail(index, *line.described)
    elif (
        TAG_ROW.fullmatch(line.row.text)
        or (not items.all and LIST_TITLE.fullmatch(line.row.text))
        or DATED.search(line.row.text)
        or _is_description(index, context)
    ):
        pass
    elif index in context.wrapped or (
        line.is_named and (_is_name_above(index, context) or not NOTICE_PARTS.search(line.row.text))
    ):
        items.add_name(index, line, continues=_continues_name(index, context, items))
    return True


def _names_below(index: int, context: ListContext) -> bool:
    """Whether the row is the name of the item whose code or numbers stand below, although it looks like a remark."""
    line, below = context.lines[index], context.next_line(index)
    if _names_code_below(index, context):
        return True
    numbers = below.numbers if below and not below.is_named and not below.barcode else None
    counted = numbers is not None and numbers.quantity is not None and numbers.amount >= 0
    text = line.row.text
    return (
        counted and line.numbers is None and bool(GIVEN_AWAY.search(line.name) or TAGGED.match(text) or is_choice(text))
    )


def _is_discount_ahead(index: int, context: ListContext, items: Items) -> bool:
    """Whether the row is a discount between the name above and the quantity and amount below that it is taken off."""
    line, below = context.lines[index], context.next_line(index)
    if items.pending is None or items.pending.rows[-1] != index - 1 or line.barcode or not line.is_named:
        return False
    if line.numbers is None or line.numbers.amount >= 0 or below is None or not has_only_amount(below):
        return False
    taken = DISCOUNT_PARTS.search(items.pending.name) or CANCELLED.search(items.pending.name)
    numbers = below.numbers
    return not taken and numbers is not None and numbers.quantity is not None and numbers.amount > -line.numbers.amount


def _is_name_above(index: int, context: ListContext) -> bool:
    """Whether the row is the name of what is bought or taken back in the row below."""
    line, below = context.lines[index], context.next_line(index)
    returned = below is not None and not below.is_named and below.numbers is not None and below.numbers.amount < 0
    return _names_code_below(index, context) or (returned and CANCELLED.search(line.name) is not None)


def _names_code_below(index: int, context: ListContext) -> bool:
    """Whether the row is the name of the item whose code and numbers stand alone in the row below.

    Words for discounts and notices may then be part of the name.
    """
    line, below = context.lines[index], context.next_line(index)
    if below and CLOSING.fullmatch(below.row.text):
        below = context.next_line(index + 1)
    if below is None or below.is_named or below.numbers is None or below.numbers.amount <= 0 or line.barcode:
        return False
    confirmed = bool(below.barcode) or below.numbers.product_confirmed
    negative = line.numbers is not None and (line.numbers.amount < 0 or line.numbers.is_money)
    return confirmed and not negative and len(label_of(DISCOUNT_PARTS.sub("", line.name))) >= 2 and line.marker is None


def _ends_name(index: int, context: ListContext, items: Items) -> bool:
    """Whether the name beside the numbers is the rest of the name above, which reaches into the columns of numbers."""
    line = context.lines[index]
    if items.pending is None or items.pending.barcode or items.pending.rows[-1] != index - 1 or not line.is_named:
        return False
    numbers = [cell.x0 for cell in line.number_cells if cell not in line.name_cells]
    if index - 1 in context.rests_above:
        return True
    above, starts_anew = context.lines[index - 1], LEADING_NUMBER.match(line.row.text)
    if above.numbers is not None or starts_anew or not numbers or not context.titled:
        return False
    return above.row.cells[-1].x1 > min(numbers) + above.row.height


def _continues_name(index: int, context: ListContext, items: Items) -> bool:
    """Whether the row is the rest of the name in the row above, which reaches the right edge of the list."""
    column = context.amount_column
    if items.pending is None or items.pending.barcode or items.pending.rows[-1] != index - 1 or column is None:
        return False
    if context.is_end_of_name(index):
        return True
    above = context.lines[index - 1]
    wide = above.row.cells[-1].x1 > column - above.row.height
    numbered = LEADING_NUMBER.match(above.row.text) and not LEADING_NUMBER.match(context.lines[index].row.text)
    return _names_code_below(index, context) and bool(wide or (numbered and context.numbered))


def _is_specification(index: int, context: ListContext, items: Items) -> bool:
    """Whether the row has sizes, prices per weight or remarks on the item whose name is in the row above."""
    pending = items.pending
    if pending is None or pending.rows[-1] != index - 1 or context.is_end_of_name(index):
        return False
    text = context.lines[index].row.text
    return is_size(text) or REMARK.fullmatch(text) is not None or SERIAL.fullmatch(text) is not None


def _is_description(index: int, context: ListContext) -> bool:
    """Whether the row has nothing but weights and prices per weight, or a remark, rather than a part of a name."""
    measure = MEASURE.fullmatch(context.lines[index].row.text) is not None and not context.is_end_of_name(index)
    return measure or is_remark(context.lines, index)


def _is_store_code(line: Line, context: ListContext, items: Items) -> bool:
    """Whether the row is a short in-store item code, which elsewhere would be an amount."""
    return STORE_CODE.match(line.row.text) is not None and bool(items.all) and not context.in_amount_column(line)


def _is_given_away(line: Line, context: ListContext) -> bool:
    """Whether the line has a word for something given away, a quantity, and nothing in the column of amounts."""
    numbers, column = line.numbers, context.amount_column
    if numbers is None or not line.ends_in_figure:
        return False
    apart = column is not None and line.amount_x < column - AMOUNT_COLUMN_REACH * line.row.height
    counted = 1 <= numbers.amount <= MAX_PIECES and line.words[-1].text == line.words[-1].cell.text
    return apart and counted and GIFT.match(line.name) is not None


def _count_below(index: int, line: Line, items: Items) -> Quantity | None:
    """The count that the row consists of, below an item whose row has a name and one amount: delivery apps."""
    item = items.above
    if item is None or item.rows[-1] != index - 1 or len(line.words) > 2:
        return None
    numbers = item.numbers
    if numbers.unit_price is not None or (numbers.quantity is not None and numbers.unit is None):
        return None
    return _count_in(line)


def _count_in(line: Line) -> Quantity | None:
    """The count that the row consists of."""
    match = COUNT_ROW.match(line.row.text)
    return parse_quantity((match[1] or match[2]).replace(" ", "")) if match else None


def _is_count_of_all(index: int, context: ListContext, items: Items) -> bool:
    """Whether the row has the number of all pieces, in the column of amounts, and no item has a row with its count."""
    line = context.lines[index]
    match = COUNT_ROW.match(line.row.text)
    if match is None or len(items.all) < 2 or items.pending:
        return False
    if len(line.row.cells) < 2 or not context.in_amount_column(line):
        return False
    counted = any(COUNT_ROW.match(context.lines[item.rows[-1]].row.text) for item in items.all[:-1])
    pieces = sum(item.numbers.quantity or 1 for item in items.all)
    return not counted and pieces == int("".join(filter(str.isdigit, match[0])))


def _is_sum_of(index: int, context: ListContext, items: Items) -> bool:
    """Whether the line is the sum of the items below a label that cannot be read.

    It is an item that happens to cost as much as those above it if a larger sum stands further below.
    """
    line = context.lines[index]
    numbers = line.numbers
    if len(items.all) < 2 or line.barcode or numbers is None or numbers.unit_price is not None:
        return False
    pieces = sum(item.numbers.quantity or 1 for item in items.all)
    if numbers.amount != items.sum or numbers.quantity not in (None, pieces):
        return False
    below = [other for other in context.lines[index + 1 :] if other.marker in TOTALS]
    return not any(other.numbers and other.numbers.amount > items.sum for other in below)


def _is_weight_of(index: int, line: Line, items: Items) -> bool:
    """Whether the line has only the weight of the item directly above and its price per weight: `0.7kg @100g 1,590`."""
    item = items.above
    below = item is not None and item.rows[-1] == index - 1 and line.numbers is not None
    return below and line.is_named and MEASURE.fullmatch(line.row.text) is not None and "g" in line.name.lower()


def _is_free_piece(index: int, context: ListContext, items: Items) -> bool:
    """Whether the row names an item above once more, at no charge, and the row below says that it is given away."""
    line, below = context.lines[index], context.next_line(index)
    if not _is_named_again(line, items) or below is None or below.is_priced:
        return False
    return GIVEN_AWAY.search(below.row.text) is not None


def _is_gift_above_remark(index: int, context: ListContext, items: Items) -> bool:
    """Whether the row names something where names start, and the row below says that it is given away."""
    line, below = context.lines[index], context.next_line(index)
    if below is None or below.numbers or below.barcode or not line.is_named or not GIFT_REMARK.search(below.row.text):
        return False
    after = context.next_line(index + 1)
    named = after is not None and after.numbers is not None and not after.is_named  # the name of another gift
    return not named and (not items.all or items.start_beside(line))


def _is_named_again(line: Line, items: Items) -> bool:
    return line.is_named and any(is_whole_name(line.name, item.name) for item in items.all)


def _is_free_option(index: int, context: ListContext, items: Items) -> bool:
    """Whether the line is a choice at no charge, rather than something that is given away.

    Choices have words of their own, or start further right than names.
    """
    line = context.lines[index]
    numbers = line.numbers
    if numbers is None or numbers.amount != 0 or line.barcode:
        return False
    if items.all and CHOICE.search(items.name_of(line)):
        return True
    if _is_gift_above_remark(index, context, items):
        return False
    if numbers.free or (not line.is_named and items.pending and GIVEN_AWAY.search(items.pending.name)):
        return False
    if not line.is_named and items.pending and len(line.words) >= 3:
        return False  # unit price, quantity and amount of the name above
    if _is_counted_like_items(line, context, items):
        return False
    if numbers.quantity is None:
        return line.row.text.rstrip().endswith("원") and not _is_free_piece(index, context, items)
    if numbers.unit_price is not None:
        return True
    return not _is_named_again(line, items) and GIVEN_AWAY.search(line.name) is None


def _is_counted_like_items(line: Line, context: ListContext, items: Items) -> bool:
    """Whether a line has a name and a count where the items have them, and no word of a choice.

    Where the row of the first item starts with a mark, such as `-`, that marks no choice.
    """
    if not (line.is_named and items.start_beside(line)) or line.numbers is None:
        return False
    name = line.name
    if items.all:
        first = context.lines[items.all[0].rows[0]].row.text.strip()
        name = name.strip().removeprefix(first[:1]) if not first[:1].isalnum() else name
    counted = line.numbers.quantity is not None or COUNT_BEFORE.match(name) is not None
    return counted and ABOUT_CHOICES.search(name) is None


def _are_item_numbers(index: int, context: ListContext, items: Items) -> bool:
    """Whether the numbers of the line belong to an item and not to its name, an address or a notice."""
    line = context.lines[index]
    numbers = line.numbers
    if numbers is None or (NOTICE_PARTS.search(line.name) and not numbers.product_confirmed):
        return False
    if line.label in COLUMNS:
        return False
    if numbers.amount == 0:
        counted = numbers.quantity is not None or (items.all and COUNT_BEFORE.match(line.name))
        if not counted and not _is_free_piece(index, context, items):
            return False
        return bool(line.is_named or line.barcode or items.pending)
    if numbers.amount < 0 and not is_return(line, numbers):
        return False
    if line.is_named and line.marker is not None and not numbers.product_confirmed:
        return False
    complete = not numbers.is_single
    if not context.titled:
        if DATED.match(line.name):
            return False  # of a list of transactions
        if line.barcode and complete:
            return True
        only_amount = has_only_amount(line) or context.ends_in_plain_amount(line)
        may_be_below = numbers.product_confirmed or (context.stacked and only_amount)
        below_name = items.pending is not None and items.pending.rows[-1] == index - 1
        below_name = below_name and (may_be_below or _are_below_code(line, context, items))
        named = line.is_named or line.barcode or below_name or _is_between_items(index, context, items)
        small = numbers.amount < MIN_SEPARATED or bool(items.all)
        alone = small and context.ends_in_plain_amount(line)
        priced = numbers.is_money or complete or alone or (context.plain and numbers.amount >= MIN_PLAIN_PRICE)
        inline = context.inline and is_inline(line) and not SUMMARY.search(line.name)
        added = bool(items.all) and line.is_priced_option
        return bool(named and priced and (inline or added or context.in_amount_column(line)))
    if not (line.is_named or line.barcode or items.pending):
        return numbers.unit_price is not None and numbers.consistent
    return numbers.is_money or numbers.unit_price is not None or context.in_amount_column(line)


def _are_below_code(line: Line, context: ListContext, items: Items) -> bool:
    """Whether the row has nothing but numbers, perhaps with the kind of tax, for the name above, which has a code."""
    numbers = line.numbers
    coded = items.pending is not None and items.pending.barcode is not None
    only_numbers = KIND_OF_TAX.fullmatch(line.label) is not None and not line.barcode
    return coded and only_numbers and numbers is not None and numbers.is_money and context.in_amount_column(line)


def _is_between_items(index: int, context: ListContext, items: Items) -> bool:
    """Whether a nameless row with a quantity has an item above it and another one directly below."""
    numbers, below = context.lines[index].numbers, context.next_line(index)
    return bool(
        items.all
        and numbers is not None
        and numbers.quantity is not None
        and below
        and below.is_named
        and below.marker is None
        and below.numbers is not None
        and below.numbers.amount > 0
    )


def _names_next(index: int, context: ListContext) -> bool:
    """Whether the number in the line belongs to a name, because the item's numbers follow.

    They stand in the row below, with its code, or in the one below that, if the name ends between them.
    """
    numbers, below = context.lines[index].numbers, context.next_line(index)
    if numbers is None or numbers.unit_price is not None or numbers.is_money or below is None:
        return False
    if below.is_named:
        return context.is_end_of_name(index + 1) and not below.is_priced
    return bool(below.barcode) and below.numbers is not None and below.numbers.amount > 0
