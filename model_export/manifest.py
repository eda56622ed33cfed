"""Writes `ocr_service/models/manifest.json`, the list of packaged model files that the service checks at start."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ocr_service.files import write_atomically

MODELS_DIR = Path(__file__).parents[1] / "ocr_service" / "models"
CATEGORY_DIR = MODELS_DIR / "category"
"""The packaged category model."""


def update(name: str, entry: dict[str, Any], models_dir: Path = MODELS_DIR) -> None:
    """Write the entry of one model and leave the other entries unchanged.

    entry: version, files (paths below `models_dir`), licence, origin, made_by and quality (metrics by name); training,
    where the model records how it was trained.
    Files are recorded as relative path and SHA-256. The manifest is replaced atomically.

    Raises OSError if a file is missing, ValueError if a file lies outside `models_dir`.
    """
    path = models_dir / "manifest.json"
    models = json.loads(path.read_text(encoding="utf-8"))["models"] if path.exists() else {}
    files = {file.resolve().relative_to(models_dir.resolve()).as_posix(): sha256(file) for file in entry["files"]}
    models[name] = entry | {"files": dict(sorted(files.items()))}
    text = json.dumps({"models": dict(sorted(models.items()))}, ensure_ascii=False, indent=1)
    write_atomically(path, f"{text}\n".encode())


def add_quality(name: str, metrics: dict[str, Any], models_dir: Path = MODELS_DIR) -> None:
    """Add metrics to the entry of a model.

    Raises KeyError for an unknown model, ValueError if its files have changed since the entry was written.
    """
    entry = json.loads((models_dir / "manifest.json").read_text(encoding="utf-8"))["models"][name]
    files = [models_dir / file for file in entry["files"]]
    if entry["files"] != {file: sha256(models_dir / file) for file in entry["files"]}:
        raise ValueError(f"the files of {name} are not the ones in the manifest")
    update(name, entry | {"files": files, "quality": entry["quality"] | metrics}, models_dir)


def recogniser_version(folder: Path) -> str:
    """The version of the recogniser in a model folder: it derives from the file."""
    return f"receipt-ko-{sha256(folder / 'inference.onnx')[:12]}"


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of(paths: Iterable[Path]) -> str:
    """One SHA-256 over several files, in the given order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(sha256(path).encode())
    return digest.hexdigest()
