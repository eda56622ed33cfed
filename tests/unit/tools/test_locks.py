"""Every deployable has the packages that it imports, also those that it imports only when it needs them."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OURS = ("functions", "ocr_service", "model_export", "infra")
STARTED = {
    "functions": ["functions.main"],
    "ocr_service": ["ocr_service.__main__"],
    # The text models are trained where PyTorch is, not in the image of the jobs.
    "model_export": [
        "infra.monitoring.__main__",
        *(
            f"model_export.{main.parent.name}.__main__"
            for main in (ROOT / "model_export").glob("*/__main__.py")
            if main.parent.name != "text_models"
        ),
    ],
}


@pytest.mark.parametrize("deployable", STARTED)
def test_what_is_imported_is_in_the_lock(deployable: str) -> None:
    text = (ROOT / deployable / "requirements.txt").read_text(encoding="utf-8")
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)[\[\w,\]]*==", text, re.MULTILINE)}
    missing = {
        (module, imported)
        for module, imported in imports(STARTED[deployable])
        if not locked & {normal(name) for name in distributions().get(imported, [imported])}
    }
    assert missing == set()


def imports(started: list[str]) -> Iterator[tuple[str, str]]:
    """Each package of others that is imported by what these modules reach of ours, with who imports it."""
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
    """Dotted names; what is imported from a module may be a module itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(module: str) -> Path | None:
    """Where a module or package of ours is written; None for what is neither, such as a class in one."""
    path = ROOT.joinpath(*module.split("."))
    return next((file for file in (path / "__init__.py", path.parent / f"{path.name}.py") if file.is_file()), None)


@cache
def distributions() -> dict[str, list[str]]:
    """Packages that are installed here, by what they are imported as."""
    return dict(packages_distributions())


def normal(name: str) -> str:
    """As package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()
