"""Memory of pictures goes back to the system when they are read.

Every photo has its own size. glibc moves the limit from which a block is mapped by itself up to the largest block ever
freed, and from then on keeps such blocks, in pieces that the next size does not fit into: the process grows by some
200 MiB over a day. With the limit fixed it stays where it was after the first receipts.
"""

import ctypes

MAPPED_FROM = 1024 * 1024
"""Blocks of at least this many bytes are mapped by themselves, and unmapped when they are freed."""
M_MMAP_THRESHOLD = -3
"""mallopt(3)"""


def return_freed_blocks() -> None:
    """Fix the limit for this process. Does nothing where the C library has no such setting (musl)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, MAPPED_FROM)
