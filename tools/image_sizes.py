"""Where the bytes of an image are, unpacked: its whole size, and the folders and packages that weigh most.

Prints a table in Markdown. Run it in the image itself: python -m tools.image_sizes IMAGE
"""

from __future__ import annotations

import argparse
import inspect
import subprocess
import sys

from tools.commands import ROOT, DeliveryError, exit_status

LARGEST = 14


def weigh(largest: int) -> None:
    """Add up the files of the root file system. Runs in the image, so it needs nothing but Python."""
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
    for part, size in parts.most_common(largest):
        print(f"| {part} | {size / 1e6:.0f} |")
    print(f"| all else | {(total - sum(size for _, size in parts.most_common(largest))) / 1e6:.0f} |")
    print(f"| **together** | **{total / 1e6:.0f}** |")
    print(total)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.image_sizes", description=__doc__)
    parser.add_argument("image", help="such as localhost/jangbogi/ocr_service:dev")
    parser.add_argument("--at-most", type=float, metavar="MB", help="fail if the image has more")
    options = parser.parse_args()
    return exit_status(lambda: check(options.image, options.at_most))


def check(image: str, at_most_mb: float | None) -> None:
    """Print the table. Raises: DeliveryError, also where the image is larger than it may be."""
    script = f"{inspect.getsource(weigh)}\nweigh({LARGEST})"
    command = [sys.executable, "-m", "tools.run_container", image, "--", "python3", "-c", script]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise DeliveryError(f"{image} could not be weighed.")
    *table, total = done.stdout.splitlines()
    print("\n".join(table))
    if at_most_mb is not None and int(total) > at_most_mb * 1e6:
        raise DeliveryError(f"{image} has {int(total) / 1e6:.0f} MB, more than {at_most_mb:g}.")


if __name__ == "__main__":
    sys.exit(main())
