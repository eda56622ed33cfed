"""`barcode_lookup` as the app calls it: the real function over HTTP, in a process of its own."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from local.client import User
from tests.integration.conftest import SupabaseStack
from tests.support import barcode_servers as wire
from tests.support.barcode_servers import KEY, Server, serving

LISTED, UNLISTED, BROKEN, IN_STORE = "8809111111115", "8809222222229", "8809333333333", "2012345678903"


@dataclass(frozen=True)
class Function:
    url: str
    log: Path
    provider: Server

    def get(self, user: User, barcode: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {user.access_token}"}
        return requests.get(self.url, params={"barcode": barcode}, headers=headers, timeout=20)

    def post(self, user: User, **body: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {user.access_token}"}
        return requests.post(self.url, json=body, headers=headers, timeout=20)


def answer(path: str) -> wire.Reply:
    number = wire.asked_number(path)
    if number.endswith(LISTED):
        return wire.foodqr_hit(LISTED)
    return wire.MFDS_BAD_KEY if number.endswith(BROKEN) else wire.FOODQR_MISS


@pytest.fixture(scope="module")
def function(start_function) -> Iterator[Function]:
    with serving(answer) as provider:
        environment = {
            "OPENFOODFACTS__CONTACT": "",
            "FOODQR__URL": provider.url,
            "FOODQR__KEY": KEY,
            "BARCODE_BUDGET_S": "10",
        }
        with start_function("barcode_lookup", **environment) as process:
            yield Function(process.url, process.log, provider)


def test_the_app_looks_up_and_names_products(function: Function, make_user: Callable[[], User], database) -> None:
    user, neighbour, friend, stranger = (make_user() for _ in range(4))
    for place, household in enumerate((user, neighbour, friend)):  # their accounts are old enough to vote
        age = f"{30 + place} days"
        database.execute(
            "update auth.users set created_at = now() - %s::interval where id = %s", [age, household.user_id]
        )
    answer = function.get(user, f"(01)0{LISTED}(17)270131").json()
    assert (answer["outcome"], answer["product"]["source"]["id"], answer["cache"]["state"]) == (
        "found",
        "foodqr",
        "new",
    )
    assert answer["package_date"] == {"date": "2027-01-31", "kind": "use_by"}
    assert function.get(user, LISTED).json()["cache"]["state"] == "fresh"

    missing = function.get(user, UNLISTED)
    assert (missing.status_code, missing.json()["outcome"]) == (200, "not_found")
    named = function.post(user, barcode=UNLISTED, name="시장 참기름", category="seasoning", quantity="300ml")
    assert (named.status_code, named.json()["shared"]) == (200, False)
    assert function.get(user, UNLISTED).json()["product"]["name"] == "시장 참기름"
    assert function.get(stranger, UNLISTED).json()["outcome"] == "not_found"
    assert function.post(neighbour, barcode=UNLISTED, name="시장참기름", category="seasoning").json()["shared"] is False
    assert function.post(friend, barcode=UNLISTED, name="시장 참기름").json()["shared"] is True
    assert function.get(stranger, UNLISTED).json()["product"]["category"]["code"] == "seasoning"

    assert function.get(user, BROKEN).json()["outcome"] == "incomplete"
    assert function.get(user, IN_STORE).json()["outcome"] == "in_store_code"
    wrong = function.get(user, LISTED[:-1] + "0")
    assert (wrong.status_code, wrong.json()["outcome"]) == (400, "invalid")
    refused = function.post(user, barcode=UNLISTED, name="x", category="nothing")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_category")


def test_a_user_who_names_too_much_has_to_wait(function: Function, make_user: Callable[[], User], database) -> None:
    user = make_user()
    database.execute(
        "insert into private.call_counts (user_id, action, started_at, calls) values (%s, 'name_product', now(), 60)",
        [user.user_id],
    )
    refused = function.post(user, barcode=UNLISTED, name="또 하나")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def token(supabase_stack: SupabaseStack, user: User, **changed: object) -> User:
    """The user with a token of other claims, signed by Auth."""
    claims = {"sub": user.user_id, "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + 600}
    return replace(user, access_token=jwt.encode(claims | changed, supabase_stack.jwt_secret))


@pytest.mark.parametrize("expired", [True, False], ids=["expired seconds ago", "of a deleted user"])
def test_a_token_that_is_no_longer_valid_is_unauthorized(
    function: Function, make_user: Callable[[], User], database, supabase_stack: SupabaseStack, start_function, expired
) -> None:
    """The function allows for clocks that differ by seconds, the Data API does not."""
    user = make_user()
    function.get(user, LISTED)
    if expired:
        user = token(supabase_stack, user, exp=int(time.time()) - 3)
    else:
        database.execute("delete from auth.users where id = %s", [user.user_id])
    calls = [
        function.get(user, LISTED),
        function.get(user, UNLISTED),
        function.post(user, barcode=UNLISTED, name="이름"),
    ]
    with start_function("category_feedback") as process:
        body = {"receipt_item_id": str(uuid.uuid4()), "category": "dairy"}
        headers = {"Authorization": f"Bearer {user.access_token}"}
        calls.append(requests.post(process.url, json=body, headers=headers, timeout=30))
    assert [(call.status_code, call.json()["code"]) for call in calls] == [(401, "unauthorized")] * 4


def test_neither_key_nor_token_nor_name_reaches_the_log(function: Function, make_user: Callable[[], User]) -> None:
    user = make_user()
    for barcode in (LISTED, UNLISTED, BROKEN, IN_STORE, "x"):
        function.get(user, barcode)
    text = function.log.read_text(encoding="utf-8")
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert any(line["message"] == "barcode looked up" for line in lines)
    assert function.provider.seen
    for secret in ("k3y", user.access_token, "시장"):
        assert secret not in text
