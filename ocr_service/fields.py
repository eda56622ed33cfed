"""The fields of an item and of a receipt that can be repaired or in doubt, by their names in the contract."""

from enum import StrEnum


class Field(StrEnum):
    """A field of an item."""

    NAME = "name"
    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    AMOUNT = "amount"
    BARCODE = "barcode"
    CATEGORY = "category"
    EXPIRES_ON = "expires_on"


class ReceiptField(StrEnum):
    """A field of the receipt as a whole."""

    STORE = "store"
    PURCHASED_AT = "purchased_at"
    TOTAL = "total"
