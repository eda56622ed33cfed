"""Run Terraform in `infra/` for one environment."""

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
    """Path of an environment's `tfvars`, or of its `backend.hcl` (the state's bucket). Raises: DeliveryError."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,20}", environment):
        raise DeliveryError(f"{environment!r} is not a valid environment name; use for example ENV=staging.")
    return INFRA / "environments" / f"{environment}.{kind}"


def init(environment: str) -> None:
    """Run `terraform init` with the environment's state. Raises: DeliveryError."""
    backend = file(environment, "backend.hcl")
    if not backend.is_file():
        raise DeliveryError(f"{backend.relative_to(ROOT)} is missing; docs/deploy.md explains how to create it.")
    command = ["terraform", "init", "-input=false", "-reconfigure", f"-backend-config={backend}"]
    # Standard output is reserved for the tools' own output.
    run(command, folder=INFRA, stdout=sys.stderr)


def plan(environment: str, variables: Sequence[Path] = (), out: Path | None = None) -> None:
    """Plan with the environment's variables and further files, and save the plan to `out`. Raises: DeliveryError."""
    files = [file(environment, "tfvars"), *variables]
    save = [f"-out={out}"] if out else []
    run(["terraform", "plan", "-input=false", *save, *(f"-var-file={path}" for path in files)], folder=INFRA)


def apply(plan_file: Path) -> None:
    """Apply a saved plan; Terraform refuses it if the state has changed since. Raises: DeliveryError."""
    run(["terraform", "apply", "-input=false", plan_file], folder=INFRA)


def outputs() -> dict[str, Any]:
    """Terraform outputs of the environment chosen by `init`, by name. Raises: DeliveryError."""
    values = json.loads(output_of(["terraform", "output", "-json"], folder=INFRA))
    return {name: output["value"] for name, output in values.items()}
