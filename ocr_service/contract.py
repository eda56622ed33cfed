"""The wire contract, version 1.1: the response of `POST /v1/receipts`, and body and response of `POST /v1/lines` and
`POST /v1/categories`.

Amounts are whole won.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

from ocr_service.fields import ItemField, ReceiptField, Role

LINE_HEIGHT = 48
"""Height in pixels of the crop of a line, as the recogniser reads it."""

CONTRACT_VERSION: Literal["1.1"] = "1.1"

Confidence = Annotated[float, Field(ge=0, le=1)]
Box = Annotated[
    tuple[int, int, int, int],
    Field(description="[x0, y0, x1, y1] in pixels of the upright, full-size image."),
]
Pixel = Annotated[int, Field(ge=-999_999, le=999_999)]
Count = Annotated[
    Decimal,
    Field(gt=0),
    PlainSerializer(lambda value: int(value) if value == int(value) else float(value), return_type=int | float),
]


class Part(BaseModel):
    """Base of every part: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WarningCode(StrEnum):
    """Something that the user should check. A warning never blocks."""

    TOTALS_MISMATCH = "totals_mismatch"
    NO_TOTAL = "no_total"
    NO_PURCHASE_DATE = "no_purchase_date"
    UNSURE_PURCHASE_DATE = "unsure_purchase_date"
    NO_STORE = "no_store"
    NO_ITEMS = "no_items"
    REFUND = "refund"
    TURNED = "turned"


class Alternative(Part):
    """A less likely category."""

    code: str = Field(description="One of the category codes.")
    confidence: Confidence = Field(description="Probability of that code.")


class Category(Alternative):
    """The category that the classifier predicts from the name."""

    alternatives: list[Alternative] = Field(default=[], description="The next likeliest codes, likeliest first.")


class Item(Part):
    """One line item."""

    line_no: int = Field(ge=1, description="Position in the list, from 1.")
    raw_text: str = Field(description="All rows of the item as read, masked, one per line.")
    name: str = Field(
        description="Name as printed, without line number and tax marks; the barcode if the item has no name."
    )
    quantity: Count = Field(description="Number of pieces, or the weight in `unit`; 1 if not printed.")
    unit: str | None = Field(description="Unit of the quantity as printed, such as 개 or kg.")
    unit_price: int | None = Field(description="Price of one unit; null if not printed.")
    amount: int = Field(
        description="Printed amount of the line before its discounts; negative for a returned item; 0 for something "
        "given away, if the list has no amounts, and, listed in `uncertain_fields`, if it cannot be read."
    )
    discount: int = Field(le=0, description="Sum of the discounts printed below the item.")
    barcode: str | None = Field(
        description="Item code as printed, digits only: a GTIN with a valid check digit, or an in-store code, which "
        "may have as many digits as a GTIN without its check digit."
    )
    kind: Literal["food", "non_food"] = Field(description="Derived from the category.")
    category: Category
    uncertain: bool = Field(description="Whether uncertain_fields is not empty: ask the user.")
    uncertain_fields: list[ItemField] = Field(default=[], description="Fields that may be wrong.")
    repaired: list[ItemField] = Field(
        default=[],
        description="Fields that differ from what was read: proven by unit price, total or check digit or, for names, "
        "likelier.",
    )
    storage: Literal["pantry", "fridge", "freezer"] | None = Field(description="Where to keep it; null if not food.")
    purchased_on: date | None = Field(
        default=None,
        description="Day of the item's order, if the image is a list of orders; otherwise null, and the receipt's "
        "purchased_at applies.",
    )
    expires_on: date | None = Field(
        description="Estimated use-by date; null if the item has none. Counted from purchased_on, otherwise from the "
        "receipt's purchased_at, and only as certain as that; from today without either."
    )
    box: Box


class Line(Part):
    """One printed row."""

    text: str = Field(description="As read, masked.")
    confidence: Confidence = Field(description="Mean probability of its characters.")
    box: Box
    role: Role = Field(
        description="columns: titles of the item list; item: name, code or numbers of an item; discount: on an item or "
        "on the whole receipt; subtotal: sum of the items, or their value without tax; total: amount to be paid; "
        "payment: method of payment; store, date, tax; other: everything else."
    )


class Receipt(Part):
    """What is printed around the items."""

    store: str | None = Field(description="Store with branch.")
    purchased_at: str | None = Field(
        description="YYYY-MM-DD or YYYY-MM-DDTHH:MM[:SS], local time of the store; in a list of orders, of the latest."
    )
    currency: Literal["KRW"] = "KRW"
    total: int | None = Field(description="Amount to be paid.")
    subtotal: int | None = Field(description="Sum of the items before discounts on the whole receipt, if printed.")
    tax: int | None = Field(description="Value-added tax, if printed.")
    discount_total: int = Field(le=0, description="All discounts, on items and on the whole receipt.")
    totals_match: bool | None = Field(
        description="Whether items and discounts add up to the total; null without a total."
    )
    uncertain_fields: list[ReceiptField] = Field(default=[], description="Fields that may be wrong.")


class ReceiptResponse(Part):
    """The response of `POST /v1/receipts`. A receipt for returned items has no items and the warning `refund`."""

    contract_version: Literal["1.1"] = CONTRACT_VERSION
    request_id: str
    receipt: Receipt
    items: list[Item]
    lines: list[Line] = Field(description="All rows from top to bottom.")
    model_versions: dict[str, str] = Field(
        description="Version of each model by its name; as `precision` the number format that texts were read in."
    )
    timings_ms: dict[str, float] = Field(description="Milliseconds per stage and in total.")
    warnings: list[WarningCode]


class CategoriesRequest(Part):
    """The body of `POST /v1/categories`: names from elsewhere than receipts, such as products."""

    names: list[Annotated[str, Field(min_length=1, max_length=300)]] = Field(min_length=1, max_length=100)


class NameCategory(Part):
    """The category of one name."""

    code: str = Field(description="One of the category codes.")
    confidence: Confidence = Field(description="Probability of that code.")
    uncertain: bool = Field(description="Whether the user should check the category.")


class CategoriesResponse(Part):
    """The response of `POST /v1/categories`."""

    items: list[NameCategory] = Field(description="One per name, in order.")
    model_versions: dict[str, str] = Field(description="Version of each model by its name.")


class LineRequest(Part):
    """The body of `POST /v1/lines`. URLs are logged on their way, so nothing of a receipt is in one."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)] = Field(
        description="The name on the line, as it was read."
    )
    box: tuple[Pixel, Pixel, Pixel, Pixel] = Field(
        description="Where its item is: [x0, y0, x1, y1] in pixels of the upright, full-size image."
    )
    image: Base64Bytes = Field(description="The photo, in base64.")


class LineCrop(Part):
    """One printed line, cut out of a photo."""

    text: str = Field(description="What the recogniser reads on it.")
    confidence: Confidence = Field(description="Mean probability of its characters.")
    png: str = Field(description=f"The line as a PNG image, {LINE_HEIGHT} pixels high, in base64.")


class LineResponse(Part):
    """The response of `POST /v1/lines`."""

    line: LineCrop | None = Field(
        description="The line with the name; null if none is found, or if it contains personal data."
    )
    model_versions: dict[str, str] = Field(description="Version of each model, by its name.")
