"""Run the command-line programs that delivery uses."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
# Output of one step that the next one reads; not committed.
OUTPUT = ROOT / ".local" / "delivery"


class DeliveryError(Exception):
    """A step failed; the message tells the operator what to do."""


def run(
    command: Sequence[str | Path],
    *,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    shown: str = "",
    stdout: IO[str] | None = None,
) -> None:
    """Print a command (or `shown` in its place) to standard error and run it. Raises: DeliveryError."""
    print(f"$ {shown or shlex.join(map(str, command))}", file=sys.stderr, flush=True)
    _run(command, folder, environment or {}, stdout)


def output_of(command: Sequence[str | Path], *, folder: Path = ROOT) -> str:
    """The standard output of a command, stripped. Raises: DeliveryError."""
    return _run(command, folder, {}, subprocess.PIPE).strip()


def _run(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], stdout: IO[str] | int | None
) -> str:
    parts = [str(part) for part in command]
    if shutil.which(parts[0]) is None:
        raise DeliveryError(f"{parts[0]} is not installed.")
    process = subprocess.run(
        parts,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=stdout,
        text=True,
        check=False,
    )
    if process.returncode:
        raise DeliveryError(f"{parts[0]} failed with exit status {process.returncode}.")
    return process.stdout or ""


def required(name: str) -> str:
    """The value of an environment variable. Raises: DeliveryError if it is empty or not set."""
    if value := os.environ.get(name):
        return value
    raise DeliveryError(f"{name} is not set.")


def version() -> str:
    """The version of the product, which is set in pyproject.toml alone."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def exit_status(command: Callable[[], None]) -> int:
    """Run a tool's work. Returns 0, or 1 after printing the error to standard error."""
    try:
        command()
    except DeliveryError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
