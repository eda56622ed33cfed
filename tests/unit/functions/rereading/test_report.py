"""The report of rereading: counts by field and kind of store, samples, and nothing that tells whose receipt it was."""

from __future__ import annotations

from typing import Any

from functions.rereading.report import SAMPLES, as_markdown, summarised
from functions.rereading.runs import Outcome, Rules

RULES = Rules(models={"category": "category-new"})


def outcome(place: int, *changes: dict[str, Any], **fields: Any) -> Outcome:
    state = fields.pop("state", "changed" if changes else "same")
    row = {"place": place, "state": state, "code": None, "store_kind": "local", "items": 3, "changes": changes}
    return Outcome.model_validate(row | fields)


def change(what: str, field: str, was: Any, becomes: Any) -> dict[str, Any]:
    return {"what": what, "line_no": 1, "field": field, "from": was, "to": becomes}


def test_changes_are_counted_by_field_and_kind_of_store() -> None:
    report = summarised(
        "run",
        RULES,
        [
            outcome(1, change("item", "category", "snack", "dairy"), change("receipt", "total", 1000, 2000)),
            outcome(2, change("item", "category", "snack", "dairy"), store_kind="online"),
            outcome(3),
            outcome(4, state="failed", code="no_text"),
            outcome(5, state="waiting"),
        ],
    )
    assert report["receipts"] == {"all": 5, "changed": 2, "failed": 1, "same": 1, "waiting": 1}
    assert report["codes"] == {"no_text": 1}
    assert report["store_kinds"] == {
        "local": {"receipts": 2, "items": 6, "changed": 1},
        "online": {"receipts": 1, "items": 3, "changed": 1},
    }
    category = report["changes"]["item: category"]
    assert (category["all"], category["by_store_kind"]) == (2, {"local": 1, "online": 1})
    assert category["samples"] == [{"change": "snack → dairy", "times": 2}]
    assert report["changes"]["receipt: total"]["samples"] == []
    assert "| item: category | 2 | 1 | 1 |" in as_markdown(report)


def test_masked_names_and_tables_survive_markdown() -> None:
    report = summarised("run", RULES, [outcome(1, change("item", "name", "김** | 우유", None))])
    assert r"- 김\*\* \| 우유 → – (1)" in as_markdown(report)


def test_samples_are_the_most_frequent_ones_and_few() -> None:
    many = [outcome(n, change("added", "item", None, f"name {n}")) for n in range(5000)]
    report = summarised("run", RULES, [*many, outcome(5001, change("added", "item", None, "name 7"))])
    samples = report["changes"]["added items"]["samples"]
    assert len(samples) == SAMPLES
    assert samples[0] == {"change": "name 7", "times": 2}
