"""Plan, apply or roll back an environment: run Terraform with the release that `make build` wrote, or an earlier one.

What is applied is always a saved plan: the one that was shown for confirmation, or that was reviewed (`plan --out`,
then `apply --plan`). `verified` marks the last deployment as working, which its promotion to production requires.

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

from tools import deployments, terraform
from tools.build import RELEASE
from tools.commands import OUTPUT, DeliveryError, exit_status
from tools.deployments import Release

WITHOUT_RELEASE = "null\n"
RELEASE_TO_APPLY = OUTPUT / "release_to_apply.tfvars.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy", description=__doc__)
    parser.add_argument("verb", choices=["plan", "apply", "rollback", "verified", "history"])
    parser.add_argument("--env", required=True, help="environment, such as staging (infra/environments/ENV.tfvars)")
    parser.add_argument(
        "--release",
        type=Path,
        help=f"release file (default: {RELEASE.name}, else the deployed release)",
    )
    parser.add_argument("--out", type=Path, help="plan: save the plan here")
    parser.add_argument("--plan", type=Path, help="apply: the saved plan to apply")
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
    elif options.verb == "verified":
        if not bucket or not history:
            raise DeliveryError("There is no deployment yet.")
        deployments.mark_verified(bucket, history[-1])
    elif options.verb == "rollback":
        _plan_and_apply(options, _earlier(history, options.to), rollback=True)
    elif options.plan:
        _apply(options.plan, _reviewed(options.plan))
    else:
        file = options.release or RELEASE
        release = _built(file, outputs.get("registry", "")) if file.is_file() else _deployed(history)
        if options.verb == "plan":
            _plan(options.env, release, options.out)
            return
        _plan_and_apply(options, release)
        # It is in the history now. Left here, it would overwrite later deployments from other machines.
        if release and file == RELEASE:
            RELEASE.unlink(missing_ok=True)


def _release_of(plan: Path) -> Path:
    """The file beside a saved plan that has its release, which goes into the history once the plan is applied."""
    return plan.with_name(f"{plan.name}.release.json")


def _reviewed(plan: Path) -> Release | None:
    """The release of a saved plan; None if it has no workloads."""
    file = _release_of(plan)
    if not file.is_file():
        raise DeliveryError(f"{file} is missing; make plan PLAN=… writes it beside the plan.")
    return None if file.read_text() == WITHOUT_RELEASE else Release.read(file)


def _plan(environment: str, release: Release | None, out: Path | None) -> None:
    if out:
        out = out.resolve()
        out.parent.mkdir(parents=True, exist_ok=True)
        if release:
            release.write(_release_of(out))
        else:
            _release_of(out).write_text(WITHOUT_RELEASE)
    terraform.plan(environment, _variables(release), out)


def _plan_and_apply(options: argparse.Namespace, release: Release | None, *, rollback: bool = False) -> None:
    plan = OUTPUT / "plan.tfplan"
    _plan(options.env, release, plan)
    if not options.yes and input("Apply this plan? Only 'yes' does: ") != "yes":
        raise DeliveryError("Nothing was applied.")
    _apply(plan, release, rollback=rollback)


def _apply(plan: Path, release: Release | None, *, rollback: bool = False) -> None:
    terraform.apply(plan.resolve())
    if release:
        deployments.record(terraform.outputs()["sources_bucket"], datetime.now(UTC), release, rollback=rollback)


def _built(file: Path, registry: str) -> Release:
    release = Release.read(file)
    if foreign := [image for image in release.parts["images"].values() if not image.startswith(f"{registry}/")]:
        raise DeliveryError(f"{file.name} was built for another environment: {foreign[0]}")
    return release


def _deployed(history: list[deployments.Deployment]) -> Release | None:
    """The release deployed last, so that applying settings without a build does not remove the workloads."""
    if history:
        print(f"No new build: keeping the release of {history[-1].name}.", file=sys.stderr)
        return history[-1].deployed
    print("No build and no deployment yet: applying without workloads.", file=sys.stderr)
    return None


def _earlier(history: list[deployments.Deployment], name: str | None) -> Release:
    if name is None:
        return deployments.previous(history).deployed
    for deployment in history:
        if deployment.name == name:
            return deployment.deployed
    raise DeliveryError(f"Unknown deployment: {name}.")


def _variables(release: Release | None) -> list[Path]:
    if release is None:
        return []
    OUTPUT.mkdir(parents=True, exist_ok=True)
    RELEASE_TO_APPLY.write_text(json.dumps({"release": release.parts}, indent=2) + "\n")
    return [RELEASE_TO_APPLY]


if __name__ == "__main__":
    sys.exit(main())
