"""Open Food Facts over HTTP: the outcome of every response format that it has been seen to use."""

from __future__ import annotations

import pytest

from functions.barcode.providers.base import ProviderOutcome
from tests.support import barcode_servers as servers
from tests.support.barcode_servers import NAME, OTHER_NUMBER, Reply, document, page
from tests.support.provider_bench import GTIN, NUMBER, Bench, fixed


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (servers.off_v2_hit(NUMBER), NAME),
        (servers.off_v3_hit(NUMBER), NAME),
        (servers.off_v3_hit(NUMBER, "success_with_warnings"), NAME),
        (servers.off_v3_hit(GTIN, "success_with_errors"), NAME),
        (servers.off_v2_hit(NUMBER, product_name="", product_name_ko="", brands=""), "Sample Milk 1L"),
        (servers.off_v3_hit(NUMBER, product_name="Milk", product_name_ko="", generic_name_ko="우유"), "우유"),
        (servers.off_v3_hit(NUMBER, product_name="가상우유", product_name_ko=None, generic_name_ko="우유"), "가상우유"),
        (servers.off_v3_hit(NUMBER, product_name="Lait", product_name_ko="", product_name_en="Milk"), "Lait"),
        (
            document(
                {
                    "code": NUMBER,
                    "status": "failure",
                    "result": {"id": "product_found_with_a_different_product_type"},
                    "product": servers.off_product(product_type="beauty"),
                }
            ),
            NAME,
        ),
    ],
)
def test_hits(bench: Bench, reply: Reply, expected: str) -> None:
    bench.use("openfoodfacts", fixed(reply))
    result = bench.ask()
    assert result.outcome is ProviderOutcome.HIT
    assert result.product
    assert (result.product.name, result.product.quantity) == (expected, "1 L")
    assert result.product.brand in ("가상식품", "gasang foods")
    assert result.product.kinds[0] == "en:milks"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (servers.off_v2_miss(NUMBER), ProviderOutcome.MISS),
        (servers.off_v3_miss(NUMBER), ProviderOutcome.MISS),
        (servers.off_v2_hit(OTHER_NUMBER), ProviderOutcome.MISS),
        (servers.off_v3_hit(OTHER_NUMBER), ProviderOutcome.MISS),
        (servers.off_v3_hit(NUMBER, product_name="", product_name_ko=" ", product_name_en=""), ProviderOutcome.MISS),
        (servers.off_v3_failure(NUMBER, "product_found_with_a_different_product_type"), ProviderOutcome.INVALID),
        (servers.TOO_MANY, ProviderOutcome.QUOTA),
        (page("<html>busy</html>", 503), ProviderOutcome.QUOTA),
        (page("<html>broken</html>", 500), ProviderOutcome.TRANSIENT),
        (page("<html>no such page</html>", 404), ProviderOutcome.TRANSIENT),
        (page("<script>alert(1)</script>"), ProviderOutcome.TRANSIENT),
        (document({}), ProviderOutcome.TRANSIENT),
        (document([]), ProviderOutcome.TRANSIENT),
        (document({"status": 1, "code": NUMBER}), ProviderOutcome.INVALID),
        (document({"status": 1, "product": servers.off_product()}), ProviderOutcome.INVALID),
        (document({"status": "0", "code": NUMBER}), ProviderOutcome.MISS),
        (Reply(200, b"[" * 100_000), ProviderOutcome.TRANSIENT),
        (Reply(302), ProviderOutcome.TRANSIENT),
        (Reply(manner="hang_up"), ProviderOutcome.TRANSIENT),
        (Reply(200, b" " * 300_000), ProviderOutcome.TRANSIENT),
    ],
)
def test_other_outcomes(bench: Bench, reply: Reply, expected: ProviderOutcome) -> None:
    bench.use("openfoodfacts", fixed(reply))
    result = bench.ask()
    assert (result.outcome, result.product) == (expected, None)
    assert (result.until is not None) == (expected is ProviderOutcome.QUOTA)


def test_the_request_has_the_shortest_number_and_a_contact(bench: Bench) -> None:
    bench.use("openfoodfacts", fixed(servers.off_v3_miss(NUMBER)))
    bench.ask()
    bench.ask("00000096385074")
    bench.ask("00012345678905")
    assert [servers.asked_number(path) for path in bench.server.seen] == [NUMBER, "96385074", "0012345678905"]
    assert all("product_type=all" in path and ",product_name_ko," in path for path in bench.server.seen)
    assert bench.server.headers[0]["User-Agent"] == "Jangbogi (ops@example.com)"


def test_numbers_are_compared_in_canonical_form(bench: Bench) -> None:
    bench.use("openfoodfacts", fixed(servers.off_v3_hit("0012345678905", "success_with_warnings")))
    assert bench.ask("00012345678905").outcome is ProviderOutcome.HIT
