"""The app in a browser: built from `app/` where its sources are newer, and served beside a running stack."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from local.service import STACK_VARIABLE, Service, ServiceError, answers, free_port
from local.stack import ROOT, Addresses, Say

SOURCES = ROOT / "app"
DIST = SOURCES / "dist"
LOG = ROOT / ".local" / "app.log"
# What the bundler reads: everything but what others wrote here.
NOT_SOURCES = {"node_modules", "dist", "tests", ".expo"}
# One build serves every stack: addresses come from /config.json, so none may be built in.
BUILT_IN = "EXPO_PUBLIC_"


class BuildError(Exception):
    """The app could not be built; the text has the end of the bundler's output."""


def build(say: Say = lambda _: None) -> Path:
    """Bundle the app for browsers unless that was done since its sources changed. Returns the folder of the bundle.

    Raises:
        BuildError: its packages are missing, or the bundler failed.
    """
    if (DIST / "index.html").exists() and (DIST / "index.html").stat().st_mtime > _changed():
        return DIST
    say("building the app")
    expo = SOURCES / "node_modules" / ".bin" / "expo"
    if not expo.exists():
        raise BuildError(f"The packages of the app are not installed ({expo} is missing); `make app` installs them.")
    unfinished = ROOT / ".local" / "app.unfinished"
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        done = subprocess.run(
            [expo, "export", "--platform", "web", "--output-dir", unfinished],
            cwd=SOURCES,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(),
            check=False,
        )
    if done.returncode:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-20:])
        raise BuildError(f"The app could not be built. The end of {LOG}:\n{tail}")
    shutil.rmtree(DIST, ignore_errors=True)
    unfinished.rename(DIST)
    (DIST / "index.html").touch()  # newer than whatever the bundler wrote on the way
    return DIST


def _changed() -> float:
    """When a source of the app last changed. A folder changes as well when a file is added to it or removed."""
    parts = [entry for entry in SOURCES.iterdir() if entry.name not in NOT_SOURCES]
    return max(path.stat().st_mtime for part in parts for path in (part, *part.rglob("*")))


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(BUILT_IN)}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return {**kept, "PATH": path, "CI": "1", "EXPO_OFFLINE": "1", "EXPO_NO_TELEMETRY": "1", "NODE_ENV": "production"}


class App:
    """A context in which the built app is served.

    Args:
        addresses: of the stack that it talks to.
        directory: the stack's folder; gets the log. The server ends with the stack that it belongs to.
        port: where to serve; a free one by default.

    Attributes:
        url: where a browser finds it.
    """

    def __init__(self, addresses: Addresses, directory: Path, port: int | None = None) -> None:
        port = port or free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = {
            "supabaseUrl": self.url,
            "supabaseKey": addresses.publishable_key,
            "barcodeLookupUrl": addresses.barcode_lookup_url,
            "categoryFeedbackUrl": addresses.category_feedback_url,
        }
        options = ["--port", str(port), "--supabase-url", addresses.supabase_url, "--config", json.dumps(config)]
        self.service = Service(
            "app",
            [sys.executable, "-m", "local.site", str(DIST), *options],
            {STACK_VARIABLE: str(directory.resolve())},
            directory / "logs" / "app.log",
            answers(f"{self.url}/config.json"),
        )

    def __enter__(self) -> App:
        self.service.start()
        try:
            self.service.wait()
        except BaseException:
            self.service.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.service.stop()

    def wait(self) -> None:
        """Return never, unless interrupted. Raises: ServiceError when the server ends, as it does with its stack."""
        if self.service.process is not None:
            self.service.process.wait()
        raise ServiceError(f"The app is no longer served.\n{self.service.log_end()}")
