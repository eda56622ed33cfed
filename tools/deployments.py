"""The deployment history of an environment: one JSON object per deployment, in the sources bucket.

Images and archives are named by content hashes and kept, so every release in the history can be deployed again.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tools.commands import DeliveryError, output_of, run


@dataclass(frozen=True)
class Release:
    """What runs in an environment.

    Attributes:
        commit: the commit that it was built from, not the one from which it is deployed, promoted or rolled back.
        parts: value of the Terraform variable `release`: images and functions_source.
    """

    commit: str
    parts: dict[str, Any]

    @classmethod
    def read(cls, file: Path) -> Release:
        """The release in a file. Raises: DeliveryError if the file is not one that `write` wrote."""
        try:
            content = json.loads(file.read_text())
            return cls(content["commit"], dict(content["release"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DeliveryError(f"{file} is not a release. Run make build again.") from error

    def write(self, file: Path) -> None:
        """Write the file that `read` reads."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"commit": self.commit, "release": self.parts}, indent=2) + "\n")


@dataclass(frozen=True)
class Deployment:
    """One deployment.

    Attributes:
        at: UTC time, such as 20261122T231500.250000Z; names sort by it.
        commit: the commit that the release was built from.
        release: value of the Terraform variable `release`: images and functions_source.
        rollback: whether it was a rollback to an earlier release.
    """

    at: str
    commit: str
    release: dict[str, Any]
    rollback: bool = False

    @property
    def name(self) -> str:
        return f"{self.at}-{self.commit}"

    @property
    def deployed(self) -> Release:
        return Release(self.commit, self.release)


def previous(deployments: Sequence[Deployment]) -> Deployment:
    """The deployment that a rollback returns to: the one before the current one, ignoring those rolled back.

    Raises: DeliveryError if there is no earlier release.
    """
    effective: list[Deployment] = []
    for deployment in deployments:
        if deployment.rollback:
            matches = [index for index, earlier in enumerate(effective) if earlier.release == deployment.release]
            effective = effective[: matches[-1] + 1] if matches else [*effective, deployment]
        elif not effective or effective[-1].release != deployment.release:
            effective.append(deployment)
    if len(effective) < 2:
        raise DeliveryError("There is no earlier release to roll back to.")
    return effective[-2]


def history(bucket: str) -> list[Deployment]:
    """All deployments, the oldest first. Raises: DeliveryError."""
    return _read(bucket, "deployments")


def _read(bucket: str, folder: str) -> list[Deployment]:
    # List the whole bucket: listing an empty folder is an error.
    objects = output_of(["gcloud", "storage", "ls", "--recursive", f"gs://{bucket}"]).split()
    prefix = f"gs://{bucket}/{folder}/"
    names = sorted(name for name in objects if name.startswith(prefix) and name.endswith(".json"))
    return [Deployment(**json.loads(output_of(["gcloud", "storage", "cat", name]))) for name in names]


def mark_verified(bucket: str, deployment: Deployment) -> None:
    """Note that the smoke test passed on a deployment. Raises: DeliveryError."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{deployment.name}.json"
        file.write_text(json.dumps(asdict(deployment), indent=2) + "\n")
        run(["gcloud", "storage", "cp", file, f"gs://{bucket}/verified/"])


def verified(bucket: str, commit: str) -> Deployment:
    """The latest deployment of a commit on which the smoke test passed; `commit` may be abbreviated.

    Raises: DeliveryError if no such deployment exists.
    """
    for deployment in reversed(_read(bucket, "verified")):
        if commit.startswith(deployment.commit) or deployment.commit.startswith(commit):
            return deployment
    raise DeliveryError(f"No deployment of {commit} has passed the smoke test in the other environment.")


def record(bucket: str, at: datetime, release: Release, *, rollback: bool = False) -> None:
    """Add a deployment to the history. Raises: DeliveryError."""
    deployment = Deployment(at.strftime("%Y%m%dT%H%M%S.%fZ"), release.commit, release.parts, rollback)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{deployment.name}.json"
        file.write_text(json.dumps(asdict(deployment), indent=2) + "\n")
        run(["gcloud", "storage", "cp", file, f"gs://{bucket}/deployments/"])
