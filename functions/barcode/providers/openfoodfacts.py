"""Open Food Facts, API v2 and v3: https://openfoodfacts.github.io/openfoodfacts-server/api/ (data under ODbL)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from functions.barcode.clean import image_url_of, name_of, text_of
from functions.barcode.gtin import shortest
from functions.barcode.providers.base import (
    Product,
    ProviderConfig,
    ProviderFetch,
    ProviderOutcome,
    Result,
    Source,
    base_url,
    has_hangul,
    numbers_in,
)
from functions.barcode.settings import OpenFoodFactsSettings

SOURCE = Source(
    "Open Food Facts",
    "https://world.openfoodfacts.org/product/{number}",
    "© Open Food Facts contributors",
    "ODbL-1.0",
)
USER_AGENT = "Jangbogi"

LANGUAGES = ("ko", "en", "ja", "zh", "fr", "de", "es", "it", "th", "vi", "id", "nl", "pt", "ru")
"""Languages of the names that are requested, in order of preference: what is imported to Korea."""

FIELDS = ",".join(
    (
        *(
            f"{field}{suffix}"
            for field in ("product_name", "generic_name")
            for suffix in ("", *map("_{}".format, LANGUAGES))
        ),
        "code,brands,brands_tags,categories_tags,quantity,image_front_url,product_type",
    )
)
IS_FOOD = {"food": True, "beauty": False, "petfood": False, "product": False}
"""By product_type, the database of the project that has the product."""

# With another type, the product may be in the response or only in a sibling database.
_FOUND_IDS = ("product_found", "product_found_with_a_different_product_type")
_FOUND = ("1", "success", "success_with_warnings", "success_with_errors")
DEFAULT_PAUSE_S = 60
MAX_PAUSE_S = 3600


@dataclass(frozen=True)
class OpenFoodFacts:
    """`url` has no trailing slash; `api` is v2 or v3."""

    url: str
    api: str
    name: str = "openfoodfacts"
    most_calls: int = 1
    one_at_a_time: bool = False

    def closed_until(self, now: datetime) -> datetime | None:
        return None

    async def ask(self, gtin14: str, fetch: ProviderFetch, now: datetime) -> Result:
        # The commas are not encoded: the server does not decode them.
        reply = await fetch.get(
            f"{self.url}/api/{self.api}/product/{shortest(gtin14)}?product_type=all&fields={FIELDS}"
        )
        if reply.status in (429, 503):
            pause_s = reply.retry_after_s(now)
            pause_s = DEFAULT_PAUSE_S if pause_s is None else min(pause_s, MAX_PAUSE_S)
            return Result(ProviderOutcome.QUOTA, until=now + timedelta(seconds=pause_s))
        if reply.status in (401, 403):
            return Result(ProviderOutcome.AUTH)
        if not reply.is_success and reply.status != 404:
            return Result(ProviderOutcome.TRANSIENT)
        return _parse(reply.json(), gtin14)


def configure(settings: OpenFoodFactsSettings) -> ProviderConfig | None:
    """Enabled by a contact. It may redirect to its sibling databases, but a server of one's own may not."""
    if not settings.contact:
        return None
    url = base_url(settings)
    hosts = settings.redirect_hosts if urlsplit(url).hostname in settings.redirect_hosts else frozenset()
    headers = {"User-Agent": f"{USER_AGENT} ({settings.contact})"}
    return ProviderConfig(OpenFoodFacts(url, settings.api), settings, headers, hosts)


def _parse(body: dict[str, Any], gtin14: str) -> Result:
    """Handles both formats: v2 has a `status` of 0 or 1, v3 a `result.id`."""
    result = body.get("result")
    verdict = text_of(result.get("id")) if isinstance(result, dict) else None
    status = body.get("status")
    status = text_of(int(status) if isinstance(status, bool) else status)
    if verdict == "product_not_found" or (verdict is None and status == "0"):
        return Result(ProviderOutcome.MISS)
    if verdict not in _FOUND_IDS and status not in _FOUND:
        return Result(ProviderOutcome.TRANSIENT)
    product = body.get("product")
    if not isinstance(product, dict):
        return Result(ProviderOutcome.INVALID)
    numbers = numbers_in(body.get("code")) or numbers_in(product.get("code"))
    if not numbers:
        return Result(ProviderOutcome.INVALID)
    if gtin14 not in numbers:
        return Result(ProviderOutcome.MISS)
    name = _name(product)
    if name is None:
        return Result(ProviderOutcome.MISS)  # a product without a name is useless to the user
    tags = _texts(product.get("categories_tags"))
    return Result(
        ProviderOutcome.HIT,
        Product(
            name=name,
            brand=_brand(product),
            quantity=text_of(product.get("quantity")),
            image_url=image_url_of(product.get("image_front_url")),
            # The tags are ordered from general to specific.
            kinds=tuple(reversed(tags)),
            is_food=IS_FOOD.get((text_of(product.get("product_type")) or "").lower()),
            payload=product,
        ),
    )


def _name(product: dict[str, Any]) -> str | None:
    """A Korean name if there is one, else one in any language; fields are often present but empty."""
    names = {
        field: name
        for field, value in product.items()
        if field.startswith(("product_name", "generic_name")) and (name := name_of(value))
    }
    preferred = (
        "product_name_ko",
        "product_name",
        "generic_name_ko",
        *(f"product_name_{language}" for language in LANGUAGES),
        "generic_name",
        *(f"generic_name_{language}" for language in LANGUAGES),
        *sorted(names),
    )
    candidates = [names[field] for field in preferred if field in names]
    return min(candidates, key=lambda name: not has_hangul(name), default=None)


def _brand(product: dict[str, Any]) -> str | None:
    if brands := _texts(product.get("brands")):
        return brands[0]
    tags = _texts(product.get("brands_tags"))
    return tags[0].split(":", 1)[-1].replace("-", " ").strip() or None if tags else None


def _texts(value: object) -> list[str]:
    """The texts in a list, which may be written as one text with commas."""
    parts = value if isinstance(value, list) else (text_of(value) or "").split(",")
    return [text for part in parts if (text := text_of(part))]
