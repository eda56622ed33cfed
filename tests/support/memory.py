"""Measures and limits the memory of processes."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def resident(pid: int | str = "self") -> int:
    """Resident memory of a process in bytes."""
    return _status("VmRSS", pid)


def peak(pid: int | str = "self") -> int:
    """Highest resident memory of a process since its start or `reset_peak`, in bytes."""
    return _status("VmHWM", pid)


def reset_peak(pid: int | str = "self") -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def _status(field: str, pid: int | str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return 1024 * int(line.split()[1])
    raise KeyError(field)


@dataclass
class Cgroup:
    """A control group of version 1 or 2. Memory counts for the group in which its process was when it allocated it."""

    folder: Path
    usage_file: str
    peak_file: str
    limit_file: str

    def add(self, pid: int) -> None:
        (self.folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    @contextlib.contextmanager
    def growth(self, limit: int) -> Iterator[Callable[[], int]]:
        """Gives the highest memory since the start of this context minus the memory at its start, in bytes.

        The kernel kills a process of the group that makes it grow by more than `limit` bytes.
        """
        start = int((self.folder / self.usage_file).read_text(encoding="ascii"))
        limit_file = self.folder / self.limit_file
        before = limit_file.read_text(encoding="ascii")
        # In version 2, the peak is reset for readers of the same open file.
        with (self.folder / self.peak_file).open("r+", encoding="ascii") as file:
            file.write("0")
            file.flush()
            limit_file.write_text(str(start + limit), encoding="ascii")

            def growth() -> int:
                file.seek(0)
                return int(file.read()) - start

            yield growth
        limit_file.write_text(before, encoding="ascii")


@contextlib.contextmanager
def cgroup() -> Iterator[Cgroup | None]:
    """A new group, or None where this process may not make one. At the end its processes must have ended."""
    own = dict(line.split(":")[1:] for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines())
    name = f"jangbogi-{uuid.uuid4().hex}"
    if "memory" in own:
        folder = CGROUPS / "memory" / own["memory"].strip("/") / name
        group = Cgroup(folder, "memory.usage_in_bytes", "memory.max_usage_in_bytes", "memory.limit_in_bytes")
    else:
        # A group with processes cannot have groups with limits inside, so it is made beside this process's.
        path = own.get("", "/").strip("/")
        group = Cgroup(CGROUPS / path / (".." if path else "") / name, "memory.current", "memory.peak", "memory.max")
    try:
        group.folder.mkdir()
    except OSError:
        yield None
        return
    try:
        usable = os.access(group.folder / group.peak_file, os.W_OK) and (group.folder / group.limit_file).exists()
        yield group if usable else None
    finally:
        group.folder.rmdir()
