"""A packaged receipt whose answer is known: proof that models and code of this process fit together."""

import json
from pathlib import Path
from typing import Any, Protocol

from ocr_service.contract import ReceiptResponse
from ocr_service.errors import OcrError


class Reader(Protocol):
    """What can read a picture."""

    def read(self, data: bytes, request_id: str) -> ReceiptResponse:
        """See `ReceiptReader.read`."""


def check(reader: Reader, folder: Path) -> list[str]:
    """Names of the fields of the golden receipt that read differently than expected; empty if all is well.

    `folder` has the picture, receipt.png, and expected.json.
    """
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    try:
        found = summary(reader.read((folder / "receipt.png").read_bytes(), "golden"))
    except OcrError as error:
        return [error.code]
    return sorted(key for key in expected if found.get(key) != expected[key])


def summary(response: ReceiptResponse) -> dict[str, Any]:
    """The fields that the golden receipt is compared by; names without spaces, which printers set as they like."""
    return {
        "store": response.receipt.store,
        "purchased_at": response.receipt.purchased_at,
        "total": response.receipt.total,
        "items": [
            ["".join(item.name.split()), float(item.quantity), item.amount, item.discount] for item in response.items
        ],
    }
