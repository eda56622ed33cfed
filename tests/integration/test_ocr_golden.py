"""Results of the packaged models on the sample receipts.

After an intended change run `pytest -k ocr_golden --update-golden` and review the difference.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ocr_service.contract import ReceiptResponse
from ocr_service.reader import ReceiptReader
from ocr_service.vision import engine, runtime

SAMPLES = Path(__file__).parents[1] / "fixtures" / "receipts"


@pytest.fixture(scope="module")
def sample(ocr_reader: ReceiptReader) -> Callable[[str], ReceiptResponse]:
    """What the models read on the sample of that name."""
    return cache(lambda name: ocr_reader.read((SAMPLES / f"{name}.jpg").read_bytes(), "sample"))


@pytest.mark.parametrize("name", ["convenience", "mart", "sideways"])
def test_sample(name: str, sample: Callable[[str], ReceiptResponse], golden: Callable[[str, Any], None]) -> None:
    answer = sample(name).model_dump(mode="json")
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


@pytest.mark.parametrize("name", ["convenience", "mart"])
def test_the_precision_does_not_change_what_was_bought(
    name: str, sample: Callable[[str], ReceiptResponse], native_reader: ReceiptReader
) -> None:
    native = native_reader.read((SAMPLES / f"{name}.jpg").read_bytes(), "sample")
    bought = [
        [("".join(item.name.split()), item.quantity, item.amount, item.category.code) for item in answer.items]
        for answer in (sample(name), native)
    ]
    assert bought[0] == bought[1]


def test_memory_beyond_the_limit_is_given_back_and_changes_no_reading(
    sample: Callable[[str], ReceiptResponse], ocr_reader: ReceiptReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = sample("mart").items
    read = {}
    for limit in (0.0, float("inf")):
        monkeypatch.setattr(engine, "KEPT_MIB", limit)
        assert ocr_reader.read((SAMPLES / "mart.jpg").read_bytes(), "sample").items == expected
        read[limit] = runtime.resident_mib()
    assert read[0.0] < read[float("inf")] - 50
    ocr_reader.release()
    assert runtime.resident_mib() < read[float("inf")] - 50
