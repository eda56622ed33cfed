"""Who may import whom: the deployables, the packages inside them, and that ruff and mypy see every file."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]

ALLOWED: dict[str, set[str]] = {
    "functions": set(),
    "ocr_service": set(),
    "local": set(),
    # What training and publishing share with serving.
    "model_export": {
        "ocr_service.category.classifier",
        "ocr_service.category.normalise",
        "ocr_service.category.shelf_life",
        "ocr_service.errors",
        "ocr_service.files",
        "ocr_service.parsing.masking",
        "ocr_service.releases.cache",
        "ocr_service.releases.checks",
        "ocr_service.releases.errors",
        "ocr_service.releases.manifest",
        "ocr_service.releases.recogniser",
        "ocr_service.releases.store",
        "ocr_service.settings",
        "ocr_service.vision.character_model",
        "ocr_service.vision.quads",
        "ocr_service.vision.runtime",
    },
    "infra": {
        "model_export.classifier.training_distribution",
        "ocr_service.releases.checks",
        "ocr_service.releases.errors",
        "ocr_service.releases.manifest",
        "ocr_service.releases.store",
    },
    "tools": {
        "local.client",
        "local.files",
        "local.migrate",
        "local.servers.postgres",
        "local.servers.supabase_lite",
        "local.setup",
    },
}
"""Modules of other folders that each folder may import. Tests may import everything; nothing may import tests."""

OCR_SERVICE_LAYERS: list[set[str]] = [
    {"boxes", "errors", "fields", "files", "live_model", "settings"},
    {"tracing"},
    {"contract", "logs", "manifest"},
    {"category", "golden", "parsing", "vision"},
    {"line_crop", "metrics"},
    {"reader", "releases"},
    {"api"},
    {"__main__"},
]
"""Packages and modules of the OCR service from the lowest layer up. Each may import only from layers below its own."""


@cache
def python_files() -> list[Path]:
    """Tracked Python files, including scripts without an ending."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listing.split("\0") if name]
    return [path for path in paths if path.is_file() and (path.suffix == ".py" or _has_python_shebang(path))]


def _has_python_shebang(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.readline(200)
    return not path.suffix and first.startswith(b"#!") and b"python" in first


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    return {_module(path): path for path in python_files()}


@cache
def imports() -> dict[str, set[str]]:
    """The modules of this repository that each module imports, also inside functions."""
    return {module: set(_imports_of(module, path)) - {module} for module, path in modules().items()}


def _imports_of(module: str, path: Path) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name in modules():
                yield name
            elif (parent := name.rpartition(".")[0]) in modules():
                yield parent


def test_imports_are_found() -> None:
    assert "ocr_service.fields" in imports()["ocr_service.contract"]
    assert "ocr_service.reader" in imports()["ocr_service.__main__"], "imports inside functions count"
    assert "ocr_service.api.problems" in imports()["ocr_service.api.app"], "submodules count as such"


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_a_folder_imports_only_what_it_may(folder: str) -> None:
    forbidden = {
        (module, target)
        for module, targets in imports().items()
        if module.split(".")[0] == folder
        for target in targets
        if target.split(".")[0] != folder and target not in ALLOWED[folder]
    }
    assert forbidden == set()


def test_every_folder_with_python_has_a_rule() -> None:
    assert {module.split(".")[0] for module in modules()} == {*ALLOWED, "tests"}


def test_the_ocr_service_imports_downwards_only() -> None:
    layer = {name: level for level, names in enumerate(OCR_SERVICE_LAYERS) for name in names}
    edges = _edges("ocr_service")
    assert {name for edge in edges for name in edge} <= layer.keys(), "every part has a layer"
    assert {(source, target) for source, target in edges if layer[source] <= layer[target]} == set()


def test_packages_do_not_import_each_other_in_cycles() -> None:
    packages = {".".join(module.split(".")[:depth]) for module in modules() for depth in range(module.count(".") + 1)}
    cycles = {}
    for package in packages:
        graph: dict[str, set[str]] = {}
        for source, target in _edges(package):
            graph.setdefault(source, set()).add(target)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            cycles[package or "the repository"] = error.args[1]
    assert cycles == {}


def _edges(package: str) -> set[tuple[str, str]]:
    """Imports between the direct children of a package, each a module or a whole sub-package; "" is the repository."""
    prefix = f"{package}." if package else ""
    inside = {module: module.removeprefix(prefix).split(".")[0] for module in modules() if module.startswith(prefix)}
    return {
        (child, inside[target])
        for module, child in inside.items()
        for target in imports()[module]
        if target in inside and inside[target] != child
    }


def test_ruff_checks_every_python_file() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--show-files", "."]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {str(path) for path in python_files()} - set(shown.splitlines()) == set()


def test_mypy_checks_every_python_file_but_tests() -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = [PurePosixPath(*package.split(".")) for package in configuration["tool"]["mypy"]["packages"]]
    unchecked = [
        path
        for path in (PurePosixPath(path.relative_to(ROOT)) for path in python_files())
        if path.parts[0] != "tests" and not (path.suffix == ".py" and any(path.is_relative_to(f) for f in folders))
    ]
    assert unchecked == []
