"""The registered models in MLflow: numbered versions, and aliases for the champion and the challenger."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import mlflow
import onnx
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from model_export import tracking
from model_export.manifest import recogniser_version
from model_export.tracking import Run

CLASSIFIER, RECOGNISER = "item-classifier", "receipt-recogniser"
CHAMPION, CHALLENGER = "champion", "challenger"
APPROVED, PENDING, REJECTED = "approved", "pending", "rejected"
VALIDATION_TAG = "validation_status"
"""Tag of each version, as MLflow's documentation names it."""


class NotRegisteredError(Exception):
    """The registry has no such version or alias. The message names it."""


class Registry:
    """Versions of one registered model. A version is identified by its number as text, e.g. `"7"`."""

    def __init__(self, tracking_uri: str, name: str = CLASSIFIER) -> None:
        tracking.connect(tracking_uri)
        self.name = name
        self._client = mlflow.MlflowClient(tracking_uri, tracking_uri)

    def register(self, run_id: str, folder: Path, metrics: Mapping[str, float]) -> str:
        """Log the model folder in its run and register it; returns the version.

        Idempotent: a run that is already registered keeps its version.
        """
        if version := self.registered(run_id):
            return version
        uri = Run(run_id).log_model(folder)
        try:
            self._client.create_registered_model(self.name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        tags = {"model": model_version(folder), **{name: f"{value:.4f}" for name, value in metrics.items()}}
        created = self._client.create_model_version(
            self.name, uri, run_id, tags=tags, model_id=uri.removeprefix("models:/")
        )
        return str(created.version)

    def registered(self, run_id: str) -> str | None:
        """The version that a run was registered as, or None."""
        return next((str(each.version) for each in self._versions() if each.run_id == run_id), None)

    def folder_of(self, version: str, destination: Path) -> Path:
        """Download the model folder of a version or alias to `destination`, and return that.

        Raises NotRegisteredError.
        """
        match = self._find(version)
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            stored = Path(mlflow.artifacts.download_artifacts(f"models:/{self.name}/{match.version}", dst_path=scratch))
            model = mlflow.models.Model.load(stored)
            shutil.copyfile(stored / model.flavors["onnx"]["data"], destination / model.metadata["file"])
            for extra in model.flavors["onnx"].get("extra_files") or []:
                shutil.copy(stored / extra["path"], destination)
        return destination

    def run_of(self, version: str) -> Run:
        """The training run of a version or alias. Raises NotRegisteredError."""
        return Run(str(self._find(version).run_id))

    def version_of(self, model: str) -> str:
        """The version of the model that releases call `model`. Raises NotRegisteredError."""
        for registered in self._versions():
            if registered.tags.get("model") == model:
                return str(registered.version)
        raise NotRegisteredError(f"{self.name} has no version of the model {model}")

    def describe(self, version: str, description: str, validation: str) -> None:
        """Set a version's description and its validation status: APPROVED, PENDING or REJECTED."""
        self._client.update_model_version(self.name, version, description)
        self.validate(version, validation)

    def validate(self, version: str, validation: str) -> None:
        """Set a version's validation status: APPROVED, PENDING or REJECTED."""
        self._client.set_model_version_tag(self.name, version, VALIDATION_TAG, validation)

    def tag(self, version: str, name: str) -> str | None:
        """A tag of a version. Raises NotRegisteredError."""
        value = self._find(version).tags.get(name)
        return None if value is None else str(value)

    def set_alias(self, alias: str, version: str) -> None:
        """Point `alias` to a version."""
        self._client.set_registered_model_alias(self.name, alias, version)

    def clear_alias(self, alias: str) -> None:
        """Delete `alias`."""
        self._client.delete_registered_model_alias(self.name, alias)

    def champion(self) -> str | None:
        """The version that is served; None before the first one."""
        return self._named(CHAMPION)

    def challenger(self) -> str | None:
        """The version that runs in shadow mode, or None."""
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
        for registered in self._versions():
            if str(registered.version) == number:
                return registered
        raise NotRegisteredError(f"{self.name} has no version {version}")

    def _versions(self) -> list[ModelVersion]:
        return list(self._client.search_model_versions(f"name = '{self.name}'", max_results=10_000))


def model_version(folder: Path) -> str:
    """The version in the metadata of a folder's only ONNX model; a recogniser's has none and derives from the file."""
    (file,) = folder.glob("*.onnx")
    metadata = {entry.key: entry.value for entry in onnx.load(file).metadata_props}
    return str(metadata["version"]) if "version" in metadata else recogniser_version(folder)
