"""When the purchase was made.

Printed as `2022-09-27 12:33`, `2022/09/05`, `22-02-13`, `23-08-10(목)`, `2017년 6월 2일`, `22년 9월 5일`, `20220927`,
`01/04/26`. OCR drops the space before the time and reads digits as letters. Two-digit dates are ambiguous and resolved
by the clock.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ocr_service.parsing.money import LOOK_ALIKES

OTHER_DAY = re.compile(
    r"유효\s*기간|(?:소비|유통|사용|보관|이용)\s*기[한간]|까지|이내|만료|소멸|교환|환불|반품|행사\s*기간|가입|생년|개점"
    r"|\d\s*[~∼]\s*(?:20)?\d\d[-/.]"
)
"""Words next to dates of something else than the purchase, such as the last day for use or return."""
OLDEST_YEARS = 10
"""A two-digit date further back than this is read in another order."""

_D = r"[\dOolI|]"
_SEPARATED = re.compile(
    rf"(?<![\d])(20{_D}{{2}})\s*[-/.년]\s*({_D}{{1,2}})\s*[-/.월]\s*({_D}{{2}}(?!\d(?!\d?:))|\d)일?"
)
_SHORT = re.compile(rf"(?<![\d\-/.,])({_D}{{2}})\s?[-/.]\s?({_D}{{2}})\s?[-/.]\s?({_D}{{2}})(?![-/.,]?\d(?!\d?:))")
_KOREAN = re.compile(rf"(?<![\d])({_D}{{2}})\s*년\s*({_D}{{1,2}})\s*월\s*({_D}{{1,2}})\s*일")
_COMPACT = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?:\d{6})?(?!\d)")
_TIME = re.compile(r"^[^\d]{0,12}?(오전|오후|AM|PM)?\s*([01]?\d|2[0-3])\s?[:시]\s?([0-5]\d)(?:\s?[:분]\s?([0-5]\d))?")


@dataclass(frozen=True, slots=True)
class PurchaseTime:
    """A printed date, with the time of day if one follows it; local time of the shop."""

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

    None without one, or if the line is about another day than that of the purchase.
    """
    if OTHER_DAY.search(text):
        return None
    for day, end in _days(text, now.date()):
        match = _TIME.match(text[end:])
        if not match:
            return PurchaseTime(day, None)
        hour = int(match[2])
        if match[1] in ("오후", "PM") and hour < 12:
            hour += 12
        return PurchaseTime(day, time(hour, int(match[3]), int(match[4] or 0)))
    return None


def _days(text: str, today: date) -> Iterator[tuple[date, int]]:
    for pattern in (_SEPARATED, _SHORT, _KOREAN, _COMPACT):
        for match in pattern.finditer(text):
            numbers = [int(group.translate(LOOK_ALIKES)) for group in match.groups()]
            day = _short_day(numbers, today) if pattern in (_SHORT, _KOREAN) else _day(*numbers)
            if day and day <= today:
                yield day, match.end()


def _short_day(numbers: list[int], today: date) -> date | None:
    """The first recent date of year, month, day (the Korean order), month, day, year and day, month, year."""
    a, b, c = numbers
    for year, month, day in ((a, b, c), (c, a, b), (c, b, a)):
        candidate = _day(2000 + year, month, day)
        if candidate and today - timedelta(days=366 * OLDEST_YEARS) <= candidate <= today:
            return candidate
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
