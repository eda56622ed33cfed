"""Amounts in won and quantities, as thermal printers print them and as OCR reads them.

Receipts print `1,700`, `-500`, `6,420원`, `￦1,000`, `5,480E`, `500-`, `△500`. OCR reads the comma as in `1.700` and
`1，700`, adds a gap after it (`22, 600`), and reads digits as letters (`1,OOO`).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from ocr_service.parsing.units import with_grams

LOOK_ALIKES = str.maketrans({"O": "0", "o": "0", "D": "0", "Q": "0", "l": "1", "I": "1", "|": "1", "i": "1"})
_IN_GROUPS = LOOK_ALIKES | str.maketrans(
    {"B": "8", "S": "5", "g": "9", "q": "9", "Z": "2", "z": "2", "b": "6", "G": "6", "T": "7", "A": "4"}
)
"""Letters that are digits only if a separator shows that the word is an amount; from g on it must be a comma."""
MAX_WON = 100_000_000
"""Amounts are below this; longer runs of digits are codes."""

_GAP = re.compile(r"(?<=\d)(?:[,.，]\s+|\s+[,，])(?=[\dOo]{3}(?![\dOo]))|(?<=\d)\s(?=000(?!\d))")
_LEADERS = re.compile(r"[.·…]{2,}(?=\s*[￦₩]?\d)")
"""Dots from a name to its amount."""
_COMMA = str.maketrans({"，": ",", "、": ",", "`": ",", "'": ",", "’": ","})
_DIGIT = r"[\dOoDQlI|iBS]"
_ANY_DIGIT = r"[\dOoDQlI|iBSgqZzbGTA]"
_GROUPED = re.compile(
    rf"{_DIGIT}{{1,3}}(?:[,.]{_DIGIT}{{3}})+|[\dOoDQlI|iSgqZz]{_ANY_DIGIT}{{0,2}}(?:,{_ANY_DIGIT}{{3}})+"
    rf"|{_ANY_DIGIT}(?:,{_DIGIT}{{3}})+"
)
"""Letters that resemble digits may stand for them, but not those that sizes begin with: `A4`."""
_WEIGHT = re.compile(r"0\.\d{3}")
_PLAIN = re.compile(r"\d{1,7}")
_SMALL = re.compile(rf"(?=.*\d){_ANY_DIGIT}{{2,3}}원?")
_CLIPPED = re.compile(r"[,.](\d{3})|(\d{1,3}),(\d{2})")
"""An amount whose thousands or last digit was not detected: `,200원`, `6,00`. The last digit is nearly always 0."""
_PREFIX = re.compile(r"^(?:[￦₩\\$]|[Ww](?=\d)|#(?=\d{1,3}(?:,\d{3})+원?$|0$))+")
_SUFFIX = re.compile(r"(?:원|[*#EeTtVvNFS])+$")
_TAX_LETTER = re.compile(r"(?<=,\d{3})[면과비영r왼윈웜월]$|(?<=^\d\d0)[면과]$|(?<=^\d0)면$")
_MARK_AS_DIGIT = re.compile(r"(?<=\d,\d\d0)\d$")
"""A tax mark, or the start of the next column, read as a fourth digit behind the last separator: `3,9808`."""
_SPECKS = re.compile(r"^[.,:;|'`]+(?=\d{1,3}[,.])|(?<=[,.]\d{3})[.,:;|'`]+$|(?<=[,.]\d{3}원)[.,:;|'`]+$")
_REPEATED_SEPARATOR = re.compile(r"(?<=\d)[.,]{2,}(?=\d{3})")
_CENTS = re.compile(r"(?<=,\d{3})\.00$")
_MINUS = re.compile(r"^[-−–—△▲▽▼]+\s*")
_BRACKETED_MINUS = re.compile(r"^\([-−–]\)(?=[\d￦₩])|^[\[(][-−–](?=[\d,.]+원?[\])]$)")
"""`(-)500`, `(-500)`, `[-500]`."""
_QUANTITY = re.compile(
    r"^[xX×*]?(\d{1,3}|\d{1,4}(?=[gG]$)|\d,\d{3}(?=[gG]$)|\d{1,2}\.\d{1,3})(?:[.,](?=(?:EA|ea|개)$))?"
    r"(개|EA|ea|kg|KG|Kg|g|G|팩|봉지?|입|병|캔|잔|판|마리|인분|박스|BOX|세트|SET"
    r"|모|단|포기?|망|통|줄|송이|손|꾸러미|묶음|롤|매|장|켤레|근|조각|그릇|되|회|접시)?$"
)
_BAR = re.compile(r"(?<=\d)[lI|]$")
"""The line between two columns, read as the last digit."""
_BRACKETS = re.compile(r"^\((\d{1,2}(?:개|EA)?)\)$")
_GLUED = re.compile(
    r"(?<=[가-힣)\]])(?<!^\(-\))(?=\d{1,3}(?:,\d{3})+$)|(?<=\d,\d{3})(?=-(?:\d{1,3},)?\d{2}0$)"
    r"|(?:(?<=[가-힣)\]]:)|(?<=^:))(?=[￦₩]?-?(?:\d{1,3}(?:,\d{3})+원?|\d+원)$)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in won. `is_money`: a thousands separator, a sign or a currency mark proves that it is one."""

    won: int
    is_money: bool


@dataclass(frozen=True, slots=True)
class Quantity:
    """How many, and the unit (`개`, `kg`, …) if it is printed."""

    value: Decimal
    unit: str | None


def split_tokens(text: str) -> list[tuple[str, int, int]]:
    """Words of a line with their start and end offsets. A number that OCR split at the comma is one word.

    An amount joined to the end of a name or to a colon becomes a word of its own.
    """
    words = []
    position = 0
    joined = _LEADERS.sub(lambda dots: " " * len(dots[0]), text)
    joined = _GAP.sub(lambda gap: "\0" * len(gap[0]), joined)
    for word in joined.split():
        start = joined.index(word, position)
        position = start + len(word)
        cut = _GLUED.search(word.translate(_COMMA))
        pieces = [word[: cut.start()], word[cut.start() :]] if cut and "\0" not in word else [word]
        for piece in pieces:
            words.append((re.sub("\0+", ",", piece), start, start + len(piece)))
            start += len(piece)
    return words


@lru_cache(maxsize=4096)
def parse_amount(text: str) -> Amount | None:
    """The amount that the whole word denotes, negative for a deduction; None if it is not an amount."""
    bare = text.strip()
    text = _BRACKETED_MINUS.sub("-", bare)
    if text != bare:
        text = text.removesuffix(")").removesuffix("]")
    text = _REPEATED_SEPARATOR.sub(",", _SPECKS.sub("", text.translate(_COMMA)))
    body = _PREFIX.sub("", text)
    bare = _MINUS.sub("", body)
    negative = bare != body
    currency = body != text or "원" in bare
    bare = _PREFIX.sub("", bare)
    bare = _CENTS.sub("", _MARK_AS_DIGIT.sub("", _SUFFIX.sub("", _TAX_LETTER.sub("", bare))))
    if bare.endswith(("-", "−")) and not negative:
        # Behind a currency sign it closes the amount: `￦5,000-`.
        bare, negative = bare[:-1], body == text
    grouped = _GROUPED.fullmatch(bare) is not None and any(character.isdigit() for character in bare)
    if not grouped and not _PLAIN.fullmatch(bare):
        return None
    if bare.startswith("0") and (_WEIGHT.fullmatch(bare) if grouped else len(bare) > 1):
        return None  # line numbers, codes and weights start with a zero, amounts do not
    won = int(re.sub("[,.]", "", bare.translate(_IN_GROUPS)))
    if won >= MAX_WON:
        return None
    return Amount(won=-won if negative else won, is_money=grouped or negative or currency)


def clipped_amount(text: str) -> int | None:
    """What is left of an amount without its thousands (`,200원`: 200) or without its last digit (`6,00`: 6000)."""
    bare = _PREFIX.sub("", text.strip().translate(_COMMA))
    clipped = _CLIPPED.fullmatch(_SUFFIX.sub("", bare))
    return int(clipped[1] or f"{clipped[2]}{clipped[3]}0") if clipped else None


def with_small_digits(text: str) -> str | None:
    """An amount below 1,000 with digits for letters: 600 for `6OO`. Without a separator it may be another word, too."""
    return text.translate(_IN_GROUPS) if _SMALL.fullmatch(text) else None


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Quantity | None:
    """The quantity in `2`, `(2)`, `2개`, `2|`, `x2`, `0.532kg` or `-1`; None for anything else, including zero."""
    bare = _BAR.sub("", _BRACKETS.sub(r"\1", text.strip()))
    match = _QUANTITY.match(with_grams(_MINUS.sub("", bare)).translate(LOOK_ALIKES))
    value = Decimal(match[1].replace(",", "")) if match else None
    return Quantity(value=value, unit=match[2]) if match and value else None
