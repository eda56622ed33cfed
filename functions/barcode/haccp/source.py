"""The HACCP product data set: about 15,000 products with barcodes, published page by page.

HACCP 제품이미지 및 포장지표기정보, https://www.data.go.kr/data/15033307/openapi.do
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from functions.barcode.clean import image_url_of, name_of, text_of
from functions.barcode.connections import Connections
from functions.barcode.fetch import FetchError
from functions.barcode.food_types import category_of
from functions.barcode.gtin import Kind, parse
from functions.barcode.providers.base import count_of, digits_in, encode_key, member, result_code, rows_in
from functions.barcode.settings import ServerSettings
from functions.core.errors import InvalidBarcode, SourceUnavailable

PATH = "B553748/CertImgListServiceV3/getCertImgListServiceV3"
_OBJECT = re.compile(rb"\s*\{[^<]*\}\s*$")  # complete, and not an error page
# Fields stored besides the columns; the others are long and printed on the package.
_PAYLOAD_FIELDS = ("prdlstReportNo", "prdkind", "allergy", "seller", "imgurl2")


class UnreadablePage(SourceUnavailable):
    """The server sent an object, which is not valid JSON."""


@dataclass(frozen=True)
class Page:
    """Page `number` of `pages`, with `rows` in the format of `products_bulk`.

    A page that cannot be read, although the server is fine, has no rows, and its number of pages is unknown (None).
    """

    number: int
    pages: int | None
    rows: list[dict[str, Any]] | None


@dataclass(frozen=True)
class Haccp:
    """The data set's API, with `page_rows` products per page. `sleep` waits between attempts."""

    connections: Connections
    settings: ServerSettings
    page_rows: int
    sleep: Callable[[float], None]

    def page(self, number: int) -> Page:
        """Fetch a page; the first has number 1. Raises: SourceUnavailable: three attempts failed."""
        attempts = Retrying(
            retry=retry_if_exception_type(SourceUnavailable),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(max=10),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return attempts(self._fetch, number)
        except UnreadablePage:
            # One row with a stray quotation mark makes the whole page unreadable, every day.
            return Page(number, None, None)

    def _fetch(self, number: int) -> Page:
        url = (
            f"{str(self.settings.url).rstrip('/')}/{PATH}?serviceKey={encode_key(self.settings.key)}"
            f"&returnType=json&pageNo={number}&numOfRows={self.page_rows}"
        )
        try:
            reply = self.connections.get(url, self.settings)
        except FetchError as error:
            raise SourceUnavailable(f"The data set returned no usable response ({error}).") from error
        try:
            body = reply.json()
        except FetchError as error:
            unreadable = reply.status == 200 and number > 1 and _OBJECT.match(reply.body)
            kind = UnreadablePage if unreadable else SourceUnavailable
            raise kind(f"The data set returned no usable response ({error}).") from error
        return self._parse(body, number)

    def _parse(self, body: dict[str, Any], number: int) -> Page:
        code, total = text_of(member(body, "resultCode")), count_of(member(body, "totalCount"))
        if code and result_code(code) != 0:
            raise SourceUnavailable(f"The data set reported an error ({code[:20]}).")
        if not code or total is None:
            raise SourceUnavailable("The response is not a page of the data set.")
        pages = max(1, math.ceil(total / self.page_rows))
        items = rows_in(member(body, "items"), "item")
        if not items and number <= pages and total:
            raise SourceUnavailable(f"Page {number} of the data set is empty.")
        return Page(number, pages, [row for item in items if (row := row_of(item))])


def row_of(item: object) -> dict[str, Any] | None:
    """A row for `products_bulk`; None for an item without a name or without a product number."""
    if not isinstance(item, dict):
        return None
    name, number = name_of(item.get("prdlstNm")), gtin14_of(text_of(item.get("barcode")) or "")
    if name is None or number is None:
        return None
    kind = text_of(item.get("prdkind"))
    return {
        "gtin14": number,
        "name": name[:200],
        "maker": (text_of(item.get("manufacture")) or "").split("_")[0].strip()[:200] or None,
        "kind": kind and kind[:200],
        "category": category_of([kind]) if kind else None,
        "quantity_text": (text_of(item.get("capacity")) or "")[:200] or None,
        "image_url": image_url_of(item.get("imgurl1")),
        "payload": {field: text[:2000] for field in _PAYLOAD_FIELDS if (text := text_of(item.get(field)))},
    }


def gtin14_of(text: str) -> str | None:
    """The first product number in a field that was filled in by hand."""
    for number in (text, *digits_in(text)):
        try:
            scan = parse(number)
        except InvalidBarcode:
            continue
        if scan.kind is Kind.PRODUCT:
            return scan.gtin14
    return None
