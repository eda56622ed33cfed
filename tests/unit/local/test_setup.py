"""What `make setup` says before it downloads, in a clone in which some parts are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ANNOUNCE = "import sys; from local import setup; setup.announce(sys.argv[1:])"
STAMPS = (".venv/.packages-stamp", "local/node_modules/.stamp", ".local/label_studio/.stamp", "app/node_modules/.stamp")


def announced(clone: Path, parts: list[str], stamps: tuple[str, ...]) -> str:
    (clone / "local").mkdir()
    shutil.copy(ROOT / "local" / "setup.py", clone / "local" / "setup.py")
    for stamp in stamps:
        (clone / stamp).parent.mkdir(parents=True, exist_ok=True)
        (clone / stamp).touch()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # make sets it
    return subprocess.check_output([sys.executable, "-c", ANNOUNCE, *parts], cwd=clone, env=environment, text=True)


@pytest.mark.parametrize(
    ("parts", "installed", "size"),
    [
        ([], (), "950 MB"),
        (["app"], (), "1160 MB"),
        (["app", "label_studio"], (), "1450 MB"),
        (["app"], STAMPS[:2], "210 MB"),
        ([], STAMPS[:1], "170 MB"),
    ],
)
def test_the_size_of_missing_parts_is_said(
    tmp_path: Path, parts: list[str], installed: tuple[str, ...], size: str
) -> None:
    assert f"downloads up to {size}" in announced(tmp_path, parts, installed)


@pytest.mark.parametrize("parts", [[], ["app", "label_studio"]])
def test_nothing_is_said_where_everything_is_installed(tmp_path: Path, parts: list[str]) -> None:
    assert announced(tmp_path, parts, STAMPS) == ""
