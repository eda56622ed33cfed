"""식품안전나라 (MFDS): C005 for the product, I2570 for its category. https://www.foodsafetykorea.go.kr/api

Neither gets new products since 2018. The key is a part of the path, and failures come inside HTTP 200.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from functions.barcode.fetch import Fetch, FetchError
from functions.barcode.gtin import canonical, thirteen
from functions.barcode.providers.base import Found, Outcome, Result, text_of
from functions.barcode.quota_windows import SEOUL, next_hour, next_midnight

_AUTH = {"INFO-100", "INFO-110", "INFO-120", "INFO-310", "INFO-400", "INFO-600"}


@dataclass(frozen=True)
class FoodSafety:
    """`closed_from` to `closed_to`: hours in Korea in which it is not asked; None: it is always asked."""

    url: str
    key: SecretStr = field(repr=False)
    closed_from: int | None
    closed_to: int
    closed_for: timedelta
    name: str = "foodsafety"
    most_calls: int = 2
    one_at_a_time: bool = True  # parallel calls were seen to get empty answers

    def closed_until(self, now: datetime) -> datetime | None:
        there = now.astimezone(SEOUL)
        if self.closed_from is None or not self.closed_from <= there.hour < self.closed_to:
            return None
        return there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=self.closed_to)

    async def ask(self, gtin14: str, fetch: Fetch, now: datetime) -> Result:
        product = await self._row("C005", "BAR_CD", gtin14, fetch, now)
        name = text_of(product.row.get("PRDLST_NM"))
        if product.outcome is not Outcome.HIT or name is None:
            # A row without a name tells the user nothing.
            return Result(Outcome.MISS if product.outcome is Outcome.HIT else product.outcome, until=product.until)
        kinds = [text_of(product.row.get("PRDLST_DCNM"))]
        try:
            category = (await self._row("I2570", "BRCD_NO", gtin14, fetch, now)).row
        except FetchError:
            category = {}  # a hit whose category is unknown is still a hit
        kinds += [text_of(category.get(level)) for level in ("PRDLST_NM", "HRNK_PRDLST_NM", "HTRK_PRDLST_NM")]
        return Result(
            Outcome.HIT,
            Found(
                name=name,
                brand=text_of(product.row.get("BSSH_NM")),
                kinds=tuple(dict.fromkeys(kind for kind in kinds if kind)),
                payload=product.row,
            ),
        )

    async def _row(self, service: str, parameter: str, gtin14: str, fetch: Fetch, now: datetime) -> _Answer:
        path = f"{quote(self.key.get_secret_value(), safe='')}/{service}/json/1/5/{parameter}={thirteen(gtin14)}"
        reply = await fetch.get(f"{self.url}/api/{path}")
        if reply.status in (401, 403):
            return _Answer(Outcome.AUTH)
        if reply.status != 200:
            return _Answer(Outcome.TRANSIENT)
        if reply.body.lstrip()[:7].lower() == b"<script":
            return _Answer(Outcome.AUTH)  # an alert in a browser that nobody has: the key does not hold
        return self._classify(reply.json(), service, parameter, gtin14, now)

    def _classify(self, answer: dict[str, Any], service: str, parameter: str, gtin14: str, now: datetime) -> _Answer:
        envelope = answer.get(service, answer)
        verdict = envelope.get("RESULT") if isinstance(envelope, dict) else None
        code = str(verdict.get("CODE")) if isinstance(verdict, dict) else None
        if code == "INFO-200":
            return _Answer(Outcome.MISS)
        if code in _AUTH:
            return _Answer(Outcome.AUTH)
        if code == "INFO-300":
            return _Answer(Outcome.QUOTA, until=next_midnight(now))
        if code == "INFO-320":
            return _Answer(Outcome.QUOTA, until=next_hour(now))
        if code == "ERROR-503":
            return _Answer(Outcome.CLOSED, until=self.closed_until(now) or now + self.closed_for)
        if code and code.startswith("ERROR-3"):
            return _Answer(Outcome.INVALID)  # it does not understand what we ask
        rows = envelope.get("row") if code == "INFO-000" else None
        if not isinstance(rows, list):
            return _Answer(Outcome.TRANSIENT)  # an empty envelope says nothing
        for row in rows:
            if isinstance(row, dict) and canonical(str(row.get(parameter) or "")) == gtin14:
                return _Answer(Outcome.HIT, row)
        return _Answer(Outcome.MISS)


@dataclass(frozen=True)
class _Answer:
    """What one of the two services said; `row` is empty unless it was a hit."""

    outcome: Outcome
    row: dict[str, Any] = field(default_factory=dict)
    until: datetime | None = None
