"""Measures and limits the memory of processes."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
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
    """A control group with a limit on memory, of version 1 or 2.

    Memory counts for the group in which its process was when it was allocated: if a process joins, the group has what
    it allocates from then on, and so have the processes that it starts.
    """

    folder: Path
    peak_file: str
    limit_file: str

    def limit(self, number: int) -> None:
        """Beyond `number` bytes the kernel kills a process of the group."""
        (self.folder / self.limit_file).write_text(str(number), encoding="ascii")

    def add(self, pid: int) -> None:
        (self.folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def peak(self) -> int:
        """Highest memory of the group in bytes."""
        return int((self.folder / self.peak_file).read_text(encoding="ascii"))


@contextlib.contextmanager
def cgroup() -> Iterator[Cgroup | None]:
    """A new group, or None where this process may not make one. Its processes return to their group at the end."""
    own = dict(line.split(":")[1:] for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines())
    name = f"jangbogi-{uuid.uuid4().hex}"
    if "memory" in own:
        parent = CGROUPS / "memory" / own["memory"].strip("/")
        group = Cgroup(parent / name, "memory.max_usage_in_bytes", "memory.limit_in_bytes")
    else:
        # A group with processes cannot have groups with limits inside, so it is made beside this process's.
        parent = CGROUPS / own.get("", "/").strip("/")
        group = Cgroup(parent.parent / name if parent != CGROUPS else parent / name, "memory.peak", "memory.max")
    try:
        group.folder.mkdir()
        usable = (group.folder / group.peak_file).exists() and (group.folder / group.limit_file).exists()
    except OSError:
        yield None
        return
    try:
        yield group if usable else None
    finally:
        for pid in (group.folder / "cgroup.procs").read_text(encoding="ascii").split():
            with contextlib.suppress(OSError):
                (parent / "cgroup.procs").write_text(pid, encoding="ascii")
        with contextlib.suppress(OSError):
            group.folder.rmdir()
