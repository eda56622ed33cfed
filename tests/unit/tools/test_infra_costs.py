"""The table of costs in docs/deploy.md is what the arithmetic gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.promql import ALERTS
from tools import infra_costs
from tools.infra_costs import MONTH_S, Setup

INFRA = Path(__file__).resolve().parents[3] / "infra"


def test_table_is_current() -> None:
    assert infra_costs.is_current(), "python3 -m tools.infra_costs writes it anew"


def test_reading_is_paid_by_the_second() -> None:
    by_request = infra_costs.readers(Setup(100_000, "small"))
    assert by_request == pytest.approx(100_000 * infra_costs.READ_S * 2.25 * (33.6e-6 + 3.5e-6))
    assert infra_costs.readers(Setup(200_000, "small")) == pytest.approx(2 * by_request)


def test_a_warm_reader_costs_its_month_until_it_is_full() -> None:
    warm = infra_costs.readers(Setup(1_000, "small", warm_readers=1, always_on=True))
    assert warm == pytest.approx(2.25 * MONTH_S * (25.2e-6 + 2.8e-6))
    assert infra_costs.readers(Setup(500_000, "small", warm_readers=1, always_on=True)) == warm
    assert infra_costs.readers(Setup(1_000_000, "small", warm_readers=1, always_on=True)) > warm


@pytest.mark.parametrize("item", infra_costs.ITEMS.values(), ids=infra_costs.ITEMS)
def test_nothing_gets_cheaper_with_more_receipts(item: infra_costs.Item) -> None:
    costs = [item(setup) for setup in infra_costs.SETUPS]
    assert costs == sorted(costs)
    assert min(costs) >= 0


def test_what_is_paid_by_the_piece_is_counted() -> None:
    of_the_exporter = [rule for rule in ALERTS.values() if "jangbogi_" in rule["expr"]]
    assert len(of_the_exporter) == infra_costs.EXPORTER_RULES
    assert len(ALERTS) == infra_costs.EXPORTER_RULES + infra_costs.OCR_RULES

    def count(pattern: str, *path: str) -> int:
        return len(re.findall(pattern, INFRA.joinpath(*path).read_text(encoding="utf-8"), re.MULTILINE))

    counted = count(r"^      title += ", "modules", "monitoring", "platform.tf")
    promises = count(r'^resource "google_monitoring_slo"', "modules", "monitoring", "slo.tf")
    speeds = count(r"factor = [\d.]+,", "modules", "monitoring", "slo.tf")
    watched = count(r"status = \d+ }", "workloads.tf")
    missing = count(r"condition_absent {", "modules", "monitoring", "platform.tf")
    assert counted + promises * speeds + watched + missing == infra_costs.PLATFORM_ALERTS
