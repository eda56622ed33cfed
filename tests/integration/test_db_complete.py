"""`complete_receipt`: what it stores for a result of the OCR service."""

from __future__ import annotations

import copy
from datetime import date, datetime
from typing import Any

import psycopg
import pytest
from postgrest.exceptions import APIError

Row = dict[str, Any]


def items_of(database: psycopg.Connection[Row], receipt_id: object) -> list[Row]:
    query = "select * from public.receipt_items where receipt_id = %s order by line_no"
    return database.execute(query, [receipt_id]).fetchall()


def test_the_whole_result_is_stored(user, read_receipt, ocr_answer):
    answer = ocr_answer()
    receipt, items = read_receipt(user, answer)
    assert receipt["status"] == "done"
    assert receipt["store_name"] == "행복마트 성수점"
    assert receipt["purchased_at"] == datetime(2026, 11, 20, 18, 31)  # noqa: DTZ001 - as printed, without a zone
    assert (receipt["total"], receipt["currency"]) == (11420, "KRW")
    assert receipt["raw_lines"] == answer["lines"]
    assert receipt["warnings"] == ["turned"]
    assert receipt["model_versions"] == answer["model_versions"]
    assert receipt["timings"] == answer["timings_ms"]
    assert receipt["contract_version"] == "1.1"
    assert receipt["processed_at"] is not None
    assert (receipt["duplicate_of"], receipt["error_code"], receipt["lease_until"]) == (None, None, None)

    milk, tofu, bag = items
    assert (milk["name"], milk["predicted_name"], milk["code"]) == ("서울우유 1L", "서울우유 1L", "dairy")
    assert (milk["kind"], milk["storage"], milk["expires_on"]) == ("food", "fridge", date(2026, 11, 27))
    assert milk["raw_text"] == answer["items"][0]["raw_text"]
    assert milk["box"] == answer["items"][0]["box"]
    assert milk["confidence"] == pytest.approx(0.9)
    assert (tofu["quantity"], tofu["unit_price"], tofu["amount"], tofu["discount"]) == (2, 2980, 5960, -500)
    assert (tofu["uncertain_fields"], milk["uncertain_fields"]) == (["category"], [])
    assert (tofu["uncertain"], milk["uncertain"]) == (True, False)
    assert (bag["kind"], bag["storage"], bag["expires_on"]) == ("non_food", None, None)
    assert {item["status"] for item in items} == {"pending"}


def test_free_items_are_pending_and_returned_items_dismissed(user, read_receipt, ocr_answer):
    answer = ocr_answer()
    bought, free, returned = answer["items"]
    answer["items"] = [bought, free | {"amount": 0, "discount": 0}, returned | {"amount": -490}]
    _, items = read_receipt(user, answer)
    assert [(item["amount"], item["status"]) for item in items] == [
        (bought["amount"], "pending"),
        (0, "pending"),
        (-490, "dismissed"),
    ]


def test_items_of_several_orders_keep_the_day_of_their_order(user, read_receipt, ocr_answer):
    answer = ocr_answer()
    first, second, bag = answer["items"]
    answer["items"] = [first | {"purchased_on": "2026-11-20"}, second | {"purchased_on": "2026-11-10"}, bag]
    receipt, items = read_receipt(user, answer)
    assert [item["purchased_on"] for item in items] == [date(2026, 11, 20), date(2026, 11, 10), None]
    rpc = user.supabase.rpc
    corrected = rpc("correct_category", {"receipt_item_id": str(items[1]["id"]), "category": "dairy"}).execute().data
    assert corrected["purchased_on"] == "2026-11-10"
    lots = rpc("add_receipt_to_inventory", {"receipt_id": str(receipt["id"])}).execute().data
    assert [lot["purchased_on"] for lot in lots] == ["2026-11-20", "2026-11-10"]
    assert lots[1]["expires_on"] == corrected["suggestion"]["expires_on"] < lots[0]["expires_on"]


def test_a_refund_has_no_items_and_its_warning(user, read_receipt, ocr_answer):
    receipt, items = read_receipt(user, ocr_answer() | {"items": [], "warnings": ["no_items", "refund"]})
    assert (receipt["status"], receipt["warnings"], items) == ("done", ["no_items", "refund"], [])


def test_a_receipt_without_store_date_total_and_items_completes(user, read_receipt, ocr_answer):
    answer = ocr_answer(store=None, purchased_at=None, total=None, totals_match=None) | {"items": [], "lines": []}
    receipt, items = read_receipt(user, answer)
    assert (receipt["status"], receipt["store_name"], receipt["purchased_at"], receipt["total"]) == (
        "done",
        None,
        None,
        None,
    )
    assert items == []


def test_a_repeated_result_is_stored_once(user, upload_receipt, claim, complete, ocr_answer, database):
    queued = upload_receipt(user)
    (claimed,) = claim(queued["id"])
    assert complete(claimed, ocr_answer()) == "done"
    before = items_of(database, queued["id"])
    assert complete(claimed, ocr_answer()) == "done"
    assert items_of(database, queued["id"]) == before


def test_a_result_after_the_receipt_was_given_up_is_stale(
    user, upload_receipt, claim, complete, fail, ocr_answer, database
):
    queued = upload_receipt(user)
    (claimed,) = claim(queued["id"])
    fail(claimed, retryable=False)
    assert complete(claimed, ocr_answer()) == "stale"
    assert items_of(database, queued["id"]) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: answer["items"][1]["category"].update(code="no_such_category"),
        lambda answer: answer["items"][1].update(quantity=0),
        lambda answer: answer["items"][1].update(line_no=1),
        lambda answer: answer["receipt"].update(purchased_at="20-11-26 evening"),
        lambda answer: answer["receipt"].update(total=10**12),
        lambda answer: answer.update(items="none"),
    ],
)
def test_a_result_that_violates_the_contract_stores_nothing(
    user, upload_receipt, claim, complete, ocr_answer, database, spoil
):
    queued = upload_receipt(user)
    (claimed,) = claim(queued["id"])
    answer = copy.deepcopy(ocr_answer())
    spoil(answer)
    with pytest.raises(APIError) as refused:
        complete(claimed, answer)
    assert refused.value.code == "22023"
    assert items_of(database, queued["id"]) == []
    row = database.execute("select status from public.receipts where id = %s", [queued["id"]]).fetchone()
    assert row == {"status": "processing"}


def test_a_second_photo_of_a_receipt_is_marked_as_a_duplicate(user, make_user, read_receipt, ocr_answer):
    original, _ = read_receipt(user, ocr_answer())
    again, items = read_receipt(user, ocr_answer(store="행복마트성수점"))
    assert again["duplicate_of"] == original["id"]
    assert len(items) == 3, "marked, not refused"
    third, _ = read_receipt(user, ocr_answer())
    assert third["duplicate_of"] == original["id"]
    other_users_receipt, _ = read_receipt(make_user(), ocr_answer())
    assert other_users_receipt["duplicate_of"] is None


@pytest.mark.parametrize(
    "difference",
    [{"store": "다른마트"}, {"purchased_at": "2026-11-20T18:32"}, {"total": 11430}, {"store": None}, {"total": None}],
)
def test_receipts_that_differ_or_lack_a_field_are_not_duplicates(user, read_receipt, ocr_answer, difference):
    read_receipt(user, ocr_answer(**difference))
    receipt, _ = read_receipt(user, ocr_answer())
    again, _ = read_receipt(user, ocr_answer(**difference))
    assert receipt["duplicate_of"] is None
    if None in difference.values():
        assert again["duplicate_of"] is None


def test_the_users_alias_is_applied(user, make_user, read_receipt, ocr_answer, database):
    _, (milk, *_rest) = read_receipt(user, ocr_answer())
    edit = {"receipt_item_id": str(milk["id"]), "name": "초코우유", "category": "ice_cream"}
    arguments = {"receipt_id": str(milk["receipt_id"]), "items": [edit]}
    user.supabase.rpc("add_receipt_to_inventory", arguments).execute()

    answer = ocr_answer(purchased_at="2026-11-21")
    answer["items"][0].update(name="서울 우유1L", uncertain_fields=["name", "category"])  # spaces come and go
    _, (milk, tofu, _bag) = read_receipt(user, answer)
    assert (milk["name"], milk["code"]) == ("초코우유", "ice_cream")
    assert (milk["predicted_name"], milk["uncertain"], milk["storage"]) == ("서울 우유1L", False, "freezer")
    predicted = database.execute(
        "select code from public.categories where id = %s", [milk["predicted_category_id"]]
    ).fetchone()
    assert predicted == {"code": "dairy"}
    assert tofu["code"] == "tofu"

    _, (elsewhere, *_rest) = read_receipt(user, ocr_answer(store="다른마트"))
    assert elsewhere["name"] == "초코우유", "an alias of another store is used if this store has none"
    _, (others, *_rest) = read_receipt(make_user(), ocr_answer())
    assert others["name"] == "서울우유 1L"
