"""Every deployable has the packages that it imports, including lazy imports, in its lock file."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tools.sbom import LOCKS

ROOT = Path(__file__).resolve().parents[3]
OURS = ("functions", "ocr_service", "model_export", "infra")
STARTED = {
    "functions": ["functions.main"],
    "ocr_service": ["ocr_service.__main__"],
    # The text models are trained on a machine with PyTorch, and retrained in an image of its own.
    "model_export": [
        "infra.monitoring.__main__",
        "functions.rereading.__main__",
        *(
            f"model_export.{main.parent.name}.__main__"
            for main in (ROOT / "model_export").glob("*/__main__.py")
            if main.parent.name != "text_models"
        ),
    ],
    "retrain_reading": ["model_export.retrain.__main__"],
}


@pytest.mark.parametrize("deployable", STARTED)
def test_imported_packages_are_in_the_lock(deployable: str) -> None:
    locks = [ROOT / lock for lock in LOCKS[deployable]]
    if deployable == "model_export":  # imports the training of the recogniser only when it is asked for
        locks.append(ROOT / "model_export" / "retrain" / "reading" / "requirements.txt")
    if deployable == "ocr_service":
        locks.append(ROOT / "ocr_service" / "paddle" / "requirements.txt")
    text = "".join(lock.read_text(encoding="utf-8") for lock in locks)
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)[\[\w,\]]*==", text, re.MULTILINE)}
    missing = {
        (module, imported)
        for module, imported in imports(STARTED[deployable])
        if not locked & {normal(name) for name in distributions().get(imported, [imported])}
    }
    assert missing == set()


def test_the_locks_agree() -> None:
    """`make setup` installs the parts into one environment."""
    versions: dict[str, set[str]] = {}
    for part in ("functions", "ocr_service", "ocr_service/paddle", "local", "model_export", "tests"):
        text = (ROOT / part / "requirements.txt").read_text(encoding="utf-8")
        for name, version in re.findall(r"^([\w.-]+)[\[\w,\]]*==(\S+) \\$", text, re.MULTILINE):
            versions.setdefault(normal(name), set()).add(version)
    assert {name: each for name, each in versions.items() if len(each) > 1} == {}


def imports(started: list[str]) -> Iterator[tuple[str, str]]:
    """Third-party packages that these modules import, directly or through ours: (importing module, package)."""
    seen: set[str] = set()
    ahead = list(started)
    while ahead:
        module = ahead.pop()
        if module in seen or not (source := file_of(module)):
            continue
        seen.add(module)
        for name in imported_names(ast.parse(source.read_text(encoding="utf-8"))):
            top = name.split(".")[0]
            if top in OURS:
                ahead += [name, name.rpartition(".")[0]]
            elif top not in sys.stdlib_module_names:
                yield module, top


def imported_names(tree: ast.Module) -> Iterator[str]:
    """Dotted names of imports; a name imported from a module may itself be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(module: str) -> Path | None:
    """Source file of one of our modules or packages; None for other names, such as a class."""
    path = ROOT.joinpath(*module.split("."))
    return next((file for file in (path / "__init__.py", path.parent / f"{path.name}.py") if file.is_file()), None)


@cache
def distributions() -> dict[str, list[str]]:
    """Installed distributions by import name."""
    return dict(packages_distributions())


def normal(name: str) -> str:
    """A package name in normalised form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
