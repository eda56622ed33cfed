"""식품안전나라 (MFDS): C005 for the product, I2570 for its category. https://www.foodsafetykorea.go.kr/api

Neither has received new products since 2018. The key is part of the path, and failures are reported with HTTP 200.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from functions.barcode.fetch import Fetch, FetchError
from functions.barcode.gtin import canonical, thirteen
from functions.barcode.providers.base import Product, ProviderOutcome, Result, text_of
from functions.barcode.quota_windows import SEOUL, next_hour, next_midnight

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

    async def ask(self, gtin14: str, fetch: Fetch, now: datetime) -> Result:
        product = await self._row("C005", "BAR_CD", gtin14, fetch, now)
        if product.outcome is not ProviderOutcome.HIT:
            return Result(product.outcome, until=product.until)
        name = text_of(product.row.get("PRDLST_NM"))
        if name is None:
            return Result(ProviderOutcome.MISS)  # a product without a name is useless to the user
        kinds = [text_of(product.row.get("PRDLST_DCNM"))]
        try:
            category = (await self._row("I2570", "BRCD_NO", gtin14, fetch, now)).row
        except FetchError:
            category = {}  # a product without a category is still a hit
        kinds += [text_of(category.get(level)) for level in ("PRDLST_NM", "HRNK_PRDLST_NM", "HTRK_PRDLST_NM")]
        return Result(
            ProviderOutcome.HIT,
            Product(
                name=name,
                brand=text_of(product.row.get("BSSH_NM")),
                kinds=tuple(dict.fromkeys(kind for kind in kinds if kind)),
                payload=product.row,
            ),
        )

    async def _row(self, service: str, parameter: str, gtin14: str, fetch: Fetch, now: datetime) -> _RowResult:
        path = f"{quote(self.key.get_secret_value(), safe='')}/{service}/json/1/5/{parameter}={thirteen(gtin14)}"
        reply = await fetch.get(f"{self.url}/api/{path}")
        if reply.status in (401, 403):
            return _RowResult(ProviderOutcome.AUTH)
        if reply.status != 200:
            return _RowResult(ProviderOutcome.TRANSIENT)
        if reply.body.lstrip()[:7].lower() == b"<script":
            return _RowResult(ProviderOutcome.AUTH)  # an invalid key is reported as a JavaScript alert
        return self._parse(reply.json(), service, parameter, gtin14, now)

    def _parse(self, body: dict[str, Any], service: str, parameter: str, gtin14: str, now: datetime) -> _RowResult:
        envelope = body.get(service, body)
        result = envelope.get("RESULT") if isinstance(envelope, dict) else None
        code = str(result.get("CODE")) if isinstance(result, dict) else None
        if code == "INFO-200":
            return _RowResult(ProviderOutcome.MISS)
        if code in _AUTH:
            return _RowResult(ProviderOutcome.AUTH)
        if code == "INFO-300":
            return _RowResult(ProviderOutcome.QUOTA, until=next_midnight(now))
        if code == "INFO-320":
            return _RowResult(ProviderOutcome.QUOTA, until=next_hour(now))
        if code == "ERROR-503":
            return _RowResult(ProviderOutcome.CLOSED, until=self.closed_until(now))
        if code and code.startswith("ERROR-3"):
            return _RowResult(ProviderOutcome.INVALID)  # it does not understand our request
        rows = envelope.get("row") if code == "INFO-000" else None
        if not isinstance(rows, list):
            return _RowResult(ProviderOutcome.TRANSIENT)  # an empty envelope means nothing
        for row in rows:
            if isinstance(row, dict) and canonical(str(row.get(parameter) or "")) == gtin14:
                return _RowResult(ProviderOutcome.HIT, row)
        return _RowResult(ProviderOutcome.MISS)


@dataclass(frozen=True)
class _RowResult:
    """Result of one of the two services; `row` is empty unless it was a hit."""

    outcome: ProviderOutcome
    row: dict[str, Any] = field(default_factory=dict)
    until: datetime | None = None
