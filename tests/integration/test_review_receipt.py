"""`review_receipt`: the data of the review screen and its category picker."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from postgrest.exceptions import APIError

from local.client import User

Row = dict[str, Any]


def review(user: User, receipt: Row) -> Row:
    answer: Any = user.supabase.rpc("review_receipt", {"receipt_id": str(receipt["id"])}).execute().data
    return dict(answer)


def test_an_item_has_prediction_alternatives_reason_and_suggestion(user, read_receipt, ocr_answer):
    answer = ocr_answer()
    answer["items"][0]["category"]["alternatives"] = [
        {"code": "beverage", "confidence": 0.06},
        {"code": "coffee_tea", "confidence": 0.02},
        {"code": "baby_health", "confidence": 0.01},
    ]
    receipt, (milk, *_rest) = read_receipt(user, answer)
    shown = review(user, receipt)["items"][0]
    assert shown == {
        "id": str(milk["id"]),
        "line_no": 1,
        "status": "pending",
        "raw_text": answer["items"][0]["raw_text"],
        "name": "서울우유 1L",
        "quantity": 1,
        "unit": None,
        "unit_price": 2980,
        "amount": 2980,
        "discount": 0,
        "barcode": None,
        "purchased_on": None,
        "box": [10, 100, 900, 160],
        "object_path": receipt["object_path"],
        "category": "dairy",
        "is_food": True,
        "uncertain": False,
        "uncertain_fields": [],
        "why": {"decided_by": "model", "model_version": "category-1"},
        "prediction": {"name": "서울우유 1L", "category": "dairy", "confidence": pytest.approx(0.9)},
        "alternatives": [
            {"category": "beverage", "confidence": pytest.approx(0.06)},
            {"category": "coffee_tea", "confidence": pytest.approx(0.02)},
            {"category": "baby_health", "confidence": pytest.approx(0.01)},
        ],
        "suggestion": {
            "storage": "fridge",
            "expires_on": "2026-11-27",
            "min_days": 7,
            "max_days": 7,
            "basis": "purchase",
            "source": "estimate",
        },
        "offer": None,
        "inventory_id": None,
    }


def test_alternatives_are_optional(user, read_receipt, ocr_answer):
    answer = ocr_answer()
    for item in answer["items"]:
        item["category"].pop("alternatives", None)
    answer["items"][1]["category"]["alternatives"] = None
    answer["items"][2]["category"]["alternatives"] = [{"code": "not_seeded", "confidence": 0.1}]
    receipt, _ = read_receipt(user, answer)
    assert [item["alternatives"] for item in review(user, receipt)["items"]] == [[], [], []]


def test_the_review_contains_the_receipt_and_every_category(user, read_receipt):
    receipt, _ = read_receipt(user)
    shown = review(user, receipt)
    assert shown["receipt"] == {
        "id": str(receipt["id"]),
        "status": "done",
        "error_code": None,
        "store_name": "행복마트 성수점",
        "purchased_at": "2026-11-20T18:31:00",
        "total": 11420,
        "currency": "KRW",
        "duplicate_of": None,
        "warnings": ["turned"],
        "uncertain_fields": [],
        "created_at": shown["receipt"]["created_at"],
    }
    assert len(shown["categories"]) == 23
    assert shown["categories"][0] == {
        "code": "vegetable",
        "name_ko": "채소",
        "name_en": "Vegetables",
        "is_food": True,
        "default_storage": "fridge",
    }


def test_non_food_has_no_suggestion(user, read_receipt):
    receipt, _ = read_receipt(user)
    bag = review(user, receipt)["items"][2]
    assert (bag["is_food"], bag["suggestion"]["storage"], bag["suggestion"]["expires_on"]) == (False, None, None)
    assert bag["suggestion"]["source"] == "not_applicable"


def test_added_items_have_an_inventory_id(user, read_receipt):
    receipt, (milk, *_rest) = read_receipt(user)
    arguments = {"receipt_id": str(receipt["id"]), "items": [{"receipt_item_id": str(milk["id"])}]}
    added: Any = user.supabase.rpc("add_receipt_to_inventory", arguments).execute().data
    first, second, _ = review(user, receipt)["items"]
    assert (first["status"], first["inventory_id"]) == ("added", added[0]["id"])
    assert (second["status"], second["inventory_id"]) == ("pending", None)


def test_a_queued_receipt_has_no_items_yet(user, upload_receipt):
    shown = review(user, upload_receipt(user))
    assert (shown["receipt"]["status"], shown["items"]) == ("queued", [])


def test_a_failed_receipt_has_an_error_code(user, upload_receipt, claim, fail):
    queued = upload_receipt(user)
    (claimed,) = claim(queued["id"])
    fail(claimed, "not_a_receipt", retryable=False)
    shown = review(user, queued)["receipt"]
    assert (shown["status"], shown["error_code"]) == ("failed", "not_a_receipt")


@pytest.mark.parametrize("whose", ["another user's", "missing"])
def test_only_the_owner_can_review_a_receipt(user, make_user, read_receipt, whose):
    receipt = read_receipt(make_user())[0] if whose == "another user's" else {"id": uuid.uuid4()}
    with pytest.raises(APIError) as refused:
        review(user, receipt)
    assert (refused.value.code, refused.value.hint) == ("PT404", "receipt_not_found")


def test_an_anonymous_client_is_refused(anonymous, user, read_receipt):
    receipt, _ = read_receipt(user)
    with pytest.raises(APIError) as refused:
        anonymous.rpc("review_receipt", {"receipt_id": str(receipt["id"])}).execute()
    assert refused.value.code == "42501"
