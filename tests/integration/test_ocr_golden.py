"""Results of the packaged models on the sample receipts.

After an intended change run `pytest -k ocr_golden --update-golden` and review the difference.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ocr_service.reader import ReceiptReader
from ocr_service.settings import Settings

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


@pytest.fixture(scope="module")
def native_reader() -> Iterator[ReceiptReader]:
    """Computes in what this processor is fast at."""
    reader = ReceiptReader(Settings(), lambda: datetime(2026, 11, 1, 3, 0, tzinfo=UTC))
    yield reader
    reader.close()


@pytest.mark.parametrize("name", ["convenience", "mart"])
def test_the_precision_does_not_change_what_was_bought(
    name: str, ocr_reader: ReceiptReader, native_reader: ReceiptReader
) -> None:
    photo = (SAMPLES / f"{name}.jpg").read_bytes()
    bought = [
        [("".join(item.name.split()), item.quantity, item.amount, item.category.code) for item in answer.items]
        for answer in (reader.read(photo, "sample") for reader in (ocr_reader, native_reader))
    ]
    assert bought[0] == bought[1]
