"""The registered models in MLflow: numbered versions, of which aliases say which one is served and which one tries."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import mlflow
import onnx
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from model_export import tracking
from model_export.manifest import sha256
from model_export.tracking import Run

CLASSIFIER, RECOGNISER = "item-classifier", "receipt-recogniser"
CHAMPION, CHALLENGER = "champion", "challenger"


class NotRegisteredError(Exception):
    """The registry has no such version or alias; the message names it."""


class Registry:
    """Versions of one registered model. A version is named by its number as text, `"7"`."""

    def __init__(self, tracking_uri: str, name: str = CLASSIFIER) -> None:
        tracking.connect(tracking_uri)
        self.name = name
        self._client = mlflow.MlflowClient(tracking_uri, tracking_uri)

    def register(self, run_id: str, folder: Path, metrics: Mapping[str, float]) -> str:
        """Log the model folder in its run and register it; returns the version.

        The same run again gives the version that it has already.
        """
        for known in self._versions():
            if known.run_id == run_id:
                return str(known.version)
        uri = Run(run_id).log_model(folder)
        try:
            self._client.create_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        tags = {"model": model_version(folder), **{name: f"{value:.4f}" for name, value in metrics.items()}}
        made = self._client.create_model_version(
            self.name, uri, run_id, tags=tags, model_id=uri.removeprefix("models:/")
        )
        return str(made.version)

    def folder_of(self, version: str, destination: Path) -> Path:
        """Download a version, or the one that an alias names, as the model folder that was registered.

        Returns `destination`. Raises NotRegisteredError.
        """
        found = self._find(version)
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            stored = Path(mlflow.artifacts.download_artifacts(f"models:/{self.name}/{found.version}", dst_path=scratch))
            model = mlflow.models.Model.load(stored)
            shutil.copyfile(stored / model.flavors["onnx"]["data"], destination / model.metadata["file"])
            for extra in model.flavors["onnx"].get("extra_files") or []:
                shutil.copy(stored / extra["path"], destination)
        return destination

    def run_of(self, version: str) -> Run:
        """The training run of a version or alias. Raises NotRegisteredError."""
        return Run(str(self._find(version).run_id))

    def version_of(self, model: str) -> str:
        """The version whose file says that it is `model`, as releases call it. Raises NotRegisteredError."""
        for known in self._versions():
            if known.tags.get("model") == model:
                return str(known.version)
        raise NotRegisteredError(f"{self.name} has no version that is {model}")

    def set_alias(self, alias: str, version: str) -> None:
        """Let `alias` name that version, and no other one any more."""
        self._client.set_registered_model_alias(self.name, alias, version)

    def clear_alias(self, alias: str) -> None:
        """Let `alias` name nothing."""
        self._client.delete_registered_model_alias(self.name, alias)

    def champion(self) -> str | None:
        """The version that is served, or None before the first one."""
        return self._named(CHAMPION)

    def challenger(self) -> str | None:
        """The version that predicts in the shadow, or None."""
        return self._named(CHALLENGER)

    def _named(self, alias: str) -> str | None:
        try:
            return str(self._client.get_model_version_by_alias(self.name, alias).version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def _find(self, version: str) -> ModelVersion:
        number = version if version.isdigit() else self._named(version)
        for known in self._versions():
            if str(known.version) == number:
                return known
        raise NotRegisteredError(f"{self.name} has no version {version}")

    def _versions(self) -> list[ModelVersion]:
        return list(self._client.search_model_versions(f"name = '{self.name}'", max_results=10_000))


def model_version(folder: Path) -> str:
    """What the one ONNX model of a folder calls itself, else the start of its digest."""
    (file,) = folder.glob("*.onnx")
    metadata = {entry.key: entry.value for entry in onnx.load(file).metadata_props}
    return str(metadata.get("version", sha256(file)[:12]))
