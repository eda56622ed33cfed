"""FoodQR (푸드QR) of the food safety ministry: the same data behind two doors, each with its own key and shape.

The portal is https://foodqr.kr, the other door https://www.data.go.kr/data/15143798/openapi.do. Both keep numbers in
fourteen digits, mostly: they are asked with fourteen and then with thirteen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from pydantic import SecretStr

from functions.barcode.fetch import Fetch, FetchError, Reply
from functions.barcode.gtin import canonical, thirteen
from functions.barcode.providers.base import Found, Outcome, Result, text_of

_KEY_TROUBLE = re.compile(rb"SERVICE_KEY|ACCESS_DENIED|UNREGISTERED|EXPIRED", re.IGNORECASE)
_LIMIT_TROUBLE = re.compile(rb"LIMITED_NUMBER_OF_SERVICE_REQUESTS|EXCEEDS", re.IGNORECASE)
_HANGUL = re.compile("[가-힣]")
# Result codes of data.go.kr; the portal uses the same.
_OK = ("00", "0", "0000")
_NO_DATA = ("03",)
_LIMIT = ("22",)
_KEY = ("20", "21", "30", "31", "32", "33")


@dataclass(frozen=True)
class FoodQr:
    """One of the doors, see `portal` and `data_go_kr`."""

    name: str
    _query: Callable[[str], str] = field(repr=False)
    _found: Callable[[dict[str, Any]], Found | None]
    _number: str
    most_calls: int = 2
    one_at_a_time: bool = False

    def closed_until(self, now: datetime) -> datetime | None:
        return None

    async def ask(self, gtin14: str, fetch: Fetch, now: datetime) -> Result:
        result = Result(Outcome.MISS)
        for number in dict.fromkeys((gtin14, thirteen(gtin14))):
            result = self._read(await fetch.get(self._query(number)), gtin14)
            if result.outcome is not Outcome.MISS:
                break
        return result

    def _read(self, reply: Reply, gtin14: str) -> Result:
        if reply.status in (401, 403):
            return Result(Outcome.AUTH)
        if reply.status == 429:
            return Result(Outcome.QUOTA)
        try:
            answer = reply.json()
        except FetchError:
            # Errors of the gateway are XML, whatever was asked for.
            if _LIMIT_TROUBLE.search(reply.body):
                return Result(Outcome.QUOTA)
            return Result(Outcome.AUTH if _KEY_TROUBLE.search(reply.body) else Outcome.TRANSIENT)
        inner = answer.get("response", answer)
        header = inner.get("header") if isinstance(inner, dict) else None
        code = str(header.get("resultCode")) if isinstance(header, dict) else None
        if code in _NO_DATA:
            return Result(Outcome.MISS)
        if code in _LIMIT:
            return Result(Outcome.QUOTA)
        if code in _KEY:
            return Result(Outcome.AUTH)
        if reply.status != 200 or code not in _OK:
            return Result(Outcome.TRANSIENT)
        rows = _rows(inner.get("body"))
        if rows is None:
            return Result(Outcome.TRANSIENT)
        hits = [
            found
            for row in rows
            if canonical(str(row.get(self._number) or "")) == gtin14 and (found := self._found(row))
        ]
        # A product has a row a language.
        hits.sort(key=lambda found: not _HANGUL.search(found.name))
        return Result(Outcome.HIT, hits[0]) if hits else Result(Outcome.MISS)


def portal(url: str, key: SecretStr) -> FoodQr:
    """The door at foodqr.kr."""
    return FoodQr(
        "foodqr",
        lambda number: (
            f"{url}/openapi/service/qr1003/F003?accessKey={encoded_once(key)}"
            f"&numOfRows=20&pageNo=1&_type=json&brcdNo={number}"
        ),
        _portal_row,
        "brcdNo",
    )


def data_go_kr(url: str, key: SecretStr) -> FoodQr:
    """The door at data.go.kr."""
    return FoodQr(
        "foodqr_data",
        lambda number: (
            f"{url}/1471000/FoodQrInfoService01/getFoodQrProdList01?serviceKey={encoded_once(key)}"
            f"&type=json&pageNo=1&numOfRows=10&brcd_no={number}"
        ),
        _data_row,
        "BRCD_NO",
    )


def encoded_once(key: SecretStr) -> str:
    """A key for a query; some are given out percent-encoded already."""
    return quote(unquote(key.get_secret_value()), safe="")


def _rows(body: object) -> list[dict[str, Any]] | None:
    """One row is an object, many are a list, none is an empty text or nothing. None: not an answer at all."""
    if not isinstance(body, dict) or not ("items" in body or "totalCount" in body):
        return None
    items = body.get("items")
    if isinstance(items, dict):
        items = items.get("item", items if "brcdNo" in items or "BRCD_NO" in items else [])
    if isinstance(items, dict):
        items = [items]
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    if not rows and str(body.get("totalCount") or "0") != "0":
        return None  # it counts rows that it does not show
    return rows


def _portal_row(row: dict[str, Any]) -> Found | None:
    name = text_of(row.get("prdctNm"))
    return (
        None
        if name is None
        else Found(
            name=name,
            brand=text_of(row.get("bsshNm")) or text_of(row.get("buesNm")),
            quantity=text_of(row.get("ctv")),
            kinds=_kinds(row.get("foodTypeCdNm"), row.get("foodSeCdNm")),
            payload=row,
        )
    )


def _data_row(row: dict[str, Any]) -> Found | None:
    # VLD_BGNG_YMD and VLD_END_YMD say how long the label holds, not the food.
    name = text_of(row.get("PRDT_NM")) or text_of(row.get("PRDCT_NM"))
    return (
        None
        if name is None
        else Found(
            name=name,
            brand=text_of(row.get("ENTP_NM")) or text_of(row.get("BSSH_NM")) or text_of(row.get("BUES_NM")),
            payload=row,
        )
    )


def _kinds(*values: object) -> tuple[str, ...]:
    return tuple(kind for value in values if (kind := text_of(value)))
