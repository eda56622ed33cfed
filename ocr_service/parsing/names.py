"""Names of a list's items, without what stores print around them: line numbers, marks of tax and loyalty, tags.

Whether leading figures are line numbers or part of a name (`3 분카레`) shows only in the whole list: line numbers rise
by one from item to item. A few of them may be misread or missing.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median
from typing import Any

from ocr_service.fields import ItemField
from ocr_service.parsing.item_numbers import MAX_PIECES, ItemNumbers
from ocr_service.parsing.labels import OPTION, TAG, TAG_BEFORE
from ocr_service.parsing.list_items import LineItem
from ocr_service.parsing.rows import Cell
from ocr_service.parsing.units import correct_units

MIN_SHARE = 0.6
"""Minimum share of the leading figures that must rise like line numbers, and of the names that must share a mark."""
MIN_OUTDENT = 0.75
"""How far, in row heights, a name with a mark in a column before the names starts left of the others."""
MAX_MISSING = 2
"""Maximum number of line numbers missing between two items that follow each other."""
MAY_BE_MISREAD = 4
"""Names of which one may lack the quantity that stands before the others."""
MIN_NUMBERS = 4
"""Figures from which they may be line numbers with gaps."""
MIN_NUMERALS = 3
"""Names from which all may start with a figure and what it counts."""
LOST_COLUMN = (0.5, 4.0)
"""How far, in row heights, a name whose quantity was not detected starts right of the other quantities."""

_NUMBER = re.compile(r"^[(\[]?([A-Z]?)(\d{1,3})(?!\d|[.,]\d|%)((?:[)\].>]|-(?!\d))?[*#]*)(\s*)(?=\S)")
_ZERO = re.compile(r"[DOQ]?")
"""What the first digit of a padded number may be read as without doubt. Other letters count if the number fits."""
_PADDED = re.compile(r"^(?:\(\d{1,3}\)|0\d{1,2}[.)]?|[DOQ]\d{2}(?=\s)|\d{1,2}[.)])\s*(?=\D)|^\(\d{1,3}\)\s*(?=\S)")
_BARE = re.compile(r"^\d{1,3}\s+(?=[^\d\s])")
_FIRST_NUMBER = re.compile(
    r"^0{0,2}1\s+(?=[가-힣A-Za-z(\[])"
    r"(?!(?:등급|리터|인분?|박|일|년|호기?|회용?|병|봉지?|팩|개월?|단계?|근|마리|포기|킬로(?:그램)?|줄|망|판|묶음|송이|자루|상자|박스|켤레"
    r"|잔|그릇|접시|세트|시간|[Ll]|[Kk]?[Gg]|[Mm][Ll]|[Yy]ears?|[Dd]ays?)(?:[\s(용분입]|짜리|들이|$)"
    r"|등급|인|박|일|년|호|리터)"
)
"""The line number of the first item, but not `1 등급 한우` or `1 회용 접시`."""
_MARKS_BEFORE = re.compile(
    rf"^(?:[①-⑳*#＊※·•◆♦☆★▲△▼▽■□●○◎◇▷▶☞♥♡↳└┗ㄴ@ⓐ-ⓩⒶ-Ⓩ+'\"`,.~\-_=|:>]+\s*|{TAG_BEFORE}|[)\]}}]\s*|니(?=\d)"
    r"|(?:(?:상품|제품|품)명?|품목|메뉴)\s*[:：]\s*)"
)
_MARKS_AFTER = re.compile(rf"\s*(?:[*#＊※'\"`,:;~\-_=|◆★☆▲△]+|(?<!\.)\.|{TAG}|(?<=\s)행사|(?<=\s)(?<!\s1\s)\+)$")
"""A plus behind a one is a grade of meat: `한우 1 +`."""
_TAX_MARK_AFTER = re.compile(r"(?<=\S)(?:\s*[(\[](?:면세?|과세?|비과세|영세)[)\]]|\s+[*＊]?(?:면세|과세|비과세|영세))$")
_UNIT_PRICE_AFTER = re.compile(r"\s+@\d{1,3}(?:,\d{3})*$")
_UNIT_PRICE_IN_BRACKETS = re.compile(r"(?<!권)(?<!권\s)\s*\((\d{1,3}(?:,\d{3})*)원\)$")
"""Of vouchers (`상품권 (5,000원)`) it is the value, which is part of the name."""
_TAX_MARK = re.compile(r"^[(\[](?:면세?|과세?|비과세|영세)[)\]]\s*(?=\S)")
_TAX_F = re.compile(r"^F(?=[가-힣])")
"""Printed before names of products that are free of tax."""
_TAX_LETTER_AFTER = re.compile(r"\s+[면과비영]$")
_TAX_LETTER = re.compile(r"^[*#]?[면과비영][)\s]\s*(?=\S)")
_COUNT_BEFORE = re.compile(
    r"^(?P<specks>['`‘’\".,:;·-]{0,2})(?:\[(?=\d{1,2}\]))?(?P<count>\d{1,2})"
    r"(?:\]\s*|\s*[xX×*]\s*|\s*(?P<unit>개|EA)\s+|(?=\s))\s*(?=\S)"
)
"""A quantity in a column before the names, perhaps behind specks."""
_MISREAD_COUNT = re.compile(r"^(?!\d{1,2}\s)[\dlI|iZ]{1,2}\s+(?=\S)")
_NUMERAL = re.compile(
    r"\d{1,2}\s(?:[색곡겹첩칸합]|단(?!무지|호박|감|팥)|배(?!추)|종(?!이)|분(?!유|식|홍)|인용|인분)\s?[가-힣]"
)
"""A name that starts with a figure and what it counts: `3 색나물`. Names may start with that without a figure, too."""
_TIMES_BEFORE = re.compile(r"^(\d{1,2})\s*[xX×]\s+(?=[^\d\s])")
"""`2 x` before a name."""
_STORE_CODE = re.compile(r"^(?:[A-Z]\s)?[*#\[-]?(\d{5,8}|0\d{3})[*#\]]?(?:\s+|-(?=[A-Z가-힣]))(?=\S)(?!원)")
"""Names start with fewer digits, too: `1664 블랑`. Vouchers start with amounts: `10000 원권`."""
_SHORT_CODE = re.compile(r"^(\d{4})\s+(?=[가-힣A-Za-z(\[])")
VINTAGE = re.compile(r"19\d\d|20\d\d")
MIN_SHORT_CODES = 3
"""Names from which all may start with a code of four digits."""
_FREE_MARK = re.compile(r"^[(\[<]\s*증\s*[)\]>]\s*(?=\S)")
"""Printed before names of what is given away: `(증)`."""
_REWARD = re.compile(r"\s*(?:\b[A-Z]{2})?\s?\d{1,2}\s?star$")
_TIMES = re.compile(r"(?<=[가-힣)\s])[xX×]\s?(\d{1,2})$")
_COUNT_AFTER = re.compile(r"\s(\d{1,3})\s?(BOX|EA|PCS|박스)$")
_TAGGED_LETTER = re.compile(r"^[A-Z](?=[@ⓔ])")
_LETTER_MARK = re.compile(r"^([A-FJKN-QUW-Z])(?=\s|@|ⓔ|\d)\s*")
"""A letter apart from the name. Sizes (S, M, L, R, T, G, V) and temperatures (H, I) of drinks are no marks."""


@dataclass(frozen=True, slots=True)
class _Number:
    """A leading figure that may be a line number.

    end: where the name starts. spaced: set apart from the name. digits: how many it has.
    """

    value: int
    end: int
    spaced: bool
    digits: int

    @classmethod
    def of(cls, text: str) -> "_Number | None":
        match = _NUMBER.match(text)
        if match is None:
            return None
        likely_zero = _ZERO.fullmatch(match[1]) is not None
        if not likely_zero and match[2][0] != "0":
            return None
        bracketed = text[0] in "([" or bool(match[3])
        spaced = bool(match[1] or match[4] or bracketed or match[2][0] == "0")
        return cls(int(match[2]), match.end(), spaced=spaced and likely_zero, digits=len(match[2]))


def clean_names(items: Sequence[LineItem], *, numbered: bool = False, counted_first: bool = False) -> list[LineItem]:
    """The items with their names cleaned, in the same order. A quantity in the name (`x2`) becomes the item's.

    numbered: the list has a titled column of line numbers; counted_first: of quantities, before the names. A name that
    consists of nothing else stays as it is.
    """
    items = _without_tax_letters(items)
    items = [_without_only_number(items[0])] if len(items) == 1 else items
    items = _take_counts(_take_store_codes(items), numbered=numbered, titled=counted_first)
    texts = [item.name for item in items]
    ends = _line_numbers([_strip_marks(text) for text in texts], numbered=numbered)
    letter = _letter_mark([_strip_marks(text)[end:] for text, end in zip(texts, ends, strict=True)])
    cleaned = [_clean(item, end, letter) for item, end in zip(items, ends, strict=True)]
    # Codes may also stand behind the line numbers, and so may quantities that have a title before the names.
    cleaned = _take_store_codes(cleaned) if any(ends) else cleaned
    return _take_counts(cleaned, numbered=False, titled=True) if counted_first and any(ends) else cleaned


def _without_only_number(item: LineItem) -> LineItem:
    """The only item of a list without its line number, or with the quantity before its name, which its prices confirm
    or which has a column of its own.
    """
    if (number := _FIRST_NUMBER.match(item.name)) and not _NUMERAL.match(item.name):
        return _without_start(item, number.end())
    count = _count_before(item)
    if count is None or not _may_have_count(item, int(count["count"])):
        return item
    confirmed = item.numbers.quantity_derived and item.numbers.quantity == int(count["count"])
    in_column = len(item.name_cells) > 1 and item.name_cells[0].text == count["count"]
    return _take_count(item, count) if confirmed or in_column else item


def without_line_numbers(items: Sequence[LineItem]) -> list[LineItem]:
    """The items without the numbers that count them at the start of their names, as in `1. 두부`."""
    ends = _line_numbers([item.name for item in items], numbered=False)
    return [_without_start(item, end) for item, end in zip(items, ends, strict=True)]


def _without_tax_letters(items: Sequence[LineItem]) -> list[LineItem]:
    """The items without the kind of tax before or behind their names, if most have one: `면 대파`, `간장 과`."""
    behind = [_TAX_LETTER_AFTER.search(item.name) for item in items]
    in_column = any(letter and _is_letter_apart(item) for item, letter in zip(items, behind, strict=True))
    if in_column and sum(letter is not None for letter in behind) >= max(2.0, MIN_SHARE * len(items)):
        items = [
            replace(item, name=item.name[: letter.start()]) if letter else item
            for item, letter in zip(items, behind, strict=True)
        ]
    marked = [_TAX_F.match(item.name) is not None for item in items]
    if sum(marked) > 1:
        items = [_without_start(item, 1) if mark else item for item, mark in zip(items, marked, strict=True)]
    letters = [_TAX_LETTER.match(item.name) for item in items]
    if sum(letter is not None for letter in letters) < max(2.0, MIN_SHARE * len(items)):
        letters = [letter if _is_outdented(item, items) else None for item, letter in zip(items, letters, strict=True)]
        if sum(letter is not None for letter in letters) < 2:
            return list(items)
    return [_without_start(item, letter.end()) if letter else item for item, letter in zip(items, letters, strict=True)]


def _is_outdented(item: LineItem, items: Sequence[LineItem]) -> bool:
    """Whether the name starts left of the others, as with a mark in a column before the names."""
    starts = [other.name_cells[0].x0 for other in items if other.name_cells]
    return bool(item.name_cells) and item.name_cells[0].x0 < median(starts) - MIN_OUTDENT * item.name_cells[0].height


def _is_letter_apart(item: LineItem) -> bool:
    """Whether the last word of the name begins a box of its own; noodles (`쌀 면`) are in the box of their name."""
    return len(item.name_cells) > 1 and item.name_cells[-1].text.startswith(item.name.split()[-1])


def _take_store_codes(items: Sequence[LineItem]) -> list[LineItem]:
    """The items with the store's own codes, if most names start with one, moved from their names."""
    short = [_SHORT_CODE.match(item.name) for item in items]
    are_short = len(items) >= MIN_SHORT_CODES and len({code and code[1] for code in short} - {None}) == len(items)
    are_short = are_short and not all(code and VINTAGE.fullmatch(code[1]) for code in short)
    codes = short if are_short else [_STORE_CODE.match(item.name) for item in items]
    if sum(code is not None for code in codes) < max(2.0, MIN_SHARE * len(items)):
        return list(items)
    codes = [code or _SHORT_CODE.match(item.name) for item, code in zip(items, codes, strict=True)]
    return [
        _without_start(item, code.end(), barcode=item.barcode or code[1]) if code else item
        for item, code in zip(items, codes, strict=True)
    ]


def _take_counts(items: Sequence[LineItem], *, numbered: bool, titled: bool) -> list[LineItem]:
    """The items with quantities moved from the starts of their names, if those are quantities.

    titled: quantities have a title before the names; then most of those that are no options must start with one.
    """
    items = [_take_times_before(item) for item in items]
    counts = [_count_before(item) for item in items]
    possible = [
        count if count and _may_have_count(item, int(count["count"])) else None
        for item, count in zip(items, counts, strict=True)
    ]
    if numbered or not (_are_titled_counts if titled else _are_counts)(items, counts, possible):
        return list(items)
    return [_take_count(item, count) for item, count in zip(items, possible, strict=True)]


def _count_before(item: LineItem) -> re.Match[str] | None:
    """The figure before the name that may be a quantity; with a sign before it, it may also be that of a choice."""
    count = _COUNT_BEFORE.match(item.name)
    return None if count and count["specks"] and OPTION.match(item.name) else count


def _are_titled_counts(
    items: Sequence[LineItem], counts: Sequence[re.Match[str] | None], possible: Sequence[re.Match[str] | None]
) -> bool:
    """Whether the figures below the title of the quantity are quantities: enough names have one that fits.

    possible: those of `counts` that may be quantities.
    """
    fitting = len(possible) - possible.count(None)
    unfit = len(counts) - counts.count(None) - fitting
    needed = max(1, MIN_SHARE * sum(OPTION.match(item.name) is None for item in items))
    return fitting >= needed and unfit <= len(items) // MAY_BE_MISREAD


def _are_counts(
    items: Sequence[LineItem], counts: Sequence[re.Match[str] | None], possible: Sequence[re.Match[str] | None]
) -> bool:
    """Whether the figures before the names are quantities although no title says so.

    All names but one in four must start with one that fits; options need none. Before the others it is a letter that
    resembles a figure or was not detected, or a figure shows that the others are quantities.
    """
    own = [place for place, item in enumerate(items) if OPTION.match(item.name) is None]
    clear = [items[place] for place in own if (count := possible[place]) and not count["specks"]]
    if len(clear) < max(2, len(own) - len(own) // MAY_BE_MISREAD):
        return False
    printed = [count for count in counts if count]
    if all(count["unit"] for count in printed):
        return True
    others = [items[place] for place in own if counts[place] is None]
    if not (
        _show_counts(possible) or all(_MISREAD_COUNT.match(item.name) or _is_count_lost(item, clear) for item in others)
    ):
        return False
    values = [int(count["count"]) if count else None for count in counts]
    fit = len(printed) == len(possible) - possible.count(None)
    return not (_are_line_numbers(values, fit=fit) or _are_numerals([count.string for count in printed]))


def _show_counts(possible: Sequence[re.Match[str] | None]) -> bool:
    """Whether one of the figures shows that they are quantities: few names start with a one, few figures fit by chance.

    Amounts are multiples of ten: what divides ten proves nothing.
    """
    return any(int(count["count"]) == 1 or 10 % int(count["count"]) for count in possible if count)


def _is_count_lost(item: LineItem, counted: Sequence[LineItem]) -> bool:
    """Whether the name starts behind the column in which the others have their quantities."""
    starts = [other.name_cells[0].x0 for other in counted if other.name_cells]
    if not item.name_cells or not starts:
        return False
    least, most = LOST_COLUMN
    cell = item.name_cells[0]
    return least * cell.height < cell.x0 - median(starts) < most * cell.height


def _are_numerals(names: Sequence[str]) -> bool:
    """Whether all names start with a figure and what it counts: `3 색나물`, `5 곡밥`."""
    return len(names) >= MIN_NUMERALS and all(map(_NUMERAL.match, names))


def _are_line_numbers(values: Sequence[int | None], *, fit: bool) -> bool:
    """Whether the figures before the names rise by one, from name to name or figure to figure, perhaps with gaps.

    values: None for a name without a figure. fit: all may be quantities.
    """
    figures = [value for value in values if value is not None]
    starts = {value - place for place, value in enumerate(values) if value is not None}
    exact = len(starts) == 1 or figures == [*range(figures[0], figures[0] + len(figures))]
    return len(figures) > 1 and (exact or _nearly_rise(figures, fit=fit))


def _nearly_rise(figures: Sequence[int], *, fit: bool) -> bool:
    """Whether figures rise by one from 1 or 2, except for few that are missing or misread.

    A misread one counts like two that are missing: quantities may rise with gaps, or for a while.
    If one does not fit its amount, they are line numbers sooner.
    """
    places = [(place, value) for place, value in enumerate(figures) if value > place]
    chain = _longest_chain(places, _is_ahead)
    if len(figures) < MIN_NUMBERS or not chain or chain[0][1] - chain[0][0] > 2:
        return False
    missing = chain[-1][1] - chain[0][1] - (chain[-1][0] - chain[0][0])
    return 2 * (missing + 2 * (len(figures) - len(chain))) < len(figures) - fit


def _is_ahead(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether line numbers, as (place, value), rise at least as fast as their places: none stands before two names."""
    return _follows(before, after) and after[1] - before[1] >= after[0] - before[0]


def _take_count(item: LineItem, count: re.Match[str] | None) -> LineItem:
    """The item with the quantity at the start of its name; without what was misread instead, if `count` is None."""
    if count is None:
        misread = _MISREAD_COUNT.match(item.name)
        return _without_start(item, misread.end()) if misread else item
    numbers = replace(item.numbers, quantity=Decimal(int(count["count"])), quantity_derived=False)
    return _without_start(item, count.end(), numbers=numbers)


def _take_times_before(item: LineItem) -> LineItem:
    times = _TIMES_BEFORE.match(item.name)
    if times is None or not _may_have_count(item, int(times[1])):
        return item
    numbers = replace(item.numbers, quantity=Decimal(int(times[1])), quantity_derived=False)
    return _without_start(item, times.end(), numbers=numbers)


def _may_have_count(item: LineItem, count: int) -> bool:
    """Whether the item may be `count` pieces: it has no other quantity, and `count` divides the amount."""
    printed = item.numbers.quantity is not None and not item.numbers.quantity_derived
    return not printed and 1 <= count <= MAX_PIECES and item.numbers.amount % count == 0


def _without_start(item: LineItem, length: int, **changes: Any) -> LineItem:
    """The item without the first characters of its name."""
    removed = len("".join(item.name[:length].split()))
    cells = _without_prefix(item.name_cells, removed)
    return replace(item, name=item.name[length:], name_cells=cells, **changes)


def _clean(item: LineItem, end: int, letter: str | None) -> LineItem:
    stripped = _strip_marks(item.name)
    name = _strip_marks(_TAX_MARK.sub("", _strip_marks(_TAGGED_LETTER.sub("", stripped[end:]))))
    mark = _LETTER_MARK.match(name)
    if mark and mark[1] == letter and any(map(str.isalpha, name[mark.end() :])):
        name = _strip_marks(name[mark.end() :])
        number = _PADDED.match(name)
        name = _strip_marks(name[number.end() :]) if number else name
    name = _strip_marks(_REWARD.sub("", name))
    name = _FREE_MARK.sub("", name) if item.numbers.amount == 0 else name
    name = _without_unit_price(_TAX_MARK_AFTER.sub("", name), item.numbers)
    if not any(map(str.isalnum, name)):
        return item
    numbers, name = _take_times(item.numbers, name)
    corrected = correct_units(name)
    second_opinion = any(cell.text != cell.raw for cell in item.name_cells)
    removed = len("".join(item.name.split())) - len("".join(name.split())) if item.name.endswith(name) else 0
    return replace(
        item,
        name=corrected,
        numbers=numbers,
        name_cells=_without_prefix(item.name_cells, removed),
        repaired=item.repaired | {ItemField.NAME} if second_opinion or corrected != name else item.repaired,
    )


def _without_unit_price(name: str, numbers: ItemNumbers) -> str:
    """The name without the unit price at its end: `@1,990`, or `(2,000원)` if times the quantity it is the amount."""
    name = _UNIT_PRICE_AFTER.sub("", name)
    price = _UNIT_PRICE_IN_BRACKETS.search(name)
    if price and int(price[1].replace(",", "")) * (numbers.quantity or 1) == numbers.amount:
        return name[: price.start()]
    return name


def _strip_marks(text: str) -> str:
    """`text` without marks and tags at both ends; unchanged if nothing else remains."""
    before = None
    while text != before:
        before = text
        stripped = _MARKS_AFTER.sub("", _MARKS_BEFORE.sub("", text.strip())).strip()
        text = stripped if any(map(str.isalnum, stripped)) else text
    return text


def _line_numbers(texts: Sequence[str], *, numbered: bool) -> list[int]:
    """Per text, the length of the line number at its start, 0 without one."""
    candidates = [_Number.of(text) for text in texts]
    values = [number.value for number in candidates if number]
    numerals = _are_numerals([text for text, number in zip(texts, candidates, strict=True) if number])
    sequence = _sequence(candidates) if not numerals or values == [*range(1, len(values) + 1)] else []
    ends = []
    for index, (text, number) in enumerate(zip(texts, candidates, strict=True)):
        if number and sequence and (number.spaced or _expected(sequence, candidates, index) == number.value):
            ends.append(number.end)
        elif sequence and text.startswith(padded := _padded(sequence, candidates, index)):
            ends.append(len(padded))
        elif match := _PADDED.match(text) or (_BARE.match(text) if numbered else None):
            ends.append(match.end() if any(map(str.isalnum, text[match.end() :])) else 0)
        else:
            ends.append(0)
    return ends


def _sequence(candidates: Sequence[_Number | None]) -> list[int]:
    """Positions of the items whose leading figures are line numbers; empty if the list has no such column."""
    spaced = [(index, number.value) for index, number in enumerate(candidates) if number and number.spaced]
    chain = _longest_chain(spaced, _follows)
    length, exact = _rank(chain)
    enough = length >= 2 and length >= MIN_SHARE * len(spaced) and 2 * len(spaced) >= len(candidates)
    return [index for index, _ in chain] if enough and 2 * exact >= length - 1 else []


def _longest_chain(
    positions: Sequence[tuple[int, int]], follows: Callable[[tuple[int, int], tuple[int, int]], bool]
) -> list[tuple[int, int]]:
    """The longest of the sequences in which each (position, value) follows the one before it."""
    chains: list[list[tuple[int, int]]] = []
    for position in positions:
        previous = [chain for chain in chains if follows(chain[-1], position)]
        chains.append([*max(previous, key=_rank, default=[]), position])
    return max(chains, key=_rank, default=[])


def _rank(chain: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Length of a chain of (position, value), and how many of its values rise exactly as their positions do."""
    steps = itertools.pairwise(chain)
    return len(chain), sum(after[1] - before[1] == after[0] - before[0] for before, after in steps)


def _follows(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether two (position, value) can be line numbers of one list: values rise at least as fast as positions."""
    distance, rise = after[0] - before[0], after[1] - before[1]
    return 1 <= rise <= distance * (1 + MAX_MISSING) and rise >= distance - MAX_MISSING


def _expected(sequence: Sequence[int], candidates: Sequence[_Number | None], index: int) -> int | None:
    """The line number that the item at `index` has if those near it are right."""
    nearest = min(sequence, key=lambda position: abs(position - index))
    number = candidates[nearest]
    return number.value + index - nearest if number else None


def _padded(sequence: Sequence[int], candidates: Sequence[_Number | None], index: int) -> str:
    """The line number of the item at `index` as printed if those near it have leading zeros: a figure may touch it."""
    nearest = candidates[min(sequence, key=lambda position: abs(position - index))]
    value = _expected(sequence, candidates, index)
    return f"{value:0{nearest.digits}d}" if nearest and value and len(str(nearest.value)) < nearest.digits else "\0"


def _letter_mark(texts: Sequence[str]) -> str | None:
    """The letter that marks most of the names, such as P for points; None without one."""
    letters = [match[1] for text in texts if (match := _LETTER_MARK.match(_strip_marks(text)))]
    starts = [text.strip()[:1] for text in texts]
    for letter in set(letters):
        if starts.count(letter) >= max(2.0, MIN_SHARE * len(texts)):
            return letter
    return None


def _take_times(numbers: ItemNumbers, name: str) -> tuple[ItemNumbers, str]:
    """Numbers and name, with a quantity at the end of the name moved to the numbers if those have none."""
    if numbers.quantity is not None and not numbers.quantity_derived:
        return numbers, name
    if (count := _COUNT_AFTER.search(name)) and numbers.quantity == int(count[1]):
        return replace(numbers, unit=count[2], quantity_derived=False), name[: count.start()].strip()
    match = _TIMES.search(name)
    if match is None or numbers.amount <= 0:
        return numbers, name
    pieces = int(match[1])
    if not 1 <= pieces <= MAX_PIECES or numbers.amount % pieces or numbers.unit_price not in (None, numbers.amount):
        return numbers, name
    name = name[: match.start()].strip()
    return replace(numbers, quantity=Decimal(pieces), unit_price=None, quantity_derived=False), name


def _without_prefix(cells: tuple[Cell, ...], length: int) -> tuple[Cell, ...]:
    """The cells without those that lie within the first `length` characters, spaces not counted."""
    kept = list(cells)
    while len(kept) > 1 and len("".join(kept[0].text.split())) <= length:
        length -= len("".join(kept[0].text.split()))
        kept.pop(0)
    return tuple(kept)
