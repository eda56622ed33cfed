"""Plan, apply and roll back an environment: Terraform with the release that `make build` made, or with an earlier one.

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

from tools import releases, terraform
from tools.build import RELEASE
from tools.commands import OUTPUT, DeliveryError, exit_status

CHOSEN = OUTPUT / "chosen.tfvars.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy", description=__doc__)
    parser.add_argument("verb", choices=["plan", "apply", "rollback", "history"])
    parser.add_argument("--env", required=True, help="environment, such as staging: infra/environments/ENV.tfvars")
    parser.add_argument("--release", type=Path, help=f"apply this one (default: {RELEASE.name} of `make build`)")
    parser.add_argument("--to", help="rollback: name of an entry of the history (default: the release before this one)")
    parser.add_argument("--yes", action="store_true", help="do not ask before changing anything")
    options = parser.parse_args()
    return exit_status(lambda: carry_out(options))


def carry_out(options: argparse.Namespace) -> None:
    """Do what the command line says. Raises: DeliveryError."""
    terraform.init(options.env)
    if options.verb == "apply":
        _apply(options, _made(options.release))
        return
    known = releases.history(_sources())
    if options.verb == "history":
        for deployment in known:
            print(deployment.name, "rollback" if deployment.rollback else "")
    elif options.verb == "rollback":
        _apply(options, _earlier(known, options.to), rollback=True)
    else:
        release = _made(options.release) or (known[-1].release if known else None)
        terraform.change("plan", options.env, _variables(release), ["-input=false"])


def _apply(options: argparse.Namespace, release: dict[str, Any] | None, *, rollback: bool = False) -> None:
    terraform.change("apply", options.env, _variables(release), ["-auto-approve"] if options.yes else [])
    if release:
        releases.note(_sources(), datetime.now(UTC), release, rollback=rollback)


def _made(file: Path | None) -> dict[str, Any] | None:
    file = file or RELEASE
    if not file.is_file():
        print(f"There is no {file.name}: the workloads stay out.", file=sys.stderr)
        return None
    return dict(json.loads(file.read_text())["release"])


def _earlier(known: list[releases.Deployment], name: str | None) -> dict[str, Any]:
    if name is None:
        return releases.before(known).release
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


def _sources() -> str:
    return str(terraform.outputs()["sources_bucket"])


if __name__ == "__main__":
    sys.exit(main())
