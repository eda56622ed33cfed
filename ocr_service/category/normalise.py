"""The text normaliser of both training and serving, which must see the same characters."""

import re
import unicodedata

NORMALISER_VERSION = "nfkc-frame-1"
"""Stored in every exported category model and compared on load. Change it whenever this module's output changes."""

START, END = "␂", "␃"
"""Mark start and end of the product's own name. Korean compounds end in their head noun, so a model that sees the end
distinguishes 우유식빵 (bread) from 식빵우유 (milk)."""

_MAKER = re.compile(r"[^()]{1,5}\)(?=.)")
_UNITS = "[A-Za-z]{1,3}|입|개입|개|매|구|봉|팩|병|캔|단|마리|인분|인|호|정|포|겹|롤|미|종|모|송이|통|박스|묶음"
# The group is atomic: otherwise a name with many digits would take exponential time.
_ENDINGS = re.compile(
    rf"(?>\s*\([^()]*\)?|\s*\[[^\]]*\]?|[\s*xX/]*\d[\d.,]*\s*(?:{_UNITS})?(?:\s*[*xX]\s*\d+\w?)?\)?)+$"
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
    bare = _ENDINGS.sub("", name) or name
    maker = _MAKER.match(bare)
    start = maker.end() if maker else 0
    return f"{bare[:start]}{START}{bare[start:]}{END}{name[len(bare) :]}".replace(" ", "")
