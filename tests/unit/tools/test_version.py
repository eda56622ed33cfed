"""The version of the product is set in pyproject.toml alone; every other place reads it from there."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tools import sbom
from tools.commands import version

ROOT = Path(__file__).resolve().parents[3]
NODE_PACKAGES = ["app", "local"]


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text, re.MULTILINE)
    assert releases[0] == version()


def test_the_app_reads_the_version() -> None:
    script = "console.log(require('./app.config.js')({ config: require('./app.json').expo }).version)"
    node = ROOT / ".venv" / "bin" / "node"
    assert subprocess.check_output([node, "-e", script], cwd=ROOT / "app", text=True).strip() == version()


@pytest.mark.parametrize("folder", NODE_PACKAGES)
def test_node_packages_have_no_version_of_their_own(folder: str) -> None:
    assert "version" not in json.loads((ROOT / folder / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    assert "version" not in lock
    assert "version" not in lock["packages"][""]


def test_the_app_configuration_has_no_version_of_its_own() -> None:
    assert "version" not in json.loads((ROOT / "app" / "app.json").read_text(encoding="utf-8"))["expo"]


@pytest.mark.parametrize("deployable", sbom.LOCKS)
def test_bills_of_materials_have_the_version(deployable: str) -> None:
    assert sbom.component(deployable)["version"] == version()
