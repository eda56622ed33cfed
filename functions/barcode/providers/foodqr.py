"""FoodQR (푸드QR) of the food safety ministry: the same data through two APIs, each with its own key and format.

The portal is https://foodqr.kr, the other API https://www.data.go.kr/data/15143798/openapi.do. Both store most numbers
with 14 digits: they are asked with 14 digits and then with 13.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.barcode.clean import name_of, text_of
from functions.barcode.fetch import FetchError, Reply
from functions.barcode.gtin import canonical, thirteen
from functions.barcode.providers.base import (
    Product,
    ProviderConfig,
    ProviderFetch,
    ProviderOutcome,
    Result,
    Source,
    base_url,
    encode_key,
)
from functions.barcode.settings import ProviderSettings

SOURCE = Source("푸드QR", "https://foodqr.kr", "식품의약품안전처 푸드QR")

_KEY_ERROR = re.compile(rb"SERVICE_KEY|ACCESS_DENIED|UNREGISTERED|EXPIRED", re.IGNORECASE)
_LIMIT_ERROR = re.compile(rb"LIMITED_NUMBER_OF_SERVICE_REQUESTS|EXCEEDS", re.IGNORECASE)
# Result codes of data.go.kr; the portal uses the same.
_OK = ("00", "0", "0000")
_NO_DATA = ("03",)
_LIMIT = ("22",)
_KEY = ("20", "21", "30", "31", "32", "33")


@dataclass(frozen=True)
class FoodQr:
    """One of the two APIs, see `configure_portal` and `configure_data`.

    Attributes:
        _url: makes the URL for a number.
        _parse_row: makes a product of a row, or None of a row without a name.
        _number: the field of a row that contains the number.
    """

    name: str
    _url: Callable[[str], str] = field(repr=False)
    _parse_row: Callable[[dict[str, Any]], Product | None]
    _number: str
    most_calls: int = 2
    one_at_a_time: bool = False

    def closed_until(self, now: datetime) -> datetime | None:
        return None

    async def ask(self, gtin14: str, fetch: ProviderFetch, now: datetime) -> Result:
        """Ask with both forms of the number at the same time: rows contain either, and a call may take a second."""
        calls = [
            asyncio.create_task(self._ask_form(number, gtin14, fetch))
            for number in dict.fromkeys((gtin14, thirteen(gtin14)))
        ]
        failure: Result | Exception | None = None
        try:
            for call in asyncio.as_completed(calls):
                try:
                    result = await call
                except Exception as error:  # the other form may still be a hit
                    failure = failure or error
                    continue
                if result.outcome is ProviderOutcome.HIT:
                    return result
                if result.outcome is not ProviderOutcome.MISS:
                    failure = result
        finally:
            for task in calls:
                task.cancel()
        if isinstance(failure, Exception):
            raise failure
        return failure or Result(ProviderOutcome.MISS)

    async def _ask_form(self, number: str, gtin14: str, fetch: ProviderFetch) -> Result:
        return self._parse(await fetch.get(self._url(number)), gtin14)

    def _parse(self, reply: Reply, gtin14: str) -> Result:
        if reply.status in (401, 403):
            return Result(ProviderOutcome.AUTH)
        if reply.status == 429:
            return Result(ProviderOutcome.QUOTA)
        try:
            document = reply.json()
        except FetchError:
            # The gateway reports errors as XML, whichever format was requested.
            if _LIMIT_ERROR.search(reply.body):
                return Result(ProviderOutcome.QUOTA)
            return Result(ProviderOutcome.AUTH if _KEY_ERROR.search(reply.body) else ProviderOutcome.TRANSIENT)
        response = document.get("response", document)
        header = response.get("header") if isinstance(response, dict) else None
        code = str(header.get("resultCode")) if isinstance(header, dict) else None
        if code in _NO_DATA:
            return Result(ProviderOutcome.MISS)
        if code in _LIMIT:
            return Result(ProviderOutcome.QUOTA)
        if code in _KEY:
            return Result(ProviderOutcome.AUTH)
        if reply.status != 200 or code not in _OK:
            return Result(ProviderOutcome.TRANSIENT)
        rows = _rows(response.get("body"))
        if rows is None:
            return Result(ProviderOutcome.TRANSIENT)
        # There is one row per language.
        products = [
            product
            for row in rows
            if canonical(str(row.get(self._number) or "")) == gtin14 and (product := self._parse_row(row))
        ]
        if not products:
            return Result(ProviderOutcome.MISS)
        return Result(ProviderOutcome.HIT, min(products, key=lambda product: not product.has_korean_name))


def configure_portal(settings: ProviderSettings) -> ProviderConfig | None:
    """The API at foodqr.kr, enabled by a key."""
    url, key = base_url(settings), settings.key
    provider = FoodQr(
        "foodqr",
        lambda number: (
            f"{url}/openapi/service/qr1003/F003?accessKey={encode_key(key)}"
            f"&numOfRows=20&pageNo=1&_type=json&brcdNo={number}"
        ),
        _portal_row,
        "brcdNo",
    )
    return ProviderConfig(provider, settings) if key else None


def configure_data(settings: ProviderSettings) -> ProviderConfig | None:
    """The API at data.go.kr, enabled by a key."""
    url, key = base_url(settings), settings.key
    provider = FoodQr(
        "foodqr_data",
        lambda number: (
            f"{url}/1471000/FoodQrInfoService01/getFoodQrProdList01?serviceKey={encode_key(key)}"
            f"&type=json&pageNo=1&numOfRows=10&brcd_no={number}"
        ),
        _data_row,
        "BRCD_NO",
    )
    return ProviderConfig(provider, settings) if key else None


def _rows(body: object) -> list[dict[str, Any]] | None:
    """The rows of a response: an object for one, a list for many, empty text or nothing for zero. None: malformed."""
    if not isinstance(body, dict) or not ("items" in body or "totalCount" in body):
        return None
    items = body.get("items")
    if isinstance(items, dict):
        items = items.get("item", items if "brcdNo" in items or "BRCD_NO" in items else [])
    if isinstance(items, dict):
        items = [items]
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    if not rows and str(body.get("totalCount") or "0") != "0":
        return None  # it counts rows that it does not contain
    return rows


def _portal_row(row: dict[str, Any]) -> Product | None:
    name = name_of(row.get("prdctNm"))
    return (
        None
        if name is None
        else Product(
            name=name,
            brand=text_of(row.get("bsshNm")) or text_of(row.get("buesNm")),
            quantity=text_of(row.get("ctv")),
            kinds=_kinds(row.get("foodTypeCdNm"), row.get("foodSeCdNm")),
            is_food=True,
            payload=row,
        )
    )


def _data_row(row: dict[str, Any]) -> Product | None:
    # VLD_BGNG_YMD and VLD_END_YMD are the validity of the label, not of the food.
    name = name_of(row.get("PRDT_NM")) or name_of(row.get("PRDCT_NM"))
    return (
        None
        if name is None
        else Product(
            name=name,
            brand=text_of(row.get("ENTP_NM")) or text_of(row.get("BSSH_NM")) or text_of(row.get("BUES_NM")),
            is_food=True,
            payload=row,
        )
    )


def _kinds(*values: object) -> tuple[str, ...]:
    return tuple(kind for value in values if (kind := text_of(value)))
