"""Every layout of a receipt is parsed as it was printed: no item is lost or invented."""

import random
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_service.parsing.receipt import Receipt, parse_receipt
from ocr_service.parsing.rows import group
from tests.support.printing import LAYOUTS, Printed, Shot, receipts

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))


def read(shot: Shot) -> Receipt:
    return parse_receipt(group(shot.boxes), NOW)


def found(receipt: Receipt) -> list[tuple]:
    return [
        (
            item.name.replace(" ", ""),
            item.numbers.unit_price,
            item.numbers.quantity,
            item.numbers.amount,
            item.discount,
            item.barcode,
        )
        for item in receipt.items
    ]


def truth(printed: Printed) -> list[tuple]:
    return [
        (
            item.name.replace(" ", ""),
            item.price if printed.prices else None,
            item.quantity,
            item.amount,
            -item.discount,
            item.code if printed.codes else None,
        )
        for item in printed.items
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_printed_receipt_is_parsed(layout: str, data: st.DataObject) -> None:
    shot = data.draw(receipts(layout=layout))
    receipt = read(shot)
    assert found(receipt) == truth(shot.printed)
    assert receipt.totals.total == shot.printed.total
    assert receipt.totals.matches is True
    assert receipt.totals.discount == -shot.printed.off - sum(item.discount for item in shot.printed.items)
    assert receipt.purchase_time is not None
    assert receipt.purchase_time.isoformat() == shot.printed.purchased_at
    assert receipt.store == shot.printed.store


@settings(max_examples=25, deadline=None)
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_the_order_of_the_boxes_does_not_matter(data: st.DataObject, chance: random.Random) -> None:
    shot = data.draw(receipts(layout=data.draw(st.sampled_from(sorted(LAYOUTS)))))
    boxes = list(shot.boxes)
    chance.shuffle(boxes)
    assert read(replace(shot, boxes=boxes)) == read(shot)
