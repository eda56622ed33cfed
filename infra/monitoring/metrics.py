"""The metrics of `private.monitoring_snapshot` in Prometheus form. All names start with `jangbogi_`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

PREFIX = "jangbogi_"


@dataclass(frozen=True)
class MetricValue:
    """The value of a metric for one set of labels: a row of the snapshot."""

    metric: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True)
class Definition:
    """How a metric is published. The name of a counter gets the suffix `_total`."""

    text: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"


DEFINITIONS = {
    "receipts_open": Definition("Receipts that are queued or being processed.", ("state",)),
    "oldest_open_receipt_seconds": Definition("Age of the oldest open receipt since its upload; 0 without one."),
    "oldest_due_receipt_seconds": Definition(
        "For how long a receipt has been due without being claimed; 0 without one."
    ),
    "receipts_recent": Definition("Receipts uploaded in the last 24 hours by current state.", ("state", "attempts")),
    "receipts_failed_recent": Definition(
        "Receipts uploaded in the last 24 hours that failed, by error code; dead_letter: not because of the photo.",
        ("code", "dead_letter"),
    ),
    "upload_to_done_seconds": Definition(
        "Time from upload to done, of receipts uploaded in the last 24 hours.", ("quantile",)
    ),
    "photos": Definition("Photos that were processed or failed permanently.", ("window", "result")),
    "photos_reviewed": Definition("Photos whose items a user added or dismissed.", ("window",)),
    "right_items": Definition("Items added to the inventory as offered.", ("window",)),
    "photos_with_three_right_items": Definition("Reviewed photos with at least three right items.", ("window",)),
    "items": Definition("Items read, by predicted category.", ("window", "model_version", "category")),
    "reviewed_items": Definition(
        "Reviewed items by predicted category. right: the user kept the prediction; known: the user kept the category "
        "of their alias or of the barcode; corrected: the user chose another category.",
        ("window", "model_version", "category", "result"),
    ),
    "reviewed_items_by_month": Definition("Reviewed items by month of upload.", ("month", "result")),
    "audited_items": Definition(
        "Items of the random audit samples that annotators decided, by month of upload and whether the prediction was "
        "right.",
        ("month", "result"),
    ),
    "audit_accuracy": Definition(
        "Share of the audited items whose prediction was right, by month, with the bounds of its 95 % interval.",
        ("month", "bound"),
    ),
    "audit_goal": Definition("The share that the product promises for the month.", ("month",)),
    "reading_names": Definition(
        "Names on reviewed items of users who agreed that their corrections are kept, of the last eight weeks. kept: "
        "not changed; renamed: changed, but read right; misread: changed, and read wrongly; open: not transcribed yet.",
        ("model_version", "week", "store", "result"),
    ),
    "feedback": Definition("Corrections and confirmations of categories by users.", ("window", "kind")),
    "item_changes": Definition("Items of which users changed this field besides the category.", ("window", "field")),
    "api_answers": Definition("Responses of the functions by class of HTTP status.", ("function", "class"), "counter"),
    "provider_outcomes": Definition("Outcomes of product provider lookups.", ("provider", "outcome"), "counter"),
    "provider_held_back": Definition("1 while a provider is not called, by reason.", ("provider", "reason")),
    "provider_calls": Definition("Calls that count against a provider's quota in its window.", ("provider", "period")),
    "barcode_lookups_waiting": Definition("Barcodes that the sweep still has to look up."),
    "oldest_barcode_lookup_seconds": Definition("For how long a barcode has been due; 0 without one."),
    "product_index_age_seconds": Definition("Time since a product index was last loaded in full.", ("source",)),
    "product_index_set_aside": Definition(
        "Rows that the latest load of a product index could not store, and pages that it could not read.", ("source",)
    ),
    "product_names_reported": Definition("Products whose agreed name users reported, until an operator decides."),
    "account_deletion_oldest_seconds": Definition(
        "Age of the oldest account deletion request that is not completed; 0 without one."
    ),
    "deletions_set_aside": Definition(
        "Receipts whose deletion, or that of their photo's text, failed and is tried again later."
    ),
    "oldest_table_lock_seconds": Definition(
        "Age of the oldest transaction that holds a lock against writes on a table of ours; 0 without one."
    ),
    "daily_use": Definition("Use of a daily quota by all users today, in Korea.", ("action",)),
    "daily_use_of_largest_user": Definition("The same by the user who used most of it.", ("action",)),
    "drift_psi": Definition(
        "Population stability index of the items of a week against the training distribution.", ("feature",)
    ),
    "drift_js": Definition("Jensen-Shannon divergence of the same, in bits.", ("feature",)),
    "drift_items": Definition("Items of the week that drift was measured on.", ("feature",)),
    "drift_reference": Definition(
        "Always 1; names the model whose training distribution drift is measured against. Absent without one.",
        ("version",),
    ),
    "database_up": Definition("Whether the database answered this scrape."),
    "snapshot_seconds": Definition("How long the database took to answer."),
}


def families(values: Iterable[MetricValue]) -> Iterator[Metric]:
    """The values as metric families, in the order of `DEFINITIONS`.

    Unknown metrics are left out: the database may be migrated before the exporter is deployed.
    """
    by_metric: dict[str, list[MetricValue]] = {name: [] for name in DEFINITIONS}
    for value in values:
        by_metric.get(value.metric, []).append(value)
    for name, definition in DEFINITIONS.items():
        make = CounterMetricFamily if definition.kind == "counter" else GaugeMetricFamily
        family = make(PREFIX + name, definition.text, labels=definition.labels)
        for value in by_metric[name]:
            family.add_metric([value.labels[label] for label in definition.labels], value.value)
        yield family
