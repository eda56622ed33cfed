"""Results of the packaged models on the sample receipts.

After an intended change run `pytest -k ocr_golden --update-golden` and review the difference.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocr_service.reader import ReceiptReader

SAMPLES = Path(__file__).parents[1] / "fixtures" / "receipts"


@pytest.mark.parametrize("name", ["convenience", "mart", "sideways"])
def test_sample(name: str, ocr_reader: ReceiptReader, golden: Callable[[str, Any], None]) -> None:
    answer = ocr_reader.read((SAMPLES / f"{name}.jpg").read_bytes(), "sample").model_dump(mode="json")
    golden(
        f"ocr_{name}",
        {
            "receipt": answer["receipt"],
            "items": [
                {key: value for key, value in item.items() if key not in ("box", "category", "uncertain")}
                | {"category": item["category"]["code"]}
                for item in answer["items"]
            ],
            "lines": [f"{line['role']}: {line['text']}" for line in answer["lines"]],
            "warnings": answer["warnings"],
        },
    )
