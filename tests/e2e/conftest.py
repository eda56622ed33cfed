"""Fixtures for tests of whole commands."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

BUILD = pytest.StashKey[subprocess.Popen[bytes]]()


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> Iterator[None]:
    """Let Ctrl-C reach the commands. A shell's background jobs, and their children, ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start building the app, if a test needs it: the tests before that one leave a core idle."""
    needed = any("app_build" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and not session.config.option.collectonly:
        script = "from local import app; app.build()"
        session.config.stash[BUILD] = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def app_build(request: pytest.FixtureRequest) -> subprocess.Popen[bytes]:
    """The process that builds the app. If it fails, `make app` builds again and reports the error."""
    return request.config.stash[BUILD]
