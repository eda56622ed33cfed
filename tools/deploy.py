"""Plan, apply and roll back an environment: Terraform with the release that `make build` made, or with an earlier one.
Where nothing was built, what was deployed last stays.

The first apply of a new environment has no release and makes all but the workloads; see docs/deploy.md. Migrations are
never rolled back: a migration leaves what the release before it needs.
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

CHOSEN = OUTPUT / "chosen.tfvars.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy", description=__doc__)
    parser.add_argument("verb", choices=["plan", "apply", "rollback", "history"])
    parser.add_argument("--env", required=True, help="environment, such as staging: infra/environments/ENV.tfvars")
    parser.add_argument("--release", type=Path, help=f"file (default: {RELEASE.name} of `make build`, else what runs)")
    parser.add_argument("--to", help="rollback: name of an entry of the history (default: the release before this one)")
    parser.add_argument("--yes", action="store_true", help="do not ask before changing anything")
    options = parser.parse_args()
    return exit_status(lambda: carry_out(options))


def carry_out(options: argparse.Namespace) -> None:
    """Do what the command line says. Raises: DeliveryError."""
    terraform.init(options.env)
    outputs = terraform.outputs()
    # Before the first apply there is no bucket that could remember anything.
    bucket = outputs.get("sources_bucket")
    known = deployments.history(bucket) if bucket else []
    if options.verb == "history":
        for deployment in known:
            print(deployment.name, "rollback" if deployment.rollback else "")
    elif options.verb == "rollback":
        _apply(options, _earlier(known, options.to), rollback=True)
    else:
        file = options.release or RELEASE
        release = _made(file, outputs.get("registry", "")) if file.is_file() else _running(known)
        if options.verb == "plan":
            terraform.change("plan", options.env, _variables(release), ["-input=false"])
            return
        _apply(options, release)
        # From here on the history knows it; left here it would come back over what others deploy.
        if release and file == RELEASE:
            RELEASE.unlink(missing_ok=True)


def _apply(options: argparse.Namespace, release: dict[str, Any] | None, *, rollback: bool = False) -> None:
    terraform.change("apply", options.env, _variables(release), ["-auto-approve"] if options.yes else [])
    if release:
        deployments.note(terraform.outputs()["sources_bucket"], datetime.now(UTC), release, rollback=rollback)


def _made(file: Path, registry: str) -> dict[str, Any]:
    release = dict(json.loads(file.read_text())["release"])
    if strange := [image for image in release["images"].values() if not image.startswith(f"{registry}/")]:
        raise DeliveryError(f"{file.name} was built for another environment: {strange[0]}")
    return release


def _running(known: list[deployments.Deployment]) -> dict[str, Any] | None:
    """What was deployed last. Settings may change without a build; without any release the workloads would go."""
    if known:
        print(f"Nothing was built here: {known[-1].name} stays.", file=sys.stderr)
        return known[-1].release
    print("Nothing was ever built: the workloads stay out.", file=sys.stderr)
    return None


def _earlier(known: list[deployments.Deployment], name: str | None) -> dict[str, Any]:
    if name is None:
        return deployments.before(known).release
    for deployment in known:
        if deployment.name == name:
            return deployment.release
    raise DeliveryError(f"There is no {name} in the history.")


def _variables(release: dict[str, Any] | None) -> list[Path]:
    if release is None:
        return []
    OUTPUT.mkdir(parents=True, exist_ok=True)
    CHOSEN.write_text(json.dumps({"release": release}, indent=2) + "\n")
    return [CHOSEN]


if __name__ == "__main__":
    sys.exit(main())
