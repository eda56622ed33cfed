"""Training runs in MLflow: what they were made with and how they went, in one run also when they are interrupted."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mlflow

from model_export import manifest
from model_export.recognizer.text import GOODS, WORDS

EXPERIMENT = "recognizer"
LOCAL = "sqlite:///.local/mlflow.db"
"""Where runs are kept when MLFLOW_TRACKING_URI names no server."""


@dataclass(frozen=True)
class Run:
    """One training run. `id` goes into the checkpoint, so that a resumed training finds it again."""

    id: str

    @classmethod
    def start(cls, kind: str, known: str, parameters: Mapping[str, str | float]) -> "Run":
        """Begin a run, or go on with the one `known` by its id; empty for none."""
        mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI", LOCAL))
        mlflow.set_experiment(EXPERIMENT)
        with mlflow.start_run(run_id=known or None, run_name=None if known else kind) as run:
            if not known:
                mlflow.log_params({**parameters, "data": data_version(), "code": code_version()})
            return cls(run.info.run_id)

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Metrics after `step` steps."""
        with mlflow.start_run(run_id=self.id):
            mlflow.log_metrics(dict(metrics), step=step)


def data_version() -> str:
    """Changes when any list that lines are drawn from does."""
    return manifest.sha256_of([*sorted(GOODS.glob("*.tsv")), WORDS])[:12]


def code_version() -> str:
    """The commit that is checked out, with `-dirty` where files differ from it; `unknown` outside a clone."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"
