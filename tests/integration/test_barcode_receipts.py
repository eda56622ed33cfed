"""Barcodes on receipts: items get their product from our tables, and unknown barcodes are queued for the sweep."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from biip.upc import Upc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from supabase import Client

from functions.barcode.gtin import Kind, parse
from functions.core.errors import InvalidBarcode
from local.client import User

Row = dict[str, Any]


def complete(payload: str) -> str:
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return payload + str(-total % 10)


def new_number() -> str:
    return complete(f"880{random.randrange(10**9):09d}")


@pytest.fixture
def add_product(database) -> Callable[..., None]:
    def add_product(number: str, name: str, category: str | None, expires: str = "1 day") -> None:
        database.execute(
            "insert into public.products (gtin14, name, category_id, source, fetched_at, expires_at) "
            "values (%s, %s, (select id from public.categories where code = %s), 'foodqr', now(), "
            "now() + %s::interval)",
            [f"0{number}", name, category, expires],
        )

    return add_product


@pytest.fixture
def read(read_receipt, ocr_answer) -> Callable[..., list[Row]]:
    """Reads a receipt whose first item, predicted to be milk, has that barcode."""

    def read(user: User, barcode: str | None, **changes: Any) -> list[Row]:
        answer = ocr_answer()
        answer["items"][0].update({"barcode": barcode, **changes})
        _, items = read_receipt(user, answer)
        return list(items)

    return read


def queued(database, number: str) -> bool:
    rows = database.execute("select * from public.product_lookups where gtin14 = %s", [f"0{number}"]).fetchall()
    return bool(rows)


def test_an_item_gets_the_product_of_its_barcode(database, user, add_product, read) -> None:
    number = new_number()
    add_product(number, "가상 진간장 500ml", "seasoning")
    item = read(user, number, name="가상진간", uncertain_fields=["name", "category"])[0]
    assert (item["name"], item["code"], item["decided_by"]) == ("가상 진간장 500ml", "seasoning", "product")
    assert (item["gtin14"], item["uncertain"], item["storage"]) == (f"0{number}", False, "pantry")
    dairy = database.execute("select id from public.categories where code = 'dairy'").fetchone()["id"]
    assert (item["predicted_name"], item["predicted_category_id"]) == ("가상진간", dairy)
    assert not queued(database, number)

    added = user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(item["receipt_id"])}).execute().data
    assert [row["gtin14"] for row in added] == [f"0{number}", None]


def test_a_product_without_a_category_changes_only_the_name(user, add_product, read) -> None:
    number = new_number()
    add_product(number, "가상 우유 1L", None)
    item = read(user, number, uncertain_fields=["name", "category"])[0]
    assert (item["name"], item["code"], item["uncertain"]) == ("가상 우유 1L", "dairy", True)


def test_the_user_s_own_name_takes_precedence_over_the_product(user, add_product, read) -> None:
    number = new_number()
    add_product(number, "가상 진간장", "seasoning")
    first = read(user, number, name="우리우유")[0]
    edits = [{"receipt_item_id": str(first["id"]), "name": "아기 우유", "category": "baby_health"}]
    user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(first["receipt_id"]), "items": edits}).execute()
    again = read(user, number, name="우리우유")[0]
    assert (again["name"], again["code"], again["decided_by"]) == ("아기 우유", "baby_health", "alias")


def test_a_user_s_name_for_a_barcode_applies_to_that_user(make_user, read) -> None:
    number = new_number()
    owner, other = make_user(), make_user()
    owner.supabase.rpc("name_product", {"gtin14": number, "name": "할머니 된장", "category": "seasoning"}).execute()
    assert read(owner, number)[0]["name"] == "할머니 된장"
    assert read(other, number)[0]["name"] != "할머니 된장"


def test_an_unknown_barcode_is_queued_once_and_pending_items_get_its_product(
    database, make_user, add_product, read
) -> None:
    number = new_number()
    first, second = (read(make_user(), number)[0] for _ in range(2))
    assert first["decided_by"] == "model"
    assert queued(database, number)
    database.execute("update public.receipt_items set decided_by = 'user' where id = %s", [second["id"]])
    add_product(number, "가상 진간장", "seasoning")
    rows = database.execute(
        "select i.name, i.decided_by, c.code from public.receipt_items i "
        "join public.categories c on c.id = i.category_id where i.id = any(%s) order by i.decided_by",
        [[first["id"], second["id"]]],
    ).fetchall()
    assert rows == [
        {"name": "가상 진간장", "decided_by": "product", "code": "seasoning"},
        {"name": second["name"], "decided_by": "user", "code": "dairy"},
    ]


@pytest.mark.parametrize("barcode", [None, "2012345678903", "8801234567890", "123", "가나다"])
def test_only_product_numbers_are_queued(database, user, read, barcode: str | None) -> None:
    before = database.execute("select count(*) from public.product_lookups").fetchone()
    item = read(user, barcode)[0]
    assert (item["gtin14"], item["decided_by"]) == (None, "model")
    assert database.execute("select count(*) from public.product_lookups").fetchone() == before


def test_misses_and_indexed_products_are_not_queued_but_stale_ones_are(database, user, add_product, read) -> None:
    missed, indexed, old = new_number(), new_number(), new_number()
    database.execute(
        "insert into public.product_misses (gtin14, retry_after) values (%s, now() + interval '1 hour')", [f"0{missed}"]
    )
    database.execute(
        "insert into public.products_bulk (gtin14, name, source) values (%s, '가상 라면', 'haccp')", [f"0{indexed}"]
    )
    add_product(old, "가상 식초", "seasoning", "-1 day")
    assert [read(user, number)[0]["name"] for number in (missed, indexed, old)] == [
        "서울우유 1L",
        "가상 라면",
        "가상 식초",
    ]
    assert [queued(database, number) for number in (missed, indexed, old)] == [False, False, True]


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


prefixes = st.sampled_from(["880", "020", "041", "200", "977", "981", "990", "000"])
codes = st.one_of(
    digits(0, 19),
    st.integers(7, 13).flatmap(lambda size: digits(size, size)).map(complete),
    st.builds(lambda prefix, rest: complete(prefix + rest), prefixes, digits(9, 9)),
    st.builds(lambda payload, own: complete(payload) + own, digits(12, 12), digits(5, 5)),
    st.builds(lambda payload, own: complete(f"97{payload}") + own, digits(10, 10), digits(2, 2)),
    st.sampled_from("123456789").map(lambda level: complete(level + 12 * "0")),
    st.builds(lambda system, rest: Upc.parse(system + rest).as_upc_a(), st.sampled_from("01"), digits(6, 6)),
    st.builds(
        lambda system, rest: system + rest + str(Upc.parse(system + rest).as_upc_a())[-1],
        st.sampled_from("01"),
        digits(6, 6),
    ),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(codes, min_size=30, max_size=60))
def test_the_database_and_the_function_parse_numbers_alike(database, numbers: list[str]) -> None:
    def ours(number: str) -> str | None:
        try:
            scan = parse(number)
        except InvalidBarcode:
            return None
        # The database accepts printed digits; element strings come from scanners only.
        plain = len(number) in (8, 12, 13, 14, 18) or (len(number) == 15 and number[:3] in ("977", "978", "979"))
        return scan.gtin14 if plain and scan.kind is not Kind.IN_STORE else None

    query = "select private.gtin14(n) as gtin14 from unnest(%s::text[]) with ordinality as u (n, place) order by place"
    theirs = [row["gtin14"] for row in database.execute(query, [numbers]).fetchall()]
    assert theirs == [ours(number) for number in numbers]


def test_users_cannot_call_the_service_s_functions(user: User, anonymous: Client) -> None:
    for client in (user.supabase, anonymous):
        with pytest.raises(Exception, match="permission denied"):
            client.rpc("claim_product_lookup", {"p_now": "2026-11-22", "p_lease_seconds": 5}).execute()
