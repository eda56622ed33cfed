"""Terraform on the root in `infra/`, for one environment."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.commands import ROOT, DeliveryError, output_of, run

INFRA = ROOT / "infra"


def file(environment: str, kind: str) -> Path:
    """An input of an environment: `tfvars`, or `backend.hcl`, which says where its state is. Raises: DeliveryError."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,20}", environment):
        raise DeliveryError(f"{environment!r} is not the name of an environment: ENV=staging")
    return INFRA / "environments" / f"{environment}.{kind}"


def init(environment: str) -> None:
    """Choose the environment's state. Raises: DeliveryError."""
    backend = file(environment, "backend.hcl")
    if not backend.is_file():
        raise DeliveryError(f"There is no {backend.relative_to(ROOT)}; docs/deploy.md says how to make one.")
    command = ["terraform", "init", "-input=false", "-reconfigure", f"-backend-config={backend}"]
    # Standard output is for what the tools print themselves.
    run(command, folder=INFRA, stdout=sys.stderr)


def change(verb: str, environment: str, variables: Sequence[Path] = (), options: Sequence[str] = ()) -> None:
    """`plan` or `apply`, with the environment's variables and more. Raises: DeliveryError."""
    files = [file(environment, "tfvars"), *variables]
    run(["terraform", verb, *options, *(f"-var-file={path}" for path in files)], folder=INFRA)


def outputs() -> dict[str, Any]:
    """What the last apply says of the environment that `init` chose. Raises: DeliveryError."""
    said = json.loads(output_of(["terraform", "output", "-json"], folder=INFRA))
    return {name: output["value"] for name, output in said.items()}
