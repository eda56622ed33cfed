"""The committed sample receipts match their labels. No font is needed, because the photos are not rendered again."""

import json
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from model_export.text_models.synthesis.receipt_text import check_digit
from model_export.text_models.synthesis.sample_receipts import COLUMNS, RECEIPTS, Receipt, cells
from model_export.text_models.synthesis.samples import ORIENTATION

FOLDER = Path(__file__).parents[4] / "fixtures" / "receipts"


def by_image(receipt: Receipt) -> str:
    return receipt.image


def test_labels_are_those_of_the_code() -> None:
    labels = json.loads((FOLDER / "labels.json").read_text(encoding="utf-8"))
    assert labels["receipts"] == [receipt.label() for receipt in RECEIPTS]


@pytest.mark.parametrize("receipt", RECEIPTS, ids=by_image)
def test_a_receipt_adds_up_and_fits_its_paper(receipt: Receipt) -> None:
    assert receipt.total == sum(item.amount + item.discount for item in receipt.items)
    assert all(item.discount <= 0 < item.amount for item in receipt.items)
    assert all(cells(row.text) * row.wide <= COLUMNS for row in receipt.rows())
    assert f"{date.fromisoformat(receipt.day):%m-%d}" in receipt.date.replace("/", "-")
    for item in receipt.items:
        assert item.barcode is None or item.barcode[-1] == check_digit(item.barcode[:-1])


@pytest.mark.parametrize("receipt", RECEIPTS, ids=by_image)
def test_a_photo_is_small_enough_to_keep(receipt: Receipt) -> None:
    assert (FOLDER / receipt.image).stat().st_size <= 250_000


def test_one_photo_is_sideways_without_a_note_and_one_with() -> None:
    with Image.open(FOLDER / "sideways.jpg") as image:
        assert image.width > image.height
        assert ORIENTATION not in image.getexif()
    with Image.open(FOLDER / "exif.jpg") as image:
        assert image.width > image.height
        assert image.getexif()[ORIENTATION] == 6


def test_the_long_receipt_is_what_speed_is_measured_on() -> None:
    long = next(receipt for receipt in RECEIPTS if receipt.image == "long.jpg")
    with Image.open(FOLDER / long.image) as image:
        assert image.size == (2048, 2048)
    assert 55 <= len([row for row in long.rows() if row.text]) <= 70
