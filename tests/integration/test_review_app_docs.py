"""docs/app.md: its examples run in order with supabase-js, and it names every error and every field."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from functions.core import errors
from functions.receipts import corrections
from local.servers.supabase_lite import NODE, PROGRAM

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "app.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```js\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

BEFORE = """
const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, CATEGORY_FEEDBACK_URL, email, password } = process.env
const photo = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0).buffer
const caught = []
const debug = console.debug
console.debug = (...words) => caught.push(words)
"""
AFTER = """
debug(JSON.stringify({
  receipt, review, corrected, some, rest, frozenTofu, cheese, sameCheese, inventory, frozen, back, opened, half, gone,
  history, error, caught, receipts, correctedLot, restored, again, fixed, fixedItem, missedItem,
  due, perMonth, perStore, perCategory, prices, suggested, file, inventoryFile, pages
}))
process.exit(0)
"""

# Errors that every function can report.
COMMON_ERRORS = (
    errors.FunctionError,
    errors.MethodNotAllowed,
    errors.PayloadTooLarge,
    errors.BackendUnavailable,
    errors.Unauthorized,
)

Row = dict[str, Any]


@pytest.fixture(scope="module")
def outcome(
    supabase_stack, feedback_url: str, reader: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Row:
    """The variables of all examples after running them."""
    tmp_path = tmp_path_factory.mktemp("app")
    (tmp_path / "node_modules").symlink_to(PROGRAM.parents[4])
    program = tmp_path / "app.mjs"
    program.write_text("\n".join([BEFORE, *EXAMPLES, AFTER]), encoding="utf-8")
    email = "reads-the-docs@example.com"
    reader(email)
    process = subprocess.run(
        [str(NODE), str(program)],
        env={
            "SUPABASE_URL": supabase_stack.url,
            "SUPABASE_PUBLISHABLE_KEY": supabase_stack.publishable_key,
            "CATEGORY_FEEDBACK_URL": feedback_url,
            "email": email,
            "password": "correct horse battery staple",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return dict(json.loads(process.stdout))


def test_the_examples_have_the_documented_results(outcome: Row) -> None:
    assert outcome["receipt"]["status"] == "done"
    first, second, bag = outcome["review"]["items"]
    assert (first["name"], second["name"], bag["is_food"]) == ("서울우유 1L", "두부 300g", False)

    corrected = outcome["corrected"]
    assert (corrected["id"], corrected["category"], corrected["why"]["decided_by"]) == (
        first["id"],
        "ice_cream",
        "user",
    )
    assert (outcome["fixed"]["receipt"]["store_name"], outcome["fixed"]["receipt"]["total"]) == ("행복마트", 12400)
    assert (outcome["fixedItem"]["id"], outcome["fixedItem"]["amount"]) == (second["id"], 5960)
    assert (outcome["missedItem"]["name"], outcome["missedItem"]["status"]) == ("콩나물", "pending")
    (tofu,) = outcome["some"]
    assert (tofu["name"], tofu["expires_on"], tofu["expiry_basis"]) == ("초당두부", "2030-01-31", "package")
    assert [row["name"] for row in outcome["rest"]] == ["서울우유 1L", "초당두부", "콩나물"]
    assert outcome["rest"][0]["storage"] == "freezer"
    assert set(outcome["frozenTofu"]) <= set(second["suggestion"])
    assert (outcome["frozenTofu"]["storage"], outcome["frozenTofu"]["basis"]) == ("freezer", "purchase")
    assert (outcome["cheese"]["package_expires_on"], outcome["cheese"]["expiry_basis"]) == ("2030-01-31", "package")
    assert outcome["cheese"] == outcome["sameCheese"]
    assert {row["image_url"] for row in outcome["inventory"]} == {None}
    assert {row["categories"]["code"] for row in outcome["inventory"]} == {"ice_cream", "tofu", "vegetable", "dairy"}

    assert outcome["frozen"]["storage"] == "freezer"
    assert outcome["back"] == {**tofu, "version": 3}, "moved there and back"
    assert outcome["opened"]["expiry_basis"] == "opened"
    assert (outcome["half"]["quantity"], outcome["half"]["consumed_at"]) == (0.5, None)
    assert outcome["gone"]["consumed_at"] is not None
    assert [(line["action"], line["reason"]) for line in outcome["history"]] == [
        ("moved", None),
        ("moved", None),
        ("opened", None),
        ("consumed", "eaten"),
        ("consumed", "thrown_away"),
    ]
    assert (outcome["again"]["quantity"], outcome["again"]["consumed_at"]) == (1, None)
    assert (outcome["correctedLot"]["name"], outcome["restored"]["name"]) == ("피자 치즈", "피자 치즈")

    assert [row["won"] for row in outcome["perMonth"]] == [12400]
    assert [row["store_name"] for row in outcome["perStore"]] == ["행복마트"]
    assert {row["category"] for row in outcome["perCategory"]} == {"ice_cream", "tofu", "vegetable", "non_food"}
    assert [row["won"] for row in outcome["prices"]] == [5460]
    assert (outcome["suggested"]["name"], outcome["suggested"]["source"]) == ("초당두부", "own")
    assert outcome["file"].splitlines()[0].startswith("bought_on,store,name,category")
    assert len(json.loads(outcome["inventoryFile"])) == 4

    assert (outcome["error"]["code"], outcome["error"]["hint"]) == ("PT404", "inventory_item_not_found")
    assert outcome["caught"][-2:] == [
        ["deleted on another phone:", "PT404"],
        [422, "unknown_category", False],
    ]


def test_the_export_has_what_the_examples_made(outcome: Row) -> None:
    (page,) = outcome["pages"]
    assert page["next_page"] is None
    assert [row["id"] for row in page["tables"]["receipts"]] == [outcome["receipt"]["id"]]
    assert len(page["photos"]) == 1


def test_the_page_names_every_field_of_the_review(outcome: Row) -> None:
    review = outcome["review"]
    fields = {*review["receipt"], *review["items"][0], *review["categories"][0], *outcome["receipts"][0]}
    for part in ("why", "prediction", "suggestion"):
        fields |= set(review["items"][0][part])
    named = set(re.findall(r"`(\w+)`", PAGE)) | set(re.findall(r"`(\w+):", PAGE))
    assert fields - named == set()


def test_the_page_names_every_error_of_the_calls(database: psycopg.Connection[Row]) -> None:
    rows = database.execute(
        "select proname, obj_description(oid) as comment from pg_proc "
        "where pronamespace = 'public'::regnamespace and has_function_privilege('authenticated', oid, 'execute')"
    ).fetchall()
    named = set(re.findall(r"`(\w+)`", PAGE))
    calls = [row for row in rows if f"rpc('{row['proname']}'" in PAGE] + [
        row for row in rows if row["proname"] == "correct_category"
    ]
    # Three refuse nothing; the page describes the limit of the export where it describes the call.
    unlisted = ("upload_allowance", "price_changes", "remove_push_token", "export_my_data")
    calls = [row for row in calls if row["proname"] not in unlisted]
    assert len(calls) == 32
    for row in calls:
        hints = re.search(r"Errors by hint: ([\w, ]+)", row["comment"])
        assert hints, row["proname"]
        assert set(hints[1].split(", ")) - named == set()


def test_the_page_names_every_error_of_the_function() -> None:
    raised = [kind for name, kind in vars(corrections).items() if hasattr(errors, name) and hasattr(kind, "code")]
    codes = {kind.code for kind in (*raised, *COMMON_ERRORS)}
    assert {"unauthorized", "rate_limited", "internal"} < codes
    assert codes - set(re.findall(r"`(\w+)`", PAGE)) == set()


def test_the_bodies_of_errors_are_as_on_the_page(supabase_stack, feedback_url: str, user) -> None:
    of_call, of_function, of_auth = (
        json.loads(body)
        for body in re.findall(r"^```json\n(.*?)^```$", PAGE.partition("\n## Errors\n")[2], re.M | re.S)
    )
    missing, key = str(uuid.uuid4()), {"apikey": supabase_stack.publishable_key}
    token = {"Authorization": f"Bearer {user.access_token}"}
    call = f"{supabase_stack.url}/rest/v1/rpc/open_inventory_item"
    assert httpx.post(call, json={"inventory_id": missing}, headers=key | token).json() == of_call

    correction = {"receipt_item_id": missing, "category": "snack"}
    headers = token | {"X-Request-Id": of_function["request_id"]}
    response = httpx.post(feedback_url, json=correction, headers=headers)
    assert (response.status_code, response.json()) == (of_function["status"], of_function)

    sign_in = f"{supabase_stack.url}/auth/v1/token?grant_type=password"
    response = httpx.post(sign_in, json={"email": user.email, "password": "wrong horse"}, headers=key)
    assert (response.status_code, response.json()) == (of_auth["code"], of_auth)


def test_the_app_explains_the_codes_of_auth_that_the_page_names() -> None:
    rows = PAGE.partition("| `error_code` of Auth |")[2].partition("\n\n")[0].splitlines()
    codes = {code for row in rows for code in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert {"invalid_credentials", "email_not_confirmed", "weak_password"} < codes
    explained = (ROOT / "app" / "lib" / "i18n" / "ko.ts").read_text(encoding="utf-8")
    # This one opens a field for the code instead.
    assert {code for code in codes if f" {code}: " not in explained} == {"reauthentication_needed"}
