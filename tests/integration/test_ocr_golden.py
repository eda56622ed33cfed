"""What the shipped models and the code make of the sample receipts. After a change that is meant to change it:
`pytest -k ocr_golden --update-golden`, and read the difference."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ocr_service.reader import ReceiptReader
from ocr_service.settings import Settings

SAMPLES = Path(__file__).parents[1] / "fixtures" / "receipts"
NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def reader() -> Iterator[ReceiptReader]:
    loaded = ReceiptReader(Settings(), lambda: NOW)
    yield loaded
    loaded.close()


@pytest.mark.parametrize("name", ["convenience", "mart", "sideways"])
def test_sample(name: str, reader: ReceiptReader, golden: Callable[[str, Any], None]) -> None:
    answer = reader.read((SAMPLES / f"{name}.jpg").read_bytes(), "sample").model_dump(mode="json")
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
