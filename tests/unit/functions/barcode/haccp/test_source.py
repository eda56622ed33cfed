"""Parsing items of the HACCP data set."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AnyHttpUrl, SecretStr

from functions.barcode.gtin import canonical
from functions.barcode.haccp.source import Haccp, gtin14_of, row_of
from functions.barcode.settings import ServerSettings
from tests.support.barcode_servers import KEY, document, serving
from tests.support.provider_bench import Bench, fixed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8801234567893", "08801234567893"),
        (" 8801234567893 ", "08801234567893"),
        ("8801234567890 / 8801234567893", "08801234567893"),
        ("8801234567893,8809999999990", "08801234567893"),
        ("8801234567893 8809999999990", "08801234567893"),
        ("2 8801234567893", "08801234567893"),
        ("8801234567893-1", "08801234567893"),
        ("８８０１２３４５６７８９３", "08801234567893"),
        ("8.801234567893E+12", "08801234567893"),
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


numbers = st.sampled_from(["8801234567893", "8801043014816", "96385074", "0012345678905"])
separated = st.builds(
    lambda number, place, mark: f"{number[:place]}{mark}{number[place:]}",
    numbers,
    st.integers(2, 6),
    st.sampled_from(["", " ", "-"]),
)


@given(separated, st.lists(separated | st.sampled_from(["20123451", "1588-12", "1"]), max_size=2), st.data())
def test_a_number_is_found_among_others(number: str, others: list[str], data: st.DataObject) -> None:
    separator = data.draw(st.sampled_from([", ", "/", "\n", "  ", " (", "; "]))
    texts = data.draw(st.permutations([number, *others]))
    assert gtin14_of(separator.join(texts)) in {canonical(text) for text in [number, *others]}


ITEM = {"prdlstNm": "가상 라면", "barcode": "8801234567893"}
ITEMS = [
    [{"item": ITEM}, {"item": ITEM}],
    [ITEM, ITEM],
    {"item": [ITEM, ITEM]},
    {"0": {"item": ITEM}, "2": {"item": ITEM}},
    [{"item": {field: [text] for field, text in ITEM.items()}}] * 2,
]


@given(
    st.sampled_from(ITEMS),
    st.sampled_from(["OK", "ok", "00", "000", "0", 0]),
    st.sampled_from([1234, "1234", "1,234", "1234.0"]),
    st.booleans(),
)
@settings(suppress_health_check=list(HealthCheck))
def test_a_page_is_read_in_every_form(bench: Bench, items: Any, code: object, total: object, is_wrapped: bool) -> None:
    answer = {"header": {"resultCode": code}, "body": {"totalCount": total, "items": items}}
    with serving(fixed(document({"response": answer} if is_wrapped else answer))) as server:
        settings = ServerSettings(url=AnyHttpUrl(server.url), key=SecretStr(KEY), timeout_s=20)
        page = Haccp(bench.connections, settings, 100, lambda _: None).page(1)
    assert page.pages == 13
    assert page.rows
    assert [(row["gtin14"], row["name"]) for row in page.rows] == [("08801234567893", "가상 라면")] * 2
