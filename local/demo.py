"""The demo: a photo becomes a receipt with line items, and these become inventory."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from storage3.exceptions import StorageApiError

from local.client import User, sign_up, upload, wait_for_receipt
from local.stack import Addresses

SAMPLE = Path(__file__).with_name("demo_receipt.jpg")
STORAGE_KO = {"pantry": "실온", "fridge": "냉장", "freezer": "냉동", None: "-"}


class DemoError(Exception):
    """The demo failed; the text says why."""


def run(addresses: Addresses, image: Path, console: Console) -> None:
    """Upload `image` as a new user, wait until the receipt is read, and add its items to the inventory.

    Raises:
        DemoError: Storage refused the photo, or the receipt could not be read.
    """
    user = sign_up(addresses.supabase_url, addresses.publishable_key)
    console.print(f"[bold]1.[/] A new user signed up: {user.email}")

    start = time.monotonic()
    try:
        path = upload(user, image.read_bytes(), image.name)
    except StorageApiError as error:
        raise DemoError(f"Storage refused {image.name}: {error.message}") from error
    console.print(f"[bold]2.[/] {image.name} uploaded to ocr/{path}")

    with console.status("reading the receipt …"):
        receipt = wait_for_receipt(user, path)
    if receipt["status"] == "failed":
        raise DemoError(
            f"The receipt could not be read: {receipt['error_code']} ({receipt['error_detail']}). "
            "The photo is still stored. If the photo is not the reason, retry_receipt() may succeed later."
        )
    console.print(f"[bold]3.[/] Read {time.monotonic() - start:.1f} s after the upload began\n")

    categories = _categories(user)
    items = _rows(user, "receipt_items", "line_no", receipt_id=receipt["id"])
    console.print(_receipt_table(receipt, items, categories))

    added: Any = user.supabase.rpc("add_receipt_to_inventory", {"receipt_id": receipt["id"]}).execute().data
    console.print(f"\n[bold]4.[/] One call put {len(added)} items into the inventory\n")
    console.print(_inventory_table(_rows(user, "inventory", "expires_on"), categories))


def _rows(user: User, table: str, order: str, **filters: str) -> list[dict[str, Any]]:
    query = user.supabase.table(table).select("*").order(order)
    for column, value in filters.items():
        query = query.eq(column, value)
    rows: Any = query.execute().data
    return list(rows)


def _categories(user: User) -> dict[Any, str]:
    return {row["id"]: row["name_ko"] for row in _rows(user, "categories", "sort")} | {None: "?"}


def _money(value: int | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _receipt_table(receipt: dict[str, Any], items: list[dict[str, Any]], categories: dict[Any, str]) -> Table:
    title = f"{receipt['store_name'] or '(no store name)'}   {receipt['purchased_at'] or '(no date)'}"
    table = Table(title=title, box=box.SIMPLE_HEAD, caption=f"total {_money(receipt['total']) or 'not read'}")
    for header, justify in (
        ("item", "left"),
        ("qty", "right"),
        ("price", "right"),
        ("discount", "right"),
        ("category", "left"),
        ("storage", "left"),
        ("use by", "left"),
        ("sure", "right"),
    ):
        table.add_column(header, justify=justify)  # type: ignore[arg-type]
    for item in items:
        table.add_row(
            item["name"],
            f"{item['quantity']:g}" if item["quantity"] is not None else "",
            _money(item["amount"]),
            _money(item["discount"]) if item["discount"] else "",
            categories[item["category_id"]],
            STORAGE_KO[item["storage"]],
            item["expires_on"] or "-",
            f"{item['confidence']:.0%}{' ?' if item['uncertain'] else ''}" if item["confidence"] is not None else "",
        )
    return table


def _inventory_table(rows: list[dict[str, Any]], categories: dict[Any, str]) -> Table:
    table = Table(title="Inventory, by use-by date", box=box.SIMPLE_HEAD)
    for header in ("use by", "item", "qty", "category", "storage"):
        table.add_column(header, justify="right" if header == "qty" else "left")
    for row in rows:
        quantity = f"{row['quantity']:g}" if row["quantity"] is not None else ""
        storage = STORAGE_KO[row["storage"]]
        table.add_row(row["expires_on"] or "-", row["name"], quantity, categories[row["category_id"]], storage)
    return table
