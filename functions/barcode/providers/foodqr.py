"""FoodQR (푸드QR) of the food safety ministry: the same data through two APIs, each with its own key and format.

The portal is https://foodqr.kr, the other API https://www.data.go.kr/data/15143798/openapi.do. Both store most numbers
with 14 digits: they are asked with 14 digits and with those that are printed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.barcode.clean import decode, name_of, text_of
from functions.barcode.fetch import FetchError, Reply
from functions.barcode.gtin import shortest
from functions.barcode.providers.base import (
    ABSENT,
    Product,
    ProviderConfig,
    ProviderFetch,
    ProviderOutcome,
    Result,
    Source,
    base_url,
    count_of,
    day_in_korea,
    day_of,
    encode_key,
    is_blank,
    member,
    numbers_in,
    result_code,
    rows_in,
)
from functions.barcode.settings import ProviderSettings

SOURCE = Source("푸드QR", "https://foodqr.kr", "식품의약품안전처 푸드QR")

# What the gateway in front of the services writes, in XML or as plain text, whichever format was requested.
_REASON = re.compile(r"(?:returnReasonCode|resultCode)\W{1,9}([0-9]{1,4})(?=\W)")
_LIMIT_ERROR = re.compile("LIMITED[_ ]NUMBER|EXCEED", re.IGNORECASE)
_KEY_ERROR = re.compile("SERVICE[_ ]?KEY|ACCESS[_ ]DENIED|REGISTERED|EXPIRED|UNAUTHORIZED", re.IGNORECASE)
_HTML = re.compile(r"<(?:!DOCTYPE )?html", re.IGNORECASE)
# Result codes of data.go.kr; the portal uses the same.
_OK = 0
_FAILURES = {3: ProviderOutcome.MISS, 22: ProviderOutcome.QUOTA}
_FAILURES |= dict.fromkeys((20, 21, 30, 31, 32, 33), ProviderOutcome.AUTH)


@dataclass(frozen=True)
class FoodQr:
    """One of the two APIs, see `configure_portal` and `configure_data`.

    Attributes:
        _url: makes the URL for a number.
        _parse_row: makes a product of a row, or None of a row without a name.
    """

    name: str
    _url: Callable[[str], str] = field(repr=False)
    _parse_row: Callable[[dict[str, Any]], Product | None]
    most_calls: int = 2
    one_at_a_time: bool = False

    def closed_until(self, now: datetime) -> datetime | None:
        return None

    async def ask(self, gtin14: str, fetch: ProviderFetch, now: datetime) -> Result:
        """Ask with both forms of the number at the same time: rows contain either, and a call may take a second."""
        calls = [
            asyncio.create_task(self._ask_form(number, gtin14, fetch, now))
            for number in dict.fromkeys((gtin14, shortest(gtin14)))
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

    async def _ask_form(self, number: str, gtin14: str, fetch: ProviderFetch, now: datetime) -> Result:
        return self._parse(await fetch.get(self._url(number)), gtin14, now)

    def _parse(self, reply: Reply, gtin14: str, now: datetime) -> Result:
        if reply.status in (401, 403):
            return Result(ProviderOutcome.AUTH)
        if reply.status == 429:
            return Result(ProviderOutcome.QUOTA)
        try:
            document = reply.json()
        except FetchError:
            return Result(_gateway_error(decode(reply.body)))
        code = result_code(member(document, "resultCode"))
        if code is None:
            return Result(_gateway_error(decode(reply.body)))
        if code in _FAILURES:
            return Result(_FAILURES[code])
        if not reply.is_success or code != _OK:
            return Result(ProviderOutcome.TRANSIENT)
        return self._product_in(member(document, "items", ABSENT), member(document, "totalCount"), gtin14, now)

    def _product_in(self, items: object, total: object, gtin14: str, now: datetime) -> Result:
        """The product in the items of a response, which are an object for one row, a list for many, or empty text."""
        rows, count = rows_in(items, "item"), count_of(total)
        # There is one row per language, and per version of the label.
        matches = sorted((row for row in rows if gtin14 in _numbers(row)), key=lambda row: _label_age(row, now))
        products = [product for row in matches if (product := self._parse_row(row))]
        if products:
            return Result(ProviderOutcome.HIT, min(products, key=lambda product: not product.has_korean_name))
        if any(map(_numbers, rows)):
            is_complete = count is None or count <= len(rows)
        else:
            is_complete = is_blank(items) if count is None else count == 0
        return Result(ProviderOutcome.MISS if is_complete else ProviderOutcome.TRANSIENT)


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
    )
    return ProviderConfig(provider, settings) if key else None


def _gateway_error(text: str) -> ProviderOutcome:
    """What a response says that is not one of the service. A page for people says nothing about our key or quota."""
    if _HTML.search(text):
        return ProviderOutcome.TRANSIENT
    if reason := _REASON.search(text):
        code = int(reason[1])
        if code == _OK:
            return ProviderOutcome.TRANSIENT  # an answer that was cut; its names may contain any word
        if code in _FAILURES:
            return _FAILURES[code]
    if _LIMIT_ERROR.search(text):
        return ProviderOutcome.QUOTA
    return ProviderOutcome.AUTH if _KEY_ERROR.search(text) else ProviderOutcome.TRANSIENT


def _numbers(row: dict[str, Any]) -> set[str]:
    return numbers_in(row.get("brcdNo")) | numbers_in(row.get("BRCD_NO"))


def _label_age(row: dict[str, Any], now: datetime) -> tuple[bool, int]:
    """Sorts the labels in use, whose validity is not that of the food, before others, and later ones before earlier."""
    today, begins, ends = day_in_korea(now), day_of(row.get("VLD_BGNG_YMD")), day_of(row.get("VLD_END_YMD"))
    return begins > today or 0 < ends < today, -begins


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
