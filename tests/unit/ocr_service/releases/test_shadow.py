"""The challenger in shadow mode: compared after the answer, skipped when it is slow, harmless when it fails."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

import pytest

from ocr_service.category.classifier import CategoryClassifier, Prediction
from ocr_service.live_model import LiveModel, Serving
from ocr_service.logs import JsonFormatter
from ocr_service.metrics import Metrics
from ocr_service.releases.shadow import MAX_WAITING, Shadow
from tests.support.releases import NAMES, make_model


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> CategoryClassifier:
    return CategoryClassifier.load(make_model(tmp_path_factory.mktemp("champion"), 30), "1")


@pytest.fixture(scope="module")
def opponent(tmp_path_factory: pytest.TempPathFactory) -> CategoryClassifier:
    """A model that never agrees with the champion."""
    return CategoryClassifier.load(make_model(tmp_path_factory.mktemp("opponent"), 30, turned=True), "2")


def counts(metrics: Metrics) -> tuple[float, float]:
    """For how many names both predict the same category, and for how many not."""
    labels = {"champion": "1", "challenger": "2"}
    agreed, disagreed = (
        metrics.registry.get_sample_value("ocr_shadow_agreement_total", {**labels, "agree": agree}) or 0
        for agree in ("true", "false")
    )
    return agreed, disagreed


def watched(
    serving: Serving[str, Prediction], every: int = 1
) -> tuple[LiveModel[str, Prediction], Shadow[str, Prediction], Metrics]:
    model, metrics = LiveModel(serving.champion), Metrics()
    shadow = Shadow[str, Prediction](metrics, lambda prediction: prediction.code, every=every)
    model.use(serving)
    model.listen(shadow.listen)
    return model, shadow, metrics


def test_predictions_of_the_challenger_appear_in_metrics_only(
    champion: CategoryClassifier, opponent: CategoryClassifier
) -> None:
    model, shadow, metrics = watched(Serving(champion, opponent))
    alone = LiveModel(champion)
    shadow.start()
    assert model.predict(list(NAMES)) == alone.predict(list(NAMES))
    shadow.stop()
    assert counts(metrics) == (0, len(NAMES))


def test_without_a_challenger_nothing_is_compared(champion: CategoryClassifier) -> None:
    model, shadow, metrics = watched(Serving(champion))
    shadow.start()
    model.predict(list(NAMES))
    shadow.stop()
    assert counts(metrics) == (0, 0)


def test_of_expensive_batches_some_are_compared(champion: CategoryClassifier, opponent: CategoryClassifier) -> None:
    model, shadow, metrics = watched(Serving(champion, opponent), every=3)
    shadow.start()
    for _ in range(7):
        model.predict(["두부"])
    shadow.stop()
    assert counts(metrics) == (0, 3)


def test_inputs_are_made_only_for_batches_that_are_compared(
    champion: CategoryClassifier, opponent: CategoryClassifier
) -> None:
    model, shadow, metrics = watched(Serving(champion, opponent), every=3)
    made = []

    def inputs() -> list[str]:
        made.append("두부")
        return ["두부"]

    predictions = champion.predict(["두부"])
    for _ in range(7):
        model.tell(Serving(champion), inputs, predictions)
        model.tell(model.serving, inputs, predictions)
    assert len(made) == 3
    for _ in range(3 * MAX_WAITING):
        model.tell(model.serving, inputs, predictions)
    assert len(made) == MAX_WAITING
    shadow.start()
    shadow.stop()
    assert counts(metrics) == (0, MAX_WAITING)


def test_requests_do_not_wait_for_a_slow_challenger(champion: CategoryClassifier, opponent: CategoryClassifier) -> None:
    model, shadow, metrics = watched(Serving(champion, opponent))
    for _ in range(MAX_WAITING + 5):  # its thread has not even begun
        model.predict(["두부"])
    assert metrics.registry.get_sample_value("ocr_shadow_dropped_total") == 5
    shadow.start()
    shadow.stop()
    assert counts(metrics) == (0, MAX_WAITING)


def test_a_failing_challenger_is_logged_without_the_names(
    champion: CategoryClassifier, opponent: CategoryClassifier, caplog: pytest.LogCaptureFixture
) -> None:
    model, shadow, metrics = watched(Serving(champion, opponent))
    shadow.start()
    unreadable: Sequence[str] = ["비밀두부", b"\xff"]  # type: ignore[list-item]
    with caplog.at_level(logging.WARNING):
        shadow.listen(model.serving, lambda: unreadable, champion.predict(["두부", "두부"]))
        model.predict(["두부"])
        shadow.stop()
    assert counts(metrics) == (0, 1)
    (line,) = caplog.records
    assert json.loads(JsonFormatter().format(line))["error"] == "AttributeError"
    assert "비밀두부" not in JsonFormatter().format(line)
