"""The request body with which a user names a product."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from functions.core.http import RequestBody

_PRINTABLE = r"^[^\x00]*$"


class NameRequest(RequestBody):
    """`POST {"barcode", "name", "category"?, "quantity"?}`."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    barcode: str = Field(description="As scanned.")
    name: str = Field(min_length=1, max_length=200, pattern=_PRINTABLE)
    category: str | None = Field(None, min_length=1, max_length=100, pattern=_PRINTABLE, description="Category code.")
    quantity: str | None = Field(None, max_length=40, pattern=_PRINTABLE, description="As on the package: 1 L, 120g.")
