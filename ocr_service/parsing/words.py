"""The words of a printed row: the texts of its cells split, joined and corrected until each is one word or number."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise, takewhile

from ocr_service.parsing.barcodes import has_check_digit
from ocr_service.parsing.item_numbers import MIN_PRICE, TIMES, parse_item_numbers
from ocr_service.parsing.labels import DISCOUNT_PARTS, TOTALS, label_of, marker_of
from ocr_service.parsing.money import clipped_amount, parse_amount, parse_quantity, split_tokens, with_small_digits
from ocr_service.parsing.rows import Cell, Row

MAX_GROUP_GAP = 1.0
"""Gap in heights between the parts of an amount that was detected as two."""
MIN_OVERLAP = 0.15
"""How far, in heights, a box reaches into the next one from which both may have the same digit."""
_TOUCHED_CODE = re.compile(r"880\d{10}(?=\d{0,4}[A-Za-z가-힣])")
_TRAILING_MARK = re.compile(r"^(?:[*#＊※]|[A-Z]|[(\[]?(?:면세?|과세?|비과세|영세)[)\]]?|[)\]]|\d\+\d)$")
_GROUPED = r"\d{1,3}(?:,\d{3})+"
_GROUP_BEFORE = re.compile(r"^[￦₩]?-?\d{1,3}[,.]$")
_GROUP = re.compile(r"^\d{3}원?$")
_THOUSANDS = re.compile(r"[￦₩]?[1-9]\d{0,2}")
_BRACKETED = re.compile(rf"\(({_GROUPED}|\d{{2,6}})원?\)")
PRICED_OPTION = re.compile(
    r"\s*(?:[-+·•ㆍ└┗↳>]|ㄴ)\s*[가-힣A-Za-z].*"
    rf"[(\[](?:[+＋]?[￦₩]?(?P<won>{_GROUPED}|\d{{1,3}})원|[+＋](?P<added>{_GROUPED}|\d{{1,3}}))[)\]]\s*"
)
"""A choice in a row of its own with its price in brackets: `· 중국당면 추가 (2,000원)`."""
_PERCENTAGE = re.compile(r"(?<!\d)[1-9]\d?\s?%$")
_LEVEL = re.compile(r"(?:얼음|당도|시럽|휘핑|설탕|토핑|농도|맵기)\D*\d{1,3}\s?%$")
"""How much of something was chosen, with what that costs in brackets."""
_CLOSED_MINUS = re.compile(r"[-−–]\d{1,3}(?:,?\d{3})*원?[\])]")
_SIGNED = re.compile(rf"[+＋*#][￦₩]?(?:{_GROUPED}|\d{{3}})원?")
_GLUED_COLUMNS = tuple(
    re.compile(rf"({_GROUPED}){before}([1-9]\d{{{more}}}){after}({_GROUPED})")
    for before, after in (("", ""), ("", " "), (" ", ""))
    for more in (0, 1)
)
"""Unit price, quantity and amount of which some are printed without a gap: `3,480 26,960`."""
_STATE = re.compile(
    r"(?:배송|구매|결제|상품준비|주문)(?:완료|확정|중|조회|취소)|(?:리뷰|후기)(?:쓰기|작성)|재구매|장바구니|담기"
)
"""What stands behind the amounts in tables of orders."""
_PER = re.compile(rf"^@?({_GROUPED}원?|\d{{2,3}}원?)/(?:100\s?g|kg|근|개|팩|봉|EA)$", re.IGNORECASE)
"""A price and what it is for: `158,000/kg`."""
_WEIGHED = re.compile(r"\d(?:kg|KG|g)$")
_DECIMAL = re.compile(r"\d{1,4}(?:\.\d{1,3})?")
_AT = re.compile(r"(?<=\d[kK][gG])[@ⓔⓐ]$")
"""The sign behind a weight that touches it: `1.254kg@`."""
_TRIANGLE = re.compile(r"[▼▽△▲]")
_TRIANGLE_AS_LETTER = re.compile(rf"[Vv]({_GROUPED})")
_TAX_MARKED = re.compile(rf"({_GROUPED})[A-Z]")
"""An amount and a letter for its kind of tax."""
_NET = re.compile(r"(?:할인|적용|쿠폰|행사)(?:적용)?(?:후|가격?)")
"""The label of what an item costs after its discount: `적용후`, `할인가`."""
_LEADERS = re.compile(
    r"\s*(?=[^.…‥·]{0,20}[.…‥·])[.…‥·\-_~*,']{4,}\s*(?=[￦₩\d]|$)|(?<=\S)\s*[.·…‥]{3,}\s*(?=[-￦₩\d])"
)
"""Dots from a name to its amount, some of which are read as hyphens or commas."""
_SPECK = re.compile(r"^[()\[\]|'\"`.,:;·°]+$")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a row, its cell, and its estimated horizontal extent in pixels."""

    text: str
    cell: Cell
    x0: float
    x1: float

    @property
    def is_alone(self) -> bool:
        """Whether it is all that its cell has."""
        return self.text == self.cell.text.strip()

    def is_before(self, marks: Sequence["Word"]) -> bool:
        """Whether it is all that its cell has but these marks."""
        beside = [mark.text for mark in marks if mark.cell is self.cell]
        return self.cell.text.split() == [self.text, *beside]


def with_clean_cells(row: Row) -> Row:
    """The row without the state of an order behind the amount, dots between name and amount, and digits read twice."""
    while len(row.cells) > 1 and _STATE.fullmatch(row.cells[-1].text):
        row = replace(row, cells=row.cells[:-1])
    cells = [part for cell in row.cells for part in _without_leaders(cell)]
    return replace(row, cells=_without_digits_read_twice(cells))


def words_of(row: Row) -> list[Word]:
    """The texts of the cells, split at spaces and where columns touch."""
    words = []
    for cell in row.cells:
        pitch = (cell.x1 - cell.x0) / max(1, len(cell.text))
        words += [
            Word(text, cell, cell.x0 + start * pitch, cell.x0 + end * pitch)
            for text, start, end in split_tokens(cell.text)
            if not _SPECK.match(text)
        ]
    return [part for word in _with_joined_groups(words) for part in _without_touching_text(word)]


def corrected(words: list[Word], text: str) -> list[Word]:
    """The words with amounts and signs as `parse_item_numbers` reads them, and without what stands behind them.

    text: of the whole row.
    """
    words = _with_whole_amount(_without_units(_with_weights(_with_triangle(_with_zeros(words)))))
    words = _without_net(_without_slashes(_with_option_price(_with_currency(words), text)))
    words = _total_or_first_sum(words)
    while words and _TRAILING_MARK.match(words[-1].text) and len(words) > 1:
        words.pop()
    return _with_sign(_with_proven_amounts(_split_columns(_without_stray(words))))


def _without_leaders(cell: Cell) -> list[Cell]:
    """The cell as two if dots lead from a name to its amount: `시금치 1단 ...... 3,000`; without dots at its ends."""
    texts = [part for part in _LEADERS.split(cell.text) if part]
    if not texts or texts == [cell.text]:
        return [cell]
    raws = [part for part in _LEADERS.split(cell.raw) if part]
    pitch = (cell.x1 - cell.x0) / len(cell.text)
    starts = [cell.x0 + cell.text.index(text) * pitch for text in texts[:1]]
    starts += [cell.x0 + cell.text.rindex(text) * pitch for text in texts[1:]]
    return [
        replace(cell, recognition=replace(cell.recognition, text=text, raw=raw), x0=x0, x1=x0 + len(text) * pitch)
        for text, raw, x0 in zip(texts, raws if len(raws) == len(texts) else texts, starts, strict=True)
    ]


def _without_digits_read_twice(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells without what those that overlap share: the next one's first digit, or the last of a code.

    `1 6 | 6,200` is 1 and 6,200, and `52356 | 6 배추` is 52356 and `배추`.
    """
    kept = list(cells)
    for index, (cell, following) in enumerate(pairwise(cells)):
        text = re.sub(r"\s\d$", "", cell.text)
        overlaps = following.x0 < cell.x1 - MIN_OVERLAP * cell.height
        if overlaps and len(text) == len(cell.text) - 2 and cell.text[-1] == following.text[:1]:
            kept[index] = replace(cell, recognition=replace(cell.recognition, text=text), x1=following.x0)
        rest = re.sub(r"^\d\s(?=[^\d\s])", "", following.text)
        # A line number of one digit may be read differently in both cells.
        same = len(cell.text) == 1 or cell.text[-1] == following.text[0]
        if overlaps and rest != following.text and cell.text.isdigit() and same:
            kept[index + 1] = replace(following, recognition=replace(following.recognition, text=rest), x0=cell.x1)
    return tuple(kept)


def _with_joined_groups(words: Sequence[Word]) -> list[Word]:
    """The words with an amount that stands in two cells, cut behind its separator, as one."""
    joined: list[Word] = []
    for word in words:
        before = joined[-1] if joined else None
        if before and before.cell is not word.cell and _are_groups(before, word):
            joined[-1] = replace(before, text=before.text + word.text, cell=word.cell, x1=word.x1)
        else:
            joined.append(word)
    return joined


def _are_groups(before: Word, word: Word) -> bool:
    """Whether two words are one amount: cut behind its separator, or directly before it."""
    if _GROUP_BEFORE.match(before.text) and _GROUP.match(word.text):
        return True
    near = word.x0 - before.x1 < MAX_GROUP_GAP * word.cell.height
    return near and before.text.isdigit() and len(before.text) <= 3 and clipped_amount(word.text) is not None


def _without_touching_text(word: Word) -> list[Word]:
    """The word, or the Korean barcode at its start and the text that touches it: `8801234567893900ml`."""
    code = _TOUCHED_CODE.match(word.text)
    if code is None or not has_check_digit(code[0]):
        return [word]
    middle = word.x0 + (word.x1 - word.x0) * len(code[0]) / len(word.text)
    return [replace(word, text=code[0], x1=middle), replace(word, text=word.text[len(code[0]) :], x0=middle)]


def _with_zeros(words: list[Word]) -> list[Word]:
    """The words with zeros for letters alone in the columns of unit price and amount: `군만두 o 1 o`."""
    alone = [word.text.lower() == "o" and word.is_alone for word in words]
    if len(words) < 4 or not (alone[-1] and alone[-3] and words[-2].text.isdigit()):
        return words
    return [replace(word, text="0") if zero else word for word, zero in zip(words, alone, strict=True)]


def _with_triangle(words: list[Word]) -> list[Word]:
    """The words with a minus for a triangle before the last one, which may be apart from it or read as a letter."""
    last = words[-1] if len(words) > 1 else None
    if last is None:
        return words
    if _TRIANGLE.fullmatch(words[-2].text) and parse_amount(last.text):
        return [*words[:-2], replace(last, text=f"-{last.text}", x0=words[-2].x0)]
    if last.is_alone and (letter := _TRIANGLE_AS_LETTER.fullmatch(last.text)):
        return [*words[:-1], replace(last, text=f"-{letter[1]}")]
    return words


def _with_weights(words: list[Word]) -> list[Word]:
    """The words with a weight and its unit before a price per unit as one word: `1.385 kg  16,800/kg  23,268`."""
    for at in range(len(words) - 3, 0, -1):
        weight, unit = words[at - 1 : at + 1]
        if unit.text in ("kg", "KG", "g") and _DECIMAL.fullmatch(weight.text) and _PER.match(words[at + 1].text):
            joined = replace(unit, text=f"{weight.text}{unit.text}", x0=weight.x0)
            return [*words[: at - 1], joined, *words[at + 1 :]]
    return words


def _without_units(words: list[Word]) -> list[Word]:
    """The words without what a price is for, behind the sign of a product: `0.486kg x 158,000/kg 76,788`."""
    pairs = [(None, words[0]), *pairwise(words)] if words else []
    texts = [
        _PER.sub(r"\1", word.text)
        if word.text.startswith("@") or (before and (TIMES.match(before.text) or _WEIGHED.search(before.text)))
        else _AT.sub("", word.text)
        for before, word in pairs
    ]
    return [word if text == word.text else replace(word, text=text) for word, text in zip(words, texts, strict=True)]


def _with_whole_amount(words: list[Word]) -> list[Word]:
    """The words with a last one that stands apart read as an amount: with a letter behind it, or a part clipped off.

    A clipped last digit also needs a quantity before it, or a 0: times of day have the same form.
    """
    marks = [*takewhile(lambda word: _TRAILING_MARK.match(word.text), reversed(words))][::-1]
    bare = words[: len(words) - len(marks)]
    if len(bare) < 2 or not bare[-1].is_before(marks):
        return words
    *others, last = bare
    if marked := _TAX_MARKED.fullmatch(last.text):
        return [*others, replace(last, text=marked[1])]
    counted = parse_quantity(others[-1].text) is not None or last.text.endswith("0")
    if (won := clipped_amount(last.text)) is None or (won >= 1000 and not counted):
        return words
    return [*others, replace(last, text=f"￦{won}"), *marks]


def _with_currency(words: list[Word]) -> list[Word]:
    """The words with a currency sign for another one before amounts in cells of their own: `샷 | +500`, `김 | #860`."""
    last = words[-1] if len(words) > 1 else None
    return [
        replace(word, text=f"￦{word.text.strip('+＋*#￦₩')}")
        if word.is_alone and (word is last or word.text.startswith("#")) and _SIGNED.fullmatch(word.text)
        else word
        for word in words
    ]


def _with_option_price(words: list[Word], text: str) -> list[Word]:
    """The words with the price of a choice without its brackets, and with a currency sign."""
    priced = PRICED_OPTION.fullmatch(text) if len(words) > 1 else None
    if priced is None or DISCOUNT_PARTS.search(text):
        return words
    return [*words[:-1], replace(words[-1], text=f"￦{priced['won'] or priced['added']}")]


def _without_slashes(words: list[Word]) -> list[Word]:
    """The words without slashes between name, count and amount: `배추 1망 / 2개 / 19,800원`."""
    if not any(word.text == "/" for word in words):
        return words
    others = [word for word in words if word.text != "/"]
    _, used = parse_item_numbers([word.text for word in others])
    numbers = {id(word) for word in others[len(others) - used :]}
    between = {id(word) for word, following in pairwise(words) if word.text == "/" and id(following) in numbers}
    return [word for word in words if id(word) not in between]


def _without_net(words: list[Word]) -> list[Word]:
    """The words without what remains after a discount: `할인 -400 적용후 3,580`."""
    negative = next((place for place, word in enumerate(words) if place and _is_negative(word.text)), None)
    if negative is None or negative > len(words) - 3 or parse_amount(words[-1].text) is None:
        return words
    if any(parse_amount(word.text) for word in words[:negative]):
        return words
    between = label_of("".join(word.text for word in words[negative + 1 : -1]))
    return words[: negative + 1] if _NET.fullmatch(between) else words


def _is_negative(text: str) -> bool:
    amount = parse_amount(text)
    return amount is not None and amount.won < 0


def _total_or_first_sum(words: list[Word]) -> list[Word]:
    """The words; of several labels in one row, each with its amount, the total or the first: `소계 8,700 할인 -250`.

    What follows a total and is no such pair is left out: `합계금액 353,440 원정 인수자`.
    """
    amounts = (parse_amount(word.text) for word in words)
    ends = [place for place, won in enumerate(amounts, start=1) if won and (won.is_money or won.won >= 10 * MIN_PRICE)]
    if len(ends) == 1 and ends[0] < len(words) and not words[-1].text[-1:].isdigit():
        label = label_of("".join(word.text for word in words[: ends[0] - 1] if parse_quantity(word.text) is None))
        is_total = marker_of(label, exact=True) in TOTALS and "," in words[ends[0] - 1].text
        return words[: ends[0]] if is_total else words
    if len(ends) < 2 or ends[-1] != len(words) or any("=" in word.text for word in words):
        return words
    parts = [words[a:b] for a, b in pairwise([0, *ends])]
    markers = [marker_of(label_of("".join(word.text for word in part[:-1])).strip("+"), exact=True) for part in parts]
    if not all(markers):
        return words
    order = [*TOTALS, *markers]
    return min(zip(markers, parts, strict=True), key=lambda labelled: order.index(labelled[0]))[1]


def _without_stray(words: list[Word]) -> list[Word]:
    """The words without a stray one next to the paper, to the right of a full set of numbers."""
    if len(words) >= 5 and len(words[-1].text) <= 3 and not any(c.isdigit() for c in words[-1].text):
        numbers, used = parse_item_numbers([word.text for word in words[:-1]])
        if numbers and used >= 3 and numbers.consistent:
            return words[:-1]
    return words


def _split_columns(words: list[Word]) -> list[Word]:
    """The words with unit price, quantity and amount apart if some of them touch and their product proves it."""
    numbers, _ = parse_item_numbers([word.text for word in words])
    if numbers and numbers.consistent and numbers.unit_price is not None:
        return words
    for taken in (1, 2):
        tail = words[-taken:]
        text = " ".join(word.text for word in tail)
        for columns in filter(None, (pattern.fullmatch(text) for pattern in _GLUED_COLUMNS)):
            price, count, amount = (int(column.replace(",", "")) for column in columns.groups())
            if price * count == amount:
                return [*words[:-taken], *_pieces(tail, columns)]
    return words


def _pieces(words: Sequence[Word], columns: re.Match[str]) -> Iterator[Word]:
    """The columns as words. `words`: joined by spaces they are the text that was matched."""
    start = 0
    for word in words:
        pitch = (word.x1 - word.x0) / len(word.text)
        end = start + len(word.text)
        for column in range(1, len(columns.groups()) + 1):
            if start <= columns.start(column) and columns.end(column) <= end:
                x0, x1 = (word.x0 + (edge - start) * pitch for edge in columns.span(column))
                yield replace(word, text=columns[column], x0=x0, x1=x1)
        start = end + 1


def _with_proven_amounts(words: list[Word]) -> list[Word]:
    """The words with amounts that only their product proves.

    A digit may be a letter (`300 2 6OO`), or a separator be lost (`6,200 6 37 200`).
    """
    if len(words) < 3 or _is_product(words):
        return words
    return next(filter(_is_product, (_with_digits(words), *_with_separators(words))), words)


def _is_product(words: Sequence[Word]) -> bool:
    """Whether the words end in an amount that is exactly unit price times quantity."""
    numbers, _ = parse_item_numbers([word.text for word in words])
    return numbers is not None and numbers.product_confirmed and numbers.product == numbers.amount > 0


def _with_digits(words: list[Word]) -> list[Word]:
    """The words with digits for letters in an amount below 1,000, or in a unit price in its own cell."""
    columns = [
        replace(word, text=with_small_digits(word.text) or word.text) if word is words[-1] or word.is_alone else word
        for word in words[-3:]
    ]
    return [*words[:-3], *columns]


def _with_separators(words: list[Word]) -> Iterator[list[Word]]:
    """The words with the last pair of `37 200`, another one, or two of them among the numbers as one amount."""
    pairs = [at for at in range(max(0, len(words) - 5), len(words) - 1) if _may_be_groups(words[at], words[at + 1])]
    for at in reversed(pairs):
        yield _joined(words, at)
    for first, second in combinations(pairs, 2):
        if second > first + 1:
            yield _joined(_joined(words, second), first)


def _may_be_groups(before: Word, word: Word) -> bool:
    return _THOUSANDS.fullmatch(before.text) is not None and _GROUP.match(word.text) is not None


def _joined(words: list[Word], at: int) -> list[Word]:
    """The words with the one at index `at` and the next as one amount."""
    before, word = words[at : at + 2]
    return [*words[:at], replace(word, text=f"{before.text},{word.text}", x0=before.x0), *words[at + 2 :]]


def _with_sign(words: list[Word]) -> list[Word]:
    """The words with a minus for an amount in brackets behind a word or a percentage for a discount."""
    bracketed = _BRACKETED.fullmatch(words[-1].text) if words else None
    before = " ".join(word.text for word in words[:-1])
    if bracketed and _LEVEL.search(before):
        return [*words[:-1], replace(words[-1], text=bracketed[1])]
    if bracketed and (DISCOUNT_PARTS.search(before) or _PERCENTAGE.search(before)):
        return [*words[:-1], replace(words[-1], text=f"-{bracketed[1]}")]
    brackets = [word.text for word in words[:-1] if word.text.startswith(("(", "["))]
    opened = bool(brackets) and (words[-2].text == brackets[-1] or not brackets[-1].endswith((")", "]")))
    if opened and _CLOSED_MINUS.fullmatch(words[-1].text):
        return [*words[:-1], replace(words[-1], text=words[-1].text[:-1])]  # `(30% -6,300)`
    return words
