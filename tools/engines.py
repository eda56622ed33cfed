"""Image builders: Docker where its daemon answers, else buildah, which does not need a daemon."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.commands import OUTPUT, ROOT, DeliveryError, output_of, run

# Behind a proxy the host has its own certificates and package index; a build without a daemon mounts them.
HOST_FILES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pip.conf"))


@dataclass(frozen=True)
class Engine:
    """`docker` or `buildah`."""

    name: str

    def build(self, dockerfile: Path, tag: str, arguments: Mapping[str, str]) -> None:
        """Build an image from the root of the repository, with build arguments by name."""
        build_args = [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
        if self.name == "docker":
            run(["docker", "build", "--file", dockerfile, "--tag", tag, *build_args, ROOT])
            return
        volumes = [part for file in HOST_FILES if file.is_file() for part in ("--volume", f"{file}:{file}:ro")]
        # Docker's format, because the OCI format lacks health checks.
        options = ["--isolation", os.environ.get("BUILDAH_ISOLATION", "chroot"), "--format", "docker", *volumes]
        run(["buildah", "build", *options, "--file", dockerfile, "--tag", tag, *build_args, ROOT])

    def push(self, tag: str) -> str:
        """Push an image. Returns its name by digest."""
        repository = tag.rsplit(":", 1)[0]
        if self.name == "docker":
            run(["docker", "push", tag])
            # The image may have digests in several registries.
            digests = json.loads(output_of(["docker", "inspect", "--format", "{{json .RepoDigests}}", tag]))
            return next(str(name) for name in digests if name.startswith(f"{repository}@"))
        OUTPUT.mkdir(parents=True, exist_ok=True)
        digest_file = OUTPUT / "digest"
        run(["buildah", "push", "--digestfile", digest_file, tag])
        return f"{repository}@{digest_file.read_text().strip()}"


def choose(name: str = "") -> Engine:
    """The named engine, or the first available one. Raises: DeliveryError."""
    if name:
        return Engine(name)
    if shutil.which("docker") and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        return Engine("docker")
    if shutil.which("buildah"):
        return Engine("buildah")
    raise DeliveryError("No Docker daemon and no buildah found. On Debian or Ubuntu: apt-get install buildah")
