"""The HACCP product data set: about fifteen thousand products with barcodes, published page by page.

HACCP 제품이미지 및 포장지표기정보, https://www.data.go.kr/data/15033307/openapi.do
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from functions.barcode.fan_out import Providers
from functions.barcode.fetch import FetchError
from functions.barcode.food_types import category_of
from functions.barcode.gtin import Kind, parse
from functions.barcode.providers.base import text_of
from functions.barcode.providers.foodqr import encoded_once
from functions.barcode.settings import ProviderSettings
from functions.core.errors import InvalidBarcode, SourceUnavailable

PATH = "B553748/CertImgListServiceV3/getCertImgListServiceV3"
_PLAIN = re.compile(r"[0-9][0-9 -]{6,}[0-9]")
# What is kept of a row beside the columns; the rest is long and on the package.
_KEPT = ("prdlstReportNo", "prdkind", "allergy", "seller", "imgurl2")


@dataclass(frozen=True)
class Page:
    """`rows` as `products_bulk` has them, of page `number` of `pages`."""

    number: int
    pages: int
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Haccp:
    """The data set behind its API, `page_rows` products a page. `sleep` waits between tries."""

    connections: Providers
    settings: ProviderSettings
    page_rows: int
    sleep: Callable[[float], None]

    def page(self, number: int) -> Page:
        """Fetch a page, from 1.

        Raises:
            SourceUnavailable: it did not come, three times.
        """
        attempts = Retrying(
            retry=retry_if_exception_type(SourceUnavailable),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(max=10),
            sleep=self.sleep,
            reraise=True,
        )
        return attempts(self._fetch, number)

    def _fetch(self, number: int) -> Page:
        url = (
            f"{str(self.settings.url).rstrip('/')}/{PATH}?serviceKey={encoded_once(self.settings.key)}"
            f"&returnType=json&pageNo={number}&numOfRows={self.page_rows}"
        )
        try:
            reply = self.connections.get(url, self.settings)
            answer = reply.json()
        except FetchError as error:
            raise SourceUnavailable(f"The data set gave no usable answer ({error}).") from error
        return self._read(answer, number)

    def _read(self, answer: dict[str, Any], number: int) -> Page:
        try:
            code, content = str(answer["header"]["resultCode"]), answer["body"]
            if code not in ("OK", "00"):
                raise SourceUnavailable(f"The data set refused ({code[:20]}).")
            total, items = int(content["totalCount"]), content["items"]
        except (ValueError, KeyError, TypeError):
            raise SourceUnavailable("The answer is not a page of the data set.") from None
        pages = max(1, math.ceil(total / self.page_rows))
        found = [item.get("item", item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        if not found and number <= pages and total:
            raise SourceUnavailable("A page came empty.")
        return Page(number, pages, [row for item in found if (row := row_of(item))])


def row_of(item: object) -> dict[str, Any] | None:
    """A product for `products_bulk`; None without a name or a number that is a product's own."""
    if not isinstance(item, dict):
        return None
    name, number = text_of(item.get("prdlstNm")), gtin14_of(text_of(item.get("barcode")) or "")
    if name is None or number is None:
        return None
    kind, image = text_of(item.get("prdkind")), text_of(item.get("imgurl1"))
    return {
        "gtin14": number,
        "name": name[:200],
        "maker": (text_of(item.get("manufacture")) or "").split("_")[0].strip() or None,
        "kind": kind,
        "category": category_of([kind]) if kind else None,
        "quantity_text": text_of(item.get("capacity")),
        "image_url": image if image and image.startswith(("https://", "http://")) else None,
        "payload": {field: item[field] for field in _KEPT if text_of(item.get(field))},
    }


def gtin14_of(written: str) -> str | None:
    """The first product number in a field that people filled in."""
    for found in _PLAIN.findall(written):
        try:
            scan = parse(found)
        except InvalidBarcode:
            continue
        if scan.kind is Kind.PRODUCT:
            return scan.gtin14
    return None
