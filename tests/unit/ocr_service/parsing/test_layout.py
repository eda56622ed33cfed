"""Every layout of a receipt comes back as it was printed: nothing lost, nothing invented."""

import random
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_service.parsing.receipt import Receipt, understand
from ocr_service.parsing.rows import group
from tests.support.printing import LAYOUTS, Printed, Shot, receipts

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))


def read(shot: Shot) -> Receipt:
    return understand(group(shot.boxes), NOW)


def found(receipt: Receipt) -> list[tuple]:
    return [
        (
            entry.name.replace(" ", ""),
            entry.figures.unit_price,
            entry.figures.quantity,
            entry.figures.amount,
            entry.discount,
            entry.barcode,
        )
        for entry in receipt.entries
    ]


def truth(printed: Printed) -> list[tuple]:
    return [
        (
            article.name.replace(" ", ""),
            article.price if printed.prices else None,
            article.quantity,
            article.amount,
            -article.discount,
            article.code if printed.codes else None,
        )
        for article in printed.articles
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_was_printed_comes_back(layout: str, data: st.DataObject) -> None:
    shot = data.draw(receipts(layout=layout))
    receipt = read(shot)
    assert found(receipt) == truth(shot.printed)
    assert receipt.totals.total == shot.printed.total
    assert receipt.totals.matches is True
    assert receipt.totals.discount == -shot.printed.off - sum(article.discount for article in shot.printed.articles)
    assert receipt.moment is not None
    assert receipt.moment.isoformat() == shot.printed.moment
    assert receipt.store == shot.printed.store


@settings(max_examples=25, deadline=None)
@given(data=st.data(), chance=st.randoms(use_true_random=False))
def test_the_order_of_the_boxes_does_not_matter(data: st.DataObject, chance: random.Random) -> None:
    shot = data.draw(receipts(layout=data.draw(st.sampled_from(sorted(LAYOUTS)))))
    boxes = list(shot.boxes)
    chance.shuffle(boxes)
    assert read(replace(shot, boxes=boxes)) == read(shot)
