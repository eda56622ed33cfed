"""Run an image's server as it runs in the cloud: not root, no rights, a file system that cannot be written but /tmp.

OCR_* variables are passed on. The server gets this process's place: its output, its signals, its exit status.
Without a Docker daemon, namespaces and chroot do the same, for which one has to be root.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from tools import engines
from tools.commands import exit_status, output_of

# The root file system is bound over itself read-only, in a mount namespace that ends with the process.
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
    parser.add_argument("command", nargs="*", help="run this in it instead of its server")
    parser.add_argument("--engine", choices=["docker", "buildah"], default="", help="default: the one that works here")
    options = parser.parse_args()
    return exit_status(lambda: run(options.image, options.command, options.engine))


def run(image: str, command: Sequence[str] = (), engine: str = "") -> None:
    """Become the image's server, or `command` in its place. Raises: DeliveryError."""
    settings = [
        f"{name}={value}" for name, value in os.environ.items() if name.startswith("OCR_") and name != "OCR_SERVE"
    ]
    if engines.choose(engine).name == "docker":
        options = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "host"]  # noqa: S108
        _become(
            ["docker", "run", *options, "--security-opt", "no-new-privileges"]
            + [part for setting in settings for part in ("--env", setting)]
            + [image, *command]
        )
    details = json.loads(output_of(["buildah", "inspect", "--type", "image", image]))
    config = details["OCIv1"]["config"]
    # By its content: an image that was built again under its name gets a container of its own.
    container = f"{image.rsplit('/', 1)[-1].replace(':', '-')}-{details['FromImageID'][:12]}"
    if container not in output_of(["buildah", "containers", "--format", "{{.ContainerName}}"]).splitlines():
        output_of(["buildah", "from", "--name", container, image])
    root = output_of(["buildah", "mount", container])
    entered = [root, config["User"], config["WorkingDir"], *config["Env"], *settings, *(command or config["Cmd"])]
    _become(["unshare", "--mount", "sh", "-euc", ENTER, "enter", *entered])


def _become(command: Sequence[str]) -> None:
    os.execvp(command[0], list(command))  # noqa: S606 - no shell


if __name__ == "__main__":
    sys.exit(main())
