"""Attack a local stack of its own, and print what the attacks achieved.

    make attack                 up to ten minutes
    make attack ARGS=--short    the form that the tests run, about a minute

Only loopback addresses are contacted. Ends with status 1 if anything was leaked, lost or doubled, or failed with
5xx, and if the time did not suffice for all attacks.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from local.stack import Stack
from tests.attack.attacks import FULL, SHORT, run
from tests.attack.report import table

DIRECTORY = Path(__file__).parents[2] / ".local" / "attack"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make attack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="fewer images, calls and kills")
    parser.add_argument("--minutes", type=float, default=10, help="time limit (default and maximum %(default)s)")
    options = parser.parse_args()
    start = time.monotonic()

    def progress(text: str) -> None:
        print(f"{time.monotonic() - start:5.0f} s  {text}", file=sys.stderr, flush=True)

    shutil.rmtree(DIRECTORY, ignore_errors=True)
    with Stack(DIRECTORY, progress=progress, scheduler=False) as stack:
        seconds = 60 * min(options.minutes, 10) - (time.monotonic() - start)
        results, peaks_mib = run(stack, SHORT if options.short else FULL, seconds, progress)
    print(table(results, peaks_mib))
    return 0 if all(result.is_harmless for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
