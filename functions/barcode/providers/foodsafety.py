"""식품안전나라 (MFDS): C005 for the product, I2570 for its category. https://www.foodsafetykorea.go.kr/api

Neither has received new products since 2018. The key is part of the path, and failures are reported with HTTP 200.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from functions.barcode.clean import decode, name_of, text_of
from functions.barcode.fetch import FetchError
from functions.barcode.food_types import category_of
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
    is_blank,
    member,
    numbers_in,
    rows_in,
)
from functions.barcode.quota_windows import SEOUL, next_hour, next_midnight
from functions.barcode.settings import FoodSafetySettings

SOURCE = Source("식품안전나라", "https://www.foodsafetykorea.go.kr", "식품의약품안전처 식품안전나라", outdated=True)

# Some failures are reported in XML, whichever format was requested.
_XML_CODE = re.compile(r"<CODE>\W{0,20}(?:CDATA\[)?\s*((?:INFO|ERROR)-[0-9]{3})")
_AUTH = {"INFO-100", "INFO-110", "INFO-120", "INFO-310", "INFO-400", "INFO-600"}


@dataclass(frozen=True)
class FoodSafety:
    """The two services.

    Attributes:
        closed_from, closed_to: hours in Korea between which it is closed. `closed_from` None: it never closes.
    """

    url: str
    key: SecretStr = field(repr=False)
    closed_from: int | None
    closed_to: int
    name: str = "foodsafety"
    most_calls: int = 2
    one_at_a_time: bool = True  # parallel calls have been seen to get empty responses

    def closed_until(self, now: datetime) -> datetime | None:
        local = now.astimezone(SEOUL)
        if self.closed_from is None or not self.closed_from <= local.hour < self.closed_to:
            return None
        return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=self.closed_to)

    async def ask(self, gtin14: str, fetch: ProviderFetch, now: datetime) -> Result:
        found = await self._rows("C005", "BAR_CD", gtin14, fetch, now)
        if found.outcome is not ProviderOutcome.HIT:
            return Result(found.outcome, until=found.until)
        # Makers that closed are still listed, and their numbers may have been assigned again.
        rows = sorted(found.rows, key=lambda row: (_is_closed(row, now), -day_of(row.get("PRMS_DT"))))
        row = next((row for row in rows if name_of(row.get("PRDLST_NM"))), None)
        if row is None:
            return Result(ProviderOutcome.MISS)  # a product without a name is useless to the user
        kinds = _texts(row, "PRDLST_DCNM")
        hit = fetch.provisional = _hit(row, kinds)
        if category_of(kinds):
            return hit
        try:
            others = (await self._rows("I2570", "BRCD_NO", gtin14, fetch, now)).rows
        except FetchError:
            return hit  # a product without a category is still a hit
        levels = ("PRDLST_NM", "HRNK_PRDLST_NM", "HTRK_PRDLST_NM")
        return _hit(row, kinds + [text for other in others for text in _texts(other, *levels)])

    async def _rows(self, service: str, parameter: str, gtin14: str, fetch: ProviderFetch, now: datetime) -> _Rows:
        path = f"{quote(self.key.get_secret_value(), safe='')}/{service}/json/1/5/{parameter}={shortest(gtin14)}"
        reply = await fetch.get(f"{self.url}/api/{path}")
        if reply.status in (401, 403):
            return _Rows(ProviderOutcome.AUTH)
        if not reply.is_success:
            return _Rows(ProviderOutcome.TRANSIENT)
        text = decode(reply.body)
        if _is_key_alert(text):
            return _Rows(ProviderOutcome.AUTH)
        try:
            body = reply.json()
        except FetchError:
            code = _XML_CODE.search(text)
            if code is None:
                raise
            body = {"CODE": code[1]}
        return self._parse(body, parameter, gtin14, now)

    def _parse(self, body: dict[str, Any], parameter: str, gtin14: str, now: datetime) -> _Rows:
        code = (text_of(member(body, "CODE")) or "").upper()
        if code == "INFO-200":
            return _Rows(ProviderOutcome.MISS)
        if code in _AUTH:
            return _Rows(ProviderOutcome.AUTH)
        if code == "INFO-300":
            return _Rows(ProviderOutcome.QUOTA, until=next_midnight(now))
        if code == "INFO-320":
            return _Rows(ProviderOutcome.QUOTA, until=next_hour(now))
        if code == "ERROR-503":
            return _Rows(ProviderOutcome.CLOSED, until=self.closed_until(now))
        if code.startswith("ERROR-3"):
            return _Rows(ProviderOutcome.INVALID)  # it does not understand our request
        content = member(body, "row", ABSENT) if code == "INFO-000" else ABSENT
        rows, count = rows_in(content, "row"), count_of(member(body, "total_count"))
        if matches := [row for row in rows if gtin14 in numbers_in(row.get(parameter))]:
            return _Rows(ProviderOutcome.HIT, matches)
        if any(numbers_in(row.get(parameter)) for row in rows):
            is_complete = count is None or count <= len(rows)
        else:
            is_complete = count == 0 and is_blank(content)  # an empty envelope means nothing
        return _Rows(ProviderOutcome.MISS if is_complete else ProviderOutcome.TRANSIENT)


def configure(settings: FoodSafetySettings) -> ProviderConfig | None:
    """Enabled by a key."""
    provider = FoodSafety(base_url(settings), settings.key, settings.closed_from, settings.closed_to)
    return ProviderConfig(provider, settings) if settings.key else None


@dataclass(frozen=True)
class _Rows:
    """Result of one of the two services; `rows` is empty unless it was a hit."""

    outcome: ProviderOutcome
    rows: list[dict[str, Any]] = field(default_factory=list)
    until: datetime | None = None


def _hit(row: dict[str, Any], kinds: list[str]) -> Result:
    product = Product(
        name=name_of(row.get("PRDLST_NM")) or "",
        brand=text_of(row.get("BSSH_NM")),
        kinds=tuple(dict.fromkeys(kinds)),
        is_food=True,
        payload=row,
    )
    return Result(ProviderOutcome.HIT, product)


def _texts(row: dict[str, Any], *fields: str) -> list[str]:
    return [text for name in fields if (text := text_of(row.get(name)))]


def _is_closed(row: dict[str, Any], now: datetime) -> bool:
    """Whether the maker closed or stopped making the product; the dates are empty or in the future otherwise."""
    return any(0 < day_of(row.get(name)) <= day_in_korea(now) for name in ("CLSBIZ_DT", "END_DT"))


def _is_key_alert(text: str) -> bool:
    """Whether a response reports an invalid key, which is done with a JavaScript alert, in a page or alone."""
    # Not a regular expression, which would look for the end from each of many beginnings.
    _, _, script = text.lower().partition("<script")
    return "인증키" in script
