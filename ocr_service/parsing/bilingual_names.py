"""Lists that print each name twice, in Latin letters and in Korean, in rows above each other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ocr_service.parsing.item_numbers import MIN_PRICE
from ocr_service.parsing.labels import ABOUT_CHOICES, DATED, DISCOUNT_PARTS, NOTICE_PARTS, REMARK, is_choice, label_of
from ocr_service.parsing.lines import Line

MIN_NAMES = 3
MIN_SHARE = 0.8
"""How many names, and which share of them, must be printed twice."""
MIN_LETTERS = 4
"""Letters of a name; fewer are those of a choice such as `ICE`."""
_HANGUL = re.compile(r"[가-힣]")
_KOREAN_NAME = re.compile(r"[가-힣].*[가-힣]")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_REMARK = re.compile(r"\W*(?:색\s*상|칼\s*라|컬\s*러|사\s*이\s*즈|옵\s*션|규\s*격|원\s*산\s*지|제\s*조|모\s*델)")
"""The start of a row about the item above."""
_COLOUR = re.compile(
    r"(?:라이트|다크|딥|페일|연|진)?\s*(?:블랙|화이트|아이보리|베이지|그레이|차콜|네이비|레드|와인|블루|소라|핑크|옐로우?|그린|카키|브라운|민트|퍼플"
    r"|바이올렛|라벤더|오렌지|실버|골드|데님|검정|흰|하양|빨강|파랑|노랑|초록|보라|분홍|회|남|갈|하늘|은|금)색?[^가-힣]*$"
)
"""A row with the colour and size of an item."""
_MAKER = re.compile(
    r"(?:제약|약품|양행|바이오|헬스케어|케미칼|식품|푸드|농산|수산|산업|상사|전자|코리아|컴퍼니|그룹|홀딩스|무역|주식회사|\(주\)|㈜)\W*$|^(?:\(주\)|㈜)"
)
"""The name of a maker."""


def with_korean_names(lines: Sequence[Line]) -> tuple[Sequence[Line], Mapping[int, int]]:
    """The lines with the Korean ones of names that are printed twice, which the categories are known by.

    The second value has the rows that are left out, each with the index of the row that its item is read from. It is
    empty, and the lines are as they were, unless nearly all names of the list are printed twice.
    """
    pairs = max(([*_pairs(lines, latin_first=first)] for first in (True, False)), key=len)
    if len(pairs) < MIN_NAMES:
        return lines, {}
    listed = range(pairs[0][0], pairs[-1][1] + 1)
    if len(pairs) < MIN_SHARE * sum(_is_item(lines[row]) for row in listed) or not _are_translations(lines, pairs):
        return lines, {}
    if (_may_be_remarks(lines, pairs) or _are_of_items(lines, pairs)) and not _share_figures(lines, pairs):
        return lines, {}
    read = list(lines)
    left_out = {}
    for first, second in pairs:
        korean, latin = (first, second) if _HANGUL.search(_text(lines[first])) else (second, first)
        if _is_priced(lines[korean]) or (latin < korean and not _is_priced(lines[latin])):
            kept, other = korean, latin
        else:
            kept, other = latin, korean
        read[kept] = _named(lines[kept], lines[korean], lines[other])
        left_out[other] = kept
    return read, left_out


def _pairs(lines: Sequence[Line], *, latin_first: bool) -> Iterator[tuple[int, int]]:
    """The rows of each name that is printed twice, with numbers beside one of the rows or in the row below them."""
    index = 0
    while index + 1 < len(lines):
        first, second = lines[index], lines[index + 1]
        latin, korean = (first, second) if latin_first else (second, first)
        below = lines[index + 2] if index + 2 < len(lines) else None
        priced = [_is_priced(line) for line in (first, second)]
        numbered = sum(priced) == 1 or (not any(priced) and below is not None and _has_only_numbers(below))
        if numbered and _is_latin(latin) and _is_korean(korean) and not _is_about(korean, latin):
            yield index, index + 1
            index += 1
        index += 1


def _are_translations(lines: Sequence[Line], pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether each name stands beside one other name only, unlike colours and choices, and most have as many words in
    Latin letters at least, unlike brands.
    """
    names = {(_text(lines[first]), _text(lines[second])) for first, second in pairs}
    distinct = [len({label_of(pair[place]) for pair in names}) for place in (0, 1)]
    words = [
        [len(name.split()) for name in sorted(pair, key=lambda name: bool(_HANGUL.search(name)))] for pair in names
    ]
    return min(distinct) >= MIN_SHARE * len(names) and 2 * sum(a >= b for a, b in words) > len(names)


def _may_be_remarks(lines: Sequence[Line], pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether a Korean row stands below the numbers of a name, as remarks about the item do: `호주산 냉동`."""
    return any(_is_priced(lines[first]) and _HANGUL.search(_text(lines[second])) for first, second in pairs)


def _are_of_items(lines: Sequence[Line], pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether most Korean rows have the colour or the maker of an item."""
    rows = [_text(lines[row]) for pair in pairs for row in pair if _HANGUL.search(_text(lines[row]))]
    return 2 * sum(_COLOUR.match(text) is not None or _MAKER.search(text) is not None for text in rows) > len(pairs)


def _share_figures(lines: Sequence[Line], pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether most pairs have a size or another figure in common: `쌀 5kg` and `RICE 5KG`."""
    figures = [[set(_FIGURE.findall(_text(lines[row]))) for row in pair] for pair in pairs]
    return 2 * sum(bool(first & second) for first, second in figures) > len(pairs)


def _named(kept: Line, korean: Line, other: Line) -> Line:
    """The row that is kept, with the Korean name and the code of the other one."""
    if kept is not korean:
        kept = replace(kept, name=korean.row.text, name_cells=korean.row.cells) if _is_priced(kept) else korean
    if kept.barcode is None and other.barcode:
        kept = replace(kept, barcode=other.barcode, code_cells=other.code_cells)
    return kept


def _is_latin(line: Line) -> bool:
    text = _text(line)
    return line.marker is None and not _HANGUL.search(text) and len(label_of(text)) >= MIN_LETTERS


def _is_korean(line: Line) -> bool:
    text = _text(line)
    other = not _is_priced(line) and (_REMARK.match(text) or is_choice(text) or REMARK.fullmatch(text))
    other = other or any(part.search(text) for part in (DATED, DISCOUNT_PARTS, NOTICE_PARTS))
    return line.marker is None and not other and _KOREAN_NAME.search(text) is not None


def _is_about(korean: Line, latin: Line) -> bool:
    """Whether a Korean row is about the item whose name and numbers are in the other row: a choice, or indented."""
    indent = korean.row.cells[0].x0 - latin.row.cells[0].x0
    return _is_priced(latin) and (indent > latin.row.height or ABOUT_CHOICES.search(korean.row.text) is not None)


def _text(line: Line) -> str:
    """The name, with the figures of its size unless they are numbers of the item."""
    return line.name if _is_priced(line) or line.barcode else line.row.text


def _is_priced(line: Line) -> bool:
    """Whether the row has the numbers of an item, rather than a size at the end of its name."""
    numbers = line.numbers
    if numbers is None or not line.is_named:
        return False
    apart = not set(line.number_cells) & set(line.name_cells)
    return line.is_priced or (numbers.quantity is not None and apart)


def _has_only_numbers(line: Line) -> bool:
    return line.numbers is not None and not line.is_named and line.numbers.amount >= MIN_PRICE


def _is_item(line: Line) -> bool:
    """Whether the row has the amount of an item."""
    priced = _is_priced(line) or _has_only_numbers(line)
    return line.marker is None and priced and line.numbers is not None and line.numbers.amount >= MIN_PRICE
