"""The app in a browser: built from `app/` when its sources have changed, and served beside a running stack."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from local.processes.group import ProgressCallback
from local.processes.service import STACK_VARIABLE, Service, ServiceError, answers, free_port
from local.stack import ROOT, Addresses

SOURCES = ROOT / "app"
DIST = SOURCES / "dist"
LOG = ROOT / ".local" / "app.log"
# The bundler reads everything else in the folder.
NOT_SOURCES = {"node_modules", "dist", "tests", ".expo"}
# One build serves every stack: URLs come from /config.json, and must not be compiled in through these variables.
BUILD_VARIABLES = "EXPO_PUBLIC_"


class BuildError(Exception):
    """The app could not be built; the text has the end of the bundler's output."""


def build(progress: ProgressCallback = lambda _: None) -> Path:
    """Bundle the app for browsers, unless the bundle is newer than its sources. Returns the folder of the bundle.

    Raises:
        BuildError: the app's packages are missing, or the bundler failed.
    """
    if (DIST / "index.html").exists() and (DIST / "index.html").stat().st_mtime > _changed():
        return DIST
    progress("building the app")
    expo = SOURCES / "node_modules" / ".bin" / "expo"
    if not expo.exists():
        raise BuildError(f"The packages of the app are not installed ({expo} is missing); `make app` installs them.")
    unfinished = ROOT / ".local" / "app.unfinished"
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        bundler = subprocess.run(
            [expo, "export", "--platform", "web", "--output-dir", unfinished],
            cwd=SOURCES,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(),
            check=False,
        )
    if bundler.returncode:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-20:])
        raise BuildError(f"The app could not be built. The end of {LOG}:\n{tail}")
    shutil.rmtree(DIST, ignore_errors=True)
    unfinished.rename(DIST)
    (DIST / "index.html").touch()  # newer than the bundler's own files
    return DIST


def _changed() -> float:
    """Time of the last change of a source, seconds since 1970. Folders change when a file is added or removed."""
    parts = [entry for entry in SOURCES.iterdir() if entry.name not in NOT_SOURCES]
    return max(path.stat().st_mtime for part in parts for path in (part, *part.rglob("*")))


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(BUILD_VARIABLES)}
    path = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", "")])
    return {
        **inherited,
        "PATH": path,
        "CI": "1",
        "EXPO_OFFLINE": "1",
        "EXPO_NO_TELEMETRY": "1",
        "NODE_ENV": "production",
    }


class App:
    """A context in which the built app is served.

    Args:
        addresses: of the stack that the app uses.
        directory: the stack's folder, for the log. The server ends with its stack.
        port: TCP port; by default a free one.

    Attributes:
        url: for browsers.
    """

    def __init__(self, addresses: Addresses, directory: Path, port: int | None = None) -> None:
        port = port or free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = {
            "supabaseUrl": addresses.supabase_url,
            "supabaseKey": addresses.publishable_key,
            "barcodeLookupUrl": addresses.barcode_lookup_url,
            "categoryFeedbackUrl": addresses.category_feedback_url,
        }
        options = ["--port", str(port), "--config", json.dumps(config)]
        self.service = Service(
            "app",
            [sys.executable, "-m", "local.web_server", str(DIST), *options],
            {STACK_VARIABLE: str(directory.resolve())},
            directory / "logs" / "app.log",
            answers(f"{self.url}/config.json"),
        )

    def __enter__(self) -> App:
        self.service.start_and_wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.service.stop()

    def wait(self) -> None:
        """Block until the server ends, as it does with its stack.

        Raises:
            ServiceError: the server ended.
        """
        if self.service.process is not None:
            self.service.process.wait()
        raise ServiceError(f"The app is no longer served.\n{self.service.log_end()}")
