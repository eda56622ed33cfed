"""FoodQR over HTTP: the outcome of every response format that its two APIs have been seen to use."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from functions.barcode.providers.base import ProviderOutcome
from tests.support import barcode_servers as servers
from tests.support.barcode_servers import KEY, NAME, OTHER_NUMBER, Reply, document, page
from tests.support.provider_bench import GTIN, NIGHT, NUMBER, Bench, fixed


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("foodqr", servers.foodqr_hit(NUMBER)),
        ("foodqr", servers.foodqr({"item": servers.foodqr_row(NUMBER)}, 1)),
        ("foodqr", servers.foodqr({"item": [servers.foodqr_row(NUMBER, brcdNo=NUMBER)]}, 1)),
        ("foodqr", servers.foodqr([servers.foodqr_row(NUMBER)], 1)),
        ("foodqr_data", servers.datago([servers.datago_row(NUMBER)])),
        ("foodqr_data", servers.datago([servers.datago_row(NUMBER, PRDCT_NM=None, PRDT_NM=NAME, BRCD_NO=NUMBER)])),
        ("foodqr_data", servers.datago([{"item": 1}, servers.datago_row(OTHER_NUMBER), servers.datago_row(NUMBER)])),
    ],
)
def test_hits(bench: Bench, name: str, reply: Reply) -> None:
    bench.use(name, fixed(reply))
    result = bench.ask()
    assert result.product
    assert (result.outcome, result.product.name, result.product.brand) == (ProviderOutcome.HIT, NAME, "가상식품(주)")
    assert bench.calls == 2


@pytest.mark.parametrize("name", ["foodqr", "foodqr_data"])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (servers.FOODQR_MISS, ProviderOutcome.MISS),
        (servers.foodqr({}, 0), ProviderOutcome.MISS),
        (servers.foodqr({}, 0, "03"), ProviderOutcome.MISS),
        (servers.datago([]), ProviderOutcome.MISS),
        (servers.foodqr({"item": [servers.foodqr_row(OTHER_NUMBER)]}, 1), ProviderOutcome.MISS),
        (servers.datago([servers.datago_row(OTHER_NUMBER)]), ProviderOutcome.MISS),
        (servers.foodqr({"item": [servers.foodqr_row(NUMBER, "")]}, 1), ProviderOutcome.MISS),
        (servers.foodqr("", 1), ProviderOutcome.TRANSIENT),
        (servers.foodqr("", 0, "22"), ProviderOutcome.QUOTA),
        (servers.foodqr("", 0, "30"), ProviderOutcome.AUTH),
        (servers.foodqr("", 0, "99"), ProviderOutcome.TRANSIENT),
        (document({"response": {"header": {"resultCode": "00"}, "body": {}}}), ProviderOutcome.TRANSIENT),
        (document({"response": {}}), ProviderOutcome.TRANSIENT),
        (document({"response": None}), ProviderOutcome.TRANSIENT),
        (document({}), ProviderOutcome.TRANSIENT),
        (Reply(401, b"Unauthorized"), ProviderOutcome.AUTH),
        (servers.gateway_error("SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30"), ProviderOutcome.AUTH),
        (servers.gateway_error("LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR", "22"), ProviderOutcome.QUOTA),
        (Reply(200, b"<errMsg>SERVICE KEY IS NOT REGISTERED ERROR.</errMsg>"), ProviderOutcome.AUTH),
        (Reply(200, b"<returnReasonCode>22</returnReasonCode>"), ProviderOutcome.QUOTA),
        (Reply(200, b"<header><resultCode>03</resultCode></header>"), ProviderOutcome.MISS),
        (document({"cmmMsgHeader": {"errMsg": "SERVICE ERROR", "returnReasonCode": "22"}}), ProviderOutcome.QUOTA),
        (document({"cmmMsgHeader": {"returnAuthMsg": "UNREGISTERED_IP_ERROR"}}), ProviderOutcome.AUTH),
        (Reply(200, b"API token quota exceeded"), ProviderOutcome.QUOTA),
        # A page for people: of a login, of a firewall.
        (page("<!DOCTYPE html><html><title>Session expired</title></html>"), ProviderOutcome.TRANSIENT),
        (page("<HTML><body>Access_Denied, limit exceeded</body></HTML>"), ProviderOutcome.TRANSIENT),
        (servers.foodqr({}, 0, "3"), ProviderOutcome.MISS),
        (servers.foodqr([{"prdctNm": "이름"}], 1), ProviderOutcome.TRANSIENT),
        (servers.TOO_MANY, ProviderOutcome.QUOTA),
        (page("<html>broken</html>", 500), ProviderOutcome.TRANSIENT),
        (Reply(manner="hang_up"), ProviderOutcome.TRANSIENT),
    ],
)
def test_other_outcomes(bench: Bench, name: str, reply: Reply, expected: ProviderOutcome) -> None:
    bench.use(name, fixed(reply))
    result = bench.ask()
    assert (result.outcome, result.product) == (expected, None)


blanks = st.recursive(
    st.sampled_from(["", " ", None]),
    lambda inner: st.lists(inner, max_size=2) | st.builds(lambda value: {"item": value}, inner) | st.just({}),
    max_leaves=4,
)


@pytest.mark.parametrize("name", ["foodqr", "foodqr_data"])
@given(items=blanks, total=st.sampled_from([0, "0", "", None, 1]))
@example(items={"item": []}, total=None)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_rows_in_any_form_are_no_such_product_unless_rows_are_counted(
    bench: Bench, name: str, items: object, total: object
) -> None:
    counts = {} if total is None else {"totalCount": total}
    answer = {"header": {"resultCode": "00"}, "body": {"items": items, **counts}}
    bench.use(name, fixed(document({"response": answer} if name == "foodqr" else answer)))
    assert bench.ask().outcome is (ProviderOutcome.TRANSIENT if total == 1 else ProviderOutcome.MISS)


dates = st.integers(-3000, 3000).map(lambda days: f"{NIGHT + timedelta(days=days):%Y%m%d}")


@given(old=st.tuples(dates, dates).map(sorted), begins=dates, data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_latest_label_in_use_counts(bench: Bench, old: list[str], begins: str, data: st.DataObject) -> None:
    today = f"{NIGHT:%Y%m%d}"  # the same day in Korea
    assume(begins <= today and not begins <= old[0] <= today <= old[1])
    in_use = servers.datago_row(NUMBER, PRDCT_NM="새 우유", VLD_BGNG_YMD=begins, VLD_END_YMD="99991231")
    other = servers.datago_row(NUMBER, PRDCT_NM="다른 우유", VLD_BGNG_YMD=old[0], VLD_END_YMD=old[1])
    bench.use("foodqr_data", fixed(servers.datago(data.draw(st.permutations([in_use, other])))))
    result = bench.ask()
    assert result.product
    assert result.product.name == "새 우유"
    bench.use("foodqr_data", fixed(servers.datago([other])))
    assert bench.ask().outcome is ProviderOutcome.HIT, "the only label counts in any case"


def test_many_digits_take_no_longer_than_their_number_says(bench: Bench) -> None:
    rows = [servers.foodqr_row(NUMBER, brcdNo="8" * 10_000)] * 2  # a search from each digit takes longer than a lookup
    bench.use("foodqr", fixed(servers.foodqr([*rows, servers.foodqr_row(NUMBER)], 3)))
    assert bench.ask().outcome is ProviderOutcome.HIT


@pytest.mark.parametrize("name", ["foodqr", "foodqr_data"])
def test_it_is_asked_with_both_forms_of_a_number(bench: Bench, name: str) -> None:
    bench.use(name, fixed(servers.FOODQR_MISS))
    assert bench.ask().outcome is ProviderOutcome.MISS
    assert {servers.asked_number(path) for path in bench.server.seen} == {GTIN, NUMBER}
    assert bench.calls == 2


@pytest.mark.parametrize("name", ["foodqr", "foodqr_data", "foodsafety"])
def test_a_short_number_is_asked_as_it_is_printed(bench: Bench, name: str) -> None:
    bench.use(name, fixed(servers.FOODQR_MISS))
    bench.ask("00000096385074")
    assert "96385074" in {servers.asked_number(path) for path in bench.server.seen}


@pytest.mark.parametrize("known_form", [GTIN, NUMBER])
@pytest.mark.parametrize(
    "other",
    [servers.FOODQR_MISS, Reply(manner="hang"), Reply(manner="hang_up"), servers.TOO_MANY, page("<html>", 500)],
)
def test_a_hit_for_either_form_does_not_wait_for_the_other(bench: Bench, known_form: str, other: Reply) -> None:
    bench.use("foodqr", lambda path: servers.foodqr_hit(GTIN) if servers.asked_number(path) == known_form else other)
    assert bench.ask(timeout_s=60).outcome is ProviderOutcome.HIT


@pytest.mark.parametrize("failing_form", [GTIN, NUMBER])
def test_a_miss_for_one_form_and_a_failure_for_the_other_is_not_a_miss(bench: Bench, failing_form: str) -> None:
    bench.use(
        "foodqr",
        lambda path: servers.TOO_MANY if servers.asked_number(path) == failing_form else servers.FOODQR_MISS,
    )
    assert bench.ask().outcome is ProviderOutcome.QUOTA


@pytest.mark.parametrize("key", [KEY, "k3y%2Fwith%2Bsigns%3D"])
def test_a_key_is_encoded_exactly_once(bench: Bench, key: str) -> None:
    bench.use("foodqr_data", fixed(servers.datago([])), key=SecretStr(key))
    bench.ask()
    assert "serviceKey=k3y%2Fwith%2Bsigns%3D&" in bench.server.seen[0]


@pytest.mark.parametrize(
    ("code", "said"), [("00", ProviderOutcome.HIT), ("30", ProviderOutcome.AUTH), ("22", ProviderOutcome.QUOTA)]
)
@given(share=st.floats(0, 1, exclude_max=True))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@example(share=0.99)
def test_an_answer_that_was_cut_says_only_what_it_said_before(
    bench: Bench, code: str, said: ProviderOutcome, share: float
) -> None:
    """Its names may contain the words of the gateway's errors, and half a code is another one."""
    body = servers.foodqr([servers.foodqr_row(NUMBER, "Registered 김치 LIMITED NUMBER, expired")], 1, code).body
    bench.use("foodqr", fixed(Reply(200, body[: int(share * len(body))])))
    assert bench.ask().outcome in {ProviderOutcome.TRANSIENT, said}


@given(digits=st.sampled_from(["3", "2"]), before=st.sampled_from(['{"header":{"resultCode":"', "<returnReasonCode>"]))
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_half_a_code_is_no_code(bench: Bench, digits: str, before: str) -> None:
    bench.use("foodqr", fixed(Reply(200, f"{before}{digits}".encode())))
    assert bench.ask().outcome is ProviderOutcome.TRANSIENT
