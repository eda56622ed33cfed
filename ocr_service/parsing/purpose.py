"""What a paper is for: a purchase of products in Korea, or a refund, a service, a menu, a foreign receipt."""

import re
from collections.abc import Sequence

from ocr_service.fields import Role
from ocr_service.parsing.item_numbers import MIN_PRICE, ItemNumbers
from ocr_service.parsing.labels import CANCELLED, DISCOUNT_PARTS, Marker, label_of, marker_of
from ocr_service.parsing.layout import Layout
from ocr_service.parsing.list_items import LineItem
from ocr_service.parsing.money import parse_amount
from ocr_service.parsing.rows import Cell, Row

TAKEN_BACK = re.compile(r"\W*(?:반\s*품|환\s*불|취\s*소)\s*[\])>】]\s*(?P<name>[^\d\s].*)")
"""A name behind the tag of a void line, such as `(반품)핫바 -2,200`."""
RETURNED = re.compile(
    r"\W*(?P<name>[가-힣A-Za-z]\S*[가-힣A-Za-z)\]].*?)\s*[\[(<【]\s*(?:반\s*품|환\s*불)\s*[\])>】]\s*(?:[-\d]|$)"
)
"""A name before the tag, and numbers behind it: `공병보증금(환불) 1 -100`."""
VOID_TITLE = re.compile(r"\W*(?:반\s*품|환\s*불|취\s*소)\W*")
MAX_VOID_ROWS = 2
"""Rows of an item: its name, and its code with its numbers."""
PAID = (Marker.PAYABLE, Marker.SUM, Marker.PAYMENT)
NEGATIVE = re.compile(r"(?<!\S)[-−–—△▲]\s?\d|\d[-−](?!\S)")
REFUND = re.compile(
    r"^\W*(?:반\s*품|환\s*불|취\s*소|전체\s*취소|반품\s*취소)\W*$"
    r"|[\[(<【]\s*(?:반\s*품|환\s*불|판매\s*취소|거래\s*취소)\s*[\])>】]"
    r"|(?:반\s*품|환\s*불|취\s*소)\s*(?:영\s*수\s*증|전\s*표|일\s*[시자]|금\s*액|합\s*계|거래)"
    r"|(?:판\s*매|매\s*출|승\s*인|신\s*용|카\s*드|결\s*제|거\s*래|구\s*매)\s*취\s*소\s*(?:$|[:\])(\d]|영수증|전표|금액)"
    r"|원\s*거\s*래\s*(?:일|번호)"
)
"""Headings and labels of a receipt for returned items."""
NOTICE = re.compile(
    r"시\s|시에|가능|불가|지참|안내|까지|기간|기한|문의|이내|경우|바랍|하세요|습니다|예정|구매점|당일|않|영업일|교환|부터|이후|상이|제외"
)
"""Words of a notice that only speaks of refunds."""
SERVICE_WORDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"승\s*차|하\s*차",
        r"열\s*차|KTX|SRT|ITX|고속버스|시외버스",
        r"좌\s*석|호\s*차|탑승",
        r"운\s*임|택\s*시|주행\s*거리|미터",
        r"처\s*방\s*(?:전|일|조제)?|조\s*제|약\s*제\s*비",
        r"진\s*료|진\s*찰",
        r"본\s*인\s*부\s*담|비\s*급\s*여",
        r"환\s*자|요양",
        r"입\s*차(?:\s*시|\s*:|\s|$)",
        r"출\s*차(?:\s*시|\s*:|\s|$)",
        r"통\s*행\s*(?:료|요\s*금)",
        r"하이패스|톨게이트|영\s*업\s*소",
        r"이용\s*내역",
        r"이용\s*일",
        r"로또|복권",
        r"추\s*첨",
        r"입\s*장\s*권|관\s*람|상\s*영|티\s*켓|공연",
        r"객\s*실|숙\s*박|투숙",
        r"체크\s*인|체크\s*아웃",
        r"주\s*유|경\s*유|휘\s*발\s*유|리터당",
        r"(?:성인|대인|소인|어른|청소년|어린이)\s*\d+\s*[매명인]",
        r"출[ ]*금|송[ ]*금|수[ ]*수[ ]*료",
        r"예[ ]*금|계좌[ ]*이체|거래[ ]*후[ ]*잔액|\bATM\b",
        r"청\s*구\s*서|납\s*기|고\s*지\s*서|검\s*침",
        r"기본\s*요금|전력량|사용\s*요금|상수도|하수도|도시\s*가스|통신\s*요금",
    )
)
"""Words of tickets, rides, prescriptions, parking, tolls, shows, hotels, petrol, banks and bills: nothing that a
household stores."""
MIN_SERVICE_WORDS = 2
INVOICE = re.compile(
    r"^\W*(?:(?:전\s*자\s*)?세\s*금\s*계\s*산\s*서|(?:간\s*이\s*)?견\s*적\s*서|(?:PRICE\s+)?(?:ESTIMATE|QUOTATION))\W*(?:\(.*)?$",
    re.IGNORECASE,
)
"""The heading of a tax invoice between companies, or of an estimate, with which nothing is bought yet."""
FOREIGN = re.compile(
    r"[\u3040-\u30ff\u31f0-\u31ff]|[ăâđêôơưĂÂĐÊÔƠƯ\u1ea0-\u1ef9]|[合計税込領収証円釣預商店]"
    r"|\b(?:VND|JPY|USD|EUR|CNY|THB|TWD|HKD|SGD)\b"
    r"|\b(?:HOA\s?DON|TONG\s?(?:CONG|TIEN)|THANH\s?TOAN|TIEN\s?(?:MAT|THUA)|PHIEU)\b"
    r"|[¥€£฿₫]",
    re.IGNORECASE,
)
"""Letters, words and currencies of other countries."""
KOREAN = re.compile(r"합\s*계|부\s*가\s*세|신\s*용\s*카\s*드|사\s*업\s*자|영\s*수\s*증|결\s*제\s*금\s*액|감\s*사\s*합")
"""Words of Korean receipts, whose items may all be in English."""
NUMBER = re.compile(r"(?=\D*\d\D*\d)[\d.,*:\-/()\s¥\\]+")
MIN_FOREIGN_ROWS = 2
MIN_LETTERS = 40
MAX_HANGUL = 0.15
"""Share of Hangul among the certain letters up to which a paper is not Korean."""
SURE = 0.8
"""Mean probability from which the text of a cell counts as read; other scripts are read as random syllables."""
MIN_CELLS = 8
MAX_SURE = 0.5
"""Share of certain cells among those with Hangul up to which a paper is not legible as Korean."""


MAX_SURE_OF_OTHER_SCRIPT = 0.4
MIN_SURE_NUMBERS = 0.7
SURE_NUMBER = 0.9
MIN_NUMBERS = 6
"""Another script is read as unsure Hangul between sure numbers; on a blurred receipt the numbers are unsure, too."""


def is_refund(rows: Sequence[Row], layout: Layout) -> bool:
    """Whether the receipt is for returned items: it says so outside of notices and of items that were taken back, or
    its list has no others. An exchange is a refund only if nothing was bought.
    """
    if layout.exchanged:
        return not any(item.numbers.amount > 0 for item in layout.items)
    if layout.items and all(item.numbers.amount < 0 for item in layout.items):
        return True
    texts = [row.text for row in rows]
    if Role.ITEM not in layout.roles and any(
        role is Role.DISCOUNT and CANCELLED.search(text) for text, role in zip(texts, layout.roles, strict=True)
    ):
        return True
    bought = sum(item.numbers.amount + item.discount for item in layout.items)
    paid_back = any(
        line.won < 0 and (line.marker in PAID or (line.won == -bought and CANCELLED.search(texts[line.row])))
        for line in layout.totals
    )
    last_sum = max((i for i, role in enumerate(layout.roles) if role in (Role.TOTAL, Role.PAYMENT)), default=len(rows))
    listed = [
        not paid_back and index < last_sum and role in (Role.ITEM, Role.DISCOUNT)
        for index, role in enumerate(layout.roles)
    ]
    listed_rows = range(next((item.rows[0] for item in layout.items), last_sum) + 1, 0 if paid_back else last_sum)
    return any(
        REFUND.search(text)
        and not NOTICE.search(text)
        and not _takes_back_item(text, below, listed=in_list)
        and not (index in listed_rows and _is_above_void_line(texts, index))
        for index, (text, below, in_list) in enumerate(zip(texts, [*texts[1:], ""], listed, strict=True))
    )


def _is_above_void_line(texts: Sequence[str], index: int) -> bool:
    """Whether the row only says that the item in the next rows is taken back: `** 취소 **`."""
    if not VOID_TITLE.fullmatch(texts[index]):
        return False
    below = (NEGATIVE.search(text) is not None for text in texts[index + 1 : index + 1 + MAX_VOID_ROWS])
    return any(below)


def _takes_back_item(text: str, below: str, *, listed: bool) -> bool:
    """Whether a row is a void line, with its amount beside or below the name, rather than a title or a sum.

    listed: the row is in a list, above a sum that was paid, not paid back. Otherwise a name before the tag is a title,
    or that of a card.
    """
    line = TAKEN_BACK.match(text) or (RETURNED.match(text) if listed else None)
    label = label_of(line["name"]) if line else ""
    if not label or marker_of(label) is not None or REFUND.search(f"반품 {label}"):
        return False
    return NEGATIVE.search(text if text[-1].isdigit() else below) is not None


def is_service(rows: Sequence[Row], items: Sequence[LineItem]) -> bool:
    """Whether the paper is an invoice or an estimate, or the receipt is for a ride, a ticket, a treatment or the like.

    Codes, or unit prices that multiply to the amounts, prove a purchase.
    """
    if any(INVOICE.match(row.text) for row in rows):
        return True
    # A discount may be for those who came by toll road.
    text = "\n".join(row.text for row in rows if not DISCOUNT_PARTS.search(row.text))
    words = sum(pattern.search(text) is not None for pattern in SERVICE_WORDS)
    return words >= MIN_SERVICE_WORDS and not any(item.barcode or item.numbers.product_confirmed for item in items)


def is_price_list(items: Sequence[LineItem]) -> bool:
    """Whether the items are only names with one price or several, as on a menu: no quantity, product or code."""
    return not any(item.barcode or _is_counted(item.numbers) for item in items)


def _is_counted(numbers: ItemNumbers) -> bool:
    """Whether a quantity is printed. A unit price that does not fit the amount is another price."""
    printed = numbers.quantity is not None and not numbers.quantity_derived
    return printed and (numbers.unit_price is None or numbers.consistent)


def is_foreign(rows: Sequence[Row]) -> bool:
    """Whether the text is a receipt in another language: it has amounts, and its letters are hardly Hangul, or it has
    foreign letters, words or currencies and is not legible as Korean.
    """
    cells = [cell for row in rows for cell in row.cells]
    if sum(_has_amount(cell.text) for cell in cells) < MIN_FOREIGN_ROWS:
        return False
    letters = [char for cell in cells if cell.recognition.confidence >= SURE for char in cell.text if char.isalpha()]
    korean = any(KOREAN.search(cell.text) for cell in cells if cell.recognition.confidence >= SURE)
    if not korean and len(letters) >= MIN_LETTERS and sum(map(_is_hangul, letters)) <= MAX_HANGUL * len(letters):
        return True
    if _is_other_script(cells):
        return True
    foreign = sum(FOREIGN.search(row.text) is not None for row in rows)
    return foreign >= MIN_FOREIGN_ROWS and not is_legible(rows)


def is_legible(rows: Sequence[Row]) -> bool:
    """Whether what was read as Hangul was read with confidence; other scripts and blurred print are not."""
    cells = [cell for row in rows for cell in row.cells if any(map(_is_hangul, cell.text))]
    return len(cells) < MIN_CELLS or _sure(cells) > MAX_SURE * len(cells)


def _is_other_script(cells: Sequence[Cell]) -> bool:
    hangul = [cell for cell in cells if any(map(_is_hangul, cell.text))]
    numbers = [cell for cell in cells if NUMBER.fullmatch(cell.text.strip())]
    if len(hangul) < MIN_CELLS or len(numbers) < MIN_NUMBERS:
        return False
    sure_numbers = sum(cell.recognition.confidence >= SURE_NUMBER for cell in numbers)
    return _sure(hangul) <= MAX_SURE_OF_OTHER_SCRIPT * len(hangul) and sure_numbers >= MIN_SURE_NUMBERS * len(numbers)


def _sure(cells: Sequence[Cell]) -> int:
    return sum(cell.recognition.confidence >= SURE for cell in cells)


def _is_hangul(character: str) -> bool:
    return "가" <= character <= "힣"


def _has_amount(text: str) -> bool:
    amounts = [parse_amount(word) for word in text.split()]
    return any(amount is not None and abs(amount.won) >= MIN_PRICE for amount in amounts)
