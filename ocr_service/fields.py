"""Words of the contract that parsing uses too: the fields that can be repaired or uncertain, and the roles of rows."""

from enum import StrEnum


class ItemField(StrEnum):
    """A field of a line item."""

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


class Role(StrEnum):
    """The part that a printed row plays on the receipt."""

    STORE = "store"
    DATE = "date"
    COLUMNS = "columns"
    ITEM = "item"
    DISCOUNT = "discount"
    SUBTOTAL = "subtotal"
    TAX = "tax"
    TOTAL = "total"
    PAYMENT = "payment"
    OTHER = "other"
