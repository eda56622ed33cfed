"""Check that every package that `make setup` installs has a wheel for each system, so that no machine compiles.

Systems are Linux with the glibc of Debian 12 on x86-64 and arm64, and macOS on arm64. Only the first is supported; the
others are kept open. Downloads metadata, and installs nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local import setup
from tools.commands import ROOT, DeliveryError, exit_status

PLATFORMS = ("x86_64-manylinux_2_36", "aarch64-manylinux_2_36", "aarch64-apple-darwin")
PYTHONS = ("3.11", "3.13")
# What `make setup` installs, but not Label Studio, which has pure packages without wheels; and what training needs.
LOCKS = (*setup.LOCKS, "model_export/text_models/requirements.txt")


def main() -> int:
    argparse.ArgumentParser(prog="python -m tools.wheels", description=__doc__).parse_args()
    return exit_status(check)


def check() -> None:
    """Raises: DeliveryError names the lock files with a package that would have to be compiled."""
    missing = []
    with tempfile.TemporaryDirectory() as folder:
        for platform in PLATFORMS:
            for python in PYTHONS:
                for lock in LOCKS:
                    if problem := resolve(lock, platform, python, Path(folder)):
                        missing.append(f"{lock} for {platform}, Python {python}:\n{problem}")
            print(f"ok       {platform}" if not missing else f"FAILED   {platform}", flush=True)
    if missing:
        raise DeliveryError("\n".join(missing))


def resolve(lock: str, platform: str, python: str, folder: Path) -> str:
    """What uv says about installing the lock there from wheels alone; empty if it is possible. Nothing is installed."""
    command: list[str | Path] = [
        Path(sys.executable).with_name("uv"),
        "pip",
        "install",
        "--quiet",
        "--dry-run",
        "--target",
        folder,
    ]
    command += ["--python-platform", platform, "--python-version", python, "--only-binary", ":all:"]
    command += ["--no-deps", "--require-hashes", "-r", ROOT / lock]
    # The macOS of CI's matrix.
    environment = os.environ | {"MACOSX_DEPLOYMENT_TARGET": "26.0"}
    process = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)
    return process.stderr.strip() if process.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
