import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from model_export import manifest


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "weights").write_bytes(b"w")
    (tmp_path / "two").write_bytes(b"t")
    return tmp_path


def entry(*files: Path) -> dict[str, Any]:
    return {
        "version": "v1",
        "files": list(files),
        "licence": "Apache-2.0",
        "origin": "here",
        "made_by": "hand",
        "quality": {},
    }


def read(models: Path) -> dict[str, Any]:
    return dict(json.loads((models / "manifest.json").read_text(encoding="utf-8"))["models"])


def test_files_are_kept_by_relative_path_and_digest(models: Path) -> None:
    manifest.update("one", entry(models / "one" / "weights"), models)
    assert read(models)["one"]["files"] == {"one/weights": hashlib.sha256(b"w").hexdigest()}


def test_an_update_leaves_the_other_entries_alone(models: Path) -> None:
    manifest.update("one", entry(models / "one" / "weights"), models)
    before = read(models)["one"]
    manifest.update("two", entry(models / "two"), models)
    assert read(models)["one"] == before
    assert set(read(models)) == {"one", "two"}


def test_a_file_outside_the_models_or_missing_is_refused_and_changes_nothing(models: Path) -> None:
    manifest.update("one", entry(models / "one" / "weights"), models)
    before = (models / "manifest.json").read_bytes()
    with pytest.raises(ValueError, match="subpath"):
        manifest.update("two", entry(Path(__file__)), models)
    with pytest.raises(FileNotFoundError):
        manifest.update("two", entry(models / "none"), models)
    assert (models / "manifest.json").read_bytes() == before


def test_figures_are_added_only_to_the_files_they_were_measured_on(models: Path) -> None:
    manifest.update("two", entry(models / "two"), models)
    manifest.add_quality("two", {"lines": 0.9}, models)
    manifest.add_quality("two", {"names": 0.8}, models)
    assert read(models)["two"]["quality"] == {"lines": 0.9, "names": 0.8}
    (models / "two").write_bytes(b"changed")
    with pytest.raises(ValueError, match="not the ones in the manifest"):
        manifest.add_quality("two", {"lines": 1.0}, models)
