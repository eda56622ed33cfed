"""Print the unpacked size of an image, with its largest folders and packages, as a Markdown table."""

from __future__ import annotations

import argparse
import inspect
import subprocess
import sys

from tools.commands import ROOT, DeliveryError, exit_status

ROWS = 14


def measure(rows: int) -> None:
    """Print the sizes of the root file system. Runs inside the image, so it uses only the standard library."""
    import collections
    import os
    import re

    device = os.lstat("/").st_dev
    seen: set[int] = set()
    parts: collections.Counter[str] = collections.Counter()
    for folder, below, files in os.walk("/"):
        below[:] = [name for name in below if os.lstat(f"{folder}/{name}").st_dev == device]
        for name in files:
            file = f"{folder}/{name}"
            status = os.lstat(file)
            if status.st_ino in seen:
                continue
            seen.add(status.st_ino)
            package = re.search(r"/site-packages/([^/]+)", file)
            top = file.split("/")
            part = re.sub(r"(\.libs|-[\d.]+\.dist-info)$", "", package[1]) if package else "/".join(top[1:3])
            parts[part] += status.st_size
    total = sum(parts.values())
    print("| part | MB |\n|---|---|")
    for part, size in parts.most_common(rows):
        print(f"| {part} | {size / 1e6:.0f} |")
    print(f"| other | {(total - sum(size for _, size in parts.most_common(rows))) / 1e6:.0f} |")
    print(f"| **total** | **{total / 1e6:.0f}** |")
    print(total)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.image_sizes", description=__doc__)
    parser.add_argument("image", help="such as localhost/jangbogi/ocr_service:dev")
    parser.add_argument("--max", type=float, metavar="MB", help="fail if the image is larger")
    options = parser.parse_args()
    return exit_status(lambda: check(options.image, options.max))


def check(image: str, max_mb: float | None) -> None:
    """Print the table. Raises: DeliveryError if the image cannot run or is larger than `max_mb`."""
    script = f"{inspect.getsource(measure)}\nmeasure({ROWS})"
    command = [sys.executable, "-m", "tools.run_container", image, "--", "python3", "-c", script]
    process = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        raise DeliveryError(f"The size of {image} could not be measured.")
    *table, total = process.stdout.splitlines()
    print("\n".join(table))
    if max_mb is not None and int(total) > max_mb * 1e6:
        raise DeliveryError(f"{image} is {int(total) / 1e6:.0f} MB, over the limit of {max_mb:g} MB.")


if __name__ == "__main__":
    sys.exit(main())
