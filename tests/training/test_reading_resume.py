"""A retraining of the recogniser that is stopped starts again, and gives the same model. Needs torch and the fonts."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_export.manifest import MODELS_DIR, recogniser_version
from model_export.registry import RECOGNISER
from model_export.retrain.reading.settings import Settings
from model_export.retrain.reading.training import retrain
from model_export.text_models.folders import FONTS
from model_export.text_models.recognition import train
from model_export.text_models.synthesis.single_lines import line_renderer
from model_export.tracking import Run, connect

SETTINGS = Settings(steps=3, crop_share=0.5)

# Torch warns while it traces the model for its export, and MLflow's database layer of its own future.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_a_training_that_was_stopped_starts_again_and_gives_the_same_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setenv("CODE_VERSION", "0123abc")
    connect()
    renderer = line_renderer(FONTS, 7)
    crops = [renderer.sample() for _ in range(40)]
    start = MODELS_DIR / "recognition"

    def trained(name: str, run: Run) -> Path:
        retrain(start, tmp_path / name, crops, run, FONTS, SETTINGS)
        return tmp_path / name

    whole = trained("whole", Run.start(RECOGNISER, "retraining", "1", {}))
    assert recogniser_version(whole) != recogniser_version(start)

    run, steps = Run.start(RECOGNISER, "retraining", "1", {}), []
    original = train._step

    def stop(*arguments: object) -> float:
        steps.append(original(*arguments))  # type: ignore[arg-type]
        if len(steps) == 2:
            raise KeyboardInterrupt
        return steps[-1]

    monkeypatch.setattr(train, "_step", stop)
    with pytest.raises(KeyboardInterrupt):
        trained("parts", run)
    assert not (tmp_path / "parts").exists(), "nothing is written before the end"
    parts = trained("parts", run)
    assert len(steps) == 2 + SETTINGS.steps
    assert recogniser_version(parts) == recogniser_version(whole)
