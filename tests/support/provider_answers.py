"""Hypothesis strategies for what providers send: their documented formats with the damage seen in the wild.

An answer is a hit that a person would recognise, whatever else is in it. `hits(provider)` makes them.
"""

from __future__ import annotations

import gzip
import html
import json
import re
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.support import barcode_servers as wire
from tests.support.barcode_servers import Reply

PROVIDERS = ("foodqr", "foodqr_data", "foodsafety", "openfoodfacts")

_NUMBER_MARK = "number:"
_RAW_NUMBERS = ("1e999", "-1e999", "NaN", "Infinity", "-Infinity", "9" * 5000, "1e-999", "0.1")
_INVISIBLE = ("\x00", "\x07", "\x1b", "\x7f", "\ud83d", "\udc00", "\u200b", "\u202e", "\ufeff", "\ufffe", "\ufffd")
_INVISIBLE += ("\u3164", "\u115f", "\u1160", "\uffa0", "\u034f", "\ufe0f", "\U000e0041")

names = st.builds(
    lambda maker, kind, size: f"{maker} {kind}{size}",
    st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=6),
    st.sampled_from(
        ["라면", "우유", "M&M's", "'매운' 새우", '"소문난" 김', "Pocky 초코", "두부(대)", "고추장<매운맛>", "100% 주스"]
    ),
    st.sampled_from(["", " 120g", " 1L", "*5입"]),
)
"""Names as they should be shown: one line, composed, with a Korean syllable."""

numbers = st.sampled_from(_RAW_NUMBERS).map(_NUMBER_MARK.__add__)
invisible = st.sampled_from(_INVISIBLE)
scalars = st.one_of(numbers, st.text(max_size=20), st.none(), st.booleans(), invisible, st.integers())
oddities = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8) | invisible, inner, max_size=3)
    ),
    max_leaves=8,
)
"""Values of fields that no code of ours reads."""


@dataclass(frozen=True)
class Hit:
    """An answer with a product: what to send for a path, and the name that it contains."""

    name: str
    answer: Callable[[str], Reply]


def disguised(name: str) -> st.SearchStrategy[str]:
    """Other spellings of a name that show as the same text."""

    def with_invisible(text: str, place: int, mark: str) -> str:
        place %= len(text) + 1
        return text[:place] + mark + text[place:]

    spelling = st.sampled_from(
        [
            name,
            html.escape(name),
            html.escape(html.escape(name)),
            html.escape(html.escape(html.escape(name))),
            unicodedata.normalize("NFD", name),
            name.replace(" ", "\r\n"),
            name.replace(" ", "\t "),
            name.replace(" ", "<br/>"),
            f"<![CDATA[{name}]]>",
            f"  {name}\n",
        ]
    )
    return st.one_of(
        spelling,
        # Not within an entity or a tag, which would no longer be one.
        st.builds(with_invisible, st.just(name), st.integers(0, 30), invisible),
    )


def encoded(document: Any) -> st.SearchStrategy[bytes]:
    """The bytes of a document, in an encoding and a compression that some server uses."""
    escaped = _with_numbers(json.dumps(document))
    plain = _with_numbers(json.dumps(document, ensure_ascii=False))
    no_surrogates = plain.encode("utf-8", "ignore").decode()
    texts = st.sampled_from(
        [
            escaped.encode(),
            plain.encode("utf-8", "surrogatepass"),
            no_surrogates.encode("utf-8-sig"),
            # Characters that EUC-KR lacks would be lost.
            escaped.encode() if _beyond_euc_kr(no_surrogates) else no_surrogates.encode("cp949"),
        ]
    )
    return st.builds(
        lambda body, frame, pack: pack(frame(body)), texts, st.sampled_from(_FRAMES), st.sampled_from(_COMPRESSIONS)
    )


def _cut(body: bytes) -> bytes:
    """With a field that ends in the middle of a character, as old systems cut texts to a number of bytes."""
    return b'{"cut": "\xb0", ' + body.lstrip(b"\xef\xbb\xbf")[1:]


_FRAMES: list[Callable[[bytes], bytes]] = [
    bytes,
    _cut,
    lambda body: b"\xef\xbb\xbf\xef\xbb\xbf" + body,
    lambda body: b"<br />\n<b>Warning</b>: rate() in /x.php on line 3<br />\n" + body,
    lambda body: b"<style>p { color: red }</style>#0 {main} thrown in /x.php on line 3\n" + body,
    lambda body: body + b"\n<!-- 12 ms -->",
    lambda body: b"[" + body + b"]",
]
"""What servers send around a document, or do to it."""

_COMPRESSIONS: list[Callable[[bytes], bytes]] = [
    bytes,
    bytes,
    gzip.compress,
    zlib.compress,
    lambda body: zlib.compress(body, 4),
    lambda body: gzip.compress(gzip.compress(body)),
    lambda body: gzip.compress(body[:40]) + gzip.compress(body[40:]),
    lambda body: gzip.compress(body)[:-8],
]


def written_numbers(number: str) -> st.SearchStrategy[str]:
    """Spellings of a number in a field that people filled in, or that went through a spreadsheet."""
    return st.sampled_from(
        [
            *(number + end for end in ("", "\n", "\r\n", " ", "\u200b", "&nbsp;", ".0", " (1개)", "-1")),
            f"{number[0]}.{number[1:]}E+{len(number) - 1}",
            f"{number[0]} {number[1:7]} {number[7:]} / {wire.OTHER_NUMBER}",
            f"{wire.OTHER_NUMBER[:3]}-{wire.OTHER_NUMBER[3:]}, {number[:3]}-{number[3:7]}-{number[7:]}",
            f"{wire.OTHER_NUMBER} {number}",
            f"{wire.OTHER_NUMBER}, {number}",
            f"00{number}",
            f"'{number}",
            f"{number[:3]}-{number[3:7]}-{number[7:]}",
            f"{_NUMBER_MARK}{number}.0",
            f"{_NUMBER_MARK}{number[0]}.{number[1:]}E{len(number) - 1}",
        ]
    )


def headers() -> st.SearchStrategy[dict[str, str]]:
    """Headers that say something about the body, often wrongly."""
    kind = st.sampled_from(["application/json", "text/html; charset=euc-kr", "text/plain", "application/octet-stream"])
    encoding = st.sampled_from([{}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}])
    return st.builds(lambda kind, encoding: {"Content-Type": kind, **encoding}, kind, encoding)


@st.composite
def hits(draw: st.DrawFn, provider: str, number: str) -> Hit:
    """An answer of this provider that contains the product with this number."""
    name = draw(names)
    extra = draw(st.dictionaries(st.sampled_from(["memo", "x\x00y", "img\ud83d", "PRICE"]), oddities, max_size=3))
    extra |= draw(st.sampled_from([{}, {}, {}, {"ingredients": "설탕, 물엿, " * 20_000}]))
    row = draw(st.sampled_from(_CONVERSIONS))(_row(provider, draw(written_numbers(number)), draw(disguised(name))))
    row = {**extra, **row}
    body = draw(encoded(_envelope(draw, provider, number, row)))
    reply = Reply(200, body, draw(headers()))
    miss = wire.mfds("I2570", "INFO-200")
    return Hit(name, lambda path: miss if "/I2570/" in path else reply)


_CONVERSIONS: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    dict,
    lambda row: {key: [value] if isinstance(value, str) else value for key, value in row.items()},
    lambda row: {key: {"#text": value} if isinstance(value, str) else value for key, value in row.items()},
]
"""How converters from XML write the fields of a row."""


def other_products(provider: str, rows: int, total: object) -> Reply:
    """An answer of a Korean provider with so many rows of another number, and the number of rows that it counts."""
    content = [_row(provider, wire.OTHER_NUMBER, "다른 상품")] * rows
    if provider == "foodsafety":
        return wire.document({"C005": {"total_count": total, "row": content, "RESULT": {"CODE": "INFO-000"}}})
    answer = {"header": {"resultCode": "00"}, "body": {"items": content, "totalCount": total}}
    return wire.document({"response": answer} if provider == "foodqr" else answer)


def _row(provider: str, number: str, name: str) -> dict[str, Any]:
    if provider == "openfoodfacts":
        return wire.off_product(code=number, product_name=name, product_name_ko=name)
    if provider == "foodqr":
        return wire.foodqr_row(number, name)
    if provider == "foodqr_data":
        return wire.datago_row(number, PRDCT_NM=name)
    return wire.c005_row(number, PRDLST_NM=name)


def _envelope(draw: st.DrawFn, provider: str, number: str, row: dict[str, Any]) -> Any:
    other = wire.OTHER_NUMBER
    if provider == "openfoodfacts":
        if draw(st.booleans()):
            status = draw(st.sampled_from([1, "1", True, f"{_NUMBER_MARK}1.0"]))
            return {"code": number, "product": row, "status": status, "rate": f"{_NUMBER_MARK}NaN"}
        return {"code": number, "product": row, "result": {"id": "product_found"}, "status": "success", "errors": []}
    rows = draw(st.permutations([row, _row(provider, other, "다른 상품")]))
    with_gaps = {"0": _row(provider, other, "다른 상품"), "2": row}
    header = {"resultCode": draw(st.sampled_from(["00", 0, "000", " 00\n", "OK"])), "resultMsg": "\x00"}
    if provider == "foodqr":
        forms: list[Any] = [{"item": row}, {"item": rows}, rows, row, [{"item": row}], [[row]], {"item": with_gaps}]
        body = {
            "items": draw(st.sampled_from(forms)),
            "totalCount": draw(st.sampled_from([1, "1,000", f"{_NUMBER_MARK}NaN"])),
        }
        return {"response": {"header": header, "body": draw(st.sampled_from([body, [body]]))}}
    if provider == "foodqr_data":
        forms = [[row], rows, [{"item": each} for each in rows], with_gaps]
        answer = {"header": header, "body": {"items": draw(st.sampled_from(forms)), "totalCount": 2}}
        return draw(st.sampled_from([answer, {"response": answer}]))
    closed = wire.c005_row(
        number,
        PRDLST_NM="문 닫은 회사의 상품",
        PRMS_DT="20170102",
        CLSBIZ_DT=draw(
            st.sampled_from(
                ["20190304", "2019.3.4", "2019년 3월 4일", "2019-03-04 00:00:00", 20190304, "201903", "폐업(2019-03)"]
            )
        ),
    )
    forms = [row, [row], rows, [closed, row], [row, closed], [[row]], {"row": row}, with_gaps]
    envelope = {"total_count": "1", "row": draw(st.sampled_from(forms))}
    result = {"CODE": draw(st.sampled_from(["INFO-000", "INFO-000\n", "info-000"])), "MSG": "\ud83d"}
    places = [
        {"C005": {**envelope, "RESULT": result}},
        {"c005": {**envelope, "RESULT": [result]}},
        {"RESULT": result, "C005": envelope},
        {"C005": [{"head": [{"RESULT": result}]}, envelope]},
    ]
    return draw(st.sampled_from(places))


def _with_numbers(text: str) -> str:
    """The document with marked numbers as bare tokens, which `json` would not write."""
    return re.sub(f'"{_NUMBER_MARK}([^"]*)"', r"\1", text)


def _beyond_euc_kr(text: str) -> bool:
    return text.encode("cp949", "replace").decode("cp949") != text


def storable(value: Any) -> bool:
    """Whether Postgres accepts the value as `jsonb` and its texts as `text`."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return "\\u0000" not in text
