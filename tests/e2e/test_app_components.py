"""The app's own tests, which Jest runs, as part of this run: parallel workers then share the time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "app"


def test_the_app_s_own_tests_pass() -> None:
    assert (APP / "node_modules").is_dir(), (
        "The app's packages are not installed; `make setup PARTS=app` installs them."
    )
    # Node comes from the Python environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run = subprocess.run(
        ["npm", "--prefix", str(APP), "test"],
        env={**os.environ, "PATH": path, "CI": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
