"""A recogniser on a real MLflow server: what training and export log there."""

from __future__ import annotations

import random
from pathlib import Path

import mlflow
import numpy as np
import pytest

from model_export.registry import CHAMPION, RECOGNISER, Registry
from model_export.text_models.evaluation import mlflow_report
from model_export.text_models.recognition.reader import Reader
from model_export.text_models.synthesis.fonts import DOTS, Face
from model_export.text_models.synthesis.receipt_text import TextGenerator, data_version
from model_export.text_models.synthesis.single_lines import LineRenderer
from model_export.tracking import Run
from tests.support.font_set import SingleFace, outline

MODEL = Path("ocr_service/models/recognition")
LINES = 24

# MLflow warns about its own types when it first loads a model.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")


def test_a_recogniser_is_found_with_its_figures_and_the_model_that_reads(
    mlflow_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODE_VERSION", "0123abc")
    registry = Registry(mlflow_url, RECOGNISER)
    run = Run.start(RECOGNISER, "recognition", data_version(), {"minutes": 118, "seed": 1})
    run.log({"loss": 4.9, "lines_exact": 0.27}, step=50)
    # An interrupted training continues its run.
    assert Run.start(RECOGNISER, "recognition", data_version(), {"minutes": 200}, run.id) == run
    run.log({"loss": 2.1, "lines_exact": 0.51}, step=100)

    font, rng = outline(tmp_path), random.Random(1)
    face = Face(font, font, font, height=DOTS, threshold=110, grid=True)
    renderer = LineRenderer(SingleFace(face), TextGenerator(rng), rng, np.random.default_rng(1))  # type: ignore[arg-type]
    readings = Reader(MODEL).read_lines(iter(renderer.sample, None), LINES)
    version = mlflow_report.register(registry, run, MODEL, readings, fonts=[tmp_path])

    client = mlflow.MlflowClient()
    logged = client.get_run(run.id)
    assert logged.data.params == {
        "minutes": "118", "seed": "1", "data": data_version(), "code": "0123abc",
    }  # fmt: skip
    assert [point.value for point in client.get_metric_history(run.id, "lines_exact")] == [0.27, 0.51]
    assert logged.data.metrics.items() >= mlflow_report.metrics(readings).items()
    assert {file.path for file in client.list_artifacts(run.id)} >= {
        "recogniser-confusion.png", "recogniser-calibration.png", "per_class.csv",
    }  # fmt: skip
    printed = "".join(reading.printed for reading in readings)
    rows = run.text("per_class.csv").splitlines()[1:]
    assert sum(int(row.rsplit(",", 2)[1]) for row in rows) == len(printed.replace(" ", ""))

    assert registry.champion() == version
    assert mlflow_report.register(registry, run, MODEL, readings, fonts=[]) == version, "an export may be repeated"
    signature = mlflow.models.get_model_info(f"models:/{RECOGNISER}@{CHAMPION}").signature
    assert [(each.name, each.shape) for each in signature.inputs] == [("x", (-1, 3, 48, -1))]
    folder = registry.folder_of(CHAMPION, tmp_path / "model")
    for name in ("inference.onnx", "inference.yml"):
        assert (folder / name).read_bytes() == (MODEL / name).read_bytes()
    assert Reader(folder).read(np.full((48, 200, 3), 255, np.uint8))[0] == ""
