"""The wire contract: its schema, and which values it accepts."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from ocr_service.contract import Item, ReceiptResponse

ITEM: dict[str, Any] = {
    "line_no": 1, "raw_text": "우유 1L 2,980", "name": "우유 1L", "quantity": 1, "unit": None, "unit_price": 2980,
    "amount": 2980, "discount": 0, "barcode": None, "kind": "food",
    "category": {"code": "dairy", "confidence": 0.9}, "uncertain": False, "storage": "fridge",
    "expires_on": "2026-03-08", "box": [0, 0, 10, 10],
}  # fmt: skip


def test_schema(golden: Callable[[str, Any], None]) -> None:
    golden("ocr_contract_v1.schema", ReceiptResponse.model_json_schema(mode="serialization"))


def test_every_field_has_a_description() -> None:
    schema = ReceiptResponse.model_json_schema(mode="serialization")
    for name in ("Item", "Line", "Receipt", "Category"):
        for field, definition in schema["$defs"][name]["properties"].items():
            documented = "description" in definition or "$ref" in definition or "const" in definition
            assert documented, f"{name}.{field}"


@pytest.mark.parametrize(("quantity", "printed"), [(1, "1"), ("0.532", "0.532"), (12, "12")])
def test_quantity_is_a_plain_number(quantity: object, printed: str) -> None:
    text = Item.model_validate(ITEM | {"quantity": quantity}).model_dump_json()
    assert f'"quantity":{printed},' in text
    assert isinstance(json.loads(text)["quantity"], int | float)


@pytest.mark.parametrize(
    "wrong",
    [{"discount": 500}, {"quantity": 0}, {"line_no": 0}, {"kind": "drink"}, {"storage": "cellar"}, {"extra": 1}],
)
def test_invalid_items_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Item.model_validate(ITEM | wrong)
