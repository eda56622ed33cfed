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

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
MAX_URL = 2000
"""Longer URLs are dropped; the database does not accept them."""

_URL = re.compile(r"(?i:(https?)://)([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?(?:[/?][^\s\\<>\"']*)?)", re.ASCII)
_SPACES = re.compile(r"\s+")
_PLACEHOLDERS = {"null", "none", "nan", "undefined", "n/a", "unknown", "없음", "해당없음", "미상"}
_MAX_NUMBER_NAME = 7
"""Longest name that consists of digits, such as the beer 1664: a longer one is a barcode."""


def parse_object(body: bytes) -> dict[str, Any]:
    """A response body as a JSON object with clean text and finite numbers. Raises: ValueError: it is something else."""
    try:
        # Not strict: names contain unescaped line breaks and tabs.
        value = json.loads(
            decode(body), strict=False, parse_constant=_no_number, parse_float=_finite, parse_int=_integer
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    cleaned: dict[str, Any] = _clean(value, 0)
    return cleaned


def decode(body: bytes) -> str:
    """The text of a body in UTF-8, UTF-16 or EUC-KR. The declared encoding is ignored, because it is often wrong."""
    encoding = json.detect_encoding(body)
    text = body.decode(encoding, "replace")
    damaged, foreign = text.count("\N{REPLACEMENT CHARACTER}"), sum(not c.isascii() for c in text)
    if 5 * damaged < foreign or not damaged:
        return text  # at most a character or two are damaged; in EUC-KR nearly all of them appear to be
    try:
        return body.decode("cp949")
    except UnicodeDecodeError:
        return text


def clean_text(text: str) -> str:
    """Composed (NFC) text without control characters, invisible marks and surrogates; white space becomes spaces."""
    text = text.replace("\N{REPLACEMENT CHARACTER}", "")
    if not text.isprintable():  # it rarely is not, and a loop over a long text takes time
        text = "".join(c for c in _SPACES.sub(" ", text) if c.isprintable())
    return unicodedata.normalize("NFC", text)


def text_of(value: object) -> str | None:
    """A field as one line of plain text, without HTML; None if it is empty, a placeholder or not a scalar."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = html.unescape(html.unescape(str(value)))  # some are escaped twice
    text = _SPACES.sub(" ", clean_text(_TAG.sub(" ", text))).strip()
    if not any(c.isalnum() for c in text) or text.lower() in _PLACEHOLDERS:
        return None
    return text


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
        return {clean_text(key): _clean(member, depth + 1) for key, member in value.items()}
    if isinstance(value, list):
        return [_clean(member, depth + 1) for member in value]
    return value


def _no_number(_: str) -> None:
    """NaN and Infinity are not JSON."""
    return


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if abs(number) < float("inf") else None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits
