"""GET requests to providers: redirects and encodings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

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


def test_no_compressed_response_is_requested(bench: Bench) -> None:
    bench.use("openfoodfacts", fixed(servers.off_v3_miss(NUMBER)))
    bench.ask()
    assert bench.server.headers[0]["Accept-Encoding"] == "identity"
