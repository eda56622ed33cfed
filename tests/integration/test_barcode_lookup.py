"""Lookups with a real database and with providers that use their documented formats: responses and their timing."""

from __future__ import annotations

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AnyHttpUrl, SecretStr
from supabase import Client

from functions.barcode.connections import Connections
from functions.barcode.fan_out import Providers
from functions.barcode.gtin import canonical
from functions.barcode.lookup import Lookup
from functions.barcode.providers.base import ProviderConfig
from functions.barcode.providers.registry import enabled_providers
from functions.barcode.search import ProviderSearch
from functions.barcode.settings import BarcodeSettings, FoodSafetySettings, OpenFoodFactsSettings, ProviderSettings
from functions.barcode.store import LeaseState, ProductStore
from functions.core.auth import User
from functions.core.errors import InvalidBarcode, NotNameable, RateLimited, Unauthorized, UnknownCategory, UnusableName
from functions.core.settings import Settings
from functions.core.supabase import UserApi
from functions.ocr.categories import NameClassifier
from functions.ocr.client import OcrClient
from local import client
from tests.support import barcode_servers as wire
from tests.support import provider_answers as wire_answers
from tests.support.barcode_servers import KEY, NAME, OTHER_NUMBER, Reply, Server, serving

PROVIDERS = ("openfoodfacts", "foodqr", "foodsafety")
NIGHT = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)  # 23:30 in Korea, when all are open

Row = dict[str, Any]


def new_number() -> str:
    """A Korean product number that no other test uses."""
    # Not `random` itself, which Hypothesis seeds anew for each example.
    payload = f"880{random.SystemRandom().randrange(10**9):09d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return payload + str(-total % 10)


HITS: dict[str, Callable[[str, str], Reply]] = {
    "openfoodfacts": lambda _path, number: wire.off_v3_hit(number),
    "foodqr": lambda _path, number: wire.foodqr_hit(number),
    "foodsafety": lambda path, _number: wire.mfds_hit(path),
}
MISSES: dict[str, Callable[[str, str], Reply]] = {
    "openfoodfacts": lambda _path, number: wire.off_v3_miss(number),
    "foodqr": lambda _path, _number: wire.FOODQR_MISS,
    "foodsafety": lambda path, _number: wire.mfds_both("INFO-200")(path),
}
BEHAVIOURS: dict[str, dict[str, Callable[[str, str], Reply]]] = {
    name: {
        "hit": HITS[name],
        "miss": MISSES[name],
        "hang": lambda _path, _number: Reply(manner="hang"),
        "429": lambda _path, _number: wire.TOO_MANY,
        "500": lambda _path, _number: wire.page("<html>broken</html>", 500),
        "closed": {
            "openfoodfacts": lambda _path, _number: wire.page("<html>closed</html>", 503),
            "foodqr": lambda _path, _number: wire.foodqr("", 0, "22"),
            "foodsafety": lambda path, _number: wire.mfds_both("ERROR-503")(path),
        }[name],
        "wrong row": {
            "openfoodfacts": lambda _path, _number: wire.off_v3_hit(OTHER_NUMBER),
            "foodqr": lambda _path, _number: wire.foodqr({"item": wire.foodqr_row(OTHER_NUMBER)}, 1),
            "foodsafety": lambda _path, _number: wire.mfds("C005", "INFO-000", wire.c005_row(OTHER_NUMBER)),
        }[name],
        "empty envelope": lambda _path, _number: wire.document({"C005": {}}),
    }
    for name in PROVIDERS
}


@dataclass
class Market:
    """The providers, their behaviour per number, and a lookup that asks them."""

    servers: dict[str, Server]
    lookup: Lookup
    now: list[datetime]
    behaviours: dict[tuple[str, str], str] = field(default_factory=dict)

    def set_behaviour(self, number: str, **behaviours: str) -> None:
        """Set how providers respond to a number; the default is a miss."""
        self.behaviours.update({(name, f"0{number}"): behaviour for name, behaviour in behaviours.items()})

    def calls(self, number: str) -> list[str]:
        """The providers that were asked about a number, once per call."""
        return [
            name
            for name, server in self.servers.items()
            for path in server.seen
            if canonical(wire.asked_number(path)) == f"0{number}"
        ]

    def later(self, **delta: float) -> None:
        self.now[0] += timedelta(**delta)


def with_settings(lookup: Lookup, **changes: dict[str, Any]) -> Lookup:
    """The same lookup with other settings of some providers."""
    configs = {
        name: replace(config, settings=config.settings.model_copy(update=changes.get(name, {})))
        for name, config in lookup.search.providers.configs.items()
    }
    return with_configs(lookup, configs)


def with_configs(lookup: Lookup, configs: dict[str, ProviderConfig]) -> Lookup:
    providers = replace(lookup.search.providers, configs=configs)
    return replace(lookup, search=replace(lookup.search, providers=providers))


def settings_of(servers: dict[str, Server], **changes: Any) -> BarcodeSettings:
    """Settings that always ask every provider, with a budget that a busy machine keeps; `changes` replace some."""
    own = {"timeout_s": 10, "failures": 1_000_000, "closed_for_s": 1e-6, "per_minute": None}
    values: dict[str, Any] = {
        "barcode_budget_s": 20,
        "barcode_lease_s": 30,
        "openfoodfacts": OpenFoodFactsSettings(
            url=AnyHttpUrl(servers["openfoodfacts"].url), contact="ops@example.com", **own
        ),
        "foodqr": ProviderSettings(url=AnyHttpUrl(servers["foodqr"].url), key=SecretStr(KEY), **own),
        "foodsafety": FoodSafetySettings(url=AnyHttpUrl(servers["foodsafety"].url), key=SecretStr(KEY), **own),
        **changes,
    }
    return BarcodeSettings(**values)


@pytest.fixture(scope="module", autouse=True)
def _many_lookups(database: Any) -> Iterator[None]:
    """One user makes all lookups of this module."""
    database.execute("insert into private.settings (name, value) values ('barcode_lookups_per_day', '100000')")
    yield
    database.execute("delete from private.settings where name = 'barcode_lookups_per_day'")


@pytest.fixture(scope="module")
def core_settings(supabase_stack) -> Settings:
    return Settings(
        supabase_url=supabase_stack.url,
        supabase_secret_key=supabase_stack.secret_key,
        supabase_publishable_key=supabase_stack.publishable_key,
        supabase_jwt_secret=supabase_stack.jwt_secret,
        ocr_service_url="http://127.0.0.1:9",
    )


@pytest.fixture(scope="module")
def make_lookup(core_settings: Settings, service: Client) -> Iterator[Callable[..., Lookup]]:
    """Makes lookups as separate instances have them: with their own connections, on the same database."""
    with ExitStack() as stack:
        users = UserApi.from_settings(core_settings)
        stack.enter_context(closing(users.connections))
        store = ProductStore(service, users)
        session = stack.enter_context(requests.Session())
        unreachable = NameClassifier(OcrClient(session, "http://127.0.0.1:9"))

        def make_lookup(settings: BarcodeSettings, now: list[datetime]) -> Lookup:
            connections = stack.enter_context(Connections())
            providers = Providers.of(connections, enabled_providers(settings))
            search = ProviderSearch(store, providers, settings, clock=lambda: now[0])
            return Lookup(store, search, unreachable, settings, clock=lambda: now[0])

        yield make_lookup


@pytest.fixture
def open_market(make_lookup: Callable[..., Lookup], database) -> Iterator[Callable[..., Market]]:
    """Opens markets in which no provider has been asked yet."""
    with ExitStack() as stack:

        def open_market(**changes: Any) -> Market:
            database.execute("truncate public.provider_states, public.provider_quota, public.product_lookups")
            behaviours: dict[tuple[str, str], str] = {}

            def answering(name: str) -> Callable[[str], Reply]:
                def answer(path: str) -> Reply:
                    number = wire.asked_number(path)
                    behaviour = behaviours.get((name, canonical(number) or ""), "miss")
                    return BEHAVIOURS[name][behaviour](path, number)

                return answer

            servers = {name: stack.enter_context(serving(answering(name))) for name in PROVIDERS}
            now = [NIGHT]
            return Market(servers, make_lookup(settings_of(servers, **changes), now), now, behaviours)

        yield open_market


@pytest.fixture
def market(open_market: Callable[..., Market]) -> Market:
    return open_market()


@pytest.fixture(scope="module")
def user(make_user: Callable[[], client.User]) -> User:
    account = make_user()
    return User(UUID(account.user_id), account.access_token)


@pytest.fixture(scope="module")
def users(make_user: Callable[[], client.User]) -> list[User]:
    return [User(UUID(account.user_id), account.access_token) for account in (make_user() for _ in range(3))]


MEMBERS = {"outcome", "message", "barcode", "gtin14", "package_date", "product", "cache", "tried"}
MEMBERS |= {"retryable", "retry_after_s", "carton"}


def test_a_product_is_found_and_stored_and_then_answered_from_the_database(market: Market, user: User) -> None:
    number = new_number()
    market.set_behaviour(number, openfoodfacts="hit")
    first = market.lookup.answer(number, user)
    assert set(first) == MEMBERS
    assert (first["outcome"], first["barcode"], first["gtin14"]) == ("found", number, f"0{number}")
    product = first["product"]
    assert (product["name"], product["brand"], product["quantity"]) == (NAME, "가상식품", "1 L")
    assert product["category"] == {
        "code": "dairy", "name_ko": "우유·유제품", "name_en": "Dairy", "confidence": 0.95,
    }  # fmt: skip
    assert product["storage"] == "fridge"
    assert product["use_by"]["basis"] == "purchase"
    assert product["use_by"]["min_days"] > 0
    assert product["source"] == {
        "id": "openfoodfacts",
        "name": "Open Food Facts",
        "link": f"https://world.openfoodfacts.org/product/{number}",
        "attribution": "© Open Food Facts contributors",
        "licence": "ODbL-1.0",
        "outdated": False,
    }
    assert (first["cache"]["state"], first["cache"]["age_s"]) == ("new", 0)

    calls = market.calls(number)
    market.later(days=1)
    again = market.lookup.answer(number, user)
    assert (again["cache"]["state"], again["cache"]["age_s"]) == ("fresh", 24 * 3600)
    assert again["product"] == product
    assert market.calls(number) == calls


def test_all_forms_of_a_number_are_one_product(market: Market, user: User) -> None:
    number = new_number()
    market.set_behaviour(number, foodqr="hit")
    for scanned in (number, f"0{number}", f" {number[:6]}-{number[6:]}", f"(01)0{number}(17)261231", f"{number}12345"):
        answer = market.lookup.answer(scanned, user)
        assert (answer["outcome"], answer["gtin14"]) == ("found", f"0{number}")
        expected = {"date": "2026-12-31", "kind": "use_by"} if "(17)" in scanned else None
        assert answer["package_date"] == expected
    assert len(set(market.calls(number))) == 2


def test_not_found_means_that_every_provider_missed(market: Market, user: User) -> None:
    number = new_number()
    answer = market.lookup.answer(number, user)
    assert set(answer) == MEMBERS
    assert (answer["outcome"], answer["retryable"], answer["product"]) == ("not_found", False, None)
    assert "알려 주세요" in answer["message"]
    assert set(market.calls(number)) == set(PROVIDERS)
    calls = market.calls(number)
    assert market.lookup.answer(number, user)["cache"]["state"] == "fresh"
    assert market.calls(number) == calls


def test_the_ttl_of_a_miss_doubles(market: Market, user: User, database) -> None:
    number = new_number()
    for hours in (1, 2, 4):
        market.lookup.answer(number, user)
        miss = database.execute("select * from public.product_misses where gtin14 = %s", [f"0{number}"]).fetchone()
        assert miss["retry_after"] - miss["checked_at"] == timedelta(hours=hours)
        market.later(hours=hours)
    market.set_behaviour(number, foodqr="hit")
    assert market.lookup.answer(number, user)["outcome"] == "found"
    assert database.execute("select * from public.product_misses where gtin14 = %s", [f"0{number}"]).fetchall() == []


def test_an_outage_is_incomplete_and_not_stored_as_a_miss(market: Market, user: User) -> None:
    number = new_number()
    market.set_behaviour(number, foodqr="500")
    answer = market.lookup.answer(number, user)
    assert set(answer) == MEMBERS
    assert (answer["outcome"], answer["retryable"], answer["retry_after_s"]) == ("incomplete", True, 60)
    assert {each["provider"]: each["outcome"] for each in answer["tried"]} == {
        "openfoodfacts": "miss",
        "foodqr": "transient",
        "foodsafety": "miss",
    }
    calls = market.calls(number)
    market.later(seconds=20)
    soon = market.lookup.answer(number, user)
    assert (soon["outcome"], soon["retry_after_s"], soon["tried"]) == ("incomplete", 40, answer["tried"])
    assert market.calls(number) == calls
    market.later(seconds=41)
    market.set_behaviour(number, foodqr="hit")
    assert market.lookup.answer(number, user)["outcome"] == "found"


def test_the_time_budget_begins_when_the_request_arrives(market: Market, user: User) -> None:
    """Time that a request waited, or that checking its token took, is not added to it."""
    number = new_number()
    market.set_behaviour(number, openfoodfacts="hit")
    late = time.monotonic() - market.lookup.settings.barcode_budget_s
    answer = market.lookup.answer(number, user, late)
    assert (answer["outcome"], answer["retry_after_s"], market.calls(number)) == ("incomplete", 1, [])
    assert market.lookup.answer(number, user, time.monotonic())["outcome"] == "found"
    assert market.lookup.answer(number, user, late)["outcome"] == "found", "a stored product is returned at any time"


@pytest.mark.parametrize("scanned", ["8801234567890", "123", "", "hello", "9900000000004"])
def test_invalid_numbers_are_refused_without_a_call(market: Market, user: User, scanned: str) -> None:
    with pytest.raises(InvalidBarcode) as refused:
        market.lookup.answer(scanned, user)
    assert (refused.value.status, refused.value.members["outcome"]) == (400, "invalid")
    assert not any(server.seen for server in market.servers.values())


def test_in_store_codes_and_books_are_answered_without_a_call(market: Market, user: User) -> None:
    answer = market.lookup.answer("2012345678903", user)
    assert set(answer) == MEMBERS
    assert answer["outcome"] == "in_store_code"
    assert market.lookup.answer("9788937460449", user)["outcome"] == "not_found"
    assert not any(server.seen for server in market.servers.values())


def expected_outcome(behaviours: dict[str, str]) -> str:
    if "hit" in behaviours.values():
        return "found"
    return "not_found" if set(behaviours.values()) <= {"miss", "wrong row"} else "incomplete"


@pytest.mark.parametrize(
    "hanging", [subset for size in range(4) for subset in itertools.combinations(PROVIDERS, size)], ids="+".join
)
def test_chaos_never_changes_the_type_of_the_answer(
    open_market: Callable[..., Market], user: User, hanging: tuple[str, ...]
) -> None:
    """Every pair of behaviours of two providers, with one of the third: 8 of each."""
    market = open_market(barcode_budget_s=100, barcode_lease_s=600)
    # A short timeout for providers that hang and a long one for the others, so that a busy machine does not matter.
    limits = {name: {"timeout_s": 0.05 if name in hanging else 60} for name in PROVIDERS}
    lookup = with_settings(market.lookup, **limits)
    configs = dict(lookup.search.providers.configs)
    never_closed: Any = replace(configs["foodsafety"].provider, closed_from=None)  # type: ignore[type-var]
    configs["foodsafety"] = replace(configs["foodsafety"], provider=never_closed)
    lookup = with_configs(lookup, configs)
    # Each reading of the clock advances it by an hour, so that no refusal lasts until the next combination.
    hours = itertools.count()

    def clock() -> datetime:
        return NIGHT + timedelta(hours=next(hours))

    lookup = replace(lookup, search=replace(lookup.search, clock=clock), clock=clock)
    states = [["hang"] if name in hanging else [s for s in BEHAVIOURS[name] if s != "hang"] for name in PROVIDERS]
    combinations = [dict(zip(PROVIDERS, combination, strict=True)) for combination in itertools.product(*states)]
    if len(hanging) < 2:  # a Latin square, and with a provider that hangs its first row, has all pairs
        combinations = [
            each
            for each in combinations
            if sum(behaviours.index(each[name]) for name, behaviours in zip(PROVIDERS, states, strict=True)) % 7 == 0
        ]

    def run(behaviours: dict[str, str]) -> tuple[dict[str, str], str, set[str]]:
        number = new_number()
        market.set_behaviour(number, **behaviours)
        answer = lookup.answer(number, user)
        return behaviours, answer["outcome"], {each["provider"] for each in answer["tried"]}

    outcomes = [run(manners) for manners in combinations]
    assert len(outcomes) == {0: 49, 1: 7, 2: 7, 3: 1}[len(hanging)]
    assert [(states, outcome) for states, outcome, _ in outcomes if outcome != expected_outcome(states)] == []
    assert all(tried == set(PROVIDERS) for _, outcome, tried in outcomes if outcome == "incomplete")


@pytest.mark.parametrize("hit_by", [None, "foodsafety"])
def test_users_do_not_wait_for_providers_that_hang(
    open_market: Callable[..., Market], user: User, hit_by: str | None
) -> None:
    """The response comes while they still hang, and the second tier is asked although the first used up its time."""
    # Generous times for each tier and for storing the result, because the machine may be busy.
    storing_s, later_tier_s = 60, 5.5 if hit_by else 1.5
    budget_s = storing_s + later_tier_s + (0.5 if hit_by else 1.5)
    market = open_market(
        barcode_budget_s=budget_s, barcode_last_tier_s=later_tier_s, barcode_reserve_s=storing_s, barcode_lease_s=600
    )
    number = new_number()
    market.set_behaviour(number, **{name: "hit" if name == hit_by else "hang" for name in PROVIDERS})
    answer = market.lookup.answer(number, user)
    assert not any(server.released.is_set() for server in market.servers.values())
    assert answer["outcome"] == ("found" if hit_by else "incomplete")
    assert {each["outcome"] for each in answer["tried"]} == (set() if hit_by else {"transient"})


def test_concurrent_scans_of_one_number_ask_each_provider_once(
    open_market: Callable[..., Market], make_lookup: Callable[..., Lookup], users: list[User]
) -> None:
    """Across instances: the two lookups here share only the database."""
    market = open_market()
    other = make_lookup(market.lookup.settings, market.now)
    number = new_number()
    market.set_behaviour(number, foodqr="hit")
    gate = threading.Barrier(12)

    def scan(place: int) -> Row:
        gate.wait()
        return (market.lookup, other)[place % 2].answer(number, users[place % 3])

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(scan, range(12)))
    assert {answer["outcome"] for answer in answers} == {"found"}
    assert sorted(market.calls(number)) == ["foodqr", "foodqr", "openfoodfacts"], "two forms at FoodQR"


def test_waiting_too_long_for_another_lookup_is_incomplete(
    open_market: Callable[..., Market], make_lookup: Callable[..., Lookup], user: User
) -> None:
    market = open_market(barcode_budget_s=0.6, barcode_reserve_s=0.1, barcode_last_tier_s=0.1)
    number = new_number()
    lease = market.lookup.store.acquire_lease(f"0{number}", market.now[0], 30, user)
    answer = market.lookup.answer(number, user)
    assert (lease.state, answer["outcome"], answer["retry_after_s"]) == (LeaseState.ACQUIRED, "incomplete", 1)
    assert market.calls(number) == []
    market.lookup.pool.shutdown()  # the lookup has no end of its own on this clock
    # The holder of the lease has died; the lease expires.
    market.later(seconds=31)
    patient = make_lookup(settings_of(market.servers), market.now)
    assert patient.answer(number, user)["outcome"] == "not_found"


def test_lookups_of_unknown_products_are_limited_per_user_and_day(market: Market, users: list[User], database) -> None:
    """Otherwise one user could use up the quotas of the providers."""
    flooding, other = users[:2]
    numbers = [new_number() for _ in range(3)]
    stored = new_number()
    market.set_behaviour(stored, foodqr="hit")
    assert market.lookup.answer(stored, other)["outcome"] == "found"
    # The users are shared with other tests, which may have run before.
    database.execute("delete from private.daily_use where user_id = any(%s::uuid[])", [[flooding.id, other.id]])
    database.execute("update private.settings set value = '2' where name = 'barcode_lookups_per_day'")
    try:
        for number in numbers[:2]:
            assert market.lookup.answer(number, flooding)["outcome"] == "not_found"
        with pytest.raises(RateLimited) as refused:
            market.lookup.answer(numbers[2], flooding)
        assert refused.value.retry_after_s is not None
        assert 0 < refused.value.retry_after_s <= 24 * 3600 + 1
        assert market.calls(numbers[2]) == []
        # What needs no provider is not limited, and nor are the others.
        assert market.lookup.answer(stored, flooding)["outcome"] == "found"
        assert market.lookup.answer(numbers[0], flooding)["outcome"] == "not_found"
        queued = database.execute("select from public.product_lookups where gtin14 = %s", [f"0{numbers[2]}"])
        assert queued.fetchall() == [], "the sweep does not look it up either"
        assert market.lookup.answer(numbers[2], other)["outcome"] == "not_found"
    finally:
        database.execute("update private.settings set value = '100000' where name = 'barcode_lookups_per_day'")


def test_a_stale_product_is_returned_at_once_and_refreshed_by_the_sweep(market: Market, user: User, database) -> None:
    number = new_number()
    market.set_behaviour(number, openfoodfacts="hit")
    market.lookup.answer(number, user)
    calls = market.calls(number)
    market.later(days=31)
    for _ in range(2):
        stale = market.lookup.answer(number, user)
        assert (stale["outcome"], stale["cache"]["state"]) == ("found", "stale")
    assert market.calls(number) == calls
    assert market.lookup.look_up_queued(10) == {"found": 1, "not_found": 0, "incomplete": 0, "failed": 0}
    assert market.lookup.answer(number, user)["cache"] | {"expires_at": None} == {
        "state": "fresh",
        "fetched_at": market.now[0].isoformat(),
        "age_s": 0,
        "expires_at": None,
    }
    assert market.lookup.look_up_queued(10) == {"found": 0, "not_found": 0, "incomplete": 0, "failed": 0}


@pytest.mark.parametrize("behaviour", ["miss", "500"])
def test_a_product_that_providers_no_longer_have_is_kept(market: Market, user: User, behaviour: str) -> None:
    number = new_number()
    market.set_behaviour(number, openfoodfacts="hit")
    market.lookup.answer(number, user)
    market.later(days=31)
    market.set_behaviour(number, openfoodfacts=behaviour)
    market.lookup.answer(number, user)
    market.lookup.look_up_queued(10)
    answer = market.lookup.answer(number, user)
    assert (answer["outcome"], answer["product"]["name"]) == ("found", NAME)
    assert answer["cache"]["state"] == ("fresh" if behaviour == "miss" else "stale")


def test_the_sweep_retries_incomplete_lookups(market: Market, user: User) -> None:
    number = new_number()
    market.set_behaviour(number, openfoodfacts="429")
    assert market.lookup.answer(number, user)["outcome"] == "incomplete"
    assert sum(market.lookup.look_up_queued(10).values()) == 0  # not due yet
    market.later(seconds=61)
    market.set_behaviour(number, openfoodfacts="hit")
    assert market.lookup.look_up_queued(10)["found"] == 1
    assert market.lookup.answer(number, user)["cache"]["state"] == "fresh"


def test_quotas_count_across_instances_and_end_with_their_window(
    open_market: Callable[..., Market], make_lookup: Callable[..., Lookup], user: User
) -> None:
    market = open_market()
    limited = market.lookup.settings.openfoodfacts.model_copy(update={"per_minute": 3})
    settings = market.lookup.settings.model_copy(update={"openfoodfacts": limited})
    lookups = [make_lookup(settings, market.now) for _ in range(2)]

    def outcomes(count: int) -> list[str]:
        answers = [lookups[place % 2].answer(new_number(), user) for place in range(count)]
        return [
            next((each["outcome"] for each in answer["tried"] if each["provider"] == "openfoodfacts"), "asked")
            for answer in answers
        ]

    assert outcomes(5) == ["asked"] * 3 + ["quota"] * 2
    assert len(market.servers["openfoodfacts"].seen) == 3
    market.later(minutes=1)
    assert outcomes(4) == ["asked"] * 3 + ["quota"]


def test_a_daily_quota_ends_at_midnight_in_korea_and_counts_only_calls_made(
    open_market: Callable[..., Market], user: User, database
) -> None:
    market = open_market(barcode_single_share=1)
    lookup = with_settings(market.lookup, foodsafety={"per_day": 3})
    # A hit with a known food type takes one of the two reserved calls, and so does a miss.
    number = new_number()
    market.set_behaviour(number, foodsafety="hit")
    lookup.answer(number, user)
    used = database.execute("select used from public.provider_quota where provider = 'foodsafety'").fetchall()
    assert used == [{"used": 1}]
    assert lookup.answer(new_number(), user)["outcome"] == "not_found"
    answer = lookup.answer(new_number(), user)
    midnight = datetime(2026, 11, 22, 15, tzinfo=UTC)
    (attempt,) = [each for each in answer["tried"] if each["provider"] == "foodsafety"]
    assert (attempt["outcome"], datetime.fromisoformat(attempt["until"])) == ("quota", midnight)
    market.now[0] = midnight
    assert lookup.answer(new_number(), user)["outcome"] == "not_found"


def test_unused_calls_are_returned_to_the_window_from_which_they_were_taken(
    open_market: Callable[..., Market], user: User, database
) -> None:
    market = open_market()
    lookup = with_settings(market.lookup, foodsafety={"per_day": 100})
    midnight = datetime(2026, 11, 22, 15, tzinfo=UTC)  # in Korea
    market.now[0] = midnight - timedelta(seconds=1)
    database.execute("insert into public.provider_quota values ('foodsafety', 'day', %s, 5)", [midnight])

    def answer_after_midnight(path: str) -> Reply:
        market.now[0] = midnight
        return MISSES["foodsafety"](path, "")

    market.servers["foodsafety"].answer = answer_after_midnight
    assert lookup.answer(new_number(), user)["outcome"] == "not_found"
    days = (
        "select used from public.provider_quota where provider = 'foodsafety' and period = 'day' order by window_start"
    )
    assert database.execute(days).fetchall() == [{"used": 1}, {"used": 5}]


def test_a_call_that_was_cancelled_says_nothing_about_a_refusal(market: Market, database) -> None:
    """Another call was told in between that the day's quota is used up."""
    until = NIGHT + timedelta(minutes=30)
    database.execute(
        "insert into public.provider_states (provider, refuse_until, reason) values ('foodqr', %s, 'quota')", [until]
    )
    report = {"provider": "foodqr", "outcome": "skipped", "unused": 0, "windows": [], "threshold": 5}
    result = {"outcome": "incomplete", "tried": [], "failure_seconds": 60, "reports": [report]}
    arguments = {"p_gtin14": f"0{new_number()}", "p_lease_token": None, "p_now": NIGHT.isoformat(), "p_result": result}
    market.lookup.store.service.rpc("finish_product_lookup", arguments).execute()
    state = database.execute("select refuse_until, reason from public.provider_states where provider = 'foodqr'")
    assert state.fetchone() == {"refuse_until": until, "reason": "quota"}


def test_part_of_a_day_is_reserved_for_numbers_that_several_users_ask_for(
    open_market: Callable[..., Market], users: list[User]
) -> None:
    market = open_market()
    lookup = with_settings(market.lookup, foodqr={"per_day": 12})
    wanted = new_number()

    def foodqr(number: str, user: User) -> str:
        answer = lookup.answer(number, user)
        return next((each["outcome"] for each in answer["tried"] if each["provider"] == "foodqr"), answer["outcome"])

    assert foodqr(wanted, users[0]) == "not_found"
    assert [foodqr(new_number(), users[1]) for _ in range(4)] == ["not_found"] * 2 + ["quota"] * 2
    market.later(minutes=20)
    lookup.store.service.table("product_misses").delete().eq("gtin14", f"0{wanted}").execute()
    assert foodqr(wanted, users[0]) == "quota", "the same user again"
    lookup.store.service.table("product_lookups").delete().eq("gtin14", f"0{wanted}").execute()
    assert foodqr(wanted, users[1]) == "not_found"


def test_the_sweep_leaves_part_of_each_quota_to_users(open_market: Callable[..., Market], user: User) -> None:
    market = open_market()
    lookup = with_settings(market.lookup, **{name: {"per_minute": 8} for name in PROVIDERS})
    for _ in range(6):
        lookup.store.request_lookup(f"0{new_number()}", market.now[0])
    counts = lookup.look_up_queued(10)
    assert counts["not_found"] == 2
    assert len(market.servers["foodqr"].seen) == 4
    assert lookup.answer(new_number(), user)["outcome"] == "not_found"


def test_a_closed_provider_is_not_asked_and_the_result_is_incomplete(market: Market, user: User) -> None:
    market.now[0] = datetime(2026, 11, 22, 3, tzinfo=UTC)  # noon
    number = new_number()
    market.set_behaviour(number, foodsafety="hit")
    answer = market.lookup.answer(number, user)
    (closed,) = [each for each in answer["tried"] if each["provider"] == "foodsafety"]
    assert (answer["outcome"], closed["outcome"]) == ("incomplete", "closed")
    assert "foodsafety" not in market.calls(number)
    # The sweep asks it when it opens.
    market.later(hours=7)
    assert market.lookup.look_up_queued(10)["found"] == 1


def test_the_circuit_breaker_opens_for_all_instances_and_one_call_tests_the_provider(
    open_market: Callable[..., Market], user: User
) -> None:
    market = open_market()
    lookup = with_settings(market.lookup, foodqr={"failures": 2, "pause_s": 30})

    def ask(behaviour: str) -> tuple[str, int]:
        number = new_number()
        market.set_behaviour(number, foodqr=behaviour)
        outcome = lookup.answer(number, user)["outcome"]
        return outcome, market.calls(number).count("foodqr")

    assert [ask("500"), ask("500")] == [("incomplete", 2)] * 2
    assert [ask("miss"), ask("hit")] == [("incomplete", 0)] * 2
    market.later(seconds=31)
    assert ask("500") == ("incomplete", 2)
    assert ask("miss") == ("incomplete", 0)
    market.later(seconds=61)  # the pause doubles
    assert ask("hit") == ("found", 2)
    assert ask("500") == ("incomplete", 2)
    assert ask("miss") == ("not_found", 2)


def test_a_provider_that_rejects_our_key_is_not_asked_for_a_while(
    open_market: Callable[..., Market], user: User
) -> None:
    market = open_market()
    lookup = with_settings(market.lookup, foodqr={"closed_for_s": 600})
    market.servers["foodqr"].answer = lambda _path: Reply(401)
    for _ in range(2):
        answer = lookup.answer(new_number(), user)
        assert {each["provider"]: each["outcome"] for each in answer["tried"]}["foodqr"] == "auth"
    assert len(market.servers["foodqr"].seen) == 2
    market.later(minutes=11)
    lookup.answer(new_number(), user)
    assert len(market.servers["foodqr"].seen) == 4


@pytest.fixture
def households(users: list[User], database) -> list[User]:
    """Three users whose accounts are old enough to vote, and who did not sign up together."""
    for place, user in enumerate(users):
        age = f"{30 + place} days"
        database.execute("update auth.users set created_at = now() - %s::interval where id = %s", [age, user.id])
    return users


def test_a_name_is_the_user_s_own_at_once_and_shared_once_three_agree(
    market: Market, user: User, households: list[User]
) -> None:
    number = new_number()
    first, second, third = households
    assert market.lookup.answer(number, first)["outcome"] == "not_found"
    response = market.lookup.add_name(number, " 할머니 고추장 ", "seasoning", "500g", first)
    assert (response["outcome"], response["shared"], response["product"]["source"]["id"]) == ("found", False, "user")
    assert market.lookup.answer(number, first)["product"]["name"] == "할머니 고추장"
    assert market.lookup.answer(number, second)["outcome"] == "not_found"
    assert market.lookup.add_name(number, "할머니고추장", "seasoning", "500g", second)["shared"] is False
    for _ in range(2):
        assert market.lookup.add_name(number, "할머니 고추장", None, None, third)["shared"] is True
    answer = market.lookup.answer(number, user)
    assert (answer["outcome"], answer["product"]["source"]["id"]) == ("found", "users")
    assert (answer["product"]["name"], answer["product"]["quantity"]) == ("할머니 고추장", "500g")
    assert answer["product"]["category"]["code"] == "seasoning"


def test_providers_are_still_asked_about_a_product_that_users_named(
    market: Market, user: User, households: list[User]
) -> None:
    number = new_number()
    market.later(days=3650)  # the names are of today, which must not be in the future
    for household in households:
        market.lookup.add_name(number, "우리끼리 이름", None, None, household)
    assert market.lookup.answer(number, user)["cache"]["state"] == "stale"
    assert market.lookup.look_up_queued(10)["not_found"] == 1
    assert market.lookup.answer(number, user)["cache"]["state"] == "fresh"
    market.later(hours=2)
    market.set_behaviour(number, foodqr="hit")
    assert market.lookup.answer(number, user)["product"]["source"]["id"] == "users"
    assert market.lookup.look_up_queued(10)["found"] == 1
    answer = market.lookup.answer(number, user)
    assert (answer["product"]["name"], answer["product"]["source"]["id"]) == (NAME, "foodqr")


def test_one_user_who_names_twice_counts_once(market: Market, users: list[User]) -> None:
    number = new_number()
    for _ in range(2):
        assert market.lookup.add_name(number, "이웃집 된장", "seasoning", None, users[0])["shared"] is False
    assert market.lookup.add_name(number, "다른 이름", "seasoning", None, users[1])["shared"] is False
    assert market.lookup.answer(number, users[2])["outcome"] == "not_found"


def test_users_cannot_rename_a_provider_s_product_for_others(market: Market, users: list[User]) -> None:
    number = new_number()
    market.set_behaviour(number, openfoodfacts="hit")
    market.lookup.answer(number, users[2])
    for user in users[:2]:
        assert market.lookup.add_name(number, "장난", "snack", None, user)["shared"] is False
    assert market.lookup.answer(number, users[2])["product"]["name"] == NAME
    assert market.lookup.answer(number, users[0])["product"]["name"] == "장난"


@pytest.mark.parametrize(
    ("scanned", "name", "category", "error"),
    [
        ("8801234567890", "우유", None, InvalidBarcode),
        ("2012345678903", "우유", None, NotNameable),
        ("8801234567893", "https://evil.example 우유", None, UnusableName),
        ("8801234567893", "문의 010-1234-5678", None, UnusableName),
        ("8801234567893", " ", None, UnusableName),
        ("8801234567893", "우" * 201, None, UnusableName),
        ("8801234567893", "우유", "milk", UnknownCategory),
    ],
)
def test_invalid_names_are_refused(
    market: Market, user: User, scanned: str, name: str, category: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        market.lookup.add_name(scanned, name, category, None, user)


def test_a_book_can_be_named(market: Market, user: User) -> None:
    isbn = "9788937460449"
    assert market.lookup.answer(isbn, user)["outcome"] == "not_found"
    named = market.lookup.add_name(isbn, "가상의 요리책", "non_food", None, user)
    assert (named["outcome"], named["product"]["category"]["code"]) == ("found", "non_food")
    assert market.lookup.answer(isbn, user)["product"]["name"] == "가상의 요리책"


def test_providers_are_not_asked_about_a_book_that_households_named(
    market: Market, user: User, households: list[User]
) -> None:
    payload = f"978{new_number()[3:12]}"
    isbn = payload + str(-sum(int(digit) * (1 + place % 2 * 2) for place, digit in enumerate(payload)) % 10)
    market.later(days=3650)  # the names are of today, which must not be in the future
    for household in households:
        market.lookup.add_name(isbn, "우리끼리 요리책", None, None, household)
    answer = market.lookup.answer(isbn, user)
    assert (answer["product"]["source"]["id"], answer["cache"]["state"]) == ("users", "fresh")
    market.lookup.look_up_queued(10)
    assert market.calls(isbn) == []


def test_a_carton_is_answered_by_the_product_inside(market: Market, user: User) -> None:
    number = new_number()
    market.set_behaviour(number, foodqr="hit")
    payload = f"1{number[:-1]}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    carton = payload + str(-total % 10)
    answer = market.lookup.answer(carton, user)
    assert (answer["outcome"], answer["gtin14"]) == ("found", f"0{number}")
    assert answer["carton"] == {"gtin14": carton, "count": None}
    counted = market.lookup.answer(f"(02){carton}(37)24", user)
    assert (counted["gtin14"], counted["carton"]) == (f"0{number}", {"gtin14": carton, "count": 24})


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_recognisable_answer_is_found_and_stored_and_never_stops_the_sweep(
    open_market: Callable[..., Market], user: User, database, provider: str, data: st.DataObject
) -> None:
    market = open_market()
    number, other = new_number(), new_number()
    hit = data.draw(wire_answers.hits(provider, number))
    healthy = market.servers[provider].answer
    market.servers[provider].answer = lambda path: (
        hit.answer(path) if canonical(wire.asked_number(path)) == f"0{number}" else healthy(path)
    )
    market.set_behaviour(other, foodqr="hit")
    for each in (number, other):
        market.lookup.store.request_lookup(f"0{each}", market.now[0])
    assert market.lookup.look_up_queued(20)["found"] == 2
    answer = market.lookup.answer(number, user)
    assert (answer["outcome"], answer["product"]["name"]) == ("found", hit.name)


def test_a_row_that_the_database_refuses_is_set_aside_and_another_provider_counts(
    market: Market, user: User, database
) -> None:
    alone, queued, both = new_number(), new_number(), new_number()
    market.set_behaviour(alone, foodqr="hit")
    market.set_behaviour(queued, openfoodfacts="hit")
    market.set_behaviour(both, openfoodfacts="hit", foodqr="hit")
    off, foodqr = market.servers["openfoodfacts"], market.servers["foodqr"]
    answer_of_off, answer_of_foodqr = off.answer, foodqr.answer

    def after_off(path: str) -> Reply:
        off.answered.wait()
        return answer_of_foodqr(path)

    # Only a Korean name ends a tier, so both have answered before it ends.
    off.answer = lambda path: wire.off_v3_hit(wire.asked_number(path), product_name="Milk", product_name_ko="")
    foodqr.answer = after_off
    database.execute("alter table public.products add constraint refused check (source <> 'foodqr') not valid")
    try:
        answer = market.lookup.answer(both, user)
        assert (answer["outcome"], answer["product"]["source"]["id"]) == ("found", "openfoodfacts")
        off.answer, foodqr.answer = answer_of_off, answer_of_foodqr
        answer = market.lookup.answer(alone, user)
        assert (answer["outcome"], answer["tried"][1]["outcome"]) == ("incomplete", "invalid")
        market.later(hours=1)
        market.lookup.store.request_lookup(f"0{queued}", market.now[0])
        assert market.lookup.look_up_queued(20) == {"found": 1, "not_found": 0, "incomplete": 1, "failed": 0}
    finally:
        database.execute("alter table public.products drop constraint refused")


def test_a_barcode_whose_lookup_cannot_be_stored_at_all_does_not_block_the_others(
    market: Market, user: User, database
) -> None:
    bad, good = new_number(), new_number()
    market.set_behaviour(good, foodqr="hit")
    market.lookup.store.request_lookup(f"0{bad}", market.now[0])
    market.later(seconds=1)
    market.lookup.store.request_lookup(f"0{good}", market.now[0])
    database.execute(f"alter table public.product_misses add constraint refused check (gtin14 <> '0{bad}') not valid")
    try:
        counts = market.lookup.look_up_queued(20)
        assert (counts["found"], counts["failed"]) == (1, 1)
        market.later(seconds=30)
        assert market.lookup.look_up_queued(20)["failed"] == 1, "after a pause, not at once"
        market.later(seconds=30)
        assert market.lookup.look_up_queued(20)["failed"] == 0
    finally:
        database.execute("alter table public.product_misses drop constraint refused")


def test_unknown_numbers_have_an_end_of_life(market: Market, user: User, database) -> None:
    number = f"0{new_number()}"
    market.lookup.answer(number[1:], user)

    def rows() -> int:
        return sum(
            database.execute(f"select count(*) as rows from {table} where gtin14 = %s", [number]).fetchone()["rows"]
            for table in ("public.product_misses", "private.asked_numbers")
        )

    assert rows() == 2
    market.later(days=29)
    market.lookup.look_up_queued(1)
    assert rows() == 2
    market.later(days=3)
    market.lookup.look_up_queued(1)
    assert rows() == 0


def test_a_token_that_supabase_no_longer_accepts_is_unauthorized(
    market: Market, core_settings: Settings, make_user: Callable[[], client.User], database
) -> None:
    expired = jwt.encode(
        {"sub": str(UUID(int=1)), "role": "authenticated", "aud": "authenticated", "exp": 1},
        core_settings.supabase_jwt_secret.get_secret_value(),
    )
    with pytest.raises(Unauthorized):
        market.lookup.answer(new_number(), User(UUID(int=1), expired))
    account = make_user()
    deleted = User(UUID(account.user_id), account.access_token)
    database.execute("delete from auth.users where id = %s", [deleted.id])
    with pytest.raises(Unauthorized):
        market.lookup.add_name(new_number(), "이름", "snack", None, deleted)


def test_keys_appear_in_no_row_and_no_response(market: Market, user: User, database, capfd, caplog) -> None:
    caplog.set_level("DEBUG")
    seen = []
    for behaviour in set(BEHAVIOURS["foodqr"]) - {"hang"}:
        number = new_number()
        market.set_behaviour(number, foodqr=behaviour, foodsafety=behaviour)
        seen.append(json.dumps(market.lookup.answer(number, user)))
    for table in ("products", "product_misses", "product_lookups", "provider_states", "provider_quota"):
        seen += [row["row"] for row in database.execute(f"select t::text as row from public.{table} t").fetchall()]
    output = capfd.readouterr()
    text = "\n".join([*seen, output.out, output.err, caplog.text])
    assert "k3y" not in text
    assert user.token not in text
