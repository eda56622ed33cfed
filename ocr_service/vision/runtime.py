"""What a process must set up before it loads PaddleX: environment, OpenCV's package name, memory, libgomp; how much it
takes.

Importing this module changes nothing; the functions do.
"""

import contextlib
import ctypes
import importlib.metadata as metadata
import importlib.util
import math
import os
import sys
from collections.abc import Iterable
from pathlib import Path

REQUESTED_OPENCV = "opencv-contrib-python"
INSTALLED_OPENCV = "opencv-contrib-python-headless"
MMAP_THRESHOLD = 1024 * 1024
"""Memory blocks of at least this many bytes are mapped individually and unmapped when freed."""
M_MMAP_THRESHOLD = -3
"""mallopt(3)"""


def prepare() -> None:
    """Prepare the process. Call before importing PaddleX or creating an OpenVINO core; safe to repeat."""
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"  # otherwise PaddleX probes model hubs
    # Without it OpenVINO's scheduler prints to standard error where a sandbox hides the processor topology; our log
    # must be JSON only.
    os.environ.setdefault("HWLOC_HIDE_ERRORS", "2")
    alias_opencv()
    return_freed_blocks()


def resident_mib() -> float:
    """Memory of the process in RAM, in MiB; infinite where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return math.inf
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class HeadlessOpenCv(metadata.DistributionFinder):
    """Answers metadata queries for `REQUESTED_OPENCV` with `INSTALLED_OPENCV`; finds no modules.

    PaddleX decides whether `cv2` is usable by looking up the distribution `opencv-contrib-python`. That wheel links
    against libGL, which slim images lack; the headless build of the same version has the same Python interface under
    another distribution name. A metadata finder is the extension point that importlib documents for this.
    """

    def find_distributions(
        self, context: metadata.DistributionFinder.Context | None = None
    ) -> Iterable[metadata.Distribution]:
        """The headless distribution for a query of exactly `REQUESTED_OPENCV`, otherwise nothing."""
        if context is None or context.name != REQUESTED_OPENCV:
            return []
        return list(metadata.Distribution.discover(name=INSTALLED_OPENCV))

    def find_spec(self, *_: object) -> None:
        """Find no module; importlib asks every finder."""


def alias_opencv() -> None:
    """Register the metadata finder once."""
    if not any(isinstance(finder, HeadlessOpenCv) for finder in sys.meta_path):
        sys.meta_path.append(HeadlessOpenCv())


def return_freed_blocks() -> None:
    """Make glibc return the memory of images to the system. Does nothing for other C libraries (musl).

    Every photo has a different size. By default glibc raises its mmap threshold to the largest block ever freed and
    then keeps such blocks, fragmented for the next size: the process grows by about 200 MiB per day. With a fixed
    threshold its size stays constant after the first receipts.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD)


def load_openmp() -> None:
    """Load libgomp for native Paddle on systems without it. Call before anything imports paddle.

    Paddle's libraries need `libgomp.so.1`, which a minimal Debian lacks and the wheel does not contain. One of them
    (oneDNN) also searches its own folder, where `make setup` links the copy from scikit-learn's wheel. Loading it
    first makes libgomp available to the others, which search system folders only. If libgomp is missing, this does
    nothing and Paddle reports the error on import.
    """
    spec = importlib.util.find_spec("paddle")
    if spec is not None and spec.origin is not None:
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(Path(spec.origin).parent / "libs" / "libdnnl.so.3"))
