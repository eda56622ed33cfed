"""Training runs in MLflow: what a model was made from, how it went, and the model itself."""

import logging
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import mlflow
import numpy as np
import onnx
from google.auth.transport.requests import Request
from google.oauth2.id_token import fetch_id_token
from matplotlib.figure import Figure
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

LOCAL = "sqlite:///.local/mlflow.db"
"""Where runs are kept when MLFLOW_TRACKING_URI names no server."""
LOCAL_FILES = ".local/mlflow"
"""And their files, which a server would decide."""
PRIVATE = ".run.app"
"""A server on Cloud Run wants an ID token of the job's account; it lasts an hour, a training minutes."""
MODEL = "model"
"""Artefact path of the ONNX model in its run."""
# Addresses, progress bars and remarks would stand between our lines whenever a run is gone on with.
logging.getLogger("mlflow").setLevel(logging.WARNING)
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# MLflow asks Git for the commit as well, which an image does not have.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

REQUIREMENTS = [f"onnx=={onnx.__version__}", "onnxruntime", "numpy"]
"""Said outright: MLflow would start the model in another process to find out."""


def connect(uri: str = "") -> str:
    """Make `uri`, else MLFLOW_TRACKING_URI, else a local file the place of all runs; returns it."""
    uri = uri or os.environ.get("MLFLOW_TRACKING_URI", LOCAL)
    if (urlsplit(uri).hostname or "").endswith(PRIVATE):
        os.environ["MLFLOW_TRACKING_TOKEN"] = fetch_id_token(Request(), uri)
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return uri


def code_version() -> str:
    """CODE_VERSION where an image sets it, else the commit that is checked out, with `-dirty` where files differ from
    it; `unknown` outside a clone."""
    if given := os.environ.get("CODE_VERSION"):
        return given
    command = ["git", "describe", "--always", "--dirty"]
    try:
        described = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return described.stdout.strip() or "unknown"


@dataclass(frozen=True)
class Run:
    """One training run, by its `id`: kept with a checkpoint, so that a resumed training finds its run again."""

    id: str

    @classmethod
    def start(
        cls, experiment: str, kind: str, data: str, parameters: Mapping[str, str | float], known: str = ""
    ) -> "Run":
        """Begin a run, or go on with the one `known` by its id. `data` is the version of what is trained on."""
        if mlflow.get_tracking_uri() == LOCAL and mlflow.get_experiment_by_name(experiment) is None:
            mlflow.create_experiment(experiment, artifact_location=Path(LOCAL_FILES).absolute().as_uri())
        mlflow.set_experiment(experiment)
        with mlflow.start_run(run_id=known or None, run_name=None if known else kind) as run:
            if not known:
                mlflow.log_params({**parameters, "data": data, "code": code_version()})
            return cls(run.info.run_id)

    def log(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Figures, after `step` steps where the training has some."""
        with mlflow.start_run(run_id=self.id):
            mlflow.log_metrics(dict(metrics), step=step)

    def log_texts(self, texts: Mapping[str, str]) -> None:
        """Text files by their path in the run."""
        with mlflow.start_run(run_id=self.id):
            for path, text in texts.items():
                mlflow.log_text(text, path)

    def log_pictures(self, pictures: Mapping[str, Figure]) -> None:
        """Pictures by their path in the run."""
        with mlflow.start_run(run_id=self.id):
            for path, picture in pictures.items():
                mlflow.log_figure(picture, path)

    def log_model(self, folder: Path) -> str:
        """The one ONNX model of a model folder with its signature, and the other files beside it. Returns its URI.

        Raises ValueError unless there is exactly one.
        """
        file, *more = sorted(folder.glob("*.onnx"))
        if more:
            raise ValueError(f"more than one ONNX model in {folder}")
        model = onnx.load(file)
        others = [path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix in (".json", ".yml")]
        with mlflow.start_run(run_id=self.id):
            logged = mlflow.onnx.log_model(
                model,
                name=MODEL,
                signature=signature(model),
                pip_requirements=REQUIREMENTS,
                save_as_external_data=False,
                extra_files=[str(path) for path in others],
                metadata={"file": file.name},
            )
        return str(logged.model_uri)

    def text(self, path: str) -> str:
        """A text file of the run. Raises mlflow.MlflowException if it has none there."""
        with tempfile.TemporaryDirectory() as folder:
            found = mlflow.artifacts.download_artifacts(run_id=self.id, artifact_path=path, dst_path=folder)
            return Path(found).read_text(encoding="utf-8")


def signature(model: onnx.ModelProto) -> ModelSignature:
    """Names, types and shapes of what goes into the graph and what comes out; -1 is any length."""
    return ModelSignature(
        Schema([_tensor(value) for value in model.graph.input]),
        Schema([_tensor(value) for value in model.graph.output]),
    )


def _tensor(value: onnx.ValueInfoProto) -> TensorSpec:
    kind = value.type.tensor_type
    is_text = kind.elem_type == onnx.TensorProto.STRING
    dtype = np.dtype(str) if is_text else onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)
    shape = tuple(axis.dim_value if axis.HasField("dim_value") else -1 for axis in kind.shape.dim)
    return TensorSpec(dtype, shape, value.name)
