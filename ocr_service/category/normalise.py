"""The text normaliser of both training and serving, which must see the same characters."""

import re
import unicodedata

NORMALISER_VERSION = "nfkc-frame-2"
"""Stored in every exported category model and compared on load. Change it whenever this module's output changes."""

START, END = "␂", "␃"
"""Mark start and end of the product's own name. Korean compounds end in their head noun, so a model that sees the end
distinguishes 우유식빵 (bread) from 식빵우유 (milk)."""

_MAKER = re.compile(r"[^()]{1,5}\)(?=.)")
_UNITS = "[A-Za-z]{1,3}|입|개입|개|매|구|봉|팩|병|캔|단|마리|인분|인|호|정|포|겹|롤|미|종|모|송이|통|박스|묶음"
# Words that tills print after a name without a figure. One-syllable counters end many names of products (조개, 피망,
# 한라봉, 세탁망), so they need two syllables, or a space, before them.
_COUNTERS = "박스|봉지|상자|묶음|세트|(?:(?<=[가-힣]{2})|\\s)[팩봉망]|\\s(?:개|단|통|병|캔|판|줄|모|포기|송이|마리)"
_SALE = "세일|할인|특가|행사|기획|증정"
_ORIGIN = "국내산|국산|수입산|외국산|\\s[가-힣]{1,4}산"
_PRICE = r"(?:\d[\d.,]*\s*)?(?:kg|KG|[gGmM][lL]?)\s*당|\d[\d,]*\s*원|(?<=[가-힣])\s*(?:kg|KG|Kg|ml|ML|g|G)"
# The groups are atomic: otherwise a name with many digits would take exponential time.
_ENDINGS = re.compile(
    r"(?>\s*\([^()]*\)?|\s*\[[^\]]*\]?"
    rf"|\s*(?:{_COUNTERS}|{_SALE}|{_ORIGIN}|{_PRICE})"
    rf"|[\s*xX/]*\d[\d.,]*\s*(?:{_UNITS})?(?:\s*[*xX]\s*\d+\w?)?\)?"
    r"|\s*/\s*[^/\s\d]{1,6}|(?:[^\w()\[\]%]|_)+)+$"
)
# Marks, remarks in brackets, and line numbers.
_BEGINNINGS = re.compile(
    r"(?>(?:[^\w(\[]|_)+|\([^()]*\)|\[[^\[\]]*\]|[A-Z]?\d{2,3}(?=[\s.*#])|[Pe](?=[\s@*가-힣])|(?:행사|특가|세일|할인)\s)+"
)


def normalise(text: str) -> str:
    """Return `text` in NFKC with runs of whitespace collapsed to one space and none at the ends.

    Idempotent. Lone surrogates, which JSON allows, become U+FFFD so that the result can always be encoded as UTF-8.
    """
    encodable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(unicodedata.normalize("NFKC", encodable).split())


def framed(name: str) -> str:
    """Return a normalised item name as input of the model.

    START and END enclose the name without maker, size, count and remarks. Spaces are removed, because shops and OCR
    set them inconsistently: `농심)신라면 컵 65g` and `농심)신라면컵65g` both give `농심)␂신라면컵␃65g`.
    """
    start = _beginning(name, 0)
    if maker := _MAKER.match(name, start):
        start = _beginning(name, maker.end())
    end = start + len(_ENDINGS.sub("", name[start:]))
    if end == start:
        start, end = 0, len(name)
    return f"{name[:start]}{START}{name[start:end]}{END}{name[end:]}".replace(" ", "")


def _beginning(name: str, start: int) -> int:
    """Return where the product's name begins after marks, remarks and line numbers from `start`."""
    match = _BEGINNINGS.match(name, start)
    return match.end() if match else start
