"""Run an image's server as in the cloud: not as root, without capabilities, with only /tmp writable.

OCR_* variables are passed on. The server replaces this process, so it has its output, signals and exit status.
Without a Docker daemon, namespaces and chroot provide the same limits; that needs root.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from tools import engines
from tools.commands import exit_status, output_of

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
    parser.add_argument(
        "--engine",
        choices=["docker", "buildah"],
        default="",
        help="default: docker if its daemon answers, else buildah",
    )
    options = parser.parse_args()
    return exit_status(lambda: run(options.image, options.command, options.engine))


def run(image: str, command: Sequence[str] = (), engine: str = "") -> None:
    """Replace this process with the image's server, or with `command`. Raises: DeliveryError."""
    settings = [
        f"{name}={value}" for name, value in os.environ.items() if name.startswith("OCR_") and name != "OCR_SERVE"
    ]
    if engines.choose(engine).name == "docker":
        options = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "host"]  # noqa: S108
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
    _replace_process(["unshare", "--mount", "sh", "-euc", ENTER, "enter", *arguments])


def _replace_process(command: Sequence[str]) -> None:
    os.execvp(command[0], list(command))  # noqa: S606 - no shell


if __name__ == "__main__":
    sys.exit(main())
