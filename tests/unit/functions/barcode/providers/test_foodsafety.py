"""식품안전나라 over HTTP: the outcome of every response format that it has been seen to use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.barcode.providers.base import ProviderOutcome
from tests.support import barcode_servers as servers
from tests.support.barcode_servers import NAME, OTHER_NUMBER, Reply, document, page
from tests.support.provider_bench import IN_TEN_MINUTES, NIGHT, NUMBER, Bench, fixed

NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # in Korea


def test_the_product_comes_from_one_service_and_the_category_from_the_other(bench: Bench) -> None:
    def answer(path: str) -> Reply:
        if "/C005/" in path:
            return servers.mfds("C005", "INFO-000", servers.c005_row(NUMBER, PRDLST_DCNM="가상 유형"))
        return servers.mfds_hit(path)

    bench.use("foodsafety", answer)
    result = bench.ask()
    assert result.product
    assert (result.outcome, result.product.name, result.product.brand) == (ProviderOutcome.HIT, NAME, "가상식품(주)")
    assert result.product.kinds == ("가상 유형", "우유", "우유류", "유가공품")
    assert [path.split("/")[3] for path in bench.server.seen] == ["C005", "I2570"]
    assert bench.server.seen[0] == f"/api/k3y%2Fwith%2Bsigns%3D/C005/json/1/5/BAR_CD={NUMBER}"


@pytest.mark.parametrize(
    "category",
    [
        servers.mfds("I2570", "INFO-200"),
        servers.mfds("I2570", "INFO-320"),
        page("<html>", 500),
        Reply(200, b"nonsense"),
        Reply(manner="hang_up"),
        document({"I2570": {}}),
        servers.mfds("I2570", "INFO-000", servers.i2570_row(OTHER_NUMBER)),
        Reply(manner="hang"),
        Reply(200, b" " * 10_000, manner="drip_body"),
    ],
)
@pytest.mark.parametrize("limit", ["its own", "the caller's"])
def test_a_product_without_a_category_is_still_a_hit(bench: Bench, category: Reply, limit: str) -> None:
    hit = servers.mfds("C005", "INFO-000", servers.c005_row(NUMBER, PRDLST_DCNM="가상 유형"))
    bench.use(
        "foodsafety",
        lambda path: hit if "/C005/" in path else category,
        timeout_s=0.5 if limit == "its own" else 60,
    )
    result = bench.ask(timeout_s=60 if limit == "its own" else 0.5)
    assert result.product
    assert (result.outcome, result.product.kinds) == (ProviderOutcome.HIT, ("가상 유형",))


def test_a_known_food_type_makes_the_second_call_unnecessary(bench: Bench) -> None:
    bench.use("foodsafety", servers.mfds_hit)
    result = bench.ask()
    assert result.product
    assert (result.product.kinds, bench.calls) == (("우유",), 1)


@pytest.mark.parametrize(
    ("reply", "expected", "until"),
    [
        (servers.mfds("C005", "INFO-200"), ProviderOutcome.MISS, None),
        (servers.mfds("C005", "INFO-000", servers.c005_row(OTHER_NUMBER)), ProviderOutcome.MISS, None),
        (servers.mfds("C005", "INFO-000", servers.c005_row(NUMBER, PRDLST_NM="")), ProviderOutcome.MISS, None),
        (servers.mfds("C005", "INFO-300", total=""), ProviderOutcome.QUOTA, NIGHT + timedelta(minutes=30)),
        (servers.mfds("C005", "INFO-320"), ProviderOutcome.QUOTA, NIGHT + timedelta(minutes=30)),
        (servers.mfds("C005", "ERROR-503"), ProviderOutcome.CLOSED, IN_TEN_MINUTES),
        (servers.mfds("C005", "INFO-100"), ProviderOutcome.AUTH, IN_TEN_MINUTES),
        (servers.mfds("C005", "INFO-310"), ProviderOutcome.AUTH, IN_TEN_MINUTES),
        (
            document({"RESULT": {"MSG": "인증키가 유효하지 않습니다.", "CODE": "INFO-100"}}),
            ProviderOutcome.AUTH,
            IN_TEN_MINUTES,
        ),
        (servers.MFDS_BAD_KEY, ProviderOutcome.AUTH, IN_TEN_MINUTES),
        (
            page("<!DOCTYPE html><html><SCRIPT>alert('인증키가 유효하지 않습니다.');</SCRIPT></html>"),
            ProviderOutcome.AUTH,
            IN_TEN_MINUTES,
        ),
        (page("<script>alert('시스템 점검 중입니다.');</script>"), ProviderOutcome.TRANSIENT, None),
        (
            document({"C005": {"row": [], "total_count": "1", "RESULT": {"CODE": "INFO-000"}}}),
            ProviderOutcome.TRANSIENT,
            None,
        ),
        (
            document({"C005": {"row": [], "total_count": "0", "RESULT": {"CODE": "INFO-000"}}}),
            ProviderOutcome.MISS,
            None,
        ),
        (
            document({"C005": {"row": None, "total_count": 0, "RESULT": {"CODE": "INFO-000"}}}),
            ProviderOutcome.MISS,
            None,
        ),
        (Reply(200, b"<C005><RESULT><CODE>INFO-200</CODE></RESULT></C005>"), ProviderOutcome.MISS, None),
        (
            Reply(200, b"<RESULT><MSG>x</MSG><CODE><![CDATA[INFO-300]]></CODE></RESULT>"),
            ProviderOutcome.QUOTA,
            NIGHT + timedelta(minutes=30),
        ),
        (Reply(200, b"<C005><RESULT><CODE>INFO-000</CODE></RESULT></C005>"), ProviderOutcome.TRANSIENT, None),
        (servers.mfds("C005", "INFO-500"), ProviderOutcome.TRANSIENT, None),
        (servers.mfds("C005", "ERROR-500"), ProviderOutcome.TRANSIENT, None),
        (servers.mfds("C005", "ERROR-601"), ProviderOutcome.TRANSIENT, None),
        (servers.mfds("C005", "ERROR-331"), ProviderOutcome.INVALID, None),
        (servers.mfds("C005", "INFO-000"), ProviderOutcome.TRANSIENT, None),
        (document({"C005": {}}), ProviderOutcome.TRANSIENT, None),
        (document({}), ProviderOutcome.TRANSIENT, None),
        (document({"C005": []}), ProviderOutcome.TRANSIENT, None),
        (page("<html>gateway</html>"), ProviderOutcome.TRANSIENT, None),
        (servers.TOO_MANY, ProviderOutcome.TRANSIENT, None),
        (Reply(manner="hang_up"), ProviderOutcome.TRANSIENT, None),
    ],
)
def test_other_outcomes(bench: Bench, reply: Reply, expected: ProviderOutcome, until: datetime | None) -> None:
    bench.use("foodsafety", fixed(reply))
    result = bench.ask()
    assert (result.outcome, result.product, result.until) == (expected, None, until)


@pytest.mark.parametrize(
    ("hour", "opens"),
    [(8, None), (9, 19), (12, 19), (18, 19), (19, None), (23, None), (0, None)],
)
def test_it_is_closed_during_the_day_in_korea(bench: Bench, hour: int, opens: int | None) -> None:
    bench.use("foodsafety", fixed(servers.mfds("C005", "INFO-200")))
    provider = bench.providers.configs["foodsafety"].provider
    midnight = datetime(2026, 11, 21, 15, tzinfo=UTC)  # in Korea
    until = provider.closed_until(midnight + timedelta(hours=hour))
    assert until == (midnight + timedelta(hours=opens) if opens else None)


def test_a_closed_service_is_not_asked_until_it_opens(bench: Bench) -> None:
    bench.use("foodsafety", fixed(servers.mfds("C005", "ERROR-503")))
    assert bench.ask(now=NOON).until == NOON + timedelta(hours=7)


def test_many_beginnings_of_a_script_take_no_longer_than_one(bench: Bench) -> None:
    bench.use("foodsafety", fixed(page("<script" * 200_000)))  # a search from each of them would take minutes
    assert bench.ask(timeout_s=30).outcome is ProviderOutcome.TRANSIENT
