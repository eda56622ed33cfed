"""Order lists of any shop give the items that were bought, each with the day of its order."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings

from ocr_service.parsing.order_list import parse_order_list
from tests.support.order_screens import Screen, screens

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=ZoneInfo("Asia/Seoul"))


def bought(screen: Screen) -> list[tuple[str, int, int, object]] | None:
    receipt = parse_order_list(screen.boxes(), NOW)
    if receipt is None:
        return None
    assert receipt.item_days is not None
    return [
        ("".join(item.name.split()), item.numbers.amount, int(item.numbers.quantity or 0), day)
        for item, day in zip(receipt.items, receipt.item_days, strict=True)
    ]


@settings(max_examples=400, deadline=None)
@given(screens(NOW.date()))
def test_every_item_that_was_bought_with_its_day(screen: Screen) -> None:
    assert bought(screen) == screen.expected
