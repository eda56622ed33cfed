"""Each provider over real HTTP: every shape its answers were seen in is the outcome that it means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import AnyHttpUrl, SecretStr

from functions.barcode.fan_out import Providers
from functions.barcode.providers.base import Outcome, Result
from functions.barcode.settings import BarcodeSettings, FoodSafetySettings, OpenFoodFactsSettings, ProviderSettings
from functions.barcode.wiring import enabled_members
from tests.support import barcode_servers as wire
from tests.support.barcode_servers import KEY, NAME, OTHER_NUMBER, Reply, Server, document, page, serving

NUMBER = "8801234567893"
GTIN = f"0{NUMBER}"
NIGHT = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)  # 23:30 in Korea
NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class Bench:
    """One provider on one server at a time. `ask` is one lookup. Servers and connections last as long as the bench."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._usual: dict[str, tuple[Server, Providers]] = {}
        self.server: Server
        self.providers: Providers
        self.used = 0

    def start(self, name: str, answer: Callable[[str], Reply], **changes: Any) -> None:
        """Have the provider answer so; `changes` of its settings get a server of their own."""
        if changes or name not in self._usual:
            server = self._stack.enter_context(serving(answer))
            providers = Providers.connect(enabled_members(settings_for(name, **{"url": server.url, **changes})))
            self._stack.callback(providers.close)
            if not changes:
                self._usual[name] = server, providers
            self.server, self.providers = server, providers
        else:
            self.server, self.providers = self._usual[name]
        self.server.answer = answer
        self.server.seen.clear()
        self.server.headers.clear()

    def ask(self, gtin14: str = GTIN, now: datetime = NIGHT, seconds: float = 5) -> Result:
        (report,) = self.providers.ask(list(self.providers.members.values()), gtin14, now, seconds)
        self.used = report.used
        return report.result


def settings_for(name: str, url: str, **changes: Any) -> BarcodeSettings:
    own: dict[str, Any] = {"url": AnyHttpUrl(url), "timeout_s": 5, **changes}
    if name == "openfoodfacts":
        return BarcodeSettings(
            barcode_lease_s=300, openfoodfacts=OpenFoodFactsSettings(contact="ops@example.com", **own)
        )
    key = {"key": SecretStr(KEY)}
    if name == "foodsafety":
        return BarcodeSettings(barcode_lease_s=300, foodsafety=FoodSafetySettings(**{**key, **own}))
    return BarcodeSettings(barcode_lease_s=300, **{name: ProviderSettings(**{**key, **own})})


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack)


def fixed(reply: Reply) -> Callable[[str], Reply]:
    return lambda _path: reply


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (wire.off_v2_hit(NUMBER), NAME),
        (wire.off_v3_hit(NUMBER), NAME),
        (wire.off_v3_hit(NUMBER, "success_with_warnings"), NAME),
        (wire.off_v3_hit(GTIN, "success_with_errors"), NAME),
        (wire.off_v2_hit(NUMBER, product_name="", product_name_ko="", brands=""), "Sample Milk 1L"),
        (wire.off_v3_hit(NUMBER, product_name="Milk", product_name_ko="", generic_name_ko="우유"), "우유"),
        (wire.off_v3_hit(NUMBER, product_name="가상우유", product_name_ko=None, generic_name_ko="우유"), "가상우유"),
        (wire.off_v3_hit(NUMBER, product_name="Lait", product_name_ko="", product_name_en="Milk"), "Lait"),
    ],
)
def test_open_food_facts_hits(bench: Bench, reply: Reply, expected: str) -> None:
    bench.start("openfoodfacts", fixed(reply))
    result = bench.ask()
    assert result.outcome is Outcome.HIT
    assert result.found
    assert (result.found.name, result.found.quantity) == (expected, "1 L")
    assert result.found.brand in ("가상식품", "gasang foods")
    assert result.found.kinds[0] == "en:milks"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (wire.off_v2_miss(NUMBER), Outcome.MISS),
        (wire.off_v3_miss(NUMBER), Outcome.MISS),
        (wire.off_v2_hit(OTHER_NUMBER), Outcome.MISS),
        (wire.off_v3_hit(OTHER_NUMBER), Outcome.MISS),
        (wire.off_v3_hit(NUMBER, product_name="", product_name_ko=" ", product_name_en=""), Outcome.MISS),
        (wire.off_v3_failure(NUMBER, "product_found_with_a_different_product_type"), Outcome.INVALID),
        (wire.TOO_MANY, Outcome.QUOTA),
        (page("<html>busy</html>", 503), Outcome.QUOTA),
        (page("<html>broken</html>", 500), Outcome.TRANSIENT),
        (page("<html>no such page</html>", 404), Outcome.TRANSIENT),
        (page("<script>alert(1)</script>"), Outcome.TRANSIENT),
        (document({}), Outcome.TRANSIENT),
        (document([]), Outcome.TRANSIENT),
        (document({"status": 1, "code": NUMBER}), Outcome.INVALID),
        (Reply(200, b"[" * 100_000), Outcome.TRANSIENT),
        (Reply(302), Outcome.TRANSIENT),
        (Reply(manner="hang_up"), Outcome.TRANSIENT),
        (Reply(200, b" " * 300_000), Outcome.TRANSIENT),
    ],
)
def test_open_food_facts_other_outcomes(bench: Bench, reply: Reply, expected: Outcome) -> None:
    bench.start("openfoodfacts", fixed(reply))
    result = bench.ask()
    assert (result.outcome, result.found) == (expected, None)
    assert (result.until is not None) == (expected is Outcome.QUOTA)


def test_open_food_facts_is_asked_as_it_wants_to_be(bench: Bench) -> None:
    bench.start("openfoodfacts", fixed(wire.off_v3_miss(NUMBER)))
    bench.ask()
    bench.ask("00000096385074")
    bench.ask("00012345678905")
    assert [wire.asked_number(path) for path in bench.server.seen] == [NUMBER, "96385074", "0012345678905"]
    assert all("product_type=all" in path and ",product_name_ko," in path for path in bench.server.seen)
    assert bench.server.headers[0]["User-Agent"] == "Jangbogi/1.0 (ops@example.com)"


def test_open_food_facts_normalises_numbers(bench: Bench) -> None:
    bench.start("openfoodfacts", fixed(wire.off_v3_hit("0012345678905", "success_with_warnings")))
    assert bench.ask("00012345678905").outcome is Outcome.HIT


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("foodqr", wire.foodqr_hit(NUMBER)),
        ("foodqr", wire.foodqr({"item": wire.foodqr_row(NUMBER)}, 1)),
        ("foodqr", wire.foodqr({"item": [wire.foodqr_row(NUMBER, brcdNo=NUMBER)]}, 1)),
        ("foodqr", wire.foodqr([wire.foodqr_row(NUMBER)], 1)),
        ("foodqr_data", wire.datago([wire.datago_row(NUMBER)])),
        ("foodqr_data", wire.datago([wire.datago_row(NUMBER, PRDCT_NM=None, PRDT_NM=NAME, BRCD_NO=NUMBER)])),
        ("foodqr_data", wire.datago([{"item": 1}, wire.datago_row(OTHER_NUMBER), wire.datago_row(NUMBER)])),
    ],
)
def test_foodqr_hits(bench: Bench, name: str, reply: Reply) -> None:
    bench.start(name, fixed(reply))
    result = bench.ask()
    assert result.found
    assert (result.outcome, result.found.name, result.found.brand) == (Outcome.HIT, NAME, "가상식품(주)")
    assert bench.used == 1


@pytest.mark.parametrize("name", ["foodqr", "foodqr_data"])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (wire.FOODQR_MISS, Outcome.MISS),
        (wire.foodqr({}, 0), Outcome.MISS),
        (wire.foodqr({}, 0, "03"), Outcome.MISS),
        (wire.datago([]), Outcome.MISS),
        (wire.foodqr({"item": [wire.foodqr_row(OTHER_NUMBER)]}, 1), Outcome.MISS),
        (wire.datago([wire.datago_row(OTHER_NUMBER)]), Outcome.MISS),
        (wire.foodqr({"item": [wire.foodqr_row(NUMBER, "")]}, 1), Outcome.MISS),
        (wire.foodqr("", 1), Outcome.TRANSIENT),
        (wire.foodqr("", 0, "22"), Outcome.QUOTA),
        (wire.foodqr("", 0, "30"), Outcome.AUTH),
        (wire.foodqr("", 0, "99"), Outcome.TRANSIENT),
        (document({"response": {"header": {"resultCode": "00"}, "body": {}}}), Outcome.TRANSIENT),
        (document({"response": {}}), Outcome.TRANSIENT),
        (document({"response": None}), Outcome.TRANSIENT),
        (document({}), Outcome.TRANSIENT),
        (Reply(401, b"Unauthorized"), Outcome.AUTH),
        (wire.gateway_error("SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30"), Outcome.AUTH),
        (wire.gateway_error("LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR", "22"), Outcome.QUOTA),
        (wire.TOO_MANY, Outcome.QUOTA),
        (page("<html>broken</html>", 500), Outcome.TRANSIENT),
        (Reply(manner="hang_up"), Outcome.TRANSIENT),
    ],
)
def test_foodqr_other_outcomes(bench: Bench, name: str, reply: Reply, expected: Outcome) -> None:
    bench.start(name, fixed(reply))
    result = bench.ask()
    assert (result.outcome, result.found) == (expected, None)


@pytest.mark.parametrize("name", ["foodqr", "foodqr_data"])
def test_foodqr_is_asked_with_fourteen_digits_and_then_with_thirteen(bench: Bench, name: str) -> None:
    bench.start(name, fixed(wire.FOODQR_MISS))
    assert bench.ask().outcome is Outcome.MISS
    assert [wire.asked_number(path) for path in bench.server.seen] == [GTIN, NUMBER]
    assert bench.used == 2


@pytest.mark.parametrize("key", [KEY, "k3y%2Fwith%2Bsigns%3D"])
def test_a_key_is_encoded_once_however_it_was_given_out(bench: Bench, key: str) -> None:
    bench.start("foodqr_data", fixed(wire.datago([])), key=SecretStr(key))
    bench.ask()
    assert "serviceKey=k3y%2Fwith%2Bsigns%3D&" in bench.server.seen[0]


def test_food_safety_takes_the_product_from_one_service_and_the_category_from_the_other(bench: Bench) -> None:
    bench.start("foodsafety", wire.mfds_hit)
    result = bench.ask()
    assert result.found
    assert (result.outcome, result.found.name, result.found.brand) == (Outcome.HIT, NAME, "가상식품(주)")
    assert result.found.kinds == ("우유", "우유류", "유가공품")
    assert [path.split("/")[3] for path in bench.server.seen] == ["C005", "I2570"]
    assert bench.server.seen[0] == f"/api/k3y%2Fwith%2Bsigns%3D/C005/json/1/5/BAR_CD={NUMBER}"


@pytest.mark.parametrize(
    "category",
    [
        wire.mfds("I2570", "INFO-200"),
        wire.mfds("I2570", "INFO-320"),
        page("<html>", 500),
        Reply(200, b"nonsense"),
        Reply(manner="hang_up"),
        document({"I2570": {}}),
        wire.mfds("I2570", "INFO-000", wire.i2570_row(OTHER_NUMBER)),
    ],
)
def test_a_hit_whose_category_is_unknown_is_still_a_hit(bench: Bench, category: Reply) -> None:
    bench.start("foodsafety", lambda path: wire.mfds_hit(path) if "/C005/" in path else category)
    result = bench.ask()
    assert result.found
    assert (result.outcome, result.found.kinds) == (Outcome.HIT, ("우유",))


@pytest.mark.parametrize(
    ("reply", "expected", "until"),
    [
        (wire.mfds("C005", "INFO-200"), Outcome.MISS, None),
        (wire.mfds("C005", "INFO-000", wire.c005_row(OTHER_NUMBER)), Outcome.MISS, None),
        (wire.mfds("C005", "INFO-000", wire.c005_row(NUMBER, PRDLST_NM="")), Outcome.MISS, None),
        (wire.mfds("C005", "INFO-300", total=""), Outcome.QUOTA, NIGHT + timedelta(minutes=30)),
        (wire.mfds("C005", "INFO-320"), Outcome.QUOTA, NIGHT + timedelta(minutes=30)),
        (wire.mfds("C005", "ERROR-503"), Outcome.CLOSED, NIGHT + timedelta(minutes=10)),
        (wire.mfds("C005", "INFO-100"), Outcome.AUTH, None),
        (wire.mfds("C005", "INFO-310"), Outcome.AUTH, None),
        (document({"RESULT": {"MSG": "인증키가 유효하지 않습니다.", "CODE": "INFO-100"}}), Outcome.AUTH, None),
        (wire.MFDS_BAD_KEY, Outcome.AUTH, None),
        (wire.mfds("C005", "INFO-500"), Outcome.TRANSIENT, None),
        (wire.mfds("C005", "ERROR-500"), Outcome.TRANSIENT, None),
        (wire.mfds("C005", "ERROR-601"), Outcome.TRANSIENT, None),
        (wire.mfds("C005", "ERROR-331"), Outcome.INVALID, None),
        (wire.mfds("C005", "INFO-000"), Outcome.TRANSIENT, None),
        (document({"C005": {}}), Outcome.TRANSIENT, None),
        (document({}), Outcome.TRANSIENT, None),
        (document({"C005": []}), Outcome.TRANSIENT, None),
        (page("<html>gateway</html>"), Outcome.TRANSIENT, None),
        (wire.TOO_MANY, Outcome.TRANSIENT, None),
        (Reply(manner="hang_up"), Outcome.TRANSIENT, None),
    ],
)
def test_food_safety_other_outcomes(bench: Bench, reply: Reply, expected: Outcome, until: datetime | None) -> None:
    bench.start("foodsafety", fixed(reply))
    result = bench.ask()
    assert (result.outcome, result.found, result.until) == (expected, None, until)


@pytest.mark.parametrize(
    ("hour", "opens"),
    [(8, None), (9, 19), (12, 19), (18, 19), (19, None), (23, None), (0, None)],
)
def test_food_safety_is_closed_by_day_in_korea(bench: Bench, hour: int, opens: int | None) -> None:
    bench.start("foodsafety", fixed(wire.mfds("C005", "INFO-200")))
    provider = bench.providers.members["foodsafety"].provider
    midnight = datetime(2026, 11, 21, 15, tzinfo=UTC)  # in Korea
    until = provider.closed_until(midnight + timedelta(hours=hour))
    assert until == (midnight + timedelta(hours=opens) if opens else None)


def test_food_safety_that_says_it_is_closed_is_believed_until_it_opens(bench: Bench) -> None:
    bench.start("foodsafety", fixed(wire.mfds("C005", "ERROR-503")))
    assert bench.ask(now=NOON).until == NOON + timedelta(hours=7)


@pytest.mark.parametrize("name", ["openfoodfacts", "foodqr", "foodqr_data", "foodsafety"])
@pytest.mark.parametrize("manner", ["hang", "drip_head", "drip_body"])
@pytest.mark.parametrize("limit", ["its own", "the caller's"])
def test_who_hangs_or_drips_is_cut_off_while_at_it(bench: Bench, name: str, manner: str, limit: str) -> None:
    reply = Reply(200, b" " * 10_000, manner=manner)
    bench.start(name, fixed(reply), timeout_s=0.1 if limit == "its own" else 60)
    result = bench.ask(seconds=60 if limit == "its own" else 0.1)
    assert not bench.server.released.is_set()
    assert (result.outcome, bench.used) == (Outcome.TRANSIENT, 1)


def test_nobody_listening_is_transient(bench: Bench) -> None:
    bench.start("foodqr", fixed(wire.FOODQR_MISS), url="http://127.0.0.1:9")
    assert bench.ask().outcome is Outcome.TRANSIENT


def redirected(location: str, status: int = 302) -> Callable[[str], Reply]:
    def answer(path: str) -> Reply:
        if path.startswith("/api/v3"):
            return Reply(status, b"", {"Location": location})
        return wire.off_v3_hit(NUMBER)

    return answer


def test_redirects_within_the_provider_are_followed(bench: Bench) -> None:
    bench.start("openfoodfacts", redirected("/elsewhere", 307))
    assert bench.ask().outcome is Outcome.HIT
    assert bench.used == 1


def test_redirects_to_sibling_databases_are_followed(bench: Bench) -> None:
    with serving(lambda _path: wire.off_v3_hit(NUMBER)) as sibling:
        bench.start("openfoodfacts", redirected(f"{sibling.url}/x"))
        (member,) = bench.providers.members.values()
        siblings = replace(member, hosts=frozenset({sibling.url.removeprefix("http://")}))
        (report,) = bench.providers.ask([siblings], GTIN, NIGHT, 5)
    assert report.result.outcome is Outcome.HIT


@pytest.mark.parametrize("name", ["openfoodfacts", "foodqr", "foodqr_data", "foodsafety"])
def test_redirects_to_other_hosts_are_not(bench: Bench, name: str) -> None:
    with serving(lambda _path: wire.off_v3_hit(NUMBER)) as foreign:
        bench.start(name, fixed(Reply(302, b"", {"Location": f"{foreign.url}/x"})))
        assert bench.ask().outcome is Outcome.TRANSIENT
    assert foreign.seen == []


@pytest.mark.parametrize("location", ["/api/v3/again", "file:///etc/passwd", "http://[", "//", ""])
def test_strange_redirects_end(bench: Bench, location: str) -> None:
    bench.start("openfoodfacts", fixed(Reply(302, b"", {"Location": location})))
    assert bench.ask().outcome is Outcome.TRANSIENT
    assert len(bench.server.seen) <= 4


def test_compressed_answers_do_not_get_past_the_cap(bench: Bench) -> None:
    bench.start("openfoodfacts", fixed(wire.off_v3_miss(NUMBER)))
    bench.ask()
    assert bench.server.headers[0]["Accept-Encoding"] == "identity"


def test_the_first_korean_name_ends_the_wait_and_a_foreign_one_does_not(bench: Bench) -> None:
    korean, english, hanging = (
        lambda _path: wire.foodqr_hit(NUMBER),
        lambda _path: wire.off_v3_hit(NUMBER, product_name="Milk", product_name_ko=""),
        lambda _path: Reply(manner="hang"),
    )

    def outcomes(off: Callable[[str], Reply], qr: Callable[[str], Reply], seconds: float) -> dict[str, Outcome]:
        with serving(off) as first, serving(qr) as second:
            both = BarcodeSettings(
                openfoodfacts=settings_for("openfoodfacts", first.url).openfoodfacts,
                foodqr=settings_for("foodqr", second.url).foodqr,
            )
            providers = Providers.connect(enabled_members(both))
            try:
                reports = providers.ask(list(providers.members.values()), GTIN, NIGHT, seconds)
            finally:
                providers.close()
        return {report.name: report.result.outcome for report in reports}

    assert outcomes(hanging, korean, 60) == {"openfoodfacts": Outcome.SKIPPED, "foodqr": Outcome.HIT}
    assert outcomes(english, korean, 60) == {"openfoodfacts": Outcome.HIT, "foodqr": Outcome.HIT}
    assert outcomes(english, hanging, 0.3) == {"openfoodfacts": Outcome.HIT, "foodqr": Outcome.TRANSIENT}


def test_providers_without_key_or_contact_are_left_out() -> None:
    assert enabled_members(BarcodeSettings()) == []


@pytest.mark.parametrize("name", ["foodqr", "foodqr_data", "foodsafety"])
@pytest.mark.parametrize(
    "reply",
    [
        wire.MFDS_BAD_KEY,
        page("<html>", 500),
        Reply(manner="hang_up"),
        Reply(200, b"nonsense"),
        Reply(302, b"", {"Location": "http://127.0.0.1:9/"}),
        Reply(302, b"", {"Location": "http://["}),
        document({"response": {"header": 5, "body": {"items": {"item": [[1], None, {"brcdNo": {}}]}}}}),
        Reply(200, b"x" * 300_000),
    ],
)
def test_keys_reach_no_log_and_no_result(
    bench: Bench, name: str, reply: Reply, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    bench.start(name, fixed(reply))
    result = bench.ask()
    output = capfd.readouterr()
    seen = "".join([output.out, output.err, caplog.text, repr(result), repr(bench.providers.members)])
    assert bench.server.seen
    assert KEY not in seen
    assert "k3y" not in seen


def test_any_json_is_some_outcome(bench: Bench) -> None:
    shapes: list[Any] = [None, 5, "x", [{}], {"item": {}}, {"item": [5]}]
    documents = [
        outer(inner)
        for inner in shapes
        for outer in (
            lambda x: x,
            lambda x: {"response": x},
            lambda x: {"response": {"header": {"resultCode": "00"}, "body": x}},
            lambda x: {"header": {"resultCode": "00"}, "body": {"items": x}},
            lambda x: {"C005": x},
            lambda x: {"C005": {"row": x, "RESULT": {"CODE": "INFO-000"}}},
            lambda x: {"status": 1, "code": NUMBER, "product": x},
            lambda x: {"result": x, "product": x},
        )
    ]
    for name in ("openfoodfacts", "foodqr", "foodqr_data", "foodsafety"):
        bench.start(name, fixed(wire.FOODQR_MISS))
        for value in documents:
            bench.server.answer = fixed(Reply(200, json.dumps(value).encode()))
            assert bench.ask().outcome is not Outcome.HIT
