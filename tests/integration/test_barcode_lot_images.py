"""The image of a product is kept with the lots of the inventory, and only providers name it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from postgrest.exceptions import APIError

from local.client import User

Row = dict[str, Any]
Database = psycopg.Connection[Row]
IMAGE = "https://images.test/tofu.jpg"
OTHER_IMAGE = "https://images.test/other.jpg"


@pytest.fixture
def number(database: Database) -> str:
    digits = f"880{random.randrange(10**9):09d}"
    row = database.execute("select %s || private.check_digit(%s) as number", [digits, digits]).fetchone()
    assert row is not None
    return str(row["number"])


def store_product(database: Database, number: str, image: str | None, table: str = "products") -> None:
    database.execute(
        f"insert into public.{table} (gtin14, name, image_url, source) values (%s, '가상 두부', %s, 'foodqr')",
        [f"0{number}", image],
    )


def scan(user: User, number: str) -> Row:
    lot = {"inventory_id": str(uuid.uuid4()), "name": "두부", "category": "tofu", "gtin": number}
    added: Any = user.supabase.rpc("add_to_inventory", lot).execute().data
    return dict(added)


def only_lot(user: User) -> Row:
    (lot,) = user.supabase.table("inventory").select("*").execute().data
    assert isinstance(lot, dict)
    return lot


@pytest.fixture
def buy(read_receipt, ocr_answer) -> Callable[[User, str], Row]:
    """Adds the one line item of a receipt that prints the barcode."""

    def buy(user: User, number: str) -> Row:
        answer = ocr_answer()
        answer["items"] = [answer["items"][0] | {"barcode": number}]
        receipt, _ = read_receipt(user, answer)
        added: Any = user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": str(receipt["id"])}).execute().data
        return dict(added[0])

    return buy


@pytest.mark.parametrize("table", ["products", "products_bulk"])
@pytest.mark.parametrize("way", ["scanned", "printed on a receipt"])
def test_a_lot_keeps_the_image_of_its_product(database, user, number, buy, way: str, table: str) -> None:
    store_product(database, number, IMAGE, table)
    lot = scan(user, number) if way == "scanned" else buy(user, number)
    assert lot["image_url"] == IMAGE
    database.execute(
        f"update public.{table} set name = '다른 이름', image_url = %s where gtin14 = %s", [OTHER_IMAGE, f"0{number}"]
    )
    database.execute(f"delete from public.{table} where gtin14 = %s", [f"0{number}"])
    change = {"inventory_id": lot["id"], "changes": {"name": "우리 두부"}}
    assert user.supabase.rpc("correct_inventory_item", change).execute().data["image_url"] == IMAGE
    user.supabase.rpc("delete_inventory_item", {"inventory_id": lot["id"]}).execute()
    user.supabase.rpc("restore_inventory_item", {"inventory_id": lot["id"]}).execute()
    assert only_lot(user)["image_url"] == IMAGE
    export: Any = user.supabase.rpc("export_my_data", {}).execute().data
    assert [row["image_url"] for row in export["tables"]["inventory"]] == [IMAGE]


def test_the_index_has_images_that_providers_lack(database, user, number) -> None:
    store_product(database, number, None)
    store_product(database, number, IMAGE, "products_bulk")
    assert scan(user, number)["image_url"] == IMAGE


@pytest.mark.parametrize("table", ["products", "products_bulk"])
def test_lots_get_the_image_of_a_product_that_is_found_later(database, make_user, number, buy, table: str) -> None:
    users = make_user(), make_user()
    lots = scan(users[0], number), buy(users[1], number)
    store_product(database, number, None, table)
    assert [only_lot(user) for user in users] == [*lots]
    database.execute(f"update public.{table} set image_url = %s where gtin14 = %s", [IMAGE, f"0{number}"])
    for user, lot in zip(users, lots, strict=True):
        # The version tells the app to fetch the lot again. It is no change by the user.
        assert only_lot(user) == lot | {"image_url": IMAGE, "version": lot["version"] + 1}
        assert user.supabase.table("inventory_history").select("*").execute().data == []


def test_a_lot_that_is_being_changed_gets_the_image_with_its_next_change(
    database, database_url: str, user, number
) -> None:
    lot = scan(user, number)
    with psycopg.connect(database_url) as other:
        other.execute("select 1 from public.inventory where id = %s for update", [lot["id"]])
        with database.transaction():
            database.execute("set local lock_timeout = '1s'")
            store_product(database, number, IMAGE)
    assert only_lot(user)["image_url"] is None
    consume = {"inventory_id": lot["id"], "remaining": 0.5}
    assert user.supabase.rpc("consume_inventory_item", consume).execute().data["image_url"] == IMAGE


def test_used_up_lots_get_the_image_when_they_are_in_stock_again(database, user, number) -> None:
    lot = {"inventory_id": scan(user, number)["id"]}
    used_up: Any = user.supabase.rpc("consume_inventory_item", lot).execute().data
    store_product(database, number, IMAGE)
    assert only_lot(user) == used_up
    assert user.supabase.rpc("undo_consumption", lot).execute().data["image_url"] == IMAGE


def test_users_cannot_name_an_image(user, make_user, database, number) -> None:
    """The phone of each user who sees it would load it, and tell its server so."""
    tracker = {"image_url": "https://stranger.test/pixel.gif"}
    named: Row = {"gtin14": f"0{number}", "name": "가상 두부", "category": "tofu"}
    make_user().supabase.rpc("name_product", named).execute()
    lot = scan(user, number)
    assert lot["image_url"] is None
    new = {"inventory_id": str(uuid.uuid4()), "name": "두부", "category": "tofu"}
    category = {"category_id": lot["category_id"], "name": "두부", "gtin14": f"0{number}"}
    attempts = {
        "PGRST202": [
            user.supabase.rpc("add_to_inventory", new | tracker),
            user.supabase.rpc("name_product", named | tracker),
        ],
        "PT422": [user.supabase.rpc("correct_inventory_item", {"inventory_id": lot["id"], "changes": tracker})],
        "42501": [
            user.supabase.table("inventory").insert(category | tracker),
            user.supabase.table("inventory").update(tracker).eq("id", lot["id"]),
            user.supabase.table("products").update(tracker).eq("gtin14", f"0{number}"),
            user.supabase.table("products_bulk").insert(tracker),
        ],
    }
    for code, requests in attempts.items():
        for request in requests:
            with pytest.raises(APIError) as refused:
                request.execute()
            assert refused.value.code == code
    assert only_lot(user)["image_url"] is None


@pytest.mark.parametrize("image", ["http://images.test/1.jpg", "javascript:alert(1)", "", f"{IMAGE}?{'x' * 2000}"])
@pytest.mark.parametrize(("table", "code"), [("products", "23514"), ("products_bulk", "23514"), ("inventory", "PT422")])
def test_images_are_short_https_urls(database, user, number, table: str, code: str, image: str) -> None:
    store_product(database, number, None)
    store_product(database, number, None, "products_bulk")
    scan(user, number)
    with pytest.raises(psycopg.Error) as refused:
        database.execute(f"update public.{table} set image_url = %s where gtin14 = %s", [image, f"0{number}"])
    assert refused.value.sqlstate == code


def test_a_product_that_the_user_has_named_keeps_its_image(database, user, number) -> None:
    store_product(database, number, IMAGE)
    named = {"gtin14": f"0{number}", "name": "아기 두부", "category": "tofu"}
    user.supabase.rpc("name_product", named).execute()
    found: Any = user.supabase.rpc("find_product", {"gtin14": f"0{number}"}).execute().data
    assert (found["product"]["name"], found["product"]["image_url"]) == ("아기 두부", IMAGE)
