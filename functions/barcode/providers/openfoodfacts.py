"""Open Food Facts, API v2 and v3: https://openfoodfacts.github.io/openfoodfacts-server/api/ (data under ODbL)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.barcode.fetch import Fetch
from functions.barcode.gtin import canonical, shortest
from functions.barcode.providers.base import Found, Outcome, Result, text_of

FIELDS = (
    "code,product_name,product_name_ko,product_name_en,generic_name_ko,brands,brands_tags,categories_tags,quantity,"
    "image_front_url,product_type"
)
OVER_THE_LIMIT_PAUSE_S = 60
_HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True)
class OpenFoodFacts:
    """`url` without a slash at its end; `api` is v2 or v3."""

    url: str
    api: str
    name: str = "openfoodfacts"
    most_calls: int = 1
    one_at_a_time: bool = False

    def closed_until(self, now: datetime) -> datetime | None:
        return None

    async def ask(self, gtin14: str, fetch: Fetch, now: datetime) -> Result:
        # The commas stay as they are: the server does not decode them.
        reply = await fetch.get(
            f"{self.url}/api/{self.api}/product/{shortest(gtin14)}?product_type=all&fields={FIELDS}"
        )
        if reply.status in (429, 503):
            pause = int(reply.retry_after) if reply.retry_after.isdecimal() else OVER_THE_LIMIT_PAUSE_S
            return Result(Outcome.QUOTA, until=now + timedelta(seconds=min(pause, 3600)))
        if reply.status in (401, 403):
            return Result(Outcome.AUTH)
        if reply.status not in (200, 404):
            return Result(Outcome.TRANSIENT)
        return _read(reply.json(), gtin14)


def _read(answer: dict[str, Any], gtin14: str) -> Result:
    """Both envelopes: v2 has a numeric `status`, v3 a `result.id`."""
    result = answer.get("result")
    verdict = result.get("id") if isinstance(result, dict) else None
    if verdict == "product_not_found" or (verdict is None and answer.get("status") == 0):
        return Result(Outcome.MISS)
    if verdict == "product_found_with_a_different_product_type":
        return Result(Outcome.INVALID)  # known, but not told: another of its databases has it
    if verdict != "product_found" and answer.get("status") != 1:
        return Result(Outcome.TRANSIENT)
    product = answer.get("product")
    if not isinstance(product, dict):
        return Result(Outcome.INVALID)
    if canonical(str(answer.get("code") or product.get("code") or "")) != gtin14:
        return Result(Outcome.MISS)
    name = _name(product)
    if name is None:
        return Result(Outcome.MISS)  # a number without a name tells the user nothing
    tags = product.get("categories_tags")
    return Result(
        Outcome.HIT,
        Found(
            name=name,
            brand=_brand(product),
            quantity=text_of(product.get("quantity")),
            image_url=_link(product.get("image_front_url")),
            # Listed from the general to the special.
            kinds=tuple(str(tag) for tag in reversed(tags)) if isinstance(tags, list) else (),
            payload=product,
        ),
    )


def _name(product: dict[str, Any]) -> str | None:
    """Korean before all; fields are often there and empty."""
    korean, main, generic, english = (
        text_of(product.get(field))
        for field in ("product_name_ko", "product_name", "generic_name_ko", "product_name_en")
    )
    return korean or (main if main and _HANGUL.search(main) else None) or generic or main or english


def _brand(product: dict[str, Any]) -> str | None:
    if brands := text_of(product.get("brands")):
        return brands.split(",")[0].strip() or None
    tags = product.get("brands_tags")
    if isinstance(tags, list) and tags:
        return str(tags[0]).split(":", 1)[-1].replace("-", " ").strip() or None
    return None


def _link(value: object) -> str | None:
    url = text_of(value)
    return url if url and url.startswith(("https://", "http://")) else None
