"""Providers' responses as clean data: readable text in any of the encodings in use, and JSON that a database stores.

Postgres rejects NUL characters, lone surrogates and numbers such as NaN, and one of them in a row would make every
attempt to store the row fail. They are removed before the response is interpreted.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Any

MAX_DEPTH = 32
"""Values nested deeper are dropped. No provider nests deeper than 6."""

MAX_DIGITS = 18
"""Longer integers become text: some are longer than Python converts."""

MAX_FIELD_CHARACTERS = 10_000
"""Fields are cut here before they are interpreted. A name of 200 characters is shorter, however it is escaped."""

_TAG = re.compile(r"<!--.{0,200}?-->|</?[A-Za-z][^<>]{0,200}>|<!\[CDATA\[|\]\]>")
# Not every brace: warnings of servers contain `{main}`, and style sheets rules.
_OBJECT_START = re.compile(r'\{\s*["}]')
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
MAX_URL = 2000
"""Longer URLs are dropped; the database does not accept them."""

_URL = re.compile(r"(?i:(https?)://)([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?(?:[/?][^\s\\<>\"']*)?)", re.ASCII)
_SPACES = re.compile(r"\s+")
# Letters and marks that show nothing, although Unicode calls them printable.
_BLANKS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e0fff]+")
# Composing a run of n marks takes n² steps. Unicode's stream-safe text format has at most 30 in a row.
_MARKS = re.compile(r"([^\w\s\x00-\x7f]{30})[^\w\s\x00-\x7f]+")
_MAX_ESCAPES = 5  # some texts are escaped more than once
# Compared without spaces and punctuation.
_PLACEHOLDERS = {"null", "none", "nan", "undefined", "na", "unknown", "noname"}
_PLACEHOLDERS |= {"없음", "해당없음", "해당사항없음", "알수없음", "미상", "미등록"}
_MAX_NUMBER_NAME = 7
"""Longest name that consists of digits, such as the beer 1664: a longer one is a barcode."""


def parse_object(body: bytes) -> dict[str, Any]:
    """The first JSON object in a response body, with clean text and finite numbers.

    Some servers send something before or after it: a second byte order mark, a warning of theirs, a comment.

    Raises:
        ValueError: there is no object, or it is not complete.
    """
    text = decode(body)
    start = _OBJECT_START.search(text)
    if start is None:
        raise ValueError("no object")
    try:
        value, _ = _DECODER.raw_decode(text, start.start())
    except RecursionError:
        raise ValueError("nested too deeply") from None
    cleaned: dict[str, Any] = _clean(value, 0)
    return cleaned


def decode(body: bytes) -> str:
    """The text of a body in UTF-8, UTF-16 or EUC-KR. The declared encoding is ignored, because it is often wrong.

    Single damaged characters, such as a name that was cut in the middle of one, become replacement characters.
    """
    text = body.decode(json.detect_encoding(body), "replace")
    damaged, foreign = text.count(_REPLACEMENT), sum(not c.isascii() for c in text)
    # Hangul has three bytes in UTF-8. In EUC-KR hardly any three bytes look like it, and nearly all are damaged.
    intact = sum("\u0800" <= c != _REPLACEMENT for c in text) if damaged else 0
    if damaged <= intact or 5 * damaged < foreign:
        return text
    korean = body.decode("cp949", "replace")
    return korean if korean.count(_REPLACEMENT) < damaged else text


def clean_text(text: str) -> str:
    """Composed (NFC) text without control characters, invisible marks and surrogates; white space becomes spaces."""
    if text.isascii() and text.isprintable():
        return text
    text = _BLANKS.sub("", text.replace(_REPLACEMENT, ""))
    if not text.isprintable():  # it rarely is not, and a loop over a long text takes time
        text = "".join(c for c in _SPACES.sub(" ", text) if c.isprintable())
    return unicodedata.normalize("NFC", _MARKS.sub(r"\1", text))


def text_of(value: object) -> str | None:
    """A field as one line of plain text, without HTML; None if it is empty, a placeholder or not a scalar.

    Converters from XML write a scalar as a list of one, or as an object with one member: `{"#text": "1 L"}`.
    """
    while isinstance(value, list | dict) and len(value) == 1:
        value = next(iter(value.values() if isinstance(value, dict) else value))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)[:MAX_FIELD_CHARACTERS]
    for _ in range(_MAX_ESCAPES):
        escaped, text = text, html.unescape(text)
        if text == escaped:
            break
    text = _SPACES.sub(" ", clean_text(_TAG.sub(" ", text))).strip()
    key = "".join(c for c in text.lower() if c.isalnum())
    return None if not key or key in _PLACEHOLDERS else text


def image_url_of(value: object) -> str | None:
    """A field as the URL of an image, always over HTTPS; None if it is not an absolute web URL.

    `http` becomes `https`, as browsers do for images in a secure page: apps may not load the former.
    """
    match = _URL.fullmatch(text_of(value) or "")
    if match is None or (match[1].lower() == "http" and ":" in match[2].partition("/")[0]):
        return None  # a port that speaks HTTP does not speak HTTPS
    url = f"https://{match[2]}"
    return url if len(url) <= MAX_URL else None


def name_of(value: object) -> str | None:
    """A field as the name of a product; None also if it is only a number."""
    text = text_of(value)
    if text is None or (len(text) > _MAX_NUMBER_NAME and not any(c.isalpha() for c in text)):
        return None
    return text


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, dict):
        # A key with invisible characters does not replace the one without.
        return {
            name: _clean(member, depth + 1)
            for key, member in value.items()
            if (name := clean_text(key)) == key or name not in value
        }
    if isinstance(value, list):
        return [_clean(member, depth + 1) for member in value]
    return value


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of several members with the same name, the last that is not empty."""
    value: dict[str, Any] = {}
    for name, member in members:
        if name not in value or member not in (None, "", [], {}):
            value[name] = member
    return value


def _no_number(_: str) -> None:
    """NaN and Infinity are not JSON."""
    return


def _finite(digits: str) -> float | int | None:
    """Whole numbers as integers: spreadsheets write a barcode as 8801234567893.0 or 8.801234567893E12."""
    number = float(digits)
    if abs(number) < 10**15 and number.is_integer():
        return int(number)
    return number if abs(number) < float("inf") else None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits


# Not strict: names contain unescaped line breaks and tabs.
_DECODER = json.JSONDecoder(
    strict=False,
    parse_constant=_no_number,
    parse_float=_finite,
    parse_int=_integer,
    object_pairs_hook=_object,
)
