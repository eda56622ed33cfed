"""Monthly cost by number of receipts: measured figures times list prices. Writes the table in docs/deploy.md.

Prices are US dollars without tax and without free tiers of compute, which make small bills smaller.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "deploy.md"
MARKED = re.compile(r"(<!-- costs -->\n).*?(<!-- end -->)", re.DOTALL)

MONTH_S = 730 * 3600
GIB = 2**30

# Measured: docs/quality.md, one receipt of 58 lines on 2 vCPU in single precision (0.95 s), because Cloud Run does not
# promise a processor with units for bfloat16, on which it is 0.6 s.
READ_S = 1.0

# Assumptions; replace them with your own.
PHOTO_GB = 1.5e-3
ROWS_GB = 15e-6
ANSWERS_GB = 50e-6
LOGS_B = 5e3
RECEIPTS_PER_USER = 8
LOOKUPS_PER_RECEIPT = 1
MONTHS_KEPT = 12
# Confirmations, forgotten passwords, changes of the address.
MAILS_PER_USER = 0.3
# Spans of a traced receipt, from the function to the database.
SPANS_PER_RECEIPT = 12
# The canary, every 15 minutes.
CANARY_RECEIPTS = 4 * 730

# Alert conditions of infra/: one per rule on metrics of the exporter or of the OCR service, and those on the platform.
RULES = [
    rule
    for file in sorted((DOCUMENT.parents[1] / "infra" / "monitoring" / "rules").glob("*.yml"))
    for rule in file.read_text(encoding="utf-8").split("- alert:")[1:]
]
EXPORTER_RULES = sum("jangbogi_" in rule.partition("labels:")[0] for rule in RULES)
OCR_RULES = len(RULES) - EXPORTER_RULES
PLATFORM_ALERTS = 19

# Cloud Run adds instances above 60 % utilisation.
TARGET_UTILISATION = 0.6

# Cloud Run in Seoul (tier 2), dollars per vCPU-second and GiB-second.
PER_REQUEST = (33.6e-6, 3.5e-6)
IDLE = (3.5e-6, 3.5e-6)
ALWAYS_ON = (25.2e-6, 2.8e-6)

# Supabase, Pro: the plan, and compute of which 10 dollars are in the plan.
PRO_PLAN_USD = 25
COMPUTE = {"micro": 10, "small": 15, "large": 110, "16xlarge": 3730}
# Recovery to any second of the last seven days.
PITR_USD = 100
# A second copy of the photos in a bucket of Google in Seoul, dollars per GB and month.
COPIED_GB_USD = 0.023
# Mails over SMTP, such as Amazon SES; spans of Cloud Trace after the first 2.5 million.
MAIL_USD = 0.10e-3
SPAN_USD = 0.20e-6


@dataclass(frozen=True)
class Setup:
    """Terraform inputs for a number of receipts per month."""

    receipts: int
    instance_size: str
    name: str = ""
    warm_instances: int = 0
    always_on: bool = False
    warm_functions: int = 0
    exporter: bool = True
    # Read replicas of the database, of its size; recovery to any second; a copy of the photos; share of the receipts
    # that are traced.
    replicas: int = 0
    pitr: bool = False
    photo_copy: bool = False
    traced: float = 1.0
    # The sweep, which polls the queue all the time: CPUs and GiB.
    sweep: tuple[float, float] = (0.167, 0.5)


SETUPS = (
    Setup(300, "micro", "staging", exporter=False),
    Setup(1_000, "micro", exporter=False),
    Setup(100_000, "small", warm_instances=1, always_on=True, warm_functions=1, pitr=True, photo_copy=True),
    Setup(
        10_000_000,
        "16xlarge",
        warm_instances=5,
        warm_functions=5,
        sweep=(1, 2),
        replicas=1,
        pitr=True,
        photo_copy=True,
        traced=0.01,
    ),
)


def instance(prices: tuple[float, float], cpu: float, memory_gib: float, seconds: float) -> float:
    """Dollars for one instance over a number of seconds."""
    return seconds * (cpu * prices[0] + memory_gib * prices[1])


def ocr_service(setup: Setup) -> float:
    """OCR service: 2 vCPU and 2 GiB, plus a quarter of each for the metrics sidecar."""
    busy = (setup.receipts + CANARY_RECEIPTS) * READ_S
    if setup.always_on:
        return instance(ALWAYS_ON, 2.25, 2.25, max(setup.warm_instances * MONTH_S, busy / TARGET_UTILISATION))
    idle = max(0, setup.warm_instances * MONTH_S - busy)
    return instance(PER_REQUEST, 2.25, 2.25, busy) + instance(IDLE, 2.25, 2.25, idle)


def sweep(setup: Setup) -> float:
    """The polling sweep, 65 s per minute."""
    return instance(PER_REQUEST, *setup.sweep, MONTH_S * 65 / 60)


def functions(setup: Setup) -> float:
    """Barcode lookups, corrections and their warm instances; canary (15 s) and reminders (2 s)."""
    lookups = instance(PER_REQUEST, 1, 0.5, setup.receipts * LOOKUPS_PER_RECEIPT * 0.1)
    canary = instance(PER_REQUEST, 0.167, 0.25, CANARY_RECEIPTS * 15)
    reminders = instance(PER_REQUEST, 0.167, 0.25, MONTH_S / 300 * 2)
    return canary + reminders + lookups + instance(IDLE, 1, 0.5, 2 * setup.warm_functions * MONTH_S)


def exporter(setup: Setup) -> float:
    """The exporter, always on, and the alert conditions on its metrics."""
    return instance(ALWAYS_ON, 1.25, 1.25, MONTH_S) + EXPORTER_RULES * 1.5 if setup.exporter else 0


def monitoring(setup: Setup) -> float:
    """Samples (300 series per instance, twice a minute), other alert conditions, logs, traces."""
    instances = max(setup.warm_instances, setup.receipts * READ_S / TARGET_UTILISATION / MONTH_S) + setup.exporter
    samples = instances * 300 * MONTH_S / 30 * 0.06e-6
    logs = max(0, setup.receipts * LOGS_B / GIB - 50) * 0.5
    traces = max(0, setup.receipts * setup.traced * SPANS_PER_RECEIPT - 2.5e6) * SPAN_USD
    return samples + (OCR_RULES + PLATFORM_ALERTS) * 1.5 + logs + traces


def training(_: Setup) -> float:
    """Retraining, half an hour a week on 4 vCPU and 8 GiB, of the recogniser (assumed) an hour a month on 8 and 16.

    Also people at MLflow and Label Studio, and images, models and secrets. Their servers scale to zero: four hours of
    MLflow and 40 of Label Studio. Identity-Aware Proxy costs nothing here.
    """
    pages = instance(PER_REQUEST, 1, 2, (4 + 40) * 3600)
    jobs = instance(ALWAYS_ON, 4, 8, 4.35 * 1800) + instance(ALWAYS_ON, 8, 16, 3600)
    return jobs + pages + 60 * 0.10 + 13 * 0.06


def database(setup: Setup) -> float:
    """Plan, compute, and the disk of a year's rows."""
    disk = max(0, setup.receipts * ROWS_GB * MONTHS_KEPT - 8) * 0.125
    return PRO_PLAN_USD - 10 + COMPUTE[setup.instance_size] + disk


def replicas_and_recovery(setup: Setup) -> float:
    """Read replicas with their disks, and recovery to any second of a week."""
    disk = max(0, setup.receipts * ROWS_GB * MONTHS_KEPT - 8) * 0.125
    return setup.replicas * (COMPUTE[setup.instance_size] + disk) + setup.pitr * PITR_USD


def mails(setup: Setup) -> float:
    """Mails of Auth through one's own SMTP server."""
    return setup.receipts / RECEIPTS_PER_USER * MAILS_PER_USER * MAIL_USD


def photos(setup: Setup) -> float:
    """A year's photos stored."""
    return max(0, setup.receipts * PHOTO_GB * MONTHS_KEPT - 100) * 0.021


def copy_of_photos(setup: Setup) -> float:
    """A year's photos in a bucket of Google, copied four times a day (4 minutes of 1 vCPU and 1 GiB)."""
    runs = 4 * 30.4 * instance(ALWAYS_ON, 1, 1, 240)
    return setup.photo_copy * (setup.receipts * PHOTO_GB * MONTHS_KEPT * COPIED_GB_USD + runs)


def traffic(setup: Setup) -> float:
    """One download of each photo by the functions, another one for its copy, and responses to the app."""
    return max(0, setup.receipts * (PHOTO_GB * (1 + setup.photo_copy) + ANSWERS_GB) - 250) * 0.09


def users(setup: Setup) -> float:
    """Active users and Realtime (2 % connected at once; a message per status of a receipt and per item added)."""
    active = setup.receipts / RECEIPTS_PER_USER
    connections = max(0, active * 0.02 - 500) / 1000 * 10
    messages = max(0, setup.receipts * 16 - 5e6) * 2.5e-6
    return max(0, active - 100_000) * 0.00325 + connections + messages


Item = Callable[[Setup], float]

ITEMS: dict[str, Item] = {
    "OCR service": ocr_service,
    "polling sweep": sweep,
    "other functions": functions,
    "exporter": exporter,
    "metrics, alerts, logs, traces": monitoring,
    "retraining, MLflow, Label Studio, images, secrets": training,
    "Supabase: plan, compute, disk after a year": database,
    "Supabase: read replica, point-in-time recovery": replicas_and_recovery,
    "Supabase: photos after a year": photos,
    "copy of the photos": copy_of_photos,
    "Supabase: traffic": traffic,
    "Supabase: users, Realtime": users,
    "mails": mails,
}


def table() -> str:
    """Markdown table of all setups."""
    rows = {name: [cost(setup) for setup in SETUPS] for name, cost in ITEMS.items()}
    sums = [sum(amounts) for amounts in zip(*rows.values(), strict=True)]
    each = [total / setup.receipts for total, setup in zip(sums, SETUPS, strict=True)]
    lines = [
        "| US dollars per month | "
        + " | ".join(setup.name or f"{setup.receipts:,} receipts" for setup in SETUPS)
        + " |",
        "|---|" + "---:|" * len(SETUPS),
        *(f"| {name} | " + " | ".join(f"{amount:,.0f}" for amount in amounts) + " |" for name, amounts in rows.items()),
        "| **total** | " + " | ".join(f"**{total:,.0f}**" for total in sums) + " |",
        "| per receipt | " + " | ".join(f"{cost:.4f}" for cost in each) + " |",
        "",
    ]
    return "\n".join(lines)


def rendered(text: str) -> str:
    """The text with the marked table regenerated."""
    return MARKED.sub(lambda match: match[1] + table() + match[2], text)


def is_current() -> bool:
    """Whether the table in the document is up to date."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return rendered(text) == text


def main() -> int:
    argparse.ArgumentParser(prog="python3 -m tools.infra_costs", description=__doc__).parse_args()
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
