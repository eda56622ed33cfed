"""The figures that `private.monitoring_snapshot` gives, as Prometheus metrics. All names start with `jangbogi_`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

PREFIX = "jangbogi_"


@dataclass(frozen=True)
class Figure:
    """One row of the snapshot."""

    metric: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True)
class Definition:
    """How a metric is published. A counter's name gets `_total`."""

    text: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"


DEFINITIONS = {
    "receipts_open": Definition("Receipts that wait or are being read.", ("state",)),
    "oldest_open_receipt_seconds": Definition("Since the upload of the oldest open receipt; 0 without one."),
    "oldest_due_receipt_seconds": Definition("For how long a receipt has been due and nobody took it; 0 without one."),
    "receipts_recent": Definition("Receipts uploaded in 24 hours by their state now.", ("state", "attempts")),
    "receipts_failed_recent": Definition(
        "Failed ones of them by error code. A dead letter has used up its attempts.", ("code", "dead_letter")
    ),
    "upload_to_done_seconds": Definition("From upload to done, of receipts uploaded in 24 hours.", ("quantile",)),
    "photos": Definition("Photos that were processed, or failed for good.", ("window", "result")),
    "photos_reviewed": Definition("Photos whose items a user added or dismissed.", ("window",)),
    "right_items": Definition("Items added to the inventory as they were offered.", ("window",)),
    "photos_with_three_right_items": Definition("Reviewed photos with at least three such items.", ("window",)),
    "items": Definition("Items read, by predicted category.", ("window", "model_version", "category")),
    "reviewed_items": Definition(
        "Reviewed items by predicted category. right: the prediction was kept; known: the user's earlier word or the "
        "barcode took its place and was kept; corrected: the user chose another category.",
        ("window", "model_version", "category", "result"),
    ),
    "reviewed_items_by_month": Definition("Reviewed items by month of upload.", ("month", "result")),
    "feedback": Definition("Corrections and confirmations of categories by users.", ("window", "kind")),
    "item_changes": Definition("Items of which users changed this besides the category.", ("window", "field")),
    "api_answers": Definition("Answers of the functions by class of HTTP status.", ("function", "class"), "counter"),
    "provider_outcomes": Definition("What asking a product provider came to.", ("provider", "outcome"), "counter"),
    "provider_held_back": Definition("Whether a provider is not asked at present, and why.", ("provider", "reason")),
    "provider_calls": Definition("Calls that count against a provider's quota in its window.", ("provider", "period")),
    "barcode_lookups_waiting": Definition("Barcodes that the sweep shall look up."),
    "oldest_barcode_lookup_seconds": Definition("For how long a barcode has been due; 0 without one."),
    "product_index_age_seconds": Definition("Since a product index was last loaded in full.", ("source",)),
    "account_deletion_oldest_seconds": Definition(
        "Since the oldest wish to be deleted of a user who is still there; 0 without one."
    ),
    "drift_psi": Definition(
        "Population stability index of the items of a week against the training distribution.", ("feature",)
    ),
    "drift_js": Definition("Jensen-Shannon divergence of the same, in bits.", ("feature",)),
    "drift_items": Definition("Items of the week that the two were computed from.", ("feature",)),
    "drift_reference": Definition("Always 1; names the model whose training distribution is compared.", ("version",)),
    "database_up": Definition("Whether the database answered this scrape."),
    "snapshot_seconds": Definition("How long the database took to answer it."),
}


def families(figures: Iterable[Figure]) -> Iterator[Metric]:
    """The figures as families, in the order of `DEFINITIONS`.

    Others are left out: a database may have been migrated before its exporter is replaced.
    """
    by_metric: dict[str, list[Figure]] = {name: [] for name in DEFINITIONS}
    for figure in figures:
        by_metric.get(figure.metric, []).append(figure)
    for name, definition in DEFINITIONS.items():
        make = CounterMetricFamily if definition.kind == "counter" else GaugeMetricFamily
        family = make(PREFIX + name, definition.text, labels=definition.labels)
        for figure in by_metric[name]:
            family.add_metric([figure.labels[label] for label in definition.labels], figure.value)
        yield family
