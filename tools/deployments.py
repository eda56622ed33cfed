"""What was deployed to an environment, in order: one JSON object a deployment, in the bucket of the sources.

Images and archives are named by hashes of their content and kept, so a release that worked once can be had again.
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
class Deployment:
    """One entry.

    Attributes:
        at: UTC, as in 20261122T231500.250000Z; the entries' names sort by it.
        commit: that was checked out.
        release: the Terraform variable of that name: images and functions_source.
        rollback: whether it took up an earlier release.
    """

    at: str
    commit: str
    release: dict[str, Any]
    rollback: bool = False

    @property
    def name(self) -> str:
        return f"{self.at}-{self.commit}"


def before(deployments: Sequence[Deployment]) -> Deployment:
    """The one that a rollback returns to: what ran before what runs now, rolled back ones left out.

    Raises: DeliveryError if there is none.
    """
    standing: list[Deployment] = []
    for deployment in deployments:
        if deployment.rollback:
            kept = [index for index, known in enumerate(standing) if known.release == deployment.release]
            standing = standing[: kept[-1] + 1] if kept else [*standing, deployment]
        elif not standing or standing[-1].release != deployment.release:
            standing.append(deployment)
    if len(standing) < 2:
        raise DeliveryError("There is no earlier release to go back to.")
    return standing[-2]


def history(bucket: str) -> list[Deployment]:
    """All entries, the oldest first. Raises: DeliveryError."""
    # The whole bucket, because naming a folder in it is an error until there is something in that.
    listed = output_of(["gcloud", "storage", "ls", "--recursive", f"gs://{bucket}"]).split()
    names = sorted(name for name in listed if name.startswith(f"gs://{bucket}/releases/") and name.endswith(".json"))
    return [Deployment(**json.loads(output_of(["gcloud", "storage", "cat", name]))) for name in names]


def note(bucket: str, at: datetime, release: dict[str, Any], *, rollback: bool = False) -> None:
    """Add an entry. Raises: DeliveryError."""
    commit = output_of(["git", "rev-parse", "--short=12", "HEAD"])
    deployment = Deployment(at.strftime("%Y%m%dT%H%M%S.%fZ"), commit, release, rollback)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{deployment.name}.json"
        file.write_text(json.dumps(asdict(deployment), indent=2) + "\n")
        run(["gcloud", "storage", "cp", file, f"gs://{bucket}/releases/"])
