"""Running the programs that delivery is made of."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
# What one step makes for the next; not committed.
OUTPUT = ROOT / ".local" / "delivery"


class DeliveryError(Exception):
    """A step could not be done; the text tells people what to do."""


def run(
    command: Sequence[str | Path],
    *,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    shown: str = "",
    stdout: IO[str] | None = None,
) -> None:
    """Show a command, or what stands for it, and run it. Raises: DeliveryError."""
    print(f"$ {shown or shlex.join(map(str, command))}", file=sys.stderr, flush=True)
    _run(command, folder, environment or {}, stdout)


def output_of(
    command: Sequence[str | Path], *, folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> str:
    """What a command prints, without the line end. Raises: DeliveryError."""
    return _run(command, folder, {}, subprocess.PIPE).strip()


def _run(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], stdout: IO[str] | int | None
) -> str:
    parts = [str(part) for part in command]
    if shutil.which(parts[0]) is None:
        raise DeliveryError(f"{parts[0]} is not installed.")
    done = subprocess.run(
        parts,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=stdout,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DeliveryError(f"{parts[0]} ended with status {done.returncode}.")
    return done.stdout or ""


def required(name: str) -> str:
    """A variable of the environment. Raises: DeliveryError, naming it."""
    if value := os.environ.get(name):
        return value
    raise DeliveryError(f"{name} is not set.")


def exit_status(command: Callable[[], None]) -> int:
    """Run a command line's work: 0, or 1 and the reason on standard error."""
    try:
        command()
    except DeliveryError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
