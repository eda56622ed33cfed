"""Shared by all tests: golden files, and how parallel workers share the tests.

`pytest --update-golden` accepts the current results as golden files.
"""

import gc
import json
import os
from collections.abc import Callable, Generator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# No deadline per example: a busy machine must not fail a property test. The same examples in every run, so that a
# change is judged by what it changed, and few, because the run has a limit of time; `--hypothesis-profile explore`
# looks for new ones.
settings.register_profile("jangbogi", deadline=None, derandomize=True, max_examples=40)
settings.register_profile(
    "explore", deadline=None, derandomize=False, max_examples=1500, suppress_health_check=HealthCheck
)
settings.load_profile("jangbogi")

# Workers share the cores, and threads that wait for each other take a sixth more CPU time. A service that is tested
# with its default sets OCR_THREADS itself.
os.environ.setdefault("OCR_THREADS", "1")

FOLDER = Path(__file__).parent / "golden"
# Modules of one group use the same servers or models, which are then started once. The first pattern that fits counts.
GROUPS = {
    "tests/e2e/*": "{file}",
    "tests/integration/test_loop_*": "models",
    "tests/integration/test_annotation_*": "models",
    "tests/integration/test_recogniser_mlflow.py": "models",
    "tests/integration/test_ocr_service.py": "{file}",
    "tests/integration/test_ocr_*": "readings",
    "tests/integration/test_service_evaluation.py": "readings",
    "tests/integration/test_pipeline.py": "{file}",
    "tests/integration/test_rereading.py": "{file}",
    "tests/integration/test_attack.py": "{file}",
    "tests/integration/test_release_service.py": "{file}",
    "tests/integration/test_db_servers.py": "{file}",
    "tests/integration/test_db_accounts.py": "{file}",
    # One group of these would be the longest of all.
    "tests/integration/test_barcode_*": "barcodes",
    "tests/integration/test_db_*": "database",
    "tests/integration/*": "functions",
}


class GroupScheduling(LoadScopeScheduling):
    """Sends groups of tests to the workers: all tests of a group run in one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


def group_of(module: str) -> str:
    """The group of a module, named by its path from the root of the repository."""
    group = next((group for pattern, group in GROUPS.items() if fnmatchcase(module, pattern)), "{file}")
    return group.format(file=module)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, because workers wait for servers for a quarter of the time."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    return GroupScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Load the tests and what they import without garbage collection, which would find nothing and take a third of the
    time; later collections do not look at them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


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
