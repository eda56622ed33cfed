"""The cost table in docs/deploy.md matches the calculation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.promql import ALERTS
from tools import infra_costs
from tools.infra_costs import MONTH_S, Setup

INFRA = Path(__file__).resolve().parents[3] / "infra"


def test_table_is_current() -> None:
    assert infra_costs.is_current(), "run python3 -m tools.infra_costs"


def test_reading_costs_are_proportional_to_receipts() -> None:
    canary = infra_costs.CANARY_RECEIPTS
    by_request = infra_costs.ocr_service(Setup(100_000 - canary, "small"))
    assert by_request == pytest.approx(100_000 * infra_costs.READ_S * 2.25 * (33.6e-6 + 3.5e-6))
    assert infra_costs.ocr_service(Setup(200_000 - canary, "small")) == pytest.approx(2 * by_request)


def test_a_warm_instance_costs_its_month_until_it_is_full() -> None:
    warm = infra_costs.ocr_service(Setup(1_000, "small", warm_instances=1, always_on=True))
    assert warm == pytest.approx(2.25 * MONTH_S * (25.2e-6 + 2.8e-6))
    assert infra_costs.ocr_service(Setup(1_000_000, "small", warm_instances=1, always_on=True)) == warm
    assert infra_costs.ocr_service(Setup(2_000_000, "small", warm_instances=1, always_on=True)) > warm


@pytest.mark.parametrize("item", infra_costs.ITEMS.values(), ids=infra_costs.ITEMS)
def test_costs_never_fall_with_more_receipts(item: infra_costs.Item) -> None:
    costs = [item(setup) for setup in infra_costs.SETUPS]
    assert costs == sorted(costs)
    assert min(costs) >= 0


def test_a_replica_costs_as_much_as_the_database_it_copies() -> None:
    with_replica = Setup(1_000, "large", replicas=1)
    assert infra_costs.replicas_and_recovery(with_replica) == infra_costs.COMPUTE["large"]
    assert infra_costs.replicas_and_recovery(Setup(1_000, "large", pitr=True)) == infra_costs.PITR_USD


def test_a_copy_of_the_photos_costs_its_bucket_and_their_traffic() -> None:
    plain, copied = Setup(1_000_000, "small"), Setup(1_000_000, "small", photo_copy=True)
    stored_gb = 1_000_000 * infra_costs.PHOTO_GB * infra_costs.MONTHS_KEPT
    assert infra_costs.copy_of_photos(plain) == 0
    assert infra_costs.copy_of_photos(copied) == pytest.approx(stored_gb * infra_costs.COPIED_GB_USD, rel=0.02)
    added = infra_costs.traffic(copied) - infra_costs.traffic(plain)
    assert added == pytest.approx(1_000_000 * infra_costs.PHOTO_GB * 0.09)


def test_production_fits_its_budget() -> None:
    example = (INFRA / "environments" / "production.tfvars.example").read_text(encoding="utf-8")
    amount = re.search(r"amount = (\d+)", example)
    assert amount is not None
    (production,) = (setup for setup in infra_costs.SETUPS if setup.receipts == 100_000)
    assert sum(item(production) for item in infra_costs.ITEMS.values()) < 0.95 * int(amount[1])


def test_staging_fits_its_budget() -> None:
    example = (INFRA / "environments" / "staging.tfvars.example").read_text(encoding="utf-8")
    amount = re.search(r"amount = (\d+)", example)
    assert amount is not None
    (staging,) = (setup for setup in infra_costs.SETUPS if setup.name == "staging")
    assert ("exporter = false" in re.sub(r" +", " ", example)) is not staging.exporter
    assert sum(item(staging) for item in infra_costs.ITEMS.values()) < 0.9 * int(amount[1])


def test_alert_conditions_are_counted() -> None:
    exporter_rules = [rule for rule in ALERTS.values() if "jangbogi_" in rule["expr"]]
    assert len(exporter_rules) == infra_costs.EXPORTER_RULES
    assert len(ALERTS) == infra_costs.EXPORTER_RULES + infra_costs.OCR_RULES

    def count(pattern: str, *path: str) -> int:
        return len(re.findall(pattern, INFRA.joinpath(*path).read_text(encoding="utf-8"), re.MULTILINE))

    log_alerts = count(r"^      title += ", "modules", "monitoring", "platform.tf")
    objectives = count(r'^resource "google_monitoring_slo"', "modules", "monitoring", "slo.tf")
    windows = 2 * count(r"windows = \[.*?, .*?\], factor = [\d.]+,", "modules", "monitoring", "slo.tf")
    uptime = count(r"status = \d+ }", "workloads.tf")
    absences = count(r"condition_absent {", "modules", "monitoring", "platform.tf")
    queries = count(r"condition_prometheus_query_language {", "modules", "monitoring", "platform.tf")
    conditions = log_alerts + objectives * windows + uptime + absences + queries
    assert conditions == infra_costs.PLATFORM_ALERTS
