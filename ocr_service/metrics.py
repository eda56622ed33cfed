"""What operators watch, in Prometheus format."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

STAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 20, 60)


class Metrics:
    """The instruments of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ocr_requests", "Requests by path and HTTP status.", ["path", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.stages = Histogram(
            "ocr_stage_seconds", "Seconds in each stage of a reading.", ["stage"],
            buckets=STAGE_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.queue_depth = Gauge("ocr_queue_depth", "Requests waiting for the engine.", registry=self.registry)
        self.in_flight = Gauge("ocr_in_flight", "Requests holding a place, read or waiting.", registry=self.registry)
        self.models = Gauge(
            "ocr_model_info", "Always 1; the labels name the loaded models.", ["model", "version"],
            registry=self.registry,
        )  # fmt: skip
        ProcessCollector(registry=self.registry)

    def loaded(self, versions: Mapping[str, str]) -> None:
        """Publish which models are in use."""
        for model, version in versions.items():
            self.models.labels(model, version).set(1)

    def timed(self, timings_ms: Mapping[str, float]) -> None:
        """Record the stages of one reading."""
        for stage, milliseconds in timings_ms.items():
            self.stages.labels(stage).observe(milliseconds / 1000)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
