"""Check an image of the OCR service: size, file permissions, and the contract tests against its server."""

from __future__ import annotations

import argparse
import os
import sys

from tools.commands import exit_status, run
from tools.image_sizes import check

MAX_MB = 900
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
    container = [sys.executable, "-m", "tools.run_container", image]
    run([*container, "--", "python3", "-c", PERMISSIONS_CHECK])
    serve = " ".join(container)
    run([sys.executable, "-m", "pytest", *CONTRACT_TESTS], environment={"OCR_SERVE": serve, "PATH": os.environ["PATH"]})


if __name__ == "__main__":
    sys.exit(main())
