"""The programs that can build images: Docker where its daemon answers, else buildah, which needs none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.commands import OUTPUT, ROOT, DeliveryError, output_of, run

# A network behind a proxy has its own certificates and package index; a build without a daemon takes those over.
HOST_FILES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pip.conf"))


@dataclass(frozen=True)
class Engine:
    """`docker` or `buildah`."""

    name: str

    def build(self, dockerfile: Path, tag: str, arguments: Mapping[str, str]) -> None:
        """Build an image from the root of the repository, with build arguments by name."""
        given = [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
        if self.name == "docker":
            run(["docker", "build", "--file", dockerfile, "--tag", tag, *given, ROOT])
            return
        volumes = [part for file in HOST_FILES if file.is_file() for part in ("--volume", f"{file}:{file}:ro")]
        # Docker's format, because OCI's has no health check.
        options = ["--isolation", os.environ.get("BUILDAH_ISOLATION", "chroot"), "--format", "docker", *volumes]
        run(["buildah", "build", *options, "--file", dockerfile, "--tag", tag, *given, ROOT])

    def push(self, tag: str) -> str:
        """Push an image. Returns its name by digest, which always means the same bytes."""
        repository = tag.rsplit(":", 1)[0]
        if self.name == "docker":
            run(["docker", "push", tag])
            # The same image may be in other registries as well.
            known = json.loads(output_of(["docker", "inspect", "--format", "{{json .RepoDigests}}", tag]))
            return next(str(name) for name in known if name.startswith(f"{repository}@"))
        OUTPUT.mkdir(parents=True, exist_ok=True)
        digest_file = OUTPUT / "digest"
        run(["buildah", "push", "--digestfile", digest_file, tag])
        return f"{repository}@{digest_file.read_text().strip()}"


def choose(name: str = "") -> Engine:
    """The named engine, or the first that works here. Raises: DeliveryError."""
    if name:
        return Engine(name)
    if shutil.which("docker") and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        return Engine("docker")
    if shutil.which("buildah"):
        return Engine("buildah")
    raise DeliveryError("Neither a Docker daemon nor buildah is here. On Debian or Ubuntu: apt-get install buildah")
