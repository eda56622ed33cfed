"""Let native Paddle find libgomp where the system has none.

Paddle's libraries need `libgomp.so.1`, which a minimal Debian lacks and the wheel does not carry. One of them (oneDNN)
looks beside itself, where `make setup` links the copy that scikit-learn's wheel carries. Loaded first, it brings
libgomp in for the others, which look in system folders only.
"""

import contextlib
import ctypes
import importlib.util
from pathlib import Path


def load() -> None:
    """Call before anything imports paddle. Does nothing without libgomp: what is missing, Paddle's own error says."""
    spec = importlib.util.find_spec("paddle")
    if spec is not None and spec.origin is not None:
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(Path(spec.origin).parent / "libs" / "libdnnl.so.3"))
