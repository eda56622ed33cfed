"""The attempts of a receipt are kept, and `tools.receipt` tells its story from the tables."""

from __future__ import annotations

from typing import Any

import pytest

from tools.commands import DeliveryError
from tools.receipt import tell


def attempts(database: Any, receipt_id: str) -> list[dict[str, Any]]:
    query = "select * from private.receipt_attempts where receipt_id = %s order by id"
    return list(database.execute(query, [receipt_id]).fetchall())


def claim_as(service: Any, receipt_id: str, request_id: str) -> dict[str, Any]:
    arguments = {"p_limit": 1, "p_lease_seconds": 60, "p_receipt_id": receipt_id, "p_request_id": request_id}
    (row,) = service.rpc("claim_receipts", arguments).execute().data
    return dict(row)


def test_every_attempt_keeps_its_request_id(user, upload_receipt, service, fail, complete, ocr_answer, database):
    receipt_id = str(upload_receipt(user)["id"])
    assert fail(claim_as(service, receipt_id, "first"), "ocr_failed") == "queued"
    database.execute("update public.receipts set next_attempt_at = now() where id = %s", [receipt_id])
    assert complete(claim_as(service, receipt_id, "second"), ocr_answer()) == "done"
    story = [(a["request_id"], a["outcome"], a["error_code"]) for a in attempts(database, receipt_id)]
    assert story == [("first", "queued", "ocr_failed"), ("second", "done", None)]
    assert all(a["ended_at"] >= a["started_at"] for a in attempts(database, receipt_id))


def test_an_outage_of_days_does_not_fill_the_history(user, upload_receipt, service, fail, database):
    receipt_id = str(upload_receipt(user)["id"])
    for n in range(30):
        database.execute("update public.receipts set next_attempt_at = now() where id = %s", [receipt_id])
        assert fail(claim_as(service, receipt_id, str(n)), "ocr_unavailable", p_counts_attempt=False) == "queued"
    assert [a["request_id"] for a in attempts(database, receipt_id)] == [str(n) for n in range(10, 30)]


def test_the_story_starts_at_an_id_or_an_address(
    user, upload_receipt, service, fail, complete, ocr_answer, database, database_url, capsys
):
    receipt_id = str(upload_receipt(user)["id"])
    fail(claim_as(service, receipt_id, "first-request"), "ocr_failed")
    for key in (receipt_id, user.email, user.email.upper()):
        tell(key, database_url)
        printed = capsys.readouterr().out
        assert "status      queued, 1 attempts charged" in printed
        assert "ocr_failed, request first-request" in printed
        assert f'jsonPayload.receipt_id="{receipt_id}"' in printed
    database.execute("update public.receipts set next_attempt_at = now() where id = %s", [receipt_id])
    answer = ocr_answer()
    complete(claim_as(service, receipt_id, "second-request"), answer)
    tell(receipt_id, database_url)
    printed = capsys.readouterr().out
    assert "second-request" in printed
    assert f"items       {len(answer['items'])}: " in printed
    name = answer["items"][0]["name"]
    assert name not in printed
    tell(receipt_id, database_url, items=True)
    assert name in capsys.readouterr().out


@pytest.mark.parametrize("key", ["nothing", "00000000-0000-0000-0000-000000000000", "unknown@example.com", "'; --"])
def test_unknown_keys_are_refused(key, database_url):
    with pytest.raises(DeliveryError):
        tell(key, database_url)
