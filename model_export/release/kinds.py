"""What the kinds of models differ in when they are released: their files, their version and the service's checks."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from model_export.classifier import artefacts
from model_export.classifier.dataset import CODES
from model_export.classifier.training_distribution import FILE, TrainingDistribution
from model_export.manifest import CATEGORY_DIR, MODELS_DIR, recogniser_version
from model_export.release.errors import UnfitModel
from ocr_service.releases import checks, recogniser
from ocr_service.releases.errors import Refused
from ocr_service.releases.manifest import File, Kind, Release
from ocr_service.settings import Settings


class Describe(Protocol):
    """Checks a model folder."""

    def __call__(self, folder: Path, version: str | None, files: dict[str, File]) -> Release:
        """The release of these files. Raises Refused, OSError, ValueError."""


@dataclass(frozen=True)
class ReleasedModel:
    """A kind of model. packaged: folder of the repository. files: names of what is released. load: raises Refused."""

    packaged: Path
    files: tuple[str, ...]
    load: Callable[[Path], object]
    describe: Describe


def fit_release(kind: Kind, folder: Path, version: str | None = None) -> Release:
    """The release of the files in a model folder, checked as the service does. Raises UnfitModel."""
    model = MODELS[kind]
    if FILE in model.files and folder.is_dir() and not (folder / FILE).exists():
        raise UnfitModel(
            f"{folder} has no {FILE}, which drift is measured against; `python -m model_export.classifier export` "
            "writes it beside the model"
        )
    try:
        files = {name: _file((folder / name).read_bytes()) for name in model.files}
        return model.describe(folder, version, files)
    except (Refused, OSError, ValueError) as error:
        raise UnfitModel(f"{folder}: {error}") from error


def _category(folder: Path, version: str | None, files: dict[str, File]) -> Release:
    model = checks.load(folder, None)
    described = TrainingDistribution.load(folder / FILE).version
    if described != model.version:
        raise ValueError(f"{FILE} describes {described}, not {model.version}")
    inputs, outputs = checks.signature(model)
    release = Release(version=version or model.version, files=files, inputs=inputs, outputs=outputs)
    checks.check_model(model, release, CODES, Settings().models_dir / "golden")
    return release


def _recogniser(folder: Path, version: str | None, files: dict[str, File]) -> Release:
    session, _ = recogniser.load(folder)
    inputs, outputs = recogniser.signature(session)
    release = Release(version=version or recogniser_version(folder), files=files, inputs=inputs, outputs=outputs)
    recogniser.check(folder, release, Settings().models_dir / "golden")
    return release


def _file(data: bytes) -> File:
    return File(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))


MODELS: Mapping[Kind, ReleasedModel] = {
    "category": ReleasedModel(CATEGORY_DIR, artefacts.MODEL_FILES, lambda folder: checks.load(folder, None), _category),
    "recogniser": ReleasedModel(MODELS_DIR / "recognition", recogniser.MODEL_FILES, recogniser.load, _recogniser),
}
