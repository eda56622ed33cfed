"""Run an image's server as in the cloud: not as root, without capabilities, with only /tmp writable.

OCR_* variables and PORT are passed on. The server replaces this process, so it has its output, signals and exit status.
Without a Docker daemon, namespaces, chroot and a control group provide the same limits; that needs root.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import engines
from tools.commands import DeliveryError, exit_status, output_of

CGROUPS = Path("/sys/fs/cgroup")

# Bind the root file system over itself read-only, in a mount namespace that ends with the process.
ENTER = """
root=$1; user=$2; folder=$3; shift 3
mount --bind "$root" "$root"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --rbind --make-rslave /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs --bounding-set -all,+setuid,+setgid,+sys_chroot \\
    chroot --userspec="$user" --groups= "$root" /usr/bin/env --chdir="$folder" -i "$@"
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.run_container", description=__doc__)
    parser.add_argument("image", help="such as localhost/jangbogi/ocr_service:dev")
    parser.add_argument("command", nargs="*", help="command to run instead of the image's server")
    parser.add_argument("--memory", type=int, default=0, metavar="MIB", help="memory limit (default: none)")
    parser.add_argument("--cpus", type=int, default=0, help="number of CPUs (default: all)")
    parser.add_argument(
        "--engine",
        choices=["docker", "buildah"],
        default="",
        help="default: docker if its daemon answers, else buildah",
    )
    options = parser.parse_args()
    return exit_status(
        lambda: run(options.image, options.command, options.engine, memory_mib=options.memory, cpus=options.cpus)
    )


def run(image: str, command: Sequence[str] = (), engine: str = "", *, memory_mib: int = 0, cpus: int = 0) -> None:
    """Replace this process with the image's server, or with `command`; 0: no limit. Raises: DeliveryError."""
    settings = [
        f"{name}={value}"
        for name, value in os.environ.items()
        if (name.startswith("OCR_") and name != "OCR_SERVE") or name == "PORT"
    ]
    if engines.choose(engine).name == "docker":
        options = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "host"]  # noqa: S108
        # The second limit includes swap, of which Docker would otherwise allow as much again.
        options += ["--memory", f"{memory_mib}m", "--memory-swap", f"{memory_mib}m"] if memory_mib else []
        options += ["--cpus", str(cpus)] if cpus else []
        _replace_process(
            ["docker", "run", *options, "--security-opt", "no-new-privileges"]
            + [part for setting in settings for part in ("--env", setting)]
            + [image, *command]
        )
    details = json.loads(output_of(["buildah", "inspect", "--type", "image", image]))
    config = details["OCIv1"]["config"]
    # Named by image id, so that a rebuilt image gets a new container.
    container = f"{image.rsplit('/', 1)[-1].replace(':', '-')}-{details['FromImageID'][:12]}"
    if container not in output_of(["buildah", "containers", "--format", "{{.ContainerName}}"]).splitlines():
        output_of(["buildah", "from", "--name", container, image])
    root = output_of(["buildah", "mount", container])
    arguments = [root, config["User"], config["WorkingDir"], *config["Env"], *settings, *(command or config["Cmd"])]
    if cpus:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cpus])
    if memory_mib:
        _limit_memory(memory_mib * 2**20)
    _replace_process(["unshare", "--mount", "sh", "-euc", ENTER, "enter", *arguments])


def _limit_memory(limit: int) -> None:
    """Move this process into a control group that may use `limit` bytes. Raises: DeliveryError."""
    own = dict(line.split(":")[1:] for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines())
    if "memory" in own:  # version 1
        parent, name = CGROUPS / "memory" / own["memory"].strip("/"), "memory.limit_in_bytes"
    else:
        # A group with processes cannot have groups with limits inside, so it is made beside this process's.
        path = own.get("", "/").strip("/")
        parent, name = CGROUPS / path / (".." if path else ""), "memory.max"
    # Groups of servers that have ended: a process cannot remove its own.
    for old in parent.glob("jangbogi-container-*"):
        with contextlib.suppress(OSError):
            old.rmdir()
    group = parent / f"jangbogi-container-{os.getpid()}"
    try:
        group.mkdir()
        (group / name).write_text(str(limit), encoding="ascii")
        (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    except OSError as error:
        raise DeliveryError(f"Memory cannot be limited here ({group}: {error.strerror}).") from error


def _replace_process(command: Sequence[str]) -> None:
    os.execvp(command[0], list(command))  # noqa: S606 - no shell


if __name__ == "__main__":
    sys.exit(main())
