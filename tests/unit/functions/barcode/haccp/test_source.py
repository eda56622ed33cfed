"""Parsing items of the HACCP data set."""

from __future__ import annotations

from typing import Any

import pytest

from functions.barcode.haccp.source import gtin14_of, row_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8801234567893", "08801234567893"),
        (" 8801234567893 ", "08801234567893"),
        ("8801234567890 / 8801234567893", "08801234567893"),
        ("8801234567893,8809999999990", "08801234567893"),
        ("(1)8801234567893", "08801234567893"),
        ("해당없음", None),
        ("2012345678903", None),
        ("880123", None),
        ("", None),
    ],
)
def test_a_barcode_field_is_filled_in_by_hand(text: str, expected: str | None) -> None:
    assert gtin14_of(text) == expected


@pytest.mark.parametrize("item", [None, 5, [], {}, {"prdlstNm": "이름"}, {"barcode": "8801234567893", "prdlstNm": " "}])
def test_an_item_without_name_or_number_has_no_row(item: Any) -> None:
    assert row_of(item) is None
