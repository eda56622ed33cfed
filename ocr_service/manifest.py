"""The manifest of the packaged models: which files belong to each, by digest."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from ocr_service.errors import ModelError


def verify(models_dir: Path, names: Iterable[str]) -> dict[str, str]:
    """Check the files of the named models against `manifest.json`; the version of each model.

    Raises ModelError if the manifest, a model or a file is missing, or if a SHA-256 digest differs.
    """
    path = models_dir / "manifest.json"
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
    except (OSError, ValueError, KeyError) as exc:
        raise ModelError(f"cannot read {path}") from exc
    return {name: _verify_one(models_dir, name, models.get(name)) for name in names}


def _verify_one(models_dir: Path, name: str, entry: dict | None) -> str:
    if not entry:
        raise ModelError(f"model {name} is not in the manifest")
    for relative, expected in entry["files"].items():
        try:
            with (models_dir / relative).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as exc:
            raise ModelError(f"model file {relative} cannot be read") from exc
        if digest != expected:
            raise ModelError(f"model file {relative} differs from the manifest")
    return str(entry["version"])
