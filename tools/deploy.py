"""Plan, apply or roll back an environment: run Terraform with the release that `make build` wrote, or an earlier one.

Without a new build the last deployment's release stays. The first apply of a new environment has no release and creates
everything except the workloads; see docs/deploy.md. Migrations are never rolled back: each must keep what the previous
release needs.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools import deployments, terraform
from tools.build import RELEASE
from tools.commands import OUTPUT, DeliveryError, exit_status

RELEASE_TO_APPLY = OUTPUT / "release_to_apply.tfvars.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy", description=__doc__)
    parser.add_argument("verb", choices=["plan", "apply", "rollback", "history"])
    parser.add_argument("--env", required=True, help="environment, such as staging (infra/environments/ENV.tfvars)")
    parser.add_argument(
        "--release",
        type=Path,
        help=f"release file (default: {RELEASE.name}, else the deployed release)",
    )
    parser.add_argument("--to", help="rollback: a deployment of the history (default: the previous release)")
    parser.add_argument("--yes", action="store_true", help="apply without asking for confirmation")
    options = parser.parse_args()
    return exit_status(lambda: run_command(options))


def run_command(options: argparse.Namespace) -> None:
    """Run the requested verb. Raises: DeliveryError."""
    terraform.init(options.env)
    outputs = terraform.outputs()
    # The bucket with the history exists only after the first apply.
    bucket = outputs.get("sources_bucket")
    history = deployments.history(bucket) if bucket else []
    if options.verb == "history":
        for deployment in history:
            print(deployment.name, "rollback" if deployment.rollback else "")
    elif options.verb == "rollback":
        _apply(options, _earlier(history, options.to), rollback=True)
    else:
        file = options.release or RELEASE
        release = _built(file, outputs.get("registry", "")) if file.is_file() else _deployed(history)
        if options.verb == "plan":
            terraform.change("plan", options.env, _variables(release), ["-input=false"])
            return
        _apply(options, release)
        # It is in the history now. Left here, it would overwrite later deployments from other machines.
        if release and file == RELEASE:
            RELEASE.unlink(missing_ok=True)


def _apply(options: argparse.Namespace, release: dict[str, Any] | None, *, rollback: bool = False) -> None:
    terraform.change("apply", options.env, _variables(release), ["-auto-approve"] if options.yes else [])
    if release:
        deployments.record(terraform.outputs()["sources_bucket"], datetime.now(UTC), release, rollback=rollback)


def _built(file: Path, registry: str) -> dict[str, Any]:
    release = dict(json.loads(file.read_text())["release"])
    if foreign := [image for image in release["images"].values() if not image.startswith(f"{registry}/")]:
        raise DeliveryError(f"{file.name} was built for another environment: {foreign[0]}")
    return release


def _deployed(history: list[deployments.Deployment]) -> dict[str, Any] | None:
    """The release deployed last, so that applying settings without a build does not remove the workloads."""
    if history:
        print(f"No new build: keeping the release of {history[-1].name}.", file=sys.stderr)
        return history[-1].release
    print("No build and no deployment yet: applying without workloads.", file=sys.stderr)
    return None


def _earlier(history: list[deployments.Deployment], name: str | None) -> dict[str, Any]:
    if name is None:
        return deployments.previous(history).release
    for deployment in history:
        if deployment.name == name:
            return deployment.release
    raise DeliveryError(f"Unknown deployment: {name}.")


def _variables(release: dict[str, Any] | None) -> list[Path]:
    if release is None:
        return []
    OUTPUT.mkdir(parents=True, exist_ok=True)
    RELEASE_TO_APPLY.write_text(json.dumps({"release": release}, indent=2) + "\n")
    return [RELEASE_TO_APPLY]


if __name__ == "__main__":
    sys.exit(main())
