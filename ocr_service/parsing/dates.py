"""When the purchase was made.

Printed as `2022-09-27 12:33`, `2022/09/05`, `22-02-13`, `23-08-10(목)`, `2017년 6월 2일`, `22년 9월 5일`, `20220927`,
`01/04/26`, `1/03/22`, `26.1.8(목)`, `20220927123358`, `9/27/2022`, `Sep 27, 2022`. OCR drops the space before the time
and reads digits as letters. Two-digit dates are ambiguous and resolved by the clock. Without any of these the date may
be the start of a transaction number.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ocr_service.parsing.money import LOOK_ALIKES

_DELIVERY = r"(?:배송|배달|도착|출고|수령|픽업|예약|예정|방문|출발|운행)"
OTHER_DAY = re.compile(
    r"유효\s*기간|(?:소비|유통|사용|보관|이용)\s*기[한간]|까지|이내|만료|소멸|교환|환불|반품|행사\s*기간|가입|생년|개점"
    r"|(?:주문|접수)\s*마감|마감\s*일|[-/.]\s?\d{1,2}\s*[~∼]\s*(?:20)?\d\d[-/.]"
    rf"|{_DELIVERY}[가-힣]{{0,6}}(?: [가-힣]{{1,6}})?[\])】\s:：]{{0,4}}\d{{1,4}}\s?[-/.년월~]\s?\d"
    rf"|[-/.월:]\s?\d{{1,2}}[\s일.]{{0,3}}(?:[(\[][월화수목금토일][)\]])?\s?(?:[가-힣]{{1,4}} )?{_DELIVERY}"
)
"""Words for a day other than that of the purchase, such as the last day for use; those of deliveries directly before or
behind the date.
"""
PURCHASE = re.compile(
    r"(?:주\s*문|결\s*제|구\s*매|거\s*래|승\s*인|판\s*매|매\s*출|등\s*록)\s*(?:일(?!\s*시\s*불)|날\s*짜|시\s*[간각])"
    r"|^\W*(?:주\s*문|결\s*제|구\s*매|판\s*매|매\s*출)\s*[:：]"
)
"""Words for the day of the purchase, which outweigh the others in a row."""
TAKEN_BACK = re.compile(
    r"(?:[\[(<【]\s*(?:교\s*환|반\s*품|환\s*불)\s*(?:영\s*수\s*증|전\s*표)?\s*[\])>】]"
    r"|(?:교환|반품|환불)\s*(?:일(?:\s*[시자])?|날짜|시[간각]|영수증|전표))"
    r"\W*(?=20\d\d|\d\d[-/.]\d)"
)
"""Words directly before the day of a refund or an exchange, on its receipt."""
ORIGINAL = re.compile(
    r"(?<![가-힣\d])(?<!\d\s)(?:원|최초|당초|기존|이전)\s*"
    r"(?:거\s*래|영\s*수\s*증|구\s*매|판\s*매|매\s*출|승\s*인|결\s*제|주\s*문)\s*(?:영\s*수\s*증)?"
    r"\s*(?:일\s*[시자]?|날\s*짜|번\s*호|N[Oo])?\W{0,4}\d[\dOoUlI|./-]*"
)
"""The day, or the number, of the purchase that is taken back: `원거래일 2025-03-12`, `원영수증 2025.03.12-0117`."""
BOUGHT_ON = re.compile(r"구\s*매\s*(?:일|날\s*짜)")
"""The label of the same on the receipt of a refund or an exchange; elsewhere, of the receipt's own day."""
LABEL = re.compile(
    rf"{PURCHASE.pattern}|(?:구매|매출|판매|거래|등록)(?!번호|[자처점가])|일시(?!불|품절)|일자|날짜|(?<!사전)주문(?=\W*\d)"
)
"""Labels of dates in rows without spaces."""
SUPPLY = re.compile(r"공급(?:예정)?(?:일|날짜)")
"""The label of the day of a delivery, which may be that of the purchase if there is no other."""
OLDEST_YEARS = 10
"""A two-digit date further back than this is read in another order."""

_D = r"[\dOoUlI|]"
_SEPARATED = re.compile(
    rf"(?<![\d])(20{_D}{{2}})\s*[-/.,~년]\s*({_D}{{1,2}})\s*[-/.,~월]\s*({_D}{{2}}(?!\d(?!\d?:))|\d)일?"
)
_SPACED = re.compile(r"(?<![\d.,])(20\d{2})\s(\d{2})\s(\d{2})(?=\s+\d{2}\s?:)")
_SHORT = re.compile(rf"(?<![\d\-/.,])({_D}{{2}})\s?[-/.]\s?({_D}{{2}})\s?[-/.]\s?({_D}{{2}})(?![-/.,]?\d(?!\d?:))")
_UNPADDED = re.compile(
    r"(?<![\d\-/.,])(\d{1,2})\s?([/.])\s?(\d{1,2})\s?\2\s?(\d{1,2})"
    r"(?=\s?[(\[][월화수목금토일][)\]]|\s+(?:오[전후]\s*)?\d{1,2}\s?:\s?\d{2}|\s+[A-Z]\d)"
)
"""Days and months of one digit, which versions and sizes resemble: only before a weekday, a time or a till."""
_KOREAN = re.compile(rf"(?<![\d])({_D}{{2}})\s*년\s*({_D}{{1,2}})\s*월\s*({_D}{{1,2}})\s*일")
_YEAR_LAST = re.compile(r"(?<![\d\-/.,])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(20\d{2})(?!\d)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_ENGLISH = re.compile(
    rf"(?<![A-Z])(?P<month>{'|'.join(_MONTHS)})[A-Z]{{0,6}}\.?\s?(?P<day>\d{{1,2}})(?:ST|ND|RD|TH)?,?\s?(?P<year>20\d{{2}})(?!\d)"
    rf"|(?<!\d)(?P<day2>\d{{1,2}})[\s\-/.](?P<month2>{'|'.join(_MONTHS)})[A-Z]{{0,6}}[.,]?[\s\-/.]?(?P<year2>20\d{{2}})(?!\d)",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?=(?:\d{6}|\d{4})?(?!\d))")
_SHORT_COMPACT = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{2})(?=\s*\d{2}\s?:\s?\d{2})(?!\d)")
_IN_NUMBER = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})\d{1,18}(?!\d)|(?<=\d[-/])(20\d{2})(\d{2})(\d{2})(?=[-/]\d)")
_SHORT_IN_NUMBER = re.compile(
    r"(?:\bNo[.:]?|전표|영수증?|거래)(?:번호)?\s*[:：]?\s*(\d{2})(\d{2})(\d{2})\d{2,6}(?:-\d{3,6})?"
    r"\s+(?:[01]\d|2[0-3]):[0-5]\d(?!\d)",
    re.IGNORECASE,
)
"""A transaction number that begins with the day, beside the time of day: `26053001-0217  15:14:02`."""
_COMPACT_TIME = re.compile(r"^([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(?!\d)")
_TIME = re.compile(r"^[^\d]{0,12}?(오전|오후|AM|PM)?\s*([01]?\d|2[0-3])\s?[:시]\s?([0-5]\d)(?:\s?[:분]\s?([0-5]\d))?")


UNLABELLED = 2
"""The `label_rank` of a row without a label."""
SEPARATORS = ("/", ".")
SHORT_FORMS = (_SHORT, _UNPADDED, _KOREAN, _SHORT_COMPACT)
"""Dates with two digits for the year."""
FAST_CLOCK = timedelta(days=31)
"""A two-digit date that is this little ahead of today in the Korean order comes from a clock that is fast: read in
another order it would be a wrong day of the past."""
OTHER_NUMBER = re.compile(r"카드|회원|고객|전화|TEL|사업자", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PurchaseTime:
    """A printed date, with the time of day if one follows it; local time of the store."""

    day: date
    time_of_day: time | None

    def isoformat(self) -> str:
        """`YYYY-MM-DD`, `YYYY-MM-DDTHH:MM` or `YYYY-MM-DDTHH:MM:SS`."""
        if self.time_of_day is None:
            return self.day.isoformat()
        precision = "seconds" if self.time_of_day.second else "minutes"
        return datetime.combine(self.day, self.time_of_day).isoformat(timespec=precision)


def find_purchase_time(text: str, now: datetime) -> PurchaseTime | None:
    """The first valid date in a line that is not after `now`.

    None without one, or if the line is about another day than that of the purchase, or that of a refund.
    """
    text = ORIGINAL.sub(" ", text)
    taken_back = TAKEN_BACK.search(text)
    if taken_back and OTHER_DAY.search(text[taken_back.end() :]):
        taken_back = None  # `[교환] 2025-03-31 까지`
    label = taken_back or PURCHASE.search(text)
    if label and (labelled := _first_time(text[label.end() :], now)):
        return labelled
    return None if OTHER_DAY.search(text) and not label else _first_time(text, now)


def find_purchase_time_in_cells(texts: Sequence[str], now: datetime) -> PurchaseTime | None:
    """`find_purchase_time` of the whole row, else of a cell with the label of a purchase.

    A row with the day of the delivery, in another cell, has none as a whole.
    """
    labelled = (text for text in texts if label_rank(text) < UNLABELLED)
    found = (find_purchase_time(text, now) for text in (" ".join(texts), *labelled))
    return next(filter(None, found), None)


def _first_time(text: str, now: datetime) -> PurchaseTime | None:
    for day, end in _days(text, now.date()):
        compact = _COMPACT_TIME.match(text[end:])
        if compact:
            return PurchaseTime(day, time(int(compact[1]), int(compact[2]), int(compact[3] or 0)))
        match = _TIME.match(text[end:])
        if not match:
            return PurchaseTime(day, None)
        hour = int(match[2])
        if match[1] in ("오후", "PM") and hour < 12:
            hour += 12
        return PurchaseTime(day, time(hour, int(match[3]), int(match[4] or 0)))
    return None


def label_rank(text: str) -> int:
    """How likely the date in a row is that of the receipt: the lower the likelier.

    0 with the label of a refund, 1 with that of a purchase, `UNLABELLED` without, 3 with that of a delivery.
    """
    compact = "".join(text.split())
    if TAKEN_BACK.search(compact):
        return 0
    if PURCHASE.search(compact):
        return 1
    return 3 if SUPPLY.search(compact) else 1 + int(LABEL.search(compact) is None)


def find_day_in_number(text: str, now: datetime) -> PurchaseTime | None:
    """The date at the start of a long number in a line, such as `20220927/0031` or `2022092700031`, if it is recent.

    With two digits for the year it must be of the last year, and beside the time of day. Numbers with a label of their
    own, such as cards, are left out.
    """
    text = ORIGINAL.sub(" ", text)
    if OTHER_DAY.search(text) or OTHER_NUMBER.search(text):
        return None
    for match in _IN_NUMBER.finditer(text):
        numbers = [int(group) for group in match.groups() if group]
        day = _day(*numbers)
        if day and now.date() - timedelta(days=366 * OLDEST_YEARS) <= day <= now.date():
            return PurchaseTime(day, None)
    if short := _SHORT_IN_NUMBER.search(text):
        year, month, number = (int(group) for group in short.groups())
        day = _day(2000 + year, month, number)
        if day and now.date() - timedelta(days=366) <= day <= now.date():
            return PurchaseTime(day, None)
    return None


def _days(text: str, today: date) -> Iterator[tuple[date, int]]:
    for pattern in (_SEPARATED, _SPACED, _SHORT, _UNPADDED, _KOREAN, _COMPACT, _SHORT_COMPACT):
        for match in pattern.finditer(text):
            groups = (group for group in match.groups() if group not in SEPARATORS)
            numbers = [int(group.replace("U", "0").translate(LOOK_ALIKES)) for group in groups]
            day = _short_day(numbers, today) if pattern in SHORT_FORMS else _day(*numbers)
            if day and day <= today:
                yield day, match.end()
    for match in _YEAR_LAST.finditer(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        # The American order comes first, because tills with English texts use it.
        days = (_day(year, first, second), _day(year, second, first))
        if day := next((day for day in days if day and day <= today), None):
            yield day, match.end()
    for match in _ENGLISH.finditer(text):
        written, name, number = (match[group] or match[f"{group}2"] for group in ("year", "month", "day"))
        day = _day(int(written), _MONTHS.index(name[:3].upper()) + 1, int(number))
        if day and day <= today:
            yield day, match.end()


def _short_day(numbers: list[int], today: date) -> date | None:
    """The first recent date of year, month, day (the Korean order), month, day, year and day, month, year.

    Without a recent one, that in the Korean order.
    """
    a, b, c = numbers
    korean = _day(2000 + a, b, c)
    if korean and today < korean <= today + FAST_CLOCK:
        return None
    for year, month, day in ((a, b, c), (c, a, b), (c, b, a)):
        candidate = _day(2000 + year, month, day)
        if candidate and today - timedelta(days=366 * OLDEST_YEARS) <= candidate <= today:
            return candidate
    return korean


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
