"""The local stack runs what is deployed by default."""

from __future__ import annotations

import re
from pathlib import Path

from local.stack import POLLING_SWEEP
from local.stand_ins.scheduler import EVERY_S, JOBS

INFRA = Path(__file__).resolve().parents[3] / "infra"


def test_the_sweep_watches_as_in_terraform() -> None:
    variables, workloads = ((INFRA / name).read_text(encoding="utf-8") for name in ("variables.tf", "workloads.tf"))
    assert re.search(r"webhook\s+= optional\(bool, false\)", variables)
    assert re.findall(r"poll_s\s+= optional\(number, ([\d.]+)\)", variables) == [POLLING_SWEEP["SWEEP_POLL_S"]]
    assert re.findall(r"SWEEP_BUDGET_S = (\d+)", workloads) == [POLLING_SWEEP["SWEEP_BUDGET_S"]]


def test_the_scheduler_calls_as_in_terraform() -> None:
    (schedules,) = re.findall(
        r"sweep\s+= optional\(list\(string\), (\[.*?\])\)", (INFRA / "variables.tf").read_text(encoding="utf-8")
    )
    assert schedules == '["*/2 * * * *", "1-59/2 * * * *"]'
    assert (JOBS, EVERY_S) == (2, 60), "two jobs, each every other minute"
