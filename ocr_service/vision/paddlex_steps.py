"""PaddleX's steps before and after inference, imported without the rest of PaddleX.

`import paddlex` loads every model and pipeline that it has, pandas and a model hub's client with them: 2.5 seconds and
250 MiB. The modules of these steps need none of that. They are imported below parent packages that are empty, which
are removed again, so that an ordinary import of PaddleX still works.
"""

import functools
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from ocr_service.vision import runtime

PACKAGE = "paddlex"
PARENTS = ("inference", "inference.models", *(f"inference.models.text_{kind}" for kind in ("detection", "recognition")))
"""Packages whose own code is not run."""


@functools.cache
def load() -> tuple[ModuleType, ModuleType]:
    """The modules `processors` of text detection and text recognition."""
    runtime.prepare()
    if PACKAGE in sys.modules:
        return _processors()
    try:
        _add_empty_packages()
        return _processors()
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


def _processors() -> tuple[ModuleType, ModuleType]:
    from paddlex.inference.models.text_detection import processors as detection
    from paddlex.inference.models.text_recognition import processors as recognition

    return detection, recognition


def _add_empty_packages() -> None:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError("PaddleX is not installed")
    folder = Path(spec.origin).parent
    for name in ("", *PARENTS):
        package: Any = ModuleType(f"{PACKAGE}.{name}".rstrip("."))
        package.__path__ = [str(folder.joinpath(*name.split(".")))]
        sys.modules[package.__name__] = package
