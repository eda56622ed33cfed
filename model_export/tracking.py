"""Training runs in MLflow: parameters, data version, metrics, plots, and the trained model."""

import hashlib
import logging
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar, Literal

import mlflow
import numpy as np
import onnx
import pandas  # type: ignore[import-untyped]
from matplotlib.figure import Figure
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.pandas_dataset import PandasDataset
from mlflow.models import ModelSignature
from mlflow.tracking.request_header.abstract_request_header_provider import RequestHeaderProvider
from mlflow.tracking.request_header.registry import _request_header_provider_registry as header_providers
from mlflow.types import ColSpec, Schema, TensorSpec

from model_export.id_tokens import IdToken, is_private

Dataset = Literal["training", "evaluation"]
"""What a run uses a data set for."""
LOCAL = "sqlite:///.local/mlflow.db"
"""Tracking store when MLFLOW_TRACKING_URI is not set."""
LOCAL_FILES = ".local/mlflow"
"""Artefacts of that store; a server would decide where they are."""
MODEL = "model"
"""Artefact path of the ONNX model in its run."""
# Silence MLflow's URLs, progress bars and log output; they clutter ours on resume.
logging.getLogger("mlflow").setLevel(logging.WARNING)
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# MLflow also asks Git for the commit; the container image has no Git.
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

REQUIREMENTS = [f"{package}=={version(package)}" for package in ("onnx", "onnxruntime", "numpy")]
"""The environment of a registered model. Stated explicitly: MLflow would start the model in another process to infer
it."""


class _IdTokenHeader(RequestHeaderProvider):  # type: ignore[misc]
    """Adds the current ID token to every call of a private server. MLFLOW_TRACKING_TOKEN would expire after an hour."""

    token: ClassVar[IdToken | None] = None

    def in_context(self) -> bool:
        return self.token is not None

    def request_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}"} if self.token else {}


header_providers.register(_IdTokenHeader)


def connect(uri: str = "") -> str:
    """Use `uri`, else MLFLOW_TRACKING_URI, else a local file as tracking store and registry; returns it."""
    uri = uri or os.environ.get("MLFLOW_TRACKING_URI", LOCAL)
    _IdTokenHeader.token = IdToken(uri) if is_private(uri) else None
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return uri


def code_version() -> str:
    """CODE_VERSION if set (images set it), else the checked-out commit, with `-dirty` if files differ from it.

    `unknown` outside a clone.
    """
    if version := os.environ.get("CODE_VERSION"):
        return version
    command = ["git", "describe", "--always", "--dirty"]
    try:
        described = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return described.stdout.strip() or "unknown"


class TextTable(PandasDataset):  # type: ignore[misc]
    """A table of texts. MLflow would look at each value to find out."""

    @property
    def schema(self) -> Schema:
        return Schema([ColSpec("string", column) for column in self.df.columns])


@dataclass(frozen=True)
class Run:
    """One training run. Checkpoints store its `id`, so that a resumed training continues the same run."""

    id: str

    @classmethod
    def start(
        cls, experiment: str, kind: str, data: str, parameters: Mapping[str, str | float], run_id: str = ""
    ) -> "Run":
        """Start a run, or resume the run `run_id`. `data` is the version of the training data."""
        if mlflow.get_tracking_uri() == LOCAL and mlflow.get_experiment_by_name(experiment) is None:
            mlflow.create_experiment(experiment, artifact_location=Path(LOCAL_FILES).absolute().as_uri())
        mlflow.set_experiment(experiment)
        with mlflow.start_run(run_id=run_id or None, run_name=None if run_id else kind) as run:
            if not run_id:
                mlflow.log_params({**parameters, "data": data, "code": code_version()})
            return cls(run.info.run_id)

    def log(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Log metrics, at training step `step` if given."""
        with mlflow.start_run(run_id=self.id):
            mlflow.log_metrics(dict(metrics), step=step)

    def log_texts(self, texts: Mapping[str, str]) -> None:
        """Log text files, by their path in the run."""
        with mlflow.start_run(run_id=self.id):
            for path, text in texts.items():
                mlflow.log_text(text, path)

    def log_plots(self, plots: Mapping[str, Figure]) -> None:
        """Log plots, by their path in the run."""
        with mlflow.start_run(run_id=self.id):
            for path, plot in plots.items():
                mlflow.log_figure(plot, path)

    def log_dataset(self, name: str, columns: Mapping[str, Sequence[str]], context: Dataset) -> None:
        """Log a table that the run read: its name, digest, columns and size, not its rows."""
        frame = pandas.DataFrame({column: list(values) for column, values in columns.items()}, dtype=str)
        source = CodeDatasetSource({"code": code_version()})
        digest = hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()[:16]
        with mlflow.start_run(run_id=self.id):
            mlflow.log_input(TextTable(frame, source, name=name, digest=digest), context=context)

    def log_model(self, folder: Path) -> str:
        """Log the ONNX model of a model folder with its signature and the JSON and YAML files beside it.

        Returns its URI. Raises ValueError unless the folder has exactly one ONNX model.
        """
        files = sorted(folder.glob("*.onnx"))
        if len(files) != 1:
            raise ValueError(f"{folder} has {len(files)} ONNX models instead of one")
        (file,) = files
        model = onnx.load(file)
        others = [path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix in (".json", ".yml")]
        with mlflow.start_run(run_id=self.id):
            logged = mlflow.onnx.log_model(
                model,
                name=MODEL,
                signature=signature(model),
                pip_requirements=REQUIREMENTS,
                onnx_execution_providers=["CPUExecutionProvider"],
                save_as_external_data=False,
                extra_files=[str(path) for path in others],
                metadata={"file": file.name},
            )
        return str(logged.model_uri)

    def text(self, path: str) -> str:
        """Content of a text file of the run. Raises mlflow.MlflowException if the file is missing."""
        with tempfile.TemporaryDirectory() as folder:
            file = mlflow.artifacts.download_artifacts(run_id=self.id, artifact_path=path, dst_path=folder)
            return Path(file).read_text(encoding="utf-8")


def signature(model: onnx.ModelProto) -> ModelSignature:
    """Names, types and shapes of the graph's inputs and outputs; -1 is a variable size."""
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
