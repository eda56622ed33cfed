"""Metrics for operators, in Prometheus format."""

from collections.abc import Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from ocr_service.category.classifier import Prediction
from ocr_service.live_model import Serving

STAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 20, 60)
CONFIDENCE_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ocr_requests", "Requests by path and HTTP status.", ["path", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.errors = Counter(
            "ocr_errors", "Error responses by path and code.", ["path", "code"],
            registry=self.registry,
        )  # fmt: skip
        self.stages = Histogram(
            "ocr_stage_seconds", "Seconds per stage of reading a photo.", ["stage"],
            buckets=STAGE_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.queue_depth = Gauge("ocr_queue_depth", "Requests waiting for the engine.", registry=self.registry)
        self.in_flight = Gauge("ocr_in_flight", "Requests being read or waiting.", registry=self.registry)
        self.models = Gauge(
            "ocr_model_info", "Always 1; the labels name the loaded models.", ["model", "version"],
            registry=self.registry,
        )  # fmt: skip
        self.confidence = Histogram(
            "ocr_item_confidence", "Probability of the category of each item name.", ["version"],
            buckets=CONFIDENCE_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.items = Counter(
            "ocr_items", "Item names by model version and whether the user should check the category.",
            ["version", "uncertain"], registry=self.registry,
        )  # fmt: skip
        self.shadow_agreement = Counter(
            "ocr_shadow_agreement", "Names (or lines) by whether challenger and champion predict (or read) the same.",
            ["champion", "challenger", "agree"], registry=self.registry,
        )  # fmt: skip
        self.shadow_dropped = Counter(
            "ocr_shadow_dropped", "Batches that the challenger skipped because its queue was full.",
            registry=self.registry,
        )  # fmt: skip
        self.release_refused = Counter(
            "ocr_release_refused", "Releases that could not be read or were refused.", ["model", "reason"],
            registry=self.registry,
        )  # fmt: skip
        self.release_polled = Gauge(
            "ocr_release_polled_timestamp_seconds", "Unix time of the last read of the release manifest; 0 if never.",
            ["model"], registry=self.registry,
        )  # fmt: skip
        self._versions: dict[str, str] = {}
        ProcessCollector(registry=self.registry)

    def loaded(self, versions: Mapping[str, str | None]) -> None:
        """Publish which models are in use; None removes a model."""
        for model, version in versions.items():
            before = self._versions.pop(model, None)
            if version is not None:
                self._versions[model] = version
                self.models.labels(model, version).set(1)
            if before not in (None, version):
                self.models.remove(model, before)

    def serving(self, model: str, serving: Serving[Any, Any]) -> None:
        """Publish which models of a kind are in use."""
        challenger = serving.challenger.version if serving.challenger else None
        self.loaded({model: serving.champion.version, f"{model}_challenger": challenger})

    def predicted(self, serving: Serving[str, Prediction], _: object, predictions: Sequence[Prediction]) -> None:
        """Record the predictions of one response."""
        version = serving.champion.version
        confidence = self.confidence.labels(version)
        for prediction in predictions:
            confidence.observe(prediction.confidence)
            self.items.labels(version, _yes(prediction.uncertain)).inc()

    def shadow(self, champion: str, challenger: str, *, agree: bool) -> None:
        """Record one name or line that both models have seen."""
        self.shadow_agreement.labels(champion, challenger, _yes(agree)).inc()

    def timed(self, timings_ms: Mapping[str, float]) -> None:
        """Record the stages of reading one photo."""
        for stage, milliseconds in timings_ms.items():
            self.stages.labels(stage).observe(milliseconds / 1000)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)


def _yes(value: bool) -> str:
    return "true" if value else "false"
