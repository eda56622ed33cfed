"""Check an image of the OCR service: size, file permissions, and the contract tests against its server.

It runs under Cloud Run's conditions, on its smallest instance: 2 GiB, one CPU, a read-only file system, no rights.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from tools.commands import ROOT, DeliveryError, exit_status, run
from tools.image_sizes import check

MAX_MB = 900
MEMORY_MIB = 2048
CPUS = 1
CONTRACT_TESTS = ("tests/integration/test_ocr_service.py",)
PERMISSIONS_CHECK = """
import os, pathlib, shutil
assert os.getuid() == os.getgid() == 10001 and os.getgroups() in ([], [10001])
for place in ("/", "/app", "/app/ocr_service/models", "/opt/venv", "/etc", "/usr/bin", "/var/tmp"):
    try:
        (pathlib.Path(place) / "written").write_text("x")
    except OSError:
        continue
    raise SystemExit(f"{place} is writable")
pathlib.Path("/tmp/written").write_text("x")
for program in ("gcc", "curl", "wget", "git"):
    assert shutil.which(program) is None, program
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.check_container", description=__doc__)
    parser.add_argument("image", help="such as localhost/jangbogi/ocr_service:dev")
    options = parser.parse_args()
    return exit_status(lambda: check_all(options.image))


def check_all(image: str) -> None:
    """Run all checks. Raises: DeliveryError at the first failure."""
    check(image, MAX_MB)
    limits = ["--memory", str(MEMORY_MIB), "--cpus", str(CPUS)]
    container = [sys.executable, "-m", "tools.run_container", *limits, image]
    run([*container, "--", "python3", "-c", PERMISSIONS_CHECK])
    if not is_killed_beyond_the_limit(container):
        raise DeliveryError(f"A process in {image} can take more than {MEMORY_MIB} MiB.")
    serve = " ".join(container)
    run([sys.executable, "-m", "pytest", *CONTRACT_TESTS], environment={"OCR_SERVE": serve, "PATH": os.environ["PATH"]})


def is_killed_beyond_the_limit(container: Sequence[str]) -> bool:
    """Whether the kernel ends a process that takes an eighth more memory, and not one that takes an eighth less."""
    statuses = [
        subprocess.run(
            [*container, "--", "python3", "-c", f"b'x' * {size}"], cwd=ROOT, stderr=subprocess.DEVNULL, check=False
        ).returncode
        for size in (MEMORY_MIB * 2**20 * 9 // 8, MEMORY_MIB * 2**20 * 7 // 8)
    ]
    # By signal, or as Docker tells it.
    return statuses[0] in (-signal.SIGKILL, 128 + signal.SIGKILL) and statuses[1] == 0


if __name__ == "__main__":
    sys.exit(main())
