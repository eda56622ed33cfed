"""GET requests to providers: redirects, encodings, and bodies that do not have the announced length."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.barcode.fetch import Reply as FetchedReply
from functions.barcode.providers.base import ProviderOutcome
from tests.support import barcode_servers as servers
from tests.support.barcode_servers import Reply, serving
from tests.support.provider_bench import GTIN, NIGHT, NUMBER, Bench, fixed


def redirected(location: str, status: int = 302) -> Callable[[str], Reply]:
    def answer(path: str) -> Reply:
        if path.startswith("/api/v3"):
            return Reply(status, b"", {"Location": location})
        return servers.off_v3_hit(NUMBER)

    return answer


def test_redirects_within_the_provider_are_followed(bench: Bench) -> None:
    bench.use("openfoodfacts", redirected("/elsewhere", 307))
    assert bench.ask().outcome is ProviderOutcome.HIT
    assert bench.calls == 1


def test_the_same_host_may_be_written_in_another_way(bench: Bench) -> None:
    bench.use("openfoodfacts", fixed(servers.off_v3_miss(NUMBER)))
    port = bench.server.url.rpartition(":")[2]
    bench.server.answer = redirected(f"HTTP://127.0.0.1:0{port}/x")
    assert bench.ask().outcome is ProviderOutcome.HIT


def test_redirects_to_sibling_databases_are_followed(bench: Bench) -> None:
    with serving(lambda _path: servers.off_v3_hit(NUMBER)) as sibling:
        bench.use("openfoodfacts", redirected(f"{sibling.url}/x"))
        (config,) = bench.providers.configs.values()
        siblings = replace(config, hosts=frozenset({sibling.url.removeprefix("http://")}))
        (report,) = bench.providers.ask([siblings], GTIN, NIGHT, 5)
    assert report.result.outcome is ProviderOutcome.HIT


@pytest.mark.parametrize("name", ["openfoodfacts", "foodqr", "foodqr_data", "foodsafety"])
def test_redirects_to_other_hosts_are_not_followed(bench: Bench, name: str) -> None:
    with serving(lambda _path: servers.off_v3_hit(NUMBER)) as foreign:
        bench.use(name, fixed(Reply(302, b"", {"Location": f"{foreign.url}/x"})))
        assert bench.ask().outcome is ProviderOutcome.TRANSIENT
    assert foreign.seen == []


@pytest.mark.parametrize("location", ["/api/v3/again", "file:///etc/passwd", "http://[", "//", ""])
def test_malformed_and_endless_redirects_end(bench: Bench, location: str) -> None:
    bench.use("openfoodfacts", fixed(Reply(302, b"", {"Location": location})))
    assert bench.ask().outcome is ProviderOutcome.TRANSIENT
    assert len(bench.server.seen) <= 4


def test_no_cookies_are_kept(bench: Bench) -> None:
    cookies = {"Set-Cookie": f"session={'x' * 1000}; Path=/"}
    bench.use("openfoodfacts", fixed(replace(servers.off_v3_hit(NUMBER), headers=cookies)))
    for _ in range(2):
        assert bench.ask().outcome is ProviderOutcome.HIT
    assert not any("Cookie" in headers for headers in bench.server.headers)


def test_no_compressed_response_is_requested(bench: Bench) -> None:
    bench.use("openfoodfacts", fixed(servers.off_v3_miss(NUMBER)))
    bench.ask()
    assert bench.server.headers[0]["Accept-Encoding"] == "identity"


def test_deflated_data_may_lack_its_header(bench: Bench) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = packer.compress(servers.off_v3_hit(NUMBER).body) + packer.flush()
    bench.use("openfoodfacts", fixed(Reply(200, body, {"Content-Encoding": "deflate"})))
    assert bench.ask().outcome is ProviderOutcome.HIT


@pytest.mark.parametrize(("members", "expected"), [(2, ProviderOutcome.HIT), (10_000, ProviderOutcome.TRANSIENT)])
def test_compressed_data_has_only_so_many_members(bench: Bench, members: int, expected: ProviderOutcome) -> None:
    """Each is a copy of the rest: a megabyte of empty members would block every lookup for seconds."""
    body = gzip.compress(b"") * (members - 1) + gzip.compress(servers.off_v3_hit(NUMBER).body)
    bench.use("openfoodfacts", fixed(Reply(200, body)))
    assert bench.ask().outcome is expected


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kept=st.just(1.0) | st.floats(0, 1),
    header=st.sampled_from([{"Content-Length": "99999"}, {"Transfer-Encoding": "chunked"}]),
)
def test_a_body_that_ends_early_is_a_hit_only_if_the_document_is_complete(
    bench: Bench, kept: float, header: dict[str, str]
) -> None:
    document = servers.off_v3_hit(NUMBER).body
    sent = document[: round(kept * len(document))]
    body = b"%x\r\n" % (len(sent) + 9) + sent if "Transfer-Encoding" in header else sent
    bench.use("openfoodfacts", fixed(Reply(200, body, header, manner="end_early")))
    complete = len(sent) == len(document)
    assert bench.ask().outcome is (ProviderOutcome.HIT if complete else ProviderOutcome.TRANSIENT)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("30", 30),
        ("Sun, 22 Nov 2026 14:40:00 GMT", 600),
        # In other zones, and in the obsolete formats of RFC 850 and asctime.
        ("Sun, 22 Nov 2026 23:40:00 +0900", 600),
        ("Sun, 22 Nov 2026 09:40:00 EST", 600),
        ("Sunday, 22-Nov-26 14:40:00 GMT", 600),
        ("Sun Nov 22 14:40:00 2026", 600),
        ("Sun, 22 Nov 2026 14:40:00", 600),
        ("Mon, 23 Nov 2026 14:40:00 GMT", 3600),
        # Over, or none: the provider says nothing of use.
        ("Sun, 22 Nov 2020 14:40:00 GMT", 60),
        ("Sun, 22 Nov 2026 14:40:00 +0900", 60),
        ("Sun, 22 Nov 2026 14:40:00 +99999999999999999999", 60),
        ("Sun, 22 Nov 2026 25:40:00 GMT", 60),
        ("9" * 5000, 3600),
        ("soon", 60),
        ("-5", 60),
    ],
)
def test_a_time_to_wait_is_in_seconds_or_a_date(bench: Bench, retry_after: str, seconds: int) -> None:
    bench.use("openfoodfacts", fixed(Reply(429, b"", {"Retry-After": retry_after})))
    result = bench.ask()
    assert (result.outcome, result.until) == (ProviderOutcome.QUOTA, NIGHT + timedelta(seconds=seconds))


@given(
    st.one_of(
        st.text(max_size=60),
        st.text("0123456789٣²", max_size=30),
        st.builds(
            "{} {} {} {} {}".format,
            st.sampled_from(["Sun, 22", "Sunday, 22", "Sun Nov 22", "0", "99"]),
            st.sampled_from(["Nov", "13", "x"]),
            st.integers(-1, 10_000),
            st.sampled_from(["14:40:00", "0:0", "24:00:00", "99:99:99", "1.2.3"]),
            st.sampled_from(["GMT", "KST", "+0900", "-2400", "+99999", "+1e9", f"+{9**40}", ""]),
        ),
    )
)
def test_no_text_is_a_time_to_wait_in_the_past(text: str) -> None:
    wait_s = FetchedReply(429, b"", text).retry_after_s(NIGHT)
    assert wait_s is None or wait_s >= 0


@given(
    st.datetimes(NIGHT.replace(tzinfo=None) + timedelta(seconds=1), datetime.fromisoformat("2068-12-31")),
    st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_a_date_is_the_same_moment_in_every_zone_and_format(moment: datetime, zone: timezone) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    local = moment.astimezone(zone)
    forms = (
        format_datetime(moment, usegmt=True),
        format_datetime(local),
        f"{moment:%A, %d-%b-%y %H:%M:%S} GMT",
        f"{moment:%a %b} {moment.day:2} {moment:%H:%M:%S %Y}",
    )
    expected = (moment - NIGHT).total_seconds() or None
    assert {FetchedReply(429, b"", form).retry_after_s(NIGHT) for form in forms} == {expected}
