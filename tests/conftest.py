"""Golden files: results that must not change unnoticed. `pytest --update-golden` accepts the current ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# No deadline per example: a busy machine must not fail a property test.
settings.register_profile("jangbogi", deadline=None)
settings.load_profile("jangbogi")

FOLDER = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="accept the current results as golden")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, Any], None]:
    """Compares a JSON value with the named golden file."""

    def compare(name: str, value: Any) -> None:
        path = FOLDER / f"{name}.json"
        if request.config.getoption("--update-golden"):
            path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        assert value == json.loads(path.read_text(encoding="utf-8"))

    return compare
