"""Asking providers: time limits, cancellation, and an outcome for every kind of response."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.barcode.fan_out import Providers
from functions.barcode.providers.base import ProviderOutcome
from functions.barcode.providers.registry import enabled_providers
from functions.barcode.settings import BarcodeSettings
from tests.support import barcode_servers as servers
from tests.support.barcode_servers import KEY, Reply, document, page, serving
from tests.support.provider_bench import GTIN, NIGHT, NUMBER, Bench, fixed, settings_for


@pytest.mark.parametrize("name", ["openfoodfacts", "foodqr", "foodqr_data", "foodsafety"])
@pytest.mark.parametrize("manner", ["hang", "drip_head", "drip_body"])
@pytest.mark.parametrize("limit", ["its own", "the caller's"])
def test_a_provider_that_hangs_or_drips_is_cancelled(bench: Bench, name: str, manner: str, limit: str) -> None:
    reply = Reply(200, b" " * 10_000, manner=manner)
    bench.use(name, fixed(reply), timeout_s=0.1 if limit == "its own" else 60)
    result = bench.ask(timeout_s=60 if limit == "its own" else 0.1)
    assert not bench.server.released.is_set()
    assert (result.outcome, bench.calls) == (ProviderOutcome.TRANSIENT, 2 if "foodqr" in name else 1)


def test_a_refused_connection_is_transient(bench: Bench) -> None:
    bench.use("foodqr", fixed(servers.FOODQR_MISS), url="http://127.0.0.1:9")
    assert bench.ask().outcome is ProviderOutcome.TRANSIENT


def test_the_first_korean_name_ends_the_wait_and_a_foreign_one_does_not(bench: Bench) -> None:
    korean, english, hanging = (
        lambda _path: servers.foodqr_hit(NUMBER),
        lambda _path: servers.off_v3_hit(NUMBER, product_name="Milk", product_name_ko=""),
        lambda _path: Reply(manner="hang"),
    )

    def outcomes(
        off: Callable[[str], Reply], qr: Callable[[str], Reply], seconds: float, *, in_order: bool = False
    ) -> dict[str, ProviderOutcome]:
        def later(path: str) -> Reply:
            assert not in_order or first.answered.wait(60)
            return qr(path)

        with serving(off) as first, serving(later) as second:
            both = BarcodeSettings(
                openfoodfacts=settings_for("openfoodfacts", first.url).openfoodfacts,
                foodqr=settings_for("foodqr", second.url).foodqr,
            )
            providers = Providers.of(bench.connections, enabled_providers(both))
            reports = providers.ask(list(providers.configs.values()), GTIN, NIGHT, seconds)
        return {report.name: report.result.outcome for report in reports}

    assert outcomes(hanging, korean, 60) == {"openfoodfacts": ProviderOutcome.SKIPPED, "foodqr": ProviderOutcome.HIT}
    assert outcomes(english, korean, 60, in_order=True) == {
        "openfoodfacts": ProviderOutcome.HIT,
        "foodqr": ProviderOutcome.HIT,
    }
    assert outcomes(english, hanging, 2) == {
        "openfoodfacts": ProviderOutcome.HIT,
        "foodqr": ProviderOutcome.TRANSIENT,
    }


@pytest.mark.parametrize(
    ("reply", "expected"),
    [(Reply(401), ProviderOutcome.AUTH), (servers.TOO_MANY, ProviderOutcome.QUOTA)],
)
def test_a_refusal_without_a_time_gets_one_from_the_settings(
    bench: Bench, reply: Reply, expected: ProviderOutcome
) -> None:
    bench.use("foodqr", fixed(reply), closed_for_s=90)
    result = bench.ask()
    assert (result.outcome, result.until) == (expected, NIGHT + timedelta(seconds=90))


@pytest.mark.parametrize("name", ["foodqr", "foodqr_data", "foodsafety"])
@pytest.mark.parametrize(
    "reply",
    [
        servers.MFDS_BAD_KEY,
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
    bench.use(name, fixed(reply))
    result = bench.ask()
    output = capfd.readouterr()
    seen = "".join([output.out, output.err, caplog.text, repr(result), repr(bench.providers.configs)])
    assert bench.server.seen
    assert KEY not in seen
    assert "k3y" not in seen


def test_any_json_has_an_outcome_other_than_a_hit(bench: Bench) -> None:
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
        bench.use(name, fixed(servers.FOODQR_MISS))
        for value in documents:
            bench.server.answer = fixed(Reply(200, json.dumps(value).encode()))
            assert bench.ask().outcome is not ProviderOutcome.HIT
