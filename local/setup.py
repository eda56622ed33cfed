"""Installs everything that `make` targets need. Standard library only, because this runs before other installations.

A step is skipped while its input files have not changed, so a second run takes no time.

    python local/setup.py [PART…]     the basis of every target, and the named parts:
                                      app            packages that build the reference app
                                      label_studio   Label Studio, in its own environment
    python local/setup.py --tools     only what `make lock` needs
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / ".local" / "setup.log"

UV = "uv==0.13.9"
# Development uses one environment; each deployable also installs from its own file alone.
LOCKS = (
    "functions/requirements.txt",
    "ocr_service/requirements.txt",
    "ocr_service/paddle/requirements.txt",
    "local/requirements.txt",
    "model_export/requirements.txt",
    "tests/requirements.txt",
)
LABEL_STUDIO = ROOT / ".local" / "label_studio"
"""The environment of Label Studio, whose pinned dependencies contradict ours."""
LABEL_STUDIO_LOCK = "local/label_studio/requirements.txt"
PARTS = ("app", "label_studio")
PACKAGES_STAMP = VENV / ".packages-stamp"
LABEL_STUDIO_STAMP = LABEL_STUDIO / ".stamp"
BASIS = "basis"


def node_stamp(folder: str) -> Path:
    return ROOT / folder / "node_modules" / ".stamp"


# Sizes of the packages for Linux on x86-64, MB, by part and stamp. Another clone on the machine finds them in the
# caches of uv and npm.
DOWNLOADS_MB = {
    BASIS: {PACKAGES_STAMP: 780, node_stamp("local"): 170},
    "label_studio": {LABEL_STUDIO_STAMP: 290},
    "app": {node_stamp("app"): 210},
}


class SetupError(Exception):
    """A step failed or an argument is unknown; the text says more."""


def digest(files: Sequence[str], extra: str = "") -> str:
    """SHA-256 over the contents of `files` (paths from the root) and `extra`."""
    total = hashlib.sha256(extra.encode())
    for name in files:
        total.update((ROOT / name).read_bytes())
    return total.hexdigest()


def run(command: Sequence[str | Path], **environment: str) -> None:
    """Run a command, its output in the log. Raises: SetupError with the end of the log."""
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        log.flush()
        result = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
            check=False,
        )
    if result.returncode:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
        raise SetupError(f"This step failed. The end of {LOG}:\n{tail}")


def step(name: str, stamp: Path, inputs: str, work: Callable[[], None]) -> None:
    """Run `work` unless `stamp` contains `inputs`, the digest of the last run. Prints how long it took."""
    if stamp.is_file() and stamp.read_text() == inputs:
        return
    print(f"  {name} …", end="", flush=True)
    start = time.monotonic()
    work()
    stamp.write_text(inputs)
    print(f" {time.monotonic() - start:.0f} s", flush=True)


def announce(parts: Sequence[str]) -> None:
    """Print how much the first installation of these parts downloads, unless all of them are installed."""
    sizes = {stamp: size for part in {BASIS, *parts} for stamp, size in DOWNLOADS_MB.get(part, {}).items()}
    if total := sum(size for stamp, size in sizes.items() if not stamp.exists()):
        print(f"Setting up: downloads up to {total} MB, less what uv and npm have in their caches from another clone")


def make_venv() -> None:
    run([sys.executable, "-m", "venv", "--clear", VENV])
    run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV])


def install_python_packages(python: Path, locks: Sequence[str]) -> None:
    command: list[str | Path] = [PYTHON, "-m", "uv", "pip", "install", "--python", python]
    # The lock files are complete. They deliberately omit some declared dependencies (OpenCV with a GUI).
    command += ["--no-deps", "--require-hashes", "--compile-bytecode"]
    for lock in locks:
        command += ["-r", lock]
    run(command, UV_HTTP_TIMEOUT="180")


def install_main_environment() -> None:
    install_python_packages(PYTHON, LOCKS)
    # For native Paddle on machines without libgomp: see ocr_service/vision/runtime.py.
    (packages,) = VENV.glob("lib/python3.*/site-packages")
    link = packages / "paddle" / "libs" / "libgomp.so.1"
    if not link.parent.is_dir():  # on arm64
        return
    for carried in (packages / "scikit_learn.libs").glob("libgomp-*"):
        link.unlink(missing_ok=True)
        link.symlink_to(carried)


def install_node_packages(folder: str) -> None:
    # Node comes from a wheel in the environment, so that every machine has the same version.
    npm = VENV / "bin" / "npm"
    path = f"{npm.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    run(
        [npm, "ci", "--prefix", ROOT / folder, "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
        PATH=path,
    )


def install_label_studio() -> None:
    run([PYTHON, "-m", "uv", "venv", "--clear", "--python", PYTHON, LABEL_STUDIO])
    install_python_packages(LABEL_STUDIO / "bin" / "python", [LABEL_STUDIO_LOCK])


def create_label_studio_database() -> None:
    run([PYTHON, "-m", "local.servers.label_studio"])


def node_step(name: str, folder: str, version: str) -> None:
    files = (f"{folder}/package.json", f"{folder}/package-lock.json")
    step(name, node_stamp(folder), digest(files, version), lambda: install_node_packages(folder))


def main() -> int:
    try:
        LOG.parent.mkdir(exist_ok=True)
        version = sys.version + UV
        if sys.argv[1:] != ["--tools"]:
            announce(sys.argv[1:])
        step("Python environment", VENV / ".venv-stamp", digest((), version), make_venv)
        if sys.argv[1:] == ["--tools"]:  # `make lock` writes the files that the next steps read
            return 0
        if unknown := set(sys.argv[1:]) - set(PARTS):
            raise SetupError(f"Unknown parts: {', '.join(sorted(unknown))}. Known parts: {', '.join(PARTS)}.")
        step("Python packages", PACKAGES_STAMP, digest(LOCKS, version), install_main_environment)
        node_step("Node packages", "local", version)
        if "label_studio" in sys.argv:
            inputs = digest([LABEL_STUDIO_LOCK], version)
            step("Label Studio", LABEL_STUDIO_STAMP, inputs, install_label_studio)
            step("tables of Label Studio", LABEL_STUDIO / ".tables-stamp", inputs, create_label_studio_database)
        if "app" in sys.argv:
            node_step("packages of the app", "app", version)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; the next run continues here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
