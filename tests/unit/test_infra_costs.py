"""The table of costs in docs/deploy.md is what the arithmetic gives."""

from __future__ import annotations

import pytest

from tools import infra_costs
from tools.infra_costs import MONTH_S, Setup


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
