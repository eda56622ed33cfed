"""A packaged receipt with a known result: proof that the models and the code of this process match."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ocr_service.contract import ReceiptResponse
from ocr_service.errors import OcrError


def check(read: Callable[[bytes, str], ReceiptResponse], folder: Path) -> list[str]:
    """Names of the fields of the golden receipt that are read incorrectly; empty if all are right.

    `read` is `ReceiptReader.read`. `folder` contains the image, receipt.png, and expected.json.
    """
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    try:
        actual = summary(read((folder / "receipt.png").read_bytes(), "golden"))
    except OcrError as error:
        return [error.code]
    return sorted(key for key in expected if actual.get(key) != expected[key])


def summary(response: ReceiptResponse) -> dict[str, Any]:
    """The fields by which the golden receipt is compared. Names have no spaces: printers set them at will."""
    return {
        "store": response.receipt.store,
        "purchased_at": response.receipt.purchased_at,
        "total": response.receipt.total,
        "items": [
            ["".join(item.name.split()), float(item.quantity), item.amount, item.discount] for item in response.items
        ],
    }
