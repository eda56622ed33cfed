"""Exchanges: what is returned and what is bought instead in one list, and the difference that is paid or paid back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ocr_service.parsing.labels import DATED, DISCOUNT_PARTS, ENDS_LIST, TOTALS
from ocr_service.parsing.lines import Line

_RETURNED = r"(?:반\s*품|환\s*불|회\s*수|교\s*환\s*전)"
_BOUGHT = r"(?:구\s*매|판\s*매|신\s*규|출\s*고|교\s*환\s*후)"
_LISTED = r"(?:상\s*품|품\s*목|제\s*품|물\s*품|내\s*역|목\s*록)"
_COUNT = r"\W*(?:\d{1,2}\s*(?:개|건|점|종)?\W*)?"
RETURNED_TITLE = re.compile(rf"(?:\W*{_RETURNED}\s*{_LISTED}|\W+{_RETURNED}){_COUNT}")
"""The title of the part of what is returned: `▶ 반품상품`, `[반품]`."""
BOUGHT_TITLE = re.compile(rf"(?:\W*(?:{_BOUGHT}|교\s*환)\s*{_LISTED}|\W+{_BOUGHT}){_COUNT}")
RETURNED_SUM = re.compile(rf"\W*총?\s*{_RETURNED}\s*(?:{_LISTED})?\s*총?\s*(?:금\s*액|합\s*계|소\s*계|액|계)\W*")
DIFFERENCE = re.compile(r"\W*(?:결\s*제|교\s*환|정\s*산)?\s*차\s*액")
HEADING = re.compile(
    r"\W*교\s*환\s*(?:영\s*수\s*증|전\s*표|거\s*래|판\s*매|매\s*출)?\W*(?:20[\d\s./:()년월일화수목금토\-]*)?"
)
"""The heading of an exchange, perhaps with its day and time."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The part of an exchange that is returned.

    rows: indices of its rows, title and sums included. amounts: those of them with the amount of an item. won: what the
    items are worth, at most 0.
    """

    rows: frozenset[int]
    amounts: tuple[int, ...]
    won: int

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Exchange | None":
        """What is returned: the part with a title of its own, or all negative items below the heading of an exchange.

        None if nothing is, or if no part has what is bought instead.
        """
        rows = _titled_part(lines) or _negative_items(lines)
        if not rows:
            return None
        amounts = tuple(index for index in sorted(rows) if _is_amount(lines[index]))
        numbers = [line.numbers for line in (lines[index] for index in amounts) if line.numbers]
        if not any(each.is_money for each in numbers):
            return None  # the title is that of the receipt
        signed = [each.amount for each in numbers]
        # Without a minus, the title of the part has the sign.
        won = sum(signed) if any(amount < 0 for amount in signed) else -sum(signed)
        sums = {index for index, line in enumerate(lines) if _is_sum(line, won)}
        return cls(frozenset({*rows, *sums}), amounts, min(won, 0))


def _titled_part(lines: Sequence[Line]) -> set[int]:
    """The rows of the parts of returned items, if the receipt has a part of bought ones, too.

    Below that, they may be taken back from the same purchase, unless something says that it is an exchange.
    """
    starts = [index for index, line in enumerate(lines) if _is_title(line, RETURNED_TITLE)]
    bought = [index for index, line in enumerate(lines) if _is_title(line, BOUGHT_TITLE)]
    if not starts or not bought:
        return set()
    texts = [line.row.text for line in lines]
    if starts[0] > bought[0] and not any(HEADING.fullmatch(text) or DIFFERENCE.match(text) for text in texts):
        return set()
    rows = set(bought)
    for start in starts:
        sums = (index for index in range(start + 1, len(lines)) if _ends_part(lines[index]))
        end = next((index for index in bought if index > start), None)
        rows |= {*range(start, next(sums, len(lines)) if end is None else end)}
    return rows


def _is_title(line: Line, title: re.Pattern[str]) -> bool:
    return title.fullmatch(line.row.text) is not None and not (line.numbers and line.numbers.is_money)


def _ends_part(line: Line) -> bool:
    return line.marker in ENDS_LIST and line.numbers is not None


def _negative_items(lines: Sequence[Line]) -> set[int]:
    """The rows of items with negative amounts below the heading of an exchange, with the names above their numbers."""
    start = next((index for index, line in enumerate(lines) if HEADING.fullmatch(line.row.text)), None)
    if start is None:
        return set()
    end = next((index for index in range(start, len(lines)) if lines[index].marker in TOTALS), len(lines))
    rows: set[int] = set()
    for index in range(start + 1, end):
        line, numbers = lines[index], lines[index].numbers
        if numbers is None or numbers.amount >= 0 or not _is_amount(line) or DISCOUNT_PARTS.search(line.name):
            continue
        if numbers.quantity is None and not line.barcode:
            continue
        rows.add(index)
        if not line.is_named and index - 1 > start and lines[index - 1].numbers is None:
            rows.add(index - 1)
    return rows


def _is_amount(line: Line) -> bool:
    """Whether the row has the amount of an item, rather than a date, a number or a sum."""
    numbers = line.numbers
    if numbers is None or line.marker is not None or DATED.search(line.row.text) or RETURNED_SUM.fullmatch(line.name):
        return False
    return numbers.is_money or numbers.quantity is not None


def _is_sum(line: Line, won: int) -> bool:
    """Whether the row repeats what the returned items are worth."""
    return (
        line.numbers is not None and abs(line.numbers.amount) == -won and RETURNED_SUM.fullmatch(line.name) is not None
    )
